//! The arguments of kube-apiserver, as its flag library reads them.

use crate::go::quote::{quote, quote_list};

/// The arguments that matter to the decision.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Flags {
    pub(crate) issuer_url: String,
    pub(crate) client_id: String,
    pub(crate) ca_file: String,
    pub(crate) username_claim: Option<String>,
    pub(crate) username_prefix: String,
    pub(crate) groups_claim: String,
    pub(crate) groups_prefix: String,
    pub(crate) signing_algs: Option<Vec<String>>,
    pub(crate) required_claims: Vec<(String, String)>,
    pub(crate) oidc_given: Vec<String>,
    pub(crate) authentication_config: String,
    pub(crate) service_account_issuers: Vec<String>,
    pub(crate) anonymous_auth: Option<bool>,
    pub(crate) feature_gates: Vec<(String, bool)>,
    pub(crate) egress_selector_config: String,
}

impl Flags {
    /// Reads the arguments; others are passed over.
    ///
    /// The error is the flag library's. Source: spf13/pflag; k8s.io/component-base, cli/flag.
    pub(crate) fn read(arguments: &[String]) -> Result<Flags, String> {
        let mut flags = Flags::default();
        let mut positional = Vec::new();
        let mut rest =
            arguments.iter().skip_while(|argument| !argument.starts_with('-')).peekable();
        while let Some(argument) = rest.next() {
            let Some(body) = argument.strip_prefix("--") else {
                check_short(argument, &mut rest)?;
                if !argument.starts_with('-') || argument == "-" {
                    positional.push(argument.as_str());
                }
                continue;
            };
            if body.is_empty() {
                positional.extend(rest.by_ref().map(String::as_str));
                break;
            }
            let (name, value) = match body.split_once('=') {
                Some((name, value)) => (name, Some(value.to_owned())),
                None => (body, None),
            };
            let written = name;
            let name = name.replace('_', "-");
            if !known(&name) {
                if name.starts_with("oidc-") {
                    return Err(format!("unknown flag: --{written}"));
                }
                // Whether a flag that is not ours takes a value is not known here.
                if value.is_none() {
                    rest.next_if(|next| !next.starts_with("--"));
                }
                continue;
            }
            let value = match value {
                Some(value) => value,
                None if name == "anonymous-auth" => "true".to_owned(),
                None => rest
                    .next()
                    .cloned()
                    .ok_or_else(|| format!("flag needs an argument: --{name}"))?,
            };
            flags.take(&name, value.clone()).map_err(|why| {
                format!("invalid argument {} for \"--{name}\" flag: {why}", quote(&value))
            })?;
        }
        if positional.iter().any(|argument| !argument.is_empty()) {
            let got = quote_list(&positional);
            return Err(format!("\"kube-apiserver\" does not take any arguments, got {got}"));
        }
        Ok(flags)
    }

    fn take(&mut self, name: &str, value: String) -> Result<(), String> {
        if name.starts_with("oidc-") {
            self.oidc_given.push(name.to_owned());
        }
        match name {
            "oidc-issuer-url" => self.issuer_url = value,
            "oidc-client-id" => self.client_id = value,
            "oidc-ca-file" => self.ca_file = value,
            "oidc-username-claim" => self.username_claim = Some(value),
            "oidc-username-prefix" => self.username_prefix = value,
            "oidc-groups-claim" => self.groups_claim = value,
            "oidc-groups-prefix" => self.groups_prefix = value,
            "oidc-signing-algs" => {
                self.signing_algs.get_or_insert_default().extend(comma_separated(&value)?);
            }
            "oidc-required-claim" => self.take_required(&value)?,
            "authentication-config" => self.authentication_config = value,
            "service-account-issuer" => self.service_account_issuers.push(value),
            "egress-selector-config-file" => self.egress_selector_config = value,
            "anonymous-auth" => self.anonymous_auth = Some(boolean(&value)?),
            _ => self.take_gates(&value)?,
        }
        Ok(())
    }

