//! The vocabulary: every fact that a check may read, its kind, and what it means.
//!
//! The loader of checks refuses a path that is not here, so a misspelt check cannot pass quietly.

/// A path of the schema.
pub type Path = &'static str;

/// What kind of value a path has.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// A whole number.
    Count,
    /// `true` or `false`.
    Flag,
    /// JSON of any shape; members are read by further path segments.
    Open,
    /// A text.
    Text,
    /// A list of texts.
    Texts,
    /// A moment; in expressions a whole number of seconds since 1970.
    Time,
}

/// One line of the vocabulary.
#[derive(Clone, Copy, Debug)]
pub struct Entry {
    /// Where checks find it.
    pub path: Path,
    /// What kind of value it has.
    pub kind: Kind,
    /// What it means, in one line.
    pub doc: &'static str,
}

/// The entry that a path in an expression reads: the path itself, or the open fact it lies in.
pub fn entry(path: &str) -> Option<&'static Entry> {
    SCHEMA.iter().find(|e| {
        e.path == path
            || (e.kind == Kind::Open
                && path.strip_prefix(e.path).is_some_and(|rest| rest.starts_with('.')))
    })
}

/// The path of the schema with this name.
pub(super) fn path(name: &'static str) -> Path {
    debug_assert!(SCHEMA.iter().any(|e| e.path == name), "the path {name} is not in the schema");
    name
}

/// The path that a misspelt one most resembles.
pub fn nearest(path: &str) -> Option<Path> {
    SCHEMA
        .iter()
        .map(|e| (distance(path, e.path), e.path))
        .filter(|(d, p)| *d <= 1 + p.len() / 4)
        .min()
        .map(|(_, p)| p)
}

/// Levenshtein's distance, in bytes; paths are ASCII.
pub(crate) fn distance(a: &str, b: &str) -> usize {
    let mut row: Vec<usize> = (0..=b.len()).collect();
    for (i, x) in a.bytes().enumerate() {
        let mut corner = row[0];
        row[0] = i + 1;
        for (j, y) in b.bytes().enumerate() {
            let above = row[j + 1];
            let change = corner + usize::from(x != y);
            row[j + 1] = change.min(above + 1).min(row[j] + 1);
            corner = above;
        }
    }
    row[b.len()]
}

macro_rules! schema {
    ($($path:literal $kind:ident $doc:literal)*) => {
        /// Every fact, grouped by where it comes from.
        pub const SCHEMA: &[Entry] = &[$(Entry { path: $path, kind: Kind::$kind, doc: $doc }),*];
    };
}

