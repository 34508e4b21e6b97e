//! The client's side as facts: what is in force, what would be sent, and by which plugin.

use std::path::Path;

use super::Facts;
use crate::client::credential::{self, Authorization, FileContent, Method};
use crate::client::kubeconfig::{
    DefaultReason, Entries, Exec, Kubeconfig, Overrides, Server, Target, User, resolve,
};
use crate::client::kubelogin::{self, ArgumentFault, Arguments};
use crate::client::place::Place;
use crate::client::plugin::{self, ExecFault, Plugin};
use crate::client::view;
use crate::evidence::gathered::{CacheKey, KubeconfigFile, Program};
use crate::evidence::{Evidence, Gap, Origin, Who};

/// Sets every fact of the client.
pub(super) fn note(facts: &mut Facts, evidence: &Evidence) {
    let situation = &evidence.situation;
    let overrides = view::overrides(situation);
    facts.know("client.program", view::program(situation), Origin::new("command", ""));
    let config = match view::kubeconfig(&evidence.kubeconfig, situation) {
        Ok(config) => config,
        Err(errors) => {
            let why: Vec<String> = errors.iter().map(ToString::to_string).collect();
            let how = "kubectl config view".to_owned();
            let gap = Gap { why: why.join("; "), ask: Who::You, how };
            for branch in ["client", "plugin", "cache", "token"] {
                facts.miss(branch, gap.clone());
            }
            note_request(facts, evidence, "default");
            return;
        }
    };
    match resolve(&config, &overrides) {
        Ok(target) => {
            note_request(facts, evidence, &target.namespace.name);
            note_target(facts, evidence, &config, &target, &overrides);
        }
        Err(errors) => {
            note_request(facts, evidence, "default");
            let told: Vec<String> = errors.iter().map(ToString::to_string).collect();
            note_unresolved(facts, &config, &overrides, told.join("; "));
        }
    }
}

fn note_request(facts: &mut Facts, evidence: &Evidence, in_force: &str) {
    let asked = view::asked(&evidence.situation, in_force);
    let origin = Origin::new("command", "");
    let resource = match asked.subresource.as_str() {
        "" => asked.resource.clone(),
        part => format!("{}/{part}", asked.resource),
    };
    facts.know("request.text", format!("{} {resource}", asked.verb), origin.clone());
    facts.know("request.verb", asked.verb, origin.clone());
    facts.know("request.group", asked.group, origin.clone());
    facts.know("request.resource", resource, origin.clone());
    facts.know("request.name", asked.name, origin.clone());
    facts.know("request.namespace", asked.namespace, origin);
}

fn note_unresolved(facts: &mut Facts, config: &Kubeconfig, overrides: &Overrides, why: String) {
    let origin = Origin::new("kubeconfig", "");
    let current = config.current_context.as_ref().map(|c| c.value.clone());
    let context = overrides.context.clone().or(current).unwrap_or_default();
    let entry = config.contexts.get(&context);
    facts.know("client.context_defined", entry.is_some(), origin.clone());
    let named = |own: &Option<String>, of: Option<String>| own.clone().or(of);
    let of = |get: fn(&crate::client::kubeconfig::Context) -> Option<String>| {
        entry.and_then(|entry| get(&entry.value))
    };
    let user = named(&overrides.user, of(|c| c.user.as_ref().map(|n| n.value.clone())));
    if let Some(user) = user {
        facts.know("client.user_defined", config.users.get(&user).is_some(), origin.clone());
        facts.know("client.user", user, origin.clone());
    }
    let cluster = named(&overrides.cluster, of(|c| c.cluster.as_ref().map(|n| n.value.clone())));
    if let Some(cluster) = cluster {
        facts.know(
            "client.cluster_defined",
            config.clusters.get(&cluster).is_some(),
            origin.clone(),
        );
        facts.know("client.cluster", cluster, origin.clone());
    }
    facts.know("client.context", context, origin.clone());
    facts.know("client.context_error", why, origin);
}

