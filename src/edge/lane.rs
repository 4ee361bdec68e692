//! The requests of an outside client, in the order in which they were sent: when a request does not end like
//! the one before it, that is an event. docs/scenario.md, `lanes`.

use std::collections::VecDeque;
use std::rc::Rc;

use crate::kube::trace_event::{Lane, TraceEvent};
use crate::kube::vocabulary::Ctx;
use crate::sim::{Cause, HostId, NoteId, Silent, SimTime};

/// The result of a request.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Verdict {
    /// The error that the user sees; `None` if the request succeeded.
    pub(crate) error: Option<Rc<str>>,
    /// The host that did not answer, if that was the failure.
    pub(crate) silent: Option<HostId>,
}

impl Verdict {
    /// A request that succeeded.
    pub(crate) const OK: Verdict = Verdict { error: None, silent: None };
}

#[derive(Clone, Debug)]
struct Asked {
    number: u64,
    sent: SimTime,
    verdict: Option<(Verdict, Cause)>,
}

/// The requests of one kind that somebody outside sends, and whether they succeed.
#[derive(Clone, Debug)]
pub struct LaneLog {
    lane: Lane,
    asked: VecDeque<Asked>,
    ok: Option<bool>,
    since: SimTime,
    error: Rc<str>,
    succeeded: u64,
    failed: u64,
    /// The newest note: a failure explains the success after it.
    trouble: NoteId,
}

impl LaneLog {
    /// A lane without requests.
    pub(crate) fn new(lane: Lane) -> Self {
        LaneLog {
            lane,
            asked: VecDeque::new(),
            ok: None,
            since: SimTime::ZERO,
            error: "".into(),
            succeeded: 0,
            failed: 0,
            trouble: 0,
        }
    }

    /// Returns whether requests succeed, and since when; `None` before the first result.
    pub fn state(&self) -> Option<(bool, SimTime)> {
        self.ok.map(|ok| (ok, self.since))
    }

    /// Returns the text of the last failure; empty if there was none.
    pub fn last_error(&self) -> &str {
        &self.error
    }

    /// Returns how many requests succeeded, and how many failed.
    pub fn counters(&self) -> (u64, u64) {
        (self.succeeded, self.failed)
    }

    /// Records a request that is sent now.
    pub(crate) fn sent(&mut self, ctx: &Ctx<'_>, number: u64) {
        self.asked.push_back(Asked { number, sent: ctx.now(), verdict: None });
    }

    /// A request has a result.
    pub(crate) fn decided(&mut self, ctx: &mut Ctx<'_>, number: u64, verdict: Verdict) {
        let cause = ctx.cause();
        if let Some(asked) = self.asked.iter_mut().find(|a| a.number == number) {
            asked.verdict = Some((verdict, cause));
        }
        while self.asked.front().is_some_and(|a| a.verdict.is_some()) {
            if let Some(Asked { sent, verdict: Some((verdict, cause)), .. }) = self.asked.pop_front() {
                ctx.resume_cause(cause);
                self.count(ctx, sent, verdict);
            }
        }
        ctx.resume_cause(cause);
    }

    fn count(&mut self, ctx: &mut Ctx<'_>, since: SimTime, verdict: Verdict) {
        let ok = verdict.error.is_none();
        let counter = if ok { &mut self.succeeded } else { &mut self.failed };
        *counter += 1;
        if let Some(error) = &verdict.error {
            self.error = error.clone();
        }
        if self.ok.replace(ok) == Some(ok) {
            return;
        }
        self.since = since;
        let what = TraceEvent::Lane { lane: self.lane, since, ok, error: verdict.error.unwrap_or_default() };
        self.trouble = match verdict.silent {
            _ if ok => ctx.note_because(self.trouble, what),
            Some(host) => ctx.note_silence(Silent::Host(host), what),
            None => ctx.note_failure(Silent::Host(ctx.host()), what),
        };
    }
}
