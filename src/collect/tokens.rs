//! The token that kubectl would send, and what is needed to find it. Plugins are not run: their
//! caches are read.

use std::path::{Path, PathBuf};
use std::time::UNIX_EPOCH;

use secrecy::{ExposeSecret, SecretString};

use super::cluster::{Impersonation, Server, Verification};
use super::files::{bounded, text};
use super::gather::{InputError, named, trimmed};
use super::http::{Credential as Shown, Route};
use super::surroundings::Surroundings;
use super::tls::{Identity, Trust};
use super::wishes::{TokenInput, Wishes};
use crate::client::credential::{self, Authorization, FileContent};
use crate::client::environment::Environment;
use crate::client::kubeconfig::{Exec, Kubeconfig, Overrides, Target, User, resolve};
use crate::client::kubelogin;
use crate::client::place::{Place, Placed};
use crate::client::plugin::{self, Plugin};
use crate::client::token as look;
use crate::client::view;
use crate::evidence::certificate::{Certificate, pem_facts};
use crate::evidence::gathered::{Cache, CacheFile, CacheKey, Presence, Token, TokenText};
use crate::evidence::moment::Moment;
use crate::evidence::{Gap, Who};

/// Bytes that a token may have.
const TOKEN_LIMIT: u64 = 10 << 20;
/// Files of a cache directory that are looked at.
const MOST_CACHE_FILES: usize = 200;

/// A token given by an option.
pub(super) type Given = Token;

/// The token of `--token-file`.
pub(super) fn given(wishes: &Wishes) -> Result<Option<Given>, InputError> {
    let (text, path) = match &wishes.token {
        None => return Ok(in_command(wishes)),
        Some(TokenInput::File(path)) => (named(path, TOKEN_LIMIT)?, path.display().to_string()),
        Some(TokenInput::StandardInput) => {
            let read = bounded(std::io::stdin().lock(), TOKEN_LIMIT);
            let read = read.map_err(|why| InputError { path: "-".into(), why: why.to_string() });
            (read?, "standard input".to_owned())
        }
    };
    let text = TokenText::Whole(trimmed(&text.into()));
    let token = Token {
        source: "given".to_owned(),
        path,
        place: None,
        text,
        refresh_token: Presence::Absent,
    };
    Ok(Some(token))
}

/// The token of `--token` in the command that failed. The words that are kept have it blanked.
fn in_command(wishes: &Wishes) -> Option<Given> {
    let words: Vec<&str> = wishes.command.iter().map(String::as_str).collect();
    let token = crate::client::command::parse(&words).ok()?.overrides.token?;
    Some(fixed("command line", "--token".to_owned(), None, token))
}

/// What the kubeconfig leads to.
#[derive(Default)]
pub(super) struct Found {
    pub(super) programs: Vec<String>,
    pub(super) cache: Option<Cache>,
    pub(super) token: Option<Token>,
    pub(super) gap: Option<Gap>,
    pub(super) certificate: Option<Certificate>,
    pub(super) server: Option<Server>,
    pub(super) namespace: String,
}

/// Follows the kubeconfig to the token.
pub(super) fn find(config: &Kubeconfig, overrides: &Overrides, around: &Surroundings) -> Found {
    let Ok(target) = resolve(config, overrides) else { return Found::default() };
    let mut found = Found { namespace: target.namespace.name.clone(), ..Found::default() };
    let user = target.user.map(|entry| &entry.value);
    let name = target.user_name.as_ref().map_or("", |named| named.name.as_str());
    let cluster = target.cluster.map(|entry| &entry.value);
    let tls = credential::is_tls(target.url(), cluster, overrides);
    let credential = credential::credential(name, user, overrides, tls, &file);
    if let Some(exec) = user.and_then(|user| user.exec.as_ref()) {
        found.programs = wanted_programs(&exec.value);
    }
    if let Some(user) = user {
        found.certificate = certificate(user);
    }
    if let Ok(credential) = &credential {
        follow(&mut found, &credential.authorization, around);
    }
    found.server = server(&target, overrides, &found, user);
    found
}

fn file(path: &Path) -> FileContent {
    match text(path, TOKEN_LIMIT) {
        Ok(text) => FileContent::Text(text.into()),
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => FileContent::Missing,
        Err(error) => FileContent::Unreadable(error.to_string()),
    }
}

fn follow(found: &mut Found, authorization: &Authorization<'_>, around: &Surroundings) {
    let home = around.home.display().to_string();
    match authorization {
        Authorization::Token { token } => {
            found.token = Some(fixed("kubeconfig", String::new(), None, token.clone()));
        }
        Authorization::TokenFile { path, token } => {
            let path = view::shown(path, &home);
            match token {
                Some(token) => found.token = Some(fixed("token-file", path, None, token.clone())),
                None => found.gap = Some(gap(&format!("{path} could not be read"), "")),
            }
        }
        Authorization::AuthProvider(provider) => {
            let setting = |name| provider.value.setting(name);
            let refresh = presence(setting("refresh-token").is_some());
            match setting("id-token") {
                Some(Placed { value, place }) => {
                    let token: SecretString = value.expose().to_owned().into();
                    let mut token = fixed("auth-provider", shown(place, &home), Some(place), token);
                    token.refresh_token = refresh;
                    found.token = Some(token);
                }
                None => found.gap = Some(gap("the auth-provider entry holds no id-token", "")),
            }
        }
        Authorization::Exec(exec) => by_plugin(found, &exec.value, around),
        Authorization::Basic { .. } | Authorization::Nothing | Authorization::PlainHttp => {}
    }
}

