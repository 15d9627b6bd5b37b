//! Places in a log: offsets and leader epochs.

use std::fmt;

use crate::ids::id;

id! {
    /// The place of a record in a partition's log. `-1` means unknown.
    Offset(i64), none = -1
}
id! {
    /// The epoch of a partition's (or the quorum's) leader. `-1` means unknown.
    LeaderEpoch(i32), none = -1
}

impl Offset {
    /// The first offset of a log.
    pub const ZERO: Offset = Offset(0);

    /// The offset `count` records further on.
    #[must_use]
    pub fn plus(self, count: i64) -> Offset {
        Offset(
            self.0
                .checked_add(count)
                .expect("an offset never exceeds i64::MAX"),
        )
    }
}
