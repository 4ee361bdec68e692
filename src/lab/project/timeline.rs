//! The history as the page shows it, with events as text. Rebuilt only when something notable has happened.

use std::collections::VecDeque;
use std::rc::Rc;

use crate::cluster::Cluster;
use crate::cluster::history::{Interval, Intervals};
use crate::cluster::topology::API_SERVER;
use crate::kube::election::Component;
use crate::kube::trace_event::{ActRecord, Lane, TraceEvent};
use crate::lab::view::{self, Category, EventView, HostTenure, LeaseHistory, MarkView, TakeoverView};
use crate::lab::{i18n, narration};
use crate::sim::{self, HostId, NoteId, SimTime};

/// Events kept in the list.
const EVENTS: usize = 400;
/// Intervals shown of each lane.
const INTERVALS: usize = 400;

/// Of those, the most that are shown of the future while the page shows the past.
const AHEAD: usize = 150;

/// The history as the page shows it. After a jump to another moment or branch, start with a new one.
#[derive(Default)]
pub(crate) struct Timeline {
    seen: NoteId,
    /// The last note of the branch's head, if it is another state.
    head: NoteId,
    events: VecDeque<EventView>,
    /// The language of the texts, as the number of changes of language.
    language: u32,
    shown: Rc<view::History>,
    sampled: SimTime,
    series: Rc<view::Series>,
}

impl Timeline {
    /// Returns the history of the branch: up to `now`, and on to its `head` while that is another state.
    pub(crate) fn update(&mut self, cluster: &Cluster, head: Option<&Cluster>) -> Rc<view::History> {
        if self.language != i18n::changes() {
            *self = Timeline { language: i18n::changes(), ..Timeline::default() };
        }
        let trace = cluster.world().trace();
        let head_note = head.map_or(0, |head| head.world().trace().last_note());
        if trace.last_note() == self.seen && head_note == self.head && self.seen > 0 {
            return self.shown.clone();
        }
        self.head = head_note;
        for note in trace.notes_from(self.seen + 1) {
            self.events.extend(event(cluster, note));
            if self.events.len() > EVENTS {
                self.events.pop_front();
            }
        }
        self.seen = trace.last_note();
        let Some(head) = head else {
            self.shown = Rc::new(history(cluster, self.events.iter().cloned().collect()));
            return self.shown.clone();
        };
        let ahead = head.world().trace().notes_from(self.seen + 1).filter_map(|note| event(head, note)).take(AHEAD);
        let ahead: Vec<_> = ahead.collect();
        let skip = (self.events.len() + ahead.len()).saturating_sub(EVENTS);
        self.shown = Rc::new(history(head, self.events.iter().skip(skip).cloned().chain(ahead).collect()));
        self.shown.clone()
    }

    /// Returns the branch's figures over time, from the state at its head.
    pub(crate) fn series(&mut self, cluster: &Cluster) -> Rc<view::Series> {
        if self.sampled != cluster.samples().due() {
            self.sampled = cluster.samples().due();
            self.series = Rc::new(series(cluster));
        }
        self.series.clone()
    }
}

fn series(cluster: &Cluster) -> view::Series {
    let samples = cluster.samples();
    let hosts = cluster.topology().all(API_SERVER).map(|(host, _)| cluster.world().host(host).name.as_str().into());
    let server = |(at, host): (usize, view::Name)| view::ServerSeries {
        host,
        requests: samples.points().map(|point| point.server(at).0).collect(),
        errors: samples.points().map(|point| point.server(at).1).collect(),
    };
    view::Series {
        every_us: samples.every().0,
        desired: samples.points().map(|point| point.desired()).collect(),
        ready: samples.points().map(|point| point.ready()).collect(),
        servers: hosts.enumerate().map(server).collect(),
    }
}

/// Returns a note as an event of the page. `None` if the page does not show it.
pub(crate) fn event(cluster: &Cluster, note: &sim::Note<TraceEvent>) -> Option<EventView> {
    let (category, tone, text) = narration::tell(cluster, note)?;
    let target = match (note.process, note.host) {
        (Some(process), _) => cluster.path(process),
        (None, Some(host)) => cluster.world().host(host).name.clone(),
        (None, None) => String::new(),
    };
    Some(EventView {
        id: note.id,
        at_us: note.at.0,
        category,
        tone,
        target: target.into(),
        text: text.into(),
        has_cause: category != Category::Act && (note.cause != 0 || note.because != 0),
    })
}

fn history(cluster: &Cluster, events: Vec<EventView>) -> view::History {
    let history = cluster.history();
    let host = |id: HostId| -> view::Name { cluster.world().host(id).name.as_str().into() };
    let lane = |lane: Lane| history.lanes.get(&lane).map(stretches).unwrap_or_default();
    let leases = Component::ALL
        .into_iter()
        .map(|component| LeaseHistory {
            lease: component.name().into(),
            holders: history.leases.get(&component).map_or_else(Vec::new, |intervals| {
                held(intervals, |name| (!name.is_empty()).then(|| (name.as_str().into(), None)))
            }),
            acting: history
                .acting
                .get(&component)
                .map_or_else(Vec::new, |intervals| held(intervals, |actor| Some((host(actor.host), None)))),
        })
        .collect();
    let trace = cluster.world().trace();
    view::History {
        since_us: 0,
        api_writable: lane(Lane::ApiWritable),
        api_readable: lane(Lane::ApiReadable),
        reconciling: stretches(&history.reconciling),
        app_serving: lane(Lane::AppServing),
        leases,
        etcd_leaders: held(&history.etcd_leaders, |leader| Some((host(leader.host), Some(leader.term)))),
        takeovers: history
            .takeovers
            .iter()
            .map(|t| TakeoverView {
                component: t.component.name().into(),
                from: host(t.from),
                to: host(t.to),
                lost_us: t.lost.0,
                gained_us: t.gained.0,
                comparable: t.undisturbed && !t.released,
                event: t.note,
            })
            .collect(),
        marks: history
            .acts
            .iter()
            .filter_map(|id| {
                let note = trace.get_note(*id)?;
                match &note.what {
                    // A typed command is no fault. The list of events has it.
                    TraceEvent::Act(ActRecord::Typed(_)) => None,
                    TraceEvent::Act(done) => {
                        Some(MarkView { at_us: note.at.0, event: *id, text: narration::acts::done(done).into() })
                    }
                    _ => None,
                }
            })
            .collect(),
        events,
    }
}

fn stretches(intervals: &Intervals<bool>) -> Vec<view::Interval> {
    let skip = intervals.iter().len().saturating_sub(INTERVALS);
    intervals
        .iter()
        .skip(skip)
        .map(|i| view::Interval { from_us: i.from.0, to_us: i.to.map(|t| t.0), ok: i.what })
        .collect()
}

fn held<T: PartialEq>(
    intervals: &Intervals<T>,
    name: impl Fn(&T) -> Option<(view::Name, Option<u64>)>,
) -> Vec<HostTenure> {
    let skip = intervals.iter().len().saturating_sub(INTERVALS);
    intervals
        .iter()
        .skip(skip)
        .filter_map(|i: &Interval<T>| {
            let (host, term) = name(&i.what)?;
            Some(HostTenure { host, term, from_us: i.from.0, to_us: i.to.map(|t| t.0) })
        })
        .collect()
}
