//! A stand-in for `lab::session` with the same face, to design the page against. It is a drawing that moves, not a
//! simulation: leases, elections and health checks run on rough rules in steps of 10 ms. To be deleted.

use std::rc::Rc;

use super::view::*;

const STEP: u64 = 10_000;
const S: u64 = 1_000_000;
const LEASES: [&str; 2] = ["kube-controller-manager", "kube-scheduler"];

pub struct Session {
    now: u64,
    setup: Setup,
    timings: Timings,
    hosts: Vec<HostView>,
    unscheduled: Vec<PodView>,
    leases: Vec<LeaseView>,
    lost_us: [Option<(Name, u64)>; 2],
    etcd_leader: Option<Name>,
    etcd_term: u64,
    etcd_votes_at: u64,
    counters: Counters,
    history: Rc<History>,
    causes: Vec<(u64, u64)>,
    last_act: u64,
    messages: Vec<MessageView>,
    next_id: u64,
    turn: usize,
    rng: u64,
}

fn duration(typed: &str) -> Option<Duration> {
    let typed = typed.trim();
    let (number, unit) = if let Some(n) = typed.strip_suffix("ms") {
        (n, 1_000.0)
    } else if let Some(n) = typed.strip_suffix('m') {
        (n, 60e6)
    } else {
        (typed.strip_suffix('s')?, 1e6)
    };
    let value: f64 = number.parse().ok()?;
    (value >= 0.0).then(|| Duration { typed: typed.into(), us: (value * unit) as u64 })
}

fn process(name: &str) -> ProcessView {
    ProcessView {
        name: name.into(),
        state: ProcessState::Running,
        since_us: 0,
        role: Role::None,
        detail: "".into(),
        restarts: 0,
        candidate: None,
    }
}

fn host(name: String, kind: HostKind, processes: &[&str]) -> HostView {
    HostView {
        name: name.into(),
        kind,
        power: Power::On,
        since_us: 0,
        processes: processes.iter().map(|name| process(name)).collect(),
        pods: vec![],
        node_ready: None,
        backends: vec![],
        last_call: None,
    }
}

impl Session {
    pub fn new() -> Session {
        Self::built(Setup::default())
    }

    fn built(setup: Setup) -> Session {
        let mut hosts = vec![
            host("laptop".into(), HostKind::Laptop, &["kubectl"]),
            host("app-user".into(), HostKind::AppUser, &["browser"]),
            host("lb-1".into(), HostKind::LoadBalancer, &["haproxy"]),
        ];
        let stacked = setup.etcd == EtcdTopology::Stacked;
        for n in 1..=setup.masters {
            hosts[2].backends.push(BackendView {
                server: format!("master-{n}").into(),
                up: true,
                last_check: "L7OK/200".into(),
                against: 0,
                turns_at: 3,
            });
            let all = ["kube-apiserver", "kube-controller-manager", "kube-scheduler", "etcd"];
            hosts.push(host(format!("master-{n}"), HostKind::Master, &all[..if stacked { 4 } else { 3 }]));
        }
        if !stacked {
            hosts.extend((1..=3).map(|n| host(format!("etcd-{n}"), HostKind::Etcd, &["etcd"])));
        }
        for (n, pod) in ["x4k2p", "9nhtw", "tbn8x"].iter().enumerate() {
            let mut worker = host(format!("worker-{}", n + 1), HostKind::Worker, &["kubelet", "kube-proxy"]);
            worker.pods.push(PodView {
                name: format!("web-69c6f74b8b-{pod}").into(),
                state: PodState::Ready,
                since_us: 4 * S,
            });
            worker.node_ready = Some(NodeReady::True);
            hosts.push(worker);
        }
        let leases = LEASES
            .iter()
            .map(|name| LeaseView {
                name: (*name).into(),
                holder_identity: "".into(),
                holder: None,
                holder_acts: false,
                lease_duration_seconds: 15,
                acquire_us: None,
                renew_us: None,
                lease_transitions: 0,
                resource_version: 180,
            })
            .collect();
        let d = |typed| duration(typed).expect("a constant");
        let rng = setup.seed.wrapping_mul(0x9e37_79b9_7f4a_7c15) | 1;
        let mut session = Session {
            now: 0,
            setup,
            timings: Timings { lease: d("15s"), renew: d("10s"), retry: d("2s") },
            hosts,
            unscheduled: vec![],
            leases,
            lost_us: [None, None],
            etcd_leader: None,
            etcd_term: 1,
            etcd_votes_at: 1_100_000,
            counters: Counters { pods_desired: 3, ..Counters::default() },
            history: Rc::new(History {
                leases: LEASES
                    .iter()
                    .map(|l| LeaseHistory { lease: (*l).into(), holders: vec![], acting: vec![] })
                    .collect(),
                ..History::default()
            }),
            causes: vec![],
            last_act: 0,
            messages: vec![],
            next_id: 1,
            turn: 0,
            rng,
        };
        session.advance(30 * S);
        session.messages.clear();
        session
    }

