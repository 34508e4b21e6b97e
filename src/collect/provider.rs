//! The identity provider, asked as kube-apiserver asks it.

use super::http::{Network, Question, Route};
use super::tls::Trust;
use crate::evidence::exchange::{Exchange, Failure};
use serde::{Deserialize, Serialize};

/// What the provider said.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ProviderExchanges {
    /// The discovery document, asked as the environment says (proxy included).
    pub discovery: Exchange,
    /// The same without the proxy, where the proxy was the obstacle.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub discovery_without_proxy: Option<Exchange>,
    /// The key set, where a discovery document named one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub keys: Option<Exchange>,
}

/// Where the discovery document of an issuer lies: one trailing slash is taken off, not more
/// (coreos/go-oidc v2.5.0, oidc.go, `NewProvider`).
#[must_use]
pub fn discovery_url(issuer: &str) -> String {
    let base = issuer.strip_suffix('/').unwrap_or(issuer);
    format!("{base}/.well-known/openid-configuration")
}

/// Asks for the discovery document (at `discovery`, where the configuration gives another place)
/// and then for the key set that it names.
pub async fn ask(
    network: &Network,
    issuer: &str,
    discovery: Option<&str>,
    trust: &Trust,
) -> ProviderExchanges {
    let url = discovery.map_or_else(|| discovery_url(issuer), str::to_owned);
    let discovery = network.get(&url, trust).await;
    let mut route = Route::Environment;
    let mut discovery_without_proxy = None;
    if matches!(discovery.failure(), Some(Failure::Proxy { .. } | Failure::ProxyAnswered { .. })) {
        route = Route::Direct;
        let question = Question { route: &route, ..Question::get(&url, trust) };
        discovery_without_proxy = Some(network.ask(&question).await);
    }
    let document = discovery_without_proxy.as_ref().unwrap_or(&discovery);
    let keys = match key_set_url(document) {
        Some(url) => {
            let question = Question { route: &route, ..Question::get(&url, trust) };
            Some(network.ask(&question).await)
        }
        None => None,
    };
    ProviderExchanges { discovery, discovery_without_proxy, keys }
}

/// The `jwks_uri` of an answered discovery document. Go takes nothing but status 200 as an answer;
/// it reads member names in any case, and the last one wins.
fn key_set_url(exchange: &Exchange) -> Option<String> {
    let answer = exchange.answer().filter(|answer| answer.status == 200)?;
    let document: serde_json::Map<String, serde_json::Value> =
        serde_json::from_str(&answer.body).ok()?;
    let (_, url) = document.iter().rev().find(|(name, _)| name.eq_ignore_ascii_case("jwks_uri"))?;
    url.as_str().filter(|url| !url.is_empty()).map(str::to_owned)
}

#[cfg(test)]
#[path = "provider_tests.rs"]
mod tests;
