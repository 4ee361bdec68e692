//! The sentences of the list of events. `{who}` is a process (`master-1/etcd`), `{host}` a host, `{name}` a lease or an object.

crate::lab::i18n::texts! {
    EVENT_ACT = "You: {act}";
    EVENT_CAMPAIGN = "{who} hears no leader and asks for votes in term {term}";
    EVENT_RAFT_LEADS = "{who} is the leader of term {term}";
    EVENT_RAFT_STEPS_DOWN = "{who} steps down (term {term})";
    EVENT_LEASE_NAMES = "The lease {name} names {holder}";
    EVENT_LEASE_NOBODY = "The lease {name} names nobody";
    EVENT_EXPIRED = "{who}: the lease of {holder} has expired; it tries to take it";
    EVENT_VACANT = "{who}: {holder} has released its lease; it tries to take it";
    EVENT_LEADS = "{host} leads as {name}";
    EVENT_STOPS_LEADING = "{host} stops leading as {name}";
    EVENT_NOT_RENEWED = "{who} could not renew its lease in time";
    EVENT_RELEASED = "{who} releases its lease";
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
    /// Status of the laptop and of the app's user.
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
    EVENT_GOES_ON = "{who} resumes";
    EVENT_STARTS = "{who} starts";
    EVENT_STAYS_DOWN = "{who} is to stay down";
    EVENT_KILLED = "{who} is killed";
    EVENT_EXITS = "{who} exits";
    EVENT_EXITS_WITH = "{who} exits with status {code}";

    // Beside the name of a process.
    BRIEF_TERM = "term {n}";
    BRIEF_WATCHES = "{n} watches";
    BRIEF_IN_FLIGHT = "{n} in flight";
    BRIEF_UP = "{n} of {of} up";
    BRIEF_PRIORITY = "{state}, priority {priority}";

    // Acts, as the timeline, undo and branches name them. `{of}` is a host, a process or a pod.
    DONE_POWER_OFF = "Power off {of}";
    DONE_POWER_ON = "Power on {of}";
    DONE_KILL = "kill -9 {of}";
    DONE_TERMINATE = "SIGTERM to {of}";
    DONE_STOP = "Stop {of}";
    DONE_START = "Start {of}";
    DONE_PAUSE = "Pause {of}";
    DONE_RESUME = "Resume {of}";
    DONE_CLOCK = "Change the clock of {of}";
    DONE_PARTITION = "Partition the network";
    DONE_CUT = "Cut the network from {from} to {to}";
    DONE_LINK = "Change the link between {a} and {b}";
    DONE_HEAL = "Heal the network";
    DONE_TIMINGS = "Set the lease timings to {lease}, {renew}, {retry}";
    DONE_READING = "Change how the lease is read";
    DONE_FLAGS = "Set {flags} of {of}";
    DONE_CRASH_CONTAINER = "Crash the container of {of}";
    DONE_DELETE_POD = "Delete pod {of}";

    // Refusals.
    NOT_DONE_NO_HOST = "there is no host called \"{of}\"";
    NOT_DONE_NO_PROCESS = "{host} has no process called \"{of}\"";
    NOT_DONE_NO_POD = "there is no pod called \"{of}\"";
    NOT_DONE_NO_POD_AT = "{of} has {count} pods now, none with index {index}";
    NOT_DONE_NO_LEADER = "{of} has no leader now";
    NOT_DONE_WANTS_HOST = "{of} is a process; a host is wanted";
    NOT_DONE_WANTS_PROCESS = "{of} is a host; a process is wanted";
    NOT_DONE_WANTS_POD = "a pod is wanted";
    NOT_DONE_IS_POD = "a pod is not a host nor a process";
    NOT_DONE_NOT_ON = "{of} is not on";
    NOT_DONE_NOT_RUNNING = "{of} does not run";
    NOT_DONE_NO_CONTAINER = "the container of {of} does not run";
    NOT_DONE_FLAG_FIXED = "{flag} of {of} cannot be changed in the lab";
    NOT_DONE_FLAG_MOST = "{flag}: the lab allows at most {most}";
    NOT_DONE_FLAG_SERVERS = "{flag}: the lab allows at most {most} servers";
    NOT_DONE_FLAG_LEAST = "{flag}: the lab allows at least {least}";
    NOT_DONE_LAPTOP_OFF = "the laptop is not on";
    NOT_DONE_TOO_MANY = "this run has {n} acts, the most that the lab keeps: restart it to go on";
    NOT_DONE_UNSUPPORTED = "the lab does not support {what}";

    // Errors of typed fields.
    TYPED_NOT_A_PEER = "\"{found}\" is not another host; there are {hosts}";
    TYPED_WRONG = "{field}: found \"{found}\", allowed is {allowed}";
    TYPED_LATENCY = "latency";
    TYPED_JITTER = "jitter";
    TYPED_LOSS = "loss";
    TYPED_RATE = "rate";
    TYPED_OFFSET = "offset";
    TYPED_DELAY_ALLOWED = "a duration up to {most}, such as 80ms";
    TYPED_LOSS_ALLOWED = "a number of percent from 0 to 100";
    TYPED_RATE_ALLOWED = "a number from 0.01 to 100; 1 is exact";
    TYPED_OFFSET_ALLOWED = "a duration up to {most}, such as 3s or -500ms";
    TYPED_LINK_EMPTY = "type a latency, a jitter or a loss; a link as usual has 200us, 100us and 0 %";
    TYPED_CLOCK_EMPTY = "type a rate or an offset; an exact clock has 1 and 0s";
    TYPED_FLAGS_OF_HOST = "{of} is a host; only a process has flags";
    TYPED_FLAG_LONG = "a flag has {n} bytes; at most {most} are read";
    TYPED_FLAG_WRONG = "found \"{found}\", allowed is --name=value, such as --leader-elect=false";
    TYPED_FLAGS_NONE = "change at least one flag";
    TYPED_NO_COMMAND = "\"{found}\": command not found; this laptop has kubectl and etcdctl";
    TYPED_LINE_LONG = "the line has {n} bytes; at most {most} are read";
    TYPED_QUOTE_OPEN = "a {quote} is opened and not closed";
}
