//! One server as it is reached under one trust: a client that dials nobody else.

use std::fmt::Write as _;
use std::net::{IpAddr, SocketAddr};
use std::sync::Arc;
use std::time::{Duration, Instant};

use aws_lc_rs::digest::{SHA256, digest};
use reqwest::Url;

use super::super::names::{Names, Pin, Source};
use super::super::proxy::ProxyAddress;
use super::super::tls::{Identity, Recorder, Trust};
use super::{Network, Question, Route};
use crate::evidence::exchange::Failure;

/// A server, and the client that reaches it.
pub(super) struct Peer {
    pub(super) client: reqwest::Client,
    pub(super) recorder: Arc<Recorder>,
    pub(super) names: Names,
    pub(super) proxy: Option<ProxyAddress>,
    pub(super) host: String,
    pub(super) port: u16,
    pub(super) scheme: String,
    /// What stands in the URL in place of the host.
    pub(super) dialled: String,
}

/// Stands in the URL where the host is an address that `--resolve` sends elsewhere: the client
/// would connect to an address without asking for its name. It never leaves this machine.
const STAND_IN: &str = "resolved.invalid";

/// The host of a URL without the brackets of an IPv6 address.
pub(super) fn host_of(url: &Url) -> String {
    let host = url.host_str().unwrap_or_default();
    host.trim_start_matches('[').trim_end_matches(']').to_ascii_lowercase()
}

/// The port of a URL, given or that of its scheme.
pub(super) fn port_of(url: &Url) -> u16 {
    url.port_or_known_default().unwrap_or_default()
}

impl Network {
    /// The client for one hop of a question.
    pub(super) fn peer(
        &self,
        question: &Question<'_>,
        url: &Url,
        identity: Option<&Identity>,
    ) -> Result<Arc<Peer>, Failure> {
        let proxy = self.proxy(question.route, url)?;
        let key = key(question, url, proxy.as_ref(), identity);
        if let Some(peer) = self.kept(&key) {
            return Ok(peer);
        }
        let peer = Arc::new(self.built(question, url, proxy, identity)?);
        self.keep(key, &peer);
        Ok(peer)
    }

    fn proxy(&self, route: &Route, url: &Url) -> Result<Option<ProxyAddress>, Failure> {
        match route {
            Route::Direct => Ok(None),
            Route::Through(proxy) => Ok(Some(proxy.clone())),
            Route::Environment => {
                let name = if url.scheme() == "https" { "HTTPS_PROXY" } else { "HTTP_PROXY" };
                self.terms.proxies.proxy_for(url).map_err(|error| Failure::Proxy {
                    proxy: name.into(),
                    detail: error.to_string(),
                })
            }
        }
    }

    fn built(
        &self,
        question: &Question<'_>,
        url: &Url,
        proxy: Option<ProxyAddress>,
        identity: Option<&Identity>,
    ) -> Result<Peer, Failure> {
        let (host, port) = (host_of(url), port_of(url));
        let pinned = Pin::find(&self.terms.pins, &host, port).map(<[IpAddr]>::to_vec);
        let proven = question.server_name.map_or_else(|| host.clone(), str::to_ascii_lowercase);
        let dialled = dialled(&host, &proven, proxy.is_some(), pinned.is_some());
        let roots = match url.scheme() {
            "https" => self.roots(question.trust),
            _ => crate::evidence::certificate::Roots::none(),
        };
        // A proxy that speaks TLS could ask for the certificate too; it never gets it.
        let identity =
            identity.filter(|_| proxy.as_ref().is_none_or(|one| one.url.scheme() != "https"));
        let withheld = |why: String| Failure::Withheld { why };
        let recorder = Recorder::new(&dialled, &proven, roots, identity)
            .map_err(|error| withheld(error.to_string()))?;
        let source = pinned.map_or_else(|| Source::System(host.clone()), Source::Pinned);
        let names = self.proxy_names(Names::default().with(&dialled, source), proxy.as_ref());
        let client = self.client(&recorder, &names, proxy.as_ref())?;
        let scheme = url.scheme().to_owned();
        Ok(Peer { client, recorder, names, proxy, host, port, scheme, dialled })
    }

    /// The proxy's own name may be given by `--resolve` too.
    fn proxy_names(&self, names: Names, proxy: Option<&ProxyAddress>) -> Names {
        let Some(proxy) = proxy else { return names };
        let (host, port) = (host_of(&proxy.url), port_of(&proxy.url));
        match Pin::find(&self.terms.pins, &host, port) {
            Some(addresses) => names.with(&host, Source::Pinned(addresses.to_vec())),
            None => names,
        }
    }

