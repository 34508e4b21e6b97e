//! Unknown is an answer: evidence that is taken away, or cannot be read, never counts as health, and
//! never as a defect that blocks.
#![allow(clippy::unwrap_used)]

#[path = "shared/bundles.rs"]
mod bundles;
#[path = "shared/fixtures.rs"]
mod fixtures;

use std::collections::BTreeSet;

use bundles::Case;
use oidc_doctor::checks::{Check, Outcome, Severity, Verdict, load};
use oidc_doctor::diagnosis::Basis;
use oidc_doctor::evidence::documents::{Document, Text};
use oidc_doctor::evidence::exchange::{Answer, Exchange, Extent, Outcome as Answered};
use oidc_doctor::evidence::gathered::KubeconfigFile;
use oidc_doctor::evidence::{Evidence, Gap, Who};
use oidc_doctor::examination::{Examination, examine};

/// One way to lose a piece of evidence: its name, and the evidence without it.
type Loss = (String, Evidence);

/// Checks that may newly block when that evidence is lost, because the loss itself is what they look
/// for or because what explained the same thing better is gone.
const EXCEPTIONS: &[(&str, &str, &str)] = &[(
    "issuer-name-unresolved",
    "log",
    "the log told another fault, as the API server sees it; without it this machine's sight is all there is",
)];

fn gap() -> Gap {
    Gap { why: "taken away".to_owned(), ask: Who::You, how: "give it back".to_owned() }
}

/// Each piece of evidence taken away.
fn losses(evidence: &Evidence) -> Vec<Loss> {
    let mut losses = Vec::new();
    let mut lose = |name: String, change: &dyn Fn(&mut Evidence)| {
        let mut less = evidence.clone();
        change(&mut less);
        losses.push((name, less));
    };
    lose("token".into(), &|e| (e.token, e.token_gap) = (None, Some(gap())));
    lose("issuers".into(), &|e| e.issuers.clear());
    for n in 0..evidence.issuers.len() {
        lose(format!("issuer {n}"), &|e| drop(e.issuers.remove(n)));
        lose(format!("keys of issuer {n}"), &|e| e.issuers[n].keys = None);
    }
    lose("control planes".into(), &|e| e.control_planes.clear());
    if evidence.control_planes.len() > 1 {
        for n in 0..evidence.control_planes.len() {
            lose(format!("control plane {n}"), &|e| drop(e.control_planes.remove(n)));
        }
    }
    lose("rbac".into(), &|e| {
        e.rbac = None;
        e.live.iter_mut().for_each(|live| live.rbac.clear());
    });
    lose("live".into(), &|e| e.live = None);
    lose("log".into(), &|e| e.log = None);
    // Nobody looked on PATH; a kubeconfig that is not there is no loss of evidence but another world.
    lose("programs".into(), &|e| e.programs.clear());
    lose("cache".into(), &|e| e.cache = None);
    losses
}

/// Each piece of evidence there and unreadable.
fn spoilt(evidence: &Evidence) -> Vec<Loss> {
    let mut losses = Vec::new();
    let mut spoil = |name: &str, change: &dyn Fn(&mut Evidence)| {
        let mut less = evidence.clone();
        change(&mut less);
        losses.push((name.to_owned(), less));
    };
    for text in ["a: b: c\n\t- x\n", "just words\n", "", "<html>log in</html>\n"] {
        spoil(&format!("rbac reads {text:?}"), &|e| {
            e.rbac.iter_mut().flatten().for_each(|d| garble(d, text))
        });
        spoil(&format!("settings read {text:?}"), &|e| {
            e.control_planes
                .iter_mut()
                .flat_map(|p| &mut p.documents)
                .for_each(|d| garble(d, text));
        });
        spoil(&format!("log reads {text:?}"), &|e| {
            e.log.iter_mut().flatten().for_each(|d| garble(d, text))
        });
    }
    spoil("kubeconfig unreadable", &|e| {
        for file in &mut e.kubeconfig {
            if let KubeconfigFile::Read(document) = file {
                *file =
                    KubeconfigFile::Unreadable(document.path.clone(), "permission denied".into());
            }
        }
    });
    spoil("answers cut", &|e| {
        let live = e.live.iter_mut().flat_map(|live| {
            live.rbac
                .iter_mut()
                .chain(&mut live.access)
                .chain(&mut live.review)
                .chain([&mut live.version])
        });
        live.for_each(cut);
    });
    spoil("rbac pages whole", &|e| as_live_pages(e));
    spoil("rbac pages cut", &|e| {
        as_live_pages(e);
        e.live.iter_mut().flat_map(|live| &mut live.rbac).for_each(cut);
    });
    spoil("documents of issuers cut", &|e| {
        for issuer in &mut e.issuers {
            cut(&mut issuer.discovery);
            issuer.keys.iter_mut().for_each(cut);
        }
    });
    losses
}

