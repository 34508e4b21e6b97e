//! What RBAC says of the request for the identity that results, and what comes nearest.

use super::Facts;
use super::server::Plane;
use crate::evidence::documents::Document;
use crate::evidence::exchange::Extent;
use crate::evidence::{Evidence, Gap, Origin, Who};
use crate::go::tree::Node;
use crate::go::yaml;
use crate::replay::access::{
    AccessDecision, Alias, BindingName, Coverage, Difference, Grant, Identity, Mine, NearMiss,
    Objects, Prefixes, Request, ResourceRequest, Rule, Unseen, Verdict, Wording, decide, nearest,
};

/// The group that every authenticated user is in.
/// kubernetes/apiserver, pkg/authentication/user/user.go, `AllAuthenticated`.
const AUTHENTICATED: &str = "system:authenticated";

/// Sets the facts of RBAC.
pub(super) fn note(facts: &mut Facts, evidence: &Evidence, plane: Option<&Plane>) {
    // Without an identity there is nobody to ask about: what is missing then is told elsewhere.
    let Some(user) = identity(facts) else { return };
    if let Some(gap) = facts.gap("client").cloned() {
        // The namespace in force stands in the kubeconfig that cannot be read.
        facts.miss("access", gap);
        return;
    }
    if let Some(other) = facts.text("client.impersonates") {
        let why = format!("the entry acts as {other}, and RBAC is not judged for impersonation");
        let how = "kubectl auth can-i".to_owned();
        facts.miss("access", Gap { why, ask: Who::You, how });
        return;
    }
    let origin = Origin::new("replay", "");
    let groups: Vec<String> =
        user.groups.iter().filter(|group| *group != AUTHENTICATED).cloned().collect();
    facts.know("access.username", user.username.as_str(), origin.clone());
    facts.know("access.groups", groups, origin);
    let objects = match objects(evidence, &facts.text("request.namespace").unwrap_or_default()) {
        Ok(objects) => objects,
        Err(gap) => {
            facts.miss("access", gap);
            return;
        }
    };
    let request = request(facts);
    let minor = plane.map_or(37, |plane| plane.release.minor);
    let decision = decide(&objects, &user, &request, &Wording::of_minor(minor));
    note_decision(facts, &decision);
    note_near(facts, evidence, &objects, &user, &request, &decision);
    note_commands(facts, &objects, &user, &request);
}

/// The identity that RBAC judges: that of the client certificate if one is sent, else the token's.
fn identity(facts: &Facts) -> Option<Identity> {
    let (username, mut groups) = match facts.text("client.certificate_user") {
        Some(name) => (name, facts.texts("client.certificate_groups").unwrap_or_default()),
        None => (facts.text("replay.username")?, facts.texts("replay.groups").unwrap_or_default()),
    };
    if !groups.iter().any(|group| group == AUTHENTICATED) {
        groups.push(AUTHENTICATED.to_owned());
    }
    Some(Identity { username, groups })
}

fn request(facts: &Facts) -> Request {
    let text = |path: &str| facts.text(path).unwrap_or_default();
    let resource = text("request.resource");
    let (resource, subresource) = resource.split_once('/').unwrap_or((&resource, ""));
    Request::Resource(ResourceRequest {
        verb: text("request.verb"),
        group: text("request.group"),
        resource: resource.to_owned(),
        subresource: subresource.to_owned(),
        name: text("request.name"),
        namespace: text("request.namespace"),
    })
}

/// The objects from files, else from the live cluster.
fn objects(evidence: &Evidence, namespace: &str) -> Result<Objects, Gap> {
    if let Some(documents) = &evidence.rbac {
        return from_files(documents, namespace);
    }
    let pages = evidence.live.as_ref().map(|live| live.rbac.as_slice()).unwrap_or_default();
    let refused = pages.iter().find(|page| page.answer().is_none_or(|a| a.status != 200));
    if pages.is_empty() || refused.is_some() {
        let why = match refused.and_then(|page| page.answer()) {
            Some(answer) => format!("this credential may not read RBAC ({})", answer.status_line),
            None => "the RBAC objects were not read".to_owned(),
        };
        return Err(Gap { why, ask: Who::ClusterAdmin, how: READ_RBAC.to_owned() });
    }
    let mut objects = Objects::default();
    for (index, page) in pages.iter().enumerate() {
        let whole = page.answer().filter(|answer| answer.extent == Extent::Whole);
        let read = whole.and_then(|answer| yaml::read(&answer.body).ok());
        let node = read.filter(is_about_rbac).ok_or_else(|| Gap {
            why: format!("{} was not answered whole", page.url),
            ask: Who::ClusterAdmin,
            how: READ_RBAC.to_owned(),
        })?;
        objects.extend(index, &[node], "");
    }
    objects.bindings_read = Coverage::Complete;
    objects.roles_read = Coverage::Complete;
    Ok(objects)
}

