//! The sentences of the list of events. `{who}` is a process (`master-1/etcd`), `{host}` a host, `{name}` a lease or an object.

crate::texts! {
    EVENT_ACT = "You: {act}";
    EVENT_CAMPAIGN = "{who} hears no leader and asks for votes in term {term}";
    EVENT_RAFT_LEADS = "{who} is the leader of term {term}";
    EVENT_RAFT_STEPS_DOWN = "{who} does not lead any more (term {term})";
    EVENT_LEASE_NAMES = "The lease {name} names {holder}";
    EVENT_LEASE_NOBODY = "The lease {name} names nobody";
    EVENT_EXPIRED = "{who}: the lease of {holder} has expired; it tries to take it";
    EVENT_VACANT = "{who}: {holder} has given its lease back; it tries to take it";
    EVENT_LEADS = "{host} leads as {name}";
    EVENT_STOPS_LEADING = "{host} stops leading as {name}";
    EVENT_NOT_RENEWED = "{who} could not renew its lease in time";
    EVENT_RELEASED = "{who} gives its lease back";
    EVENT_CREATED = "{kind} {name} is created";
    EVENT_DELETED = "{kind} {name} is deleted";
    EVENT_BOUND = "Pod {name} is assigned to {host}";
    EVENT_NODE_READY = "Node {name} is Ready";
    EVENT_NODE_NOT_READY = "Node {name} is NotReady";
    EVENT_API_READY = "{who} is ready";
    EVENT_API_NOT_READY = "{who} is not ready: {why}";
    EVENT_MARKS_UP = "{who} marks {host} UP ({check})";
    EVENT_MARKS_DOWN = "{who} marks {host} DOWN ({check})";
    EVENT_TAKES_ADDRESS = "{who} takes the virtual IP: clients now reach {host}";
    EVENT_GIVES_ADDRESS = "{who} gives the virtual IP to the one with more priority";
    EVENT_CAN_WRITE = "kubectl can write";
    EVENT_CANNOT_WRITE = "kubectl cannot write";
    EVENT_CAN_READ = "kubectl can read";
    EVENT_CANNOT_READ = "kubectl cannot read";
    /// How it goes for the laptop and for the app's user.
    CALL_WORKS = "reads and writes";
    CALL_APP_WORKS = "the app answers";
    EVENT_APP_ANSWERS = "The app answers its user";
    EVENT_APP_SILENT = "The app does not answer its user";
    EVENT_WITH_ERROR = "{what}: {error}";
    EVENT_CONTAINER_RUNS = "{host} runs the container of {name}";
    EVENT_CONTAINER_ENDED = "The container of {name} on {host} has ended";
    EVENT_COMMAND = "a command";
    EVENT_COMMAND_ENDS = "{line} ends with {exit}: {last}";
    EVENT_OFF = "{who} is off";
    EVENT_BOOTS = "{who} is switched on and boots";
    EVENT_PAUSED = "{who} is paused";
    EVENT_GOES_ON = "{who} goes on";
    EVENT_STARTS = "{who} starts";
    EVENT_STAYS_DOWN = "{who} is to stay down";
    EVENT_KILLED = "{who} is killed";
    EVENT_EXITS = "{who} exits";
    EVENT_EXITS_WITH = "{who} exits with status {code}";
}
