//! URLs as Go's net/url parses them.

use std::net::Ipv6Addr;

use super::quote::{quote, quote_bytes};

/// The parts of a URL that decisions look at.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Url {
    /// The scheme in lower case; empty when there is none.
    pub scheme: String,
    /// What stands before `@`, as written; none without an `@`.
    pub user: Option<String>,
    /// Host and port, percent-decoded.
    pub host: String,
    /// What follows the scheme when no `/` does.
    pub opaque: String,
    /// The path, percent-decoded; bytes that are no UTF-8 are replaced.
    pub path: String,
    /// What follows `?`, as written; empty for a lone `?`.
    pub query: String,
    /// What follows `#`, percent-decoded; empty for a lone `#`.
    pub fragment: String,
}

/// The text is no URL. Source: Go, net/url, `Error`.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("parse {}: {reason}", quote(text))]
pub struct UrlError {
    /// What was parsed.
    pub text: String,
    /// Go's reason.
    pub reason: String,
}

/// Parses a URL.
///
/// # Errors
/// Go's refusal. Source: Go 1.26, net/url, `Parse`.
pub fn parse(text: &str) -> Result<Url, UrlError> {
    let (before, fragment) = text.split_once('#').unwrap_or((text, ""));
    let refuse = |text: &str, reason| UrlError { text: text.to_owned(), reason };
    let mut url = parse_absolute(before).map_err(|reason| refuse(before, reason))?;
    url.fragment = unescape(fragment, Part::Other).map_err(|reason| refuse(text, reason))?;
    Ok(url)
}

/// Where a piece of text stands, which decides what may be escaped in it.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Part {
    Host,
    Zone,
    Other,
}

fn parse_absolute(text: &str) -> Result<Url, String> {
    if text.bytes().any(|byte| byte < b' ' || byte == 0x7f) {
        return Err("net/url: invalid control character in URL".to_owned());
    }
    if text == "*" {
        return Ok(Url { path: "*".to_owned(), ..Url::default() });
    }
    let (scheme, rest) = split_scheme(text)?;
    let (rest, query) = rest.split_once('?').unwrap_or((rest, ""));
    let mut url =
        Url { scheme: scheme.to_ascii_lowercase(), query: query.to_owned(), ..Url::default() };
    if !rest.starts_with('/') {
        if !scheme.is_empty() {
            url.opaque = rest.to_owned();
            return Ok(url);
        }
        let segment = rest.split('/').next().unwrap_or_default();
        if segment.contains(':') {
            return Err("first path segment in URL cannot contain colon".to_owned());
        }
    }
    let mut path = rest;
    let has_authority = rest.starts_with("//") && (!scheme.is_empty() || !rest.starts_with("///"));
    if has_authority {
        let after = &rest[2..];
        let end = after.find('/').unwrap_or(after.len());
        path = &after[end..];
        (url.user, url.host) = parse_authority(&url.scheme, &after[..end])?;
    }
    url.path = unescape(path, Part::Other)?;
    Ok(url)
}

/// The scheme and what follows its colon; no scheme when the text does not start like one.
fn split_scheme(text: &str) -> Result<(&str, &str), String> {
    for (at, byte) in text.bytes().enumerate() {
        match byte {
            b'a'..=b'z' | b'A'..=b'Z' => {}
            b'0'..=b'9' | b'+' | b'-' | b'.' if at > 0 => {}
            b':' if at == 0 => return Err("missing protocol scheme".to_owned()),
            b':' => return Ok((&text[..at], &text[at + 1..])),
            _ => break,
        }
    }
    Ok(("", text))
}

fn parse_authority(scheme: &str, text: &str) -> Result<(Option<String>, String), String> {
    let Some((user, host)) = text.rsplit_once('@') else {
        return Ok((None, parse_host(scheme, text)?));
    };
    let host = parse_host(scheme, host)?;
    let allowed = |c: char| c.is_ascii_alphanumeric() || "-._:~!$&'()*+,;=%@".contains(c);
    if !user.chars().all(allowed) {
        return Err("net/url: invalid userinfo".to_owned());
    }
    for part in user.splitn(2, ':') {
        unescape(part, Part::Other)?;
    }
    Ok((Some(user.to_owned()), host))
}

fn parse_host(scheme: &str, host: &str) -> Result<String, String> {
    match host.rfind('[') {
        Some(0) => return parse_literal(host),
        Some(_) => return Err("invalid IP-literal".to_owned()),
        None => {}
    }
    // Several colons are refused for web addresses and tolerated elsewhere.
    let strict = scheme == "http" || scheme == "https";
    let colon = if strict { host.find(':') } else { host.rfind(':') };
    if let Some(colon) = colon {
        check_port(&host[colon..])?;
    }
    unescape(host, Part::Host)
}

