//! Walks a buffer batch by batch.

use crate::{BatchHeader, RecordError};

/// The batches of a buffer, in order, with their bytes. Ends before a batch that is not whole (a
/// fetch may cut the last one): [`Batches::unread`] is what is left then.
#[derive(Clone, Debug)]
pub struct Batches<'a> {
    unread: &'a [u8],
    failed: bool,
}

impl<'a> Batches<'a> {
    /// Walks over `bytes`, which begin with a batch.
    #[must_use]
    pub fn new(bytes: &'a [u8]) -> Self {
        Batches {
            unread: bytes,
            failed: false,
        }
    }

    /// What has not been returned yet.
    #[must_use]
    pub fn unread(&self) -> &'a [u8] {
        self.unread
    }
}

impl<'a> Iterator for Batches<'a> {
    type Item = Result<(BatchHeader, &'a [u8]), RecordError>;

    fn next(&mut self) -> Option<Self::Item> {
        if self.failed || self.unread.len() < crate::BATCH_HEADER_SIZE {
            return None;
        }
        match BatchHeader::parse(self.unread) {
            Ok(header) => {
                let (batch, rest) = self
                    .unread
                    .split_at_checked(header.size_in_bytes as usize)?;
                self.unread = rest;
                Some(Ok((header, batch)))
            }
            Err(error) => {
                self.failed = true;
                Some(Err(error))
            }
        }
    }
}

#[cfg(test)]
mod tests;
