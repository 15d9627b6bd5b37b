//! Keys of share groups and their coordinator.

use super::columns::*;

keys! {
    public:
    "group.share.assignment.interval.ms", Int, Is("1000"), AtLeast(0), Medium, ClusterWide, NotYet,
        "A setting of share groups.";
    "group.share.assignor.offload.enable", Boolean, Is("true"), Any, Medium, ReadOnly, NotYet,
        "A setting of share groups.";
    "group.share.assignors", List, Is("simple"), NonEmptyListOf(&[]), Medium, ReadOnly, NotYet,
        "A setting of share groups.";
    "group.share.delivery.count.limit", Int, Is("5"), Between(2, 10), Medium, ReadOnly, NotYet,
        "A setting of share groups.";
    "group.share.heartbeat.interval.ms", Int, Is("5000"), AtLeast(1), Medium, ReadOnly, NotYet,
        "A setting of share groups.";
    "group.share.max.assignment.interval.ms", Int, Is("15000"),
        AtLeast(0), Medium, ReadOnly, NotYet,
        "A setting of share groups.";
    "group.share.max.delivery.count.limit", Int, Is("10"), Between(5, 25), Medium, ReadOnly, NotYet,
        "A setting of share groups.";
    "group.share.max.heartbeat.interval.ms", Int, Is("15000"), AtLeast(1), Medium, ReadOnly, NotYet,
        "A setting of share groups.";
    "group.share.max.partition.max.record.locks", Int, Is("4000"),
        Between(2000, 10000), Medium, ReadOnly, NotYet,
        "A setting of share groups.";
    "group.share.max.record.lock.duration.ms", Int, Is("60000"),
        Between(30000, 3600000), Medium, ReadOnly, NotYet,
        "A setting of share groups.";
    "group.share.max.session.timeout.ms", Int, Is("60000"), AtLeast(1), Medium, ReadOnly, NotYet,
        "A setting of share groups.";
    "group.share.max.share.sessions", Int, Is("2000"), AtLeast(1), Medium, ReadOnly, NotYet,
        "A setting of share groups.";
    "group.share.max.size", Int, Is("200"), Between(1, 1000), Medium, ReadOnly, NotYet,
        "A setting of share groups.";
    "group.share.min.assignment.interval.ms", Int, Is("0"), AtLeast(0), Medium, ReadOnly, NotYet,
        "A setting of share groups.";
    "group.share.min.delivery.count.limit", Int, Is("2"), Between(2, 5), Medium, ReadOnly, NotYet,
        "A setting of share groups.";
    "group.share.min.heartbeat.interval.ms", Int, Is("5000"), AtLeast(1), Medium, ReadOnly, NotYet,
        "A setting of share groups.";
    "group.share.min.partition.max.record.locks", Int, Is("100"),
        Between(100, 2000), Medium, ReadOnly, NotYet,
        "A setting of share groups.";
    "group.share.min.record.lock.duration.ms", Int, Is("15000"),
        Between(1000, 30000), Medium, ReadOnly, NotYet,
        "A setting of share groups.";
    "group.share.min.session.timeout.ms", Int, Is("45000"), AtLeast(1), Medium, ReadOnly, NotYet,
        "A setting of share groups.";
    "group.share.partition.max.record.locks", Int, Is("2000"),
        Between(100, 10000), Medium, ReadOnly, NotYet,
        "A setting of share groups.";
    "group.share.record.lock.duration.ms", Int, Is("30000"),
        Between(1000, 3600000), Medium, ReadOnly, NotYet,
        "A setting of share groups.";
    "group.share.session.timeout.ms", Int, Is("45000"), AtLeast(1), Medium, ReadOnly, NotYet,
        "A setting of share groups.";
    "share.coordinator.append.linger.ms", Int, Is("-1"), AtLeast(-1), Medium, ReadOnly, NotYet,
        "A setting of the share coordinator.";
    "share.coordinator.cached.buffer.max.bytes", Int, Is("1048588"),
        AtLeast(524288), Medium, ClusterWide, NotYet,
        "A setting of the share coordinator.";
    "share.coordinator.load.buffer.size", Int, Is("5242880"), AtLeast(1), High, ReadOnly, NotYet,
        "A setting of the share coordinator.";
    "share.coordinator.snapshot.update.records.per.snapshot", Int, Is("500"),
        Between(0, 500), Medium, ReadOnly, NotYet,
        "A setting of the share coordinator.";
    "share.coordinator.state.topic.compression.codec", Int, Is("0"), Any, High, ReadOnly, NotYet,
        "A setting of the share coordinator.";
    "share.coordinator.state.topic.min.isr", Short, Is("2"), AtLeast(1), High, ReadOnly, NotYet,
        "A setting of the share coordinator.";
    "share.coordinator.state.topic.num.partitions", Int, Is("50"),
        AtLeast(1), High, ReadOnly, NotYet,
        "A setting of the share coordinator.";
    "share.coordinator.state.topic.replication.factor", Short, Is("3"),
        AtLeast(1), High, ReadOnly, NotYet,
        "A setting of the share coordinator.";
    "share.coordinator.state.topic.segment.bytes", Int, Is("104857600"),
        AtLeast(1), High, ReadOnly, NotYet,
        "A setting of the share coordinator.";
    "share.coordinator.threads", Int, Is("1"), AtLeast(1), Medium, ReadOnly, NotYet,
        "A setting of the share coordinator.";
    "share.coordinator.write.timeout.ms", Int, Is("5000"), AtLeast(1), High, ReadOnly, NotYet,
        "A setting of the share coordinator.";
    "share.fetch.purgatory.purge.interval.requests", Int, Is("1000"),
        Any, Medium, ReadOnly, WithoutMeaning,
        "A setting of the share coordinator.";
}
