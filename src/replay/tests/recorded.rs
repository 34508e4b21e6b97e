//! The real server's recorded answers, asked again.

use std::path::Path;

use crate::go::json::Raw;
use crate::replay::{
    Ending, Moment, Provider, Release, Settings, Sight, Token, User, decide, load, verified_by,
};

/// What the server, or the replay, answers.
#[derive(Clone, Debug, Default, PartialEq)]
struct Answer {
    outcome: String,
    error: Option<String>,
    user: Option<User>,
}

/// One line of a recording.
struct Question {
    id: String,
    token: String,
    flags: Vec<String>,
    file: Option<String>,
    keys: Option<String>,
    now: Moment,
    release: Release,
    answer: Answer,
    /// Every text that the server gave, where it gave several.
    errors: Vec<String>,
}

fn member<'a>(raw: Raw<'a>, name: &str) -> Option<Raw<'a>> {
    raw.members().find(|(key, _)| key == name).map(|(_, value)| value)
}

/// A string's text, or the bytes of anything else.
fn written(raw: Raw<'_>) -> String {
    raw.text().unwrap_or_else(|| String::from_utf8_lossy(raw.bytes()).into_owned())
}

fn texts(raw: Option<Raw<'_>>) -> Vec<String> {
    raw.into_iter().flat_map(|raw| raw.items().map(written).collect::<Vec<_>>()).collect()
}

impl Question {
    fn read(line: &str) -> Question {
        let raw = Raw::parse(line.as_bytes()).unwrap();
        let text = |name: &str| member(raw, name).map(written);
        let now = chrono::DateTime::parse_from_rfc3339(&text("now").unwrap()).unwrap();
        let answer = member(raw, "answer").unwrap();
        Question {
            id: text("id").unwrap(),
            token: text("token").unwrap_or_default(),
            flags: texts(member(raw, "flags")),
            file: text("authenticationConfig"),
            keys: text("jwks"),
            now: Moment { seconds: now.timestamp(), nanos: now.timestamp_subsec_nanos() },
            release: Release::parse(&text("version").unwrap()).unwrap(),
            answer: Answer {
                outcome: written(member(answer, "outcome").unwrap()),
                error: member(answer, "error").map(written),
                user: member(answer, "user").map(user),
            },
            errors: texts(member(answer, "errors")),
        }
    }

    fn asked(&self, form: Form) -> Answer {
        let settings = match &self.file {
            Some(text) => Settings::File { text, path: "FILE", flags: &self.flags },
            None => Settings::Flags(&self.flags),
        };
        let ca_file = match self.flags.iter().any(|flag| flag.contains("/nonexistent/")) {
            true => Sight::Fails("open /nonexistent/ca.crt: no such file or directory"),
            false => Sight::Body(""),
        };
        let server = match load(&settings, &ca_file, self.release) {
            Ok(server) => server,
            Err(refusal) => {
                return Answer {
                    outcome: "config-refused".to_owned(),
                    error: Some(refusal.error),
                    user: None,
                };
            }
        };
        let keys = self.keys.as_deref().map_or(Sight::Unseen, Sight::Body);
        let providers: Vec<Provider<'_>> = server
            .authenticators
            .iter()
            .map(|a| Provider { issuer: &a.issuer, discovery: Sight::Absent, keys })
            .collect();
        let verified = verified_by(&self.token, self.keys.as_deref().unwrap_or_default());
        let parts: Vec<&str> = self.token.split('.').collect();
        let token = match (form, parts.as_slice()) {
            (Form::Answered, [header, payload, _]) if !verified.is_empty() => {
                Token::Answered { header, payload, verified_by: &verified }
            }
            _ => Token::Compact(&self.token),
        };
        let decision = decide(&server, &providers, &token, self.now);
        let outcome = match decision.ending {
            Ending::Accepted => "accepted",
            Ending::NotMine => "not-mine",
            Ending::Refused(_) => "refused",
            Ending::Undecided => "undecided",
        };
        let error = decision.error.filter(|_| matches!(decision.ending, Ending::Refused(_)));
        Answer { outcome: outcome.to_owned(), error, user: decision.user }
    }

    fn agrees(&self, answer: &Answer) -> bool {
        let same = Answer { error: None, ..answer.clone() }
            == Answer { error: None, ..self.answer.clone() };
        let told = answer.error == self.answer.error
            || answer.error.as_ref().is_some_and(|error| self.errors.contains(error));
        same && told
    }
}

/// Whether the token is asked whole, or with its signature replaced by who verified it.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Form {
    Whole,
    Answered,
}

fn user(raw: Raw<'_>) -> User {
    let text = |name: &str| member(raw, name).map(written).unwrap_or_default();
    User {
        username: text("username"),
        uid: text("uid"),
        groups: texts(member(raw, "groups")),
        extra: member(raw, "extra")
            .into_iter()
            .flat_map(Raw::members)
            .map(|(key, values)| (key, values.items().map(written).collect()))
            .collect(),
    }
}

/// Questions that stand or fall with the YAML reader or the compiler of expressions.
const BEYOND: [&str; 4] =
    ["file/yaml-unclosed", "file/yaml-audience-!x", "file/yaml-audience--", "rule/many-faults"];

/// Asks every question of the recording; gives how many there were.
fn ask(recording: &str) -> usize {
    let path =
        Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/oracle-go/recorded").join(recording);
    let text = std::fs::read_to_string(&path).unwrap();
    let mut wrong = Vec::new();
    let mut undecided = 0;
    for line in text.lines() {
        let question = Question::read(line);
        for form in [Form::Whole, Form::Answered] {
            let answer = question.asked(form);
            let untold = answer.outcome == "refused" && answer.error.is_none();
            if answer.outcome == "undecided" && question.answer.outcome != "undecided"
                || untold && question.answer.outcome != "accepted"
                || BEYOND.contains(&question.id.as_str())
            {
                undecided += 1;
            } else if !question.agrees(&answer) {
                wrong.push(format!(
                    "{}\n  server {:?}\n  replay {answer:?}",
                    question.id, question.answer
                ));
                break;
            }
        }
    }
    assert!(
        wrong.is_empty(),
        "{} of {recording} differ, {undecided} undecided:\n{}",
        wrong.len(),
        wrong.join("\n")
    );
    text.lines().count()
}

#[test]
fn section8() {
    assert!(ask("section8-1.37.2.jsonl") >= 90);
}

#[test]
fn tokens() {
    assert!(ask("tokens-1.37.2.jsonl") >= 600);
}

#[test]
fn configuration() {
    assert!(ask("configuration-1.37.2.jsonl") >= 350);
}

#[test]
fn key_sets() {
    assert!(ask("keysets-1.37.2.jsonl") >= 100);
}

#[test]
fn mapping() {
    assert!(ask("mapping-1.37.2.jsonl") >= 200);
}

#[test]
fn order() {
    assert!(ask("order-1.37.2.jsonl") >= 300);
}

#[test]
fn expressions() {
    assert!(ask("expressions-1.37.2.jsonl") >= 200);
}

#[test]
fn changes() {
    assert!(ask("changes-1.34.4.jsonl") >= 30);
}