const READ_RBAC: &str =
    "kubectl get clusterroles,clusterrolebindings,roles,rolebindings -A -o yaml > rbac.yaml";

fn from_files(documents: &[Document], namespace: &str) -> Result<Objects, Gap> {
    let mut objects = Objects::default();
    let mut told = false;
    for (index, document) in documents.iter().enumerate() {
        let nodes = yaml::read_all(document.text.reveal()).map_err(|error| Gap {
            why: format!("{}: {error}", document.path),
            ask: Who::You,
            how: READ_RBAC.to_owned(),
        })?;
        told = told || nodes.iter().any(is_about_rbac);
        objects.extend(index, &nodes, if namespace.is_empty() { "default" } else { namespace });
    }
    if !told {
        let paths: Vec<&str> = documents.iter().map(|d| d.path.as_str()).collect();
        let why = format!("{}: no roles and no bindings, nor a list of them", paths.join(", "));
        return Err(Gap { why, ask: Who::You, how: READ_RBAC.to_owned() });
    }
    // The files stand for the cluster; one without any role was made of bindings alone.
    objects.bindings_read = Coverage::Complete;
    if objects.all_roles().next().is_some() {
        objects.roles_read = Coverage::Complete;
    }
    Ok(objects)
}

/// A list, which may be empty, or an object of RBAC; an empty file or a page says nothing.
fn is_about_rbac(node: &Node) -> bool {
    let kind = node.get("kind").and_then(Node::as_str).unwrap_or_default();
    kind.ends_with("List")
        || matches!(kind, "ClusterRole" | "ClusterRoleBinding" | "Role" | "RoleBinding")
}

fn note_decision(facts: &mut Facts, decision: &AccessDecision) {
    let origin = Origin::new("rbac", "");
    // What everybody has is no binding of this identity.
    let own = decision.bound.iter().any(|bound| !bound.subject.name.starts_with("system:"));
    facts.know("access.bound", own, origin.clone());
    let missing = decision.missing_roles.iter().map(|m| {
        format!("{} {} of {} {}", m.role.kind, m.role.name, m.binding.kind.name(), m.binding.name)
    });
    facts.know("access.missing_roles", missing.collect::<Vec<_>>(), origin.clone());
    match &decision.verdict {
        Verdict::Allowed { reason, .. } => {
            let reason = if reason.is_empty() {
                "the group system:masters may do everything"
            } else {
                reason
            };
            facts.know("access.reason", reason, origin.clone());
            facts.know("access.allowed", true, origin);
        }
        Verdict::NoOpinion { message, .. } => {
            facts.know("access.reason", message.as_str(), origin.clone());
            facts.know("access.allowed", false, origin);
        }
        Verdict::CannotTell { unseen } => {
            let names: Vec<String> = unseen
                .iter()
                .map(|unseen| match unseen {
                    Unseen::Bindings => "further bindings".to_owned(),
                    Unseen::Role(missing) => {
                        format!("{} {}", missing.role.kind, missing.role.name)
                    }
                })
                .collect();
            let why = format!("this was not read, and decides: {}", names.join(", "));
            let how = "kubectl get clusterroles,roles -A -o yaml >> rbac.yaml".to_owned();
            let gap = Gap { why, ask: Who::ClusterAdmin, how };
            facts.miss("access.allowed", gap.clone());
            facts.miss("access.reason", gap);
        }
    }
}

