//! DescribeProducers (61), version 0: the idempotent producers that a partition remembers, and
//! their open transactions (KIP-664).

use std::rc::Rc;

use ottla_messages::describe_producers_request::DescribeProducersRequest;
use ottla_messages::describe_producers_response::{
    DescribeProducersResponse, PartitionResponse, ProducerState, TopicResponse,
};
use ottla_messages::{ErrorCode, KafkaString};
use ottla_partition::ProducerEntry;

use crate::published::{Hosting, TopicEntry};
use crate::reactor::ReactorService;
use crate::request::RequestContext;

/// Answers for every partition.
pub fn handle(
    service: &Rc<ReactorService>,
    _context: &RequestContext,
    request: DescribeProducersRequest,
) -> DescribeProducersResponse {
    let published = service.node().published();
    let topics = request.topics.into_iter().map(|topic| {
        let entry = topic_entry(published.topic_by_name(&topic.name), &topic.name);
        let indexes = topic.partition_indexes.iter();
        TopicResponse {
            partitions: indexes
                .map(|index| match &entry {
                    Ok(entry) => describe(entry, *index),
                    Err((error, message)) => PartitionResponse {
                        partition_index: *index,
                        error_code: error.0,
                        error_message: message.clone(),
                        ..PartitionResponse::default()
                    },
                })
                .collect(),
            name: topic.name,
        }
    });
    DescribeProducersResponse {
        topics: topics.collect(),
        ..DescribeProducersResponse::default()
    }
}

type Refusal = (ErrorCode, Option<KafkaString>);

fn topic_entry<'a>(found: Option<&'a TopicEntry>, name: &str) -> Result<&'a TopicEntry, Refusal> {
    if let Err(error) = ottla_controller::validate_topic_name(name) {
        let message = KafkaString::from(error.to_string());
        return Err((ErrorCode::INVALID_TOPIC_EXCEPTION, Some(message)));
    }
    found.ok_or_else(|| {
        let message = KafkaString::from("This server does not host this topic-partition.");
        (ErrorCode::UNKNOWN_TOPIC_OR_PARTITION, Some(message))
    })
}

fn describe(topic: &TopicEntry, partition_index: i32) -> PartitionResponse {
    let hosting = topic.hosting(partition_index);
    let found = match hosting.map(Hosting::open) {
        // Also one that follows knows its producers.
        Ok(Some(replica)) => Ok(replica),
        _ => topic.replica(partition_index),
    };
    match found {
        Ok(replica) => {
            let entries: Vec<ProducerEntry> =
                replica.look(|machine, _| machine.producers().entries().collect());
            PartitionResponse {
                partition_index,
                active_producers: entries.iter().map(state).collect(),
                ..PartitionResponse::default()
            }
        }
        Err(error) => PartitionResponse {
            partition_index,
            error_code: error.0,
            ..PartitionResponse::default()
        },
    }
}

fn state(producer: &ProducerEntry) -> ProducerState {
    ProducerState {
        producer_id: producer.producer_id.0,
        producer_epoch: producer.producer_epoch.0.into(),
        last_sequence: producer.last_sequence,
        last_timestamp: producer.timestamp,
        coordinator_epoch: producer.coordinator_epoch,
        current_txn_start_offset: producer.current_transaction_first_offset,
    }
}
