//! The payload's claims: the typed ones that go-oidc checks, and all of them by name.

use std::collections::{BTreeMap, HashMap};

use crate::go::json::{self, Raw, TypeMismatch};
use crate::go::time::Moment;

/// The members that go-oidc reads into types. Source: coreos/go-oidc v2.5.0, oidc.go, `idToken`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct TypedClaims {
    /// `iss`; empty when absent.
    pub(crate) issuer: String,
    /// `aud`; a single text is a list of one.
    pub(crate) audiences: Vec<String>,
    /// `exp`; the first second of year 1 when absent.
    pub(crate) expiry: Moment,
    /// `nbf`, if present.
    pub(crate) not_before: Option<Moment>,
    names: BTreeMap<String, String>,
    sources: BTreeMap<String, Source>,
}

#[derive(Clone, Debug, Default, PartialEq, Eq)]
struct Source {
    endpoint: String,
}

const STRUCT: &str = "idToken";

impl TypedClaims {
    /// Reads the payload.
    ///
    /// The error is Go's, or go-oidc's. Source: coreos/go-oidc v2.5.0, verify.go, `Verify`.
    pub(crate) fn read(payload: &[u8]) -> Result<TypedClaims, String> {
        let refuse = |error: String| format!("oidc: failed to unmarshal claims: {error}");
        let claims = TypedClaims::decode(payload).map_err(refuse)?;
        for source in claims.names.values() {
            if source.is_empty() {
                return Err("oidc: failed to obtain source from claim name".to_owned());
            }
            if !claims.sources.contains_key(source) {
                return Err("oidc: source does not exist".to_owned());
            }
        }
        Ok(claims)
    }

    fn decode(payload: &[u8]) -> Result<TypedClaims, String> {
        let raw = Raw::parse(payload).map_err(|error| error.to_string())?;
        let members = json::object(raw, "oidc.idToken").map_err(|error| error.to_string())?;
        let mut claims = TypedClaims {
            issuer: String::new(),
            audiences: Vec::new(),
            expiry: Moment::ZERO,
            not_before: None,
            names: BTreeMap::new(),
            sources: BTreeMap::new(),
        };
        let mut mismatch = None;
        for (key, value) in members.into_iter().flatten() {
            if let Some(found) = claims.take(&key, value)? {
                mismatch = mismatch.or(Some(found));
            }
        }
        mismatch.map_or(Ok(claims), |found: TypeMismatch| Err(found.to_string()))
    }

    /// Takes one member. An error ends the reading at once; a mismatch waits for the end, as in Go.
    fn take(&mut self, key: &str, value: Raw<'_>) -> Result<Option<TypeMismatch>, String> {
        const NAMES: [&str; 10] = [
            "iss",
            "sub",
            "aud",
            "exp",
            "iat",
            "nbf",
            "nonce",
            "at_hash",
            "_claim_names",
            "_claim_sources",
        ];
        let Some(name) = NAMES.into_iter().find(|name| json::fold_equal(key, name)) else {
            return Ok(None);
        };
        match name {
            "aud" => self.audiences = audiences(value).map_err(|e| at(e, name))?,
            "exp" => self.expiry = moment(value, name)?,
            "iat" => {
                moment(value, name)?;
            }
            "nbf" if value.is_null() => self.not_before = None,
            "nbf" => self.not_before = Some(moment(value, name)?),
            "_claim_names" => return Ok(self.take_names(value).err()),
            "_claim_sources" => return Ok(self.take_sources(value)),
            _ => match json::string(value) {
                Ok(Some(text)) if name == "iss" => self.issuer = text,
                Ok(_) => {}
                Err(error) => return Ok(Some(error.within(STRUCT, name))),
            },
        }
        Ok(None)
    }

    fn take_names(&mut self, value: Raw<'_>) -> Result<(), TypeMismatch> {
        let within = |error: TypeMismatch| error.within(STRUCT, "_claim_names");
        let Some(members) = json::object(value, "map[string]string").map_err(within)? else {
            self.names.clear();
            return Ok(());
        };
        for (name, source) in members {
            let source = json::string(source).map_err(within)?.unwrap_or_default();
            self.names.insert(name, source);
        }
        Ok(())
    }

