//! The messages of the latest step of time, for the animation: real ones, thinned out evenly per class.

use std::rc::Rc;

use super::ViewCache;
use crate::cluster::Cluster;
use crate::lab::view::{Fate, MESSAGES_MAX, MessageClass, MessageView};
use crate::sim::map::Map;
use crate::sim::{Outcome, Record, RecordId, RecordKind};

/// The messages of the latest step of time, for the animation.
pub(crate) struct Messages {
    from: RecordId,
    built: Option<(RecordId, Rc<Vec<MessageView>>)>,
}

impl Messages {
    pub(crate) fn from_now(cluster: &Cluster) -> Self {
        Messages { from: cluster.world().trace().last_record(), built: None }
    }

    /// Starts a new step of time.
    pub(crate) fn begin(&mut self, cluster: &Cluster) {
        self.from = cluster.world().trace().last_record();
        self.built = None;
    }

    /// Returns the messages sent in this step so far.
    pub(crate) fn recent(&mut self, cluster: &Cluster, names: &ViewCache) -> Rc<Vec<MessageView>> {
        let last = cluster.world().trace().last_record();
        if let Some((upto, messages)) = &self.built
            && *upto == last
        {
            return messages.clone();
        }
        let messages = Rc::new(self.collect(cluster, names));
        self.built = Some((last, messages.clone()));
        messages
    }

    fn collect(&self, cluster: &Cluster, names: &ViewCache) -> Vec<MessageView> {
        let mut per_class: Map<MessageClass, Vec<(&Record, MessageView)>> = Map::new();
        for record in cluster.world().trace().records_from(self.from + 1) {
            if let Some(message) = show(record, names) {
                per_class.entry(message.class).or_default().push((record, message));
            }
        }
        let total: usize = per_class.values().map(Vec::len).sum();
        let share = if total > MESSAGES_MAX { MESSAGES_MAX / per_class.len().max(1) } else { total };
        let mut out: Map<RecordId, MessageView> = Map::new();
        for messages in per_class.into_values() {
            let step = messages.len().div_ceil(share.max(1)).max(1);
            out.extend(messages.into_iter().step_by(step).map(|(_, m)| (m.id, m)));
        }
        out.into_values().collect()
    }
}

fn show(record: &Record, names: &ViewCache) -> Option<MessageView> {
    let RecordKind::Message { from, to, from_host, to_host, label, sent, outcome } = record.kind else { return None };
    if from_host == to_host {
        return None;
    }
    let fate = match outcome {
        Outcome::Delivered => Fate::Arrives,
        Outcome::Refused => Fate::Refused,
        Outcome::Lost => Fate::Lost,
    };
    let handshake = label.starts_with("TCP ");
    if handshake && fate == Fate::Arrives {
        return None;
    }
    let from_name = names.process(from).clone();
    let class = class_of(label, &from_name);
    let to = to.map_or_else(|| names.receiver(to_host, class), |process| names.process(process).clone());
    Some(MessageView { id: record.id, from: from_name, to, class, sent_us: sent.0, arrives_us: record.at.0, fate })
}

/// Returns the class of a message, from its label.
fn class_of(label: &str, from: &str) -> MessageClass {
    if label.starts_with("Msg") {
        return MessageClass::Raft;
    }
    match label {
        "GET lease" | "PUT lease" | "POST lease" => MessageClass::Lease,
        "GET health" | "health" | "VRRP" => MessageClass::HealthCheck,
        "WATCH" | "watch event" | "etcd watch" | "etcd watch event" | "PUT node lease" | "HTTP/2 ping"
        | "HTTP/2 pong" | "gRPC ping" | "gRPC pong" => MessageClass::Watch,
        "app GET" | "app 200" => MessageClass::App,
        _ if from.ends_with("/browser") => MessageClass::App,
        _ => MessageClass::Api,
    }
}
