//! Keys of the group coordinator: offsets, classic and consumer groups.

use super::columns::*;

keys! {
    public:
    "group.consumer.assignment.interval.ms", Int, Is("1000"),
        AtLeast(0), Medium, ClusterWide, NotYet,
        "A setting of consumer groups of the new protocol.";
    "group.consumer.assignor.offload.enable", Boolean, Is("true"), Any, Medium, ReadOnly, NotYet,
        "A setting of consumer groups of the new protocol.";
    "group.consumer.assignors", List, Is("uniform,range"),
        NonEmptyListOf(&[]), Medium, ReadOnly, NotYet,
        "A setting of consumer groups of the new protocol.";
    "group.consumer.heartbeat.interval.ms", Int, Is("5000"), AtLeast(1), Medium, ReadOnly, NotYet,
        "A setting of consumer groups of the new protocol.";
    "group.consumer.max.assignment.interval.ms", Int, Is("15000"),
        AtLeast(0), Medium, ReadOnly, NotYet,
        "A setting of consumer groups of the new protocol.";
    "group.consumer.max.heartbeat.interval.ms", Int, Is("15000"),
        AtLeast(1), Medium, ReadOnly, NotYet,
        "A setting of consumer groups of the new protocol.";
    "group.consumer.max.session.timeout.ms", Int, Is("60000"), AtLeast(1), Medium, ReadOnly, NotYet,
        "A setting of consumer groups of the new protocol.";
    "group.consumer.max.size", Int, Is("2147483647"), AtLeast(1), Medium, ReadOnly, NotYet,
        "A setting of consumer groups of the new protocol.";
    "group.consumer.migration.policy", String, Is("bidirectional"),
        OneOfIgnoringCase(&["DISABLED", "DOWNGRADE", "UPGRADE", "BIDIRECTIONAL"]),
        Medium, ReadOnly, NotYet,
        "A setting of consumer groups of the new protocol.";
    "group.consumer.min.assignment.interval.ms", Int, Is("0"), AtLeast(0), Medium, ReadOnly, NotYet,
        "A setting of consumer groups of the new protocol.";
    "group.consumer.min.heartbeat.interval.ms", Int, Is("5000"),
        AtLeast(1), Medium, ReadOnly, NotYet,
        "A setting of consumer groups of the new protocol.";
    "group.consumer.min.session.timeout.ms", Int, Is("45000"), AtLeast(1), Medium, ReadOnly, NotYet,
        "A setting of consumer groups of the new protocol.";
    "group.consumer.session.timeout.ms", Int, Is("45000"), AtLeast(1), Medium, ReadOnly, NotYet,
        "A setting of consumer groups of the new protocol.";
    "group.coordinator.append.linger.ms", Int, Is("-1"), AtLeast(-1), Medium, ReadOnly, NotYet,
        "Milliseconds the group coordinator may hold records back to write them together; -1 \
        adapts.";
    "group.coordinator.background.threads", Int, Is("2"),
        AtLeast(1), High, ReadOnly, WithoutMeaning,
        "Threads for the group coordinator's slow work; ottla sizes its own pools.";
    "group.coordinator.cached.buffer.max.bytes", Int, Is("1048588"),
        AtLeast(524288), Medium, ClusterWide, WithoutMeaning,
        "The largest buffer the group coordinator keeps for reuse.";
    "group.coordinator.rebalance.protocols", List, Is("classic,consumer,streams"),
        NonEmptyListOf(&["consumer", "classic", "share", "streams"]), Medium, ReadOnly, NotYet,
        "The group protocols that are offered.";
    "group.coordinator.threads", Int, Is("4"), AtLeast(1), High, ReadOnly, WithoutMeaning,
        "Threads of the group coordinator; ottla runs it on its reactors.";
    "group.initial.rebalance.delay.ms", Int, Is("3000"), Any, Medium, ReadOnly, Honoured,
        "Milliseconds a new classic group waits for further members.";
    "group.max.session.timeout.ms", Int, Is("1800000"), Any, Medium, ReadOnly, Honoured,
        "The longest session timeout a classic group's member may ask for, in milliseconds.";
    "group.max.size", Int, Is("2147483647"), AtLeast(1), Medium, ReadOnly, Honoured,
        "The most members of a classic group.";
    "group.min.session.timeout.ms", Int, Is("6000"), Any, Medium, ReadOnly, Honoured,
        "The shortest session timeout a classic group's member may ask for, in milliseconds.";
    "offset.metadata.max.bytes", Int, Is("4096"), Any, High, ReadOnly, Honoured,
        "The longest text that may accompany a committed offset.";
    "offsets.commit.timeout.ms", Int, Is("5000"), AtLeast(1), High, ReadOnly, NotYet,
        "Milliseconds an offset commit may wait for its replicas.";
    "offsets.load.buffer.size", Int, Is("5242880"), AtLeast(1), High, ReadOnly, WithoutMeaning,
        "Bytes read at a time when a group's state is loaded.";
    "offsets.retention.check.interval.ms", Long, Is("600000"), AtLeast(1), High, ReadOnly, Honoured,
        "Milliseconds between the rounds that look for expired offsets.";
    "offsets.retention.minutes", Int, Is("10080"), AtLeast(1), High, ReadOnly, Honoured,
        "Minutes committed offsets outlive their group's last member.";
    "offsets.topic.compression.codec", Int, Is("0"), Any, High, ReadOnly, NotYet,
        "How the offsets topic is compressed: 0 none, 1 gzip, 2 snappy, 3 lz4, 4 zstd.";
    "offsets.topic.num.partitions", Int, Is("50"), AtLeast(1), High, ReadOnly, Honoured,
        "Partitions of the offsets topic.";
    "offsets.topic.replication.factor", Short, Is("3"), AtLeast(1), High, ReadOnly, Honoured,
        "Replicas of the offsets topic.";
    "offsets.topic.segment.bytes", Int, Is("104857600"), AtLeast(1), High, ReadOnly, Honoured,
        "Bytes after which the offsets topic begins a new segment.";
}
