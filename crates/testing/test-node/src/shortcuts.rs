//! Requests that almost every test needs, by topic name.

use std::time::{SystemTime, UNIX_EPOCH};

use bytes::Bytes;
use ottla_messages::create_topics_request::{
    CreatableTopic, CreatableTopicConfig, CreateTopicsRequest,
};
use ottla_messages::describe_groups_request::DescribeGroupsRequest;
use ottla_messages::fetch_request::{FetchPartition, FetchRequest, FetchTopic};
use ottla_messages::fetch_response::{FetchResponse, PartitionData};
use ottla_messages::find_coordinator_request::FindCoordinatorRequest;
use ottla_messages::find_coordinator_response::Coordinator;
use ottla_messages::init_producer_id_request::InitProducerIdRequest;
use ottla_messages::produce_request::{PartitionProduceData, ProduceRequest, TopicProduceData};
use ottla_messages::produce_response::{PartitionProduceResponse, ProduceResponse};
use ottla_messages::{ErrorCode, KafkaString};
use ottla_records::{
    BATCH_HEADER_SIZE, Batch, BatchBuilder, BatchHeader, BatchOptions, Batches, InflateLimits,
};
use ottla_types::{ProducerEpoch, ProducerId, TimestampMs, Uuid};

use crate::Client;

/// The newest version of Produce that names topics.
pub const PRODUCE_BY_NAME: i16 = 12;
/// The newest version of Fetch that names topics.
pub const FETCH_BY_NAME: i16 = 12;
const TIMEOUT_MS: i32 = 10_000;
const MANY_BYTES: i32 = 50 << 20;

impl Client {
    /// Creates a topic with one replica; its id.
    pub fn create_topic(&mut self, name: &str, partitions: i32, configs: &[(&str, &str)]) -> Uuid {
        let entry = |(name, value): &(&str, &str)| CreatableTopicConfig {
            name: KafkaString::copy_from(name),
            value: Some(KafkaString::copy_from(value)),
        };
        let response = self.ask(&CreateTopicsRequest {
            topics: vec![CreatableTopic {
                name: KafkaString::copy_from(name),
                num_partitions: partitions,
                replication_factor: 1,
                configs: configs.iter().map(entry).collect(),
                ..CreatableTopic::default()
            }],
            timeout_ms: TIMEOUT_MS,
            validate_only: false,
        });
        let topic = response.topics.first().unwrap();
        assert_eq!(ErrorCode(topic.error_code), ErrorCode::NONE, "{topic:?}");
        topic.topic_id
    }

    /// Appends one batch with acks=all; what the node says of it.
    pub fn produce(
        &mut self,
        topic: &str,
        partition: i32,
        batch: Bytes,
    ) -> PartitionProduceResponse {
        let request = produce_request(topic, partition, -1, batch);
        only_produced(self.call(PRODUCE_BY_NAME, &request))
    }

    /// Appends values with acks=all, which must succeed; the offset of the first one.
    pub fn produce_values(&mut self, topic: &str, partition: i32, values: &[&str]) -> i64 {
        let produced = self.produce(topic, partition, batch(values));
        assert_eq!(
            ErrorCode(produced.error_code),
            ErrorCode::NONE,
            "{produced:?}"
        );
        produced.base_offset
    }

    /// The options of the first batch of a new idempotent producer.
    pub fn idempotent_batch(&mut self) -> BatchOptions {
        let got = self.ask(&InitProducerIdRequest {
            transactional_id: None,
            producer_id: -1,
            producer_epoch: -1,
            ..InitProducerIdRequest::default()
        });
        assert_eq!(ErrorCode(got.error_code), ErrorCode::NONE, "{got:?}");
        BatchOptions {
            producer_id: ProducerId(got.producer_id),
            producer_epoch: ProducerEpoch(got.producer_epoch),
            base_sequence: 0,
            ..BatchOptions::default()
        }
    }

    /// Finds the coordinator of a group, and waits until it has loaded what it knows.
    pub fn find_coordinator(&mut self, group: &str) -> Coordinator {
        let mut found = self.ask(&FindCoordinatorRequest {
            coordinator_keys: vec![KafkaString::copy_from(group)],
            ..FindCoordinatorRequest::default()
        });
        let describe = DescribeGroupsRequest {
            groups: vec![KafkaString::copy_from(group)],
            include_authorized_operations: false,
        };
        let loading = ErrorCode::COORDINATOR_LOAD_IN_PROGRESS.0;
        while self.ask(&describe).groups[0].error_code == loading {}
        found.coordinators.remove(0)
    }

