//! Text in columns, as Go's text/tabwriter lays it out, and the bordered tables of etcdctl.

use super::Screen;

/// Lays out text whose cells end with tabs: a column is as wide as the widest cell of the lines next to each other that
/// have it, and `padding`; the last text of a line is no cell. Lines beyond what a screen keeps are left out.
pub fn columns(text: &str, padding: usize) -> String {
    let lines: Vec<Vec<&str>> = text.lines().map(|l| l.split('\t').collect()).collect();
    let mut out = String::with_capacity(text.len().min(Screen::MAX) * 2);
    // For each column, the width in force and the line up to which it is.
    let mut widths: Vec<(usize, usize)> = Vec::new();
    for (i, line) in lines.iter().enumerate() {
        for (j, cell) in line.iter().enumerate() {
            out.push_str(cell);
            if j + 1 == line.len() {
                break;
            }
            if widths.len() <= j {
                widths.push((0, 0));
            }
            if widths[j].1 <= i {
                let block = lines[i..].iter().take_while(|l| l.len() > j + 1);
                let (mut widest, mut end) = (0, i);
                for l in block {
                    widest = widest.max(l[j].chars().count());
                    end += 1;
                }
                widths[j] = (widest + padding, end);
            }
            spaces(widths[j].0 - cell.chars().count(), &mut out);
        }
        out.push('\n');
        if out.len() > Screen::MAX {
            break;
        }
    }
    out
}

fn spaces(count: usize, out: &mut String) {
    for _ in 0..count {
        out.push(' ');
    }
}

/// Rows as `kubectl get` prints them: three spaces between columns.
pub fn rows(rows: &[Vec<String>]) -> String {
    let mut text = String::new();
    for row in rows {
        text.push_str(&row.join("\t"));
        text.push('\n');
    }
    columns(&text, 3)
}

/// Rows as `etcdctl -w table` prints them: the first is the header, in the middle of its column; the others to the right.
pub fn bordered(rows: &[Vec<String>]) -> String {
    let count = rows.first().map_or(0, Vec::len);
    let widths: Vec<usize> =
        (0..count).map(|c| rows.iter().map(|r| r[c].chars().count()).max().unwrap_or(0) + 2).collect();
    let mut border = String::new();
    for width in &widths {
        border.push('+');
        border.push_str(&"-".repeat(*width));
    }
    border.push_str("+\n");
    let mut out = border.clone();
    for (i, row) in rows.iter().enumerate() {
        for (cell, width) in row.iter().zip(&widths) {
            let free = width - cell.chars().count();
            let left = if i == 0 { free / 2 } else { free - 1 };
            out.push('|');
            spaces(left, &mut out);
            out.push_str(cell);
            spaces(free - left, &mut out);
        }
        out.push_str("|\n");
        if i == 0 {
            out.push_str(&border);
        }
    }
    out.push_str(&border);
    out
}
