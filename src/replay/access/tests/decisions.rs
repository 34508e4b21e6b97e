use super::*;

const SERVICE_ACCOUNT: &str = "{kind: ServiceAccount, name: sa1, namespace: default}";

#[test]
fn masters_may_do_everything_without_a_binding() {
    let objects = cluster("");
    let verdict =
        verdict(&objects, &user("jane", &["system:masters"]), &asks("delete nodes n", ""));
    assert_eq!(verdict, Verdict::Allowed { by: By::Masters, reason: String::new() });
    assert!(!allows(&objects, &user("jane", &["oidc:system:masters"]), &asks("list pods", "")));
    assert!(!allows(&objects, &user("system:masters", &[]), &asks("list pods", "")));
    let unknown = Objects::default();
    assert!(allows(&unknown, &user("jane", &["system:masters"]), &asks("list pods", "")));
}

#[test]
fn the_reason_names_binding_role_and_subject() {
    let reason = |text: String, user: &Identity, request: &Request| match verdict(
        &cluster(&text),
        user,
        request,
    ) {
        Verdict::Allowed { reason, .. } => reason,
        other => panic!("{other:?}"),
    };
    let role = cluster_role("view", READ_PODS);
    let jane = user("jane", &["dev"]);
    let text = cluster_binding("readers", "view", "{kind: User, name: jane}") + &role;
    assert_eq!(
        reason(text, &jane, &asks("list pods", "")),
        r#"RBAC: allowed by ClusterRoleBinding "readers" of ClusterRole "view" to User "jane""#
    );
    let text =
        binding("web", "devs", "kind: ClusterRole, name: view", "{kind: Group, name: dev}") + &role;
    assert_eq!(
        reason(text, &jane, &asks("list pods", "web")),
        r#"RBAC: allowed by RoleBinding "devs/web" of ClusterRole "view" to Group "dev""#
    );
    let text =
        binding("web", "sas", "kind: ClusterRole, name: view", "{kind: ServiceAccount, name: sa1}")
            + &role;
    assert_eq!(
        reason(text, &user("system:serviceaccount:web:sa1", &[]), &asks("list pods", "web")),
        r#"RBAC: allowed by RoleBinding "sas/web" of ClusterRole "view" to ServiceAccount "sa1/web""#
    );
}

#[test]
fn the_first_matching_subject_is_named() {
    let subjects = "{kind: Group, name: other}, {kind: Group, name: dev}, {kind: User, name: jane}";
    let objects =
        cluster(&(cluster_binding("b", "view", subjects) + &cluster_role("view", READ_PODS)));
    let decision =
        decide(&objects, &user("jane", &["dev"]), &asks("list pods", ""), &Wording::Plain);
    let Verdict::Allowed { by: By::Binding { subject, .. }, .. } = decision.verdict else {
        panic!()
    };
    assert_eq!((subject.kind.as_str(), subject.name.as_str()), ("Group", "dev"));
    assert_eq!(decision.bound.len(), 1);
}

#[test]
fn cluster_bindings_come_before_those_of_the_namespace() {
    let role = cluster_role("view", READ_PODS);
    let own = binding("web", "own", "kind: ClusterRole, name: view", "{kind: User, name: jane}");
    let objects =
        cluster(&(own + &cluster_binding("all", "view", "{kind: User, name: jane}") + &role));
    let Verdict::Allowed { by: By::Binding { binding, .. }, .. } =
        verdict(&objects, &user("jane", &[]), &asks("list pods", "web"))
    else {
        panic!()
    };
    assert_eq!(binding.name, "all");
}

