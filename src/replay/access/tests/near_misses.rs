use super::*;

const PREFIXES: Prefixes<'static> = Prefixes { username: "oidc:", groups: "oidc:" };

/// The near misses of jane, who is `oidc:jane` in `oidc:dev`, when this subject may read pods everywhere.
fn near(subject: &str) -> Vec<NearMiss> {
    let text = cluster_binding("b", "view", subject) + &cluster_role("view", READ_PODS);
    nearest(
        &cluster(&text),
        &user("oidc:jane", &["oidc:dev"]),
        &asks("list pods", ""),
        PREFIXES,
        &[],
    )
}

fn differences(subject: &str) -> Vec<Difference> {
    let found = near(subject);
    assert_eq!(found.len(), 1, "{subject}: {found:?}");
    found.into_iter().next().expect("one").differences
}

fn prefix(subject: &str, server: &str) -> Difference {
    Difference::Prefix { subject: subject.to_owned(), server: server.to_owned() }
}

#[test]
fn a_prefix_that_is_missing_or_another() {
    assert_eq!(differences("{kind: User, name: jane}"), [prefix("", "oidc:")]);
    assert_eq!(differences("{kind: Group, name: dev}"), [prefix("", "oidc:")]);
    assert_eq!(differences("{kind: User, name: 'sso:jane'}"), [prefix("sso:", "oidc:")]);
    let issuer = "{kind: User, name: 'https://idp.example.com#jane'}";
    assert_eq!(differences(issuer), [prefix("https://idp.example.com#", "oidc:")]);
    let found = near("{kind: User, name: jane}");
    assert_eq!(found[0].mine, Mine::User("oidc:jane".to_owned()));
    assert_eq!(found[0].grant, Grant::Allows);
}

#[test]
fn a_prefix_that_the_server_does_not_add() {
    let text = cluster_binding("b", "view", "{kind: User, name: 'oidc:jane'}")
        + &cluster_role("view", READ_PODS);
    let jane = user("jane", &[]);
    let found = nearest(&cluster(&text), &jane, &asks("list pods", ""), Prefixes::default(), &[]);
    assert_eq!(found[0].differences, [prefix("oidc:", "")]);
}

#[test]
fn a_prefix_that_stands_twice() {
    let text = cluster_binding("b", "view", "{kind: Group, name: 'keycloak:admin'}")
        + &cluster_role("view", READ_PODS);
    let jane = user("keycloak:jane", &["keycloak:keycloak:admin"]);
    let prefixes = Prefixes { username: "keycloak:", groups: "keycloak:" };
    let found = nearest(&cluster(&text), &jane, &asks("list pods", ""), prefixes, &[]);
    assert_eq!(found[0].differences, [prefix("", "keycloak:")]);
}

#[test]
fn spelling() {
    assert_eq!(differences("{kind: User, name: 'oidc:Jane'}"), [Difference::Case]);
    assert_eq!(differences("{kind: Group, name: 'oidc:/dev'}"), [Difference::LeadingSlash]);
    assert_eq!(differences("{kind: Group, name: 'oidc:\"dev\"'}"), [Difference::Quotes]);
    assert_eq!(differences("{kind: Group, name: 'oidc:dev '}"), [Difference::WhiteSpace]);
    assert_eq!(
        differences("{kind: Group, name: ' Dev'}"),
        [prefix("", "oidc:"), Difference::WhiteSpace, Difference::Case]
    );
}

#[test]
fn a_slash_that_the_token_has() {
    let text = cluster_binding("b", "view", "{kind: Group, name: 'oidc:k8s-admins'}")
        + &cluster_binding("c", "view", "{kind: Group, name: 'oidc:berlin'}")
        + &cluster_role("view", READ_PODS);
    let mika = user("oidc:mika", &["oidc:/k8s-admins", "oidc:/staff/berlin"]);
    let found = nearest(&cluster(&text), &mika, &asks("list pods", ""), PREFIXES, &[]);
    let seen: Vec<_> = found.iter().map(|miss| miss.differences.clone()).collect();
    assert_eq!(seen, [[Difference::LeadingSlash], [Difference::GroupPath]]);
    assert_eq!(differences("{kind: Group, name: 'oidc:/company/dev'}"), [Difference::GroupPath]);
}

#[test]
fn the_kind() {
    assert_eq!(differences("{kind: Group, name: 'oidc:jane'}"), [Difference::Kind]);
    assert_eq!(differences("{kind: User, name: 'oidc:dev'}"), [Difference::Kind]);
    assert_eq!(differences("{kind: user, name: 'oidc:jane'}"), [Difference::Kind]);
    assert_eq!(differences("{kind: Group, name: jane}"), [prefix("", "oidc:"), Difference::Kind]);
    let account = "{kind: ServiceAccount, name: jane, namespace: default}";
    assert_eq!(differences(account), [prefix("", "oidc:"), Difference::Kind]);
    assert_eq!(
        differences("{kind: User, name: 'oidc:jane', apiGroup: example.com}"),
        [Difference::ApiGroup]
    );
}