    pub fn reset(&mut self, setup: Setup) {
        *self = Self::built(setup);
    }

    pub fn now_us(&self) -> u64 {
        self.now
    }

    pub fn step(&mut self) {
        self.messages.clear();
        let events = self.history.events.len();
        for _ in 0..6_000 {
            self.tick();
            if self.history.events.len() != events {
                break;
            }
        }
    }

    pub fn advance(&mut self, us: u64) {
        self.messages.clear();
        let end = self.now + us;
        while self.now + STEP <= end {
            self.tick();
        }
        self.now = end;
        let extra = self.messages.len().saturating_sub(MESSAGES_MAX);
        self.messages.drain(..extra);
    }

    pub fn view(&self) -> View {
        View {
            now_us: self.now,
            setup: self.setup.clone(),
            timings: self.timings.clone(),
            hosts: self.hosts.clone(),
            unscheduled: self.unscheduled.clone(),
            leases: self.leases.clone(),
            links: vec![],
            messages: Rc::new(self.messages.clone()),
            counters: Counters { messages: self.next_id, ..self.counters },
            history: self.history.clone(),
        }
    }

    pub fn detail(&self, target: &str) -> Detail {
        let name = target.split('/').nth(1).unwrap_or("");
        let t = &self.timings;
        let flags: Vec<String> = match name {
            "kube-controller-manager" | "kube-scheduler" => vec![
                "--leader-elect=true".into(),
                format!("--leader-elect-lease-duration={}", t.lease.typed),
                format!("--leader-elect-renew-deadline={}", t.renew.typed),
                format!("--leader-elect-retry-period={}", t.retry.typed),
                format!("--kubeconfig=/etc/kubernetes/{}.conf", &name[5..]),
            ],
            "kube-apiserver" => vec![
                "--secure-port=6443".into(),
                "--etcd-servers=https://master-1:2379,https://master-2:2379,https://master-3:2379".into(),
            ],
            "etcd" => vec!["--heartbeat-interval=100".into(), "--election-timeout=1000".into()],
            _ => vec![],
        };
        let facts: &[(&str, &str)] =
            if name == "etcd" { &[("term", "2"), ("commit index", "812"), ("revision", "790")] } else { &[] };
        let log = [
            "Attempting to acquire leader lease... lock=\"kube-system/",
            "Successfully acquired lease lock=\"kube-system/",
        ]
        .iter()
        .enumerate()
        .map(|(n, line)| LogLine { at_us: (n as u64 + 1) * S, text: format!("{line}{name}\"").into() });
        Detail {
            flags: flags.into_iter().map(Into::into).collect(),
            facts: facts.iter().map(|(k, v)| ((*k).into(), (*v).into())).collect(),
            log: if LEASES.contains(&name) { log.collect() } else { vec![] },
        }
    }

    pub fn set_timings(&mut self, lease: &str, renew: &str, retry: &str) -> Result<(), String> {
        let parse = |flag: &str, typed: &str| {
            duration(typed).ok_or_else(|| format!("invalid argument \"{typed}\" for \"--leader-elect-{flag}\" flag: time: invalid duration \"{typed}\""))
        };
        let timings = Timings {
            lease: parse("lease-duration", lease)?,
            renew: parse("renew-deadline", renew)?,
            retry: parse("retry-period", retry)?,
        };
        if timings.lease.us <= timings.renew.us {
            return Err("leaseDuration must be greater than renewDeadline".into());
        }
        if timings.renew.us * 10 <= timings.retry.us * 12 {
            return Err("renewDeadline must be greater than retryPeriod*JitterFactor".into());
        }
        self.timings = timings;
        Ok(())
    }

