//! Redirects, followed by hand and remembered.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Instant;

use reqwest::header::{
    ACCEPT, AUTHORIZATION, CONTENT_TYPE, HOST, HeaderMap, HeaderValue, LOCATION,
};
use reqwest::{StatusCode, Url};
use secrecy::ExposeSecret as _;

use super::fault::failure;
use super::peer::{Peer, host_of, port_of};
use super::{Method, Network, Question};
use crate::evidence::exchange::{
    Answer, Exchange, Extent, Failure, KEPT_HEADERS, Milliseconds, Outcome, Redirect,
};
use crate::evidence::moment::Moment;

/// Go, net/http, `defaultCheckRedirect`.
const MOST_REQUESTS: u8 = 10;

/// What is known of a question while it is under way.
#[derive(Default)]
pub(super) struct Trail {
    redirects: Vec<Redirect>,
    peer: Option<Arc<Peer>>,
    address: Option<String>,
}

/// What one hop brought.
enum Hop {
    Answer(Answer),
    Redirect { status: u16, to: Url, location: String },
}

impl Trail {
    /// Whether the connection of the last hop stands.
    pub(super) fn connected(&self) -> bool {
        self.peer.as_ref().is_some_and(|peer| peer.connected())
    }

    /// The proxy of the last hop, without its password.
    pub(super) fn proxy(&self) -> Option<String> {
        self.peer.as_ref()?.proxy.as_ref().map(ToString::to_string)
    }

    pub(super) fn exchange(
        self,
        question: &Question<'_>,
        asked_at: Moment,
        took: Milliseconds,
        outcome: Outcome,
    ) -> Exchange {
        let seen = self.peer.as_ref().map(|peer| peer.recorder.seen()).unwrap_or_default();
        let proxy = self.proxy();
        let tried = self.peer.as_ref().and_then(|peer| peer.address());
        Exchange {
            method: question.method.name().to_owned(),
            url: shown(question.url),
            asked_at,
            took,
            address: self.address.or_else(|| tried.map(|one| one.to_string())),
            proxy,
            redirects: self.redirects,
            chain: seen.chain,
            client_certificate: seen.wish,
            outcome,
        }
    }
}

/// A URL without its password (Go, net/http, `stripPassword`).
fn shown(text: &str) -> String {
    match Url::parse(text) {
        Ok(url) if url.password().is_some() => without_password(&url),
        _ => text.to_owned(),
    }
}

fn without_password(url: &Url) -> String {
    let mut url = url.clone();
    if url.password().is_some() {
        // Fails for URLs without a host only, which have no password.
        let _ = url.set_password(Some("***"));
    }
    url.to_string()
}

impl Network {
    /// Asks, and follows where the answers lead.
    pub(super) async fn follow(
        &self,
        question: &Question<'_>,
        trail: &mut Trail,
    ) -> Result<Answer, Failure> {
        let first = readable(question.url)?;
        if carries(question) && first.scheme() != "https" {
            let why = "the credential would go over plain http".into();
            return Err(Failure::Withheld { why });
        }
        let mut url = first.clone();
        for _ in 0..MOST_REQUESTS {
            let known = same_origin(&first, &url);
            match self.hop(question, &url, known, trail).await? {
                Hop::Answer(answer) => return Ok(answer),
                Hop::Redirect { status, to, location } => {
                    let shown = without_password(&to);
                    let location =
                        Some(location).filter(|sent| *sent != shown && to.password().is_none());
                    trail.redirects.push(Redirect { status, to: shown, location });
                    url = readable(to.as_str())?;
                }
            }
        }
        Err(Failure::TooManyRedirects { limit: MOST_REQUESTS })
    }

    async fn hop(
        &self,
        question: &Question<'_>,
        url: &Url,
        known: Origin,
        trail: &mut Trail,
    ) -> Result<Hop, Failure> {
        let identity = question
            .credential
            .and_then(|credential| credential.identity.as_ref())
            .filter(|_| known == Origin::Same);
        let peer = self.peer(question, url, identity)?;
        trail.peer = Some(peer.clone());
        let headers = headers(question, url, known, &peer)?;
        let target = peer.dial(url);
        let request = match question.method {
            Method::Get => peer.client.get(target),
            Method::Post(body) => peer.client.post(target).body(body.to_owned()),
        };
        let begun = Instant::now();
        let response = match request.headers(headers).send().await {
            Ok(response) => response,
            Err(error) => return Err(failure(&error, &peer, self.terms.deadline, begun).await),
        };
        trail.address = response.remote_addr().map(|address| address.to_string());
        if let Some(hop) = redirect(question, url, &response)? {
            return Ok(hop);
        }
        answer(response, question.body_limit, &peer, self.terms.deadline).await.map(Hop::Answer)
    }
}

