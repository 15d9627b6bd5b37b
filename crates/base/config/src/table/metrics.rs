//! Keys of metrics and of how quotas are measured.

use super::columns::*;

keys! {
    public:
    "alter.log.dirs.replication.quota.window.num", Int, Is("11"), AtLeast(1), Low, ReadOnly, NotYet,
        "A setting of how quotas are measured.";
    "alter.log.dirs.replication.quota.window.size.seconds", Int, Is("1"),
        AtLeast(1), Low, ReadOnly, NotYet,
        "A setting of how quotas are measured.";
    "controller.quota.window.num", Int, Is("11"), AtLeast(1), Low, ReadOnly, NotYet,
        "A setting of how quotas are measured.";
    "controller.quota.window.size.seconds", Int, Is("1"), AtLeast(1), Low, ReadOnly, NotYet,
        "A setting of how quotas are measured.";
    "kafka.metrics.polling.interval.secs", Int, Is("10"), AtLeast(1), Low, ReadOnly, WithoutMeaning,
        "A setting of the metrics of a Java broker.";
    "kafka.metrics.reporters", List, Is(""), ListOf(&[]), Low, ReadOnly, WithoutMeaning,
        "A setting of the metrics of a Java broker.";
    "metric.reporters", List, Is("org.apache.kafka.common.metrics.JmxReporter"),
        ListOf(&[]), Low, ClusterWide, WithoutMeaning,
        "The classes metrics are reported to; ottla serves Prometheus instead.";
    "metrics.num.samples", Int, Is("2"), AtLeast(1), Low, ReadOnly, WithoutMeaning,
        "A setting of the metrics of a Java broker.";
    "metrics.recording.level", String, Is("INFO"), Any, Low, ReadOnly, WithoutMeaning,
        "A setting of the metrics of a Java broker.";
    "metrics.sample.window.ms", Long, Is("30000"), AtLeast(1), Low, ReadOnly, WithoutMeaning,
        "A setting of the metrics of a Java broker.";
    "quota.window.num", Int, Is("11"), AtLeast(1), Low, ReadOnly, NotYet,
        "A setting of how quotas are measured.";
    "quota.window.size.seconds", Int, Is("1"), AtLeast(1), Low, ReadOnly, NotYet,
        "A setting of how quotas are measured.";
    "replication.quota.window.num", Int, Is("11"), AtLeast(1), Low, ReadOnly, NotYet,
        "A setting of how quotas are measured.";
    "replication.quota.window.size.seconds", Int, Is("1"), AtLeast(1), Low, ReadOnly, NotYet,
        "A setting of how quotas are measured.";
    "telemetry.max.bytes", Int, Is("1048576"), AtLeast(1), Low, ReadOnly, NotYet,
        "A setting of client telemetry.";
}
