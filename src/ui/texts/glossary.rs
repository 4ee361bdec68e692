//! The glossary: each term with two plain sentences and the flag, file or place where it lives.

use crate::lab::i18n::Text;

/// A term of the field, or one of the page's own.
#[derive(Clone, Copy, Debug)]
pub struct Term {
    /// Its key.
    pub(crate) key: &'static str,
    pub(crate) word: Text,
}

/// A term's explanation: in a separate table, which is not read until an explanation is opened.
#[derive(Clone, Copy)]
struct Explanation {
    key: &'static str,
    means: Text,
    place: Text,
}

impl Term {
    fn explanation(&self) -> Explanation {
        let found = EXPLANATIONS.iter().find(|explanation| explanation.key == self.key);
        *found.expect("each term has its explanation: one macro makes both")
    }

    /// Returns its explanation: two sentences.
    pub(crate) fn means(&self) -> Text {
        self.explanation().means
    }

    /// Returns the place where it lives.
    pub(crate) fn place(&self) -> Text {
        self.explanation().place
    }
}

macro_rules! terms {
    ($($key:literal, $word:literal, $means:literal, $place:literal;)*) => {
        /// All terms, in order of their words.
        pub(crate) const TERMS: &[Term] = &[$(Term {
            key: $key,
            word: Text { key: concat!("TERM_", $key), english: $word },
        }),*];
        const EXPLANATIONS: &[Explanation] = &[$(Explanation {
            key: $key,
            means: Text { key: concat!("TERM_", $key, "_MEANS"), english: $means },
            place: Text { key: concat!("TERM_", $key, "_PLACE"), english: $place },
        }),*];
        /// Every text declared here, for the test that other languages have them all.
        #[cfg(test)]
        pub(crate) const CATALOGUE: &[Text] = &[
            TERM_LIST, TERM_FIND, TERM_FIND_MEANS, TERM_NONE, TERM_LIVES,
            $(Text { key: concat!("TERM_", $key), english: $word },
            Text { key: concat!("TERM_", $key, "_MEANS"), english: $means },
            Text { key: concat!("TERM_", $key, "_PLACE"), english: $place }),*
        ];
    };
}

const fn text(key: &'static str, english: &'static str) -> Text {
    Text { key, english }
}

pub(crate) const TERM_LIST: Text = text("TERM_LIST", "Terms");
pub(crate) const TERM_FIND: Text = text("TERM_FIND", "Find a term");
pub(crate) const TERM_FIND_MEANS: Text = text("TERM_FIND_MEANS", "quorum, --leader-elect, …");
pub(crate) const TERM_NONE: Text = text("TERM_NONE", "No term matches.");
pub(crate) const TERM_LIVES: Text = text("TERM_LIVES", "Where:");

