//! Every check on every field case: what is found in each, and where each check fires.
//!
//! The record, `fixtures/cases/FINDINGS.md`, is rewritten by
//! `cargo test --test cases record -- --ignored`; a change of it is to be read line by line.
#![allow(clippy::unwrap_used)]

#[path = "shared/bundles.rs"]
mod bundles;
#[path = "shared/fixtures.rs"]
mod fixtures;

use std::collections::BTreeMap;
use std::fmt::Write;
use std::fs;

use bundles::Case;
use fixtures::fixture;
use oidc_doctor::checks::{Check, load};
use oidc_doctor::examination::examine;
use oidc_doctor::report::Report;
use serde::Deserialize;

const RECORD: &str = "cases/FINDINGS.md";

/// The part of a world's file that says what an expert would say.
#[derive(Deserialize)]
struct World {
    expect: Expectation,
}

#[derive(Deserialize)]
struct Expectation {
    outcome: String,
    step: String,
    causes: Vec<String>,
    #[serde(default)]
    also: Vec<String>,
    #[serde(default)]
    must_not: Vec<String>,
}

/// How many cases come out as an expert would have them.
#[derive(Debug, Default, PartialEq, Eq)]
struct Totals {
    cases: usize,
    outcome: usize,
    step: usize,
    first: usize,
    wrong_blockers: usize,
}

#[test]
fn findings_are_as_recorded() {
    let now = findings();
    let then = fs::read_to_string(fixture(RECORD)).unwrap();
    assert!(now == then, "{RECORD} differs (- recorded, + now):\n{}", difference(&then, &now));
}

/// Apart from the record's text: a record that is written anew must not hide that it got worse.
#[test]
fn cases_reach_their_score() {
    let text = fs::read_to_string(fixture(RECORD)).unwrap();
    let (now, least) = (Totals::of(&judged()), Totals::read(&text));
    let enough = now.cases >= least.cases
        && now.outcome >= least.outcome
        && now.step >= least.step
        && now.first >= least.first
        && now.wrong_blockers <= least.wrong_blockers;
    assert!(enough, "now {now:?}, recorded {least:?}");
}

/// Rewrites the record.
#[test]
#[ignore = "writes the record that the other tests compare with"]
fn record() {
    fs::write(fixture(RECORD), findings()).unwrap();
}

/// A case with its report and what an expert says.
struct Judged {
    id: String,
    report: Report,
    expect: Expectation,
}

fn judged() -> Vec<Judged> {
    let checks = load::built_in().unwrap();
    bundles::all().into_iter().map(|case| judge(case, &checks)).collect()
}

fn judge(case: Case, checks: &[Check]) -> Judged {
    let world = fs::read_to_string(fixture(&format!("worlds/{}.yaml", case.id))).unwrap();
    let world: World = serde_saphyr::from_str(&world).unwrap();
    let report = examine(&case.evidence, checks).report;
    Judged { id: case.id, report, expect: world.expect }
}

/// A word of the contract.
fn word(value: impl serde::Serialize) -> String {
    serde_json::to_value(value).unwrap().as_str().unwrap().to_owned()
}

impl Judged {
    fn outcome(&self) -> String {
        word(self.report.verdict.outcome)
    }

    fn first(&self) -> &str {
        self.report.findings.first().map_or("", |finding| &finding.id)
    }

    fn first_is_right(&self) -> bool {
        self.expect.causes.iter().any(|id| id == self.first())
    }

    fn wrong_blockers(&self) -> Vec<&str> {
        let blocking = self.report.findings.iter().filter(|f| word(f.severity) == "blocks");
        let expect = &self.expect;
        let known = |id: &str| expect.causes.iter().chain(&expect.also).any(|known| known == id);
        let banned = |id: &str| expect.must_not.iter().any(|banned| banned == id);
        blocking.map(|f| f.id.as_str()).filter(|id| !known(id) || banned(id)).collect()
    }

    /// One line; what an expert would say otherwise is bold.
    fn row(&self) -> String {
        let wrong_blockers = self.wrong_blockers();
        let shown = |finding: &oidc_doctor::report::Finding| {
            let severity = word(finding.severity);
            let text = format!("{} ({severity})", finding.id);
            mark(severity != "blocks" || !wrong_blockers.contains(&finding.id.as_str()), &text)
        };
        let findings: Vec<String> = self.report.findings.iter().map(shown).collect();
        let step = self.report.verdict.step.name();
        format!(
            "| {} | {} | {} | {} | {} |\n",
            self.id,
            mark(self.outcome() == self.expect.outcome, &self.outcome()),
            mark(step == self.expect.step, step),
            if self.first_is_right() { "right" } else { "**wrong**" },
            findings.join(", "),
        )
    }
}

