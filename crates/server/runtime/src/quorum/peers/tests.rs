//! Requests of peers and observers against a sole voter, message to message.

use std::sync::mpsc;

use ottla_messages::ErrorCode;
use ottla_messages::begin_quorum_epoch_request::{self, BeginQuorumEpochRequest};
use ottla_messages::describe_quorum_request::{self, DescribeQuorumRequest};
use ottla_messages::fetch_request::{self, FetchRequest, ReplicaState};
use ottla_messages::vote_request::{self, VoteRequest};
use ottla_records::Batches;
use ottla_types::Uuid;

use super::{METADATA_TOPIC_ID, QuorumCall, QuorumRequest, QuorumResponse};
use crate::quorum::node::tests::{Node, formatted, now, started};

fn ask(node: &mut Node, api_version: i16, request: QuorumRequest) -> QuorumResponse {
    let (sender, receiver) = mpsc::channel();
    let call = QuorumCall {
        request,
        api_version,
        listener: "CONTROLLER".to_owned(),
        reply: Box::new(move |response| sender.send(response).unwrap()),
    };
    node.call(now(), call).unwrap();
    node.settle(now()).unwrap();
    receiver.try_recv().expect("it is answered at once")
}

fn fetch(replica_id: i32, epoch: i32, offset: i64, last_epoch: i32) -> FetchRequest {
    FetchRequest {
        cluster_id: Some("cluster".into()),
        replica_state: ReplicaState {
            replica_id,
            replica_epoch: -1,
        },
        max_wait_ms: 0,
        max_bytes: 1 << 20,
        topics: vec![fetch_request::FetchTopic {
            topic_id: METADATA_TOPIC_ID,
            partitions: vec![fetch_request::FetchPartition {
                current_leader_epoch: epoch,
                fetch_offset: offset,
                last_fetched_epoch: last_epoch,
                replica_directory_id: Uuid(9 << 64),
                ..Default::default()
            }],
            ..Default::default()
        }],
        ..Default::default()
    }
}

fn fetched(response: QuorumResponse) -> ottla_messages::fetch_response::FetchResponse {
    match response {
        QuorumResponse::Fetch(response) => response,
        other => panic!("another answer: {other:?}"),
    }
}

#[test]
fn an_observer_fetches_the_log_and_is_described() {
    let (mut node, _) = started(&formatted());
    let request = QuorumRequest::Fetch(fetch(5, 1, 0, 0));
    let response = fetched(ask(&mut node, 17, request));
    assert_eq!(response.node_endpoints[0].port, 9093);
    let partition = &response.responses[0].partitions[0];
    assert_eq!(partition.error_code, 0);
    assert_eq!(partition.high_watermark, 4);
    assert_eq!(partition.current_leader.leader_id, 1);
    let records = partition.records.clone().unwrap();
    let ends: Vec<_> = Batches::new(&records)
        .map(|batch| batch.unwrap().0.next_offset().0)
        .collect();
    assert_eq!(ends, [3, 4]);
    ask(&mut node, 17, QuorumRequest::Fetch(fetch(5, 1, 4, 1)));

    let request = DescribeQuorumRequest {
        topics: vec![describe_quorum_request::TopicData {
            topic_name: "__cluster_metadata".into(),
            partitions: vec![describe_quorum_request::PartitionData { partition_index: 0 }],
        }],
    };
    let QuorumResponse::DescribeQuorum(described) =
        ask(&mut node, 2, QuorumRequest::DescribeQuorum(request))
    else {
        panic!("another answer");
    };
    let partition = &described.topics[0].partitions[0];
    assert_eq!((partition.leader_id, partition.leader_epoch), (1, 1));
    assert_eq!(partition.current_voters[0].log_end_offset, 4);
    assert_eq!(partition.observers[0].replica_id, 5);
    assert_eq!(partition.observers[0].log_end_offset, 4);
    assert_eq!(described.nodes[0].listeners[0].name.as_str(), "CONTROLLER");
}

#[test]
fn a_fetch_of_another_log_cluster_or_epoch_is_refused() {
    let (mut node, _) = started(&formatted());
    let mut elsewhere = fetch(5, 1, 0, 0);
    elsewhere.cluster_id = Some("another".into());
    let response = fetched(ask(&mut node, 17, QuorumRequest::Fetch(elsewhere)));
    assert_eq!(response.error_code, ErrorCode::INCONSISTENT_CLUSTER_ID.0);

    let mut other_topic = fetch(5, 1, 0, 0);
    other_topic.topics[0].topic_id = Uuid(77 << 64);
    let response = fetched(ask(&mut node, 17, QuorumRequest::Fetch(other_topic)));
    assert_eq!(response.error_code, ErrorCode::INVALID_REQUEST.0);

    let response = fetched(ask(&mut node, 17, QuorumRequest::Fetch(fetch(5, 0, 0, 0))));
    let partition = &response.responses[0].partitions[0];
    assert_eq!(partition.error_code, ErrorCode::FENCED_LEADER_EPOCH.0);
    assert_eq!(partition.current_leader.leader_epoch, 1);

    let response = fetched(ask(&mut node, 17, QuorumRequest::Fetch(fetch(5, 1, 99, 1))));
    let partition = &response.responses[0].partitions[0];
    assert_eq!(partition.diverging_epoch.end_offset, 4);
}

#[test]
fn a_vote_for_an_outsider_is_refused() {
    let (mut node, _) = started(&formatted());
    let request = VoteRequest {
        cluster_id: None,
        voter_id: 1,
        topics: vec![vote_request::TopicData {
            topic_name: "__cluster_metadata".into(),
            partitions: vec![vote_request::PartitionData {
                partition_index: 0,
                replica_epoch: 1,
                replica_id: 2,
                last_offset_epoch: 0,
                last_offset: 9,
                voter_directory_id: Uuid(7 << 64),
                ..Default::default()
            }],
        }],
    };
    let QuorumResponse::Vote(response) = ask(&mut node, 1, QuorumRequest::Vote(request)) else {
        panic!("another answer");
    };
    let partition = &response.topics[0].partitions[0];
    let refused = (ErrorCode::INCONSISTENT_VOTER_SET.0, false);
    assert_eq!((partition.error_code, partition.vote_granted), refused);
    assert_eq!((partition.leader_id, partition.leader_epoch), (1, 1));
}

#[test]
fn an_outsiders_claim_of_a_later_epoch_neither_stops_nor_moves_the_node() {
    let (mut node, _) = started(&formatted());
    for leader_epoch in [2, i32::MAX] {
        let request = BeginQuorumEpochRequest {
            topics: vec![begin_quorum_epoch_request::TopicData {
                topic_name: "__cluster_metadata".into(),
                partitions: vec![begin_quorum_epoch_request::PartitionData {
                    partition_index: 0,
                    leader_id: 99,
                    leader_epoch,
                    ..Default::default()
                }],
            }],
            ..Default::default()
        };
        let QuorumResponse::BeginQuorumEpoch(response) =
            ask(&mut node, 1, QuorumRequest::BeginQuorumEpoch(request))
        else {
            panic!("another answer");
        };
        let partition = &response.topics[0].partitions[0];
        assert_eq!(partition.error_code, ErrorCode::INCONSISTENT_VOTER_SET.0);
        assert_eq!((partition.leader_id, partition.leader_epoch), (1, 1));
    }
}
