//! Bundled cases: evidence of real failures, saved as a user's bundle would be.

use std::io::{self, Write};

use crate::error::RunError;
use crate::evidence::{Evidence, bundle};

include!(concat!(env!("OUT_DIR"), "/bundled_cases.rs"));

/// The case that is shown when none is named: the failure that this program was first built for.
const FIRST: &str = "okta-setup-output-omits-email-scope";

/// The evidence of a bundled case.
///
/// # Errors
///
/// When there is no case of this name.
pub fn evidence(name: Option<&str>) -> Result<Evidence, RunError> {
    let name = name.unwrap_or(FIRST);
    let found = CASES.iter().find(|(known, _)| *known == name);
    let Some((_, text)) = found else {
        let text = format!("there is no bundled case {name}; `oidc-doctor demo --list` names them");
        return Err(RunError::Usage(text));
    };
    Ok(bundle::read(name, text)?)
}

/// One line per case.
///
/// # Errors
///
/// The writer's.
pub fn list(out: &mut dyn Write) -> io::Result<()> {
    CASES.iter().try_for_each(|(name, _)| writeln!(out, "{name}"))
}
