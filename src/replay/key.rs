//! One JSON web key as go-jose reads it.

use std::collections::HashSet;

use aws_lc_rs::digest::{self, digest};
use aws_lc_rs::rsa::{KeyPair, KeyPairComponents, PublicKeyComponents};
use aws_lc_rs::signature::{
    ECDSA_P256_SHA256_ASN1, ECDSA_P384_SHA384_ASN1, ECDSA_P521_SHA512_ASN1, ParsedPublicKey,
};
use x509_parser::prelude::{FromDer, X509Certificate};

use crate::go::base64::decode_url;
use crate::go::json::{self, Kind, Raw};

use super::Release;
use super::header::{certificates, mismatch};

/// A key of a key set.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Jwk {
    /// `kid`; empty when absent.
    pub(crate) key_id: String,
    /// The key itself.
    pub(crate) material: Material,
}

/// What a key is made of, as far as it can verify tokens.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Material {
    /// A point on a curve.
    Ec {
        /// The curve.
        curve: Curve,
        /// The uncompressed point: 4, x, y.
        point: Vec<u8>,
    },
    /// An RSA modulus and exponent.
    Rsa {
        /// The modulus, big-endian without leading zeros.
        modulus: Vec<u8>,
        /// The exponent, wrapped to 64 bits as Go does.
        exponent: i64,
    },
    /// A public key of Ed25519, which no allowed algorithm uses.
    Ed25519,
    /// A private or symmetric key, which cannot verify anything.
    Secret,
    /// A private RSA key whose parts do not fit together, or cannot be shown to; Go refuses the
    /// whole set when they do not.
    Unproven,
}

/// A curve that go-jose knows.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Curve {
    /// NIST P-256.
    P256,
    /// NIST P-384.
    P384,
    /// NIST P-521.
    P521,
}

impl Curve {
    /// Bytes of a coordinate.
    fn size(self) -> usize {
        match self {
            Curve::P256 => 32,
            Curve::P384 => 48,
            Curve::P521 => 66,
        }
    }

    fn has(self, point: &[u8]) -> bool {
        let algorithm = match self {
            Curve::P256 => &ECDSA_P256_SHA256_ASN1,
            Curve::P384 => &ECDSA_P384_SHA384_ASN1,
            Curve::P521 => &ECDSA_P521_SHA512_ASN1,
        };
        ParsedPublicKey::new(algorithm, point).is_ok()
    }
}

impl Jwk {
    /// Reads a key.
    ///
    /// The error is go-jose's. Source: go-jose v2.6.3, jwk.go, `UnmarshalJSON`.
    pub(crate) fn read(raw: Raw<'_>, release: Release) -> Result<Jwk, String> {
        let jose = release.jose();
        let members = RawJwk::read(raw)?;
        let certificates = certificates(&members.x5c)
            .map_err(|error| format!("{jose}: failed to unmarshal x5c field: {error}"))?;
        let leaf = certificates.first().map(Vec::as_slice);
        let (material, public) =
            members.material(leaf.is_some()).map_err(|e| format!("{jose}: {e}"))?;
        if let (Some(leaf), Some(public)) = (leaf, &public)
            && !same_key(leaf, public)
        {
            let verb = if release.since(33) { "to" } else { "do" };
            return Err(format!(
                "{jose}: invalid JWK, public keys in key and x5c fields {verb} not match"
            ));
        }
        members.check_thumbprints(leaf).map_err(|error| format!("{jose}: invalid JWK, {error}"))?;
        Ok(Jwk { key_id: members.kid, material })
    }

    /// Whether the key may stand in a token's header. Source: go-jose v2.6.3, jwk.go, `IsPublic`,
    /// `Valid`.
    pub(crate) fn is_public(&self) -> bool {
        match &self.material {
            Material::Ec { .. } | Material::Ed25519 => true,
            Material::Rsa { exponent, .. } => *exponent != 0,
            Material::Secret | Material::Unproven => false,
        }
    }
}

/// The members of a key before they are understood. Source: go-jose v2.6.3, jwk.go,
/// `rawJSONWebKey`.
#[derive(Debug, Default)]
struct RawJwk {
    kty: String,
    kid: String,
    crv: String,
    x5c: Vec<String>,
    x5t: String,
    x5t_s256: String,
    bytes: Vec<(String, Vec<u8>)>,
}

