//! Whether the server starts with its settings, and what they say.

use crate::go::tree::{Node, Span};

use super::authenticator::{
    Anonymous, Authenticator, ClaimRule, ExtraMapping, Mapping, Origin, Server, UserRule,
};
use super::decision::Sight;
use super::file::{self, Configuration, Jwt, MappingEntry};
use super::flags::Flags;
use super::validation::{self, FieldError};
use super::{Release, legacy};

/// The settings of a server.
#[derive(Clone, Copy, Debug)]
pub enum Settings<'a> {
    /// The arguments of kube-apiserver, all of them or those that matter.
    Flags(&'a [String]),
    /// An AuthenticationConfiguration file beside the arguments.
    File {
        /// The file's text.
        text: &'a str,
        /// The path as the server has it.
        path: &'a str,
        /// The arguments; `--authentication-config` need not be among them.
        flags: &'a [String],
    },
}

/// The server does not start with these settings.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Refusal {
    /// What the server prints; empty when it would start, but what it would do is not in these
    /// settings.
    pub error: String,
    /// What is wrong, in one plain sentence.
    pub meaning: String,
    /// Where the offence stands in the file.
    pub place: Option<Span>,
}

impl Refusal {
    pub(super) fn new(error: impl Into<String>, meaning: impl Into<String>) -> Refusal {
        Refusal { error: error.into(), meaning: meaning.into(), place: None }
    }
}

/// All algorithms that can be allowed, in the order of the server's messages.
/// Source: k8s.io/apiserver, oidc.go, `AllValidSigningAlgorithms`.
pub(super) const ALGORITHMS: [&str; 9] =
    ["ES256", "ES384", "ES512", "PS256", "PS384", "PS512", "RS256", "RS384", "RS512"];

/// Reads the settings as kube-apiserver does; `ca_file` is what it sees at `--oidc-ca-file`.
///
/// # Errors
/// The server would not start, or the flags name a file that is not given.
/// Source: kubernetes/kubernetes, pkg/kubeapiserver/options/authentication.go, `Validate`,
/// `ToAuthenticationConfig`; pkg/kubeapiserver/authenticator/config.go.
pub fn load(
    settings: &Settings<'_>,
    ca_file: &Sight<'_>,
    release: Release,
) -> Result<Server, Refusal> {
    let (Settings::Flags(arguments) | Settings::File { flags: arguments, .. }) = *settings;
    let flags = Flags::read(arguments)
        .map_err(|error| Refusal::new(error, "an argument of kube-apiserver cannot be read"))?;
    match *settings {
        Settings::File { text, path, .. } => from_file(text, path, &flags, release),
        Settings::Flags(_) if !flags.authentication_config.is_empty() => {
            check_exclusive(&flags)?;
            let path = &flags.authentication_config;
            Err(Refusal::new("", format!("the arguments name the file {path}, which is not given")))
        }
        Settings::Flags(_) => from_flags(&flags, ca_file, release),
    }
}

fn check_exclusive(flags: &Flags) -> Result<(), Refusal> {
    match flags.oidc_given.first() {
        None => Ok(()),
        Some(name) => Err(Refusal::new(
            "authentication-config file and oidc-* flags are mutually exclusive",
            format!("--authentication-config and --{name} are both given"),
        )),
    }
}

