//! Texts of the inspector.

crate::lab::i18n::texts! {
    INSPECTOR_KNOWS = "State";
    INSPECTOR_POD = "pod";
    INSPECTOR_POD_GONE = "This pod no longer exists: it was deleted, and its controller has created another.";
    INSPECTOR_COMMAND = "Command line";
    INSPECTOR_COMMAND_FROM = "from {file}";
    INSPECTOR_COPY = "Copy";
    INSPECTOR_COPY_WHAT = "Copy: {what}";
    INSPECTOR_COPIED = "Copied: {what}";
    INSPECTOR_COPY_REFUSED = "This browser does not let the page copy.";
    INSPECTOR_CHANGED = "changed from {value}";
    INSPECTOR_CHANGED_EMPTY = "changed";
    INSPECTOR_RESTART = "Restart with these flags";
    INSPECTOR_PUT_BACK = "Put all back";
    INSPECTOR_COST = "Cost of a restart now";
    INSPECTOR_WOULD_EXIT = "It would start, print \"{text}\" and exit, again and again.";
    INSPECTOR_IDENTITY = "Fixed here, since another value would make it another process:";
    INSPECTOR_FIXED_ONE = "{n} more, as it is always set here";
    INSPECTOR_FIXED_MANY = "{n} more, as they are always set here";
    INSPECTOR_FIXED_MEANS = "The lab has only these values, or does not model what they do.";
    INSPECTOR_ALL_TIMINGS = "Timings of all candidates";
    INSPECTOR_LOG = "Log, newest first";
    INSPECTOR_LINES = "Output of tools";

    // Forms
    FORM_LATENCY = "Latency";
    FORM_JITTER = "Jitter";
    FORM_LOSS = "Loss, %";
    FORM_CHANGE = "Change";
    FORM_CHANGE_MEANS = "slows this link down, both ways, or loses packets on it";
    FORM_CUT = "Cut";
    FORM_CUT_MEANS = "nothing passes between the two";
    FORM_CUT_FROM = "Cut one way";
    FORM_CUT_FROM_MEANS = "nothing passes from here to there; the other way still works";
    FORM_HEAL = "Heal";
    FORM_HEAL_MEANS = "restores this link";
    FORM_ISOLATE = "Cut off from everyone";
    FORM_ISOLATE_MEANS = "nothing passes between this host and any other";
    FORM_HEAL_ALL = "Heal the whole network";
    FORM_HEAL_ALL_MEANS = "restores every link";
    FORM_RATE = "Rate";
    FORM_OFFSET = "Offset";
    FORM_CLOCK = "Set the clock";
    FORM_CLOCK_MEANS = "its processes see only this clock; an exact one has rate 1 and offset 0s";
    FORM_COMMAND = "Command";
    FORM_RUN = "Run";
    FORM_RUN_MEANS = "sends real requests over the simulated network";
}
