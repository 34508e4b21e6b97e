//! Why no HTTP answer came.

use serde::{Deserialize, Serialize};

use super::super::certificate::CertificateFault;
use super::Milliseconds;

/// Why no HTTP answer came.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Failure {
    /// The name has no address here.
    #[error("the name {host} does not resolve: {detail}")]
    NameUnresolved {
        /// The host name.
        host: String,
        /// The resolver's words.
        detail: String,
    },
    /// Nothing listens there, or something refuses on its behalf.
    #[error("{address} refused the connection")]
    ConnectionRefused {
        /// `ADDR:PORT`, or the host where no address is known.
        address: String,
    },
    /// There is no way to the address.
    #[error("no route to {address}: {detail}")]
    Unreachable {
        /// `ADDR:PORT`, or the host where no address is known.
        address: String,
        /// The system's words.
        detail: String,
    },
    /// The connection, TLS included, did not stand in time.
    #[error("no connection within {waited}")]
    ConnectTimeout {
        /// How long was waited.
        waited: Milliseconds,
    },
    /// The connection stood, and the answer did not come, or not all of it.
    #[error("no complete answer within {waited}")]
    ReadTimeout {
        /// How long was waited.
        waited: Milliseconds,
    },
    /// The connection was closed before an answer came.
    #[error("the connection was closed before an answer: {detail}")]
    Closed {
        /// The reader's words.
        detail: String,
    },
    /// The server's certificates are not accepted.
    #[error("{0}")]
    Certificate(CertificateFault),
    /// The server ends the handshake because no client certificate was sent.
    #[error("the server demands a client certificate")]
    ClientCertificateDemanded,
    /// The TLS handshake failed for another reason.
    #[error("the TLS handshake failed: {detail}")]
    Tls {
        /// The reader's words.
        detail: String,
    },
    /// Plain HTTP was spoken where TLS was expected.
    #[error("the server speaks plain HTTP where TLS was expected")]
    NotTls,
    /// Something else than TLS or HTTP was spoken where TLS was expected.
    #[error("the server speaks neither TLS nor HTTP")]
    NeitherTlsNorHttp,
    /// What came back is not HTTP.
    #[error("the answer is not HTTP: {detail}")]
    NotHttp {
        /// The reader's words.
        detail: String,
    },
    /// The redirects did not end.
    #[error("stopped after {limit} redirects")]
    TooManyRedirects {
        /// How many requests were made.
        limit: u8,
    },
    /// The proxy could not be used.
    #[error("the proxy {proxy} cannot be used: {detail}")]
    Proxy {
        /// The proxy, without its password.
        proxy: String,
        /// What is the matter.
        detail: String,
    },
    /// The proxy refused to open the way.
    #[error("the proxy {proxy} answered {status} {words}")]
    ProxyAnswered {
        /// The proxy, without its password.
        proxy: String,
        /// Its status.
        status: u16,
        /// The words of its status line.
        words: String,
    },
    /// Nothing was asked: the network was switched off.
    #[error("not asked: --offline")]
    Offline,
    /// Nothing was asked, or the wait was cut too short to mean anything.
    #[error("not asked: the time for collecting was used up")]
    DeadlineSpent,
    /// Nothing was asked: the credential would have gone to somebody who is not verified.
    #[error("not asked: {why}")]
    Withheld {
        /// What stands against it.
        why: String,
    },
    /// The URL cannot be asked.
    #[error("{url:?} cannot be asked: {detail}")]
    BadUrl {
        /// The URL.
        url: String,
        /// Why.
        detail: String,
    },
    /// Anything else.
    #[error("{detail}")]
    Other {
        /// The client's words.
        detail: String,
    },
}

impl Failure {
    /// How Go's HTTP client words this failure, as kube-apiserver logs it: `Get "URL": …`.
    ///
    /// What only the machine that asked can know is left out: the resolver's address in
    /// `lookup HOST on ADDR: no such host` and the source of a read. Nothing where Go would not
    /// fail, or where its words cannot be told from here.
    #[must_use]
    pub fn go_text(&self, method: &str, url: &str) -> Option<String> {
        let cause = self.go_cause()?;
        let operation = match method {
            "GET" => "Get",
            "POST" => "Post",
            other => other,
        };
        Some(format!("{operation} {url:?}: {cause}"))
    }

