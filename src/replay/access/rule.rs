//! A rule of a role, and what it allows.

use super::request::{Request, ResourceRequest};

/// One rule. Every list is compared byte for byte; `*` stands for everything where the server says so.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Rule {
    /// Verbs, or `*`.
    pub verbs: Vec<String>,
    /// API groups, or `*`; the empty text is the core group.
    pub api_groups: Vec<String>,
    /// Resources: `*`, `pods`, `pods/log` or `*/log`.
    pub resources: Vec<String>,
    /// Names of objects; empty for all.
    pub resource_names: Vec<String>,
    /// Paths outside the API: `*`, exact, or with a final `*`.
    pub non_resource_urls: Vec<String>,
}

impl Rule {
    /// Whether this rule alone allows the request.
    /// Source: kubernetes/kubernetes, plugin/pkg/auth/authorizer/rbac/rbac.go, RuleAllows.
    pub fn allows(&self, request: &Request) -> bool {
        if !has(&self.verbs, request.verb()) {
            return false;
        }
        self.covers(request)
    }

    /// Whether this rule is about what the request is about, whatever the verb.
    pub fn covers(&self, request: &Request) -> bool {
        match request {
            Request::Path { path, .. } => self.covers_path(path),
            Request::Resource(asked) => {
                has(&self.api_groups, &asked.group)
                    && self.covers_resource(asked)
                    && self.covers_name(&asked.name)
            }
        }
    }

    /// Source: kubernetes/kubernetes, pkg/apis/rbac/v1/evaluation_helpers.go, ResourceMatches.
    fn covers_resource(&self, asked: &ResourceRequest) -> bool {
        self.resources.iter().any(|resource| resource_matches(resource, asked))
    }

    /// A request without a name is covered only by a rule without names.
    fn covers_name(&self, name: &str) -> bool {
        self.resource_names.is_empty() || self.resource_names.iter().any(|n| n == name)
    }

    /// Source: kubernetes/kubernetes, pkg/apis/rbac/v1/evaluation_helpers.go, NonResourceURLMatches.
    fn covers_path(&self, path: &str) -> bool {
        self.non_resource_urls.iter().any(|url| {
            url == "*"
                || url == path
                || (url.ends_with('*') && path.starts_with(url.trim_end_matches('*')))
        })
    }
}

fn resource_matches(resource: &str, asked: &ResourceRequest) -> bool {
    if resource == "*" {
        return true;
    }
    let Some((before, after)) = resource.split_once('/') else {
        return asked.subresource.is_empty() && resource == asked.resource;
    };
    // `*/log` covers the log of everything; `pods/*` is no wildcard.
    !asked.subresource.is_empty()
        && after == asked.subresource
        && (before == "*" || before == asked.resource)
}

/// Is the value, or `*`, in the list?
fn has(list: &[String], value: &str) -> bool {
    list.iter().any(|item| item == "*" || item == value)
}
