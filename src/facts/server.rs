//! The API server's settings as facts, per control plane.

use super::settings::{Oddity, Settings, oddities};
use super::{Facts, Leaf};
use crate::evidence::certificate::{PemShape, pem_facts};
use crate::evidence::documents::Document;
use crate::evidence::{Evidence, Gap, Origin, Who};
use crate::replay::{self, Mapping, Release, Sight};

/// A control plane as it was read, and as the replay loads it.
#[derive(Debug)]
pub(super) struct Plane {
    /// What its files say.
    pub(super) settings: Settings,
    /// Its release.
    pub(super) release: Release,
    /// The release, if a source tells it.
    pub(super) version: Option<(String, Origin)>,
    /// The loaded settings, or the server's refusal.
    pub(super) loaded: Result<replay::Server, replay::Refusal>,
}

/// Reads every control plane that was given. `live` is the version that the live server reports.
pub(super) fn planes(evidence: &Evidence, live: Option<&str>) -> Vec<Plane> {
    evidence
        .control_planes
        .iter()
        .map(|plane| Settings::read(&plane.name, &plane.documents))
        .filter(|settings| !settings.is_empty())
        .map(|settings| plane(settings, evidence, live))
        .collect()
}

fn plane(settings: Settings, evidence: &Evidence, live: Option<&str>) -> Plane {
    let given = evidence.situation.apiserver_version.as_deref();
    let version = given
        .map(|v| (v.to_owned(), Origin::new("option", "--apiserver-version")))
        .or_else(|| live.map(|v| (v.to_owned(), Origin::new("api-server", "/version"))))
        .or_else(|| {
            let origin = Origin::new("manifest", settings.source.as_str());
            settings.version.clone().map(|v| (v, origin))
        });
    let release = version.as_ref().and_then(|(v, _)| Release::parse(v)).unwrap_or(Release::NEWEST);
    let loaded = load(&settings, release);
    Plane { settings, release, version, loaded }
}

fn load(settings: &Settings, release: Release) -> Result<replay::Server, replay::Refusal> {
    let flags: Vec<String> = settings.arguments.iter().map(|a| a.text.clone()).collect();
    let authority = authority(settings);
    let ca = match (&authority, settings.last("--oidc-ca-file").and_then(|a| a.value())) {
        (Some(document), Some(_)) => Sight::Body(document.text.reveal()),
        (None, Some(_)) => Sight::Unseen,
        (_, None) => Sight::Absent,
    };
    match &settings.authentication {
        Some(file) => {
            let settings = replay::Settings::File {
                text: file.text.reveal(),
                path: &file.path,
                flags: &flags,
            };
            replay::load(&settings, &ca, release)
        }
        None => replay::load(&replay::Settings::Flags(&flags), &ca, release),
    }
}

/// The CA file that `--oidc-ca-file` names, if a file of that name was given.
pub(super) fn authority(settings: &Settings) -> Option<&Document> {
    let path = settings.last("--oidc-ca-file")?.value()?;
    let name = |path: &str| path.rsplit('/').next().unwrap_or_default().to_owned();
    settings.authorities.iter().find(|document| name(&document.path) == name(path))
}

/// Sets the facts of one control plane; `others` are the rest.
pub(super) fn note(facts: &mut Facts, plane: &Plane, others: &[&Plane]) {
    let settings = &plane.settings;
    let source = Origin::new("manifest", settings.source.as_str());
    facts.know("server.name", settings.name.as_str(), source.clone());
    facts.know("server.source", shown_source(settings), source.clone());
    match &plane.version {
        Some((version, origin)) => {
            facts.know("server.version", version.as_str(), origin.clone());
            facts.know("server.minor", i64::from(plane.release.minor), origin.clone());
        }
        None => facts.miss("server.version", version_gap()),
    }
    if let Some(why) = &settings.unloadable {
        facts.know("server.unloadable", why.as_str(), source.clone());
    }
    note_arguments(facts, settings, &source);
    note_authority(facts, settings);
    match &plane.loaded {
        Err(refusal) => note_refusal(facts, settings, refusal),
        Ok(server) => note_server(facts, plane, server, &source),
    }
    let differing: Vec<String> = others
        .iter()
        .filter(|other| differs(plane, other))
        .map(|other| other.settings.name.clone())
        .collect();
    facts.know("server.others_differ", differing, source);
}

fn shown_source(settings: &Settings) -> String {
    match (&settings.authentication, settings.source.is_empty()) {
        (Some(file), _) => file.path.clone(),
        (None, _) => settings.source.clone(),
    }
}

/// Two control planes differ if the replay would judge a token otherwise, or if they sign and accept
/// service-account tokens under another issuer.
fn differs(one: &Plane, other: &Plane) -> bool {
    let issuers = |plane: &Plane| -> Vec<String> {
        let named = |a: &&super::settings::Argument| a.name() == "--service-account-issuer";
        plane.settings.arguments.iter().filter(named).map(|a| a.text.clone()).collect()
    };
    if issuers(one) != issuers(other) {
        return true;
    }
    match (&one.loaded, &other.loaded) {
        (Ok(a), Ok(b)) => format!("{:?}", a.authenticators) != format!("{:?}", b.authenticators),
        (Err(a), Err(b)) => a.error != b.error,
        _ => true,
    }
}

