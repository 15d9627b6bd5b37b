//! Checks a client's batch and makes it what the topic stores.
//!
//! Where many bytes have to be inflated or compressed, a thread that computes does it: a reactor
//! has other connections to serve. The request's connection waits meanwhile, so that its batches
//! keep their order.

use std::sync::Arc;

use bytes::Bytes;
use ottla_messages::produce_request::{PartitionProduceData, ProduceRequest, TopicProduceData};
use ottla_messages::produce_response::{BatchIndexAndErrorMessage, PartitionProduceResponse};
use ottla_messages::{ErrorCode, KafkaString};
use ottla_records::{
    BATCH_HEADER_SIZE, BatchHeader, ClientBatchRules, Compression, RecordError, Summary,
    TimestampType, validate_client_batch,
};
use ottla_runtime::clock;

use crate::Replica;
use crate::compression::{recompress, stores_as_it_came};
use crate::published::{Published, TopicEntry};

/// So many bytes of batches that must be inflated or compressed stay on the reactor: handing them
/// over would take about as long.
const HEAVY_FROM: usize = 32 << 10;

/// From this version on topics are named by their ids.
const TOPIC_ID_VERSION: i16 = 13;
/// From this version on clients may send zstd, because their readers know it too (KIP-110).
const ZSTD_VERSION: i16 = 7;

/// A batch as it is stored.
#[derive(Debug)]
pub(crate) struct Checked {
    pub header: BatchHeader,
    pub bytes: Bytes,
    /// -1 unless the topic's records carry it.
    pub append_time: i64,
}

/// A request whose batches were checked by another thread.
#[derive(Debug)]
pub struct CheckedRequest {
    /// By which the reactor knows it.
    pub(crate) number: u64,
    pub(super) request: ProduceRequest,
    /// The picture of the cluster it was checked with.
    pub(super) published: Arc<Published>,
    /// One for each partition of a topic that is known.
    pub(super) checked: Vec<Result<Checked, Refusal>>,
}

/// The topic that is meant.
pub(super) fn find_topic<'a>(
    published: &'a Published,
    version: i16,
    topic: &TopicProduceData,
) -> Result<&'a TopicEntry, ErrorCode> {
    let id = (version >= TOPIC_ID_VERSION).then_some(topic.topic_id);
    published.find(id, &topic.name)
}

/// What is wrong with a request of whose batches one does not even say how long it is: Kafka
/// refuses all of them then.
pub(super) fn broken(request: &ProduceRequest) -> Option<String> {
    let topics = request.topic_data.iter();
    let mut records = topics
        .flat_map(|topic| &topic.partition_data)
        .filter_map(|partition| partition.records.as_ref());
    records.find_map(|records| broken_batch(records))
}

/// What Kafka looks at in the first batch of a partition before it looks for the partition.
fn broken_batch(bytes: &[u8]) -> Option<String> {
    const SMALLEST: i32 = 14;
    const MAGIC_AT: usize = 16;
    let length = bytes.get(8..).and_then(<[u8]>::first_chunk)?;
    let length = i32::from_be_bytes(*length);
    if length < SMALLEST {
        return Some(format!(
            "Record size {length} is less than the minimum record overhead ({SMALLEST})"
        ));
    }
    let magic = *bytes.get(MAGIC_AT)?;
    (magic > 2).then(|| format!("Invalid magic found in record: {}", magic as i8))
}

/// Whether checking the request takes a while.
pub(super) fn is_heavy(published: &Published, version: i16, request: &ProduceRequest) -> bool {
    let mut heavy = 0;
    for topic in &request.topic_data {
        let Ok(entry) = find_topic(published, version, topic) else {
            continue;
        };
        for records in topic
            .partition_data
            .iter()
            .filter_map(|data| data.records.as_ref())
        {
            let came = BatchHeader::parse(records).and_then(|header| header.compression());
            let is_light =
                matches!(came, Ok(Compression::None)) && stores_as_it_came(entry.config());
            heavy += if is_light { 0 } else { records.len() };
        }
    }
    heavy > HEAVY_FROM
}

/// Checks every batch of a request.
pub(crate) fn check_all(
    number: u64,
    version: i16,
    request: ProduceRequest,
    published: Arc<Published>,
) -> CheckedRequest {
    let mut scratch = Vec::new();
    let mut checked = Vec::new();
    for topic in &request.topic_data {
        if let Ok(entry) = find_topic(&published, version, topic) {
            let batches = topic.partition_data.iter();
            checked.extend(batches.map(|partition| check(entry, version, partition, &mut scratch)));
        }
    }
    CheckedRequest {
        number,
        request,
        published,
        checked,
    }
}

