//! A kubectl command that runs: its requests one after the other, and the output for their answers.

use std::collections::VecDeque;
use std::rc::Rc;

use super::get::full_name;
use super::manifest::{differs, service};
use super::resources::Item;
use super::session::{Heard, Session};
use super::{Request, Verb};
use crate::console::describe::{Related, is_about};
use crate::console::{Laptop, Screen};
use crate::kube::api::{Answer, Call, Discover, Freshness, Patch, WatchEvent};
use crate::kube::handled::Handled;
use crate::kube::object::{Deployment, Kind, Name, Object, Stored, VERSION};
use crate::kube::vocabulary::{Ctx, Input};
use crate::sim::SimDuration;

/// One step of a command.
#[derive(Clone)]
pub(super) enum Task {
    Discover(Discover),
    Fetch(Item),
    /// What belongs to the described object with this number.
    Related(usize, Kind),
    /// Of this object; `true`: by its label selector.
    Delete(Item, Option<Name>),
    /// Until this object is gone.
    Gone(Stored),
    Patch(Stored, Patch, &'static str),
    Create(Rc<Object>),
    Raw,
    Version,
    ClusterInfo,
    Watch(Stored),
    /// Its kind is listed, to watch on from there: its own resourceVersion may be older than what a watch can begin at.
    List(Stored),
}

/// A kubectl command that runs.
#[derive(Clone)]
pub(crate) struct Running {
    pub(super) request: Rc<Request>,
    pub(super) session: Session,
    pub(super) tasks: VecDeque<Task>,
    pub(super) now: Option<Task>,
    pub(super) screen: Screen,
    pub(super) found: Vec<Stored>,
    pub(super) related: Vec<Related>,
    pub(super) errors: Vec<String>,
    pub(super) attempts: u32,
    pub(super) told: String,
    /// Until it lists again after a watch has ended.
    pub(super) back_off: SimDuration,
    /// Objects that were read so far.
    read: usize,
}

/// The most objects that one command reads: twice as many pods as a cluster of the lab can have.
const MOST_READ: usize = 20_000;

/// Of the reflector under `rollout status` (client-go tools/watch/until.go, tools/cache/reflector.go).
const FIRST_BACK_OFF: SimDuration = SimDuration::from_millis(800);
const LONGEST_BACK_OFF: SimDuration = SimDuration::from_secs(30);

impl Running {
    /// Starts a command; `Err` with its whole output and its exit status if it needs no server.
    pub(crate) fn start(
        ctx: &mut Ctx<'_>,
        laptop: &Laptop,
        request: &Rc<Request>,
        tag: u32,
    ) -> Result<Self, (Screen, u8)> {
        let server = match &request.server {
            None => laptop.server.clone(),
            Some(name) => match laptop.resolve(name, 443) {
                Some(server) => server,
                None => {
                    let host = name.split(':').next().unwrap_or_default();
                    let text = format!("Unable to connect to the server: dial tcp: lookup {host}: no such host\n");
                    return Err((Screen::error(text), 1));
                }
            },
        };
        let mut running = Running {
            request: request.clone(),
            session: Session::new(server.clone(), tag, request.limit),
            tasks: VecDeque::new(),
            now: None,
            screen: Screen::default(),
            found: Vec::new(),
            related: Vec::new(),
            errors: Vec::new(),
            attempts: 0,
            told: String::new(),
            back_off: FIRST_BACK_OFF,
            read: 0,
        };
        running.plan(laptop.knows(&server));
        match running.next(ctx) {
            Some(code) => Err((running.screen, code)),
            None => Ok(running),
        }
    }

