//! What the page says of a run as a whole: going back and forth in it, keeping it, taking it elsewhere.

crate::texts! {
    RUN_AT = "{time}: {event}";
    RUN_AT_START = "the start of this run";
    RUN_UNDONE = "Undone: {time}, just before the last act. What was undone stays as another branch.";
    RUN_REDONE = "Undo taken back: {time}.";
    RUN_BRANCH = "Another branch: {time}.";
    RUN_BRANCH_DROPPED = "The oldest branch is gone: there were too many.";
    RUN_NOTHING_TO_UNDO = "Nothing has been done yet that could be undone.";
    RUN_NOTHING_TO_REDO = "There is no undo to take back.";
    RUN_ERROR_AT = "A request failed at {time}.";
    RUN_NO_TAKEOVER = "No takeover within {minutes} minutes of simulated time.";
    RUN_NO_ERROR = "No request failed within {minutes} minutes of simulated time.";
    RUN_TOO_LONG = "A run ends after 168 hours of simulated time: start anew.";
}