    fn client(
        &self,
        recorder: &Arc<Recorder>,
        names: &Names,
        proxy: Option<&ProxyAddress>,
    ) -> Result<reqwest::Client, Failure> {
        let other = |error: &dyn std::error::Error| Failure::Other { detail: error.to_string() };
        let tls = recorder.configuration().map_err(|error| other(&error))?;
        let mut builder = reqwest::Client::builder()
            .user_agent(concat!("oidc-doctor/", env!("CARGO_PKG_VERSION")))
            .redirect(reqwest::redirect::Policy::none())
            .retry(reqwest::retry::never())
            .connect_timeout(self.connect_limit())
            .dns_resolver(names.clone())
            .tls_backend_preconfigured(tls)
            .no_proxy();
        if let Some(proxy) = proxy {
            let through = reqwest::Proxy::all(proxy.url.clone());
            builder = builder.proxy(through.map_err(|error| other(&error))?);
        }
        builder.build().map_err(|error| other(&error))
    }

    /// A connection gets at most nine tenths of what is left, so that its own limit is met first
    /// and the failure can be named.
    fn connect_limit(&self) -> Duration {
        let rest = self.terms.deadline.saturating_duration_since(Instant::now());
        let most = self.terms.answer_limit.min(rest) * 9 / 10;
        self.terms.connect_limit.min(most)
    }
}

/// Which name to dial: the one that the certificate must prove, so that it is also the one that
/// the server is told (SNI); through a proxy, the true one.
fn dialled(host: &str, proven: &str, proxied: bool, pinned: bool) -> String {
    if proxied {
        return host.to_owned();
    }
    let is_address = |name: &str| name.parse::<IpAddr>().is_ok();
    if proven != host && !is_address(proven) {
        return proven.to_owned();
    }
    if is_address(host) && (pinned || proven != host) {
        return STAND_IN.to_owned();
    }
    host.to_owned()
}

fn key(
    question: &Question<'_>,
    url: &Url,
    proxy: Option<&ProxyAddress>,
    identity: Option<&Identity>,
) -> String {
    let trust = match question.trust {
        Trust::System => String::new(),
        Trust::SystemAnd(pem) => format!("and {}", hex(digest(&SHA256, pem.as_bytes()).as_ref())),
        Trust::Only(pem) => format!("only {}", hex(digest(&SHA256, pem.as_bytes()).as_ref())),
    };
    let proxy = proxy.map(|one| hex(digest(&SHA256, one.url.as_str().as_bytes()).as_ref()));
    let identity = identity.map(|one| hex(&one.mark()));
    let origin = (url.scheme(), host_of(url), port_of(url));
    format!("{origin:?} {trust} {proxy:?} {identity:?} {:?}", question.server_name)
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().fold(String::new(), |mut text, byte| {
        let _ = write!(text, "{byte:02x}");
        text
    })
}

impl Peer {
    /// The URL to dial.
    pub(super) fn dial(&self, url: &Url) -> Url {
        let mut dial = url.clone();
        if self.dialled != self.host {
            // The name of a certificate or the stand-in; both are host names.
            let _ = dial.set_host(Some(&self.dialled));
        }
        dial
    }

    /// The `Host` header, where it is not what the dialled URL says.
    pub(super) fn host_header(&self, url: &Url) -> Option<String> {
        if self.dialled == self.host {
            return None;
        }
        let host = url.host_str().unwrap_or_default();
        Some(url.port().map_or_else(|| host.to_owned(), |port| format!("{host}:{port}")))
    }

    /// The address that was tried first, where it is known.
    pub(super) fn address(&self) -> Option<SocketAddr> {
        if self.proxy.is_some() {
            return None;
        }
        let literal = self.host.parse().ok().filter(|_| self.dialled == self.host);
        literal.or_else(|| self.names.first()).map(|ip| SocketAddr::new(ip, self.port))
    }

    /// The address for a sentence, or host and port.
    pub(super) fn place(&self) -> String {
        let (host, port) = (&self.host, self.port);
        self.address().map_or_else(|| format!("{host}:{port}"), |address| address.to_string())
    }

    /// Whether a connection stands, as far as can be seen: with TLS, once certificates came.
    pub(super) fn connected(&self) -> bool {
        self.scheme != "https" || self.recorder.seen().verdict.is_some()
    }
}
