//! The live API server, asked with the context's own credential. Nothing is changed: reviews
//! create no object, and everything else is a GET.

use secrecy::{ExposeSecret as _, SecretString};
use serde_json::{Value, json};

use super::http::{Credential, Method, Network, Question, Route};
use super::tls::Trust;
use crate::evidence::exchange::{Exchange, Failure, Outcome};
use crate::evidence::gathered::LiveSight;

/// How one API server is reached, and as whom.
#[derive(Clone, Debug)]
pub struct Server {
    /// Its URL, as in the kubeconfig, with scheme; it may have a path.
    pub url: String,
    /// Whom to trust: the cluster's `certificate-authority` only, or the system where none is
    /// given.
    pub trust: Trust,
    /// What the kubeconfig says about verifying.
    pub verification: Verification,
    /// `tls-server-name`.
    pub server_name: Option<String>,
    /// The way: the kubeconfig's `proxy-url`, or the environment's.
    pub route: Route,
    /// The credential. Over plain http it stays at home, as kubectl's does.
    pub credential: Credential,
    /// Whom to act as.
    pub impersonation: Impersonation,
}

/// Whether kubectl verifies the API server.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Verification {
    /// `insecure-skip-tls-verify: true`: kubectl sends the credential to whoever answers. That is
    /// not done here: where the chain cannot be verified, the questions are withheld.
    Skipped,
    /// kubectl verifies.
    #[default]
    Verified,
}

/// The `as…` fields of a kubeconfig's user entry, or kubectl's `--as…`.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Impersonation {
    /// `as`; without it nothing else counts.
    pub user: String,
    /// `as-uid`.
    pub uid: String,
    /// `as-groups`.
    pub groups: Vec<String>,
    /// `as-user-extra`, one pair for each value.
    pub extra: Vec<(String, String)>,
}

/// A request to judge, as SelfSubjectAccessReview takes it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum AccessRequest {
    /// A request outside of resources, such as `get /healthz`.
    Path {
        /// The verb.
        verb: String,
        /// The path.
        path: String,
    },
    /// A request for a resource. What does not apply is empty.
    Resource {
        /// The verb.
        verb: String,
        /// The API group; empty for the core group.
        group: String,
        /// The resource, in the plural.
        resource: String,
        /// The subresource.
        subresource: String,
        /// The object's name.
        name: String,
        /// The namespace; empty means all, or none.
        namespace: String,
    },
}

/// How much of one page of a list is read: 8 MiB.
const PAGE_LIMIT: u64 = 8 << 20;

/// How many pages of a list are asked for; with 500 objects each, 10,000 objects.
const MOST_PAGES: usize = 20;

/// Asks the API server who the caller is, whether the request is allowed, and for the RBAC
/// objects of the cluster and of one namespace (none, where it is empty).
///
/// `/version` comes first and alone; the rest is asked at the same time, and only where the
/// server answered and there is a credential to show.
pub async fn ask(
    network: &Network,
    server: &Server,
    request: Option<&AccessRequest>,
    namespace: &str,
) -> LiveSight {
    let version = version(network, server).await;
    let anonymous = server.shown().is_none() && server.url.starts_with("https:");
    if anonymous || !goes_on(&version, server) {
        return LiveSight { version, review: None, access: None, rbac: Vec::new() };
    }
    let review = review(network, server);
    let access = async {
        match request {
            Some(request) => Some(access(network, server, request).await),
            None => None,
        }
    };
    let (review, access, rbac) = tokio::join!(review, access, rbac(network, server, namespace));
    LiveSight { version, review: Some(review), access, rbac }
}

/// Whether more may be asked: the server answered; or its certificate stood in the way where
/// kubectl does not look at it, and the withheld questions must be seen.
fn goes_on(version: &Exchange, server: &Server) -> bool {
    let skipped = server.verification == Verification::Skipped
        && matches!(version.failure(), Some(Failure::Certificate(_)));
    version.answer().is_some() || skipped
}

