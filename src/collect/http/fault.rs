//! From the client's errors to a [`Failure`] that says what was the matter.

use std::error::Error;
use std::io;
use std::net::SocketAddr;
use std::time::{Duration, Instant};

use rustls::{AlertDescription, InvalidMessage};

use super::super::names::NameFault;
use super::super::proxy::ProxyAddress;
use super::super::raw::{first_bytes, status_line};
use super::peer::{Peer, host_of, port_of};
use super::waited;
use crate::evidence::certificate::ChainVerdict;
use crate::evidence::exchange::Failure;

/// What a second look may take, at most: 2 s.
const SECOND_LOOK: Duration = Duration::from_secs(2);

/// Names a failure. Where the error leaves it open what the peer speaks, one more look, without
/// any credential, tells.
pub(super) async fn failure(
    error: &reqwest::Error,
    peer: &Peer,
    deadline: Instant,
    begun: Instant,
) -> Failure {
    if let Some(ChainVerdict::Refused(fault)) = peer.recorder.seen().verdict {
        return Failure::Certificate(fault);
    }
    let found = named(error, peer, begun);
    let look = SECOND_LOOK.min(deadline.saturating_duration_since(Instant::now()));
    match (&peer.proxy, found) {
        (Some(proxy), Failure::Other { detail }) if detail.contains("tunnel") => {
            refused_by(proxy, peer, look, &detail).await
        }
        (Some(proxy), found) if of_connection(&found) => {
            Failure::Proxy { proxy: proxy.to_string(), detail: found.to_string() }
        }
        (None, Failure::NotTls) => spoken(peer, look).await,
        (_, found) => found,
    }
}

/// Failures that happen before anything is said: through a proxy, they are the proxy's.
fn of_connection(failure: &Failure) -> bool {
    matches!(
        failure,
        Failure::NameUnresolved { .. }
            | Failure::ConnectionRefused { .. }
            | Failure::Unreachable { .. }
            | Failure::ConnectTimeout { .. }
            | Failure::Other { .. }
    )
}

fn named(error: &reqwest::Error, peer: &Peer, begun: Instant) -> Failure {
    if error.is_timeout() && error.is_connect() {
        return Failure::ConnectTimeout { waited: waited(begun) };
    }
    let mut last: Option<&(dyn Error + 'static)> = None;
    let mut tunnel = None;
    let mut source = error.source();
    while let Some(one) = source {
        if let Some(found) = known(one, peer) {
            return found;
        }
        if one.to_string().starts_with("tunnel error") {
            tunnel = Some(one.to_string());
        }
        last = Some(one);
        source = one.source();
    }
    let detail = last.map_or_else(|| "no reason given".to_owned(), ToString::to_string);
    spelled(tunnel.unwrap_or(detail))
}

/// An error that its type tells.
fn known(error: &(dyn Error + 'static), peer: &Peer) -> Option<Failure> {
    if let Some(fault) = error.downcast_ref::<NameFault>() {
        let (host, detail) = (fault.host.clone(), fault.detail.clone());
        return Some(Failure::NameUnresolved { host, detail });
    }
    if let Some(tls) = error.downcast_ref::<rustls::Error>() {
        return Some(handshake(tls));
    }
    let system = error.downcast_ref::<io::Error>()?;
    // An error wrapped in a system error is not among its sources.
    let inner = system.get_ref().map(|inner| -> &(dyn Error + 'static) { inner });
    if let Some(found) = inner.and_then(|inner| known(inner, peer)) {
        return Some(found);
    }
    let detail = plain(system);
    match system.kind() {
        io::ErrorKind::ConnectionRefused => {
            Some(Failure::ConnectionRefused { address: peer.place() })
        }
        io::ErrorKind::HostUnreachable
        | io::ErrorKind::NetworkUnreachable
        | io::ErrorKind::AddrNotAvailable => {
            Some(Failure::Unreachable { address: peer.place(), detail })
        }
        io::ErrorKind::ConnectionReset
        | io::ErrorKind::ConnectionAborted
        | io::ErrorKind::BrokenPipe
        | io::ErrorKind::UnexpectedEof => Some(Failure::Closed { detail }),
        _ => None,
    }
}

/// The system's words without the number.
fn plain(error: &io::Error) -> String {
    let text = error.to_string();
    text.split_once(" (os error").map_or(text.clone(), |(words, _)| words.to_lowercase())
}

fn handshake(error: &rustls::Error) -> Failure {
    match error {
        rustls::Error::InvalidMessage(InvalidMessage::InvalidContentType) => Failure::NotTls,
        rustls::Error::AlertReceived(AlertDescription::CertificateRequired) => {
            Failure::ClientCertificateDemanded
        }
        rustls::Error::AlertReceived(alert) => {
            Failure::Tls { detail: format!("the server sent the alert {alert:?}") }
        }
        other => Failure::Tls { detail: other.to_string() },
    }
}

/// Errors of the HTTP layer, whose types are not ours to see.
fn spelled(detail: String) -> Failure {
    if detail.contains("closed before message completed") || detail.contains("unexpected EOF") {
        return Failure::Closed { detail };
    }
    if detail.starts_with("invalid HTTP") || detail.contains("parse") {
        return Failure::NotHttp { detail };
    }
    Failure::Other { detail }
}

/// What a server speaks that does not speak TLS.
async fn spoken(peer: &Peer, limit: Duration) -> Failure {
    let Some(address) = peer.address() else { return Failure::NotTls };
    let words = format!("GET / HTTP/1.0\r\nHost: {}\r\n\r\n", peer.host);
    match first_bytes(address, words.as_bytes(), limit).await {
        Ok(bytes) if status_line(&bytes).is_none() => Failure::NeitherTlsNorHttp,
        _ => Failure::NotTls,
    }
}

/// The status with which a proxy refuses a tunnel: the client does not keep it, so it is asked
/// for once more, without a password.
async fn refused_by(proxy: &ProxyAddress, peer: &Peer, limit: Duration, detail: &str) -> Failure {
    let name = proxy.to_string();
    let plain = Failure::Proxy { proxy: name.clone(), detail: detail.to_owned() };
    if proxy.url.scheme() != "http" {
        return plain;
    }
    if detail.contains("authorization required") {
        let words = "Proxy Authentication Required".into();
        return Failure::ProxyAnswered { proxy: name, status: 407, words };
    }
    let literal = host_of(&proxy.url).parse().ok();
    let Some(ip) = literal.or_else(|| peer.names.first()) else { return plain };
    let target = match peer.host.contains(':') {
        true => format!("[{}]:{}", peer.host, peer.port),
        false => format!("{}:{}", peer.host, peer.port),
    };
    let words = format!("CONNECT {target} HTTP/1.1\r\nHost: {target}\r\n\r\n");
    let address = SocketAddr::new(ip, port_of(&proxy.url));
    match first_bytes(address, words.as_bytes(), limit).await {
        Ok(bytes) => match status_line(&bytes) {
            Some((status, words)) if status != 200 => {
                Failure::ProxyAnswered { proxy: name, status, words }
            }
            _ => plain,
        },
        Err(_) => plain,
    }
}
