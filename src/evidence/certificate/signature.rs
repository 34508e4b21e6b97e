//! Whether one certificate's key made another's signature.

use rustls::crypto::WebPkiSupportedAlgorithms;
use x509_parser::certificate::X509Certificate;
use x509_parser::der_parser::oid::Oid;
use x509_parser::public_key::PublicKey;

use super::fault::KeyKind;

/// What a signature check says.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Signature {
    /// The key made it.
    Made,
    /// Another key made it.
    NotMade(KeyKind),
    /// The algorithm or the key is not supported here.
    Unsupported,
}

/// RSA keys below this size are not supported by the signature code that webpki uses.
const LEAST_RSA_BITS: usize = 2048;

/// Checks the signature of `child` with the key of `parent`.
pub(super) fn check(child: &X509Certificate<'_>, parent: &X509Certificate<'_>) -> Signature {
    let algorithms = supported();
    let signed = tag(&child.signature_algorithm.algorithm);
    let key = tag(&parent.public_key().algorithm.algorithm);
    let of_signature: Vec<_> =
        algorithms.all.iter().filter(|one| one.signature_alg_id().starts_with(&signed)).collect();
    if of_signature.is_empty() || is_short(parent) {
        return Signature::Unsupported;
    }
    let of_key: Vec<_> =
        of_signature.into_iter().filter(|one| one.public_key_alg_id().starts_with(&key)).collect();
    if of_key.is_empty() {
        return Signature::NotMade(KeyKind::Other);
    }
    let public = &parent.public_key().subject_public_key.data;
    let (message, value) = (child.tbs_certificate.as_ref(), &child.signature_value.data);
    if of_key.iter().any(|one| one.verify_signature(public, message, value).is_ok()) {
        return Signature::Made;
    }
    Signature::NotMade(kind(parent))
}

fn supported() -> WebPkiSupportedAlgorithms {
    rustls::crypto::aws_lc_rs::default_provider().signature_verification_algorithms
}

/// How an algorithm identifier begins: the object identifier with its tag and length.
fn tag(oid: &Oid<'_>) -> Vec<u8> {
    const OBJECT_IDENTIFIER: u8 = 6;
    let bytes = oid.as_bytes();
    let length = u8::try_from(bytes.len()).unwrap_or(u8::MAX);
    [&[OBJECT_IDENTIFIER, length], bytes].concat()
}

fn is_short(parent: &X509Certificate<'_>) -> bool {
    match parent.public_key().parsed() {
        Ok(PublicKey::RSA(key)) => key.key_size() < LEAST_RSA_BITS,
        _ => false,
    }
}

fn kind(parent: &X509Certificate<'_>) -> KeyKind {
    match parent.public_key().parsed() {
        Ok(PublicKey::RSA(_)) => KeyKind::Rsa,
        Ok(PublicKey::EC(_)) => KeyKind::Ecdsa,
        // RFC 8410, id-Ed25519.
        _ if parent.public_key().algorithm.algorithm.to_id_string() == "1.3.101.112" => {
            KeyKind::Ed25519
        }
        _ => KeyKind::Other,
    }
}
