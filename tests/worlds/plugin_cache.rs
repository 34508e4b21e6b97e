//! The token cache of the plugin that the kubeconfig names.

use std::fs::File;
use std::time::{Duration, SystemTime};

use base64::Engine;
use oidc_doctor::client::kubelogin::{self, CacheName, Release};
use serde_json::{Value, json};

use crate::home::{Files, REFRESH};
use crate::keys::Keyring;
use crate::world::World;
use crate::yaml;

/// Which plugin a kubeconfig entry runs.
enum Plugin<'a> {
    Int128 { args: Vec<&'a str> },
    Azure { args: Vec<&'a str> },
    Pinniped { args: Vec<&'a str> },
    Other,
}

/// Writes the cache of the plugin of the user in force, and what else lies beside it.
pub(crate) fn write(files: &Files, world: &World, keys: &Keyring) {
    let user = world.user_in_force();
    let exec = user.map(|user| &user["exec"]).filter(|exec| exec.is_object());
    // The digest depends on paths as the kubeconfig has them here.
    let exec = exec.map(|exec| files.relocated_all(exec));
    let plugin = exec.as_ref().map_or(Plugin::Other, |exec| plugin(exec, world));
    let cached = world.token.as_ref().filter(|token| token.place == "plugin-cache");
    if let (Some(token), Some(text)) = (cached, &files.token) {
        let issued = token.claims["iat"].as_u64();
        match &plugin {
            Plugin::Int128 { args } => {
                write_int128(files, world, args, (text, token.refresh_token), issued);
            }
            Plugin::Azure { args } => write_azure(files, args, text, token.claims["exp"].as_u64()),
            Plugin::Pinniped { args } => write_pinniped(files, world, args, text),
            Plugin::Other => {}
        }
    }
    write_others(files, world, keys);
}

fn plugin<'a>(exec: &'a Value, world: &World) -> Plugin<'a> {
    let command = exec["command"].as_str().unwrap_or_default();
    let args: Vec<&str> =
        exec["args"].as_array().into_iter().flatten().filter_map(Value::as_str).collect();
    let name = command.rsplit('/').next().unwrap_or(command);
    match name {
        "kubectl" if args.first() == Some(&"oidc-login") => {
            Plugin::Int128 { args: args[1..].to_vec() }
        }
        "kubectl-oidc_login" => Plugin::Int128 { args },
        "kubelogin" => {
            let installed = world.environment.commands.get("kubelogin").and_then(Value::as_str);
            let azure = installed.is_some_and(|v| v.to_ascii_lowercase().starts_with("azure"));
            if azure { Plugin::Azure { args } } else { Plugin::Int128 { args } }
        }
        "pinniped" => Plugin::Pinniped { args },
        _ => Plugin::Other,
    }
}

fn write_int128(
    files: &Files,
    world: &World,
    args: &[&str],
    (token, refresh): (&str, bool),
    issued: Option<u64>,
) {
    let mut entry = json!({"id_token": token});
    if refresh {
        entry["refresh_token"] = REFRESH.into();
    }
    let kubecache = world.environment.variables.get("KUBECACHEDIR").and_then(Value::as_str);
    let directory = match (value(args, "--token-cache-dir"), kubecache) {
        (Some(directory), _) => files.place(directory),
        (None, Some(cache)) => files.place(cache).join("oidc-login"),
        (None, None) => files.home.join(".kube/cache/oidc-login"),
    };
    let path = directory.join(digest(files, world, args));
    files.keep(&path, &format!("{entry}\n"));
    if let (Some(seconds), Ok(file)) = (issued, File::options().append(true).open(&path)) {
        let _ = file.set_modified(SystemTime::UNIX_EPOCH + Duration::from_secs(seconds));
    }
}

/// The name of the cache file that the installed release would use; the newest release's where none is known.
fn digest(files: &Files, world: &World, args: &[&str]) -> String {
    let start = args.iter().position(|arg| *arg == "get-token").map_or(0, |at| at + 1);
    let (arguments, _) = kubelogin::parse(&args[start..]);
    let names = kubelogin::cache_names(&arguments, &files.home);
    let fits = |name: &&CacheName| installed(world).is_none_or(|release| is_of(name, release));
    let name = names.iter().filter(|name| name.in_flag_order).find(fits);
    name.unwrap_or(&names[0]).digest.clone()
}

