#![allow(clippy::unwrap_used, reason = "a test may stop")]

use super::*;
use secrecy::ExposeSecret as _;

fn command(line: &str) -> Command {
    let words = shlex::split(line).unwrap();
    parse(&words.iter().map(String::as_str).collect::<Vec<_>>()).unwrap()
}

fn shown(request: &Request) -> String {
    match request {
        Request::Url { verb, path } => format!("{verb} {path}"),
        Request::Resource { verb, resource, subresource, name } => {
            let group = match resource.group.as_deref() {
                None => "?".to_owned(),
                Some("") => String::new(),
                Some(group) => format!(".{group}"),
            };
            let part = subresource.as_ref().map_or(String::new(), |part| format!("/{part}"));
            let name = name.as_ref().map_or(String::new(), |name| format!(" {name}"));
            format!("{verb} {}{group}{part}{name}", resource.plural)
        }
    }
}

fn asks(line: &str) -> String {
    command(line).requests.iter().map(shown).collect::<Vec<_>>().join("; ")
}

#[test]
fn tells_what_a_command_asks() {
    for (line, expected) in [
        ("kubectl get nodes", "list nodes"),
        ("kubectl get node x", "get nodes x"),
        ("kubectl --user=oidc get no -n dev", "list nodes"),
        ("kubectl get po,svc", "list pods; list services"),
        ("kubectl get deploy/web -o yaml", "get deployments.apps web"),
        ("kubectl get pods -l app=x -o wide -A", "list pods"),
        ("kubectl get -oyaml ing", "list ingresses.networking.k8s.io"),
        ("kubectl get netpol", "list networkpolicies.networking.k8s.io"),
        ("kubectl get Deployment.v1.apps a b", "get deployments.apps a; get deployments.apps b"),
        ("kubectl get certificates.cert-manager.io", "list certificates.cert-manager.io"),
        ("kubectl get widgets", "list widgets?"),
        ("kubectl get --raw /healthz?verbose", "get /healthz"),
        ("kubectl get pod x --subresource status", "get pods/status x"),
        ("kubectl describe pod x", "get pods x"),
        ("kubectl logs -f web-1 -c app", "get pods web-1; get pods/log web-1"),
        ("kubectl logs deploy/web", "get deployments.apps web; list pods; get pods/log"),
        (
            "kubectl exec -it web-1 -- sh -c 'kubectl get x'",
            "get pods web-1; create pods/exec web-1",
        ),
        ("kubectl exec pod/web-1 -- ls", "get pods web-1; create pods/exec web-1"),
        ("kubectl port-forward svc/web 80", "get services web; list pods; create pods/portforward"),
        ("kubectl apply -f x.yaml", ""),
        ("kubectl create -f x.yaml", ""),
        ("kubectl create deployment web --image nginx", "create deployments.apps"),
        ("kubectl create ns dev", "create namespaces"),
        ("kubectl create token robot", "create serviceaccounts/token robot"),
        ("kubectl delete pod x y", "delete pods x; delete pods y"),
        ("kubectl auth can-i list secrets -n kube-system", "list secrets"),
        ("kubectl auth can-i get pods/x --subresource=log", "get pods/log x"),
        ("kubectl auth can-i --list", "create selfsubjectrulesreviews.authorization.k8s.io"),
        ("kubectl auth whoami", "create selfsubjectreviews.authentication.k8s.io"),
        ("kubectl scale --replicas 3 deploy web", "patch deployments.apps/scale web"),
        ("kubectl rollout status deploy/web", "get deployments.apps web"),
        ("kubectl rollout restart deploy/web", "patch deployments.apps web"),
        ("kubectl top pods", "list pods.metrics.k8s.io"),
        ("kubectl cordon n1", "patch nodes n1"),
        ("kubectl label ns dev a=b", "patch namespaces dev"),
        ("kubectl version", "get /version"),
        ("kubectl config view", ""),
        ("kubectl oidc-login get-token", ""),
        ("kubectl", ""),
        ("kubectl get", ""),
        ("kubectl cp web-1:/etc/x /tmp/x", "get pods web-1; create pods/exec web-1"),
        ("kubectl set image deploy/web a=b:1", "patch deployments.apps web"),
    ] {
        assert_eq!(asks(line), expected, "{line}");
    }
    assert!(asks("kubectl get all").starts_with("list pods; list replicationcontrollers"));
}