terms! {
    "api-server", "API server", "The door to the cluster: every read and write of an object goes through one. All API servers are active at once, and they alone talk to etcd.", "/etc/kubernetes/manifests/kube-apiserver.yaml";
    "app", "app", "The reason for the cluster: here pods behind a Service with a node port. Its requests never touch the control plane.", "kubectl get deployments,services";
    "applied-index", "applied index", "How far a member has carried out the committed entries of its Raft log. It follows the commit index closely.", "etcdctl endpoint status -w table";
    "back-off", "crash back-off", "A container that crashes again waits longer each time: 10 s, 20 s, up to 5 min. Ten minutes without a crash reset it.", "kubectl get pods, STATUS CrashLoopBackOff";
    "balance", "balance", "How a load balancer chooses the server of a new connection: in turn, or the one with the fewest connections. Open connections stay where they are.", "haproxy.cfg, balance roundrobin";
    "branch", "branch", "A timeline that an act in the past forked from another one. You can switch between both.", "this page, Time";
    "candidate", "candidate", "A member that hears no leader and asks the others for their votes. A majority of votes makes it the leader of a new term.", "--election-timeout of etcd, 1000 ms";
    "clock-offset", "clock offset", "How far a host's clock is ahead of the true time. client-go does not care; the lecture's reading compares clocks.", "timedatectl";
    "clock-rate", "clock rate", "How fast a host's clock runs compared with true time. A standby with a fast clock may take the lease before a leader that cannot reach the API has given up.", "chronyc tracking";
    "commit-index", "commit index", "Everything up to this entry is on a majority of the members and cannot be lost. Only such entries are carried out.", "etcdctl endpoint status -w table, RAFT INDEX";
    "compaction", "compaction", "etcd discards old revisions. A client that wants to watch from before that must list everything again.", "--etcd-compaction-interval of kube-apiserver, 5m0s";
    "condition", "condition", "The API's record of a state of a node or pod: True, False or Unknown, with a reason. It is the last report, not the present state.", "kubectl describe node, Conditions";
    "control-plane", "control plane", "The part of a cluster that decides: API servers, controller managers, schedulers and etcd. Without it running pods keep running, and nothing new is decided.", "/etc/kubernetes/manifests/";
    "controller-manager", "controller manager", "It makes the actual state match the desired one: creates missing pods, watches nodes. One leads by its lease, the others stand by.", "/etc/kubernetes/manifests/kube-controller-manager.yaml";
    "cordon", "unschedulable", "No new pod is placed on a cordoned node. Running pods stay there.", "kubectl cordon NODE; spec.unschedulable";
    "dead", "dead", "The process does not run: it was killed, has exited, or its host is off. Its supervisor may restart it.", "systemctl status, crictl ps";
    "deployment", "Deployment", "It says how many pods of which kind there should be. Its controller creates a ReplicaSet, which creates the pods.", "kubectl get deployments";
    "election", "leader election", "Controller managers and schedulers agree by a lease on who acts. etcd members elect their leader by votes, which is a separate mechanism.", "--leader-elect of kube-controller-manager";
    "etcd", "etcd", "The database that holds every object of the cluster. A write counts once a majority of its members has it.", "/etc/kubernetes/manifests/etcd.yaml";
    "etcd-servers", "etcd servers", "The members that an API server asks, in turn. kubeadm lists only the member on the same master when etcd is stacked.", "--etcd-servers of kube-apiserver";
    "event-ttl", "event TTL", "How long an Event object is kept before etcd deletes it. Events record what happened; nothing depends on them.", "--event-ttl of kube-apiserver, 1h0m0s";
    "external", "external etcd", "etcd runs on separate servers. That needs more servers, but losing a master loses no member.", "etcd.external in kubeadm's ClusterConfiguration";
    "fencing", "fencing", "Making sure that an old leader can no longer act before the next one does. Leases do not do it: a paused leader may act again when it wakes.", "not in client-go's leader election";
    "follower", "follower", "An etcd member that copies the leader's log. It serves clients too, and passes writes on to the leader.", "etcdctl endpoint status -w table";
    "health-check", "health check", "A request that a load balancer sends to each server at regular intervals. Three failures in a row make it DOWN, two successes UP again.", "haproxy.cfg, option httpchk, inter 2s fall 3 rise 2";
    "holder", "holder", "The leader that the lease names. A dead holder stays in the record until another takes the lease.", "spec.holderIdentity of the Lease";
    "identity", "identity", "The name by which a candidate holds a lease: its host and a random part. It is new at each start, so a restarted leader is a standby.", "spec.holderIdentity of the Lease";
    "in-flight", "requests in flight", "Requests that an API server is working on, without watches. The lab refuses those beyond the limit with 429; a real API server queues them first.", "--max-requests-inflight, 400; --max-mutating-requests-inflight, 200";
    "jitter", "jitter", "How much times vary at random. In a network it is added to the latency; in an election it keeps candidates apart.", "client-go JitterFactor 1.2; tc netem";
    "keepalived", "keepalived", "It decides which of two load balancers has the virtual IP. The other takes it after 3.6 s of silence.", "/etc/keepalived/keepalived.conf";
    "kube-proxy", "kube-proxy", "It writes the rules that send a Service's traffic to its pods. Without an API server the last rules stay.", "DaemonSet kube-system/kube-proxy";
    "kubeconfig", "kubeconfig", "The file that tells a client where the API is and who it is. Its current context names one address: a load balancer, or one master.", "~/.kube/config, /etc/kubernetes/*.conf";
    "kubelet", "kubelet", "It runs the containers of its host, including those of the control plane, and reports to the API. It keeps working without an API server.", "systemctl status kubelet";
    "latency", "latency", "How long a message takes from one host to another. In this lab's network it is 0.2 ms by default.", "ping; tc netem delay";
    "leader", "leader", "The one of several that acts. For a controller manager or scheduler the lease says who it is, for etcd a majority of votes.", "kubectl get lease -n kube-system";
    "leader-elect", "--leader-elect", "Whether a controller manager or scheduler asks for the lease before it acts. Without it each of them acts, and pods are created twice.", "--leader-elect, true";
    "lease", "lease", "An object that says who leads and when that was last renewed. A leader that has not renewed it for its whole duration may lose it to another.", "kubectl get lease -n kube-system";
    "lease-duration", "lease duration", "How long a standby waits for a sign of the leader before it takes the lease. Longer means fewer false alarms and slower takeovers.", "--leader-elect-lease-duration, 15s";
    "livez", "/livez", "Whether an API server should keep running. Its kubelet asks every 10 s and restarts it after 8 failures, though that cannot bring etcd back.", "livenessProbe in kube-apiserver.yaml";
    "load-balancer", "load balancer", "It spreads connections over the API servers that it believes to be healthy. A single one is a single point of failure.", "--control-plane-endpoint of kubeadm init";
    "loss", "loss", "The share of packets that never arrive. TCP sends them again, so a lossy link looks slow.", "tc netem loss";
    "master", "master", "A server that runs the control plane; Kubernetes calls it a control plane node. With stacked etcd it also has a member.", "kubectl get nodes, ROLES control-plane";
    "member", "etcd member", "One etcd server of the cluster. Use an odd number: a fourth member does not let the cluster survive more failures.", "etcdctl member list";
    "node", "node", "A machine in the API, with its conditions, taints and pods. Workers and masters are nodes; separate etcd servers are not.", "kubectl get nodes";
    "node-lease", "node lease", "The heartbeat of a node: its kubelet renews it every 10 s. After 50 s without it (40 s before Kubernetes 1.32) the node is Unknown.", "kubectl get lease -n kube-node-lease";
    "not-ready", "NotReady", "The process runs but cannot serve: an API server without etcd, a member without a leader. kubectl shows it for a node whose Ready condition is not True.", "kubectl get --raw /readyz; kubectl get nodes";
    "partition", "partition", "Some hosts can no longer reach others over the network, although all of them run. Each side may think that the other is dead.", "iptables -A INPUT -s HOST -j DROP";
    "paused", "paused", "It is frozen without noticing, like a virtual machine that stalls. When it wakes it believes what it believed before.", "kill -STOP PID";
    "pending", "Pending", "The pod is stored but its container does not run yet. It waits for a scheduler, an image or a kubelet.", "kubectl get pods";
    "pod", "pod", "The unit that runs: here one container on one worker. A crashed container is restarted in place; a deleted pod is replaced by a new one if a controller owns it.", "kubectl get pods -o wide";
    "quorum", "quorum", "A majority of etcd's members: 2 of 3, 3 of 5. Without it nothing can be written, and no consistent read is answered.", "etcdctl endpoint health";
    "raft-log", "Raft log", "The list of changes that every etcd member has in the same order. The leader appends, the followers copy.", "/var/lib/etcd/member/wal";
    "readable", "API readable", "A client can read objects through its kubeconfig, as the laptop tries once a second. That needs a path to an API server, and etcd's quorum.", "the lane \"API readable\"";
    "readiness", "ready", "The pod's container runs and answers, so that traffic is sent to it. The pods of a node whose kubelet is silent are marked as not ready.", "kubectl get pods, READY";
    "readyz", "/readyz", "Whether an API server can serve, which it can only with etcd. A load balancer that asks this notices more than one that only connects.", "kubectl get --raw '/readyz?verbose'";
    "reconciling", "reconciling", "A controller manager and a scheduler lead and can write, so that failures are repaired. Otherwise running pods keep running, and lost ones are not replaced.", "the lane \"reconciling\"";
    "redispatch", "redispatch", "HAProxy may give a connection that failed to another server. Without it the same server is tried again.", "haproxy.cfg, option redispatch";
    "renew-deadline", "renew deadline", "How long a leader that cannot renew keeps trying before it gives up and exits. In the lecture's reading it is how often the leader renews.", "--leader-elect-renew-deadline, 10s";
    "renewal", "renewal", "The leader writes the lease again, to show that it is alive. The lecture does so every renew deadline, the real code every retry period.", "vendor/k8s.io/client-go/tools/leaderelection";
    "replica-set", "ReplicaSet", "It keeps a fixed number of pods of one kind running. A Deployment creates it.", "kubectl get replicasets";
    "request-timeout", "request timeout", "How long an API server works on a request before it answers 504. Watches are not bound by it.", "--request-timeout of kube-apiserver, 1m0s";
    "resource-lock", "resource lock", "The kind of object that the election writes. It is a Lease today, and was an Endpoints object in the lecture's time.", "--leader-elect-resource-lock, leases";
    "resource-version", "resourceVersion", "The etcd revision at which an object last changed. A write that names an older one is refused with 409, so that of two writers one wins.", "metadata.resourceVersion";
    "retry-period", "retry period", "How often a candidate tries to renew, to take over or to poll. The real code adds up to 1.2 times as much at random for standbys.", "--leader-elect-retry-period, 2s";
    "revision", "revision", "A number that grows with each change in etcd. All members agree on the number of each change.", "etcdctl endpoint status -w fields";
    "running", "running", "The process or container is up and works. For a pod that does not mean that it answers yet.", "crictl ps, kubectl get pods";
    "scheduler", "scheduler", "It chooses a worker for each pod that has none. One leads by its lease, the others stand by.", "/etc/kubernetes/manifests/kube-scheduler.yaml";
    "seed", "seed", "The number that all randomness in this lab is drawn from. The same seed and the same acts give the same run.", "this page, Cluster";
    "serving", "app serving", "The app's user gets answers. It can stay so without any control plane, as long as the pods run.", "the lane \"app serving\"";
    "stacked", "stacked etcd", "Each master has its own etcd member. It needs few servers, but losing a master also loses a member.", "kubeadm init, the default";
    "standby", "standby", "A controller manager or scheduler that runs but does not act. It polls the lease and takes it once it has expired.", "kubectl logs: Attempting to acquire leader lease";
    "starting", "starting", "The process has started but is not ready for work yet. An API server needs about two seconds, a host five.", "startupProbe in the manifests";
    "static-pod", "static pod", "A pod that a kubelet runs from a file, without any API. That is how the control plane itself is started.", "/etc/kubernetes/manifests/";
    "stopped", "stopped", "It was stopped, and stays down until it is started. A static pod is stopped by moving its manifest away.", "systemctl stop; mv MANIFEST elsewhere";
    "taint", "taint", "A mark on a node that keeps pods away. After 300 s the taint of an unreachable node evicts the pods that were there.", "kubectl describe node, Taints";
    "term", "term", "The number of an election in Raft: each election starts a new term. No term has two leaders.", "etcdctl endpoint status -w table, RAFT TERM";
    "terminating", "Terminating", "The pod is being deleted: its container has 30 s to end. If its node is silent it stays in this state until the node is back.", "kubectl get pods";
    "unknown", "Unknown", "The node has been silent for too long, so its state is unknown (kubectl prints NotReady). Its pods may still be running.", "--node-monitor-grace-period of kube-controller-manager, 50s";
    "virtual-ip", "virtual IP", "An address that moves between two load balancers, so that clients need only one address. keepalived moves it.", "ip address show; keepalived.conf, virtual_ipaddress";
    "vote", "vote", "A member's choice of leader for this term. Each member has one vote a term, and keeps it on disk.", "/var/lib/etcd/member/wal, HardState";
    "watch", "watch", "A request that stays open and reports each change as it happens. Controllers receive all changes by watches.", "kubectl get pods --watch";
    "watch-cache", "watch cache", "An API server's own copy of what etcd holds, fed by a watch. Lists and watches are answered from it, which takes load off etcd.", "--watch-cache of kube-apiserver, true";
    "worker", "worker", "A server that runs the app's pods. Its kubelet and kube-proxy keep working when the control plane has failed.", "kubectl get nodes, ROLES <none>";
    "writable", "API writable", "A client can change objects through its kubeconfig, as the laptop tries once a second. That needs a path to an API server, and etcd's quorum.", "the lane \"API writable\"";
}
