use super::*;

/// Whether a ClusterRole with this one rule, bound to jane everywhere, allows the request.
fn rule_allows(rule: &str, request: &Request) -> bool {
    let text = cluster_binding("b", "r", "{kind: User, name: jane}") + &cluster_role("r", rule);
    allows(&cluster(&text), &user("jane", &[]), request)
}

fn on(resources: &str, words: &str) -> bool {
    let rule = format!("{{apiGroups: ['*'], resources: [{resources}], verbs: ['*']}}");
    rule_allows(&rule, &asks(words, "c"))
}

#[test]
fn verbs_are_equal_or_all() {
    let verbs = |verbs: &str| {
        rule_allows(
            &format!("{{apiGroups: [''], resources: [pods], verbs: [{verbs}]}}"),
            &asks("list pods", ""),
        )
    };
    assert!(verbs("list"));
    assert!(verbs("get, list"));
    assert!(verbs("'*'"));
    assert!(!verbs("get, watch"));
    assert!(!verbs("List"));
    assert!(!verbs("'l*'"));
    assert!(!verbs(""));
}

#[test]
fn api_groups_are_equal_or_all() {
    let group = |groups: &str, words: &str| {
        rule_allows(
            &format!("{{apiGroups: [{groups}], resources: ['*'], verbs: ['*']}}"),
            &asks(words, ""),
        )
    };
    assert!(group("''", "list pods"));
    assert!(group("'*'", "list deployments.apps"));
    assert!(group("apps", "list deployments.apps"));
    assert!(!group("''", "list deployments.apps"));
    assert!(!group("apps", "list pods"));
    assert!(!group("", "list pods"));
}

#[test]
fn resources_are_exact_all_or_a_subresource_of_all() {
    // Row 80 of the tricky inputs is among these.
    assert!(on("pods", "list pods"));
    assert!(on("'*'", "list pods"));
    assert!(on("'*'", "get pods/log p"));
    assert!(on("pods/log", "get pods/log p"));
    assert!(on("'*/log'", "get pods/log p"));
    assert!(!on("configmaps/*", "get configmaps/x c"));
    assert!(!on("configmaps/*", "get configmaps c"));
    assert!(!on("pods", "get pods/log p"));
    assert!(!on("pods/log", "get pods p"));
    assert!(!on("pods/*", "get pods/log p"));
    assert!(!on("'*/log'", "get pods/logs p"));
    assert!(!on("'*/log'", "get pods/status p"));
    assert!(!on("'*/log'", "get log p"));
    assert!(!on("'*/'", "list pods"));
    assert!(!on("Pods", "list pods"));
    assert!(!on("pod", "list pods"));
}

#[test]
fn names_restrict_what_has_a_name() {
    let named = |words: &str| {
        let rule = "{apiGroups: [''], resources: [secrets], verbs: ['*'], resourceNames: [s1]}";
        rule_allows(rule, &asks(words, "web"))
    };
    assert!(named("get secrets s1"));
    assert!(!named("get secrets s2"));
    assert!(!named("list secrets"));
    assert!(!named("create secrets"));
    assert!(!named("deletecollection secrets"));
    // A list with fieldSelector=metadata.name=s1 has that name.
    assert!(named("list secrets s1"));
}

#[test]
fn paths_are_exact_all_or_a_beginning() {
    let path = |urls: &str, path: &str| {
        rule_allows(&format!("{{nonResourceURLs: [{urls}], verbs: [get]}}"), &visits("get", path))
    };
    assert!(path("'*'", "/metrics"));
    assert!(path("/baz", "/baz"));
    assert!(!path("/baz", "/baz/"));
    for covered in ["/bar", "/barx", "/bar/y"] {
        assert!(path("/bar*", covered), "{covered}");
        assert!(path("'/bar**'", covered), "{covered}");
    }
    assert!(path("/foo/*", "/foo/"));
    assert!(path("/foo/*", "/foo/x"));
    assert!(!path("/foo/*", "/foo"));
    assert!(!path("/*/x", "/a/x"));
    assert!(!path("/Baz", "/baz"));
}

#[test]
fn resource_rules_and_paths_do_not_meet() {
    assert!(!rule_allows(
        "{apiGroups: ['*'], resources: ['*'], verbs: ['*']}",
        &visits("get", "/metrics")
    ));
    assert!(!rule_allows("{nonResourceURLs: ['*'], verbs: ['*']}", &asks("get pods p", "web")));
}