fn fixed(source: &str, path: String, place: Option<&Place>, token: SecretString) -> Token {
    Token {
        source: source.to_owned(),
        path,
        place: place.map(|place| (place.span.line, place.span.column)),
        text: TokenText::Whole(token),
        refresh_token: Presence::Absent,
    }
}

fn shown(place: &Place, home: &str) -> String {
    view::shown(&place.file, home)
}

fn presence(there: bool) -> Presence {
    if there { Presence::Present } else { Presence::Absent }
}

fn gap(why: &str, how: &str) -> Gap {
    Gap { why: why.to_owned(), ask: Who::You, how: how.to_owned() }
}

/// Names to look for on PATH: the command, kubectl's plugin names, and the other names of kubelogin.
fn wanted_programs(exec: &Exec) -> Vec<String> {
    let Some(candidates) = plugin::candidates(exec) else { return Vec::new() };
    let mut names = match candidates.command {
        plugin::Lookup::OnPath(name) => vec![name],
        plugin::Lookup::Path(path) => vec![path.display().to_string()],
    };
    names.extend(candidates.plugins);
    for other in ["kubectl-oidc_login", "kubelogin", "kubectl-oidc-login", "oidc-login"] {
        if !names.iter().any(|name| name == other) {
            names.push(other.to_owned());
        }
    }
    names
}

fn by_plugin(found: &mut Found, exec: &Exec, around: &Surroundings) {
    let Plugin::Kubelogin { first: Some(first), .. } = plugin::recognise(exec) else {
        let how = "kubectl's plugin prints it: run it, and give its token with --token-file -";
        found.gap = Some(gap("this plugin's cache is not read by this version", how));
        return;
    };
    let variable = |name: &str| around.variables.get(name).cloned();
    let environment = Environment::new(Some(exec), &variable);
    let args: Vec<&str> = exec.args.iter().skip(first).map(|arg| arg.value.expose()).collect();
    let (arguments, _) = kubelogin::parse(&args);
    let home = environment.home().unwrap_or_default();
    let names = kubelogin::cache_names(&arguments, &home);
    let mut cache = Cache::default();
    for directory in kubelogin::cache_directories(&arguments, &environment) {
        read_directory(found, &mut cache, &directory.path, &names, &arguments, around);
        if found.token.is_some() {
            break;
        }
    }
    if found.token.is_none() {
        let why = format!("no token for these arguments lies in {}", cache.directory);
        found.gap = Some(gap(&why, "log in once: run the command that failed, then check again"));
    }
    found.cache = Some(cache);
}

fn read_directory(
    found: &mut Found,
    cache: &mut Cache,
    directory: &Path,
    names: &[kubelogin::CacheName],
    arguments: &kubelogin::Arguments,
    around: &Surroundings,
) {
    let home = around.home.display().to_string();
    cache.directory = view::shown(directory, &home);
    let entries = match std::fs::read_dir(directory) {
        Ok(entries) => entries,
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => return,
        Err(error) => {
            cache.fault = Some(format!("{}: {error}", cache.directory));
            return;
        }
    };
    // The names that follow from the arguments come first, however many files lie beside them.
    let mut files: Vec<PathBuf> =
        names.iter().map(|name| directory.join(&name.digest)).filter(|p| p.is_file()).collect();
    let others = entries.flatten().map(|entry| entry.path()).take(MOST_CACHE_FILES);
    files.extend(others.collect::<Vec<_>>());
    files.sort();
    files.dedup();
    let order = |path: &PathBuf| {
        let name = path.file_name().unwrap_or_default().to_string_lossy().into_owned();
        names.iter().position(|known| known.digest == name).unwrap_or(usize::MAX)
    };
    files.sort_by_key(order);
    for path in files {
        let this = order(&path) != usize::MAX;
        read_file(found, cache, &path, this, arguments, &home);
    }
}

