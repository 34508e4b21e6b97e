//! The AuthenticationConfiguration file, decoded strictly as the server decodes it.

mod decode;
mod load;

pub(crate) use load::load;

/// The file's content before it is validated.
#[derive(Clone, Debug, Default, PartialEq)]
pub(crate) struct Configuration {
    pub(crate) jwt: Vec<Jwt>,
    pub(crate) anonymous: Option<AnonymousSection>,
}

/// The `anonymous` section.
#[derive(Clone, Debug, Default, PartialEq)]
pub(crate) struct AnonymousSection {
    pub(crate) enabled: bool,
    pub(crate) paths: Vec<String>,
}

/// One entry of `jwt`.
#[derive(Clone, Debug, Default, PartialEq)]
pub(crate) struct Jwt {
    pub(crate) issuer: Issuer,
    pub(crate) claim_rules: Vec<ClaimRuleEntry>,
    pub(crate) mappings: Mappings,
    pub(crate) user_rules: Vec<UserRuleEntry>,
}

/// An entry's `issuer`.
#[derive(Clone, Debug, Default, PartialEq)]
pub(crate) struct Issuer {
    pub(crate) url: String,
    pub(crate) discovery_url: String,
    pub(crate) certificate_authority: String,
    pub(crate) audiences: Vec<String>,
    pub(crate) audience_match_policy: String,
    pub(crate) egress_selector_type: String,
}

/// An entry of `claimValidationRules`.
#[derive(Clone, Debug, Default, PartialEq)]
pub(crate) struct ClaimRuleEntry {
    pub(crate) claim: String,
    pub(crate) required_value: String,
    pub(crate) expression: String,
    pub(crate) message: String,
}

/// An entry of `userValidationRules`.
#[derive(Clone, Debug, Default, PartialEq)]
pub(crate) struct UserRuleEntry {
    pub(crate) expression: String,
    pub(crate) message: String,
}

/// An entry's `claimMappings`.
#[derive(Clone, Debug, Default, PartialEq)]
pub(crate) struct Mappings {
    pub(crate) username: MappingEntry,
    pub(crate) groups: MappingEntry,
    pub(crate) uid: MappingEntry,
    pub(crate) extra: Vec<ExtraEntry>,
}

/// A claim with a prefix, or an expression.
#[derive(Clone, Debug, Default, PartialEq)]
pub(crate) struct MappingEntry {
    pub(crate) claim: String,
    pub(crate) prefix: Option<String>,
    pub(crate) expression: String,
}

/// An entry of `claimMappings.extra`.
#[derive(Clone, Debug, Default, PartialEq)]
pub(crate) struct ExtraEntry {
    pub(crate) key: String,
    pub(crate) value_expression: String,
}