fn note_target(
    facts: &mut Facts,
    evidence: &Evidence,
    config: &Kubeconfig,
    target: &Target<'_>,
    overrides: &Overrides,
) {
    let home = evidence.situation.home.as_str();
    let origin = |place: Option<&Place>| match place {
        Some(place) => at(place, home),
        None => Origin::new("option", ""),
    };
    let named = |name: &Option<crate::client::kubeconfig::Named>| {
        name.as_ref().map(|named| named.name.clone()).unwrap_or_default()
    };
    facts.know("client.context", named(&target.context_name), origin(None));
    if let Server::Default(reason) = &target.server {
        note_no_context(facts, evidence, reason);
    }
    let defined = target.context.is_some() || target.context_name.is_none();
    facts.know("client.context_defined", defined, origin(None));
    let cluster = target.cluster.map(|entry| &entry.name.place);
    facts.know("client.cluster", named(&target.cluster_name), origin(cluster));
    facts.know("client.cluster_defined", target.cluster.is_some(), origin(cluster));
    let user = target.user.map(|entry| &entry.name.place);
    facts.know("client.user", named(&target.user_name), origin(user));
    facts.know("client.user_defined", target.user.is_some(), origin(user));
    if let Some(entry) = target.user {
        facts.know("client.file", view::shown(&entry.file, home), origin(user));
    }
    facts.know("client.server", view::shown_url(target), origin(cluster));
    note_shadowed(facts, config, target, home);
    let entry = target.user.map(|entry| &entry.value);
    note_credential(facts, evidence, target, entry, overrides);
    let given = evidence.token.as_ref().is_some_and(is_given);
    if let Some(exec) = entry.and_then(|user| user.exec.as_ref()).filter(|_| !given) {
        note_exec(facts, evidence, &exec.value, &named(&target.user_name), home);
    }
    if let Some(certificate) = &evidence.client_certificate {
        let origin = Origin::new("client-certificate", "");
        facts.know("client.certificate_not_before", certificate.not_before, origin.clone());
        facts.know("client.certificate_not_after", certificate.not_after, origin);
    }
}

/// Nothing says which cluster: no file, or no context in the files.
fn note_no_context(facts: &mut Facts, evidence: &Evidence, reason: &DefaultReason) {
    let home = evidence.situation.home.as_str();
    let files: Vec<String> = evidence
        .kubeconfig
        .iter()
        .map(|file| match file {
            KubeconfigFile::Missing(path) => {
                format!("{} does not exist", view::shown(path.as_ref(), home))
            }
            KubeconfigFile::Read(document) => {
                format!("{} names no current context", view::shown(document.path.as_ref(), home))
            }
            KubeconfigFile::Unreadable(path, why) => {
                format!("{}: {why}", view::shown(path.as_ref(), home))
            }
        })
        .collect();
    if matches!(reason, DefaultReason::NoFile | DefaultReason::NoContext) {
        facts.know("client.no_context", files.join("; "), Origin::new("kubeconfig", ""));
    }
}

/// A token given by an option takes the place of whatever the entry would send; its plugin plays no part.
fn is_given(token: &crate::evidence::gathered::Token) -> bool {
    token.source == "given" || token.source == "command line"
}

fn at(place: &Place, home: &str) -> Origin {
    let origin = place.origin("kubeconfig", "");
    Origin { path: view::shown(Path::new(&origin.path), home), ..origin }
}

fn note_shadowed(facts: &mut Facts, config: &Kubeconfig, target: &Target<'_>, home: &str) {
    let mut told = Vec::new();
    fn of<T>(entries: &Entries<T>, kind: &str, name: &str, home: &str, told: &mut Vec<String>) {
        for entry in entries.shadowed(name) {
            let line = entry.name.place.span.line;
            told.push(format!("{kind} {name} in {}:{line}", view::shown(&entry.file, home)));
        }
    }
    if let Some(named) = &target.user_name {
        of(&config.users, "user", &named.name, home, &mut told);
    }
    if let Some(named) = &target.cluster_name {
        of(&config.clusters, "cluster", &named.name, home, &mut told);
    }
    if let Some(named) = &target.context_name {
        of(&config.contexts, "context", &named.name, home, &mut told);
    }
    facts.know("client.shadowed", told, Origin::new("kubeconfig", ""));
}

