//! Command lines: the flags of each component that the lab models, their values, and the errors about others. The
//! texts are those of the real components (pflag, Go's strconv and time, client-go). FACTS 1.1, 4.2, 4.3.

use std::fmt;

use super::process::Process;
use super::topology::{API_SERVER, CONTROLLER_MANAGER, SCHEDULER, Topology};
use crate::etcd::CLIENT_PORT;
use crate::kube::election::{LockKind, Reading, Settings};
use crate::sim::{HostId, NOWHERE, Port, SimDuration};

/// The longest duration of a flag.
pub(crate) const MAX_DURATION: SimDuration = SimDuration::from_secs(24 * 3_600);
const SHORTEST: SimDuration = SimDuration::from_secs(1);
/// The largest number of requests.
const MAX_REQUESTS: u32 = 1_000_000;
/// The most etcd servers in one flag.
const MAX_SERVERS: usize = 16;

const ELECT: &str = "--leader-elect";
const LEASE: &str = "--leader-elect-lease-duration";
const RENEW: &str = "--leader-elect-renew-deadline";
const RETRY: &str = "--leader-elect-retry-period";
const LOCK: &str = "--leader-elect-resource-lock";
const SERVERS: &str = "--etcd-servers";
const READS: &str = "--max-requests-inflight";
const WRITES: &str = "--max-mutating-requests-inflight";
const TIMEOUT: &str = "--request-timeout";
const EVENT_TTL: &str = "--event-ttl";
const COMPACTION: &str = "--etcd-compaction-interval";

/// A value that its component takes.
#[derive(Clone, Debug, PartialEq, Eq)]
enum Value {
    Yes(bool),
    Time(SimDuration),
    Lock(LockKind),
    Count(u32),
    /// Host and port of each.
    Servers(Vec<(String, Port)>),
}

/// Returns the flags of a component that can be changed in the lab; empty for most components.
pub fn known(component: &str) -> &'static [&'static str] {
    match component {
        CONTROLLER_MANAGER | SCHEDULER => &[ELECT, LEASE, RENEW, RETRY, LOCK],
        API_SERVER => &[SERVERS, READS, WRITES, TIMEOUT, EVENT_TTL, COMPACTION],
        _ => &[],
    }
}

/// Why a flag cannot have a value. The English text is for files; `lab/narration` translates it for the page.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Wrong {
    /// The component has the flag; the lab does not change it.
    Fixed {
        /// The flag.
        flag: String,
        /// The component.
        component: String,
    },
    /// A limit of the lab, written as a value of the flag.
    Most {
        /// The flag.
        flag: String,
        /// The largest value that is allowed.
        most: String,
    },
    /// The value is too small.
    Least {
        /// The flag.
        flag: String,
        /// The smallest value that is allowed.
        least: String,
    },
    /// More servers in one flag than the lab allows.
    Servers {
        /// The flag.
        flag: String,
        /// The largest number of servers.
        most: usize,
    },
    /// What the real component prints.
    Printed(String),
}

impl fmt::Display for Wrong {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Wrong::Fixed { flag, component } => write!(f, "{flag} of {component} cannot be changed in the lab"),
            Wrong::Most { flag, most } => write!(f, "{flag}: the lab allows at most {most}"),
            Wrong::Least { flag, least } => write!(f, "{flag}: the lab allows at least {least}"),
            Wrong::Servers { flag, most } => write!(f, "{flag}: the lab allows at most {most} servers"),
            Wrong::Printed(text) => f.write_str(text),
        }
    }
}

/// Checks whether `component` would start with `flag` set to `value`, as far as one flag can tell.
///
/// # Errors
/// See [`Wrong`].
pub(crate) fn check(component: &str, flag: &str, value: &str) -> Result<(), Wrong> {
    read(component, flag, value).map(|_| ())
}

