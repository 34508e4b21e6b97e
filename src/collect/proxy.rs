//! Which proxy Go's programs would use (golang.org/x/net/http/httpproxy, `Config.ProxyFunc`).

use std::net::IpAddr;

use reqwest::Url;

/// The proxy variables, as found; the upper-case spelling wins where both are set.
///
/// `ALL_PROXY` is not among them: Go does not read it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ProxyVariables {
    /// `HTTPS_PROXY` or `https_proxy`: for https URLs.
    pub https: String,
    /// `HTTP_PROXY` or `http_proxy`: for http URLs.
    pub http: String,
    /// `NO_PROXY` or `no_proxy`: whom to reach directly.
    pub none: String,
}

/// A proxy setting that Go refuses: every request it governs fails.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("invalid proxy address: {why}")]
pub struct BadProxy {
    /// Why, without the address, which may hold a password.
    pub why: String,
}

/// A proxy, its password kept from view.
#[derive(Clone)]
pub struct ProxyAddress {
    pub(super) url: Url,
}

impl std::fmt::Debug for ProxyAddress {
    fn fmt(&self, out: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(out, "ProxyAddress({self})")
    }
}

impl std::fmt::Display for ProxyAddress {
    fn fmt(&self, out: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let host = self.url.host_str().unwrap_or_default();
        write!(out, "{}://{host}", self.url.scheme())?;
        self.url.port_or_known_default().map_or(Ok(()), |port| write!(out, ":{port}"))
    }
}

impl ProxyAddress {
    /// Reads a proxy's URL; without a scheme, http is meant.
    ///
    /// # Errors
    /// When it is no URL, or of a scheme that Go does not support.
    pub fn parse(text: &str) -> Result<Self, BadProxy> {
        let known = |url: &Url| {
            matches!(url.scheme(), "http" | "https" | "socks5" | "socks5h") && url.has_host()
        };
        let direct = Url::parse(text).ok().filter(known);
        let url = match direct {
            Some(url) => url,
            None => Url::parse(&format!("http://{text}"))
                .ok()
                .filter(|url| known(url) && !text.contains("://"))
                .ok_or_else(|| BadProxy { why: reason(text) })?,
        };
        Ok(Self { url })
    }
}

fn reason(text: &str) -> String {
    match text.split_once("://") {
        Some((scheme, _)) if scheme.bytes().all(|byte| byte.is_ascii_alphanumeric()) => {
            format!("the scheme {scheme:?} is not supported, or no host follows")
        }
        _ => "not a URL".into(),
    }
}

impl ProxyVariables {
    /// Takes the variables from a look-up, such as `|name| std::env::var(name).ok()`.
    #[must_use]
    pub fn read(variable: impl Fn(&str) -> Option<String>) -> Self {
        let either = |upper: &str| {
            variable(upper)
                .filter(|value| !value.is_empty())
                .or_else(|| variable(&upper.to_ascii_lowercase()))
                .unwrap_or_default()
        };
        Self { https: either("HTTPS_PROXY"), http: either("HTTP_PROXY"), none: either("NO_PROXY") }
    }

    /// The proxy for a URL; none means a direct connection.
    ///
    /// # Errors
    /// When the variable that governs this URL holds no usable address.
    pub fn proxy_for(&self, url: &Url) -> Result<Option<ProxyAddress>, BadProxy> {
        let setting = match url.scheme() {
            "https" => &self.https,
            "http" => &self.http,
            _ => return Ok(None),
        };
        if setting.is_empty() || !self.used_for(url) {
            return Ok(None);
        }
        ProxyAddress::parse(setting).map(Some)
    }

    /// `config.useProxy`: never for this machine itself, nor for what `NO_PROXY` names.
    fn used_for(&self, url: &Url) -> bool {
        let host = url.host_str().unwrap_or_default().to_ascii_lowercase();
        let host = host.trim_start_matches('[').trim_end_matches(']');
        let address = host.parse::<IpAddr>().ok();
        if host == "localhost" || address.is_some_and(|one| one.is_loopback()) {
            return false;
        }
        let port = url.port_or_known_default().unwrap_or_default();
        !self.none.split(',').any(|entry| excluded(entry, host, port, address))
    }
}

/// Whether one entry of `NO_PROXY` names this host and port (`httpproxy.config.init`).
fn excluded(entry: &str, host: &str, port: u16, address: Option<IpAddr>) -> bool {
    let entry = entry.trim().to_ascii_lowercase();
    if entry.is_empty() {
        return false;
    }
    if entry == "*" {
        return true;
    }
    if let Some((network, bits)) = network(&entry) {
        return address.is_some_and(|address| within(address, network, bits));
    }
    let (name, entry_port) = split_port(&entry);
    if name.is_empty() || entry_port.is_some_and(|wanted| wanted != port.to_string()) {
        return false;
    }
    if let Ok(wanted) = name.parse::<IpAddr>() {
        return address.is_some_and(|one| one.to_canonical() == wanted.to_canonical());
    }
    names(name, host)
}

/// `domainMatch`: `foo.com` means itself and what ends in `.foo.com`; `.foo.com` and `*.foo.com`
/// only the latter.
fn names(name: &str, host: &str) -> bool {
    let name = name.strip_prefix('*').filter(|rest| rest.starts_with('.')).unwrap_or(name);
    match name.strip_prefix('.') {
        Some(_) => host.ends_with(name),
        None => host == name || host.strip_suffix(name).is_some_and(|rest| rest.ends_with('.')),
    }
}

fn network(entry: &str) -> Option<(IpAddr, u32)> {
    let (address, bits) = entry.split_once('/')?;
    let address: IpAddr = address.parse().ok()?;
    let bits = bits.parse().ok()?;
    let most = if address.is_ipv4() { 32 } else { 128 };
    (bits <= most).then_some((address, bits))
}

fn within(address: IpAddr, network: IpAddr, bits: u32) -> bool {
    match (address.to_canonical(), network) {
        (IpAddr::V4(one), IpAddr::V4(net)) => {
            let mask = u32::MAX.checked_shl(32 - bits).unwrap_or_default();
            u32::from(one) & mask == u32::from(net) & mask
        }
        (IpAddr::V6(one), IpAddr::V6(net)) => {
            let mask = u128::MAX.checked_shl(128 - bits).unwrap_or_default();
            u128::from(one) & mask == u128::from(net) & mask
        }
        _ => false,
    }
}

/// `host:port`, `[v6]:port`, a bare IPv6 address, or a bare host.
fn split_port(entry: &str) -> (&str, Option<&str>) {
    if let Some(rest) = entry.strip_prefix('[') {
        return match rest.split_once(']') {
            Some((host, port)) => (host, port.strip_prefix(':')),
            None => (rest, None),
        };
    }
    match entry.split_once(':') {
        Some((host, port)) if !port.contains(':') => (host, Some(port)),
        _ => (entry, None),
    }
}

#[cfg(test)]
#[path = "proxy_tests.rs"]
mod tests;