fn note_arguments(facts: &mut Facts, settings: &Settings, source: &Origin) {
    let mut names: Vec<String> = Vec::new();
    for argument in settings.arguments.iter().filter(|a| a.name().starts_with("--oidc-")) {
        if !names.contains(&argument.name().to_owned()) {
            names.push(argument.name().to_owned());
        }
    }
    facts.know("server.oidc_flags", names, source.clone());
    let file = settings.last("--authentication-config");
    let has_file = file.is_some() || settings.authentication.is_some();
    facts.know("server.has_file", has_file, source.clone());
    facts.know("server.form", if has_file { "file" } else { "flags" }, source.clone());
    let odd = |wanted: Oddity| -> Vec<String> {
        oddities(&settings.arguments)
            .into_iter()
            .filter(|(_, oddity)| *oddity == wanted)
            .map(|(argument, _)| argument.text.clone())
            .collect()
    };
    facts.know("server.quoted", odd(Oddity::Quotes), source.clone());
    facts.know("server.stray", odd(Oddity::StrayText), source.clone());
    let unknown: Vec<String> = settings
        .arguments
        .iter()
        .filter(|a| a.name().starts_with("--oidc-") || a.name().starts_with("--map["))
        .filter(|a| !KNOWN_FLAGS.contains(&a.name()))
        // Its value may be a secret: people try --oidc-client-secret=….
        .map(|a| a.name().to_owned())
        .collect();
    facts.know("server.unknown_flags", unknown, source.clone());
    let anonymous = settings.last("--anonymous-auth").and_then(|a| a.value()) != Some("false");
    facts.know("server.anonymous", anonymous, source.clone());
}

/// kubernetes/kubernetes, pkg/kubeapiserver/options/authentication.go, `AddFlags`.
const KNOWN_FLAGS: &[&str] = &[
    "--oidc-ca-file",
    "--oidc-client-id",
    "--oidc-groups-claim",
    "--oidc-groups-prefix",
    "--oidc-issuer-url",
    "--oidc-required-claim",
    "--oidc-signing-algs",
    "--oidc-username-claim",
    "--oidc-username-prefix",
];

fn note_authority(facts: &mut Facts, settings: &Settings) {
    let given = settings.last("--oidc-ca-file");
    let origin = given.map_or_else(Origin::default, |a| a.origin.clone());
    facts.know("server.ca_given", given.is_some(), origin.clone());
    let Some(argument) = given else { return };
    facts.know("server.ca_file", argument.value().unwrap_or_default(), origin.clone());
    let Some(document) = authority(settings) else {
        let how = format!("the file {} of the API server", argument.value().unwrap_or_default());
        facts.miss(
            "server.ca_fault",
            Gap { why: "the CA file was not given".into(), ask: Who::ClusterAdmin, how },
        );
        return;
    };
    let place = Origin::new("ca-file", document.path.as_str());
    match pem_facts(document.text.reveal()).shape {
        PemShape::Empty => facts.know("server.ca_fault", "it is empty", place),
        PemShape::NotPem => facts.know("server.ca_fault", "it is not PEM", place),
        PemShape::Base64OfPem => {
            facts.know("server.ca_fault", "it is base64 of PEM, not PEM", place);
        }
        _ => facts.lack("server.ca_fault", place),
    }
}

fn note_refusal(facts: &mut Facts, settings: &Settings, refusal: &replay::Refusal) {
    let path = shown_source(settings);
    let mut origin = Origin::new("manifest", path);
    if let Some(span) = refusal.place {
        origin = origin.at(span.line, span.column);
    }
    facts.know("server.refusal", refusal.error.as_str(), origin.clone());
    facts.know("server.refusal_meaning", refusal.meaning.as_str(), origin);
    for (path, flag) in [("server.issuer", "--oidc-issuer-url")] {
        if let Some(argument) = settings.last(flag) {
            facts.know(path, argument.value().unwrap_or_default(), argument.origin.clone());
        }
    }
}

