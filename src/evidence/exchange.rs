//! One question over the network and what came of it, as evidence that can be saved and read back.

mod failure;

use std::collections::BTreeMap;
use std::fmt;

use serde::{Deserialize, Serialize};

use super::certificate::Certificate;
use super::moment::Moment;

pub use failure::Failure;

/// One request and its outcome. Nothing of the credential that it carried is kept.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Exchange {
    /// What was done: `GET` or `POST`.
    pub method: String,
    /// The URL asked for; a password in it is shown as `***`, as Go does.
    pub url: String,
    /// When the question was put, by this machine's clock.
    pub asked_at: Moment,
    /// How long the outcome took.
    pub took: Milliseconds,
    /// The address connected to, or the one that was tried last, as `ADDR:PORT`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub address: Option<String>,
    /// The proxy used, without its password.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub proxy: Option<String>,
    /// The redirects followed, in order.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub redirects: Vec<Redirect>,
    /// The certificates that the last server presented, its own first; also where it was refused.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub chain: Vec<Certificate>,
    /// Whether that server wished for a client certificate.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub client_certificate: Option<CertificateWish>,
    /// What came of it.
    pub outcome: Outcome,
}

/// A length of time in milliseconds.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Milliseconds(pub u64);

impl fmt::Display for Milliseconds {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.0 {
            short @ 0..1000 => write!(out, "{short} ms"),
            long => write!(out, "{}.{} s", long / 1000, long % 1000 / 100),
        }
    }
}

/// One redirect that was followed.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Redirect {
    /// The status that brought it: 301, 302, 303, 307 or 308.
    pub status: u16,
    /// Where it led, as an absolute URL.
    pub to: String,
    /// The `Location` header as sent, where it is not that URL.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub location: Option<String>,
}

/// The server's wish for a client certificate in the TLS handshake.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct CertificateWish {
    /// The authorities it named as acceptable, as `CN=…`; none means that any will be looked at.
    pub authorities: Vec<String>,
}

/// What came of a request.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Outcome {
    /// An HTTP answer, whatever its status.
    Answered(Answer),
    /// No HTTP answer.
    Failed(Failure),
}

/// An HTTP answer.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Answer {
    /// The status code.
    pub status: u16,
    /// Code and words, as `404 Not Found`; the words are the standard ones of the code.
    pub status_line: String,
    /// Headers that matter to a diagnosis, names in lower case, several of a name joined by `, `.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub headers: BTreeMap<String, String>,
    /// The body as text; bytes that are not UTF-8 are replaced.
    pub body: String,
    /// Whether all of the body is there.
    pub extent: Extent,
}

/// How much of a body was kept.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Extent {
    /// The limit was reached, and the rest was not read.
    CutAt {
        /// The limit in bytes.
        limit: u64,
    },
    /// All of it.
    Whole,
}

/// The headers that an [`Answer`] keeps: what the key set's lifetime follows from, where a
/// redirect points, whose answer it is. Cookies and authentication headers are not among them.
pub const KEPT_HEADERS: [&str; 14] = [
    "age",
    "audit-id",
    "cache-control",
    "content-length",
    "content-type",
    "date",
    "expires",
    "last-modified",
    "location",
    "server",
    "via",
    "www-authenticate",
    "x-kubernetes-pf-flowschema-uid",
    "x-kubernetes-pf-prioritylevel-uid",
];

impl Exchange {
    /// The answer, if there was one.
    #[must_use]
    pub fn answer(&self) -> Option<&Answer> {
        match &self.outcome {
            Outcome::Answered(answer) => Some(answer),
            Outcome::Failed(_) => None,
        }
    }

    /// The failure, if there was no answer.
    #[must_use]
    pub fn failure(&self) -> Option<&Failure> {
        match &self.outcome {
            Outcome::Answered(_) => None,
            Outcome::Failed(failure) => Some(failure),
        }
    }

    /// The URL of the last hop: what was asked for, or where the last redirect led.
    #[must_use]
    pub fn final_url(&self) -> &str {
        self.redirects.last().map_or(&self.url, |redirect| &redirect.to)
    }

    /// The host of the last hop, without the brackets of an IPv6 address.
    #[must_use]
    pub fn host(&self) -> Option<String> {
        let url = reqwest::Url::parse(self.final_url()).ok()?;
        let host = url.host_str()?;
        Some(host.trim_start_matches('[').trim_end_matches(']').to_owned())
    }

    /// The content type of the answer, as sent.
    #[must_use]
    pub fn content_type(&self) -> Option<&str> {
        self.answer()?.content_type()
    }

    /// The server's clock when it answered.
    #[must_use]
    pub fn date(&self) -> Option<Moment> {
        self.answer()?.date()
    }

    /// The failure as Go words it, `Get "URL": …`; see [`Failure::go_text`].
    #[must_use]
    pub fn go_text(&self) -> Option<String> {
        let failure = self.failure()?;
        // Go names the place of a redirect that it does not follow as it was sent (net/http,
        // client.go, `do`).
        let location = match failure {
            Failure::TooManyRedirects { .. } => self.redirects.last(),
            _ => None,
        };
        let url = location.and_then(|last| last.location.as_deref());
        failure.go_text(&self.method, url.unwrap_or_else(|| self.final_url()))
    }
}

impl Answer {
    /// A header that was kept, by its name in lower case.
    #[must_use]
    pub fn header(&self, name: &str) -> Option<&str> {
        self.headers.get(name).map(String::as_str)
    }

    /// The content type, as sent.
    #[must_use]
    pub fn content_type(&self) -> Option<&str> {
        self.header("content-type")
    }

    /// The server's clock, from the `Date` header.
    #[must_use]
    pub fn date(&self) -> Option<Moment> {
        self.header("date").and_then(Moment::from_http)
    }
}
