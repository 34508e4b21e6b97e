//! A point in time as certificates and answers carry it.

use std::fmt;

use chrono::{DateTime, SecondsFormat, Utc};
use serde::{Deserialize, Deserializer, Serialize, Serializer};

/// A point in time, to the second. Written and read as RFC 3339 in UTC.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Moment(DateTime<Utc>);

impl Moment {
    /// The moment so many seconds after 1970; beyond what a calendar holds, the calendar's end.
    #[must_use]
    pub fn from_unix(seconds: i64) -> Self {
        let end = if seconds < 0 { DateTime::<Utc>::MIN_UTC } else { DateTime::<Utc>::MAX_UTC };
        Self(DateTime::from_timestamp(seconds, 0).unwrap_or(end))
    }

    /// Seconds after 1970.
    #[must_use]
    pub fn unix(self) -> i64 {
        self.0.timestamp()
    }

    /// Reads RFC 3339.
    #[must_use]
    pub fn from_rfc3339(text: &str) -> Option<Self> {
        DateTime::parse_from_rfc3339(text).ok().map(|time| Self::from_unix(time.timestamp()))
    }

    /// Reads the form of HTTP's `Date` header (`Tue, 24 Nov 2026 09:00:00 GMT`).
    #[must_use]
    pub fn from_http(text: &str) -> Option<Self> {
        DateTime::parse_from_rfc2822(text.trim()).ok().map(|time| Self::from_unix(time.timestamp()))
    }
}

impl fmt::Display for Moment {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str(&self.0.to_rfc3339_opts(SecondsFormat::Secs, true))
    }
}

impl Serialize for Moment {
    fn serialize<S: Serializer>(&self, to: S) -> Result<S::Ok, S::Error> {
        to.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for Moment {
    fn deserialize<D: Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        let text = String::deserialize(from)?;
        Self::from_rfc3339(&text)
            .ok_or_else(|| serde::de::Error::custom(format!("{text:?} is not an RFC 3339 time")))
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "a test may stop")]

    use super::Moment;

    #[test]
    fn forms() {
        let moment = Moment::from_unix(1_700_000_000);
        assert_eq!(moment.to_string(), "2023-11-14T22:13:20Z");
        assert_eq!(Moment::from_rfc3339("2023-11-15T00:13:20+02:00"), Some(moment));
        assert_eq!(Moment::from_http("Tue, 14 Nov 2023 22:13:20 GMT"), Some(moment));
        assert_eq!(Moment::from_http("yesterday"), None);
        let json = serde_json::to_string(&moment).unwrap();
        assert_eq!(serde_json::from_str::<Moment>(&json).unwrap(), moment);
        assert!(Moment::from_unix(i64::MAX) > moment);
    }
}