impl RawJwk {
    fn read(raw: Raw<'_>) -> Result<RawJwk, String> {
        let mut jwk = RawJwk::default();
        let found = json::object(raw, "jose.rawJSONWebKey").map_err(|error| error.to_string())?;
        let mut seen = HashSet::new();
        let mut refusal = None;
        for (name, value) in found.into_iter().flatten() {
            if !seen.insert(name.clone()) {
                return Err(format!("json: duplicate key '{name}' in object"));
            }
            if let Err(error) = jwk.take(name, value)? {
                refusal = refusal.or(Some(error));
            }
        }
        refusal.map_or(Ok(jwk), Err)
    }

    /// Takes one member. The outer error ends the reading at once, the inner one at the end.
    fn take(&mut self, name: String, value: Raw<'_>) -> Result<Result<(), String>, String> {
        let text = match name.as_str() {
            "kty" => &mut self.kty,
            "kid" => &mut self.kid,
            "crv" => &mut self.crv,
            "x5t" => &mut self.x5t,
            "x5t#S256" => &mut self.x5t_s256,
            "use" | "alg" => &mut String::new(),
            "k" | "x" | "y" | "n" | "e" | "d" | "p" | "q" | "dp" | "dq" | "qi" => {
                if !value.is_null() {
                    self.bytes.push((name, byte_buffer(value)?));
                }
                return Ok(Ok(()));
            }
            "x5c" => {
                return Ok(match json::strings(value) {
                    Ok(chain) => {
                        self.x5c = chain.unwrap_or_default();
                        Ok(())
                    }
                    Err(error) => Err(error.to_string()),
                });
            }
            "x5u" if value.kind() != Kind::Object => {
                return Ok(mismatch(value, "url.URL").map_or(Ok(()), Err));
            }
            _ => return Ok(Ok(())),
        };
        Ok(match json::string(value) {
            Ok(found) => {
                *text = found.unwrap_or_default();
                Ok(())
            }
            Err(error) => Err(error.to_string()),
        })
    }

    fn get(&self, name: &str) -> Option<&[u8]> {
        self.bytes.iter().find(|(member, _)| member == name).map(|(_, bytes)| bytes.as_slice())
    }

    /// The key, and its public half where one must equal the certificate's.
    fn material(&self, certified: bool) -> Result<(Material, Option<Material>), String> {
        let private = self.get("d").is_some();
        let public = match self.kty.as_str() {
            "EC" => self.ec(private)?,
            "RSA" => self.rsa(private)?,
            "oct" if certified => {
                return Err("invalid JWK, found 'oct' (symmetric) key with cert chain".to_owned());
            }
            "oct" => {
                self.get("k").ok_or("invalid OCT (symmetric) key, missing k value")?;
                return Ok((Material::Secret, None));
            }
            "OKP" if self.crv == "Ed25519" && self.get("x").is_some() => Material::Ed25519,
            "OKP" => return Err(format!("unknown curve {}'", self.crv)),
            other => return Err(format!("unknown json web key type '{other}'")),
        };
        let material = match (private, &public) {
            (false, _) => public.clone(),
            (true, Material::Rsa { .. }) if !self.fits_together() => Material::Unproven,
            (true, _) => Material::Secret,
        };
        Ok((material, Some(public)))
    }

    fn ec(&self, private: bool) -> Result<Material, String> {
        let curve = match self.crv.as_str() {
            "P-256" => Curve::P256,
            "P-384" => Curve::P384,
            "P-521" => Curve::P521,
            other => return Err(format!("unsupported elliptic curve '{other}'")),
        };
        let (kind, missing) = if private {
            ("private", "invalid EC private key, missing x/y/d values")
        } else {
            ("public", "invalid EC key, missing x/y values")
        };
        let (x, y) = self.get("x").zip(self.get("y")).ok_or(missing)?;
        let parts = [("x", Some(x)), ("y", Some(y)), ("d", self.get("d"))];
        for (name, bytes) in parts {
            if bytes.is_some_and(|bytes| bytes.len() != curve.size()) {
                return Err(format!("invalid EC {kind} key, wrong length for {name}"));
            }
        }
        let point = [&[4], x, y].concat();
        if !curve.has(&point) {
            return Err("invalid EC key, X/Y are not on declared curve".to_owned());
        }
        Ok(Material::Ec { curve, point })
    }

