//! The bytes of batches: with their numbers, and taken apart when a broker finds them too large.

use bytes::Bytes;
use ottla_records::{
    BatchBuilder, BatchHeader, BatchOptions, Header, InflateLimits, RecordIterator, decompress,
};
use ottla_types::{ProducerEpoch, ProducerId};

use super::accumulator::TakenContent;

/// Bytes that this client compressed itself are no bomb.
const OWN: InflateLimits = InflateLimits {
    inflated_bytes_max: usize::MAX,
    ratio_max: usize::MAX,
    zstd_window_log_max: 31,
};

/// The bytes of a batch with its numbers. A batch that was encoded before is only stamped anew, if
/// its numbers changed at all.
pub(super) fn encode(
    content: TakenContent,
    id: ProducerId,
    epoch: ProducerEpoch,
    base_sequence: i32,
) -> Bytes {
    let bytes = match content {
        TakenContent::Builder(mut builder) => {
            builder.set_producer(id, epoch, base_sequence);
            return builder.build();
        }
        TakenContent::Encoded(bytes) => bytes,
    };
    let Ok(mut header) = BatchHeader::parse(&bytes) else {
        return bytes;
    };
    if (
        header.producer_id,
        header.producer_epoch,
        header.base_sequence,
    ) == (id, epoch, base_sequence)
    {
        return bytes;
    }
    header.producer_id = id;
    header.producer_epoch = epoch;
    header.base_sequence = base_sequence;
    let area = bytes
        .get(ottla_records::BATCH_HEADER_SIZE..)
        .unwrap_or_default();
    header.set_max_timestamp(header.timestamp_type(), header.max_timestamp, area);
    let mut stamped = Vec::with_capacity(bytes.len());
    stamped.extend_from_slice(&header.encode());
    stamped.extend_from_slice(area);
    Bytes::from(stamped)
}

/// The first records of a batch and its other ones, as batches of their own.
pub(super) fn halve(
    bytes: &[u8],
    records: i32,
    options: BatchOptions,
) -> Option<(BatchBuilder, BatchBuilder)> {
    let header = BatchHeader::parse(bytes).ok()?;
    let area = bytes.get(ottla_records::BATCH_HEADER_SIZE..)?;
    let mut inflated = Vec::new();
    decompress(header.compression().ok()?, area, &OWN, &mut inflated).ok()?;
    let mut first = BatchBuilder::new(options);
    let mut others = BatchBuilder::new(options);
    for record in RecordIterator::new(&header, &inflated) {
        let record = record.ok()?;
        let part = if record.offset_delta < records {
            &mut first
        } else {
            &mut others
        };
        let headers: Vec<Header<'_>> = record.headers.collect();
        part.append(record.timestamp, record.key, record.value, &headers);
    }
    Some((first, others))
}
