//! The process around: clock, environment, standard input. Read here and nowhere else.

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::time::{SystemTime, UNIX_EPOCH};

use crate::evidence::moment::Moment;

/// What the process was given.
#[derive(Clone, Debug)]
pub struct Surroundings {
    /// This machine's clock.
    pub now: Moment,
    /// The home directory; empty when there is none.
    pub home: PathBuf,
    /// The environment.
    pub variables: BTreeMap<String, String>,
}

impl Surroundings {
    /// Those of this process.
    pub fn of_this_process() -> Self {
        let variables: BTreeMap<String, String> = std::env::vars_os()
            .filter_map(|(name, value)| Some((name.into_string().ok()?, value.into_string().ok()?)))
            .collect();
        let seconds = SystemTime::now().duration_since(UNIX_EPOCH).map_or(0, |d| d.as_secs());
        Self {
            now: Moment::from_unix(i64::try_from(seconds).unwrap_or(i64::MAX)),
            home: variables.get("HOME").map(PathBuf::from).unwrap_or_default(),
            variables,
        }
    }

    /// A variable that is set and not empty.
    pub fn variable(&self, name: &str) -> Option<&str> {
        self.variables.get(name).map(String::as_str).filter(|value| !value.is_empty())
    }
}
