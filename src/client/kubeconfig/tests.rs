#![allow(clippy::unwrap_used, reason = "a test may stop")]

use super::*;
use secrecy::ExposeSecret as _;
use std::path::{Path, PathBuf};

fn one(text: &str) -> Result<Kubeconfig, Vec<LoadError>> {
    load(Selection::Default, vec![("/home/u/.kube/config".into(), Ok(text.to_owned()))])
}

fn refusal(text: &str) -> String {
    one(text).unwrap_err()[0].to_string()
}

const FULL: &str = r#"apiVersion: v1
kind: Config
current-context: prod
clusters:
- name: prod
  cluster: {server: "https://k8s.example.com:6443", certificate-authority: ca/ca.pem}
contexts:
- name: prod
  context: {cluster: prod, user: oidc, namespace: dev}
- name: half
  context: {cluster: gone, user: nobody}
users:
- name: oidc
  user:
    exec:
      apiVersion: client.authentication.k8s.io/v1beta1
      command: ./bin/plug
      args:
      - get-token
      - --oidc-issuer-url=https://idp.example.com
      - --oidc-client-secret=s3cret
      env:
      - {name: HOME, value: /srv}
      - {name: AZURE_CLIENT_SECRET, value: hidden-value}
"#;

#[test]
fn chooses_the_files() {
    let home = Path::new("/home/u");
    let files = files_to_read(None, None, home);
    assert_eq!(files.paths, [PathBuf::from("/home/u/.kube/config")]);
    assert_eq!(files_to_read(None, Some(""), home), files);
    let files = files_to_read(None, Some(":a:b::a:~/c"), home);
    assert_eq!(files.selection, Selection::List);
    assert_eq!(files.paths, ["a", "b", "~/c"].map(PathBuf::from));
    let files = files_to_read(Some(Path::new("x")), Some("a:b"), home);
    assert_eq!((files.selection, files.paths), (Selection::Explicit, vec!["x".into()]));
}

#[test]
fn reads_every_field_with_its_line() {
    let config = one(FULL).unwrap();
    let user = &config.users.get("oidc").unwrap().value;
    let exec = &user.exec.as_ref().unwrap().value;
    assert_eq!(exec.program().unwrap(), Path::new("/home/u/.kube/bin/plug"));
    assert_eq!(exec.args[1].value.shown(), "--oidc-issuer-url=https://idp.example.com");
    assert_eq!(exec.args[2].value.shown(), "--oidc-client-secret=REDACTED");
    assert_eq!(exec.args[2].value.expose(), "--oidc-client-secret=s3cret");
    assert_eq!((exec.args[2].place.span.line, exec.args[2].place.span.column), (21, 9));
    assert_eq!(exec.variable("HOME").unwrap().value.shown(), "/srv");
    assert_eq!(exec.variable("AZURE_CLIENT_SECRET").unwrap().value.shown(), "REDACTED");
    let cluster = &config.clusters.get("prod").unwrap().value;
    let authority = cluster.certificate_authority.as_ref().unwrap();
    assert_eq!(authority.value.resolved, Path::new("/home/u/.kube/ca/ca.pem"));
    assert!(!format!("{config:?}").contains("s3cret"));
    assert!(!format!("{config:?}").contains("hidden-value"));
}

#[test]
fn the_first_file_that_defines_a_name_wins_whole() {
    let first = "users:\n- name: u\n  user: {token: old}\ncurrent-context: ''\n";
    let second = "users:\n- name: u\n  user: {username: x}\n- name: v\n  user: {}\n\
                  current-context: c\ncontexts:\n- name: c\n  context: {user: u}\n";
    let files = vec![
        ("/a/one".into(), Ok(first.to_owned())),
        ("/a/gone".into(), Err(ReadError::Missing)),
        ("/b/two".into(), Ok(second.to_owned())),
    ];
    let config = load(Selection::List, files).unwrap();
    let user = config.users.get("u").unwrap();
    assert_eq!(&*user.file, Path::new("/a/one"));
    assert_eq!(user.value.token.as_ref().unwrap().value.expose_secret(), "old");
    assert!(user.value.username.is_none());
    let shadowed: Vec<_> = config.users.shadowed("u").collect();
    assert_eq!(shadowed.len(), 1);
    assert_eq!(&*shadowed[0].file, Path::new("/b/two"));
    assert_eq!(shadowed[0].name.place.span.line, 2);
    assert_eq!(config.current_context.unwrap().value, "c");
    assert_eq!(config.files[1].1, FileState::Missing);
}

