//! Which parts of a kubeconfig are secret.

use crate::go::tree::{Node, Span};
use std::ops::Range;

/// Flags of credential plugins whose value is a secret.
const SECRET_FLAGS: [&str; 7] = [
    "client-certificate-password",
    "client-secret",
    "oidc-client-secret",
    "pass",
    "passphrase",
    "password",
    "token",
];

/// Flags whose value is `NAME=VALUE`, of which the value may be a secret.
const SECRET_PAIRS: [&str; 4] =
    ["env", "header", "oidc-auth-request-extra-params", "oidc-request-header"];

/// Variables that hold a path, a profile or a region and never a secret.
const OPEN_VARIABLES: [&str; 18] = [
    "AWS_CONFIG_FILE",
    "AWS_DEFAULT_REGION",
    "AWS_PROFILE",
    "AWS_REGION",
    "AWS_SHARED_CREDENTIALS_FILE",
    "AWS_STS_REGIONAL_ENDPOINTS",
    "CLOUDSDK_CONFIG",
    "HOME",
    "KUBECACHEDIR",
    "KUBECONFIG",
    "NO_PROXY",
    "PATH",
    "SSL_CERT_DIR",
    "SSL_CERT_FILE",
    "TELEPORT_HOME",
    "USERPROFILE",
    "XDG_CACHE_HOME",
    "XDG_CONFIG_HOME",
];

/// Settings of the oidc auth-provider that anybody may see.
const OPEN_SETTINGS: [&str; 5] = [
    "client-id",
    "extra-scopes",
    "idp-certificate-authority",
    "idp-certificate-authority-data",
    "idp-issuer-url",
];

/// Whether a setting of an auth-provider is secret; an unknown one is.
pub(super) fn setting_is_secret(name: &str) -> bool {
    !OPEN_SETTINGS.contains(&name)
}

/// Whether a plugin's variable may be shown.
pub(super) fn variable_is_open(name: &str) -> bool {
    OPEN_VARIABLES.contains(&name)
}

/// Where the password stands in a URL (`https://user:PASSWORD@host`), in bytes.
pub fn password_of(url: &str) -> Option<Range<usize>> {
    let start = url.find("://").map_or(0, |at| at + 3);
    let end = url[start..].find(['/', '?', '#']).map_or(url.len(), |at| start + at);
    let at = start + url[start..end].rfind('@')?;
    let colon = url[start..at].find(':')?;
    Some(start + colon + 1..at)
}

/// The secret byte ranges of each of a plugin's arguments: values of flags that take a secret, in
/// both spellings, and anything that is a JWT.
pub fn secret_parts(args: &[&str]) -> Vec<Vec<Range<usize>>> {
    let mut expected = Expected::Nothing;
    args.iter()
        .map(|arg| {
            let parts = match expected {
                Expected::Nothing => in_words(arg, SCRIPT_DEPTH),
                Expected::Pair => pair(arg, 0),
                Expected::Secret => whole(arg, 0),
            };
            let flag = matches!(expected, Expected::Nothing) && !arg.contains('=');
            expected = if flag { after(arg) } else { Expected::Nothing };
            parts
        })
        .collect()
}

#[derive(Clone, Copy)]
enum Expected {
    Nothing,
    Pair,
    Secret,
}

/// What the argument after this one is.
fn after(arg: &str) -> Expected {
    match arg.trim_start_matches('-') {
        // `docker run -e NAME=VALUE`
        "e" if arg == "-e" => Expected::Pair,
        name if arg.starts_with("--") && SECRET_PAIRS.contains(&name) => Expected::Pair,
        name if arg.starts_with("--") && is_secret_flag(name) => Expected::Secret,
        _ => Expected::Nothing,
    }
}

fn is_secret_flag(name: &str) -> bool {
    SECRET_FLAGS.contains(&name)
        || ["-secret", "-password", "-passphrase", "-token", "-api-key"]
            .iter()
            .any(|end| name.ends_with(end) && !name.contains("use-"))
}

/// Command lines inside a command line that are looked into.
const SCRIPT_DEPTH: usize = 4;

