//! The meeting place: collect, read facts, replay, judge, report.

use std::io::{self, Write};
use std::path::Path;

use crate::checks::{self, Check, Outcome, Severity, load};
use crate::cli::{self, ChecksCommand, Command, Format};
use crate::collect;
use crate::demo;
use crate::error::RunError;
use crate::evidence::{Evidence, bundle};
use crate::examination;
use crate::questions::{self, Detail, Question};
use crate::report::escape::harmless_json;
use crate::report::{Report, explain, text};

pub use crate::collect::Surroundings;

/// How a run ends, for scripts.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Ending {
    /// At least one finding blocks the request.
    Blocked,
    /// What was seen does not decide.
    CannotTell,
    /// The request should work, and nothing is to be reported.
    Healthy,
    /// Only lesser findings.
    LesserFindings,
}

/// Runs a command and writes its result.
///
/// # Errors
///
/// Bad usage, unreadable input, a refused check file, or a failure of the program itself.
pub fn run(
    command: Command,
    surroundings: &Surroundings,
    out: &mut dyn Write,
    complaints: &mut dyn Write,
) -> Result<Ending, RunError> {
    match command {
        Command::Check(args) => check(&args, surroundings, out, complaints),
        Command::Facts(args) => {
            let evidence = gather(&args, surroundings)?;
            let seen = examination::examine(&evidence, &[]);
            explain::facts(out, &seen.facts)?;
            Ok(Ending::Healthy)
        }
        Command::Replay(args) => replay(&args, surroundings, out),
        Command::Demo(args) => run_demo(&args, out),
        Command::Explain(args) => {
            let all = checks(&args.checks)?;
            let check = all.iter().find(|check| check.id.as_str() == args.id);
            explain::check(out, check.ok_or_else(|| unknown(&args.id, &all))?)?;
            Ok(Ending::Healthy)
        }
        Command::Checks(args) => on_checks(&args.command, out),
    }
}

fn check(
    args: &cli::Check,
    surroundings: &Surroundings,
    out: &mut dyn Write,
    complaints: &mut dyn Write,
) -> Result<Ending, RunError> {
    let chosen = choose(checks(&args.checks)?, args)?;
    let evidence = gather(args, surroundings)?;
    if let Some(path) = &args.save_bundle {
        let text = bundle::write(&evidence).map_err(io::Error::from)?;
        collect::keep(path, &text).map_err(|why| RunError::unwritable(path, &why))?;
    }
    let examination = examination::examine(&evidence, &chosen);
    for defect in &examination.defects {
        writeln!(complaints, "oidc-doctor: {defect}")?;
    }
    let report = examination.report;
    render(out, &report, args.output)?;
    Ok(if args.exit_zero { Ending::Healthy } else { ending(&report) })
}

fn gather(args: &cli::Check, surroundings: &Surroundings) -> Result<Evidence, RunError> {
    match &args.bundle {
        Some(path) => {
            let text = collect::text(path, bundle::SIZE_LIMIT)
                .map_err(|why| RunError::unreadable(path, &why))?;
            Ok(bundle::read(&path.display().to_string(), &text)?)
        }
        None => Ok(collect::gather(&args.wishes()?, surroundings)?),
    }
}

/// A decision is an answer whatever it is; whoever asks reads `outcome`.
fn replay(
    args: &cli::Replay,
    surroundings: &Surroundings,
    out: &mut dyn Write,
) -> Result<Ending, RunError> {
    let detail = if args.no_steps { Detail::Brief } else { Detail::Steps };
    if args.lines {
        let mut input = io::BufReader::new(io::stdin().lock());
        questions::lines(&mut input, out, surroundings.now, detail)?;
        return Ok(Ending::Healthy);
    }
    let read = |path: &Path| collect::input(path).map_err(|why| RunError::unreadable(path, &why));
    let question = Question {
        id: None,
        token: args
            .token_file
            .as_deref()
            .map(read)
            .transpose()?
            .unwrap_or_default()
            .trim()
            .to_owned(),
        flags: args.flags(),
        file: args.authentication_config.as_deref().map(read).transpose()?,
        path: args
            .authentication_config
            .as_ref()
            .map(|p| p.display().to_string())
            .unwrap_or_default(),
        keys: args.jwks.as_deref().map(read).transpose()?,
        now: args.now.as_deref().map(questions::moment).transpose().map_err(RunError::Usage)?,
        release: args
            .apiserver_version
            .as_deref()
            .map(questions::release)
            .transpose()
            .map_err(RunError::Usage)?,
    };
    let answer = question.answer(surroundings.now, detail);
    let text = serde_json::to_string_pretty(&answer).map_err(io::Error::from)?;
    writeln!(out, "{}", harmless_json(&text))?;
    Ok(Ending::Healthy)
}

fn run_demo(args: &cli::Demo, out: &mut dyn Write) -> Result<Ending, RunError> {
    if args.list {
        demo::list(out)?;
        return Ok(Ending::Healthy);
    }
    let evidence = demo::evidence(args.case.as_deref())?;
    let report = examination::examine(&evidence, &load::built_in()?).report;
    render(out, &report, args.output)?;
    Ok(if args.exit_zero { Ending::Healthy } else { ending(&report) })
}

fn render(out: &mut dyn Write, report: &Report, format: Format) -> Result<(), RunError> {
    match format {
        Format::Json => {
            let text = serde_json::to_string_pretty(report).map_err(io::Error::from)?;
            writeln!(out, "{}", harmless_json(&text))?;
        }
        Format::Text => write!(out, "{}", text::render(report))?,
    }
    Ok(())
}

fn on_checks(command: &ChecksCommand, out: &mut dyn Write) -> Result<Ending, RunError> {
    match command {
        ChecksCommand::Facts => explain::vocabulary(out)?,
        ChecksCommand::Lint { dir } => {
            let own = load::folder(dir)?;
            writeln!(out, "{} checks in {}, nothing to say", own.len(), dir.display())?;
        }
        ChecksCommand::List => explain::list(out, &load::built_in()?)?,
    }
    Ok(Ending::Healthy)
}

fn checks(folders: &[impl AsRef<Path>]) -> Result<Vec<Check>, RunError> {
    let mut all = load::built_in()?;
    for dir in folders {
        all.extend(load::folder(dir.as_ref())?);
    }
    Ok(all)
}

fn choose(all: Vec<Check>, args: &cli::Check) -> Result<Vec<Check>, RunError> {
    if let Some(id) = args.only.iter().chain(&args.skip).find(|id| !known(&all, id)) {
        return Err(unknown(id, &all));
    }
    let wanted = |check: &Check| {
        let named = |ids: &[String]| ids.iter().any(|id| id == check.id.as_str());
        (args.only.is_empty() || named(&args.only)) && !named(&args.skip)
    };
    Ok(all.into_iter().filter(wanted).collect())
}

fn known(all: &[Check], id: &str) -> bool {
    all.iter().any(|check| check.id.as_str() == id)
}

fn unknown(id: &str, all: &[Check]) -> RunError {
    let nearest = checks::nearest(id, all).map(str::to_owned);
    RunError::UnknownCheck { id: id.to_owned(), nearest }
}

fn ending(report: &Report) -> Ending {
    let blocks = report.findings.iter().any(|f| f.severity == Severity::Blocks);
    match report.verdict.outcome {
        Outcome::Undetermined if !blocks => Ending::CannotTell,
        Outcome::Allowed if report.findings.is_empty() => Ending::Healthy,
        Outcome::Allowed if !blocks => Ending::LesserFindings,
        _ => Ending::Blocked,
    }
}
