//! Texts that were read, with their secrets kept apart.

use secrecy::{ExposeSecret, SecretString};
use serde::{Deserialize, Deserializer, Serialize, Serializer};

/// The text of a file. It may hold secrets, so it has no `Debug` that shows it, and it is saved only
/// in its blanked form.
#[derive(Clone)]
pub struct Text {
    whole: SecretString,
    blanked: String,
    hidden: usize,
}

impl Text {
    /// A text without secrets, such as a manifest.
    pub fn open(text: impl Into<String>) -> Self {
        let text = text.into();
        Self { whole: text.clone().into(), blanked: text, hidden: 0 }
    }

    /// A text in which these byte ranges are secret; in the saved form each is replaced by its kind.
    pub fn with_secrets(text: String, mut ranges: Vec<(usize, usize, &'static str)>) -> Self {
        ranges.sort_unstable();
        let mut blanked = String::with_capacity(text.len());
        let (mut end, mut hidden) = (0, 0);
        for (from, to, kind) in ranges {
            // Of overlapping ranges the first is blanked, and what reaches beyond it too.
            let from = from.max(end);
            let inside = from < to && to <= text.len();
            if !inside || !text.is_char_boundary(from) || !text.is_char_boundary(to) {
                continue;
            }
            blanked.push_str(&text[end..from]);
            blanked.push_str(&placeholder(kind));
            // Lines keep their numbers.
            blanked.extend(text[from..to].chars().filter(|c| *c == '\n'));
            (end, hidden) = (to, hidden + 1);
        }
        blanked.push_str(&text[end..]);
        Self { whole: text.into(), blanked, hidden }
    }

    /// A text nothing of which may be shown, because it could not be told what in it is secret.
    pub fn sealed(text: String) -> Self {
        let lines = "\n".repeat(text.matches('\n').count());
        Self { whole: text.into(), blanked: format!("REDACTED-text{lines}"), hidden: 1 }
    }

    /// The text as it was read, for parsers only.
    pub fn reveal(&self) -> &str {
        self.whole.expose_secret()
    }

    /// The text with its secrets blanked.
    pub fn blanked(&self) -> &str {
        &self.blanked
    }

    /// How many secrets it holds.
    pub fn hidden(&self) -> usize {
        self.hidden
    }
}

/// What stands in the place of a secret. A key's field holds base64, so its placeholder does too
/// (`REDACTED`), and the blanked text can still be read as kubectl reads it.
fn placeholder(kind: &str) -> String {
    match kind {
        "client key" => "UkVEQUNURUQ=".to_owned(),
        kind => format!("REDACTED-{}", kind.replace(' ', "-")),
    }
}

impl std::fmt::Debug for Text {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Text({} bytes)", self.reveal().len())
    }
}

impl Serialize for Text {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_seq(self.blanked.split('\n'))
    }
}

impl<'de> Deserialize<'de> for Text {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let lines = Vec::<String>::deserialize(deserializer)?;
        Ok(Self::open(lines.join("\n")))
    }
}

/// A file that was read.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Document {
    /// Its path as shown to a person.
    pub path: String,
    /// Its text.
    pub text: Text,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_secret_is_blanked_and_lines_keep_their_numbers() {
        let text = Text::with_secrets("a: se\ncret\nb: c\n".into(), vec![(3, 10, "token")]);
        assert_eq!(text.blanked(), "a: REDACTED-token\n\nb: c\n");
        assert_eq!(text.reveal(), "a: se\ncret\nb: c\n");
        assert!(!format!("{text:?}").contains("cret"));
        let saved = serde_json::to_string(&text).expect("saved");
        assert!(!saved.contains("cret\\n") && saved.contains("REDACTED-token"), "{saved}");
    }
}
