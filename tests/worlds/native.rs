//! Each distribution's own form of the API server's settings.

use base64::Engine;
use base64::engine::general_purpose::STANDARD as BASE64;
use serde_json::{Map, Value, json};

use crate::control_plane::{Page, flag};
use crate::world::{ApiServer, World};
use crate::yaml;

/// The files of this `where`; none where a kubeadm manifest is the best that is known.
pub(crate) fn pages(world: &World, server: &ApiServer, ca: Option<&str>) -> Option<Vec<Page>> {
    if let Some(config) = &server.authentication_config {
        return structured(server, config);
    }
    let flags = &server.flags;
    let page = |name: &str, value: &Value| Some(vec![(name.to_owned(), yaml::document(value))]);
    let lines = |name: &str, text: String| Some(vec![(name.to_owned(), text)]);
    match server.place.as_str() {
        "k3s-config" | "rke2-config" => page(
            "config.yaml",
            &json!({"write-kubeconfig-mode": "0640", "kube-apiserver-arg": bare(flags)}),
        ),
        "minikube-extra-config" => lines("minikube-start.sh", minikube(server)),
        "talos-machine-config" => page("machineconfig.yaml", &talos(server)),
        "kind-config" => page("kind.yaml", &kind(server)),
        "eks-describe" => lines("identity-provider-config.json", pretty(&eks(server))),
        "clientconfig" => page("clientconfig.yaml", &client_config(world, server, ca)),
        "eks-anywhere-spec" => page("oidcconfig.yaml", &eks_anywhere(world, server)),
        "kops-spec" => page("cluster.yaml", &kops(server)),
        "gardener-shoot" => page("shoot.yaml", &shoot(server)),
        "kubermatic-cluster" => page("cluster.yaml", &kubermatic(server)),
        "kubespray-group-vars" => page("k8s-cluster.yml", &kubespray(server)),
        "systemd-unit" => lines("kube-apiserver.service", unit(server)),
        "kcp-command-line" => {
            lines("kcp-start.sh", format!("#!/bin/sh\nexec kcp start \\\n{}", continued(flags)))
        }
        "kube-oidc-proxy" => page("kube-oidc-proxy.yaml", &oidc_proxy(server)),
        "bosh-manifest" => page("manifest.yml", &bosh(server)),
        "k0s-config" => page("k0s.yaml", &k0s(server)),
        "microk8s-args" => lines("kube-apiserver", flags.join("\n") + "\n"),
        "vcluster" | "vcluster-config" => page("vcluster.yaml", &vcluster(server)),
        "openshift-authentication" => page("authentication.yaml", &openshift(server)),
        "cluster-api" => page("kubeadmcontrolplane.yaml", &cluster_api(server)),
        _ => None,
    }
}

/// The forms that hold an AuthenticationConfiguration themselves.
fn structured(server: &ApiServer, config: &Value) -> Option<Vec<Page>> {
    match server.place.as_str() {
        "authentication-config-file" => {
            Some(vec![("authentication-config.yaml".to_owned(), yaml::document(config))])
        }
        "aks-jwtauthenticator" => {
            let all = config["jwt"].as_array().into_iter().flatten().enumerate();
            let list: Value =
                all.map(|(n, jwt)| json!({"name": format!("jwt{n}"), "properties": jwt})).collect();
            Some(vec![("jwtauthenticators.json".to_owned(), pretty(&list))])
        }
        "gardener-shoot" => {
            let map = json!({
                "apiVersion": "v1", "kind": "ConfigMap",
                "metadata": {"name": "authentication", "namespace": "garden-demo"},
                "data": {"config.yaml": yaml::document(config)},
            });
            let text = format!("{}---\n{}", yaml::document(&shoot(server)), yaml::document(&map));
            Some(vec![("shoot.yaml".to_owned(), text)])
        }
        _ => None,
    }
}

/// The flags without their dashes, as k3s and kubeadm have them.
fn bare(flags: &[String]) -> Vec<&str> {
    flags.iter().map(|flag| flag.trim_start_matches("--")).collect()
}

