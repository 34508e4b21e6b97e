//! The functions of the server's environment.

use crate::replay::Release;

use super::types::Type;

/// One way to call a function.
#[derive(Clone, Debug)]
pub(super) struct Signature {
    /// Whether it is called on a value, which then is the first argument.
    pub(super) member: bool,
    pub(super) arguments: Vec<Type>,
    pub(super) result: Type,
}

impl Signature {
    /// How many parameters the types have.
    pub(super) fn parameters(&self) -> usize {
        self.arguments.iter().map(Type::parameters).max().unwrap_or_default()
    }
}

/// What is known about a function name.
#[derive(Clone, Debug)]
pub(super) enum Known {
    /// Its signatures, in the order in which they are tried.
    Signatures(Vec<Signature>),
    /// The server has it; it is not replayed here.
    Beyond,
    /// The server has no such function.
    Nowhere,
}

fn global(arguments: Vec<Type>, result: Type) -> Signature {
    Signature { member: false, arguments, result }
}

fn member(arguments: Vec<Type>, result: Type) -> Signature {
    Signature { member: true, arguments, result }
}

/// The signatures of a function. Source: google/cel-go, common/stdlib/standard.go, ext/strings.go,
/// cel/library.go; k8s.io/apiserver, pkg/cel/library.
pub(super) fn signatures(name: &str, release: Release) -> Known {
    use Type::{Bool, Double, Dyn, Int, String, Uint};
    let a = || Type::Param(0);
    let list_a = || Type::list(Type::Param(0));
    let map_ab = || Type::map(Type::Param(0), Type::Param(1));
    let optional_a = || Type::optional(Type::Param(0));
    let same = |types: &[Type]| -> Vec<Signature> {
        types.iter().map(|t| global(vec![t.clone(), t.clone()], t.clone())).collect()
    };
    let on_string = |arguments: Vec<Type>, result: Type| {
        let mut all = vec![String];
        all.extend(arguments);
        vec![member(all, result)]
    };
    Known::Signatures(match name {
        "_?_:_" => vec![global(vec![Bool, a(), a()], a())],
        "_&&_" | "_||_" => vec![global(vec![Bool, Bool], Bool)],
        "!_" | "@not_strictly_false" => vec![global(vec![Bool], Bool)],
        "_==_" | "_!=_" => vec![global(vec![a(), a()], Bool)],
        "_<_" | "_<=_" | "_>_" | "_>=_" => comparisons(),
        "_+_" => {
            let mut all = same(&[Type::Bytes, Double]);
            all.push(global(vec![Type::Duration, Type::Duration], Type::Duration));
            all.push(global(vec![Type::Duration, Type::Timestamp], Type::Timestamp));
            all.push(global(vec![Type::Timestamp, Type::Duration], Type::Timestamp));
            all.extend(same(&[Int, list_a(), String, Uint]));
            all
        }
        "_-_" => {
            let mut all = same(&[Double, Type::Duration, Int]);
            all.push(global(vec![Type::Timestamp, Type::Duration], Type::Timestamp));
            all.push(global(vec![Type::Timestamp, Type::Timestamp], Type::Duration));
            all.extend(same(&[Uint]));
            all
        }
        "_*_" | "_/_" => same(&[Double, Int, Uint]),
        "_%_" => same(&[Int, Uint]),
        "-_" => vec![global(vec![Double], Double), global(vec![Int], Int)],
        "@in" => vec![global(vec![a(), list_a()], Bool), global(vec![a(), map_ab()], Bool)],
        "_[_]" => vec![
            global(vec![list_a(), Int], a()),
            global(vec![map_ab(), a()], Type::Param(1)),
            global(vec![Type::optional(list_a()), Int], optional_a()),
            global(vec![Type::optional(map_ab()), a()], Type::optional(Type::Param(1))),
        ],
        "_[?_]" => vec![
            global(vec![list_a(), Int], optional_a()),
            global(vec![Type::optional(list_a()), Int], optional_a()),
            global(vec![map_ab(), a()], Type::optional(Type::Param(1))),
            global(vec![Type::optional(map_ab()), a()], Type::optional(Type::Param(1))),
        ],
        "size" => [Type::Bytes, list_a(), map_ab(), String]
            .into_iter()
            .flat_map(|t| [global(vec![t.clone()], Int), member(vec![t], Int)])
            .collect(),
        "type" => vec![global(vec![a()], Type::Kind(Box::new(a())))],
        "dyn" => vec![global(vec![a()], Dyn)],
        "string" => [String, Bool, Type::Bytes, Double, Type::Duration, Int, Type::Timestamp, Uint]
            .into_iter()
            .map(|t| global(vec![t], String))
            .collect(),
        "int" => [Int, Double, Type::Duration, String, Type::Timestamp, Uint]
            .into_iter()
            .map(|t| global(vec![t], Int))
            .collect(),
        "double" => {
            [Double, Int, String, Uint].into_iter().map(|t| global(vec![t], Double)).collect()
        }
        "bool" => [Bool, String].into_iter().map(|t| global(vec![t], Bool)).collect(),
        "startsWith" | "endsWith" | "contains" => on_string(vec![String], Bool),
        "matches" => vec![global(vec![String, String], Bool), member(vec![String, String], Bool)],
        "lowerAscii" | "upperAscii" | "trim" => on_string(vec![], String),
        "replace" => {
            let mut all = on_string(vec![String, String], String);
            all.extend(on_string(vec![String, String, Int], String));
            all
        }
        "split" => {
            let mut all = on_string(vec![String], Type::list(String));
            all.extend(on_string(vec![String, Int], Type::list(String)));
            all
        }
        "substring" => {
            let mut all = on_string(vec![Int], String);
            all.extend(on_string(vec![Int, Int], String));
            all
        }
        "charAt" => on_string(vec![Int], String),
        "join" => vec![
            member(vec![Type::list(String)], String),
            member(vec![Type::list(String), String], String),
        ],
        "find" => on_string(vec![String], String),
        "findAll" => {
            let mut all = on_string(vec![String], Type::list(String));
            all.extend(on_string(vec![String, Int], Type::list(String)));
            all
        }
        "indexOf" | "lastIndexOf" => {
            let mut all = on_string(vec![String], Int);
            all.extend(on_string(vec![String, Int], Int));
            all.push(member(vec![list_a(), a()], Int));
            all
        }
        "hasValue" => vec![member(vec![optional_a()], Bool)],
        "value" => vec![member(vec![optional_a()], a())],
        "orValue" => vec![member(vec![optional_a(), a()], a())],
        "or" => vec![member(vec![optional_a(), optional_a()], optional_a())],
        other => return beyond(other, release),
    })
}

