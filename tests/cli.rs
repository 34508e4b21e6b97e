//! The program as a black box: arguments, exit codes, streams, bad input.
#![allow(clippy::unwrap_used)]

#[path = "shared/fixtures.rs"]
mod fixtures;
#[path = "shared/program.rs"]
mod program;

use std::collections::BTreeSet;
use std::path::Path;
use std::process::Stdio;

use program::{Home, Run, finished, token};
use serde_json::{Value, json};

/// A case in which something blocks.
const BLOCKED: &str = "kanidm-es256-default-rs256";
const KUBECONFIG: &str = "\
apiVersion: v1
kind: Config
current-context: dev
clusters:
- {name: dev, cluster: {server: 'https://127.0.0.1:1'}}
contexts:
- {name: dev, context: {cluster: dev, user: oidc}}
users:
- name: oidc
  user:
    exec:
      apiVersion: client.authentication.k8s.io/v1
      interactiveMode: IfAvailable
      command: kubectl
      args: [oidc-login, get-token, '--oidc-issuer-url=https://idp.example.com', --oidc-client-id=k]
";
const MANIFEST: &str = "\
apiVersion: v1
kind: Pod
metadata: {name: kube-apiserver, namespace: kube-system}
spec:
  containers:
  - name: kube-apiserver
    image: registry.k8s.io/kube-apiserver:v1.33.1
    command: [kube-apiserver, '--oidc-issuer-url=https://idp.example.com', --oidc-client-id=k]
";

impl Home {
    /// Runs the program.
    fn run(&self, args: &[&str]) -> Run {
        finished(&mut self.command(args), "")
    }
}

fn bundle(id: &str) -> String {
    fixtures::fixture(&format!("cases/{id}.json")).display().to_string()
}

/// A home with a kubeconfig, a token that looks right, and the server's manifest.
fn furnished(claims: Value) -> Home {
    let home = Home::new();
    home.write(".kube/config", KUBECONFIG);
    home.write("manifest.yaml", MANIFEST);
    let mut all =
        json!({"iss": "https://idp.example.com", "aud": "k", "sub": "me", "exp": 2e9 as i64});
    all.as_object_mut().unwrap().extend(claims.as_object().unwrap().clone());
    home.write("token", token(&all, b"signature"));
    home
}

const FURNISHED: &[&str] = &[
    "check",
    "--offline",
    "--now=2026-01-01T00:00:00Z",
    "--token-file=token",
    "--apiserver-config=manifest.yaml",
];

