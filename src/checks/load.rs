//! From YAML files to checks. Every refusal says file, line and reason, and no file is skipped.

use std::path::Path as FilePath;

use serde::Deserialize;

use super::expression::{self, Expression};
use super::{Certainty, Check, CheckId, Degree, FixTemplate, Outcome, Severity, Step, template};
use crate::evidence::Who;
use crate::facts::schema;

include!(concat!(env!("OUT_DIR"), "/built_in_checks.rs"));

/// Bytes that a check file may have.
const FILE_LIMIT: u64 = 64 * 1024;

/// Why a check file is refused.
#[derive(Debug, thiserror::Error)]
pub enum LoadError {
    /// The folder or file cannot be read.
    #[error("{path}: {source}")]
    Unreadable {
        /// The file.
        path: String,
        /// Why.
        source: std::io::Error,
    },
    /// The file is read and refused.
    #[error("{file}:{line}: {reason}")]
    Refused {
        /// The file.
        file: String,
        /// The line, from 1.
        line: usize,
        /// Why.
        reason: String,
    },
}

/// The checks that are part of the program, sorted by id.
///
/// # Errors
///
/// Fails only if a built-in file is wrong, which a test excludes.
pub fn built_in() -> Result<Vec<Check>, LoadError> {
    BUILT_IN.iter().map(|(file, text)| parse(file, text, "")).collect()
}

/// The checks of a user's folder, with ids under `local/`.
///
/// # Errors
///
/// The first file that cannot be read or is refused.
pub fn folder(dir: &FilePath) -> Result<Vec<Check>, LoadError> {
    let unreadable = |source| LoadError::Unreadable { path: dir.display().to_string(), source };
    let mut files: Vec<_> = std::fs::read_dir(dir)
        .map_err(unreadable)?
        .filter_map(|entry| entry.ok().map(|entry| entry.path()))
        .filter(|path| path.extension().is_some_and(|e| e == "yaml" || e == "yml"))
        .collect();
    files.sort();
    files.iter().map(|path| file(path)).collect()
}

fn file(path: &FilePath) -> Result<Check, LoadError> {
    let name = path.display().to_string();
    let unreadable = |source| LoadError::Unreadable { path: name.clone(), source };
    let size = std::fs::metadata(path).map_err(unreadable)?.len();
    if size > FILE_LIMIT {
        return Err(refusal(&name, 1, format!("{size} bytes; a check has at most {FILE_LIMIT}")));
    }
    let text = std::fs::read_to_string(path).map_err(unreadable)?;
    parse(&name, &text, "local/")
}

/// The file as written; field order is the order of a good check.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct File {
    id: String,
    since: String,
    step: Step,
    #[serde(default)]
    explains: Vec<Step>,
    severity: Severity,
    #[serde(default)]
    degrees: Vec<DegreeFile>,
    certainty: Certainty,
    who: Who,
    #[serde(default)]
    outcome: Option<Outcome>,
    #[serde(default)]
    before: Vec<String>,
    #[serde(default)]
    replaces: Vec<String>,
    holds: String,
    fires_when: String,
    title: String,
    says: String,
    why: String,
    evidence: Vec<String>,
    #[serde(default)]
    fixes: Vec<FixTemplate>,
    #[serde(default)]
    sources: Vec<String>,
    #[serde(default)]
    near_miss: String,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct DegreeFile {
    when: String,
    severity: Severity,
    #[serde(default)]
    outcome: Option<Outcome>,
}

/// Reads one check. `prefix` is put before its id.
///
/// # Errors
///
/// Whatever is wrong with it, with the line.
pub fn parse(file: &str, text: &str, prefix: &str) -> Result<Check, LoadError> {
    let raw: File = serde_saphyr::from_str(text).map_err(|error| {
        let line = error.location().map_or(1, |place| place.line() as usize);
        refusal(file, line, plain(&error.to_string()))
    })?;
    let stem = FilePath::new(file).file_stem().and_then(|s| s.to_str()).unwrap_or_default();
    let at = |needle: &str| line_of(text, needle);
    if stem != raw.id {
        let reason = format!("the id is {} and the file is named {stem}", raw.id);
        return Err(refusal(file, at("id:"), reason));
    }
    let named = |name: &str| {
        CheckId::new(name)
            .ok_or_else(|| refusal(file, at(name), format!("{name} is not a kebab-case id")))
    };
    let compile = |source: &str| {
        Expression::compile(source).map_err(|why| {
            let needle = match &why {
                expression::Refusal::UnknownPath { path, .. } => path.as_str(),
                expression::Refusal::UnknownFunction { name } => name.as_str(),
                expression::Refusal::WrongKind { path, .. } => path.as_str(),
                _ => "fires_when:",
            };
            refusal(file, at(needle), why.to_string())
        })
    };
    let mut degrees = Vec::new();
    for degree in &raw.degrees {
        let when = compile(&degree.when)?;
        degrees.push(Degree { when, severity: degree.severity, outcome: degree.outcome });
    }
    let check = Check {
        id: named(&format!("{prefix}{}", raw.id))?,
        file: file.to_owned(),
        since: raw.since,
        step: raw.step,
        explains: if raw.explains.is_empty() { vec![raw.step] } else { raw.explains },
        severity: raw.severity,
        degrees,
        certainty: raw.certainty,
        who: raw.who,
        outcome: raw.outcome,
        before: raw.before.iter().map(|name| named(name)).collect::<Result<_, _>>()?,
        replaces: raw.replaces.iter().map(|name| named(name)).collect::<Result<_, _>>()?,
        holds: raw.holds,
        fires_when: compile(&raw.fires_when)?,
        title: raw.title,
        says: raw.says,
        why: raw.why,
        evidence: raw.evidence,
        fixes: raw.fixes,
        sources: raw.sources,
        near_miss: raw.near_miss,
    };
    words_fit(&check).map_err(|(needle, reason)| refusal(file, at(&needle), reason))?;
    Ok(check)
}

