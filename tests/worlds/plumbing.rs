//! The harness itself: what a world's files and servers hold.

use std::fs;
use std::io::{Read, Write};
use std::net::{SocketAddr, TcpStream};
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::Arc;
use std::time::Duration;

use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer, ServerName};
use rustls::{ClientConfig, ClientConnection, RootCertStore, StreamOwned};
use serde_json::Value;

use crate::keys::Keyring;
use crate::plugin_cache;
use crate::run::Stage;
use crate::world::{self, World};

/// The address that the world gives for `host:port`.
fn address(stage: &Stage, place: &str) -> SocketAddr {
    let prefix = format!("{place}:");
    let entry = stage.network.resolve.iter().find_map(|entry| entry.strip_prefix(&prefix));
    let port = place.rsplit(':').next().expect("a port");
    format!("{}:{port}", entry.expect("the name resolves")).parse().expect("an address")
}

/// One GET over TLS, trusting this root: status and body.
fn get(stage: &Stage, root: &str, place: &str, path: &str) -> Result<(u16, String), String> {
    let mut roots = RootCertStore::empty();
    roots.add(CertificateDer::from_pem_slice(root.as_bytes()).expect("PEM")).expect("a root");
    let provider = Arc::new(rustls::crypto::aws_lc_rs::default_provider());
    let config = ClientConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .expect("versions")
        .with_root_certificates(roots)
        .with_no_client_auth();
    let host = place.split(':').next().expect("a host").to_owned();
    let name = ServerName::try_from(host.clone()).expect("a name");
    let connection = ClientConnection::new(Arc::new(config), name).expect("a client");
    let stream = TcpStream::connect(address(stage, place)).map_err(|e| e.to_string())?;
    stream.set_read_timeout(Some(Duration::from_secs(2))).expect("a limit");
    let mut tls = StreamOwned::new(connection, stream);
    write!(tls, "GET {path} HTTP/1.1\r\nHost: {host}\r\n\r\n").map_err(|e| e.to_string())?;
    let mut text = String::new();
    match tls.read_to_string(&mut text) {
        // The server closes without a TLS farewell.
        Err(e) if e.kind() != std::io::ErrorKind::UnexpectedEof => return Err(e.to_string()),
        _ => {}
    }
    let status = text.split(' ').nth(1).and_then(|code| code.parse().ok()).ok_or("no status")?;
    Ok((status, text.split("\r\n\r\n").nth(1).unwrap_or_default().to_owned()))
}

fn with(change: impl Fn(&str) -> String) -> World {
    let path = world::directory().join("okta-setup-output-omits-email-scope.yaml");
    World::read(&change(&fs::read_to_string(path).expect("a world")))
}

#[test]
fn an_issuer_publishes_the_key_that_signed_the_token() {
    let world = with(str::to_owned);
    let stage = Stage::set(&world, None);
    let root = &stage.network.trust.public.pem;
    let place = "dev-1234.okta.example.com:443";
    let (status, body) =
        get(&stage, root, place, "/oauth2/ausk8s/.well-known/openid-configuration")
            .expect("an answer");
    assert_eq!(status, 200);
    let discovery: Value = serde_json::from_str(&body).expect("JSON");
    assert_eq!(discovery["issuer"], "https://dev-1234.okta.example.com/oauth2/ausk8s");
    let (_, body) = get(&stage, root, place, "/oauth2/ausk8s/v1/keys").expect("an answer");
    let set: jsonwebtoken::jwk::JwkSet = serde_json::from_str(&body).expect("a key set");
    let key = jsonwebtoken::DecodingKey::from_jwk(&set.keys[0]).expect("a key");
    let mut rules = jsonwebtoken::Validation::new(jsonwebtoken::Algorithm::RS256);
    rules.validate_exp = false;
    rules.set_audience(&["0oaexampleclient"]);
    let token = stage.files.token.as_deref().expect("a token");
    let claims =
        jsonwebtoken::decode::<Value>(token, &key, &rules).expect("the signature holds").claims;
    assert_eq!(claims["groups"][0], "k8s-admins");
    let (status, _) = get(&stage, root, place, "/elsewhere").expect("an answer");
    assert_eq!(status, 404);
}

