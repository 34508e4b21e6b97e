#![allow(clippy::unwrap_used, reason = "a test may stop")]

use super::*;

#[test]
fn selection_is_by_syntax() {
    for text in ["claims.email", "claims.?email.orValue('')", "has(claims.email)", "[claims.email]"]
    {
        assert!(selects(text, "email"), "{text}");
    }
    for text in
        ["claims['email']", "claims.emails", "other.email", "claims.a.email", "claims.email +"]
    {
        assert!(!selects(text, "email"), "{text}");
    }
    let inside = "dyn(claims.g).exists(g, g == claims.email)";
    assert!(selects(inside, "email"));
}

#[test]
fn hostile_expressions_are_left_open_or_refused() {
    let compile = |text: &str| compile(text, Scope::Claims, Wanted::Anything, Release::NEWEST);
    let sum = vec!["1"; 4000].join("+");
    assert_eq!(compile(&sum), Compiled::Accepted);
    assert!(matches!(compile(&vec!["1"; 10_000].join("+")), Compiled::CannotTell(_)));
    for text in ["(".repeat(4000), "[".repeat(4000), "!".repeat(4000), "a.".repeat(4000)] {
        assert!(!matches!(compile(&text), Compiled::Accepted));
    }
}

fn user() -> User {
    User {
        username: "jane".to_owned(),
        groups: vec!["dev".to_owned(), "ops".to_owned()],
        ..User::default()
    }
}

#[test]
fn a_list_where_text_is_wanted_is_worded_as_the_server_does() {
    let payload = br#"{"groups":["a","b"]}"#;
    let claims = Claims::read(payload);
    let text = "has(claims.groups) ? claims.groups.split(',').map(g, 'aks:jwt:' + g) : []";
    let error =
        format!("expression '{text}' resulted in error: no such overload: split(list, string)");
    assert_eq!(over_claims(text, &claims, Release::NEWEST), Evaluation::Failed(error));
}

#[test]
fn rules_on_the_user() {
    let holds = |text: &str| over_user(text, &user(), Release::NEWEST);
    assert_eq!(holds("!user.username.startsWith('system:')"), Evaluation::Value(Cel::Bool(true)));
    assert_eq!(holds("user.groups.exists(g, g == 'ops')"), Evaluation::Value(Cel::Bool(true)));
    assert_eq!(holds("'x' in user.groups"), Evaluation::Value(Cel::Bool(false)));
    assert!(matches!(holds("isIP(user.username)"), Evaluation::CannotTell(_)));
}

#[test]
fn costly_loops_are_left_open() {
    let items = vec!["'a'"; 60].join(",");
    let list = format!("[{items}]");
    let text = format!("{list}.all(a, {list}.all(b, {list}.all(c, a + b + c != '')))");
    assert!(matches!(over_user(&text, &user(), Release::NEWEST), Evaluation::CannotTell(_)));
}