fn mark(right: bool, text: &str) -> String {
    if right { text.to_owned() } else { format!("**{text}**") }
}

/// The record's text.
fn findings() -> String {
    let judged = judged();
    let mut text = "# What is found in the field cases\n\n\
        Written by `cargo test --test cases record -- --ignored`, and compared as text. Bold is what the expert's\n\
        word in `fixtures/worlds` is against; a bold finding blocks and should not.\n\n\
        | total | number |\n|---|---|\n"
        .to_owned();
    for (name, number) in Totals::of(&judged).rows() {
        let _ = writeln!(text, "| {name} | {number} |");
    }
    text.push_str("\n## By case\n\n| case | outcome | step | first finding | findings |\n");
    text.push_str("|---|---|---|---|---|\n");
    for case in &judged {
        text.push_str(&case.row());
    }
    text.push_str("\n## By check\n");
    for (id, cases) in by_check(&judged) {
        let _ = write!(text, "\n### {id}\n\n");
        if cases.is_empty() {
            text.push_str("In no case.\n");
        }
        for (case, severity) in cases {
            let _ = writeln!(text, "- {case} ({severity})");
        }
    }
    text
}

/// The cases in which each check fires, and how much it matters there.
fn by_check(judged: &[Judged]) -> BTreeMap<String, Vec<(&str, String)>> {
    let checks = load::built_in().unwrap();
    let mut fired: BTreeMap<String, Vec<(&str, String)>> =
        checks.iter().map(|check| (check.id.to_string(), Vec::new())).collect();
    for case in judged {
        for finding in &case.report.findings {
            let cases = fired.get_mut(&finding.id).expect("a finding comes from a check");
            cases.push((&case.id, word(finding.severity)));
        }
    }
    fired
}

impl Totals {
    fn of(judged: &[Judged]) -> Totals {
        let count = |right: fn(&Judged) -> bool| judged.iter().filter(|case| right(case)).count();
        Totals {
            cases: judged.len(),
            outcome: count(|case| case.outcome() == case.expect.outcome),
            step: count(|case| case.report.verdict.step.name() == case.expect.step),
            first: count(Judged::first_is_right),
            wrong_blockers: judged.iter().map(|case| case.wrong_blockers().len()).sum(),
        }
    }

    fn rows(&self) -> [(&'static str, usize); 5] {
        [
            ("cases", self.cases),
            ("outcome right", self.outcome),
            ("step right", self.step),
            ("first finding right", self.first),
            ("wrong blockers", self.wrong_blockers),
        ]
    }

    /// The totals of a record.
    fn read(text: &str) -> Totals {
        let number = |name: &str| -> usize {
            let row = text.lines().find_map(|line| line.strip_prefix(&format!("| {name} | ")));
            row.expect("a total").trim_end_matches(" |").parse().expect("a number")
        };
        Totals {
            cases: number("cases"),
            outcome: number("outcome right"),
            step: number("step right"),
            first: number("first finding right"),
            wrong_blockers: number("wrong blockers"),
        }
    }
}

/// The lines that only one of two texts has, in order.
fn difference(then: &str, now: &str) -> String {
    let (then, now): (Vec<&str>, Vec<&str>) = (then.lines().collect(), now.lines().collect());
    let mut out = String::new();
    let (mut i, mut j) = (0, 0);
    while i < then.len() || j < now.len() {
        let (old, new) = (then.get(i), now.get(j));
        if old == new {
            (i, j) = (i + 1, j + 1);
            continue;
        }
        let added = old.and_then(|line| now[j..].iter().position(|other| other == line));
        let dropped = new.and_then(|line| then[i..].iter().position(|other| other == line));
        // The nearer place where both agree again decides which side goes on.
        if old.is_some() && added.is_none_or(|n| dropped.is_some_and(|m| m < n)) {
            let _ = writeln!(out, "- {}", then[i]);
            i += 1;
        } else {
            let _ = writeln!(out, "+ {}", now[j]);
            j += 1;
        }
    }
    out
}

#[test]
fn a_difference_shows_what_only_one_side_has() {
    assert_eq!(difference("a\nb\nc\nd\n", "a\nx\nc\nd\ne\n"), "- b\n+ x\n+ e\n");
    assert_eq!(difference("a\nb\n", "a\nb\n"), "");
    assert_eq!(difference("", "a\n"), "+ a\n");
    assert_eq!(difference("a\nb\nb\n", "b\n"), "- a\n- b\n");
}