    /// Returns the first tasks of a command.
    fn plan(&mut self, discovered: bool) {
        let request = self.request.clone();
        let direct = matches!(request.verb, Verb::Raw(..) | Verb::Version | Verb::Create(_));
        if !discovered && !direct {
            self.tasks.extend([Task::Discover(Discover::Api), Task::Discover(Discover::Apis)]);
        }
        match &request.verb {
            Verb::Get(items) | Verb::Describe(items) | Verb::Scale(items, _) | Verb::Cordon(items, _) => {
                self.tasks.extend(items.iter().cloned().map(Task::Fetch));
            }
            Verb::Delete { items, .. } => {
                for item in items {
                    self.tasks.push_back(match item.name.clone() {
                        Some(name) => Task::Delete(item.clone(), Some(name)),
                        None => Task::Fetch(item.clone()),
                    });
                }
            }
            Verb::Raw(..) => self.tasks.push_back(Task::Raw),
            Verb::Create(object) => self.tasks.push_back(Task::Create(object.clone())),
            Verb::Apply(object) => {
                self.tasks.push_back(Task::Fetch(Item { kind: object.kind(), name: Some(object.meta.name.clone()) }));
            }
            Verb::Drain(name) => {
                self.tasks.push_back(Task::Fetch(Item { kind: Kind::Node, name: Some(name.clone()) }));
                self.tasks.push_back(Task::Fetch(Item { kind: Kind::Pod, name: None }));
            }
            Verb::RolloutStatus(name) | Verb::Expose(name, ..) => {
                self.tasks.push_back(Task::Fetch(Item { kind: Kind::Deployment, name: Some(name.clone()) }));
            }
            Verb::Version => {
                self.screen.out(&format!("Client Version: {VERSION}\nKustomize Version: v5.8.1\n"));
                self.tasks.push_back(Task::Version);
            }
            Verb::ClusterInfo => self.tasks.push_back(Task::ClusterInfo),
            Verb::UnknownType(_) => {}
        }
        if let Verb::Delete { grace: Some(SimDuration::ZERO), .. } = request.verb {
            self.screen.err(
                "Warning: Immediate deletion does not wait for confirmation that the running resource has been \
                 terminated. The resource may continue to run on the cluster indefinitely.\n",
            );
        }
    }

    /// Whether discovery was done in this command.
    pub(crate) fn discovered(&self) -> Option<&crate::edge::kubectl::Server> {
        (self.attempts == u32::MAX).then_some(&self.session.server)
    }

    fn namespace_of(&self, kind: Kind) -> Name {
        if kind.is_namespaced() {
            self.request.namespace.clone().unwrap_or_else(|| "default".into())
        } else {
            "".into()
        }
    }

    /// Sends the next request; returns the exit status if there is none left.
    pub(super) fn next(&mut self, ctx: &mut Ctx<'_>) -> Option<u8> {
        let Some(task) = self.tasks.pop_front() else { return Some(self.end(ctx)) };
        let mut repeats = true;
        let call = match &task {
            Task::Discover(what) => Call::Discover(*what),
            Task::Version => Call::Discover(Discover::Version),
            Task::Fetch(item) => self.fetch(item),
            Task::Related(index, kind) => self.related_call(*index, *kind),
            Task::Delete(item, name) => {
                let grace_period = match self.request.verb {
                    Verb::Delete { grace, .. } => grace,
                    _ => None,
                };
                let mine = self.found.iter().find(|s| Some(&s.object.meta.name) == name.as_ref());
                let own = mine.map(|s| s.object.meta.namespace.clone());
                let (kind, namespace) = (item.kind, own.unwrap_or_else(|| self.namespace_of(item.kind)));
                Call::Delete { kind, namespace, name: name.clone().unwrap_or_default(), uid: None, grace_period }
            }
            Task::Gone(stored) => {
                let meta = &stored.object.meta;
                let (namespace, name) = (meta.namespace.clone(), meta.name.clone());
                Call::Get { kind: stored.object.kind(), namespace, name, freshness: Freshness::Latest }
            }
            Task::Patch(stored, patch, _) => {
                let meta = &stored.object.meta;
                let (namespace, name) = (meta.namespace.clone(), meta.name.clone());
                Call::Patch { kind: stored.object.kind(), namespace, name, patch: patch.clone() }
            }
            Task::Create(object) => Call::Create { object: object.clone() },
            Task::Raw => {
                repeats = false;
                match self.request.verb {
                    Verb::Raw(path, verbose) => Call::Health { path, verbose },
                    _ => Call::Discover(Discover::Version),
                }
            }
            Task::ClusterInfo => Call::List {
                kind: Kind::Service,
                namespace: Some("kube-system".into()),
                selector: [("kubernetes.io/cluster-service".into(), "true".into())].into(),
                freshness: Freshness::Latest,
            },
            Task::Watch(stored) => Call::Watch {
                kind: stored.object.kind(),
                namespace: Some(stored.object.meta.namespace.clone()),
                node_name: None,
                resource_version: stored.resource_version,
            },
            Task::List(stored) => list_beside(stored),
        };
        self.now = Some(task);
        self.session.ask(ctx, call, repeats);
        None
    }