fn note_near(
    facts: &mut Facts,
    evidence: &Evidence,
    objects: &Objects,
    user: &Identity,
    request: &Request,
    decision: &AccessDecision,
) {
    let prefix = |path: &str| facts.text(path).unwrap_or_default();
    let (user_prefix, groups_prefix) =
        (prefix("server.username_prefix"), prefix("server.groups_prefix"));
    let prefixes = Prefixes { username: &user_prefix, groups: &groups_prefix };
    let claims = aliases(facts);
    let aliases: Vec<Alias<'_>> =
        claims.iter().map(|(claim, value)| Alias { claim, value }).collect();
    let near = nearest(objects, user, request, prefixes, &aliases);
    let origin = near.first().map_or_else(|| Origin::new("rbac", ""), |m| place_of(evidence, m));
    let differing = |wanted: fn(&Difference) -> bool| -> Vec<String> {
        near.iter()
            .filter(|miss| !matches!(miss.grant, Grant::NoRule { .. } | Grant::RoleMissing))
            .filter(|miss| miss.differences.iter().any(wanted))
            .map(|miss| told(miss, &place_of(evidence, miss)))
            .collect()
    };
    let is_prefix = |d: &Difference| matches!(d, Difference::Prefix { .. });
    let is_kind = |d: &Difference| matches!(d, Difference::Kind);
    let is_namespace = |d: &Difference| matches!(d, Difference::Namespace);
    let is_text = |d: &Difference| {
        !matches!(
            d,
            Difference::Prefix { .. }
                | Difference::Kind
                | Difference::Namespace
                | Difference::ApiGroup
        )
    };
    facts.know("access.near_prefix", differing(is_prefix), origin.clone());
    facts.know("access.near_kind", differing(is_kind), origin.clone());
    facts.know("access.near_namespace", differing(is_namespace), origin.clone());
    facts.know("access.near_text", differing(is_text), origin.clone());
    facts.know("access.grants", grants(objects, decision), origin.clone());
    facts.know("access.groups_bound", groups_bound(objects, request), origin.clone());
    if let Some(command) = near.iter().find_map(rename) {
        facts.know("access.bind_near_command", command, origin);
    }
}

/// Other texts by which the token knows this person.
fn aliases(facts: &Facts) -> Vec<(String, String)> {
    let Some(super::Leaf::Open(claims)) = facts.known("token.claims") else { return Vec::new() };
    ["email", "preferred_username", "upn", "sub", "name", "oid", "nickname"]
        .into_iter()
        .filter_map(|claim| Some((claim.to_owned(), claims.get(claim)?.as_str()?.to_owned())))
        .collect()
}

/// Where the subject of a near miss was read.
fn place_of(evidence: &Evidence, miss: &NearMiss) -> Origin {
    let source = miss.subject.place.source;
    let path = match &evidence.rbac {
        Some(documents) => documents.get(source).map(|document| document.path.as_str()),
        None => None,
    };
    match path {
        Some(path) => {
            let span = miss.subject.place.span;
            Origin::new("rbac", path).at(span.line, span.column)
        }
        None => Origin::new("rbac", "").part("the cluster's bindings"),
    }
}

/// A near miss in words: the binding, its subject, where it stands, and what differs.
fn told(miss: &NearMiss, place: &Origin) -> String {
    let mine = match &miss.mine {
        Mine::Group(name) => format!("the group is {name:?}"),
        Mine::User(name) => format!("the user is {name:?}"),
    };
    let line = place.line.map(|line| format!(" ({}:{line})", place.path)).unwrap_or_default();
    format!(
        "{} {} names the {} {:?}{line}, and {mine}",
        miss.binding.kind.name(),
        miss.binding.name,
        miss.subject.kind,
        miss.subject.name,
    )
}

/// The command that adds the subject as the server knows it.
fn rename(miss: &NearMiss) -> Option<String> {
    let option = miss.binding.name.starts_with('-');
    if option || miss.differences.iter().any(|d| matches!(d, Difference::Namespace)) {
        return None;
    }
    let (flag, name) = match &miss.mine {
        Mine::Group(name) => ("--group", name),
        Mine::User(name) => ("--user", name),
    };
    let name = shlex::try_quote(name).ok()?;
    let binding = shlex::try_quote(&miss.binding.name).ok()?;
    let namespace = match miss.binding.namespace.as_str() {
        "" => String::new(),
        namespace => format!(" -n {}", shlex::try_quote(namespace).ok()?),
    };
    let kind = miss.binding.kind.name().to_ascii_lowercase();
    Some(format!("kubectl{namespace} set subject {kind} {binding} {flag}={name}"))
}

