//! Who may import whom. The modules are the flow of the data; nothing flows back.
#![allow(clippy::unwrap_used)]

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};

/// Each module of the crate and what it may name, in the order of the data.
///
/// Everything from `facts` to `examination` is pure, so none of it may name `collect`.
const LAYERS: &[(&str, &[&str])] = &[
    ("go", &[]),
    ("replay", &["go"]),
    ("evidence", &["go", "replay"]),
    ("client", &["go", "replay", "evidence"]),
    ("collect", &["go", "replay", "evidence", "client"]),
    ("facts", &["go", "replay", "evidence", "client"]),
    ("checks", &["evidence", "facts"]),
    ("diagnosis", &["replay", "evidence", "facts", "checks"]),
    ("report", &["replay", "evidence", "facts", "checks", "diagnosis"]),
    ("examination", &["replay", "evidence", "facts", "checks", "diagnosis", "report"]),
    ("error", &["evidence", "collect", "facts", "checks", "diagnosis", "report", "examination"]),
    ("questions", &["go", "replay", "evidence", "collect"]),
    ("demo", &["evidence", "examination", "error"]),
    ("cli", &["evidence", "client", "collect", "facts", "checks", "report", "error"]),
    (
        "run",
        &[
            "evidence",
            "collect",
            "facts",
            "checks",
            "report",
            "examination",
            "questions",
            "error",
            "demo",
            "cli",
        ],
    ),
];

/// The loopback servers that unit tests of earlier modules borrow.
const LENT_TO_TESTS: &str = "collect::testing";

/// One mention of a module of the crate.
#[derive(Debug, PartialEq, Eq)]
struct Mention {
    line: usize,
    /// The path after `crate::`.
    path: String,
    in_tests: bool,
}

#[test]
fn a_module_names_only_what_lies_before_it() {
    let mut seen = 0;
    let mut wrong = Vec::new();
    for file in sources() {
        let modules = modules_of(&file);
        let Some(here) = modules.first() else { continue };
        let text = fs::read_to_string(&file).unwrap();
        for mention in mentions(&text, &modules) {
            seen += 1;
            let there = mention.path.split("::").next().unwrap_or_default();
            let lent = mention.in_tests && mention.path.starts_with(LENT_TO_TESTS);
            if there != here && !lent && !may(here).contains(&there) {
                let file = shown(&file);
                wrong.push(format!("{file}:{}: {here} names {}", mention.line, mention.path));
            }
        }
    }
    assert!(seen > 200, "only {seen} mentions were found: the test has lost its eyes");
    assert!(wrong.is_empty(), "\n{}", wrong.join("\n"));
}

#[test]
fn every_module_has_its_layer() {
    let modules: BTreeSet<String> =
        sources().iter().filter_map(|file| modules_of(file).into_iter().next()).collect();
    let layers: BTreeSet<String> = LAYERS.iter().map(|(name, _)| (*name).to_owned()).collect();
    assert_eq!(modules, layers);
    for (n, (name, before)) in LAYERS.iter().enumerate() {
        let earlier: Vec<&str> = LAYERS[..n].iter().map(|(name, _)| *name).collect();
        let later: Vec<_> = before.iter().filter(|other| !earlier.contains(other)).collect();
        assert!(later.is_empty(), "{name} may name {later:?}, which do not lie before it");
    }
}

#[test]
fn mentions_are_found_in_every_form() {
    let text = "\
//! [`crate::run`] in a comment
use crate::{\n    facts::{Facts, Kind},\n    go,\n};
fn f() -> crate::replay::User { \"crate::cli\" }
use super::client::view; // crate::demo
use super::super::collect::text;
#[cfg(test)]
mod tests {
    use super::super::super::report::Report;
    use super::super::near;
}
";
    let modules = ["facts".to_owned(), "token".to_owned()];
    let found: Vec<_> = mentions(text, &modules)
        .into_iter()
        .map(|mention| (mention.line, mention.path, mention.in_tests))
        .collect();
    let of = |line, path: &str, in_tests| (line, path.to_owned(), in_tests);
    assert_eq!(
        found,
        [
            of(2, "facts", false),
            of(2, "go", false),
            of(6, "replay::User", false),
            of(8, "collect::text", false),
            of(11, "report::Report", true),
        ]
    );
}

fn may(name: &str) -> &'static [&'static str] {
    LAYERS.iter().find(|(layer, _)| *layer == name).map_or(&[], |(_, before)| before)
}

fn root() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR"))
}

