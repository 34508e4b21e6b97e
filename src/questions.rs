//! `oidc-doctor replay`: only the API server's decision on a token, JSON in and JSON out.
//!
//! A question names settings, key set, token and moment; the answer carries the outcome, the steps,
//! the user and the server's own words. Nothing is collected.

use std::io::{self, BufRead, Write};

use serde_json::{Map, Value, json};

use crate::collect;
use crate::evidence::moment::Moment;
use crate::go::json::Raw;
use crate::replay::{
    self, Decision, Ending, Outcome, Provider, Release, Settings, Sight, StepRecord, Token, decide,
    load,
};

/// Bytes that a line may have: a token of 10 MB, a key set, a configuration.
const LINE_LIMIT: usize = 64 << 20;

/// What is asked.
#[derive(Clone, Debug, Default)]
pub struct Question {
    /// Echoed in the answer.
    pub id: Option<String>,
    /// The token.
    pub token: String,
    /// Arguments of kube-apiserver.
    pub flags: Vec<String>,
    /// The text of the AuthenticationConfiguration.
    pub file: Option<String>,
    /// The path of that file in error texts.
    pub path: String,
    /// The body of the key set's answer.
    pub keys: Option<String>,
    /// The server's clock; this machine's when none is given.
    pub now: Option<replay::Moment>,
    /// The server's release; the newest when none is given.
    pub release: Option<Release>,
}

/// Whether an answer tells the steps.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Detail {
    /// Outcome, user and error.
    Brief,
    /// The steps too.
    Steps,
}

impl Question {
    /// Reads a line. An object given for the configuration or the key set counts as the very bytes in
    /// the line.
    ///
    /// # Errors
    ///
    /// What is wrong with the line.
    pub fn read(line: &str) -> Result<Self, String> {
        let raw = Raw::parse(line.as_bytes()).map_err(|error| error.to_string())?;
        let mut question = Self { path: "FILE".to_owned(), ..Self::default() };
        let mut object = false;
        for (name, value) in raw.members() {
            object = true;
            match name.as_ref() {
                "id" => question.id = Some(written(value)),
                "token" => question.token = text(&name, value)?,
                "flags" => {
                    question.flags =
                        value.items().map(|v| text(&name, v)).collect::<Result<_, _>>()?;
                }
                "authenticationConfig" => question.file = Some(written(value)),
                "jwks" => question.keys = Some(written(value)),
                "now" => question.now = Some(moment(&text(&name, value)?)?),
                "version" => question.release = Some(release(&text(&name, value)?)?),
                other => return Err(format!("there is no member {other:?}")),
            }
        }
        if object { Ok(question) } else { Err("the line is not an object".to_owned()) }
    }

    /// Decides, at this machine's clock if the question names no moment.
    pub fn answer(&self, clock: Moment, detail: Detail) -> Value {
        let mut answer = Map::new();
        if let Some(id) = &self.id {
            answer.insert("id".to_owned(), json!(id));
        }
        let settings = match &self.file {
            Some(text) => Settings::File { text, path: &self.path, flags: &self.flags },
            None => Settings::Flags(&self.flags),
        };
        let release = self.release.unwrap_or(Release::NEWEST);
        let authority = self.authority();
        let authority = match &authority {
            None => Sight::Absent,
            Some(Ok(text)) => Sight::Body(text),
            Some(Err(why)) => Sight::Fails(why),
        };
        match load(&settings, &authority, release) {
            Err(refusal) => {
                answer.insert("outcome".to_owned(), json!("config-refused"));
                answer.insert("error".to_owned(), json!(refusal.error));
                answer.insert("meaning".to_owned(), json!(refusal.meaning));
            }
            Ok(server) => {
                let decision = self.decide(&server, clock);
                fill(&mut answer, &decision, detail);
            }
        }
        Value::Object(answer)
    }

    /// The file that `--oidc-ca-file` names, or Go's words for why there is none.
    fn authority(&self) -> Option<Result<String, String>> {
        let path = self.flags.iter().rev().find_map(|f| f.strip_prefix("--oidc-ca-file="))?;
        if path.is_empty() {
            return None;
        }
        Some(collect::input(path.as_ref()).map_err(|error| match error.kind() {
            io::ErrorKind::NotFound => format!("open {path}: no such file or directory"),
            io::ErrorKind::PermissionDenied => format!("open {path}: permission denied"),
            _ => format!("read {path}: {error}"),
        }))
    }

    fn decide(&self, server: &replay::Server, clock: Moment) -> Decision {
        let keys = self.keys.as_deref().map_or(Sight::Unseen, Sight::Body);
        let providers: Vec<Provider<'_>> = server
            .authenticators
            .iter()
            .map(|a| Provider { issuer: &a.issuer, discovery: Sight::Absent, keys })
            .collect();
        let now = self.now.unwrap_or(replay::Moment { seconds: clock.unix(), nanos: 0 });
        decide(server, &providers, &Token::Compact(&self.token), now)
    }
}

