//! kubectl's flags, apart from its words.

use super::CommandError;

/// A flag as given; a switch has the value "true".
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Word<'a> {
    /// With its dashes.
    pub(super) name: &'a str,
    pub(super) value: &'a str,
}

/// Flags that want a value, global ones first. Any other flag is taken for a switch.
const VALUED: [&str; 74] = [
    "--as",
    "--as-group",
    "--as-uid",
    "--as-user-extra",
    "--cache-dir",
    "--certificate-authority",
    "--client-certificate",
    "--client-key",
    "--cluster",
    "--context",
    "--kubeconfig",
    "--kuberc",
    "--log-flush-frequency",
    "--namespace",
    "--password",
    "--profile",
    "--profile-output",
    "--request-timeout",
    "--server",
    "--tls-server-name",
    "--token",
    "--user",
    "--username",
    "--v",
    "--vmodule",
    "-n",
    "-s",
    "-v",
    "--address",
    "--api-group",
    "--chunk-size",
    "--clusterrole",
    "--container",
    "--duration",
    "--env",
    "--field-manager",
    "--field-selector",
    "--filename",
    "--for",
    "--from",
    "--from-env-file",
    "--from-file",
    "--from-literal",
    "--grace-period",
    "--group",
    "--image",
    "--kustomize",
    "--label-columns",
    "--labels",
    "--limit-bytes",
    "--max-log-requests",
    "--name",
    "--output",
    "--patch",
    "--pod-running-timeout",
    "--port",
    "--raw",
    "--replicas",
    "--resource",
    "--role",
    "--schedule",
    "--selector",
    "--serviceaccount",
    "--since",
    "--since-time",
    "--sort-by",
    "--subresource",
    "--tail",
    "--template",
    "--timeout",
    "--type",
    "--verb",
    "-L",
    "-l",
];

/// Short flags that want a value, for some commands only.
fn short_takes_value(name: &str, command: &str) -> bool {
    match name {
        "-c" => true,
        "-f" => command != "logs",
        "-k" | "-o" => true,
        "-p" => command == "patch",
        _ => VALUED.contains(&name),
    }
}

type Words<'a> = (Vec<&'a str>, Vec<Word<'a>>);

/// Splits the words after `kubectl`. What follows `--` belongs to the command run in a container.
pub(super) fn words<'a>(line: &[&'a str]) -> Result<Words<'a>, CommandError> {
    let mut plain: Vec<&str> = Vec::new();
    let mut given = Vec::new();
    let mut rest = line;
    while let [word, tail @ ..] = rest {
        rest = tail;
        if *word == "--" {
            break;
        }
        if !word.starts_with('-') || *word == "-" {
            plain.push(word);
            continue;
        }
        if word.starts_with("--") {
            given.push(long(word, &mut rest)?);
        } else {
            let command = plain.first().copied().unwrap_or_default();
            short(word, command, &mut rest, &mut given)?;
        }
    }
    Ok((plain, given))
}

fn long<'a>(word: &'a str, rest: &mut &[&'a str]) -> Result<Word<'a>, CommandError> {
    if let Some((name, value)) = word.split_once('=') {
        return Ok(Word { name, value });
    }
    if !VALUED.contains(&word) {
        return Ok(Word { name: word, value: "true" });
    }
    Ok(Word { name: word, value: next(word, rest)? })
}

/// `-n dev`, `-ndev`, `-n=dev`, `-it`.
fn short<'a>(
    word: &'a str,
    command: &str,
    rest: &mut &[&'a str],
    given: &mut Vec<Word<'a>>,
) -> Result<(), CommandError> {
    let mut letters = &word[1..];
    while let Some(letter) = letters.chars().next() {
        let after = &letters[letter.len_utf8()..];
        let name = known(letter);
        if !short_takes_value(name, command) {
            given.push(Word { name, value: "true" });
            letters = after;
            continue;
        }
        let value = match after.strip_prefix('=').unwrap_or(after) {
            "" if after.is_empty() => next(name, rest)?,
            value => value,
        };
        given.push(Word { name, value });
        return Ok(());
    }
    Ok(())
}

fn known(letter: char) -> &'static str {
    match letter {
        'A' => "-A",
        'L' => "-L",
        'c' => "-c",
        'f' => "-f",
        'k' => "-k",
        'l' => "-l",
        'n' => "-n",
        'o' => "-o",
        'p' => "-p",
        's' => "-s",
        'v' => "-v",
        'w' => "-w",
        _ => "-",
    }
}

fn next<'a>(name: &str, rest: &mut &[&'a str]) -> Result<&'a str, CommandError> {
    let (value, tail) = rest.split_first().ok_or_else(|| CommandError::NoValue(name.to_owned()))?;
    *rest = tail;
    Ok(value)
}
