//! The names of cache files: every release hashes another selection of the arguments.
//!
//! Source: int128/kubelogin `pkg/tokencache/key.go` of each release; checked against
//! `fixtures/kubelogin-cache-key-vectors.json`.

use super::arguments::{Arguments, Grant, Pairs};
use super::cache::expand;
use super::gob::{self, Field, Struct, Type};
use aws_lc_rs::digest::{SHA256, digest};
use secrecy::ExposeSecret as _;
use std::path::Path;

/// What goes into the key, newest first.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Shape {
    /// With the parameters of the authorization request.
    I,
    /// With the request headers.
    H,
    /// With the redirect URL.
    G,
    /// With the method of the proof key.
    F,
    /// In nested structs.
    E,
    /// With the user name.
    D,
    /// With the CA's data.
    C,
    /// The first in gob.
    B,
    /// Issuer and client id.
    A,
}

/// A name under which a token of these arguments may lie in the cache.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CacheName {
    /// The file's name: SHA-256 in lower-case hex. It depends on the client secret, so a weak secret
    /// could be guessed from it: not for publication beside the arguments.
    pub digest: String,
    /// What goes into the key.
    pub shape: Shape,
    /// The releases that use this shape.
    pub releases: &'static str,
    /// The first type id of the gob stream: 64 when built with Go 1.21 or later, 65 before.
    pub base: Option<u8>,
    /// Maps with several entries have as many names as orders; this is the one in flag order, which is
    /// the most likely.
    pub in_flag_order: bool,
}

/// More rotations of one map than this are not tried: each is a copy of the whole map.
const ROTATION_LIMIT: usize = 8;

/// More orders than this are not tried.
const ORDER_LIMIT: usize = 720;

const B: Struct = Struct {
    name: "Key",
    fields: &[
        ("IssuerURL", Type::Text),
        ("ClientID", Type::Text),
        ("ClientSecret", Type::Text),
        ("ExtraScopes", Type::List),
        ("CACertFilename", Type::Text),
        ("SkipTLSVerify", Type::Bool),
    ],
};
const C: Struct = Struct {
    name: "Key",
    fields: &[
        ("IssuerURL", Type::Text),
        ("ClientID", Type::Text),
        ("ClientSecret", Type::Text),
        ("ExtraScopes", Type::List),
        ("CACertFilename", Type::Text),
        ("CACertData", Type::Text),
        ("SkipTLSVerify", Type::Bool),
    ],
};
const D: Struct = Struct {
    name: "Key",
    fields: &[
        ("IssuerURL", Type::Text),
        ("ClientID", Type::Text),
        ("ClientSecret", Type::Text),
        ("Username", Type::Text),
        ("ExtraScopes", Type::List),
        ("CACertFilename", Type::Text),
        ("CACertData", Type::Text),
        ("SkipTLSVerify", Type::Bool),
    ],
};
const CONFIG: Struct = Struct {
    name: "Config",
    fields: &[
        ("CACertFilename", Type::List),
        ("CACertData", Type::List),
        ("SkipTLSVerify", Type::Bool),
        ("Renegotiation", Type::Int),
    ],
};

macro_rules! nested {
    ($key:ident, $provider:ident, [$($field:expr),*], [$($last:expr),*]) => {
        const $provider: Struct = Struct {
            name: "Provider",
            fields: &[
                ("IssuerURL", Type::Text),
                ("ClientID", Type::Text),
                ("ClientSecret", Type::Text),
                ("ExtraScopes", Type::List),
                $($field),*
            ],
        };
        const $key: Struct = Struct {
            name: "Key",
            fields: &[
                ("Provider", Type::Struct(&$provider)),
                ("TLSClientConfig", Type::Struct(&CONFIG)),
                ("Username", Type::Text),
                $($last),*
            ],
        };
    };
}

const ACCESS: (&str, Type) = ("UseAccessToken", Type::Bool);
const HEADERS: (&str, Type) = ("RequestHeaders", Type::Map);
const METHOD: (&str, Type) = ("PKCEMethod", Type::Int);
const PARAMS: (&str, Type) = ("AuthRequestExtraParams", Type::Map);
const PKCE: (&str, Type) = ("UsePKCE", Type::Bool);
const REDIRECT: (&str, Type) = ("RedirectURL", Type::Text);

