//! Texts of the cluster builder.

crate::lab::i18n::texts! {
    BUILDER_TITLE = "Build a cluster";
    BUILDER_LEAD = "It starts at 0 s and is shown after 30 simulated seconds, with every part up.";
    BUILDER_PRESETS = "Start from";
    BUILDER_PRESET_LECTURE = "Lecture: 3 stacked";
    BUILDER_PRESET_ONE = "One master";
    BUILDER_PRESET_TWO = "Two stacked masters: not HA";
    BUILDER_PRESET_EXTERNAL = "External 3 + 3";
    BUILDER_PRESET_BALANCERS = "Two balancers";
    BUILDER_PRESET_KUBEADM = "As kubeadm sets it up";
    BUILDER_PRESET_LARGE = "100 workers, 1,000 pods";

    BUILDER_SERVERS = "Servers";
    BUILDER_MASTERS = "Masters";
    BUILDER_WORKERS = "Workers";
    BUILDER_WORKERS_MEANS = "0 to 5000";
    BUILDER_ETCD = "etcd";
    BUILDER_STACKED = "stacked";
    BUILDER_STACKED_MEANS = "a member on each master";
    BUILDER_EXTERNAL = "external";
    BUILDER_EXTERNAL_MEANS = "on separate servers";
    BUILDER_MEMBERS = "Members";
    BUILDER_MEMBERS_STACKED = "Stacked: one on each master.";
    BUILDER_ETCD_SERVERS = "--etcd-servers of each API server";
    BUILDER_ALL = "all members";
    BUILDER_ALL_MEANS = "as the lecture says";
    BUILDER_LOCAL = "its own member";
    BUILDER_LOCAL_MEANS = "as kubeadm does it";
    BUILDER_LOCAL_NOT = "External etcd has no member on a master.";

    BUILDER_BALANCER = "Load balancer";
    BUILDER_PROGRAM = "Program";
    BUILDER_NONE = "none";
    BUILDER_NONE_MEANS = "all clients use one master";
    BUILDER_HAPROXY = "HAProxy";
    BUILDER_HAPROXY_MEANS = "checks the servers";
    BUILDER_NGINX = "NGINX";
    BUILDER_NGINX_MEANS = "notices failed connections";
    BUILDER_INSTANCES = "How many";
    BUILDER_ALONE = "one";
    BUILDER_PAIR = "two, by keepalived";
    BUILDER_BALANCE = "New connections";
    BUILDER_ROUND_ROBIN = "in turn (roundrobin)";
    BUILDER_LEAST_CONN = "to the fewest (leastconn)";
    BUILDER_CHECK = "Health check";
    BUILDER_READYZ = "GET /readyz";
    BUILDER_TCP = "TCP: the port answers";
    BUILDER_REDISPATCH = "option redispatch";
    BUILDER_REDISPATCH_MEANS = "a failed connection goes to another server";
    BUILDER_BALANCER_NOT = "There is no load balancer.";
    BUILDER_READYZ_NOT = "NGINX has health checks only in its commercial edition.";
    BUILDER_REDISPATCH_NOT = "NGINX always tries the next server.";
    BUILDER_KUBECONFIG = "kubectl on the laptop asks";
    BUILDER_KUBECONFIG_BALANCER = "the load balancer";

    BUILDER_ELECTION = "Leader election";
    BUILDER_ELECT = "--leader-elect";
    BUILDER_ELECT_MEANS = "one controller manager and one scheduler act";
    BUILDER_RENEWAL = "The lease is renewed";
    BUILDER_LECTURE = "lecture";
    BUILDER_LECTURE_MEANS = "every renew deadline";
    BUILDER_CLIENT_GO = "client-go";
    BUILDER_CLIENT_GO_MEANS = "every retry period";
    BUILDER_LOCK = "The lock is";
    BUILDER_LEASES = "a Lease";
    BUILDER_ENDPOINTS = "an Endpoints object";
    BUILDER_ELECTION_NOT = "Without election there is no lease.";

    BUILDER_WORKLOAD = "Workload";
    BUILDER_DEPLOYMENT = "Deployment";
    BUILDER_REPLICAS = "Replicas";
    BUILDER_ADD = "Add a deployment";
    BUILDER_REMOVE = "Remove {name}";
    BUILDER_FIRST = "The first is the app that the user calls.";

    BUILDER_SEED = "Seed";
    BUILDER_SEED_MEANS = "The same seed and the same acts always give the same run.";
    BUILDER_ALLOWED = "Allowed: {allowed}.";

    BUILDER_SUMMARY = "What you get";
    BUILDER_SERVERS_ONE = "{n} server";
    BUILDER_SERVERS_MANY = "{n} servers";
    BUILDER_MASTERS_ONE = "{n} master";
    BUILDER_MASTERS_MANY = "{n} masters";
    BUILDER_ETCD_ONE = "{n} etcd server";
    BUILDER_ETCD_MANY = "{n} etcd servers";
    BUILDER_LB_ONE = "{n} load balancer";
    BUILDER_LB_MANY = "{n} load balancers";
    BUILDER_WORKERS_ONE = "{n} worker";
    BUILDER_WORKERS_MANY = "{n} workers";
    BUILDER_PODS_ONE = "{n} pod";
    BUILDER_PODS_MANY = "{n} pods";
    BUILDER_SURVIVES = "What it survives";
    BUILDER_START = "Start this cluster";
    BUILDER_COPY = "Copy as scenario";
    BUILDER_COPIED = "Copied the cluster as a scenario in JSON";

    SURVIVES_NONE = "no loss";
    SURVIVES_OF = "any {n} of {all}";
    SURVIVES_OTHERS = "{n} of {all}, not {host}";
    SURVIVES_OTHERS_TWO = "{n} of {all}, not {host} or {other}";
    SURVIVES_MASTERS_ONLY = "There is one. Without it nothing is decided; running pods keep running.";
    SURVIVES_MASTERS_STACKED = "Losing a master loses its etcd member, and {majority} of {members} members must remain.";
    SURVIVES_MASTERS_EXTERNAL = "The masters hold no data: one that is left can do everything.";
    SURVIVES_MASTERS_ENDPOINT = "Kubelets and kubectl know only one address, that of {host}.";
    SURVIVES_MASTERS_KUBECTL = "kubectl knows only one address, that of {host}; the kubelets use the load balancer.";
    SURVIVES_MASTERS_TWO_ENDPOINTS = "The kubelets know only the address of {host}, and kubectl only that of {other}.";
    SURVIVES_ETCD_ONE = "One member is its own majority: without it nothing can be read or written.";
    SURVIVES_ETCD = "A write counts once {majority} of {members} members have it.";
    SURVIVES_ETCD_EVEN = "A write counts once {majority} of {members} members have it. One member fewer would survive as many losses.";
    SURVIVES_ETCD_LOCAL = "A write counts once {majority} of {members} have it. Each API server knows only its own member, and fails with it.";
    SURVIVES_LB_NONE = "There is none. A client of a master that is down gets no answer from another.";
    SURVIVES_LB_ONE = "It is a single point of failure: kubectl and the kubelets reach no API without it.";
    SURVIVES_LB_TWO = "The other takes the virtual IP after 3.6 s of silence.";
    SURVIVES_LB_TCP = "Its TCP check passes for an API server that has lost its etcd.";
    SURVIVES_WORKERS_NONE = "There is none: no pod can run.";
    SURVIVES_WORKERS_ONE = "There is one: its pods have nowhere else to go.";
    SURVIVES_WORKERS = "Pods of a lost worker are recreated elsewhere after about 350 s: 50 s until it is Unknown, 300 s until they are evicted.";
    SURVIVES_WORKERS_EVICTIONS = "With more lost at once, at least 55 % of all nodes are silent. Then evictions stop, or slow to one node in 100 s where there are more than 50.";
    SURVIVES_WORKERS_ROOM = "The workers that are left have room for 110 pods each: with more lost, some pods wait.";
    SURVIVES_LEADERS = "takeover in {low} to {high}";
    SURVIVES_LEADERS_WHY = "If a leader crashes, a standby takes its lease.";
    SURVIVES_LEADERS_ALONE = "There is no standby: a restarted controller manager waits for its own old lease.";
    SURVIVES_LEADERS_OFF = "All {n} controller managers act at once: each creates the pods that are missing, and the surplus is deleted again.";
    SURVIVES_LEADERS_OFF_ONE = "It acts at once after each start; there is no other to compete with.";
    SURVIVES_LEADERS_NEVER = "as soon as it runs again";
    SURVIVES_ROW_MASTERS = "Masters";
    SURVIVES_ROW_ETCD = "etcd members";
    SURVIVES_ROW_LB = "Load balancer";
    SURVIVES_ROW_WORKERS = "Workers";
    SURVIVES_ROW_LEADERS = "Controllers";

    HEAVY = "A large cluster: starting it takes about {start_low} to {start_high} s, and the page shows the progress. \
             It then runs at up to {speed_low}× to {speed_high}× real time, with {memory_low} to {memory_high} MB of memory.";
}