    pub fn set_reading(&mut self, reading: Reading) {
        self.setup.reading = reading;
    }

    pub fn why(&self, event: u64) -> Vec<EventView> {
        let mut chain = vec![];
        let mut at = Some(event);
        while let Some(id) = at {
            chain.extend(self.history.events.iter().find(|e| e.id == id).cloned());
            at = self.causes.iter().find(|(effect, _)| *effect == id).map(|(_, cause)| *cause);
        }
        chain
    }

    pub fn act(&mut self, target: &str, act: Act) -> Result<(), String> {
        let now = self.now;
        let (name, proc_name) = target.split_once('/').map_or((target, None), |(h, p)| (h, Some(p)));
        let host = self.hosts.iter_mut().find(|h| &*h.name == name).ok_or("there is no such host")?;
        let verb = match (act, proc_name) {
            (Act::PowerOff, None) => {
                host.power = Power::Off;
                "switched off"
            }
            (Act::PowerOn, None) => {
                host.power = Power::On;
                for p in &mut host.processes {
                    p.state = ProcessState::Starting;
                    p.since_us = now;
                }
                "switched on"
            }
            (Act::Pause, None) => {
                host.power = Power::Paused;
                "paused"
            }
            (Act::Resume, None) => {
                host.power = Power::On;
                "resumed"
            }
            (act, Some(p)) => {
                let p = host.processes.iter_mut().find(|x| &*x.name == p).ok_or("there is no such process")?;
                let (state, verb) = match act {
                    Act::Kill => (ProcessState::Dead, "killed"),
                    Act::Terminate => (ProcessState::Dead, "terminated"),
                    Act::Stop => (ProcessState::Stopped, "stopped"),
                    Act::Start => (ProcessState::Starting, "started"),
                    Act::Pause => (ProcessState::Paused, "paused"),
                    Act::Resume => (ProcessState::Running, "resumed"),
                    _ => return Err("that is done to a host".into()),
                };
                p.state = state;
                p.since_us = now;
                verb
            }
            _ => return Err("that is done to a process".into()),
        };
        if proc_name.is_none() {
            host.since_us = now;
        }
        self.last_act = self.event(Category::Act, Tone::Neutral, target, format!("You {verb} {target}"), None);
        let (event, text) = (self.last_act, format!("{target} {}", verb.trim_start_matches("switched ")));
        Rc::make_mut(&mut self.history).marks.push(MarkView { at_us: now, event, text: text.into() });
        Ok(())
    }

    fn event(&mut self, category: Category, tone: Tone, target: &str, text: String, cause: Option<u64>) -> u64 {
        let id = self.next_id;
        self.next_id += 1;
        let has_cause = cause.is_some();
        self.causes.extend(cause.map(|cause| (id, cause)));
        let event =
            EventView { id, at_us: self.now, category, tone, target: target.into(), text: text.into(), has_cause };
        Rc::make_mut(&mut self.history).events.push(event);
        id
    }

    fn random(&mut self) -> f64 {
        self.rng = self.rng.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (self.rng >> 40) as f64 / (1u64 << 24) as f64
    }

    fn alive(&self, host: &str, name: &str) -> bool {
        self.hosts.iter().any(|h| {
            &*h.name == host
                && h.power == Power::On
                && h.processes.iter().any(|p| &*p.name == name && p.state == ProcessState::Running)
        })
    }

    fn send(&mut self, from: &str, to: &str, class: MessageClass) -> bool {
        let (host, name) = to.split_once('/').unwrap_or((to, ""));
        let on = self.hosts.iter().any(|h| &*h.name == host && h.power == Power::On);
        let alive = self.alive(host, name);
        let fate = if alive {
            Fate::Arrives
        } else if on {
            Fate::Refused
        } else {
            Fate::Lost
        };
        self.next_id += 1;
        let (sent_us, arrives_us) = (self.now, self.now + 500);
        self.messages.push(MessageView {
            id: self.next_id,
            from: from.into(),
            to: to.into(),
            class,
            sent_us,
            arrives_us,
            fate,
        });
        alive
    }

