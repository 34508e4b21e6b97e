//! Parse, run, print, pick the exit code; nothing else.

use std::io::{self, ErrorKind, Write};
use std::process::ExitCode;

use clap::Parser;
use oidc_doctor::cli::Cli;
use oidc_doctor::report::escape;
use oidc_doctor::run::{Ending, Surroundings, run};

fn main() -> ExitCode {
    // Whether colour is shown is for the stream to say; it strips what it must.
    colored::control::set_override(true);
    let (mut stdout, mut stderr) = (Patient(anstream::stdout().lock()), anstream::stderr());
    let around = Surroundings::of_this_process();
    let ending = run(Cli::parse().command, &around, &mut stdout, &mut stderr)
        .and_then(|ending| Ok(stdout.flush().map(|()| ending)?));
    match ending {
        Ok(ending) => ExitCode::from(exit_code(ending)),
        Err(error) => {
            // Strangers' files are quoted in errors.
            for line in escape::harmless_lines(&format!("oidc-doctor: {error}")) {
                let _ = writeln!(stderr, "{line}");
            }
            ExitCode::from(error.code())
        }
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

/// A writer to whom a reader that went away has read what it wanted.
struct Patient<W>(W);

impl<W: Write> Write for Patient<W> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        match self.0.write(bytes) {
            Err(error) if error.kind() == ErrorKind::BrokenPipe => Ok(bytes.len()),
            written => written,
        }
    }

    fn flush(&mut self) -> io::Result<()> {
        match self.0.flush() {
            Err(error) if error.kind() == ErrorKind::BrokenPipe => Ok(()),
            flushed => flushed,
        }
    }
}