#[test]
fn takes_the_flags_that_choose() {
    let line = "KUBECONFIG=/a:/b sudo /usr/bin/kubectl -ndev get pods --context prod --user=oidc --cluster c \
                --as jane --as-group g1 --as-group=g2 --server https://u:pw@h --token=abc -A";
    // An assignment before sudo is not seen by kubectl, but is what the person meant.
    let command = command(line);
    let overrides = &command.overrides;
    assert_eq!(overrides.namespace.as_deref(), Some("dev"));
    assert_eq!(overrides.context.as_deref(), Some("prod"));
    assert_eq!(overrides.user.as_deref(), Some("oidc"));
    assert_eq!(overrides.cluster.as_deref(), Some("c"));
    assert_eq!(overrides.impersonated_groups, ["g1", "g2"]);
    assert_eq!(overrides.server.as_ref().unwrap().shown(), "https://u:REDACTED@h");
    assert_eq!(overrides.token.as_ref().unwrap().expose_secret(), "abc");
    assert!(command.all_namespaces && !command.raw);
    assert_eq!(command.variables[0].0, "KUBECONFIG");
    assert_eq!(command.variables[0].1.shown(), "/a:/b");
    assert!(!format!("{command:?}").contains("abc"));
    assert!(!format!("{command:?}").contains("pw@"));
}

#[test]
fn does_not_take_a_shell_expression_for_a_token() {
    for line in ["kubectl --token=\"$(cat x)\" get po", "kubectl --token '`cat x`' get po"] {
        let command = command(line);
        assert!(command.token_unknown && command.overrides.token.is_none(), "{line}");
        assert_eq!(command.requests.len(), 1);
    }
}

#[test]
fn refuses_other_programs() {
    assert_eq!(parse(&[]).unwrap_err(), CommandError::Empty);
    assert_eq!(parse(&["A=b"]).unwrap_err(), CommandError::Empty);
    assert_eq!(parse(&["helm", "list"]).unwrap_err(), CommandError::NotKubectl);
    assert_eq!(parse(&["kubectl", "get", "-n"]).unwrap_err(), CommandError::NoValue("-n".into()));
    assert!(command("kubectl get --raw /version").raw && command("kubectl auth whoami").raw);
}

#[test]
fn reads_the_request_to_judge() {
    let read = |text: &str| for_request(text).as_ref().map(shown).unwrap_or_default();
    for (text, expected) in [
        ("get nodes", "list nodes"),
        ("get node", "get nodes"),
        ("list no", "list nodes"),
        ("get pods/log web", "get pods/log web"),
        ("create deployments.apps", "create deployments.apps"),
        ("patch deploy/scale web", "patch deployments.apps/scale web"),
        ("delete foos.example.com x", "delete foos.example.com x"),
        ("get /healthz", "get /healthz"),
        ("GET Pods x", "get pods x"),
        ("get", ""),
        ("get pods/", ""),
        ("get /x y", ""),
        ("a b c d", ""),
        ("", ""),
    ] {
        assert_eq!(read(text), expected, "{text}");
    }
}

#[test]
fn knows_where_a_request_is_made() {
    let namespace = |line: &str| {
        let command = command(line);
        command.requests[0].namespace("dev", command.all_namespaces).to_owned()
    };
    assert_eq!(namespace("kubectl get pods"), "dev");
    assert_eq!(namespace("kubectl get pods -A"), "");
    assert_eq!(namespace("kubectl get nodes"), "");
    assert_eq!(namespace("kubectl get widgets"), "dev");
    assert_eq!(namespace("kubectl version"), "");
}

#[test]
fn survives_hostile_lines() {
    let many = vec!["-é"; 10_000];
    let mut line = vec!["kubectl", "get", "a,b,c", "--", "x"];
    line.extend(&many);
    assert!(parse(&line).is_ok());
    let kinds = "pods,".repeat(100_000);
    let names = vec!["x"; 1000];
    let mut line = vec!["kubectl", "get", &kinds];
    line.extend(&names[..3]);
    assert!(parse(&line).unwrap().requests.len() <= 32);
    for word in ["-", "--", "---", "-=", "--=", "=", "/", ",", ".", "\u{0}"] {
        let _ = parse(&["kubectl", word, word]);
        let _ = for_request(&format!("get {word}"));
    }
}

#[test]
fn a_pipe_and_a_redirection_are_the_shells() {
    let plain = parse(&["kubectl", "get", "pods", "-n", "dev"]).unwrap();
    for line in [
        &["kubectl", "get", "pods", "-n", "dev", "2>&1", "|", "grep", "x"][..],
        &["kubectl", "get", "pods", "-n", "dev", ">", "out.txt"][..],
        &["sudo", "-E", "kubectl", "get", "pods", "-n", "dev", "&&", "true"][..],
    ] {
        let read = parse(line).unwrap();
        assert_eq!(read.requests, plain.requests, "{line:?}");
        assert_eq!(read.overrides.namespace.as_deref(), Some("dev"));
    }
}
