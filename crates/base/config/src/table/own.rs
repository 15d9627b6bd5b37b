//! Keys of ottla's own; they never become configuration records.

use super::columns::*;

keys! {
    public:
    "ottla.durability", String, Is("fsync"), OneOf(&["fsync", "os"]), High, ReadOnly, Honoured,
        "What acks=all rests on unless the topic's flush.messages says otherwise: fsync is the \
        disk, os the page cache as in Kafka.";
    "ottla.metrics.listener", String, Is(""), Any, Medium, ReadOnly, Honoured,
        "The address, as host:port, of the Prometheus endpoint; empty for none.";
    "ottla.reactors", Int, Is("0"), Between(0, 256), Medium, ReadOnly, Honoured,
        "How many reactors serve connections; 0 for one per core.";
}
