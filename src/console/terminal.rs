//! The laptop's terminal: each line that is typed becomes a running command; several may run at a time. What a command
//! printed is noted when it ends.

use std::rc::Rc;

use super::{Laptop, Parsed, Screen, Tool, etcdctl, kubectl, parse};
use crate::kube::handled::Handled;
use crate::kube::trace_event::{Printed, TraceEvent};
use crate::kube::vocabulary::{Control, Ctx, Input, Wire};

/// The most commands that run at a time.
pub(crate) const MAX_RUNNING: usize = 64;

/// The most bytes of output of all commands; beyond that only the start of each output is kept.
const MOST_OUTPUT: usize = 8 << 20;
const BEGINNING: usize = 1 << 10;

/// The process `terminal` on the laptop.
#[derive(Clone)]
pub struct Terminal {
    /// The files of the laptop.
    laptop: Rc<Laptop>,
    printed: usize,
    running: Vec<(u32, Command)>,
}

#[derive(Clone)]
enum Command {
    Kubectl(Box<kubectl::Running>),
    Etcdctl(Box<etcdctl::Running>),
}

impl Terminal {
    /// A terminal on this laptop, with no command running.
    pub(crate) fn new(laptop: Laptop) -> Self {
        Terminal { laptop: Rc::new(laptop), printed: 0, running: Vec::new() }
    }

    /// Starts the process, as [`Machine::start`](crate::sim::Machine::start).
    pub(crate) fn start(&mut self, _: &mut Ctx<'_>) {}

    /// Drops what is in memory, as [`Machine::crash`](crate::sim::Machine::crash).
    pub(crate) fn crash(&mut self, _power_lost: bool) {
        self.running.clear();
    }

    /// Returns how many commands are running.
    pub(crate) fn running(&self) -> usize {
        self.running.len()
    }

    /// Handles an input, as [`Machine::handle`](crate::sim::Machine::handle).
    pub(crate) fn handle(&mut self, ctx: &mut Ctx<'_>, input: Input) {
        match input {
            Input::Local { wire: Wire::Control(Control::Type { number, tool, args }), .. } => {
                let tool = if tool == Tool::Kubectl.name() { Tool::Kubectl } else { Tool::Etcdctl };
                self.begin(ctx, number, tool, &args);
            }
            Input::Terminate => ctx.exit(0),
            input => self.input(ctx, &input),
        }
    }

    fn begin(&mut self, ctx: &mut Ctx<'_>, number: u32, tool: Tool, args: &[String]) {
        if self.running.len() >= MAX_RUNNING {
            let text = format!("the lab runs at most {MAX_RUNNING} commands at a time\n");
            return self.print(ctx, number, &Screen::error(text), 1);
        }
        let command = match parse(tool, args) {
            Parsed::Kubectl(request) => match kubectl::Running::start(ctx, &self.laptop, &request, number) {
                Ok(running) => Command::Kubectl(Box::new(running)),
                Err((screen, code)) => return self.print(ctx, number, &screen, code),
            },
            Parsed::Etcdctl(request) => {
                Command::Etcdctl(Box::new(etcdctl::Running::start(ctx, &self.laptop, &request, number)))
            }
            Parsed::Ended(screen, code) => return self.print(ctx, number, &screen, code),
            Parsed::Unsupported(what) => {
                return self.print(ctx, number, &Screen::error(format!("the lab: {what} is not supported\n")), 1);
            }
        };
        self.running.push((number, command));
    }

    fn input(&mut self, ctx: &mut Ctx<'_>, input: &Input) {
        for index in 0..self.running.len() {
            let (number, command) = &mut self.running[index];
            let (number, progress) = match command {
                Command::Kubectl(running) => (*number, running.handle(ctx, input)),
                Command::Etcdctl(running) => (*number, running.handle(ctx, input)),
            };
            if progress == Handled::NotMine {
                continue;
            }
            if let Handled::Done(code) = progress {
                let (_, command) = self.running.remove(index);
                let screen = match &command {
                    Command::Kubectl(running) => {
                        if let Some(server) = running.discovered() {
                            let laptop = Rc::make_mut(&mut self.laptop);
                            laptop.discovered.push(server.address.clone());
                        }
                        running.screen()
                    }
                    Command::Etcdctl(running) => running.screen(),
                };
                self.print(ctx, number, screen, code);
            }
            return;
        }
    }

    /// A command has ended.
    fn print(&mut self, ctx: &mut Ctx<'_>, number: u32, screen: &Screen, exit: u8) {
        let kept = |text: &String| match text.len() {
            length if length > BEGINNING && self.printed > MOST_OUTPUT => {
                let mut cut = BEGINNING;
                while !text.is_char_boundary(cut) {
                    cut -= 1;
                }
                text[..cut].to_owned() + "\n(the lab keeps no more: there was too much output before)\n"
            }
            _ => text.clone(),
        };
        let (stdout, stderr) = (kept(&screen.stdout), kept(&screen.stderr));
        self.printed += stdout.len() + stderr.len();
        ctx.note(TraceEvent::Command(Rc::new(Printed { number, exit, stdout, stderr })));
    }
}
