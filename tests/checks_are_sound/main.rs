//! Tests about the checks themselves. Each names every violation at once.
#![allow(clippy::unwrap_used)]

#[path = "../shared/bundles.rs"]
mod bundles;
#[path = "../shared/fixtures.rs"]
mod fixtures;
mod made;

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::Path;

use fixtures::fixture;
use made::MADE;
use oidc_doctor::checks::{Check, Severity, Verdict, load};
use oidc_doctor::evidence::{Evidence, Fact};
use oidc_doctor::examination::examine;
use oidc_doctor::facts::Facts;

/// Checks that the catalogue of defects does not name, and why they are there all the same.
const NOT_IN_THE_CATALOGUE: &[(&str, &str)] = &[
    ("credentials-conflict", "client-go refuses an entry with two credentials before any request"),
    ("no-kubeconfig", "kubectl then talks to http://localhost:8080, which tells nobody why"),
];

fn checks() -> Vec<Check> {
    load::built_in().unwrap()
}

fn facts(evidence: &Evidence) -> Facts {
    examine(evidence, &[]).facts
}

fn cases() -> BTreeMap<String, Facts> {
    bundles::all().into_iter().map(|case| (case.id, facts(&case.evidence))).collect()
}

fn lines(name: &str) -> Vec<String> {
    fs::read_to_string(fixture(name)).unwrap().lines().map(str::to_owned).collect()
}

fn none(wrong: Vec<String>) {
    assert!(wrong.is_empty(), "\n{}", wrong.join("\n"));
}

#[test]
fn every_check_fires_in_a_case() {
    let cases = cases();
    let mut wrong = Vec::new();
    for check in checks() {
        let fires = |facts: &Facts| matches!(check.judge(facts), Verdict::Fires(..));
        let id = check.id.as_str();
        let in_the_field = cases.values().any(fires);
        let made = MADE.iter().find(|(of, ..)| *of == id);
        match (in_the_field, made) {
            (true, None) => {}
            (true, Some(_)) => {
                wrong.push(format!("{id}: fires in the field; its made case can go"))
            }
            (false, None) => wrong.push(format!("{id}: fires in no field case, and none is made")),
            (false, Some((_, base, edits))) => match made::evidence(base, edits) {
                Ok(evidence) if fires(&facts(&evidence)) => {}
                Ok(evidence) => {
                    let verdict = check.judge(&facts(&evidence));
                    wrong.push(format!("{id}: silent in the case made for it: {verdict:?}"));
                }
                Err(why) => wrong.push(format!("{id}: {why}")),
            },
        }
    }
    let ids: BTreeSet<String> = checks().iter().map(|check| check.id.to_string()).collect();
    let stray = MADE.iter().filter(|(id, ..)| !ids.contains(*id));
    wrong.extend(
        stray.map(|(id, ..)| format!("{id}: a case is made for it, and it does not exist")),
    );
    none(wrong);
}

/// The near miss has what the check reads, and the check is silent because its evidence says so.
#[test]
fn every_check_is_silent_at_its_near_miss() {
    let cases = cases();
    let mut wrong = Vec::new();
    for check in checks() {
        let (id, near) = (check.id.as_str(), check.near_miss.as_str());
        let Some(facts) = cases.get(near) else {
            wrong.push(format!("{id}: there is no case {near:?} for its near miss"));
            continue;
        };
        match check.judge(facts) {
            Verdict::Holds => {}
            other => wrong.push(format!("{id}: at its near miss {near} it says {other:?}")),
        }
        let paths = check.fires_when.paths();
        let unseen = paths.iter().filter(|path| matches!(facts.get(path), Fact::Unknown(_)));
        wrong
            .extend(unseen.map(|path| format!("{id}: at its near miss {near}, {path} is unknown")));
    }
    none(wrong);
}

/// One case cannot be the near miss of everything.
#[test]
fn near_misses_are_chosen() {
    let mut count: BTreeMap<String, Vec<String>> = BTreeMap::new();
    for check in checks() {
        count.entry(check.near_miss).or_default().push(check.id.to_string());
    }
    let idle = count.iter().filter(|(_, ids)| ids.len() > 8);
    none(
        idle.map(|(near, ids)| format!("{near} is the near miss of {}", ids.join(", "))).collect(),
    );
}