fn comparisons() -> Vec<Signature> {
    use Type::{Bool, Bytes, Double, Duration, Int, String, Timestamp, Uint};
    [
        (Bool, Bool),
        (Int, Int),
        (Int, Double),
        (Int, Uint),
        (Uint, Uint),
        (Uint, Double),
        (Uint, Int),
        (Double, Double),
        (Double, Int),
        (Double, Uint),
        (String, String),
        (Bytes, Bytes),
        (Timestamp, Timestamp),
        (Duration, Duration),
    ]
    .into_iter()
    .map(|(a, b)| global(vec![a, b], Bool))
    .collect()
}

/// Names that the server has and this replay has not. A name whose release is in doubt counts as
/// there, so that nothing is refused wrongly.
fn beyond(name: &str, release: Release) -> Known {
    const NAMES: &[&str] = &[
        "bytes",
        "uint",
        "duration",
        "timestamp",
        "getFullYear",
        "getMonth",
        "getDate",
        "getDayOfMonth",
        "getDayOfWeek",
        "getDayOfYear",
        "getHours",
        "getMinutes",
        "getSeconds",
        "getMilliseconds",
        "format",
        "reverse",
        "url",
        "isURL",
        "getScheme",
        "getHost",
        "getHostname",
        "getPort",
        "getEscapedPath",
        "getQuery",
        "quantity",
        "isQuantity",
        "isInteger",
        "asInteger",
        "asApproximateFloat",
        "sign",
        "add",
        "sub",
        "isLessThan",
        "isGreaterThan",
        "compareTo",
        "ip",
        "isIP",
        "family",
        "isCanonical",
        "ip.isCanonical",
        "isUnspecified",
        "isLoopback",
        "isLinkLocalMulticast",
        "isLinkLocalUnicast",
        "isGlobalUnicast",
        "cidr",
        "isCIDR",
        "containsIP",
        "containsCIDR",
        "prefixLength",
        "masked",
        "semver",
        "isSemver",
        "major",
        "minor",
        "patch",
        "validate",
        "optMap",
        "optFlatMap",
        "isSorted",
        "sum",
        "min",
        "max",
        "sort",
        "sortBy",
        "@sortByAssociatedKeys",
        "distinct",
        "slice",
        "flatten",
        "unwrapOpt",
        "first",
        "last",
        "existsOne",
        "path",
        "group",
        "serviceAccount",
        "resource",
        "subresource",
        "namespace",
        "name",
        "check",
        "errored",
        "error",
        "allowed",
        "reason",
        "fieldSelector",
        "labelSelector",
        "hash",
        "transformList",
        "transformMap",
        "transformMapEntry",
    ];
    if NAMES.contains(&name) || name == "includes" && release.since(37) {
        return Known::Beyond;
    }
    Known::Nowhere
}

/// Whether functions of the server are named with this word and a dot in front.
pub(super) fn is_namespace(word: &str) -> bool {
    ["sets", "optional", "lists", "strings", "format", "ip", "google"].contains(&word)
}
