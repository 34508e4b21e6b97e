//! What kubectl would send, and what it hides.
//!
//! Source: client-go `tools/clientcmd/client_config.go`, `validation.go`, `rest/transport.go`,
//! `transport/round_trippers.go`, `plugin/pkg/client/auth/exec/exec.go`; every row of the tables was run
//! with kubectl 1.33.1.

mod conflict;
mod entry;

pub use conflict::Conflict;
use entry::Effective;

use super::kubeconfig::{AuthProvider, Cluster, Exec, Overrides, User};
use super::place::Placed;
use secrecy::{ExposeSecret as _, SecretString};
use std::path::{Path, PathBuf};

/// What a file holds that an entry names.
#[derive(Clone, Debug)]
pub enum FileContent {
    /// There is no such file.
    Missing,
    /// It was not read; assume that it could be.
    NotRead,
    /// Its text.
    Text(SecretString),
    /// The system's reason why it cannot be read.
    Unreadable(String),
}

/// A way to prove who one is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Method {
    /// A built-in plugin.
    AuthProvider,
    /// Name and password.
    Basic,
    /// A client certificate.
    Certificate,
    /// A command.
    Exec,
    /// A token in the entry or by `--token`.
    Token,
    /// A token in a file.
    TokenFile,
}

/// What sets the header `Authorization`.
#[derive(Clone, Debug)]
pub enum Authorization<'u> {
    /// The built-in plugin of the entry.
    AuthProvider(&'u Placed<AuthProvider>),
    /// Name and password.
    Basic {
        /// The name.
        username: String,
    },
    /// The command of the entry.
    Exec(&'u Placed<Exec>),
    /// Nothing in the entry does.
    Nothing,
    /// Nothing, because the server's URL is not https and kubectl then sends no credential at all.
    PlainHttp,
    /// A token in the entry or by `--token`.
    Token {
        /// The token as it would be sent; it is not trimmed.
        token: SecretString,
    },
    /// A token in a file.
    TokenFile {
        /// The file.
        path: PathBuf,
        /// The token, trimmed; none when the file was not read.
        token: Option<SecretString>,
    },
}

/// Something in the entry that has no effect because of something else in it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Hidden {
    /// What has no effect.
    pub loser: Method,
    /// Because of this.
    pub winner: Method,
}

/// What kubectl would send.
#[derive(Clone, Debug)]
pub struct Credential<'u> {
    /// What sets the header.
    pub authorization: Authorization<'u>,
    /// A client certificate of the entry or the flags goes along. A plugin may bring another one.
    pub certificate: bool,
    /// What has no effect.
    pub hidden: Vec<Hidden>,
}

impl Credential<'_> {
    /// kubectl would ask `Please enter Username:`.
    pub fn prompts(&self) -> bool {
        matches!(self.authorization, Authorization::Nothing) && !self.certificate
    }

    /// What takes the effect from a method of the entry, if anything does.
    pub fn hidden_by(&self, loser: Method) -> Option<Method> {
        self.hidden.iter().find(|hidden| hidden.loser == loser).map(|hidden| hidden.winner)
    }
}

/// Whether kubectl would speak TLS to a server, which decides whether it sends a credential. A URL
/// without a scheme counts as https when TLS is spoken of. Source: client-go `rest/url_utils.go`.
pub fn is_tls(server: &str, cluster: Option<&Cluster>, overrides: &Overrides) -> bool {
    if let Some((scheme, _)) = server.split_once("://") {
        return scheme.eq_ignore_ascii_case("https");
    }
    let of_cluster = cluster.is_some_and(|cluster| {
        cluster.certificate_authority.is_some()
            || cluster.certificate_authority_data.is_some()
            || cluster.insecure_skip_tls_verify.as_ref().is_some_and(|flag| flag.value)
    });
    of_cluster
        || overrides.certificate_authority.is_some()
        || overrides.insecure_skip_tls_verify == Some(true)
}

