//! How flags take their values. Source: spf13/pflag `flag.go`, `bool.go`, `string_slice.go`,
//! `string_to_string.go`.

use super::fault::ArgumentFault;
use super::flags::{self, Flag, Takes};

/// A flag as given.
pub(super) struct Given<'a> {
    pub(super) flag: &'static Flag,
    /// Which argument it is.
    pub(super) index: usize,
    pub(super) value: &'a str,
}

/// Splits arguments into flags and their values.
pub(super) fn split<'a>(args: &[&'a str], faults: &mut Vec<ArgumentFault>) -> Vec<Given<'a>> {
    let mut given = Vec::new();
    let mut at = 0;
    while at < args.len() {
        let (index, arg) = (at, args[at]);
        at += 1;
        if arg == "--" {
            faults.extend((at..args.len()).map(|index| ArgumentFault::Positional { index }));
            break;
        }
        let Some((name, attached)) = name_of(arg) else {
            faults.push(ArgumentFault::Positional { index });
            continue;
        };
        let Some(flag) = flags::find(name) else {
            faults.push(ArgumentFault::Unknown { index, flag: unknown(arg, name) });
            continue;
        };
        let value = match attached {
            Some(value) => value,
            None if flag.takes == Takes::Bool => "true",
            None if at < args.len() => {
                at += 1;
                args[at - 1]
            }
            None => {
                faults.push(ArgumentFault::NoValue { index, flag: flag.name });
                continue;
            }
        };
        given.push(Given { flag, index, value });
    }
    given
}

/// The flag's name and the value attached to it; nothing when the argument is no flag.
fn name_of(arg: &str) -> Option<(&str, Option<&str>)> {
    if let Some(long) = arg.strip_prefix("--") {
        return Some(match long.split_once('=') {
            Some((name, value)) => (name, Some(value)),
            None => (long, None),
        });
    }
    let short = arg.strip_prefix('-').filter(|short| !short.is_empty())?;
    let (name, rest) = short.split_at(short.chars().next().map_or(0, char::len_utf8));
    let value = (!rest.is_empty()).then(|| rest.strip_prefix('=').unwrap_or(rest));
    // `-h` and `-v` are the only ones; the long names of one letter are the same flags.
    Some((if name == "h" { "help" } else { name }, value))
}

fn unknown(arg: &str, name: &str) -> String {
    if arg.starts_with("--") { format!("--{name}") } else { format!("-{name}") }
}

/// Source: Go `strconv`, func `ParseBool`.
pub(super) fn boolean(text: &str) -> Option<bool> {
    match text {
        "1" | "t" | "T" | "TRUE" | "true" | "True" => Some(true),
        "0" | "f" | "F" | "FALSE" | "false" | "False" => Some(false),
        _ => None,
    }
}

/// One line of comma-separated values; nothing when its quotes are wrong. Source: Go `encoding/csv`.
pub(super) fn csv(line: &str) -> Option<Vec<String>> {
    if line.is_empty() {
        return Some(Vec::new());
    }
    let mut fields = Vec::new();
    let mut rest = line;
    loop {
        let (field, after) = match rest.strip_prefix('"') {
            Some(quoted) => quoted_field(quoted)?,
            None => {
                let end = rest.find([',', '\n']).unwrap_or(rest.len());
                (rest[..end].to_owned(), &rest[end..])
            }
        };
        if !rest.starts_with('"') && field.contains('"') {
            return None;
        }
        fields.push(field);
        match after.strip_prefix(',') {
            Some(next) => rest = next,
            // Only the first line counts.
            None => return Some(fields),
        }
    }
}

fn quoted_field(text: &str) -> Option<(String, &str)> {
    let mut field = String::new();
    let mut rest = text;
    loop {
        let end = rest.find('"')?;
        field.push_str(&rest[..end]);
        rest = &rest[end + 1..];
        match rest.chars().next() {
            Some('"') => field.push('"'),
            Some(',' | '\n') | None => return Some((field, rest)),
            Some(_) => return None,
        }
        rest = &rest[1..];
    }
}

/// `NAME=VALUE` pairs of one flag value, in order; nothing when a pair has no `=`.
pub(super) fn pairs(text: &str) -> Option<Vec<(String, String)>> {
    let items = match text.matches('=').count() {
        0 if text.is_empty() => Vec::new(),
        0 => return None,
        1 => vec![text.trim_matches('"').to_owned()],
        _ => csv(text)?,
    };
    let pair = |item: &String| {
        item.split_once('=').map(|(name, value)| (name.to_owned(), value.to_owned()))
    };
    items.iter().map(pair).collect()
}