/// Texts name only facts that exist, and a finding shows at least one.
fn words_fit(check: &Check) -> Result<(), (String, String)> {
    let fix_texts = check.fixes.iter().flat_map(|fix| {
        let edit = fix.edit.iter().flat_map(|e| e.replace.iter().chain([&e.with]));
        fix.commands.iter().chain(&fix.assumes).chain([&fix.title, &fix.undo]).chain(edit)
    });
    for text in [&check.title, &check.says, &check.why].into_iter().chain(fix_texts) {
        if let Some(path) = template::unknown_path(text) {
            return Err((path.clone(), no_fact(&path)));
        }
    }
    if check.evidence.is_empty() {
        return Err(("evidence:".to_owned(), "a finding without evidence".to_owned()));
    }
    let edits = check.fixes.iter().filter_map(|fix| fix.edit.as_ref().map(|edit| &edit.at));
    for path in check.evidence.iter().chain(edits) {
        let fixed = path.split("[").next().unwrap_or(path);
        let fixed = fixed.trim_end_matches('.');
        if schema::entry(fixed).is_none() {
            return Err((path.clone(), no_fact(path)));
        }
    }
    Ok(())
}

fn no_fact(path: &str) -> String {
    let why =
        expression::Refusal::UnknownPath { path: path.to_owned(), nearest: schema::nearest(path) };
    why.to_string()
}

fn refusal(file: &str, line: usize, reason: String) -> LoadError {
    LoadError::Refused { file: file.to_owned(), line, reason }
}

fn line_of(text: &str, needle: &str) -> usize {
    text.find(needle).map_or(1, |offset| text[..offset].matches('\n').count() + 1)
}

/// The reader's message without the excerpt that it may append.
fn plain(message: &str) -> String {
    message.lines().next().unwrap_or_default().trim_start_matches("error: ").to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    const GOOD: &str = "id: a-b\nsince: 0.1.0\nstep: issuer\nseverity: blocks\ncertainty: certain\n\
        who: you\nholds: h\nfires_when: token.iss != server.issuer\ntitle: t\nsays: s\nwhy: w\n\
        evidence: [token.iss]\n";

    fn refused(text: &str) -> String {
        parse("x/a-b.yaml", text, "").expect_err("refused").to_string()
    }

    #[test]
    fn every_built_in_check_loads() {
        let checks = built_in().expect("built-in checks load");
        assert!(checks.len() >= 30, "{}", checks.len());
        let mut ids: Vec<_> = checks.iter().map(|c| c.id.as_str()).collect();
        ids.sort_unstable();
        ids.dedup();
        assert_eq!(ids.len(), checks.len());
    }

    #[test]
    fn a_misspelt_fact_is_refused_with_line_and_suggestion() {
        let message = refused(&GOOD.replace("server.issuer", "server.isuer"));
        assert_eq!(
            message,
            "x/a-b.yaml:8: there is no fact server.isuer; did you mean server.issuer?"
        );
        let message = refused(&GOOD.replace("token.iss !=", "has(token.isss) &&"));
        assert!(message.contains("there is no fact token.isss"), "{message}");
    }

    #[test]
    fn a_fact_against_another_kind_is_refused() {
        let message = refused(&GOOD.replace("token.iss != server.issuer", "token.iss == 5"));
        assert_eq!(message, "x/a-b.yaml:8: token.iss is a Text and is compared with a number");
    }

    #[test]
    fn unknown_fields_functions_and_names_are_refused() {
        assert!(refused(&GOOD.replace("holds:", "hold:")).contains("unknown field"));
        assert!(
            refused(&GOOD.replace("token.iss !=", "lower(token.iss) !="))
                .contains("no function lower")
        );
        assert!(refused(&GOOD.replace("id: a-b", "id: a-c")).contains("the file is named a-b"));
        assert!(refused(&GOOD.replace("[token.iss]", "[token.is]")).contains("no fact token.is"));
        assert!(refused(&GOOD.replace("says: s", "says: '{{token.is}}'")).contains("no fact"));
    }

    #[test]
    fn hostile_expressions_are_refused_before_the_parser() {
        for source in ["(".repeat(40), format!("1{}", "+1".repeat(900)), "a".repeat(5000)] {
            assert!(Expression::compile(&source).is_err());
        }
    }
}
