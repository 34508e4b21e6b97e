//! A finding: a fired check with its words filled in, both sides, and complete repairs.

use super::{Documents, Fired, edit};
use crate::checks::{Certainty, CheckId, FixTemplate, Severity, Step, template};
use crate::evidence::{Fact, Origin, Who};
use crate::facts::{Facts, Leaf};

/// One side of a comparison.
#[derive(Clone, Debug)]
pub struct Shown {
    /// The path of the fact.
    pub fact: String,
    /// Its value, if it is known.
    pub value: Option<Leaf>,
    /// Known, absent or unknown.
    pub state: State,
    /// Where it was read, or where it is not.
    pub origin: Option<Origin>,
}

/// The three states of a fact.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum State {
    /// The source does not have it.
    Absent,
    /// Read.
    Known,
    /// The source could not be read.
    Unknown,
}

impl State {
    /// The name in reports.
    pub fn name(self) -> &'static str {
        match self {
            State::Absent => "absent",
            State::Known => "known",
            State::Unknown => "unknown",
        }
    }
}

/// A repair, ready to be carried out.
#[derive(Clone, Debug)]
pub struct Fix {
    /// Unique inside the finding.
    pub id: String,
    /// Who acts.
    pub who: Who,
    /// Starts with a verb.
    pub title: String,
    /// Complete commands.
    pub commands: Vec<String>,
    /// A change of a file: its path, and the change as a unified diff.
    pub edit: Option<(String, String)>,
    /// Can it be done without thought?
    pub safe: bool,
    /// How to take it back.
    pub undo: String,
    /// What must be true for it to work.
    pub assumes: Vec<String>,
}

/// A defect that is there.
#[derive(Clone, Debug)]
pub struct Finding {
    /// The defect.
    pub id: CheckId,
    /// How much it matters here.
    pub severity: Severity,
    /// How sure it is.
    pub certainty: Certainty,
    /// The step at which it lies.
    pub step: Step,
    /// Who can repair it.
    pub who: Who,
    /// The defect in a few words.
    pub title: String,
    /// What differs.
    pub message: String,
    /// Why it matters.
    pub why: String,
    /// Both sides, with their places.
    pub evidence: Vec<Shown>,
    /// Repairs, the best first.
    pub fixes: Vec<Fix>,
}

pub(super) fn write(fired: &Fired<'_>, facts: &Facts, documents: &Documents) -> Finding {
    let check = fired.check;
    Finding {
        id: check.id.clone(),
        severity: fired.severity,
        certainty: check.certainty,
        step: check.step,
        who: check.who,
        title: template::fill_or_mark(&check.title, facts),
        message: template::fill_or_mark(&check.says, facts),
        why: template::fill_or_mark(&check.why, facts),
        evidence: check.evidence.iter().filter_map(|path| show(path, facts)).collect(),
        fixes: check.fixes.iter().filter_map(|fix| complete(fix, facts, documents)).collect(),
    }
}

/// A fact to show; `token.claims[server.username_claim]` reads the claim that another fact names.
fn show(path: &str, facts: &Facts) -> Option<Shown> {
    let path = match path.split_once('[') {
        Some((parent, name)) => {
            format!("{parent}.{}", facts.text(name.trim_end_matches(']'))?)
        }
        None => path.to_owned(),
    };
    let shown = |value, state, origin| Shown { fact: path.clone(), value, state, origin };
    Some(match facts.get(&path) {
        Fact::Known(leaf, origin) => shown(Some(leaf), State::Known, Some(origin)),
        Fact::Absent(origin) => shown(None, State::Absent, Some(origin)),
        Fact::Unknown(_) => shown(None, State::Unknown, None),
    })
}

/// A fix whose words and commands can all be filled in; others are not offered.
fn complete(fix: &FixTemplate, facts: &Facts, documents: &Documents) -> Option<Fix> {
    let commands: Vec<String> =
        fix.commands.iter().filter_map(|text| template::fill_command(text, facts)).collect();
    let edit = fix.edit.as_ref().and_then(|edit| edit::diff(edit, facts, documents));
    let title = template::fill(&fix.title, facts)?;
    Some(Fix {
        id: fix.id.clone(),
        who: fix.who,
        title,
        commands,
        edit,
        safe: fix.safe,
        undo: match fix.undo.starts_with("kubectl ") {
            true => template::fill_command(&fix.undo, facts).unwrap_or_default(),
            false => template::fill_or_mark(&fix.undo, facts),
        },
        assumes: fix.assumes.iter().filter_map(|text| template::fill(text, facts)).collect(),
    })
}
