//! Tabs where Go wants spaces. YAML 1.2 parsers are milder, so the space between tokens is looked at.

/// A tab that Go would refuse: its offset in the gap, and Go's words.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Tab {
    pub(super) offset: usize,
    pub(super) message: &'static str,
}

/// What stands before a gap.
#[derive(Clone, Copy)]
pub(super) enum Before {
    /// The start of the text.
    Nothing,
    /// A scalar without quotes, whose lines may go on from this indentation (in characters).
    Plain(usize),
    /// Anything else.
    Token,
}

const NO_TOKEN: &str = "found character that cannot start any token";
const NO_INDENT: &str = "found a tab character that violates indentation";

/// The first forbidden tab in a gap between two tokens of a block collection. Source: goyaml.v2
/// `scannerc.go`, funcs `yaml_parser_scan_to_next_token` and `yaml_parser_scan_plain_scalar`.
pub(super) fn forbidden_tab(gap: &str, before: Before) -> Option<Tab> {
    let key = gap.trim_start_matches([' ', '\t']).starts_with(':');
    let before = if key { Before::Token } else { before };
    let mut offset = 0;
    for (number, line) in gap.split('\n').enumerate() {
        let starts = number > 0 || matches!(before, Before::Nothing);
        if let Some((column, message)) = in_line(line, before).filter(|_| starts) {
            return Some(Tab { offset: offset + column, message });
        }
        offset += line.len() + 1;
    }
    None
}

/// The part of a text that belongs to no token any more: blank lines and comments, up to the first
/// line that is neither or that starts with a tab.
pub(super) fn trailing_gap(text: &str) -> &str {
    let mut end = 0;
    for (number, line) in text.split_inclusive('\n').enumerate() {
        let content = line.trim();
        let tab = line.trim_start_matches(' ').starts_with('\t');
        end += line.len();
        if number > 0 && (tab || !(content.is_empty() || content.starts_with('#'))) {
            break;
        }
    }
    &text[..end]
}

fn in_line(line: &str, before: Before) -> Option<(usize, &'static str)> {
    let bytes = line.as_bytes();
    let spaces = |from: usize| from + bytes[from..].iter().take_while(|&&b| b == b' ').count();
    let mut at = spaces(0);
    if bytes.get(at) == Some(&b'\t') {
        return match before {
            Before::Plain(indent) if at >= indent => None,
            Before::Plain(_) => Some((at, NO_INDENT)),
            Before::Nothing | Before::Token => Some((at, NO_TOKEN)),
        };
    }
    while matches!(bytes.get(at), Some(b'-' | b'?')) {
        at = spaces(at + 1);
        if bytes.get(at) == Some(&b'\t') {
            return Some((at, NO_TOKEN));
        }
    }
    None
}
