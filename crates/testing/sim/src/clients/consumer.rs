//! A consumer of one partition: follows its end, or reads backwards from what is known.

use bytes::Bytes;
use ottla_machine::Random;
use ottla_messages::ErrorCode;
use ottla_records::{Batch, Batches, InflateLimits};
use ottla_types::TopicId;

use super::{FetchRequest, FetchResponse};
use crate::checkers::{RecordId, Rule, Violation, records_of};
use crate::topics::{LogId, PartitionId};

/// Which way a consumer reads.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Direction {
    /// From the start, and then whatever comes.
    Forward,
    /// Again and again from the end to the start.
    Backward,
}

/// Records by their offsets.
pub type Seen = Vec<(i64, RecordId)>;

/// A consumer.
#[derive(Debug)]
pub struct Consumer {
    partition: PartitionId,
    /// The topic that has the name, as far as it has heard.
    topic_id: Option<TopicId>,
    direction: Direction,
    position: i64,
    /// What was known when it asked.
    known_end: i64,
    random: Random,
    in_flight: Option<u64>,
    next_number: u64,
}

impl Consumer {
    /// A consumer at the start of a partition.
    #[must_use]
    pub fn new(partition: PartitionId, direction: Direction, seed: u64) -> Consumer {
        Consumer {
            partition,
            topic_id: None,
            direction,
            position: 0,
            known_end: 0,
            random: Random::from_seed(seed),
            in_flight: None,
            next_number: 0,
        }
    }

    /// What it reads.
    #[must_use]
    pub fn partition(&self) -> PartitionId {
        self.partition
    }

    /// Where it reads next.
    #[must_use]
    pub fn position(&self) -> i64 {
        self.position
    }

    /// Which way it reads.
    #[must_use]
    pub fn direction(&self) -> Direction {
        self.direction
    }

    /// Whether this request waits for its answer.
    #[must_use]
    pub fn awaits(&self, number: u64) -> bool {
        self.in_flight == Some(number)
    }

    /// The log it reads.
    #[must_use]
    pub fn log(&self) -> Option<LogId> {
        let partition = self.partition.partition;
        self.topic_id.map(|topic_id| LogId {
            topic_id,
            partition,
        })
    }

    /// The next request, unless one is on its way. `topic_id`: the topic that has the name now;
    /// `known_end`: the end of what any client knows for certain.
    pub fn next_request(
        &mut self,
        topic_id: TopicId,
        known_end: i64,
    ) -> Option<(u64, FetchRequest)> {
        if self.in_flight.is_some() {
            return None;
        }
        if self.topic_id != Some(topic_id) {
            self.topic_id = Some(topic_id);
            self.position = 0;
        }
        let number = self.next_number;
        self.next_number += 1;
        self.in_flight = Some(number);
        self.known_end = known_end;
        let max_bytes = 1 + usize::try_from(self.random.below(4_000)).unwrap_or(0);
        let request = FetchRequest {
            log: LogId {
                topic_id,
                partition: self.partition.partition,
            },
            offset: self.position,
            max_bytes,
            max_wait_ms: i64::try_from(self.random.below(800)).unwrap_or(0),
        };
        Some((number, request))
    }

    /// Its connection ended.
    pub fn disconnected(&mut self) {
        self.in_flight = None;
    }

    /// Reads an answer: what it saw, by offset. `known_end` is the end of what any client knows
    /// for certain: an offset up to there, and to what it was when it asked, must be readable.
    ///
    /// # Errors
    /// When the answer breaks a promise.
    pub fn answered(
        &mut self,
        response: &FetchResponse,
        known_end: i64,
    ) -> Result<Seen, Violation> {
        self.in_flight = None;
        match response.error {
            ErrorCode::NONE => {}
            ErrorCode::OFFSET_OUT_OF_RANGE => {
                if self.position <= known_end.min(self.known_end)
                    && self.position >= response.log_start
                {
                    let detail = format!("offset {} is out of range", self.position);
                    return Err(Violation::new(Rule::ReadsHaveNoGaps, detail));
                }
                let start = response.log_start.max(0);
                self.position = match self.direction {
                    Direction::Forward => start,
                    Direction::Backward => known_end.max(start),
                };
                return Ok(Seen::new());
            }
            // The directory failed, or the replica does not lead yet.
            _ => return Ok(Seen::new()),
        }
        let seen = read(response.request.offset, &response.records)?;
        let end = response.high_watermark;
        if let Some((offset, _)) = seen.iter().find(|(offset, _)| *offset >= end) {
            let detail = format!("offset {offset} was read at high watermark {end}");
            return Err(Violation::new(Rule::ReadsEndAtHighWatermark, detail));
        }
        self.go_on(&seen, known_end);
        Ok(seen)
    }

    fn go_on(&mut self, seen: &[(i64, RecordId)], known_end: i64) {
        match self.direction {
            Direction::Forward => {
                self.position = seen.last().map_or(self.position, |(offset, _)| offset + 1);
            }
            Direction::Backward if self.position == 0 => self.position = known_end,
            Direction::Backward => {
                let back = 1 + i64::try_from(self.random.below(20)).unwrap_or(0);
                self.position = (self.position - back).max(0);
            }
        }
    }
}

/// The records of an answer from the asked offset on, which they must hold without a gap.
fn read(from: i64, records: &Bytes) -> Result<Seen, Violation> {
    let broken = |detail: String| Violation::new(Rule::ReadsHaveNoGaps, detail);
    let mut seen = Seen::new();
    let mut next: Option<i64> = None;
    for batch in Batches::new(records) {
        let (header, raw) = batch.map_err(|error| broken(error.to_string()))?;
        header
            .verify_checksum(raw)
            .map_err(|error| broken(format!("at {}: {error}", header.base_offset)))?;
        let base = header.base_offset.0;
        if next.is_some_and(|next| next != base) || (next.is_none() && base > from) {
            let detail = format!("a batch at {base} where {next:?} or {from} was due");
            return Err(broken(detail));
        }
        let batch = Batch::open(&records.slice_ref(raw), &InflateLimits::default())
            .map_err(|error| broken(error.to_string()))?;
        let ids = records_of(&batch).map_err(broken)?;
        seen.extend((base..).zip(ids));
        next = Some(header.next_offset().0);
    }
    if next.is_some_and(|next| next <= from) {
        return Err(broken(format!("an answer that ends below {from}")));
    }
    Ok(seen)
}