nested!(E, E_PROVIDER, [PKCE, ACCESS], []);
nested!(F, F_PROVIDER, [METHOD, ACCESS], []);
nested!(G, G_PROVIDER, [REDIRECT, METHOD, ACCESS], []);
nested!(H, H_PROVIDER, [REDIRECT, METHOD, ACCESS, HEADERS], []);
nested!(I, H_PROVIDER_AGAIN, [REDIRECT, METHOD, ACCESS, HEADERS], [PARAMS]);

static STRUCTS: [Struct; 8] = [I, H, G, F, E, D, C, B];

const SHAPES: [(Shape, &str, &[u8]); 8] = [
    (Shape::I, "1.36.0 and later", &[64]),
    (Shape::H, "1.34.0 to 1.35.2", &[64]),
    (Shape::G, "1.33.0", &[64]),
    (Shape::F, "1.32.0 to 1.32.4", &[64]),
    (Shape::E, "1.31.0 to 1.31.1", &[64]),
    (Shape::D, "1.22.0 to 1.30.1", &[64, 65]),
    (Shape::C, "1.17.0 to 1.21.0", &[64, 65]),
    (Shape::B, "1.16.0", &[64, 65]),
];

/// Every name under which some release would keep a token of these arguments, newest release first.
/// `home` is the plugin's home directory, to which `~` in a CA file's path expands.
pub fn cache_names(arguments: &Arguments, home: &Path) -> Vec<CacheName> {
    let mut names = Vec::new();
    for ((shape, releases, bases), of) in SHAPES.into_iter().zip(&STRUCTS) {
        for key in keys(arguments, shape, home) {
            for &base in bases {
                let stream = gob::encode(of, base, &|field| key.field(field, shape));
                let (digest, base) = (hash(&stream), Some(base));
                let in_flag_order = key.in_flag_order;
                names.push(CacheName { digest, shape, releases, base, in_flag_order });
            }
        }
    }
    let plain = format!("{}\0{}", arguments.issuer_url, arguments.client_id);
    names.push(CacheName {
        digest: hash(plain.as_bytes()),
        shape: Shape::A,
        releases: "1.14.2 to 1.15.2",
        base: None,
        in_flag_order: true,
    });
    names
}

fn hash(bytes: &[u8]) -> String {
    digest(&SHA256, bytes).as_ref().iter().map(|byte| format!("{byte:02x}")).collect()
}

type Clear<'a> = Vec<(&'a str, &'a str)>;

/// The values of one key, with maps in one order.
struct Key<'a> {
    arguments: &'a Arguments,
    username: &'a str,
    redirect_url: &'a str,
    files: Vec<String>,
    joined_files: String,
    joined_data: String,
    headers: Option<Clear<'a>>,
    params: Option<Clear<'a>>,
    in_flag_order: bool,
}

impl<'a> Key<'a> {
    fn field<'k>(&'k self, name: &str, shape: Shape) -> Field<'k> {
        let arguments = self.arguments;
        let flat = shape >= Shape::D;
        match name {
            "AuthRequestExtraParams" => Field::Map(self.params.as_deref()),
            "CACertData" if flat => Field::Text(&self.joined_data),
            "CACertData" => Field::List(&arguments.certificate_authority_data),
            "CACertFilename" if flat => Field::Text(&self.joined_files),
            "CACertFilename" => Field::List(&self.files),
            "ClientID" => Field::Text(&arguments.client_id),
            "ClientSecret" => Field::Text(arguments.client_secret.expose_secret()),
            "ExtraScopes" => Field::List(&arguments.extra_scopes),
            "IssuerURL" => Field::Text(&arguments.issuer_url),
            "PKCEMethod" => Field::Int(arguments.pkce() as i64),
            "RedirectURL" => Field::Text(self.redirect_url),
            "Renegotiation" => Field::Int(arguments.renegotiation as i64),
            "RequestHeaders" => Field::Map(self.headers.as_deref()),
            "SkipTLSVerify" => Field::Bool(arguments.insecure_skip_tls_verify),
            "UseAccessToken" => Field::Bool(arguments.use_access_token),
            "UsePKCE" => Field::Bool(arguments.use_pkce),
            _ => Field::Text(self.username),
        }
    }
}

