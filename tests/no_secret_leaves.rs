//! No secret leaves: not in text, JSON, facts, a saved bundle or a complaint, and in no encoding.
#![allow(clippy::unwrap_used)]

#[path = "shared/program.rs"]
mod program;

use std::path::Path;

use base64::Engine;
use base64::engine::general_purpose::{STANDARD, STANDARD_NO_PAD, URL_SAFE_NO_PAD};
use oidc_doctor::client::kubelogin;
use program::{Home, finished, token};
use proptest::prelude::*;
use serde_json::{Value, json};

/// Secrets long enough not to appear by chance, with characters that encodings change.
fn secret() -> impl Strategy<Value = String> {
    "[A-Za-z0-9+/=&%:~#'\"\\\\!-]{18,30}[A-Za-z0-9]{6}"
}

/// A distinct secret for each place that holds one.
#[derive(Clone, Debug)]
struct Secrets {
    signature: Vec<u8>,
    words: Vec<String>,
}

fn secrets() -> impl Strategy<Value = Secrets> {
    (prop::collection::vec(any::<u8>(), 64), prop::collection::vec(secret(), 12))
        .prop_map(|(signature, words)| Secrets { signature, words })
}

impl Secrets {
    fn token(&self) -> String {
        let claims =
            json!({"iss": "https://idp.example.com", "aud": "k", "sub": "me", "exp": 1.9e9 as i64});
        token(&claims, &self.signature)
    }

    /// A key as PEM, whose body is secret.
    fn key(&self) -> String {
        let body = STANDARD.encode(self.words[11].repeat(4));
        format!("-----BEGIN PRIVATE KEY-----\n{body}\n-----END PRIVATE KEY-----\n")
    }

    /// All forms in which they must not be seen.
    fn forms(&self) -> Vec<String> {
        let mut forms = vec![URL_SAFE_NO_PAD.encode(&self.signature)];
        for bytes in self.words.iter().map(String::as_bytes).chain([self.signature.as_slice()]) {
            forms.extend(in_base64(bytes));
        }
        for word in &self.words {
            let json = Value::from(word.as_str()).to_string();
            let escaped = json.trim_matches('"').to_owned();
            forms.extend([word.clone(), escaped, in_url(word, true), in_url(word, false)]);
        }
        let key = self.key();
        forms.extend(key.lines().nth(1).map(str::to_owned));
        forms.extend(in_base64(key.as_bytes()));
        forms
    }
}

/// Base64 in both alphabets, at each of the three places in a longer text, ends cut off.
fn in_base64(bytes: &[u8]) -> Vec<String> {
    let mut forms = Vec::new();
    for before in 0..3 {
        let shifted = [vec![0; before], bytes.to_vec()].concat();
        for encoded in [STANDARD_NO_PAD.encode(&shifted), URL_SAFE_NO_PAD.encode(&shifted)] {
            forms.push(encoded[4..encoded.len() - 4].to_owned());
        }
    }
    forms
}

/// As in a query or a path: everything but letters and digits, or as little as possible.
fn in_url(text: &str, all: bool) -> String {
    let plain = |b: u8| b.is_ascii_alphanumeric() || (!all && b"-._~!'&=+:/".contains(&b));
    let one = |b: u8| if plain(b) { (b as char).to_string() } else { format!("%{b:02X}") };
    text.bytes().map(one).collect()
}

/// A text as a YAML scalar.
fn quoted(text: &str) -> String {
    Value::from(text).to_string()
}

