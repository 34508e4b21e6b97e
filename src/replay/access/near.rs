//! The bindings that were probably meant for a user and miss.

use super::known::{Known, Like};
use super::object::{
    Binding, BindingName, Objects, Place, Referred, RoleRef, Subject, cluster_admin_rules,
};
use super::request::{Identity, Request};
use super::rule::Rule;

/// How many near misses are given.
const GIVEN: usize = 32;
/// How many near misses are looked at before the best are given.
const LOOKED_AT: usize = 4096;
/// How many rules of a role are shown.
const OFFERS: usize = 5;

/// What the server puts before names.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Prefixes<'a> {
    /// Before the user's name; empty when nothing is put before it.
    pub username: &'a str,
    /// Before each group; empty when nothing is put before it.
    pub groups: &'a str,
}

/// Another text by which the token knows this person, such as the claim `email`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Alias<'a> {
    /// The claim.
    pub claim: &'a str,
    /// Its value.
    pub value: &'a str,
}

/// The text of the identity that a subject resembles.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Mine {
    /// A group, with the server's prefix.
    Group(String),
    /// The user's name, with the server's prefix.
    User(String),
}

/// One difference between a binding and what would let this user do what was asked.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Difference {
    /// The subject has an API group that the API does not accept, so it was never stored.
    ApiGroup,
    /// Upper and lower case.
    Case,
    /// One of the two is a group's full path, the other its last part.
    GroupPath,
    /// One names by an id, the other by a name.
    IdAgainstName {
        /// The claim of the token that has what the subject names; none for groups, whose names the
        /// token does not tell.
        claim: Option<String>,
    },
    /// The subject's kind.
    Kind,
    /// A slash at the beginning.
    LeadingSlash,
    /// The binding works in another namespace than the request's.
    Namespace,
    /// The prefix.
    Prefix {
        /// The prefix in the subject; empty when it has none.
        subject: String,
        /// The server's prefix; empty when it adds none.
        server: String,
    },
    /// Quotation marks around the name.
    Quotes,
    /// White space around the name.
    WhiteSpace,
}

/// What a binding would do for the request if it applied.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Grant {
    /// It would allow it.
    Allows,
    /// Its role exists and has no rule that allows it.
    NoRule {
        /// The role's rules that come closest; those for the same resource first.
        offers: Vec<Rule>,
    },
    /// Its role was not read.
    NotSeen,
    /// Its role does not exist.
    RoleMissing,
}

/// A binding that nearly lets this user do what was asked.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NearMiss {
    /// The binding.
    pub binding: BindingName,
    /// Where it was read.
    pub place: Place,
    /// The subject that resembles the user or a group of it.
    pub subject: Subject,
    /// The role it grants.
    pub role: RoleRef,
    /// What the subject resembles, or is.
    pub mine: Mine,
    /// In what subject and place differ; empty when only the role falls short.
    pub differences: Vec<Difference>,
    /// What the binding would do.
    pub grant: Grant,
}

/// The bindings that nearly let this user do what was asked, most promising first: those that would
/// allow it before the others, fewer differences before more. Bindings that do allow it are not among
/// them, nor those for names that Kubernetes reserves unless they are exactly this user's.
pub fn nearest(
    objects: &Objects,
    user: &Identity,
    request: &Request,
    prefixes: Prefixes<'_>,
    aliases: &[Alias<'_>],
) -> Vec<NearMiss> {
    let known = Known::new(user, prefixes, aliases);
    let mut found = Vec::new();
    for binding in objects.bindings() {
        let best = binding.subjects.iter().filter_map(|subject| known.like(subject, binding));
        let Some(like) = best.min_by_key(|like| like.differences.len()) else { continue };
        found.extend(miss(objects, binding, like, request));
        if found.len() >= LOOKED_AT {
            break;
        }
    }
    found.sort_by_key(|miss| {
        (rank(&miss.grant), is_guess(&miss.differences), miss.differences.len())
    });
    found.truncate(GIVEN);
    found
}

/// Is the likeness only that of names where the other side has ids?
fn is_guess(differences: &[Difference]) -> bool {
    differences.contains(&Difference::IdAgainstName { claim: None })
}

fn rank(grant: &Grant) -> u8 {
    match grant {
        Grant::Allows => 0,
        Grant::NotSeen => 1,
        Grant::RoleMissing => 2,
        Grant::NoRule { .. } => 3,
    }
}

fn miss(
    objects: &Objects,
    binding: &Binding,
    like: Like<'_>,
    request: &Request,
) -> Option<NearMiss> {
    let mut differences = like.differences;
    let own = binding.id.namespace.as_str();
    if !own.is_empty() && own != request.namespace() {
        differences.push(Difference::Namespace);
    }
    let grant = grant(objects, binding, request);
    // A guess from the shape of names alone is worth a word only where it would help.
    let guess = is_guess(&differences);
    if (guess && grant != Grant::Allows && grant != Grant::NotSeen)
        || (differences.is_empty() && grant == Grant::Allows)
    {
        return None;
    }
    Some(NearMiss {
        binding: binding.id.clone(),
        place: binding.place,
        subject: like.subject.clone(),
        role: binding.role.clone(),
        mine: like.mine,
        differences,
        grant,
    })
}

/// What the binding would do for the request if it applied.
fn grant(objects: &Objects, binding: &Binding, request: &Request) -> Grant {
    let by = |rules: &[Rule]| {
        // Paths have no namespace, so a RoleBinding never grants them.
        let reaches = matches!(request, Request::Resource(_)) || binding.id.namespace.is_empty();
        if reaches && rules.iter().any(|rule| rule.allows(request)) {
            return Grant::Allows;
        }
        Grant::NoRule { offers: offers(rules, request) }
    };
    match objects.referred(binding) {
        Referred::Role(role) => by(&role.rules),
        Referred::ClusterAdmin => by(&cluster_admin_rules()),
        Referred::NotSeen => Grant::NotSeen,
        Referred::Missing | Referred::Unsupported => Grant::RoleMissing,
    }
}

fn offers(rules: &[Rule], request: &Request) -> Vec<Rule> {
    let same = rules.iter().filter(|rule| rule.covers(request));
    let other = rules.iter().filter(|rule| !rule.covers(request));
    same.chain(other).take(OFFERS).cloned().collect()
}
