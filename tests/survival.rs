//! Compares the builder's statement of what a cluster survives with the cluster itself: switches masters or etcd servers
//! off, and checks whether the laptop can write. FACTS 5.2.

use ha_lab::lab::scenario::Scenario;
use ha_lab::lab::session::Session;
use ha_lab::lab::view::{Setup, Verb};
use ha_lab::ui::builder::survival::{Count, masters_to_lose, members_to_lose};

fn session(cluster: &str) -> (Session, Scenario) {
    let scenario = Scenario::parse(&format!(r#"{{"version":1,"cluster":{cluster}}}"#)).expect(cluster);
    let mut session = Session::new();
    session.reset(Setup::new(1, scenario.cluster.clone()));
    session.start();
    (session, scenario)
}

/// Returns whether the laptop can write a minute and a half after these hosts were switched off.
fn writes_without(cluster: &str, hosts: &[String]) -> bool {
    let (mut session, _) = session(cluster);
    for host in hosts {
        session.act(host, Verb::PowerOff).unwrap_or_else(|error| panic!("{cluster}: {host}: {error}"));
    }
    for _ in 0..90 {
        session.advance(1_000_000);
    }
    session.view().history.api_writable.last().is_some_and(|lane| lane.ok && lane.to_us.is_none())
}

/// Returns the last `n` hosts of `kind`. Others depend on the first one if there is no load balancer.
fn last(kind: &str, of: usize, n: usize) -> Vec<String> {
    (of - n + 1..=of).map(|i| format!("{kind}-{i}")).collect()
}

fn check(cluster: &str) {
    let (_, scenario) = session(cluster);
    let count = Count::of(&scenario.cluster);
    let (masters, _) = masters_to_lose(&scenario.cluster);
    assert!(writes_without(cluster, &last("master", count.masters, masters)), "{cluster}: {masters} masters lost");
    assert!(
        !writes_without(cluster, &last("master", count.masters, masters + 1)),
        "{cluster}: {} masters lost",
        masters + 1
    );
    if count.etcd > 0 {
        let members = members_to_lose(&scenario.cluster);
        assert!(writes_without(cluster, &last("etcd", count.etcd, members)), "{cluster}: {members} members lost");
        assert!(!writes_without(cluster, &last("etcd", count.etcd, members + 1)), "{cluster}: more members lost");
    }
}

#[test]
fn so_many_losses_and_no_more() {
    for cluster in [
        "{}",
        r#"{"masters":1}"#,
        r#"{"masters":2}"#,
        r#"{"masters":4}"#,
        r#"{"masters":5}"#,
        r#"{"masters":3,"etcd":{"servers":"local"}}"#,
        r#"{"masters":3,"loadBalancer":null}"#,
        r#"{"masters":3,"loadBalancer":{"kind":"nginx"}}"#,
        r#"{"masters":3,"etcd":{"topology":"external"}}"#,
        r#"{"masters":2,"etcd":{"topology":"external","members":5},"loadBalancer":{"instances":2}}"#,
        r#"{"masters":2,"etcd":{"topology":"external","members":1}}"#,
    ] {
        check(cluster);
    }
}

/// Guards that the cluster does not survive the loss of the address that all clients use, nor of a single load balancer, but survives the loss of one of two.
#[test]
fn what_all_depend_on() {
    assert!(!writes_without(r#"{"masters":3,"loadBalancer":null}"#, &["master-1".to_owned()]));
    assert!(!writes_without("{}", &["lb-1".to_owned()]));
    assert!(writes_without(r#"{"loadBalancer":{"instances":2}}"#, &["lb-1".to_owned()]));
}