/// The flags as a map; a repeated one keeps its last value, as a map has it.
fn map(flags: &[String]) -> Map<String, Value> {
    let pairs = bare(flags).into_iter().map(|flag| flag.split_once('=').unwrap_or((flag, "true")));
    pairs.map(|(name, value)| (name.to_owned(), value.into())).collect()
}

/// An object with a member for each flag that is given.
fn fields(flags: &[String], names: &[(&str, &str)]) -> Map<String, Value> {
    let given = names.iter().filter_map(|(name, option)| {
        flag(flags, &format!("--oidc-{option}")).map(|value| ((*name).to_owned(), value.into()))
    });
    given.collect()
}

fn required(flags: &[String]) -> Map<String, Value> {
    let values = flags.iter().filter_map(|flag| flag.strip_prefix("--oidc-required-claim="));
    let pairs = values.filter_map(|value| value.split_once('='));
    pairs.map(|(name, value)| (name.to_owned(), value.into())).collect()
}

fn pretty(value: &Value) -> String {
    serde_json::to_string_pretty(value).expect("JSON") + "\n"
}

fn continued(flags: &[String]) -> String {
    let lines = flags.iter().map(|flag| shlex::try_quote(flag).expect("no NUL").into_owned());
    lines.map(|flag| format!("  {flag}")).collect::<Vec<_>>().join(" \\\n") + "\n"
}

fn minikube(server: &ApiServer) -> String {
    let extra = server.flags.iter().map(|flag| {
        let option = format!("--extra-config=apiserver.{}", flag.trim_start_matches("--"));
        shlex::try_quote(&option).expect("no NUL").into_owned()
    });
    let extra: Vec<String> = extra.collect();
    format!("minikube start --kubernetes-version={} {}\n", server.version, extra.join(" "))
}

fn talos(server: &ApiServer) -> Value {
    json!({
        "version": "v1alpha1",
        "machine": {"type": "controlplane"},
        "cluster": {
            "clusterName": "demo",
            "apiServer": {
                "image": format!("registry.k8s.io/kube-apiserver:{}", server.version),
                "extraArgs": map(&server.flags),
            },
        },
    })
}

fn kind(server: &ApiServer) -> Value {
    let patch =
        json!({"kind": "ClusterConfiguration", "apiServer": {"extraArgs": map(&server.flags)}});
    json!({
        "kind": "Cluster",
        "apiVersion": "kind.x-k8s.io/v1alpha4",
        "nodes": [{"role": "control-plane", "image": format!("kindest/node:{}", server.version)}],
        "kubeadmConfigPatches": [yaml::document(&patch)],
    })
}

fn eks(server: &ApiServer) -> Value {
    let flags = &server.flags;
    let mut oidc = json!({
        "identityProviderConfigName": "corp",
        "identityProviderConfigArn":
            "arn:aws:eks:eu-west-1:111122223333:identityproviderconfig/demo/oidc/corp/aaaabbbb",
        "clusterName": server.name,
    });
    let names = [
        ("issuerUrl", "issuer-url"),
        ("clientId", "client-id"),
        ("usernameClaim", "username-claim"),
        ("usernamePrefix", "username-prefix"),
        ("groupsClaim", "groups-claim"),
        ("groupsPrefix", "groups-prefix"),
    ];
    for (name, value) in fields(flags, &names) {
        oidc[name] = value;
    }
    oidc["requiredClaims"] = Value::Object(required(flags));
    oidc["tags"] = json!({});
    oidc["status"] = "ACTIVE".into();
    json!({"identityProviderConfig": {"oidc": oidc}})
}

fn client_config(world: &World, server: &ApiServer, ca: Option<&str>) -> Value {
    if let Some(written) = world.environment.rest.get("client_config") {
        return written.clone();
    }
    let names = [
        ("issuerURI", "issuer-url"),
        ("clientID", "client-id"),
        ("userClaim", "username-claim"),
        ("userPrefix", "username-prefix"),
        ("groupsClaim", "groups-claim"),
        ("groupPrefix", "groups-prefix"),
    ];
    let mut oidc = fields(&server.flags, &names);
    if let Some(ca) = ca {
        oidc.insert("certificateAuthorityData".to_owned(), BASE64.encode(ca).into());
    }
    json!({
        "apiVersion": "authentication.gke.io/v2alpha1",
        "kind": "ClientConfig",
        "metadata": {"name": "default", "namespace": "kube-public"},
        "spec": {"name": server.name, "authentication": [{"name": "corp", "oidc": oidc}]},
    })
}

