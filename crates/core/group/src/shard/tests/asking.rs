//! Commands of a script as requests.

use bytes::Bytes;
use ottla_messages::consumer_protocol_subscription::ConsumerProtocolSubscription;
use ottla_messages::heartbeat_request::HeartbeatRequest;
use ottla_messages::join_group_request::{JoinGroupRequest, JoinGroupRequestProtocol};
use ottla_messages::leave_group_request::{LeaveGroupRequest, MemberIdentity};
use ottla_messages::offset_commit_request::{
    OffsetCommitRequest, OffsetCommitRequestPartition, OffsetCommitRequestTopic,
};
use ottla_messages::offset_delete_request::{
    OffsetDeleteRequest, OffsetDeleteRequestPartition, OffsetDeleteRequestTopic,
};
use ottla_messages::offset_fetch_request::{OffsetFetchRequestGroup, OffsetFetchRequestTopics};
use ottla_messages::sync_group_request::{SyncGroupRequest, SyncGroupRequestAssignment};
use ottla_messages::{KafkaString, Message, Writer};
use ottla_script::Command;
use ottla_types::Uuid;

use super::world::World;
use crate::{Client, GroupRequest};

impl World {
    pub(super) fn run_join(&mut self, command: &Command) -> String {
        let protocols = command.option("protocols").unwrap_or("range").split(',');
        let topics = command.option("topics").unwrap_or_default();
        let protocol = |word: &str| match word.split_once(':') {
            Some((name, metadata)) => JoinGroupRequestProtocol {
                name: owned(name),
                metadata: Bytes::copy_from_slice(metadata.as_bytes()),
            },
            None => JoinGroupRequestProtocol {
                name: owned(word),
                metadata: subscription(topics),
            },
        };
        let request = JoinGroupRequest {
            group_id: owned(&command.arguments[0]),
            session_timeout_ms: i32::try_from(command.number("session", 10_000)).expect("small"),
            rebalance_timeout_ms: i32::try_from(command.number("rebalance", 60_000))
                .expect("small"),
            member_id: self.member_id(command.option("member")),
            group_instance_id: command.option("instance").map(owned),
            protocol_type: owned(command.option("type").unwrap_or("consumer")),
            protocols: protocols
                .filter(|word| !word.is_empty())
                .map(protocol)
                .collect(),
            reason: None,
        };
        let client = Client {
            id: owned(command.option("client").unwrap_or("c")),
            host: "/10.0.0.1".into(),
        };
        let version = number(command, "version", 9);
        self.request(GroupRequest::JoinGroup {
            version,
            client,
            request,
        })
    }

