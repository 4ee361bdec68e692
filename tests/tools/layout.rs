//! The layout of recorded tables, exact to the space: laying out their cells again gives the same text.

use ha_lab::console::table::{bordered, columns, rows};

/// Splits a line into cells at runs of at least this many spaces.
fn cells(line: &str, gap: usize) -> Vec<String> {
    let (mut cells, mut rest) = (Vec::new(), line);
    let space = " ".repeat(gap);
    while let Some(at) = rest.find(&space) {
        cells.push(rest[..at].to_owned());
        rest = rest[at..].trim_start();
    }
    cells.push(rest.to_owned());
    cells
}

/// Checks one recorded output. Returns whether its kind is known here.
pub fn check(command: &str, text: &str) -> bool {
    let first = text.lines().next().unwrap_or_default();
    let lines = || text.lines().map(str::to_owned);
    if text.starts_with('+') {
        let inside = lines().filter(|l| l.starts_with('|'));
        let table: Vec<Vec<String>> =
            inside.map(|l| l.trim_matches('|').split('|').map(|c| c.trim().to_owned()).collect()).collect();
        assert_eq!(bordered(&table), text, "{command}");
    } else if command.starts_with("kubectl get") && (first.starts_with("NAME ") || first.starts_with("NAMESPACE ")) {
        for block in text.split("\n\n") {
            let block = block.trim_end_matches('\n').to_owned() + "\n";
            let table: Vec<Vec<String>> = block.lines().map(|l| cells(l, 3)).collect();
            assert_eq!(rows(&table), block, "{command}");
        }
    } else if command.starts_with("kubectl describe lease") || command.starts_with("kubectl describe svc") {
        let tabbed = lines().map(|l| {
            let inner = l.trim_start();
            format!("{}{}\n", &l[..l.len() - inner.len()], cells(inner, 2).join("\t"))
        });
        assert_eq!(columns(&tabbed.collect::<String>(), 2), text, "{command}");
    } else {
        return false;
    }
    true
}
