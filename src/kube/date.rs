//! Dates as objects carry them. The simulation begins on 1 January 2026 at 00:00:00 UTC.

use crate::sim::WallTime;

/// Days from 1970 to the beginning of the simulation.
const EPOCH_DAYS: i64 = 20_454;

/// metav1.Time, to the second: `2026-01-01T00:00:05Z`
pub(crate) fn rfc3339(at: WallTime) -> String {
    let seconds = at.0.div_euclid(1_000_000);
    // Howard Hinnant's civil_from_days, for days after the year 0.
    let z = (EPOCH_DAYS + seconds.div_euclid(86_400) + 719_468).max(0);
    let (era, doe) = (z / 146_097, z % 146_097);
    let yoe = (doe - doe / 1_460 + doe / 36_524 - doe / 146_096) / 365;
    let doy = doe - (365 * yoe + yoe / 4 - yoe / 100);
    let mp = (5 * doy + 2) / 153;
    let (day, month) = (doy - (153 * mp + 2) / 5 + 1, if mp < 10 { mp + 3 } else { mp - 9 });
    let year = yoe + era * 400 + i64::from(month <= 2);
    let (h, m, s) = {
        let s = seconds.rem_euclid(86_400);
        (s / 3_600, s / 60 % 60, s % 60)
    };
    format!("{year}-{month:02}-{day:02}T{h:02}:{m:02}:{s:02}Z")
}

/// Parses what [`rfc3339`] writes; `None` if it is something else, or before 1970.
pub(crate) fn parse_rfc3339(text: &str) -> Option<WallTime> {
    let mut parts = text.strip_suffix('Z')?.split(['-', 'T', ':']).map(|part| part.parse::<u32>().ok().map(i64::from));
    let mut next = || parts.next().flatten();
    let (year, month, day, h, m, s) = (next()?, next()?, next()?, next()?, next()?, next()?);
    if !(1_970..10_000).contains(&year) || !(1..=12).contains(&month) || !(1..=31).contains(&day) {
        return None;
    }
    // days_from_civil of the same author.
    let y = if month <= 2 { year - 1 } else { year };
    let (era, yoe) = (y / 400, y % 400);
    let doy = (153 * ((month + 9) % 12) + 2) / 5 + day - 1;
    let days = era * 146_097 + yoe * 365 + yoe / 4 - yoe / 100 + doy - 719_468 - EPOCH_DAYS;
    Some(WallTime((days * 86_400 + h * 3_600 + m * 60 + s) * 1_000_000))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Guards both directions, over leap years and ends of months.
    #[test]
    fn dates_are_written_and_read_back() {
        let rows = [
            (0, "2026-01-01T00:00:00Z"),
            (5, "2026-01-01T00:00:05Z"),
            (31 * 86_400 - 1, "2026-01-31T23:59:59Z"),
            (59 * 86_400, "2026-03-01T00:00:00Z"),
            (789 * 86_400, "2028-02-29T00:00:00Z"),
            (790 * 86_400, "2028-03-01T00:00:00Z"),
            (-1, "2025-12-31T23:59:59Z"),
            (-7 * 86_400, "2025-12-25T00:00:00Z"),
            (-671 * 86_400, "2024-03-01T00:00:00Z"),
            (-20_454 * 86_400, "1970-01-01T00:00:00Z"),
        ];
        for (seconds, text) in rows {
            let at = WallTime(seconds * 1_000_000);
            assert_eq!((rfc3339(at).as_str(), parse_rfc3339(text)), (text, Some(at)));
        }
        for wrong in ["", "Z", "1969-12-31T00:00:00Z", "2026-13-01T00:00:00Z", "2026-01-01", "x"] {
            assert_eq!(parse_rfc3339(wrong), None, "{wrong}");
        }
    }
}