fn fill(answer: &mut Map<String, Value>, decision: &Decision, detail: Detail) {
    let outcome = match decision.ending {
        Ending::Accepted => "accepted",
        Ending::NotMine => "not-mine",
        Ending::Refused(_) => "refused",
        Ending::Undecided => "undecided",
    };
    answer.insert("outcome".to_owned(), json!(outcome));
    if let Some(user) = &decision.user {
        let user = json!({
            "username": user.username, "uid": user.uid, "groups": user.groups, "extra": user.extra,
        });
        answer.insert("user".to_owned(), user);
    }
    if let (Some(error), Ending::Refused(_)) = (&decision.error, decision.ending) {
        answer.insert("error".to_owned(), json!(error));
    }
    if detail == Detail::Steps {
        let steps: Vec<Value> = decision.steps.iter().map(step).collect();
        answer.insert("steps".to_owned(), json!(steps));
    }
}

fn step(record: &StepRecord) -> Value {
    let outcome = match &record.outcome {
        Outcome::CannotTell { .. } => "cannot-tell",
        Outcome::NotMine => "not-mine",
        Outcome::NotReached => "not-reached",
        Outcome::Passed => "passed",
        Outcome::Stopped(_) => "stopped",
    };
    let mut told = json!({"step": record.step.name(), "outcome": outcome, "detail": record.detail});
    if let Outcome::Stopped(mismatch) = &record.outcome {
        let side = |side: &replay::Side| json!({"what": side.what, "value": side.value});
        told["evidence"] = json!([side(&mismatch.token_side), side(&mismatch.server_side)]);
    }
    told
}

/// A string's text, or the bytes of anything else.
fn written(raw: Raw<'_>) -> String {
    raw.text().unwrap_or_else(|| String::from_utf8_lossy(raw.bytes()).into_owned())
}

fn text(name: &str, raw: Raw<'_>) -> Result<String, String> {
    raw.text().ok_or_else(|| format!("{name} holds something that is not text"))
}

/// A moment in RFC 3339, to the nanosecond.
///
/// # Errors
///
/// The text is not of that form.
pub fn moment(text: &str) -> Result<replay::Moment, String> {
    let time = chrono::DateTime::parse_from_rfc3339(text)
        .map_err(|error| format!("{text:?} is not a time of RFC 3339: {error}"))?;
    Ok(replay::Moment { seconds: time.timestamp(), nanos: time.timestamp_subsec_nanos() })
}

/// A release of Kubernetes.
///
/// # Errors
///
/// The text is not a version.
pub fn release(text: &str) -> Result<Release, String> {
    Release::parse(text).ok_or_else(|| format!("{text:?} is not a version such as 1.37"))
}

/// Answers each line with one line, in order. A line that is no question gets `bad-line` and never
/// ends the run.
///
/// # Errors
///
/// The reader's or the writer's.
pub fn lines(
    input: &mut dyn BufRead,
    out: &mut dyn Write,
    clock: Moment,
    detail: Detail,
) -> io::Result<()> {
    let mut line = Vec::new();
    loop {
        line.clear();
        if read_line(input, &mut line)? == 0 {
            return Ok(());
        }
        let text = String::from_utf8_lossy(&line);
        let answer = match line.len() > LINE_LIMIT {
            true => bad(&format!("the line has more than {LINE_LIMIT} bytes")),
            false => match Question::read(text.trim_end_matches(['\n', '\r'])) {
                Ok(question) => question.answer(clock, detail),
                Err(why) => bad(&why),
            },
        };
        serde_json::to_writer(&mut *out, &answer)?;
        out.write_all(b"\n")?;
    }
}

fn bad(why: &str) -> Value {
    json!({"outcome": "bad-line", "error": why})
}

/// One line, of which no more than the limit and a byte is kept.
fn read_line(input: &mut dyn BufRead, line: &mut Vec<u8>) -> io::Result<usize> {
    let mut read = 0;
    loop {
        let buffer = input.fill_buf()?;
        if buffer.is_empty() {
            return Ok(read);
        }
        let end = buffer.iter().position(|byte| *byte == b'\n').map(|at| at + 1);
        let take = end.unwrap_or(buffer.len());
        let room = (LINE_LIMIT + 1).saturating_sub(line.len());
        line.extend_from_slice(&buffer[..take.min(room)]);
        input.consume(take);
        read += take;
        if end.is_some() {
            return Ok(read);
        }
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    fn asked(text: &str) -> Vec<Value> {
        let mut out = Vec::new();
        lines(&mut text.as_bytes(), &mut out, Moment::from_unix(0), Detail::Brief).unwrap();
        let text = String::from_utf8(out).unwrap();
        text.lines().map(|line| serde_json::from_str(line).unwrap()).collect()
    }

    #[test]
    fn a_bad_line_is_answered_and_does_not_end_the_run() {
        let answers =
            asked("nonsense\n[1]\n{\"tokn\":\"x\"}\n{\"id\":\"a\",\"token\":\"x\",\"flags\":[]}\n");
        let outcomes: Vec<_> = answers.iter().map(|a| a["outcome"].as_str().unwrap()).collect();
        assert_eq!(outcomes, ["bad-line", "bad-line", "bad-line", "not-mine"]);
        assert_eq!(answers[3]["id"], "a");
    }

    #[test]
    fn refused_settings_are_told_in_the_servers_words() {
        let answers =
            asked("{\"token\":\"x\",\"flags\":[\"--oidc-client-id=a\"],\"version\":\"1.37\"}\n");
        assert_eq!(answers[0]["outcome"], "config-refused");
        let error = answers[0]["error"].as_str().unwrap();
        assert!(error.contains("must be specified together"), "{error}");
    }
}
