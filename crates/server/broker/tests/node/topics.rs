//! Topics: created, described, enlarged, deleted, and made by being asked for.

use ottla_messages::create_partitions_request::{CreatePartitionsRequest, CreatePartitionsTopic};
use ottla_messages::create_topics_request::{CreatableTopic, CreateTopicsRequest};
use ottla_messages::delete_topics_request::{DeleteTopicState, DeleteTopicsRequest};
use ottla_messages::describe_topic_partitions_request::Cursor;
use ottla_messages::describe_topic_partitions_request::{
    DescribeTopicPartitionsRequest, TopicRequest,
};
use ottla_messages::metadata_request::{MetadataRequest, MetadataRequestTopic};
use ottla_messages::metadata_response::MetadataResponseTopic;
use ottla_messages::{ErrorCode, KafkaString};
use ottla_test_node::{Client, TestNode};
use ottla_types::Uuid;

fn by_name(name: &str, create: bool) -> MetadataRequest {
    MetadataRequest {
        topics: Some(vec![MetadataRequestTopic {
            name: Some(KafkaString::copy_from(name)),
            ..MetadataRequestTopic::default()
        }]),
        allow_auto_topic_creation: create,
        ..MetadataRequest::default()
    }
}

fn of_all() -> MetadataRequest {
    MetadataRequest {
        topics: None,
        ..MetadataRequest::default()
    }
}

fn described(client: &mut Client, request: &MetadataRequest) -> MetadataResponseTopic {
    client.ask(request).topics.remove(0)
}

fn delete(client: &mut Client, topic_id: Uuid) -> ErrorCode {
    let response = client.ask(&DeleteTopicsRequest {
        topics: vec![DeleteTopicState {
            name: None,
            topic_id,
        }],
        timeout_ms: 10_000,
        ..DeleteTopicsRequest::default()
    });
    ErrorCode(response.responses[0].error_code)
}

#[test]
fn a_created_topic_can_be_used_as_soon_as_the_answer_is_there() {
    let node = TestNode::start();
    let (mut client, mut other) = (node.client(), node.client());
    for number in 0..10 {
        let name = format!("topic-{number}");
        let id = client.create_topic(&name, 3, &[]);
        let topic = described(&mut other, &by_name(&name, false));
        assert_eq!((topic.error_code, topic.topic_id), (0, id));
        assert_eq!(topic.partitions.len(), 3);
        assert_eq!(other.produce_values(&name, 2, &["v"]), 0);
    }
}

#[test]
fn metadata_names_the_brokers_by_the_listener_that_was_asked() {
    let node = TestNode::start();
    let response = node.client().ask(&MetadataRequest::default());
    let address = node.address("PLAINTEXT");
    let broker = &response.brokers[0];
    assert_eq!(broker.host.as_str(), address.ip().to_string());
    assert_eq!(broker.port, i32::from(address.port()));
    assert_eq!(response.controller_id, 1);
    assert_eq!(
        response.cluster_id.unwrap().as_str(),
        node.node().cluster_id()
    );
}

#[test]
fn all_topics_are_told_to_who_names_none() {
    let node = TestNode::start();
    let mut client = node.client();
    client.create_topic("b", 1, &[]);
    client.create_topic("a", 2, &[]);
    let all = client.ask(&of_all());
    let mut names: Vec<_> = all.topics.iter().map(|t| t.name.clone().unwrap()).collect();
    names.sort();
    assert_eq!(names, ["a", "b"]);
    let none = MetadataRequest {
        topics: Some(Vec::new()),
        ..MetadataRequest::default()
    };
    assert_eq!(client.ask(&none).topics, []);
}

#[test]
fn a_topic_is_made_by_being_asked_for() {
    let node = TestNode::with(&[("num.partitions", "4")]);
    let mut client = node.client();
    let topic = described(&mut client, &by_name("orders", true));
    let error = ErrorCode(topic.error_code);
    assert!(
        error == ErrorCode::NONE || error == ErrorCode::LEADER_NOT_AVAILABLE,
        "{error:?}"
    );
    let topic = described(&mut client, &by_name("orders", false));
    assert_eq!((topic.error_code, topic.partitions.len()), (0, 4));
}

#[test]
fn a_topic_is_not_made_against_the_clients_or_the_brokers_will() {
    let unwilling = TestNode::with(&[("auto.create.topics.enable", "false")]);
    let willing = TestNode::start();
    for (node, create) in [(&unwilling, true), (&willing, false)] {
        let mut client = node.client();
        for _ in 0..2 {
            let topic = described(&mut client, &by_name("orders", create));
            assert_eq!(
                ErrorCode(topic.error_code),
                ErrorCode::UNKNOWN_TOPIC_OR_PARTITION
            );
        }
    }
}

