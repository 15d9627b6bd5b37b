//! Keys of the node: its identity, its roles, the metadata quorum and the metadata log.

use super::columns::*;

keys! {
    public:
    "auto.create.topics.enable", Boolean, Is("true"), Any, High, ReadOnly, Honoured,
        "Whether asking for an unknown topic may create it.";
    "broker.heartbeat.interval.ms", Int, Is("2000"), Any, Medium, ReadOnly, Honoured,
        "Milliseconds between the heartbeats a broker sends to the controller.";
    "broker.id", Int, Is("-1"), Any, High, ReadOnly, Honoured,
        "An older name of node.id; when both are set they must agree.";
    "broker.rack", String, Null, Any, Medium, ReadOnly, Honoured,
        "The rack this broker stands in, used to spread replicas.";
    "broker.session.timeout.ms", Int, Is("9000"), Any, Medium, ReadOnly, Honoured,
        "Milliseconds without a heartbeat after which the controller fences a broker.";
    "controlled.shutdown.enable", Boolean, Is("true"), Any, Medium, ReadOnly, WithoutMeaning,
        "Whether a stopping broker hands its leaderships over first.";
    "controller.listener.names", List, Required, NonEmptyListOf(&[]), High, ReadOnly, Honoured,
        "The listeners of the controllers; a broker connects to the first of them.";
    "controller.quorum.append.linger.ms", Int, Is("25"), AtLeast(0), Medium, ReadOnly,
    WithoutMeaning,
        "Milliseconds the leader of the quorum may hold records back to write them together.";
    "controller.quorum.auto.join.enable", Boolean, Is("false"), Any, Low, ReadOnly, NotYet,
        "Whether a controller adds itself to the voters.";
    "controller.quorum.bootstrap.servers", List, Is(""), BootstrapServers, High, ReadOnly, Honoured,
        "Addresses at which the controllers of the metadata quorum are found.";
    "controller.quorum.election.backoff.max.ms", Int, Is("1000"),
        AtLeast(0), High, ReadOnly, Honoured,
        "The longest wait, in milliseconds, before an election is tried again.";
    "controller.quorum.election.timeout.ms", Int, Is("1000"), AtLeast(0), High, ReadOnly, Honoured,
        "Milliseconds without news from a leader before a voter stands for election.";
    "controller.quorum.fetch.max.bytes", Int, Is("1048576"), AtLeast(1), Low, ReadOnly, NotYet,
        "The most bytes one fetch within the quorum asks for.";
    "controller.quorum.fetch.snapshot.max.bytes", Int, Is("1048576"),
        AtLeast(1), Low, ReadOnly, NotYet,
        "The most bytes of a snapshot one request asks for.";
    "controller.quorum.fetch.timeout.ms", Int, Is("2000"), AtLeast(0), High, ReadOnly, Honoured,
        "Milliseconds a member of the quorum waits for a successful fetch before it looks for a \
        new leader.";
    "controller.quorum.request.timeout.ms", Int, Is("2000"), AtLeast(0), Medium, ReadOnly, Honoured,
        "Milliseconds a request within the quorum may take.";
    "controller.quorum.retry.backoff.ms", Int, Is("20"), AtLeast(0), Low, ReadOnly, Honoured,
        "Milliseconds before a failed request within the quorum is sent again.";
    "controller.quorum.voters", List, Is(""), QuorumVoters, High, ReadOnly, Honoured,
        "The voters of a static metadata quorum, as id@host:port.";
    "delete.topic.enable", Boolean, Is("true"), Any, High, ReadOnly, Honoured,
        "Whether topics can be deleted.";
    "initial.broker.registration.timeout.ms", Int, Is("60000"), Any, Medium, ReadOnly, Honoured,
        "Milliseconds a starting broker keeps trying to register before it gives up.";
    "metadata.log.dir", String, Null, Any, High, ReadOnly, Honoured,
        "The directory of the metadata log; the first log directory when absent.";
    "metadata.log.max.record.bytes.between.snapshots", Long, Is("20971520"),
        AtLeast(1), High, ReadOnly, Honoured,
        "Bytes of new metadata records after which a snapshot is written.";
    "metadata.log.max.snapshot.interval.ms", Long, Is("3600000"),
        AtLeast(0), High, ReadOnly, Honoured,
        "Milliseconds after which a snapshot of the metadata is written if there is anything new; \
        0 for never.";
    "metadata.log.segment.bytes", Int, Is("1073741824"), AtLeast(8388608), High, ReadOnly, Honoured,
        "Bytes after which the metadata log begins a new segment.";
    "metadata.log.segment.ms", Long, Is("604800000"), Any, High, ReadOnly, Honoured,
        "Milliseconds after which the metadata log begins a new segment.";
    "metadata.max.idle.interval.ms", Int, Is("500"), AtLeast(0), Low, ReadOnly, Honoured,
        "Milliseconds after which an idle active controller writes a no-op record; 0 for never.";
    "metadata.max.retention.bytes", Long, Is("104857600"), Any, High, ReadOnly, Honoured,
        "Bytes of metadata log and snapshots that are kept.";
    "metadata.max.retention.ms", Long, Is("604800000"), Any, High, ReadOnly, Honoured,
        "Milliseconds that metadata log and snapshots are kept.";
    "node.id", Int, Required, AtLeast(0), High, ReadOnly, Honoured,
        "The id of this node, unique among brokers and controllers of the cluster.";
    "num.partitions", Int, Is("1"), AtLeast(1), Medium, ReadOnly, Honoured,
        "Partitions of a topic created without saying how many.";
    "process.roles", List, Required,
        NonEmptyListOf(&["broker", "controller"]), High, ReadOnly, Honoured,
        "The roles this node plays: broker, controller or both.";
}