#[test]
fn refuses_what_kubectl_refuses_in_its_words() {
    let number = "users:\n- name: u\n  user:\n    token: 12345678\n";
    assert_eq!(
        refusal(number),
        "error loading config file \"/home/u/.kube/config\": json: cannot unmarshal number into Go \
         struct field AuthInfo.users.user.token of type string"
    );
    assert_eq!(one(number).unwrap_err()[0].line_and_column(), Some((4, 12)));
    let twice = "users:\n- {name: u, user: {token: topsecret}}\n- {name: u, user: {}}\n";
    assert_eq!(
        refusal(twice),
        "error loading config file \"/home/u/.kube/config\": error converting *[]NamedAuthInfo into \
         *map[string]*api.AuthInfo: duplicate name \"u\" in list"
    );
    assert!(!format!("{:?}", one(twice)).contains("topsecret"));
    assert_eq!(
        refusal("a: b: c"),
        "error loading config file \"/home/u/.kube/config\": yaml: mapping values are not allowed in \
         this context"
    );
    assert!(refusal("users: {}").ends_with(
        "json: cannot unmarshal object into Go struct field Config.users of type []v1.NamedAuthInfo"
    ));
    assert!(refusal("clusters:\n- {name: 5}").ends_with(
        "json: cannot unmarshal number into Go struct field NamedCluster.clusters.name of type string"
    ));
    assert!(
        refusal("clusters:\n- {name: c, cluster: {certificate-authority-data: '?'}}")
            .ends_with("illegal base64 data at input byte 0")
    );
    assert!(
        refusal("apiVersion: v2").contains("no kind \"Config\" is registered for version \"v2\"")
    );
    assert!(refusal("[]").contains("couldn't get version/kind"));
    let missing = vec![("/nowhere".into(), Err(ReadError::Missing))];
    let errors = load(Selection::Explicit, missing.clone()).unwrap_err();
    assert_eq!(errors[0].to_string(), "stat /nowhere: no such file or directory");
    assert!(load(Selection::Default, missing).is_ok());
    let refused = vec![("/x".into(), Err(ReadError::Refused("permission denied".into())))];
    assert_eq!(
        load(Selection::List, refused).unwrap_err()[0].to_string(),
        "error loading config file \"/x\": open /x: permission denied"
    );
}

#[test]
fn accepts_empty_files_unknown_fields_and_later_documents() {
    for text in ["", "# nothing\n", "nonsense: [1]\n", "users:\n---\n- [", "kind: Config\n"] {
        assert!(one(text).is_ok(), "{text:?}");
    }
    // `y` and `NO` are booleans in YAML 1.1, so a bare one is a type error.
    assert!(refusal("users:\n- name: u\n  user: {token: NO}").contains("cannot unmarshal bool"));
}

#[test]
fn resolves_as_kubectl_does() {
    let config = one(FULL).unwrap();
    let target = resolve(&config, &Overrides::default()).unwrap();
    assert_eq!(target.url(), "https://k8s.example.com:6443");
    assert_eq!(target.namespace.name, "dev");
    assert_eq!(target.user.unwrap().name.value, "oidc");
    assert!(
        matches!(target.user_name.unwrap().by, NamedBy::Kubeconfig(place) if place.span.line == 9)
    );

    let half = Overrides { context: Some("half".into()), ..Overrides::default() };
    let target = resolve(&config, &half).unwrap();
    assert!(matches!(
        &target.server,
        Server::Default(DefaultReason::UndefinedCluster(named)) if named.name == "gone"
    ));
    assert!(target.user.is_none());
    assert_eq!(target.user_name.unwrap().name, "nobody");
    assert_eq!(target.namespace, Named { name: "default".into(), by: NamedBy::Default });
}

#[test]
fn resolve_errors_are_kubectl_s() {
    let config = one(FULL).unwrap();
    let line = |overrides: Overrides| {
        let error = resolve(&config, &overrides).unwrap_err().remove(0);
        (error.to_string(), error.raw_line())
    };
    let name = || Some("x".to_owned());
    assert_eq!(
        line(Overrides { context: name(), ..Overrides::default() }),
        (
            "Error in configuration: context was not found for specified context: x".into(),
            Some("error: context \"x\" does not exist".into())
        )
    );
    assert_eq!(
        line(Overrides { user: name(), ..Overrides::default() }),
        ("error: auth info \"x\" does not exist".into(), None)
    );
    assert_eq!(
        line(Overrides { cluster: name(), ..Overrides::default() }),
        (
            "error: no server found for cluster \"x\"".into(),
            Some("error: cluster \"x\" does not exist".into())
        )
    );
    let nothing = one("").unwrap();
    let target = resolve(&nothing, &Overrides::default()).unwrap();
    assert!(matches!(target.server, Server::Default(DefaultReason::NoContext)));
    let stale = one("current-context: x").unwrap();
    let error = resolve(&stale, &Overrides::default()).unwrap_err().remove(0);
    assert_eq!(error.raw_line(), None);
}

