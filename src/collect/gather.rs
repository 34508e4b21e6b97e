//! One diagnosis' evidence, source by source. A source that fails becomes a gap; the rest goes on.

use std::io;
use std::path::{Path, PathBuf};
use std::time::Instant;

use secrecy::ExposeSecret;

use super::files::{FILE_LIMIT, below, text};
use super::http::{Network, Reach, Terms};
use super::proxy::ProxyVariables;
use super::surroundings::Surroundings;
use super::tls::Trust;
use super::wishes::Wishes;
use super::{issuers, live, programs, tokens};
use crate::client::kubeconfig::{files_to_read, password_of, secret_spans};
use crate::client::veiled::Veiled;
use crate::client::view;
use crate::evidence::blank;
use crate::evidence::documents::{Document, Text};
use crate::evidence::gathered::{ControlPlane, KubeconfigFile, NetworkUse, Overrides, Situation};
use crate::evidence::{Evidence, Gap, Who};
use crate::go::tree::Value;
use crate::go::yaml;

/// An input that was named and cannot be read.
#[derive(Debug, thiserror::Error)]
#[error("{path}: {why}")]
pub struct InputError {
    /// The file.
    pub path: String,
    /// Why.
    pub why: String,
}

/// Collects everything that the wishes and the surroundings lead to.
///
/// # Errors
///
/// A file that was named by an option and cannot be read.
pub fn gather(wishes: &Wishes, around: &Surroundings) -> Result<Evidence, InputError> {
    let begun = Instant::now();
    let home = around.home.display().to_string();
    let mut evidence = Evidence {
        situation: situation(wishes, around),
        kubeconfig: Vec::new(),
        programs: Vec::new(),
        cache: None,
        token: None,
        token_gap: None,
        client_certificate: None,
        issuers: Vec::new(),
        control_planes: control_planes(&wishes.apiserver_config, &home)?,
        rbac: documents(&wishes.rbac, &home)?,
        live: None,
        log: documents(&wishes.apiserver_log, &home)?,
        gaps: Default::default(),
    };
    for path in &wishes.idp_policy {
        let why = "this version does not read provider policies".to_owned();
        let how = path.display().to_string();
        evidence.gaps.insert("policy".to_owned(), Gap { why, ask: Who::You, how });
    }
    evidence.kubeconfig = kubeconfig_files(&evidence.situation, around);
    named_exists(&evidence)?;
    let issuer_ca = wishes.issuer_ca.as_deref().map(|p| named(p, FILE_LIMIT)).transpose()?;
    let given = tokens::given(wishes)?;
    let terms = Terms {
        reach: if wishes.offline { Reach::Offline } else { Reach::Online },
        pins: wishes.pins.clone(),
        proxies: ProxyVariables::read(|name| around.variables.get(name).cloned()),
        ..Terms::until(begun + wishes.deadline)
    };
    let network = Network::new(terms);
    let asking = ask(&mut evidence, around, &network, given, issuer_ca);
    super::drive(asking)
        .map_err(|error| InputError { path: "the network".to_owned(), why: error.to_string() })?;
    Ok(evidence)
}

/// Programs and token first, because they say whom to ask; then everything at the same time.
async fn ask(
    evidence: &mut Evidence,
    around: &Surroundings,
    network: &Network,
    given: Option<tokens::Given>,
    issuer_ca: Option<String>,
) {
    let merged = view::kubeconfig(&evidence.kubeconfig, &evidence.situation);
    let overrides = view::overrides(&evidence.situation);
    let found = merged.as_ref().ok().map(|config| tokens::find(config, &overrides, around));
    let mut server = None;
    let mut namespace = "default".to_owned();
    if let Some(found) = found {
        evidence.programs = programs::look(
            &found.programs,
            around.variable("PATH").unwrap_or(""),
            network.terms().deadline,
        )
        .await;
        evidence.cache = found.cache;
        evidence.token = found.token;
        evidence.token_gap = found.gap;
        evidence.client_certificate = found.certificate;
        server = found.server;
        namespace = found.namespace;
    }
    if let Some(given) = given {
        evidence.token = Some(given);
        evidence.token_gap = None;
        if let Some(server) = &mut server {
            live::send(server, evidence.token.as_ref());
        }
    }
    let trust = trust(evidence, issuer_ca.as_deref());
    let wanted = issuers::wanted(evidence);
    let (seen, live) = tokio::join!(
        issuers::ask(network, wanted, &trust, issuer_ca.as_deref()),
        live::ask(network, server.as_ref(), &evidence.situation, &namespace),
    );
    evidence.issuers = seen;
    evidence.live = live;
    live::set_clock(evidence);
}