/// The keys of one shape: one, unless maps have several orders or `~` was expanded by some releases
/// of the shape only.
fn keys<'a>(arguments: &'a Arguments, shape: Shape, home: &Path) -> Vec<Key<'a>> {
    let password = arguments.grant() == Grant::Password;
    // In 1.33 and 1.34 the redirect of the keyboard grant takes the place of the other.
    let keyboard = arguments.redirect_url_authcode_keyboard.as_deref();
    let keyboard = keyboard.filter(|url| !url.is_empty() && shape >= Shape::H);
    let literal = arguments.certificate_authority.clone();
    let expanded: Vec<String> =
        literal.iter().map(|path| expand(path, home).to_string_lossy().into_owned()).collect();
    let variants = match shape {
        Shape::D if literal != expanded => vec![expanded, literal],
        Shape::B | Shape::C => vec![literal],
        _ => vec![expanded],
    };
    let headers = if shape <= Shape::H { clear(arguments.request_headers.as_ref()) } else { None };
    let params = if shape == Shape::I { params(arguments) } else { None };
    let mut keys = Vec::new();
    for files in variants {
        for (headers, params, in_flag_order) in orders(headers.as_ref(), params.as_ref()) {
            keys.push(Key {
                arguments,
                username: if password { &arguments.username } else { "" },
                redirect_url: keyboard.unwrap_or(&arguments.redirect_url),
                joined_files: files.join(","),
                joined_data: arguments.certificate_authority_data.join(","),
                files: files.clone(),
                headers,
                params,
                in_flag_order,
            });
        }
    }
    keys
}

fn clear(pairs: Option<&Pairs>) -> Option<Clear<'_>> {
    let pair = |(name, value)| (String::as_str(name), secrecy::SecretString::expose_secret(value));
    pairs.map(|pairs| pairs.iter().map(|(name, value)| pair((name, value))).collect())
}

/// Only some grants take the parameters, and client credentials make a map of nothing.
fn params(arguments: &Arguments) -> Option<Clear<'_>> {
    let given = clear(arguments.auth_request_extra_params.as_ref());
    match arguments.grant() {
        Grant::AuthCode | Grant::AuthCodeKeyboard => given,
        Grant::ClientCredentials => Some(given.unwrap_or_default()),
        Grant::DeviceCode | Grant::Password => None,
    }
}

type Ordered<'a> = (Option<Clear<'a>>, Option<Clear<'a>>, bool);

/// Every pair of orders of two maps, the flag order first.
fn orders<'a>(first: Option<&Clear<'a>>, second: Option<&Clear<'a>>) -> Vec<Ordered<'a>> {
    let (first, second) = (map_orders(first), map_orders(second));
    let both = first.iter().flat_map(|a| second.iter().map(move |b| (a.clone(), b.clone())));
    both.take(ORDER_LIMIT).enumerate().map(|(index, (a, b))| (a, b, index == 0)).collect()
}

/// Go starts a map's iteration anywhere, so flag order and its rotations are what is seen; all orders
/// of up to five entries are cheap enough to have them all.
fn map_orders<'a>(map: Option<&Clear<'a>>) -> Vec<Option<Clear<'a>>> {
    let Some(map) = map else { return vec![None] };
    let mut found = vec![map.clone()];
    if map.len() > 5 {
        let rotated = |n| map[n..].iter().chain(&map[..n]).copied().collect();
        found.extend((1..map.len().min(ROTATION_LIMIT)).map(rotated));
    } else {
        permute(&mut map.clone(), 0, &mut found);
    }
    found.into_iter().map(Some).collect()
}

fn permute<'a>(map: &mut Clear<'a>, at: usize, found: &mut Vec<Clear<'a>>) {
    if at + 1 >= map.len() {
        if !found.contains(map) {
            found.push(map.clone());
        }
        return;
    }
    for other in at..map.len() {
        map.swap(at, other);
        permute(map, at + 1, found);
        map.swap(at, other);
    }
}