#[test]
fn every_algorithm_signs_what_its_key_verifies() {
    for alg in ["RS256", "RS384", "RS512", "PS256", "PS384", "PS512", "ES256", "ES384", "EdDSA"] {
        let world = with(|text| text.replace("alg: RS256", &format!("alg: {alg}")));
        let keys = Keyring::of(&world);
        let token = keys.token(&world).expect("a token");
        let (kid, _, key) = &keys.published[0][0];
        let jwk = serde_json::from_value(key.jwk(kid, alg)).expect("a key");
        let key = jsonwebtoken::DecodingKey::from_jwk(&jwk).expect("a key");
        let mut rules = jsonwebtoken::Validation::new(alg.parse().expect("an algorithm"));
        rules.validate_exp = false;
        rules.validate_aud = false;
        let read = jsonwebtoken::decode::<Value>(&token, &key, &rules);
        assert!(read.is_ok(), "{alg}: {read:?}");
    }
}

#[test]
fn an_unpublished_key_is_none_of_the_published() {
    let world = with(|text| text.replace("signed_by: k1", "signed_by: unpublished"));
    let keys = Keyring::of(&world);
    let (kid, alg, key) = &keys.published[0][0];
    let jwk = serde_json::from_value(key.jwk(kid, alg)).expect("a key");
    let published = jsonwebtoken::DecodingKey::from_jwk(&jwk).expect("a key");
    let mut rules = jsonwebtoken::Validation::new(jsonwebtoken::Algorithm::RS256);
    rules.validate_exp = false;
    rules.validate_aud = false;
    let token = keys.token(&world).expect("a token");
    assert!(jsonwebtoken::decode::<Value>(&token, &published, &rules).is_err());
}

#[test]
fn an_issuer_fails_as_the_world_says() {
    let path = "/oauth2/ausk8s/.well-known/openid-configuration";
    let place = "dev-1234.okta.example.com:443";
    let answer = |word: &str| {
        let stage = Stage::set(
            &with(|text| text.replace("answers: ok", &format!("answers: {word}"))),
            None,
        );
        get(&stage, &stage.network.trust.public.pem, place, path)
    };
    assert_eq!(answer("http-404").expect("an answer").0, 404);
    assert_eq!(answer("http-503").expect("an answer").0, 503);
    assert_eq!(answer("redirect-to-login").expect("an answer").0, 302);
    assert!(answer("html-page").expect("an answer").1.starts_with("<!DOCTYPE"));
    assert!(answer("refused").expect_err("no answer").contains("refused"));
    assert!(answer("timeout").is_err());
    let stage =
        Stage::set(&with(|text| text.replace("answers: ok", "answers: name-unresolved")), None);
    assert!(!stage.network.resolve.iter().any(|entry| entry.starts_with(place)));
}

#[test]
fn a_certificate_is_trusted_by_whom_the_world_says() {
    let path = "/oauth2/ausk8s/.well-known/openid-configuration";
    let place = "dev-1234.okta.example.com:443";
    for (kind, by_public, by_private) in [
        ("public", true, false),
        ("private-ca", false, true),
        ("self-signed", false, false),
        ("expired", false, false),
        ("wrong-name", false, false),
    ] {
        let world =
            with(|text| text.replace("certificate: public", &format!("certificate: {kind}")));
        let stage = Stage::set(&world, None);
        let trust = &stage.network.trust;
        assert_eq!(get(&stage, &trust.public.pem, place, path).is_ok(), by_public, "{kind}");
        assert_eq!(get(&stage, &trust.private.pem, place, path).is_ok(), by_private, "{kind}");
    }
}

#[test]
fn an_api_server_refuses_or_admits_as_the_outcome_says() {
    let place = "k8s.example.com:6443";
    let ask = |outcome: &str, path: &str| {
        let world =
            with(|text| text.replace("outcome: unauthorized", &format!("outcome: {outcome}")));
        let stage = Stage::set(&world, None);
        get(&stage, &stage.network.trust.cluster.pem, place, path).map(|(status, _)| status)
    };
    assert_eq!(ask("unauthorized", "/version"), Ok(200));
    assert_eq!(ask("unauthorized", "/api"), Ok(401));
    assert_eq!(ask("login-fails", "/api"), Ok(401));
    assert_eq!(ask("forbidden", "/api/v1/nodes"), Ok(403));
    assert_eq!(ask("allowed", "/apis/authentication.k8s.io/v1/selfsubjectreviews"), Ok(404));
    assert!(ask("server-down", "/version").is_err());
}

