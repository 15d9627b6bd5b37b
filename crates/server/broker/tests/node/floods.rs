//! Much of what is allowed: answers and memory are bounded, and others are served.

use ottla_messages::fetch_request::{FetchPartition, FetchRequest};
use ottla_messages::join_group_request::{JoinGroupRequest, JoinGroupRequestProtocol};
use ottla_messages::list_offsets_request::{
    ListOffsetsPartition, ListOffsetsRequest, ListOffsetsTopic,
};
use ottla_messages::metadata_request::{MetadataRequest, MetadataRequestTopic};
use ottla_messages::produce_request::PartitionProduceData;
use ottla_messages::{ErrorCode, KafkaString};
use ottla_test_node::{
    Client, FETCH_BY_NAME, PRODUCE_BY_NAME, TestNode, batch, fetch_request, produce_request,
};

const MANY: i32 = 100_000;
/// The newest version of JoinGroup.
const JOIN: i16 = 9;
/// Ids that were given out to members who have not come back with them, of one group.
const IDS_GIVEN_OUT: usize = 10_000;

/// Partition 0 takes or gives something, all others do not exist.
fn assert_only_first(errors: &[i16]) {
    let unknown = ErrorCode::UNKNOWN_TOPIC_OR_PARTITION.0;
    assert_eq!(errors.len(), MANY as usize);
    assert_eq!(errors[0], 0);
    assert!(errors[1..].iter().all(|error| *error == unknown));
}

#[test]
fn a_hundred_thousand_partitions_of_a_request_are_answered_each_for_itself() {
    let node = TestNode::start();
    let mut client = node.client();
    client.create_topic("orders", 1, &[]);
    let mut produce = produce_request("orders", 0, 1, batch(&["value"]));
    let records = Some(batch(&["value"]));
    let data = (0..MANY).map(|index| PartitionProduceData {
        index,
        records: records.clone(),
    });
    produce.topic_data[0].partition_data = data.collect();
    let produced = client.call(PRODUCE_BY_NAME, &produce).responses.remove(0);
    let answers = produced.partition_responses.iter();
    assert_only_first(&answers.map(|one| one.error_code).collect::<Vec<_>>());

    let mut fetch = fetch_request("orders", 0, 0);
    let partitions = (0..MANY).map(|partition| FetchPartition {
        partition,
        ..FetchPartition::default()
    });
    fetch.topics[0].partitions = partitions.collect();
    let fetched = client.call(FETCH_BY_NAME, &fetch).responses.remove(0);
    let answers = fetched.partitions.iter();
    assert_only_first(&answers.map(|one| one.error_code).collect::<Vec<_>>());

    let partitions = (0..MANY).map(|partition_index| ListOffsetsPartition {
        partition_index,
        current_leader_epoch: -1,
        timestamp: 0,
    });
    let list = ListOffsetsRequest {
        replica_id: -1,
        topics: vec![ListOffsetsTopic {
            name: "orders".into(),
            partitions: partitions.collect(),
        }],
        ..ListOffsetsRequest::default()
    };
    let listed = client.call(7, &list).topics.remove(0);
    let answers = listed.partitions.iter();
    assert_only_first(&answers.map(|one| one.error_code).collect::<Vec<_>>());
    node.client().produce_values("orders", 0, &["after"]);
}

#[test]
fn a_partition_that_is_named_a_hundred_thousand_times_is_read_once() {
    let node = TestNode::start();
    let mut client = node.client();
    client.create_topic("orders", 1, &[]);
    client.produce_values("orders", 0, &["value"]);
    for session_epoch in [-1, 0] {
        let mut fetch = fetch_request("orders", 0, 0);
        fetch.session_epoch = session_epoch;
        let partition = fetch.topics[0].partitions[0].clone();
        fetch.topics[0].partitions = vec![partition; MANY as usize];
        let fetched = client.call(FETCH_BY_NAME, &fetch).responses.remove(0);
        assert_eq!(fetched.partitions.len(), 1);
    }
}