fn from_file(text: &str, path: &str, flags: &Flags, release: Release) -> Result<Server, Refusal> {
    if !release.since(29) {
        let meaning = format!("release {release} has no authentication configuration file");
        return Err(Refusal::new("unknown flag: --authentication-config", meaning));
    }
    check_exclusive(flags)?;
    let gate = "StructuredAuthenticationConfiguration";
    if !release.since(34) && !flags.gate(gate, release.since(30)) {
        let error = format!("set --feature-gates={gate}=true to use authentication-config file");
        let meaning = format!("the feature gate {gate} is off in release {release}");
        return Err(Refusal::new(error, meaning));
    }
    let loaded = file::load(text, release).map_err(|unreadable| Refusal {
        error: wrapped(
            release,
            &format!(
                "failed to load authentication configuration from file {}: ",
                crate::go::quote::quote(path)
            ),
            &unreadable.error,
        ),
        meaning: format!("the file {path} cannot be decoded"),
        place: unreadable.place,
    })?;
    let configuration = &loaded.configuration;
    if configuration.anonymous.is_some() && flags.anonymous_auth.is_some() {
        // The flag was misspelt until 1.34.
        let flag = if release.since(34) { "--anonymous-auth" } else { "--anonynous-auth" };
        let detail = format!(
            "{flag} flag cannot be set when anonymous field is configured in authentication \
             configuration file"
        );
        let error = FieldError::forbidden("anonymous", &detail);
        return Err(Refusal {
            error: error.text(),
            meaning: "anonymous access is set both by --anonymous-auth and in the file".to_owned(),
            place: locate(&loaded.document, "anonymous"),
        });
    }
    let mut errors = validation::check(configuration, release);
    errors.extend(check_anonymous_gate(configuration, flags, release));
    refuse_invalid(&errors, release, Some(&loaded.document))?;
    check_construction(configuration, flags, release, Some(&loaded.document))?;
    let anonymous = anonymous(configuration, flags);
    let authenticators = configuration
        .jwt
        .iter()
        .enumerate()
        .map(|(index, jwt)| authenticator(jwt, Origin::File { index }, all_algorithms()))
        .collect();
    Ok(Server { release, authenticators, anonymous })
}

fn all_algorithms() -> Vec<String> {
    ALGORITHMS.iter().map(|&name| name.to_owned()).collect()
}

/// Source: k8s.io/apiserver 0.31 to 0.36, pkg/apis/apiserver/validation.
fn check_anonymous_gate(
    configuration: &Configuration,
    flags: &Flags,
    release: Release,
) -> Option<FieldError> {
    let gate = "AnonymousAuthConfigurableEndpoints";
    if configuration.anonymous.is_none() || release.since(34) || flags.gate(gate, release.since(32))
    {
        return None;
    }
    let detail = "anonymous is not supported when AnonymousAuthConfigurableEnpoints feature gate \
         is disabled";
    Some(FieldError::forbidden("anonymous", detail))
}

/// The text behind the words that 1.34 began to put in front.
fn wrapped(release: Release, words: &str, text: &str) -> String {
    if release.since(34) { format!("{words}{text}") } else { text.to_owned() }
}

/// Refuses a configuration that violates rules.
fn refuse_invalid(
    errors: &[FieldError],
    release: Release,
    document: Option<&Node>,
) -> Result<(), Refusal> {
    let Some(first) = errors.first() else { return Ok(()) };
    Err(Refusal {
        error: wrapped(
            release,
            "invalid authentication configuration: ",
            &validation::aggregate(errors),
        ),
        meaning: format!("{} violates a rule of the authentication configuration", first.path),
        place: document.and_then(|document| locate(document, &first.path)),
    })
}

/// What only fails when the authenticators are built.
/// Source: k8s.io/apiserver, oidc.go, `New`.
fn check_construction(
    configuration: &Configuration,
    flags: &Flags,
    release: Release,
    document: Option<&Node>,
) -> Result<(), Refusal> {
    for (index, jwt) in configuration.jwt.iter().enumerate() {
        let errors = validation::check_jwt(jwt, "", &flags.service_account_issuers, release);
        let place = |path: &str| {
            document.and_then(|document| locate(document, &format!("jwt[{index}].{path}")))
        };
        if let Some(first) = errors.first() {
            return Err(Refusal {
                error: validation::aggregate(&errors),
                meaning: format!("the issuer {} is the server's own", jwt.issuer.url),
                place: place(&first.path),
            });
        }
        let selector = &jwt.issuer.egress_selector_type;
        if !selector.is_empty() && flags.egress_selector_config.is_empty() {
            return Err(Refusal {
                error: format!(
                    "oidc: egress lookup required with egress selector type {}",
                    crate::go::quote::quote(selector)
                ),
                meaning: "an egress selector is named, and --egress-selector-config-file is not \
                     given"
                    .to_owned(),
                place: place("issuer.egressSelectorType"),
            });
        }
    }
    Ok(())
}

