//! The issuers that server, plugin and token name, each asked once, at the same time.

use super::http::Network;
use super::provider;
use super::tls::Trust;
use crate::client::view;
use crate::evidence::Evidence;
use crate::evidence::blank;
use crate::evidence::certificate::{Certificate, Roots, judge};
use crate::evidence::exchange::Exchange;
use crate::evidence::gathered::{IssuerSight, TokenText};
use crate::go::{base64, json};

/// An issuer to ask: its URL and who names it.
pub(super) type Wanted = (String, Vec<String>);

/// How many issuers are asked at most.
const MOST: usize = 8;

/// Every issuer that the evidence names.
pub(super) fn wanted(evidence: &Evidence) -> Vec<Wanted> {
    let mut wanted: Vec<Wanted> = Vec::new();
    let mut add = |url: Option<String>, by: &str| {
        let Some(url) = url.filter(|url| url.contains("://")) else { return };
        match wanted.iter_mut().find(|(known, _)| *known == url) {
            Some((_, names)) => names.push(by.to_owned()),
            None => wanted.push((url, vec![by.to_owned()])),
        }
    };
    for url in of_settings(evidence) {
        add(Some(url), "server");
    }
    add(of_plugin(evidence), "plugin");
    add(of_token(evidence), "token");
    wanted.truncate(MOST);
    wanted
}

/// Issuers in the files given for the API server: whatever looks like the value of an issuer setting.
fn of_settings(evidence: &Evidence) -> Vec<String> {
    let mut found = Vec::new();
    let documents = evidence.control_planes.iter().flat_map(|plane| &plane.documents);
    for document in documents.filter(|d| !blank::is_secret_object(d.text.reveal())) {
        for line in document.text.reveal().lines() {
            found.extend(issuer_in(line));
        }
    }
    found.dedup();
    found
}

/// The URL behind `oidc-issuer-url`, `issuerURL`, `issuerUrl` or an authenticator's `url` in a line.
fn issuer_in(line: &str) -> Option<String> {
    let lower = line.to_ascii_lowercase();
    let marks = ["oidc-issuer-url", "issuerurl", "kube_oidc_url", "url:", "\"url\""];
    let mark = marks.iter().find_map(|mark| lower.find(mark).map(|at| at + mark.len()))?;
    let rest = line.get(mark..)?;
    let start = rest.find("https://")?;
    let url: String = rest[start..]
        .chars()
        .take_while(|c| !c.is_whitespace() && !matches!(c, '"' | '\'' | ',' | '}' | ']'))
        .collect();
    Some(url)
}

fn of_plugin(evidence: &Evidence) -> Option<String> {
    let config = view::kubeconfig(&evidence.kubeconfig, &evidence.situation).ok()?;
    let overrides = view::overrides(&evidence.situation);
    let target = crate::client::kubeconfig::resolve(&config, &overrides).ok()?;
    let user = &target.user?.value;
    if let Some(provider) = &user.auth_provider {
        let url = provider.value.setting("idp-issuer-url")?;
        return Some(url.value.expose().to_owned());
    }
    let exec = &user.exec.as_ref()?.value;
    let args: Vec<&str> = exec.args.iter().map(|arg| arg.value.expose()).collect();
    crate::client::plugin::flag_value(&args, &["--oidc-issuer-url"]).map(str::to_owned)
}

fn of_token(evidence: &Evidence) -> Option<String> {
    use secrecy::ExposeSecret;
    let TokenText::Whole(secret) = &evidence.token.as_ref()?.text else { return None };
    let payload = secret.expose_secret().split('.').nth(1)?;
    let bytes = base64::decode_url(payload.as_bytes()).ok()?;
    let claims = json::read(&String::from_utf8_lossy(&bytes)).ok()?;
    match claims.get("iss")?.as_str()? {
        "accounts.google.com" => Some("https://accounts.google.com".to_owned()),
        iss => Some(iss.to_owned()),
    }
}

/// Asks all of them at the same time.
pub(super) async fn ask(
    network: &Network,
    wanted: Vec<Wanted>,
    trust: &Trust,
    issuer_ca: Option<&str>,
) -> Vec<IssuerSight> {
    let mut asking = Vec::new();
    for (url, by) in wanted {
        asking.push(Box::pin(one(network, url, by, trust, issuer_ca)));
    }
    join(asking).await
}

/// Drives every future to its end and keeps their order.
async fn join<F: Future + Unpin>(mut futures: Vec<F>) -> Vec<F::Output> {
    let mut done: Vec<Option<F::Output>> = futures.iter().map(|_| None).collect();
    std::future::poll_fn(|context| {
        let mut pending = false;
        for (slot, future) in done.iter_mut().zip(&mut futures) {
            if slot.is_none() {
                match std::pin::Pin::new(future).poll(context) {
                    std::task::Poll::Ready(output) => *slot = Some(output),
                    std::task::Poll::Pending => pending = true,
                }
            }
        }
        if pending { std::task::Poll::Pending } else { std::task::Poll::Ready(()) }
    })
    .await;
    done.into_iter().flatten().collect()
}

async fn one(
    network: &Network,
    url: String,
    named_by: Vec<String>,
    trust: &Trust,
    issuer_ca: Option<&str>,
) -> IssuerSight {
    let seen = provider::ask(network, &url, None, trust).await;
    let chain = &seen.discovery.chain;
    let mut sight = IssuerSight {
        system: None,
        issuer_ca: None,
        url,
        named_by,
        discovery: seen.discovery.clone(),
        keys: seen.keys,
    };
    if !chain.is_empty() {
        let host = host(&seen.discovery);
        let ask = |roots: &Roots, chain: &[Certificate]| {
            judge(chain, &host, roots, seen.discovery.asked_at)
        };
        sight.system = Some(ask(network.system_roots(), chain));
        if let Some(pem) = issuer_ca {
            sight.issuer_ca = Some(ask(&Roots::from_pem(pem), chain));
        }
    }
    sight
}

fn host(exchange: &Exchange) -> String {
    let url = reqwest::Url::parse(exchange.final_url()).ok();
    let host = url.and_then(|url| url.host_str().map(str::to_owned)).unwrap_or_default();
    host.trim_matches(['[', ']']).to_owned()
}
