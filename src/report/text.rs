//! The report for a person in a hurry: the answer first, then the story, then the findings.
//!
//! Fits 80 columns. Colour marks the state of a step and of a finding, nothing else; whether it is
//! shown at all is the stream's business.

use std::fmt::Write;

use colored::{ColoredString, Colorize};

use super::escape::{harmless, harmless_lines};
use super::{Evidence, Finding, Fix, Report, StepLine, Unknown};
use crate::checks::{Outcome, Severity};
use crate::diagnosis::place;
use crate::evidence::Who;

/// Columns of a line.
const WIDTH: usize = 80;

/// Renders the report.
pub fn render(report: &Report) -> String {
    let mut out = String::new();
    answer(&mut out, report);
    story(&mut out, &report.steps);
    findings(&mut out, report);
    unknowns(&mut out, &report.unknowns);
    out
}

fn answer(out: &mut String, report: &Report) {
    let verdict = &report.verdict;
    let word = outcome_word(verdict.outcome);
    let headline = format!("{word}: {}", harmless(&verdict.summary));
    let lines = wrap(&headline, WIDTH, "");
    for (n, line) in lines.iter().enumerate() {
        let shown = if n == 0 {
            line.replacen(word, &painted(verdict.outcome, word), 1)
        } else {
            line.clone()
        };
        let _ = writeln!(out, "{shown}");
    }
    let _ = writeln!(out);
    let leading = report.findings.first().filter(|f| f.severity != Severity::Notice);
    if let (Some(cause), Some(_)) = (&verdict.cause, leading) {
        row(out, "cause", &format!("{cause}, at the step {}", verdict.step.name()));
    }
    let further: Vec<&str> = report
        .findings
        .iter()
        .skip(1)
        .filter(|f| f.severity == Severity::Blocks)
        .map(|f| f.id.as_str())
        .collect();
    if !further.is_empty() {
        row(out, "also blocks", &further.join(", "));
    }
    row(out, "request", &request(report));
    if let Some(error) = &verdict.server_error {
        // The reason of a 401 stands in the server's log alone; that of a 403 is in its answer.
        let logged = verdict.outcome == Outcome::Unauthorized;
        row(out, if logged { "server logs" } else { "server says" }, error);
    }
    if let Some(identity) = &report.identity {
        let groups = if identity.groups.is_empty() {
            "in no group".to_owned()
        } else {
            format!("in {}", identity.groups.join(", "))
        };
        row(out, "you are", &format!("{} {groups}", identity.username));
    }
    row(out, "who acts", &acting(report));
    let _ = writeln!(out);
}

fn request(report: &Report) -> String {
    let target = &report.target;
    let wanted = &target.request;
    let place = if wanted.namespace.is_empty() {
        "in the whole cluster".to_owned()
    } else {
        format!("in namespace {}", wanted.namespace)
    };
    format!(
        "{} {} {place}, as user entry {}, at {}",
        wanted.verb, wanted.resource, target.user, target.server
    )
}

fn acting(report: &Report) -> String {
    let mut actors: Vec<&str> = Vec::new();
    let blocks = report.findings.iter().any(|f| f.severity == Severity::Blocks);
    if report.verdict.outcome == Outcome::Allowed && !blocks {
        return "nobody has to".to_owned();
    }
    let least = if blocks { Severity::Blocks } else { Severity::MayBlock };
    for finding in report.findings.iter().filter(|f| f.severity <= least) {
        if !actors.contains(&actor(finding.who)) {
            actors.push(actor(finding.who));
        }
    }
    match (actors.as_slice(), report.unknowns.first()) {
        ([], Some(unknown)) if report.verdict.outcome != Outcome::Allowed => {
            format!("{}, to show what is missing", actor(unknown.ask))
        }
        ([], _) => "nobody has to".to_owned(),
        (actors, _) => actors.join(", then "),
    }
}

