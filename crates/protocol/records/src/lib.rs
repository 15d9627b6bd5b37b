//! Record batches of format 2: header, read, build, compress, checksum, and what a client may
//! send.
//!
//! Reading and checking never allocates for an uncompressed batch; a compressed one is inflated
//! once, under the caps of [`InflateLimits`].
//!
//! *Not here*: the formats 0 and 1, which are refused by name.

mod batch;
mod batches;
mod builder;
mod checksum;
mod compression;
mod control;
mod error;
mod header;
mod old_message;
mod record;
mod validate;
mod varint;

pub use batch::Batch;
pub use batches::Batches;
pub use builder::{BatchBuilder, BatchOptions};
pub use checksum::crc32c;
pub use compression::{Compression, CompressionLevels, InflateLimits, compress, decompress};
pub use control::{
    ControlRecordType, EndTransactionMarker, build_control_batch, build_end_transaction_batch,
};
pub use error::{RecordError, RejectedRecord, RejectedRecords};
pub use header::{BATCH_HEADER_SIZE, BatchHeader, LOG_OVERHEAD, TimestampType, patch_position};
pub use old_message::is_old_message;
pub use record::{Header, Headers, Record, RecordIterator};
pub use validate::{ClientBatchRules, Summary, validate_client_batch};
