//! The API server's objects match the real types: `k8s-openapi` reads every object of a busy cluster and
//! writes it again unchanged, so every field has the name, place and form of the real one.

use crate::common::whole;
use ha_lab::cluster::Cluster;
use ha_lab::cluster::config::{Act, Reading, Verb};
use ha_lab::console::objects::value;
use ha_lab::kube::object::{Kind, Stored};
use k8s_openapi::api::{apps, coordination, core, discovery};
use serde::Serialize;
use serde::de::DeserializeOwned;

fn types(line: &str) -> Act {
    Act::Kubectl { args: line.split(' ').map(str::to_owned).collect() }
}

/// A cluster in which every kind has objects, some of them in trouble.
fn busy() -> Cluster {
    let mut cluster = whole::running(&whole::config(3, 3, Reading::ClientGo), whole::secs(30));
    for line in ["create deployment api --image=nginx --replicas=2", "run one --image=nginx:1.27", "cordon worker-2"] {
        whole::act(&mut cluster, types(line));
    }
    cluster.run_until(whole::secs(40));
    whole::act(&mut cluster, Act::On(Verb::Stop, whole::process("worker-1/kubelet")));
    cluster.run_until(whole::secs(120));
    // Its pods on worker-1 are marked for deletion, and stay.
    whole::act(&mut cluster, types("delete deployment web"));
    cluster.run_until(whole::secs(122));
    cluster
}

fn round_trip<T: Serialize + DeserializeOwned>(text: &str) -> serde_json::Value {
    let typed: T = serde_json::from_str(text).unwrap_or_else(|e| panic!("{e} in\n{text}"));
    serde_json::to_value(&typed).expect("JSON")
}

#[test]
fn every_object_is_one_of_the_real_type() {
    let cluster = busy();
    let mut terminating = 0;
    for kind in Kind::ALL {
        let objects = cluster.objects(kind);
        assert!(!objects.is_empty(), "there is some {}", kind.name());
        for object in objects {
            terminating += u32::from(object.meta.deletion_timestamp.is_some());
            let text = value(&Stored { resource_version: 7, object }).json();
            let back = match kind {
                Kind::Namespace => round_trip::<core::v1::Namespace>(&text),
                Kind::Node => round_trip::<core::v1::Node>(&text),
                Kind::Pod => round_trip::<core::v1::Pod>(&text),
                Kind::ReplicaSet => round_trip::<apps::v1::ReplicaSet>(&text),
                Kind::Deployment => round_trip::<apps::v1::Deployment>(&text),
                Kind::Service => round_trip::<core::v1::Service>(&text),
                Kind::Endpoints => round_trip::<core::v1::Endpoints>(&text),
                Kind::EndpointSlice => round_trip::<discovery::v1::EndpointSlice>(&text),
                Kind::Lease => round_trip::<coordination::v1::Lease>(&text),
                Kind::Event => round_trip::<core::v1::Event>(&text),
            };
            let ours: serde_json::Value = serde_json::from_str(&text).expect("JSON");
            assert_eq!(ours, back, "{}", kind.name());
        }
    }
    assert!(terminating > 0, "deletion is covered too");
}