#[test]
fn finds_every_secret_of_a_document() {
    let text = r#"users:
- name: a
  user: {token: "tok-é", password: 'pw', client-key-data: a2V5, username: bob}
- name: b
  user:
    auth-provider:
      name: oidc
      config:
        client-id: shown
        client-secret: cs
        id-token: idt
        refresh-token: rt
        odd: odd-value
- name: c
  user:
    exec:
      args: [get-token, --oidc-client-secret=abc, --password, "p w", '--oidc-extra-scope=email',
        "--oidc-request-header=Origin=x,Key=y", --token-cache-dir=/x, --server-id=1]
      env:
      - name: HOME
        value: /home
      - name: S
        value: |
          line
clusters:
- name: k
  cluster: {server: "https://u:pass@h", proxy-url: "http://h"}
"#;
    let node = crate::go::yaml::read(text).unwrap();
    let found: Vec<_> =
        secret_spans(&node, text).iter().map(|(span, _)| &text[span.start..span.end]).collect();
    let expected = [
        "\"tok-é\"",
        "'pw'",
        "a2V5",
        "cs",
        "idt",
        "rt",
        "odd-value",
        "abc",
        "\"p w\"",
        "x",
        "y",
        "line\n",
        "pass",
    ];
    // The password stands inside its quotes, so only the text between them is narrowed to.
    let found: Vec<_> = found.iter().map(|s| if *s == "p w" { "\"p w\"" } else { s }).collect();
    assert_eq!(found, expected);
    let redacted = redact(text).unwrap();
    for secret in
        ["tok-é", "pw", "a2V5", "idt", "odd-value", "abc", "p w", "Key=y", "line", "pass@"]
    {
        assert!(!redacted.contains(secret), "{secret} in {redacted}");
    }
    assert!(redacted.contains("--token-cache-dir=/x") && redacted.contains("value: /home"));
    assert!(redacted.contains("Origin=REDACTED,Key=REDACTED"));
    assert!(one(&redacted).is_ok());
    assert_eq!(
        redact(FULL).unwrap().replace("REDACTED", "s3cret").lines().count(),
        FULL.lines().count()
    );
}

#[test]
fn redaction_reaches_comments_anchors_and_later_documents() {
    let text = "# token: eyJhbGciOiJub25lIn0.eyJzdWIiOiJ4In0.sig\nx: &t hidden\nusers:\n- name: a\n  \
                user: {token: *t}\n---\nusers:\n- {name: a, user: {password: second}}\n";
    let redacted = redact(text).unwrap();
    for secret in ["eyJ", "hidden", "second"] {
        assert!(!redacted.contains(secret), "{secret} in {redacted}");
    }
    assert!(redact("a: [").is_err());
}

#[test]
fn secret_parts_of_many_spellings() {
    let shown = |args: &[&str]| -> Vec<String> {
        args.iter()
            .zip(secret_parts(args))
            .map(|(arg, parts)| crate::client::veiled::Veiled::with(arg, &parts).to_string())
            .collect()
    };
    assert_eq!(shown(&["--client-secret", "x", "--y"]), ["--client-secret", "REDACTED", "--y"]);
    assert_eq!(shown(&["run", "-e", "A=b", "-eC=d"]), ["run", "-e", "A=REDACTED", "-eC=REDACTED"]);
    assert_eq!(shown(&["-c", "p --password=x y"]), ["-c", "p --password=REDACTED y"]);
    assert_eq!(shown(&["-c", "p --password x y"]), ["-c", "p --password REDACTED y"]);
    for script in [
        "p --password='x y;z' y",
        "p --password='x'\\''z' y",
        "p --password \"x y\" y",
        "sh -c 'p --password=\"x y\" y'",
        "p --password='x y",
    ] {
        let shown = shown(&["-c", script]).concat();
        assert!(shown.contains("--password") && !shown.contains('x'), "{script}: {shown}");
    }
    let nested = format!("a {}b c{}", "\"'".repeat(90_000), "'\"".repeat(90_000));
    assert_eq!(shown(&[&nested]).len(), 1);
    assert_eq!(shown(&["eyJh.eyJi.c"]), ["REDACTED"]);
    assert_eq!(shown(&["--proxy=http://u:p@h/"]), ["--proxy=http://u:REDACTED@h/"]);
    assert_eq!(shown(&["--oidc-use-access-token"]), ["--oidc-use-access-token"]);
    assert_eq!(
        shown(&["--oidc-use-access-token", "--oidc-issuer-url=https://a"]),
        ["--oidc-use-access-token", "--oidc-issuer-url=https://a"]
    );
    assert_eq!(
        shown(&["--oidc-client-secret=a b --oidc-x", "é"]),
        ["--oidc-client-secret=REDACTED", "é"]
    );
    assert_eq!(shown(&["--oidc-auth-request-extra-params=audience"]).len(), 1);
    for hostile in ["", "-", "--", "=", "--=", "-e", "\u{10ffff} \u{10ffff}", "--password="] {
        assert_eq!(shown(&[hostile, hostile]).len(), 2);
    }
}

#[test]
fn paths_join_as_go_joins() {
    for (directory, rest, expected) in [
        ("/a/b", "c", "/a/b/c"),
        ("/a/b", "../c", "/a/c"),
        ("/", "../../c", "/c"),
        ("", "./c/", "c"),
        ("", "", ""),
        ("a", "../..", ".."),
        ("/a", "~/plug", "/a/~/plug"),
        ("/home", "/bob/x", "/home/bob/x"),
    ] {
        assert_eq!(join(Path::new(directory), rest), Path::new(expected), "{directory} {rest}");
    }
}
