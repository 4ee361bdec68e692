//! Flags as Go's pflag parses them, for both tools: the flags, their values, and the other arguments.

/// A flag that the lab supports.
pub(crate) struct Flag {
    pub(crate) name: &'static str,
    /// `n` for `-n`; a space for none.
    pub(crate) short: char,
    /// Whether it takes a value.
    pub(crate) takes: bool,
    /// The commands that have it, with spaces around each; `*` for all.
    pub(crate) of: &'static str,
}

impl Flag {
    pub(crate) const fn value(name: &'static str, short: char, of: &'static str) -> Self {
        Flag { name, short, takes: true, of }
    }

    pub(crate) const fn switch(name: &'static str, short: char, of: &'static str) -> Self {
        Flag { name, short, takes: false, of }
    }
}

/// What was typed, sorted.
#[derive(Default)]
pub(crate) struct Typed {
    pub(crate) words: Vec<String>,
    values: Vec<(&'static str, String)>,
}

impl Typed {
    /// The last value that was given.
    pub(crate) fn get(&self, name: &str) -> Option<&str> {
        self.values.iter().rev().find(|(n, _)| *n == name).map(|(_, v)| v.as_str())
    }

    pub(crate) fn is_on(&self, name: &str) -> bool {
        self.get(name).is_some_and(|v| v != "false")
    }

    /// The flags that were given.
    pub(crate) fn names(&self) -> impl Iterator<Item = &'static str> + '_ {
        self.values.iter().map(|(n, _)| *n)
    }
}

/// Sorts arguments into flags and words.
///
/// # Errors
/// pflag's error, such as `unknown flag: --nope`, and the flag's name if it is unknown.
pub(crate) fn sort(args: &[String], flags: &'static [Flag]) -> Result<Typed, (String, Option<String>)> {
    let mut typed = Typed::default();
    let mut args = args.iter();
    while let Some(arg) = args.next() {
        if let Some(long) = arg.strip_prefix("--").filter(|l| !l.is_empty()) {
            let (name, attached) = long.split_once('=').map_or((long, None), |(n, v)| (n, Some(v.to_owned())));
            let Some(flag) = flags.iter().find(|f| f.name == name) else {
                return Err((format!("unknown flag: --{name}"), Some(name.to_owned())));
            };
            let value = match (attached, flag.takes) {
                (Some(value), _) => value,
                (None, false) => "true".to_owned(),
                (None, true) => match args.next() {
                    Some(value) => value.clone(),
                    None => return Err((format!("flag needs an argument: --{name}"), None)),
                },
            };
            typed.values.push((flag.name, value));
        } else if arg.len() > 1 && arg.starts_with('-') && arg != "--" {
            let mut rest = arg[1..].chars();
            while let Some(short) = rest.next() {
                let Some(flag) = flags.iter().find(|f| f.short == short && short != ' ') else {
                    return Err((format!("unknown shorthand flag: '{short}' in {arg}"), Some(short.to_string())));
                };
                if !flag.takes {
                    typed.values.push((flag.name, "true".to_owned()));
                    continue;
                }
                let attached = rest.as_str().strip_prefix('=').unwrap_or(rest.as_str());
                let value = if !attached.is_empty() {
                    attached.to_owned()
                } else if let Some(value) = args.next() {
                    value.clone()
                } else {
                    return Err((format!("flag needs an argument: '{short}' in {arg}"), None));
                };
                typed.values.push((flag.name, value));
                break;
            }
        } else {
            typed.words.push(arg.clone());
        }
    }
    Ok(typed)
}
