//! What becomes of a batch when its request is answered, or is not.

use ottla_messages::ErrorCode;
use ottla_types::{Instant, Offset, RequestId, TimestampMs};

use super::{Identity, Producer};
use crate::input::{BatchId, Effect, Failure, PartitionHandle};
use crate::partition::{Content, sequence_after};

/// What a broker said about one batch.
#[derive(Clone, Copy, Debug)]
pub(super) struct Answer {
    pub error: ErrorCode,
    pub base_offset: Offset,
    pub append_time: TimestampMs,
}

impl Producer {
    /// A batch in flight got its answer.
    pub(super) fn answered(
        &mut self,
        now: Instant,
        id: BatchId,
        answer: Answer,
        effects: &mut Vec<Effect>,
    ) {
        let Some(batch) = self.batches.get(&id) else {
            return;
        };
        let (handle, attempts) = (batch.partition, batch.attempts);
        match answer.error {
            // A duplicate is written, only the broker no longer knows where.
            ErrorCode::NONE | ErrorCode::DUPLICATE_SEQUENCE_NUMBER => {
                if let Some(partition) = self.partitions.get_mut(&handle) {
                    partition.known = partition.producer.map(|(id, _)| id);
                }
                effects.push(Effect::Complete {
                    batch: id,
                    base_offset: answer.base_offset,
                    append_time: answer.append_time,
                });
                self.remove(now, id);
            }
            ErrorCode::OUT_OF_ORDER_SEQUENCE_NUMBER | ErrorCode::UNKNOWN_PRODUCER_ID
                if self.config.idempotent =>
            {
                // Behind an undecided batch the gap may close; otherwise this answer proves that
                // neither this batch nor a later one is written, and numbers can start anew.
                if !self.has_older(handle, id) {
                    self.restart(handle);
                }
                self.retry(now, id);
            }
            ErrorCode::INVALID_PRODUCER_EPOCH if self.config.idempotent => {
                self.restart(handle);
                self.ask_identity(effects);
                self.retry(now, id);
            }
            ErrorCode::MESSAGE_TOO_LARGE if self.is_divisible(id) => {
                self.split(now, id, effects);
            }
            error if error.is_retriable() && attempts <= self.config.retries => {
                if Producer::doubts_metadata(error) {
                    self.doubt_leader(handle, effects);
                }
                self.retry(now, id);
            }
            error => {
                effects.push(Effect::Fail {
                    batch: id,
                    failure: Failure::Refused(error),
                });
                self.release_number(handle, id);
                self.remove(now, id);
            }
        }
    }

    /// A request is over: its unanswered batches failed, its node has room again.
    pub(super) fn done(
        &mut self,
        now: Instant,
        request: RequestId,
        error: ErrorCode,
        effects: &mut Vec<Effect>,
    ) {
        let Some(gone) = self.requests.remove(&request) else {
            return;
        };
        if let Some(node) = self.nodes.get_mut(&gone.node) {
            node.in_flight = node.in_flight.saturating_sub(1);
        }
        let error = if error == ErrorCode::NONE {
            ErrorCode::UNKNOWN_SERVER_ERROR
        } else {
            error
        };
        for batch in gone.batches {
            if self.is_in_flight(request, batch) {
                let answer = Answer {
                    error,
                    base_offset: Offset::NONE,
                    append_time: TimestampMs::NONE,
                };
                self.answered(now, batch, answer, effects);
            }
        }
    }

    fn is_divisible(&self, id: BatchId) -> bool {
        self.batches.get(&id).is_some_and(|batch| {
            batch.parts > 1 && batch.content.is_some_and(|content| content.records > 1)
        })
    }

    /// Makes two batches of one that is too large; its limit is the broker's and not known here.
    /// They keep its numbers: nothing of it was written, and batches behind it that were sent with
    /// later numbers come back as out of order. As repeated batches they leave one at a time.
    fn split(&mut self, now: Instant, id: BatchId, effects: &mut Vec<Effect>) {
        let Some(batch) = self.batches.get_mut(&id) else {
            return;
        };
        let Some(content) = batch.content else {
            return;
        };
        let others = content.records / 2;
        let records = content.records - others;
        let other_parts = batch.parts / 2;
        batch.parts -= other_parts;
        batch.request = None;
        let rest = BatchId {
            number: id.number,
            part: id.part + batch.parts,
        };
        let mut second = batch.clone();
        second.parts = other_parts;
        // Each has at most as many bytes as both; that is all a request must know.
        let of = |records| Some(Content { records, ..content });
        (batch.content, second.content) = (of(records), of(others));
        if let Some(sequence) = &mut second.sequence {
            sequence.base = sequence_after(sequence.base, records);
        }
        let handle = batch.partition;
        self.batches.insert(rest, second);
        if let Some(partition) = self.partitions.get_mut(&handle) {
            partition.in_flight.retain(|other| *other != id);
            partition.wait_again(id);
            partition.wait_again(rest);
        }
        effects.push(Effect::Split {
            batch: id,
            records,
            rest,
        });
        self.schedule(now, handle);
    }

    fn retry(&mut self, now: Instant, id: BatchId) {
        let Some(batch) = self.batches.get_mut(&id) else {
            return;
        };
        batch.request = None;
        let (handle, attempts) = (batch.partition, batch.attempts);
        let backoff = self.backoff(attempts);
        let Some(partition) = self.partitions.get_mut(&handle) else {
            return;
        };
        partition.in_flight.retain(|other| *other != id);
        partition.wait_again(id);
        partition.not_before = partition.not_before.max(now.after(backoff));
        self.schedule(now, handle);
    }

    fn has_older(&self, handle: PartitionHandle, id: BatchId) -> bool {
        self.partitions
            .get(&handle)
            .is_some_and(|partition| partition.has_older(id))
    }

    fn restart(&mut self, handle: PartitionHandle) {
        if let Some(partition) = self.partitions.get_mut(&handle) {
            partition.restart = true;
        }
    }

    fn ask_identity(&mut self, effects: &mut Vec<Effect>) {
        if matches!(self.identity, Identity::Known(..)) {
            self.identity = Identity::Asked;
            effects.push(Effect::InitProducerId);
        }
    }

    fn doubt_leader(&mut self, handle: PartitionHandle, effects: &mut Vec<Effect>) {
        if let Some(partition) = self.partitions.get_mut(&handle)
            && !partition.asked
        {
            partition.asked = true;
            effects.push(Effect::RefreshMetadata { partition: handle });
        }
    }

    /// A refused batch is not written: its number is free again if it was the last one given, else
    /// the later ones are numbered anew.
    fn release_number(&mut self, handle: PartitionHandle, id: BatchId) {
        let (Some(batch), Some(partition)) =
            (self.batches.get(&id), self.partitions.get_mut(&handle))
        else {
            return;
        };
        let Some(sequence) = batch.sequence else {
            return;
        };
        let last = batch
            .content
            .map(|content| sequence_after(sequence.base, content.records));
        if last == Some(partition.next_sequence) {
            partition.next_sequence = sequence.base;
        } else {
            partition.restart = true;
        }
    }
}