/// Checks one batch; what is inflated goes through `scratch`.
pub(super) fn check(
    topic: &TopicEntry,
    version: i16,
    partition: &PartitionProduceData,
    scratch: &mut Vec<u8>,
) -> Result<Checked, Refusal> {
    if topic.is_internal() {
        return Err(ErrorCode::INVALID_TOPIC_EXCEPTION.into());
    }
    let replica = topic.replica(partition.index)?;
    let records = partition.records.clone().unwrap_or_default();
    if version < ZSTD_VERSION && is_zstd(&records) {
        return Err(ErrorCode::UNSUPPORTED_COMPRESSION_TYPE.into());
    }
    let rules = topic.batch_rules(clock::now().wall);
    let summary = validate_client_batch(&records, &rules, scratch)
        .map_err(|error| Refusal::of_batch(error, replica))?;
    if summary.header.is_transactional() {
        return Err(ErrorCode::INVALID_TXN_STATE.into());
    }
    let (header, bytes) = prepare(topic, &rules, &summary, records)?;
    Ok(Checked {
        header,
        bytes,
        append_time: match topic.timestamp_type() {
            TimestampType::LogAppendTime => summary.max_timestamp.0,
            TimestampType::CreateTime => -1,
        },
    })
}

fn is_zstd(records: &[u8]) -> bool {
    let compression = BatchHeader::parse(records).and_then(|header| header.compression());
    matches!(compression, Ok(Compression::Zstd))
}

/// The batch as it is stored: compressed and stamped as the topic wants it.
fn prepare(
    topic: &TopicEntry,
    rules: &ClientBatchRules,
    summary: &Summary,
    records: Bytes,
) -> Result<(BatchHeader, Bytes), RecordError> {
    let (mut header, records) = recompress(topic.config(), rules, summary, records)?;
    if summary.timestamp_rewrite {
        let area = records.get(BATCH_HEADER_SIZE..).unwrap_or_default();
        header.set_max_timestamp(topic.timestamp_type(), summary.max_timestamp, area);
    }
    Ok((header, records))
}

/// Why a batch was not taken.
#[derive(Debug)]
pub(crate) struct Refusal {
    error: ErrorCode,
    message: Option<KafkaString>,
    records: Vec<BatchIndexAndErrorMessage>,
    /// -1 unless the log was looked at before the batch was refused.
    log_start_offset: i64,
}

impl From<ErrorCode> for Refusal {
    fn from(error: ErrorCode) -> Self {
        Refusal {
            error,
            message: None,
            records: Vec::new(),
            log_start_offset: -1,
        }
    }
}

impl From<RecordError> for Refusal {
    fn from(error: RecordError) -> Self {
        let records = match &error {
            RecordError::Rejected(rejected) => rejected
                .records
                .iter()
                .map(|record| BatchIndexAndErrorMessage {
                    batch_index: record.batch_index,
                    batch_index_error_message: Some(KafkaString::from(record.message.clone())),
                })
                .collect(),
            _ => Vec::new(),
        };
        Refusal {
            error: ErrorCode(error.error_code()),
            message: Some(KafkaString::from(error.to_string())),
            records,
            log_start_offset: -1,
        }
    }
}

impl Refusal {
    /// Kafka looks at a request's form before the log, and then says where the log starts, unless
    /// the batch is too large or broken.
    fn of_batch(error: RecordError, replica: &Replica) -> Refusal {
        let looks_at_log = match &error {
            RecordError::NotOneBatch(_) | RecordError::UnsupportedMagic(_) => {
                return ErrorCode(error.error_code()).into();
            }
            RecordError::Corrupt(_)
            | RecordError::TooLarge { .. }
            | RecordError::LargerThanSegment { .. } => false,
            _ => true,
        };
        let mut refusal = Refusal::from(error);
        if looks_at_log {
            let start = replica.look(|machine, _| machine.log_start_offset());
            refusal.log_start_offset = start.0;
        }
        refusal
    }

    /// The same with a message.
    pub fn because(mut self, message: KafkaString) -> Refusal {
        self.message = Some(message);
        self
    }

    pub fn into_response(self, index: i32) -> PartitionProduceResponse {
        PartitionProduceResponse {
            index,
            error_code: self.error.0,
            base_offset: -1,
            log_append_time_ms: -1,
            log_start_offset: self.log_start_offset,
            record_errors: self.records,
            error_message: self.message,
            ..PartitionProduceResponse::default()
        }
    }
}