async fn version(network: &Network, server: &Server) -> Exchange {
    let url = server.at("/version");
    let anonymous = network.ask(&server.bare(&url)).await;
    let insists = matches!(anonymous.answer().map(|answer| answer.status), Some(401 | 403));
    if !insists || server.shown().is_none() {
        return anonymous;
    }
    let known = server.ask(network, &url, Method::Get).await;
    if is_success(&known) { known } else { anonymous }
}

async fn review(network: &Network, server: &Server) -> Exchange {
    let first = review_of(network, server, "v1").await;
    if first.answer().map(|answer| answer.status) != Some(404) {
        return first;
    }
    // 1.27 has it as a beta only.
    let beta = review_of(network, server, "v1beta1").await;
    if is_success(&beta) { beta } else { first }
}

async fn review_of(network: &Network, server: &Server, version: &str) -> Exchange {
    let url = server.at(&format!("/apis/authentication.k8s.io/{version}/selfsubjectreviews"));
    let body = json!({
        "apiVersion": format!("authentication.k8s.io/{version}"),
        "kind": "SelfSubjectReview",
    });
    server.ask(network, &url, Method::Post(&body.to_string())).await
}

async fn access(network: &Network, server: &Server, request: &AccessRequest) -> Exchange {
    let url = server.at("/apis/authorization.k8s.io/v1/selfsubjectaccessreviews");
    let body = json!({
        "apiVersion": "authorization.k8s.io/v1",
        "kind": "SelfSubjectAccessReview",
        "spec": request.spec(),
    });
    server.ask(network, &url, Method::Post(&body.to_string())).await
}

async fn rbac(network: &Network, server: &Server, namespace: &str) -> Vec<Exchange> {
    const GROUP: &str = "/apis/rbac.authorization.k8s.io/v1";
    let of_cluster = |what: &str| format!("{GROUP}/{what}");
    let of_namespace = |what: &str| {
        (!namespace.is_empty()).then(|| format!("{GROUP}/namespaces/{namespace}/{what}"))
    };
    let list = |path: Option<String>| async move {
        match path {
            Some(path) => list(network, server, &path).await,
            None => Vec::new(),
        }
    };
    let (bindings, roles, near_bindings, near_roles) = tokio::join!(
        list(Some(of_cluster("clusterrolebindings"))),
        list(Some(of_cluster("clusterroles"))),
        list(of_namespace("rolebindings")),
        list(of_namespace("roles")),
    );
    [bindings, roles, near_bindings, near_roles].concat()
}

/// One list, page by page, with the credential. The last exchange tells whether it is complete.
pub async fn list(network: &Network, server: &Server, path: &str) -> Vec<Exchange> {
    let mut pages = Vec::new();
    let mut next = String::new();
    while pages.len() < MOST_PAGES {
        let mut query = format!("limit=500&continue={}", escaped(&next));
        if next.is_empty() {
            query = "limit=500".into();
        }
        let join = if path.contains('?') { '&' } else { '?' };
        let url = server.at(&format!("{path}{join}{query}"));
        let page = server.ask(network, &url, Method::Get).await;
        let more = continued(&page);
        pages.push(page);
        match more {
            Some(token) => next = token,
            None => break,
        }
    }
    pages
}

fn continued(page: &Exchange) -> Option<String> {
    let answer = page.answer().filter(|answer| answer.status == 200)?;
    let list: Value = serde_json::from_str(&answer.body).ok()?;
    let token = list.pointer("/metadata/continue")?.as_str()?;
    (!token.is_empty()).then(|| token.to_owned())
}

/// Reads one path with the credential.
pub async fn read(network: &Network, server: &Server, path: &str) -> Exchange {
    server.ask(network, &server.at(path), Method::Get).await
}

/// Has the server judge a token (TokenReview), with the credential of somebody who may. The answer
/// repeats the token; it is taken out.
pub async fn token_review(network: &Network, server: &Server, token: &SecretString) -> Exchange {
    let url = server.at("/apis/authentication.k8s.io/v1/tokenreviews");
    let body = SecretString::from(
        json!({
            "apiVersion": "authentication.k8s.io/v1",
            "kind": "TokenReview",
            "spec": {"token": token.expose_secret()},
        })
        .to_string(),
    );
    let mut exchange = server.ask(network, &url, Method::Post(body.expose_secret())).await;
    if let Outcome::Answered(answer) = &mut exchange.outcome {
        answer.body = without_token(&answer.body, token.expose_secret());
    }
    exchange
}