fn read(component: &str, flag: &str, text: &str) -> Result<Value, Wrong> {
    if !known(component).contains(&flag) {
        return Err(match flag {
            "--advertise-address"
            | "--secure-port"
            | "--name"
            | "--initial-cluster"
            | "--advertise-client-urls"
            | "--hostname-override"
            | "--heartbeat-interval"
            | "--election-timeout" => Wrong::Fixed { flag: flag.to_owned(), component: component.to_owned() },
            _ => Wrong::Printed(format!("unknown flag: {flag}")),
        });
    }
    let value = parse(flag, text).map_err(Wrong::Printed)?;
    let most = |most: &dyn fmt::Display| Err(Wrong::Most { flag: flag.to_owned(), most: most.to_string() });
    match &value {
        Value::Count(n) if *n > MAX_REQUESTS => most(&MAX_REQUESTS),
        Value::Time(time) if *time > MAX_DURATION => most(&MAX_DURATION),
        // Never, in the real one.
        Value::Time(time) if component == API_SERVER && *time < SHORTEST => {
            Err(Wrong::Least { flag: flag.to_owned(), least: SHORTEST.to_string() })
        }
        Value::Servers(list) if list.len() > MAX_SERVERS => {
            Err(Wrong::Servers { flag: flag.to_owned(), most: MAX_SERVERS })
        }
        _ => Ok(value),
    }
}

/// Parses a value as the component does; the error is what the component prints.
fn parse(flag: &str, text: &str) -> Result<Value, String> {
    let invalid = |why: String| format!("invalid argument {text:?} for {flag:?} flag: {why}");
    match flag {
        ELECT => match text {
            "1" | "t" | "T" | "TRUE" | "true" | "True" => Ok(Value::Yes(true)),
            "0" | "f" | "F" | "FALSE" | "false" | "False" => Ok(Value::Yes(false)),
            _ => Err(invalid(format!("strconv.ParseBool: parsing {text:?}: invalid syntax"))),
        },
        LOCK => match text {
            "leases" => Ok(Value::Lock(LockKind::Leases)),
            "endpoints" => Ok(Value::Lock(LockKind::Endpoints)),
            "configmaps" | "endpointsleases" => Err(format!("{text} lock is removed, migrate to leases")),
            "configmapsleases" => Err(format!("{text} lock is removed, migrated to leases")),
            _ => Err(format!("Invalid lock-type {text}")),
        },
        SERVERS => servers(text),
        READS | WRITES => match text.parse::<i64>() {
            Ok(n) if n < 0 => Err(format!("{flag} can not be negative value")),
            Ok(n) => Ok(Value::Count(u32::try_from(n).unwrap_or(u32::MAX))),
            Err(_) => Err(invalid(format!("strconv.ParseInt: parsing {text:?}: invalid syntax"))),
        },
        _ => match SimDuration::parse(text) {
            Ok(time) => Ok(Value::Time(time)),
            Err(_) if text.strip_prefix('-').is_some_and(|t| SimDuration::parse(t).is_ok()) => {
                Err(format!("{flag} must be greater than zero"))
            }
            Err(_) if !text.is_empty() && text.bytes().all(|b| b.is_ascii_digit()) => {
                Err(invalid(format!("time: missing unit in duration {text:?}")))
            }
            Err(_) => Err(invalid(format!("time: invalid duration {text:?}"))),
        },
    }
}

/// `https://10.0.1.1:2379,https://master-2:2379`
fn servers(text: &str) -> Result<Value, String> {
    if text.trim().is_empty() {
        return Err(format!("{SERVERS} must be specified"));
    }
    let mut out = Vec::new();
    for url in text.split(',') {
        let rest = url.strip_prefix("https://").or_else(|| url.strip_prefix("http://")).unwrap_or(url);
        let (host, port) = match rest.rsplit_once(':') {
            Some((host, port)) => (host, port.parse().ok()),
            None => (rest, Some(CLIENT_PORT)),
        };
        let fine = !host.is_empty() && host.bytes().all(|b| b.is_ascii_alphanumeric() || matches!(b, b'.' | b'-'));
        let Some(port) = port.filter(|port| fine && *port > 0) else {
            return Err(format!("invalid argument {text:?} for {SERVERS:?} flag: parse {url:?}: invalid URL"));
        };
        out.push((host.to_owned(), port));
    }
    Ok(Value::Servers(out))
}

