//! Signing keys, made once per process, and tokens signed with them.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, OnceLock};

use aws_lc_rs::rand::SystemRandom;
use aws_lc_rs::rsa::KeySize;
use aws_lc_rs::signature::{self, EcdsaKeyPair, Ed25519KeyPair, KeyPair, RsaKeyPair};
use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD as BASE64URL;
use serde_json::{Value, json};

use crate::world::World;

/// The place in the pool of a key that no provider publishes.
const UNPUBLISHED: usize = 9;

/// The secret of HS256 tokens.
const SHARED_SECRET: &[u8] = b"example-shared-secret";

/// A private key of one of the three families.
pub(crate) enum SigningKey {
    Rsa(RsaKeyPair),
    Ec(EcdsaKeyPair, &'static str),
    Ed(Ed25519KeyPair),
}

/// Kinds of keys; RSA serves all RS and PS algorithms.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
enum Family {
    Rsa,
    P256,
    P384,
    P521,
    Ed25519,
}

fn family(alg: &str) -> Family {
    match alg {
        "ES256" => Family::P256,
        "ES384" => Family::P384,
        "ES512" => Family::P521,
        "EdDSA" => Family::Ed25519,
        _ => Family::Rsa,
    }
}

fn made(family: Family) -> SigningKey {
    let ec =
        |algorithm, crv| SigningKey::Ec(EcdsaKeyPair::generate(algorithm).expect("a key"), crv);
    match family {
        Family::Rsa => SigningKey::Rsa(RsaKeyPair::generate(KeySize::Rsa2048).expect("a key")),
        Family::P256 => ec(&signature::ECDSA_P256_SHA256_FIXED_SIGNING, "P-256"),
        Family::P384 => ec(&signature::ECDSA_P384_SHA384_FIXED_SIGNING, "P-384"),
        Family::P521 => ec(&signature::ECDSA_P521_SHA512_FIXED_SIGNING, "P-521"),
        Family::Ed25519 => SigningKey::Ed(Ed25519KeyPair::generate().expect("a key")),
    }
}

type Pool = HashMap<(Family, usize), Arc<SigningKey>>;

/// The nth key of a family; the same each time within this process.
fn pooled(family: Family, n: usize) -> Arc<SigningKey> {
    static POOL: OnceLock<Mutex<Pool>> = OnceLock::new();
    let mut pool = POOL.get_or_init(Mutex::default).lock().expect("no holder panics");
    Arc::clone(pool.entry((family, n)).or_insert_with(|| Arc::new(made(family))))
}

impl SigningKey {
    /// The public half as a member of a key set.
    pub(crate) fn jwk(&self, kid: &str, alg: &str) -> Value {
        let mut jwk = match self {
            SigningKey::Rsa(pair) => {
                let (n, e) = rsa_numbers(pair.public_key().as_ref());
                json!({"kty": "RSA", "n": BASE64URL.encode(n), "e": BASE64URL.encode(e)})
            }
            SigningKey::Ec(pair, crv) => {
                let point = &pair.public_key().as_ref()[1..];
                let (x, y) = point.split_at(point.len() / 2);
                json!({"kty": "EC", "crv": crv, "x": BASE64URL.encode(x), "y": BASE64URL.encode(y)})
            }
            SigningKey::Ed(pair) => {
                json!({"kty": "OKP", "crv": "Ed25519", "x": BASE64URL.encode(pair.public_key().as_ref())})
            }
        };
        jwk["kid"] = kid.into();
        jwk["alg"] = alg.into();
        jwk["use"] = "sig".into();
        jwk
    }