/// Whoever trusts the issuer, its documents are worth reading: this machine, `--issuer-ca`, and the CA
/// files of the API servers. Who trusts the chain is judged apart, from the chain that is kept.
fn trust(evidence: &Evidence, issuer_ca: Option<&str>) -> Trust {
    let mut pem = issuer_ca.unwrap_or_default().to_owned();
    for document in evidence.control_planes.iter().flat_map(|plane| &plane.documents) {
        let text = document.text.reveal();
        if text.trim_start().starts_with("-----BEGIN CERTIFICATE") {
            pem.push('\n');
            pem.push_str(text);
        }
    }
    if pem.trim().is_empty() { Trust::System } else { Trust::SystemAnd(pem) }
}

fn situation(wishes: &Wishes, around: &Surroundings) -> Situation {
    const KEPT: &[&str] = &["KUBECONFIG", "KUBECACHEDIR", "HOME"];
    let variables = KEPT
        .iter()
        .filter_map(|name| Some(((*name).to_owned(), around.variables.get(*name)?.clone())));
    Situation {
        now: wishes.now.unwrap_or(around.now),
        clock: if wishes.now.is_some() { "--now" } else { "this machine" }.to_owned(),
        gathered_at: around.now,
        home: around.home.display().to_string(),
        variables: variables.collect(),
        overrides: without_password(&wishes.overrides),
        request: wishes.request.clone(),
        command: view::redacted(&wishes.command),
        apiserver_version: wishes.apiserver_version.clone(),
        network: if wishes.offline { NetworkUse::Offline } else { NetworkUse::Asked },
    }
}

/// The overrides with the password of `--server` hidden, as those of the command have it.
fn without_password(overrides: &Overrides) -> Overrides {
    let hide = |url: &String| {
        let secret = password_of(url);
        Veiled::with(url, secret.as_slice()).shown().to_owned()
    };
    Overrides { server: overrides.server.as_ref().map(hide), ..overrides.clone() }
}

fn kubeconfig_files(situation: &Situation, around: &Surroundings) -> Vec<KubeconfigFile> {
    let overrides = view::overrides(situation);
    let list = around.variables.get("KUBECONFIG").map(String::as_str);
    let files = files_to_read(overrides.kubeconfig.as_deref(), list, &around.home);
    files.paths.iter().map(|path| kubeconfig_file(path)).collect()
}

/// A kubeconfig that is named to this program must exist. One that the failed command named may lie
/// elsewhere, and is then only unknown.
fn named_exists(evidence: &Evidence) -> Result<(), InputError> {
    let named = evidence.situation.overrides.kubeconfig.is_some();
    match evidence.kubeconfig.first() {
        Some(KubeconfigFile::Missing(path)) if named => {
            Err(InputError { path: path.clone(), why: "no such file or directory".to_owned() })
        }
        Some(KubeconfigFile::Unreadable(path, why)) if named => {
            Err(InputError { path: path.clone(), why: why.clone() })
        }
        _ => Ok(()),
    }
}

fn kubeconfig_file(path: &Path) -> KubeconfigFile {
    let shown = path.display().to_string();
    match text(path, FILE_LIMIT) {
        Ok(text) => KubeconfigFile::Read(Document { path: shown, text: veiled(text) }),
        Err(error) if error.kind() == io::ErrorKind::NotFound => KubeconfigFile::Missing(shown),
        Err(error) => KubeconfigFile::Unreadable(shown, error.to_string()),
    }
}

