//! A toy world for the kernel's tests: one kind of process that follows commands and records what it sees.

use std::collections::BTreeMap;
use std::fmt::Write as _;

use ha_lab::sim::{
    CloseReason, ConnId, ConnectError, Ctx, Exit, HostId, Input, Label, Machine, Occurrence, Port, ProcId, Quality,
    Silent, SimDuration, SimTime, Supervisor, Ticket, Vocabulary, World, fnv1a,
};

pub const PORT: Port = 80;
pub const BOOT: SimDuration = SimDuration::from_secs(5);
pub const RESTART_US: u64 = 1_000_000;

pub fn ms(ms: u64) -> SimDuration {
    SimDuration::from_millis(ms)
}

pub fn at_ms(ms: u64) -> SimTime {
    SimTime(ms * 1_000)
}

#[derive(Clone, Debug)]
pub struct Words;

impl Vocabulary for Words {
    type Wire = Wire;
    type Note = Note;
    type Timer = &'static str;
}

#[derive(Clone, Debug, PartialEq)]
pub enum Wire {
    /// Answered by the process that accepted the connection.
    Ping(u32),
    Pong(u32),
    Beat(u32),
    Do(Cmd),
}

/// A command to a toy.
#[derive(Clone, Debug, PartialEq)]
pub enum Cmd {
    /// To a host's [`PORT`], with this timeout in milliseconds.
    Connect(HostId, u64),
    /// Connects and sends at once, without waiting for the answer.
    ConnectAndPing(HostId, u64, u32),
    Ping(u32),
    Close,
    Reset,
    UserTimeout(u64),
    Deaf,
    /// Takes the address that can move, or gives it up.
    Take,
    Give,
    /// A timer with this name, in milliseconds.
    Timer(u64, u64),
    Cancel(u64),
    Exit(u8),
    Beat(HostId, u32),
    Tell(ProcId, u32),
    /// Notes that a process is silent.
    Miss(HostId),
    Draw,
}

impl Label for Wire {
    fn label(&self) -> &'static str {
        match self {
            Wire::Ping(_) => "ping",
            Wire::Pong(_) => "pong",
            Wire::Beat(_) => "beat",
            Wire::Do(_) => "do",
        }
    }
}

#[derive(Clone, Debug, PartialEq)]
pub enum Note {
    Kernel(Occurrence),
    Act(&'static str),
    Got(u32),
    Missing,
    Fired(u64),
}

impl From<Occurrence> for Note {
    fn from(o: Occurrence) -> Self {
        Note::Kernel(o)
    }
}

#[derive(Clone, Debug, Default)]
pub struct Disk {
    pub ticks: u32,
}

#[derive(Clone, Debug, Default)]
pub struct Memory {
    pub ticks: u32,
    pub conn: Option<ConnId>,
    pub timers: BTreeMap<u64, Ticket>,
}

/// A process that does what it is told.
#[derive(Clone, Debug, Default)]
pub struct Toy {
    /// Ticks this often.
    pub every: Option<SimDuration>,
    /// Sends a beat to these hosts on each tick.
    pub beats_to: Vec<HostId>,
    /// Starts these processes, and restarts them a second after they exit.
    pub children: Vec<ProcId>,
    pub disk: Disk,
    pub memory: Memory,
    /// What it saw, with its own monotonic time. It is for the test, so no crash empties it.
    pub log: Vec<(SimTime, String)>,
}

const CHILD: &str = "restart child";
const TICK: &str = "tick";
const NAMED: &str = "named";

impl Toy {
    fn saw(&mut self, ctx: &Ctx<'_, Words>, what: String) {
        self.log.push((ctx.now(), what));
    }

