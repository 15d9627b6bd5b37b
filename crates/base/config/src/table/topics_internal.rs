//! Keys of a topic that Kafka keeps to itself.

use super::columns::*;

keys! {
    internal:
    "internal.segment.bytes", Int, Null, Any, Medium, ReadOnly, Honoured,
        "Overrides segment.bytes without its lower bound.";
}
