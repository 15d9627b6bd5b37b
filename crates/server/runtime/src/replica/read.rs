//! Reading: found under the lock, read outside it.

use std::sync::Arc;

use bytes::Bytes;
use ottla_log::{AbortedTransaction, Located, LogError, LogPosition, Read, Storage};
use ottla_messages::ErrorCode;
use ottla_partition::Partition;
use ottla_types::{LeaderEpoch, Offset, TimestampMs};

use super::{Hosted, Replica, State};

/// How far a reader may see.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ReadBound {
    /// Consumers: committed records.
    HighWatermark,
    /// Read-committed consumers: no record of an open transaction.
    LastStableOffset,
    /// Followers and debuggers: whatever is written.
    LogEnd,
}

impl ReadBound {
    pub(super) fn of(self, machine: &Partition) -> Offset {
        match self {
            ReadBound::HighWatermark => machine.high_watermark(),
            ReadBound::LastStableOffset => machine.last_stable_offset(),
            ReadBound::LogEnd => machine.marks().written(),
        }
    }
}

/// What to read.
#[derive(Clone, Copy, Debug)]
pub struct ReadRequest {
    /// From here on.
    pub offset: Offset,
    /// At most so many bytes.
    pub max_bytes: usize,
    /// How far the reader may see.
    pub bound: ReadBound,
    /// The epoch in which the reader believes the replica to lead; NONE for no matter.
    pub leader_epoch: LeaderEpoch,
    /// The epoch of the last record the reader has; NONE for no matter.
    pub last_fetched_epoch: LeaderEpoch,
    /// Whether one whole batch is read even if it is larger than `max_bytes`.
    pub whole_first: bool,
}

/// How far a replica can be read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Reach {
    /// Below this offset.
    pub offset: Offset,
    /// The same place in bytes, where that is known.
    pub position: Option<LogPosition>,
}

impl Reach {
    /// Of a replica that cannot be read.
    pub const NOWHERE: Reach = Reach {
        offset: Offset::NONE,
        position: None,
    };
}

/// What was read.
#[derive(Clone, Debug)]
pub struct ReadOutcome {
    /// NONE, or why nothing was read.
    pub error: ErrorCode,
    /// Committed below.
    pub high_watermark: Offset,
    /// Stable below.
    pub last_stable_offset: Offset,
    /// The first offset there is.
    pub log_start_offset: Offset,
    /// How far this reader could have read.
    pub reach: Reach,
    /// The reader's log has diverged: the epoch up to whose end it may keep its records.
    pub diverging: Option<(LeaderEpoch, Offset)>,
    /// For read-committed readers: which transactions among the records were aborted.
    pub aborted: Option<Vec<AbortedTransaction>>,
    /// Whole batches.
    pub records: Bytes,
    /// There is more to read, but not without waiting for the disk.
    pub is_cold: bool,
}

impl ReadOutcome {
    /// Whether the reader must hear of it, records or not.
    #[must_use]
    pub fn must_be_told(&self) -> bool {
        self.error != ErrorCode::NONE || self.diverging.is_some()
    }

    /// Nothing, because of `error`.
    #[must_use]
    pub fn refused(error: ErrorCode) -> ReadOutcome {
        ReadOutcome {
            error,
            high_watermark: Offset::NONE,
            last_stable_offset: Offset::NONE,
            log_start_offset: Offset::NONE,
            reach: Reach::NOWHERE,
            diverging: None,
            aborted: None,
            records: Bytes::new(),
            is_cold: false,
        }
    }
}

impl<H: Hosted, S: Storage> Replica<H, S> {
    /// Reads batches. Blocks on the disk where they are not in the page cache.
    pub fn read(self: &Arc<Self>, request: &ReadRequest) -> ReadOutcome {
        self.read_with(request, false)
    }

    /// Reads batches that are in the page cache; never blocks.
    pub fn read_cached(self: &Arc<Self>, request: &ReadRequest) -> ReadOutcome {
        self.read_with(request, true)
    }