    fn obey(&mut self, ctx: &mut Ctx<'_, Words>, cmd: Cmd) {
        match cmd {
            Cmd::Connect(to, timeout) => self.memory.conn = Some(ctx.connect(to, PORT, ms(timeout))),
            Cmd::ConnectAndPing(to, timeout, n) => {
                let conn = ctx.connect(to, PORT, ms(timeout));
                self.memory.conn = Some(conn);
                ctx.send(conn, Wire::Ping(n));
            }
            Cmd::Ping(n) => {
                let sent = self.memory.conn.is_some_and(|c| ctx.send(c, Wire::Ping(n)));
                if !sent {
                    self.saw(ctx, format!("cannot send {n}"));
                }
            }
            Cmd::Close => {
                if let Some(conn) = self.memory.conn.take() {
                    ctx.close(conn);
                }
            }
            Cmd::Reset => {
                if let Some(conn) = self.memory.conn.take() {
                    ctx.reset(conn);
                }
            }
            Cmd::UserTimeout(timeout) => {
                if let Some(conn) = self.memory.conn {
                    ctx.set_user_timeout(conn, ms(timeout));
                }
            }
            Cmd::Deaf => ctx.unlisten(PORT),
            Cmd::Take => ctx.take_address(),
            Cmd::Give => ctx.give_address_up(),
            Cmd::Timer(after, name) => {
                let ticket = ctx.set_timer(ms(after), NAMED, name);
                self.memory.timers.insert(name, ticket);
            }
            Cmd::Cancel(name) => {
                if let Some(ticket) = self.memory.timers.remove(&name) {
                    ctx.cancel_timer(ticket);
                }
            }
            Cmd::Exit(code) => ctx.exit(code),
            Cmd::Beat(to, n) => ctx.datagram(to, PORT, Wire::Beat(n)),
            Cmd::Tell(to, n) => ctx.local(to, Wire::Beat(n)),
            Cmd::Miss(host) => {
                ctx.note_silence(Silent::Host(host), Note::Missing);
            }
            Cmd::Draw => {
                let drawn = ctx.rng("draw").below(1_000_000);
                self.saw(ctx, format!("drew {drawn}"));
            }
        }
    }

    fn timer(&mut self, ctx: &mut Ctx<'_, Words>, why: &'static str, arg: u64) {
        match why {
            TICK => {
                self.memory.ticks += 1;
                self.disk.ticks += 1;
                for host in self.beats_to.clone() {
                    ctx.datagram(host, PORT, Wire::Beat(self.memory.ticks));
                }
                if let Some(every) = self.every {
                    ctx.set_timer(every, TICK, 0);
                }
            }
            CHILD => ctx.start_process(ProcId(arg as u16)),
            _ => {
                self.memory.timers.remove(&arg);
                self.saw(ctx, format!("timer {arg}"));
                ctx.note(Note::Fired(arg));
            }
        }
    }
}

impl Machine for Toy {
    type V = Words;

    fn start(&mut self, ctx: &mut Ctx<'_, Words>) {
        ctx.listen(PORT);
        if ctx.incarnation() > 1 {
            self.saw(ctx, format!("start {}, ticks {}/{}", ctx.incarnation(), self.memory.ticks, self.disk.ticks));
        }
        if let Some(every) = self.every {
            ctx.set_timer(every, TICK, 0);
        }
        for child in self.children.clone() {
            ctx.start_process(child);
        }
    }

    fn handle(&mut self, ctx: &mut Ctx<'_, Words>, input: Input<Wire, &'static str>) {
        let saw = match input {
            Input::Timer(key) => return self.timer(ctx, key.why, key.arg),
            Input::Local { wire: Wire::Do(cmd), .. } => return self.obey(ctx, cmd),
            Input::Connected { .. } => "connected".to_owned(),
            Input::ConnectFailed { error: ConnectError::Refused, .. } => "refused".to_owned(),
            Input::ConnectFailed { error: ConnectError::TimedOut, .. } => "connect timed out".to_owned(),
            Input::Accepted { conn, .. } => {
                self.memory.conn = Some(conn);
                "accepted".to_owned()
            }
            Input::Data { conn, wire: Wire::Ping(n) } => {
                ctx.note(Note::Got(n));
                ctx.send(conn, Wire::Pong(n));
                format!("ping {n}")
            }
            Input::Data { wire: Wire::Pong(n), .. } => {
                ctx.note(Note::Got(n));
                format!("pong {n}")
            }
            Input::Data { wire, .. } => format!("{wire:?}"),
            Input::Closed { reason, .. } => match reason {
                CloseReason::Eof => "EOF".to_owned(),
                CloseReason::Reset => "reset".to_owned(),
                CloseReason::TimedOut => "timed out".to_owned(),
            },
            Input::Datagram { from, wire } => format!("{wire:?} from {}", from.0),
            Input::Local { wire, .. } => format!("local {wire:?}"),
            Input::Exited { child, exit } => {
                ctx.set_timer(SimDuration(RESTART_US), CHILD, child.0.into());
                match exit {
                    Exit::Code(code) => format!("child exit {code}"),
                    exit => format!("child {exit:?}"),
                }
            }
            Input::Terminate => {
                ctx.exit(0);
                "SIGTERM".to_owned()
            }
        };
        self.saw(ctx, saw);
    }

