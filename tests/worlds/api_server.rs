//! The API server of a world, as far as a client can see it.

use std::sync::Arc;

use serde_json::{Value, json};

use crate::servers::{Answer, Handler, Question};
use crate::world::World;

/// What the API server does with a request that carries the world's credentials.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Stance {
    /// Nobody is let in.
    Unauthorized,
    /// Let in, and the request is not allowed.
    Forbidden,
    /// Let in, and the request is allowed.
    Allowed,
    /// Nothing listens.
    Away,
}

/// The stance that makes the world's outcome true.
pub(crate) fn stance(world: &World) -> Stance {
    match world.expect.outcome.as_str() {
        "forbidden" => Stance::Forbidden,
        "allowed" => Stance::Allowed,
        "unreachable" | "server-down" => Stance::Away,
        _ => Stance::Unauthorized,
    }
}

/// The answers of an API server; `prefix` is the path of the kubeconfig's server.
pub(crate) fn handler(world: &World, prefix: &str) -> Handler {
    let stance = stance(world);
    let version = version(world);
    let prefix = prefix.trim_end_matches('/').to_owned();
    Arc::new(move |question| answer(stance, &version, question, &prefix))
}

fn version(world: &World) -> Value {
    let running = world.api_servers.first().map(|server| server.version.clone());
    let kubectl =
        || world.environment.commands.get("kubectl").and_then(Value::as_str).map(str::to_owned);
    let text = running.or_else(kubectl).unwrap_or_else(|| "v1.30.0".to_owned());
    let mut numbers = text.trim_start_matches('v').split('.');
    let major = numbers.next().unwrap_or("1");
    let minor = numbers.next().unwrap_or("30");
    json!({
        "major": major, "minor": minor, "gitVersion": text, "gitCommit": "0000000000000000000000000000000000000000",
        "gitTreeState": "clean", "buildDate": "2023-01-01T00:00:00Z", "goVersion": "go1.20", "compiler": "gc",
        "platform": "linux/amd64",
    })
}

fn answer(stance: Stance, version: &Value, question: &Question, prefix: &str) -> Answer {
    let path = question.path.strip_prefix(prefix).unwrap_or(&question.path);
    if path == "/version" {
        return Answer::json(200, version);
    }
    match stance {
        Stance::Unauthorized | Stance::Away => status(401, "Unauthorized", "Unauthorized"),
        Stance::Forbidden | Stance::Allowed => known(stance, question, path),
    }
}

fn known(stance: Stance, question: &Question, path: &str) -> Answer {
    if path.ends_with("/selfsubjectaccessreviews") && question.method == "POST" {
        let mut review: Value =
            serde_json::from_slice(&question.body).unwrap_or_else(|_| json!({}));
        review["status"] = json!({"allowed": stance == Stance::Allowed});
        return Answer::json(201, &review);
    }
    let missing = path.ends_with("/selfsubjectreviews");
    if !missing && (path.starts_with("/api/") || path.starts_with("/apis/")) {
        return status(403, "Forbidden", "forbidden");
    }
    status(404, "NotFound", "the server could not find the requested resource")
}

fn status(code: u16, reason: &str, message: &str) -> Answer {
    let body = json!({
        "kind": "Status", "apiVersion": "v1", "metadata": {}, "status": "Failure",
        "message": message, "reason": reason, "code": code,
    });
    Answer::json(code, &body)
}
