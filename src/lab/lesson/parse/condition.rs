//! Conditions: `takeovers kube-scheduler >= 1 and lane can-write is up or quorum is no`. `and` binds tighter than `or`.

use super::measure;
use super::target::{self, Scope};
use super::words::Words;
use crate::lab::lesson::model::measure::{Kind, NOBODY};
use crate::lab::lesson::model::{Comparison, Condition, Operand, Test};
use crate::sim::SimDuration;

/// The longest condition, in bytes, and the most comparisons in one.
pub(super) const MAX_CONDITION: usize = 400;
const MAX_COMPARISONS: usize = 8;

/// Reads a condition.
///
/// # Errors
/// What was found and what is allowed.
pub(super) fn read(text: &str, names: &Scope<'_>) -> Result<Condition, String> {
    let text = text.trim();
    if text.len() > MAX_CONDITION {
        return Err(format!("a condition of {} bytes; allowed: at most {MAX_CONDITION}", text.len()));
    }
    let mut words = Words::of(text)?;
    let (mut any, mut all, mut count) = (Vec::new(), Vec::new(), 0);
    loop {
        all.push(comparison(&mut words, names)?);
        count += 1;
        if count > MAX_COMPARISONS {
            return Err(format!("more than {MAX_COMPARISONS} comparisons in one line"));
        }
        match words.peek() {
            None => break,
            Some("and") => {}
            Some("or") => any.push(std::mem::take(&mut all)),
            Some(word) => return Err(format!("{word:?} after a comparison; allowed: and, or, the end of the line")),
        }
        words.need("and, or")?;
    }
    any.push(all);
    Ok(Condition { any, text: text.to_owned() })
}

fn comparison(words: &mut Words<'_>, names: &Scope<'_>) -> Result<Comparison, String> {
    let measure = measure::read(words, names)?;
    let kind = measure.kind(names.kept);
    let allowed = match kind {
        Kind::Number | Kind::Span => "is, is not, <, <=, >, >=, in FROM..TO",
        Kind::Word(_) | Kind::Host => "is, is not",
        Kind::Text => "is, is not, contains",
    };
    let sign = words.need(allowed)?;
    let ordered = matches!(kind, Kind::Number | Kind::Span);
    let test = match sign {
        "is" if words.peek() == Some("not") => {
            words.need("not")?;
            Test::IsNot(operand(words, kind, names)?)
        }
        "is" => Test::Is(operand(words, kind, names)?),
        "<" if ordered => Test::Less(operand(words, kind, names)?),
        "<=" if ordered => Test::AtMost(operand(words, kind, names)?),
        ">" if ordered => Test::More(operand(words, kind, names)?),
        ">=" if ordered => Test::AtLeast(operand(words, kind, names)?),
        "in" if ordered => {
            let range = words.need("FROM..TO")?;
            let (from, to) = range.split_once("..").ok_or_else(|| format!("{range:?}; allowed: FROM..TO"))?;
            Test::In(one(from, kind, names)?, one(to, kind, names)?)
        }
        "contains" if kind == Kind::Text => Test::Contains(words.quoted()?),
        _ => return Err(format!("{sign:?} cannot compare this; allowed: {allowed}")),
    };
    Ok(Comparison { measure, test })
}

fn operand(words: &mut Words<'_>, kind: Kind, names: &Scope<'_>) -> Result<Operand, String> {
    if kind == Kind::Text {
        return Ok(Operand::Word(words.quoted()?));
    }
    one(words.need("a value")?, kind, names)
}

fn one(word: &str, kind: Kind, names: &Scope<'_>) -> Result<Operand, String> {
    if let Some(index) = names.kept_index(word) {
        if names.kept[index].1.kind(names.kept) == kind {
            return Ok(Operand::Kept(index));
        }
        return Err(format!("{word} was measured as something else and cannot be compared with this"));
    }
    match kind {
        Kind::Number => match word.parse() {
            Ok(n) if word.bytes().all(|b| b.is_ascii_digit()) => Ok(Operand::Number(n)),
            _ => Err(format!("{word:?} is not a number; allowed: a whole number, or a name from a measure: line")),
        },
        Kind::Span => SimDuration::parse(word).map(Operand::Span),
        Kind::Word(all) if all.contains(&word) => Ok(Operand::Word(word.to_owned())),
        Kind::Word(all) => Err(format!("{word:?} is not known here; allowed: {}", all.join(", "))),
        Kind::Host if word == NOBODY => Ok(Operand::Word(NOBODY.to_owned())),
        Kind::Host => target::host(word, names).map(Operand::Target),
        Kind::Text => Err(format!("{word:?}; allowed: text in quotes")),
    }
}
