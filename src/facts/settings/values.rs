//! Values that hold more than their author meant: quotes, blanks, comments.

use super::Argument;

/// What is odd about a flag's value.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Oddity {
    /// Quotes stand inside the value.
    Quotes,
    /// Blanks at an end, a line break, or what was meant as a comment.
    StrayText,
}

/// The OIDC arguments whose values are odd, with what is odd about each.
pub fn oddities(arguments: &[Argument]) -> Vec<(&Argument, Oddity)> {
    arguments
        .iter()
        .filter(|a| a.name().starts_with("--oidc-"))
        .filter_map(|a| oddity(a.value()?).map(|oddity| (a, oddity)))
        .collect()
}

fn oddity(value: &str) -> Option<Oddity> {
    if value.contains(['"', '\'']) {
        return Some(Oddity::Quotes);
    }
    let blank = value.trim() != value || value.contains(['\n', '\r', '\t']) || value.contains(" #");
    blank.then_some(Oddity::StrayText)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tells_quotes_from_blanks() {
        assert_eq!(oddity("\"oidc:\""), Some(Oddity::Quotes));
        assert_eq!(oddity("kubernetes # the client"), Some(Oddity::StrayText));
        assert_eq!(oddity("kubernetes "), Some(Oddity::StrayText));
        assert_eq!(oddity("https://idp.example.com/#a"), None);
    }
}