    /// How far a reader could read now.
    pub fn reach(&self, bound: ReadBound) -> Reach {
        reach(&self.lock(), bound)
    }

    fn read_with(self: &Arc<Self>, request: &ReadRequest, cached_only: bool) -> ReadOutcome {
        let (mut outcome, mut located) = {
            let state = &*self.lock();
            let mut outcome = match self.admit(state, request) {
                Ok(()) => self.view(state, request.bound),
                Err(error) => return ReadOutcome::refused(error),
            };
            match diverging(state, request) {
                Ok(diverging) => outcome.diverging = diverging,
                Err(error) => return ReadOutcome { error, ..outcome },
            }
            if outcome.diverging.is_some() {
                return outcome;
            }
            match state.log.locate(request.offset, outcome.reach.offset) {
                Ok(located) => (outcome, located),
                Err(error) => return self.refused(&error, outcome),
            }
        };
        if request.max_bytes == 0 && !request.whole_first {
            return outcome;
        }
        let mut offset = request.offset;
        while let Some(at) = located {
            let read = match read_at(&at, request, cached_only) {
                Ok(Some(read)) => read,
                Ok(None) => {
                    outcome.is_cold = true;
                    return outcome;
                }
                Err(error) => return self.refused(&error, outcome),
            };
            if !read.bytes.is_empty() {
                return self.with_records(outcome, offset, read, cached_only);
            }
            if read.next_offset <= offset {
                return outcome;
            }
            // Compaction removed the end of the segment: the next one goes on.
            offset = read.next_offset;
            located = match self.lock().log.locate(offset, outcome.reach.offset) {
                Ok(located) => located,
                Err(error) => return self.refused(&error, outcome),
            };
        }
        outcome
    }

    /// Puts what was read from `offset` on into the outcome, with its aborted transactions.
    fn with_records(
        &self,
        mut outcome: ReadOutcome,
        offset: Offset,
        read: Read,
        cached_only: bool,
    ) -> ReadOutcome {
        if let Some(aborted) = &mut outcome.aborted {
            let view = self.lock().log.aborted_view(offset);
            let found = match view {
                None => Ok(Some(Vec::new())),
                Some(view) if cached_only => Ok(view.below_in_memory(read.next_offset)),
                Some(view) => view.below(read.next_offset).map(Some),
            };
            match found {
                Ok(Some(found)) => *aborted = found,
                Ok(None) => {
                    outcome.is_cold = true;
                    return outcome;
                }
                Err(error) => return self.refused(&error, outcome),
            }
        }
        outcome.records = read.bytes;
        outcome
    }

    fn admit(&self, state: &State<H, S>, request: &ReadRequest) -> Result<(), ErrorCode> {
        self.check_leader_epoch(state, request.leader_epoch)?;
        if request.offset < Offset::ZERO {
            return Err(ErrorCode::OFFSET_OUT_OF_RANGE);
        }
        Ok(())
    }

    /// Whether this replica leads in the epoch a client believes.
    fn check_leader_epoch(&self, state: &State<H, S>, epoch: LeaderEpoch) -> Result<(), ErrorCode> {
        if state.machine.is_offline() {
            return Err(ErrorCode::KAFKA_STORAGE_ERROR);
        }
        let own = state
            .machine
            .leader_epoch()
            .ok_or(ErrorCode::NOT_LEADER_OR_FOLLOWER)?;
        check_leader_epoch(own, epoch)
    }

    fn view(&self, state: &State<H, S>, bound: ReadBound) -> ReadOutcome {
        ReadOutcome {
            error: ErrorCode::NONE,
            high_watermark: state.machine.high_watermark(),
            last_stable_offset: state.machine.last_stable_offset(),
            log_start_offset: state.machine.log_start_offset(),
            reach: reach(state, bound),
            diverging: None,
            aborted: (bound == ReadBound::LastStableOffset).then(Vec::new),
            records: Bytes::new(),
            is_cold: false,
        }
    }