fn story(out: &mut String, steps: &[StepLine]) {
    let _ = writeln!(out, "{}", "The login, step by step".bold());
    for step in steps {
        let (mark, paint): (&str, fn(&str) -> ColoredString) = match step.outcome.as_str() {
            "passed" => ("ok", |s| s.green()),
            "stopped" => ("STOP", |s| s.red().bold()),
            "cannot-tell" => ("?", |s| s.yellow()),
            _ => ("-", |s| s.dimmed()),
        };
        let head = format!("  {:<4}  {:<12}", mark, step.step.name());
        let indent = " ".repeat(head.chars().count() + 1);
        let lines = wrap(&format!("{head} {}", harmless(&step.detail)), WIDTH, &indent);
        for (n, line) in lines.iter().enumerate() {
            let shown = if n == 0 {
                line.replacen(mark, &paint(mark).to_string(), 1)
            } else {
                line.clone()
            };
            let _ = writeln!(out, "{}", shown.trim_end());
        }
    }
    let _ = writeln!(out);
}

fn findings(out: &mut String, report: &Report) {
    if report.findings.is_empty() {
        return;
    }
    let _ = writeln!(out, "{}", "Findings".bold());
    for finding in &report.findings {
        self::finding(out, finding);
    }
}

fn finding(out: &mut String, finding: &Finding) {
    let severity = match finding.severity {
        Severity::Blocks => "blocks",
        Severity::MayBlock => "may block",
        Severity::Notice => "notice",
    };
    let head = format!("{severity}  {}", finding.id);
    let _ = writeln!(out);
    let painted = match finding.severity {
        Severity::Blocks => head.red().bold(),
        Severity::MayBlock => head.yellow(),
        Severity::Notice => head.dimmed(),
    };
    let certainty = serde_json::to_value(finding.certainty).ok();
    let certainty = certainty.as_ref().and_then(|v| v.as_str()).unwrap_or_default();
    let _ = writeln!(out, "{painted}  ({certainty}; {})", actor(finding.who));
    paragraph(out, &finding.message, "  ");
    if finding.severity == Severity::Notice {
        if let Some(fix) = finding.fixes.first() {
            paragraph(out, &format!("{}: {}", actor(fix.who), fix.title), "  ");
        }
        return;
    }
    let _ = writeln!(out);
    for side in &finding.evidence {
        evidence(out, side);
    }
    let _ = writeln!(out);
    paragraph(out, &format!("why: {}", finding.why), "  ");
    for fix in &finding.fixes {
        self::fix(out, fix);
    }
}

fn evidence(out: &mut String, side: &Evidence) {
    let value = match side.state.as_str() {
        "known" => harmless(&value_text(&side.value)),
        state => format!("({state})"),
    };
    let head = format!("    {:<24} ", harmless(&side.fact));
    let indent = " ".repeat(29.min(head.len()));
    for line in wrap(&format!("{head}{}", shortened(&value)), WIDTH, &indent) {
        let _ = writeln!(out, "{line}");
    }
    let origin = side.origin.as_ref().map(place).filter(|text| !text.is_empty());
    if let Some(origin) = origin {
        for line in wrap(&format!("{indent}{}", harmless(&origin)), WIDTH, &indent) {
            let _ = writeln!(out, "{}", line.dimmed());
        }
    }
}

/// A value as JSON, with room to break a list.
fn value_text(value: &serde_json::Value) -> String {
    match value {
        serde_json::Value::Array(items) => {
            let items: Vec<String> = items.iter().map(value_text).collect();
            format!("[{}]", items.join(", "))
        }
        other => other.to_string(),
    }
}

/// Long values keep their ends, so that both sides can still be compared.
fn shortened(value: &str) -> String {
    const KEPT: usize = 400;
    let count = value.chars().count();
    if count <= KEPT {
        return value.to_owned();
    }
    let head: String = value.chars().take(KEPT / 2).collect();
    let tail: String = value.chars().skip(count - KEPT / 4).collect();
    format!("{head} … {} characters … {tail}", count - KEPT / 2 - KEPT / 4)
}

fn fix(out: &mut String, fix: &Fix) {
    let _ = writeln!(out);
    paragraph(out, &format!("{}: {}", actor(fix.who), fix.title), "  ");
    for command in &fix.commands {
        self::command(out, &harmless(command));
    }
    if let Some(edit) = &fix.edit {
        if !fix.commands.is_empty() {
            let _ = writeln!(out, "  or edit the file:");
        }
        for line in harmless_lines(&edit.diff) {
            let _ = writeln!(out, "    {line}");
        }
    }
    for assumed in &fix.assumes {
        paragraph(out, &format!("assumes: {assumed}"), "    ");
    }
}

