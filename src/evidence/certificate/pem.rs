//! What a file of certificates contains.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde::{Deserialize, Serialize};

use super::Certificate;

/// What a PEM text contains, in its order.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct PemFacts {
    /// What the text is as a whole.
    pub shape: PemShape,
    /// The certificates that can be read.
    pub certificates: Vec<Certificate>,
    /// Certificate blocks that cannot be read.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub unreadable: Vec<UnreadableBlock>,
    /// Labels of the other blocks, such as `RSA PRIVATE KEY`.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub others: Vec<String>,
}

/// What a text is that should be PEM.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum PemShape {
    /// It is base64 around a PEM text, as in a kubeconfig's `…-data`.
    Base64OfPem,
    /// Nothing but white space.
    Empty,
    /// Text without any `-----BEGIN …-----` line.
    NotPem,
    /// There is at least one block.
    Pem,
}

/// A block that calls itself a certificate and is none.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct UnreadableBlock {
    /// The line of its `BEGIN`, from 1.
    pub line: u32,
    /// Why.
    pub why: String,
}

impl PemFacts {
    /// Why kube-apiserver would refuse this as a CA file, if it would
    /// (client-go, util/cert, `ParseCertsPEM`: no certificate at all, or one unreadable).
    #[must_use]
    pub fn refusal(&self) -> Option<String> {
        if let Some(block) = self.unreadable.first() {
            return Some(format!("line {}: {}", block.line, block.why));
        }
        self.certificates
            .is_empty()
            .then(|| "data does not contain any valid RSA or ECDSA certificates".to_owned())
    }
}

/// Reads a PEM text: what a CA file contains, and what it is if it is none.
#[must_use]
pub fn pem_facts(pem: &str) -> PemFacts {
    let mut facts = PemFacts {
        shape: shape(pem),
        certificates: Vec::new(),
        unreadable: Vec::new(),
        others: Vec::new(),
    };
    for block in blocks(pem) {
        if block.label != "CERTIFICATE" {
            facts.others.push(block.label.to_owned());
            continue;
        }
        match certificate(&block) {
            Ok(certificate) => facts.certificates.push(certificate),
            Err(why) => facts.unreadable.push(UnreadableBlock { line: block.line, why }),
        }
    }
    facts
}

fn shape(text: &str) -> PemShape {
    if text.trim().is_empty() {
        return PemShape::Empty;
    }
    if blocks(text).next().is_some() {
        return PemShape::Pem;
    }
    // The base64 of "-----BEGIN".
    if text.trim_start().starts_with("LS0tLS1CRUdJTi") {
        return PemShape::Base64OfPem;
    }
    PemShape::NotPem
}

struct Block<'a> {
    line: u32,
    label: &'a str,
    body: Vec<&'a str>,
    end: End,
}

#[derive(PartialEq, Eq)]
enum End {
    Found,
    Missing,
}

fn blocks(text: &str) -> impl Iterator<Item = Block<'_>> {
    let mut lines = (1_u32..).zip(text.lines());
    std::iter::from_fn(move || {
        loop {
            let (line, text) = lines.next()?;
            let Some(label) = marked(text, "-----BEGIN ") else { continue };
            let mut body = Vec::new();
            for (_, text) in lines.by_ref() {
                if marked(text, "-----END ") == Some(label) {
                    return Some(Block { line, label, body, end: End::Found });
                }
                body.push(text);
            }
            return Some(Block { line, label, body, end: End::Missing });
        }
    })
}

fn marked<'a>(line: &'a str, start: &str) -> Option<&'a str> {
    line.trim_end().strip_prefix(start)?.strip_suffix("-----")
}

fn certificate(block: &Block<'_>) -> Result<Certificate, String> {
    if block.end == End::Missing {
        return Err("no END CERTIFICATE line".into());
    }
    let body: String = block.body.iter().flat_map(|line| line.split_ascii_whitespace()).collect();
    let der = STANDARD.decode(body).map_err(|error| format!("not base64: {error}"))?;
    Certificate::from_der(&der).map_err(|error| error.to_string())
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "a test may stop")]

    use super::{PemShape, pem_facts};

    #[test]
    fn shapes() {
        assert_eq!(pem_facts(" \n").shape, PemShape::Empty);
        assert_eq!(pem_facts("hello").shape, PemShape::NotPem);
        assert_eq!(pem_facts("LS0tLS1CRUdJTiBDRVJU").shape, PemShape::Base64OfPem);
        assert!(pem_facts("hello").refusal().unwrap().contains("does not contain any valid"));
    }

    #[test]
    fn blocks_that_are_no_certificates() {
        let key = "-----BEGIN PRIVATE KEY-----\nAAAA\n-----END PRIVATE KEY-----\n";
        let bad = "-----BEGIN CERTIFICATE-----\n!\n-----END CERTIFICATE-----\n";
        let short = "-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n";
        let open = "-----BEGIN CERTIFICATE-----\nAAAA\n";
        let facts = pem_facts(&format!("{key}{bad}{short}{open}"));
        assert_eq!(facts.shape, PemShape::Pem);
        assert_eq!(facts.others, ["PRIVATE KEY"]);
        assert_eq!(facts.unreadable.iter().map(|one| one.line).collect::<Vec<_>>(), [4, 7, 10]);
        assert!(facts.refusal().unwrap().starts_with("line 4: not base64"));
    }

    #[test]
    fn a_certificate_reads_back() {
        let key = rcgen::generate_simple_self_signed(vec!["idp.example.com".into()]).unwrap();
        let facts = pem_facts(&key.cert.pem().replace('\n', "\r\n"));
        assert_eq!(facts.refusal(), None);
        let certificate = &facts.certificates[0];
        assert_eq!(certificate.names, ["idp.example.com"]);
        assert_eq!(certificate.to_der().unwrap(), key.cert.der().as_ref());
        let json = serde_json::to_string(&facts).unwrap();
        assert_eq!(serde_json::from_str::<super::PemFacts>(&json).unwrap(), facts);
    }
}