    fn refused(&self, error: &LogError, outcome: ReadOutcome) -> ReadOutcome {
        ReadOutcome {
            error: self.refused_query(error),
            ..outcome
        }
    }

    /// The end of an epoch's records as this log has them (KIP-101): the epoch that answers and
    /// its end; `None` if the log has no such epoch.
    ///
    /// # Errors
    /// Why the replica cannot be asked.
    pub fn end_of_epoch(
        &self,
        current_epoch: LeaderEpoch,
        epoch: LeaderEpoch,
    ) -> Result<Option<(LeaderEpoch, Offset)>, ErrorCode> {
        let state = &*self.lock();
        self.check_leader_epoch(state, current_epoch)?;
        Ok(end_of_epoch(state, epoch))
    }

    /// Whether a client's belief about the leader's epoch holds.
    ///
    /// # Errors
    /// The answer for the client if it does not.
    pub fn check_leader(&self, epoch: LeaderEpoch) -> Result<(), ErrorCode> {
        self.check_leader_epoch(&self.lock(), epoch)
    }
}

/// What is said to a client who believes the leader's epoch to be `believed`; NONE for no matter.
///
/// # Errors
/// What is wrong with it, as a client is told.
pub fn check_leader_epoch(own: LeaderEpoch, believed: LeaderEpoch) -> Result<(), ErrorCode> {
    if believed == LeaderEpoch::NONE || believed == own {
        Ok(())
    } else if believed < own {
        Err(ErrorCode::FENCED_LEADER_EPOCH)
    } else {
        Err(ErrorCode::UNKNOWN_LEADER_EPOCH)
    }
}

/// The end of the records that the leaders up to `epoch` wrote, and the last of these epochs.
fn end_of_epoch<H, S: Storage>(
    state: &State<H, S>,
    epoch: LeaderEpoch,
) -> Option<(LeaderEpoch, Offset)> {
    let written = state.machine.marks().written();
    let end = state.log.leader_epochs().end_offset_for(epoch, written);
    (end.0 != LeaderEpoch::NONE).then_some(end)
}

/// Where a reader with another history has to go back to.
fn diverging<H, S: Storage>(
    state: &State<H, S>,
    request: &ReadRequest,
) -> Result<Option<(LeaderEpoch, Offset)>, ErrorCode> {
    if request.last_fetched_epoch == LeaderEpoch::NONE {
        return Ok(None);
    }
    let (epoch, end) =
        end_of_epoch(state, request.last_fetched_epoch).ok_or(ErrorCode::OFFSET_OUT_OF_RANGE)?;
    let agrees = epoch == request.last_fetched_epoch && end >= request.offset;
    Ok((!agrees).then_some((epoch, end)))
}

/// What offset is looked for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum OffsetQuery {
    /// The end, as far as the asker may see.
    Latest,
    /// The start.
    Earliest,
    /// The first record with the largest timestamp.
    LargestTimestamp,
    /// The first record of this timestamp or a later one.
    AtOrAfter(TimestampMs),
}

impl OffsetQuery {
    /// Whether records have to be looked at, which may lie on the disk.
    #[must_use]
    pub fn reads_records(self) -> bool {
        matches!(
            self,
            OffsetQuery::LargestTimestamp | OffsetQuery::AtOrAfter(_)
        )
    }
}

/// An offset that was found.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct FoundOffset {
    /// The offset.
    pub offset: Offset,
    /// The timestamp of its record, where one was looked for.
    pub timestamp: TimestampMs,
    /// The epoch of the leader that appended it.
    pub leader_epoch: LeaderEpoch,
}

