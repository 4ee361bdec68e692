//! A learner's session: one cluster that runs as far as it is told, and what is done to it.

use std::cell::RefCell;
use std::rc::Rc;

use super::deeds::{self, Deed};
use super::messages::Messages;
use super::timeline::Timeline;
use super::view::{Act, BranchView, Detail, EventView, Name, Reading, Setup, View};
use super::{detail, show};
use crate::cluster::Cluster;
use crate::cluster::config::{self, Renewal, Target};
use crate::cluster::observe::Requests;
use crate::console::{self, Parsed, Tool};
use crate::sim::{SimDuration, SimTime};

/// How long a new cluster has run before it is shown: every part is up and the leases are held.
const WARM_UP: SimTime = SimTime(30_000_000);
/// The longest that "until something happens" runs.
const STEP_LIMIT: SimDuration = SimDuration::from_secs(60);

/// See the module.
pub struct Session {
    setup: Setup,
    cluster: Cluster,
    /// Requests made before the cluster was up and shown: not the learner's concern.
    base: Requests,
    branches: Rc<Vec<BranchView>>,
    /// What the views share; brought up to date when one is built.
    cache: RefCell<Cache>,
}

struct Cache {
    names: show::Names,
    timeline: Timeline,
    messages: Messages,
}

impl Default for Session {
    fn default() -> Self {
        Self::new()
    }
}

impl Session {
    /// The default cluster, all of it running.
    pub fn new() -> Session {
        Session::of(Setup::default())
    }

    fn of(setup: Setup) -> Session {
        let mut cluster = Cluster::new(&setup.cluster.config(setup.seed));
        cluster.run_until(WARM_UP);
        let names = show::Names::of(&cluster);
        let messages = Messages::from_now(&cluster);
        let base = cluster.requests();
        let branches = Rc::new(vec![BranchView {
            id: 0,
            parent: None,
            forked_us: WARM_UP.0,
            head_us: WARM_UP.0,
            acts: 0,
            text: "".into(),
        }]);
        Session {
            setup,
            cluster,
            base,
            branches,
            cache: RefCell::new(Cache { names, timeline: Timeline::default(), messages }),
        }
    }

    /// Begins anew with another cluster or seed.
    pub fn reset(&mut self, setup: Setup) {
        *self = Session::of(setup);
    }

    pub(super) fn setup(&self) -> &Setup {
        &self.setup
    }

    /// The cluster itself.
    pub fn cluster(&self) -> &Cluster {
        &self.cluster
    }

    /// Simulated time since the start of the run, µs.
    pub fn now_us(&self) -> u64 {
        self.cluster.now().0
    }

    /// Runs so much simulated time.
    pub fn advance(&mut self, us: u64) {
        self.cache.get_mut().messages.begin(&self.cluster);
        let until = self.cluster.now() + SimDuration::from_micros(us);
        self.cluster.run_until(until);
    }

    /// Runs to the next event that is told in the list of events.
    pub fn step(&mut self) {
        self.cache.get_mut().messages.begin(&self.cluster);
        let limit = self.cluster.now() + STEP_LIMIT;
        loop {
            let before = self.cluster.world().trace().last_note();
            if !self.cluster.run_to_next_note(limit) {
                return;
            }
            let news = self.cluster.world().trace().notes_from(before + 1);
            if news.into_iter().any(|note| super::words::tell(&self.cluster, note).is_some()) {
                return;
            }
        }
    }

    /// Which invariant of the simulation did not hold, and how: time stands still since then.
    pub fn broken(&self) -> Option<String> {
        let broken = self.cluster.invariants().broken()?;
        Some(format!("invariant {} did not hold at {} ms: {}", broken.name, broken.at.as_millis(), broken.detail))
    }

    /// What the page shows now.
    pub fn view(&self) -> View {
        let mut cache = self.cache.borrow_mut();
        let Cache { names, timeline, messages } = &mut *cache;
        show::view(
            &self.cluster,
            &self.setup,
            &self.base,
            names,
            timeline.update(&self.cluster),
            messages.recent(&self.cluster, names),
            self.branches.clone(),
        )
    }

