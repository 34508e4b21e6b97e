//! RBAC's decision.

use std::collections::HashSet;

use crate::go::quote::quote;

use super::message::{Wording, forbidden};
use super::object::{
    Binding, BindingKind, BindingName, Coverage, Objects, Referred, RoleRef, Subject,
    cluster_admin_rules,
};
use super::request::{Identity, Request};
use super::rule::Rule;

/// The group that may do everything, before any authorizer is asked.
/// Source: k8s.io/apiserver pkg/authentication/user, SystemPrivilegedGroup.
const MASTERS: &str = "system:masters";

/// How many things of one sort are kept for the report.
const KEPT: usize = 1000;

/// What RBAC says, and what it looked at.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AccessDecision {
    /// The decision.
    pub verdict: Verdict,
    /// The bindings that apply to this user and this request's namespace, up to the one that allowed.
    pub bound: Vec<Bound>,
    /// Roles that those bindings refer to and that do not exist.
    pub missing_roles: Vec<MissingRole>,
}

/// The decision.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Verdict {
    /// Allowed.
    Allowed {
        /// What allows it.
        by: By,
        /// The reason as the audit log has it; empty for `system:masters`.
        reason: String,
    },
    /// Nothing that was read allows it, and not everything was read.
    CannotTell {
        /// What would have to be read.
        unseen: Vec<Unseen>,
    },
    /// Nobody allows it: the server answers 403.
    NoOpinion {
        /// The message of the answer.
        message: String,
        /// RBAC's reason inside it, usually empty.
        reason: String,
    },
}

/// What was not read and could allow the request.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Unseen {
    /// Further bindings.
    Bindings,
    /// The role of a binding that applies.
    Role(MissingRole),
}

/// What allows a request.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum By {
    /// A binding, by one of its subjects.
    Binding {
        /// The binding.
        binding: BindingName,
        /// The subject that matched.
        subject: Subject,
    },
    /// Membership of `system:masters`.
    Masters,
}

/// A binding that applies, and the subject by which it does.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Bound {
    /// The binding.
    pub binding: BindingName,
    /// Its first subject that is this user or a group of it.
    pub subject: Subject,
}

/// A role that a binding names and that is not there.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct MissingRole {
    /// The binding.
    pub binding: BindingName,
    /// Its reference.
    pub role: RoleRef,
}

/// A user with its groups in a set: membership is asked once for each subject of each binding.
pub(super) struct Member<'a> {
    pub(super) username: &'a str,
    pub(super) groups: HashSet<&'a str>,
}

impl<'a> Member<'a> {
    pub(super) fn new(user: &'a Identity) -> Member<'a> {
        Member {
            username: &user.username,
            groups: user.groups.iter().map(String::as_str).collect(),
        }
    }

    /// Is this subject the user, or a group of it? `namespace` is the binding's.
    /// Source: kubernetes/kubernetes, pkg/registry/rbac/validation/rule.go, appliesToUser.
    pub(super) fn is(&self, subject: &Subject, namespace: &str) -> bool {
        match subject.kind.as_str() {
            "User" => self.username == subject.name,
            "Group" => self.groups.contains(subject.name.as_str()),
            "ServiceAccount" => {
                let own = subject.namespace.as_str();
                let namespace = if own.is_empty() { namespace } else { own };
                !namespace.is_empty() && self.is_service_account(namespace, &subject.name)
            }
            _ => false,
        }
    }

    fn is_service_account(&self, namespace: &str, name: &str) -> bool {
        let rest = self.username.strip_prefix("system:serviceaccount:");
        let rest = rest.and_then(|rest| rest.strip_prefix(namespace));
        rest.and_then(|rest| rest.strip_prefix(':')) == Some(name)
    }
}

/// Whether RBAC allows this user this request, in one pass over the bindings.
///
/// The groups are those that the authenticators gave, implicit ones included. Source:
/// kubernetes/kubernetes, pkg/registry/rbac/validation/rule.go, VisitRulesFor.
pub fn decide(
    objects: &Objects,
    user: &Identity,
    request: &Request,
    wording: &Wording,
) -> AccessDecision {
    if user.groups.iter().any(|group| group == MASTERS) {
        let verdict = Verdict::Allowed { by: By::Masters, reason: String::new() };
        return AccessDecision { verdict, bound: Vec::new(), missing_roles: Vec::new() };
    }
    let mut pass = Pass::default();
    let member = Member::new(user);
    for binding in applicable(objects, request) {
        let subject = binding.subjects.iter().find(|s| member.is(s, &binding.id.namespace));
        let Some(subject) = subject else { continue };
        keep(&mut pass.bound, || Bound { binding: binding.id.clone(), subject: subject.clone() });
        if pass.visit(objects, binding, request) {
            return pass.allowed(binding, subject);
        }
    }
    if objects.bindings_read == Coverage::Partial {
        pass.unseen.push(Unseen::Bindings);
    }
    pass.refused(user, request, wording)
}

/// The bindings that can matter for a request, in the server's order.
fn applicable<'a>(objects: &'a Objects, request: &'a Request) -> impl Iterator<Item = &'a Binding> {
    let namespace = request.namespace();
    let in_namespace = move |b: &&Binding| !namespace.is_empty() && b.id.namespace == namespace;
    objects.cluster_role_bindings.iter().chain(objects.role_bindings.iter().filter(in_namespace))
}

/// What has been met on the way through the bindings.
#[derive(Default)]
struct Pass {
    bound: Vec<Bound>,
    missing: Vec<MissingRole>,
    unseen: Vec<Unseen>,
    errors: Vec<String>,
    seen: HashSet<String>,
}

impl Pass {
    /// Looks at the role of a binding that applies; true when one of its rules allows the request.
    fn visit(&mut self, objects: &Objects, binding: &Binding, request: &Request) -> bool {
        let allows = |rules: &[Rule]| rules.iter().any(|rule| rule.allows(request));
        match objects.referred(binding) {
            Referred::Role(role) => return allows(&role.rules),
            Referred::ClusterAdmin => return allows(&cluster_admin_rules()),
            Referred::Missing => {
                self.error(not_found(&binding.role));
                keep(&mut self.missing, || missing(binding));
            }
            Referred::NotSeen => keep(&mut self.unseen, || Unseen::Role(missing(binding))),
            Referred::Unsupported => {
                self.error(format!(
                    "unsupported role reference kind: {}",
                    quote(&binding.role.kind)
                ));
            }
        }
        false
    }