/// An address in brackets, with an optional zone and port.
fn parse_literal(host: &str) -> Result<String, String> {
    let Some(end) = host.rfind(']') else { return Err("missing ']' in host".to_owned()) };
    let port = &host[end + 1..];
    check_port(port)?;
    let inside = &host[1..end];
    let address = match inside.find("%25") {
        Some(zone) => {
            unescape(&inside[..zone], Part::Host)? + &unescape(&inside[zone..], Part::Zone)?
        }
        None => unescape(inside, Part::Host)?,
    };
    check_address(&address)?;
    Ok(format!("[{address}]{}", unescape(port, Part::Host)?))
}

fn check_address(address: &str) -> Result<(), String> {
    if address.parse::<std::net::Ipv4Addr>().is_ok() {
        return Err("invalid IP-literal".to_owned());
    }
    let (plain, zone) = match address.split_once('%') {
        Some((plain, zone)) => (plain, Some(zone)),
        None => (address, None),
    };
    let refuse = |why: &str| Err(format!("invalid host: ParseAddr({}): {why}", quote(address)));
    if zone == Some("") {
        return refuse("zone must be a non-empty string");
    }
    match plain.parse::<Ipv6Addr>() {
        Ok(_) => Ok(()),
        Err(_) => refuse("unable to parse IP"),
    }
}

fn check_port(port: &str) -> Result<(), String> {
    let digits = if port.is_empty() { Some("") } else { port.strip_prefix(':') };
    match digits {
        Some(digits) if digits.bytes().all(|byte| byte.is_ascii_digit()) => Ok(()),
        _ => Err(format!("invalid port {} after host", quote(port))),
    }
}

fn unescape(text: &str, part: Part) -> Result<String, String> {
    let bytes = text.as_bytes();
    let mut out = Vec::with_capacity(bytes.len());
    let mut at = 0;
    while at < bytes.len() {
        if bytes[at] != b'%' {
            if part != Part::Other && !host_byte(bytes[at]) {
                let byte = quote(&char::from(bytes[at]).to_string());
                return Err(format!("invalid character {byte} in host name"));
            }
            out.push(bytes[at]);
            at += 1;
            continue;
        }
        let end = (at + 3).min(bytes.len());
        let escape = String::from_utf8_lossy(&bytes[at..end]);
        let value = escape.get(1..3).and_then(|digits| u8::from_str_radix(digits, 16).ok());
        match value.filter(|value| escape_allowed(*value, part)) {
            Some(value) if escape.as_bytes()[1] != b'+' => out.push(value),
            _ => return Err(format!("invalid URL escape {}", quote_bytes(&bytes[at..end]))),
        }
        at = end;
    }
    Ok(String::from_utf8_lossy(&out).into_owned())
}

/// Whether the byte may be written as an escape there; a percent sign always may.
fn escape_allowed(value: u8, part: Part) -> bool {
    match part {
        Part::Host => value >= 0x80 || value == b'%',
        Part::Zone => value == b'%' || value == b' ' || host_byte_escaped(value),
        Part::Other => true,
    }
}

/// Whether the byte may stand in a host as it is.
fn host_byte(byte: u8) -> bool {
    byte >= 0x80 || host_byte_escaped(byte)
}

fn host_byte_escaped(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || b"-_.~!$&'()*+,;=:[]<>\"".contains(&byte)
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "a test may stop")]

    use super::*;

    fn reason(text: &str) -> String {
        parse(text).unwrap_err().to_string()
    }

    #[test]
    fn parts() {
        let url = parse("HTTPS://u:p@a.b:8443/c%20d?x=1#f").unwrap();
        assert_eq!(url.scheme, "https");
        assert_eq!(url.user.as_deref(), Some("u:p"));
        assert_eq!((url.host.as_str(), url.path.as_str()), ("a.b:8443", "/c d"));
        assert_eq!((url.query.as_str(), url.fragment.as_str()), ("x=1", "f"));
        let bare = parse("https://a.b?#").unwrap();
        assert_eq!((bare.query.as_str(), bare.fragment.as_str()), ("", ""));
        assert_eq!(parse("https://").unwrap().host, "");
        assert_eq!(parse("https://[::1]:443/").unwrap().host, "[::1]:443");
        assert_eq!(parse("a.b/c").unwrap().scheme, "");
        assert_eq!(parse("localhost:8080").unwrap().opaque, "8080");
    }

    #[test]
    fn refusals() {
        assert_eq!(
            reason("https://a b"),
            r#"parse "https://a b": invalid character " " in host name"#
        );
        assert_eq!(reason("https://a:x"), r#"parse "https://a:x": invalid port ":x" after host"#);
        assert_eq!(reason("://a"), r#"parse "://a": missing protocol scheme"#);
        assert_eq!(
            reason("1a:b"),
            r#"parse "1a:b": first path segment in URL cannot contain colon"#
        );
        assert_eq!(reason("https://a/%zz"), r#"parse "https://a/%zz": invalid URL escape "%zz""#);
        assert_eq!(
            reason("https://a\n"),
            r#"parse "https://a\n": net/url: invalid control character in URL"#
        );
        assert_eq!(reason("https://[::1"), r#"parse "https://[::1": missing ']' in host"#);
    }
}
