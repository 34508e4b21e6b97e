//! Whether a key verifies a token.

use aws_lc_rs::digest::{self, Algorithm};
use aws_lc_rs::rsa::PublicKeyComponents;
use aws_lc_rs::signature as aws;
use aws_lc_rs::signature::{RsaParameters, UnparsedPublicKey};

use super::Release;
use super::decision::Token;
use super::header::Verifiable;
use super::key::{Curve, Jwk, Material};
use super::key_set;
use super::rsa;
use super::token::{Jws, Parts, Seal};

/// How a key took a token.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Verdict {
    /// The signature is this key's.
    Verified,
    /// It is not.
    Refused,
    /// This key is beyond what is computed here.
    Unknown,
}

/// The places, in the key set's `keys`, of the keys that verify the token; empty when either cannot
/// be read. Kept beside a token whose signature is removed before saving.
pub fn verified_by(token: &str, jwks_body: &str) -> Vec<usize> {
    let release = Release::NEWEST;
    let Ok(keys) = key_set::read(jwks_body, release) else { return Vec::new() };
    let Ok(parts) = Parts::split(&Token::Compact(token), release) else { return Vec::new() };
    let Ok(jws) = parts.parse(release) else { return Vec::new() };
    let check = Check::new(&jws);
    let verified = |key: &Jwk| check.key(key) == Verdict::Verified;
    keys.iter().enumerate().filter(|(_, key)| verified(key)).map(|(place, _)| place).collect()
}

/// A token ready to be tried with keys.
pub(crate) struct Check<'a> {
    jws: &'a Jws,
    input: Vec<u8>,
}

impl<'a> Check<'a> {
    pub(crate) fn new(jws: &'a Jws) -> Check<'a> {
        let input = match jws.seal {
            Seal::Bytes(_) => jws.signing_input(),
            Seal::VerifiedBy(_) => Vec::new(),
        };
        Check { jws, input }
    }

    /// Tries the key at this place of the key set, with the release's limits.
    pub(crate) fn try_key(&self, place: usize, key: &Jwk, release: Release) -> Verdict {
        if let Material::Rsa { modulus, .. } = &key.material
            && release.since(33)
            && rsa::bit_length(modulus) < 1024
        {
            // Go 1.24 refuses shorter keys.
            return Verdict::Refused;
        }
        match &self.jws.seal {
            Seal::Bytes(_) => self.key(key),
            Seal::VerifiedBy(places) if places.contains(&place) => Verdict::Verified,
            Seal::VerifiedBy(_) => Verdict::Refused,
        }
    }

    fn key(&self, key: &Jwk) -> Verdict {
        let Seal::Bytes(signature) = &self.jws.seal else { return Verdict::Refused };
        if self.jws.header.verifiable != Verifiable::Yes {
            return Verdict::Refused;
        }
        let algorithm = self.jws.header.algorithm.as_str();
        let Some(hash) = Hash::of(algorithm) else { return Verdict::Refused };
        match (&key.material, &algorithm[..2]) {
            (Material::Ec { curve, point }, "ES") => {
                elliptic(*curve, point, hash, &self.input, signature)
            }
            (Material::Rsa { modulus, exponent }, "RS") => {
                rsa_pkcs1(modulus, *exponent, hash, &self.input, signature)
            }
            (Material::Rsa { modulus, exponent }, "PS") => {
                rsa_pss(modulus, *exponent, hash, &self.input, signature)
            }
            _ => Verdict::Refused,
        }
    }
}

/// The digest of an algorithm.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Hash {
    Sha256,
    Sha384,
    Sha512,
}

impl Hash {
    /// The digest of one of the nine algorithms that can be allowed.
    fn of(algorithm: &str) -> Option<Hash> {
        match algorithm {
            "ES256" | "PS256" | "RS256" => Some(Hash::Sha256),
            "ES384" | "PS384" | "RS384" => Some(Hash::Sha384),
            "ES512" | "PS512" | "RS512" => Some(Hash::Sha512),
            _ => None,
        }
    }

    fn algorithm(self) -> &'static Algorithm {
        match self {
            Hash::Sha256 => &digest::SHA256,
            Hash::Sha384 => &digest::SHA384,
            Hash::Sha512 => &digest::SHA512,
        }
    }

    /// The DER that stands before the digest in a PKCS #1 signature.
    /// Source: RFC 8017, section 9.2.
    fn prefix(self) -> [u8; 19] {
        let (inside, name, size) = match self {
            Hash::Sha256 => (0x31, 1, 0x20),
            Hash::Sha384 => (0x41, 2, 0x30),
            Hash::Sha512 => (0x51, 3, 0x40),
        };
        [
            0x30, inside, 0x30, 0x0d, 0x06, 0x09, 0x60, 0x86, 0x48, 0x01, 0x65, 0x03, 0x04, 0x02,
            name, 0x05, 0x00, 0x04, size,
        ]
    }

    /// Bytes of each half of an ES* signature, whatever the curve.
    /// Source: go-jose v2.6.3, asymmetric.go, `verifyPayload`.
    fn half(self) -> usize {
        match self {
            Hash::Sha256 => 32,
            Hash::Sha384 => 48,
            Hash::Sha512 => 66,
        }
    }
}

