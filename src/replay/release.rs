//! Releases of Kubernetes, as far as they decide differently.

use std::fmt;

/// A minor release, such as 1.37.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Release {
    /// The first number.
    pub major: u32,
    /// The second number.
    pub minor: u32,
}

impl Release {
    /// The newest release whose behaviour is known.
    pub const NEWEST: Release = Release { major: 1, minor: 37 };

    /// Reads a version as `/version` or a person gives it: `v1.26.3`, `1.37`, `v1.33.5+k3s1`.
    pub fn parse(text: &str) -> Option<Release> {
        let text = text.trim();
        let text = text.strip_prefix(['v', 'V']).unwrap_or(text);
        let mut parts = text.split('.');
        let major = parts.next()?.parse().ok()?;
        let second = parts.next()?;
        let digits = second.find(|c: char| !c.is_ascii_digit()).unwrap_or(second.len());
        let minor = second[..digits].parse().ok()?;
        Some(Release { major, minor })
    }

    /// Whether this release is 1.`minor` or newer.
    pub(crate) fn since(self, minor: u32) -> bool {
        self >= Release { major: 1, minor }
    }

    /// What go-jose calls itself in its errors.
    /// Source: k8s.io/apiserver go.mod: square/go-jose up to 1.32, go-jose/go-jose after.
    pub(crate) fn jose(self) -> &'static str {
        if self.since(33) { "go-jose/go-jose" } else { "square/go-jose" }
    }
}

impl fmt::Display for Release {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}.{}", self.major, self.minor)
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "a test may stop")]

    use super::*;

    #[test]
    fn versions_are_read() {
        let release = |minor| Some(Release { major: 1, minor });
        assert_eq!(Release::parse("v1.26.3"), release(26));
        assert_eq!(Release::parse("1.37"), release(37));
        assert_eq!(Release::parse("v1.33.5+k3s1"), release(33));
        assert_eq!(Release::parse("1.29+"), release(29));
        assert_eq!(Release::parse("v1"), None);
        assert_eq!(Release::parse("1.x"), None);
        assert_eq!(Release::parse(""), None);
        assert!(Release::NEWEST.since(36));
    }
}
