//! What holds for every request: versions, order, and frames that are none.

use ottla_messages::api_versions_request::ApiVersionsRequest;
use ottla_messages::api_versions_response::ApiVersionsResponse;
use ottla_messages::create_topics_request::{CreatableTopic, CreateTopicsRequest};
use ottla_messages::fetch_request::FetchRequest;
use ottla_messages::list_offsets_request::{
    ListOffsetsPartition, ListOffsetsRequest, ListOffsetsTopic,
};
use ottla_messages::metadata_request::{MetadataRequest, MetadataRequestTopic};
use ottla_messages::{ApiKey, ErrorCode, KafkaString};
use ottla_test_node::{
    Client, FETCH_BY_NAME, PRODUCE_BY_NAME, TestNode, batch, fetch_request, only_produced,
    produce_request,
};

pub fn api_versions(client: &mut Client) -> ApiVersionsResponse {
    client.call(
        4,
        &ApiVersionsRequest {
            client_software_name: KafkaString::from("test"),
            client_software_version: KafkaString::from("1"),
            node_id: -1,
            ..ApiVersionsRequest::default()
        },
    )
}

#[test]
fn a_version_of_api_versions_that_does_not_exist_is_answered_at_version_0() {
    let node = TestNode::start();
    let mut client = node.client();
    // Key, version, correlation id, no client id: Kafka reads the header as of the newest version.
    let header = [&[0, 18, 0, 99][..], &7_i32.to_be_bytes(), &[0xff, 0xff, 0]].concat();
    client.send_frame(&header);
    let response = client.receive_at::<ApiVersionsRequest>(7, 0);
    assert_eq!(
        ErrorCode(response.error_code),
        ErrorCode::UNSUPPORTED_VERSION
    );
    let own: Vec<i16> = response.api_keys.iter().map(|api| api.api_key).collect();
    assert_eq!(own, [ApiKey::ApiVersions as i16]);
}

#[test]
fn requests_that_are_not_served_close_their_connection_only() {
    let node = TestNode::start();
    let mut bystander = node.client();
    let unknown_key = [0x7f, 0xff, 0, 0, 0, 0, 0, 1, 0xff, 0xff];
    let unserved_api = [0, ApiKey::Vote as u8, 0, 0, 0, 0, 0, 1, 0xff, 0xff];
    let unserved_version = [0, 0, 0, 2, 0, 0, 0, 1, 0xff, 0xff];
    let no_body = [0, ApiKey::ListOffsets as u8, 0, 1, 0, 0, 0, 1, 0xff, 0xff];
    let half_a_header = [0, 3];
    for frame in [
        &unknown_key[..],
        &unserved_api,
        &unserved_version,
        &no_body,
        &half_a_header,
        &[],
    ] {
        let mut client = node.client();
        client.send_frame(frame);
        assert_eq!(client.until_closed(), b"", "{frame:?}");
        api_versions(&mut bystander);
    }
}

#[test]
fn an_answer_waits_for_those_of_earlier_requests() {
    let node = TestNode::start();
    let mut client = node.client();
    client.create_topic("orders", 1, &[]);
    let slow = FetchRequest {
        max_wait_ms: 100,
        ..fetch_request("orders", 0, 0)
    };
    let slow = client.send(FETCH_BY_NAME, &slow);
    let quick = client.send(13, &MetadataRequest::default());
    let refused = client.send(FETCH_BY_NAME, &fetch_request("nowhere", 0, 0));
    client.receive(slow);
    client.receive(quick);
    client.receive(refused);
}

#[test]
fn a_client_that_leaves_in_the_middle_of_a_long_poll_harms_nobody() {
    let node = TestNode::start();
    let mut bystander = node.client();
    bystander.create_topic("orders", 1, &[]);
    for _ in 0..4 {
        let mut client = node.client();
        let long = FetchRequest {
            max_wait_ms: 60_000,
            ..fetch_request("orders", 0, 0)
        };
        let _ = client.send(FETCH_BY_NAME, &long);
        let _ = client.send(13, &MetadataRequest::default());
        drop(client);
    }
    bystander.produce_values("orders", 0, &["one"]);
    assert_eq!(bystander.fetch_values("orders", 0, 0), ["one"]);
}

#[test]
fn a_client_that_is_not_kafkas_is_refused_by_its_name() {
    let node = TestNode::start();
    let mut client = node.client();
    for name in ["", "-dash", "spa ce", "dot."] {
        let response = client.call(
            4,
            &ApiVersionsRequest {
                client_software_name: KafkaString::copy_from(name),
                client_software_version: KafkaString::from("1"),
                node_id: -1,
                ..ApiVersionsRequest::default()
            },
        );
        assert_eq!(
            ErrorCode(response.error_code),
            ErrorCode::INVALID_REQUEST,
            "{name:?}"
        );
    }
}

#[test]
fn a_client_that_believes_to_talk_to_another_cluster_is_told_to_bootstrap_anew() {
    let node = TestNode::start();
    let mut client = node.client();
    let request = |cluster: &str, node_id| ApiVersionsRequest {
        client_software_name: KafkaString::from("test"),
        client_software_version: KafkaString::from("1"),
        cluster_id: Some(KafkaString::copy_from(cluster)),
        node_id,
    };
    let own = node.node().cluster_id();
    for (cluster, id, error) in [
        (own, 1, ErrorCode::NONE),
        (own, 2, ErrorCode::REBOOTSTRAP_REQUIRED),
        ("another", 1, ErrorCode::REBOOTSTRAP_REQUIRED),
        (own, -1, ErrorCode::INVALID_REQUEST),
    ] {
        let response = client.call(5, &request(cluster, id));
        assert_eq!(ErrorCode(response.error_code), error, "{cluster} {id}");
    }
}

#[test]
fn a_request_sees_what_those_before_it_on_its_connection_did() {
    let node = TestNode::start();
    let mut client = node.client();
    for number in 0..10 {
        let name = format!("orders-{number}");
        let creating = client.send(7, &create_request(&name));
        let metadata = MetadataRequest {
            topics: Some(vec![MetadataRequestTopic {
                name: Some(KafkaString::from(name.clone())),
                ..MetadataRequestTopic::default()
            }]),
            ..MetadataRequest::default()
        };
        let asking = client.send(9, &metadata);
        let producing = client.send(
            PRODUCE_BY_NAME,
            &produce_request(&name, 0, -1, batch(&["v"])),
        );
        let latest = client.send(1, &latest_request(&name));
        client.receive(creating);
        let known = client.receive(asking);
        assert_eq!(ErrorCode(known.topics[0].error_code), ErrorCode::NONE);
        let produced = only_produced(client.receive(producing));
        assert_eq!(ErrorCode(produced.error_code), ErrorCode::NONE);
        assert_eq!(client.receive(latest).topics[0].partitions[0].offset, 1);
    }
}

fn create_request(name: &str) -> CreateTopicsRequest {
    CreateTopicsRequest {
        topics: vec![CreatableTopic {
            name: KafkaString::copy_from(name),
            num_partitions: 1,
            replication_factor: 1,
            ..CreatableTopic::default()
        }],
        timeout_ms: 10_000,
        ..CreateTopicsRequest::default()
    }
}

fn latest_request(name: &str) -> ListOffsetsRequest {
    ListOffsetsRequest {
        replica_id: -1,
        topics: vec![ListOffsetsTopic {
            name: KafkaString::copy_from(name),
            partitions: vec![ListOffsetsPartition {
                timestamp: -1,
                ..ListOffsetsPartition::default()
            }],
        }],
        ..ListOffsetsRequest::default()
    }
}