fn verdict(verified: bool) -> Verdict {
    if verified { Verdict::Verified } else { Verdict::Refused }
}

fn elliptic(curve: Curve, point: &[u8], hash: Hash, input: &[u8], signature: &[u8]) -> Verdict {
    if signature.len() != 2 * hash.half() {
        return Verdict::Refused;
    }
    let algorithm = match (curve, hash) {
        (Curve::P256, Hash::Sha256) => &aws::ECDSA_P256_SHA256_ASN1,
        (Curve::P256, Hash::Sha384) => &aws::ECDSA_P256_SHA384_ASN1,
        (Curve::P256, Hash::Sha512) => &aws::ECDSA_P256_SHA512_ASN1,
        (Curve::P384, Hash::Sha256) => &aws::ECDSA_P384_SHA256_ASN1,
        (Curve::P384, Hash::Sha384) => &aws::ECDSA_P384_SHA384_ASN1,
        (Curve::P384, Hash::Sha512) => &aws::ECDSA_P384_SHA512_ASN1,
        (Curve::P521, Hash::Sha256) => &aws::ECDSA_P521_SHA256_ASN1,
        (Curve::P521, Hash::Sha384) => &aws::ECDSA_P521_SHA384_ASN1,
        (Curve::P521, Hash::Sha512) => &aws::ECDSA_P521_SHA512_ASN1,
    };
    let (r, s) = signature.split_at(hash.half());
    let der = sequence(&[integer(r), integer(s)].concat());
    verdict(UnparsedPublicKey::new(algorithm, point).verify(input, &der).is_ok())
}

/// A DER integer of these big-endian bytes, at most 66 of them.
fn integer(bytes: &[u8]) -> Vec<u8> {
    let start = bytes.iter().position(|byte| *byte != 0).unwrap_or(bytes.len() - 1);
    let digits = &bytes[start..];
    let sign = if digits[0] >= 0x80 { &[0][..] } else { &[] };
    let length = u8::try_from(digits.len() + sign.len()).unwrap_or(u8::MAX);
    [&[2, length], sign, digits].concat()
}

/// A DER sequence of at most 255 bytes.
fn sequence(content: &[u8]) -> Vec<u8> {
    let length = u8::try_from(content.len()).unwrap_or(u8::MAX);
    let head = if length < 0x80 { vec![0x30, length] } else { vec![0x30, 0x81, length] };
    [head.as_slice(), content].concat()
}

/// The exponent, if Go computes with it. Source: Go, crypto/rsa, `checkPublicKey`.
fn usable(exponent: i64) -> Option<u64> {
    u64::try_from(exponent).ok().filter(|e| (2..=0x7fff_ffff).contains(e))
}

fn rsa_pkcs1(modulus: &[u8], exponent: i64, hash: Hash, input: &[u8], signature: &[u8]) -> Verdict {
    let Some(exponent) = usable(exponent) else { return Verdict::Refused };
    let standard = match hash {
        Hash::Sha256 => &aws::RSA_PKCS1_2048_8192_SHA256,
        Hash::Sha384 => &aws::RSA_PKCS1_2048_8192_SHA384,
        Hash::Sha512 => &aws::RSA_PKCS1_2048_8192_SHA512,
    };
    if standard_key(standard, modulus, exponent, input, signature) {
        return Verdict::Verified;
    }
    if modulus.len() > rsa::MODULUS_LIMIT {
        return Verdict::Unknown;
    }
    let (algorithm, prefix) = (hash.algorithm(), hash.prefix());
    verdict(rsa::verify_pkcs1(modulus, exponent, algorithm, &prefix, input, signature))
}

fn rsa_pss(modulus: &[u8], exponent: i64, hash: Hash, input: &[u8], signature: &[u8]) -> Verdict {
    let Some(exponent) = usable(exponent) else { return Verdict::Refused };
    let standard = match hash {
        Hash::Sha256 => &aws::RSA_PSS_2048_8192_SHA256,
        Hash::Sha384 => &aws::RSA_PSS_2048_8192_SHA384,
        Hash::Sha512 => &aws::RSA_PSS_2048_8192_SHA512,
    };
    if standard_key(standard, modulus, exponent, input, signature) {
        return Verdict::Verified;
    }
    if modulus.len() > rsa::MODULUS_LIMIT {
        return Verdict::Unknown;
    }
    verdict(rsa::verify_pss(modulus, exponent, hash.algorithm(), input, signature))
}

fn standard_key(
    parameters: &'static RsaParameters,
    modulus: &[u8],
    exponent: u64,
    input: &[u8],
    signature: &[u8],
) -> bool {
    let exponent = exponent.to_be_bytes();
    let start = exponent.iter().position(|byte| *byte != 0).unwrap_or(exponent.len());
    let key = PublicKeyComponents { n: modulus, e: &exponent[start..] };
    key.verify(parameters, input, signature).is_ok()
}