#[test]
fn a_hundred_thousand_topics_are_not_made_by_being_asked_for() {
    let node = TestNode::start();
    let mut client = node.client();
    let named = (0..MANY).map(|number| MetadataRequestTopic {
        name: Some(KafkaString::from(format!("topic-{number}"))),
        ..MetadataRequestTopic::default()
    });
    let request = MetadataRequest {
        topics: Some(named.collect()),
        allow_auto_topic_creation: true,
        ..MetadataRequest::default()
    };
    let told = client.call(12, &request).topics;
    assert_eq!(told.len(), MANY as usize);
    assert!(told.iter().all(|topic| topic.error_code != 0));
    let all = MetadataRequest {
        topics: None,
        ..MetadataRequest::default()
    };
    assert_eq!(node.client().ask(&all).topics, []);
}

#[test]
fn more_fetch_sessions_than_slots_leave_those_that_are_there_alone() {
    let settings = [("max.incremental.fetch.session.cache.slots", "20")];
    let node = TestNode::with(&settings);
    let mut client = node.client();
    client.create_topic("orders", 1, &[]);
    let full = FetchRequest {
        session_epoch: 0,
        ..fetch_request("orders", 0, 0)
    };
    let sessions: Vec<i32> = (0..1000)
        .map(|_| client.call(FETCH_BY_NAME, &full).session_id)
        .filter(|id| *id != 0)
        .collect();
    // Each of the two reactors has half of the slots.
    assert_eq!(sessions.len(), 10);
    for session_id in sessions {
        let next = FetchRequest {
            session_id,
            session_epoch: 1,
            topics: Vec::new(),
            ..full.clone()
        };
        let fetched = client.call(FETCH_BY_NAME, &next);
        assert_eq!(ErrorCode(fetched.error_code), ErrorCode::NONE);
    }
}

fn join(
    client: &mut Client,
    version: i16,
    change: impl FnOnce(&mut JoinGroupRequest),
) -> ErrorCode {
    let mut request = JoinGroupRequest {
        group_id: KafkaString::from("readers"),
        session_timeout_ms: 10_000,
        rebalance_timeout_ms: 10_000,
        protocol_type: KafkaString::from("consumer"),
        protocols: vec![JoinGroupRequestProtocol {
            name: KafkaString::from("range"),
            ..JoinGroupRequestProtocol::default()
        }],
        ..JoinGroupRequest::default()
    };
    change(&mut request);
    ErrorCode(client.call(version, &request).error_code)
}

#[test]
fn a_group_gives_out_no_more_ids_than_could_ever_be_used() {
    let node = TestNode::start();
    let mut client = node.client();
    client.find_coordinator("readers");
    let flood = |client: &mut Client| join(client, JOIN, |_| {});
    let given = (0..).take_while(|_: &i32| flood(&mut client) == ErrorCode::MEMBER_ID_REQUIRED);
    assert_eq!(given.count(), IDS_GIVEN_OUT);
    let full = ErrorCode::GROUP_MAX_SIZE_REACHED;
    assert_eq!(flood(&mut client), full);
    // Another group of the same coordinator has its own.
    let other = join(&mut client, JOIN, |request| {
        request.group_id = KafkaString::from("writers");
    });
    assert_eq!(other, ErrorCode::MEMBER_ID_REQUIRED);
}

#[test]
fn members_say_within_bounds_how_long_they_may_be_silent() {
    let node = TestNode::start();
    let mut client = node.client();
    client.find_coordinator("readers");
    for timeout in [i32::MIN, -1, 0, 5_999, 1_800_001, i32::MAX] {
        let error = join(&mut client, JOIN, |request| {
            request.session_timeout_ms = timeout;
        });
        assert_eq!(error, ErrorCode::INVALID_SESSION_TIMEOUT, "{timeout}");
    }
    let without = join(&mut client, JOIN, |request| request.protocols.clear());
    assert_eq!(without, ErrorCode::INCONSISTENT_GROUP_PROTOCOL);
    let nameless = join(&mut client, JOIN, |request| {
        request.group_id = KafkaString::default();
    });
    assert_eq!(nameless, ErrorCode::INVALID_GROUP_ID);
}
