//! Keys of a subscription of client metrics (KIP-714).

use super::columns::*;

keys! {
    public:
    "interval.ms", Int, Is("300000"), Any, Medium, ReadOnly, NotYet,
        "Milliseconds between two reports of a client.";
    "match", List, Is(""), ListOf(&[]), Medium, ReadOnly, NotYet,
        "Which clients report, as client_id=… and the like; all of them when empty.";
    "metrics", List, Is(""), ListOf(&[]), Medium, ReadOnly, NotYet,
        "Prefixes of the metrics that are reported, or * for all.";
}
