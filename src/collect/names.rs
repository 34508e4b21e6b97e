//! From host names to addresses: `--resolve` first, then the system.

use std::error::Error;
use std::io;
use std::net::{IpAddr, SocketAddr};
use std::str::FromStr;
use std::sync::{Arc, Mutex, PoisonError};

use reqwest::dns::{Addrs, Name, Resolve, Resolving};

/// One `--resolve HOST:PORT:ADDR[,ADDR…]`, as curl has it: for this host and port, these addresses.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Pin {
    host: String,
    port: u16,
    addresses: Vec<IpAddr>,
}

/// A `--resolve` value that cannot be read.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{text:?} is not HOST:PORT:ADDR: {why}")]
pub struct BadPin {
    text: String,
    why: String,
}

impl FromStr for Pin {
    type Err = BadPin;

    fn from_str(text: &str) -> Result<Self, BadPin> {
        let bad = |why: &str| BadPin { text: text.to_owned(), why: why.to_owned() };
        let (host, rest) = split_host(text).ok_or_else(|| bad("no port"))?;
        let (port, addresses) = rest.split_once(':').ok_or_else(|| bad("no address"))?;
        let port = port.parse().map_err(|_| bad("the port is not a number from 0 to 65535"))?;
        let addresses = addresses
            .split(',')
            .map(|one| one.trim_start_matches('[').trim_end_matches(']').parse())
            .collect::<Result<Vec<IpAddr>, _>>()
            .map_err(|_| bad("not an IP address"))?;
        if host.is_empty() {
            return Err(bad("no host"));
        }
        Ok(Self { host: host.to_ascii_lowercase(), port, addresses })
    }
}

/// The host, brackets of an IPv6 address taken off, and what follows its colon.
fn split_host(text: &str) -> Option<(&str, &str)> {
    match text.strip_prefix('[') {
        Some(rest) => rest.split_once("]:"),
        None => text.split_once(':'),
    }
}

impl Pin {
    /// The addresses given for this host and port, if any; the last entry given wins, and the host
    /// `*` stands for all.
    pub(super) fn find<'a>(pins: &'a [Self], host: &str, port: u16) -> Option<&'a [IpAddr]> {
        pins.iter()
            .rev()
            .find(|pin| {
                pin.port == port && (pin.host == "*" || pin.host.eq_ignore_ascii_case(host))
            })
            .map(|pin| pin.addresses.as_slice())
    }
}

/// A name that has no address here.
#[derive(Debug, thiserror::Error)]
#[error("{host}: {detail}")]
pub(super) struct NameFault {
    pub(super) host: String,
    pub(super) detail: String,
}

/// Where the addresses of a dialled name come from.
#[derive(Clone, Debug)]
pub(super) enum Source {
    /// Given by `--resolve`.
    Pinned(Vec<IpAddr>),
    /// The system's resolver is asked for this name.
    System(String),
}

/// The names that one client may dial, and the addresses that came of them.
#[derive(Clone, Debug, Default)]
pub(super) struct Names {
    table: Vec<(String, Source)>,
    found: Arc<Mutex<Vec<SocketAddr>>>,
}

impl Names {
    /// Dialling `name` means connecting to what `source` gives.
    pub(super) fn with(mut self, name: &str, source: Source) -> Self {
        self.table.push((name.to_ascii_lowercase(), source));
        self
    }

    /// The first address found so far.
    pub(super) fn first(&self) -> Option<IpAddr> {
        self.found.lock().unwrap_or_else(PoisonError::into_inner).first().map(SocketAddr::ip)
    }

    fn keep(&self, addresses: &[SocketAddr]) {
        *self.found.lock().unwrap_or_else(PoisonError::into_inner) = addresses.to_vec();
    }

    async fn addresses(&self, name: String) -> Result<Vec<SocketAddr>, NameFault> {
        let source = self.table.iter().find(|(known, _)| known.eq_ignore_ascii_case(&name));
        let host = match source {
            Some((_, Source::Pinned(addresses))) => {
                return Ok(addresses.iter().map(|one| SocketAddr::new(*one, 0)).collect());
            }
            Some((_, Source::System(host))) => host.clone(),
            None => name,
        };
        let found: Vec<SocketAddr> = match looked_up(&host).await {
            Ok(found) => found,
            Err(error) => return Err(NameFault { host, detail: plain(&error) }),
        };
        if found.is_empty() {
            return Err(NameFault { host, detail: "no address".into() });
        }
        Ok(found)
    }
}

async fn looked_up(host: &str) -> io::Result<Vec<SocketAddr>> {
    if let Ok(address) = host.parse::<IpAddr>() {
        return Ok(vec![SocketAddr::new(address, 0)]);
    }
    Ok(tokio::net::lookup_host((host, 0)).await?.collect())
}

/// The resolver's words without the standard library's preface.
fn plain(error: &io::Error) -> String {
    let text = error.to_string();
    text.strip_prefix("failed to lookup address information: ").unwrap_or(&text).to_owned()
}

impl Resolve for Names {
    fn resolve(&self, name: Name) -> Resolving {
        let names = self.clone();
        let name = name.as_str().to_owned();
        Box::pin(async move {
            let addresses = names
                .addresses(name)
                .await
                .map_err(|fault| -> Box<dyn Error + Send + Sync> { Box::new(fault) })?;
            names.keep(&addresses);
            Ok(Box::new(addresses.into_iter()) as Addrs)
        })
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "a test may stop")]

    use super::Pin;

    fn pin(text: &str) -> Pin {
        text.parse().unwrap()
    }

    #[test]
    fn pins_as_curl_has_them() {
        let pins = [
            pin("IDP.example.com:443:127.0.0.2"),
            pin("[2001:db8::1]:6443:[::1],127.0.0.3"),
            pin("*:80:127.0.0.9"),
            pin("idp.example.com:443:127.0.0.4"),
        ];
        let found = |host: &str, port| Pin::find(&pins, host, port).map(|all| all[0].to_string());
        assert_eq!(found("idp.EXAMPLE.com", 443).as_deref(), Some("127.0.0.4"));
        assert_eq!(found("idp.example.com", 8443), None);
        assert_eq!(found("2001:db8::1", 6443).as_deref(), Some("::1"));
        assert_eq!(found("anything", 80).as_deref(), Some("127.0.0.9"));
    }

    #[test]
    fn bad_pins_say_why() {
        for (text, why) in [
            ("idp", "no port"),
            ("idp:443", "no address"),
            ("idp:https:127.0.0.1", "the port is not a number from 0 to 65535"),
            ("idp:443:localhost", "not an IP address"),
            (":443:127.0.0.1", "no host"),
        ] {
            let error = text.parse::<Pin>().unwrap_err().to_string();
            assert!(error.ends_with(why), "{error}");
        }
    }
}