    /// The same text twice is printed once.
    /// Source: k8s.io/apimachinery pkg/util/errors, aggregate.Error.
    fn error(&mut self, text: String) {
        if self.seen.insert(text.clone()) {
            self.errors.push(text);
        }
    }

    fn allowed(self, binding: &Binding, subject: &Subject) -> AccessDecision {
        let reason = format!("RBAC: allowed by {}", described(binding, subject));
        let by = By::Binding { binding: binding.id.clone(), subject: subject.clone() };
        self.ended(Verdict::Allowed { by, reason })
    }

    fn refused(mut self, user: &Identity, request: &Request, wording: &Wording) -> AccessDecision {
        if !self.unseen.is_empty() {
            let unseen = std::mem::take(&mut self.unseen);
            return self.ended(Verdict::CannotTell { unseen });
        }
        let reason = match self.errors.as_slice() {
            [] => String::new(),
            [one] => format!("RBAC: {one}"),
            many => format!("RBAC: [{}]", many.join(", ")),
        };
        let reason = wording.reason(reason);
        let message = forbidden(user, request, &reason);
        self.ended(Verdict::NoOpinion { message, reason })
    }

    fn ended(self, verdict: Verdict) -> AccessDecision {
        AccessDecision { verdict, bound: self.bound, missing_roles: self.missing }
    }
}

/// Keeps one thing more, up to a limit: a hostile list of bindings must not be kept twice.
fn keep<T>(list: &mut Vec<T>, make: impl FnOnce() -> T) {
    if list.len() < KEPT {
        list.push(make());
    }
}

fn missing(binding: &Binding) -> MissingRole {
    MissingRole { binding: binding.id.clone(), role: binding.role.clone() }
}

fn not_found(role: &RoleRef) -> String {
    format!(
        "{}.rbac.authorization.k8s.io {} not found",
        role.kind.to_lowercase(),
        quote(&role.name)
    )
}

/// Source: kubernetes/kubernetes, pkg/registry/rbac/validation/rule.go, clusterRoleBindingDescriber,
/// roleBindingDescriber, describeSubject: the name comes before the namespace.
fn described(binding: &Binding, subject: &Subject) -> String {
    let id = &binding.id;
    let name = match id.kind {
        BindingKind::ClusterRoleBinding => quote(&id.name),
        BindingKind::RoleBinding => quote(&format!("{}/{}", id.name, id.namespace)),
    };
    let own = subject.namespace.as_str();
    let namespace = if own.is_empty() { id.namespace.as_str() } else { own };
    let to = match subject.kind.as_str() {
        "ServiceAccount" => quote(&format!("{}/{namespace}", subject.name)),
        _ => quote(&subject.name),
    };
    let role = &binding.role;
    format!(
        "{} {name} of {} {} to {} {to}",
        id.kind.name(),
        role.kind,
        quote(&role.name),
        subject.kind
    )
}