    fn fetch(&self, item: &Item) -> Call {
        let freshness = Freshness::Latest;
        match &item.name {
            Some(name) => {
                let (kind, namespace, name) = (item.kind, self.namespace_of(item.kind), name.clone());
                Call::Get { kind, namespace, name, freshness }
            }
            None => {
                let everywhere = matches!(self.request.verb, Verb::Drain(_)) || !item.kind.is_namespaced();
                let namespace = self.request.namespace.clone().filter(|_| !everywhere);
                Call::List { kind: item.kind, namespace, selector: self.request.selector.clone(), freshness }
            }
        }
    }

    fn related_call(&self, index: usize, kind: Kind) -> Call {
        let object = &self.found[index].object;
        let of_node = object.kind() == Kind::Node;
        let freshness = Freshness::Latest;
        match kind {
            Kind::Lease => {
                Call::Get { kind, namespace: "kube-node-lease".into(), name: object.meta.name.clone(), freshness }
            }
            _ => {
                let own = if of_node { "default".into() } else { object.meta.namespace.clone() };
                let namespace = (!of_node || kind == Kind::Event).then_some(own);
                Call::List { kind, namespace, selector: Default::default(), freshness }
            }
        }
    }

    /// Takes an input if it is this command's. `Done` with the exit status when the command has ended.
    pub(crate) fn handle(&mut self, ctx: &mut Ctx<'_>, input: &Input) -> Handled<u8> {
        let Some(heard) = self.session.handle(ctx, input) else { return Handled::NotMine };
        for one in heard {
            if let Some(code) = self.heard(ctx, one) {
                self.session.close(ctx);
                return Handled::Done(code);
            }
        }
        Handled::Nothing
    }

    /// Returns its output so far.
    pub(crate) fn screen(&self) -> &Screen {
        &self.screen
    }

    fn heard(&mut self, ctx: &mut Ctx<'_>, heard: Heard) -> Option<u8> {
        match heard {
            Heard::Answer(answer) => {
                let task = self.now.take()?;
                self.answered(ctx, task, answer)
            }
            Heard::Failed(failure) => {
                let task = self.now.take()?;
                self.failed(ctx, &task, &failure)
            }
            Heard::GaveUp(error) => {
                self.errors.push(format!("context deadline exceeded - error from a previous attempt: {error}"));
                Some(self.end(ctx))
            }
            Heard::Watch(WatchEvent::Added(stored) | WatchEvent::Modified(stored)) => {
                let Some(Task::Watch(first)) = &self.now else { return None };
                (first.object.meta.uid == stored.object.meta.uid && self.rolled_out(&stored)).then(|| self.end(ctx))
            }
            Heard::Watch(WatchEvent::Deleted(stored)) => {
                let Some(Task::Watch(first)) = &self.now else { return None };
                if first.object.meta.uid != stored.object.meta.uid {
                    return None;
                }
                self.errors.push("error: object has been deleted".to_owned());
                Some(self.end(ctx))
            }
            Heard::Watch(WatchEvent::Expired) | Heard::WatchEnded => {
                // After the one comes the other.
                let Some(Task::Watch(stored)) = &self.now else { return None };
                let (call, wait) = (list_beside(stored), self.back_off);
                self.now = Some(Task::List(stored.clone()));
                self.back_off = (wait + wait).min(LONGEST_BACK_OFF);
                let spread = ctx.rng("kubectl back-off").below(wait.as_micros());
                self.session.ask_later(ctx, call, wait + SimDuration::from_micros(spread));
                None
            }
        }
    }

