//! One kubectl command of the laptop: a request on a new connection, with client-go's retries, and the text that
//! kubectl prints when it fails. FACTS 4.4, 9; upstream `rest/request.go`, `rest/with_retry.go`,
//! `kubectl/pkg/cmd/util/helpers.go`.

use crate::kube::api::{Answer, Call, Reason};
use crate::kube::error::{Failure, TransportError};
use crate::kube::handled::Handled;
use crate::kube::timer::{self, Timer, TimerKey};
use crate::kube::transport::{Client, Event};
use crate::kube::vocabulary::{Ctx, Input};
use crate::sim::{HostId, Port, SimDuration, Ticket};

/// How often client-go repeats a request that may be repeated.
pub(crate) const MAX_RETRIES: u32 = 10;
const RETRY_AFTER: SimDuration = SimDuration::from_secs(1);

/// Where a kubeconfig points.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Server {
    /// The host, or the address that can move.
    pub host: HostId,
    /// The port.
    pub port: Port,
    /// As it is printed: `10.0.0.10:6443`
    pub address: std::rc::Rc<str>,
}

/// The result of a command.
pub(crate) type CommandResult = Result<Answer, Failure>;

/// One kubectl command of the laptop. Commands that run at the same time in one process need different tags.
#[derive(Clone, Debug)]
pub struct Command {
    tag: u32,
    client: Client,
    call: Call,
    retries: u32,
    pause: Option<Ticket>,
    limit: Option<Ticket>,
}

impl Command {
    /// Begins a command. `limit` is `--request-timeout`.
    pub fn start(ctx: &mut Ctx<'_>, server: &Server, tag: u32, call: Call, limit: Option<SimDuration>) -> Self {
        let mut client = Client::new((server.host, server.port), "kubectl").with_tag(tag);
        client.call(ctx, call.clone(), None);
        let limit = limit.map(|after| ctx.set_timer(after, timer::KubectlCommand::Limit, tag.into()));
        Command { tag, client, call, retries: 0, pause: None, limit }
    }

    /// Returns the number that tells its timers from those of other commands.
    pub(crate) fn tag(&self) -> u32 {
        self.tag
    }

    /// Takes an input if it is this command's own. `Done` when the command has ended and its connection is closed.
    pub fn handle(&mut self, ctx: &mut Ctx<'_>, input: &Input) -> Handled<CommandResult> {
        if let Input::Timer(TimerKey { why: Timer::KubectlCommand(why), arg }) = input
            && *arg == u64::from(self.tag)
        {
            return match why {
                timer::KubectlCommand::Limit => {
                    self.limit = None;
                    Handled::Done(self.end(ctx, Err(Failure::Transport(TransportError::DeadlineExceeded))))
                }
                timer::KubectlCommand::Retry => {
                    self.pause = None;
                    self.client.call(ctx, self.call.clone(), None);
                    Handled::Nothing
                }
            };
        }
        let Some(events) = self.client.handle(ctx, input) else { return Handled::NotMine };
        for event in events {
            let Event::Done { result, .. } = event else { continue };
            let mutating = self.call.is_mutating();
            let wait = result.as_ref().err().and_then(|failure| retry_after(failure, mutating));
            let Some(wait) = wait.filter(|_| self.retries < MAX_RETRIES) else {
                return Handled::Done(self.end(ctx, result));
            };
            self.retries += 1;
            self.pause = Some(ctx.set_timer(wait, timer::KubectlCommand::Retry, self.tag.into()));
        }
        Handled::Nothing
    }

    fn end(&mut self, ctx: &mut Ctx<'_>, result: CommandResult) -> CommandResult {
        for ticket in [self.pause.take(), self.limit.take()].into_iter().flatten() {
            ctx.cancel_timer(ticket);
        }
        self.client.close(ctx);
        result
    }
}

/// Returns after which pause client-go repeats a request with this failure; `None` if it does not.
pub(crate) fn retry_after(failure: &Failure, mutating: bool) -> Option<SimDuration> {
    match failure {
        Failure::Status(status) if status.code == 429 || status.code >= 500 => status.retry_after,
        Failure::Status(_) => None,
        Failure::Transport(error) => {
            let lost = matches!(error, TransportError::Eof | TransportError::Reset | TransportError::ConnectionLost);
            (lost && !mutating).then_some(RETRY_AFTER)
        }
    }
}

/// Returns what kubectl prints about a failure.
pub(crate) fn explain(failure: &Failure, server: &Server) -> String {
    let address = &server.address;
    match failure {
        Failure::Status(status) if status.reason == Reason::None => format!("Error from server: {status}"),
        Failure::Status(status) => format!("Error from server ({:?}): {status}", status.reason),
        Failure::Transport(TransportError::Refused) => {
            format!("The connection to the server {address} was refused - did you specify the right host or port?")
        }
        Failure::Transport(error @ TransportError::DialTimeout) => {
            format!("Unable to connect to the server: dial tcp {address}: {error}")
        }
        Failure::Transport(error) => format!("Unable to connect to the server: {error}"),
    }
}
