//! Everything that was gathered for one diagnosis. What is saved of it holds no secret.

use std::collections::BTreeMap;

use secrecy::{ExposeSecret, SecretString};
use serde::{Deserialize, Serialize};

use super::Gap;
use super::certificate::{Certificate, ChainVerdict};
use super::documents::Document;
use super::exchange::Exchange;
use super::moment::Moment;

/// The whole of it.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Evidence {
    /// What was asked, when, and in which surroundings.
    pub situation: Situation,
    /// The kubeconfig files, in kubectl's order.
    pub kubeconfig: Vec<KubeconfigFile>,
    /// Programs that were looked for on PATH.
    pub programs: Vec<Program>,
    /// The plugin's token cache.
    pub cache: Option<Cache>,
    /// The token to judge.
    pub token: Option<Token>,
    /// Why there is none.
    pub token_gap: Option<Gap>,
    /// The client certificate of the user entry, and faults in reading it.
    pub client_certificate: Option<Certificate>,
    /// Issuers that were asked, in order of interest.
    pub issuers: Vec<IssuerSight>,
    /// The API servers' settings that were given.
    pub control_planes: Vec<ControlPlane>,
    /// RBAC objects from files.
    pub rbac: Option<Vec<Document>>,
    /// What the live API server answered.
    pub live: Option<LiveSight>,
    /// Lines of the API server's log.
    pub log: Option<Vec<Document>>,
    /// Inputs that were given and could not be read.
    pub gaps: BTreeMap<String, Gap>,
}

/// What was asked, when, and in which surroundings.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Situation {
    /// The moment to judge.
    pub now: Moment,
    /// Whose clock that is: `--now`, `this machine`, `API server`.
    pub clock: String,
    /// When the evidence was gathered, by this machine's clock.
    pub gathered_at: Moment,
    /// The home directory.
    pub home: String,
    /// Environment variables that matter, without passwords.
    pub variables: BTreeMap<String, String>,
    /// kubectl's overrides.
    pub overrides: Overrides,
    /// `--for`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub request: Option<String>,
    /// The command that failed, secrets left out.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub command: Vec<String>,
    /// `--apiserver-version`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub apiserver_version: Option<String>,
    /// What the network may be used for.
    pub network: NetworkUse,
}

/// Whether the network was used.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum NetworkUse {
    /// It was.
    Asked,
    /// `--offline`.
    Offline,
}

/// kubectl's own overrides, as given to this program.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
#[serde(default)]
pub struct Overrides {
    /// `--kubeconfig`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub kubeconfig: Option<String>,
    /// `--context`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub context: Option<String>,
    /// `--cluster`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub cluster: Option<String>,
    /// `--user`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub user: Option<String>,
    /// `--namespace`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub namespace: Option<String>,
    /// `--server`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub server: Option<String>,
}

/// A kubeconfig file and what came of reading it.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum KubeconfigFile {
    /// It does not exist.
    Missing(String),
    /// It was read.
    Read(Document),
    /// It exists and cannot be read: path and reason.
    Unreadable(String, String),
}

/// A program that was looked for on PATH.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Program {
    /// Its file name.
    pub name: String,
    /// Where it is; nothing if it is not there.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub path: Option<String>,
    /// What it says to `--version`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub version: Option<String>,
}

/// The plugin's token cache.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
pub struct Cache {
    /// Its directory, as shown.
    pub directory: String,
    /// Why it cannot be used.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub fault: Option<String>,
    /// Its files.
    pub files: Vec<CacheFile>,
}

/// A file of the cache; its token is kept apart, in [`Evidence::token`].
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct CacheFile {
    /// Its path, as shown.
    pub path: String,
    /// How it relates to the arguments of the exec entry.
    pub key: CacheKey,
    /// When it was written.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub modified: Option<Moment>,
    /// Whether a refresh token lies in it.
    pub refresh_token: Presence,
    /// Its token's issuer and audiences, where it has a JWT.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub issuer: Option<String>,
    /// The end of its token's life.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub expires: Option<Moment>,
    /// What is wrong with it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub fault: Option<String>,
}

/// Whether a secret is there.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Presence {
    /// It is not.
    Absent,
    /// It is.
    Present,
}

/// How a cache file relates to the arguments of the exec entry.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum CacheKey {
    /// Its name follows from other arguments, and its token is of the same issuer and client.
    Other,
    /// Its name follows from these arguments.
    This,
}

/// The token to judge.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Token {
    /// Where it comes from: kubeconfig, token-file, plugin-cache, auth-provider, given.
    pub source: String,
    /// The file, as shown.
    pub path: String,
    /// Line and column in that file, where it has them.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub place: Option<(u32, u32)>,
    /// The token.
    pub text: TokenText,
    /// Whether a refresh token lies beside it.
    pub refresh_token: Presence,
}

/// A token, whole in memory, without its signature in what is saved.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum TokenText {
    /// A JWT whose signature was judged before it was dropped.
    Answered {
        /// The header part, base64url.
        header: String,
        /// The payload part, base64url.
        payload: String,
        /// For each key set by issuer: the indices of the keys that verify it.
        verified_by: BTreeMap<String, Vec<usize>>,
        /// Its length in bytes.
        size: usize,
    },
    /// Not a JWT; only what kind it looks like and its length are kept.
    Other {
        /// aws, google, opaque.
        form: String,
        /// Its length in bytes.
        size: usize,
    },
    /// The token itself.
    #[serde(skip)]
    Whole(SecretString),
}

impl TokenText {
    /// Its length in bytes.
    pub fn size(&self) -> usize {
        match self {
            TokenText::Answered { size, .. } | TokenText::Other { size, .. } => *size,
            TokenText::Whole(text) => text.expose_secret().len(),
        }
    }
}

/// What an issuer answered.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct IssuerSight {
    /// The issuer.
    pub url: String,
    /// Who named it: server, plugin, token.
    pub named_by: Vec<String>,
    /// The answer to discovery.
    pub discovery: Exchange,
    /// The answer of `jwks_uri`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub keys: Option<Exchange>,
    /// What the roots of this machine say of its chain.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub system: Option<ChainVerdict>,
    /// What `--issuer-ca` says of its chain.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub issuer_ca: Option<ChainVerdict>,
}

/// The files of one API server.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct ControlPlane {
    /// Its name.
    pub name: String,
    /// Its files.
    pub documents: Vec<Document>,
}

/// What the live API server answered.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct LiveSight {
    /// `/version`.
    pub version: Exchange,
    /// SelfSubjectReview.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub review: Option<Exchange>,
    /// SelfSubjectAccessReview.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub access: Option<Exchange>,
    /// RBAC lists, page by page.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub rbac: Vec<Exchange>,
}
