//! Keys of the logs of partitions, and the broker's defaults of topic configurations.

use super::columns::*;

keys! {
    public:
    "compression.gzip.level", Int, Is("-1"), GzipLevel, Medium, ClusterWide, Honoured,
        "The level of gzip compression unless the topic says otherwise; -1 is the library's own \
        default.";
    "compression.lz4.level", Int, Is("9"), Between(1, 17), Medium, ClusterWide, NotYet,
        "The level of lz4 compression unless the topic says otherwise.";
    "compression.type", String, Is("producer"),
        OneOf(&["uncompressed", "zstd", "lz4", "snappy", "gzip", "producer"]),
        High, ClusterWide, Honoured,
        "How logs are compressed unless the topic says otherwise; producer keeps what was sent.";
    "compression.zstd.level", Int, Is("3"), Between(-131072, 22), Medium, ClusterWide, Honoured,
        "The level of zstd compression unless the topic says otherwise.";
    "cordoned.log.dirs", List, Is(""), NullableListOf(&[]), Medium, PerBroker, NotYet,
        "Log directories that get no new partitions; * for all.";
    "log.cleaner.backoff.ms", Long, Is("15000"), AtLeast(0), Medium, ClusterWide, NotYet,
        "A setting of the log cleaner.";
    "log.cleaner.dedupe.buffer.size", Long, Is("134217728"), Any, Medium, ClusterWide, NotYet,
        "A setting of the log cleaner.";
    "log.cleaner.delete.retention.ms", Long, Is("86400000"),
        AtLeast(0), Medium, ClusterWide, NotYet,
        "Milliseconds the markers of deleted keys are kept, unless the topic says otherwise.";
    "log.cleaner.enable", Boolean, Is("true"), Any, Medium, ReadOnly, NotYet,
        "Whether the log cleaner runs.";
    "log.cleaner.io.buffer.load.factor", Double, Is("0.9"), Any, Medium, ClusterWide, NotYet,
        "A setting of the log cleaner.";
    "log.cleaner.io.buffer.size", Int, Is("524288"), AtLeast(0), Medium, ClusterWide, NotYet,
        "A setting of the log cleaner.";
    "log.cleaner.io.max.bytes.per.second", Double, Is("1.7976931348623157E308"),
        Any, Medium, ClusterWide, NotYet,
        "A setting of the log cleaner.";
    "log.cleaner.max.compaction.lag.ms", Long, Is("9223372036854775807"),
        AtLeast(1), Medium, ClusterWide, NotYet,
        "Milliseconds after which a record must have been compacted, unless the topic says \
        otherwise.";
    "log.cleaner.min.cleanable.ratio", Double, Is("0.5"),
        Fraction(1.0), Medium, ClusterWide, NotYet,
        "The share of a log that must be uncompacted before it is cleaned, unless the topic says \
        otherwise.";
    "log.cleaner.min.compaction.lag.ms", Long, Is("0"), AtLeast(0), Medium, ClusterWide, NotYet,
        "Milliseconds a record stays untouched by compaction, unless the topic says otherwise.";
    "log.cleaner.threads", Int, Is("1"), AtLeast(0), Medium, ClusterWide, NotYet,
        "A setting of the log cleaner.";
    "log.cleanup.policy", List, Is("delete"),
        ListOf(&["compact", "delete"]), Medium, ClusterWide, HonouredInPart,
        "What happens to old records unless the topic says otherwise: delete, compact, both or \
        nothing. Topics with compact are accepted, and neither cleaned nor expired yet.";
    "log.dir", List, Is("/tmp/kafka-logs"), NonEmptyListOf(&[]), High, ReadOnly, Honoured,
        "The directory of the logs, if log.dirs is absent.";
    "log.dir.failure.timeout.ms", Long, Is("30000"), AtLeast(1), Low, ReadOnly, NotYet,
        "Milliseconds a broker waits for the controller to learn of a failed log directory before \
        it stops.";
    "log.dirs", List, Null, NullableNonEmptyListOf(&[]), High, ReadOnly, Honoured,
        "The directories of the logs, separated by commas.";
    "log.flush.interval.messages", Long, Is("9223372036854775807"),
        AtLeast(1), High, ClusterWide, Honoured,
        "Records after which a log is flushed, unless the topic says otherwise.";
    "log.flush.interval.ms", Long, Null, Any, High, ClusterWide, Honoured,
        "Milliseconds after which a log is flushed, unless the topic says otherwise.";
    "log.flush.offset.checkpoint.interval.ms", Int, Is("60000"),
        AtLeast(0), High, ReadOnly, Honoured,
        "Milliseconds between writes of the recovery points.";
    "log.flush.scheduler.interval.ms", Long, Is("9223372036854775807"),
        Any, High, ReadOnly, Honoured,
        "Milliseconds between the rounds that look for logs to flush, and log.flush.interval.ms if \
        that is absent.";
    "log.flush.start.offset.checkpoint.interval.ms", Int, Is("60000"),
        AtLeast(0), High, ReadOnly, Honoured,
        "Milliseconds between writes of the log start offsets.";
    "log.index.interval.bytes", Int, Is("4096"), AtLeast(0), Medium, ClusterWide, Honoured,
        "Bytes of log per entry of the offset index, unless the topic says otherwise.";
    "log.index.size.max.bytes", Int, Is("10485760"), AtLeast(4), Medium, ClusterWide, Honoured,
        "The largest size of an index file in bytes, unless the topic says otherwise.";
    "log.local.retention.bytes", Long, Is("-2"), AtLeast(-2), Medium, ClusterWide, NotYet,
        "Bytes that stay on this disk once copied to remote storage; -2 for as many as retention \
        says.";
    "log.local.retention.ms", Long, Is("-2"), AtLeast(-2), Medium, ClusterWide, NotYet,
        "Milliseconds records stay on this disk once copied to remote storage; -2 for as long as \
        retention says.";
    "log.message.timestamp.after.max.ms", Long, Is("3600000"),
        AtLeast(0), Medium, ClusterWide, Honoured,
        "How far in the future a record's timestamp may lie, in milliseconds, unless the topic \
        says otherwise.";
    "log.message.timestamp.before.max.ms", Long, Is("9223372036854775807"),
        AtLeast(0), Medium, ClusterWide, Honoured,
        "How far in the past a record's timestamp may lie, in milliseconds, unless the topic says \
        otherwise.";
    "log.message.timestamp.type", String, Is("CreateTime"),
        OneOf(&["CreateTime", "LogAppendTime"]), Medium, ClusterWide, Honoured,
        "Whether records carry the time of their creation or of their appending, unless the topic \
        says otherwise.";
    "log.preallocate", Boolean, Is("false"), Any, Medium, ClusterWide, WithoutMeaning,
        "Whether space for a whole segment is reserved at once, unless the topic says otherwise.";
    "log.retention.bytes", Long, Is("-1"), Any, High, ClusterWide, Honoured,
        "Bytes a partition keeps unless the topic says otherwise; -1 for no limit.";
    "log.retention.check.interval.ms", Long, Is("300000"), AtLeast(1), Medium, ReadOnly, Honoured,
        "Milliseconds between the rounds that look for segments to delete.";
    "log.retention.hours", Int, Is("168"), Any, High, ReadOnly, Honoured,
        "As log.retention.ms, in hours; log.retention.ms and log.retention.minutes win.";
    "log.retention.minutes", Int, Null, Any, High, ReadOnly, Honoured,
        "As log.retention.ms, in minutes; log.retention.ms wins.";
    "log.retention.ms", Long, Null, Any, High, ClusterWide, Honoured,
        "Milliseconds records are kept unless the topic says otherwise; -1 for ever.";
    "log.roll.hours", Int, Is("168"), AtLeast(1), High, ReadOnly, Honoured,
        "As log.roll.ms, in hours; log.roll.ms wins.";
    "log.roll.jitter.hours", Int, Is("0"), AtLeast(0), High, ReadOnly, Honoured,
        "As log.roll.jitter.ms, in hours; log.roll.jitter.ms wins.";
    "log.roll.jitter.ms", Long, Null, Any, High, ClusterWide, Honoured,
        "The most milliseconds by which rolling by time comes early at random, unless the topic \
        says otherwise.";
    "log.roll.ms", Long, Null, Any, High, ClusterWide, Honoured,
        "Milliseconds after which a log begins a new segment, unless the topic says otherwise.";
    "log.segment.bytes", Int, Is("1073741824"), AtLeast(1048576), High, ClusterWide, Honoured,
        "Bytes after which a log begins a new segment, unless the topic says otherwise.";
    "log.segment.delete.delay.ms", Long, Is("60000"), AtLeast(0), High, ClusterWide, Honoured,
        "Milliseconds a deleted segment stays on disk, unless the topic says otherwise.";
    "max.decompressed.message.bytes", Int, Is("2147483639"),
        Between(1, 2147483639), Medium, ClusterWide, Honoured,
        "The largest record batch accepted once inflated, in bytes, unless the topic says \
        otherwise.";
    "message.max.bytes", Int, Is("1048588"), AtLeast(0), High, ClusterWide, Honoured,
        "The largest record batch accepted, in bytes, unless the topic says otherwise.";
    "num.recovery.threads.per.data.dir", Int, Is("2"), AtLeast(1), High, ClusterWide,
    Honoured,
        "Threads per log directory that recover logs at start.";
}