/// A command that stays whole when it is pasted: continued lines end in a backslash, and none is
/// broken inside quotes.
fn command(out: &mut String, text: &str) {
    let mut line = String::from("    ");
    for (n, word) in shell_words(text).into_iter().enumerate() {
        let fits = line.chars().count() + word.chars().count() + 3 <= WIDTH;
        if n > 0 && !fits && !line.trim().is_empty() {
            let _ = writeln!(out, "{line} \\");
            line = format!("      {word}");
        } else {
            if n > 0 {
                line.push(' ');
            }
            line.push_str(word);
        }
    }
    let _ = writeln!(out, "{line}");
}

/// The words of a command as written, quotes kept.
fn shell_words(text: &str) -> Vec<&str> {
    let mut words = Vec::new();
    let (mut start, mut quote) = (0, None);
    for (at, c) in text.char_indices() {
        match (quote, c) {
            (None, '\'' | '"') => quote = Some(c),
            (Some(open), c) if c == open => quote = None,
            (None, ' ') => {
                words.push(&text[start..at]);
                start = at + 1;
            }
            _ => {}
        }
    }
    words.push(&text[start..]);
    words
}

fn unknowns(out: &mut String, unknowns: &[Unknown]) {
    if unknowns.is_empty() {
        return;
    }
    let _ = writeln!(out, "\n{}", "What could not be seen".bold());
    for unknown in unknowns {
        let text = format!("{}: {}; ask the {}", unknown.what, unknown.why, asked(unknown.ask));
        paragraph(out, &text, "  ");
        if !unknown.how.is_empty() {
            command(out, &harmless(&unknown.how));
        }
    }
}

fn asked(who: Who) -> &'static str {
    match who {
        Who::You => "person at this keyboard",
        other => actor(other),
    }
}

/// The actor in words.
pub fn actor(who: Who) -> &'static str {
    match who {
        Who::ClusterAdmin => "cluster admin",
        Who::NetworkAdmin => "network admin",
        Who::ProviderAdmin => "provider admin",
        Who::You => "you",
    }
}

fn outcome_word(outcome: Outcome) -> &'static str {
    match outcome {
        Outcome::Allowed => "Allowed",
        Outcome::Forbidden => "Forbidden",
        Outcome::LoginFails => "Login fails",
        Outcome::NoRequest => "No request is sent",
        Outcome::ServerDown => "The API server cannot run",
        Outcome::Unauthorized => "Unauthorized",
        Outcome::Undetermined => "Cannot tell",
        Outcome::Unreachable => "Unreachable",
    }
}

fn painted(outcome: Outcome, word: &str) -> String {
    match outcome {
        Outcome::Allowed => word.green().bold().to_string(),
        Outcome::Undetermined => word.yellow().bold().to_string(),
        _ => word.red().bold().to_string(),
    }
}

fn row(out: &mut String, name: &str, text: &str) {
    let head = format!("  {name:<12} ");
    for line in wrap(&format!("{head}{}", harmless(text)), WIDTH, &" ".repeat(15)) {
        let _ = writeln!(out, "{line}");
    }
}

fn paragraph(out: &mut String, text: &str, indent: &str) {
    let text = harmless(text);
    for line in wrap(&format!("{indent}{text}"), WIDTH, indent) {
        let _ = writeln!(out, "{line}");
    }
}

fn wrap(text: &str, width: usize, indent: &str) -> Vec<String> {
    let options = textwrap::Options::new(width)
        .subsequent_indent(indent)
        .word_splitter(textwrap::WordSplitter::NoHyphenation);
    textwrap::wrap(text, options).into_iter().map(|line| line.into_owned()).collect()
}

/// Lines of at most 80 columns, each with this indent.
pub(super) fn wrapped(text: &str, indent: &str) -> Vec<String> {
    wrap(&format!("{indent}{text}"), WIDTH, indent)
}
