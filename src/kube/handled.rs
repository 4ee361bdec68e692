//! What a part of a process did with an input that may have been another part's.

/// The answer of a part that is offered an input.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[must_use]
pub enum Handled<T> {
    /// The input belongs to another part.
    NotMine,
    /// The part has taken the input; nothing follows for its owner.
    Nothing,
    /// The part has taken the input, with this result for its owner.
    Done(T),
}

impl<T> From<Option<T>> for Handled<T> {
    /// An input that was the part's own: `None` becomes `Nothing`.
    fn from(result: Option<T>) -> Self {
        result.map_or(Handled::Nothing, Handled::Done)
    }
}