fn note_credential(
    facts: &mut Facts,
    evidence: &Evidence,
    target: &Target<'_>,
    user: Option<&User>,
    overrides: &Overrides,
) {
    let origin = target
        .user
        .map_or_else(Origin::default, |entry| at(&entry.name.place, &evidence.situation.home));
    let name = target.user_name.as_ref().map_or("", |named| named.name.as_str());
    let cluster = target.cluster.map(|entry| &entry.value);
    let tls = credential::is_tls(target.url(), cluster, overrides);
    if let Some(provider) = user.and_then(|user| user.auth_provider.as_ref()) {
        let place = at(&provider.value.name.place, &evidence.situation.home);
        facts.know("client.auth_provider", provider.value.name.value.as_str(), place);
        note_auth_provider(facts, provider, &evidence.situation.home);
    }
    if let Some(person) = user.and_then(|user| user.impersonation.user.as_ref()) {
        let place = at(&person.place, &evidence.situation.home);
        facts.know("client.impersonates", person.value.as_str(), place);
    } else if let Some(person) = &overrides.impersonated_user {
        facts.know("client.impersonates", person.as_str(), Origin::new("command", "--as"));
    }
    let not_read = |_: &Path| FileContent::NotRead;
    match credential::credential(name, user, overrides, tls, &not_read) {
        Err(conflicts) => {
            let told: Vec<String> = conflicts.iter().map(ToString::to_string).collect();
            facts.know("client.conflict", told.join("; "), origin);
        }
        Ok(credential) => {
            let given = evidence
                .token
                .as_ref()
                .is_some_and(|token| token.source == "given" || token.source == "command line");
            let kind = if given { "token" } else { kind(&credential.authorization) };
            let anonymous = credential.prompts() && !given;
            facts.know("client.credential", kind, origin.clone());
            facts.know("client.certificate", credential.certificate, origin.clone());
            facts.know("client.anonymous", anonymous, origin.clone());
            let hides: Vec<String> =
                credential.hidden.iter().map(|hidden| method(hidden.loser).to_owned()).collect();
            facts.know("client.hides", hides, origin.clone());
            if let Some(winner) = credential.hidden_by(Method::Exec) {
                facts.know("client.plugin_hidden_by", method(winner), origin.clone());
            }
            if credential.certificate {
                note_certificate(facts, evidence, &origin);
            }
        }
    }
}

/// The legacy auth-provider logs in at an issuer as a client, as a plugin does.
fn note_auth_provider(
    facts: &mut Facts,
    provider: &crate::client::place::Placed<crate::client::kubeconfig::AuthProvider>,
    home: &str,
) {
    for (path, name) in [("plugin.issuer", "idp-issuer-url"), ("plugin.client", "client-id")] {
        if let Some(setting) = provider.value.setting(name) {
            facts.know(path, setting.value.shown(), at(&setting.place, home));
        }
    }
}

fn note_certificate(facts: &mut Facts, evidence: &Evidence, origin: &Origin) {
    let Some(certificate) = &evidence.client_certificate else {
        let why = "the client certificate could not be read".to_owned();
        let gap = Gap { why, ask: Who::You, how: String::new() };
        facts.miss("client.certificate_user", gap.clone());
        facts.miss("client.certificate_groups", gap);
        return;
    };
    let parts = |key: &str| -> Vec<String> {
        certificate
            .subject
            .split(", ")
            .filter_map(|part| part.strip_prefix(key)?.strip_prefix('=').map(str::to_owned))
            .collect()
    };
    if let Some(name) = parts("CN").into_iter().next() {
        facts.know("client.certificate_user", name, origin.clone());
    }
    facts.know("client.certificate_groups", parts("O"), origin.clone());
}

fn kind(authorization: &Authorization<'_>) -> &'static str {
    match authorization {
        Authorization::AuthProvider(_) => "auth-provider",
        Authorization::Basic { .. } => "basic",
        Authorization::Exec(_) => "exec",
        Authorization::Nothing | Authorization::PlainHttp => "none",
        Authorization::Token { .. } => "token",
        Authorization::TokenFile { .. } => "token-file",
    }
}

fn method(method: Method) -> &'static str {
    match method {
        Method::AuthProvider => "auth-provider",
        Method::Basic => "basic",
        Method::Certificate => "client-certificate",
        Method::Exec => "exec",
        Method::Token => "token",
        Method::TokenFile => "token-file",
    }
}

