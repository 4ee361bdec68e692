//! The end of a kubectl command, in success or failure: its last output and its exit status (FACTS 4.4, 9).

use super::get::{full_name, print};
use super::run::{Running, Task};
use super::{Request, Verb};
use crate::console::Screen;
use crate::console::describe::describe;
use crate::console::time::klog;
use crate::edge::kubectl::explain;
use crate::kube::api::Reason;
use crate::kube::error::{Failure, TransportError};
use crate::kube::object::{Kind, Object};
use crate::kube::vocabulary::Ctx;
use crate::sim::SimDuration;

/// How often kubectl tries discovery before it gives up.
const DISCOVERY_ATTEMPTS: u32 = 5;

impl Running {
    pub(super) fn failed(&mut self, ctx: &mut Ctx<'_>, task: &Task, failure: &Failure) -> Option<u8> {
        let missing = failure.is_not_found();
        let request = self.request.clone();
        match (task, &request.verb) {
            (Task::Discover(_), _) => {
                let limit = self.session.discovery_limit();
                let address = &self.session.server.address;
                let error = match failure {
                    Failure::Transport(e @ (TransportError::Refused | TransportError::DialTimeout)) => {
                        format!("dial tcp {address}: {e}")
                    }
                    other => other.to_string(),
                };
                let at = klog(ctx.wall());
                self.screen.err(&format!(
                    "E{at}    4096 memcache.go:381] \"Couldn't get current server API group list\" \
                     err=\"Get \\\"https://{address}/api?timeout={limit}\\\": {error}\"\n"
                ));
                self.attempts += 1;
                if self.attempts < DISCOVERY_ATTEMPTS {
                    self.tasks.push_front(task.clone());
                    return self.next(ctx);
                }
                self.errors.push(explain(failure, &self.session.server));
                return Some(self.end(ctx));
            }
            (Task::Gone(pod), verb) if missing => {
                if let Verb::Drain(_) = verb {
                    self.screen.out(&format!("{} evicted\n", full_name(pod)));
                }
                return self.next(ctx);
            }
            (Task::Fetch(_), Verb::Apply(object)) if missing => {
                self.tasks.push_back(Task::Create(object.clone()));
                return self.next(ctx);
            }
            (Task::Related(_, Kind::Lease), _) => return self.next(ctx),
            _ => {}
        }
        let text = self.words(task, failure, &request);
        self.errors.push(text);
        if missing { self.next(ctx) } else { Some(self.end(ctx)) }
    }

    fn words(&self, task: &Task, failure: &Failure, request: &Request) -> String {
        let server = &self.session.server;
        match (task, &request.verb, failure) {
            (Task::Create(object), Verb::Create(_), failure) => {
                let what = object.kind().name().to_lowercase();
                let error = match failure {
                    Failure::Status(status) => status.to_string(),
                    Failure::Transport(error) => post_error(object, &server.address, *error, request.limit),
                };
                match object.kind() {
                    Kind::Deployment => format!("error: failed to create {what}: {error}"),
                    _ => explain(failure, server),
                }
            }
            (Task::Fetch(item), _, Failure::Status(status)) if status.reason == Reason::Timeout => {
                let what = item.kind.qualified();
                format!(
                    "Error from server (Timeout): the server was unable to return a response in the time allotted, but \
                     may still be processing the request (get {what})"
                )
            }
            _ => explain(failure, server),
        }
    }

    /// Prints what is left and returns the exit status.
    pub(super) fn end(&mut self, ctx: &mut Ctx<'_>) -> u8 {
        let request = self.request.clone();
        let failed = !self.errors.is_empty();
        match &request.verb {
            Verb::Get(items) => {
                let (out, err) = print(&request, items, &self.found, failed, ctx.wall());
                self.screen.out(&out);
                self.screen.err(&err);
            }
            Verb::Describe(items) if !failed || !self.found.is_empty() => {
                let now = ctx.wall();
                let several = self.found.len() > 1;
                for (number, (stored, related)) in self.found.iter().zip(&self.related).enumerate() {
                    if number > 0 {
                        self.screen.out("\n\n");
                    }
                    self.screen.out(&describe(stored, related, !several, now));
                    if self.screen.stdout.len() > Screen::MAX {
                        break;
                    }
                }
                if self.found.is_empty() && items.iter().all(|i| i.name.is_none()) {
                    let namespace = request.namespace.as_deref().unwrap_or_default();
                    self.screen.err(&match namespace {
                        "" => "No resources found\n".to_owned(),
                        namespace => format!("No resources found in {namespace} namespace.\n"),
                    });
                }
            }
            Verb::UnknownType(kind) if !failed => {
                self.errors.push(format!("error: the server doesn't have a resource type {kind:?}"));
            }
            Verb::Drain(name) if !failed => self.screen.out(&format!("node/{name} drained\n")),
            Verb::ClusterInfo => {
                self.screen.out("\nTo further debug and diagnose cluster problems, use 'kubectl cluster-info dump'.\n")
            }
            _ => {}
        }
        for error in std::mem::take(&mut self.errors) {
            self.screen.err(&error);
            self.screen.err("\n");
        }
        u8::from(failed || matches!(request.verb, Verb::UnknownType(_)))
    }
}

/// How Go words a POST that got no answer.
fn post_error(object: &Object, address: &str, error: TransportError, limit: Option<SimDuration>) -> String {
    let timeout = limit.map_or(String::new(), |l| format!("&timeout={l}"));
    let (kind, namespace) = (object.kind(), &object.meta.namespace);
    let group = match kind.group() {
        "" => "api/v1".to_owned(),
        group => format!("apis/{group}/v1"),
    };
    let dial = match error {
        TransportError::Refused | TransportError::DialTimeout => format!("dial tcp {address}: "),
        _ => String::new(),
    };
    format!(
        "Post \"https://{address}/{group}/namespaces/{namespace}/{}?fieldManager=kubectl-create&\
         fieldValidation=Strict{timeout}\": {dial}{error}",
        kind.plural()
    )
}
