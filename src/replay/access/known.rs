//! The texts by which a user is known, and what a subject resembles among them.

use std::collections::HashMap;

use super::decision::Member;
use super::likeness::{Reading, differences, folded, is_id, last_part, readings};
use super::near::{Alias, Difference, Mine, Prefixes};
use super::object::{Binding, Subject};
use super::reading::RBAC_GROUP;
use super::request::Identity;

/// How many texts of the identity that differ by spelling alone are told apart.
const ALIKE: usize = 8;
/// Groups that everybody is in; a binding for them says nothing about this user.
const IMPLICIT: [&str; 2] = ["system:authenticated", "system:unauthenticated"];

/// A subject, what it resembles, and how it differs.
pub(super) struct Like<'a> {
    pub(super) subject: &'a Subject,
    pub(super) mine: Mine,
    pub(super) differences: Vec<Difference>,
}

/// One text of the identity.
struct Entry<'a> {
    mine: Mine,
    kind: &'static str,
    prefix: &'a str,
    /// Without the prefix.
    bare: &'a str,
}

/// The texts of the identity, found by their folded form.
pub(super) struct Known<'a> {
    member: Member<'a>,
    entries: Vec<Entry<'a>>,
    by_name: HashMap<String, Vec<usize>>,
    /// Groups by the last part of their path.
    by_last_part: HashMap<String, usize>,
    aliases: HashMap<String, Alias<'a>>,
    username: &'a str,
    username_prefix: &'a str,
    /// The first group and whether groups are named by ids; none when there is no group, or both sorts.
    group_style: Option<(&'a str, Naming)>,
}

/// By what things are called.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Naming {
    Id,
    Name,
}

impl<'a> Known<'a> {
    /// The texts of this user.
    pub(super) fn new(
        user: &'a Identity,
        prefixes: Prefixes<'a>,
        aliases: &[Alias<'a>],
    ) -> Known<'a> {
        let mut known = Known {
            member: Member::new(user),
            entries: Vec::new(),
            by_name: HashMap::new(),
            by_last_part: HashMap::new(),
            aliases: aliases.iter().filter_map(|a| Some((folded(a.value)?, *a))).collect(),
            username: &user.username,
            username_prefix: prefixes.username,
            group_style: None,
        };
        known.add("User", Mine::User(user.username.clone()), &user.username, prefixes.username);
        let own = user.groups.iter().filter(|group| !IMPLICIT.contains(&group.as_str()));
        for group in own.clone() {
            known.add("Group", Mine::Group(group.clone()), group, prefixes.groups);
        }
        let bare = |group: &'a String| group.strip_prefix(prefixes.groups).unwrap_or(group);
        let styles: Vec<Naming> = own.clone().map(|group| naming(bare(group))).collect();
        known.group_style = match (own.clone().next(), styles.first()) {
            (Some(group), Some(style)) if styles.iter().all(|s| s == style) => {
                Some((group, *style))
            }
            _ => None,
        };
        known
    }

    fn add(&mut self, kind: &'static str, mine: Mine, text: &'a str, prefix: &'a str) {
        let (prefix, bare) = match text.strip_prefix(prefix) {
            Some(bare) => (prefix, bare),
            None => ("", text),
        };
        let Some(key) = folded(bare) else { return };
        let n = self.entries.len();
        let alike = self.by_name.entry(key).or_default();
        if alike.len() < ALIKE {
            alike.push(n);
        }
        if let Some(key) = last_part(bare).filter(|_| kind == "Group").and_then(folded) {
            self.by_last_part.entry(key).or_insert(n);
        }
        self.entries.push(Entry { mine, kind, prefix, bare });
    }

