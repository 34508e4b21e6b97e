//! Names of resources. Source: `kubectl api-resources` of a plain cluster, release 1.33.

/// A resource that every cluster has, or most.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Known {
    /// The plural, as the API and RBAC say it.
    pub plural: &'static str,
    /// The API group; empty for the core.
    pub group: &'static str,
    /// It belongs to a namespace.
    pub namespaced: bool,
    /// Short names.
    pub short: &'static [&'static str],
}

/// A resource as a command names it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Resource {
    /// The plural, or whatever was written when the name is not known.
    pub plural: String,
    /// The API group; empty for the core, none when it cannot be told.
    pub group: Option<String>,
    /// It belongs to a namespace; none when that cannot be told.
    pub namespaced: Option<bool>,
}

const fn known(
    plural: &'static str,
    group: &'static str,
    namespaced: bool,
    short: &'static [&'static str],
) -> Known {
    Known { plural, group, namespaced, short }
}

const AUTHENTICATION: &str = "authentication.k8s.io";
const AUTHORIZATION: &str = "authorization.k8s.io";
const NETWORKING: &str = "networking.k8s.io";
const RBAC: &str = "rbac.authorization.k8s.io";
const STORAGE: &str = "storage.k8s.io";

/// The resources whose group and scope are known without asking a cluster.
pub const KNOWN: &[Known] = &[
    known("bindings", "", true, &[]),
    known("componentstatuses", "", false, &["cs"]),
    known("configmaps", "", true, &["cm"]),
    known("endpoints", "", true, &["ep"]),
    known("events", "", true, &["ev"]),
    known("limitranges", "", true, &["limits"]),
    known("namespaces", "", false, &["ns"]),
    known("nodes", "", false, &["no"]),
    known("persistentvolumeclaims", "", true, &["pvc"]),
    known("persistentvolumes", "", false, &["pv"]),
    known("pods", "", true, &["po"]),
    known("podtemplates", "", true, &[]),
    known("replicationcontrollers", "", true, &["rc"]),
    known("resourcequotas", "", true, &["quota"]),
    known("secrets", "", true, &[]),
    known("serviceaccounts", "", true, &["sa"]),
    known("services", "", true, &["svc"]),
    known("mutatingwebhookconfigurations", "admissionregistration.k8s.io", false, &[]),
    known("validatingwebhookconfigurations", "admissionregistration.k8s.io", false, &[]),
    known("validatingadmissionpolicies", "admissionregistration.k8s.io", false, &[]),
    known("validatingadmissionpolicybindings", "admissionregistration.k8s.io", false, &[]),
    known("customresourcedefinitions", "apiextensions.k8s.io", false, &["crd", "crds"]),
    known("apiservices", "apiregistration.k8s.io", false, &[]),
    known("controllerrevisions", "apps", true, &[]),
    known("daemonsets", "apps", true, &["ds"]),
    known("deployments", "apps", true, &["deploy"]),
    known("replicasets", "apps", true, &["rs"]),
    known("statefulsets", "apps", true, &["sts"]),
    known("selfsubjectreviews", AUTHENTICATION, false, &[]),
    known("tokenreviews", AUTHENTICATION, false, &[]),
    known("localsubjectaccessreviews", AUTHORIZATION, true, &[]),
    known("selfsubjectaccessreviews", AUTHORIZATION, false, &[]),
    known("selfsubjectrulesreviews", AUTHORIZATION, false, &[]),
    known("subjectaccessreviews", AUTHORIZATION, false, &[]),
    known("horizontalpodautoscalers", "autoscaling", true, &["hpa"]),
    known("cronjobs", "batch", true, &["cj"]),
    known("jobs", "batch", true, &[]),
    known("certificatesigningrequests", "certificates.k8s.io", false, &["csr"]),
    known("leases", "coordination.k8s.io", true, &[]),
    known("endpointslices", "discovery.k8s.io", true, &[]),
    known("flowschemas", "flowcontrol.apiserver.k8s.io", false, &[]),
    known("prioritylevelconfigurations", "flowcontrol.apiserver.k8s.io", false, &[]),
    known("ingressclasses", NETWORKING, false, &[]),
    known("ingresses", NETWORKING, true, &["ing"]),
    known("networkpolicies", NETWORKING, true, &["netpol"]),
    known("runtimeclasses", "node.k8s.io", false, &[]),
    known("poddisruptionbudgets", "policy", true, &["pdb"]),
    known("clusterrolebindings", RBAC, false, &[]),
    known("clusterroles", RBAC, false, &[]),
    known("rolebindings", RBAC, true, &[]),
    known("roles", RBAC, true, &[]),
    known("priorityclasses", "scheduling.k8s.io", false, &["pc"]),
    known("csidrivers", STORAGE, false, &[]),
    known("csinodes", STORAGE, false, &[]),
    known("csistoragecapacities", STORAGE, true, &[]),
    known("storageclasses", STORAGE, false, &["sc"]),
    known("volumeattachments", STORAGE, false, &[]),
];

/// What `kubectl get all` asks for.
pub(super) const ALL: [&str; 9] = [
    "pods",
    "replicationcontrollers",
    "services",
    "daemonsets",
    "deployments",
    "replicasets",
    "statefulsets",
    "horizontalpodautoscalers",
    "cronjobs",
];

/// Reads `deploy`, `Deployment`, `deployments.apps`, `deployments.v1.apps`.
pub fn resource(written: &str) -> Resource {
    let lower = written.to_lowercase();
    let (name, suffix) = match lower.split_once('.') {
        Some((name, suffix)) => (name, Some(without_version(suffix))),
        None => (lower.as_str(), None),
    };
    let known = find(name).filter(|known| suffix.is_none_or(|group| group == known.group));
    match (known, suffix) {
        (Some(known), _) => Resource {
            plural: known.plural.to_owned(),
            group: Some(known.group.to_owned()),
            namespaced: Some(known.namespaced),
        },
        // The metrics API has pods and nodes of its own.
        (None, Some(group)) => Resource {
            plural: find(name).map_or(name, |known| known.plural).to_owned(),
            group: Some(group.to_owned()),
            namespaced: None,
        },
        (None, None) => Resource { plural: name.to_owned(), group: None, namespaced: None },
    }
}

fn find(name: &str) -> Option<&'static Known> {
    let fits = |known: &&Known| {
        known.plural == name || known.short.contains(&name) || singular(known.plural) == name
    };
    KNOWN.iter().find(fits)
}

/// `v1.apps` is a version and a group.
fn without_version(suffix: &str) -> &str {
    let Some((first, group)) = suffix.split_once('.') else { return suffix };
    let version =
        first.strip_prefix('v').is_some_and(|rest| rest.starts_with(|c: char| c.is_ascii_digit()));
    if version { group } else { suffix }
}

fn singular(plural: &'static str) -> std::borrow::Cow<'static, str> {
    if let Some(stem) = plural.strip_suffix("ies") {
        return format!("{stem}y").into();
    }
    let sibilant = plural.strip_suffix("es").filter(|stem| stem.ends_with(['s', 'x']));
    match sibilant {
        Some(stem) => stem.into(),
        None => plural.strip_suffix('s').filter(|_| plural != "endpoints").unwrap_or(plural).into(),
    }
}
