//! Questions over HTTP, each within the deadline, each remembered as an [`Exchange`].

mod fault;
mod follow;
mod peer;

use std::collections::HashMap;
use std::sync::{Arc, Mutex, OnceLock, PoisonError};
use std::time::{Duration, Instant, SystemTime};

use secrecy::{ExposeSecret as _, SecretString};

use super::names::Pin;
use super::proxy::{ProxyAddress, ProxyVariables};
use super::tls::{Identity, Trust, system_roots};
use crate::evidence::certificate::Roots;
use crate::evidence::exchange::{Exchange, Failure, Milliseconds, Outcome};
use crate::evidence::moment::Moment;

use follow::Trail;
use peer::Peer;

/// What governs all requests.
#[derive(Clone, Debug)]
pub struct Terms {
    /// Whether anything may be asked.
    pub reach: Reach,
    /// The `--resolve` entries.
    pub pins: Vec<Pin>,
    /// The proxy variables of this machine.
    pub proxies: ProxyVariables,
    /// When all collecting ends.
    pub deadline: Instant,
    /// How long a connection may take, TLS included.
    pub connect_limit: Duration,
    /// How long one question may take, redirects and body included.
    pub answer_limit: Duration,
}

/// Whether the network may be used.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Reach {
    /// Nothing is asked (`--offline`).
    Offline,
    /// Everything may be asked.
    Online,
}

impl Terms {
    /// The usual limits, until this deadline: 5 s to connect, 10 s for an answer.
    #[must_use]
    pub fn until(deadline: Instant) -> Self {
        Self {
            reach: Reach::Online,
            pins: Vec::new(),
            proxies: ProxyVariables::default(),
            deadline,
            connect_limit: Duration::from_secs(5),
            answer_limit: Duration::from_secs(10),
        }
    }
}

/// How much of a discovery document or key set is read: 1 MiB.
pub const DOCUMENT_LIMIT: u64 = 1 << 20;

/// How a question reaches its server.
#[derive(Clone, Debug, Default)]
pub enum Route {
    /// Without a proxy, whatever the variables say.
    Direct,
    /// As the proxy variables say.
    #[default]
    Environment,
    /// Through this proxy, as a kubeconfig's `proxy-url` has it.
    Through(ProxyAddress),
}

/// What a question carries to prove who asks. It goes to the host that was asked for, over
/// verified TLS, and nowhere else: not along a redirect to another origin, not over plain HTTP.
#[derive(Clone, Debug, Default)]
pub struct Credential {
    /// A bearer token.
    pub bearer: Option<SecretString>,
    /// A client certificate.
    pub identity: Option<Identity>,
}

impl Credential {
    /// Whether there is nothing to show.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.bearer.is_none() && self.identity.is_none()
    }
}

/// One question.
#[derive(Clone, Debug)]
pub struct Question<'a> {
    /// What to ask for.
    pub url: &'a str,
    /// How.
    pub method: Method<'a>,
    /// Whom to trust.
    pub trust: &'a Trust,
    /// What to show.
    pub credential: Option<&'a Credential>,
    /// By which way.
    pub route: &'a Route,
    /// The name that the server's certificate must have, where it is not that of the URL
    /// (a kubeconfig's `tls-server-name`).
    pub server_name: Option<&'a str>,
    /// Further headers, such as `Impersonate-User`; they are sent as the credential is.
    pub headers: &'a [(String, String)],
    /// How many bytes of a body are kept.
    pub body_limit: u64,
}

/// What a question does.
#[derive(Clone, Copy, Debug)]
pub enum Method<'a> {
    /// Reads.
    Get,
    /// Puts a review to the server, which creates nothing: the body is JSON. A redirect is not
    /// followed.
    Post(&'a str),
}

impl Method<'_> {
    fn name(self) -> &'static str {
        match self {
            Self::Get => "GET",
            Self::Post(_) => "POST",
        }
    }
}

impl<'a> Question<'a> {
    /// A GET without any credential, by the way the environment says.
    #[must_use]
    pub fn get(url: &'a str, trust: &'a Trust) -> Self {
        Self {
            url,
            method: Method::Get,
            trust,
            credential: None,
            route: &Route::Environment,
            server_name: None,
            headers: &[],
            body_limit: DOCUMENT_LIMIT,
        }
    }
}

/// The one way to the network. One client per server and trust is kept, and its connections.
pub struct Network {
    terms: Terms,
    system: OnceLock<Roots>,
    peers: Mutex<HashMap<String, Arc<Peer>>>,
}

impl std::fmt::Debug for Network {
    fn fmt(&self, out: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        out.debug_struct("Network").field("terms", &self.terms).finish_non_exhaustive()
    }
}

impl Network {
    /// A network under these terms. Nothing is read or asked yet.
    #[must_use]
    pub fn new(terms: Terms) -> Self {
        Self { terms, system: OnceLock::new(), peers: Mutex::default() }
    }