/// An argument may be a whole command line (`sh -c "…"`), so each of its words is looked at.
fn in_words(arg: &str, depth: usize) -> Vec<Range<usize>> {
    // A single argument is one word, whatever blanks its value has.
    let one = arg.starts_with('-') || !arg.contains(char::is_whitespace);
    let words = if one { std::iter::once(0..arg.len()).collect() } else { shell_words(arg) };
    let mut parts = Vec::new();
    let mut expected = Expected::Nothing;
    for range in words {
        let range = unquoted(arg, range);
        let (word, at) = (&arg[range.clone()], range.start);
        let script = !one && word.contains(char::is_whitespace) && !word.starts_with('-');
        let mut found = match expected {
            // Deeper than anybody writes: hidden whole.
            Expected::Nothing if script && depth == 0 => whole(word, at),
            Expected::Nothing if script => moved(in_words(word, depth - 1), at),
            Expected::Nothing => in_word(word, at),
            Expected::Pair => pair(word, at),
            Expected::Secret => whole(word, at),
        };
        parts.append(&mut found);
        expected = if word.contains('=') { Expected::Nothing } else { after(word) };
    }
    parts
}

/// The words of a command line as a shell splits it, each with the quotes in it. A quote that nobody
/// closes reaches to the end.
fn shell_words(line: &str) -> Vec<Range<usize>> {
    let mut words = Vec::new();
    let (mut start, mut quote, mut escaped) = (None, None, false);
    for (at, c) in line.char_indices() {
        let ends = c.is_whitespace() || matches!(c, ';' | '(' | ')' | '`');
        match quote {
            _ if escaped => escaped = false,
            Some(open) if c == open => quote = None,
            Some('\'') => {}
            _ if c == '\\' => escaped = true,
            Some(_) => {}
            None if matches!(c, '"' | '\'') => quote = Some(c),
            None if ends => {
                words.extend(start.take().map(|start| start..at));
                continue;
            }
            None => {}
        }
        start.get_or_insert(at);
    }
    words.extend(start.map(|start| start..line.len()));
    words
}

/// A word without the pair of quotes around all of it.
fn unquoted(line: &str, word: Range<usize>) -> Range<usize> {
    let text = &line[word.clone()];
    let inner = |quote| text.strip_prefix(quote).and_then(|rest: &str| rest.strip_suffix(quote));
    match inner('"').or_else(|| inner('\'')) {
        Some(_) => word.start + 1..word.end - 1,
        None => word,
    }
}

fn moved(parts: Vec<Range<usize>>, by: usize) -> Vec<Range<usize>> {
    parts.into_iter().map(|part| part.start + by..part.end + by).collect()
}

fn in_word(word: &str, at: usize) -> Vec<Range<usize>> {
    let flag = word.strip_prefix("--").and_then(|rest| rest.split_once('='));
    if let Some((name, value)) = flag {
        let start = at + word.len() - value.len();
        if SECRET_PAIRS.contains(&name) {
            return pair(value, start);
        }
        if is_secret_flag(name) || looks_like_jwt(value) {
            return whole(value, start);
        }
        return url_part(value, start);
    }
    let docker = word.strip_prefix("-e").filter(|rest| rest.contains('='));
    match docker {
        Some(rest) => pair(rest, at + 2),
        None if looks_like_jwt(word) => whole(word, at),
        None => url_part(word, at),
    }
}

fn url_part(value: &str, at: usize) -> Vec<Range<usize>> {
    let range = if value.contains("://") { password_of(value) } else { None };
    range.map(|range| at + range.start..at + range.end).into_iter().collect()
}

fn whole(text: &str, at: usize) -> Vec<Range<usize>> {
    if text.is_empty() { Vec::new() } else { std::iter::once(at..at + text.len()).collect() }
}

/// The values of `NAME=VALUE`, or of several behind commas.
fn pair(text: &str, at: usize) -> Vec<Range<usize>> {
    let mut parts = Vec::new();
    let mut start = at;
    for item in text.split(',') {
        match item.split_once('=') {
            Some((name, value)) => parts.append(&mut whole(value, start + name.len() + 1)),
            // No name: part of a value that has a comma in it, unless it comes first.
            None if start > at => parts.append(&mut whole(item, start)),
            None => {}
        }
        start += item.len() + 1;
    }
    parts
}

