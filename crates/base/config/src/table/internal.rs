//! Keys Kafka keeps to itself: accepted, never described.

use super::columns::*;

keys! {
    internal:
    "controller.performance.always.log.threshold.ms", Long, Is("2000"),
        AtLeast(0), Medium, ReadOnly, WithoutMeaning,
        "Milliseconds after which a controller event is logged as slow.";
    "controller.performance.sample.period.ms", Long, Is("60000"),
        AtLeast(100), Medium, ReadOnly, WithoutMeaning,
        "Milliseconds over which the controller samples its slow events.";
    "group.consumer.regex.refresh.interval.ms", Int, Is("600000"),
        AtLeast(10000), Medium, ReadOnly, NotYet,
        "A setting of consumer groups of the new protocol.";
    "group.share.initialize.retry.interval.ms", Int, Is("30000"), AtLeast(1), Low, ReadOnly, NotYet,
        "A setting of share groups.";
    "group.share.persister.class.name", String,
        Is("org.apache.kafka.server.share.persister.DefaultStatePersister"),
        Any, Medium, ReadOnly, NotYet,
        "A setting of share groups.";
    "internal.metadata.delete.delay.millis", Long, Is("60000"), Any, Low, ReadOnly, WithoutMeaning,
        "Milliseconds a deleted file of the metadata log stays on disk.";
    "internal.metadata.log.segment.bytes", Int, Null, Any, Low, ReadOnly, NotYet,
        "Overrides metadata.log.segment.bytes without its lower bound.";
    "internal.metadata.max.batch.size.in.bytes", Int, Is("8388608"),
        Any, Low, ReadOnly, WithoutMeaning,
        "The largest batch of metadata records in bytes.";
    "log.initial.task.delay.ms", Long, Is("30000"), AtLeast(0), Low, ReadOnly, WithoutMeaning,
        "Milliseconds after start until the log's background tasks begin.";
    "producer.id.expiration.check.interval.ms", Int, Is("600000"),
        AtLeast(1), Low, ReadOnly, Honoured,
        "Milliseconds between the rounds that look for idle producers.";
    "remote.log.index.file.cache.ttl.ms", Long, Is("900000"), AtLeast(-1), Low, ReadOnly, NotYet,
        "A setting of remote log storage.";
    "remote.log.manager.task.retry.backoff.max.ms", Long, Is("30000"),
        AtLeast(1), Low, ReadOnly, NotYet,
        "A setting of remote log storage.";
    "remote.log.manager.task.retry.backoff.ms", Long, Is("500"), AtLeast(1), Low, ReadOnly, NotYet,
        "A setting of remote log storage.";
    "remote.log.manager.task.retry.jitter", Double, Is("0.2"), Fraction(0.5), Low, ReadOnly, NotYet,
        "A setting of remote log storage.";
    "server.max.startup.time.ms", Long, Is("9223372036854775807"),
        AtLeast(0), Medium, ReadOnly, WithoutMeaning,
        "Milliseconds a start may take.";
    "share.coordinator.cold.partition.snapshot.interval.ms", Int, Is("300000"),
        AtLeast(1), Low, ReadOnly, NotYet,
        "A setting of the share coordinator.";
    "share.coordinator.state.topic.prune.interval.ms", Int, Is("300000"),
        AtLeast(1), Low, ReadOnly, NotYet,
        "A setting of the share coordinator.";
    "unclean.leader.election.interval.ms", Long, Is("300000"), AtLeast(1), Medium, ReadOnly,
        Honoured,
        "Milliseconds between the controller's rounds that look for unclean elections.";
    "unstable.api.versions.enable", Boolean, Is("false"), Any, High, ReadOnly, Honoured,
        "Whether versions of APIs that are not yet stable are offered, of which there are none, \
        and whether a controller's listener tells of feature levels that are not.";
    "unstable.feature.versions.enable", Boolean, Is("false"), Any, High, ReadOnly, Honoured,
        "Whether versions of features that are not yet stable may be used.";
}