    /// The terms.
    #[must_use]
    pub fn terms(&self) -> &Terms {
        &self.terms
    }

    /// The roots of this machine, read at the first call.
    pub fn system_roots(&self) -> &Roots {
        self.system.get_or_init(system_roots)
    }

    /// The certificates that a trust stands for.
    #[must_use]
    pub fn roots(&self, trust: &Trust) -> Roots {
        match trust {
            Trust::Only(pem) => Roots::from_pem(pem),
            Trust::System => self.system_roots().clone(),
            Trust::SystemAnd(pem) => self.system_roots().and(&Roots::from_pem(pem)),
        }
    }

    /// Asks for a URL without any credential.
    pub async fn get(&self, url: &str, trust: &Trust) -> Exchange {
        self.ask(&Question::get(url, trust)).await
    }

    /// Puts a question. There is always an [`Exchange`], before the deadline.
    pub async fn ask(&self, question: &Question<'_>) -> Exchange {
        let asked_at = moment_now();
        let begun = Instant::now();
        let mut trail = Trail::default();
        let result = match self.standing(begun) {
            Err(failure) => Err(failure),
            Ok(end) => {
                let following = self.follow(question, &mut trail);
                match tokio::time::timeout_at(end.into(), following).await {
                    Ok(result) => result,
                    Err(_) => Err(self.overdue(&trail, begun, end)),
                }
            }
        };
        let outcome = match result {
            Ok(answer) => Outcome::Answered(answer),
            Err(failure) => Outcome::Failed(failure),
        };
        let took = waited(begun);
        let exchange = trail.exchange(question, asked_at, took, outcome);
        match question.credential.and_then(|credential| credential.bearer.as_ref()) {
            Some(bearer) => without(exchange, bearer),
            None => exchange,
        }
    }

    /// Whether there may be a question at all, and when it must be answered.
    fn standing(&self, now: Instant) -> Result<Instant, Failure> {
        if self.terms.reach == Reach::Offline {
            return Err(Failure::Offline);
        }
        if now >= self.terms.deadline {
            return Err(Failure::DeadlineSpent);
        }
        Ok(self.terms.deadline.min(now + self.terms.answer_limit))
    }

    /// What a missing answer means. A wait that the deadline cut short says nothing about the
    /// server.
    fn overdue(&self, trail: &Trail, begun: Instant, end: Instant) -> Failure {
        let waited = waited(begun);
        if end == self.terms.deadline && waited < TELLING {
            return Failure::DeadlineSpent;
        }
        if trail.connected() {
            return Failure::ReadTimeout { waited };
        }
        let failure = Failure::ConnectTimeout { waited };
        match trail.proxy() {
            Some(proxy) => Failure::Proxy { proxy, detail: failure.to_string() },
            None => failure,
        }
    }

    /// Clients are kept by everything that makes them differ.
    fn kept(&self, key: &str) -> Option<Arc<Peer>> {
        self.peers.lock().unwrap_or_else(PoisonError::into_inner).get(key).cloned()
    }

    fn keep(&self, key: String, peer: &Arc<Peer>) {
        self.peers.lock().unwrap_or_else(PoisonError::into_inner).insert(key, peer.clone());
    }
}

/// A server that says nothing for so long is slow, whatever the deadline: 2 s.
const TELLING: Milliseconds = Milliseconds(2000);

/// Takes the token out of an answer that repeats it, as pages for debugging do.
fn without(mut exchange: Exchange, bearer: &SecretString) -> Exchange {
    let token = bearer.expose_secret();
    if token.is_empty() {
        return exchange;
    }
    let told: Vec<&mut String> = match &mut exchange.outcome {
        Outcome::Answered(answer) => {
            answer.headers.values_mut().chain([&mut answer.body]).collect()
        }
        // Where the answer redirects to what cannot be asked.
        Outcome::Failed(Failure::BadUrl { url, detail }) => vec![url, detail],
        Outcome::Failed(_) => Vec::new(),
    };
    for text in told.into_iter().filter(|text| text.contains(token)) {
        *text = text.replace(token, "[token]");
    }
    for redirect in &mut exchange.redirects {
        redirect.to = redirect.to.replace(token, "[token]");
        redirect.location = redirect.location.take().filter(|sent| !sent.contains(token));
    }
    exchange
}

fn waited(begun: Instant) -> Milliseconds {
    Milliseconds(u64::try_from(begun.elapsed().as_millis()).unwrap_or(u64::MAX))
}

/// This machine's clock.
fn moment_now() -> Moment {
    let since = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH).unwrap_or_default();
    Moment::from_unix(i64::try_from(since.as_secs()).unwrap_or(i64::MAX))
}

#[cfg(test)]
mod tests;