fn looks_like_jwt(text: &str) -> bool {
    text.starts_with("eyJ") && text.matches('.').count() >= 2
}

/// The byte ranges of every secret scalar of a kubeconfig document and what each is, in order and
/// none twice. A range covers the scalar's quotes; of a block scalar it covers the content. Where the
/// text is at hand and an argument's secret part stands there literally, use [`secret_parts`] on top.
pub fn secret_spans(node: &Node, text: &str) -> Vec<(Span, &'static str)> {
    let mut found = Vec::new();
    for user in node.get("users").map(Node::items).unwrap_or_default() {
        // A merged file may repeat keys, and each copy is in the text.
        for (key, user) in user.members() {
            if key.text == "user" {
                user_spans(user, text, &mut found);
            }
        }
    }
    for cluster in node.get("clusters").map(Node::items).unwrap_or_default() {
        for (key, value) in cluster.members().iter().flat_map(|(_, cluster)| cluster.members()) {
            if matches!(key.text.as_str(), "server" | "proxy-url") {
                let range = value.as_str().and_then(password_of);
                found.extend(range.map(|range| (narrow(value, &range, text), "password")));
            }
        }
    }
    found.sort_by_key(|(span, _)| (span.start, span.end));
    found.dedup_by_key(|(span, _)| (span.start, span.end));
    found
}

fn user_spans(user: &Node, text: &str, found: &mut Vec<(Span, &'static str)>) {
    for (key, value) in user.members() {
        match key.text.as_str() {
            "client-key-data" => scalar(value, "client key", found),
            "password" => scalar(value, "password", found),
            "token" => scalar(value, "token", found),
            "auth-provider" => provider_spans(value, found),
            "exec" => exec_spans(value, text, found),
            _ => {}
        }
    }
}

fn provider_spans(provider: &Node, found: &mut Vec<(Span, &'static str)>) {
    let configs = provider.members().iter().filter(|(key, _)| key.text == "config");
    for (key, value) in configs.flat_map(|(_, config)| config.members()) {
        match key.text.as_str() {
            "client-secret" => scalar(value, "client secret", found),
            "access-token" | "id-token" => scalar(value, "token", found),
            "refresh-token" => scalar(value, "refresh token", found),
            name if setting_is_secret(name) => scalar(value, "setting", found),
            _ => {}
        }
    }
}

fn exec_spans(exec: &Node, text: &str, found: &mut Vec<(Span, &'static str)>) {
    for (key, value) in exec.members() {
        match key.text.as_str() {
            "args" => {
                let items = value.items();
                let texts: Vec<&str> =
                    items.iter().map(|item| item.as_str().unwrap_or_default()).collect();
                for (item, parts) in items.iter().zip(secret_parts(&texts)) {
                    found.extend(
                        parts.iter().map(|part| (narrow(item, part, text), "plugin argument")),
                    );
                }
            }
            "env" => {
                for variable in value.items() {
                    let name = variable.get("name").and_then(Node::as_str).unwrap_or_default();
                    if let Some(value) = variable.get("value").filter(|_| !variable_is_open(name)) {
                        scalar(value, "plugin variable", found);
                    }
                }
            }
            _ => {}
        }
    }
}

fn scalar(node: &Node, kind: &'static str, found: &mut Vec<(Span, &'static str)>) {
    if !matches!(node.as_str(), Some("")) && node.span.end > node.span.start {
        found.push((node.span, kind));
    }
}

/// The part of a scalar's place that holds a part of its text. Where the file spells the text
/// differently (escapes, folded lines), the whole scalar.
fn narrow(node: &Node, part: &Range<usize>, text: &str) -> Span {
    let span = node.span;
    let raw = text.get(span.start..span.end).unwrap_or_default();
    let value = node.as_str().unwrap_or_default();
    let literal = raw.trim_matches(['"', '\'']);
    let once = raw.len() - literal.len() <= 2 && literal == value;
    let Some(offset) = raw.find(literal).filter(|_| once) else { return span };
    let start = span.start + offset + part.start;
    let before = value.get(..part.start).map_or(0, |before| before.chars().count());
    let column = u32::try_from(before + offset).unwrap_or_default();
    let end = start + part.len();
    Span { start, end, line: span.line, column: span.column.saturating_add(column) }
}
