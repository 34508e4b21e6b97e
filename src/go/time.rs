//! Moments as Go counts, compares and prints them, wrap-around included.

/// Seconds from the first of January of year 1 to the Unix epoch.
/// Source: Go, time, `unixToInternal`.
const YEAR_ONE_TO_UNIX: i64 = 62_135_596_800;

/// Seconds from the first of March of year -292277022400, where Go starts counting days, to the
/// Unix epoch. Source: Go, time, `unixToAbsolute`.
const ABSOLUTE_TO_UNIX: i64 = 9_223_372_028_741_760_000;

/// The year in which Go starts counting. Source: Go, time, `absoluteYears`.
const ABSOLUTE_YEARS: i128 = 292_277_022_400;

/// A moment: seconds and nanoseconds since the Unix epoch.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Moment {
    /// Whole seconds since 1970-01-01T00:00:00Z.
    pub seconds: i64,
    /// Nanoseconds within the second.
    pub nanos: u32,
}

impl Moment {
    /// The moment of Go's zero time, the first second of year 1.
    pub const ZERO: Moment = Moment { seconds: -YEAR_ONE_TO_UNIX, nanos: 0 };

    /// Whether Go takes this moment for an earlier one. Go counts from year 1, so that moments in the
    /// far future wrap around and count as past. Source: Go, time, `Time.Before`.
    pub fn before(self, other: Moment) -> bool {
        self.internal() < other.internal()
    }

    /// The moment this many seconds later.
    pub fn plus_seconds(self, seconds: i64) -> Moment {
        Moment { seconds: self.seconds.wrapping_add(seconds), ..self }
    }

    fn internal(self) -> (i64, u32) {
        (self.seconds.wrapping_add(YEAR_ONE_TO_UNIX), self.nanos)
    }

    /// The moment as Go prints it in UTC, `2023-11-14 22:13:20 +0000 UTC`.
    /// Source: Go, time, `Time.String`.
    pub fn go_text(self) -> String {
        let absolute = self.seconds.wrapping_add(ABSOLUTE_TO_UNIX).cast_unsigned();
        let (days, rest) = (absolute / 86_400, absolute % 86_400);
        let (year, month, day) = civil(i128::from(days));
        let sign = if year < 0 { "-" } else { "" };
        let (year, hour, minute, second) = (year.abs(), rest / 3600, rest / 60 % 60, rest % 60);
        let fraction = fraction(self.nanos);
        format!(
            "{sign}{year:04}-{month:02}-{day:02} {hour:02}:{minute:02}:{second:02}{fraction} +0000 UTC"
        )
    }
}

/// Year, month and day of a count of days from Go's first day, which is a first of March of a year
/// that 400 divides.
fn civil(days: i128) -> (i128, i128, i128) {
    let (era, day_of_era) = (days / 146_097, days % 146_097);
    let year_of_era =
        (day_of_era - day_of_era / 1460 + day_of_era / 36_524 - day_of_era / 146_096) / 365;
    let day_of_year = day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
    let month_from_march = (5 * day_of_year + 2) / 153;
    let day = day_of_year - (153 * month_from_march + 2) / 5 + 1;
    let month = if month_from_march < 10 { month_from_march + 3 } else { month_from_march - 9 };
    let year = era * 400 + year_of_era - ABSOLUTE_YEARS + i128::from(month <= 2);
    (year, month, day)
}

/// `.12` for 120 000 000 nanoseconds, nothing for none.
fn fraction(nanos: u32) -> String {
    if nanos == 0 {
        return String::new();
    }
    let digits = format!("{nanos:09}");
    format!(".{}", digits.trim_end_matches('0'))
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "a test may stop")]

    use super::*;

    #[test]
    fn go_prints_the_same() {
        let text = |seconds| Moment { seconds, nanos: 0 }.go_text();
        assert_eq!(text(0), "1970-01-01 00:00:00 +0000 UTC");
        assert_eq!(text(1_700_000_000), "2023-11-14 22:13:20 +0000 UTC");
        assert_eq!(text(i64::MAX), "292277026596-12-04 15:30:07 +0000 UTC");
        assert_eq!(text(i64::MIN), "292277026596-12-04 15:30:08 +0000 UTC");
        assert_eq!(text(9_223_371_974_719_179_007), "292277024627-12-06 15:30:07 +0000 UTC");
        assert_eq!(text(-62_135_596_801), "0000-12-31 23:59:59 +0000 UTC");
        assert_eq!(text(-99_999_999_999_999), "-3166904-02-24 14:13:21 +0000 UTC");
        assert_eq!(text(253_402_300_800), "10000-01-01 00:00:00 +0000 UTC");
        assert_eq!(Moment::ZERO.go_text(), "0001-01-01 00:00:00 +0000 UTC");
        let moment = Moment { seconds: 5, nanos: 120_000_000 };
        assert_eq!(moment.go_text(), "1970-01-01 00:00:05.12 +0000 UTC");
    }

    #[test]
    fn the_far_future_is_past() {
        let now = Moment { seconds: 1_700_000_000, nanos: 1 };
        assert!(!Moment { seconds: 9_223_371_974_719_179_007, nanos: 0 }.before(now));
        assert!(Moment { seconds: 9_223_371_974_719_179_008, nanos: 0 }.before(now));
        assert!(Moment { seconds: 1_700_000_000, nanos: 0 }.before(now));
        assert!(!now.before(now));
    }
}