fn shown(file: &Path) -> String {
    file.strip_prefix(root()).unwrap_or(file).display().to_string()
}

/// Every file of the library.
fn sources() -> Vec<PathBuf> {
    let mut files = Vec::new();
    let mut folders = vec![root().join("src")];
    while let Some(folder) = folders.pop() {
        for entry in fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                folders.push(path);
            } else if path.extension().is_some_and(|e| e == "rs") {
                files.push(path);
            }
        }
    }
    files.sort();
    files.retain(|file| !file.ends_with("src/main.rs") && !file.ends_with("src/lib.rs"));
    files
}

/// `src/a/b_tests.rs` is `a::b::tests`, by the house's `#[path]`.
fn modules_of(file: &Path) -> Vec<String> {
    let inside = file.strip_prefix(root().join("src")).unwrap().with_extension("");
    let mut modules: Vec<String> =
        inside.iter().map(|part| part.to_string_lossy().into_owned()).collect();
    if let Some(name) = modules.last().and_then(|last| last.strip_suffix("_tests")) {
        let name = name.to_owned();
        modules.pop();
        modules.extend([name, "tests".to_owned()]);
    }
    modules
}

/// Every path from the crate's root in a file, comments and texts left out.
fn mentions(text: &str, modules: &[String]) -> Vec<Mention> {
    let code = code_only(text);
    let mut found = Vec::new();
    let mut inner: Vec<&str> = Vec::new();
    let mut start = 0;
    for (n, line) in code.split_inclusive('\n').enumerate() {
        let indent = &line[..line.len() - line.trim_start().len()];
        if inner.last() == Some(&indent) && line.trim_end() == format!("{indent}}}") {
            inner.pop();
        }
        let in_tests = !inner.is_empty() || modules.iter().any(|name| name == "tests");
        let depth = modules.len() + inner.len();
        for at in roots(line, depth) {
            let paths = paths_from(&code[start + at..]);
            found.extend(paths.into_iter().map(|path| Mention { line: n + 1, path, in_tests }));
        }
        let words: Vec<&str> = line.split_whitespace().collect();
        if words.contains(&"mod") && words.last() == Some(&"{") {
            inner.push(indent);
        }
        start += line.len();
    }
    found
}

/// Where in a line a path that begins at the crate's root goes on: after `crate::`, or after as many
/// `super::` as the module lies deep.
fn roots(line: &str, depth: usize) -> Vec<usize> {
    let mut found = Vec::new();
    for word in ["crate::".to_owned(), "super::".repeat(depth)] {
        found.extend(line.match_indices(&word).filter_map(|(at, _)| {
            let before = line[..at].chars().next_back();
            let whole = !before.is_some_and(|c| c.is_alphanumeric() || c == '_' || c == ':');
            whole.then_some(at + word.len())
        }));
    }
    found
}

/// The path that begins here, or those of a group in braces by their first names.
fn paths_from(code: &str) -> Vec<String> {
    let Some(group) = code.strip_prefix('{') else {
        let end = code.find(|c: char| !(c.is_alphanumeric() || c == '_' || c == ':'));
        return vec![code[..end.unwrap_or(code.len())].trim_end_matches(':').to_owned()];
    };
    let mut depth = 0;
    let mut names = vec![String::new()];
    for c in group.chars() {
        match c {
            '}' if depth == 0 => break,
            '{' => depth += 1,
            '}' => depth -= 1,
            ',' if depth == 0 => names.push(String::new()),
            c if depth == 0 && !c.is_whitespace() => names.last_mut().unwrap().push(c),
            _ => {}
        }
    }
    let tidy = names.into_iter().map(|name| name.trim_end_matches(':').to_owned());
    tidy.filter(|name| !name.is_empty()).collect()
}

/// The same text with comments and texts on one line blanked; lines stay where they are.
fn code_only(text: &str) -> String {
    let mut code = String::with_capacity(text.len());
    for line in text.split_inclusive('\n') {
        let mut chars = line.chars().peekable();
        let mut quoted = false;
        while let Some(c) = chars.next() {
            match c {
                '/' if !quoted && chars.peek() == Some(&'/') => break,
                '\\' if quoted => {
                    chars.next();
                }
                '"' => quoted = !quoted,
                // A quote as a character opens no text.
                '\'' if chars.peek() == Some(&'"') => {
                    chars.next();
                }
                c if !quoted => code.push(c),
                _ => {}
            }
        }
        if !code.ends_with('\n') && line.ends_with('\n') {
            code.push('\n');
        }
    }
    code
}
