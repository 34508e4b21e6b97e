//! YAML as people and tools write it: block style, quotes where they are needed.

use serde_json::Value;

/// A document of block-style YAML.
pub(crate) fn document(value: &Value) -> String {
    let mut text = String::new();
    match value {
        Value::Object(map) if !map.is_empty() => write_map(&mut text, map, 0),
        Value::Array(list) if !list.is_empty() => write_list(&mut text, list, 0),
        other => {
            text.push_str(&scalar(other));
            text.push('\n');
        }
    }
    text
}

fn write_map(text: &mut String, map: &serde_json::Map<String, Value>, depth: usize) {
    for (key, value) in map {
        indent(text, depth);
        write_member(text, key, value, depth);
    }
}

fn write_member(text: &mut String, key: &str, value: &Value, depth: usize) {
    text.push_str(&word(key));
    text.push(':');
    match value {
        Value::Object(map) if !map.is_empty() => {
            text.push('\n');
            write_map(text, map, depth + 1);
        }
        Value::Array(list) if !list.is_empty() => {
            text.push('\n');
            write_list(text, list, depth);
        }
        Value::String(lines) if is_block(lines) => {
            text.push_str(" |\n");
            for line in lines.trim_end_matches('\n').split('\n') {
                if !line.is_empty() {
                    indent(text, depth + 1);
                    text.push_str(line);
                }
                text.push('\n');
            }
        }
        other => {
            text.push(' ');
            text.push_str(&scalar(other));
            text.push('\n');
        }
    }
}

fn write_list(text: &mut String, list: &[Value], depth: usize) {
    for item in list {
        indent(text, depth);
        text.push_str("- ");
        match item {
            Value::Object(map) if !map.is_empty() => {
                for (n, (key, value)) in map.iter().enumerate() {
                    if n > 0 {
                        indent(text, depth + 1);
                    }
                    write_member(text, key, value, depth + 1);
                }
            }
            other => {
                text.push_str(&scalar(other));
                text.push('\n');
            }
        }
    }
}

fn indent(text: &mut String, depth: usize) {
    text.push_str(&"  ".repeat(depth));
}

/// Several lines that a literal block keeps as they are.
fn is_block(text: &str) -> bool {
    text.ends_with('\n')
        && !text.ends_with("\n\n")
        && !text.starts_with([' ', '\n'])
        && !text.contains(['\r', '\t'])
}

/// A value on one line; JSON is YAML too.
fn scalar(value: &Value) -> String {
    match value {
        Value::String(text) => word(text),
        other => serde_json::to_string(other).expect("JSON"),
    }
}

/// A string, plain where every YAML reader takes it for that string.
fn word(text: &str) -> String {
    let starts = text.starts_with(|c: char| c.is_ascii_alphabetic() || c == '/' || c == '$');
    let flag = text.starts_with("--") && text.len() > 2;
    let safe = |c: char| c.is_ascii_alphanumeric() || "-_./$=:@+".contains(c);
    let plain =
        (starts || flag) && text.chars().all(safe) && !text.ends_with(':') && !is_yaml_word(text);
    if plain { text.to_owned() } else { serde_json::to_string(text).expect("JSON") }
}

fn is_yaml_word(text: &str) -> bool {
    let words = ["true", "false", "null", "yes", "no", "on", "off", "y", "n"];
    words.contains(&text.to_ascii_lowercase().as_str())
}

#[test]
fn what_is_written_reads_back() {
    let value = serde_json::json!({
        "a": {"b": ["x", {"c": 1, "d": [true, null]}, "oidc:", "1.0", "no", ""]},
        "text": "one\n  two\n\nthree\n",
        "odd": "tab\there",
        "empty": {},
        "none": [],
        "--flag=v": "- x",
        "at": "2023-01-01T00:00:00Z",
    });
    let back: Value = serde_saphyr::from_str(&document(&value)).expect("it reads");
    assert_eq!(back, value, "{}", document(&value));
}
