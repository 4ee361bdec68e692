//! Log lines of the load balancers: HAProxy's as sent to syslog, NGINX's without time, level and connection number. After
//! HAProxy 2.6 `src/server.c` (`srv_append_status`), `src/check.c`, `src/backend.c`, and NGINX
//! `src/stream/ngx_stream_handler.c`, `ngx_stream_proxy_module.c`. HAProxy's queue is always empty, since the configuration
//! has no `maxconn`. NGINX has transferred no bytes while it connects.

use crate::cluster::Cluster;
use crate::kube::log_line::{Haproxy, Nginx};

pub(super) fn haproxy(cluster: &Cluster, line: Haproxy) -> String {
    let Haproxy::Changed { server, up, check, took, active, sessions } = line else {
        return "backend apiserverbackend has no server available!".to_owned();
    };
    let reason = match check {
        "L4OK" => "Layer4 check passed",
        "L4CON" => "Layer4 connection problem, info: \"Connection refused\"",
        "L4TOUT" => "Layer4 timeout",
        "L6RSP" => "Layer6 invalid response",
        "L6TOUT" => "Layer6 timeout",
        "L7OK" => "Layer7 check passed, code: 200",
        "L7RSP" => "Layer7 invalid response",
        "L7STS" => "Layer7 wrong status, code: 500, info: \"Internal Server Error\"",
        "L7TOUT" => "Layer7 timeout",
        other => other,
    };
    let name = &cluster.topology().planned(server).name;
    let took = took.as_millis();
    let state = if up { "UP" } else { "DOWN" };
    let rest = if up {
        format!("{active} active and 0 backup servers online. 0 sessions requeued, 0 total in queue.")
    } else {
        format!(
            "{active} active and 0 backup servers left. {sessions} sessions active, 0 requeued, 0 remaining in queue."
        )
    };
    format!("Server apiserverbackend/{name} is {state}, reason: {reason}, check duration: {took}ms. {rest}")
}

pub(super) fn nginx(cluster: &Cluster, line: Nginx) -> String {
    let address = |host| cluster.topology().address(host);
    let (what, client, upstream) = match line {
        Nginx::NotConnected { client, server, refused } => {
            let what = if refused {
                "connect() failed (111: Connection refused)"
            } else {
                "upstream timed out (110: Connection timed out)"
            };
            (what, client, format!("{}:6443", address(server)))
        }
        Nginx::NoUpstream { client } => ("no live upstreams", client, "apiservers".to_owned()),
    };
    let client = address(client);
    format!(
        "{what} while connecting to upstream, client: {client}, server: 0.0.0.0:6443, upstream: \"{upstream}\", bytes \
         from/to client:0/0, bytes from/to upstream:0/0"
    )
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::cluster::config::Config;
    use crate::sim::SimDuration;

    /// Guards HAProxy's reason for each check, as its table `check_statuses` has it.
    #[test]
    fn each_check_has_haproxys_words() {
        let cluster = Cluster::new(&Config::default());
        let server = cluster.topology().host("master-1").expect("planned");
        for (check, up, reason) in [
            ("L4OK", true, "Layer4 check passed"),
            ("L4CON", false, "Layer4 connection problem, info: \"Connection refused\""),
            ("L4TOUT", false, "Layer4 timeout"),
            ("L6RSP", false, "Layer6 invalid response"),
            ("L6TOUT", false, "Layer6 timeout"),
            ("L7OK", true, "Layer7 check passed, code: 200"),
            ("L7RSP", false, "Layer7 invalid response"),
            ("L7STS", false, "Layer7 wrong status, code: 500, info: \"Internal Server Error\""),
            ("L7TOUT", false, "Layer7 timeout"),
        ] {
            let took = SimDuration::from_millis(3);
            let line = haproxy(&cluster, Haproxy::Changed { server, up, check, took, active: 2, sessions: 4 });
            let (state, rest) = match up {
                true => ("UP", "online. 0 sessions requeued, 0 total in queue."),
                false => ("DOWN", "left. 4 sessions active, 0 requeued, 0 remaining in queue."),
            };
            let all = "2 active and 0 backup servers";
            let name = "Server apiserverbackend/master-1";
            assert_eq!(line, format!("{name} is {state}, reason: {reason}, check duration: 3ms. {all} {rest}"));
        }
    }
}