    fn go_cause(&self) -> Option<String> {
        let text = match self {
            Self::NameUnresolved { host, detail } => lookup(host, detail)?,
            Self::ConnectionRefused { address } => {
                format!("dial tcp {address}: connect: connection refused")
            }
            Self::Unreachable { address, detail } => {
                format!("dial tcp {address}: connect: {}", detail.to_lowercase())
            }
            Self::ConnectTimeout { .. } | Self::ReadTimeout { .. } => {
                "context deadline exceeded (Client.Timeout exceeded while awaiting headers)".into()
            }
            // The first part is there since Go 1.20, so in kube-apiserver from 1.27 on.
            Self::Certificate(fault) => {
                format!("tls: failed to verify certificate: {}", fault.go_text()?)
            }
            Self::NotTls => "http: server gave HTTP response to HTTPS client".into(),
            Self::NeitherTlsNorHttp => {
                "tls: first record does not look like a TLS handshake".into()
            }
            Self::TooManyRedirects { limit } => format!("stopped after {limit} redirects"),
            Self::ProxyAnswered { words, .. } if !words.is_empty() => words.clone(),
            Self::BadUrl { url, .. } => unsupported_scheme(url)?,
            Self::Closed { .. } => "EOF".into(),
            _ => return None,
        };
        Some(text)
    }
}

/// Go's own resolver says `no such host` where the name does not exist; other failures of a lookup
/// are worded after the server's answer, which cannot be seen here.
fn lookup(host: &str, detail: &str) -> Option<String> {
    let absent = ["not known", "No such host", "nodename nor servname", "no address"];
    absent
        .iter()
        .any(|words| detail.contains(words))
        .then(|| format!("dial tcp: lookup {host}: no such host"))
}

fn unsupported_scheme(url: &str) -> Option<String> {
    let scheme = match url.split_once(':') {
        Some((scheme, _)) if scheme.bytes().all(|byte| byte.is_ascii_alphanumeric()) => scheme,
        Some(_) => return None,
        None => "",
    };
    let known = scheme.eq_ignore_ascii_case("http") || scheme.eq_ignore_ascii_case("https");
    (!known).then(|| format!("unsupported protocol scheme {:?}", scheme.to_ascii_lowercase()))
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "a test may stop")]

    use super::Failure;

    fn text(failure: &Failure) -> Option<String> {
        failure.go_text("GET", "https://idp/x")
    }

    #[test]
    fn words_of_go() {
        let gone = Failure::NameUnresolved {
            host: "idp".into(),
            detail: "Name or service not known".into(),
        };
        assert_eq!(
            text(&gone).unwrap(),
            r#"Get "https://idp/x": dial tcp: lookup idp: no such host"#
        );
        let unsure = Failure::NameUnresolved {
            host: "idp".into(),
            detail: "Temporary failure in name resolution".into(),
        };
        assert_eq!(text(&unsure), None);
        assert_eq!(text(&Failure::Offline), None);
        let refused = Failure::ConnectionRefused { address: "192.0.2.14:443".into() };
        assert_eq!(
            text(&refused).unwrap(),
            r#"Get "https://idp/x": dial tcp 192.0.2.14:443: connect: connection refused"#
        );
    }

    #[test]
    fn schemes() {
        let bad = |url: &str| {
            Failure::BadUrl { url: url.into(), detail: String::new() }.go_text("GET", url)
        };
        assert_eq!(bad("/jwks").unwrap(), r#"Get "/jwks": unsupported protocol scheme """#);
        assert_eq!(bad("FTP://x").unwrap(), r#"Get "FTP://x": unsupported protocol scheme "ftp""#);
        assert_eq!(bad("https://x y"), None);
    }

    #[test]
    fn reads_back() {
        let failure = Failure::ProxyAnswered {
            proxy: "http://p:3128".into(),
            status: 502,
            words: "Bad Gateway".into(),
        };
        let json = serde_json::to_string(&failure).unwrap();
        assert_eq!(serde_json::from_str::<Failure>(&json).unwrap(), failure);
        assert_eq!(text(&failure).unwrap(), r#"Get "https://idp/x": Bad Gateway"#);
    }
}