    /// What this subject resembles most.
    pub(super) fn like<'s>(&self, subject: &'s Subject, binding: &Binding) -> Option<Like<'s>> {
        let name = subject.name.as_str();
        if self.member.is(subject, &binding.id.namespace) {
            return self.exact(subject);
        }
        if name.starts_with("system:") {
            return None;
        }
        let by_name = readings(name).flat_map(|reading| self.by_reading(subject, reading));
        by_name
            .min_by_key(|like| like.differences.len())
            .or_else(|| self.by_path(subject))
            .or_else(|| readings(name).find_map(|reading| self.by_alias(subject, reading)))
            .or_else(|| self.by_naming(subject))
    }

    /// A subject that is the user or a group of it; the implicit groups do not count.
    fn exact<'s>(&self, subject: &'s Subject) -> Option<Like<'s>> {
        if IMPLICIT.contains(&subject.name.as_str()) {
            return None;
        }
        let mine = match subject.kind.as_str() {
            "Group" => Mine::Group(subject.name.clone()),
            _ => Mine::User(self.username.to_owned()),
        };
        let differences = api_group(subject).into_iter().collect();
        Some(Like { subject, mine, differences })
    }

    fn by_reading<'s>(&self, subject: &'s Subject, reading: Reading<'_>) -> Vec<Like<'s>> {
        let Some(key) = folded(reading.rest) else { return Vec::new() };
        let indices = self.by_name.get(&key).map(Vec::as_slice).unwrap_or_default();
        let entries = indices.iter().map(|n| &self.entries[*n]);
        let likes = entries.map(|entry| {
            let mut all: Vec<Difference> =
                prefix(reading.prefix, entry.prefix).into_iter().collect();
            all.extend(differences(reading.rest, entry.bare));
            self.finished(subject, entry, all)
        });
        likes.collect()
    }

    /// A group's full path against its last part, either way round.
    fn by_path<'s>(&self, subject: &'s Subject) -> Option<Like<'s>> {
        let likes = readings(&subject.name).filter_map(|reading| {
            let whole = folded(reading.rest)?;
            let part = last_part(reading.rest).and_then(folded);
            let by_part = |key: String| self.by_name.get(&key)?.first().copied();
            let n = self.by_last_part.get(&whole).copied().or_else(|| part.and_then(by_part))?;
            let entry = &self.entries[n];
            let mut all: Vec<Difference> =
                prefix(reading.prefix, entry.prefix).into_iter().collect();
            all.push(Difference::GroupPath);
            Some(self.finished(subject, entry, all)).filter(|_| entry.kind == "Group")
        });
        likes.min_by_key(|like| like.differences.len())
    }

    /// A name of this person that the server does not use.
    fn by_alias<'s>(&self, subject: &'s Subject, reading: Reading<'_>) -> Option<Like<'s>> {
        let alias = self.aliases.get(&folded(reading.rest)?)?;
        let mut all = vec![Difference::IdAgainstName { claim: Some(alias.claim.to_owned()) }];
        all.extend(prefix(reading.prefix, self.username_prefix));
        all.extend((subject.kind != "User").then_some(Difference::Kind));
        Some(Like { subject, mine: Mine::User(self.username.to_owned()), differences: all })
    }

    /// A group that is named where the token has ids, or the other way round.
    fn by_naming<'s>(&self, subject: &'s Subject) -> Option<Like<'s>> {
        let (group, style) = self.group_style?;
        let last = readings(&subject.name).last().map_or("", |reading| reading.rest);
        if subject.kind != "Group" || last.is_empty() || naming(last) == style {
            return None;
        }
        let differences = vec![Difference::IdAgainstName { claim: None }];
        Some(Like { subject, mine: Mine::Group(group.to_owned()), differences })
    }

    fn finished<'s>(
        &self,
        subject: &'s Subject,
        entry: &Entry<'_>,
        mut all: Vec<Difference>,
    ) -> Like<'s> {
        if subject.kind == entry.kind {
            all.extend(api_group(subject));
        } else {
            all.push(Difference::Kind);
        }
        Like { subject, mine: entry.mine.clone(), differences: all }
    }
}

fn naming(text: &str) -> Naming {
    if is_id(text) { Naming::Id } else { Naming::Name }
}

fn prefix(subject: &str, server: &str) -> Option<Difference> {
    (subject != server)
        .then(|| Difference::Prefix { subject: subject.to_owned(), server: server.to_owned() })
}

fn api_group(subject: &Subject) -> Option<Difference> {
    let accepted = match subject.kind.as_str() {
        "ServiceAccount" => subject.api_group.is_empty(),
        _ => subject.api_group.is_empty() || subject.api_group == RBAC_GROUP,
    };
    (!accepted).then_some(Difference::ApiGroup)
}
