//! Texts of the dock: the controls of time, the timeline, its charts, the events and their causes.

use crate::lab::i18n::{Text, plural};
use crate::lab::view::Category;
use crate::ui::widgets::format;

crate::lab::i18n::texts! {
    // Controls
    TIME = "Time";
    TIME_PLAY = "Play";
    TIME_PAUSE = "Pause time";
    TIME_STEP = "Next event";
    TIME_BACK = "Back one event";
    TIME_SPEED = "Speed";
    TIME_SPEED_MEANS = "{speed} real time";
    TIME_SPEED_IS = "{reached} of {wanted}";
    TIME_SPEED_REACHED = "{reached} of {wanted}: simulating takes longer";
    TIME_CLOCK = "simulated time";
    TIME_OF = "of {head}";
    TIME_UNTIL = "Until";
    TIME_UNTIL_TAKEOVER = "takeover";
    TIME_UNTIL_ERROR = "error";
    TIME_UNTIL_TAKEOVER_MEANS = "Run until a component changes hands";
    TIME_UNTIL_ERROR_MEANS = "Run until a request of the laptop or of the app's user fails";
    TIME_UNTIL_STOP = "Stop skipping ahead";
    TIME_UNDO = "Undo the last act";
    TIME_REDO = "Redo";
    TIME_MORE = "More controls of time";
    TIME_SCRUB = "Moment shown";
    TIME_SCRUB_AT = "{now} of {head}";
    TIME_PAST = "You are viewing the past.";
    TIME_PAST_FORKS = "Anything you do here starts a new branch.";
    TIME_TO_NOW = "Back to now";
    TIME_GO = "Go to {time}: {text}";

    // Timeline
    TIME_LINE = "Timeline";
    TIME_CHARTS = "Charts";
    TIME_PANELS = "Part of the run shown";
    TIME_SPAN = "Time shown";
    TIME_SPAN_1 = "1 min";
    TIME_SPAN_3 = "3 min";
    TIME_SPAN_15 = "15 min";
    TIME_SPAN_ALL = "all";
    TIME_TALLER = "Make the timeline taller";
    TIME_LOWER = "Make the timeline lower";
    TIME_PLANE = "Press or drag to go to a moment";
    TIME_MARK = "{text}, {time}: why?";
    TIME_KNOT = "{number}: {text}, {time}. Go there.";
    TIME_KNOTS = "The chain of causes";
    LANE_WRITABLE = "API writable";
    LANE_READABLE = "API readable";
    LANE_RECONCILING = "Reconciling";
    LANE_SERVING = "App serving";
    LANE_ETCD = "etcd leader";
    LANE_LEASE = "{component} lease";
    LANE_YES = "yes";
    LANE_NO = "no";
    LANE_UNKNOWN = "not known";
    LANE_DEAD_HOLDER = "no one acts";
    LANE_RECORD_ONLY = "{host}, which does not act";
    LANE_ALSO_ACTS = "{host} acts too";
    LANE_AND = "{first} and {second}";
    LANE_LEADS = "{host} leads";
    LANE_TERM = "{host} · term {term}";
    LANE_NONE = "none";
    LANE_STEADY = "now {now}, without a break";
    LANE_BROKEN = "now {now}, {outages}, {down} in all";
    LANE_OUTAGE = "{n} outage";
    LANE_OUTAGES = "{n} outages";

    // Branches
    BRANCHES = "Branches";
    BRANCHES_LEAD = "An act in the past starts a branch; the later part stays in the one you left.";
    BRANCH_FIRST = "Original run";
    BRANCH_UNTOUCHED = "Nothing done yet";
    BRANCH_SPAN = "{from} to {to}";
    BRANCH_ACT = "{n} act";
    BRANCH_ACTS = "{n} acts";
    BRANCH_SHOWN = "current";
    BRANCH_GO = "Switch to it";
    BRANCH_PARTS = "Another branch forks off here, {time}: {text}";
    BRANCH_PARTED = "This branch forked off here from another, {time}";

    // Charts
    CHART_PODS = "Pods";
    CHART_READY = "ready";
    CHART_DESIRED = "desired";
    CHART_PODS_NOW = "{ready} of {desired} ready";
    CHART_PODS_ALT = "From {from} to {to}: {desired} pods desired and {ready} ready at the end; ready were {low} to {high}.";
    CHART_REQUESTS = "Requests to {host}";
    CHART_RATE = "{rate}/s";
    CHART_ERRORS = "errors {rate}/s";
    CHART_REQUESTS_ALT = "{host}, from {from} to {to}: {rate} requests a second at the end, {low} to {high} before; {errors} answered with an error.";
    CHART_REQUESTS_MEANS = "Without health checks. Errors: answered with 5xx or 429.";
    CHART_TAKEOVERS = "Takeovers";
    CHART_TAKEOVERS_MEANS = "Seconds without a leader, each at the moment of its end. The band is what theory allows for a crash.";
    CHART_TAKEOVERS_ALT = "{shown} between {from} and {to}. In theory a crash takes {low} to {high} s.";
    CHART_TAKEOVERS_RANGE = "{shown} from {low} to {high} s. In theory a crash takes {least} to {most} s.";
    CHART_TAKEOVER = "{n} takeover";
    CHART_TAKEOVER_MANY = "{n} takeovers";
    CHART_NOTHING = "Nothing in the time shown.";
    CHART_THEORY = "Takeovers against theory";
    CHART_EMPTY = "No takeover yet. Switch off the master that leads.";
    CHART_AXIS = "seconds without a leader";
    CHART_ALT = "{shown} shown. In theory {low} to {high} s.";
    CHART_TABLE = "as a table";
    CHART_COMPONENT = "Component";
    CHART_FROM = "From";
    CHART_TO = "To";
    CHART_TOOK = "Took";
    CHART_TIME = "Time";

    // Events
    EVENTS = "Events";
    EVENTS_EMPTY = "Nothing of this kind has happened yet.";
    EVENTS_NO_MATCH = "No event matches.";
    EVENTS_KIND = "Show events of";
    EVENTS_ALL = "all kinds";
    EVENTS_FIND = "Find in events";
    EVENTS_ONLY = "only {target}";
    EVENTS_ONLY_MEANS = "Only events that concern {target}";
    EVENTS_COUNT = "{shown} of {all}";
    EVENTS_LATER = "the moment shown; later events are above";
    EVENTS_OLDER = "Older events are not listed: narrow the choice to see them.";
    EVENTS_ELECTION = "election";
    EVENTS_API = "API";
    EVENTS_ETCD = "etcd";
    EVENTS_BALANCER = "balancer";
    EVENTS_PODS = "pods";
    EVENTS_NODES = "nodes";
    EVENTS_YOU = "you";
    WHY = "why?";
    WHY_OF = "Why? {text}";
    WHY_TITLE = "Why?";
    WHY_BACK = "All events";
    WHY_LEAD = "From the event back to its cause";
    WHY_AT_ONCE = "because, at the same moment:";
    WHY_EARLIER = "because, {time} earlier:";
    WHY_ROOT_ACT = "Root cause: your act.";
    WHY_ROOT_SELF = "Root cause: the start of the cluster.";
    WHY_SELECT = "Select {target}";
}

