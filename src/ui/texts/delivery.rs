//! Texts of links, files, frames of other pages and new versions.

crate::lab::i18n::texts! {
    SHARE_COPY = "Copy link";
    SHARE_COPY_MEANS = "Copy a link to this moment: the cluster, its seed, the acts and the time";
    SHARE_COPIED = "Copied a link to {time}: {setup}, seed {seed}, {acts}. It has {length} characters.";
    SHARE_ONE_ACT = "{n} act";
    SHARE_ACTS = "{n} acts";
    SHARE_REFUSED = "The browser does not let this page copy. The link is selected: copy it by hand.";
    SHARE_FIELD = "Link to this moment";
    SHARE_TOO_LONG = "This moment does not fit into a link ({reason}). Save it as a file.";
    SHARE_SAVE = "Save as a file";
    SHARE_OPEN = "Open a file";
    SHARE_SAVED = "Saved {name}. \"Open a file\" brings this moment back, here or in another browser.";
    SHARE_OPENED = "Opened {time} of {setup}, seed {seed}, {acts}.";
    SHARE_WRONG_LINK = "This link cannot be opened ({reason}). The default cluster runs instead.";
    SHARE_WRONG_NEXT_LINK = "This link cannot be opened ({reason}). Nothing was changed.";
    SHARE_WRONG_FILE = "This file cannot be opened ({reason}). Nothing was changed.";
    SHARE_MESSAGES = "Messages";
    SHARE_DISMISS = "Close this message";
    UPDATE_HERE = "A new version is available.";
    UPDATE_RELOAD = "Reload";
    EMBED_PLAYS = "Time runs";
    EMBED_STANDS = "Time stands still";
    EMBED_OPEN = "Open in a new tab";
}
