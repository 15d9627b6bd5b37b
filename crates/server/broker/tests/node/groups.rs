//! Classic groups over the wire: members that come, stay, go, and are taken for dead.

use std::path::Path;

use bytes::Bytes;
use ottla_messages::delete_groups_request::DeleteGroupsRequest;
use ottla_messages::describe_groups_request::DescribeGroupsRequest;
use ottla_messages::describe_groups_response::DescribedGroup;
use ottla_messages::find_coordinator_request::FindCoordinatorRequest;
use ottla_messages::heartbeat_request::HeartbeatRequest;
use ottla_messages::join_group_request::{JoinGroupRequest, JoinGroupRequestProtocol};
use ottla_messages::join_group_response::JoinGroupResponse;
use ottla_messages::leave_group_request::{LeaveGroupRequest, MemberIdentity};
use ottla_messages::list_groups_request::ListGroupsRequest;
use ottla_messages::sync_group_request::{SyncGroupRequest, SyncGroupRequestAssignment};
use ottla_messages::{ErrorCode, KafkaString};
use ottla_records::{BatchBuilder, BatchOptions};
use ottla_test_node::{Client, TestNode, Waiting, now};

use crate::configs::{DELETE, SET, TOPIC, alter};

const GROUP: &str = "readers";

/// A node whose coordinator of the group is there and has loaded.
fn node_with_groups(settings: &[(&str, &str)]) -> TestNode {
    let node = TestNode::with(settings);
    let found = node.client().find_coordinator(GROUP);
    assert_eq!(ErrorCode(found.error_code), ErrorCode::NONE);
    assert_eq!(found.node_id, 1);
    node
}

fn join_request(member_id: &KafkaString, instance: Option<&'static str>) -> JoinGroupRequest {
    JoinGroupRequest {
        group_id: GROUP.into(),
        session_timeout_ms: 10_000,
        rebalance_timeout_ms: 10_000,
        member_id: member_id.clone(),
        group_instance_id: instance.map(KafkaString::from),
        protocol_type: "consumer".into(),
        protocols: vec![JoinGroupRequestProtocol {
            name: "range".into(),
            metadata: Bytes::from_static(b"metadata"),
        }],
        reason: None,
    }
}

/// The id that a new member is told to come back with (KIP-394).
fn member_id(client: &mut Client) -> KafkaString {
    let told = client.ask(&join_request(&KafkaString::default(), None));
    assert_eq!(ErrorCode(told.error_code), ErrorCode::MEMBER_ID_REQUIRED);
    assert!(!told.member_id.is_empty());
    told.member_id
}

fn join(client: &mut Client, member_id: &KafkaString) -> Waiting<JoinGroupRequest> {
    client.send(9, &join_request(member_id, None))
}

fn joined(client: &mut Client, waiting: Waiting<JoinGroupRequest>) -> JoinGroupResponse {
    let response = client.receive(waiting);
    assert_eq!(ErrorCode(response.error_code), ErrorCode::NONE);
    response
}