    fn rsa(&self, private: bool) -> Result<Material, String> {
        if private {
            let missing = ["n", "e", "d", "p", "q"].into_iter().find(|m| self.get(m).is_none());
            if let Some(missing) = missing {
                let missing = missing.to_ascii_uppercase();
                return Err(format!("invalid RSA private key, missing {missing} value(s)"));
            }
        }
        let (n, e) =
            self.get("n").zip(self.get("e")).ok_or("invalid RSA key, missing n/e values")?;
        let start = n.iter().position(|byte| *byte != 0).unwrap_or(n.len());
        let low = &e[e.len().saturating_sub(8)..];
        let exponent = low.iter().fold(0_u64, |sum, byte| sum << 8 | u64::from(*byte));
        Ok(Material::Rsa { modulus: n[start..].to_vec(), exponent: exponent.cast_signed() })
    }

    /// Whether the parts of a private RSA key fit together.
    fn fits_together(&self) -> bool {
        let part = |name| {
            let bytes = self.get(name).unwrap_or_default();
            let start = bytes.iter().position(|byte| *byte != 0).unwrap_or(bytes.len());
            &bytes[start..]
        };
        let components = KeyPairComponents {
            public_key: PublicKeyComponents { n: part("n"), e: part("e") },
            d: part("d"),
            p: part("p"),
            q: part("q"),
            dP: part("dp"),
            dQ: part("dq"),
            qInv: part("qi"),
        };
        KeyPair::from_components(&components).is_ok()
    }

    fn check_thumbprints(&self, leaf: Option<&[u8]>) -> Result<(), String> {
        let sha1 = thumbprint(&self.x5t, "x5t", 20)?;
        let sha256 = thumbprint(&self.x5t_s256, "x5t#S256", 32)?;
        for (name, size, bytes) in [("x5t", 20, &sha1), ("x5t#S256", 32, &sha256)] {
            if !bytes.is_empty() && bytes.len() != size {
                return Err(format!("{name} header is of incorrect size"));
            }
        }
        let Some(leaf) = leaf else { return Ok(()) };
        let checks = [
            ("x5t", &sha1, &digest::SHA1_FOR_LEGACY_USE_ONLY),
            ("x5t#S256", &sha256, &digest::SHA256),
        ];
        for (name, bytes, algorithm) in checks {
            if !bytes.is_empty() && digest(algorithm, leaf).as_ref() != bytes.as_slice() {
                return Err(format!("x5c thumbprint does not match {name} value"));
            }
        }
        Ok(())
    }
}

/// Source: go-jose v2.6.3, encoding.go, `byteBuffer.UnmarshalJSON`.
fn byte_buffer(value: Raw<'_>) -> Result<Vec<u8>, String> {
    let text = json::string(value).map_err(|error| error.to_string())?.unwrap_or_default();
    decode_url(text.as_bytes()).map_err(|error| error.to_string())
}

/// A thumbprint as bytes; some providers write its hex digits into the base64.
fn thumbprint(text: &str, name: &str, size: usize) -> Result<Vec<u8>, String> {
    let bytes =
        decode_url(text.as_bytes()).map_err(|_| format!("{name} header has invalid encoding"))?;
    if bytes.len() != 2 * size {
        return Ok(bytes);
    }
    unhex(&bytes).map_err(|byte| {
        let shown = char::from(byte);
        let code = u32::from(byte);
        format!(
            "unable to hex decode {name}: encoding/hex: invalid byte: U+{code:04X} {}",
            crate::go::quote::quote(&shown.to_string()).replace('"', "'")
        )
    })
}

fn unhex(digits: &[u8]) -> Result<Vec<u8>, u8> {
    let value = |digit: u8| char::from(digit).to_digit(16).ok_or(digit);
    digits
        .chunks_exact(2)
        .map(|pair| Ok(u8::try_from(value(pair[0])? << 4 | value(pair[1])?).unwrap_or_default()))
        .collect()
}

/// Whether the certificate is for this key.
fn same_key(certificate: &[u8], key: &Material) -> bool {
    use x509_parser::public_key::PublicKey;
    let Ok((_, certificate)) = X509Certificate::from_der(certificate) else { return false };
    match (certificate.public_key().parsed(), key) {
        (Ok(PublicKey::RSA(rsa)), Material::Rsa { modulus, exponent }) => {
            let start = rsa.modulus.iter().position(|byte| *byte != 0).unwrap_or_default();
            rsa.modulus[start..] == modulus[..]
                && rsa.try_exponent().is_ok_and(|e| i64::try_from(e) == Ok(*exponent))
        }
        (Ok(PublicKey::EC(ec)), Material::Ec { point, .. }) => ec.data() == point.as_slice(),
        (Ok(PublicKey::Unknown(_)), Material::Ed25519) => true,
        _ => false,
    }
}
