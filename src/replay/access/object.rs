//! Roles and bindings, each with its place.

use std::collections::HashMap;

use crate::go::tree::Span;

use super::rule::Rule;

/// Where an object, or a part of it, was read.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Place {
    /// The text it stands in, as the reader counts them, from 0.
    pub source: usize,
    /// The document in that text, from 0.
    pub document: usize,
    /// The bytes in that text.
    pub span: Span,
}

/// Whether what was read of one sort is all there is of it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Coverage {
    /// All of the cluster that matter here: what was not read does not exist.
    Complete,
    /// Some of them: what was not read may exist.
    #[default]
    Partial,
}

/// The kinds of binding.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum BindingKind {
    /// Grants a ClusterRole everywhere.
    ClusterRoleBinding,
    /// Grants a Role, or a ClusterRole's rules, inside its own namespace.
    RoleBinding,
}

impl BindingKind {
    /// The kind's name in manifests.
    pub fn name(self) -> &'static str {
        match self {
            BindingKind::ClusterRoleBinding => "ClusterRoleBinding",
            BindingKind::RoleBinding => "RoleBinding",
        }
    }
}

/// What identifies a binding.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct BindingName {
    /// Its kind.
    pub kind: BindingKind,
    /// Its namespace; empty for a ClusterRoleBinding.
    pub namespace: String,
    /// Its name.
    pub name: String,
}

/// A ClusterRoleBinding or RoleBinding.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Binding {
    /// What identifies it.
    pub id: BindingName,
    /// Whom it is for, in order.
    pub subjects: Vec<Subject>,
    /// What it grants.
    pub role: RoleRef,
    /// Where it was read.
    pub place: Place,
}

/// One subject of a binding, as written.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Subject {
    /// `User`, `Group` or `ServiceAccount`; anything else matches nobody.
    pub kind: String,
    /// The API group as written. The server does not look at it when it decides.
    pub api_group: String,
    /// The name.
    pub name: String,
    /// The namespace of a ServiceAccount; empty for the binding's own.
    pub namespace: String,
    /// Where it was read.
    pub place: Place,
}

/// The role that a binding grants.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct RoleRef {
    /// `Role` or `ClusterRole`.
    pub kind: String,
    /// The API group as written. The server does not look at it when it decides.
    pub api_group: String,
    /// The name.
    pub name: String,
    /// Where it was read.
    pub place: Place,
}

/// A Role or ClusterRole. Only the stored rules count: a controller fills aggregated roles, not the
/// API server.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Role {
    /// Its namespace; none for a ClusterRole.
    pub namespace: Option<String>,
    /// Its name.
    pub name: String,
    /// Its rules, in order.
    pub rules: Vec<Rule>,
    /// Where its `aggregationRule` stands, if it has one.
    pub aggregation: Option<Place>,
    /// Where it was read.
    pub place: Place,
}

/// Roles and bindings of one cluster.
#[derive(Clone, Debug, Default)]
pub struct Objects {
    /// Whether these are all bindings.
    pub bindings_read: Coverage,
    /// Whether these are all roles.
    pub roles_read: Coverage,
    /// All ClusterRoleBindings, as read.
    pub cluster_role_bindings: Vec<Binding>,
    /// All RoleBindings, as read.
    pub role_bindings: Vec<Binding>,
    pub(super) cluster_roles: HashMap<String, Role>,
    pub(super) roles: HashMap<String, HashMap<String, Role>>,
}

/// What a reference to a role leads to.
pub(super) enum Referred<'a> {
    /// The role.
    Role(&'a Role),
    /// The rules that every API server gives the role `cluster-admin`, which was not among what was read.
    ClusterAdmin,
    /// No such role.
    Missing,
    /// No such role was read, and not all were.
    NotSeen,
    /// The reference's kind is neither Role nor ClusterRole.
    Unsupported,
}

impl Objects {
    /// The ClusterRole of this name.
    pub fn cluster_role(&self, name: &str) -> Option<&Role> {
        self.cluster_roles.get(name)
    }

    /// The Role of this name in this namespace.
    pub fn role(&self, namespace: &str, name: &str) -> Option<&Role> {
        self.roles.get(namespace)?.get(name)
    }

    /// All bindings, ClusterRoleBindings first.
    pub fn bindings(&self) -> impl Iterator<Item = &Binding> {
        self.cluster_role_bindings.iter().chain(&self.role_bindings)
    }

    /// All roles, in no particular order.
    pub fn all_roles(&self) -> impl Iterator<Item = &Role> {
        self.cluster_roles.values().chain(self.roles.values().flat_map(HashMap::values))
    }

    /// The role that a binding refers to: a Role is looked for in the binding's namespace, which for a
    /// ClusterRoleBinding is none.
    pub(super) fn referred(&self, binding: &Binding) -> Referred<'_> {
        let name = binding.role.name.as_str();
        let found = match binding.role.kind.as_str() {
            "ClusterRole" => self.cluster_role(name),
            "Role" => self.role(&binding.id.namespace, name),
            _ => return Referred::Unsupported,
        };
        match (found, self.roles_read) {
            (Some(role), _) => Referred::Role(role),
            (None, Coverage::Complete) => Referred::Missing,
            (None, Coverage::Partial) if self.is_cluster_admin(binding) => Referred::ClusterAdmin,
            (None, Coverage::Partial) => Referred::NotSeen,
        }
    }

    /// Every API server restores this role at its start.
    /// Source: kubernetes/kubernetes, plugin/pkg/auth/authorizer/rbac/bootstrappolicy/policy.go.
    fn is_cluster_admin(&self, binding: &Binding) -> bool {
        binding.role.kind == "ClusterRole" && binding.role.name == "cluster-admin"
    }
}

/// The rules of `cluster-admin`.
pub(super) fn cluster_admin_rules() -> [Rule; 2] {
    let all = || vec!["*".to_owned()];
    let resources = Rule { verbs: all(), api_groups: all(), resources: all(), ..Rule::default() };
    let paths = Rule { verbs: all(), non_resource_urls: all(), ..Rule::default() };
    [resources, paths]
}
