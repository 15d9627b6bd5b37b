//! The controller's listener: what tools and other replicas of the metadata quorum ask there.

use bytes::Bytes;
use ottla_messages::begin_quorum_epoch_request::{self, BeginQuorumEpochRequest};
use ottla_messages::describe_cluster_request::DescribeClusterRequest;
use ottla_messages::describe_quorum_request::{self, DescribeQuorumRequest};
use ottla_messages::describe_quorum_response;
use ottla_messages::fetch_request::{FetchPartition, FetchRequest, FetchTopic, ReplicaState};
use ottla_messages::fetch_response::PartitionData;
use ottla_messages::vote_request::{self, VoteRequest};
use ottla_messages::{ErrorCode, KafkaString};
use ottla_records::Batches;
use ottla_test_node::{Client, TestNode, only_fetched};
use ottla_types::Uuid;

use crate::connections::api_versions;

const METADATA: &str = "__cluster_metadata";
const METADATA_ID: Uuid = Uuid(1);

fn quorum(client: &mut Client) -> describe_quorum_response::PartitionData {
    let mut response = client.ask(&DescribeQuorumRequest {
        topics: vec![describe_quorum_request::TopicData {
            topic_name: METADATA.into(),
            partitions: vec![describe_quorum_request::PartitionData { partition_index: 0 }],
        }],
    });
    assert_eq!(ErrorCode(response.error_code), ErrorCode::NONE);
    response.topics.remove(0).partitions.remove(0)
}

/// What an observer with this id asks of the metadata log.
fn observe(offset: i64, epoch: i32) -> FetchRequest {
    FetchRequest {
        replica_state: ReplicaState {
            replica_id: 100,
            replica_epoch: -1,
        },
        max_wait_ms: 0,
        max_bytes: 1 << 20,
        topics: vec![FetchTopic {
            topic_id: METADATA_ID,
            partitions: vec![FetchPartition {
                current_leader_epoch: epoch,
                fetch_offset: offset,
                last_fetched_epoch: 0,
                partition_max_bytes: 1 << 20,
                replica_directory_id: Uuid(77),
                ..FetchPartition::default()
            }],
            ..FetchTopic::default()
        }],
        ..FetchRequest::default()
    }
}

fn fetched(client: &mut Client, request: &FetchRequest) -> PartitionData {
    only_fetched(client.ask(request))
}

fn next_offset(records: &Bytes) -> i64 {
    let headers = Batches::new(records).map(|found| found.unwrap().0);
    headers.last().unwrap().next_offset().0
}

#[test]
fn the_quorum_is_described_alike_on_both_listeners() {
    let node = TestNode::start();
    let mut of_controller = quorum(&mut node.controller_client());
    assert_eq!(of_controller.leader_id, 1);
    assert!(of_controller.high_watermark > 0);
    let mut of_broker = quorum(&mut node.client());
    for described in [&mut of_controller, &mut of_broker] {
        assert_eq!(described.current_voters.len(), 1);
        assert_eq!(described.current_voters[0].replica_id, 1);
        assert_ne!(described.current_voters[0].replica_directory_id, Uuid::ZERO);
        // The log moves on while one asks.
        described.current_voters.clear();
        described.high_watermark = 0;
    }
    assert_eq!(of_controller, of_broker);
}

#[test]
fn an_observer_reads_the_metadata_log_up_to_the_high_watermark() {
    let node = TestNode::start();
    let mut client = node.controller_client();
    let epoch = quorum(&mut client).leader_epoch;
    let mut offset = 0;
    node.client().create_topic("orders", 1, &[]);
    let end = quorum(&mut client).high_watermark;
    while offset < end {
        let data = fetched(&mut client, &observe(offset, epoch));
        assert_eq!(ErrorCode(data.error_code), ErrorCode::NONE);
        assert_eq!(data.current_leader.leader_id, 1);
        offset = next_offset(&data.records.unwrap());
    }
    let observers = quorum(&mut client).observers;
    let seen = observers.iter().find(|observer| observer.replica_id == 100);
    assert_eq!(seen.unwrap().replica_directory_id, Uuid(77));
}

#[test]
fn an_observer_that_waits_hears_of_the_next_record() {
    let node = TestNode::start();
    let mut client = node.controller_client();
    let quorum = quorum(&mut client);
    let mut waiting_for = observe(quorum.high_watermark, quorum.leader_epoch);
    waiting_for.max_wait_ms = 60_000;
    waiting_for.topics[0].partitions[0].last_fetched_epoch = quorum.leader_epoch;
    let waiting = client.send(18, &waiting_for);
    node.client().create_topic("orders", 1, &[]);
    let data = only_fetched(client.receive(waiting));
    assert!(next_offset(&data.records.unwrap()) > quorum.high_watermark);
}

#[test]
fn an_observer_that_has_diverged_is_told_where() {
    let node = TestNode::start();
    let mut client = node.controller_client();
    let quorum = quorum(&mut client);
    let mut ahead = observe(quorum.high_watermark + 1000, quorum.leader_epoch);
    ahead.topics[0].partitions[0].last_fetched_epoch = quorum.leader_epoch;
    let data = fetched(&mut client, &ahead);
    assert_eq!(data.diverging_epoch.epoch, quorum.leader_epoch);
    assert!(data.diverging_epoch.end_offset >= quorum.high_watermark);
}