    fn every(&self, us: u64, offset: u64) -> bool {
        (self.now + offset) % us < STEP
    }

    fn names(&self, name: &str) -> Vec<Name> {
        self.hosts.iter().filter(|h| h.processes.iter().any(|p| &*p.name == name)).map(|h| h.name.clone()).collect()
    }

    fn tick(&mut self) {
        self.now += STEP;
        self.tick_processes();
        self.tick_etcd();
        for lease in 0..2 {
            self.tick_lease(lease);
        }
        if self.every(S / 5, 0) {
            self.tick_clients();
        }
        self.tick_checks();
        self.tick_lanes();
    }

    fn tick_processes(&mut self) {
        let now = self.now;
        for p in self.hosts.iter_mut().filter(|h| h.power == Power::On).flat_map(|h| &mut h.processes) {
            if p.state == ProcessState::Dead && now > p.since_us + 3 * S {
                (p.state, p.since_us, p.restarts) = (ProcessState::Starting, now, p.restarts + 1);
            } else if p.state == ProcessState::Starting && now > p.since_us + 2 * S {
                (p.state, p.since_us) = (ProcessState::Running, now);
            }
        }
    }

    fn tick_etcd(&mut self) {
        let members = self.names("etcd");
        let live: Vec<_> = members.iter().filter(|m| self.alive(m, "etcd")).cloned().collect();
        if self.etcd_leader.as_ref().is_some_and(|l| !live.contains(l)) {
            self.etcd_leader = None;
            self.etcd_votes_at = self.now + S + (self.random() * 0.9e6) as u64;
            let now = self.now;
            Rc::make_mut(&mut self.history).etcd_leaders.iter_mut().for_each(|h| h.to_us = h.to_us.or(Some(now)));
        }
        let quorum = live.len() * 2 > members.len();
        if self.etcd_leader.is_none() && quorum && self.now > self.etcd_votes_at {
            self.etcd_term += 1;
            let leader = live[(self.random() * live.len() as f64) as usize].clone();
            let text = format!("etcd on {leader} is leader for term {}", self.etcd_term);
            let cause = (self.last_act != 0).then_some(self.last_act);
            self.event(Category::Etcd, Tone::Good, &format!("{leader}/etcd"), text, cause);
            let held = Held { host: leader.clone(), term: Some(self.etcd_term), from_us: self.now, to_us: None };
            Rc::make_mut(&mut self.history).etcd_leaders.push(held);
            self.etcd_leader = Some(leader);
        }
        if self.every(S / 10, 0) {
            if let Some(leader) = self.etcd_leader.clone() {
                for to in members.iter().filter(|m| **m != leader) {
                    self.send(&format!("{leader}/etcd"), &format!("{to}/etcd"), MessageClass::Raft);
                }
            }
        }
        let (term, leader) = (self.etcd_term, self.etcd_leader.clone());
        for h in &mut self.hosts {
            for p in h.processes.iter_mut().filter(|p| &*p.name == "etcd") {
                p.role = if leader.as_ref() == Some(&h.name) { Role::Leader } else { Role::Follower };
                p.detail = format!("term {term}").into();
            }
        }
    }

    fn writable(&self) -> bool {
        self.etcd_leader.is_some()
    }

