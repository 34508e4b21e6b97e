//! Certificates in PEM as the server counts them.

use crate::go::base64::decode_standard;

/// Why a text holds no usable certificates; nothing when it does.
/// Source: k8s.io/client-go, util/cert/pem.go, `ParseCertsPEM`.
pub(crate) fn refusal(text: &str) -> Option<String> {
    let mut found = 0;
    for block in blocks(text) {
        if block.kind != "CERTIFICATE" || block.has_headers() {
            continue;
        }
        match x509_parser::parse_x509_certificate(&block.der) {
            Ok(([], _)) => found += 1,
            Ok(_) => return Some("x509: trailing data".to_owned()),
            Err(_) => return Some("x509: malformed certificate".to_owned()),
        }
    }
    (found == 0).then(|| "data does not contain any valid RSA or ECDSA certificates".to_owned())
}

struct Block<'a> {
    kind: &'a str,
    headers: Vec<&'a str>,
    der: Vec<u8>,
}

impl Block<'_> {
    fn has_headers(&self) -> bool {
        !self.headers.is_empty()
    }
}

/// The blocks that Go's encoding/pem finds; broken ones are skipped, as there.
fn blocks(text: &str) -> Vec<Block<'_>> {
    let mut blocks = Vec::new();
    let mut lines = text.lines().map(str::trim_end);
    while let Some(line) = lines.next() {
        let begin = line.strip_prefix("-----BEGIN ").and_then(|rest| rest.strip_suffix("-----"));
        let Some(kind) = begin else { continue };
        let end = format!("-----END {kind}-----");
        let mut headers = Vec::new();
        let mut body = String::new();
        for line in lines.by_ref() {
            if line == end {
                if let Ok(der) = decode_standard(body.as_bytes()) {
                    blocks.push(Block { kind, headers, der });
                }
                break;
            }
            if line.starts_with("-----") {
                break;
            }
            if body.is_empty() && line.contains(':') {
                headers.push(line);
            } else {
                body.extend(line.chars().filter(|c| *c != ' ' && *c != '\t'));
            }
        }
    }
    blocks
}
