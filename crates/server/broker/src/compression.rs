//! Stores a batch with the compression that its topic wants (`compression.type`).

use bytes::Bytes;
use ottla_config::{BrokerCompression, TopicConfig};
use ottla_records::{
    Batch, BatchBuilder, BatchHeader, BatchOptions, ClientBatchRules, Compression,
    CompressionLevels, Header, InflateLimits, RecordError, Summary,
};

/// Whether a topic takes every batch with the compression it came in.
pub fn stores_as_it_came(config: &TopicConfig) -> bool {
    config.compression == BrokerCompression::Producer
}

/// The batch as the topic wants it: as it came, or built anew with another compression.
///
/// # Errors
/// When the batch built anew is larger than the topic allows, or the one that came cannot be read
/// although it was checked.
pub fn recompress(
    config: &TopicConfig,
    rules: &ClientBatchRules,
    summary: &Summary,
    bytes: Bytes,
) -> Result<(BatchHeader, Bytes), RecordError> {
    let header = summary.header;
    let mut levels = CompressionLevels::default();
    let wanted = match config.compression {
        BrokerCompression::Producer => return Ok((header, bytes)),
        BrokerCompression::Uncompressed => Compression::None,
        BrokerCompression::Gzip(level) => {
            levels.gzip = level;
            Compression::Gzip
        }
        BrokerCompression::Snappy => Compression::Snappy,
        BrokerCompression::Lz4(_) => Compression::Lz4,
        BrokerCompression::Zstd(level) => {
            levels.zstd = level;
            Compression::Zstd
        }
    };
    if header.compression()? == wanted {
        return Ok((header, bytes));
    }
    let batch = Batch::open(&bytes, &InflateLimits::default())?;
    let mut builder = BatchBuilder::new(BatchOptions {
        compression: wanted,
        levels,
        producer_id: header.producer_id,
        producer_epoch: header.producer_epoch,
        base_sequence: header.base_sequence,
        is_transactional: header.is_transactional(),
        ..BatchOptions::default()
    });
    for record in batch.records() {
        let record = record?;
        let headers: Vec<Header<'_>> = record.headers.collect();
        builder.append(record.timestamp, record.key, record.value, &headers);
    }
    rules.check_size(builder.size_in_bytes())?;
    let bytes = builder.build();
    rules.check_size(bytes.len())?;
    Ok((BatchHeader::parse(&bytes)?, bytes))
}
