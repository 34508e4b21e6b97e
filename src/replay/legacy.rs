//! From `--oidc-*` flags to the entry that the server makes of them.

use crate::go::quote::quote;
use crate::go::url;

use super::decision::Sight;
use super::file::{ClaimRuleEntry, Issuer, Jwt, MappingEntry, Mappings};
use super::flags::Flags;
use super::settings::Refusal;
use super::{Release, pem};

/// The entry, or none when no issuer is configured.
/// Source: kubernetes/kubernetes, pkg/kubeapiserver/options/authentication.go.
pub(super) fn entry(
    flags: &Flags,
    ca_file: &Sight<'_>,
    release: Release,
) -> Result<Option<Jwt>, Refusal> {
    let (issuer, client) = (flags.issuer_url.as_str(), flags.client_id.as_str());
    check_together(flags, release)?;
    if issuer.is_empty() || client.is_empty() {
        return Ok(None);
    }
    let certificate_authority = certificate_authority(flags, ca_file)?;
    if !release.since(29) {
        check_old(flags, &certificate_authority, release)?;
    }
    let claim = flags.username_claim.clone().unwrap_or_else(|| "sub".to_owned());
    let prefix = match flags.username_prefix.as_str() {
        "-" => String::new(),
        "" if claim != "email" => format!("{issuer}#"),
        prefix => prefix.to_owned(),
    };
    let groups = match flags.groups_claim.as_str() {
        "" => MappingEntry::default(),
        claim => claim_mapping(claim, &flags.groups_prefix),
    };
    Ok(Some(Jwt {
        issuer: Issuer {
            url: issuer.to_owned(),
            audiences: vec![client.to_owned()],
            certificate_authority,
            ..Issuer::default()
        },
        claim_rules: flags
            .required_claims
            .iter()
            .map(|(claim, value)| ClaimRuleEntry {
                claim: claim.clone(),
                required_value: value.clone(),
                ..ClaimRuleEntry::default()
            })
            .collect(),
        mappings: Mappings {
            username: claim_mapping(&claim, &prefix),
            groups,
            ..Mappings::default()
        },
        user_rules: Vec::new(),
    }))
}

fn claim_mapping(claim: &str, prefix: &str) -> MappingEntry {
    MappingEntry {
        claim: claim.to_owned(),
        prefix: Some(prefix.to_owned()),
        expression: String::new(),
    }
}

fn check_together(flags: &Flags, release: Release) -> Result<(), Refusal> {
    let missing = match (flags.issuer_url.is_empty(), flags.client_id.is_empty()) {
        (false, false) => return Ok(()),
        (true, false) => "--oidc-client-id is given without --oidc-issuer-url".to_owned(),
        (false, true) => "--oidc-issuer-url is given without --oidc-client-id".to_owned(),
        (true, true) => match flags.oidc_given.first() {
            Some(name) if release.since(29) => {
                format!("--{name} is given without --oidc-issuer-url and --oidc-client-id")
            }
            _ => return Ok(()),
        },
    };
    let error = if release.since(29) {
        "oidc-issuer-url and oidc-client-id must be specified together when any oidc-* flags are set"
    } else {
        "oidc-issuer-url and oidc-client-id should be specified together"
    };
    Err(Refusal::new(error, missing))
}

/// The text of the CA file; empty when there is none, or when nobody has seen it.
fn certificate_authority(flags: &Flags, ca_file: &Sight<'_>) -> Result<String, Refusal> {
    if flags.ca_file.is_empty() {
        return Ok(String::new());
    }
    match *ca_file {
        Sight::Body(text) => Ok(text.to_owned()),
        Sight::Fails(error) => {
            let meaning = format!("the server cannot read --oidc-ca-file {}", flags.ca_file);
            Err(Refusal::new(error, meaning))
        }
        Sight::Absent | Sight::Unseen => Ok(String::new()),
    }
}

/// The checks of releases up to 1.28. Source: k8s.io/apiserver 0.28, oidc.go, `New`.
fn check_old(flags: &Flags, certificates: &str, release: Release) -> Result<(), Refusal> {
    let issuer = flags.issuer_url.as_str();
    let parsed = url::parse(issuer)
        .map_err(|error| Refusal::new(error.to_string(), "--oidc-issuer-url is no URL"))?;
    if parsed.scheme != "https" {
        let error = format!(
            "'oidc-issuer-url' ({}) has invalid scheme ({}), require 'https'",
            quote(issuer),
            quote(&parsed.scheme)
        );
        return Err(Refusal::new(error, "--oidc-issuer-url does not start with https"));
    }
    if flags.username_claim.as_deref() == Some("") {
        return Err(Refusal::new(
            "no username claim provided",
            "--oidc-username-claim is given and empty",
        ));
    }
    if !certificates.is_empty()
        && let Some(why) = pem::refusal(certificates)
    {
        let what = if release.since(23) { "contents" } else { "file" };
        return Err(Refusal::new(
            format!("Failed to read the CA {what}: {why}"),
            "--oidc-ca-file holds no usable certificate",
        ));
    }
    Ok(())
}