#[test]
fn whoever_lives_in_another_epoch_is_told_the_present_one() {
    let node = TestNode::start();
    let mut client = node.controller_client();
    let epoch = quorum(&mut client).leader_epoch;
    let old = fetched(&mut client, &observe(0, epoch - 1));
    assert_eq!(ErrorCode(old.error_code), ErrorCode::FENCED_LEADER_EPOCH);
    assert_eq!(old.current_leader.leader_epoch, epoch);
    let future = fetched(&mut client, &observe(0, epoch + 1));
    assert_eq!(
        ErrorCode(future.error_code),
        ErrorCode::UNKNOWN_LEADER_EPOCH
    );
    let begun = client.ask(&BeginQuorumEpochRequest {
        cluster_id: Some(KafkaString::copy_from(node.node().cluster_id())),
        voter_id: 1,
        topics: vec![begin_quorum_epoch_request::TopicData {
            topic_name: METADATA.into(),
            partitions: vec![begin_quorum_epoch_request::PartitionData {
                leader_id: 2,
                leader_epoch: epoch - 1,
                ..begin_quorum_epoch_request::PartitionData::default()
            }],
        }],
        ..BeginQuorumEpochRequest::default()
    });
    let partition = &begun.topics[0].partitions[0];
    assert_eq!(
        ErrorCode(partition.error_code),
        ErrorCode::FENCED_LEADER_EPOCH
    );
    assert_eq!((partition.leader_id, partition.leader_epoch), (1, epoch));
}

fn vote(node: &TestNode, client: &mut Client, cluster: &str, epoch: i32) -> (ErrorCode, bool) {
    let directory = quorum(client).current_voters[0].replica_directory_id;
    let response = client.call(
        1,
        &VoteRequest {
            cluster_id: Some(KafkaString::copy_from(cluster)),
            voter_id: node.node().node_id().0,
            topics: vec![vote_request::TopicData {
                topic_name: METADATA.into(),
                partitions: vec![vote_request::PartitionData {
                    replica_epoch: epoch,
                    replica_id: 2,
                    replica_directory_id: Uuid(78),
                    voter_directory_id: directory,
                    last_offset_epoch: 0,
                    last_offset: i64::from(i32::MAX),
                    ..vote_request::PartitionData::default()
                }],
            }],
        },
    );
    if response.error_code != 0 {
        return (ErrorCode(response.error_code), false);
    }
    let partition = &response.topics[0].partitions[0];
    (ErrorCode(partition.error_code), partition.vote_granted)
}

#[test]
fn a_candidate_that_is_no_voter_gets_no_vote_and_moves_nothing() {
    let node = TestNode::start().restarted();
    let mut client = node.controller_client();
    let own = node.node().cluster_id();
    let epoch = quorum(&mut client).leader_epoch;
    for (cluster, epoch, expected) in [
        (own, epoch - 1, ErrorCode::FENCED_LEADER_EPOCH),
        (own, epoch, ErrorCode::INCONSISTENT_VOTER_SET),
        (own, epoch + 1, ErrorCode::INCONSISTENT_VOTER_SET),
        (own, i32::MAX, ErrorCode::INCONSISTENT_VOTER_SET),
        ("another", epoch, ErrorCode::INCONSISTENT_CLUSTER_ID),
    ] {
        let (error, granted) = vote(&node, &mut client, cluster, epoch);
        assert_eq!(error, expected, "{cluster} {epoch}");
        assert!(!granted);
    }
    assert_eq!(quorum(&mut client).leader_epoch, epoch);
}

#[test]
fn what_is_the_controllers_can_be_asked_of_it_directly() {
    let node = TestNode::start();
    let mut client = node.controller_client();
    client.create_topic("orders", 1, &[]);
    assert_eq!(node.client().produce_values("orders", 0, &["v"]), 0);
    let cluster = client.ask(&DescribeClusterRequest {
        endpoint_type: 2,
        ..DescribeClusterRequest::default()
    });
    assert_eq!(ErrorCode(cluster.error_code), ErrorCode::NONE);
    assert_eq!(cluster.controller_id, 1);
    let port = i32::from(node.address("CONTROLLER").port());
    assert_eq!(cluster.brokers[0].port, port);
    let mismatched = node.client().ask(&DescribeClusterRequest {
        endpoint_type: 2,
        ..DescribeClusterRequest::default()
    });
    assert_eq!(
        ErrorCode(mismatched.error_code),
        ErrorCode::MISMATCHED_ENDPOINT_TYPE
    );
}

#[test]
fn the_two_listeners_serve_what_is_theirs() {
    let node = TestNode::start();
    let mut keys = [node.client(), node.controller_client()].map(|mut client| {
        let apis = api_versions(&mut client).api_keys.into_iter();
        apis.map(|api| api.api_key).collect::<Vec<_>>()
    });
    let [of_broker, of_controller] = &mut keys;
    let (produce, vote) = (0, 52);
    assert!(of_broker.contains(&produce) && !of_broker.contains(&vote));
    assert!(of_controller.contains(&vote) && !of_controller.contains(&produce));
}

#[test]
fn each_listener_tells_of_unstable_feature_levels_by_a_key_of_its_own() {
    let highest = |mut client: Client| {
        let features = api_versions(&mut client).supported_features;
        let name = |name: &str| name == "metadata.version";
        let version = features.iter().find(|feature| name(&feature.name)).unwrap();
        version.max_version
    };
    let stable = highest(TestNode::start().client());
    for (key, of_broker, of_controller) in [
        ("unstable.feature.versions.enable", stable + 1, stable),
        ("unstable.api.versions.enable", stable, stable + 1),
    ] {
        let node = TestNode::with(&[(key, "true")]);
        assert_eq!(highest(node.client()), of_broker, "{key}");
        assert_eq!(highest(node.controller_client()), of_controller, "{key}");
    }
}
