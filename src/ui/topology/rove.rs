//! Arrow keys within a group of parts that is one stop of the Tab key. Pure: computes the next part from their places.

use super::layout::Rect;

/// Returns the part that `key` goes to from part `at`, by their places.
pub(crate) fn next(parts: &[Rect], at: usize, key: &str) -> Option<usize> {
    let here = parts.get(at)?;
    let last = parts.len() - 1;
    let nearest = |beyond: &dyn Fn(&Rect) -> Option<f64>| {
        let mut best: Option<(f64, usize)> = None;
        for (n, part) in parts.iter().enumerate() {
            let Some(far) = beyond(part) else { continue };
            let off = (part.cx() - here.cx()).abs() + far * 4.0;
            if n != at && best.is_none_or(|(least, _)| off < least) {
                best = Some((off, n));
            }
        }
        best.map(|(_, n)| n)
    };
    match key {
        "Home" => Some(0),
        "End" => Some(last),
        // Along the line, and on to the next.
        "ArrowRight" => Some((at + 1).min(last)),
        "ArrowLeft" => Some(at.saturating_sub(1)),
        "ArrowDown" => nearest(&|part| (part.cy() > here.bottom()).then(|| part.cy() - here.cy())).or(Some(at)),
        "ArrowUp" => nearest(&|part| (part.cy() < here.y).then(|| here.cy() - part.cy())).or(Some(at)),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn arrows_walk_a_grid() {
        // 0 1 2
        // 3 4
        let parts: Vec<_> =
            (0..5).map(|n| Rect { x: f64::from(n % 3) * 20.0, y: f64::from(n / 3) * 20.0, w: 16.0, h: 16.0 }).collect();
        for (at, key, to) in [
            (0, "ArrowRight", 1),
            (2, "ArrowRight", 3),
            (3, "ArrowLeft", 2),
            (0, "ArrowLeft", 0),
            (1, "ArrowDown", 4),
            (2, "ArrowDown", 4),
            (4, "ArrowUp", 1),
            (4, "ArrowDown", 4),
            (1, "End", 4),
            (4, "Home", 0),
        ] {
            assert_eq!(next(&parts, at, key), Some(to), "{key} from {at}");
        }
        assert_eq!(next(&parts, 0, "x"), None);
    }
}
