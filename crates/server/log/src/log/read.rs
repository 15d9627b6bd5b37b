//! Reading by offset: found under the lock, read outside of it.

use std::io::ErrorKind;
use std::sync::Arc;

use bytes::Bytes;
use ottla_types::Offset;

use super::Log;
use crate::index::relative_offset;
use crate::scan::Scan;
use crate::storage::Storage;
use crate::{LogError, Segment};

/// How far behind its index entry a batch may begin, when batches are small.
const SCAN_SLACK: usize = 8 << 10;

/// Where to read; the reading is done outside of the partition's lock.
#[derive(Clone, Debug)]
pub struct Located<S: Storage> {
    pub(super) segment: Arc<Segment<S>>,
    pub(super) offset: Offset,
    pub(super) limit: Offset,
    pub(super) start: Start,
    /// Bytes reserved in the segment.
    pub(super) end: u64,
    pub(super) next_segment: Option<Offset>,
}

/// What is known of the position to begin at.
#[derive(Clone, Copy, Debug)]
pub(super) enum Start {
    /// The batch begins exactly here.
    At(u64),
    /// It begins here or behind.
    From(u64),
    /// The index has to be loaded first.
    Unknown,
}

/// A place in the log in bytes: places in one segment can be subtracted.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct LogPosition {
    /// The base offset of the segment.
    pub segment: Offset,
    /// Bytes of the segment in front of the place.
    pub position: u64,
}

impl LogPosition {
    /// The bytes from `earlier` to here; `None` when other segments lie between.
    #[must_use]
    pub fn bytes_since(self, earlier: LogPosition) -> Option<u64> {
        if self.segment != earlier.segment {
            return None;
        }
        self.position.checked_sub(earlier.position)
    }
}

/// Whole batches, as they are in the log.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Read {
    /// The bytes; the first batch may begin below the offset asked for.
    pub bytes: Bytes,
    /// The offset behind the last batch: where to go on.
    pub next_offset: Offset,
    /// Where the first batch begins in its segment.
    pub position: u64,
}

impl<S: Storage> Log<S> {
    /// Finds where to read from `offset`. Nothing at or above `limit` is returned: the high
    /// watermark for consumers, the written mark for followers. `None` when `offset` is the end of
    /// what may be read.
    ///
    /// # Errors
    /// [`LogError::OffsetOutOfRange`] below the log start offset or above the log end offset.
    pub fn locate(&self, offset: Offset, limit: Offset) -> Result<Option<Located<S>>, LogError> {
        if offset < self.log_start_offset || offset > self.log_end_offset {
            return Err(LogError::OffsetOutOfRange {
                offset,
                start: self.log_start_offset,
                end: self.log_end_offset,
            });
        }
        let limit = limit.min(self.log_end_offset);
        if offset >= limit {
            return Ok(None);
        }
        let at = self.floor(offset);
        let segment = self.segments.get(at).expect("a log has a segment").clone();
        let next_segment = self.segments.get(at + 1).map(|next| next.base_offset());
        let (start, end) = if next_segment.is_none() {
            (self.start_in_active(offset), self.active.size)
        } else {
            let start = match segment.indexes_in_memory() {
                Some(indexes) => {
                    let relative = relative_offset(segment.base_offset(), offset);
                    Start::From(indexes.position_for(relative.unwrap_or(u32::MAX)).into())
                }
                None => Start::Unknown,
            };
            (start, segment.sealed_size())
        };
        Ok(Some(Located {
            segment,
            offset,
            limit,
            start,
            end,
            next_segment,
        }))
    }

    /// Where the batch with this base offset begins, or the log ends; `None` when that cannot be
    /// said without reading.
    #[must_use]
    pub fn position_of(&self, offset: Offset) -> Option<LogPosition> {
        let active = &self.active;
        let position = if offset == self.log_end_offset {
            active.size
        } else {
            let at = active
                .recent
                .binary_search_by_key(&offset, |(base, _)| *base);
            let (_, position) = active.recent.get(at.ok()?)?;
            u64::from(*position)
        };
        let segment = active.segment.base_offset();
        Some(LogPosition { segment, position })
    }

    fn start_in_active(&self, offset: Offset) -> Start {
        let active = &self.active;
        let behind = active.recent.partition_point(|(base, _)| *base <= offset);
        let recent = behind.checked_sub(1).and_then(|at| active.recent.get(at));
        if let Some((_, position)) = recent {
            return Start::At(u64::from(*position));
        }
        let relative = relative_offset(active.indexer.base_offset, offset).unwrap_or(0);
        Start::From(active.indexer.indexes.position_for(relative).into())
    }
}

impl<S: Storage> Located<S> {
    /// Reads whole batches of at most `max_bytes` together. If already the first batch is larger,
    /// it is returned alone when `at_least_one` is set, else nothing is.
    ///
    /// # Errors
    /// When the file cannot be read, or holds other than batches where it must hold them.
    pub fn read(&self, max_bytes: usize, at_least_one: bool) -> Result<Read, LogError> {
        self.read_from(self.scan(max_bytes)?, max_bytes, at_least_one)
    }

    /// Like [`Located::read`], but never waits for a device: `None` when it would have to, for a
    /// thread that must not block.
    ///
    /// # Errors
    /// As for [`Located::read`].
    pub fn read_cached(
        &self,
        max_bytes: usize,
        at_least_one: bool,
    ) -> Result<Option<Read>, LogError> {
        if matches!(self.start, Start::Unknown) {
            return Ok(None);
        }
        let scan = self.scan(max_bytes)?.cached_only();
        match self.read_from(scan, max_bytes, at_least_one) {
            Ok(read) => Ok(Some(read)),
            Err(LogError::Storage { source, .. }) if source.kind() == ErrorKind::WouldBlock => {
                Ok(None)
            }
            Err(error) => Err(error),
        }
    }

    fn read_from(
        &self,
        mut scan: Scan<'_, S>,
        max_bytes: usize,
        at_least_one: bool,
    ) -> Result<Read, LogError> {
        let Some(first) = scan.find(self.offset)? else {
            // Compaction removed the end of the segment: go on with the next one.
            return Ok(self.nothing(self.next_segment.unwrap_or(self.limit), self.end));
        };
        let first_size = first.size_in_bytes as usize;
        if first.base_offset >= self.limit {
            return Ok(self.nothing(self.limit, scan.position()));
        }
        if first_size > max_bytes && !at_least_one {
            return Ok(self.nothing(self.offset, scan.position()));
        }
        let budget = max_bytes.max(first_size);
        scan.fill(first_size, budget)?;
        let (length, next_offset) = scan.measure(&first, budget, self.limit)?;
        Ok(Read {
            position: scan.position(),
            bytes: scan.take(length),
            next_offset,
        })
    }

    fn scan(&self, max_bytes: usize) -> Result<Scan<'_, S>, LogError> {
        let with_slack = max_bytes.saturating_add(SCAN_SLACK);
        let (start, step) = match self.start {
            Start::At(position) => (position, max_bytes),
            Start::From(position) => (position, with_slack),
            Start::Unknown => {
                let relative = relative_offset(self.segment.base_offset(), self.offset);
                let indexes = self.segment.indexes()?;
                let position = indexes.position_for(relative.unwrap_or(u32::MAX));
                (position.into(), with_slack)
            }
        };
        Ok(Scan::new(&self.segment, start, self.end, step))
    }

    fn nothing(&self, next_offset: Offset, position: u64) -> Read {
        Read {
            bytes: Bytes::new(),
            next_offset: next_offset.max(self.offset),
            position,
        }
    }
}
