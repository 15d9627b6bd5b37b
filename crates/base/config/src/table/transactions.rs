//! Keys of idempotent producers and transactions.

use super::columns::*;

keys! {
    public:
    "add.partitions.to.txn.retry.backoff.max.ms", Int, Is("100"),
        AtLeast(0), High, ReadOnly, NotYet,
        "A setting of transactions.";
    "add.partitions.to.txn.retry.backoff.ms", Int, Is("20"), AtLeast(1), High, ReadOnly, NotYet,
        "A setting of transactions.";
    "producer.id.expiration.ms", Int, Is("86400000"), AtLeast(1), Low, ClusterWide, Honoured,
        "Milliseconds the sequence state of an idle producer is remembered.";
    "transaction.abort.timed.out.transaction.cleanup.interval.ms", Int, Is("10000"),
        AtLeast(1), Low, ReadOnly, NotYet,
        "A setting of transactions.";
    "transaction.max.timeout.ms", Int, Is("900000"), AtLeast(1), High, ReadOnly, NotYet,
        "The longest timeout a transaction may ask for, in milliseconds.";
    "transaction.partition.verification.enable", Boolean, Is("true"),
        Any, Low, ClusterWide, WithoutMeaning,
        "Whether a transactional append is first checked with the coordinator.";
    "transaction.remove.expired.transaction.cleanup.interval.ms", Int, Is("3600000"),
        AtLeast(1), Low, ReadOnly, NotYet,
        "A setting of transactions.";
    "transaction.state.log.load.buffer.size", Int, Is("5242880"),
        AtLeast(1), High, ReadOnly, NotYet,
        "A setting of transactions.";
    "transaction.state.log.min.isr", Int, Is("2"), AtLeast(1), High, ReadOnly, NotYet,
        "A setting of transactions.";
    "transaction.state.log.num.partitions", Int, Is("50"), AtLeast(1), High, ReadOnly, NotYet,
        "A setting of transactions.";
    "transaction.state.log.replication.factor", Short, Is("3"), AtLeast(1), High, ReadOnly, NotYet,
        "A setting of transactions.";
    "transaction.state.log.segment.bytes", Int, Is("104857600"), AtLeast(1), High, ReadOnly, NotYet,
        "A setting of transactions.";
    "transaction.two.phase.commit.enable", Boolean, Is("false"), Any, Low, ReadOnly, NotYet,
        "A setting of transactions.";
    "transactional.id.expiration.ms", Int, Is("604800000"), AtLeast(1), High, ReadOnly, NotYet,
        "Milliseconds an unused transactional id is remembered.";
}
