//! Keys of remote log storage.

use super::columns::*;

keys! {
    public:
    "follower.fetch.last.tiered.offset.enable", Boolean, Is("false"),
        Any, Medium, ClusterWide, NotYet,
        "A setting of remote log storage.";
    "log.remote.copy.lag.bytes", Long, Is("0"), AtLeast(-1), Medium, ClusterWide, NotYet,
        "A setting of remote log storage.";
    "log.remote.copy.lag.ms", Long, Is("0"), AtLeast(-1), Medium, ClusterWide, NotYet,
        "A setting of remote log storage.";
    "remote.fetch.max.wait.ms", Int, Is("500"), AtLeast(1), Medium, ClusterWide, NotYet,
        "A setting of remote log storage.";
    "remote.list.offsets.request.timeout.ms", Long, Is("30000"),
        AtLeast(1), Medium, ClusterWide, NotYet,
        "A setting of remote log storage.";
    "remote.log.index.file.cache.total.size.bytes", Long, Is("1073741824"),
        AtLeast(1), Low, ClusterWide, NotYet,
        "A setting of remote log storage.";
    "remote.log.manager.copier.thread.pool.size", Int, Is("10"),
        AtLeast(1), Medium, ClusterWide, NotYet,
        "A setting of remote log storage.";
    "remote.log.manager.copy.max.bytes.per.second", Long, Is("9223372036854775807"),
        AtLeast(1), Medium, ClusterWide, NotYet,
        "A setting of remote log storage.";
    "remote.log.manager.copy.quota.window.num", Int, Is("11"), AtLeast(1), Medium, ReadOnly, NotYet,
        "A setting of remote log storage.";
    "remote.log.manager.copy.quota.window.size.seconds", Int, Is("1"),
        AtLeast(1), Medium, ReadOnly, NotYet,
        "A setting of remote log storage.";
    "remote.log.manager.expiration.thread.pool.size", Int, Is("10"),
        AtLeast(1), Medium, ClusterWide, NotYet,
        "A setting of remote log storage.";
    "remote.log.manager.fetch.max.bytes.per.second", Long, Is("9223372036854775807"),
        AtLeast(1), Medium, ClusterWide, NotYet,
        "A setting of remote log storage.";
    "remote.log.manager.fetch.quota.window.num", Int, Is("11"),
        AtLeast(1), Medium, ReadOnly, NotYet,
        "A setting of remote log storage.";
    "remote.log.manager.fetch.quota.window.size.seconds", Int, Is("1"),
        AtLeast(1), Medium, ReadOnly, NotYet,
        "A setting of remote log storage.";
    "remote.log.manager.follower.thread.pool.size", Int, Is("2"),
        AtLeast(1), Medium, ClusterWide, NotYet,
        "A setting of remote log storage.";
    "remote.log.manager.task.interval.ms", Long, Is("30000"), AtLeast(1), Low, ReadOnly, NotYet,
        "A setting of remote log storage.";
    "remote.log.manager.thread.pool.size", Int, Is("2"), AtLeast(1), Medium, ReadOnly, NotYet,
        "A setting of remote log storage.";
    "remote.log.metadata.custom.metadata.max.bytes", Int, Is("128"),
        AtLeast(0), Low, ReadOnly, NotYet,
        "A setting of remote log storage.";
    "remote.log.metadata.manager.class.name", String,
        Is("org.apache.kafka.server.log.remote.metadata.storage.\
            TopicBasedRemoteLogMetadataManager"),
        NonEmpty, Medium, ReadOnly, NotYet,
        "A setting of remote log storage.";
    "remote.log.metadata.manager.class.path", String, Null, Any, Medium, ReadOnly, NotYet,
        "A setting of remote log storage.";
    "remote.log.metadata.manager.impl.prefix", String, Is("rlmm.config."),
        NonEmpty, Medium, ReadOnly, NotYet,
        "A setting of remote log storage.";
    "remote.log.metadata.manager.listener.name", String, Null, NonEmpty, Medium, ReadOnly, NotYet,
        "A setting of remote log storage.";
    "remote.log.reader.max.pending.tasks", Int, Is("100"), AtLeast(1), Medium, ReadOnly, NotYet,
        "A setting of remote log storage.";
    "remote.log.reader.threads", Int, Is("10"), AtLeast(1), Medium, ClusterWide, NotYet,
        "A setting of remote log storage.";
    "remote.log.storage.manager.class.name", String, Null, NonEmpty, Medium, ReadOnly, NotYet,
        "A setting of remote log storage.";
    "remote.log.storage.manager.class.path", String, Null, Any, Medium, ReadOnly, NotYet,
        "A setting of remote log storage.";
    "remote.log.storage.manager.impl.prefix", String, Is("rsm.config."),
        NonEmpty, Medium, ReadOnly, NotYet,
        "A setting of remote log storage.";
    "remote.log.storage.system.enable", Boolean, Is("false"), Any, Medium, ReadOnly, Protects,
        "A setting of remote log storage.";
}