#[test]
fn files_are_where_the_program_looks_for_them() {
    let world = with(str::to_owned);
    let stage = Stage::set(&world, None);
    let config = fs::read_to_string(stage.files.home.join(".kube/config")).expect("a kubeconfig");
    assert!(!config.contains("${"), "{config}");
    let mut entries =
        fs::read_dir(stage.files.home.join(".kube/cache/oidc-login")).expect("a cache");
    let path = entries.next().expect("an entry").expect("an entry").path();
    let entry: Value =
        serde_json::from_str(&fs::read_to_string(&path).expect("a file")).expect("JSON");
    assert_eq!(
        plugin_cache::payload(entry["id_token"].as_str().expect("a token"))["sub"],
        "00uexampleuser"
    );
    assert!(entry.get("refresh_token").is_none());
    let manifest = fs::read_to_string(stage.files.root.join("apiserver/kube-apiserver.yaml"));
    assert!(manifest.expect("a manifest").contains("--oidc-username-claim=email"));
    assert!(
        stage.args.ends_with(&["--", "kubectl", "--user=oidc", "get", "nodes"].map(str::to_owned))
    );
}

#[test]
fn a_cache_entry_has_the_name_that_the_installed_release_gives() {
    let name = |release: &str| {
        let stage = Stage::set(&with(|text| text.replace("int128 v1.26.0", release)), None);
        let mut entries =
            fs::read_dir(stage.files.home.join(".kube/cache/oidc-login")).expect("a cache");
        entries.next().expect("an entry").expect("an entry").file_name()
    };
    let old = name("int128 v1.26.0");
    assert_eq!(old, name("int128 v1.28.0"), "the same shape, the same type ids");
    let mut all = vec![old];
    all.extend(
        ["v1.15.2", "v1.21.0", "v1.28.1", "v1.31.0", "v1.32.4", "v1.33.0", "v1.35.2", "v1.36.3"]
            .map(|release| name(&format!("int128 {release}"))),
    );
    let different: std::collections::BTreeSet<_> = all.iter().collect();
    assert_eq!(different.len(), all.len(), "{all:?}");
}

#[test]
fn a_program_on_the_path_leaves_a_mark() {
    let stage = Stage::set(&with(str::to_owned), None);
    let program = stage.files.bin.join("kubectl-oidc_login");
    assert_eq!(fs::metadata(&program).expect("a program").permissions().mode() & 0o777, 0o755);
    let said = Command::new(&program).arg("--version").output().expect("it runs");
    assert_eq!(String::from_utf8_lossy(&said.stdout), "kubelogin version v1.26.0\n");
    assert!(!stage.files.mark.exists());
    let run = Command::new(&program).arg("get-token").output().expect("it runs");
    assert_eq!(run.status.code(), Some(crate::home::RAN));
    let mark = fs::read_to_string(&stage.files.mark).expect("a mark");
    assert!(mark.contains("get-token"), "{mark}");
}

/// All files below a directory.
fn files_below(directory: &Path) -> Vec<PathBuf> {
    let entries =
        fs::read_dir(directory).expect("a directory").map(|entry| entry.expect("an entry").path());
    let (directories, mut files): (Vec<PathBuf>, Vec<PathBuf>) =
        entries.partition(|path| path.is_dir());
    files.extend(directories.iter().flat_map(|directory| files_below(directory)));
    files
}

#[test]
fn every_world_can_be_set_up() {
    for world in world::all() {
        let stage = Stage::set(&world, None);
        let texts = files_below(&stage.files.root)
            .into_iter()
            .map(|path| fs::read_to_string(path).expect("text"));
        let all: String = texts.chain(stage.args.clone()).collect();
        assert!(!all.contains("${TOKEN}") && !all.contains("${CLUSTER_CA}"), "{}", world.id);
        assert!(!all.contains("/home/dev"), "{}", world.id);
        if let Some(token) = world.token.as_ref().filter(|token| token.place != "plugin-output") {
            let text = stage.files.token.as_deref().expect("a token");
            assert!(all.contains(text), "{}: the token ({}) is nowhere", world.id, token.place);
        }
    }
}
