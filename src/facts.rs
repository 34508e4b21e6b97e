//! Facts: the only thing that replay, checks and reports may see of the world.
//!
//! A fact has a path (`token.iss`), a kind, and is known with its origin, absent with the source that
//! does not have it, or unknown with the reason. The paths are listed in [`schema`]; a check that
//! reads another path is refused when it is loaded.

mod access;
mod client;
pub mod compare;
mod decision;
mod issuer;
mod live;
mod log;
pub mod schema;
mod server;
pub mod settings;
mod situation;
mod texts;
mod token;

use std::collections::BTreeMap;

use crate::evidence::moment::Moment;
use crate::evidence::{Fact, Gap, Origin, blank};
pub use schema::{Kind, Path};
pub use situation::{Situation, situations};
pub use texts::texts;

/// The value of a fact.
#[derive(Clone, Debug, PartialEq)]
pub enum Leaf {
    /// A number of things.
    Count(i64),
    /// Yes or no.
    Flag(bool),
    /// A JSON value whose shape the schema leaves open, such as the claims of a token.
    Open(serde_json::Value),
    /// Text, byte-exact.
    Text(String),
    /// A list of texts, in order.
    Texts(Vec<String>),
    /// A moment.
    Time(Moment),
}

impl Leaf {
    /// The kind that the schema must give to a path with this value.
    pub fn kind(&self) -> Kind {
        match self {
            Leaf::Count(_) => Kind::Count,
            Leaf::Flag(_) => Kind::Flag,
            Leaf::Open(_) => Kind::Open,
            Leaf::Text(_) => Kind::Text,
            Leaf::Texts(_) => Kind::Texts,
            Leaf::Time(_) => Kind::Time,
        }
    }

    /// The value as reports carry it.
    pub fn to_json(&self) -> serde_json::Value {
        match self {
            Leaf::Count(n) => (*n).into(),
            Leaf::Flag(b) => (*b).into(),
            Leaf::Open(value) => value.clone(),
            Leaf::Text(text) => text.clone().into(),
            Leaf::Texts(texts) => texts.clone().into(),
            Leaf::Time(moment) => moment.to_string().into(),
        }
    }
}

impl From<&str> for Leaf {
    fn from(text: &str) -> Self {
        Leaf::Text(text.to_owned())
    }
}

impl From<String> for Leaf {
    fn from(text: String) -> Self {
        Leaf::Text(text)
    }
}

impl From<bool> for Leaf {
    fn from(flag: bool) -> Self {
        Leaf::Flag(flag)
    }
}

impl From<Vec<String>> for Leaf {
    fn from(texts: Vec<String>) -> Self {
        Leaf::Texts(texts)
    }
}

impl From<i64> for Leaf {
    fn from(n: i64) -> Self {
        Leaf::Count(n)
    }
}

impl From<Moment> for Leaf {
    fn from(moment: Moment) -> Self {
        Leaf::Time(moment)
    }
}

/// Every fact of one situation, by path.
///
/// A path of the schema that nobody has set counts as absent: the source that could hold it was read
/// or does not exist here. Collectors' failures are set as unknown explicitly, also for a whole
/// branch (`server`), which makes every path below it unknown.
#[derive(Clone, Debug, Default)]
pub struct Facts {
    leaves: BTreeMap<Path, Fact<Leaf>>,
    gaps: BTreeMap<String, Gap>,
}

impl Facts {
    /// Notes a value and where it was read.
    pub fn know(&mut self, path: &'static str, value: impl Into<Leaf>, origin: Origin) {
        let value = guarded(path, value.into());
        self.leaves.insert(schema::path(path), Fact::Known(value, origin));
    }

    /// Notes that the source was read and does not have it.
    pub fn lack(&mut self, path: &'static str, origin: Origin) {
        self.leaves.insert(schema::path(path), Fact::Absent(origin));
    }

    /// Notes that a path, or every path of a branch, could not be seen.
    pub fn miss(&mut self, branch: &str, gap: Gap) {
        self.gaps.insert(branch.to_owned(), gap);
    }