/// The release of int128/kubelogin on the path.
fn installed(world: &World) -> Option<Release> {
    let versions = world.environment.commands.values().filter_map(Value::as_str);
    versions.filter_map(|version| version.strip_prefix("int128 ")).find_map(Release::read)
}

/// Does the official program of this release use this name? Those from 1.28.1 are built with a Go whose
/// first type id is 64, older ones with 65.
fn is_of(name: &CacheName, release: Release) -> bool {
    let base = if release >= (Release { major: 1, minor: 28, patch: 1 }) { 64 } else { 65 };
    let (from, to) = match name.releases.split_once(" to ") {
        Some((from, to)) => (from, Some(to)),
        None => (name.releases.trim_end_matches(" and later"), None),
    };
    let from = Release::read(from).is_some_and(|from| from <= release);
    let to = to.and_then(Release::read).is_none_or(|to| release <= to);
    from && to && name.base.is_none_or(|own| own == base)
}

/// Azure/kubelogin up to 0.1: `<environment>-<server-id>-<client-id>-<tenant-id>.json`.
fn write_azure(files: &Files, args: &[&str], token: &str, expires: Option<u64>) {
    let environment = value(args, "--environment").unwrap_or("AzurePublicCloud");
    let id = |option| value(args, option).unwrap_or_default();
    let (server, client, tenant) = (id("--server-id"), id("--client-id"), id("--tenant-id"));
    let legacy = if args.contains(&"--legacy") { "_legacy" } else { "" };
    let name = format!("{environment}-{server}-{client}-{tenant}{legacy}.json");
    let expires = expires.unwrap_or(0).to_string();
    let entry = json!({
        "access_token": token, "refresh_token": REFRESH, "expires_in": "3600", "expires_on": expires,
        "not_before": expires, "resource": server, "token_type": "Bearer",
    });
    files.keep(&files.home.join(".kube/cache/kubelogin").join(name), &entry.to_string());
}

/// Pinniped's sessions file.
fn write_pinniped(files: &Files, world: &World, args: &[&str], token: &str) {
    let scopes: Vec<&str> = value(args, "--scopes").unwrap_or("openid").split(',').collect();
    let session = json!({
        "key": {
            "clientID": value(args, "--client-id").unwrap_or("pinniped-cli"),
            "issuer": value(args, "--issuer").unwrap_or_default(),
            "redirect_uri": "http://localhost:0/callback",
            "scopes": scopes,
        },
        "creationTimestamp": world.now,
        "lastUsedTimestamp": world.now,
        "tokens": {
            "id": {"token": token, "expiryTimestamp": world.now},
            "refresh": {"token": REFRESH},
        },
    });
    let cache = json!({
        "apiVersion": "config.supervisor.pinniped.dev/v1alpha1", "kind": "SessionCache", "sessions": [session],
    });
    files.keep(&files.home.join(".config/pinniped/sessions.yaml"), &yaml::document(&cache));
}

/// Entries under other keys, as `environment.other_cache_entries` tells them.
fn write_others(files: &Files, world: &World, keys: &Keyring) {
    let entries = world.environment.rest.get("other_cache_entries").and_then(Value::as_array);
    for entry in entries.into_iter().flatten() {
        let line = entry["made_by"].as_str().and_then(shlex::split).unwrap_or_default();
        let args: Vec<&str> = line.iter().skip(1).map(String::as_str).collect();
        let kid =
            world.providers().flat_map(|p| &p.keys).map(|k| k.kid.as_str()).next().unwrap_or("k1");
        let token =
            keys.signed(&json!({"alg": "RS256", "kid": kid}), &entry["id_token_claims"], kid);
        let refresh = entry["refresh_token"] == true;
        write_int128(
            files,
            world,
            &args,
            (&token, refresh),
            entry["id_token_claims"]["iat"].as_u64(),
        );
    }
}

/// The value of an option, in either spelling.
pub(crate) fn value<'a>(args: &[&'a str], option: &str) -> Option<&'a str> {
    let at =
        args.iter().position(|arg| *arg == option || arg.starts_with(&format!("{option}=")))?;
    match args[at].split_once('=') {
        Some((_, value)) => Some(value),
        None => args.get(at + 1).copied(),
    }
}

/// The payload of a JWT, to look at what was written.
pub(crate) fn payload(token: &str) -> Value {
    let part = token.split('.').nth(1).expect("a payload");
    let bytes = base64::engine::general_purpose::URL_SAFE_NO_PAD.decode(part).expect("base64url");
    serde_json::from_slice(&bytes).expect("JSON")
}