    fn tick_lease(&mut self, n: usize) {
        let name = LEASES[n];
        let now = self.now;
        let masters = self.names("kube-apiserver");
        for master in masters {
            let alive = self.alive(&master, name);
            let target = format!("{master}/{name}");
            let old = self
                .hosts
                .iter()
                .find(|h| h.name == master)
                .and_then(|h| h.processes.iter().find(|p| &*p.name == name));
            let mut c = old.and_then(|p| p.candidate.clone()).unwrap_or(CandidateView {
                lease: name.into(),
                observed_holder: None,
                observed_us: None,
                free_us: None,
                next_look_us: Some(now + (self.random() * 1.5e6) as u64),
                acting: false,
                renewed_us: None,
                gives_up_us: None,
            });
            let record = self.leases[n].clone();
            let mine = record.holder.as_deref() == Some(&*master);
            if !alive {
                if c.acting {
                    self.lost_us[n] = Some((master.clone(), now));
                    let h = &mut Rc::make_mut(&mut self.history).leases[n];
                    h.acting.iter_mut().for_each(|a| a.to_us = a.to_us.or(Some(now)));
                    self.leases[n].holder_acts = false;
                }
                self.set_candidate(&master, name, None);
                continue;
            }
            if c.next_look_us.is_some_and(|at| at <= now) && self.writable() {
                self.send(&target, &format!("{master}/kube-apiserver"), MessageClass::Lease);
                self.send(
                    &format!("{master}/kube-apiserver"),
                    &format!("{}/etcd", self.etcd_leader.clone().unwrap_or_default()),
                    MessageClass::Api,
                );
                let free = record.holder.is_none()
                    || c.free_us.is_some_and(|free| free < now)
                        && c.observed_us == record.renew_us.map(|r| r.max(c.observed_us.unwrap_or(0)));
                let lecture = self.setup.reading == Reading::Lecture;
                if mine && c.acting || free {
                    let l = &mut self.leases[n];
                    if !mine || !c.acting {
                        l.acquire_us = Some(now);
                        l.lease_transitions += u32::from(l.holder.is_some());
                        l.holder_identity = format!("{master}_602b41e8-0c5f-4a37-9d1e-{:012x}", now).into();
                    }
                    l.holder = Some(master.clone());
                    (l.renew_us, l.holder_acts) = (Some(now), true);
                    l.resource_version += 3;
                    if free {
                        self.took(n, &master);
                    }
                    c.acting = true;
                    c.renewed_us = Some(now);
                    c.gives_up_us = Some(now + self.timings.renew.us + self.timings.retry.us);
                    (c.observed_us, c.free_us) = (Some(now), None);
                    c.next_look_us = Some(now + if lecture { self.timings.renew.us } else { self.timings.retry.us });
                } else {
                    let last = record.renew_us.unwrap_or(now);
                    if c.observed_us.is_none_or(|o| o < last) {
                        c.observed_us = Some(if lecture { last } else { now });
                    }
                    c.free_us = c.observed_us.map(|o| o + self.timings.lease.us);
                    let jitter = if lecture { 0.0 } else { 1.2 * self.random() };
                    c.next_look_us = Some(now + (self.timings.retry.us as f64 * (1.0 + jitter)) as u64);
                }
                c.observed_holder = self.leases[n].holder.clone();
            }
            self.set_candidate(&master, name, Some(c));
        }
    }

    fn took(&mut self, n: usize, master: &Name) {
        let now = self.now;
        let cause = (self.last_act != 0).then_some(self.last_act);
        let text = format!("{} on {master} took the lease and leads", LEASES[n]);
        let event = self.event(Category::Election, Tone::Good, &format!("{master}/{}", LEASES[n]), text, cause);
        let lost = self.lost_us[n].take();
        let history = Rc::make_mut(&mut self.history);
        let held = || Held { host: master.clone(), term: None, from_us: now, to_us: None };
        let h = &mut history.leases[n];
        h.holders.iter_mut().for_each(|x| x.to_us = x.to_us.or(Some(now)));
        h.holders.push(held());
        h.acting.push(held());
        if let Some((from, lost_us)) = lost {
            let to = master.clone();
            let component = LEASES[n].into();
            history.takeovers.push(TakeoverView {
                component,
                from,
                to,
                lost_us,
                gained_us: now,
                comparable: true,
                event,
            });
        }
    }

    fn set_candidate(&mut self, host: &str, name: &str, candidate: Option<CandidateView>) {
        let h = self.hosts.iter_mut().find(|h| &*h.name == host);
        if let Some(p) = h.and_then(|h| h.processes.iter_mut().find(|p| &*p.name == name)) {
            p.role = match &candidate {
                Some(c) if c.acting => Role::Leader,
                Some(_) => Role::Standby,
                None => Role::None,
            };
            p.candidate = candidate;
        }
    }

