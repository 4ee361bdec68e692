//! The timers of all processes of the lab: why each is set. The words are what the trace shows.
//!
//! Each part that sets timers has a closed enum, so that its `match` is exhaustive. Those of the parts above `kube`
//! (`edge`, `console`) are here as well, as their messages are, because the vocabulary of a world is one type.

use crate::etcd;
use crate::sim::{self, Label};

/// A timer's key in the lab's vocabulary.
pub(crate) type TimerKey = sim::TimerKey<Timer>;

macro_rules! timers {
    ($($(#[$about:meta])* $part:ident { $($(#[$why:meta])* $timer:ident = $words:literal,)* })*) => {
        $(
            $(#[$about])*
            #[derive(Clone, Copy, Debug, PartialEq, Eq)]
            pub enum $part { $($(#[$why])* #[doc = concat!("\n\nIn the trace: ", $words, ".")] $timer,)* }

            impl Label for $part {
                fn label(&self) -> &'static str {
                    match self { $($part::$timer => $words,)* }
                }
            }

            impl From<$part> for Timer {
                fn from(timer: $part) -> Self {
                    Timer::$part(timer)
                }
            }
        )*

        /// A timer of any part of the lab.
        #[derive(Clone, Copy, Debug, PartialEq, Eq)]
        pub enum Timer {
            /// A timer of an etcd member.
            Etcd(etcd::Timer),
            $($(#[$about])* $part($part),)*
            /// A timer of a process that is not part of the lab, such as a client in a test; the words are its own.
            Other(&'static str),
        }

        impl Label for Timer {
            fn label(&self) -> &'static str {
                match self {
                    Timer::Etcd(timer) => timer.label(),
                    $(Timer::$part(timer) => timer.label(),)*
                    Timer::Other(words) => words,
                }
            }
        }
    };
}

timers! {
    /// Timers of a client's connection to an API server; the argument holds the client's tag and the stream.
    Client {
        /// The server has not finished the TLS handshake.
        TlsHandshake = "TLS handshake timeout",
        /// Nothing was read for the idle limit: a ping is due.
        ReadIdle = "HTTP/2 read idle",
        /// A ping was not answered.
        Ping = "HTTP/2 ping timeout",
        /// The caller's limit of one call.
        Call = "request deadline",
    }
    /// Timers of an informer; the argument is the kind of object.
    Informer {
        /// The back-off after a failed list or watch.
        BackOff = "informer: list or watch again",
    }
    /// Timers of a reflector (`ListWatch`); the argument is the kind of object.
    Reflector {
        /// The back-off after a failed list or watch.
        BackOff = "reflector back-off",
    }
    /// Timers of the event recorder of an elected component.
    EventRecorder {
        /// The pause before an event is written again.
        Retry = "event recorder: write again",
    }
    /// Timers of a candidate in a leader election; the argument is the number of the timer.
    Election {
        /// The retry period has passed.
        NextAttempt = "leader election: next attempt",
        /// The renew deadline has passed.
        RenewDeadline = "leader election: deadline to renew",
        /// The client's rate limiter has a token for the next request.
        Token = "leader election: the client's rate limit has room again",
    }
    /// Timers of kube-controller-manager.
    ControllerManager {
        /// The process has read its flags.
        StartUp = "kube-controller-manager: starting up",
        /// The node lifecycle controller's `--node-monitor-period`.
        MonitorNodes = "node lifecycle controller: judge the nodes",
        /// The eviction rate limiter has a token for the next node.
        TaintNextNode = "node lifecycle controller: the eviction rate allows the next node",
        /// `tolerationSeconds` of a pod have passed; the argument is the number of the eviction.
        EvictPod = "taint eviction controller: the pod has tolerated the taint long enough",
        /// The period of the pod garbage collector.
        CollectPods = "pod garbage collector: look for pods on nodes that are gone",
        /// A key of the ReplicaSet controller's queue is due again; the argument is the number of the retry.
        ReplicaSetRetry = "replicaset controller: work on it again",
        /// The client's rate limiter has tokens again.
        ReplicaSetRoom = "replicaset controller: the client's rate limit has room again",
        /// A key of the Deployment controller's queue is due again; the argument is the number of the retry.
        DeploymentRetry = "deployment controller: work on it again",
        /// A key of the endpoints controllers' queue is due again; the argument is the number of the retry.
        EndpointsRetry = "endpoints controller: work on it again",
    }
    /// Timers of kube-scheduler.
    Scheduler {
        /// The process has read its flags.
        StartUp = "kube-scheduler: starting up",
        /// The back-off of a pod has expired; the argument is the number of the back-off.
        BackOff = "scheduler: the pod's back-off is over",
        /// Pods that have been unschedulable for long enough are tried again.
        FlushUnschedulable = "scheduler: unschedulable pods get another try",
    }
    /// Timers of kube-apiserver itself.
    ApiServer {
        /// The earliest deadline of a request has passed.
        RequestDeadline = "request deadline",
        /// A watch has reached its timeout; the argument is the watch's number.
        WatchTimeout = "watch timeout",
        /// The period of the master lease and of the reconciler of `default/kubernetes`.
        Reconcile = "renews its place in default/kubernetes",
        /// `--etcd-compaction-interval`
        Compact = "compaction interval",
        /// The flags are read: the server dials etcd.
        DialEtcd = "reads its flags",
        /// No etcd member was reached in time.
        NoEtcd = "etcd dial timeout at start",
        /// The server can listen once etcd has been read.
        Initialised = "initialises",
        /// The post-start hooks have run.
        Hooks = "post-start hooks",
        /// The pause before etcd is watched again.
        WatchAgain = "watches etcd again",
        /// The pause before the system's own objects are created again.
        BootstrapAgain = "bootstraps again",
    }
    /// Timers of the API server's client of etcd; the argument is the endpoint, for a retry the call.
    EtcdClient {
        /// The pause after a round of failed tries.
        Retry = "etcd retry pause",
        /// The back-off before an endpoint is dialled again.
        Reconnect = "etcd reconnect back-off",
        /// The HTTP/2 settings have not arrived.
        Handshake = "etcd connection handshake timeout",
        /// Nothing was read for the keepalive time: a ping is due.
        Keepalive = "etcd keepalive",
        /// A keepalive ping was not answered.
        KeepaliveTimeout = "etcd keepalive timeout",
    }
    /// Timers of the kubelet itself.
    Kubelet {
        /// The kubelet has started and looks at its manifests and its runtime.
        StartUp = "kubelet start-up",
        /// The container runtime has not answered.
        Runtime = "container runtime retry",
        /// Pod statuses that could not be written are written again.
        StatusSync = "pod status retry",
        /// The pause before an event is written again.
        EventRetry = "event retry",
    }
    /// Timers of the kubelet's node lease.
    NodeLease {
        /// The lease is renewed.
        Renew = "node lease renewal",
        /// The back-off before the lease is read or created again.
        Ensure = "node lease back-off",
    }
    /// Timers of the kubelet's Node object.
    NodeStatus {
        /// The back-off before the node is registered again.
        Register = "node registration back-off",
        /// `nodeStatusUpdateFrequency`
        Update = "node status",
    }
    /// Timers of the kubelet's pod workers; the argument is the worker's number.
    PodWorker {
        /// The image has been pulled.
        Pulled = "image pull",
        /// The relist that notices the end of the container.
        Relist = "container relist",
        /// The crash loop's back-off has expired.
        BackOff = "crash back-off",
    }
    /// Timers of the kubelet's static pods; the argument is the pod's index.
    StaticPod {
        /// The relist that notices the end of the container.
        Relist = "static pod relist",
        /// The crash loop's back-off has expired.
        BackOff = "static pod crash back-off",
        /// The container's process is executed.
        Start = "static pod start",
        /// The grace period after SIGTERM has passed.
        Kill = "static pod grace period",
    }
    /// Timers of the kubelet's probe of the API server.
    Probe {
        /// The probe's period has passed.
        Period = "liveness probe",
        /// An attempt was not answered.
        Timeout = "liveness probe timeout",
    }
    /// Timers of kube-proxy.
    KubeProxy {
        /// `minSyncPeriod` has passed since the last sync.
        Sync = "kube-proxy sync",
    }
    /// Timers of a worker's own operating system; the argument is the container's number.
    NodeOs {
        /// The container's process is ready.
        Started = "container starting",
        /// The container's process has exited after SIGTERM.
        Stopped = "container stopping",
    }
    /// Timers of the health checks of HAProxy and of keepalived's script; the argument is the server's index.
    HealthCheck {
        /// The check's interval has passed.
        Interval = "health check",
        /// A check was not answered.
        Timeout = "health check timeout",
    }
    /// Timers of HAProxy.
    Haproxy {
        /// The turn-around delay before a connection is tried again; the argument is the session's number.
        Retry = "connection retry",
    }
    /// Timers of NGINX.
    Nginx {
        /// `proxy_timeout`; the argument is the session's number.
        Idle = "idle session",
    }
    /// Timers of keepalived.
    Keepalived {
        /// A master's advertisement interval.
        Advertise = "VRRP advertisement",
        /// A backup's master-down interval.
        MasterDown = "VRRP master is down",
        /// The second round of gratuitous ARP after a takeover.
        GratuitousArp = "gratuitous ARP",
    }
    /// Timers of the laptop that polls the API.
    Laptop {
        /// The next read.
        Read = "laptop's read",
        /// The next write.
        Write = "laptop's write",
        /// The next attempt to apply the application.
        Apply = "laptop's apply",
    }
    /// Timers of the app's user.
    User {
        /// The next request.
        Ask = "user's request",
        /// A request was not answered; the argument is its number.
        GiveUp = "user's patience",
    }
    /// Timers of one of the laptop's kubectl commands; the argument is its tag.
    KubectlCommand {
        /// The pause before a request is repeated.
        Retry = "kubectl retry",
        /// `--request-timeout`
        Limit = "kubectl request timeout",
    }
    /// Timers of a kubectl that was typed; the argument is its tag.
    KubectlSession {
        /// The pause before a request is repeated or polled.
        AskAgain = "kubectl asks again",
    }
    /// Timers of an etcdctl that was typed; the argument holds its tag and the endpoint.
    Etcdctl {
        /// `--command-timeout`
        Limit = "etcdctl command timeout",
        /// The back-off before an endpoint is dialled again.
        Reconnect = "etcdctl dials again",
        /// The pause after a round of failed tries.
        Retry = "etcdctl retry pause",
    }
}

impl From<etcd::Timer> for Timer {
    fn from(timer: etcd::Timer) -> Self {
        Timer::Etcd(timer)
    }
}

impl Timer {
    /// The timer as an etcd member knows it; `None` if it is not one of etcd's.
    pub fn etcd(self) -> Option<etcd::Timer> {
        match self {
            Timer::Etcd(timer) => Some(timer),
            _ => None,
        }
    }

    /// For the arm of a `match` that no timer of this process reaches: a timer that is routed nowhere is a fault of the
    /// lab. Debug builds panic; others ignore it.
    pub(crate) fn misrouted(self) {
        debug_assert!(false, "{self:?} reached a process that never sets it");
    }
}
