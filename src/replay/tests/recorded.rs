//! The real server's recorded answers, asked again.

use std::collections::HashSet;
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
pub(super) struct Question {
    id: String,
    pub(super) token: String,
    flags: Vec<String>,
    pub(super) file: Option<String>,
    pub(super) keys: Option<String>,
    pub(super) now: Moment,
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

/// Questions that the replay may leave open: they use functions, keys or YAML beyond it.
const OPEN: [&str; 19] = [
    "file/yaml-unclosed",
    "file/yaml-audience-!x",
    "file/yaml-audience--",
    "set/also-private-broken",
    "cel-username/claims.name.matches(\"(\" + claims.sub) ? \"y\" : \"n\"",
    "cel-username/[3, 1, 2].sort().map(x, string(x)).join(\"-\")",
    "cel-username/isIP(\"1.2.3.4\") ? \"y\" : \"n\"",
    "cel-username/url(\"https://a.b/c\").getHost()",
    "cel-username/quantity(\"1k\").isGreaterThan(quantity(\"1\")) ? \"y\" : \"n\"",
    "cel-username/semver(\"1.2.3\").major() == 1 ? \"y\" : \"n\"",
    "cel-username/format.dns1123Label().validate(\"a\").hasValue() ? \"bad\" : \"good\"",
    "cel-username/sets.contains([\"a\", \"b\"], [\"a\"]) ? \"y\" : \"n\"",
    "cel-username/timestamp(\"2026-01-01T00:00:00Z\").getFullYear() == 2026 ? \"y\" : \"n\"",
    "cel-username/\"%s-%d\".format([claims.sub, 5])",
    "cel-username/b\"bytes\" == b\"bytes\" ? \"y\" : \"n\"",
    "cel-username/[1,2,3].includes(2) ? \"y\" : \"n\"",
    "cel-username/claims.`a.b`",
    "cel-compile/authorizer",
    "cel-value/cost",
];

fn recorded(recording: &str) -> String {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/oracle-go/recorded");
    std::fs::read_to_string(folder.join(recording)).unwrap()
}

/// The question of this id in the recording.
pub(super) fn question(recording: &str, id: &str) -> Question {
    let text = recorded(recording);
    text.lines().map(Question::read).find(|question| question.id == id).unwrap()
}

/// Asks every question of the recording; gives how many there were.
fn ask(recording: &str) -> usize {
    let text = recorded(recording);
    let questions: Vec<Question> = text.lines().map(Question::read).collect();
    compare(recording, &questions);
    questions.len()
}

fn compare(name: &str, questions: &[Question]) {
    let mut wrong = Vec::new();
    // Quoted names are read since 1.33.
    let open = |question: &Question| {
        OPEN.contains(&question.id.as_str())
            && !(question.id.contains('`') && question.release.since(33))
    };
    for question in questions.iter().filter(|question| !open(question)) {
        for form in [Form::Whole, Form::Answered] {
            let answer = question.asked(form);
            if !question.agrees(&answer) {
                let server = &question.answer;
                wrong.push(format!("{}\n  server {server:?}\n  replay {answer:?}", question.id));
                break;
            }
        }
    }
    let count = wrong.len();
    assert!(wrong.is_empty(), "{count} of {name} differ:\n{}", wrong.join("\n"));
}

const GROUPS: [&str; 7] =
    ["section8", "configuration", "tokens", "keysets", "mapping", "expressions", "order"];

/// Asks every question of 1.37.2 of another release, which answers as 1.37.2 did wherever no other
/// answer is recorded for it; gives how many differ.
fn ask_release(version: &str) -> usize {
    let changes = recorded(&format!("changes-{version}.jsonl"));
    let release = Release::parse(version).unwrap();
    let mut questions: Vec<Question> = changes.lines().map(Question::read).collect();
    let changed = questions.len();
    let known: HashSet<String> = questions.iter().map(|question| question.id.clone()).collect();
    for group in GROUPS {
        for line in recorded(&format!("{group}-1.37.2.jsonl")).lines() {
            let mut question = Question::read(line);
            question.release = release;
            if !release.since(34) {
                // These releases were asked with the newest version of the file that they know.
                question.file = question.file.map(|text| with_beta(&text));
            }
            if !known.contains(&question.id) {
                questions.push(question);
            }
        }
    }
    compare(version, &questions);
    changed
}

fn with_beta(text: &str) -> String {
    const NAME: &str = "apiserver.config.k8s.io/v1";
    let mut parts = text.split(NAME);
    let mut out = parts.next().unwrap_or_default().to_owned();
    for part in parts {
        out.push_str(NAME);
        if !part.starts_with(|c: char| c.is_ascii_lowercase() || c.is_ascii_digit()) {
            out.push_str("beta1");
        }
        out.push_str(part);
    }
    out
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
fn release_1_34() {
    assert!(ask_release("1.34.4") >= 30);
}

#[test]
fn release_1_33() {
    assert!(ask_release("1.33.13") >= 30);
}

#[test]
fn release_1_30() {
    assert!(ask_release("1.30.14") >= 30);
}
