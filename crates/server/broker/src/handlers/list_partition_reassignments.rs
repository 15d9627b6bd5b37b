//! ListPartitionReassignments (46), version 0: which partitions are on their way to other replicas
//! (KIP-455), as this node has heard.

use std::rc::Rc;

use ottla_messages::KafkaString;
use ottla_messages::list_partition_reassignments_request::ListPartitionReassignmentsRequest;
use ottla_messages::list_partition_reassignments_response::{
    ListPartitionReassignmentsResponse, OngoingPartitionReassignment, OngoingTopicReassignment,
};
use ottla_metadata::{Topic, numbers};
use ottla_types::PartitionIndex;

use crate::reactor::ReactorService;
use crate::request::RequestContext;

/// Lists those asked for, or all.
pub fn handle(
    service: &Rc<ReactorService>,
    _context: &RequestContext,
    request: ListPartitionReassignmentsRequest,
) -> ListPartitionReassignmentsResponse {
    let published = service.node().published();
    let known = &published.image.topics;
    let topics: Vec<OngoingTopicReassignment> = match request.topics {
        None => known
            .iter()
            .filter_map(|topic| ongoing(topic, topic.partitions.keys().copied()))
            .collect(),
        Some(asked) => asked
            .iter()
            .filter_map(|asked| {
                let indexes = asked.partition_indexes.iter().copied();
                ongoing(known.by_name(&asked.name)?, indexes.map(PartitionIndex))
            })
            .collect(),
    };
    ListPartitionReassignmentsResponse {
        topics,
        ..ListPartitionReassignmentsResponse::default()
    }
}

/// What of a topic is on its way; none if nothing is.
fn ongoing(
    topic: &Topic,
    indexes: impl Iterator<Item = PartitionIndex>,
) -> Option<OngoingTopicReassignment> {
    let partitions: Vec<OngoingPartitionReassignment> = indexes
        .filter_map(|index| {
            let partition = topic.partition(index)?;
            let (adding, removing) = (&partition.adding_replicas, &partition.removing_replicas);
            let moves = !adding.is_empty() || !removing.is_empty();
            moves.then(|| OngoingPartitionReassignment {
                partition_index: index.0,
                replicas: numbers(&partition.replicas),
                adding_replicas: numbers(adding),
                removing_replicas: numbers(removing),
            })
        })
        .collect();
    (!partitions.is_empty()).then(|| OngoingTopicReassignment {
        name: KafkaString::copy_from(topic.name.as_str()),
        partitions,
    })
}