    /// Known, absent, or unknown. A path below an open fact (`token.claims.email`) is looked up in it.
    pub fn get(&self, path: &str) -> Fact<Leaf> {
        if let Some(fact) = self.leaves.get(path) {
            return fact.clone();
        }
        if let Some((leaf, rest)) = self.open_parent(path) {
            return inside(leaf, rest);
        }
        match self.gap(path) {
            Some(gap) => Fact::Unknown(gap.clone()),
            None => Fact::Absent(Origin::default()),
        }
    }

    /// The value, if it is known.
    pub fn known(&self, path: &str) -> Option<Leaf> {
        match self.get(path) {
            Fact::Known(leaf, _) => Some(leaf),
            _ => None,
        }
    }

    /// The text of a known text fact.
    pub fn text(&self, path: &str) -> Option<String> {
        match self.known(path)? {
            Leaf::Text(text) => Some(text),
            _ => None,
        }
    }

    /// The texts of a known list fact.
    pub fn texts(&self, path: &str) -> Option<Vec<String>> {
        match self.known(path)? {
            Leaf::Texts(texts) => Some(texts),
            _ => None,
        }
    }

    /// Whether a flag fact is known and set.
    pub fn holds(&self, path: &str) -> bool {
        self.known(path) == Some(Leaf::Flag(true))
    }

    /// Why a path cannot be seen, if that is so.
    pub fn gap(&self, path: &str) -> Option<&Gap> {
        let mut branch = path;
        loop {
            if let Some(gap) = self.gaps.get(branch) {
                return Some(gap);
            }
            branch = branch.rsplit_once('.')?.0;
        }
    }

    /// Every gap, by branch.
    pub fn gaps(&self) -> impl Iterator<Item = (&str, &Gap)> {
        self.gaps.iter().map(|(branch, gap)| (branch.as_str(), gap))
    }

    /// Every path that is set, in order of name.
    pub fn iter(&self) -> impl Iterator<Item = (&Path, &Fact<Leaf>)> {
        self.leaves.iter()
    }

    fn open_parent<'a>(&self, path: &'a str) -> Option<(&Fact<Leaf>, &'a str)> {
        let mut end = path.len();
        while let Some(dot) = path[..end].rfind('.') {
            if let Some(fact) = self.leaves.get(&path[..dot]) {
                return Some((fact, &path[dot + 1..]));
            }
            end = dot;
        }
        None
    }
}

/// What was read from entries, logs and servers may hold a secret where nobody expects one. Claims and
/// the server's settings are compared byte for byte and stay as they are.
fn guarded(path: &str, leaf: Leaf) -> Leaf {
    const WATCHED: &[&str] = &["client.", "issuer.", "live.", "log.", "discovery.", "plugin."];
    let compared = ["client.user", "issuer.name", "issuer.url", "plugin.issuer", "plugin.client"];
    if compared.contains(&path) || !WATCHED.iter().any(|branch| path.starts_with(branch)) {
        return leaf;
    }
    match leaf {
        Leaf::Text(text) => Leaf::Text(blank::blanked(&text).into_owned()),
        Leaf::Texts(texts) => {
            Leaf::Texts(texts.iter().map(|text| blank::blanked(text).into_owned()).collect())
        }
        other => other,
    }
}

/// A member of an open fact; a name with dots (`kubernetes.io`) is tried whole first.
fn inside(parent: &Fact<Leaf>, rest: &str) -> Fact<Leaf> {
    let (value, origin) = match parent {
        Fact::Known(Leaf::Open(value), origin) => (value, origin),
        Fact::Known(_, origin) | Fact::Absent(origin) => return Fact::Absent(origin.clone()),
        Fact::Unknown(gap) => return Fact::Unknown(gap.clone()),
    };
    let origin = Origin { part: rest.to_owned(), ..origin.clone() };
    let found =
        value.get(rest).or_else(|| rest.split('.').try_fold(value, |value, name| value.get(name)));
    match found {
        Some(member) => Fact::Known(Leaf::Open(member.clone()), origin),
        None => Fact::Absent(origin),
    }
}
