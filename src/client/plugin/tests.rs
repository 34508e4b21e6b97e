#![allow(clippy::unwrap_used, reason = "a test may stop")]

use super::*;
use crate::client::kubeconfig::{Exec, Selection, load};
use std::path::{Path, PathBuf};

fn entry(yaml: &str) -> Exec {
    let text = format!("users:\n- name: u\n  user:\n    exec: {yaml}\n");
    let config = load(Selection::Default, vec![("/k/config".into(), Ok(text))]).unwrap();
    config.users.get("u").unwrap().value.exec.clone().unwrap().value
}

#[test]
fn tells_plugins_apart() {
    let name = |yaml: &str| recognise(&entry(yaml)).name();
    let oidc = "--oidc-issuer-url=https://i";
    for (yaml, expected) in [
        (
            format!("{{command: kubectl, args: [oidc-login, get-token, {oidc}]}}"),
            "kubelogin (kubectl oidc-login)",
        ),
        (
            format!("{{command: kubelogin, args: [get-token, {oidc}]}}"),
            "kubelogin (kubectl oidc-login)",
        ),
        (
            format!("{{command: /opt/wrapper, args: [get-token, {oidc}]}}"),
            "kubelogin (kubectl oidc-login)",
        ),
        (
            format!("{{command: docker, args: [run, img, get-token, {oidc}]}}"),
            "kubelogin (kubectl oidc-login)",
        ),
        ("{command: kubelogin, args: [get-token, --server-id, x]}".into(), "Azure kubelogin"),
        (
            "{command: /usr/bin/kubelogin, args: [get-token, -l, azurecli]}".into(),
            "Azure kubelogin",
        ),
        ("{command: kubelogin, args: [get-token]}".into(), "unknown plugin"),
        (
            "{command: aws, args: [--region, r, eks, get-token, --cluster-name, c]}".into(),
            "aws eks get-token",
        ),
        ("{command: aws-iam-authenticator, args: [token, -i, c]}".into(), "aws-iam-authenticator"),
        ("{command: gke-gcloud-auth-plugin}".into(), "gke-gcloud-auth-plugin"),
        ("{command: /opt/tsh, args: [kube, credentials]}".into(), "tsh"),
        ("{command: sh, args: [-c, 'oidc-token k8s']}".into(), "oidc-agent"),
        ("{command: pinniped, args: [login, oidc]}".into(), "pinniped"),
        ("{command: something}".into(), "unknown plugin"),
        ("{}".into(), "unknown plugin"),
    ] {
        assert_eq!(name(&yaml), expected, "{yaml}");
    }
    let concierge = entry("{command: pinniped, args: [login, oidc, --enable-concierge]}");
    assert_eq!(recognise(&concierge), Plugin::Pinniped { concierge: true });
    let standalone = entry("{command: kubectl, args: [oidc-login]}");
    assert_eq!(recognise(&standalone), Plugin::Kubelogin { form: Form::Kubectl, first: None });
    let usual = entry("{command: kubectl, args: [oidc-login, get-token, --a]}");
    assert!(matches!(recognise(&usual), Plugin::Kubelogin { first: Some(2), .. }));
}

#[test]
fn finds_the_names_to_look_for() {
    let exec = entry("{command: kubectl, args: [oidc-login, get-token, --x]}");
    let found = candidates(&exec).unwrap();
    assert_eq!(found.command, Lookup::OnPath("kubectl".into()));
    assert_eq!(found.plugins, ["kubectl-oidc_login-get_token", "kubectl-oidc_login"]);
    assert_eq!(
        found.missing_plugin().unwrap(),
        "error: unknown command \"oidc-login\" for \"kubectl\""
    );
    let exec = entry("{command: ./plug, args: [get-token]}");
    let found = candidates(&exec).unwrap();
    assert_eq!(found.command, Lookup::Path("/k/plug".into()));
    assert!(found.plugins.is_empty() && found.missing_plugin().is_none());
    assert!(
        found
            .missing_command(&Found::Nowhere)
            .unwrap()
            .ends_with("getting credentials: exec: fork/exec /k/plug: no such file or directory")
    );
    assert_eq!(found.missing_command(&Found::At("/k/plug".into())), None);
    let exec = entry("{command: kubelogin}");
    assert!(
        candidates(&exec)
            .unwrap()
            .missing_command(&Found::Nowhere)
            .unwrap()
            .ends_with("exec: executable kubelogin not found")
    );
    assert!(
        candidates(&entry("{command: kubectl, args: [get, pods]}")).unwrap().plugins.is_empty()
    );
    assert!(candidates(&entry("{command: kubectl, args: [--v=1, x]}")).unwrap().plugins.is_empty());
    assert_eq!(candidates(&entry("{}")), None);
}

#[test]
fn refuses_exec_entries_in_kubectl_s_words() {
    let texts = |yaml: &str| -> Vec<String> {
        exec_faults("u", &entry(yaml)).iter().map(ToString::to_string).collect()
    };
    let api = "client.authentication.k8s.io";
    assert_eq!(
        texts(&format!("{{command: c, apiVersion: {api}/v1}}")),
        ["interactiveMode must be specified for u to use exec authentication plugin"]
    );
    assert!(texts(&format!("{{command: c, apiVersion: {api}/v1beta1}}")).is_empty());
    assert_eq!(
        texts(&format!("{{command: c, apiVersion: {api}/v1alpha1}}")),
        ["exec plugin: invalid apiVersion \"client.authentication.k8s.io/v1alpha1\""]
    );
    assert_eq!(
        texts(&format!("{{command: c, apiVersion: {api}/v1, interactiveMode: never}}")),
        ["invalid interactiveMode for u: \"never\""]
    );
    assert_eq!(
        texts("{interactiveMode: Never, env: [{value: x}]}"),
        [
            "command must be specified for u to use exec authentication plugin",
            "apiVersion must be specified for u to use exec authentication plugin",
            "env variable name must be specified for u to use exec authentication plugin",
        ]
    );
}

#[test]
fn follows_mounts_of_a_container() {
    let exec = entry(
        "{command: docker, args: [run, -v, '/tmp/c:/cache:rw', --mount, 'type=bind,source=/h,target=/t', \
         -e, A=b, img, get-token, '--oidc-issuer-url=x', '--token-cache-dir=/cache']}",
    );
    let Plugin::Kubelogin { form, first } = recognise(&exec) else { panic!("not recognised") };
    assert_eq!(first, Some(9));
    assert_eq!(form.on_host(Path::new("/cache/a")), Some(PathBuf::from("/tmp/c/a")));
    assert_eq!(form.on_host(Path::new("/t")), Some(PathBuf::from("/h")));
    assert_eq!(form.on_host(Path::new("/root/.kube")), None);
    assert_eq!(Form::Direct.on_host(Path::new("/x")), Some(PathBuf::from("/x")));
}

#[test]
fn reads_flags_of_other_plugins() {
    let args = ["get-token", "--server-id", "s", "-t=t1", "-t", "t2", "--login"];
    assert_eq!(flag_value(&args, &["--server-id"]), Some("s"));
    assert_eq!(flag_value(&args, &["--tenant-id", "-t"]), Some("t2"));
    assert_eq!(flag_value(&args, &["--login"]), None);
}
