//! Regular expressions, as far as Go's and this crate's agree without doubt.

use regex::Regex;

/// Why a pattern is not used.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Refusal {
    /// Both readers may differ on it.
    Beyond,
    /// It is no pattern.
    Invalid,
}

/// Compiles a pattern of plain characters, `.`, groups, alternatives, simple classes, anchors and
/// simple repetitions; Perl classes mean ASCII, as in Go.
pub(super) fn compile(pattern: &str) -> Result<Regex, Refusal> {
    let translated = translate(pattern).ok_or(Refusal::Beyond)?;
    Regex::new(&translated).map_err(|_| {
        // Groups and classes that do not close are refused by everybody.
        let balanced = pattern.matches('(').count() == pattern.matches(')').count()
            && pattern.matches('[').count() == pattern.matches(']').count();
        if balanced { Refusal::Beyond } else { Refusal::Invalid }
    })
}

fn translate(pattern: &str) -> Option<String> {
    let mut out = String::new();
    let mut letters = pattern.chars().peekable();
    let mut class = false;
    let mut repeated = false;
    while let Some(letter) = letters.next() {
        let repetition = !class && matches!(letter, '*' | '+' | '?');
        if repetition && repeated && letter != '?' {
            return None;
        }
        repeated = repetition && !(repeated && letter == '?');
        match letter {
            '\\' => out.push_str(&escape(letters.next()?, class)?),
            '[' if class => return None,
            '[' => {
                class = true;
                out.push('[');
                if letters.next_if_eq(&'^').is_some() {
                    out.push('^');
                }
                if letters.peek() == Some(&']') {
                    return None;
                }
            }
            ']' if class => {
                class = false;
                out.push(']');
            }
            '&' | '~' if class => return None,
            '-' if class && letters.peek() == Some(&'-') => return None,
            '{' | '}' if !class => return None,
            '(' if !class && letters.peek() == Some(&'?') => {
                letters.next();
                letters.next_if_eq(&':')?;
                out.push_str("(?:");
            }
            other => out.push(other),
        }
    }
    Some(out)
}

/// An escape, in or outside a class.
fn escape(letter: char, class: bool) -> Option<String> {
    let inside = match letter {
        'd' => "0-9",
        'w' => "0-9A-Za-z_",
        's' => "\\t\\n\\x0C\\r ",
        'n' => return Some("\\n".to_owned()),
        't' => return Some("\\t".to_owned()),
        'r' => return Some("\\r".to_owned()),
        other if other.is_ascii_punctuation() => return Some(regex::escape(&other.to_string())),
        _ => return None,
    };
    Some(if class { inside.to_owned() } else { format!("[{inside}]") })
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "a test may stop")]

    use super::*;

    #[test]
    fn plain_patterns_are_used_and_doubtful_ones_are_not() {
        assert!(compile(r"^[\w.+-]+@corp\.example$").unwrap().is_match("a.b@corp.example"));
        assert!(!compile(r"^\d+$").unwrap().is_match("٣"));
        assert_eq!(compile("(").unwrap_err(), Refusal::Invalid);
        for doubtful in ["a{2}", "a**", r"\pL", "[a&&b]", "(?i)a", r"\b", "[[:alpha:]]", "[]a]"] {
            assert_eq!(compile(doubtful).unwrap_err(), Refusal::Beyond, "{doubtful}");
        }
    }
}
