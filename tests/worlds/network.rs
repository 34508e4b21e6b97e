//! The network of a world: its providers, its API servers, its proxy.

use std::collections::BTreeMap;
use std::net::{IpAddr, SocketAddr};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use chrono::{DateTime, Duration, Utc};
use serde_json::{Value, json};

use crate::api_server::{self, Stance};
use crate::certificates::{Authority, Leaf, Validity};
use crate::keys::Keyring;
use crate::servers::{Answer, Handler, Manner, Routes, Server, own_address};
use crate::world::{Provider, World};

/// The authorities and self-signed certificates of a world.
pub(crate) struct Trust {
    /// Stands in `SSL_CERT_FILE`.
    pub(crate) public: Authority,
    /// Signs the API server and its users.
    pub(crate) cluster: Authority,
    /// A company's own.
    pub(crate) private: Authority,
    /// Signs nothing that is served.
    pub(crate) unrelated: Authority,
    selfsigned: BTreeMap<Place, Leaf>,
}

impl Trust {
    fn new() -> Trust {
        Trust {
            public: Authority::new("Example Public Root"),
            cluster: Authority::new("kubernetes"),
            private: Authority::new("Example Company Root"),
            unrelated: Authority::new("homelab-root-ca"),
            selfsigned: BTreeMap::new(),
        }
    }

    /// In PEM, what must be trusted to trust this provider.
    pub(crate) fn issuer_ca(&self, provider: &Provider) -> &str {
        match provider.certificate.as_str() {
            "private-ca" => &self.private.pem,
            "self-signed" => Place::of(&provider.url)
                .and_then(|place| self.selfsigned.get(&place))
                .map_or(&self.private.pem, |leaf| &leaf.pem),
            _ => &self.public.pem,
        }
    }
}

/// Where a URL's server is found.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Place {
    pub(crate) host: String,
    pub(crate) port: u16,
    tls: bool,
}

impl Place {
    /// The place of an http or https URL.
    pub(crate) fn of(url: &str) -> Option<Place> {
        let (tls, rest) = match url.split_once("://")? {
            ("https", rest) => (true, rest),
            ("http", rest) => (false, rest),
            _ => return None,
        };
        let authority = rest.split(['/', '?']).next()?;
        let (host, port) = match authority.rsplit_once(':') {
            Some((host, port)) => (host, port.parse().ok()?),
            None => (authority, if tls { 443 } else { 80 }),
        };
        Some(Place { host: host.to_owned(), port, tls })
    }
}

/// The path of a URL, without query.
pub(crate) fn path(url: &str) -> &str {
    let rest = url.split_once("://").map_or(url, |(_, rest)| rest);
    let rest = rest.split(['?', '#']).next().unwrap_or(rest);
    rest.find('/').map_or("", |at| &rest[at..])
}

/// What is to be served at one place.
#[derive(Default)]
struct Site {
    answers: String,
    certificate: String,
    pages: BTreeMap<String, Answer>,
    /// The path of the kubeconfig's server, where an API server is.
    api: Option<String>,
}

/// A world's servers, running.
pub(crate) struct Network {
    pub(crate) trust: Trust,
    /// `HOST:PORT:ADDR` for each name that resolves.
    pub(crate) resolve: Vec<String>,
    _servers: Vec<Server>,
}

impl Network {
    /// Starts all servers of a world.
    pub(crate) fn start(world: &World, keys: &Keyring) -> Network {
        let sites = sites(world, keys);
        let mut network =
            Network { trust: Trust::new(), resolve: Vec::new(), _servers: Vec::new() };
        let mut reachable = BTreeMap::new();
        for (place, site) in sites {
            if let Some(address) = network.serve(world, &place, site) {
                reachable.insert(format!("{}:{}", place.host, place.port), address);
            }
        }
        network.serve_proxy(world, reachable);
        network
    }

    fn serve(&mut self, world: &World, place: &Place, site: Site) -> Option<SocketAddr> {
        let away = site.api.is_some() && api_server::stance(world) == Stance::Away;
        if site.answers == "name-unresolved" && site.api.is_none() {
            return None;
        }
        let address = SocketAddr::new(own_address(), place.port);
        self.resolve.push(format!("{}:{}:{}", place.host, place.port, address.ip()));
        if away || site.answers == "refused" {
            return Some(address);
        }
        let manner = self.manner(world, place, site);
        self.listen(address, manner.clone());
        // A kubeconfig may name a loopback address itself; nobody else has it, or it is left to --resolve.
        if let Ok(ip) = place.host.parse::<IpAddr>()
            && ip.is_loopback()
            && let Ok(server) = Server::start(SocketAddr::new(ip, place.port), manner)
        {
            self._servers.push(server);
        }
        Some(address)
    }

