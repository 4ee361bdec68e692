//! Details of load balancers, keepalived, the laptop and the app's user: health checks with their counters, sessions,
//! results of calls. FACTS 6.

use super::{Sheet, row, seconds, texts};
use crate::cluster::Cluster;
use crate::cluster::topology::TERMINAL;
use crate::edge::haproxy::{FALL, Haproxy, RISE, ServerView};
use crate::edge::keepalived::Keepalived;
use crate::edge::lane::LaneLog;
use crate::edge::laptop;
use crate::edge::laptop::Laptop;
use crate::edge::nginx::Nginx;
use crate::edge::user::AppUser;
use crate::lab::i18n::Text;
use crate::lab::view::Tone;
use crate::lab::view::details::Row;
use crate::sim::{SimDuration, SimTime, VIRTUAL, WallTime};

fn sessions(sheet: &mut Sheet, (open, turned_away): (usize, u64)) {
    sheet.fact("load-balancer", texts::INSPECT_SESSIONS, open.to_string());
    let tone = if turned_away > 0 { Tone::Bad } else { Tone::Neutral };
    sheet.marked("load-balancer", texts::INSPECT_TURNED_AWAY, turned_away.to_string(), tone);
}

pub(super) fn haproxy(sheet: &mut Sheet, proxy: &Haproxy) {
    sessions(sheet, proxy.sessions());
    let local = sheet.local;
    let server = |s: ServerView<'_>| {
        let word = if s.up { texts::INSPECT_UP_FOR } else { texts::INSPECT_DOWN_FOR };
        let state = word.with(&[("time", &age(local, s.stats.changed_at))]);
        let (last, of) = (s.last_check.label(), if s.up { FALL } else { RISE });
        let checked = texts::INSPECT_AGAINST.with(&[("last", &last), ("n", &s.against), ("of", &of)]);
        let stats = s.stats;
        let retries = stats.retries + stats.redispatches;
        let cells = [
            s.config.name.clone(),
            state,
            checked,
            stats.current.to_string(),
            stats.total.to_string(),
            stats.connect_errors.to_string(),
            retries.to_string(),
        ];
        let tone = if s.up { if s.against == 0 { Tone::Good } else { Tone::Neutral } } else { Tone::Bad };
        row(cells, tone)
    };
    let rows: Vec<Row> = proxy.servers().map(server).collect();
    let head = [
        texts::INSPECT_SERVER,
        texts::INSPECT_STATUS,
        texts::INSPECT_CHECK,
        texts::INSPECT_CUR,
        texts::INSPECT_TOTAL,
        texts::INSPECT_ERRORS,
        texts::INSPECT_RETRIES,
    ];
    sheet.table("servers", "health-check", (texts::INSPECT_SERVERS, texts::INSPECT_NONE), &head, rows);
}

/// Returns an age as short as HAProxy's own page shows it: `42s`, `3m10s`.
fn age(now: SimTime, then: SimTime) -> String {
    crate::console::time::age(WallTime::exact(now), WallTime::exact(then))
}

pub(super) fn nginx(sheet: &mut Sheet, proxy: &Nginx) {
    sessions(sheet, proxy.sessions());
    let now = sheet.local;
    let server = |(backend, (config, until)): (
        crate::edge::backends::Backend,
        (&crate::edge::backends::ServerConfig, Option<u64>),
    )| {
        let left = until.map(|until| SimTime(until * 1_000_000).since(now)).filter(|left| *left > SimDuration::ZERO);
        let state = match left {
            Some(left) => texts::INSPECT_LEFT_OUT.with(&[("time", &seconds(left))]),
            None => texts::INSPECT_IN_USE.to_string(),
        };
        let tone = if left.is_some() { Tone::Bad } else { Tone::Good };
        let fails = format!("{}/{}", backend.against, backend.turns_at);
        row([config.name.clone(), state, fails, backend.last.to_owned(), backend.sessions.to_string()], tone)
    };
    let servers = proxy.backends().zip(proxy.config().servers.iter().zip(proxy.left_out_until()));
    let rows: Vec<Row> = servers.map(server).collect();
    let head =
        [texts::INSPECT_SERVER, texts::INSPECT_STATE, texts::INSPECT_FAILS, texts::INSPECT_LAST, texts::INSPECT_CUR];
    sheet.table("servers", "load-balancer", (texts::INSPECT_SERVERS, texts::INSPECT_NONE), &head, rows);
}

pub(super) fn keepalived(sheet: &mut Sheet, cluster: &Cluster, keepalived: &Keepalived) {
    let state = if keepalived.is_master() { "MASTER" } else { "BACKUP" };
    sheet.fact("keepalived", texts::INSPECT_VRRP_STATE, state);
    sheet.fact("virtual-ip", texts::INSPECT_VIRTUAL_IP, cluster.topology().address(VIRTUAL));
    let (now, configured) = (keepalived.priority(), keepalived.configured_priority());
    let tone = if now < configured { Tone::Bad } else { Tone::Neutral };
    let priority = texts::INSPECT_PRIORITY_IS.with(&[("now", &now), ("configured", &configured)]);
    sheet.marked("keepalived", texts::INSPECT_PRIORITY, priority, tone);
    sheet.fact("keepalived", texts::INSPECT_ADVERT, texts::INSPECT_ADVERT_IS.get());
    if let Some((up, last, n, of)) = keepalived.script_result() {
        let text = if up { texts::INSPECT_SCRIPT_OK } else { texts::INSPECT_SCRIPT_BAD };
        let said = text.with(&[("last", &last), ("n", &n), ("of", &of)]);
        sheet.marked("health-check", texts::INSPECT_SCRIPT, said, if up { Tone::Neutral } else { Tone::Bad });
    }
}

fn calls(sheet: &mut Sheet, term: &'static str, name: Text, log: &LaneLog) {
    let (ok, failed) = log.counters();
    let tone = match log.state() {
        Some((false, _)) => Tone::Bad,
        _ => Tone::Neutral,
    };
    sheet.marked(term, name, texts::INSPECT_CALLS_IS.with(&[("ok", &ok), ("failed", &failed)]), tone);
    if tone == Tone::Bad {
        sheet.fact("", texts::INSPECT_ERROR, log.last_error());
    }
}

pub(super) fn laptop(sheet: &mut Sheet, cluster: &Cluster, laptop: &laptop::Laptop) {
    let laptop: &Laptop = laptop;
    sheet.fact("kubeconfig", texts::INSPECT_KUBECONFIG, format!("https://{}", laptop.config().server.address));
    calls(sheet, "readable", texts::INSPECT_READS, laptop.reads());
    calls(sheet, "writable", texts::INSPECT_WRITES, laptop.writes());
    let terminal = cluster.topology().all(TERMINAL).next();
    if let Some(crate::cluster::process::Process::Terminal(terminal)) =
        terminal.map(|(_, p)| cluster.world().machine(p))
    {
        sheet.fact("", texts::INSPECT_TYPED_RUN, terminal.running().to_string());
    }
}

pub(super) fn user(sheet: &mut Sheet, user: &AppUser) {
    let (port, n) = (user.config().port, user.config().workers.len());
    sheet.fact("", texts::INSPECT_APP_AT, texts::INSPECT_APP_AT_IS.with(&[("port", &port), ("n", &n)]));
    calls(sheet, "serving", texts::INSPECT_CALLS, user.lane());
}
