//! A copy of a kubeconfig without its secrets and otherwise the same, byte for byte.

use super::secret::secret_spans;
use crate::client::veiled::VEIL;
use crate::go::yaml::{self, YamlError};
use std::ops::Range;

/// The text with every secret scalar of every document replaced by [`VEIL`], and every JWT that is
/// left anywhere else (in a comment, say).
///
/// # Errors
/// The text is not YAML, so its secrets cannot be told from the rest.
pub fn redact(text: &str) -> Result<String, YamlError> {
    let mut ranges: Vec<Range<usize>> = Vec::new();
    for document in yaml::read_all(text)? {
        let spans = secret_spans(&document, text);
        ranges.extend(spans.iter().map(|(span, _)| span.start..span.end));
    }
    ranges.sort_by_key(|range| (range.start, range.end));
    let mut redacted = String::with_capacity(text.len());
    let mut at = 0;
    for range in ranges {
        if range.end <= at {
            continue;
        }
        redacted.push_str(text.get(at..range.start).unwrap_or_default());
        redacted.push_str(VEIL);
        // A block scalar's range holds the line break that the next line needs.
        if text[range.clone()].ends_with('\n') {
            redacted.push('\n');
        }
        at = range.end;
    }
    redacted.push_str(&text[at..]);
    Ok(without_tokens(&redacted))
}

/// Replaces everything that looks like a compact JWT.
fn without_tokens(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(at) = rest.find("eyJ") {
        let end = rest[at..]
            .find(|c: char| !(c.is_ascii_alphanumeric() || matches!(c, '-' | '_' | '.' | '=')))
            .map_or(rest.len(), |length| at + length);
        out.push_str(&rest[..at]);
        out.push_str(if rest[at..end].contains('.') { VEIL } else { &rest[at..end] });
        rest = &rest[end..];
    }
    out.push_str(rest);
    out
}