    fn listen(&mut self, address: SocketAddr, manner: Manner) {
        let server = Server::start(address, manner).unwrap_or_else(|error| {
            panic!(
                "cannot listen on {address}: {error}; ports below 1024 need root or \
                 sysctl net.ipv4.ip_unprivileged_port_start=0"
            )
        });
        self._servers.push(server);
    }

    fn manner(&mut self, world: &World, place: &Place, site: Site) -> Manner {
        if site.answers == "timeout" {
            return Manner::Silent;
        }
        if !place.tls {
            return Manner::Plain(handler(world, site));
        }
        let leaf = self.leaf(world, place, &site);
        let config = leaf.server_config();
        if site.certificate == "self-signed" {
            self.trust.selfsigned.insert(place.clone(), leaf);
        }
        Manner::Tls(config, handler(world, site))
    }

    fn leaf(&self, world: &World, place: &Place, site: &Site) -> Leaf {
        let own = vec![place.host.clone()];
        if site.api.is_some() {
            return self.trust.cluster.server(&own, Validity::Always);
        }
        match site.certificate.as_str() {
            "private-ca" => self.trust.private.server(&own, Validity::Always),
            "self-signed" => Leaf::self_signed(&own),
            "expired" => self.trust.public.server(&own, Validity::EndedBefore(moment(world))),
            "wrong-name" => self.trust.public.server(&other_names(world), Validity::Always),
            _ => self.trust.public.server(&own, Validity::Always),
        }
    }

    /// The proxy that the environment names, if it does: it reaches what this world has, unless it is the culprit.
    fn serve_proxy(&mut self, world: &World, reachable: BTreeMap<String, SocketAddr>) {
        let variables = &world.environment.variables;
        let names = ["HTTPS_PROXY", "https_proxy"];
        let url = names.iter().find_map(|name| variables.get(*name)).and_then(Value::as_str);
        let Some(place) = url.and_then(Place::of) else { return };
        let broken: Vec<Place> = world
            .providers()
            .filter(|provider| provider.answers == "proxy-bad-gateway")
            .filter_map(|provider| Place::of(&provider.url))
            .collect();
        let routes: Routes = Arc::new(move |target| {
            let is = |place: &Place| format!("{}:{}", place.host, place.port) == target;
            if broken.iter().any(is) { None } else { reachable.get(target).copied() }
        });
        let address = SocketAddr::new(own_address(), place.port);
        self.resolve.push(format!("{}:{}:{}", place.host, place.port, address.ip()));
        self.listen(address, Manner::Proxy(routes));
    }
}

/// The earlier of the world's moment and this one: what ended before it has ended for both.
fn moment(world: &World) -> DateTime<Utc> {
    let now: DateTime<Utc> = world.now.parse().expect("now is RFC 3339");
    now.min(Utc::now())
}

fn other_names(world: &World) -> Vec<String> {
    let listed = world.environment.rest.get("provider_certificate_names").and_then(Value::as_array);
    let names = listed.into_iter().flatten().filter_map(Value::as_str).map(str::to_owned);
    let names: Vec<String> = names.collect();
    if names.is_empty() { vec!["other.example.net".to_owned()] } else { names }
}

/// Everything that this world serves, by place.
fn sites(world: &World, keys: &Keyring) -> BTreeMap<Place, Site> {
    let mut sites: BTreeMap<Place, Site> = BTreeMap::new();
    for (provider, keys) in world.providers().zip(&keys.published) {
        let Some(place) = Place::of(&provider.url) else { continue };
        let site = site(&mut sites, place, provider);
        if let Some(discovery) = &provider.discovery {
            for path in discovery_paths(&provider.url) {
                site.pages.insert(path, Answer::json(200, discovery));
            }
        }
        publish(world, &mut sites, provider, keys);
    }
    for url in server_urls(world) {
        if let Some(place) = Place::of(&url) {
            sites.entry(place).or_default().api = Some(path(&url).to_owned());
        }
    }
    sites
}