#[test]
fn ids_are_file_names_and_as_recorded() {
    let checks = checks();
    let mut wrong = Vec::new();
    for check in &checks {
        let stem = Path::new(&check.file).file_stem().unwrap().to_str().unwrap();
        if stem != check.id.as_str() {
            wrong.push(format!("{}: its file is {}", check.id, check.file));
        }
    }
    let ids: Vec<String> = checks.iter().map(|check| check.id.to_string()).collect();
    let sorted: Vec<String> = ids.iter().cloned().collect::<BTreeSet<_>>().into_iter().collect();
    let recorded = lines("check-ids.txt");
    let missing = recorded.iter().filter(|id| !sorted.contains(id));
    wrong.extend(missing.map(|id| format!("{id}: gone, and ids are public: never rename one")));
    let new = sorted.iter().filter(|id| !recorded.contains(id));
    wrong.extend(new.map(|id| format!("{id}: not in fixtures/check-ids.txt yet")));
    none(wrong);
    assert_eq!(ids, sorted, "the built-in checks are sorted by id");
    assert_eq!(recorded, sorted, "fixtures/check-ids.txt is sorted");
}

#[test]
fn ids_are_those_of_the_catalogue() {
    let catalogue: BTreeSet<String> = lines("catalogue-ids.txt").into_iter().collect();
    let ours = |id: &str| NOT_IN_THE_CATALOGUE.iter().any(|(known, _)| *known == id);
    let ids: Vec<String> = checks().iter().map(|check| check.id.to_string()).collect();
    let mut wrong: Vec<String> = Vec::new();
    wrong.extend(
        ids.iter()
            .filter(|id| !catalogue.contains(*id) && !ours(id))
            .map(|id| format!("{id}: the catalogue spells no defect so")),
    );
    let stale = |id: &str| catalogue.contains(id) || !ids.iter().any(|known| known == id);
    wrong.extend(
        NOT_IN_THE_CATALOGUE
            .iter()
            .filter(|(id, _)| stale(id))
            .map(|(id, _)| format!("{id}: needs no exception")),
    );
    none(wrong);
}

#[test]
fn words_keep_to_the_style() {
    let mut wrong = Vec::new();
    for check in checks() {
        let texts = [
            ("holds", &check.holds),
            ("title", &check.title),
            ("says", &check.says),
            ("why", &check.why),
        ];
        let fixes = check.fixes.iter().map(|fix| ("a fix's title", &fix.title));
        for (field, text) in texts.into_iter().chain(fixes) {
            wrong
                .extend(faults(text).map(|fault| format!("{}: {field} {fault}: {text}", check.id)));
        }
    }
    none(wrong);
}

/// What is wrong with a text.
fn faults(text: &str) -> impl Iterator<Item = &'static str> {
    let plain = text.to_lowercase();
    let faults = [
        (text.trim().is_empty(), "is empty"),
        (starts_with_capital(text), "starts with a capital"),
        (text.trim_end().ends_with('.'), "ends with a full stop"),
        (plain.contains("please"), "says please"),
        (plain.contains("misconfigur"), "says misconfigured"),
    ];
    faults.into_iter().filter_map(|(is_so, fault)| is_so.then_some(fault))
}

/// Names keep theirs: `RBAC`, `OIDC`, `Entra`, and kinds such as `AuthenticationConfiguration`.
fn starts_with_capital(text: &str) -> bool {
    let first = text.split([' ', ',', ':', '\'']).next().unwrap_or_default();
    let capitals = first.chars().filter(char::is_ascii_uppercase).count();
    first.starts_with(|c: char| c.is_ascii_uppercase()) && capitals == 1 && first != "Entra"
}

#[test]
fn faults_of_a_text_are_seen() {
    let seen = |text: &str| faults(text).count();
    assert_eq!(seen("The token is old."), 2);
    assert_eq!(seen("please mend the misconfigured server"), 2);
    assert_eq!(seen("RBAC compares names; Entra does not"), 0);
    assert_eq!(seen(""), 1);
}

#[test]
fn checks_have_sources_repairs_and_siblings_that_exist() {
    let checks = checks();
    let exists = |id: &str| checks.iter().any(|check| check.id.as_str() == id);
    let mut wrong = Vec::new();
    for check in &checks {
        let id = &check.id;
        if !check.sources.iter().any(|source| source.starts_with("https://")) {
            wrong.push(format!("{id}: no source"));
        }
        let blocks = check.severity == Severity::Blocks
            || check.degrees.iter().any(|degree| degree.severity == Severity::Blocks);
        if blocks && check.fixes.is_empty() {
            wrong.push(format!("{id}: it blocks, and nobody is told what to do"));
        }
        let mut names: Vec<&str> = check.fixes.iter().map(|fix| fix.id.as_str()).collect();
        names.sort_unstable();
        if names.windows(2).any(|pair| pair[0] == pair[1]) {
            wrong.push(format!("{id}: two of its fixes have the same id"));
        }
        let named = check.before.iter().chain(&check.replaces);
        let strangers = named.filter(|other| !exists(other.as_str()));
        wrong.extend(
            strangers.map(|other| format!("{id}: stands before {other}, which is no check")),
        );
        if check.before.contains(id) {
            wrong.push(format!("{id}: stands before itself"));
        }
    }
    none(wrong);
}