fn note_exec(facts: &mut Facts, evidence: &Evidence, exec: &Exec, user: &str, home: &str) {
    let place = exec.command.as_ref().map(|command| at(&command.place, home));
    let origin = place.unwrap_or_default();
    let faults = plugin::exec_faults(user, exec);
    if let Some(version) = &exec.api_version {
        let place = at(&version.place, home);
        facts.know("client.exec_api_version", version.value.as_str(), place);
    }
    if let Some(mode) = &exec.interactive_mode {
        facts.know("client.interactive_mode", mode.value.as_str(), at(&mode.place, home));
    }
    let other = |fault: &&ExecFault| {
        !matches!(
            fault,
            ExecFault::ApiVersionUnsupported { .. } | ExecFault::InteractiveModeMissing { .. }
        )
    };
    if let Some(fault) = faults.iter().find(other) {
        facts.know("client.exec_error", fault.to_string(), origin.clone());
    }
    let command = exec.command.as_ref().map(|c| c.value.clone()).unwrap_or_default();
    let recognised = plugin::recognise(exec);
    facts.know("plugin.command", shown_command(exec, &command), origin.clone());
    facts.know("plugin.kind", plugin_kind(&recognised), origin.clone());
    note_programs(facts, evidence, exec, &origin);
    if let Plugin::Kubelogin { first: Some(first), .. } = recognised {
        note_kubelogin(facts, exec, first, home);
        if let Some(command) = set_command(exec, user) {
            facts.know("plugin.set_command", command, origin.clone());
        }
        let cached = evidence.token.as_ref().is_some_and(|token| token.source == "plugin-cache");
        if let Some(command) = clean_command(facts, exec).filter(|_| cached) {
            facts.know("plugin.clean_command", command, origin);
        }
    }
    note_cache(facts, evidence);
}

fn shown_command(exec: &Exec, command: &str) -> String {
    match exec.args.first() {
        Some(first) if !first.value.shown().starts_with('-') => {
            format!("{command} {}", first.value.shown())
        }
        _ => command.to_owned(),
    }
}

fn plugin_kind(plugin: &Plugin) -> &'static str {
    match plugin {
        Plugin::Aws | Plugin::AwsIamAuthenticator => "aws",
        Plugin::AzureKubelogin => "azure-kubelogin",
        Plugin::Gke => "gke",
        Plugin::Kubelogin { .. } => "int128-kubelogin",
        Plugin::OidcAgent => "oidc-agent",
        Plugin::Pinniped { .. } => "pinniped",
        Plugin::Tsh => "tsh",
        Plugin::Unknown => "other",
    }
}

fn note_programs(facts: &mut Facts, evidence: &Evidence, exec: &Exec, origin: &Origin) {
    let Some(candidates) = plugin::candidates(exec) else { return };
    let there =
        |name: &str| evidence.programs.iter().find(|p| p.name == name).filter(|p| p.path.is_some());
    let command = match &candidates.command {
        plugin::Lookup::OnPath(name) => name.clone(),
        plugin::Lookup::Path(path) => path.display().to_string(),
    };
    let (wanted, found) = match candidates.plugins.as_slice() {
        [] => (command.clone(), there(&command)),
        plugins => {
            let shortest = plugins.last().cloned().unwrap_or_default();
            let found = plugins.iter().find_map(|name| there(name));
            (shortest, found.filter(|_| there(&command).is_some()))
        }
    };
    facts.know("plugin.wanted", wanted.as_str(), origin.clone());
    if evidence.programs.iter().any(|p| p.name == command) {
        facts.know("plugin.found", found.is_some(), Origin::new("path", "PATH"));
    } else {
        let (why, how) = ("PATH was not searched".to_owned(), format!("which {command}"));
        facts.miss("plugin.found", Gap { why, ask: Who::You, how });
    }
    if let Some(program) = found {
        note_installed(facts, program);
    }
    let others: Vec<String> = evidence
        .programs
        .iter()
        .filter(|p| p.path.is_some() && p.name != command && p.name != wanted)
        .filter(|p| !candidates.plugins.contains(&p.name))
        .map(|p| format!("{} is on PATH", p.name))
        .collect();
    if !others.is_empty() && found.is_none() {
        facts.know("plugin.other_names", others, Origin::new("path", "PATH"));
    }
}

