//! The kubectl command that failed: the flags that choose a credential, and the request behind it.
//!
//! Source: kubectl 1.33 `--help` of each command for flags; the API requests it makes for verbs.

mod flags;
mod request;
mod resource;

pub use request::{Request, for_request};
pub use resource::{KNOWN, Known, Resource, resource};

use super::kubeconfig::Overrides;
use super::veiled::Veiled;
use flags::{Word, words};
use std::path::PathBuf;

/// A kubectl command as typed.
#[derive(Clone, Debug, Default)]
pub struct Command {
    /// Flags that choose context, user, server and credential.
    pub overrides: Overrides,
    /// `KUBECONFIG=…` and the like, put before the command.
    pub variables: Vec<(String, Veiled)>,
    /// `--token` was given as something a shell would have replaced (`$(cat token)`), so what was sent
    /// is not known.
    pub token_unknown: bool,
    /// `-A`, `--all-namespaces`.
    pub all_namespaces: bool,
    /// `--request-timeout`, as written.
    pub request_timeout: Option<String>,
    /// What the API server is asked, in order; empty when that depends on a file or when nothing is.
    pub requests: Vec<Request>,
    /// kubectl asks for discovery only through `get --raw`, `auth whoami` and `version`, which print
    /// other texts for a missing context.
    pub raw: bool,
}

/// Why a line is no kubectl command.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum CommandError {
    /// There is nothing.
    #[error("the command is empty")]
    Empty,
    /// A flag at the end wants a value.
    #[error("flag needs an argument: {0}")]
    NoValue(String),
    /// Another program.
    #[error("not a kubectl command")]
    NotKubectl,
}

/// Reads a command line that is split into words already.
///
/// # Errors
/// The line is not a kubectl command.
pub fn parse(line: &[&str]) -> Result<Command, CommandError> {
    let mut command = Command::default();
    let mut rest = before_the_shell(line);
    while let Some(((name, value), tail)) = assignment(rest) {
        command.variables.push((name.to_owned(), Veiled::open(value)));
        rest = tail;
    }
    let rest = match rest {
        [] => return Err(CommandError::Empty),
        [program, rest @ ..] if is_kubectl(program) => rest,
        ["sudo" | "command" | "exec" | "time", rest @ ..] => after_prefix(rest)?,
        _ => return Err(CommandError::NotKubectl),
    };
    let (plain, given) = words(rest)?;
    for word in &given {
        command.take(word);
    }
    command.raw = given.iter().any(|word| word.name == "--raw")
        || matches!(plain.as_slice(), ["version", ..] | ["auth", "whoami", ..]);
    command.requests = request::requests(&plain, &given);
    Ok(command)
}

/// What follows kubectl behind `sudo -E` and the like.
fn after_prefix<'a, 'l>(words: &'l [&'a str]) -> Result<&'l [&'a str], CommandError> {
    let program = words.iter().position(|word| !word.starts_with('-') && !word.contains('='));
    match program {
        Some(at) if is_kubectl(words[at]) => Ok(&words[at + 1..]),
        _ => Err(CommandError::NotKubectl),
    }
}

/// The words before a pipe, a redirection or another command: those were the shell's, not kubectl's.
fn before_the_shell<'a, 'l>(line: &'l [&'a str]) -> &'l [&'a str] {
    let redirects = |word: &str| {
        let rest = word.trim_start_matches(|c: char| c.is_ascii_digit() || c == '&');
        rest.starts_with('>') || rest.starts_with("<<")
    };
    let ends = |word: &&str| matches!(*word, "|" | "||" | "&&" | ";" | "&") || redirects(word);
    let end = line.iter().position(ends).unwrap_or(line.len());
    &line[..end]
}

fn is_kubectl(program: &str) -> bool {
    let name = program.rsplit(['/', '\\']).next().unwrap_or(program);
    matches!(name, "k" | "kubectl" | "kubectl.exe" | "kubecolor" | "oc")
}

type Assignment<'a, 'l> = ((&'a str, &'a str), &'l [&'a str]);

fn assignment<'a, 'l>(line: &'l [&'a str]) -> Option<Assignment<'a, 'l>> {
    let (first, rest) = line.split_first()?;
    let (name, value) = first.split_once('=')?;
    let plain = |c: char| c.is_ascii_alphanumeric() || c == '_';
    (!name.is_empty() && name.chars().all(plain)).then_some(((name, value), rest))
}

impl Command {
    fn take(&mut self, word: &Word<'_>) {
        let text = || Some(word.value.to_owned());
        let path = || Some(PathBuf::from(word.value));
        let overrides = &mut self.overrides;
        match word.name {
            "--all-namespaces" | "-A" => self.all_namespaces = word.value != "false",
            "--as" => overrides.impersonated_user = text(),
            "--as-group" => overrides.impersonated_groups.push(word.value.to_owned()),
            "--as-uid" => overrides.impersonated_uid = text(),
            "--certificate-authority" => overrides.certificate_authority = path(),
            "--client-certificate" => overrides.client_certificate = path(),
            "--client-key" => overrides.client_key = path(),
            "--cluster" => overrides.cluster = text(),
            "--context" => overrides.context = text(),
            "--insecure-skip-tls-verify" => {
                overrides.insecure_skip_tls_verify = Some(word.value != "false");
            }
            "--kubeconfig" => overrides.kubeconfig = path(),
            "--namespace" | "-n" => overrides.namespace = text(),
            "--password" => overrides.password = Some(word.value.into()),
            "--request-timeout" => self.request_timeout = text(),
            "--server" | "-s" => {
                let secret = super::kubeconfig::password_of(word.value);
                overrides.server = Some(Veiled::with(word.value, secret.as_slice()));
            }
            "--tls-server-name" => overrides.tls_server_name = text(),
            "--token" if word.value.contains(['$', '`']) => self.token_unknown = true,
            "--token" => overrides.token = Some(word.value.into()),
            "--user" => overrides.user = text(),
            "--username" => overrides.username = text(),
            _ => {}
        }
    }
}

#[cfg(test)]
mod tests;