impl<H: Hosted, S: Storage> Replica<H, S> {
    /// Finds an offset. Blocks on the disk when records have to be looked at.
    ///
    /// # Errors
    /// Why the replica cannot be asked.
    pub fn find_offset(
        self: &Arc<Self>,
        leader_epoch: LeaderEpoch,
        query: OffsetQuery,
        bound: ReadBound,
    ) -> Result<Option<FoundOffset>, ErrorCode> {
        self.find(query, bound, |state| {
            self.check_leader_epoch(state, leader_epoch)?;
            Ok(state.machine.leader_epoch().unwrap_or(LeaderEpoch::NONE))
        })
    }

    /// Finds an offset in a replica that follows the leader of this epoch: in all that is written
    /// here. Blocks on the disk when records have to be looked at.
    ///
    /// # Errors
    /// Why the replica cannot be asked.
    pub fn find_offset_following(
        self: &Arc<Self>,
        leader_epoch: LeaderEpoch,
        query: OffsetQuery,
    ) -> Result<Option<FoundOffset>, ErrorCode> {
        self.find(query, ReadBound::LogEnd, |state| {
            if state.machine.is_offline() {
                return Err(ErrorCode::KAFKA_STORAGE_ERROR);
            }
            Ok(leader_epoch)
        })
    }

    /// `admit` tells the leader's epoch, or why the replica cannot be asked.
    fn find(
        &self,
        query: OffsetQuery,
        bound: ReadBound,
        admit: impl FnOnce(&State<H, S>) -> Result<LeaderEpoch, ErrorCode>,
    ) -> Result<Option<FoundOffset>, ErrorCode> {
        let view = {
            let state = &*self.lock();
            let own = admit(state)?;
            let readable_to = bound.of(&state.machine);
            let at = |offset, leader_epoch| {
                Ok(Some(FoundOffset {
                    offset,
                    timestamp: TimestampMs::NONE,
                    leader_epoch,
                }))
            };
            let epochs = state.log.leader_epochs();
            match query {
                OffsetQuery::Latest => return at(readable_to, own),
                OffsetQuery::Earliest => {
                    let epoch = epochs
                        .earliest()
                        .map_or(LeaderEpoch::NONE, |entry| entry.epoch);
                    return at(state.machine.log_start_offset(), epoch);
                }
                OffsetQuery::LargestTimestamp => state.log.timestamp_view(readable_to, None),
                OffsetQuery::AtOrAfter(timestamp) => {
                    state.log.timestamp_view(readable_to, Some(timestamp))
                }
            }
        };
        let found = match query {
            OffsetQuery::AtOrAfter(timestamp) => view.first_at_or_after(timestamp),
            _ => view.largest(),
        };
        let found = found.map_err(|error| self.refused_query(&error))?;
        Ok(found.map(|found| FoundOffset {
            offset: found.offset,
            timestamp: found.timestamp,
            leader_epoch: found.leader_epoch,
        }))
    }

    /// What a reader is told. Bytes that are no batch are this log's misfortune: the device reads
    /// and writes, and whoever reads elsewhere is served.
    fn refused_query(&self, error: &LogError) -> ErrorCode {
        if matches!(error, LogError::Corrupt { .. }) {
            tracing::error!(partition = %self.topic_partition, %error, "a reader met broken bytes");
            return ErrorCode::CORRUPT_MESSAGE;
        }
        if self.directory.is_failure(error) {
            self.directory.fail(error);
        }
        ErrorCode(error.error_code())
    }
}

fn read_at<S: Storage>(
    at: &Located<S>,
    request: &ReadRequest,
    cached_only: bool,
) -> Result<Option<Read>, LogError> {
    if cached_only {
        at.read_cached(request.max_bytes, request.whole_first)
    } else {
        at.read(request.max_bytes, request.whole_first).map(Some)
    }
}

fn reach<H: Hosted, S: Storage>(state: &State<H, S>, bound: ReadBound) -> Reach {
    let offset = bound.of(&state.machine);
    Reach {
        offset,
        position: state.log.position_of(offset),
    }
}