fn garble(document: &mut Document, text: &str) {
    document.text = Text::open(text);
}

/// The RBAC objects as the live server would answer them.
fn as_live_pages(evidence: &mut Evidence) {
    let Some(live) = &mut evidence.live else { return };
    for document in evidence.rbac.take().into_iter().flatten() {
        let mut page = live.version.clone();
        page.outcome = Answered::Answered(Answer {
            status: 200,
            status_line: "200 OK".to_owned(),
            headers: Default::default(),
            body: document.text.reveal().to_owned(),
            extent: Extent::Whole,
        });
        live.rbac.push(page);
    }
}

/// The answer ends in the middle, as when a limit is reached.
fn cut(exchange: &mut Exchange) {
    if let Answered::Answered(answer) = &mut exchange.outcome {
        let half = answer.body.chars().count() / 2;
        answer.body = answer.body.chars().take(half).collect();
        answer.extent = Extent::CutAt { limit: half as u64 };
    }
}

/// Which checks block.
fn blockers(seen: &Examination) -> BTreeSet<String> {
    let blocking = seen.report.findings.iter().filter(|f| f.severity == Severity::Blocks);
    blocking.map(|finding| finding.id.clone()).collect()
}

/// The replay of settings, token and RBAC lets the request through. A live server that does otherwise
/// contradicts it; where it was not heard, the report says that this is not the server's own word.
fn says_so(seen: &Examination) -> bool {
    seen.report.verdict.basis != Basis::Observed
        && seen.report.unknowns.iter().any(|unknown| unknown.what.starts_with("live"))
}

/// What a loss must not bring about.
fn violations(case: &Case, checks: &[Check], losses: Vec<Loss>) -> Vec<String> {
    let before = examine(&case.evidence, checks);
    let (outcome, blocked) = (before.report.verdict.outcome, blockers(&before));
    let mut wrong = Vec::new();
    for (name, less) in losses {
        let after = examine(&less, checks);
        let place = format!("{} without {name}", case.id);
        let allowed =
            after.report.verdict.outcome == Outcome::Allowed && outcome != Outcome::Allowed;
        if allowed && !(["live", "answers cut"].contains(&name.as_str()) && says_so(&after)) {
            wrong.push(format!("{place}: allowed, which was {outcome:?}"));
        }
        for id in blockers(&after).difference(&blocked) {
            let check = checks.iter().find(|check| check.id.as_str() == id).unwrap();
            let held = check.judge(&before.facts) == Verdict::Holds;
            let known = |&(known, at, _): &(&str, &str, &str)| known == id && name.starts_with(at);
            if held && !EXCEPTIONS.iter().any(known) {
                wrong.push(format!("{place}: {id} blocks, and held"));
            }
        }
    }
    wrong
}

fn all(losses: fn(&Evidence) -> Vec<Loss>) -> Vec<String> {
    let checks = load::built_in().unwrap();
    let cases = bundles::all();
    cases.iter().flat_map(|case| violations(case, &checks, losses(&case.evidence))).collect()
}

#[test]
fn missing_evidence_is_neither_health_nor_a_defect() {
    let wrong = all(losses);
    assert!(wrong.is_empty(), "{}:\n{}", wrong.len(), wrong.join("\n"));
}

#[test]
fn unreadable_evidence_is_neither_health_nor_a_defect() {
    let wrong = all(spoilt);
    assert!(wrong.is_empty(), "{}:\n{}", wrong.len(), wrong.join("\n"));
}