#[test]
fn users_and_groups_are_compared_byte_for_byte() {
    let to = |subject: &str| {
        cluster(&(cluster_binding("b", "view", subject) + &cluster_role("view", READ_PODS)))
    };
    let may = |subject: &str| allows(&to(subject), &user("jane", &["dev"]), &asks("list pods", ""));
    assert!(may("{kind: User, name: jane}"));
    assert!(may("{kind: Group, name: dev}"));
    assert!(may("{kind: Group, name: 'system:authenticated'}"));
    assert!(!may("{kind: User, name: Jane}"));
    assert!(!may("{kind: Group, name: dev1}"));
    assert!(!may("{kind: User, name: '*'}"));
    assert!(!may("{kind: Group, name: '*'}"));
    assert!(!may("{kind: Group, name: jane}"));
    assert!(!may("{kind: User, name: dev}"));
    assert!(!may("{kind: user, name: jane}"));
    assert!(!may("{kind: Group, name: 'system:unauthenticated'}"));
    assert!(allows(&to("{kind: User, name: '*'}"), &user("*", &[]), &asks("list pods", "")));
    // The API group is checked when the object is stored, not when it is used.
    assert!(may("{kind: User, name: jane, apiGroup: example.com}"));
}

#[test]
fn a_service_account_is_its_user_name_and_nothing_else() {
    // Row 77 of the tricky inputs.
    let account = user("system:serviceaccount:default:sa1", &[]);
    let role = cluster_role("view", READ_PODS);
    let text = binding("default", "b", "kind: ClusterRole, name: view", SERVICE_ACCOUNT) + &role;
    assert!(allows(&cluster(&text), &account, &asks("list pods", "default")));
    let text = binding(
        "default",
        "b",
        "kind: ClusterRole, name: view",
        "{kind: ServiceAccount, name: sa1}",
    ) + &role;
    assert!(allows(&cluster(&text), &account, &asks("list pods", "default")));
    let text = cluster_binding("b", "view", SERVICE_ACCOUNT) + &role;
    assert!(allows(&cluster(&text), &account, &asks("list pods", "web")));
    let text = cluster_binding("b", "view", "{kind: ServiceAccount, name: sa1}") + &role;
    assert!(!allows(&cluster(&text), &account, &asks("list pods", "web")));
    // The groups of service accounts are not implied.
    let text =
        cluster_binding("b", "view", "{kind: Group, name: 'system:serviceaccounts'}") + &role;
    assert!(!allows(&cluster(&text), &account, &asks("list pods", "web")));
}

#[test]
fn a_role_binding_grants_a_cluster_role_in_its_own_namespace_only() {
    let rules = "{apiGroups: ['*'], resources: ['*'], verbs: ['*']}, {nonResourceURLs: ['*'], verbs: ['*']}";
    let text = binding("web", "b", "kind: ClusterRole, name: all", "{kind: User, name: jane}");
    let objects = cluster(&(text + &cluster_role("all", rules)));
    let jane = user("jane", &[]);
    assert!(allows(&objects, &jane, &asks("list pods", "web")));
    assert!(!allows(&objects, &jane, &asks("list pods", "shop")));
    assert!(!allows(&objects, &jane, &asks("list pods", "")));
    assert!(!allows(&objects, &jane, &visits("get", "/metrics")));
}

#[test]
fn a_role_is_looked_for_in_the_namespace_of_the_binding() {
    let role =
        format!("---\nkind: Role\nmetadata: {{name: r, namespace: web}}\nrules: [{READ_PODS}]\n");
    let jane = user("jane", &[]);
    let here = binding("web", "b", "kind: Role, name: r", "{kind: User, name: jane}") + &role;
    assert!(allows(&cluster(&here), &jane, &asks("list pods", "web")));
    let elsewhere = binding("shop", "b", "kind: Role, name: r", "{kind: User, name: jane}") + &role;
    assert_eq!(
        message(&cluster(&elsewhere), &jane, &asks("list pods", "shop")),
        "pods is forbidden: User \"jane\" cannot list resource \"pods\" in API group \"\" in the namespace \
         \"shop\": RBAC: role.rbac.authorization.k8s.io \"r\" not found"
    );
}

