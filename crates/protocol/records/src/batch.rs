//! One whole batch, inflated if it was compressed.

use bytes::Bytes;

use crate::{
    BATCH_HEADER_SIZE, BatchHeader, Compression, InflateLimits, RecordError, RecordIterator,
    decompress,
};

/// A batch whose records can be read.
#[derive(Clone, Debug)]
pub struct Batch {
    /// Its header.
    pub header: BatchHeader,
    /// The bytes behind the header, inflated. Keys and values of [`Batch::records`] are slices of
    /// it: `record_area.slice_ref(key)` shares instead of copying.
    pub record_area: Bytes,
}

impl Batch {
    /// Opens the batch at the front of `bytes`: checks the checksum and inflates.
    ///
    /// # Errors
    /// When the batch is not whole, corrupt, or inflates beyond `limits`.
    pub fn open(bytes: &Bytes, limits: &InflateLimits) -> Result<Batch, RecordError> {
        let header = BatchHeader::parse(bytes)?;
        header.verify_checksum(bytes)?;
        let area = bytes.slice(BATCH_HEADER_SIZE..header.size_in_bytes as usize);
        let record_area = match header.compression()? {
            Compression::None => area,
            compression => {
                let mut inflated = Vec::new();
                decompress(compression, &area, limits, &mut inflated)?;
                inflated.into()
            }
        };
        Ok(Batch {
            header,
            record_area,
        })
    }

    /// Its records, in order.
    #[must_use]
    pub fn records(&self) -> RecordIterator<'_> {
        RecordIterator::new(&self.header, &self.record_area)
    }
}
