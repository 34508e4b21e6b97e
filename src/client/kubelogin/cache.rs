//! Where the token cache is and what an entry says.

use super::arguments::Arguments;
use crate::client::environment::Environment;
use crate::client::kubeconfig::join;
use secrecy::SecretString;
use serde_json::Value;
use std::path::{Path, PathBuf};

/// What decided on a cache directory.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum DirectoryBy {
    /// `--token-cache-dir`.
    Flag,
    /// The default below the home directory.
    Home,
    /// The variable `KUBECACHEDIR`.
    Variable,
}

/// A directory of cached tokens.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CacheDirectory {
    /// The directory; a relative one belongs to kubectl's working directory.
    pub path: PathBuf,
    /// What decided on it.
    pub by: DirectoryBy,
    /// The releases that use it.
    pub releases: &'static str,
}

/// A cached login.
#[derive(Clone, Debug)]
pub struct CacheEntry {
    /// The token that is handed to kubectl: an ID token, or the access token with
    /// `--oidc-use-access-token`.
    pub id_token: Option<SecretString>,
    /// The refresh token.
    pub refresh_token: Option<SecretString>,
}

/// Why a cache file is of no use. The plugin then logs in anew without a word.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum CacheError {
    /// It is not a JSON object with texts.
    #[error("not a token cache entry: line {line} column {column}")]
    NotAnEntry {
        /// Line, from 1.
        line: usize,
        /// Column, from 1; 0 when the object has ended.
        column: usize,
    },
}

/// The directories in which the plugin may keep tokens, the one of current releases first.
pub fn cache_directories(
    arguments: &Arguments,
    environment: &Environment<'_>,
) -> Vec<CacheDirectory> {
    let home = environment.home().unwrap_or_default();
    if let Some(directory) = arguments.token_cache_dir.as_deref().filter(|path| !path.is_empty()) {
        let (path, by) = (expand(directory, &home), DirectoryBy::Flag);
        return vec![CacheDirectory { path, by, releases: "1.14.2 and later" }];
    }
    let default = |releases| CacheDirectory {
        path: join(&home, ".kube/cache/oidc-login"),
        by: DirectoryBy::Home,
        releases,
    };
    match environment.get("KUBECACHEDIR") {
        None => vec![default("1.14.2 and later")],
        Some(directory) => vec![
            CacheDirectory {
                path: join(Path::new(&directory), "oidc-login"),
                by: DirectoryBy::Variable,
                releases: "1.28.1 and later",
            },
            default("1.14.2 to 1.28.0"),
        ],
    }
}

/// A leading `~` becomes the home directory, whatever follows it. Source: kubelogin
/// `pkg/cmd/homedir.go`, from 1.23.2.
pub fn expand(path: &str, home: &Path) -> PathBuf {
    match path.strip_prefix('~') {
        Some(rest) => join(home, rest),
        None => PathBuf::from(path),
    }
}

/// Reads a cache file. An empty file is a lock's leftover and no entry.
///
/// # Errors
/// The text is not an entry; no error quotes it.
pub fn read_cache(text: &str) -> Result<Option<CacheEntry>, CacheError> {
    if text.is_empty() {
        return Ok(None);
    }
    // Go's decoder stops after the first value.
    let first = serde_json::Deserializer::from_str(text).into_iter::<Value>().next();
    let members = match first {
        Some(Ok(Value::Object(members))) => members,
        Some(Ok(Value::Null)) => serde_json::Map::new(),
        Some(Err(error)) => {
            return Err(CacheError::NotAnEntry { line: error.line(), column: error.column() });
        }
        _ => return Err(CacheError::NotAnEntry { line: 1, column: 1 }),
    };
    let (id_token, refresh_token) =
        (token(&members, "id_token")?, token(&members, "refresh_token")?);
    Ok(Some(CacheEntry { id_token, refresh_token }))
}

/// Go takes a member's name in any case, and the last one counts.
fn token(
    members: &serde_json::Map<String, Value>,
    name: &str,
) -> Result<Option<SecretString>, CacheError> {
    let found = members.iter().rev().find(|(key, _)| key.eq_ignore_ascii_case(name));
    match found.map(|(_, value)| value) {
        None | Some(Value::Null) => Ok(None),
        Some(Value::String(text)) if text.is_empty() => Ok(None),
        Some(Value::String(text)) => Ok(Some(SecretString::from(text.as_str()))),
        Some(_) => Err(CacheError::NotAnEntry { line: 1, column: 1 }),
    }
}
