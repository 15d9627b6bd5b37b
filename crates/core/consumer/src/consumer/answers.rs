//! What becomes of a partition when a request is answered, or is not.

use ottla_messages::ErrorCode;
use ottla_types::{Instant, Now, Offset, RequestId, TimestampMs};

use super::{Consumer, LATEST, State};
use crate::input::{Effect, Failure, PartitionHandle};

/// A partition's place in a request.
type Asked = (RequestId, PartitionHandle);

impl Consumer {
    pub(super) fn listed(
        &mut self,
        now: Now,
        asked: Asked,
        error: ErrorCode,
        offset: Offset,
        effects: &mut Vec<Effect>,
    ) {
        if !self.answers(asked) {
            return;
        }
        if error != ErrorCode::NONE {
            self.refused(now.monotonic, asked.1, error, effects);
            return;
        }
        let Some(partition) = self.partitions.get_mut(&asked.1) else {
            return;
        };
        partition.attempts = 0;
        match partition.state {
            // No record is that young: go on behind the last one.
            State::Looking(time) if offset == Offset::NONE && time >= TimestampMs(0) => {
                partition.state = State::Looking(LATEST);
            }
            State::Looking(_) => {
                partition.position = offset.max(Offset::ZERO);
                partition.state = State::Fetching;
            }
            State::Fetching | State::Buffered | State::Resting => {}
        }
    }

    pub(super) fn fetched(
        &mut self,
        now: Now,
        asked: Asked,
        error: ErrorCode,
        records: bool,
        effects: &mut Vec<Effect>,
    ) {
        if !self.answers(asked) {
            return;
        }
        let Some(partition) = self.partitions.get_mut(&asked.1) else {
            return;
        };
        match error {
            ErrorCode::NONE => {
                partition.attempts = 0;
                if records {
                    partition.state = State::Buffered;
                    effects.push(Effect::Accept { partition: asked.1 });
                }
            }
            ErrorCode::OFFSET_OUT_OF_RANGE => {
                let failure = Failure::OutOfRange(partition.position);
                self.reset(now, asked.1, failure, effects);
            }
            error => self.refused(now.monotonic, asked.1, error, effects),
        }
    }

    pub(super) fn done(
        &mut self,
        now: Now,
        request: RequestId,
        error: ErrorCode,
        effects: &mut Vec<Effect>,
    ) {
        let Some(gone) = self.requests.remove(&request) else {
            return;
        };
        for handle in gone.partitions {
            if !self.answers((request, handle)) {
                continue;
            }
            if error == ErrorCode::NONE {
                // Left out: nothing new there.
                self.back_off(now.monotonic, handle);
            } else {
                self.refused(now.monotonic, handle, error, effects);
            }
        }
    }

    /// Whether the answer is for what the partition still waits for; it no longer does after this.
    fn answers(&mut self, (request, handle): Asked) -> bool {
        let Some(partition) = self.partitions.get_mut(&handle) else {
            return false;
        };
        partition
            .request
            .take_if(|asked| *asked == request)
            .is_some()
    }

    fn refused(
        &mut self,
        now: Instant,
        handle: PartitionHandle,
        error: ErrorCode,
        effects: &mut Vec<Effect>,
    ) {
        if !error.is_retriable() {
            if let Some(partition) = self.partitions.get_mut(&handle) {
                partition.state = State::Resting;
            }
            effects.push(Effect::Fail {
                partition: handle,
                failure: Failure::Refused(error),
            });
            return;
        }
        self.back_off(now, handle);
        if let Some(partition) = self.partitions.get_mut(&handle)
            && doubts_metadata(error)
            && !partition.asked
        {
            partition.asked = true;
            effects.push(Effect::RefreshMetadata { partition: handle });
        }
    }

    fn back_off(&mut self, now: Instant, handle: PartitionHandle) {
        let Some(partition) = self.partitions.get_mut(&handle) else {
            return;
        };
        partition.attempts = partition.attempts.saturating_add(1);
        let attempts = partition.attempts;
        let wait = self.backoff(attempts);
        if let Some(partition) = self.partitions.get_mut(&handle) {
            partition.not_before = now.after(wait);
        }
    }
}

/// Whether an answer like this means that the metadata are stale.
fn doubts_metadata(error: ErrorCode) -> bool {
    matches!(
        error,
        ErrorCode::NOT_LEADER_OR_FOLLOWER
            | ErrorCode::LEADER_NOT_AVAILABLE
            | ErrorCode::REPLICA_NOT_AVAILABLE
            | ErrorCode::UNKNOWN_TOPIC_OR_PARTITION
            | ErrorCode::UNKNOWN_TOPIC_ID
            | ErrorCode::INCONSISTENT_TOPIC_ID
            | ErrorCode::FENCED_LEADER_EPOCH
            | ErrorCode::UNKNOWN_LEADER_EPOCH
            | ErrorCode::KAFKA_STORAGE_ERROR
            | ErrorCode::NETWORK_EXCEPTION
    )
}
