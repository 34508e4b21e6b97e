//! From the tree to the configuration, with the texts of sigs.k8s.io/json.

use crate::go::json::{Kind, TypeMismatch};
use crate::go::tree::{Node, Span, Value};

use super::{
    AnonymousSection, ClaimRuleEntry, Configuration, ExtraEntry, Issuer, Jwt, MappingEntry,
    Mappings, UserRuleEntry,
};
use crate::go::quote::quote;
use crate::replay::Release;

/// What the decoder complained about.
#[derive(Debug, Default)]
pub(super) struct Complaints {
    /// The first value of a wrong type, which ends everything.
    pub(super) mismatch: Option<(TypeMismatch, Span)>,
    /// Unknown and duplicate fields.
    pub(super) strict: Vec<(String, Span)>,
}

/// Decodes the document; `package` is the Go package of the version.
pub(super) fn decode(
    document: &Node,
    package: &str,
    release: Release,
    duplicates: Duplicates,
) -> (Configuration, Complaints) {
    let mut decoder = Decoder { package, release, duplicates, complaints: Complaints::default() };
    let configuration = decoder.configuration(document);
    (configuration, decoder.complaints)
}

/// Whether duplicate fields are the decoder's business; in YAML the YAML reader reports them.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Duplicates {
    Reported,
    Dropped,
}

/// Where in the document a value stands.
#[derive(Clone, Debug, Default)]
struct Place {
    /// The Go struct around the value.
    name: &'static str,
    /// The names of the members that lead there.
    fields: Vec<&'static str>,
    /// The same with the places in lists, as strict errors write it.
    path: String,
}

impl Place {
    fn member(&self, name: &'static str, field: &'static str) -> Place {
        let mut fields = self.fields.clone();
        fields.push(field);
        let path =
            if self.path.is_empty() { field.to_owned() } else { format!("{}.{field}", self.path) };
        Place { name, fields, path }
    }

    fn item(&self, index: usize) -> Place {
        Place { path: format!("{}[{index}]", self.path), ..self.clone() }
    }
}

struct Decoder<'a> {
    package: &'a str,
    release: Release,
    duplicates: Duplicates,
    complaints: Complaints,
}