/// Changes the command line of a process; it takes effect at the next start.
///
/// # Errors
/// See [`Wrong`].
pub(super) fn set(
    process: &mut Process,
    component: &str,
    topology: &Topology,
    flag: &str,
    text: &str,
) -> Result<(), Wrong> {
    let value = read(component, flag, text)?;
    if let Process::ApiServer(server) = process {
        let config = server.config_mut();
        match value {
            Value::Servers(list) => {
                let server = |(host, port): (String, Port)| (find(topology, &host), format!("{host}:{port}"));
                config.etcd_servers = list.into_iter().map(server).collect();
            }
            Value::Count(n) if flag == READS => config.max_requests_inflight = n,
            Value::Count(n) => config.max_mutating_requests_inflight = n,
            Value::Time(time) => match flag {
                TIMEOUT => config.request_timeout = time,
                EVENT_TTL => config.event_ttl = time,
                _ => config.etcd_compaction_interval = time,
            },
            Value::Yes(_) | Value::Lock(_) => {}
        }
        return Ok(());
    }
    if let Some(config) = process.election_mut() {
        match value {
            Value::Yes(yes) => config.settings.enabled = yes,
            Value::Lock(lock) => config.lock = lock,
            Value::Time(time) => match flag {
                LEASE => config.settings.lease_duration = time,
                RENEW => config.settings.renew_deadline = time,
                _ => config.settings.retry_period = time,
            },
            Value::Count(_) | Value::Servers(_) => {}
        }
    }
    Ok(())
}

/// The host with this name or address; [`NOWHERE`] if there is none.
fn find(topology: &Topology, host: &str) -> HostId {
    let by_address = || (0..topology.hosts.len() as u16).map(HostId).find(|id| topology.address(*id) == host);
    topology.host(host).or_else(by_address).unwrap_or(NOWHERE)
}

/// The flags of a process that can be changed, with the values that it starts with next.
pub fn values(process: &Process) -> Vec<(&'static str, String)> {
    if let Process::ApiServer(server) = process {
        let config = server.config();
        let urls: Vec<String> = config.etcd_servers.iter().map(|(_, address)| format!("https://{address}")).collect();
        return vec![
            (SERVERS, urls.join(",")),
            (READS, config.max_requests_inflight.to_string()),
            (WRITES, config.max_mutating_requests_inflight.to_string()),
            (TIMEOUT, config.request_timeout.to_string()),
            (EVENT_TTL, config.event_ttl.to_string()),
            (COMPACTION, config.etcd_compaction_interval.to_string()),
        ];
    }
    let Some(config) = process.election() else { return Vec::new() };
    let settings = &config.settings;
    vec![
        (ELECT, settings.enabled.to_string()),
        (LEASE, settings.lease_duration.to_string()),
        (RENEW, settings.renew_deadline.to_string()),
        (RETRY, settings.retry_period.to_string()),
        (LOCK, if config.lock == LockKind::Leases { "leases" } else { "endpoints" }.to_owned()),
    ]
}

/// Checks whether a controller manager or scheduler would run with these flags together, each of which is valid alone:
/// one that would not starts, logs the error and exits, again and again.
///
/// # Errors
/// client-go's error, and the flag that it is about.
pub(crate) fn check_together(
    reading: Reading,
    set: &[(&'static str, String)],
) -> Result<(), (&'static str, &'static str)> {
    let text = |flag: &str| set.iter().find(|(name, _)| *name == flag).map(|(_, value)| value.as_str());
    let time = |flag: &str| text(flag).and_then(|value| SimDuration::parse(value).ok());
    let (Some(lease_duration), Some(renew_deadline), Some(retry_period)) = (time(LEASE), time(RENEW), time(RETRY))
    else {
        return Ok(());
    };
    let enabled = text(ELECT).is_none_or(|typed| read(SCHEDULER, ELECT, typed) != Ok(Value::Yes(false)));
    let settings = Settings { enabled, reading, lease_duration, renew_deadline, retry_period };
    settings.validate().map_err(|why| match why.split(' ').next() {
        Some("leaseDuration") => (LEASE, why),
        Some("renewDeadline") => (RENEW, why),
        _ => (RETRY, why),
    })
}
