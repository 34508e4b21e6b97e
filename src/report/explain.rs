//! Pages about checks and facts.

use std::io::{self, Write};

use super::escape::harmless;
use super::text::{actor, wrapped};
use crate::checks::Check;
use crate::diagnosis::place;
use crate::evidence::Fact;
use crate::facts::{Facts, schema};

/// Everything that a check is.
///
/// # Errors
///
/// The writer's.
pub fn check(out: &mut dyn Write, check: &Check) -> io::Result<()> {
    writeln!(out, "{}", check.id)?;
    let mut row = |name: &str, text: &str| -> io::Result<()> {
        writeln!(out)?;
        writeln!(out, "{name}")?;
        wrapped(&harmless(text), "  ").iter().try_for_each(|line| writeln!(out, "{line}"))
    };
    row("When all is well", &check.holds)?;
    row("What it says", &check.says)?;
    row("Why it matters", &check.why)?;
    row("Step", check.step.name())?;
    row("Who repairs it", actor(check.who))?;
    row("When it fires", check.fires_when.source())?;
    for fix in &check.fixes {
        row(&format!("Repair by the {}", actor(fix.who)), &fix.title)?;
    }
    for source in &check.sources {
        row("Source", source)?;
    }
    row("Read from", &check.file)
}

/// Each check with its step, and below it what is true when all is well.
///
/// # Errors
///
/// The writer's.
pub fn list(out: &mut dyn Write, checks: &[Check]) -> io::Result<()> {
    for check in checks {
        writeln!(out, "{:<36} {}", check.id, check.step.name())?;
        wrapped(&check.holds, "    ").iter().try_for_each(|line| writeln!(out, "{line}"))?;
    }
    Ok(())
}

/// The facts that a check may read.
///
/// # Errors
///
/// The writer's.
pub fn vocabulary(out: &mut dyn Write) -> io::Result<()> {
    schema::SCHEMA.iter().try_for_each(|entry| {
        let kind = format!("{:?}", entry.kind).to_lowercase();
        writeln!(out, "{:<32} {kind:<6} {}", entry.path, entry.doc)
    })
}

/// The facts of a situation, each with its origin, and what is unknown.
///
/// # Errors
///
/// The writer's.
pub fn facts(out: &mut dyn Write, facts: &Facts) -> io::Result<()> {
    for (path, fact) in facts.iter() {
        let (value, origin) = match fact {
            Fact::Absent(origin) => ("(absent)".to_owned(), place(origin)),
            Fact::Known(leaf, origin) => (leaf.to_json().to_string(), place(origin)),
            Fact::Unknown(gap) => ("(unknown)".to_owned(), gap.why.clone()),
        };
        writeln!(out, "{path:<32} {}  # {}", harmless(&value), harmless(&origin))?;
    }
    for (branch, gap) in facts.gaps() {
        writeln!(out, "{branch:<32} (unknown)  # {}", harmless(&gap.why))?;
    }
    Ok(())
}