/// A kubeconfig's text with its secrets marked, in every document; one that cannot be parsed, or is no
/// object, is sealed whole.
fn veiled(text: String) -> Text {
    let Ok(nodes) = yaml::read_all(&text) else { return Text::sealed(text) };
    if nodes.iter().any(|node| !matches!(node.value, Value::Map(_) | Value::Null)) {
        return Text::sealed(text);
    }
    let spans = nodes.iter().flat_map(|node| secret_spans(node, &text));
    let mut ranges: Vec<_> = spans.map(|(span, kind)| (span.start, span.end, kind)).collect();
    ranges.extend(blank::secrets(&text));
    Text::with_secrets(text, ranges)
}

/// The text of another file: secrets by their look are marked, and what is secret as a whole is sealed.
fn guarded(text: String) -> Text {
    if blank::is_secret_object(&text) {
        return Text::sealed(text);
    }
    let ranges = blank::secrets(&text);
    Text::with_secrets(text, ranges)
}

/// Each folder or file given is one control plane; a folder of folders is one for each of them.
fn control_planes(given: &[PathBuf], home: &str) -> Result<Vec<ControlPlane>, InputError> {
    let mut planes = Vec::new();
    for path in given {
        let inner = folders(path);
        let roots = if inner.is_empty() { vec![path.clone()] } else { inner };
        for root in roots {
            planes.push(control_plane(&root, home)?);
        }
        let loose = loose_files(path, home)?;
        if !loose.is_empty() && planes.iter().all(|plane| plane.name != shown_name(path)) {
            planes.push(ControlPlane { name: shown_name(path), documents: loose });
        }
    }
    Ok(planes)
}

/// The folders directly in a folder, if it holds several control planes.
fn folders(path: &Path) -> Vec<PathBuf> {
    let Ok(entries) = std::fs::read_dir(path) else { return Vec::new() };
    let mut folders: Vec<PathBuf> =
        entries.flatten().map(|entry| entry.path()).filter(|path| path.is_dir()).collect();
    folders.sort();
    folders
}

/// Files that stand beside the folders of control planes.
fn loose_files(path: &Path, home: &str) -> Result<Vec<Document>, InputError> {
    if folders(path).is_empty() {
        return Ok(Vec::new());
    }
    let entries = std::fs::read_dir(path).map_err(|why| unreadable(path, &why))?;
    let mut files: Vec<PathBuf> =
        entries.flatten().map(|e| e.path()).filter(|path| path.is_file()).collect();
    files.sort();
    files.iter().map(|file| document(file, home)).collect()
}

fn control_plane(root: &Path, home: &str) -> Result<ControlPlane, InputError> {
    let files = below(root).map_err(|why| unreadable(root, &why))?;
    let documents = files.iter().map(|file| document(file, home)).collect::<Result<_, _>>()?;
    Ok(ControlPlane { name: shown_name(root), documents })
}

fn shown_name(path: &Path) -> String {
    path.file_stem()
        .map_or_else(|| path.display().to_string(), |n| n.to_string_lossy().into_owned())
}

fn documents(given: &[PathBuf], home: &str) -> Result<Option<Vec<Document>>, InputError> {
    if given.is_empty() {
        return Ok(None);
    }
    let mut documents = Vec::new();
    for path in given {
        for file in below(path).map_err(|why| unreadable(path, &why))? {
            documents.push(document(&file, home)?);
        }
    }
    Ok(Some(documents))
}

fn document(path: &Path, home: &str) -> Result<Document, InputError> {
    let text = named(path, FILE_LIMIT)?;
    Ok(Document { path: view::shown(path, home), text: guarded(text) })
}

pub(super) fn named(path: &Path, limit: u64) -> Result<String, InputError> {
    text(path, limit).map_err(|why| unreadable(path, &why))
}

fn unreadable(path: &Path, why: &io::Error) -> InputError {
    InputError { path: path.display().to_string(), why: why.to_string() }
}

/// A secret text trimmed, as kubectl trims the content of a token file.
pub(super) fn trimmed(secret: &secrecy::SecretString) -> secrecy::SecretString {
    secret.expose_secret().trim().to_owned().into()
}