fn read_file(
    found: &mut Found,
    cache: &mut Cache,
    path: &Path,
    this: bool,
    arguments: &kubelogin::Arguments,
    home: &str,
) {
    if path.extension().is_some() || !path.is_file() {
        return;
    }
    let mut file = CacheFile {
        path: shortened(&view::shown(path, home)),
        key: if this { CacheKey::This } else { CacheKey::Other },
        modified: modified(path),
        refresh_token: Presence::Absent,
        issuer: None,
        expires: None,
        fault: None,
    };
    let entry = match text(path, TOKEN_LIMIT).map(|text| kubelogin::read_cache(&text)) {
        Ok(Ok(Some(entry))) => entry,
        Ok(Ok(None)) => return,
        Ok(Err(error)) => return fault(cache, file, this, error.to_string()),
        Err(error) => return fault(cache, file, this, error.to_string()),
    };
    file.refresh_token = presence(entry.refresh_token.is_some());
    let Some(token) = entry.id_token else { return };
    let jwt = look::read(token.expose_secret());
    let claims = jwt.jwt().map(|jwt| &jwt.claims);
    let claim = |name: &str| claims.and_then(|claims| claims.get(name));
    file.issuer = claim("iss").and_then(|iss| iss.as_str()).map(str::to_owned);
    file.expires = claim("exp").and_then(|exp| exp.as_i64()).map(Moment::from_unix);
    let same = file.issuer.as_deref() == Some(arguments.issuer_url.as_str())
        && claim("aud").is_some_and(|aud| names_client(aud, &arguments.client_id));
    if this && found.token.is_none() {
        found.token = Some(Token {
            source: "plugin-cache".to_owned(),
            path: file.path.clone(),
            place: None,
            text: TokenText::Whole(token),
            refresh_token: file.refresh_token,
        });
    }
    if this || same {
        cache.files.push(file);
    }
}

/// The path with the digest cut: it follows from the client secret among others, so the whole of it
/// beside the other arguments would let a weak secret be guessed.
fn shortened(path: &str) -> String {
    const KEPT: usize = 12;
    let (folder, name) = path.rsplit_once('/').unwrap_or(("", path));
    let digest = name.len() == 64 && name.bytes().all(|b| b.is_ascii_hexdigit());
    if digest { format!("{folder}/{}…", &name[..KEPT]) } else { path.to_owned() }
}

fn fault(cache: &mut Cache, mut file: CacheFile, this: bool, why: String) {
    if this {
        cache.fault = Some(format!("{}: {why}", file.path));
        file.fault = Some(why);
        cache.files.push(file);
    }
}

fn names_client(aud: &serde_json::Value, client: &str) -> bool {
    match aud {
        serde_json::Value::String(text) => text == client,
        serde_json::Value::Array(items) => items.iter().any(|item| item.as_str() == Some(client)),
        _ => false,
    }
}

fn modified(path: &Path) -> Option<Moment> {
    let time = path.metadata().ok()?.modified().ok()?;
    let seconds = time.duration_since(UNIX_EPOCH).ok()?.as_secs();
    Some(Moment::from_unix(i64::try_from(seconds).ok()?))
}

fn certificate(user: &User) -> Option<Certificate> {
    pem_facts(&certificate_pem(user)?).certificates.into_iter().next()
}

fn certificate_pem(user: &User) -> Option<String> {
    if let Some(data) = &user.certificate.data {
        return String::from_utf8(data.value.clone()).ok();
    }
    text(&user.certificate.file.as_ref()?.value.resolved, TOKEN_LIMIT).ok()
}

fn identity(user: &User) -> Option<Identity> {
    let key = match (&user.certificate.key_data, &user.certificate.key_file) {
        (Some(data), _) => data.value.clone(),
        (None, Some(file)) => text(&file.value.resolved, TOKEN_LIMIT).ok()?.into(),
        (None, None) => return None,
    };
    Some(Identity { certificates: certificate_pem(user)?, key })
}

fn server(
    target: &Target<'_>,
    overrides: &Overrides,
    found: &Found,
    user: Option<&User>,
) -> Option<Server> {
    let cluster = target.cluster.map(|entry| &entry.value);
    let authority = overrides
        .certificate_authority
        .clone()
        .or_else(|| cluster?.certificate_authority.as_ref().map(|f| f.value.resolved.clone()));
    let pem = cluster
        .and_then(|cluster| cluster.certificate_authority_data.as_ref())
        .and_then(|data| String::from_utf8(data.value.clone()).ok())
        .or_else(|| text(&authority?, TOKEN_LIMIT).ok());
    let skipped = overrides.insecure_skip_tls_verify.unwrap_or_else(|| {
        cluster.is_some_and(|c| c.insecure_skip_tls_verify.as_ref().is_some_and(|f| f.value))
    });
    let bearer = match found.token.as_ref().map(|token| &token.text) {
        Some(TokenText::Whole(secret)) => Some(secret.clone()),
        _ => None,
    };
    let as_user = overrides
        .impersonated_user
        .clone()
        .or_else(|| user?.impersonation.user.as_ref().map(|user| user.value.clone()));
    Some(Server {
        url: target.url().to_owned(),
        trust: pem.map_or(Trust::System, Trust::Only),
        verification: if skipped { Verification::Skipped } else { Verification::Verified },
        server_name: cluster.and_then(|c| c.tls_server_name.as_ref()).map(|n| n.value.clone()),
        route: Route::Environment,
        credential: Shown { bearer, identity: user.and_then(identity) },
        impersonation: Impersonation {
            user: as_user.unwrap_or_default(),
            ..Impersonation::default()
        },
    })
}
