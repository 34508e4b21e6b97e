#![allow(clippy::unwrap_used, reason = "a test may stop")]

use super::*;

fn json(text: &str) -> String {
    read(text).map_or_else(|error| error.message, |node| node.to_json().to_string())
}

/// Every right-hand side was printed by sigs.k8s.io/yaml v1.4.0 `YAMLToJSON`.
#[test]
fn reads_what_go_reads() {
    let cases = [
        ("a: 1\n<<: &x {a: 2}", r#"{"a":2}"#),
        ("x: &x {a: 2}\nb:\n  <<: *x\n  a: 1", r#"{"x":{"a":2},"b":{"a":1}}"#),
        (
            "x: &x {a: 2}\nz: &y {a: 3}\nb:\n  <<: [*x, *y]\n",
            r#"{"x":{"a":2},"z":{"a":3},"b":{"a":2}}"#,
        ),
        ("a: 99999999999999999999", r#"{"a":100000000000000000000}"#),
        ("a: 1e400", r#"{"a":"1e400"}"#),
        ("a: 0777", r#"{"a":511}"#),
        ("a: 08", r#"{"a":8}"#),
        ("a: 0o17", r#"{"a":15}"#),
        ("a: 0x1F", r#"{"a":31}"#),
        ("a: -0b11", r#"{"a":-3}"#),
        ("a: 0b2", r#"{"a":"0b2"}"#),
        ("a: 0_7", r#"{"a":7}"#),
        ("a: 1__0", r#"{"a":10}"#),
        ("a: _1", r#"{"a":"_1"}"#),
        ("a: 1_000.5", r#"{"a":1000.5}"#),
        ("a: +5", r#"{"a":5}"#),
        ("a: 18446744073709551615", r#"{"a":18446744073709551615}"#),
        ("1.5: 1", r#"{"1.5":1}"#),
        ("y: 1\nn: 2", r#"{"true":1,"false":2}"#),
        ("a: 2001-01-01", r#"{"a":"2001-01-01"}"#),
        ("a: !!binary aGk=", r#"{"a":"hi"}"#),
        ("a: !!str 5", r#"{"a":"5"}"#),
        ("a: ! 12", r#"{"a":"12"}"#),
        ("a: !foo 12", r#"{"a":"12"}"#),
        ("a: !!int \"12\"", r#"{"a":12}"#),
        ("a: !!float 3", r#"{"a":3}"#),
        ("a\n---\nb", r#""a""#),
        ("---\n---\n{}", "null"),
        ("", "null"),
        ("# c", "null"),
        ("a: 1\n---\n[", r#"{"a":1}"#),
        ("a: |\n  x", r#"{"a":"x"}"#),
        ("a: |+\n  x\n\n", r#"{"a":"x\n\n"}"#),
        ("a: >-\n  x\n  y\n", r#"{"a":"x y"}"#),
        ("a: 1\na: 2", r#"{"a":2}"#),
        ("k: !!set {a}", r#"{"k":{"a":null}}"#),
        ("? a\n: b", r#"{"a":"b"}"#),
        ("a: ~", r#"{"a":null}"#),
        ("a: nULL", r#"{"a":"nULL"}"#),
        ("a: <<", r#"{"a":"<<"}"#),
        ("\"<<\": {a: 1}", r#"{"<<":{"a":1}}"#),
        ("a: [yes, Y, oN, Off, \"no\", 'y']", r#"{"a":[true,true,"oN",false,"no","y"]}"#),
        ("a: 1:20", r#"{"a":"1:20"}"#),
        ("key: [a,\nb]\n", r#"{"key":["a","b"]}"#),
        ("a: -9223372036854775809", r#"{"a":-9223372036854776000}"#),
        ("\u{feff}a: 1", r#"{"a":1}"#),
        ("{\"a\": [1, 2], \"b\": {\"c\": \"\\u00e9\"}}", r#"{"a":[1,2],"b":{"c":"é"}}"#),
    ];
    for (text, expected) in cases {
        let expected: serde_json::Value = serde_json::from_str(expected).unwrap();
        let read = read(text).map(|node| node.to_json());
        // Numbers are compared as text: 1e20 and its digits are the same float.
        assert_eq!(read.map(|v| v.to_string()), Ok(expected.to_string()), "{text:?}");
    }
}

/// Every right-hand side is sigs.k8s.io/yaml's own text, values left out.
#[test]
fn refuses_what_go_refuses() {
    let cases = [
        ("b:\n  <<: 3", "yaml: map merge requires map or sequence of maps as the value"),
        ("b:\n  <<: [3]", "yaml: map merge requires map or sequence of maps as the value"),
        ("a: .nan", "json: unsupported value: NaN"),
        ("a: +.inf", "json: unsupported value: +Inf"),
        ("18446744073709551615: 1", "unsupported map key of type: uint64, key: 0xffffffffffffffff"),
        ("~: 1", "unsupported map key of type: %!s(<nil>), key: <nil>"),
        ("[a]: 1", "yaml: invalid map key"),
        ("a: !!int x", "yaml: cannot decode !!str `...` as a !!int"),
        ("a: &x [*x]", "yaml: anchor 'x' value contains itself"),
        ("a: *b", "yaml: unknown anchor 'b' referenced"),
        ("a: [1\nb: 2", "yaml: line 1: did not find expected ',' or ']'"),
        ("a: 'x\nb", "yaml: line 2: found unexpected end of stream"),
        ("a: b: c", "yaml: mapping values are not allowed in this context"),
        ("\tb: 1", "yaml: found character that cannot start any token"),
        ("a:\n\t- b", "yaml: line 2: found character that cannot start any token"),
        ("a: \"\\q\"", "yaml: found unknown escape character"),
        ("{\"a\":\"b\\/\"}", "yaml: found unknown escape character"),
        ("a: \"\\ud83d\\ude00\"", "yaml: found invalid Unicode character escape code"),
        ("a: }", "yaml: did not find expected node content"),
        ("a: 1\n b: 2", "yaml: line 2: mapping values are not allowed in this context"),
        ("a: @b", "yaml: found character that cannot start any token"),
        ("a: \u{1}", "yaml: control characters are not allowed"),
        ("users\n  - name: x\n", "yaml: line 2: mapping values are not allowed in this context"),
        (
            "apiVersion v1\nkind: Config",
            "yaml: line 2: mapping values are not allowed in this context",
        ),
        ("kind: Config\nusers\na: b\n", "yaml: line 3: could not find expected ':'"),
        ("a: {b: x?y}", "yaml: did not find expected ',' or '}'"),
        ("a: [\"b\" c]", "yaml: did not find expected ',' or ']'"),
        ("a: - b", "yaml: block sequence entries are not allowed in this context"),
    ];
    for (text, expected) in cases {
        assert_eq!(json(text), expected, "{text:?}");
    }
}

#[test]
fn floats_have_go_s_form() {
    let number = |text: &str| match read(text).map(|node| node.value) {
        Ok(Value::Number(text)) => text,
        other => format!("{other:?}"),
    };
    for (text, expected) in [
        ("1.0", "1"),
        ("-0.0", "-0"),
        ("1e-7", "1e-7"),
        ("1.5e21", "1.5e+21"),
        ("1.0e+2", "100"),
        ("123456789.123", "123456789.123"),
        ("123456789012345678", "123456789012345678"),
        (".5", "0.5"),
        ("5.", "5"),
    ] {
        assert_eq!(number(text), expected, "{text}");
    }
}

#[test]
fn spans_are_bytes_of_the_text() {
    let text = "é: \"ü\"\nb: {c: d}\ne:\n- |\n  x\n  y\n- 'z'\n\n# end\n";
    let node = read(text).unwrap();
    let slice = |span: Span| &text[span.start..span.end];
    let at = |path: &[&str]| node.at(path).unwrap().span;
    assert_eq!(slice(at(&["é"])), "\"ü\"");
    assert_eq!((at(&["é"]).line, at(&["é"]).column), (1, 4));
    assert_eq!(slice(at(&["b"])), "{c: d}");
    assert_eq!(slice(at(&["b", "c"])), "d");
    let items = node.get("e").unwrap().items();
    assert_eq!(slice(items[1].span), "'z'");
    assert_eq!((items[1].span.line, items[1].span.column), (7, 3));
    assert_eq!(slice(items[0].span), "x\n  y\n");
    assert_eq!(slice(node.members()[2].0.span), "e");
    assert!(slice(node.span).ends_with("'z'"));
}

#[test]
fn keeps_and_names_duplicates() {
    let node = read("a: 1\nb: {c: 1, c: 2}\na: 3\n").unwrap();
    let found = duplicates(&node);
    let shown: Vec<_> =
        found.iter().map(|d| (d.key.as_str(), d.first.line, d.again.line)).collect();
    assert_eq!(shown, [("c", 2, 2), ("a", 1, 3)]);
    assert_eq!(node.members().len(), 3);
    assert!(duplicates(&read("a: 1\nb: 2").unwrap()).is_empty());
}

#[test]
fn reads_every_document() {
    let nodes = read_all("a: 1\n---\n# nothing\n---\nb: 2\n...\n").unwrap();
    let shown: Vec<_> = nodes.iter().map(|node| node.to_json().to_string()).collect();
    assert_eq!(shown, [r#"{"a":1}"#, "null", r#"{"b":2}"#]);
    assert_eq!(read_all("").unwrap(), []);
    assert!(read_all("a: 1\n---\n[").is_err());
}

#[test]
fn survives_hostile_text() {
    let lol = "a: &a [x,x,x,x,x,x,x,x,x,x]\n".to_owned()
        + &('b'..='j')
            .map(|c| {
                let before = char::from(c as u8 - 1);
                format!("{c}: &{c} [{}]\n", vec![format!("*{before}"); 10].join(","))
            })
            .collect::<String>();
    assert_eq!(json(&lol), "yaml: document contains excessive aliasing");

    let deep = "[".repeat(100_000);
    assert!(json(&deep).starts_with("yaml: "), "{}", json(&deep));
    let deep = "a: ".to_owned() + &"{a: ".repeat(100_000);
    assert!(json(&deep).starts_with("yaml: "));
    let deep: String = (0..5000).map(|n| " ".repeat(n) + "-\n").collect();
    assert!(json(&deep).starts_with("yaml: "));

    let chain = "- &a0 [x]\n".to_owned()
        + &(1..5000).map(|n| format!("- &a{n} [*a{}]\n", n - 1)).collect::<String>();
    assert_eq!(json(&chain), "yaml: document contains excessive aliasing");
    let (open, close) = ("[".repeat(150), "]".repeat(150));
    let folded = format!("- &a {open}{close}\n- {open}*a{close}\n");
    assert_eq!(json(&folded), "yaml: exceeded max depth of 256");

    let nested = "&a [".repeat(250) + &"]".repeat(250);
    assert!(read(&nested).is_ok());

    let merges = "- &m0 {k: v}\n".to_owned()
        + &(1..40).map(|n| format!("- &m{n} {{<<: [*m{0}, *m{0}]}}\n", n - 1)).collect::<String>();
    assert_eq!(json(&merges), "yaml: document contains excessive aliasing");

    let long =
        format!("{{\"a\": \"{}\", \"b\": [{}]}}", "x".repeat(1 << 20), "1,".repeat(1 << 16) + "1");
    assert!(read(&long).is_ok());
    assert!(read(&"a".repeat(TEXT_LIMIT + 1)).is_err());
    for text in
        ["\u{feff}", "---", "%YAML 9.0\n---\na", "? ", "- ? - :", "!<", "&", "*", "\"\\x", "|9"]
    {
        let _ = read(text);
    }
}

/// As Go: the left ones are refused in this line, the right ones are fine.
#[test]
fn refuses_tabs_as_go_does() {
    let token = |line: u32| match line {
        1 => "yaml: found character that cannot start any token".to_owned(),
        _ => format!("yaml: line {line}: found character that cannot start any token"),
    };
    let indent =
        |line: u32| format!("yaml: line {line}: found a tab character that violates indentation");
    for (text, expected) in [
        ("a: 1\n\t\nb: 2", indent(2)),
        ("a: 'x'\n\t\nb: 2", token(2)),
        ("a: 'x'\n\t# c\nb: 2", token(2)),
        ("a: 1\n\t# c\nb: 2", indent(2)),
        ("-\tb", token(1)),
        ("- \tb", token(1)),
        ("?\tb", token(1)),
        ("a: 1\n\t", indent(2)),
        ("a: 'x'\n\t", token(2)),
        ("a: {}\n\t\nb: c", token(2)),
        ("x:\n  a: 1\n\tb: 2", indent(3)),
        ("x:\n  a: 'q'\n\tb: 2", token(3)),
        ("x:\n  a:\n\t  b: 2", token(3)),
        ("\t{\n\t\"a\": 1\n}", token(1)),
        ("a:\n  \t\n  b: 2", token(2)),
    ] {
        assert_eq!(json(text), expected, "{text:?}");
    }
    for text in [
        "a:\t1",
        "a: b\n \tc",
        "a: 'b\n\tc'",
        "a: 1 \t\nb: 2",
        "a: 1 \t# c\nb: 2",
        "{\n\t\"a\": 1\n}",
        "a: 1\n  \t\nb: 2",
        "a: !!str\tb",
        "a: &x\tb",
        "a: 'x'\t\nb: 1",
        "a: |\n  x\n  \ty\nb: 1",
    ] {
        assert!(read(text).is_ok(), "{text:?} {}", json(text));
    }
    for text in ["a: |\n\tx\n", "a:\n  - b\n\t- c", "a: b\n\tc", "- a: b\n\tc: d"] {
        assert!(read(text).is_err(), "{text:?}");
    }
}