    fn answered(&mut self, ctx: &mut Ctx<'_>, task: Task, answer: Answer) -> Option<u8> {
        let request = self.request.clone();
        match (task, answer) {
            (Task::Discover(Discover::Apis), _) => self.attempts = u32::MAX,
            (Task::Fetch(_), answer) => {
                let news = match answer {
                    Answer::List { items, .. } => items,
                    Answer::Object(stored) => vec![stored],
                    _ => Vec::new(),
                };
                self.read += news.len();
                if self.read > MOST_READ {
                    self.errors.push(format!("the lab: one command reads at most {MOST_READ} objects"));
                    return Some(self.end(ctx));
                }
                self.fetched(&request, news);
            }
            (Task::List(old), Answer::List { resource_version, items }) => {
                let Some(new) = items.into_iter().find(|s| s.object.meta.uid == old.object.meta.uid) else {
                    self.errors.push("error: object has been deleted".to_owned());
                    return Some(self.end(ctx));
                };
                if !self.rolled_out(&new) {
                    self.tasks.push_back(Task::Watch(Stored { resource_version, ..new }));
                }
            }
            (Task::Related(index, kind), answer) => self.related_answer(index, kind, answer),
            (Task::Delete(..), Answer::Deleted(stored)) => self.deleted(&request, stored),
            (Task::Gone(old), Answer::Object(stored)) if stored.object.meta.uid == old.object.meta.uid => {
                // The object still exists: poll again soon.
                self.now = Some(Task::Gone(old));
                let meta = &stored.object.meta;
                let call = Call::Get {
                    kind: stored.object.kind(),
                    namespace: meta.namespace.clone(),
                    name: meta.name.clone(),
                    freshness: Freshness::Latest,
                };
                self.session.ask_later(ctx, call, SimDuration::from_millis(250));
                return None;
            }
            (Task::Patch(stored, _, what), _) => self.screen.out(&format!("{} {what}\n", full_name(&stored))),
            (Task::Create(_), Answer::Object(stored)) => {
                let word = if matches!(request.verb, Verb::Expose(..)) { "exposed" } else { "created" };
                self.screen.out(&format!("{} {word}\n", full_name(&stored)));
            }
            (Task::Raw, Answer::Text(text)) => self.screen.out(&text),
            (Task::Version, Answer::Text(text)) => self.screen.out(&format!("Server Version: {text}\n")),
            (Task::ClusterInfo, _) => {
                let address = &self.session.server.address;
                self.screen.out(&format!("Kubernetes control plane is running at https://{address}\n"));
            }
            _ => {}
        }
        self.next(ctx)
    }

    fn fetched(&mut self, request: &Request, news: Vec<Stored>) {
        match &request.verb {
            Verb::Describe(_) => {
                for stored in news {
                    let index = self.found.len();
                    let others: &[Kind] = match stored.object.kind() {
                        Kind::Node => &[Kind::Lease, Kind::Pod],
                        Kind::Deployment => &[Kind::ReplicaSet],
                        Kind::ReplicaSet => &[Kind::Pod],
                        Kind::Service => &[Kind::Endpoints],
                        _ => &[],
                    };
                    self.found.push(stored);
                    self.related.push(Related::default());
                    let all = others.iter().copied().chain([Kind::Event]);
                    self.tasks.extend(all.map(|kind| Task::Related(index, kind)));
                }
            }
            Verb::Scale(_, count) => {
                for stored in news {
                    self.tasks.push_back(Task::Patch(stored, Patch::Replicas(*count), "scaled"));
                }
            }
            Verb::Cordon(_, to) => {
                for stored in news {
                    let is = stored.object.node().is_some_and(|n| n.unschedulable);
                    let word = if *to { "cordoned" } else { "uncordoned" };
                    if is == *to {
                        self.screen.out(&format!("{} already {word}\n", full_name(&stored)));
                    } else {
                        self.tasks.push_back(Task::Patch(stored, Patch::Unschedulable(*to), word));
                    }
                }
            }
            Verb::Drain(name) => self.drain(name, news),
            Verb::Expose(_, name, port, target_port) => {
                for stored in news {
                    self.tasks.push_back(Task::Create(service(&stored.object, name, *port, *target_port)));
                }
            }
            Verb::Apply(wanted) => {
                for stored in news {
                    if differs(&stored.object, wanted) {
                        self.tasks.push_back(Task::Patch(stored, Patch::Apply(wanted.clone()), "configured"));
                    } else {
                        self.screen.out(&format!("{} unchanged\n", full_name(&stored)));
                    }
                }
            }
            Verb::Delete { .. } => {
                for stored in news {
                    let item = Item { kind: stored.object.kind(), name: None };
                    self.tasks.push_back(Task::Delete(item, Some(stored.object.meta.name.clone())));
                }
            }
            Verb::RolloutStatus(_) => {
                for stored in news {
                    if !self.rolled_out(&stored) {
                        self.tasks.push_back(Task::Watch(stored));
                    }
                }
            }
            _ => self.found.extend(news),
        }
    }