#[test]
fn a_name_that_no_topic_can_have_is_refused_as_such() {
    let node = TestNode::start();
    let mut client = node.client();
    let long = "x".repeat(250);
    for name in ["", ".", "..", "a/b", "a b", &long] {
        let topic = described(&mut client, &by_name(name, true));
        assert_eq!(
            ErrorCode(topic.error_code),
            ErrorCode::INVALID_TOPIC_EXCEPTION,
            "{name:?}"
        );
    }
    assert_eq!(client.ask(&of_all()).topics, []);
}

#[test]
fn a_deleted_topic_is_gone_and_its_name_free() {
    let node = TestNode::start();
    let mut client = node.client();
    let old = client.create_topic("orders", 1, &[]);
    client.produce_values("orders", 0, &["old"]);
    assert_eq!(delete(&mut client, old), ErrorCode::NONE);
    assert_eq!(delete(&mut client, old), ErrorCode::UNKNOWN_TOPIC_ID);
    let new = client.create_topic("orders", 1, &[]);
    assert_ne!(new, old);
    assert_eq!(client.fetch_values("orders", 0, 0), Vec::<String>::new());
    let gone = MetadataRequest {
        topics: Some(vec![MetadataRequestTopic {
            topic_id: old,
            name: None,
        }]),
        ..MetadataRequest::default()
    };
    let gone = described(&mut client, &gone);
    assert_eq!(ErrorCode(gone.error_code), ErrorCode::UNKNOWN_TOPIC_ID);
}

#[test]
fn a_topic_grows_while_it_is_in_use() {
    let node = TestNode::start();
    let mut client = node.client();
    client.create_topic("orders", 1, &[]);
    client.produce_values("orders", 0, &["before"]);
    let to = |count| CreatePartitionsRequest {
        topics: vec![CreatePartitionsTopic {
            name: "orders".into(),
            count,
            assignments: None,
        }],
        timeout_ms: 10_000,
        validate_only: false,
    };
    let grown = client.ask(&to(3));
    assert_eq!(grown.results[0].error_code, 0);
    assert_eq!(client.produce_values("orders", 2, &["after"]), 0);
    assert_eq!(client.fetch_values("orders", 0, 0), ["before"]);
    let shrunk = client.ask(&to(2));
    assert_eq!(
        ErrorCode(shrunk.results[0].error_code),
        ErrorCode::INVALID_PARTITIONS
    );
}

#[test]
fn what_is_only_validated_does_not_happen() {
    let node = TestNode::start();
    let mut client = node.client();
    let request = CreateTopicsRequest {
        topics: vec![CreatableTopic {
            name: "orders".into(),
            num_partitions: 1,
            replication_factor: 1,
            ..CreatableTopic::default()
        }],
        timeout_ms: 10_000,
        validate_only: true,
    };
    assert_eq!(client.ask(&request).topics[0].error_code, 0);
    assert_eq!(client.ask(&of_all()).topics, []);
}

#[test]
fn more_replicas_than_brokers_cannot_be() {
    let node = TestNode::start();
    let mut client = node.client();
    let request = CreateTopicsRequest {
        topics: vec![CreatableTopic {
            name: "orders".into(),
            num_partitions: 1,
            replication_factor: 3,
            ..CreatableTopic::default()
        }],
        timeout_ms: 10_000,
        validate_only: false,
    };
    let refused = &client.ask(&request).topics[0];
    assert_eq!(
        ErrorCode(refused.error_code),
        ErrorCode::INVALID_REPLICATION_FACTOR
    );
    assert!(refused.error_message.is_some());
}

#[test]
fn a_page_that_begins_nowhere_is_refused() {
    let node = TestNode::start();
    let mut client = node.client();
    client.create_topic("a", 3, &[]);
    let page = |partition_index| DescribeTopicPartitionsRequest {
        topics: vec![TopicRequest { name: "a".into() }],
        response_partition_limit: 2,
        cursor: Some(Cursor {
            topic_name: "a".into(),
            partition_index,
        }),
    };
    let refused = client.ask(&page(-5)).topics.remove(0);
    assert_eq!(ErrorCode(refused.error_code), ErrorCode::INVALID_REQUEST);
    let behind = client.ask(&page(i32::MAX)).topics.remove(0);
    assert_eq!((behind.error_code, behind.partitions.len()), (0, 0));
    // The cursor is one of the topics that are asked for.
    let mut astray = page(0);
    astray.topics[0].name = "b".into();
    let refused = client.ask(&astray).topics.remove(0);
    assert_eq!(ErrorCode(refused.error_code), ErrorCode::INVALID_REQUEST);
}

