//! The promises that are checked, by name; each file checks some.

mod commits;
mod history;
mod lookups;
mod metadata;
mod scan;
mod topics;

pub use commits::Commits;
pub use history::{History, Origin, RecordId, Sent, Survives};
pub use lookups::check_lookups;
pub use metadata::{Pictures, rebuild_image};
pub use scan::{Contents, ScannedLog, records_of, scan_log, value_of};
pub use topics::{Change, Facts};

use std::fmt;

use crate::topics::LogId;

/// A promise.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Rule {
    /// What was acknowledged is there: after a kill, and if the disk was waited for, after a power
    /// cut.
    AcknowledgedRecordsSurvive,
    /// An offset holds the same bytes for ever.
    SameBytesForEver,
    /// The records of a producer lie in the order in which it sent them.
    OrderOfProducers,
    /// An idempotent producer's record is there once; another's as often as it was sent at most.
    NoDuplicates,
    /// Readers see every offset from where they begin.
    ReadsHaveNoGaps,
    /// Consumers see nothing at or above the high watermark, nor anything not committed.
    ReadsEndAtHighWatermark,
    /// A group's committed offset is never less than what was acknowledged before.
    CommitsNeverGoBack,
    /// A fetch that waits is woken when there is something to read.
    WaitingFetchesAreWoken,
    /// A log can be opened after whatever happened.
    RecoverySucceeds,
    /// An opened log reads from start to end: offsets, checksums, epochs.
    RecoveredLogIsWhole,
    /// Look-ups by offset and by time, and the state of producers, agree with a whole read.
    LookUpsAgree,
    /// A log never starts before an offset at which it started and that was stored.
    LogStartNeverGoesBack,
    /// Only what is committed is removed.
    LogStartIsCommitted,
    /// What the metadata log has committed is there after whatever happened, and gives the same
    /// image.
    CommittedMetadataSurvives,
    /// A topic created, changed or deleted is so for whoever was told, and after every restart.
    AcknowledgedTopicsSurvive,
    /// A topic has one id, and an id one topic, for ever.
    TopicIdsAreUnique,
    /// A record of a deleted topic is in no other.
    DeletedRecordsStayGone,
    /// Where the image has a partition there is a log that serves, and no log elsewhere.
    LogsAgreeWithImage,
    /// A producer id is given once.
    ProducerIdsAreUnique,
    /// The node goes on unless its disk fails.
    NodeRuns,
    /// Everything is answered in the end, and readers reach the end.
    Progress,
    /// No thread waits for another under a lock that does IO, none panics.
    ThreadsRun,
}

impl fmt::Display for Rule {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Debug::fmt(self, f)
    }
}

/// A broken promise.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Violation {
    /// Which.
    pub rule: Rule,
    /// How it shows.
    pub detail: String,
}

impl Violation {
    /// A promise broken like this.
    pub fn new(rule: Rule, detail: impl Into<String>) -> Violation {
        Violation {
            rule,
            detail: detail.into(),
        }
    }

    /// The same, said of a log.
    #[must_use]
    pub fn of_log(self, log: LogId) -> Violation {
        let detail = format!("{}-{}: {}", log.topic_id, log.partition, self.detail);
        Violation { detail, ..self }
    }
}

impl fmt::Display for Violation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", self.rule, self.detail)
    }
}