fn site<'a>(
    sites: &'a mut BTreeMap<Place, Site>,
    place: Place,
    provider: &Provider,
) -> &'a mut Site {
    sites.entry(place).or_insert_with(|| Site {
        answers: provider.answers.clone(),
        certificate: provider.certificate.clone(),
        ..Site::default()
    })
}

fn discovery_paths(url: &str) -> Vec<String> {
    let literal = format!("{}/.well-known/openid-configuration", path(url));
    let trimmed = format!("{}/.well-known/openid-configuration", path(url).trim_end_matches('/'));
    vec![literal, trimmed]
}

/// Puts a provider's keys at its `jwks_uri`; two providers that share the address share the key set.
fn publish(
    world: &World,
    sites: &mut BTreeMap<Place, Site>,
    provider: &Provider,
    keys: &[(String, String, Arc<crate::keys::SigningKey>)],
) {
    let uri = provider.discovery.as_ref().and_then(|d| d["jwks_uri"].as_str());
    let Some((uri, place)) = uri.and_then(|uri| Some((uri, Place::of(uri)?))) else { return };
    let site = site(sites, place, provider);
    let before = site.pages.get(path(uri)).and_then(|page| serde_json::from_slice(&page.body).ok());
    let mut set: Value = before.unwrap_or_else(|| json!({"keys": []}));
    let list = set["keys"].as_array_mut().expect("a key set");
    list.extend(keys.iter().map(|(kid, alg, key)| key.jwk(kid, alg)));
    let mut page = Answer::json(200, &set);
    let cache =
        world.environment.rest.get("key_set_answer").and_then(|a| a["cache_control"].as_str());
    if let Some(cache) = cache {
        page = page.with("Cache-Control", cache);
    }
    site.pages.insert(path(uri).to_owned(), page);
}

/// The servers of all clusters of all kubeconfig files.
fn server_urls(world: &World) -> Vec<String> {
    let clusters = world.kubeconfigs().filter_map(|config| config["clusters"].as_array()).flatten();
    let urls = clusters.filter_map(|entry| entry["cluster"]["server"].as_str());
    urls.map(str::to_owned).collect()
}

/// Answers as the site's provider does, then as its API server does.
fn handler(world: &World, site: Site) -> Handler {
    let dates = Dates::of(world, site.api.is_some());
    let api = site.api.as_ref().map(|prefix| api_server::handler(world, prefix));
    Arc::new(move |question| {
        let answer = match (site.pages.get(&question.path), &api) {
            (Some(page), _) => provided(&site.answers, Some(page)),
            (None, Some(api)) => api(question),
            (None, None) => provided(&site.answers, None),
        };
        answer.with("Date", &dates.next())
    })
}

/// A provider's answer: its page, or what it gives instead.
fn provided(answers: &str, page: Option<&Answer>) -> Answer {
    match answers {
        "html-page" => Answer::page(200, "<!DOCTYPE html><title>Welcome</title><p>It works.</p>"),
        "redirect-to-login" => {
            Answer::page(302, "").with("Location", "https://login.example.com/?return=%2F")
        }
        words => match words.strip_prefix("http-").and_then(|code| code.parse().ok()) {
            Some(code) => Answer::page(code, "<!DOCTYPE html><title>Error</title>"),
            None => page.cloned().unwrap_or_else(|| Answer::page(404, "Not Found")),
        },
    }
}

/// The clocks behind a server, one after another, as its answers show them.
struct Dates {
    ahead: Vec<i64>,
    next: AtomicUsize,
}

impl Dates {
    fn of(world: &World, api: bool) -> Dates {
        let replicas = world.environment.rest.get("provider_replica_clocks_ahead_seconds");
        let replicas = replicas.and_then(Value::as_object).filter(|_| !api);
        let ahead = match replicas {
            Some(map) => map.values().filter_map(Value::as_i64).collect(),
            None if api => vec![-world.environment.clock_ahead_seconds],
            None => vec![0],
        };
        Dates { ahead, next: AtomicUsize::new(0) }
    }

    fn next(&self) -> String {
        let n = self.next.fetch_add(1, Ordering::SeqCst);
        let ahead = self.ahead.get(n % self.ahead.len().max(1)).copied().unwrap_or(0);
        (Utc::now() + Duration::seconds(ahead)).format("%a, %d %b %Y %H:%M:%S GMT").to_string()
    }
}
