//! Parse, run, print, pick the exit code; nothing else.

use std::io::Write;
use std::process::ExitCode;

use clap::Parser;
use oidc_doctor::cli::Cli;
use oidc_doctor::report::escape::harmless;
use oidc_doctor::run::{Ending, Surroundings, run};

fn main() -> ExitCode {
    // Whether colour is shown is for the stream to say; it strips what it must.
    colored::control::set_override(true);
    let mut stdout = anstream::stdout().lock();
    let around = Surroundings::of_this_process();
    let mut stderr = anstream::stderr();
    let ending = match run(Cli::parse().command, &around, &mut stdout, &mut stderr) {
        Ok(ending) => ending,
        Err(error) => {
            let _ = writeln!(stderr, "oidc-doctor: {}", harmless(&error.to_string()));
            return ExitCode::from(error.code());
        }
    };
    match stdout.flush() {
        // A reader that went away has read what it wanted.
        Err(error) if error.kind() != std::io::ErrorKind::BrokenPipe => ExitCode::from(1),
        _ => ExitCode::from(exit_code(ending)),
    }
}

/// Results never share a number with failures: 1 and 2 are for the latter.
fn exit_code(ending: Ending) -> u8 {
    match ending {
        Ending::Healthy => 0,
        Ending::Blocked => 10,
        Ending::LesserFindings => 11,
        Ending::CannotTell => 12,
    }
}