/// A kubeconfig with a secret in every place that kubectl knows.
fn kubeconfig(secrets: &Secrets) -> String {
    let word = |n: usize| quoted(&secrets.words[n]);
    let text = |text: String| quoted(&text);
    let [basic, pair, env, client, refresh] = [0, 2, 3, 5, 6].map(word);
    let joined = text(format!("--oidc-client-secret={}", secrets.words[1]));
    let url = format!("https://me:{}@127.0.0.1:1", in_url(&secrets.words[7], true));
    let script_line = format!(
        "kubelogin get-token --oidc-client-secret={}",
        shlex::try_quote(&secrets.words[4]).unwrap()
    );
    let (jwt, key) = (secrets.token(), STANDARD.encode(secrets.key()));
    format!(
        "\
apiVersion: v1
kind: Config
current-context: dev
clusters:
- {{name: dev, cluster: {{server: {server}, proxy-url: {server}}}}}
contexts:
- {{name: dev, context: {{cluster: dev, user: plugin}}}}
- {{name: token, context: {{cluster: dev, user: token}}}}
- {{name: basic, context: {{cluster: dev, user: basic}}}}
- {{name: key, context: {{cluster: dev, user: key}}}}
- {{name: script, context: {{cluster: dev, user: script}}}}
- {{name: provider, context: {{cluster: dev, user: provider}}}}
users:
- name: plugin
  user:
    exec:
      apiVersion: client.authentication.k8s.io/v1
      interactiveMode: IfAvailable
      command: kubectl
      args: [oidc-login, get-token, '--oidc-issuer-url=https://idp.example.com', --oidc-client-id=k, {joined},
        --password, {pair}]
      env:
      - {{name: CLIENT_SECRET, value: {env}}}
- {{name: token, user: {{token: {jwt}}}}}
- {{name: basic, user: {{username: me, password: {basic}}}}}
- {{name: key, user: {{client-certificate-data: bm9uZQ==, client-key-data: {key}}}}}
- name: script
  user: {{exec: {{apiVersion: client.authentication.k8s.io/v1, command: sh, args: [-c, {script_line}]}}}}
- name: provider
  user:
    auth-provider:
      name: oidc
      config: {{client-id: k, client-secret: {client}, idp-issuer-url: 'https://idp.example.com', id-token: {jwt},
        refresh-token: {refresh}}}
",
        server = text(url),
        script_line = text(script_line),
    )
}

/// The plugin's cache, under the key of the arguments above.
fn write_cache(home: &Home, secrets: &Secrets, text: &str) {
    let joined = format!("--oidc-client-secret={}", secrets.words[1]);
    let args = [
        "--oidc-issuer-url=https://idp.example.com",
        "--oidc-client-id=k",
        &joined,
        "--password",
        &secrets.words[2],
    ];
    let (arguments, _) = kubelogin::parse(&args);
    for name in kubelogin::cache_names(&arguments, Path::new(&home.path(""))) {
        home.write(&format!(".kube/cache/oidc-login/{}", name.digest), text);
    }
}

fn furnished(secrets: &Secrets) -> Home {
    let home = Home::new();
    home.write(".kube/config", kubeconfig(secrets));
    home.write("token", secrets.token());
    let entry = json!({"id_token": secrets.token(), "refresh_token": secrets.words[8]});
    write_cache(&home, secrets, &entry.to_string());
    home
}

/// Runs the program in every form of output and gives all that came out, by form.
fn everything(home: &Home, secrets: &Secrets, args: &[&str]) -> Vec<(String, String)> {
    let proxy = format!("http://me:{}@127.0.0.1:9", in_url(&secrets.words[9], true));
    let mut shown = Vec::new();
    for form in [&["check"][..], &["check", "-o", "json", "--save-bundle", "bundle"], &["facts"]] {
        let before_words = args.iter().position(|arg| *arg == "--").unwrap_or(args.len());
        let all = [form, &["--deadline=3"], &args[..before_words], &args[before_words..]].concat();
        let run = finished(home.command(&all).env("HTTPS_PROXY", &proxy), "");
        assert!(run.code != 1, "{all:?}: {}", run.stderr);
        shown.push((format!("{all:?} stdout"), run.stdout));
        shown.push((format!("{all:?} stderr"), run.stderr));
    }
    if let Ok(bundle) = std::fs::read_to_string(home.path("bundle")) {
        shown.push((format!("the bundle of {args:?}"), bundle));
        let _ = std::fs::remove_file(home.path("bundle"));
    }
    shown
}

fn leaks(home: &Home, secrets: &Secrets, args: &[&str]) -> Vec<String> {
    let forms = secrets.forms();
    let mut leaks = Vec::new();
    for (what, text) in everything(home, secrets, args) {
        for form in &forms {
            if let Some(at) = text.find(form.as_str()) {
                let start = text[..at].char_indices().rev().nth(60).map_or(0, |(start, _)| start);
                leaks.push(format!("{what} has {form:?} after {:?}", &text[start..at]));
            }
        }
    }
    leaks
}

fn few() -> ProptestConfig {
    ProptestConfig {
        cases: 4,
        failure_persistence: None,
        max_shrink_iters: 40,
        ..ProptestConfig::default()
    }
}