fn without_token(body: &str, token: &str) -> String {
    let cut = match serde_json::from_str::<Value>(body) {
        Ok(mut review) => {
            if let Some(spec) = review.get_mut("spec").and_then(Value::as_object_mut) {
                spec.shift_remove("token");
            }
            review.to_string()
        }
        Err(_) => body.to_owned(),
    };
    if token.is_empty() { cut } else { cut.replace(token, "[token]") }
}

fn is_success(exchange: &Exchange) -> bool {
    exchange.answer().is_some_and(|answer| matches!(answer.status, 200 | 201))
}

/// A value for a query, every byte that is not a letter, a digit or one of `-._~` escaped.
fn escaped(text: &str) -> String {
    text.bytes().fold(String::new(), |mut all, byte| {
        if byte.is_ascii_alphanumeric() || b"-._~".contains(&byte) {
            all.push(char::from(byte));
        } else {
            all.push_str(&format!("%{byte:02X}"));
        }
        all
    })
}

impl Server {
    fn at(&self, path: &str) -> String {
        format!("{}{path}", self.url.trim_end_matches('/'))
    }

    fn is_http(&self) -> bool {
        !self.url.starts_with("https:")
    }

    /// The credential, where there is one and kubectl would show it (client-go, tools/clientcmd,
    /// `ClientConfig`: "only try to read the auth information if we are secure").
    fn shown(&self) -> Option<&Credential> {
        Some(&self.credential).filter(|one| !one.is_empty() && !self.is_http())
    }

    fn bare<'a>(&'a self, url: &'a str) -> Question<'a> {
        Question {
            route: &self.route,
            server_name: self.server_name.as_deref(),
            ..Question::get(url, &self.trust)
        }
    }

    /// Asks with the credential. Where kubectl would not verify and the chain does not hold, the
    /// question was not put, and that is what is told.
    async fn ask(&self, network: &Network, url: &str, method: Method<'_>) -> Exchange {
        let headers = if self.is_http() { Vec::new() } else { self.impersonation.headers() };
        let question = Question {
            method,
            credential: self.shown(),
            headers: &headers,
            body_limit: PAGE_LIMIT,
            ..self.bare(url)
        };
        let mut exchange = network.ask(&question).await;
        if self.verification == Verification::Skipped
            && let Some(Failure::Certificate(fault)) = exchange.failure()
        {
            let why = format!("insecure-skip-tls-verify is set, and {fault}");
            exchange.outcome = Outcome::Failed(Failure::Withheld { why });
        }
        exchange
    }
}

impl Impersonation {
    /// The headers (client-go, transport, `impersonatingRoundTripper`).
    fn headers(&self) -> Vec<(String, String)> {
        if self.user.is_empty() {
            return Vec::new();
        }
        let one = |name: &str, value: &str| (name.to_owned(), value.to_owned());
        let mut all = vec![one("Impersonate-User", &self.user)];
        if !self.uid.is_empty() {
            all.push(one("Impersonate-Uid", &self.uid));
        }
        all.extend(self.groups.iter().map(|group| one("Impersonate-Group", group)));
        all.extend(
            self.extra
                .iter()
                .map(|(key, value)| (format!("Impersonate-Extra-{}", escaped(key)), value.clone())),
        );
        all
    }
}

impl AccessRequest {
    fn spec(&self) -> Value {
        match self {
            Self::Path { verb, path } => {
                json!({"nonResourceAttributes": {"verb": verb, "path": path}})
            }
            Self::Resource { verb, group, resource, subresource, name, namespace } => json!({
                "resourceAttributes": {
                    "namespace": namespace, "verb": verb, "group": group,
                    "resource": resource, "subresource": subresource, "name": name,
                }
            }),
        }
    }
}

#[cfg(test)]
mod tests;
