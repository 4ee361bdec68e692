//! As much of a shell as the recorded commands need: quotes, `$(...)`, and pipes into head, tail, grep and sed.

use ha_lab::cluster::Cluster;
use ha_lab::cluster::config::Act;
use ha_lab::sim::SimDuration;

/// The output of a command line, and its status.
#[derive(Clone, Debug, Default)]
pub struct Out {
    pub stdout: String,
    pub stderr: String,
    pub exit: u8,
}

/// The laptop's directory: the recorded `api.yaml`, as JSON.
pub struct Shell<'a> {
    pub cluster: &'a mut Cluster,
    pub api_replicas: &'a mut u32,
}

/// The longest time that a command takes.
const LONGEST: SimDuration = SimDuration::from_secs(200);

impl Shell<'_> {
    /// Runs a line.
    ///
    /// # Errors
    /// The part that this shell does not support.
    pub fn run(&mut self, line: &str) -> Result<Out, String> {
        let mut line = line.to_owned();
        if let Some((edit, rest)) = line.split_once("; ").filter(|(edit, _)| edit.starts_with("sed -i")) {
            let to = edit.split("replicas: ").nth(2).and_then(|t| t.split('/').next());
            *self.api_replicas = to.and_then(|t| t.parse().ok()).ok_or("another edit")?;
            line = rest.to_owned();
        }
        while let Some(start) = line.find("$(") {
            let end = start + line[start..].find(')').ok_or("an open $(")?;
            let inner = self.run(&line[start + 2..end])?;
            line.replace_range(start..=end, inner.stdout.trim());
        }
        if line.contains([';', '&']) && !line.contains("'") {
            return Err("jobs in the background".to_owned());
        }
        let mut stages = pipes(&line).into_iter();
        let mut out = self.tool(&words(&stages.next().unwrap_or_default()))?;
        for stage in stages {
            out.stdout = filter(&words(&stage), &out.stdout)?;
            // grep fails if it finds nothing.
            out.exit = u8::from(stage.trim_start().starts_with("grep") && out.stdout.is_empty());
        }
        Ok(out)
    }

    fn tool(&mut self, words: &[String]) -> Result<Out, String> {
        let (tool, args) = words.split_first().ok_or("nothing")?;
        let mut args = args.to_vec();
        if let Some(place) = args.iter().position(|a| a == "api.yaml") {
            args[place] = "-".to_owned();
            args.extend(["<<<".to_owned(), manifest(*self.api_replicas)]);
        }
        let act = match tool.as_str() {
            "kubectl" => Act::Kubectl { args },
            "etcdctl" => Act::Etcdctl { args },
            other => return Err(format!("{other} is not on this laptop")),
        };
        self.cluster.apply(&act).map_err(|why| ha_lab::lab::narration::acts::refusal(&why))?;
        let limit = self.cluster.now() + LONGEST;
        loop {
            let typed = self.cluster.history().commands.back().expect("it was typed");
            if let Some((_, printed)) = &typed.ended {
                let (stdout, stderr) = (printed.stdout.clone(), printed.stderr.clone());
                return Ok(Out { stdout, stderr, exit: printed.exit });
            }
            if !self.cluster.step_until(limit) {
                return Err("it does not end".to_owned());
            }
        }
    }
}

fn manifest(replicas: u32) -> String {
    format!(
        r#"{{"apiVersion":"apps/v1","kind":"Deployment","metadata":{{"name":"api"}},"spec":{{"replicas":{replicas},"selector":{{"matchLabels":{{"app":"api"}}}},"template":{{"metadata":{{"labels":{{"app":"api"}}}},"spec":{{"containers":[{{"name":"api","image":"nginx:1.27"}}]}}}}}}}}"#
    )
}

fn pipes(line: &str) -> Vec<String> {
    let mut stages = vec![String::new()];
    let mut quote = None;
    for c in line.chars() {
        match (quote, c) {
            (None, '|') => stages.push(String::new()),
            (None, '\'' | '"') => {
                quote = Some(c);
                stages.last_mut().expect("one").push(c);
            }
            (Some(q), c) => {
                if q == c {
                    quote = None;
                }
                stages.last_mut().expect("one").push(c);
            }
            (None, c) => stages.last_mut().expect("one").push(c),
        }
    }
    stages
}

fn words(line: &str) -> Vec<String> {
    let mut words: Vec<String> = Vec::new();
    let (mut quote, mut open) = (None, false);
    for c in line.chars() {
        match (quote, c) {
            (None, ' ') => open = false,
            (Some(q), c) if q == c => quote = None,
            (q, c) => {
                if !std::mem::replace(&mut open, true) {
                    words.push(String::new());
                }
                if q.is_none() && matches!(c, '\'' | '"') {
                    quote = Some(c);
                } else {
                    words.last_mut().expect("one").push(c);
                }
            }
        }
    }
    words
}

fn filter(words: &[String], text: &str) -> Result<String, String> {
    let lines: Vec<&str> = text.lines().collect();
    let count = |word: &String| word.trim_start_matches('-').parse::<usize>().map_err(|_| "no count".to_owned());
    let kept: Vec<&str> = match words {
        [head, n] if head == "head" => lines.into_iter().take(count(n)?).collect(),
        [tail, n] if tail == "tail" => {
            let from = lines.len().saturating_sub(count(n)?);
            lines[from..].to_vec()
        }
        [grep, v, _] if grep == "grep" && v == "-v" => lines.into_iter().filter(|l| !l.starts_with("[+]")).collect(),
        [sed, n, range] if sed == "sed" && n == "-n" => {
            let (from, to) = range.split_once(',').ok_or("another sed")?;
            let from = from.trim_matches('/').trim_start_matches('^');
            let to = to.trim_end_matches('p').trim().trim_matches('/').trim_start_matches('^');
            let start = lines.iter().position(|l| l.starts_with(from)).unwrap_or(lines.len());
            let end = lines[start..].iter().position(|l| to != "$" && l.starts_with(to));
            lines[start..end.map_or(lines.len(), |e| start + e + 1)].to_vec()
        }
        other => return Err(format!("{} is not on this laptop", other.join(" "))),
    };
    Ok(kept.into_iter().map(|l| format!("{l}\n")).collect())
}
