//! Keys of replication and of leader election.

use super::columns::*;

keys! {
    public:
    "auto.leader.rebalance.enable", Boolean, Is("true"), Any, High, ReadOnly, Honoured,
        "Whether the controller moves leadership back to preferred replicas.";
    "default.replication.factor", Int, Is("1"), Any, Medium, ReadOnly, Honoured,
        "Replicas of a topic created without saying how many.";
    "inter.broker.listener.name", String, Null, Any, Medium, ReadOnly, Honoured,
        "The listener brokers use among themselves.";
    "leader.imbalance.check.interval.seconds", Long, Is("300"), AtLeast(1), High, ReadOnly,
        Honoured,
        "Seconds between the controller's rounds that move leadership back to preferred replicas.";
    "min.insync.replicas", Int, Is("1"), AtLeast(1), High, ClusterWide, Honoured,
        "In-sync replicas that acks=all needs, unless the topic says otherwise.";
    "num.replica.alter.log.dirs.threads", Int, Null, Any, High, ReadOnly, WithoutMeaning,
        "Threads that move replicas between log directories.";
    "num.replica.fetchers", Int, Is("1"), AtLeast(1), High, ClusterWide, NotYet,
        "Fetchers per leader a follower uses.";
    "replica.fetch.backoff.ms", Int, Is("1000"), AtLeast(0), Medium, ReadOnly, NotYet,
        "Milliseconds a follower waits after a failed fetch.";
    "replica.fetch.max.bytes", Int, Is("1048576"), AtLeast(0), Medium, ReadOnly, NotYet,
        "Bytes a follower asks for per partition.";
    "replica.fetch.min.bytes", Int, Is("1"), Any, High, ReadOnly, NotYet,
        "Bytes a follower's fetch waits for.";
    "replica.fetch.response.max.bytes", Int, Is("10485760"), AtLeast(0), Medium, ReadOnly, NotYet,
        "Bytes a follower asks for in one answer.";
    "replica.fetch.wait.max.ms", Int, Is("500"), Any, High, ReadOnly, NotYet,
        "Milliseconds a follower's fetch may wait.";
    "replica.high.watermark.checkpoint.interval.ms", Long, Is("5000"),
        Any, High, ReadOnly, Honoured,
        "Milliseconds between writes of the high watermarks.";
    "replica.lag.time.max.ms", Long, Is("30000"), Any, High, ReadOnly, NotYet,
        "Milliseconds a follower may lag before it leaves the in-sync replicas.";
    "replica.selector.class", String, Null, Any, Medium, ReadOnly, NotYet,
        "The class that chooses which replica a consumer reads from.";
    "replica.socket.receive.buffer.bytes", Int, Is("65536"), Any, High, ReadOnly, NotYet,
        "The receive buffer of a follower's socket in bytes.";
    "replica.socket.timeout.ms", Int, Is("30000"), Any, High, ReadOnly, NotYet,
        "Milliseconds a follower's request may take.";
    "unclean.leader.election.enable", Boolean, Is("false"), Any, High, ClusterWide, Honoured,
        "Whether a replica that is not in sync may become leader, at the price of records, unless \
        the topic says otherwise.";
}
