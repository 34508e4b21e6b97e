//! Messages with facts in them: `{{token.iss}}`, or `{{server.groups_prefix|nothing}}` with words for
//! the case that the fact is not known.

use std::collections::BTreeSet;

use crate::facts::{Facts, Leaf, schema};

/// Every path that a text names.
pub fn paths(text: &str) -> BTreeSet<String> {
    pieces(text).filter_map(|piece| piece.path.map(str::to_owned)).collect()
}

/// The first path in a text that the vocabulary does not have.
pub fn unknown_path(text: &str) -> Option<String> {
    paths(text).into_iter().find(|path| schema::entry(path).is_none())
}

/// The text with the facts put in; `None` if one of them is not known and has no words of its own.
pub fn fill(text: &str, facts: &Facts) -> Option<String> {
    let mut out = String::new();
    for piece in pieces(text) {
        match piece.path {
            None => out.push_str(piece.text),
            Some(path) => {
                let value = facts.known(path).map(|leaf| spoken(&leaf)).filter(|v| !v.is_empty());
                match value {
                    Some(value) => out.push_str(&value),
                    None => out.push_str(piece.otherwise?),
                }
            }
        }
    }
    Some(out)
}

/// A command with the facts put in, each quoted for a shell; `None` if one of them is not known, or
/// could be taken for an option. Facts that are commands themselves (`…_command`) are put in as they are.
pub fn fill_command(text: &str, facts: &Facts) -> Option<String> {
    let mut out = String::new();
    for piece in pieces(text) {
        let Some(path) = piece.path else {
            out.push_str(piece.text);
            continue;
        };
        let value = spoken(&facts.known(path)?);
        if path.ends_with("_command") {
            out.push_str(&value);
            continue;
        }
        if value.is_empty() || value.starts_with('-') || value.contains(char::is_control) {
            return None;
        }
        out.push_str(&shlex::try_quote(&value).ok()?);
    }
    Some(out)
}

/// The text for a person: a fact that is not known shows as `?`.
pub fn fill_or_mark(text: &str, facts: &Facts) -> String {
    let mut out = String::new();
    for piece in pieces(text) {
        match piece.path {
            None => out.push_str(piece.text),
            Some(path) => {
                let value = facts.known(path).map(|leaf| spoken(&leaf)).filter(|v| !v.is_empty());
                out.push_str(&value.unwrap_or_else(|| piece.otherwise.unwrap_or("?").to_owned()));
            }
        }
    }
    out
}

/// A value inside a sentence or a command: text as it is, lists joined by commas.
fn spoken(leaf: &Leaf) -> String {
    match leaf {
        Leaf::Count(n) => n.to_string(),
        Leaf::Flag(true) => "yes".to_owned(),
        Leaf::Flag(false) => "no".to_owned(),
        Leaf::Open(serde_json::Value::String(text)) | Leaf::Text(text) => text.clone(),
        Leaf::Open(value) => value.to_string(),
        Leaf::Texts(texts) => texts.join(", "),
        Leaf::Time(moment) => moment.to_string(),
    }
}

struct Piece<'a> {
    text: &'a str,
    path: Option<&'a str>,
    otherwise: Option<&'a str>,
}

fn pieces(text: &str) -> impl Iterator<Item = Piece<'_>> {
    let mut rest = text;
    std::iter::from_fn(move || {
        if rest.is_empty() {
            return None;
        }
        let plain = |text| Piece { text, path: None, otherwise: None };
        let Some(start) = rest.find("{{") else {
            return Some(plain(std::mem::take(&mut rest)));
        };
        if start > 0 {
            let (before, after) = rest.split_at(start);
            rest = after;
            return Some(plain(before));
        }
        let Some(end) = rest.find("}}") else {
            return Some(plain(std::mem::take(&mut rest)));
        };
        let inner = rest[2..end].trim();
        rest = &rest[end + 2..];
        let (path, otherwise) = match inner.split_once('|') {
            Some((path, words)) => (path.trim(), Some(words)),
            None => (inner, None),
        };
        Some(Piece { text: "", path: Some(path), otherwise })
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_its_paths() {
        let names = paths("a {{token.iss}} b {{ server.issuer | nothing }} {{");
        assert_eq!(names.into_iter().collect::<Vec<_>>(), ["server.issuer", "token.iss"]);
    }

    #[test]
    fn a_command_without_its_fact_is_not_offered() {
        assert_eq!(fill("run {{plugin.client}}", &Facts::default()), None);
        assert_eq!(fill("run {{plugin.client|x}}", &Facts::default()).as_deref(), Some("run x"));
    }

    #[test]
    fn a_fact_in_a_command_is_quoted_and_cannot_be_an_option() {
        let mut facts = Facts::default();
        let origin = crate::evidence::Origin::default;
        facts.know("client.user", "a; rm -rf ~", origin());
        let command = fill_command("kubectl config unset users.{{client.user}}.x", &facts);
        assert_eq!(command.as_deref(), Some("kubectl config unset users.'a; rm -rf ~'.x"));
        facts.know("client.user", "--kubeconfig=/etc/passwd", origin());
        assert_eq!(fill_command("kubectl config unset {{client.user}}", &facts), None);
    }
}
