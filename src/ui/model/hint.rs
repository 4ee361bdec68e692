//! Hints for a newcomer, step by step.

use crate::lab::view::Name;

/// The page's present hint for a newcomer.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Hint {
    Off,
    Select,
    SwitchOff,
    Wait { takeovers: usize },
    Done { to: Name, took_us: u64 },
}

#[cfg(test)]
mod tests {
    use crate::lab::scenario::Scenario;
    use crate::lab::session::Session;
    use crate::lab::view::{Setup, Successor, Verb};
    use crate::ui::model::CONTROLLER_MANAGER;

    /// Guards against a hint that promises a takeover where none can come.
    #[test]
    fn a_takeover_is_promised_only_where_one_can_come() {
        let check = |cluster: &str, lost: &[&str], seconds: u64, expect: Successor| {
            let file = format!(r#"{{"version":1,"cluster":{cluster}}}"#);
            let mut session = Session::new();
            session.reset(Setup::new(1, Scenario::parse(&file).expect(cluster).cluster));
            session.start();
            for host in lost {
                session.act(host, Verb::PowerOff).unwrap_or_else(|error| panic!("{cluster}: {host}: {error}"));
            }
            for _ in 0..seconds {
                session.advance(1_000_000);
            }
            assert_eq!(
                session.view().successor(CONTROLLER_MANAGER),
                expect,
                "{cluster} without {lost:?}, {seconds} s later"
            );
        };
        let (one, external) = (r#"{"masters":1}"#, r#"{"etcd":{"topology":"external"}}"#);
        check(one, &[], 0, Successor::NoStandby);
        check(one, &["master-1"], 1, Successor::NoMajority);
        check(r#"{"masters":2}"#, &[], 0, Successor::Standby);
        check(r#"{"masters":2}"#, &["master-1"], 1, Successor::NoMajority);
        check("{}", &[], 0, Successor::Standby);
        check("{}", &["master-1"], 40, Successor::Standby);
        check("{}", &["master-1", "master-2"], 1, Successor::NoMajority);
        check(r#"{"masters":5}"#, &["master-1", "master-2"], 40, Successor::Standby);
        check(external, &["master-1", "master-2"], 40, Successor::NoStandby);
        check(external, &["etcd-1", "etcd-2"], 1, Successor::NoMajority);
    }
}
