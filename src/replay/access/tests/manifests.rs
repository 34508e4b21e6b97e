use super::*;

#[test]
fn lists_documents_and_typed_items_are_read() {
    let text = "apiVersion: v1\nkind: List\nitems:\n\
                - {apiVersion: rbac.authorization.k8s.io/v1, kind: ClusterRole, metadata: {name: a}, rules: []}\n\
                - kind: RoleList\n  items: [{metadata: {name: r, namespace: web}}]\n\
                ---\n\
                apiVersion: rbac.authorization.k8s.io/v1\nkind: ClusterRoleBindingList\nitems:\n\
                - {metadata: {name: b}, roleRef: {kind: ClusterRole, name: a}, subjects: null}\n\
                - {metadata: {name: c}, roleRef: {kind: ClusterRole, name: a}}\n\
                ---\n\
                ---\nkind: RoleBinding\nmetadata: {name: d}\n";
    let objects = cluster(text);
    assert!(objects.cluster_role("a").is_some());
    assert!(objects.role("web", "r").is_some());
    let names: Vec<&str> = objects.bindings().map(|b| b.id.name.as_str()).collect();
    assert_eq!(names, ["b", "c", "d"]);
    assert_eq!(objects.role_bindings[0].id.namespace, "default");
}

#[test]
fn json_of_kubectl_is_read() {
    let text = r#"{"apiVersion":"v1","items":[{"apiVersion":"rbac.authorization.k8s.io/v1beta1",
        "kind":"ClusterRoleBinding","metadata":{"name":"b"},"roleRef":{"kind":"ClusterRole","name":"a"},
        "subjects":[{"kind":"User","name":"jane"}]}],"kind":"List"}"#;
    assert_eq!(cluster(text).cluster_role_bindings[0].subjects[0].name, "jane");
}

#[test]
fn other_kinds_and_other_groups_are_passed_over() {
    let text = "kind: ConfigMap\nmetadata: {name: a}\n---\n\
                apiVersion: authorization.openshift.io/v1\nkind: ClusterRole\nmetadata: {name: b}\n---\n\
                just text\n---\n[1, 2]\n---\n{kind: [1]}\n";
    let objects = cluster(text);
    assert_eq!(objects.bindings().count() + objects.all_roles().count(), 0);
}

#[test]
fn objects_remember_where_they_stand() {
    let text =
        cluster_role("a", READ_PODS) + &cluster_binding("b", "a", "{kind: User, name: jane}");
    let objects = cluster(&text);
    let binding = &objects.cluster_role_bindings[0];
    assert_eq!(binding.place.document, 1);
    let span = binding.subjects[0].place.span;
    assert_eq!(&text[span.start..span.end], "{kind: User, name: jane}");
    assert_eq!(
        text.lines().nth(span.line as usize - 1),
        Some("subjects: [{kind: User, name: jane}]")
    );
    let mut more = Objects::default();
    more.extend(3, &yaml::read_all(&text).expect("YAML"), "default");
    assert_eq!(more.cluster_role("a").expect("a role").place.source, 3);
}

#[test]
fn lists_in_lists_end() {
    let mut text = String::from("{kind: List, items: []}");
    for _ in 0..60 {
        text = format!(
            "{{kind: List, items: [{text}, {{kind: ClusterRole, metadata: {{name: x}}}}]}}"
        );
    }
    assert!(cluster(&text).cluster_role("x").is_some());
}

#[test]
fn what_the_api_would_refuse_is_told_in_its_words() {
    let told = |text: &str| faults(&cluster(text)).into_iter().map(|f| f.text).collect::<Vec<_>>();
    let to = |subject: &str| told(&cluster_binding("b", "a", subject));
    assert_eq!(
        to("{kind: User, name: jane}, {kind: Group, name: g, apiGroup: rbac.authorization.k8s.io}"),
        [""; 0]
    );
    assert_eq!(
        to("{kind: User, name: jane, apiGroup: foo}"),
        [
            r#"subjects[0].apiGroup: Unsupported value: "foo": supported values: "rbac.authorization.k8s.io""#
        ]
    );
    assert_eq!(
        to("{kind: User, name: jane}, {kind: user, name: jane}"),
        [
            r#"subjects[1].kind: Unsupported value: "user": supported values: "ServiceAccount", "User", "Group""#
        ]
    );
    assert_eq!(to("{kind: User}"), ["subjects[0].name: Required value"]);
    assert_eq!(to("{kind: ServiceAccount, name: sa}"), ["subjects[0].namespace: Required value"]);
    assert_eq!(
        to("{kind: ServiceAccount, name: sa, namespace: x, apiGroup: rbac.authorization.k8s.io}")
            .len(),
        1
    );
    assert_eq!(
        told("kind: ClusterRoleBinding\nmetadata: {name: b}\nroleRef: {kind: Role}\n"),
        [
            r#"roleRef.kind: Unsupported value: "Role": supported values: "ClusterRole""#,
            "roleRef.name: Required value"
        ]
    );
    assert_eq!(
        told(&cluster_role("r", "{}")),
        [
            "rules[0].verbs: Required value: verbs must contain at least one value",
            "rules[0].apiGroups: Required value: resource rules must supply at least one api group",
            "rules[0].resources: Required value: resource rules must supply at least one resource",
        ]
    );
    let both = "{verbs: [get], apiGroups: [''], resources: [pods], nonResourceURLs: [/x]}";
    assert_eq!(
        told(&cluster_role("r", both)),
        [
            r#"rules[0].nonResourceURLs: Invalid value: ["/x"]: rules cannot apply to both regular resources and non-resource URLs"#
        ]
    );
    let namespaced =
        "kind: Role\nmetadata: {name: r}\nrules: [{verbs: [get], nonResourceURLs: [/x]}]\n";
    assert_eq!(
        told(namespaced),
        [
            r#"rules[0].nonResourceURLs: Invalid value: ["/x"]: namespaced rules cannot apply to non-resource URLs"#
        ]
    );
}

#[test]
fn an_unquoted_number_is_kept_as_it_is_written() {
    let objects = cluster(&cluster_binding("b", "a", "{kind: User, name: 42}"));
    assert_eq!(objects.cluster_role_bindings[0].subjects[0].name, "42");
}