    fn tick_clients(&mut self) {
        let up: Vec<Name> = self.hosts[2].backends.iter().filter(|b| b.up).map(|b| b.server.clone()).collect();
        self.turn += 1;
        let app = format!("worker-{}/kube-proxy", self.turn % 3 + 1);
        if self.turn % 2 == 0 {
            let ok = self.send("app-user/browser", &app, MessageClass::App);
            self.counters.app_ok += u64::from(ok);
            self.counters.app_failed += u64::from(!ok);
            let text = if ok { "HTTP 200" } else { "connection timed out" };
            self.hosts[1].last_call = Some(CallView { at_us: self.now, ok, text: text.into() });
        }
        if self.turn % 25 == 3 {
            for n in 1..=3 {
                self.send(&format!("worker-{n}/kubelet"), "lb-1/haproxy", MessageClass::Watch);
            }
        }
        if self.turn % 5 == 0 && self.send("laptop/kubectl", "lb-1/haproxy", MessageClass::Api) {
            let to = (!up.is_empty()).then(|| up[(self.turn / 5) % up.len()].clone());
            let ok = to.is_some_and(|to| {
                self.send("lb-1/haproxy", &format!("{to}/kube-apiserver"), MessageClass::Api) && self.writable()
            });
            self.counters.kubectl_ok += u64::from(ok);
            self.counters.kubectl_failed += u64::from(!ok);
            let text = if ok { "deployment.apps/web patched" } else { "Unable to connect to the server: EOF" };
            self.hosts[0].last_call = Some(CallView { at_us: self.now, ok, text: text.into() });
        }
        let ready = self.hosts.iter().filter(|h| h.power == Power::On).flat_map(|h| &h.pods).count();
        self.counters.pods_ready = ready as u32;
    }

    fn tick_checks(&mut self) {
        for n in 0..self.hosts[2].backends.len() {
            if !self.every(2 * S, n as u64 * 400_000) {
                continue;
            }
            let server = self.hosts[2].backends[n].server.clone();
            let ok = self.send("lb-1/haproxy", &format!("{server}/kube-apiserver"), MessageClass::HealthCheck);
            let b = &mut self.hosts[2].backends[n];
            b.last_check = if ok { "L7OK/200" } else { "L4TOUT" }.into();
            b.against = if ok == b.up { 0 } else { b.against + 1 };
            b.turns_at = if b.up { 3 } else { 2 };
            if b.against >= b.turns_at {
                (b.up, b.against) = (ok, 0);
                let text = format!("HAProxy marks {server} {}", if ok { "UP (L7OK/200)" } else { "DOWN (L4TOUT)" });
                let tone = if ok { Tone::Good } else { Tone::Bad };
                self.event(Category::LoadBalancer, tone, "lb-1/haproxy", text, Some(self.last_act));
            }
        }
        let turn = self.turn as u64;
        for h in &mut self.hosts {
            for p in h.processes.iter_mut().filter(|p| &*p.name == "kube-apiserver") {
                p.detail =
                    if h.power == Power::On { format!("{} req/s", 11 + turn / 40 % 4) } else { String::new() }.into();
            }
        }
    }

    fn tick_lanes(&mut self) {
        let now = self.now;
        let api = self.hosts[2].backends.iter().any(|b| b.up && self.alive(&b.server, "kube-apiserver"));
        let writable = api && self.writable();
        let reconciling = writable && self.leases.iter().all(|l| l.holder_acts);
        let serving = self.hosts[1].last_call.as_ref().is_none_or(|c| c.ok);
        let of = |h: &History| {
            [
                h.api_writable.last().cloned(),
                h.api_readable.last().cloned(),
                h.reconciling.last().cloned(),
                h.app_serving.last().cloned(),
            ]
        };
        let oks = [writable, writable, reconciling, serving];
        if of(&self.history).iter().zip(oks).all(|(last, ok)| last.as_ref().is_some_and(|i| i.ok == ok)) {
            return;
        }
        let h = Rc::make_mut(&mut self.history);
        for (lane, ok) in
            [&mut h.api_writable, &mut h.api_readable, &mut h.reconciling, &mut h.app_serving].into_iter().zip(oks)
        {
            if lane.last().is_none_or(|i| i.ok != ok) {
                lane.iter_mut().for_each(|i| i.to_us = i.to_us.or(Some(now)));
                lane.push(Interval { from_us: now, to_us: None, ok });
            }
        }
    }
}

impl Default for Session {
    fn default() -> Self {
        Self::new()
    }
}
