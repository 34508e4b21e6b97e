//! What the server's settings say once it has accepted them.

use super::Release;

/// A server that started with its settings.
#[derive(Clone, Debug, PartialEq)]
pub struct Server {
    /// Which release decides.
    pub release: Release,
    /// The JWT authenticators in the order in which they are asked.
    pub authenticators: Vec<Authenticator>,
    /// What happens to requests without usable credentials.
    pub anonymous: Anonymous,
}

/// Whether requests without usable credentials go on as `system:anonymous`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Anonymous {
    /// They are refused.
    Disabled,
    /// They go on.
    Enabled,
    /// They go on for these exact paths only.
    Paths(Vec<String>),
}

/// One trusted issuer and how its tokens become users.
#[derive(Clone, Debug, PartialEq)]
pub struct Authenticator {
    /// The issuer's URL, which the token's `iss` must equal byte for byte.
    pub issuer: String,
    /// Where the discovery document is fetched instead.
    pub discovery_url: Option<String>,
    /// The audiences of which a token must carry one.
    pub audiences: Vec<String>,
    /// The certificates that the issuer's must chain to, as PEM; the system's when absent.
    pub certificate_authority: Option<String>,
    /// The signature algorithms that are accepted, in the order of the server's messages.
    pub algorithms: Vec<String>,
    /// How the user's name is made.
    pub username: Mapping,
    /// How the groups are made.
    pub groups: Option<Mapping>,
    /// How the uid is made; a claim's prefix is always empty.
    pub uid: Option<Mapping>,
    /// Extra attributes, in order.
    pub extra: Vec<ExtraMapping>,
    /// Rules on claims, in order.
    pub claim_rules: Vec<ClaimRule>,
    /// Rules on the finished user, in order.
    pub user_rules: Vec<UserRule>,
    /// Where this was configured.
    pub origin: Origin,
}

/// Where an authenticator was configured.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Origin {
    /// By `--oidc-*` flags.
    Flags,
    /// By an entry of `jwt` in the authentication configuration, counted from 0.
    File {
        /// The entry.
        index: usize,
    },
}

/// How one attribute of the user is made from claims.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Mapping {
    /// A claim's value behind a prefix.
    Claim {
        /// The claim, exactly as written.
        name: String,
        /// What is put in front.
        prefix: String,
    },
    /// A CEL expression over `claims`.
    Expression(String),
}

/// One extra attribute.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ExtraMapping {
    /// The attribute's key.
    pub key: String,
    /// The CEL expression that makes its values.
    pub expression: String,
}

/// A rule that claims must obey.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ClaimRule {
    /// The claim must be this text.
    Required {
        /// The claim.
        claim: String,
        /// The text.
        value: String,
    },
    /// The CEL expression must be true.
    Expression {
        /// The expression over `claims`.
        expression: String,
        /// What the server says when it is false.
        message: String,
    },
}

/// A rule that the finished user must obey.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct UserRule {
    /// The CEL expression over `user`.
    pub expression: String,
    /// What the server says when it is false.
    pub message: String,
}

impl Authenticator {
    /// Where the setting is written: the flag, or the path in the file.
    pub(crate) fn setting(&self, flag: &str, path: &str) -> String {
        match self.origin {
            Origin::Flags => format!("--{flag}"),
            Origin::File { index } => format!("jwt[{index}].{path}"),
        }
    }
}
