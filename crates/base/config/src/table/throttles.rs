//! Keys that bound the traffic of moving replicas. They exist only while a broker runs: in a file
//! they are as unknown as to Kafka.

use super::columns::*;

keys! {
    public:
    "follower.replication.throttled.rate", Long, Is("9223372036854775807"),
        AtLeast(0), Medium, ClusterWide, NotYet,
        "Bytes per second that this broker fetches at most for the replicas that the topics' \
        follower.replication.throttled.replicas name.";
    "leader.replication.throttled.rate", Long, Is("9223372036854775807"),
        AtLeast(0), Medium, ClusterWide, NotYet,
        "Bytes per second that this broker serves at most to the replicas that the topics' \
        leader.replication.throttled.replicas name.";
    "replica.alter.log.dirs.io.max.bytes.per.second", Long, Is("9223372036854775807"),
        AtLeast(0), Medium, ClusterWide, NotYet,
        "Bytes per second that are moved at most between log directories of this broker.";
}
