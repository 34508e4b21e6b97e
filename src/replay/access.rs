//! The API server's decision whether a user may do what was asked, by RBAC.
//!
//! [`Objects`] holds roles and bindings with the place of each; [`decide`] goes through them as the
//! server does and gives its own words; [`nearest`] names the bindings that were probably meant for
//! this user and miss.
//!
//! RBAC only ever allows or has no opinion. Source: kubernetes/kubernetes,
//! plugin/pkg/auth/authorizer/rbac/rbac.go and pkg/registry/rbac/validation/rule.go.

mod decision;
mod known;
mod likeness;
mod message;
mod near;
mod object;
mod reading;
mod request;
mod rule;
#[cfg(test)]
mod tests;
mod validation;

pub use decision::{AccessDecision, Bound, By, MissingRole, Unseen, Verdict, decide};
pub use message::{Wording, forbidden};
pub use near::{Alias, Difference, Grant, Mine, NearMiss, Prefixes, nearest};
pub use object::{
    Binding, BindingKind, BindingName, Coverage, Objects, Place, Role, RoleRef, Subject,
};
pub use request::{Identity, Request, ResourceRequest};
pub use rule::Rule;
pub use validation::{Fault, faults};