impl Decoder<'_> {
    fn configuration(&mut self, node: &Node) -> Configuration {
        let mut configuration = Configuration::default();
        let mut known = vec!["kind", "apiVersion", "jwt"];
        if self.release.since(31) {
            known.push("anonymous");
        }
        let top = Place::default();
        self.each(
            node,
            &top,
            "AuthenticationConfiguration",
            &known,
            &mut |this, field, node, place| match field {
                "jwt" => {
                    configuration.jwt = this.list(node, place, "JWTAuthenticator", Decoder::jwt);
                }
                "anonymous" => {
                    configuration.anonymous = match node.value {
                        Value::Null => None,
                        _ => Some(this.anonymous(node, place)),
                    };
                }
                _ => {}
            },
        );
        configuration
    }

    fn anonymous(&mut self, node: &Node, place: &Place) -> AnonymousSection {
        let mut section = AnonymousSection::default();
        self.each(
            node,
            place,
            "AnonymousAuthConfig",
            &["enabled", "conditions"],
            &mut |this, field, node, place| match (field, &node.value) {
                ("enabled", Value::Bool(enabled)) => section.enabled = *enabled,
                ("enabled", Value::Null) => {}
                ("enabled", _) => this.mismatch(node, place, "bool".to_owned()),
                _ => {
                    section.paths =
                        this.list(node, place, "AnonymousAuthCondition", Decoder::condition);
                }
            },
        );
        section
    }

    fn condition(&mut self, node: &Node, place: &Place) -> String {
        let mut path = String::new();
        self.each(node, place, "AnonymousAuthCondition", &["path"], &mut |this, _, node, place| {
            this.text(node, place, &mut path);
        });
        path
    }

    fn jwt(&mut self, node: &Node, place: &Place) -> Jwt {
        let mut jwt = Jwt::default();
        let known = ["issuer", "claimValidationRules", "claimMappings", "userValidationRules"];
        self.each(node, place, "JWTAuthenticator", &known, &mut |this, field, node, place| {
            match field {
                "issuer" => jwt.issuer = this.issuer(node, place),
                "claimMappings" => jwt.mappings = this.mappings(node, place),
                "claimValidationRules" => {
                    jwt.claim_rules =
                        this.list(node, place, "ClaimValidationRule", Decoder::claim_rule);
                }
                _ => {
                    jwt.user_rules =
                        this.list(node, place, "UserValidationRule", Decoder::user_rule);
                }
            }
        });
        jwt
    }

    fn issuer(&mut self, node: &Node, place: &Place) -> Issuer {
        let mut issuer = Issuer::default();
        let mut known = vec!["url", "certificateAuthority", "audiences"];
        if self.release.since(30) {
            known.extend(["discoveryURL", "audienceMatchPolicy"]);
        }
        if self.release.since(34) {
            known.push("egressSelectorType");
        }
        self.each(node, place, "Issuer", &known, &mut |this, field, node, place| {
            let named = |name: &str, package: &str| format!("{package}.{name}");
            match field {
                "url" => this.text(node, place, &mut issuer.url),
                "discoveryURL" => this.text(node, place, &mut issuer.discovery_url),
                "certificateAuthority" => {
                    this.text(node, place, &mut issuer.certificate_authority);
                }
                "audiences" => issuer.audiences = this.texts(node, place),
                "audienceMatchPolicy" => {
                    let go_type = named("AudienceMatchPolicyType", this.package);
                    this.named_text(node, place, go_type, &mut issuer.audience_match_policy);
                }
                _ => {
                    let go_type = named("EgressSelectorType", this.package);
                    this.named_text(node, place, go_type, &mut issuer.egress_selector_type);
                }
            }
        });
        issuer
    }

    fn claim_rule(&mut self, node: &Node, place: &Place) -> ClaimRuleEntry {
        let mut rule = ClaimRuleEntry::default();
        let known = ["claim", "requiredValue", "expression", "message"];
        self.each(node, place, "ClaimValidationRule", &known, &mut |this, field, node, place| {
            let text = match field {
                "claim" => &mut rule.claim,
                "requiredValue" => &mut rule.required_value,
                "expression" => &mut rule.expression,
                _ => &mut rule.message,
            };
            this.text(node, place, text);
        });
        rule
    }

    fn user_rule(&mut self, node: &Node, place: &Place) -> UserRuleEntry {
        let mut rule = UserRuleEntry::default();
        let known = ["expression", "message"];
        self.each(node, place, "UserValidationRule", &known, &mut |this, field, node, place| {
            let text = if field == "expression" { &mut rule.expression } else { &mut rule.message };
            this.text(node, place, text);
        });
        rule
    }

    fn mappings(&mut self, node: &Node, place: &Place) -> Mappings {
        let mut mappings = Mappings::default();
        let known = ["username", "groups", "uid", "extra"];
        const PREFIXED: (&str, &[&str]) =
            ("PrefixedClaimOrExpression", &["claim", "prefix", "expression"]);
        const PLAIN: (&str, &[&str]) = ("ClaimOrExpression", &["claim", "expression"]);
        self.each(
            node,
            place,
            "ClaimMappings",
            &known,
            &mut |this, field, node, place| match field {
                "username" => mappings.username = this.mapping(node, place, PREFIXED),
                "groups" => mappings.groups = this.mapping(node, place, PREFIXED),
                "uid" => mappings.uid = this.mapping(node, place, PLAIN),
                _ => mappings.extra = this.list(node, place, "ExtraMapping", Decoder::extra),
            },
        );
        mappings
    }

    fn mapping(
        &mut self,
        node: &Node,
        place: &Place,
        (name, known): (&'static str, &[&'static str]),
    ) -> MappingEntry {
        let mut mapping = MappingEntry::default();
        self.each(node, place, name, known, &mut |this, field, node, place| match field {
            "claim" => this.text(node, place, &mut mapping.claim),
            "expression" => this.text(node, place, &mut mapping.expression),
            _ if node.value == Value::Null => mapping.prefix = None,
            _ => this.text(node, place, mapping.prefix.get_or_insert_default()),
        });
        mapping
    }

    fn extra(&mut self, node: &Node, place: &Place) -> ExtraEntry {
        let mut extra = ExtraEntry::default();
        let known = ["key", "valueExpression"];
        self.each(node, place, "ExtraMapping", &known, &mut |this, field, node, place| {
            let text = if field == "key" { &mut extra.key } else { &mut extra.value_expression };
            this.text(node, place, text);
        });
        extra
    }

    /// Visits the known members of a struct; `null` has none, anything but a map is a mismatch.
    fn each(
        &mut self,
        node: &Node,
        place: &Place,
        name: &'static str,
        known: &[&'static str],
        visit: &mut dyn FnMut(&mut Self, &'static str, &Node, &Place),
    ) {
        match &node.value {
            Value::Map(_) | Value::Null => {}
            _ => self.mismatch(node, place, format!("{}.{name}", self.package)),
        }
        let mut seen = Vec::new();
        for (key, node) in node.members() {
            let Some(field) = known.iter().copied().find(|field| *field == key.text) else {
                let unknown = strict_path(place, &key.text);
                self.complain(format!("unknown field {}", quote(&unknown)), key.span);
                continue;
            };
            if seen.contains(&field) && self.duplicates == Duplicates::Reported {
                let path = strict_path(place, field);
                self.complain(format!("duplicate field {}", quote(&path)), key.span);
            }
            seen.push(field);
            visit(self, field, node, &place.member(name, field));
        }
    }

    /// At most a hundred complaints, each once. Source: sigs.k8s.io/json, `saveStrictError`.
    fn complain(&mut self, text: String, span: Span) {
        let strict = &mut self.complaints.strict;
        if strict.len() < 100 && !strict.iter().any(|(known, _)| *known == text) {
            strict.push((text, span));
        }
    }

    fn mismatch(&mut self, node: &Node, place: &Place, go_type: String) {
        if self.complaints.mismatch.is_some() {
            return;
        }
        let found = TypeMismatch { kind: kind(node), go_type, field: None };
        let found = match place.fields.is_empty() {
            true => found,
            false => found.within(place.name, &place.fields.join(".")),
        };
        self.complaints.mismatch = Some((found, node.span));
    }

    fn list<T>(
        &mut self,
        node: &Node,
        place: &Place,
        item: &str,
        read: impl Fn(&mut Self, &Node, &Place) -> T,
    ) -> Vec<T> {
        match &node.value {
            Value::List(_) | Value::Null => {}
            _ => self.mismatch(node, place, format!("[]{}.{item}", self.package)),
        }
        let items = node.items().iter().enumerate();
        items.map(|(index, node)| read(self, node, &place.item(index))).collect()
    }

    fn texts(&mut self, node: &Node, place: &Place) -> Vec<String> {
        match &node.value {
            Value::List(_) | Value::Null => {}
            _ => self.mismatch(node, place, "[]string".to_owned()),
        }
        let read = |node: &Node| {
            let mut text = String::new();
            self.text(node, place, &mut text);
            text
        };
        node.items().iter().map(read).collect()
    }

    fn text(&mut self, node: &Node, place: &Place, text: &mut String) {
        self.named_text(node, place, "string".to_owned(), text);
    }

    fn named_text(&mut self, node: &Node, place: &Place, go_type: String, text: &mut String) {
        match &node.value {
            Value::String(found) => text.clone_from(found),
            Value::Null => {}
            _ => self.mismatch(node, place, go_type),
        }
    }
}

fn strict_path(place: &Place, field: &str) -> String {
    if place.path.is_empty() { field.to_owned() } else { format!("{}.{field}", place.path) }
}

/// The kind of a node in the words of Go's decoder.
pub(super) fn kind(node: &Node) -> Kind {
    match node.value {
        Value::Bool(_) => Kind::Bool,
        Value::List(_) => Kind::Array,
        Value::Map(_) => Kind::Object,
        Value::Null => Kind::Null,
        Value::Number(_) => Kind::Number,
        Value::String(_) => Kind::String,
    }
}
