//! A classic group and its GroupMetadata record (type 2, value version 3).

use std::collections::BTreeSet;

use ottla_messages::KafkaString;
use ottla_messages::group_metadata_value::{GroupMetadataValue, MemberMetadata};
use ottla_messages::join_group_request::JoinGroupRequestProtocol;
use ottla_types::TimestampMs;

use super::{ClassicGroup, ClassicGroupState, Member};
use crate::GroupRecord;

/// The record of a group that has just been made and has had no generation.
pub(crate) fn empty_group_record(group: &ClassicGroup) -> GroupRecord {
    let value = GroupMetadataValue {
        protocol: None,
        leader: None,
        current_state_timestamp: group.state_timestamp.0,
        ..Default::default()
    };
    GroupRecord::group_metadata(group.id.clone(), Some(value))
}

impl ClassicGroup {
    /// The group as it is to be written.
    pub(super) fn to_record(&self) -> GroupRecord {
        let member = |member: &Member| MemberMetadata {
            member_id: member.id.clone(),
            group_instance_id: member.instance_id.clone(),
            client_id: member.client_id.clone(),
            client_host: member.client_host.clone(),
            rebalance_timeout: member.rebalance_timeout_ms,
            session_timeout: member.session_timeout_ms,
            subscription: self.subscription(member),
            assignment: member.assignment.clone(),
        };
        let value = GroupMetadataValue {
            protocol_type: self.protocol_type.clone().unwrap_or_default(),
            generation: self.generation_id,
            protocol: self.protocol_name.clone(),
            leader: self.leader.clone(),
            current_state_timestamp: self.state_timestamp.0,
            members: self.members.values().map(member).collect(),
        };
        GroupRecord::group_metadata(self.id.clone(), Some(value))
    }

    /// The group as the log has it: stable if it has members, else empty. `None` for the value
    /// stands for a group that is known by its offsets only.
    pub(crate) fn from_record(
        id: KafkaString,
        value: Option<&GroupMetadataValue>,
        now: TimestampMs,
    ) -> Self {
        let mut group = ClassicGroup::new(id, now);
        let Some(value) = value else {
            return group;
        };
        let protocol_type = Some(value.protocol_type.clone());
        group.protocol_type = protocol_type.filter(|name| !name.is_empty());
        group.protocol_name = value.protocol.clone();
        group.generation_id = value.generation;
        group.state_timestamp = TimestampMs(value.current_state_timestamp);
        if !value.members.is_empty() {
            group.state = ClassicGroupState::Stable;
        }
        let mut instance_ids = BTreeSet::new();
        for member in &value.members {
            let member = load_member(member, value.protocol.as_ref());
            // Two members never share an id or an instance id in a log of Kafka's.
            let repeats = member
                .instance_id
                .as_ref()
                .is_some_and(|id| !instance_ids.insert(id.clone()));
            if !repeats && group.member(&member.id).is_none() {
                group.add(member);
            }
        }
        let leader = value.leader.clone();
        if let Some(leader) = leader.filter(|leader| group.member(leader).is_some()) {
            group.leader = Some(leader);
        }
        group.subscribed_topics = group.read_subscribed_topics();
        group
    }
}

fn load_member(metadata: &MemberMetadata, protocol: Option<&KafkaString>) -> Member {
    let supported = protocol.map(|name| JoinGroupRequestProtocol {
        name: name.clone(),
        metadata: metadata.subscription.clone(),
    });
    Member {
        id: metadata.member_id.clone(),
        instance_id: metadata.group_instance_id.clone(),
        client_id: metadata.client_id.clone(),
        client_host: metadata.client_host.clone(),
        // Version 0 of the value has none of its own.
        rebalance_timeout_ms: if metadata.rebalance_timeout == -1 {
            metadata.session_timeout
        } else {
            metadata.rebalance_timeout
        },
        session_timeout_ms: metadata.session_timeout,
        protocols: supported.into_iter().collect(),
        assignment: metadata.assignment.clone(),
        awaiting_join: None,
        awaiting_sync: None,
        is_new: false,
    }
}
