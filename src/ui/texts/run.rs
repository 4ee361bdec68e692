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
    RUN_BACK = "Your last run is back.";
    RUN_BACK_LOST = "Your last run could not be brought back ({error}); this is a new one.";
    RUN_SETTINGS_LOST = "How you had set the page could not be read; it is as at first.";
    RUN_NOT_KEPT = "This browser has no room to keep the run; save it as a file if you want it later.";
    RUN_ANEW = "Start anew";
    RUN_PUT_AWAY = "Put this away";
    RUN_BUTTON = "Run";
    RUN_BUTTON_MEANS = "Save this run, open one, start anew";
    RUN_TITLE = "This run";
    RUN_LEAD = "A run is its cluster, its seed and what was done when. As a file it can be kept, sent, and run by ha-lab without a browser; it gives the same run everywhere.";
    RUN_SAVE = "Save as a file";
    RUN_SAVE_MEANS = "The branch that is shown, up to its furthest moment.";
    RUN_OPEN = "Open a file";
    RUN_OPEN_MEANS = "Takes the place of what runs now. At most 1 MiB.";
    RUN_ANEW_MEANS = "The same cluster and seed, from the start, with nothing done.";
    RUN_KEPT = "Your browser keeps the last run and the settings on this device. Nothing is sent anywhere.";
    RUN_CRASH_LEAD = "This is a fault of the page, not of the simulated cluster. The file below has the cluster, the seed and everything that was done: it gives the same crash again. Please send it with the report.";
    RUN_CRASH_SAVE = "Save the run as a file";
    RUN_CRASH_BACK = "Reload with the run as it was before the last act";
    RUN_CRASH_ANEW = "Reload and start anew";
    RUN_KEY_ENDS = "to the start of this run, to its furthest moment";
    RUN_KEY_UNDO = "undo the last act (also Ctrl Z)";
    RUN_KEY_REDO = "take the undo back (also Ctrl Shift Z)";
    RUN_STARTING = "Starting the cluster";
    RUN_STARTING_IS = "{now} of {until} s, {ready} of {pods} pods run. You can act on it once it is up.";
    RUN_STARTING_NOT_YET = "The cluster starts: wait until it is up, or start another one.";
    RUN_STARTED = "The cluster is up: {time}.";
    RUN_TOO_LONG = "A run ends after 168 hours of simulated time: start anew.";
}