#[test]
fn ids_against_names() {
    let text = cluster_binding("b", "view", "{kind: User, name: jane@example.com}")
        + &cluster_role("view", READ_PODS);
    let id = user("https://idp.example.com#66666666-7777-8888-9999-000000000000", &[]);
    let prefixes = Prefixes { username: "https://idp.example.com#", groups: "" };
    let aliases = [Alias { claim: "email", value: "Jane@example.com" }];
    let found = nearest(&cluster(&text), &id, &asks("list pods", ""), prefixes, &aliases);
    let by_claim = Difference::IdAgainstName { claim: Some("email".to_owned()) };
    assert_eq!(found[0].differences, [by_claim, prefix("", "https://idp.example.com#")]);

    let groups = |subject: &str, own: &[&str]| {
        let text = cluster_binding("b", "view", subject) + &cluster_role("view", READ_PODS);
        nearest(
            &cluster(&text),
            &user("jane", own),
            &asks("list pods", ""),
            Prefixes::default(),
            &[],
        )
    };
    let uuid = "11111111-2222-3333-4444-555555555555";
    let guess = [Difference::IdAgainstName { claim: None }];
    assert_eq!(groups("{kind: Group, name: k8s-admins}", &[uuid])[0].differences, guess);
    assert_eq!(groups(&format!("{{kind: Group, name: {uuid}}}"), &["dev"])[0].differences, guess);
    assert!(groups("{kind: Group, name: k8s-admins}", &["dev"]).is_empty());
    assert!(groups("{kind: Group, name: k8s-admins}", &[uuid, "dev"]).is_empty());
    assert!(groups("{kind: Group, name: k8s-admins}", &[]).is_empty());
}

#[test]
fn another_namespace() {
    let text =
        binding("shop", "b", "kind: ClusterRole, name: view", "{kind: User, name: 'oidc:jane'}")
            + &cluster_role("view", READ_PODS);
    let objects = cluster(&text);
    let jane = user("oidc:jane", &[]);
    let ask = |request: &Request| nearest(&objects, &jane, request, PREFIXES, &[]);
    let found = ask(&asks("list pods", "web"));
    assert_eq!(
        (found[0].differences.as_slice(), &found[0].grant),
        (&[Difference::Namespace][..], &Grant::Allows)
    );
    assert_eq!(found[0].binding.namespace, "shop");
    assert_eq!(ask(&asks("list pods", ""))[0].differences, [Difference::Namespace]);
    assert!(ask(&asks("list pods", "shop")).is_empty());
    assert!(matches!(ask(&visits("get", "/metrics"))[0].grant, Grant::NoRule { .. }));
}

#[test]
fn the_role_is_missing_or_falls_short() {
    let text = cluster_binding("gone", "nope", "{kind: User, name: 'oidc:jane'}")
        + &cluster_binding("weak", "view", "{kind: Group, name: 'oidc:dev'}")
        + &cluster_role("view", &format!("{{nonResourceURLs: [/x], verbs: [get]}}, {READ_PODS}"));
    let mut objects = cluster(&text);
    let jane = user("oidc:jane", &["oidc:dev"]);
    let found = nearest(&objects, &jane, &asks("delete pods p", "web"), PREFIXES, &[]);
    assert_eq!(found.len(), 2);
    assert_eq!((found[0].binding.name.as_str(), &found[0].grant), ("gone", &Grant::RoleMissing));
    let Grant::NoRule { offers } = &found[1].grant else { panic!() };
    assert_eq!(offers[0].verbs, ["get", "list"]);
    assert_eq!(offers.len(), 2);
    objects.roles_read = Coverage::Partial;
    let found = nearest(&objects, &jane, &asks("delete pods p", "web"), PREFIXES, &[]);
    assert_eq!(found[0].grant, Grant::NotSeen);
}

#[test]
fn reserved_names_and_strangers_are_no_near_misses() {
    assert!(near("{kind: Group, name: 'system:authenticated'}").is_empty());
    assert!(near("{kind: User, name: tom}").is_empty());
    assert!(near("{kind: Group, name: developers}").is_empty());
    assert!(near("{kind: User, name: ''}").is_empty());
    assert!(near("{kind: User, name: 'oidc:'}").is_empty());
    // A prefix makes system:masters harmless; nobody meant this group.
    let text = cluster_binding("cluster-admin", "view", "{kind: Group, name: 'system:masters'}")
        + &cluster_role("view", READ_PODS);
    let max = user("oidc:max", &["oidc:system:masters"]);
    assert!(nearest(&cluster(&text), &max, &asks("list pods", ""), PREFIXES, &[]).is_empty());
}

#[test]
fn what_would_allow_comes_first_and_fewer_differences_before_more() {
    let text = cluster_binding("weak", "weak", "{kind: User, name: 'oidc:jane'}")
        + &cluster_binding("far", "view", "{kind: User, name: Jane}")
        + &cluster_binding("near", "view", "{kind: Group, name: dev}")
        + &cluster_role("weak", "{apiGroups: [''], resources: [pods], verbs: [get]}")
        + &cluster_role("view", READ_PODS);
    let jane = user("oidc:jane", &["oidc:dev"]);
    let found = nearest(&cluster(&text), &jane, &asks("list pods", ""), PREFIXES, &[]);
    let names: Vec<&str> = found.iter().map(|miss| miss.binding.name.as_str()).collect();
    assert_eq!(names, ["near", "far", "weak"]);
}

#[test]
fn odd_names_do_no_harm() {
    for name in [":", "#", "a::::::::::b", "////", "'\"'", "🔑:jane", "é#", "[x]"] {
        let subject = format!("{{kind: User, name: {}}}", crate::go::quote::quote(name));
        let _ = near(&subject);
    }
    let long = "x:".repeat(100_000);
    assert!(near(&format!("{{kind: User, name: \"{long}\"}}")).is_empty());
}