#[test]
fn a_missing_role_shows_in_the_refusal_and_nowhere_else() {
    // Row 78 of the tricky inputs.
    let nope = cluster_binding("b", "nope", "{kind: User, name: jane}");
    let jane = user("jane", &[]);
    let pods = asks("list pods", "");
    let text = "pods is forbidden: User \"jane\" cannot list resource \"pods\" in API group \"\" at the cluster scope";
    let missing = "RBAC: clusterrole.rbac.authorization.k8s.io \"nope\" not found";
    assert_eq!(message(&cluster(&nope), &jane, &pods), format!("{text}: {missing}"));
    let decision = decide(&cluster(&nope), &jane, &pods, &Wording::of_minor(37));
    let Verdict::NoOpinion { message: newest, .. } = decision.verdict else { panic!() };
    assert_eq!(newest, format!("{text}: rbac: {missing}"));
    assert_eq!(decision.missing_roles[0].role.name, "nope");
    assert_eq!(Wording::of_minor(36), Wording::Plain);
    // Somebody else is not told.
    let tom = message(&cluster(&nope), &user("tom", &[]), &pods);
    assert!(tom.ends_with("at the cluster scope"), "{tom}");
    // Another binding still applies.
    let both = nope
        + &cluster_binding("c", "view", "{kind: User, name: jane}")
        + &cluster_role("view", READ_PODS);
    assert!(allows(&cluster(&both), &jane, &pods));
}

#[test]
fn several_missing_roles_stand_in_brackets_and_each_text_once() {
    let jane = "{kind: User, name: jane}";
    let text = cluster_binding("b", "nope", jane)
        + &cluster_binding("c", "nope", jane)
        + &binding("web", "d", "kind: Role, name: gone", jane);
    let said = message(&cluster(&text), &user("jane", &[]), &asks("list pods", "web"));
    assert!(
        said.ends_with(
            ": RBAC: [clusterrole.rbac.authorization.k8s.io \"nope\" not found, \
             role.rbac.authorization.k8s.io \"gone\" not found]"
        ),
        "{said}"
    );
    let twice = cluster_binding("b", "nope", jane) + &cluster_binding("c", "nope", jane);
    let said = message(&cluster(&twice), &user("jane", &[]), &asks("list pods", ""));
    assert!(
        said.ends_with(": RBAC: clusterrole.rbac.authorization.k8s.io \"nope\" not found"),
        "{said}"
    );
}

#[test]
fn an_unknown_kind_of_role_is_an_error() {
    let text = binding("web", "b", "kind: SuperRole, name: x", "{kind: User, name: jane}");
    let said = message(&cluster(&text), &user("jane", &[]), &asks("list pods", "web"));
    assert!(said.ends_with(": RBAC: unsupported role reference kind: \"SuperRole\""), "{said}");
}

#[test]
fn an_aggregated_role_has_its_stored_rules_only() {
    let text = cluster_binding("b", "view", "{kind: User, name: jane}")
        + "---\nkind: ClusterRole\nmetadata: {name: view}\n\
           aggregationRule: {clusterRoleSelectors: [{matchLabels: {to: view}}]}\nrules: []\n"
        + "---\nkind: ClusterRole\nmetadata: {name: part, labels: {to: view}}\n"
        + &format!("rules: [{READ_PODS}]\n");
    let objects = cluster(&text);
    assert!(!allows(&objects, &user("jane", &[]), &asks("list pods", "")));
    assert!(objects.cluster_role("view").expect("a role").aggregation.is_some());
}