    pub(super) fn run_sync(&mut self, command: &Command) -> String {
        let assigned = command.option("assign").unwrap_or_default().split(',');
        let assignment = |word: &str| {
            let (member, assignment) = word.split_once(':').expect("member:assignment");
            SyncGroupRequestAssignment {
                member_id: self.member_id(Some(member)),
                assignment: Bytes::copy_from_slice(assignment.as_bytes()),
            }
        };
        let version = number(command, "version", 5);
        let named = |key, default: &'static str| {
            (version >= 5).then(|| command.option(key).map_or(default.into(), owned))
        };
        let request = SyncGroupRequest {
            group_id: owned(&command.arguments[0]),
            generation_id: i32::try_from(command.number("generation", 1)).expect("small"),
            member_id: self.member_id(command.option("member")),
            group_instance_id: command.option("instance").map(owned),
            protocol_type: named("type", "consumer"),
            protocol_name: named("protocol", "range"),
            assignments: assigned
                .filter(|word| !word.is_empty())
                .map(assignment)
                .collect(),
        };
        self.request(GroupRequest::SyncGroup { version, request })
    }

    pub(super) fn run_heartbeat(&mut self, command: &Command) -> String {
        let request = HeartbeatRequest {
            group_id: owned(&command.arguments[0]),
            generation_id: i32::try_from(command.number("generation", 1)).expect("small"),
            member_id: self.member_id(command.option("member")),
            group_instance_id: command.option("instance").map(owned),
        };
        self.request(GroupRequest::Heartbeat(request))
    }

    pub(super) fn run_leave(&mut self, command: &Command) -> String {
        let version = number(command, "version", 5);
        let members = command.options.iter().filter(|(key, _)| key != "version");
        let member = |(key, value): &(String, String)| match key.as_str() {
            "member" => MemberIdentity {
                member_id: self.member_id(Some(value)),
                ..Default::default()
            },
            "instance" => {
                let (instance, member) = value.split_once('/').unwrap_or((value, ""));
                MemberIdentity {
                    member_id: self.member_id(Some(member)),
                    group_instance_id: Some(owned(instance)),
                    ..Default::default()
                }
            }
            other => panic!("leave: no option {other}"),
        };
        let members: Vec<MemberIdentity> = members.map(member).collect();
        let request = LeaveGroupRequest {
            group_id: owned(&command.arguments[0]),
            member_id: members[0].member_id.clone(),
            members,
        };
        self.request(GroupRequest::LeaveGroup { version, request })
    }

    pub(super) fn run_commit(&mut self, command: &Command) -> String {
        let request = OffsetCommitRequest {
            group_id: owned(&command.arguments[0]),
            generation_id_or_member_epoch: i32::try_from(command.number("generation", -1))
                .expect("small"),
            member_id: self.member_id(command.option("member")),
            group_instance_id: command.option("instance").map(owned),
            retention_time_ms: command.number("retention", -1),
            topics: committed_topics(command),
        };
        let version = number(command, "version", 10);
        self.request(GroupRequest::OffsetCommit { version, request })
    }

    pub(super) fn run_fetch(&mut self, command: &Command) -> String {
        let id = Uuid(u128::try_from(command.number("id", 0)).expect("an id"));
        let topic = |word: &String| {
            let (name, partition) = word.rsplit_once('-').expect("topic-partition");
            OffsetFetchRequestTopics {
                name: owned(name),
                topic_id: id,
                partition_indexes: vec![partition.parse().expect("a partition")],
            }
        };
        let topics = &command.arguments[1..];
        let group = OffsetFetchRequestGroup {
            group_id: owned(&command.arguments[0]),
            topics: (!topics.is_empty()).then(|| topics.iter().map(topic).collect()),
            ..Default::default()
        };
        let require_stable = command.option("stable").is_some();
        self.request(GroupRequest::OffsetFetch {
            version: 10,
            group,
            require_stable,
        })
    }

    pub(super) fn run_delete_offsets(&mut self, command: &Command) -> String {
        let topic = |word: &String| {
            let (name, partition) = word.rsplit_once('-').expect("topic-partition");
            OffsetDeleteRequestTopic {
                name: owned(name),
                partitions: vec![OffsetDeleteRequestPartition {
                    partition_index: partition.parse().expect("a partition"),
                }],
            }
        };
        let request = OffsetDeleteRequest {
            group_id: owned(&command.arguments[0]),
            topics: command.arguments[1..].iter().map(topic).collect(),
        };
        self.request(GroupRequest::OffsetDelete(request))
    }
}

pub(super) fn committed_topics(command: &Command) -> Vec<OffsetCommitRequestTopic> {
    let mut topics = Vec::new();
    for (place, offset) in &command.options {
        let Some((name, partition)) = place.rsplit_once('-') else {
            continue;
        };
        topics.push(OffsetCommitRequestTopic {
            name: owned(name),
            topic_id: Uuid(u128::try_from(command.number("id", 0)).expect("an id")),
            partitions: vec![OffsetCommitRequestPartition {
                partition_index: partition.parse().expect("a partition"),
                committed_offset: offset.parse().expect("an offset"),
                committed_metadata: command.option("metadata").map(|text| {
                    match text.strip_prefix('*') {
                        Some(count) => "x".repeat(count.parse().expect("a count")).into(),
                        None => owned(text),
                    }
                }),
                ..Default::default()
            }],
        });
    }
    topics
}

/// What a consumer sends for a protocol; nothing readable without topics.
fn subscription(topics: &str) -> Bytes {
    if topics.is_empty() {
        return Bytes::from_static(b"?");
    }
    let mut writer = Writer::new();
    writer.write_i16(1);
    let subscription = ConsumerProtocolSubscription {
        topics: topics.split(',').map(owned).collect(),
        ..Default::default()
    };
    subscription.encode(&mut writer, 1).expect("short names");
    writer.into_bytes()
}

pub(super) fn owned(text: &str) -> KafkaString {
    KafkaString::from(text.to_owned())
}

pub(super) fn number(command: &Command, key: &str, default: i64) -> i16 {
    i16::try_from(command.number(key, default)).expect("a version")
}