fn from_flags(flags: &Flags, ca_file: &Sight<'_>, release: Release) -> Result<Server, Refusal> {
    let mut server =
        Server { release, authenticators: Vec::new(), anonymous: flag_anonymous(flags) };
    let Some(jwt) = legacy::entry(flags, ca_file, release)? else { return Ok(server) };
    let configuration = Configuration { jwt: vec![jwt], anonymous: None };
    if release.since(29) {
        refuse_invalid(&validation::check(&configuration, release), release, None)?;
        check_construction(&configuration, flags, release, None)?;
    }
    let algorithms = algorithms(flags)?;
    server.authenticators = configuration
        .jwt
        .iter()
        .map(|jwt| authenticator(jwt, Origin::Flags, algorithms.clone()))
        .collect();
    Ok(server)
}

/// The allowed algorithms; none named means the default.
fn algorithms(flags: &Flags) -> Result<Vec<String>, Refusal> {
    let named = flags.signing_algs.clone().unwrap_or_default();
    if named.is_empty() {
        return Ok(vec!["RS256".to_owned()]);
    }
    match named.iter().find(|name| !ALGORITHMS.contains(&name.as_str())) {
        None => Ok(named),
        Some(unknown) => {
            let quoted = crate::go::quote::quote(unknown);
            Err(Refusal::new(
                format!("oidc: unsupported signing alg: {quoted}"),
                format!("--oidc-signing-algs names {quoted}, which is no algorithm of the server"),
            ))
        }
    }
}

fn anonymous(configuration: &Configuration, flags: &Flags) -> Anonymous {
    match &configuration.anonymous {
        None => flag_anonymous(flags),
        Some(section) if !section.enabled => Anonymous::Disabled,
        Some(section) if section.paths.is_empty() => Anonymous::Enabled,
        Some(section) => Anonymous::Paths(section.paths.clone()),
    }
}

fn flag_anonymous(flags: &Flags) -> Anonymous {
    match flags.anonymous_auth {
        Some(false) => Anonymous::Disabled,
        Some(true) | None => Anonymous::Enabled,
    }
}

fn authenticator(jwt: &Jwt, origin: Origin, algorithms: Vec<String>) -> Authenticator {
    let given = |text: &String| (!text.is_empty()).then(|| text.clone());
    let mappings = &jwt.mappings;
    let claim_rule = |rule: &file::ClaimRuleEntry| match rule.claim.is_empty() {
        false => {
            ClaimRule::Required { claim: rule.claim.clone(), value: rule.required_value.clone() }
        }
        true => ClaimRule::Expression {
            expression: rule.expression.clone(),
            message: rule.message.clone(),
        },
    };
    Authenticator {
        issuer: jwt.issuer.url.clone(),
        discovery_url: given(&jwt.issuer.discovery_url),
        audiences: jwt.issuer.audiences.clone(),
        certificate_authority: given(&jwt.issuer.certificate_authority),
        algorithms,
        username: mapping(&mappings.username)
            .unwrap_or(Mapping::Claim { name: String::new(), prefix: String::new() }),
        groups: mapping(&mappings.groups),
        uid: mapping(&mappings.uid),
        extra: mappings
            .extra
            .iter()
            .map(|entry| ExtraMapping {
                key: entry.key.clone(),
                expression: entry.value_expression.clone(),
            })
            .collect(),
        claim_rules: jwt.claim_rules.iter().map(claim_rule).collect(),
        user_rules: jwt
            .user_rules
            .iter()
            .map(|rule| UserRule {
                expression: rule.expression.clone(),
                message: rule.message.clone(),
            })
            .collect(),
        origin,
    }
}

fn mapping(entry: &MappingEntry) -> Option<Mapping> {
    if !entry.expression.is_empty() {
        return Some(Mapping::Expression(entry.expression.clone()));
    }
    (!entry.claim.is_empty()).then(|| Mapping::Claim {
        name: entry.claim.clone(),
        prefix: entry.prefix.clone().unwrap_or_default(),
    })
}

/// The place of a path such as `jwt[0].issuer.url`, or of the deepest part of it that is there.
fn locate(document: &Node, path: &str) -> Option<Span> {
    let mut node = document;
    for part in path.split('.') {
        let (name, index) = match part.split_once('[') {
            Some((name, index)) => (name, index.trim_end_matches(']').parse::<usize>().ok()),
            None => (part, None),
        };
        let Some(member) = node.get(name) else { break };
        node = member;
        if let Some(index) = index {
            let Some(item) = node.items().get(index) else { break };
            node = item;
        }
    }
    Some(node.span)
}