/// Which kubelogin a program is: Azure's says a git hash on a line of its own.
fn note_installed(facts: &mut Facts, program: &Program) {
    let Some(text) = &program.version else { return };
    let lower = text.to_ascii_lowercase();
    let azure = lower.contains("git hash") || lower.contains("azure");
    let kind = if azure { "azure-kubelogin" } else { "int128-kubelogin" };
    let origin = Origin::new("path", program.path.clone().unwrap_or_default()).part("--version");
    facts.know("plugin.installed", kind, origin.clone());
    let version = text
        .split(|c: char| c.is_whitespace() || c == '/')
        .find(|word| word.trim_start_matches('v').starts_with(|c: char| c.is_ascii_digit()));
    let Some(version) = version else { return };
    facts.know("plugin.version", version, origin.clone());
    if let Some(release) = kubelogin::Release::read(version).filter(|_| !azure) {
        facts.know("plugin.api_versions", api_versions(release), origin);
    }
}

/// Up to 1.30.1 the plugin answers v1beta1 whatever it is asked.
/// int128/kubelogin, pkg/credentialplugin/writer; spec-client 5.3.3.
fn api_versions(release: kubelogin::Release) -> Vec<String> {
    let mut versions = vec!["client.authentication.k8s.io/v1beta1".to_owned()];
    if (release.major, release.minor) >= (1, 31) {
        versions.push("client.authentication.k8s.io/v1".to_owned());
    }
    versions
}

fn note_kubelogin(facts: &mut Facts, exec: &Exec, first: usize, home: &str) {
    let args: Vec<&str> = exec.args.iter().skip(first).map(|arg| arg.value.expose()).collect();
    let (arguments, faults) = kubelogin::parse(&args);
    let place = |flag: &str| {
        let given = exec.args.iter().skip(first).find(|a| a.value.shown().starts_with(flag));
        given.or(exec.args.last()).map_or_else(Origin::default, |a| at(&a.place, home).part(flag))
    };
    facts.know("plugin.issuer", arguments.issuer_url.as_str(), place("--oidc-issuer-url"));
    facts.know("plugin.client", arguments.client_id.as_str(), place("--oidc-client-id"));
    let scopes = arguments.scopes().into_iter().map(str::to_owned).collect::<Vec<_>>();
    facts.know("plugin.scopes", scopes, place("--oidc-extra-scope"));
    facts.know("plugin.grant", grant(&arguments), place("--grant-type"));
    let secret = arguments.has_client_secret();
    facts.know("plugin.secret", secret, place("--oidc-client-secret"));
    facts.know("plugin.pkce", pkce(&arguments), place("--oidc-pkce-method"));
    facts.know("plugin.access_token", arguments.use_access_token, place("--oidc-use-access-token"));
    facts.know("plugin.force_refresh", arguments.force_refresh, place("--force-refresh"));
    facts.know("plugin.listen", arguments.listen_at(), place("--listen-address"));
    let unknown = unknown_arguments(facts, &faults, &args);
    facts.know("plugin.arguments_unknown", unknown, place("--"));
}

fn grant(arguments: &Arguments) -> &'static str {
    use kubelogin::Grant;
    match arguments.grant() {
        Grant::AuthCode | Grant::AuthCodeKeyboard => "authorization_code",
        Grant::ClientCredentials => "client_credentials",
        Grant::DeviceCode => "urn:ietf:params:oauth:grant-type:device_code",
        Grant::Password => "password",
    }
}

fn pkce(arguments: &Arguments) -> &'static str {
    use kubelogin::Pkce;
    match arguments.pkce() {
        Pkce::Auto => "auto",
        Pkce::No => "no",
        Pkce::S256 => "S256",
    }
}

