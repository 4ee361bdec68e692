//! Dates as objects carry them. The simulation begins on 1 January 2026 at 00:00:00 UTC.

use crate::sim::SimTime;

/// Days from 1970 to the beginning of the simulation.
const EPOCH_DAYS: u64 = 20_454;

/// metav1.Time, to the second: `2026-01-01T00:00:05Z`
pub fn rfc3339(at: SimTime) -> String {
    let seconds = at.0 / 1_000_000;
    // Howard Hinnant's civil_from_days.
    let z = EPOCH_DAYS + seconds / 86_400 + 719_468;
    let (era, doe) = (z / 146_097, z % 146_097);
    let yoe = (doe - doe / 1_460 + doe / 36_524 - doe / 146_096) / 365;
    let doy = doe - (365 * yoe + yoe / 4 - yoe / 100);
    let mp = (5 * doy + 2) / 153;
    let (day, month) = (doy - (153 * mp + 2) / 5 + 1, if mp < 10 { mp + 3 } else { mp - 9 });
    let year = yoe + era * 400 + u64::from(month <= 2);
    let (h, m, s) = (seconds / 3_600 % 24, seconds / 60 % 60, seconds % 60);
    format!("{year}-{month:02}-{day:02}T{h:02}:{m:02}:{s:02}Z")
}

/// Reads what [`rfc3339`] writes; none if it is something else, or before the simulation.
pub fn parse_rfc3339(text: &str) -> Option<SimTime> {
    let mut parts = text.strip_suffix('Z')?.split(['-', 'T', ':']).map(|part| part.parse::<u64>().ok());
    let mut next = || parts.next().flatten();
    let (year, month, day, h, m, s) = (next()?, next()?, next()?, next()?, next()?, next()?);
    if !(2_026..10_000).contains(&year) || !(1..=12).contains(&month) || !(1..=31).contains(&day) {
        return None;
    }
    // days_from_civil of the same author.
    let y = if month <= 2 { year - 1 } else { year };
    let (era, yoe) = (y / 400, y % 400);
    let doy = (153 * ((month + 9) % 12) + 2) / 5 + day - 1;
    let days = (era * 146_097 + yoe * 365 + yoe / 4 - yoe / 100 + doy).checked_sub(719_468 + EPOCH_DAYS)?;
    Some(SimTime((days * 86_400 + h * 3_600 + m * 60 + s) * 1_000_000))
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
        ];
        for (seconds, text) in rows {
            let at = SimTime(seconds * 1_000_000);
            assert_eq!((rfc3339(at).as_str(), parse_rfc3339(text)), (text, Some(at)));
        }
        for wrong in ["", "Z", "2025-12-31T00:00:00Z", "2026-13-01T00:00:00Z", "2026-01-01", "x"] {
            assert_eq!(parse_rfc3339(wrong), None, "{wrong}");
        }
    }
}