schema! {
    "now" Time "the server's clock where it can be seen, else this machine's, or --now"
    "request.verb" Text "the verb that RBAC is asked about"
    "request.group" Text "the API group of the resource; empty for the core group"
    "request.resource" Text "the resource that RBAC is asked about"
    "request.name" Text "the object's name, if the request names one"
    "request.namespace" Text "the namespace of the request; empty for the whole cluster"
    "request.text" Text "the request in words: list nodes"

    "client.context" Text "the context in force"
    "client.context_error" Text "kubectl's own words when the context cannot be resolved"
    "client.context_defined" Flag "the context in force exists"
    "client.no_context" Text "why no context is in force: no kubeconfig file exists, or none is chosen"
    "client.cluster" Text "the cluster entry in force"
    "client.cluster_defined" Flag "the cluster entry in force exists"
    "client.user" Text "the user entry in force"
    "client.user_defined" Flag "the user entry in force exists"
    "client.file" Text "the kubeconfig file that defines the user entry"
    "client.server" Text "the API server's URL"
    "client.credential" Text "what sets the Authorization header: token, token-file, basic, auth-provider, exec or none"
    "client.certificate" Flag "a client certificate goes with every request"
    "client.hides" Texts "credentials of the entry that another one keeps from being used"
    "client.plugin_hidden_by" Text "what keeps the plugin from being run: a token, a token file, a client certificate, basic"
    "client.conflict" Text "kubectl's own words when the entry's credentials contradict each other"
    "client.shadowed" Texts "entries in force that a later kubeconfig file defines again, without effect"
    "client.auth_provider" Text "the name of the legacy auth-provider"
    "client.impersonates" Text "the user that the entry impersonates"
    "client.anonymous" Flag "the entry carries no credential at all"
    "client.certificate_user" Text "the user that the client certificate names (its CN)"
    "client.certificate_groups" Texts "the groups that the client certificate names (its O)"
    "client.certificate_not_before" Time "when the client certificate becomes valid"
    "client.certificate_not_after" Time "when the client certificate ends"
    "client.program" Text "the program that was run: kubectl, or another client named after --"
    "client.program_version" Text "its version, where it could be asked"
    "client.exec_api_version" Text "the exec API version that the entry asks for"
    "client.exec_error" Text "the client's own words when it refuses the exec entry"
    "client.interactive_mode" Text "interactiveMode of the exec entry"

    "plugin.kind" Text "int128-kubelogin, azure-kubelogin, pinniped, aws, gke, tsh, oidc-agent or other"
    "plugin.command" Text "the command of the exec entry"
    "plugin.wanted" Text "the program that has to be on PATH"
    "plugin.found" Flag "that program is on PATH"
    "plugin.installed" Text "which program of that name is installed: int128-kubelogin, azure-kubelogin"
    "plugin.version" Text "the version that the installed plugin reports"
    "plugin.api_versions" Texts "the exec API versions that the installed plugin answers"
    "plugin.other_names" Texts "programs on PATH that are this plugin under a name that kubectl does not look for"
    "plugin.issuer" Text "the issuer that the plugin logs in at"
    "plugin.client" Text "the client id that the plugin logs in as"
    "plugin.scopes" Texts "the scopes that the plugin asks for, openid included"
    "plugin.grant" Text "the grant that the plugin uses"
    "plugin.secret" Flag "the plugin has a client secret"
    "plugin.pkce" Text "the PKCE method that the plugin is told: auto, no, S256"
    "plugin.access_token" Flag "the plugin is told to send the access token"
    "plugin.arguments_unknown" Texts "arguments that the installed plugin does not know"
    "plugin.listen" Texts "addresses at which the plugin waits for the browser"
    "plugin.params" Texts "additional parameters of the login request, as name=value"
    "plugin.set_command" Text "the command that writes this exec entry again, to which further --exec-arg can be added"
    "plugin.clean_command" Text "the command that drops the plugin's cached token"
    "plugin.force_refresh" Flag "the plugin is told to refresh at every call"

    "cache.directory" Text "the plugin's cache directory"
    "cache.file" Text "the cache file that this entry's token is in"
    "cache.found" Flag "a cached token for these arguments exists"
    "cache.fault" Text "why the cache cannot be used"
    "cache.refresh_token" Flag "a refresh token lies beside the token"
    "cache.other_key" Text "a cache file that holds a usable token of this issuer and client under another key"

    "token.found" Flag "there is a token to judge"
    "token.source" Text "where the token comes from: kubeconfig, token-file, plugin-cache, auth-provider, given"
    "token.form" Text "jwt, aws, google, opaque"
    "token.kind" Text "id-token, access-token or refresh-token, as its claims and header suggest"
    "token.alg" Text "the algorithm in the header"
    "token.kid" Text "the key id in the header"
    "token.iss" Text "the issuer claim"
    "token.aud" Texts "the audiences"
    "token.azp" Text "the authorised party"
    "token.exp" Time "the end of its life"
    "token.iat" Time "when it was issued"
    "token.nbf" Time "not valid before"
    "token.auth_time" Time "when the person last logged in"
    "token.claims" Open "every claim"
    "token.claim_names" Texts "the names of the claims"
    "token.lifetime_seconds" Count "exp minus iat"
    "token.expired" Flag "exp lies before the server's clock"
    "token.renewable" Flag "the client gets a new token by itself when this one has expired: refresh or a new login"
    "token.size" Count "length in bytes"

    "server.name" Text "which API server"
    "server.version" Text "its version"
    "server.minor" Count "the minor number of its version"
    "server.source" Text "the file that its settings were read from"
    "server.form" Text "how the settings are given: flags or file"
    "server.oidc" Flag "an OIDC authenticator is configured"
    "server.oidc_flags" Texts "the names of the --oidc-* flags that are given"
    "server.has_file" Flag "--authentication-config is given"
    "server.refusal" Text "the server's own words when it would not start with these settings"
    "server.refusal_meaning" Text "the same in one plain sentence"
    "server.issuer" Text "the issuer that the server trusts"
    "server.audiences" Texts "the audiences that the server accepts"
    "server.algorithms" Texts "the algorithms that the server accepts"
    "server.username_claim" Text "the claim that becomes the user name"
    "server.username_prefix" Text "the text put before the user name"
    "server.username_expression" Text "the CEL expression that yields the user name"
    "server.groups_claim" Text "the claim that becomes the groups"
    "server.groups_prefix" Text "the text put before each group"
    "server.groups_expression" Text "the CEL expression that yields the groups"
    "server.required_claims" Open "claims that must have a value"
    "server.ca_fault" Text "what is wrong with the CA file given for the issuer"
    "server.ca_file" Text "the CA file given for the issuer"
    "server.ca_given" Flag "a CA file or certificate is given for the issuer"
    "server.quoted" Texts "settings whose value contains quotes"
    "server.stray" Texts "settings whose value ends in blanks, a comment or a line break"
    "server.unknown_flags" Texts "arguments that kube-apiserver does not have"
    "server.anonymous" Flag "requests without a credential are let in as system:anonymous"
    "server.others_differ" Texts "control planes whose OIDC settings differ from this one's"
    "server.unloadable" Text "an argument in the manifest that is not text, so that the kubelet refuses the manifest"
    "server.unreadable" Text "why a configuration file given could not be read"

    "compare.token_server" Text "how the token's issuer differs from the trusted one: equal, final-slash, scheme, case, host, path, version, other"
    "compare.plugin_server" Text "how the plugin's issuer differs from the trusted one"
    "compare.discovery_server" Text "how the discovery document's issuer differs from the trusted one"
    "compare.plugin_audience" Flag "the plugin's client id is an audience that the server accepts"
    "compare.token_audience" Flag "an audience of the token is one that the server accepts"
    "compare.algorithm" Flag "the token's algorithm is one that the server accepts"
    "compare.username_scope" Text "the scope that usually brings the user-name claim"
    "compare.username_scope_asked" Flag "the plugin asks for that scope"
    "compare.groups_scope" Text "the scope that usually brings the groups claim"
    "compare.username_shape" Text "what the user-name claim is: missing, text, empty, null, number, flag, list, object"
    "compare.groups_shape" Text "what the groups claim is: missing, text, bracketed-text, texts, empty, null, mixed, number, flag, object"
    "compare.email_verified" Text "what email_verified is, where the server looks at it: true, false, null, other, missing"
    "compare.not_yet_valid" Flag "nbf lies further ahead than the server tolerates"
    "compare.required_claims" Texts "required claims that are missing, differ or are not text"
    "compare.groups_scope_asked" Flag "the plugin asks for that scope"

    "issuer.url" Text "the issuer that was asked for discovery: the server's, else the plugin's, else the token's"
    "issuer.discovery_url" Text "the discovery URL"
    "issuer.failure" Text "why discovery got no answer: name-unresolved, refused, timeout, certificate, not-tls, proxy, redirects, other"
    "issuer.detail" Text "the same in words"
    "issuer.status" Count "the HTTP status of discovery"
    "issuer.status_line" Text "the HTTP status line of discovery"
    "issuer.content_type" Text "the content type of discovery"
    "issuer.document" Flag "discovery answered with a document that has issuer and jwks_uri"
    "issuer.name" Text "the issuer that the document names"
    "issuer.jwks_uri" Text "where the keys are"
    "issuer.scopes" Texts "scopes_supported"
    "issuer.claims" Texts "claims_supported"
    "issuer.grants" Texts "grant_types_supported"
    "issuer.pkce" Texts "code_challenge_methods_supported"
    "issuer.algorithms" Texts "id_token_signing_alg_values_supported"
    "issuer.certificate" Text "what is wrong with its certificate, as this machine sees it: untrusted, expired, not-yet-valid, wrong-name, no-name"
    "issuer.certificate_names" Texts "the names that its certificate is for"
    "issuer.certificate_not_after" Time "when its certificate ends"
    "issuer.certificate_issuer" Text "who signed its certificate"
    "issuer.trusted_by" Texts "who trusts its chain: system, issuer-ca, server-ca"
    "issuer.distrusted_by" Texts "who does not: system, issuer-ca, server-ca"
    "issuer.keys_failure" Text "why the key set could not be had"
    "issuer.keys" Count "the number of published keys"
    "issuer.kids" Texts "the key ids that are published"
    "issuer.usable_keys" Count "the number of published keys that fit an algorithm the server accepts"
    "issuer.signed_by_published" Flag "a published key with the token's key id verifies its signature"
    "issuer.clock_ahead_seconds" Count "the provider's Date header minus now"

    "discovery.fault" Text "what keeps the server from discovery or keys: name-unresolved, refused, timeout, proxy, certificate-untrusted, certificate-name, certificate-expired, not-found, not-a-document, issuer-differs, keys"
    "discovery.seen_from" Text "from where that was seen: api-server (its log, its CA file) or here"
    "discovery.detail" Text "the same in words, as the server or this machine says it"

    "log.given" Flag "lines of the API server's log were given"
    "log.discovery_error" Text "what the log says of discovery"
    "log.discovery_fault" Text "its kind: name-unresolved, refused, timeout, proxy, certificate-untrusted, certificate-name, certificate-expired, not-found, issuer-differs, keys, other"
    "log.authentication_error" Text "what the log says of a refused token"
    "log.start_error" Text "what the log says of a server that did not start"

    "live.reachable" Flag "the API server answers"
    "live.failure" Text "why it does not"
    "live.fault" Text "the kind: name-unresolved, refused, timeout, certificate, not-tls, proxy, other"
    "live.clock_ahead_seconds" Count "the API server's clock minus this machine's"
    "live.status" Count "how it answers this credential's SelfSubjectReview or SelfSubjectAccessReview"
    "live.username" Text "who the server says we are"
    "live.groups" Texts "the groups that the server says we have"
    "live.allowed" Flag "whether the server says the request is allowed"
    "live.version" Text "the version that it reports"
    "live.foreign" Text "what answers in the API server's place"

    "replay.ending" Text "accepted, refused, not-mine, config-refused, undecided, or no-token"
    "replay.step" Text "the step at which the token is refused"
    "replay.error" Text "the server's own words"
    "replay.username" Text "the user name that results"
    "replay.groups" Texts "the groups that result, without system:authenticated"
    "replay.passed" Texts "the steps that the token passes"

    "access.username" Text "the user that RBAC judges: the client certificate's, else the token's"
    "access.groups" Texts "the groups that RBAC judges, without system:authenticated"
    "access.allowed" Flag "RBAC allows the request"
    "access.reason" Text "the server's words: which binding allows it, or the 403"
    "access.bound" Flag "some binding names this user or one of these groups"
    "access.grants" Texts "what those bindings allow"
    "access.groups_bound" Flag "some group, other than the built-in ones, has a binding that would allow the request"
    "access.bind_group_command" Text "the command that binds a group of this identity"
    "access.bind_user_command" Text "the command that binds this user"
    "access.bind_near_command" Text "the command that names the subject of the nearest binding as the server does"
    "access.near_prefix" Texts "bindings that differ from this identity by a prefix"
    "access.near_text" Texts "bindings that differ by case, slash, quotes, white space or id against name"
    "access.near_kind" Texts "bindings that name the right text as the wrong kind"
    "access.near_namespace" Texts "bindings of this identity in another namespace"
    "access.missing_roles" Texts "roles that bindings of this identity name and that do not exist"
}
