//! Release numbers.

use std::fmt;

/// A release of kubelogin, such as 1.36.3.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Release {
    /// The first number.
    pub major: u16,
    /// The second number.
    pub minor: u16,
    /// The third number.
    pub patch: u16,
}

impl Release {
    /// A release 1.MINOR.PATCH.
    pub(super) const fn one(minor: u16, patch: u16) -> Release {
        Release { major: 1, minor, patch }
    }

    /// Reads `v1.36.3` or `1.36.3`, with whatever follows after a `-` or `+` left out.
    pub fn read(text: &str) -> Option<Release> {
        let text = text.trim().trim_start_matches('v');
        let plain = text.split(['-', '+', ' ']).next()?;
        let mut parts = plain.split('.').map(str::parse::<u16>);
        let (major, minor) = (parts.next()?.ok()?, parts.next()?.ok()?);
        let patch = parts.next().unwrap_or(Ok(0)).ok()?;
        parts.next().is_none().then_some(Release { major, minor, patch })
    }
}

impl fmt::Display for Release {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}.{}.{}", self.major, self.minor, self.patch)
    }
}