/// What kubectl would send for a user entry (an undefined one is an empty one) with its flags on top.
/// `file` tells what a file holds that the entry names.
///
/// # Errors
/// Every conflict for which kubectl stops, at least one.
pub fn credential<'u>(
    user_name: &str,
    user: Option<&'u User>,
    overrides: &Overrides,
    tls: bool,
    file: &dyn Fn(&Path) -> FileContent,
) -> Result<Credential<'u>, Vec<Conflict>> {
    let entry = Effective::new(user, overrides);
    let conflicts = conflict::conflicts(user_name, &entry, file);
    if !conflicts.is_empty() {
        return Err(conflicts);
    }
    if !tls {
        let authorization = Authorization::PlainHttp;
        return Ok(Credential { authorization, certificate: false, hidden: Vec::new() });
    }
    let certificate = entry.certificate();
    let (authorization, winner) = match token(&entry, file)? {
        Some((authorization, method)) => (authorization, Some(method)),
        None => without_token(&entry, certificate),
    };
    let hidden = hidden(&entry, winner);
    Ok(Credential { authorization, certificate, hidden })
}

fn token<'u>(
    entry: &Effective<'u, '_>,
    file: &dyn Fn(&Path) -> FileContent,
) -> Result<Option<(Authorization<'u>, Method)>, Vec<Conflict>> {
    let inline =
        entry.token.map(|token| (Authorization::Token { token: token.clone() }, Method::Token));
    let Some(path) = entry.token_file else { return Ok(inline) };
    let from_file = |token| {
        let path = path.to_owned();
        Ok(Some((Authorization::TokenFile { path, token }, Method::TokenFile)))
    };
    match file(path) {
        FileContent::NotRead => from_file(None),
        FileContent::Text(text) => match text.expose_secret().trim() {
            "" => Ok(inline),
            token => from_file(Some(SecretString::from(token))),
        },
        // A file that cannot be read matters only when there is no token beside it.
        _ if inline.is_some() => Ok(inline),
        FileContent::Missing => Err(vec![Conflict::TokenFileUnreadable {
            path: path.to_owned(),
            reason: "no such file or directory".to_owned(),
        }]),
        FileContent::Unreadable(reason) => {
            Err(vec![Conflict::TokenFileUnreadable { path: path.to_owned(), reason }])
        }
    }
}

fn without_token<'u>(
    entry: &Effective<'u, '_>,
    certificate: bool,
) -> (Authorization<'u>, Option<Method>) {
    if let Some(username) = entry.username {
        let username = username.to_owned();
        return (Authorization::Basic { username }, Some(Method::Basic));
    }
    if let Some(provider) = entry.auth_provider {
        return (Authorization::AuthProvider(provider), Some(Method::AuthProvider));
    }
    match entry.exec {
        Some(exec) if !certificate => (Authorization::Exec(exec), Some(Method::Exec)),
        _ => (Authorization::Nothing, certificate.then_some(Method::Certificate)),
    }
}

fn hidden(entry: &Effective<'_, '_>, winner: Option<Method>) -> Vec<Hidden> {
    let Some(winner) = winner else { return Vec::new() };
    let present = [
        (Method::Token, entry.token.is_some()),
        (Method::TokenFile, entry.token_file.is_some()),
        (Method::AuthProvider, entry.auth_provider.is_some()),
        (Method::Exec, entry.exec.is_some()),
    ];
    let losers = present.into_iter().filter(|&(method, present)| present && method != winner);
    losers.map(|(loser, _)| Hidden { loser, winner }).collect()
}

/// Whether Go would put a token into a header; a line break in it stops every request with
/// `net/http: invalid header field value for "Authorization"`.
pub fn fits_a_header(token: &str) -> bool {
    token.bytes().all(|byte| byte == b'\t' || (byte >= b' ' && byte != 0x7f))
}

#[cfg(test)]
mod tests;