#[test]
fn refusals_name_resource_group_name_and_namespace() {
    let objects = cluster("");
    let say = |request: &Request| message(&objects, &user("jane", &["dev"]), request);
    assert_eq!(
        say(&visits("get", "/metrics")),
        "forbidden: User \"jane\" cannot get path \"/metrics\""
    );
    assert_eq!(
        say(&asks("get deployments.apps/scale web", "shop")),
        "deployments.apps \"web\" is forbidden: User \"jane\" cannot get resource \"deployments/scale\" in \
         API group \"apps\" in the namespace \"shop\""
    );
    assert_eq!(
        say(&asks("list nodes", "")),
        "nodes is forbidden: User \"jane\" cannot list resource \"nodes\" in API group \"\" at the cluster scope"
    );
}

#[test]
fn what_looks_like_html_is_replaced_but_in_the_reason_and_the_object() {
    // Row 79 of the tricky inputs.
    let objects = cluster("");
    let odd = user("<b>&\"q\"", &[]);
    let said = message(&objects, &odd, &asks("list pods", ""));
    assert!(said.contains("User \"&lt;b&gt;&amp;\\\"q\\\"\""), "{said}");
    let said = message(&objects, &user("jane", &[]), &asks("get pods <p>", "web"));
    assert!(said.starts_with("pods \"<p>\" is forbidden: "), "{said}");
    let reason = forbidden(&user("jane", &[]), &visits("get", "/"), "a<b");
    assert!(reason.ends_with(": a<b"), "{reason}");
}

#[test]
fn what_was_not_read_is_not_held_against_the_user() {
    let text = cluster_binding("b", "view", "{kind: User, name: jane}");
    let mut objects = cluster(&text);
    let jane = user("jane", &[]);
    objects.roles_read = Coverage::Partial;
    let Verdict::CannotTell { unseen } = verdict(&objects, &jane, &asks("list pods", "")) else {
        panic!()
    };
    assert!(matches!(&unseen[..], [Unseen::Role(role)] if role.role.name == "view"));
    assert!(matches!(
        verdict(&objects, &user("tom", &[]), &asks("list pods", "")),
        Verdict::NoOpinion { .. }
    ));
    objects.bindings_read = Coverage::Partial;
    let Verdict::CannotTell { unseen } =
        verdict(&objects, &user("tom", &[]), &asks("list pods", ""))
    else {
        panic!()
    };
    assert_eq!(unseen, [Unseen::Bindings]);
}

#[test]
fn every_server_has_cluster_admin() {
    let mut objects = cluster(&cluster_binding("b", "cluster-admin", "{kind: User, name: jane}"));
    objects.roles_read = Coverage::Partial;
    let jane = user("jane", &[]);
    assert!(allows(&objects, &jane, &asks("delete secrets s", "kube-system")));
    assert!(allows(&objects, &jane, &visits("get", "/metrics")));
    objects.roles_read = Coverage::Complete;
    assert!(!allows(&objects, &jane, &asks("list pods", "")));
}

#[test]
fn many_bindings_are_quick() {
    let role = RoleRef { kind: "ClusterRole".into(), name: "view".into(), ..RoleRef::default() };
    let one = |n: usize| Binding {
        id: BindingName {
            kind: BindingKind::ClusterRoleBinding,
            namespace: String::new(),
            name: n.to_string(),
        },
        subjects: vec![Subject {
            kind: "Group".into(),
            name: format!("oidc:team-{n}"),
            ..Subject::default()
        }],
        role: role.clone(),
        place: Place::default(),
    };
    let mut objects = cluster(&cluster_role("view", READ_PODS));
    objects.cluster_role_bindings = (0..100_000).map(one).collect();
    let jane = user("jane", &["oidc:team-99999", "Team-5"]);
    let start = std::time::Instant::now();
    assert!(allows(&objects, &jane, &asks("list pods", "")));
    assert!(!allows(&objects, &jane, &asks("delete pods x", "web")));
    let prefixes = Prefixes { username: "", groups: "oidc:" };
    let near = nearest(&objects, &jane, &asks("list pods", ""), prefixes, &[]);
    assert_eq!(near.len(), 1);
    assert!(start.elapsed() < std::time::Duration::from_secs(10), "{:?}", start.elapsed());
}