    fn crash(&mut self, _power_lost: bool) {
        self.memory = Memory::default();
    }
}

/// Creates hosts `a`, `b` and so on with one toy each; a toy has the number of its host.
pub fn world(seed: u64, toys: Vec<Toy>) -> World<Toy> {
    let mut world = World::new(seed);
    for (index, toy) in toys.into_iter().enumerate() {
        let name = char::from(b'a' + index as u8).to_string();
        let host = world.add_host(&name, BOOT);
        world.add_process(host, "toy", Supervisor::Unit { restart_after_us: RESTART_US }, toy);
    }
    world.boot_all();
    world
}

pub fn tell(world: &mut World<Toy>, process: u16, cmd: Cmd) {
    world.act(Some(ProcId(process)), None, Note::Act("tell"));
    world.tell(ProcId(process), Wire::Do(cmd));
}

/// Returns what all toys saw, in the order of their clocks: `MILLISECONDS HOST WHAT`.
pub fn transcript(world: &World<Toy>) -> String {
    let mut lines: Vec<(SimTime, u16, usize, &str)> = Vec::new();
    for (id, toy) in world.machines() {
        lines.extend(toy.log.iter().enumerate().map(|(i, (at, what))| (*at, id.0, i, what.as_str())));
    }
    lines.sort();
    let mut text = String::new();
    for (at, process, _, what) in lines {
        let slot = world.slot(ProcId(process));
        let host = &world.host(slot.host).name;
        let who = if slot.name == "toy" { host.clone() } else { format!("{host}/{}", slot.name) };
        let _ = writeln!(text, "{} {who} {what}", at.as_millis());
    }
    text
}

/// Returns a digest of all events and of everything that the toys saw.
pub fn digest(world: &World<Toy>) -> u64 {
    world.trace().digest() ^ fnv1a(transcript(world).as_bytes())
}

/// The result of [`toy_digest`] in every build. It changes when the kernel's behaviour changes: find out why, then replace it.
pub const TOY_DIGEST: u64 = 0x3009_a028_45c7_2bf1;

/// Four toys that beat, ping, lose packets, crash, pause and come back, for a minute: the same number in every build.
pub fn toy_digest() -> u64 {
    digest(&busy_world(7))
}

/// See [`toy_digest`].
pub fn busy_world(seed: u64) -> World<Toy> {
    let host = HostId;
    let toy = |every, beats_to: &[u16]| Toy {
        every: Some(ms(every)),
        beats_to: beats_to.iter().map(|h| HostId(*h)).collect(),
        ..Toy::default()
    };
    let mut w = world(seed, vec![toy(100, &[1, 2]), toy(170, &[0]), toy(90, &[0, 1, 3]), toy(1_000, &[])]);
    let rough = Quality { latency: ms(20), jitter: ms(15), loss_ppm: 150_000 };
    w.act(None, None, Note::Act("link"));
    for (from, to) in [(0, 1), (1, 0), (2, 3)] {
        w.set_quality(host(from), host(to), rough);
    }
    tell(&mut w, 0, Cmd::Connect(host(1), 5_000));
    for n in 0..120_u32 {
        w.run_until(at_ms(u64::from(n) * 500));
        tell(&mut w, 0, Cmd::Ping(n));
        tell(&mut w, (n % 4) as u16, Cmd::Draw);
        w.act(None, None, Note::Act("fault"));
        match n {
            10 => w.pause(ProcId(1)),
            20 => w.resume(ProcId(1)),
            30 => w.cut(host(0), host(1)),
            40 => w.heal(Some((host(0), host(1)))),
            50 => w.power_off(host(2)),
            55 => w.power_on(host(2)),
            60 => w.set_clock(host(3), Some(1_250_000), Some(3_000_000)),
            70 => w.kill(ProcId(1)),
            76 => tell(&mut w, 0, Cmd::Connect(host(1), 5_000)),
            80 => w.pause_host(host(0)),
            90 => w.resume_host(host(0)),
            _ => {}
        }
    }
    w.run_until(at_ms(60_000));
    w
}