#[test]
fn ids_before_their_version_are_refused_and_nothing_else_is_told() {
    let node = TestNode::start();
    let mut client = node.client();
    let topic_id = client.create_topic("orders", 1, &[]);
    let mut request = by_name("orders", false);
    request.topics.as_mut().unwrap()[0].topic_id = topic_id;
    let response = client.call(11, &request);
    assert_eq!((response.brokers.len(), response.controller_id), (0, -1));
    assert_eq!(response.cluster_id, None);
    let refused = &response.topics[0];
    assert_eq!(ErrorCode(refused.error_code), ErrorCode::INVALID_REQUEST);
    assert_eq!(refused.topic_id, topic_id);
}

#[test]
fn a_leader_without_the_listener_that_was_asked_cannot_be_dialled() {
    let listeners = "PLAINTEXT://127.0.0.1:0,INSIDE://127.0.0.1:0,CONTROLLER://127.0.0.1:0";
    let protocols = "PLAINTEXT:PLAINTEXT,INSIDE:PLAINTEXT,CONTROLLER:PLAINTEXT";
    let node = TestNode::with(&[
        ("listeners", listeners),
        ("advertised.listeners", "PLAINTEXT://127.0.0.1:9092"),
        ("listener.security.protocol.map", protocols),
    ]);
    node.client().create_topic("orders", 1, &[]);
    let mut inside = Client::connect(node.address("INSIDE"));
    for (version, expected) in [
        (13, ErrorCode::LISTENER_NOT_FOUND),
        (5, ErrorCode::LEADER_NOT_AVAILABLE),
    ] {
        let topic = inside.call(version, &of_all()).topics.remove(0);
        let partition = &topic.partitions[0];
        assert_eq!(ErrorCode(partition.error_code), expected);
        assert_eq!(
            (partition.leader_id, &*partition.offline_replicas),
            (-1, &[1][..])
        );
    }
}

#[test]
fn partitions_are_described_in_pages() {
    let node = TestNode::start();
    let mut client = node.client();
    client.create_topic("a", 3, &[]);
    client.create_topic("b", 3, &[]);
    let mut cursor: Option<Cursor> = None;
    let mut pages = Vec::new();
    loop {
        let response = client.ask(&DescribeTopicPartitionsRequest {
            topics: ["b", "a"]
                .map(|name| TopicRequest { name: name.into() })
                .to_vec(),
            response_partition_limit: 2,
            cursor,
        });
        let page: Vec<_> = response
            .topics
            .iter()
            .flat_map(|topic| {
                let name = topic.name.clone().unwrap();
                let partitions = topic.partitions.iter();
                partitions.map(move |p| format!("{name}-{}", p.partition_index))
            })
            .collect();
        pages.push(page.join(" "));
        let Some(next) = response.next_cursor else {
            break;
        };
        cursor = Some(Cursor {
            topic_name: next.topic_name,
            partition_index: next.partition_index,
        });
    }
    assert_eq!(pages, ["a-0 a-1", "a-2 b-0", "b-1 b-2"]);
}

#[test]
fn a_topic_that_is_asked_for_twice_is_told_and_made_once() {
    let node = TestNode::start();
    let mut client = node.client();
    let mut request = by_name("orders", true);
    let twice = request.topics.clone().unwrap();
    request.topics.as_mut().unwrap().extend(twice);
    for _ in 0..2 {
        let topics = client.ask(&request).topics;
        assert_eq!(topics.len(), 1);
        assert_eq!(ErrorCode(topics[0].error_code), ErrorCode::NONE);
    }
}

#[test]
fn one_id_makes_ids_of_all_that_is_asked_for() {
    let node = TestNode::start();
    let mut client = node.client();
    let topic_id = client.create_topic("orders", 1, &[]);
    let mut request = by_name("others", true);
    request.topics.as_mut().unwrap().push(MetadataRequestTopic {
        topic_id,
        name: None,
    });
    let topics = client.ask(&request).topics;
    assert_eq!(topics.len(), 1);
    assert_eq!(topics[0].topic_id, topic_id);
    // Before version 12 nobody could ask by id.
    let refused = client.call(11, &request).topics;
    assert_eq!(refused.len(), 2);
    for topic in refused {
        assert_eq!(ErrorCode(topic.error_code), ErrorCode::INVALID_REQUEST);
    }
}
