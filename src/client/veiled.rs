//! Text that is secret, in whole or in part.

use secrecy::{ExposeSecret as _, SecretString};
use std::fmt;
use std::ops::Range;

/// What stands in the place of a secret.
pub const VEIL: &str = "REDACTED";

/// A text with its secret parts hidden from everything that prints. An argument such as
/// `--oidc-client-secret=…` keeps its flag readable.
#[derive(Clone)]
pub struct Veiled {
    shown: String,
    whole: SecretString,
}

impl Veiled {
    /// A text without secrets.
    pub fn open(text: &str) -> Veiled {
        Veiled { shown: text.to_owned(), whole: SecretString::from(text) }
    }

    /// A text that is a secret as a whole. An empty one stays visibly empty.
    pub fn closed(text: &str) -> Veiled {
        let all = 0..text.len();
        Veiled::with(text, if text.is_empty() { &[] } else { std::slice::from_ref(&all) })
    }

    /// A text whose secrets are in these byte ranges, in order and apart. A range that does not fit
    /// the text hides all of it.
    pub fn with(text: &str, secrets: &[Range<usize>]) -> Veiled {
        let shown = veil(text, secrets).unwrap_or_else(|| VEIL.to_owned());
        Veiled { shown, whole: SecretString::from(text) }
    }

    /// The text with [`VEIL`] for its secrets; safe to print.
    pub fn shown(&self) -> &str {
        &self.shown
    }

    /// The whole text, for use and never for print.
    pub fn expose(&self) -> &str {
        self.whole.expose_secret()
    }

    /// Nothing at all was written.
    pub fn is_empty(&self) -> bool {
        self.expose().is_empty()
    }

    /// Some of the text is hidden.
    pub fn hides(&self) -> bool {
        self.shown != self.expose()
    }
}

fn veil(text: &str, secrets: &[Range<usize>]) -> Option<String> {
    let mut shown = String::new();
    let mut at = 0;
    for secret in secrets {
        shown.push_str(text.get(at..secret.start)?);
        shown.push_str(VEIL);
        at = text.get(secret.clone()).map(|_| secret.end)?;
    }
    shown.push_str(text.get(at..)?);
    Some(shown)
}

impl fmt::Display for Veiled {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.shown)
    }
}

impl fmt::Debug for Veiled {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:?}", self.shown)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn shows_all_but_the_secret() {
        let text = Veiled::with("--secret=ünsafe x", std::slice::from_ref(&(9..16)));
        assert_eq!(text.to_string(), "--secret=REDACTED x");
        assert_eq!(format!("{text:?}"), "\"--secret=REDACTED x\"");
        assert_eq!(text.expose(), "--secret=ünsafe x");
        assert!(text.hides() && !Veiled::open("a").hides());
        assert_eq!(Veiled::closed("abc").shown(), VEIL);
        assert_eq!(Veiled::closed("").shown(), "");
    }

    #[test]
    fn hides_everything_when_a_range_is_wrong() {
        for range in [1..2, 5..9, 0..1] {
            assert_eq!(Veiled::with("ü", std::slice::from_ref(&range)).shown(), VEIL, "{range:?}");
        }
    }
}