fn with<'a>(args: &[&'a str], more: &[&'a str]) -> Vec<&'a str> {
    [args, more].concat()
}

fn report(run: &Run) -> Value {
    serde_json::from_str(&run.stdout).unwrap_or_else(|why| panic!("{why}: {}", run.stdout))
}

/// Refused as bad usage or bad input: exit 2, one sentence on stderr, nothing on stdout.
#[track_caller]
fn refused(run: &Run, sentence: &str) {
    assert_eq!((run.code, run.stdout.as_str()), (2, ""), "{}", run.stderr);
    assert!(run.stderr.starts_with("oidc-doctor: "), "{}", run.stderr);
    assert!(run.stderr.contains(sentence), "{sentence:?} is not in {:?}", run.stderr);
    assert_eq!(run.stderr.lines().count(), 1, "{}", run.stderr);
}

fn code_that_follows(report: &Value) -> i32 {
    let findings = report["findings"].as_array().unwrap();
    let blocks = findings.iter().any(|finding| finding["severity"] == "blocks");
    match report["verdict"]["outcome"].as_str().unwrap() {
        _ if blocks => 10,
        "undetermined" => 12,
        "allowed" if findings.is_empty() => 0,
        "allowed" => 11,
        _ => 10,
    }
}

#[test]
fn the_exit_code_follows_from_the_report() {
    let home = Home::new();
    let mut codes = BTreeSet::new();
    for path in fixtures::paths() {
        let path = path.display().to_string();
        let run = home.run(&["check", "--bundle", &path, "-o", "json"]);
        assert_eq!(run.code, code_that_follows(&report(&run)), "{path}");
        assert_eq!(run.stderr, "", "{path}");
        codes.insert(run.code);
    }
    assert_eq!(codes, BTreeSet::from([0, 10, 11, 12]), "the field cases have every ending");
}

#[test]
fn exit_zero_is_for_results_only() {
    let home = Home::new();
    let path = bundle(BLOCKED);
    assert_eq!(home.run(&["check", "--bundle", &path]).code, 10);
    assert_eq!(home.run(&["check", "--bundle", &path, "--exit-zero"]).code, 0);
    assert_eq!(home.run(&["demo"]).code, 10);
    assert_eq!(home.run(&["demo", "--exit-zero"]).code, 0);
    assert_eq!(home.run(&["check", "--bundle", "nowhere", "--exit-zero"]).code, 2);
}

#[test]
fn bad_usage_is_refused() {
    let home = Home::new();
    for (args, sentence) in [
        (&["--now=yesterday"][..], "--now yesterday: not a time of RFC 3339"),
        (&["--now=2026-13-01T00:00:00Z"], "not a time of RFC 3339"),
        (&["--for=get"], "--for \"get\": not of the form VERB RESOURCE"),
        (&["--for="], "not of the form"),
        (&["--resolve=idp.example.com"], "is not HOST:PORT:ADDR: no port"),
        (&["--resolve=idp.example.com:x:127.0.0.1"], "is not HOST:PORT:ADDR"),
        (&["--deadline=0"], "--deadline 0: not between 0 and 3600"),
        (&["--deadline=-1"], "not between 0 and 3600"),
        (&["--deadline=NaN"], "not between 0 and 3600"),
        (&["--deadline=inf"], "not between 0 and 3600"),
        (
            &["--only=audience-mismtch"],
            "no check audience-mismtch; did you mean audience-mismatch?",
        ),
        (&["--skip=zzz"], "there is no check zzz"),
    ] {
        refused(&home.run(&with(&["check", "--offline"], args)), sentence);
    }
    refused(&home.run(&["explain", "token-expird"]), "did you mean token-expired?");
    refused(&home.run(&["demo", "nothing"]), "there is no bundled case nothing");
    for args in [&[][..], &["chekc"], &["check", "--nope"], &["check", "-o", "xml"]] {
        let run = home.run(args);
        assert_eq!((run.code, run.stdout.as_str()), (2, ""), "{args:?}");
        assert!(run.stderr.contains("Usage:") || run.stderr.contains("--help"), "{}", run.stderr);
    }
}

#[test]
fn inputs_that_are_not_there_are_refused() {
    let home = Home::new();
    home.write("folder/file", "");
    let options = [
        "--token-file",
        "--apiserver-config",
        "--rbac",
        "--apiserver-log",
        "--issuer-ca",
        "--bundle",
    ];
    for option in options {
        let run = home.run(&["check", "--offline", option, "nowhere"]);
        refused(&run, "nowhere: No such file or directory");
    }
    for option in ["--token-file", "--issuer-ca", "--bundle"] {
        refused(&home.run(&["check", "--offline", option, "folder"]), "folder: is a folder");
    }
    let run = home.run(&["check", "--checks", "nowhere"]);
    refused(&run, "nowhere: No such file or directory");
}

#[test]
fn a_bundle_that_is_none_is_refused_with_its_line() {
    let home = Home::new();
    home.write("text", "just words\n");
    home.write("list", "[1,\n2");
    home.write("other", "{\"apiVersion\": \"v1\",\n\"kind\": \"List\"}");
    home.write("hostile", format!("{}1", "[".repeat(100_000)));
    for (name, sentence) in [
        ("text", "text:1: expected value"),
        ("list", "list:"),
        ("other", "other:2: missing field `evidence`"),
        ("hostile", "hostile:1: "),
    ] {
        refused(&home.run(&["check", "--bundle", name]), sentence);
    }
}

#[test]
fn a_check_file_that_is_wrong_is_refused_with_its_line() {
    let home = Home::new();
    let good = "id: mine\nsince: 0.1.0\nstep: issuer\nseverity: notice\ncertainty: certain\nwho: you\n\
        holds: h\nfires_when: has(server.issuer)\ntitle: t\nsays: s\nwhy: w\nevidence: [server.issuer]\n";
    home.write("good/mine.yaml", good);
    home.write("fact/mine.yaml", good.replace("(server.issuer)", "(server.isuer)"));
    home.write("field/mine.yaml", good.replace("holds:", "hold:"));
    home.write("yaml/mine.yaml", "id: [");
    let run = home.run(&["check", "--bundle", &bundle(BLOCKED), "--checks", "good", "-o", "json"]);
    assert!(run.stdout.contains("\"local/mine\""), "{}{}", run.stdout, run.stderr);
    for (folder, sentence) in [
        ("fact", "fact/mine.yaml:8: there is no fact server.isuer; did you mean server.issuer?"),
        ("field", "field/mine.yaml:7: "),
        ("yaml", "yaml/mine.yaml:1: "),
    ] {
        refused(&home.run(&["check", "--checks", folder]), sentence);
        refused(&home.run(&["checks", "lint", folder]), sentence);
    }
}

/// kubectl fails on such a file, and this program says where; it has no verdict to give.
#[test]
fn an_unreadable_kubeconfig_is_told_with_its_place() {
    let home = Home::new();
    home.write("half", "apiVersion: v1\nclusters:\n- name: a\n  cluster: {server: \"https");
    home.write("folder/file", "");
    home.write("binary", [0xff, 0xfe, 0x00, 0x01]);
    for (name, sentence) in [
        ("half", "\\\"half\\\": yaml: line 4: found unexpected end of stream"),
        ("binary", "binary"),
    ] {
        let run = home.run(&["check", "--offline", "--kubeconfig", name, "-o", "json"]);
        assert!([10, 12].contains(&run.code), "{name}: {} {}", run.code, run.stderr);
        assert!(run.stdout.contains(sentence), "{sentence:?} is not in {}", run.stdout);
        assert_ne!(report(&run)["verdict"]["outcome"], "allowed");
    }
    for (name, sentence) in
        [("folder", "folder: is a folder"), ("nowhere", "nowhere: no such file or directory")]
    {
        let run = home.run(&["check", "--offline", "--kubeconfig", name, "-o", "json"]);
        assert_eq!(run.code, 2, "{name}: {}", run.stderr);
        assert!(run.stderr.contains(sentence) && run.stdout.is_empty(), "{}", run.stderr);
    }
}

#[test]
fn garbage_instead_of_a_token_is_no_jwt() {
    let home = furnished(json!({}));
    let garbage =
        ["x", "a.b", "a.b.c", "....", "eyJhbGciOiJSUzI1NiJ9..", "ey\u{0}J.\u{202e}.x", "\n"];
    for text in garbage {
        home.write("token", text);
        let run = home.run(&with(FURNISHED, &["-o", "json"]));
        assert!([10, 12].contains(&run.code), "{text:?}: {} {}", run.code, run.stderr);
        assert_ne!(report(&run)["verdict"]["outcome"], "allowed", "{text:?}");
    }
    home.write("token", "x".repeat(10 << 20));
    let run = home.run(&with(FURNISHED, &["-o", "json"]));
    assert_eq!(run.code, 10, "{}", run.stderr);
    assert!(run.stdout.len() < 1 << 20, "the garbage is not repeated");
    home.write("token", ".".repeat((10 << 20) + 1));
    refused(&home.run(FURNISHED), "token: has more than 10485760 bytes");
}

#[test]
fn a_token_is_read_from_standard_input() {
    let home = furnished(json!({}));
    let text = std::fs::read_to_string(home.path("token")).unwrap();
    let args = ["check", "--offline", "--token-file=-", "-o", "json"];
    let run = finished(&mut home.command(&args), &text);
    assert!(run.code != 1 && run.code != 2, "{}", run.stderr);
    let facts = finished(&mut home.command(&["facts", "--offline", "--token-file=-"]), &text);
    assert!(facts.stdout.contains("https://idp.example.com"), "{}", facts.stdout);
}

/// What was given and cannot be read is unknown, which is neither health nor a defect. What that means
/// for RBAC is tested in tests/unknowns.rs.
#[test]
fn manifests_that_cannot_be_read_are_unknown() {
    let home = furnished(json!({}));
    for text in ["a: b: c\n\t- x\n", "just words\n", "", "\u{0}\u{1}", "- [", "kind: Pod\n"] {
        home.write("given", text);
        let args = ["check", "--offline", "--token-file=token", "-o", "json"];
        let run = home.run(&with(&args, &["--apiserver-config=given"]));
        assert_eq!(run.code, 12, "{text:?}: {}", run.stderr);
        let told = report(&run)["unknowns"].clone();
        let server = told.as_array().unwrap().iter().find(|unknown| unknown["what"] == "server");
        let why = server.unwrap_or_else(|| panic!("{text:?}: {told}"))["why"].as_str().unwrap();
        assert!(why.starts_with("given: "), "{text:?}: {why}");
        let run = home.run(&with(&args, &["--rbac=given"]));
        assert_eq!(run.code, 12, "{text:?}: {}", run.stderr);
    }
}

#[test]
fn a_cache_file_that_is_not_json_is_no_token() {
    let home = furnished(json!({}));
    for text in ["", "{", "words", "{\"id_token\": 7}", "[]", "\u{0}"] {
        let key = "0".repeat(64);
        home.write(&format!(".kube/cache/oidc-login/{key}"), text);
        let run = home.run(&["check", "--offline", "-o", "json"]);
        assert!([10, 12].contains(&run.code), "{text:?}: {} {}", run.code, run.stderr);
        assert_ne!(report(&run)["verdict"]["outcome"], "allowed", "{text:?}");
    }
}

/// A word that is longer than the line, such as a URL in a command to paste, stays whole.
fn fits(line: &str) -> bool {
    let words = line.split(' ').filter(|word| !["", "+", "-", "\\"].contains(word));
    line.chars().count() <= 80 || words.count() == 1
}

#[test]
fn text_fits_eighty_columns_without_escapes() {
    let home = Home::new();
    for path in fixtures::paths() {
        let path = path.display().to_string();
        let run = home.run(&["check", "--bundle", &path]);
        let wide: Vec<&str> = run.stdout.lines().filter(|line| !fits(line)).collect();
        assert!(wide.is_empty(), "{path}:\n{}", wide.join("\n"));
        assert!(!run.stdout.contains('\u{1b}'), "{path}");
        assert!(!run.stdout.is_empty() && run.stderr.is_empty(), "{path}: {}", run.stderr);
    }
}

#[test]
fn help_fits_eighty_columns() {
    let home = Home::new();
    for command in ["", "check", "facts", "replay", "demo", "explain", "checks"] {
        for option in ["--help", "-h"] {
            let args: Vec<&str> = [command, option].into_iter().filter(|a| !a.is_empty()).collect();
            let run = home.run(&args);
            assert_eq!((run.code, run.stderr.as_str()), (0, ""), "{args:?}");
            let wide: Vec<&str> = run.stdout.lines().filter(|l| l.chars().count() > 80).collect();
            assert!(wide.is_empty(), "{args:?}:\n{}", wide.join("\n"));
        }
    }
    let run = home.run(&["--version"]);
    assert_eq!(run.stdout, format!("oidc-doctor {}\n", env!("CARGO_PKG_VERSION")));
}

#[test]
fn colour_is_the_streams_business() {
    let home = Home::new();
    let forced = finished(home.command(&["demo"]).env("CLICOLOR_FORCE", "1"), "");
    assert!(forced.stdout.contains("\u{1b}["), "the test sees colour where there is some");
    for (name, value) in [("NO_COLOR", "1"), ("TERM", "dumb"), ("TERM", "xterm-256color")] {
        let run = finished(home.command(&["demo"]).env(name, value), "");
        assert!(!run.stdout.contains('\u{1b}'), "{name}={value}");
    }
}

#[test]
fn a_reader_that_goes_away_is_no_error() {
    let home = Home::new();
    let path = bundle(BLOCKED);
    for (args, code) in [
        (&["check", "--bundle", &path][..], 10),
        (&["check", "--bundle", &path, "-o", "json"], 10),
        (&["checks", "list"], 0),
        (&["checks", "facts"], 0),
    ] {
        let (reader, writer) = std::io::pipe().unwrap();
        drop(reader);
        let run = finished(home.command(args).stdout(Stdio::from(writer)), "");
        assert_eq!((run.code, run.stderr.as_str()), (code, ""), "{args:?}");
    }
}

/// Control and bidirectional characters of strangers: in claims, files and names.
#[test]
fn text_of_strangers_reaches_no_terminal_raw() {
    let hostile = "a\u{1b}[31m\u{202e}b\u{7}\r\u{9b}2J";
    let home =
        furnished(json!({"email": hostile, "groups": [hostile], "sub": hostile, hostile: 1}));
    let manifest = MANIFEST
        .replace("--oidc-client-id=k", &format!("\"--oidc-client-id={}\"", "k\\e[2J\\u202e"));
    home.write("manifest.yaml", manifest);
    home.write("bundle", json!({hostile: 1}).to_string());
    home.write("checks/bad.yaml", "\"x\\e[2J\\u202e\": 1\n");
    let facts = with(&["facts"], &FURNISHED[1..]);
    let runs: [&[&str]; 4] =
        [FURNISHED, &facts, &["check", "--bundle", "bundle"], &["check", "--checks", "checks"]];
    for args in runs {
        // Colour is forced, else the stream would strip what the program lets through.
        let run = finished(home.command(args).env("CLICOLOR_FORCE", "1"), "");
        let shown = format!("{}{}", run.stdout, run.stderr);
        for (what, raw) in
            [("bidi", '\u{202e}'), ("bell", '\u{7}'), ("return", '\r'), ("CSI", '\u{9b}')]
        {
            assert!(!shown.contains(raw), "{args:?} shows a raw {what}: {shown:?}");
        }
        assert!(
            !shown.contains("\u{1b}[31m\\u") && !shown.contains("\u{1b}[2J"),
            "{args:?}: {shown:?}"
        );
        assert!(
            ["\\u{1b}", "\\u001b"].iter().any(|text| shown.contains(text)),
            "{args:?} shows it written out: {shown:?}"
        );
    }
    let run = home.run(&with(FURNISHED, &["-o", "json"]));
    assert!(!run.stdout.contains('\u{1b}'), "JSON has it as \\u001b");
    report(&run);
}

/// Makes a program that leaves a mark with its arguments when it is run.
#[cfg(unix)]
fn marking_program(path: &Path, mark: &Path, answer: &str) {
    use std::os::unix::fs::PermissionsExt;
    std::fs::create_dir_all(path.parent().expect("a folder")).expect("the folder");
    let script = format!("#!/bin/sh\necho \"$0 $*\" >> '{}'\necho '{answer}'\n", mark.display());
    std::fs::write(path, script).expect("the program");
    std::fs::set_permissions(path, std::fs::Permissions::from_mode(0o755)).expect("its mode");
}

/// Only `--version` may be asked, and only of programs whose answer is known to be harmless.
#[cfg(unix)]
#[test]
fn no_plugin_is_run() {
    let home = furnished(json!({}));
    let mark = home.path("mark");
    for name in ["kubectl", "kubectl-oidc_login", "kubectl-oidc-login", "kubelogin", "own-plugin"] {
        marking_program(&home.path(&format!("bin/{name}")), &mark, "kubelogin v1.30.0");
    }
    home.write("own", KUBECONFIG.replace("command: kubectl", "command: own-plugin"));
    home.write("near", KUBECONFIG.replace("command: kubectl", "command: ./bin/kubelogin"));
    for file in [".kube/config", "own", "near"] {
        let run = home.run(&["check", "--deadline=2", "--kubeconfig", file, "-o", "json"]);
        assert!(run.code != 1 && run.code != 2, "{}", run.stderr);
    }
    let marks = std::fs::read_to_string(&mark).unwrap_or_default();
    let asked = |line: &str| {
        let (program, args) = line.split_once(' ').unwrap_or((line, ""));
        let name = Path::new(program).file_name().unwrap().to_string_lossy().into_owned();
        args == "--version" && ["kubectl-oidc_login", "kubelogin"].contains(&name.as_str())
    };
    let run: Vec<&str> = marks.lines().filter(|line| !asked(line)).collect();
    assert!(run.is_empty(), "{run:?}");
    assert!(!marks.is_empty(), "the marks work: a version was asked");
}