/// What the bindings of this identity allow, in a few words each.
fn grants(objects: &Objects, decision: &AccessDecision) -> Vec<String> {
    const SHOWN: usize = 6;
    let mut told: Vec<String> = Vec::new();
    let bound = |id: &BindingName| decision.bound.iter().any(|bound| bound.binding == *id);
    for binding in objects.bindings().filter(|binding| bound(&binding.id)) {
        let role = match binding.role.kind.as_str() {
            "Role" => objects.role(&binding.id.namespace, &binding.role.name),
            _ => objects.cluster_role(&binding.role.name),
        };
        told.extend(role.iter().flat_map(|role| &role.rules).map(rule));
    }
    told.truncate(SHOWN);
    told
}

fn rule(rule: &Rule) -> String {
    let things = if rule.resources.is_empty() { &rule.non_resource_urls } else { &rule.resources };
    format!("{} {}", rule.verbs.join("/"), things.join("/"))
}

/// Whether some group other than the built-in ones has a binding that would allow the request.
fn groups_bound(objects: &Objects, request: &Request) -> bool {
    objects.bindings().any(|binding| {
        let own = binding.id.namespace.as_str();
        let reaches = own.is_empty() || own == request.namespace();
        let group =
            binding.subjects.iter().any(|s| s.kind == "Group" && !s.name.starts_with("system:"));
        let role = match binding.role.kind.as_str() {
            "Role" => objects.role(own, &binding.role.name),
            _ => objects.cluster_role(&binding.role.name),
        };
        let allows = role.is_none_or(|role| role.rules.iter().any(|rule| rule.allows(request)));
        reaches && group && allows
    })
}

/// Commands that bind this identity, with a role that allows the request and no more than it needs:
/// the built-in `view` where that was read and is enough, else a role for the very request.
fn note_commands(facts: &mut Facts, objects: &Objects, user: &Identity, request: &Request) {
    let Request::Resource(asked) = request else { return };
    let origin = Origin::new("rbac", "");
    let view = objects.cluster_role("view");
    let enough = view.is_some_and(|role| role.rules.iter().any(|rule| rule.allows(request)));
    let role =
        if enough { "view".to_owned() } else { format!("oidc-{}-{}", asked.verb, asked.resource) };
    let make = format!(
        "kubectl create clusterrole {} --verb={} --resource={} && ",
        quoted(&role),
        quoted(&asked.verb),
        quoted(&resource_with_group(asked)),
    );
    let make = if enough { String::new() } else { make };
    let name = format!("oidc-{}", if enough { "view" } else { role.trim_start_matches("oidc-") });
    let kind = match asked.namespace.as_str() {
        "" => format!("clusterrolebinding {}", quoted(&name)),
        space => format!("rolebinding {} -n {}", quoted(&name), quoted(space)),
    };
    let bind = |subject: String| {
        format!("{make}kubectl create {kind} --clusterrole={} {subject}", quoted(&role))
    };
    let user_command = bind(format!("--user={}", quoted(&user.username)));
    facts.know("access.bind_user_command", user_command, origin.clone());
    // Of several groups only a person can tell which one is meant.
    let own: Vec<&String> = user.groups.iter().filter(|g| *g != AUTHENTICATED).collect();
    if let [group] = own.as_slice() {
        let command = bind(format!("--group={}", quoted(group)));
        facts.know("access.bind_group_command", command, origin);
    }
}

/// `deployments.apps`, `pods/log`.
fn resource_with_group(asked: &ResourceRequest) -> String {
    let group = if asked.group.is_empty() { String::new() } else { format!(".{}", asked.group) };
    let part = if asked.subresource.is_empty() {
        String::new()
    } else {
        format!("/{}", asked.subresource)
    };
    format!("{}{group}{part}", asked.resource)
}

fn quoted(text: &str) -> String {
    shlex::try_quote(text).map_or_else(|_| "NAME".to_owned(), |quoted| quoted.into_owned())
}
