//! A broker whose controller is another node.

use ottla_messages::ErrorCode;
use ottla_messages::describe_cluster_request::DescribeClusterRequest;
use ottla_messages::describe_quorum_request::{self, DescribeQuorumRequest};
use ottla_messages::envelope_request::EnvelopeRequest;
use ottla_messages::metadata_request::{MetadataRequest, MetadataRequestTopic};
use ottla_test_node::TestNode;

#[test]
fn what_its_clients_ask_is_decided_by_the_controller() {
    let controller = TestNode::start();
    let broker = TestNode::broker_of(&controller, &[]);
    let mut client = broker.client();
    // One partition for each of the two brokers.
    let id = client.create_topic("orders", 2, &[]);
    for node in [&controller, &broker] {
        let seen = node.node().published();
        let topic = seen.image.topics.by_name("orders").unwrap();
        assert_eq!(topic.id, id);
    }
    let brokers = client.ask(&DescribeClusterRequest::default()).brokers;
    let ids: Vec<_> = brokers.iter().map(|broker| broker.broker_id).collect();
    assert_eq!(ids, [1, 2]);
}

#[test]
fn it_comes_back_under_its_id_after_a_stop() {
    // As in Kafka, it is taken for another broker with its id while its old session may live.
    let controller = TestNode::with(&[("broker.session.timeout.ms", "1000")]);
    let broker = TestNode::broker_of(&controller, &[]);
    broker.client().create_topic("before", 1, &[]);
    let broker = broker.restarted();
    broker.client().create_topic("after", 1, &[]);
    let seen = controller.node().published();
    assert_eq!(seen.image.topics.iter().count(), 2);
}

#[test]
fn it_has_the_quorum_described_by_its_leader() {
    let controller = TestNode::start();
    let broker = TestNode::broker_of(&controller, &[]);
    let answer = broker.client().ask(&DescribeQuorumRequest {
        topics: vec![describe_quorum_request::TopicData {
            topic_name: "__cluster_metadata".into(),
            partitions: vec![describe_quorum_request::PartitionData { partition_index: 0 }],
        }],
    });
    let partition = &answer.topics[0].partitions[0];
    assert_eq!(partition.leader_id, 1);
    assert_eq!(partition.observers[0].replica_id, 2);
}

#[test]
fn an_envelope_around_nothing_or_around_what_is_not_forwarded_is_refused() {
    let node = TestNode::start();
    let mut client = node.controller_client();
    // A Metadata request: its key is 3.
    for data in [&b""[..], &[0, 3, 0, 12, 0, 0, 0, 1, 0xff, 0xff, 0]] {
        let answer = client.ask(&EnvelopeRequest {
            request_data: data.to_vec().into(),
            ..EnvelopeRequest::default()
        });
        assert_eq!(ErrorCode(answer.error_code), ErrorCode::INVALID_REQUEST);
    }
}

#[test]
fn a_topic_that_it_creates_by_itself_is_as_its_own_file_says() {
    let controller = TestNode::with(&[("num.partitions", "2")]);
    let broker = TestNode::broker_of(&controller, &[("num.partitions", "5")]);
    let mut client = broker.client();
    let request = MetadataRequest {
        topics: Some(vec![MetadataRequestTopic {
            name: Some("orders".into()),
            ..MetadataRequestTopic::default()
        }]),
        allow_auto_topic_creation: true,
        ..MetadataRequest::default()
    };
    client.ask(&request);
    let seen = controller.node().published();
    let topic = seen.image.topics.by_name("orders").unwrap();
    assert_eq!(topic.partitions.values().count(), 5);
}