fn eks_anywhere(world: &World, server: &ApiServer) -> Value {
    if let Some(written) =
        world.environment.rest.get("eks_anywhere_spec").filter(|v| v["kind"].is_string())
    {
        return written.clone();
    }
    let names = [
        ("clientId", "client-id"),
        ("groupsClaim", "groups-claim"),
        ("groupsPrefix", "groups-prefix"),
        ("issuerUrl", "issuer-url"),
        ("usernameClaim", "username-claim"),
        ("usernamePrefix", "username-prefix"),
    ];
    json!({
        "apiVersion": "anywhere.eks.amazonaws.com/v1alpha1",
        "kind": "OIDCConfig",
        "metadata": {"name": server.name},
        "spec": fields(&server.flags, &names),
    })
}

fn kops(server: &ApiServer) -> Value {
    let names = [
        ("oidcIssuerURL", "issuer-url"),
        ("oidcClientID", "client-id"),
        ("oidcUsernameClaim", "username-claim"),
        ("oidcUsernamePrefix", "username-prefix"),
        ("oidcGroupsClaim", "groups-claim"),
        ("oidcGroupsPrefix", "groups-prefix"),
        ("oidcCAFile", "ca-file"),
    ];
    let mut api = fields(&server.flags, &names);
    let claims: Vec<&str> = server
        .flags
        .iter()
        .filter_map(|flag| flag.strip_prefix("--oidc-required-claim="))
        .collect();
    if !claims.is_empty() {
        api.insert("oidcRequiredClaim".to_owned(), json!(claims));
    }
    json!({
        "apiVersion": "kops.k8s.io/v1alpha2",
        "kind": "Cluster",
        "metadata": {"name": "c.example.com"},
        "spec": {"kubernetesVersion": server.version.trim_start_matches('v'), "kubeAPIServer": api},
    })
}

fn shoot(server: &ApiServer) -> Value {
    let flags = &server.flags;
    let mut api = json!({});
    if server.authentication_config.is_some() {
        api["structuredAuthentication"] = json!({"configMapName": "authentication"});
    } else {
        let names = [
            ("issuerURL", "issuer-url"),
            ("clientID", "client-id"),
            ("usernameClaim", "username-claim"),
            ("usernamePrefix", "username-prefix"),
            ("groupsClaim", "groups-claim"),
            ("groupsPrefix", "groups-prefix"),
        ];
        let mut oidc = fields(flags, &names);
        if let Some(algs) = flag(flags, "--oidc-signing-algs") {
            oidc.insert("signingAlgs".to_owned(), algs.split(',').collect());
        }
        api["oidcConfig"] = Value::Object(oidc);
    }
    if let Some(issuer) = flag(flags, "--service-account-issuer") {
        api["serviceAccountConfig"] = json!({"issuer": issuer});
    }
    json!({
        "apiVersion": "core.gardener.cloud/v1beta1",
        "kind": "Shoot",
        "metadata": {"name": server.name, "namespace": "garden-demo"},
        "spec": {"kubernetes": {"version": server.version.trim_start_matches('v'), "kubeAPIServer": api}},
    })
}

fn kubermatic(server: &ApiServer) -> Value {
    let names = [
        ("issuerURL", "issuer-url"),
        ("clientID", "client-id"),
        ("usernameClaim", "username-claim"),
        ("usernamePrefix", "username-prefix"),
        ("groupsClaim", "groups-claim"),
        ("groupsPrefix", "groups-prefix"),
        ("requiredClaim", "required-claim"),
    ];
    json!({
        "apiVersion": "kubermatic.k8c.io/v1",
        "kind": "Cluster",
        "metadata": {"name": server.name},
        "spec": {
            "version": server.version.trim_start_matches('v'),
            "oidc": fields(&server.flags, &names),
        },
    })
}