fn carries(question: &Question<'_>) -> bool {
    question.credential.is_some_and(|credential| !credential.is_empty())
        || !question.headers.is_empty()
}

fn readable(text: &str) -> Result<Url, Failure> {
    let bad = |detail: String| Failure::BadUrl { url: text.to_owned(), detail };
    let url = Url::parse(text).map_err(|error| bad(error.to_string()))?;
    if !matches!(url.scheme(), "http" | "https") {
        return Err(bad(format!("the scheme {:?} is not http or https", url.scheme())));
    }
    Ok(url)
}

/// Whether a hop goes to where the question was first put.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Origin {
    Another,
    Same,
}

fn same_origin(first: &Url, url: &Url) -> Origin {
    let of = |url: &Url| (url.scheme().to_owned(), host_of(url), port_of(url));
    if of(first) == of(url) { Origin::Same } else { Origin::Another }
}

fn headers(
    question: &Question<'_>,
    url: &Url,
    known: Origin,
    peer: &Peer,
) -> Result<HeaderMap, Failure> {
    let mut headers = HeaderMap::new();
    if let Some(host) = peer.host_header(url) {
        headers.insert(HOST, value(&host, "the host")?);
    }
    if matches!(question.method, Method::Post(_)) {
        headers.insert(CONTENT_TYPE, HeaderValue::from_static("application/json"));
    }
    headers.insert(ACCEPT, HeaderValue::from_static("application/json, */*"));
    if known == Origin::Another {
        return Ok(headers);
    }
    for (name, text) in question.headers {
        let name = reqwest::header::HeaderName::try_from(name.as_str())
            .map_err(|_| Failure::Withheld { why: format!("{name:?} is no header name") })?;
        headers.append(name, value(text, "a header")?);
    }
    if let Some(bearer) = question.credential.and_then(|one| one.bearer.as_ref()) {
        let mut value = value(&format!("Bearer {}", bearer.expose_secret()), "the token")?;
        value.set_sensitive(true);
        headers.insert(AUTHORIZATION, value);
    }
    Ok(headers)
}

fn value(text: &str, what: &str) -> Result<HeaderValue, Failure> {
    HeaderValue::from_str(text).map_err(|_| Failure::Withheld {
        why: format!("{what} holds a byte that no HTTP header can carry"),
    })
}

fn redirect(
    question: &Question<'_>,
    url: &Url,
    response: &reqwest::Response,
) -> Result<Option<Hop>, Failure> {
    let status = response.status().as_u16();
    let followed =
        matches!(question.method, Method::Get) && matches!(status, 301..=303 | 307 | 308);
    // Go takes a redirect without a place as the answer (net/http, client.go, `do`).
    let Some(location) = response.headers().get(LOCATION).filter(|_| followed) else {
        return Ok(None);
    };
    let location = String::from_utf8_lossy(location.as_bytes()).into_owned();
    let to = url.join(&location).map_err(|error| Failure::BadUrl {
        detail: format!("the answer redirects there: {error}"),
        url: location.clone(),
    })?;
    Ok(Some(Hop::Redirect { status, to, location }))
}

async fn answer(
    mut response: reqwest::Response,
    limit: u64,
    peer: &Peer,
    deadline: Instant,
) -> Result<Answer, Failure> {
    let status = response.status();
    let headers = kept(response.headers());
    let mut body = Vec::new();
    let most = usize::try_from(limit).unwrap_or(usize::MAX);
    let mut extent = Extent::Whole;
    loop {
        let chunk = match response.chunk().await {
            Ok(Some(chunk)) => chunk,
            Ok(None) => break,
            Err(error) => return Err(failure(&error, peer, deadline, Instant::now()).await),
        };
        let room = most - body.len();
        body.extend_from_slice(&chunk[..chunk.len().min(room)]);
        if chunk.len() > room {
            extent = Extent::CutAt { limit };
            break;
        }
    }
    let body = String::from_utf8_lossy(&body).into_owned();
    Ok(Answer { status: status.as_u16(), status_line: status_line(status), headers, body, extent })
}

fn status_line(status: StatusCode) -> String {
    match status.canonical_reason() {
        Some(words) => format!("{} {words}", status.as_u16()),
        None => status.as_u16().to_string(),
    }
}

fn kept(headers: &HeaderMap) -> BTreeMap<String, String> {
    let joined = |name: &str| {
        let all: Vec<String> = headers
            .get_all(name)
            .iter()
            .map(|value| String::from_utf8_lossy(value.as_bytes()).into_owned())
            .collect();
        (!all.is_empty()).then(|| (name.to_owned(), all.join(", ")))
    };
    KEPT_HEADERS.iter().filter_map(|name| joined(name)).collect()
}