    fn take_sources(&mut self, value: Raw<'_>) -> Option<TypeMismatch> {
        let path = "_claim_sources";
        match json::object(value, "map[string]oidc.claimSource") {
            Err(error) => Some(error.within(STRUCT, path)),
            Ok(None) => {
                self.sources.clear();
                None
            }
            Ok(Some(members)) => {
                let mut mismatch = None;
                for (name, value) in members {
                    let (source, found) = source(value);
                    self.sources.insert(name, source);
                    mismatch = mismatch.or(found);
                }
                mismatch
            }
        }
    }
}

fn source(value: Raw<'_>) -> (Source, Option<TypeMismatch>) {
    let mut source = Source::default();
    let members = match json::object(value, "oidc.claimSource") {
        Ok(members) => members.into_iter().flatten(),
        Err(error) => return (source, Some(error.within(STRUCT, "_claim_sources"))),
    };
    let mut mismatch = None;
    for (key, value) in members {
        let fields = ["endpoint", "access_token"];
        let Some(field) = fields.into_iter().find(|field| json::fold_equal(&key, field)) else {
            continue;
        };
        match json::string(value) {
            Ok(Some(text)) if field == "endpoint" => source.endpoint = text,
            Ok(_) => {}
            Err(error) => {
                let path = format!("_claim_sources.{field}");
                mismatch = mismatch.or(Some(error.within("claimSource", &path)));
            }
        }
    }
    (source, mismatch)
}

fn at(mismatch: TypeMismatch, name: &str) -> String {
    mismatch.within(STRUCT, name).to_string()
}

/// Source: coreos/go-oidc v2.5.0, oidc.go, `audience.UnmarshalJSON`.
fn audiences(value: Raw<'_>) -> Result<Vec<String>, TypeMismatch> {
    if let Ok(text) = json::string(value) {
        return Ok(vec![text.unwrap_or_default()]);
    }
    Ok(json::strings(value)?.unwrap_or_default())
}

/// Source: coreos/go-oidc v2.5.0, oidc.go, `jsonTime.UnmarshalJSON`.
fn moment(value: Raw<'_>, name: &str) -> Result<Moment, String> {
    let text = json::number(value)?.map_err(|error| at(error, name))?;
    let seconds = match json::number_int(&text) {
        Some(seconds) => seconds,
        None => truncate(json::number_float(&text)?),
    };
    Ok(Moment { seconds, nanos: 0 })
}

/// A float as an integer; out of range it is the smallest integer, as on amd64.
#[expect(clippy::cast_possible_truncation, reason = "the range is checked")]
fn truncate(value: f64) -> i64 {
    const LIMIT: f64 = 9_223_372_036_854_775_808.0;
    if (-LIMIT..LIMIT).contains(&value) { value as i64 } else { i64::MIN }
}

/// All claims by name, upper and lower case told apart; of duplicates the last one counts.
#[derive(Clone, Debug)]
pub(crate) struct Claims<'a> {
    members: HashMap<String, Raw<'a>>,
}

impl<'a> Claims<'a> {
    /// Looks into a payload that [`TypedClaims::read`] accepted.
    pub(crate) fn read(payload: &'a [u8]) -> Claims<'a> {
        let members = Raw::parse(payload).map(|raw| raw.members().collect()).unwrap_or_default();
        Claims { members }
    }

    /// The claim of this name.
    pub(crate) fn get(&self, name: &str) -> Option<Raw<'a>> {
        self.members.get(name).copied()
    }

    /// The claim as it stands in the token.
    pub(crate) fn written(&self, name: &str) -> Option<String> {
        self.get(name).map(|raw| String::from_utf8_lossy(raw.bytes()).into_owned())
    }

    /// All names and values, in no order.
    pub(crate) fn iter(&self) -> impl Iterator<Item = (&str, Raw<'a>)> {
        self.members.iter().map(|(name, value)| (name.as_str(), *value))
    }
}
