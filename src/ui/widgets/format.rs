//! Formats numbers and times for the page. Pure.

const S: u64 = 1_000_000;

/// `00:01:08.2`: the clock of the run.
pub(crate) fn clock(us: u64) -> String {
    let tenths = us / 100_000;
    let (h, m, s) = (tenths / 36_000, tenths / 600 % 60, tenths / 10 % 60);
    format!("{h:02}:{m:02}:{s:02}.{}", tenths % 10)
}

/// `1:08.2`, `2:03:08.2`: an instant in a list.
pub(crate) fn instant(us: u64) -> String {
    let tenths = us / 100_000;
    let (h, m, s) = (tenths / 36_000, tenths / 600 % 60, tenths / 10 % 60);
    if h > 0 { format!("{h}:{m:02}:{s:02}.{}", tenths % 10) } else { format!("{m}:{s:02}.{}", tenths % 10) }
}

/// `30 s`, `1:30`, `1:00 h`: a tick of the time axis.
pub(crate) fn tick(us: u64) -> String {
    let s = us / S;
    match s {
        0..60 => format!("{s} s"),
        60..3600 => format!("{}:{:02}", s / 60, s % 60),
        _ => format!("{}:{:02} h", s / 3600, s / 60 % 60),
    }
}

/// `5.9 s`, `1 min 05 s`: a duration, in tenths below a minute.
pub(crate) fn seconds(us: u64) -> String {
    if us < 60 * S { format!("{:.1} s", us as f64 / S as f64) } else { coarse(us) }
}

/// `8 s`, `1 min 05 s`, `2 h 03 min`: the age of a state, in whole seconds.
pub(crate) fn coarse(us: u64) -> String {
    let s = us / S;
    match s {
        0..60 => format!("{s} s"),
        60..3600 => format!("{} min {:02} s", s / 60, s % 60),
        _ => format!("{} h {:02} min", s / 3600, s / 60 % 60),
    }
}

/// `200 µs`, `80 ms`, `1.5 s`: the latency of a packet.
pub(crate) fn latency(us: u64) -> String {
    match us {
        0..1_000 => format!("{us} µs"),
        1_000..1_000_000 => format!("{} ms", us as f64 / 1e3),
        _ => format!("{} s", us as f64 / 1e6),
    }
}

/// `1 204`: a number with thin spaces between thousands.
pub(crate) fn count(n: u64) -> String {
    let digits = n.to_string();
    let mut out = String::new();
    for (at, digit) in digits.chars().enumerate() {
        if at > 0 && (digits.len() - at).is_multiple_of(3) {
            out.push('\u{202f}');
        }
        out.push(digit);
    }
    out
}

/// `15s`, `1.5s`: a duration in the format of a flag.
pub(crate) fn flag_seconds(us: u64) -> String {
    let tenths = us / 100_000;
    if tenths.is_multiple_of(10) { format!("{}s", tenths / 10) } else { format!("{}.{}s", tenths / 10, tenths % 10) }
}

/// Width of a character relative to the font's size, for the widest system font that a learner may have.
const WIDTH: f64 = 0.61;

/// A Chinese character is as wide as it is high.
fn width_of(c: char) -> f64 {
    if c >= '\u{2e80}' { 1.0 } else { WIDTH }
}

/// Returns an upper bound of the width of `text` at `size` px.
pub(crate) fn width(text: &str, size: f64) -> f64 {
    text.chars().map(width_of).sum::<f64>() * size
}

/// Returns `text`, or as much of it as fits `px` at `size` px of a sans-serif font, with an ellipsis.
pub(crate) fn fit(text: &str, px: f64, size: f64) -> String {
    if width(text, size) <= px + 1e-6 {
        return text.to_owned();
    }
    let mut left = px - width("…", size);
    let fits = |c: &char| {
        left -= width_of(*c) * size;
        left >= -1e-6
    };
    text.chars().take_while(fits).chain(['…']).collect()
}

/// Returns the last part of a pod's name, which distinguishes it from its siblings.
pub(crate) fn pod_suffix(name: &str) -> &str {
    name.rsplit('-').next().unwrap_or(name)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_are_written_with_their_units() {
        for (us, clock_is, instant_is, tick_is, seconds_is) in [
            (0, "00:00:00.0", "0:00.0", "0 s", "0.0 s"),
            (68_249_999, "00:01:08.2", "1:08.2", "1:08", "1 min 08 s"),
            (59_960_000, "00:00:59.9", "0:59.9", "59 s", "60.0 s"),
            (7_384_000_000, "02:03:04.0", "2:03:04.0", "2:03 h", "2 h 03 min"),
        ] {
            assert_eq!(clock(us), clock_is);
            assert_eq!(instant(us), instant_is);
            assert_eq!(tick(us), tick_is);
            assert_eq!(seconds(us), seconds_is);
        }
        assert_eq!([latency(200), latency(80_000), latency(1_500_000)], ["200 µs", "80 ms", "1.5 s"]);
        assert_eq!(flag_seconds(1_500_000), "1.5s");
    }

    #[test]
    fn long_texts_are_cut_and_numbers_are_grouped() {
        assert_eq!(fit("kube-controller-manager", 60.0, 12.0), "kube-co…");
        assert_eq!(fit("etcd", 60.0, 12.0), "etcd");
        assert_eq!(fit("控制器管理器", 60.0, 12.0), "控制器管…");
        assert_eq!(count(1_234_567), "1\u{202f}234\u{202f}567");
        assert_eq!(count(999), "999");
        assert_eq!(pod_suffix("web-69c6f74b8b-x4k2p"), "x4k2p");
    }
}