proptest! {
    #![proptest_config(few())]

    #[test]
    fn secrets_of_a_kubeconfig_stay(secrets in secrets()) {
        let home = furnished(&secrets);
        for context in ["dev", "token", "basic", "key", "script", "provider"] {
            let found = leaks(&home, &secrets, &["--context", context]);
            prop_assert!(found.is_empty(), "{}", found.join("\n"));
        }
        let found = leaks(&home, &secrets, &["--token-file=token"]);
        prop_assert!(found.is_empty(), "{}", found.join("\n"));
    }

    #[test]
    fn secrets_of_the_command_line_stay(secrets in secrets()) {
        let home = furnished(&secrets);
        let jwt = secrets.token();
        let url = format!("--server=https://me:{}@127.0.0.1:1", in_url(&secrets.words[10], true));
        let password = format!("--password={}", secrets.words[10]);
        let lines: [&[&str]; 5] = [
            &["--", "kubectl", "--token", &jwt, "get", "pods"],
            &["--", "kubectl", "get", "pods", "--username=me", "--password", &secrets.words[10]],
            &["--", "kubectl", "get", "pods", "--username=me", &password],
            &["--", "kubectl", &url, "get", "pods"],
            &[&url],
        ];
        for line in lines {
            let found = leaks(&home, &secrets, line);
            prop_assert!(found.is_empty(), "{}", found.join("\n"));
        }
    }

    /// What cannot be parsed is quoted by no complaint.
    #[test]
    fn secrets_of_broken_files_stay(secrets in secrets()) {
        let home = furnished(&secrets);
        let whole = kubeconfig(&secrets);
        let cuts = [whole.len() / 3, whole.len() / 2, whole.len() - 150, whole.len() - 20];
        let broken = cuts.map(|at| whole[..at].to_owned()).into_iter().chain([
            whole.replace("users:", "users: {"),
            format!("{whole}: :\n\t- {}\n", secrets.words[0]),
            quoted(&whole),
            secrets.token(),
        ]);
        for text in broken {
            home.write("broken", text);
            let found = leaks(&home, &secrets, &["--kubeconfig=broken"]);
            prop_assert!(found.is_empty(), "{}", found.join("\n"));
        }
        let entry = json!({"id_token": secrets.token(), "refresh_token": secrets.words[8]}).to_string();
        for text in [&entry[..entry.len() - 3], &entry.replace("{", "[["), &secrets.words[8], &quoted(&entry)] {
            write_cache(&home, &secrets, text);
            let found = leaks(&home, &secrets, &["--context=dev"]);
            prop_assert!(found.is_empty(), "{}", found.join("\n"));
        }
        write_cache(&home, &secrets, "{}");
        for text in [secrets.token() + "." + &secrets.words[0], format!("Bearer {}", secrets.token()), secrets.words[0].clone()] {
            home.write("token", text);
            let found = leaks(&home, &secrets, &["--token-file=token"]);
            prop_assert!(found.is_empty(), "{}", found.join("\n"));
        }
    }
}

/// Files that lie beside the settings and are given with them, as the folder of a node has them.
#[test]
fn secrets_beside_the_settings_stay() {
    let secrets = Secrets {
        signature: (0..64).collect(),
        words: (0..12).map(|n| format!("Zq{n}x7+/=&rT{n}vLw9sKd")).collect(),
    };
    let home = Home::new();
    let [first, second] = [0, 1].map(|n| quoted(&secrets.words[n]));
    let data = STANDARD.encode(&secrets.words[2]);
    home.write(
        "node/config.yaml",
        format!("token: {first}\nagent-token: {second}\nkube-apiserver-arg: [oidc-client-id=k]\n"),
    );
    home.write("node/sa.key", secrets.key());
    home.write("node/admin.conf", kubeconfig(&secrets));
    home.write(
        "node/secret.yaml",
        format!("apiVersion: v1\nkind: Secret\nmetadata: {{name: s}}\ndata: {{pass: {data}}}\n"),
    );
    home.write("node/log", format!("E0101 authentication.go:70] \"Bearer {}\"\n", secrets.token()));
    for option in ["--apiserver-config=node", "--rbac=node", "--apiserver-log=node"] {
        let found = leaks(&home, &secrets, &[option]);
        assert!(found.is_empty(), "{}", found.join("\n"));
    }
}

#[test]
fn the_search_finds_what_is_there() {
    let secrets =
        Secrets { signature: vec![7; 64], words: vec!["it+is/a\"secret&word=9".into(); 12] };
    let forms = secrets.forms();
    let seen = |text: &str| forms.iter().any(|form| text.contains(form.as_str()));
    assert!(seen(&secrets.token()) && seen(&kubeconfig(&secrets)) && seen(&secrets.key()));
    for text in [secrets.words[0].clone(), in_url(&secrets.words[0], true)] {
        assert!(seen(&text));
        for before in ["", "a", "ab"] {
            assert!(seen(&STANDARD.encode(format!("{before}{} and more", secrets.words[0]))));
        }
    }
    assert!(!seen("it is a word"));
}
