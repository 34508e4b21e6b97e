//! How a report compares with what an expert says, and the record of it.

use std::fmt::Write;
use std::path::PathBuf;

use serde_json::Value;

use crate::run::Run;
use crate::world::{Expectation, World, directory};

/// One world's marks.
pub(crate) struct Mark {
    pub(crate) id: String,
    outcome: Compared,
    step: Compared,
    first: Compared,
    /// Ids of findings that block and should not.
    wrong_blockers: Vec<String>,
    /// Does the exit code follow from the findings?
    exit: Compared,
    /// The API server's error, where the world knows it.
    error: Option<bool>,
    /// Are all words of a good repair in what is proposed?
    fixes: Option<bool>,
    /// What must never happen: a plugin was run, a secret was printed, no report came.
    pub(crate) faults: Vec<String>,
}

/// What was said, and whether it is right.
struct Compared {
    right: bool,
    said: String,
}

impl Compared {
    fn new(right: bool, said: &str) -> Compared {
        Compared { right, said: said.to_owned() }
    }

    fn cell(&self) -> String {
        match (self.right, self.said.as_str()) {
            (true, _) => "right".to_owned(),
            (false, "") => "**nothing**".to_owned(),
            (false, said) => format!("**{said}**"),
        }
    }
}

/// Compares a run with the world's expectation.
pub(crate) fn mark(world: &World, run: &Run) -> Mark {
    let expect = &world.expect;
    let nothing = Value::Null;
    let report = run.report.as_ref().unwrap_or(&nothing);
    let said = |value: &Value| value.as_str().unwrap_or_default().to_owned();
    let verdict = &report["verdict"];
    let (outcome, step) = (said(&verdict["outcome"]), said(&verdict["step"]));
    let findings = report["findings"].as_array().map(Vec::as_slice).unwrap_or_default();
    let first = findings.first().map(|finding| said(&finding["id"])).unwrap_or_default();
    let error = expect
        .server_error
        .as_ref()
        .map(|text| said(&verdict["serverError"]).contains(text.as_str()));
    Mark {
        id: world.id.clone(),
        outcome: Compared::new(outcome == expect.outcome, &outcome),
        step: Compared::new(step == expect.step, &step),
        first: Compared::new(expect.causes.contains(&first), &first),
        wrong_blockers: wrong_blockers(expect, findings),
        exit: exit(run.code.filter(|_| run.report.is_some()), &outcome, findings),
        error,
        fixes: fixes(expect, findings, report),
        faults: faults(run),
    }
}

fn wrong_blockers(expect: &Expectation, findings: &[Value]) -> Vec<String> {
    let blocking = findings.iter().filter(|finding| finding["severity"] == "blocks");
    let ids = blocking.filter_map(|finding| finding["id"].as_str());
    let known = |id: &str| expect.causes.iter().chain(&expect.also).any(|known| known == id);
    let banned = |id: &str| expect.must_not.iter().any(|banned| banned == id);
    ids.filter(|id| !known(id) || banned(id)).map(str::to_owned).collect()
}

fn exit(code: Option<i32>, outcome: &str, findings: &[Value]) -> Compared {
    let blocks = findings.iter().any(|finding| finding["severity"] == "blocks");
    let follows = match code {
        Some(10) => blocks,
        Some(11) => !blocks && !findings.is_empty(),
        Some(12) => !blocks && outcome == "undetermined",
        Some(0) => findings.is_empty() && outcome != "undetermined",
        _ => false,
    };
    Compared::new(follows, &code.map_or_else(|| "none".to_owned(), |code| code.to_string()))
}

fn fixes(expect: &Expectation, findings: &[Value], report: &Value) -> Option<bool> {
    if expect.fix_mentions.is_empty() {
        return None;
    }
    let mut text = report["plan"].to_string();
    for finding in findings {
        text.push_str(&finding["fixes"].to_string());
    }
    let plain = text.replace("\\\"", "\"").to_lowercase();
    Some(expect.fix_mentions.iter().all(|word| plain.contains(&word.to_lowercase())))
}

fn faults(run: &Run) -> Vec<String> {
    let mut faults = Vec::new();
    if run.report.is_none() {
        faults.push("no report".to_owned());
    }
    if !run.programs_run.is_empty() {
        faults.push(format!("ran {}", run.programs_run.join(", ")));
    }
    if run.leaks > 0 {
        faults.push(format!("{} secrets in the output", run.leaks));
    }
    faults
}

/// The sums over all worlds.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Totals {
    pub(crate) worlds: usize,
    pub(crate) outcome: usize,
    pub(crate) step: usize,
    pub(crate) first: usize,
    pub(crate) wrong_blockers: usize,
    pub(crate) exit: usize,
    pub(crate) error: usize,
    pub(crate) fixes: usize,
    pub(crate) faults: usize,
}