fn sync_request(
    joined: &JoinGroupResponse,
    assignments: &[(&str, &'static str)],
) -> SyncGroupRequest {
    SyncGroupRequest {
        group_id: GROUP.into(),
        generation_id: joined.generation_id,
        member_id: joined.member_id.clone(),
        protocol_type: Some("consumer".into()),
        protocol_name: Some("range".into()),
        assignments: assignments
            .iter()
            .map(|(member, assignment)| SyncGroupRequestAssignment {
                member_id: KafkaString::copy_from(member),
                assignment: Bytes::from_static(assignment.as_bytes()),
            })
            .collect(),
        ..SyncGroupRequest::default()
    }
}

fn heartbeat(client: &mut Client, joined: &JoinGroupResponse) -> ErrorCode {
    let response = client.ask(&HeartbeatRequest {
        group_id: GROUP.into(),
        generation_id: joined.generation_id,
        member_id: joined.member_id.clone(),
        group_instance_id: None,
    });
    ErrorCode(response.error_code)
}

fn leave(client: &mut Client, member_id: &KafkaString) -> ErrorCode {
    let response = client.ask(&LeaveGroupRequest {
        group_id: GROUP.into(),
        members: vec![MemberIdentity {
            member_id: member_id.clone(),
            ..MemberIdentity::default()
        }],
        ..LeaveGroupRequest::default()
    });
    ErrorCode(response.members[0].error_code)
}

fn describe(client: &mut Client) -> DescribedGroup {
    let mut response = client.ask(&DescribeGroupsRequest {
        groups: vec![GROUP.into()],
        include_authorized_operations: false,
    });
    response.groups.remove(0)
}

/// A group with one member, which is its leader and has its assignment.
fn alone(client: &mut Client) -> JoinGroupResponse {
    let id = member_id(client);
    let waiting = join(client, &id);
    let joined = joined(client, waiting);
    let synced = client.ask(&sync_request(&joined, &[(&id, "all")]));
    assert_eq!(synced.assignment, "all");
    joined
}

#[test]
fn a_new_member_gets_an_id_first_and_its_assignment_last() {
    let node = node_with_groups(&[]);
    let mut client = node.client();
    let joined = alone(&mut client);
    assert_eq!(joined.leader, joined.member_id);
    assert_eq!(joined.members.len(), 1);
    assert_eq!(heartbeat(&mut client, &joined), ErrorCode::NONE);
    let group = describe(&mut client);
    assert_eq!(group.group_state.as_str(), "Stable");
    assert_eq!(group.members[0].client_id.as_str(), "test");
    assert_eq!(group.members[0].member_assignment, "all");
    assert_eq!(leave(&mut client, &joined.member_id), ErrorCode::NONE);
    assert_eq!(
        heartbeat(&mut client, &joined),
        ErrorCode::UNKNOWN_MEMBER_ID
    );
    assert_eq!(describe(&mut client).group_state.as_str(), "Empty");
}

#[test]
fn a_second_member_waits_for_the_first_to_join_again() {
    let node = node_with_groups(&[]);
    let (mut one, mut two) = (node.client(), node.client());
    let first = alone(&mut one);
    let id = member_id(&mut two);
    let waiting = join(&mut two, &id);
    // The second one's request is on its way to another reactor: the first one hears of it in time.
    while heartbeat(&mut one, &first) != ErrorCode::REBALANCE_IN_PROGRESS {}
    assert!(!two.has_answer());
    let again = join(&mut one, &first.member_id);
    let leader = joined(&mut one, again);
    let member = joined(&mut two, waiting);
    assert_eq!(leader.generation_id, first.generation_id + 1);
    assert_eq!(leader.generation_id, member.generation_id);
    assert_eq!((leader.members.len(), member.members.len()), (2, 0));
    // Assignments come from the leader only; a member waits for them.
    let waiting = two.send(5, &sync_request(&member, &[]));
    let assignments = [(&*leader.member_id, "one"), (&*member.member_id, "two")];
    assert_eq!(
        one.ask(&sync_request(&leader, &assignments)).assignment,
        "one"
    );
    assert_eq!(two.receive(waiting).assignment, "two");
}

#[test]
fn a_member_that_falls_silent_is_taken_for_dead() {
    let node = node_with_groups(&[("group.min.session.timeout.ms", "10")]);
    let mut client = node.client();
    let id = member_id(&mut client);
    let brief = JoinGroupRequest {
        session_timeout_ms: 50,
        ..join_request(&id, None)
    };
    let response = client.ask(&brief);
    client.ask(&sync_request(&response, &[(&id, "all")]));
    assert_eq!(describe(&mut client).group_state.as_str(), "Stable");
    while describe(&mut client).group_state.as_str() != "Empty" {}
    assert_eq!(
        heartbeat(&mut client, &response),
        ErrorCode::UNKNOWN_MEMBER_ID
    );
}

#[test]
fn a_static_member_comes_back_without_a_rebalance_and_fences_its_former_self() {
    let node = node_with_groups(&[]);
    let mut client = node.client();
    let fresh = join_request(&KafkaString::default(), Some("instance"));
    let before = client.ask(&fresh);
    assert_eq!(ErrorCode(before.error_code), ErrorCode::NONE);
    let mut sync = sync_request(&before, &[(&before.member_id, "all")]);
    sync.group_instance_id = Some("instance".into());
    client.ask(&sync);
    let after = client.ask(&fresh);
    assert_eq!(ErrorCode(after.error_code), ErrorCode::NONE);
    assert_eq!(after.generation_id, before.generation_id);
    assert_ne!(after.member_id, before.member_id);
    let old = client.ask(&HeartbeatRequest {
        group_id: GROUP.into(),
        generation_id: before.generation_id,
        member_id: before.member_id,
        group_instance_id: Some("instance".into()),
    });
    assert_eq!(ErrorCode(old.error_code), ErrorCode::FENCED_INSTANCE_ID);
}

#[test]
fn a_member_that_waits_for_others_is_answered_when_they_leave() {
    let node = node_with_groups(&[]);
    let (mut one, mut two) = (node.client(), node.client());
    let first = alone(&mut one);
    let id = member_id(&mut two);
    let waiting = join(&mut two, &id);
    while heartbeat(&mut one, &first) != ErrorCode::REBALANCE_IN_PROGRESS {}
    assert_eq!(leave(&mut one, &first.member_id), ErrorCode::NONE);
    let alone = joined(&mut two, waiting);
    assert_eq!(alone.leader, alone.member_id);
}

#[test]
fn a_group_survives_a_restart_with_its_members() {
    let first = node_with_groups(&[]);
    let joined = alone(&mut first.client());
    let node = first.restarted();
    let mut client = node.client();
    client.find_coordinator(GROUP);
    assert_eq!(heartbeat(&mut client, &joined), ErrorCode::NONE);
    assert_eq!(describe(&mut client).members[0].member_assignment, "all");
}

#[test]
fn a_group_without_members_can_be_deleted() {
    let node = node_with_groups(&[]);
    let mut client = node.client();
    let joined = alone(&mut client);
    let mut delete = || {
        let response = client.ask(&DeleteGroupsRequest {
            groups_names: vec![GROUP.into()],
        });
        ErrorCode(response.results[0].error_code)
    };
    assert_eq!(delete(), ErrorCode::NON_EMPTY_GROUP);
    leave(&mut node.client(), &joined.member_id);
    assert_eq!(delete(), ErrorCode::NONE);
    assert_eq!(delete(), ErrorCode::GROUP_ID_NOT_FOUND);
    assert_eq!(client.ask(&ListGroupsRequest::default()).groups, []);
}

#[test]
fn requests_that_no_coordinator_can_take_are_refused_by_name() {
    let node = TestNode::start();
    let mut client = node.client();
    let unnamed = JoinGroupRequest {
        group_id: KafkaString::default(),
        ..join_request(&KafkaString::default(), None)
    };
    let unnamed = client.ask(&unnamed);
    assert_eq!(ErrorCode(unnamed.error_code), ErrorCode::INVALID_GROUP_ID);
    let early = client.ask(&join_request(&KafkaString::default(), None));
    assert_eq!(ErrorCode(early.error_code), ErrorCode::NOT_COORDINATOR);
    client.find_coordinator(GROUP);
    let hasty = JoinGroupRequest {
        session_timeout_ms: 1,
        ..join_request(&KafkaString::default(), None)
    };
    let hasty = client.ask(&hasty);
    assert_eq!(
        ErrorCode(hasty.error_code),
        ErrorCode::INVALID_SESSION_TIMEOUT
    );
    let found = client.call(
        3,
        &FindCoordinatorRequest {
            key: GROUP.into(),
            ..FindCoordinatorRequest::default()
        },
    );
    assert_eq!(found.error_message.as_deref(), Some("NONE"));
    let transactions = client.ask(&FindCoordinatorRequest {
        key_type: 1,
        coordinator_keys: vec!["bank".into()],
        ..FindCoordinatorRequest::default()
    });
    assert_ne!(transactions.coordinators[0].error_code, 0);
}

#[test]
fn what_is_too_large_for_a_batch_of_the_offsets_topic_is_refused_and_harms_nobody() {
    let node = node_with_groups(&[]);
    let mut client = node.client();
    let member = alone(&mut client).member_id;
    let offsets = (TOPIC, "__consumer_offsets");
    let mut sync = |operation, limit, assignment: Bytes| {
        let altered = alter(&mut client, offsets, operation, "max.message.bytes", limit);
        assert_eq!(altered, ErrorCode::NONE);
        let waiting = join(&mut client, &member);
        let mut request = sync_request(&joined(&mut client, waiting), &[]);
        request.assignments = vec![SyncGroupRequestAssignment {
            member_id: member.clone(),
            assignment,
        }];
        ErrorCode(client.ask(&request).error_code)
    };
    let long = Bytes::from(vec![b'x'; 500]);
    assert_eq!(
        sync(SET, "400", long.clone()),
        ErrorCode::UNKNOWN_SERVER_ERROR
    );
    assert_eq!(
        sync(SET, "400", Bytes::from_static(b"short")),
        ErrorCode::NONE
    );
    assert_eq!(sync(DELETE, "", long), ErrorCode::NONE);
}

/// Appends a batch to a log that nobody has open, behind all that is there.
fn append_to_file(log: &Path, batch: &[u8]) {
    let mut file = std::fs::read(log).unwrap();
    let mut next_offset = 0_i64;
    let mut rest = &file[..];
    while let [header @ .., _] = rest
        && header.len() > 60
    {
        let field = |at: usize| i32::from_be_bytes(rest[at..at + 4].try_into().unwrap());
        let base_offset = i64::from_be_bytes(rest[..8].try_into().unwrap());
        next_offset = base_offset + i64::from(field(23)) + 1;
        rest = &rest[12 + usize::try_from(field(8)).unwrap()..];
    }
    file.extend_from_slice(&next_offset.to_be_bytes());
    file.extend_from_slice(&batch[8..]);
    std::fs::write(log, file).unwrap();
}

#[test]
fn groups_that_cannot_be_read_have_no_coordinator() {
    let mut node = node_with_groups(&[("offsets.topic.num.partitions", "1")]);
    let mut client = node.client();
    alone(&mut client);
    node.stop();
    let mut broken = BatchBuilder::new(BatchOptions::default());
    // The key of a committed offset, cut off.
    broken.append(now(), Some(&[0, 1, 0, 9]), Some(b"value"), &[]);
    let log = node
        .directory()
        .join("__consumer_offsets-0/00000000000000000000.log");
    append_to_file(&log, &broken.build());
    let node = node.restarted();
    let mut client = node.client();
    let refused = loop {
        let error = ErrorCode(
            client
                .ask(&join_request(&KafkaString::default(), None))
                .error_code,
        );
        if error != ErrorCode::COORDINATOR_LOAD_IN_PROGRESS {
            break error;
        }
    };
    assert_eq!(refused, ErrorCode::NOT_COORDINATOR);
    assert!(
        node.metrics()
            .contains("kafka_server_group_coordinator_num_partitions{state=\"failed\"} 1")
    );
}

#[test]
fn groups_are_described_in_the_order_in_which_they_are_asked_for() {
    let node = node_with_groups(&[]);
    let mut client = node.client();
    alone(&mut client);
    let names = ["z", GROUP, "a", "m"];
    let response = client.ask(&DescribeGroupsRequest {
        groups: names.map(KafkaString::from).to_vec(),
        include_authorized_operations: false,
    });
    let described: Vec<_> = response
        .groups
        .iter()
        .map(|group| &*group.group_id)
        .collect();
    assert_eq!(described, names);
    assert_eq!(&*response.groups[1].group_state, "Stable");
}