/// Arguments that the installed program does not know. Azure's kubelogin knows none of int128's.
fn unknown_arguments(facts: &Facts, faults: &[ArgumentFault], args: &[&str]) -> Vec<String> {
    let flag = |index: usize| {
        let word = args.get(index).copied().unwrap_or_default();
        word.split('=').next().unwrap_or_default().to_owned()
    };
    if facts.text("plugin.installed").as_deref() == Some("azure-kubelogin") {
        return args
            .iter()
            .filter(|a| a.starts_with("--oidc-"))
            .map(|a| a.split('=').next().unwrap_or(a).to_owned())
            .collect();
    }
    let installed = facts.text("plugin.version").and_then(|v| kubelogin::Release::read(&v));
    let unknown = faults.iter().filter_map(|fault| match (fault, installed) {
        (ArgumentFault::Unknown { index, .. }, _) => Some(flag(*index)),
        (ArgumentFault::Recent { index, since, .. }, Some(has)) if has < *since => {
            Some(flag(*index))
        }
        (ArgumentFault::Removed { index, since, .. }, Some(has)) if has >= *since => {
            Some(flag(*index))
        }
        _ => None,
    });
    unknown.collect()
}

/// The command that writes the exec entry anew; none when an argument holds a secret.
/// kubectl reads `--exec-arg` as CSV (kubectl, pkg/cmd/config/set_credentials.go), so an argument with
/// a comma or a quote goes in CSV's quotes.
fn set_command(exec: &Exec, user: &str) -> Option<String> {
    if user.starts_with('-') || user.contains(char::is_control) {
        return None;
    }
    let quote = |text: &str| shlex::try_quote(text).map(|q| q.into_owned()).ok();
    let mut words = vec![format!("kubectl config set-credentials {}", quote(user)?)];
    if let Some(version) = &exec.api_version {
        words.push(format!("--exec-api-version={}", quote(&version.value)?));
    }
    if let Some(command) = &exec.command {
        words.push(format!("--exec-command={}", quote(&command.value)?));
    }
    for arg in &exec.args {
        if arg.value.hides() {
            return None;
        }
        words.push(format!("--exec-arg={}", quote(&csv_field(arg.value.shown()))?));
    }
    Some(words.join(" "))
}

/// The command that empties the plugin's cache, where the plugin has it (from 1.32).
fn clean_command(facts: &Facts, exec: &Exec) -> Option<String> {
    let release = facts.text("plugin.version").and_then(|v| kubelogin::Release::read(&v));
    let has_it = release.is_none_or(|r| (r.major, r.minor) >= (1, 32));
    let elsewhere = exec.args.iter().any(|a| a.value.shown().starts_with("--token-cache-dir"));
    if !has_it || elsewhere {
        return None;
    }
    let command = exec.command.as_ref()?.value.as_str();
    match command.rsplit('/').next()? {
        "kubectl" => Some("kubectl oidc-login clean".to_owned()),
        "docker" => None,
        _ => Some(format!("{} clean", shlex::try_quote(command).ok()?)),
    }
}

fn csv_field(text: &str) -> String {
    match text.contains([',', '"']) {
        true => format!("\"{}\"", text.replace('"', "\"\"")),
        false => text.to_owned(),
    }
}

fn note_cache(facts: &mut Facts, evidence: &Evidence) {
    let Some(cache) = &evidence.cache else { return };
    let origin = Origin::new("token-cache", cache.directory.as_str());
    facts.know("cache.directory", cache.directory.as_str(), origin.clone());
    let found = evidence.token.as_ref().is_some_and(|token| token.source == "plugin-cache");
    facts.know("cache.found", found, origin.clone());
    if let Some(fault) = &cache.fault {
        facts.know("cache.fault", fault.as_str(), origin.clone());
    }
    if let Some(file) = cache.files.iter().find(|file| file.key == CacheKey::This) {
        facts.know(
            "cache.file",
            file.path.as_str(),
            Origin::new("token-cache", file.path.as_str()),
        );
    }
    let now = evidence.situation.now;
    let usable = |f: &&crate::evidence::gathered::CacheFile| {
        f.key == CacheKey::Other && f.expires.is_some_and(|end| end > now)
    };
    if let Some(file) = cache.files.iter().find(usable) {
        facts.know("cache.other_key", file.path.as_str(), origin);
    }
}
