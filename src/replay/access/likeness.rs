//! In what two texts that mean the same user or group differ.

use super::near::Difference;

/// How many places of a name are tried as the end of a prefix.
const CUTS: usize = 6;

/// A reading of a subject's name: a prefix and the rest.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Reading<'a> {
    /// What would be the prefix.
    pub(super) prefix: &'a str,
    /// What would be the name itself.
    pub(super) rest: &'a str,
}

/// The readings of a name: as a whole, and cut after each `:` and `#`, where prefixes end.
pub(super) fn readings(name: &str) -> impl Iterator<Item = Reading<'_>> {
    let cuts = name.match_indices([':', '#']).map(|(at, _)| at + 1).take(CUTS);
    std::iter::once(0).chain(cuts).map(|at| Reading { prefix: &name[..at], rest: &name[at..] })
}

/// Takes something off a text.
type Strip = fn(&str) -> &str;

/// The text without what people add or lose: white space and quotes around it, a slash before it, case.
/// None when nothing remains.
pub(super) fn folded(text: &str) -> Option<String> {
    let core = unslashed(unquoted(text.trim()).trim()).to_lowercase();
    (!core.is_empty()).then_some(core)
}

/// The last part of a path such as `/staff/berlin`; none where there is only one part.
pub(super) fn last_part(text: &str) -> Option<&str> {
    let (before, last) = text.trim_end_matches('/').rsplit_once('/')?;
    (!before.trim_matches('/').is_empty() && !last.is_empty()).then_some(last)
}

/// In what two texts differ that fold to the same.
pub(super) fn differences(a: &str, b: &str) -> Vec<Difference> {
    let mut found = Vec::new();
    let (mut a, mut b) = (a, b);
    let stages: [(Difference, Strip); 3] = [
        (Difference::WhiteSpace, str::trim),
        (Difference::Quotes, |text| unquoted(text).trim()),
        (Difference::LeadingSlash, unslashed),
    ];
    for (difference, strip) in stages {
        let (next_a, next_b) = (strip(a), strip(b));
        let (lost_a, lost_b) = (a.len() - next_a.len(), b.len() - next_b.len());
        if a != b && (lost_a != 0 || lost_b != 0) {
            found.push(difference);
        }
        (a, b) = (next_a, next_b);
    }
    if a != b {
        found.push(Difference::Case);
    }
    found
}

/// Whether a text looks like a machine's id of something rather than its name: a UUID, a long number, a
/// Windows SID, an Okta id.
pub(super) fn is_id(text: &str) -> bool {
    let text = text.trim();
    let digits = |t: &str| !t.is_empty() && t.bytes().all(|b| b.is_ascii_digit());
    if text.len() >= 6 && digits(text) {
        return true;
    }
    if let Some(rest) = text.strip_prefix("S-1-") {
        return rest.split('-').all(digits);
    }
    let okta = ["00g", "00u"].iter().any(|start| text.starts_with(start));
    if okta && text.len() == 20 && text.bytes().all(|b| b.is_ascii_alphanumeric()) {
        return true;
    }
    is_uuid(text)
}

fn is_uuid(text: &str) -> bool {
    let parts: Vec<&str> = text.split('-').collect();
    let hex = |part: &&str| part.bytes().all(|b| b.is_ascii_hexdigit());
    parts.iter().map(|part| part.len()).eq([8, 4, 4, 4, 12]) && parts.iter().all(hex)
}

fn unquoted(text: &str) -> &str {
    text.trim_matches(['"', '\'', '`'])
}

fn unslashed(text: &str) -> &str {
    text.trim_start_matches('/')
}