impl Totals {
    /// Adds the marks up.
    pub(crate) fn of(marks: &[Mark]) -> Totals {
        let count = |has: fn(&Mark) -> bool| marks.iter().filter(|mark| has(mark)).count();
        Totals {
            worlds: marks.len(),
            outcome: count(|mark| mark.outcome.right),
            step: count(|mark| mark.step.right),
            first: count(|mark| mark.first.right),
            wrong_blockers: marks.iter().map(|mark| mark.wrong_blockers.len()).sum(),
            exit: count(|mark| mark.exit.right),
            error: count(|mark| mark.error == Some(true)),
            fixes: count(|mark| mark.fixes == Some(true)),
            faults: count(|mark| !mark.faults.is_empty()),
        }
    }

    fn rows(&self) -> [(&'static str, usize); 9] {
        [
            ("worlds", self.worlds),
            ("outcome right", self.outcome),
            ("step right", self.step),
            ("first finding right", self.first),
            ("wrong blockers", self.wrong_blockers),
            ("exit code follows", self.exit),
            ("server error right", self.error),
            ("fix mentions all words", self.fixes),
            ("worlds with faults", self.faults),
        ]
    }

    /// Reads the record's totals.
    pub(crate) fn recorded() -> Totals {
        let text = std::fs::read_to_string(path()).expect("a record");
        Totals::read(&text)
    }

    fn read(text: &str) -> Totals {
        let number = |name: &str| {
            let row = text.lines().find_map(|line| line.strip_prefix(&format!("| {name} | ")));
            row.and_then(|rest| rest.split(' ').next()?.parse().ok())
        };
        let least = |name| number(name).unwrap_or(0);
        let most = |name| number(name).unwrap_or(usize::MAX);
        Totals {
            worlds: least("worlds"),
            outcome: least("outcome right"),
            step: least("step right"),
            first: least("first finding right"),
            wrong_blockers: most("wrong blockers"),
            exit: least("exit code follows"),
            error: least("server error right"),
            fixes: least("fix mentions all words"),
            faults: most("worlds with faults"),
        }
    }

    /// In what these sums are worse than others.
    pub(crate) fn worse_than(&self, record: &Totals) -> Vec<String> {
        let fewer_is_worse = |name: &str| !["wrong blockers", "worlds with faults"].contains(&name);
        let pairs = self.rows().into_iter().zip(record.rows());
        let worse = pairs.filter(
            |((name, now), (_, then))| {
                if fewer_is_worse(name) { now < then } else { now > then }
            },
        );
        worse.map(|((name, now), (_, then))| format!("{name}: {now}, recorded {then}")).collect()
    }
}

/// Where the record lies.
pub(crate) fn path() -> PathBuf {
    directory().join("SCORE.md")
}

/// The record as Markdown.
pub(crate) fn record(marks: &[Mark]) -> String {
    let mut text = "# How the worlds fare\n\nWritten by `cargo test --test worlds record_score -- --ignored`. \
                    `worlds_reach_their_score` fails when a number gets worse. A bold word is what the program \
                    said instead.\n\n| total | number |\n|---|---|\n"
        .to_owned();
    for (name, number) in Totals::of(marks).rows() {
        let _ = writeln!(text, "| {name} | {number} |");
    }
    text.push_str("\n| world | outcome | step | first finding | wrong blockers | exit | server error | fix | faults |\n");
    text.push_str("|---|---|---|---|---|---|---|---|---|\n");
    for mark in marks {
        text.push_str(&row(mark));
    }
    text
}

/// One world's row.
pub(crate) fn row(mark: &Mark) -> String {
    let word = |right: Option<bool>| match right {
        Some(true) => "right",
        Some(false) => "**wrong**",
        None => "–",
    };
    format!(
        "| {} | {} | {} | {} | {} | {} | {} | {} | {} |\n",
        mark.id,
        mark.outcome.cell(),
        mark.step.cell(),
        mark.first.cell(),
        mark.wrong_blockers.join(", "),
        mark.exit.cell(),
        word(mark.error),
        word(mark.fixes),
        mark.faults.join("; ").replace('|', "/"),
    )
}

#[test]
fn a_record_reads_back() {
    let totals = Totals { worlds: 3, outcome: 2, wrong_blockers: 1, ..Totals::default() };
    let rows: String =
        totals.rows().iter().map(|(name, n)| format!("| {name} | {n} |\n")).collect();
    assert_eq!(Totals::read(&rows), totals);
    assert!(totals.worse_than(&totals).is_empty());
    let worse = Totals { outcome: 1, wrong_blockers: 2, ..totals };
    assert_eq!(
        worse.worse_than(&totals),
        ["outcome right: 1, recorded 2", "wrong blockers: 2, recorded 1"]
    );
}
