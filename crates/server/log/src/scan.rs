//! Walks a stretch of a segment batch by batch, reading ahead.

use std::sync::Arc;

use bytes::Bytes;
use ottla_records::{BATCH_HEADER_SIZE, BatchHeader, RecordError, is_old_message};
use ottla_types::Offset;

use crate::blocks::Block;
use crate::files::FileKind;
use crate::storage::Storage;
use crate::{LogError, Segment};

/// Smaller reads are not worth a system call.
const STEP_MIN: usize = 8 << 10;

/// A stretch of a segment in memory, and a cursor in it at the beginning of a batch.
pub(crate) struct Scan<'a, S: Storage> {
    segment: &'a Arc<Segment<S>>,
    end: u64,
    block: Block,
    /// So many bytes of the block are of the segment,
    filled: usize,
    /// from this position on.
    block_position: u64,
    cursor: usize,
    step: usize,
    cached_only: bool,
}

impl<'a, S: Storage> Scan<'a, S> {
    /// A scan that begins at `start`, ends at `end` and moves by about `step` bytes.
    pub fn new(segment: &'a Arc<Segment<S>>, start: u64, end: u64, step: usize) -> Self {
        Scan {
            segment,
            end,
            block: Block::default(),
            filled: 0,
            block_position: start,
            cursor: 0,
            step: step.max(STEP_MIN),
            cached_only: false,
        }
    }

    /// The same scan, failing where it would have to wait for the device.
    pub fn cached_only(self) -> Self {
        Scan {
            cached_only: true,
            ..self
        }
    }

    /// The cursor's position in the segment.
    pub fn position(&self) -> u64 {
        self.block_position + self.cursor as u64
    }

    /// Moves the cursor to the first batch that ends at `offset` or behind.
    pub fn find(&mut self, offset: Offset) -> Result<Option<BatchHeader>, LogError> {
        while let Some(header) = self.header()? {
            if header.last_offset() >= offset {
                return Ok(Some(header));
            }
            self.skip(&header);
        }
        Ok(None)
    }

    /// The header at the cursor; `None` at the end.
    pub fn header(&mut self) -> Result<Option<BatchHeader>, LogError> {
        if self.position() + BATCH_HEADER_SIZE as u64 > self.end {
            return Ok(None);
        }
        self.fill(BATCH_HEADER_SIZE, BATCH_HEADER_SIZE)?;
        let rest = self.available();
        if rest.len() < BATCH_HEADER_SIZE {
            return Ok(None);
        }
        match BatchHeader::parse(rest) {
            Ok(header) => Ok(Some(header)),
            Err(error @ RecordError::UnsupportedMagic(_)) => {
                let is_old = self.is_old_message()?;
                let torn = RecordError::Corrupt("neither a batch nor an intact old message");
                Err(self.broken(if is_old { &error } else { &torn }))
            }
            Err(error) => Err(self.broken(&error)),
        }
    }

    /// Whether an intact message of an old format is at the cursor: what a power cut left of a
    /// batch may look like the beginning of one.
    fn is_old_message(&mut self) -> Result<bool, LogError> {
        let size = match is_old_message(self.available()) {
            Ok(is_old) => return Ok(is_old),
            Err(size) => size,
        };
        self.fill(size, size)?;
        Ok(is_old_message(self.available()).unwrap_or(false))
    }

    /// The whole batch at the cursor.
    pub fn batch(&mut self, header: &BatchHeader) -> Result<&[u8], LogError> {
        let size = header.size_in_bytes as usize;
        self.fill(size, size)?;
        self.available()
            .get(..size)
            .ok_or_else(|| self.broken(&RecordError::Corrupt("the file ends early")))
    }

    /// Moves the cursor behind the batch.
    pub fn skip(&mut self, header: &BatchHeader) {
        self.cursor += header.size_in_bytes as usize;
    }

    /// Makes `most` bytes from the cursor available, as far as the segment has them; a scan that
    /// must not wait is content with `least`.
    pub fn fill(&mut self, least: usize, most: usize) -> Result<(), LogError> {
        let position = self.position();
        let ahead = usize::try_from(self.end.saturating_sub(position)).unwrap_or(usize::MAX);
        let needed = if self.cached_only { least } else { most };
        if self.available().len() >= needed.min(ahead) {
            return Ok(());
        }
        let length = ahead.min(most.max(self.step));
        let mut block = Block::of(length);
        let place = block.as_mut().get_mut(..length).unwrap_or_default();
        let mut filled = 0;
        while filled < length {
            let rest = place.get_mut(filled..).unwrap_or_default();
            let at = position + filled as u64;
            match self.segment.read_into(at, rest, self.cached_only)? {
                0 => break,
                count => filled += count,
            }
            if self.cached_only && filled >= least {
                break;
            }
        }
        (self.block, self.filled) = (block, filled);
        (self.block_position, self.cursor) = (position, 0);
        Ok(())
    }

    fn available(&self) -> &[u8] {
        let bytes = self.block.as_ref();
        bytes.get(self.cursor..self.filled).unwrap_or_default()
    }

    /// How many bytes of whole batches from the cursor on fit `budget` and lie below `limit`.
    pub fn measure(
        &self,
        first: &BatchHeader,
        budget: usize,
        limit: Offset,
    ) -> Result<(usize, Offset), LogError> {
        let bytes = self.available();
        let budget = budget.min(bytes.len());
        let mut length = first.size_in_bytes as usize;
        let mut next_offset = first.next_offset();
        if length > budget {
            return Err(self.broken(&RecordError::Corrupt("the file ends early")));
        }
        while next_offset < limit {
            let rest = bytes.get(length..budget).unwrap_or_default();
            if rest.len() < BATCH_HEADER_SIZE {
                break;
            }
            let header = BatchHeader::parse(rest).map_err(|error| self.broken(&error))?;
            let size = header.size_in_bytes as usize;
            if size > rest.len() || header.base_offset >= limit {
                break;
            }
            length += size;
            next_offset = header.next_offset();
        }
        Ok((length, next_offset))
    }

    pub fn take(self, length: usize) -> Bytes {
        self.block.into_bytes(self.cursor..self.cursor + length)
    }

    pub fn broken(&self, error: &RecordError) -> LogError {
        let path = self.segment.path(FileKind::Log);
        let detail = format!("at position {}: {error}", self.position());
        match error {
            // Old, not broken: nobody may cut such a log for being unreadable to us.
            RecordError::UnsupportedMagic(_) => {
                LogError::Refused(format!("{} {detail}", path.display()))
            }
            _ => LogError::corrupt(&path, detail),
        }
    }
}
