//! Bugs that are planted to see them found. None touches the code under test: each sits in a part
//! that the simulator owns, where a real one of its kind would show the same.

use std::fmt;

use crate::checkers::Rule;

/// A planted bug.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Bug {
    /// A sync of a file says yes and does nothing.
    SyncLies,
    /// A sync of a directory says yes and does nothing.
    DirectorySyncLies,
    /// acks=all is answered like acks=1.
    AcknowledgesTooEarly,
    /// Consumers read what is not committed.
    ReadsUncommitted,
    /// A retry goes out without its sequence number.
    ForgetsSequences,
    /// After a crash the log is taken for cleanly closed.
    SkipsRecovery,
    /// Fetches that wait are not woken.
    LosesWakeUps,
    /// A sync of the metadata log says yes and does nothing: metadata are acknowledged before they
    /// are on the device.
    MetadataSyncLies,
    /// A snapshot of the metadata lacks its last record.
    SnapshotMissesRecord,
    /// A topic's files go when its deletion is asked for, not when it is committed.
    DeletesBeforeCommit,
    /// The publisher is not told of deleted topics.
    IgnoresDeletions,
    /// The checkpoint of log starts is not stored.
    ForgetsLogStarts,
}

impl Bug {
    /// All of them, with the rules that may find them.
    pub const ALL: &'static [(Bug, &'static [Rule])] = &[
        (
            Bug::SyncLies,
            &[
                Rule::AcknowledgedRecordsSurvive,
                Rule::RecoverySucceeds,
                Rule::RecoveredLogIsWhole,
                Rule::CommittedMetadataSurvives,
            ],
        ),
        (
            Bug::DirectorySyncLies,
            &[
                Rule::AcknowledgedRecordsSurvive,
                Rule::NoDuplicates,
                Rule::CommittedMetadataSurvives,
                Rule::LogsAgreeWithImage,
            ],
        ),
        (
            Bug::AcknowledgesTooEarly,
            &[Rule::AcknowledgedRecordsSurvive],
        ),
        (Bug::ReadsUncommitted, &[Rule::ReadsEndAtHighWatermark]),
        (
            Bug::ForgetsSequences,
            &[Rule::NoDuplicates, Rule::OrderOfProducers],
        ),
        (
            Bug::SkipsRecovery,
            &[
                Rule::LookUpsAgree,
                Rule::RecoveredLogIsWhole,
                Rule::AcknowledgedRecordsSurvive,
                Rule::RecoverySucceeds,
            ],
        ),
        (Bug::LosesWakeUps, &[Rule::WaitingFetchesAreWoken]),
        (
            Bug::MetadataSyncLies,
            &[
                Rule::CommittedMetadataSurvives,
                Rule::AcknowledgedTopicsSurvive,
            ],
        ),
        (
            Bug::SnapshotMissesRecord,
            &[
                Rule::CommittedMetadataSurvives,
                Rule::AcknowledgedTopicsSurvive,
            ],
        ),
        (
            Bug::DeletesBeforeCommit,
            &[
                Rule::AcknowledgedRecordsSurvive,
                Rule::NodeRuns,
                Rule::RecoverySucceeds,
            ],
        ),
        (
            Bug::IgnoresDeletions,
            &[Rule::LogsAgreeWithImage, Rule::DeletedRecordsStayGone],
        ),
        (Bug::ForgetsLogStarts, &[Rule::LogStartNeverGoesBack]),
    ];
}

impl fmt::Display for Bug {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Debug::fmt(self, f)
    }
}