    /// The signature over a message, as JWS has it.
    fn sign(&self, alg: &str, message: &[u8]) -> Vec<u8> {
        let random = SystemRandom::new();
        match self {
            SigningKey::Rsa(pair) => {
                let padding: &dyn signature::RsaEncoding = match alg {
                    "RS384" => &signature::RSA_PKCS1_SHA384,
                    "RS512" => &signature::RSA_PKCS1_SHA512,
                    "PS256" => &signature::RSA_PSS_SHA256,
                    "PS384" => &signature::RSA_PSS_SHA384,
                    "PS512" => &signature::RSA_PSS_SHA512,
                    _ => &signature::RSA_PKCS1_SHA256,
                };
                let mut bytes = vec![0; pair.public_modulus_len()];
                pair.sign(padding, &random, message, &mut bytes).expect("RSA signs");
                bytes
            }
            SigningKey::Ec(pair, _) => {
                pair.sign(&random, message).expect("EC signs").as_ref().to_vec()
            }
            SigningKey::Ed(pair) => pair.sign(message).as_ref().to_vec(),
        }
    }
}

/// Modulus and exponent of an RSAPublicKey in DER: SEQUENCE { INTEGER n, INTEGER e }, without leading zeros.
fn rsa_numbers(der: &[u8]) -> (Vec<u8>, Vec<u8>) {
    let (sequence, _) = der_value(der);
    let (n, rest) = der_value(sequence);
    let (e, _) = der_value(rest);
    let plain = |bytes: &[u8]| bytes.iter().copied().skip_while(|b| *b == 0).collect();
    (plain(n), plain(e))
}

/// The content of the first DER value and what follows it.
fn der_value(der: &[u8]) -> (&[u8], &[u8]) {
    let (length, header) = match der[1] {
        short @ 0..0x80 => (usize::from(short), 2),
        long => {
            let count = usize::from(long & 0x7f);
            let length = der[2..2 + count].iter().fold(0, |sum, b| (sum << 8) | usize::from(*b));
            (length, 2 + count)
        }
    };
    (&der[header..header + length], &der[header + length..])
}

/// The keys of one world: those of each provider, in order, and the unpublished one.
pub(crate) struct Keyring {
    /// Per provider: key id, algorithm, key.
    pub(crate) published: Vec<Vec<(String, String, Arc<SigningKey>)>>,
    /// The index of the provider whose keys the token's `signed_by` means.
    signer: usize,
}

impl Keyring {
    /// The keys that this world needs.
    pub(crate) fn of(world: &World) -> Keyring {
        let mut next = 0;
        let published = world
            .providers()
            .map(|provider| {
                let keys = provider.keys.iter().map(|key| {
                    next += 1;
                    (key.kid.clone(), key.alg.clone(), pooled(family(&key.alg), next - 1))
                });
                keys.collect()
            })
            .collect();
        Keyring { published, signer: signer(world) }
    }

    /// The world's token, signed.
    pub(crate) fn token(&self, world: &World) -> Option<String> {
        let token = world.token.as_ref()?;
        if token.kind == "opaque" || !token.claims.is_object() {
            return Some("opaque-example-token-3f9c2d7e51".to_owned());
        }
        Some(self.signed(&token.header, &token.claims, &token.signed_by))
    }

    /// A JWT of this header and these claims.
    pub(crate) fn signed(&self, header: &Value, claims: &Value, by: &str) -> String {
        let part = |value: &Value| BASE64URL.encode(serde_json::to_vec(value).expect("JSON"));
        let message = format!("{}.{}", part(header), part(claims));
        let alg = header["alg"].as_str().unwrap_or_default();
        let signature = match by {
            "nothing" => Vec::new(),
            "secret" => hmac(alg, message.as_bytes()),
            "unpublished" => pooled(family(alg), UNPUBLISHED).sign(alg, message.as_bytes()),
            kid => self.key(kid, alg).sign(alg, message.as_bytes()),
        };
        format!("{message}.{}", BASE64URL.encode(signature))
    }

    fn key(&self, kid: &str, alg: &str) -> Arc<SigningKey> {
        let own = self.published.get(self.signer).into_iter();
        own.chain(&self.published)
            .flatten()
            .find(|(id, _, _)| id == kid)
            .map_or_else(|| pooled(family(alg), UNPUBLISHED), |(_, _, key)| Arc::clone(key))
    }
}

/// The provider that issued the token: its issuer is the token's, but for a final slash.
fn signer(world: &World) -> usize {
    let iss = world.token.as_ref().and_then(|t| t.claims["iss"].as_str()).unwrap_or_default();
    let same = |url: &str| url.trim_end_matches('/') == iss.trim_end_matches('/');
    let issuer = |d: &Option<Value>| d.as_ref().and_then(|d| d["issuer"].as_str().map(same));
    let by_issuer = world.providers().position(|p| issuer(&p.discovery).unwrap_or(false));
    by_issuer.or_else(|| world.providers().position(|p| same(&p.url))).unwrap_or(0)
}

fn hmac(alg: &str, message: &[u8]) -> Vec<u8> {
    let algorithm = match alg {
        "HS384" => aws_lc_rs::hmac::HMAC_SHA384,
        "HS512" => aws_lc_rs::hmac::HMAC_SHA512,
        _ => aws_lc_rs::hmac::HMAC_SHA256,
    };
    let key = aws_lc_rs::hmac::Key::new(algorithm, SHARED_SECRET);
    aws_lc_rs::hmac::sign(&key, message).as_ref().to_vec()
}