fn note_server(facts: &mut Facts, plane: &Plane, server: &replay::Server, source: &Origin) {
    let settings = &plane.settings;
    let unseen =
        settings.last("--authentication-config").is_some() && settings.authentication.is_none();
    if unseen {
        let file = settings.last("--authentication-config").and_then(|a| a.value());
        let how = format!("the file {} of the API server", file.unwrap_or_default());
        let why = "the AuthenticationConfiguration was not given".to_owned();
        facts.miss("server", Gap { why, ask: Who::ClusterAdmin, how });
        return;
    }
    facts.know("server.oidc", !server.authenticators.is_empty(), source.clone());
    let issuer = facts.text("token.iss").or_else(|| facts.text("plugin.issuer"));
    let chosen = server
        .authenticators
        .iter()
        .position(|a| Some(&a.issuer) == issuer.as_ref())
        .or_else(|| most_alike(server, issuer.as_deref()));
    let Some(index) = chosen else { return };
    let authenticator = &server.authenticators[index];
    let place = |flag: &str, path: &str| {
        settings
            .last(flag)
            .map(|a| a.origin.clone())
            .unwrap_or_else(|| file_place(settings, index, path, source))
    };
    facts.know(
        "server.issuer",
        authenticator.issuer.as_str(),
        place("--oidc-issuer-url", "issuer.url"),
    );
    let audiences = place("--oidc-client-id", "issuer.audiences");
    facts.know("server.audiences", authenticator.audiences.clone(), audiences);
    let algorithms = place("--oidc-signing-algs", "");
    facts.know("server.algorithms", authenticator.algorithms.clone(), algorithms);
    match &authenticator.username {
        Mapping::Claim { name, prefix } => {
            let claim = place("--oidc-username-claim", "claimMappings.username.claim");
            facts.know("server.username_claim", name.as_str(), claim);
            let origin = place("--oidc-username-prefix", "claimMappings.username.prefix");
            facts.know("server.username_prefix", prefix.as_str(), origin);
        }
        Mapping::Expression(text) => {
            let origin = place("", "claimMappings.username.expression");
            facts.know("server.username_expression", text.as_str(), origin);
        }
    }
    note_groups(facts, authenticator, &place);
    note_required(facts, authenticator, &place);
}

fn note_groups(
    facts: &mut Facts,
    authenticator: &replay::Authenticator,
    place: &dyn Fn(&str, &str) -> Origin,
) {
    let claim = place("--oidc-groups-claim", "claimMappings.groups.claim");
    match &authenticator.groups {
        None => facts.lack("server.groups_claim", claim),
        Some(Mapping::Claim { name, prefix }) => {
            facts.know("server.groups_claim", name.as_str(), claim);
            let origin = place("--oidc-groups-prefix", "claimMappings.groups.prefix");
            facts.know("server.groups_prefix", prefix.as_str(), origin);
        }
        Some(Mapping::Expression(text)) => {
            facts.know("server.groups_expression", text.as_str(), claim);
        }
    }
}

fn note_required(
    facts: &mut Facts,
    authenticator: &replay::Authenticator,
    place: &dyn Fn(&str, &str) -> Origin,
) {
    let mut required = serde_json::Map::new();
    for rule in &authenticator.claim_rules {
        if let replay::ClaimRule::Required { claim, value } = rule {
            required.insert(claim.clone(), value.clone().into());
        }
    }
    let origin = place("--oidc-required-claim", "claimValidationRules");
    facts.know("server.required_claims", Leaf::Open(required.into()), origin);
}

/// Where a field of the AuthenticationConfiguration stands.
fn file_place(settings: &Settings, index: usize, path: &str, source: &Origin) -> Origin {
    let Some(file) = &settings.authentication else { return source.clone() };
    let origin = Origin::new("authentication-config", file.path.as_str());
    let part = format!("jwt[{index}].{path}");
    let Ok(root) = crate::go::yaml::read(file.text.reveal()) else { return origin.part(part) };
    let names: Vec<&str> = path.split('.').collect();
    match root.get("jwt").and_then(|jwt| jwt.items().get(index)?.at(&names)) {
        Some(node) => origin.at(node.span.line, node.span.column).part(part),
        None => origin.part(part),
    }
}

/// With no authenticator of the very issuer, the one whose issuer shares the most with it.
fn most_alike(server: &replay::Server, issuer: Option<&str>) -> Option<usize> {
    let issuer = issuer.unwrap_or_default();
    let shared = |a: &replay::Authenticator| {
        super::schema::distance(&a.issuer, issuer) as i64 - a.issuer.len() as i64
    };
    (0..server.authenticators.len()).min_by_key(|i| shared(&server.authenticators[*i]))
}

fn version_gap() -> Gap {
    Gap {
        why: "no source tells the API server's version; the newest is assumed".to_owned(),
        ask: Who::You,
        how: "kubectl version, then --apiserver-version".to_owned(),
    }
}

/// The gap that stands where no settings were given.
pub(super) fn gap(evidence: &Evidence) -> Gap {
    let unreadable: Vec<String> = evidence
        .control_planes
        .iter()
        .flat_map(|plane| Settings::read(&plane.name, &plane.documents).unreadable)
        .map(|(path, why)| format!("{path}: {why}"))
        .collect();
    let why = match (evidence.control_planes.is_empty(), unreadable.is_empty()) {
        (true, _) => "the API server's OIDC settings were not given".to_owned(),
        (false, true) => "no file given says anything about an API server".to_owned(),
        (false, false) => unreadable.join("; "),
    };
    let how = "kubectl -n kube-system get pod -l component=kube-apiserver -o yaml > apiserver.yaml";
    Gap { why, ask: Who::ClusterAdmin, how: how.to_owned() }
}
