//! Who asks, and for what.

/// A user as the authenticators left it. RBAC looks at nothing else; uid and extra play no part.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Identity {
    /// The name, with the server's prefix.
    pub username: String,
    /// All groups, with the server's prefix, `system:authenticated` among them where it was added.
    pub groups: Vec<String>,
}

/// What an authorizer is asked about.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Request {
    /// A path outside `/api` and `/apis`.
    Path {
        /// The HTTP method in lower case.
        verb: String,
        /// The decoded path of the URL.
        path: String,
    },
    /// Objects of the API.
    Resource(ResourceRequest),
}

/// A request for objects of the API.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ResourceRequest {
    /// `get`, `list`, `watch`, `create`, `update`, `patch`, `delete`, `deletecollection` or another.
    pub verb: String,
    /// The API group; empty for the core group.
    pub group: String,
    /// The resource's plural name.
    pub resource: String,
    /// The part after the name, such as `log`; empty for the object itself.
    pub subresource: String,
    /// The object's name; empty when the request names none.
    pub name: String,
    /// The namespace; empty for the cluster scope.
    pub namespace: String,
}

impl Request {
    /// The namespace; empty for the cluster scope and for paths.
    pub fn namespace(&self) -> &str {
        match self {
            Request::Path { .. } => "",
            Request::Resource(request) => &request.namespace,
        }
    }

    /// The verb.
    pub fn verb(&self) -> &str {
        match self {
            Request::Path { verb, .. } => verb,
            Request::Resource(request) => &request.verb,
        }
    }
}

impl ResourceRequest {
    /// `resource` or `resource/subresource`.
    pub fn combined(&self) -> String {
        match self.subresource.as_str() {
            "" => self.resource.clone(),
            part => format!("{}/{part}", self.resource),
        }
    }

    /// `resource` or `resource.group`, as the server names it in its refusals.
    pub fn qualified(&self) -> String {
        match self.group.as_str() {
            "" => self.resource.clone(),
            group => format!("{}.{group}", self.resource),
        }
    }
}