    /// Reads what lies in a partition from an offset on, without waiting.
    pub fn fetch(&mut self, topic: &str, partition: i32, offset: i64) -> PartitionData {
        let request = fetch_request(topic, partition, offset);
        only_fetched(self.call(FETCH_BY_NAME, &request))
    }

    /// The values in a partition from an offset on.
    pub fn fetch_values(&mut self, topic: &str, partition: i32, offset: i64) -> Vec<String> {
        let fetched = self.fetch(topic, partition, offset);
        assert_eq!(
            ErrorCode(fetched.error_code),
            ErrorCode::NONE,
            "{fetched:?}"
        );
        values_of(&fetched)
    }
}

/// A Produce request with one batch.
#[must_use]
pub fn produce_request(topic: &str, partition: i32, acks: i16, batch: Bytes) -> ProduceRequest {
    ProduceRequest {
        acks,
        timeout_ms: TIMEOUT_MS,
        topic_data: vec![TopicProduceData {
            name: KafkaString::copy_from(topic),
            partition_data: vec![PartitionProduceData {
                index: partition,
                records: Some(batch),
            }],
            ..TopicProduceData::default()
        }],
        ..ProduceRequest::default()
    }
}

/// A Fetch request for one partition that does not wait.
#[must_use]
pub fn fetch_request(topic: &str, partition: i32, offset: i64) -> FetchRequest {
    FetchRequest {
        replica_id: -1,
        max_wait_ms: 0,
        min_bytes: 1,
        max_bytes: MANY_BYTES,
        session_epoch: -1,
        topics: vec![FetchTopic {
            topic: KafkaString::copy_from(topic),
            partitions: vec![FetchPartition {
                partition,
                fetch_offset: offset,
                partition_max_bytes: MANY_BYTES,
                ..FetchPartition::default()
            }],
            ..FetchTopic::default()
        }],
        ..FetchRequest::default()
    }
}

/// The answer about the one batch of a request.
#[must_use]
pub fn only_produced(response: ProduceResponse) -> PartitionProduceResponse {
    let topic = response.responses.into_iter().next().unwrap();
    topic.partition_responses.into_iter().next().unwrap()
}

/// The answer about the one partition of a request.
#[must_use]
pub fn only_fetched(response: FetchResponse) -> PartitionData {
    assert_eq!(
        ErrorCode(response.error_code),
        ErrorCode::NONE,
        "{response:?}"
    );
    let topic = response.responses.into_iter().next().unwrap();
    topic.partitions.into_iter().next().unwrap()
}

/// A plain batch with these values, stamped with the time of now.
#[must_use]
pub fn batch(values: &[&str]) -> Bytes {
    batch_with(BatchOptions::default(), values)
}

/// A batch with these values.
#[must_use]
pub fn batch_with(options: BatchOptions, values: &[&str]) -> Bytes {
    let now = now();
    let mut builder = BatchBuilder::new(options);
    for value in values {
        builder.append(now, None, Some(value.as_bytes()), &[]);
    }
    builder.build()
}

/// A batch whose header says something else, with the checksum that belongs to it.
#[must_use]
pub fn forged(batch: &[u8], change: impl FnOnce(&mut BatchHeader)) -> Bytes {
    let mut header = BatchHeader::parse(batch).unwrap();
    let records = &batch[BATCH_HEADER_SIZE..];
    change(&mut header);
    header.set_max_timestamp(header.timestamp_type(), header.max_timestamp, records);
    Bytes::from([&header.encode(), records].concat())
}

/// The time of now.
#[must_use]
pub fn now() -> TimestampMs {
    let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap();
    TimestampMs(i64::try_from(since.as_millis()).unwrap())
}

/// The values of all records that were fetched of a partition.
#[must_use]
pub fn values_of(fetched: &PartitionData) -> Vec<String> {
    let records = fetched.records.clone().unwrap_or_default();
    let mut values = Vec::new();
    for found in Batches::new(&records) {
        let (_, bytes) = found.unwrap();
        let batch = Batch::open(&records.slice_ref(bytes), &InflateLimits::default()).unwrap();
        for record in batch.records() {
            let value = record.unwrap().value.unwrap_or_default();
            values.push(String::from_utf8(value.to_vec()).unwrap());
        }
    }
    values
}