fn kubespray(server: &ApiServer) -> Value {
    let names = [
        ("kube_oidc_url", "issuer-url"),
        ("kube_oidc_client_id", "client-id"),
        ("kube_oidc_ca_file", "ca-file"),
        ("kube_oidc_username_claim", "username-claim"),
        ("kube_oidc_username_prefix", "username-prefix"),
        ("kube_oidc_groups_claim", "groups-claim"),
        ("kube_oidc_groups_prefix", "groups-prefix"),
    ];
    let mut vars = json!({"kube_version": server.version, "kube_oidc_auth": true});
    for (name, value) in fields(&server.flags, &names) {
        vars[name] = value;
    }
    vars
}

fn unit(server: &ApiServer) -> String {
    format!(
        "[Unit]\nDescription=Kubernetes API Server {}\n\n[Service]\n\
         ExecStart=/usr/local/bin/kube-apiserver \\\n{}Restart=on-failure\n\n[Install]\nWantedBy=multi-user.target\n",
        server.version,
        continued(&server.flags)
    )
}

fn oidc_proxy(server: &ApiServer) -> Value {
    json!({
        "apiVersion": "apps/v1",
        "kind": "Deployment",
        "metadata": {"name": server.name, "namespace": "kube-oidc-proxy"},
        "spec": {
            "selector": {"matchLabels": {"app": "kube-oidc-proxy"}},
            "template": {
                "metadata": {"labels": {"app": "kube-oidc-proxy"}},
                "spec": {"containers": [{
                    "name": "kube-oidc-proxy",
                    "image": "quay.io/jetstack/kube-oidc-proxy:v0.3.0",
                    "command": ["kube-oidc-proxy"],
                    "args": server.flags,
                }]},
            },
        },
    })
}

fn bosh(server: &ApiServer) -> Value {
    json!({
        "name": "cfcr",
        "instance_groups": [{
            "name": server.name,
            "jobs": [{
                "name": "kube-apiserver",
                "release": "kubo",
                "properties": {"k8s-args": map(&server.flags)},
            }],
        }],
    })
}

fn k0s(server: &ApiServer) -> Value {
    json!({
        "apiVersion": "k0s.k0sproject.io/v1beta1",
        "kind": "ClusterConfig",
        "metadata": {"name": "k0s"},
        "spec": {"api": {"extraArgs": map(&server.flags)}},
    })
}

fn vcluster(server: &ApiServer) -> Value {
    json!({"controlPlane": {"distro": {"k8s": {"version": server.version, "apiServer": {"extraArgs": server.flags}}}}})
}

fn openshift(server: &ApiServer) -> Value {
    let flags = &server.flags;
    let text = |name: &str| flag(flags, name).unwrap_or_default();
    json!({
        "apiVersion": "config.openshift.io/v1",
        "kind": "Authentication",
        "metadata": {"name": "cluster"},
        "spec": {"type": "OIDC", "oidcProviders": [{
            "name": "corp",
            "issuer": {
                "issuerURL": text("--oidc-issuer-url"),
                "audiences": [text("--oidc-client-id")],
            },
            "claimMappings": {
                "username": {
                    "claim": text("--oidc-username-claim"), "prefixPolicy": "Prefix",
                    "prefix": {"prefixString": text("--oidc-username-prefix")},
                },
                "groups": {
                    "claim": text("--oidc-groups-claim"),
                    "prefix": text("--oidc-groups-prefix"),
                },
            },
        }]},
    })
}

fn cluster_api(server: &ApiServer) -> Value {
    json!({
        "apiVersion": "controlplane.cluster.x-k8s.io/v1beta1",
        "kind": "KubeadmControlPlane",
        "metadata": {"name": server.name},
        "spec": {
            "version": server.version,
            "kubeadmConfigSpec": {
                "clusterConfiguration": {"apiServer": {"extraArgs": map(&server.flags)}},
            },
        },
    })
}
