//! Splits a line into words.

/// The rest of a line. Quoted text is one word.
pub(super) struct Words<'a> {
    words: Vec<&'a str>,
    next: usize,
}

impl<'a> Words<'a> {
    pub(crate) fn of(text: &'a str) -> Result<Self, String> {
        let (mut words, mut rest) = (Vec::new(), text.trim());
        while !rest.is_empty() {
            let end = match rest.strip_prefix('"') {
                Some(inner) => match inner.find('"') {
                    Some(end) => end + 2,
                    None => return Err("a \" is opened and not closed".to_owned()),
                },
                None => rest.find(char::is_whitespace).unwrap_or(rest.len()),
            };
            words.push(&rest[..end]);
            rest = rest[end..].trim_start();
        }
        Ok(Words { words, next: 0 })
    }

    pub(crate) fn peek(&self) -> Option<&'a str> {
        self.words.get(self.next).copied()
    }

    /// Takes the next word.
    ///
    /// # Errors
    /// If there is none; names what is allowed.
    pub(crate) fn need(&mut self, allowed: &str) -> Result<&'a str, String> {
        let word = self.peek().ok_or_else(|| format!("the line ends too early; allowed: {allowed}"))?;
        self.next += 1;
        Ok(word)
    }

    /// Takes the next word, which must be in quotes.
    pub(crate) fn quoted(&mut self) -> Result<String, String> {
        let word = self.need("text in quotes")?;
        let inner = word.strip_prefix('"').and_then(|w| w.strip_suffix('"')).filter(|w| !w.is_empty());
        inner.map(str::to_owned).ok_or_else(|| format!("{word} is not in quotes; allowed: text in quotes"))
    }

    pub(crate) fn end(&self) -> Result<(), String> {
        self.peek().map_or(Ok(()), |word| Err(format!("{word:?} is one word too many")))
    }
}

/// Reads one of a few words.
pub(super) fn one_of<T: Copy>(word: &str, allowed: &[(&str, T)]) -> Result<T, String> {
    let found = allowed.iter().find(|(name, _)| *name == word);
    found.map(|(_, value)| *value).ok_or_else(|| {
        let names: Vec<&str> = allowed.iter().map(|(name, _)| *name).collect();
        format!("{word:?} is not known here; allowed: {}", names.join(", "))
    })
}