/// Returns a text such as `controller-manager lease`.
pub(crate) fn lane_lease(name: &str) -> String {
    LANE_LEASE.with(&[("component", &name.trim_start_matches("kube-"))])
}

pub(crate) fn yes_no(ok: bool) -> Text {
    if ok { LANE_YES } else { LANE_NO }
}

/// Returns a holder, with the Raft term if it has one.
pub(crate) fn held(host: &str, term: Option<u64>) -> String {
    term.map_or_else(|| host.to_owned(), |term| LANE_TERM.with(&[("host", &host), ("term", &term)]))
}

pub(crate) fn lane_summary(ok: bool, outages: usize, down_us: u64) -> String {
    let now = yes_no(ok);
    if outages == 0 {
        return LANE_STEADY.with(&[("now", &now)]);
    }
    let outages = plural(outages as u64, outages, LANE_OUTAGE, LANE_OUTAGES);
    LANE_BROKEN.with(&[("now", &now), ("outages", &outages), ("down", &format::seconds(down_us))])
}

pub(crate) fn takeovers(n: usize) -> String {
    plural(n as u64, n, CHART_TAKEOVER, CHART_TAKEOVER_MANY)
}

pub(crate) fn because(earlier_us: u64) -> String {
    if earlier_us < 50_000 {
        return WHY_AT_ONCE.to_string();
    }
    WHY_EARLIER.with(&[("time", &format::seconds(earlier_us))])
}

pub(crate) fn category(category: Category) -> Text {
    match category {
        Category::Election => EVENTS_ELECTION,
        Category::Api => EVENTS_API,
        Category::Etcd => EVENTS_ETCD,
        Category::LoadBalancer => EVENTS_BALANCER,
        Category::Pods => EVENTS_PODS,
        Category::Node => EVENTS_NODES,
        Category::Act => EVENTS_YOU,
    }
}