    fn related_answer(&mut self, index: usize, kind: Kind, answer: Answer) {
        let object = self.found[index].object.clone();
        let related = &mut self.related[index];
        match (kind, answer) {
            (Kind::Lease, Answer::Object(stored)) => related.lease = Some(stored),
            // Filtered by reference: a list that is filtered in place keeps the room of all that was listed.
            (Kind::Event, Answer::List { items, .. }) => {
                related.events = items.iter().filter(|e| is_about(&e.object, &object)).cloned().collect();
            }
            (Kind::Endpoints, Answer::List { items, .. }) => {
                related.others = items.iter().filter(|e| e.object.meta.name == object.meta.name).cloned().collect();
            }
            (_, Answer::List { items, .. }) => related.others = items,
            _ => {}
        }
    }

    /// First the node, then all pods: those on it are evicted.
    fn drain(&mut self, node: &Name, news: Vec<Stored>) {
        for stored in news {
            if let Some(is) = stored.object.node().map(|n| n.unschedulable) {
                if is {
                    self.screen.out(&format!("{} already cordoned\n", full_name(&stored)));
                } else {
                    self.tasks.push_front(Task::Patch(stored, Patch::Unschedulable(true), "cordoned"));
                }
                continue;
            }
            let here = stored.object.pod().is_some_and(|p| p.node_name.as_deref() == Some(node) && !p.mirror);
            if here {
                let meta = &stored.object.meta;
                self.screen.out(&format!("evicting pod {}/{}\n", meta.namespace, meta.name));
                self.found.push(stored);
            }
        }
        let evict =
            |pod: &Stored| Task::Delete(Item { kind: Kind::Pod, name: None }, Some(pod.object.meta.name.clone()));
        self.tasks.extend(self.found.iter().map(evict));
    }

    fn deleted(&mut self, request: &Request, stored: Stored) {
        if let Verb::Drain(_) = request.verb {
            return self.tasks.push_back(Task::Gone(stored));
        }
        let Verb::Delete { grace, wait, .. } = &request.verb else { return };
        let (meta, kind) = (&stored.object.meta, stored.object.kind());
        let mut resource = kind.name().to_lowercase();
        if !kind.group().is_empty() {
            resource = format!("{resource}.{}", kind.group());
        }
        let forced = if *grace == Some(SimDuration::ZERO) { "force " } else { "" };
        let place = if kind.is_namespaced() { format!(" from {} namespace", meta.namespace) } else { String::new() };
        self.screen.out(&format!("{resource} {:?} {forced}deleted{place}\n", meta.name));
        if *wait {
            self.tasks.push_back(Task::Gone(stored));
        }
    }

    /// Prints the progress of a rollout; returns whether it is complete.
    fn rolled_out(&mut self, stored: &Stored) -> bool {
        let Some(d) = stored.object.deployment() else { return true };
        let (name, Deployment { replicas, updated, current, available, .. }) = (&stored.object.meta.name, d);
        let waiting = |what: String| format!("Waiting for deployment \"{name}\" rollout to finish: {what}...\n");
        let (text, done) = if d.observed_generation < stored.object.meta.generation {
            ("Waiting for deployment spec update to be observed...\n".to_owned(), false)
        } else if updated < replicas {
            (waiting(format!("{updated} out of {replicas} new replicas have been updated")), false)
        } else if current > updated {
            (waiting(format!("{} old replicas are pending termination", current - updated)), false)
        } else if available < updated {
            (waiting(format!("{available} of {updated} updated replicas are available")), false)
        } else {
            (format!("deployment \"{name}\" successfully rolled out\n"), true)
        };
        if self.told != text {
            self.screen.out(&text);
            self.told = text;
        }
        done
    }
}

/// A list of an object's kind in its namespace.
fn list_beside(stored: &Stored) -> Call {
    let namespace = Some(stored.object.meta.namespace.clone());
    Call::List { kind: stored.object.kind(), namespace, selector: Default::default(), freshness: Freshness::Latest }
}