    /// What is read of one host or process while it is selected.
    pub fn detail(&self, target: &str) -> Detail {
        detail::of(&self.cluster, target)
    }

    /// Does something to a host or a process (`master-1`, `master-1/etcd`).
    ///
    /// # Errors
    /// A sentence that says why it cannot be done.
    pub fn act(&mut self, target: &str, act: Act) -> Result<(), String> {
        // `pod/web-6d4b-x2x9k`, as kubectl names it.
        let named = match target.split_once('/') {
            Some(("pod", name)) => Target::PodNamed(name.to_owned()),
            Some((host, name)) => Target::Process { host: host.to_owned(), name: name.to_owned() },
            None => Target::Host(target.to_owned()),
        };
        self.cache.get_mut().messages.begin(&self.cluster);
        self.cluster.apply(&match act {
            Act::Kill => config::Act::Kill(named),
            Act::Terminate => config::Act::Terminate(named),
            Act::Stop => config::Act::Stop(named),
            Act::Start => config::Act::Start(named),
            Act::PowerOff => config::Act::PowerOff(named),
            Act::PowerOn => config::Act::PowerOn(named),
            Act::Pause => config::Act::Pause(named),
            Act::Resume => config::Act::Resume(named),
            Act::CrashContainer => config::Act::CrashContainer(named),
            Act::DeletePod => config::Act::DeletePod(named),
        })
    }

    /// What was typed into a form of `target`.
    ///
    /// # Errors
    /// Which field is wrong, or why it cannot be done; nothing was changed.
    pub fn perform(&mut self, deed: Deed, target: &str, fields: &[Name]) -> Result<(), String> {
        let hosts: Vec<String> = self.cluster.topology().hosts.iter().map(|host| host.name.clone()).collect();
        let act = deeds::act_of(deed, target, fields, &hosts)?;
        let typed = match &act {
            config::Act::Kubectl { args } => Some((Tool::Kubectl, args)),
            config::Act::Etcdctl { args } => Some((Tool::Etcdctl, args)),
            _ => None,
        };
        if let Some((tool, args)) = typed
            && let Parsed::Unsupported(what) = console::parse(tool, args)
        {
            return Err(format!("{what} in the lab"));
        }
        self.cache.get_mut().messages.begin(&self.cluster);
        self.cluster.apply(&act)
    }

    /// New lease timings, as typed (`15s`), in force for every candidate from its next step on.
    ///
    /// # Errors
    /// What the real component would say; the old timings stay in force.
    pub fn set_timings(&mut self, lease: &str, renew: &str, retry: &str) -> Result<(), String> {
        let read = |flag: &str, text: &str| SimDuration::parse(text).map_err(|error| format!("{flag}: {error}"));
        let act = config::Act::Timings {
            lease_duration: read("--leader-elect-lease-duration", lease)?,
            renew_deadline: read("--leader-elect-renew-deadline", renew)?,
            retry_period: read("--leader-elect-retry-period", retry)?,
        };
        self.cluster.apply(&act)
    }

    /// The other reading of the lease, from the next step of each candidate on.
    ///
    /// # Errors
    /// If the timings in force are not valid in that reading.
    pub fn set_reading(&mut self, reading: Reading) -> Result<(), String> {
        let renewal = renewal_of(reading);
        self.cluster.apply(&config::Act::Reading(renewal))?;
        self.setup.reading = reading;
        Ok(())
    }

    /// From an event back to the act that began it; the first element is the event.
    pub fn why(&self, event: u64) -> Vec<EventView> {
        super::transcript::why(&self.cluster, event)
    }
}

fn renewal_of(reading: Reading) -> Renewal {
    match reading {
        Reading::Lecture => Renewal::Lecture,
        Reading::ClientGo => Renewal::ClientGo,
    }
}