    /// Source: k8s.io/component-base, cli/flag, `MapStringString.Set` without splitting.
    fn take_required(&mut self, value: &str) -> Result<(), String> {
        let (claim, wanted) =
            value.split_once('=').ok_or("malformed pair, expect string=string")?;
        let (claim, wanted) = (claim.trim().to_owned(), wanted.trim().to_owned());
        match self.required_claims.iter_mut().find(|(known, _)| *known == claim) {
            Some((_, last)) => *last = wanted,
            None => self.required_claims.push((claim, wanted)),
        }
        Ok(())
    }

    fn take_gates(&mut self, value: &str) -> Result<(), String> {
        for pair in value.split(',').map(str::trim).filter(|pair| !pair.is_empty()) {
            let (gate, state) =
                pair.split_once('=').ok_or_else(|| format!("missing bool value for {pair}"))?;
            let (gate, state) = (gate.trim(), state.trim());
            let on = boolean(state)
                .map_err(|why| format!("invalid value of {gate}={state}, err: {why}"))?;
            self.feature_gates.push((gate.to_owned(), on));
        }
        Ok(())
    }

    /// Whether the gate is on, given what it is without being named.
    pub(crate) fn gate(&self, name: &str, default: bool) -> bool {
        let named = self.feature_gates.iter().rev().find(|(gate, _)| gate == name);
        named.map_or(default, |(_, on)| *on)
    }
}

/// Checks an argument of one dash: kube-apiserver knows `-v` and `-h` only.
fn check_short<'a>(
    argument: &str,
    rest: &mut std::iter::Peekable<impl Iterator<Item = &'a String>>,
) -> Result<(), String> {
    let letter = argument.strip_prefix('-').and_then(|letters| letters.chars().next());
    match letter {
        None | Some('h') => Ok(()),
        Some('v') => {
            if argument == "-v" {
                rest.next();
            }
            Ok(())
        }
        Some(other) => Err(format!("unknown shorthand flag: '{other}' in {argument}")),
    }
}

fn known(name: &str) -> bool {
    matches!(
        name,
        "oidc-issuer-url"
            | "oidc-client-id"
            | "oidc-ca-file"
            | "oidc-username-claim"
            | "oidc-username-prefix"
            | "oidc-groups-claim"
            | "oidc-groups-prefix"
            | "oidc-signing-algs"
            | "oidc-required-claim"
            | "authentication-config"
            | "service-account-issuer"
            | "anonymous-auth"
            | "egress-selector-config-file"
            | "feature-gates"
    )
}

/// Source: Go, strconv, `ParseBool`.
fn boolean(text: &str) -> Result<bool, String> {
    match text {
        "1" | "t" | "T" | "true" | "TRUE" | "True" => Ok(true),
        "0" | "f" | "F" | "false" | "FALSE" | "False" => Ok(false),
        _ => Err(format!("strconv.ParseBool: parsing {}: invalid syntax", quote(text))),
    }
}

/// The fields of one line of comma-separated values. Source: Go, encoding/csv, as spf13/pflag's
/// string slices use it.
fn comma_separated(text: &str) -> Result<Vec<String>, String> {
    let line = text.split('\n').next().unwrap_or_default();
    let line = line.strip_suffix('\r').unwrap_or(line);
    if line.is_empty() {
        return if text.is_empty() { Ok(Vec::new()) } else { Err("EOF".to_owned()) };
    }
    let mut fields = Vec::new();
    let mut at = 0;
    loop {
        let rest = &line[at..];
        let (field, used) = match rest.strip_prefix('"') {
            Some(quoted) => quoted_field(quoted, at)?,
            None => {
                let end = rest.find(',').unwrap_or(rest.len());
                if let Some(bare) = rest[..end].find('"') {
                    return Err(csv_error(at + bare, "bare \" in non-quoted-field"));
                }
                (rest[..end].to_owned(), end)
            }
        };
        fields.push(field);
        at += used;
        if at >= line.len() {
            return Ok(fields);
        }
        at += 1;
    }
}

