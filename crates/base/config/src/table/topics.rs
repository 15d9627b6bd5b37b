//! Keys of a topic.

use super::columns::*;

keys! {
    public:
    "cleanup.policy", List, Is("delete"),
        ListOf(&["compact", "delete"]), Medium, ReadOnly, HonouredInPart,
        "What happens to old records: delete, compact, both, or nothing when empty. Topics with \
        compact are accepted, and neither cleaned nor expired yet.";
    "compression.gzip.level", Int, Is("-1"), GzipLevel, Medium, ClusterWide, Honoured,
        "The level of gzip compression; -1 is the library's own default.";
    "compression.lz4.level", Int, Is("9"), Between(1, 17), Medium, ClusterWide, NotYet,
        "The level of lz4 compression.";
    "compression.type", String, Is("producer"),
        OneOf(&["uncompressed", "zstd", "lz4", "snappy", "gzip", "producer"]),
        Medium, ClusterWide, Honoured,
        "How the log is compressed; producer keeps what was sent.";
    "compression.zstd.level", Int, Is("3"), Between(-131072, 22), Medium, ClusterWide, Honoured,
        "The level of zstd compression.";
    "delete.retention.ms", Long, Is("86400000"), AtLeast(0), Medium, ReadOnly, NotYet,
        "Milliseconds the markers of deleted keys are kept in a compacted log.";
    "errors.deadletterqueue.group.enable", Boolean, Is("false"), Any, Medium, ReadOnly, NotYet,
        "Whether the topic may serve as a dead letter queue of share groups.";
    "file.delete.delay.ms", Long, Is("60000"), AtLeast(0), Medium, ReadOnly, Honoured,
        "Milliseconds a deleted segment stays on disk.";
    "flush.messages", Long, Is("9223372036854775807"), AtLeast(1), Medium, ReadOnly, Honoured,
        "Records after which the log is flushed: 1 makes every acknowledged record durable, the \
        largest value leaves flushing to the system.";
    "flush.ms", Long, Is("9223372036854775807"), AtLeast(0), Medium, ReadOnly, Honoured,
        "Milliseconds after which the log is flushed.";
    "follower.replication.throttled.replicas", List, Is(""),
        ThrottledReplicas, Medium, ReadOnly, NotYet,
        "Replicas whose fetching is throttled, as partition:broker, or * for all.";
    "index.interval.bytes", Int, Is("4096"), AtLeast(0), Medium, ReadOnly, Honoured,
        "Bytes of log per entry of the offset index.";
    "leader.replication.throttled.replicas", List, Is(""),
        ThrottledReplicas, Medium, ReadOnly, NotYet,
        "Replicas whose serving is throttled, as partition:broker, or * for all.";
    "local.retention.bytes", Long, Is("-2"), AtLeast(-2), Medium, ReadOnly, NotYet,
        "Bytes that stay on the broker's disk once copied to remote storage; -2 for as many as \
        retention.bytes says.";
    "local.retention.ms", Long, Is("-2"), AtLeast(-2), Medium, ReadOnly, NotYet,
        "Milliseconds records stay on the broker's disk once copied to remote storage; -2 for as \
        long as retention.ms says.";
    "max.compaction.lag.ms", Long, Is("9223372036854775807"), AtLeast(1), Medium, ReadOnly, NotYet,
        "Milliseconds after which a record must have been compacted.";
    "max.decompressed.message.bytes", Int, Is("2147483639"),
        Between(1, 2147483639), Medium, ReadOnly, Honoured,
        "The largest record batch accepted once inflated, in bytes.";
    "max.message.bytes", Int, Is("1048588"), AtLeast(0), Medium, ReadOnly, Honoured,
        "The largest record batch accepted, in bytes.";
    "message.timestamp.after.max.ms", Long, Is("3600000"), AtLeast(0), Medium, ReadOnly, Honoured,
        "How far in the future a record's timestamp may lie, in milliseconds.";
    "message.timestamp.before.max.ms", Long, Is("9223372036854775807"),
        AtLeast(0), Medium, ReadOnly, Honoured,
        "How far in the past a record's timestamp may lie, in milliseconds.";
    "message.timestamp.type", String, Is("CreateTime"),
        OneOf(&["CreateTime", "LogAppendTime"]), Medium, ReadOnly, Honoured,
        "Whether records carry the time of their creation or of their appending.";
    "min.cleanable.dirty.ratio", Double, Is("0.5"), Fraction(1.0), Medium, ReadOnly, NotYet,
        "The share of the log that must be uncompacted before it is cleaned.";
    "min.compaction.lag.ms", Long, Is("0"), AtLeast(0), Medium, ReadOnly, NotYet,
        "Milliseconds a record stays untouched by compaction.";
    "min.insync.replicas", Int, Is("1"), AtLeast(1), Medium, ClusterWide, Honoured,
        "In-sync replicas that acks=all needs.";
    "preallocate", Boolean, Is("false"), Any, Medium, ReadOnly, WithoutMeaning,
        "Whether space for a whole segment is reserved at once.";
    "remote.copy.lag.bytes", Long, Is("0"), AtLeast(-1), Medium, ReadOnly, NotYet,
        "Bytes a segment waits before it is copied to remote storage.";
    "remote.copy.lag.ms", Long, Is("0"), AtLeast(-1), Medium, ReadOnly, NotYet,
        "Milliseconds a segment waits before it is copied to remote storage.";
    "remote.log.copy.disable", Boolean, Is("false"), Any, Medium, ReadOnly, NotYet,
        "Whether copying to remote storage is stopped.";
    "remote.log.delete.on.disable", Boolean, Is("false"), Any, Medium, ReadOnly, NotYet,
        "Whether remote data goes when remote storage is switched off.";
    "remote.storage.enable", Boolean, Is("false"), Any, Medium, ReadOnly, NotYet,
        "Whether old segments move to remote storage.";
    "retention.bytes", Long, Is("-1"), Any, Medium, ReadOnly, Honoured,
        "Bytes a partition keeps; -1 for no limit.";
    "retention.ms", Long, Is("604800000"), AtLeast(-1), Medium, ReadOnly, Honoured,
        "Milliseconds records are kept; -1 for ever.";
    "segment.bytes", Int, Is("1073741824"), AtLeast(1048576), Medium, ReadOnly, Honoured,
        "Bytes after which the log begins a new segment.";
    "segment.index.bytes", Int, Is("10485760"), AtLeast(4), Medium, ReadOnly, Honoured,
        "The largest size of an index file in bytes.";
    "segment.jitter.ms", Long, Is("0"), AtLeast(0), Medium, ReadOnly, Honoured,
        "The most milliseconds by which rolling by time comes early at random.";
    "segment.ms", Long, Is("604800000"), AtLeast(1), Medium, ReadOnly, Honoured,
        "Milliseconds after which the log begins a new segment.";
    "unclean.leader.election.enable", Boolean, Is("false"), Any, Medium, ClusterWide, Honoured,
        "Whether a replica that is not in sync may become leader, at the price of records.";
}
