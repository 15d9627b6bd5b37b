//! Keys of streams groups and dead letter queues.

use super::columns::*;

keys! {
    public:
    "errors.deadletterqueue.auto.create.topics.enable", Boolean, Is("false"),
        Any, Medium, ClusterWide, NotYet,
        "A setting of the dead letter queues of share groups.";
    "errors.deadletterqueue.topic.name.prefix", String, Is("dlq."),
        Any, Medium, ClusterWide, NotYet,
        "A setting of the dead letter queues of share groups.";
    "group.streams.acceptable.recovery.lag", Long, Is("10000"),
        AtLeast(0), Medium, ReadOnly, NotYet,
        "A setting of streams groups.";
    "group.streams.assignment.interval.ms", Int, Is("1000"),
        AtLeast(0), Medium, ClusterWide, NotYet,
        "A setting of streams groups.";
    "group.streams.assignor.offload.enable", Boolean, Is("true"), Any, Medium, ReadOnly, NotYet,
        "A setting of streams groups.";
    "group.streams.assignors", List, Is(""), Any, Medium, ReadOnly, NotYet,
        "A setting of streams groups.";
    "group.streams.heartbeat.interval.ms", Int, Is("5000"), AtLeast(1), Medium, ReadOnly, NotYet,
        "A setting of streams groups.";
    "group.streams.initial.rebalance.delay.ms", Int, Is("3000"),
        AtLeast(0), Medium, ReadOnly, NotYet,
        "A setting of streams groups.";
    "group.streams.max.assignment.interval.ms", Int, Is("15000"),
        AtLeast(0), Medium, ReadOnly, NotYet,
        "A setting of streams groups.";
    "group.streams.max.heartbeat.interval.ms", Int, Is("15000"),
        AtLeast(1), Medium, ReadOnly, NotYet,
        "A setting of streams groups.";
    "group.streams.max.session.timeout.ms", Int, Is("60000"), AtLeast(1), Medium, ReadOnly, NotYet,
        "A setting of streams groups.";
    "group.streams.max.size", Int, Is("2147483647"), AtLeast(1), Medium, ReadOnly, NotYet,
        "A setting of streams groups.";
    "group.streams.max.standby.replicas", Int, Is("2"), AtLeast(0), Medium, ReadOnly, NotYet,
        "A setting of streams groups.";
    "group.streams.max.warmup.replicas", Int, Is("20"), Any, Medium, ReadOnly, NotYet,
        "A setting of streams groups.";
    "group.streams.min.assignment.interval.ms", Int, Is("0"), AtLeast(0), Medium, ReadOnly, NotYet,
        "A setting of streams groups.";
    "group.streams.min.heartbeat.interval.ms", Int, Is("5000"),
        AtLeast(1), Medium, ReadOnly, NotYet,
        "A setting of streams groups.";
    "group.streams.min.session.timeout.ms", Int, Is("45000"), AtLeast(1), Medium, ReadOnly, NotYet,
        "A setting of streams groups.";
    "group.streams.min.task.offset.interval.ms", Int, Is("15000"), Any, Medium, ReadOnly, NotYet,
        "A setting of streams groups.";
    "group.streams.num.standby.replicas", Int, Is("0"), AtLeast(0), Medium, ReadOnly, NotYet,
        "A setting of streams groups.";
    "group.streams.num.warmup.replicas", Int, Is("2"), AtLeast(0), Medium, ReadOnly, NotYet,
        "A setting of streams groups.";
    "group.streams.rack.aware.assignment.tags", List, Is(""), Any, Medium, ReadOnly, NotYet,
        "A setting of streams groups.";
    "group.streams.session.timeout.ms", Int, Is("45000"), AtLeast(1), Medium, ReadOnly, NotYet,
        "A setting of streams groups.";
    "group.streams.task.offset.interval.ms", Int, Is("60000"), AtLeast(1), Medium, ReadOnly, NotYet,
        "A setting of streams groups.";
    "group.streams.topology.description.plugin.class", Class, Null, Any, Medium, ReadOnly, NotYet,
        "A setting of streams groups.";
}