/// Reads a field after its opening quote; gives it with its length, the quotes included.
fn quoted_field(text: &str, start: usize) -> Result<(String, usize), String> {
    const WRONG: &str = "extraneous or missing \" in quoted-field";
    let mut field = String::new();
    let mut at = 0;
    while let Some(end) = text[at..].find('"') {
        field.push_str(&text[at..at + end]);
        at += end + 1;
        match text[at..].chars().next() {
            Some('"') => {
                field.push('"');
                at += 1;
            }
            Some(',') | None => return Ok((field, at + 1)),
            Some(_) => return Err(csv_error(start + at, WRONG)),
        }
    }
    Err(csv_error(start + text.len() + 1, WRONG))
}

fn csv_error(offset: usize, why: &str) -> String {
    format!("parse error on line 1, column {}: {why}", offset + 1)
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "a test may stop")]

    use super::*;

    fn read(arguments: &[&str]) -> Result<Flags, String> {
        let owned: Vec<String> = arguments.iter().map(|&a| a.to_owned()).collect();
        Flags::read(&owned)
    }

    #[test]
    fn both_syntaxes_and_the_last_one_wins() {
        let flags = read(&[
            "kube-apiserver",
            "-v=2",
            "--oidc-issuer-url=https://a",
            "--oidc-issuer-url",
            "https://b",
            "--oidc_client_id=x,y",
            "--oidc-signing-algs=RS256,ES256",
            "--oidc-signing-algs= PS256",
            "--anonymous-auth",
        ])
        .unwrap();
        assert_eq!(flags.issuer_url, "https://b");
        assert_eq!(flags.client_id, "x,y");
        assert_eq!(flags.signing_algs.unwrap(), ["RS256", "ES256", " PS256"]);
        assert_eq!(flags.anonymous_auth, Some(true));
        assert_eq!(read(&["--oidc-signing-algs="]).unwrap().signing_algs, Some(Vec::new()));
    }

    #[test]
    fn required_claims_split_at_the_first_equals_sign() {
        let flags = read(&[
            "--oidc-required-claim= c = d=e,f=g ",
            "--oidc-required-claim=a=1",
            "--oidc-required-claim=a=2",
        ])
        .unwrap();
        let expected = [("c", "d=e,f=g"), ("a", "2")];
        let expected: Vec<_> =
            expected.iter().map(|(a, b)| ((*a).to_owned(), (*b).to_owned())).collect();
        assert_eq!(flags.required_claims, expected);
    }

    #[test]
    fn refusals_are_the_flag_librarys() {
        assert_eq!(
            read(&["--oidc-required-claim=x"]).unwrap_err(),
            "invalid argument \"x\" for \"--oidc-required-claim\" flag: malformed pair, expect string=string"
        );
        assert_eq!(
            read(&["x", "--anonymous-auth", "false"]).unwrap_err(),
            "\"kube-apiserver\" does not take any arguments, got [\"false\"]"
        );
        assert!(read(&["kube-apiserver", "--v", "2", "-v", "2", "-v=2"]).is_ok());
        assert_eq!(
            read(&["--oidc-issuer-url"]).unwrap_err(),
            "flag needs an argument: --oidc-issuer-url"
        );
        assert_eq!(
            read(&["--oidc-signing-algs=a\"b"]).unwrap_err(),
            "invalid argument \"a\\\"b\" for \"--oidc-signing-algs\" flag: parse error on line 1, column 2: bare \" in non-quoted-field"
        );
        let quoted = read(&["--oidc-signing-algs=\"a\"\"b\",c"]).unwrap();
        assert_eq!(quoted.signing_algs.unwrap(), ["a\"b", "c"]);
    }
}
