//! An edit of a file as a unified diff of the line that a fact was read from.

use std::collections::BTreeMap;

use crate::checks::{EditTemplate, template};
use crate::evidence::Fact;
use crate::facts::{Facts, Leaf};

/// The texts that facts were read from, by the path that their origins show. Secrets are blanked.
#[derive(Clone, Debug, Default)]
pub struct Documents(pub BTreeMap<String, String>);

impl Documents {
    fn line(&self, path: &str, line: u32) -> Option<&str> {
        self.0.get(path)?.lines().nth(line.checked_sub(1)? as usize)
    }
}

/// Path and diff, if the place is known and the line has what is to change.
pub(super) fn diff(
    edit: &EditTemplate,
    facts: &Facts,
    documents: &Documents,
) -> Option<(String, String)> {
    let Fact::Known(leaf, origin) = facts.get(&edit.at) else { return None };
    let number = origin.line?;
    let old = documents.line(&origin.path, number)?;
    let with = template::fill(&edit.with, facts).filter(|with| is_plain(with))?;
    let hunk = match &edit.replace {
        Some(from) => {
            let from = template::fill(from, facts)?;
            let new = replaced(old, &from, &with)?;
            format!("@@ -{number} +{number} @@\n-{old}\n+{new}\n")
        }
        None if old.trim_start().starts_with("- ") => {
            let indent = &old[..old.len() - old.trim_start().len()];
            format!("@@ -{number} +{number},2 @@\n {old}\n+{indent}- {with}\n")
        }
        None => {
            let new = inserted(old, &text_of(&leaf), &with)?;
            format!("@@ -{number} +{number} @@\n-{old}\n+{new}\n")
        }
    };
    let path = origin.path;
    let diff = format!("--- {path}\n+++ {path}\n{hunk}");
    Some((path, diff))
}

/// Whether a text keeps its meaning in a YAML line. A stranger's value with a line break, a comment or a
/// quote in it would make another edit of this one.
fn is_plain(text: &str) -> bool {
    let breaks = |c: char| c.is_control() || matches!(c, '"' | '\'' | '{' | '}' | '[' | ']');
    !text.contains(breaks) && !text.contains(" #") && !text.contains(": ") && !text.ends_with(':')
}

fn text_of(leaf: &Leaf) -> String {
    match leaf {
        Leaf::Text(text) => text.clone(),
        Leaf::Texts(texts) => texts.first().cloned().unwrap_or_default(),
        _ => String::new(),
    }
}

fn replaced(old: &str, from: &str, to: &str) -> Option<String> {
    // The value stands behind its name, and a name may hold the same word.
    let at = old.rfind(from).filter(|_| !from.is_empty())?;
    Some(format!("{}{to}{}", &old[..at], &old[at + from.len()..]))
}

/// One more item of a flow list, after the item that holds `value`.
fn inserted(old: &str, value: &str, with: &str) -> Option<String> {
    let end = old.rfind(value).filter(|_| !value.is_empty())? + value.len();
    let rest = &old[end..];
    let quote = rest.chars().next().filter(|c| matches!(c, '"' | '\''));
    let end = end + quote.map_or(0, char::len_utf8);
    if !old[end..].trim_start().starts_with([',', ']']) {
        return None;
    }
    Some(format!("{}, \"{with}\"{}", &old[..end], &old[end..]))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_strangers_value_makes_no_other_edit() {
        assert!(is_plain("--oidc-issuer-url=https://idp.example.com:8443/a"));
        for text in ["a\n- --insecure", "a # b", "a: b", "\"a\"", "[a]", "a:"] {
            assert!(!is_plain(text), "{text}");
        }
    }

    #[test]
    fn an_item_goes_into_a_flow_list() {
        let line = r#"args: [get-token, "--oidc-client-id=abc"]"#;
        let new = inserted(line, "abc", "--x=y").expect("fits");
        assert_eq!(new, r#"args: [get-token, "--oidc-client-id=abc", "--x=y"]"#);
        assert_eq!(inserted("- --oidc-client-id=abc # c", "abc", "--x"), None);
        let new = replaced("- --oidc-groups-claim=groups", "groups", "roles");
        assert_eq!(new.as_deref(), Some("- --oidc-groups-claim=roles"));
    }
}
