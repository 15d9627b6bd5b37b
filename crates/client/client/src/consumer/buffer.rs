//! The records of one partition out of one Fetch answer, opened batch by batch as they are taken.

use std::collections::VecDeque;
use std::sync::Arc;

use bytes::Bytes;
use ottla_consumer::{AbortedTransactions, BatchKind};
use ottla_records::{
    BATCH_HEADER_SIZE, Batch, BatchHeader, Compression, ControlRecordType, InflateLimits,
    RecordError, RecordIterator, TimestampType, decompress,
};
use ottla_types::{LeaderEpoch, Offset, TimestampMs};

/// A record as it was read. Its bytes share the memory of the answer, or of the inflated batch.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ConsumerRecord {
    /// Its topic.
    pub topic: Arc<str>,
    /// Its partition.
    pub partition: i32,
    /// Its offset.
    pub offset: Offset,
    /// Its time.
    pub timestamp: TimestampMs,
    /// Whether the broker stamped it (LogAppendTime).
    pub is_append_time: bool,
    /// Its key.
    pub key: Option<Bytes>,
    /// Its value.
    pub value: Option<Bytes>,
    /// Its headers, in order: key and value.
    pub headers: Vec<(Bytes, Option<Bytes>)>,
    /// The epoch of the leader that appended it; `NONE` if not known.
    pub leader_epoch: LeaderEpoch,
}

/// The unread rest of an answer.
#[derive(Debug)]
pub(super) struct Buffer {
    topic: Arc<str>,
    partition: i32,
    unread: Bytes,
    position: Offset,
    leader_epoch: LeaderEpoch,
    opened: VecDeque<ConsumerRecord>,
    /// Where the partition continues when `opened` is empty.
    next: Offset,
    /// `None`: all records are shown.
    aborted: Option<AbortedTransactions>,
    check_crcs: bool,
    started: bool,
}

impl Buffer {
    pub fn new(
        (topic, partition): (Arc<str>, i32),
        position: Offset,
        records: Bytes,
        aborted: Option<AbortedTransactions>,
        check_crcs: bool,
    ) -> Buffer {
        Buffer {
            topic,
            partition,
            unread: records,
            position,
            leader_epoch: LeaderEpoch::NONE,
            opened: VecDeque::new(),
            next: position,
            aborted,
            check_crcs,
            started: false,
        }
    }

    /// The offset of the next record.
    pub fn position(&self) -> Offset {
        self.position
    }

    pub fn leader_epoch(&self) -> LeaderEpoch {
        self.leader_epoch
    }

    /// Appends up to `most` records to `out`; false when nothing is left.
    pub fn take(
        &mut self,
        most: usize,
        out: &mut Vec<ConsumerRecord>,
    ) -> Result<bool, RecordError> {
        let mut left = most;
        loop {
            while left > 0
                && let Some(record) = self.opened.pop_front()
            {
                self.position = Offset(record.offset.0.saturating_add(1));
                out.push(record);
                left -= 1;
            }
            if !self.opened.is_empty() {
                return Ok(true);
            }
            self.position = self.next;
            if !self.open_next()? {
                return Ok(false);
            }
        }
    }

    /// Opens the next batch; false if no whole one is left.
    fn open_next(&mut self) -> Result<bool, RecordError> {
        if self.unread.len() < BATCH_HEADER_SIZE {
            return self.ended();
        }
        let header = BatchHeader::parse(&self.unread)?;
        let size = header.size_in_bytes as usize;
        if self.unread.len() < size {
            return self.ended();
        }
        let bytes = self.unread.slice(..size);
        let batch = self.open(header, &bytes)?;
        let shown = self.shows(&batch)?;
        let mut opened = VecDeque::new();
        if shown {
            for record in batch.records() {
                let record = record?;
                if record.offset >= self.position {
                    opened.push_back(self.record(&batch, &record));
                }
            }
        }
        // Nothing is given out of a batch with a broken record, so nothing moves before here.
        self.unread = self.unread.slice(size..);
        self.opened = opened;
        self.next = header.next_offset().max(self.position);
        self.leader_epoch = header.partition_leader_epoch;
        self.started = true;
        Ok(true)
    }

    /// The answer may end within a batch, but not within its first one.
    fn ended(&self) -> Result<bool, RecordError> {
        if self.started || self.unread.is_empty() {
            Ok(false)
        } else {
            Err(RecordError::Corrupt("the first batch is not whole"))
        }
    }

    fn open(&self, header: BatchHeader, bytes: &Bytes) -> Result<Batch, RecordError> {
        let limits = InflateLimits::default();
        if self.check_crcs {
            return Batch::open(bytes, &limits);
        }
        let area = bytes.slice(BATCH_HEADER_SIZE..);
        let record_area = match header.compression()? {
            Compression::None => area,
            compression => {
                let mut inflated = Vec::new();
                decompress(compression, &area, &limits, &mut inflated)?;
                inflated.into()
            }
        };
        Ok(Batch {
            header,
            record_area,
        })
    }

    fn shows(&mut self, batch: &Batch) -> Result<bool, RecordError> {
        let header = &batch.header;
        let kind = if header.is_control() {
            let mut records = RecordIterator::new(header, &batch.record_area);
            match records.next().transpose()? {
                Some(record) if header.is_transactional() => {
                    match ControlRecordType::from_key(record.key)? {
                        ControlRecordType::Abort => BatchKind::Abort,
                        _ => BatchKind::Control,
                    }
                }
                _ => BatchKind::Control,
            }
        } else if header.is_transactional() {
            BatchKind::Transactional
        } else {
            BatchKind::Plain
        };
        Ok(match &mut self.aborted {
            Some(aborted) => aborted.shows(header.producer_id, header.last_offset(), kind),
            None => !header.is_control(),
        })
    }

    fn record(&self, batch: &Batch, record: &ottla_records::Record<'_>) -> ConsumerRecord {
        let shared = |bytes: &[u8]| batch.record_area.slice_ref(bytes);
        let headers = record.headers;
        ConsumerRecord {
            topic: Arc::clone(&self.topic),
            partition: self.partition,
            offset: record.offset,
            timestamp: record.timestamp,
            is_append_time: batch.header.timestamp_type() == TimestampType::LogAppendTime,
            key: record.key.map(shared),
            value: record.value.map(shared),
            headers: headers
                .map(|header| (shared(header.key), header.value.map(shared)))
                .collect(),
            leader_epoch: batch.header.partition_leader_epoch,
        }
    }
}
