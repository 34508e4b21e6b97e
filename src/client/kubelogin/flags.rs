//! The flags of `get-token`, with the releases that know them.

use super::release::Release;

/// How a flag takes its value.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Takes {
    /// Each value is one item, commas and all.
    Array,
    /// Nothing, or `=true` and the like.
    Bool,
    /// A list behind commas, repeatable.
    List,
    /// `NAME=VALUE`, repeatable.
    Map,
    Number,
    Text,
}

/// One flag.
#[derive(Debug)]
pub(super) struct Flag {
    pub(super) name: &'static str,
    pub(super) takes: Takes,
    pub(super) since: Release,
    pub(super) deprecated: Option<Release>,
    pub(super) removed: Option<Release>,
}

const fn flag(name: &'static str, takes: Takes, minor: u16, patch: u16) -> Flag {
    let since = Release::one(minor, patch);
    Flag { name, takes, since, deprecated: None, removed: None }
}

impl Flag {
    const fn deprecated(mut self, minor: u16, patch: u16) -> Flag {
        self.deprecated = Some(Release::one(minor, patch));
        self
    }

    const fn removed(mut self, minor: u16, patch: u16) -> Flag {
        self.removed = Some(Release::one(minor, patch));
        self
    }
}

use Takes::{Array, Bool, List, Map, Number, Text};

const FLAGS: &[Flag] = &[
    flag("oidc-issuer-url", Text, 14, 0),
    flag("oidc-client-id", Text, 14, 0),
    flag("oidc-client-secret", Text, 14, 0),
    flag("oidc-redirect-url", Text, 33, 0),
    flag("oidc-redirect-url-hostname", Text, 19, 0).deprecated(33, 0).removed(35, 0),
    flag("oidc-redirect-url-authcode-keyboard", Text, 28, 0).deprecated(33, 0).removed(35, 0),
    flag("oidc-extra-scope", List, 14, 0),
    flag("oidc-use-access-token", Bool, 29, 0),
    flag("oidc-request-header", Map, 34, 0),
    flag("force-refresh", Bool, 27, 0),
    flag("token-cache", Text, 14, 0).removed(14, 2),
    flag("token-cache-dir", Text, 14, 2),
    flag("token-cache-storage", Text, 32, 0),
    flag("certificate-authority", Array, 12, 0),
    flag("certificate-authority-data", Array, 17, 0),
    flag("insecure-skip-tls-verify", Bool, 12, 0),
    flag("tls-renegotiation-once", Bool, 22, 0),
    flag("tls-renegotiation-freely", Bool, 22, 0),
    flag("oidc-use-pkce", Bool, 24, 0).deprecated(32, 0),
    flag("oidc-pkce-method", Text, 32, 0),
    flag("grant-type", Text, 15, 0),
    flag("listen-address", List, 16, 0),
    flag("listen-port", List, 12, 0).deprecated(16, 0).removed(31, 1),
    flag("skip-open-browser", Bool, 12, 0),
    flag("browser-command", Text, 25, 0),
    flag("authentication-timeout-sec", Number, 21, 0),
    flag("local-server-cert", Text, 21, 0),
    flag("local-server-key", Text, 21, 0),
    flag("open-url-after-authentication", Text, 20, 0),
    flag("oidc-auth-request-extra-params", Map, 18, 0),
    flag("username", Text, 12, 0),
    flag("password", Text, 12, 0),
    // klog's
    flag("add_dir_header", Bool, 12, 0),
    flag("alsologtostderr", Bool, 12, 0),
    flag("log_backtrace_at", Text, 12, 0),
    flag("log_dir", Text, 12, 0),
    flag("log_file", Text, 12, 0),
    flag("log_file_max_size", Number, 12, 0),
    flag("logtostderr", Bool, 12, 0),
    flag("one_output", Bool, 12, 0),
    flag("skip_headers", Bool, 12, 0),
    flag("skip_log_headers", Bool, 12, 0),
    flag("stderrthreshold", Text, 12, 0),
    flag("v", Number, 12, 0),
    flag("vmodule", Text, 12, 0),
    // cobra's
    flag("help", Bool, 12, 0),
];

/// The flag of this name.
pub(super) fn find(name: &str) -> Option<&'static Flag> {
    FLAGS.iter().find(|flag| flag.name == name)
}
