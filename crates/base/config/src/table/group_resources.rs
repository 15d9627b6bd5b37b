//! Keys of a group.

use super::columns::*;

keys! {
    public:
    "consumer.assignment.interval.ms", Int, Is("1000"), AtLeast(0), Medium, ReadOnly, NotYet,
        "A setting of consumer groups of the new protocol.";
    "consumer.assignor.offload.enable", Boolean, Is("true"), Any, Medium, ReadOnly, NotYet,
        "A setting of consumer groups of the new protocol.";
    "consumer.heartbeat.interval.ms", Int, Is("5000"), AtLeast(1), Medium, ReadOnly, NotYet,
        "A setting of consumer groups of the new protocol.";
    "consumer.session.timeout.ms", Int, Is("45000"), AtLeast(1), Medium, ReadOnly, NotYet,
        "A setting of consumer groups of the new protocol.";
    "errors.deadletterqueue.copy.record.enable", Boolean, Is("false"),
        Any, Medium, ReadOnly, NotYet,
        "A setting of the dead letter queue of a share group.";
    "errors.deadletterqueue.topic.name", String, Is(""), Any, Medium, ReadOnly, NotYet,
        "A setting of the dead letter queue of a share group.";
    "share.assignment.interval.ms", Int, Is("1000"), AtLeast(0), Medium, ReadOnly, NotYet,
        "A setting of share groups.";
    "share.assignor.offload.enable", Boolean, Is("true"), Any, Medium, ReadOnly, NotYet,
        "A setting of share groups.";
    "share.auto.offset.reset", String, Is("latest"), ShareOffsetReset, Medium, ReadOnly, NotYet,
        "A setting of share groups.";
    "share.delivery.count.limit", Int, Is("5"), AtLeast(2), Medium, ReadOnly, NotYet,
        "A setting of share groups.";
    "share.heartbeat.interval.ms", Int, Is("5000"), AtLeast(1), Medium, ReadOnly, NotYet,
        "A setting of share groups.";
    "share.isolation.level", String, Is("read_uncommitted"),
        OneOf(&["read_committed", "read_uncommitted"]), Medium, ReadOnly, NotYet,
        "A setting of share groups.";
    "share.partition.max.record.locks", Int, Is("2000"), AtLeast(100), Medium, ReadOnly, NotYet,
        "A setting of share groups.";
    "share.record.lock.duration.ms", Int, Is("30000"), AtLeast(1000), Medium, ReadOnly, NotYet,
        "A setting of share groups.";
    "share.renew.acknowledge.enable", Boolean, Is("true"), Any, Medium, ReadOnly, NotYet,
        "A setting of share groups.";
    "share.session.timeout.ms", Int, Is("45000"), AtLeast(1), Medium, ReadOnly, NotYet,
        "A setting of share groups.";
    "streams.acceptable.recovery.lag", Long, Is("10000"), AtLeast(0), Medium, ReadOnly, NotYet,
        "A setting of streams groups.";
    "streams.assignment.interval.ms", Int, Is("1000"), AtLeast(0), Medium, ReadOnly, NotYet,
        "A setting of streams groups.";
    "streams.assignor.name", String, Null, Any, Medium, ReadOnly, NotYet,
        "A setting of streams groups.";
    "streams.assignor.offload.enable", Boolean, Is("true"), Any, Medium, ReadOnly, NotYet,
        "A setting of streams groups.";
    "streams.heartbeat.interval.ms", Int, Is("5000"), AtLeast(1), Medium, ReadOnly, NotYet,
        "A setting of streams groups.";
    "streams.initial.rebalance.delay.ms", Int, Is("3000"), AtLeast(0), Medium, ReadOnly, NotYet,
        "A setting of streams groups.";
    "streams.num.standby.replicas", Int, Is("0"), AtLeast(0), Medium, ReadOnly, NotYet,
        "A setting of streams groups.";
    "streams.num.warmup.replicas", Int, Is("2"), AtLeast(0), Medium, ReadOnly, NotYet,
        "A setting of streams groups.";
    "streams.rack.aware.assignment.tags", List, Is(""), Any, Medium, ReadOnly, NotYet,
        "A setting of streams groups.";
    "streams.session.timeout.ms", Int, Is("45000"), AtLeast(1), Medium, ReadOnly, NotYet,
        "A setting of streams groups.";
    "streams.task.offset.interval.ms", Int, Is("60000"), AtLeast(1), Medium, ReadOnly, NotYet,
        "A setting of streams groups.";
}
