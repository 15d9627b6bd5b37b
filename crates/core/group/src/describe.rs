//! ListGroups, DescribeGroups, DeleteGroups.

use std::collections::BTreeSet;

use ottla_messages::delete_groups_response::DeletableGroupResult;
use ottla_messages::describe_groups_response::{DescribedGroup, DescribedGroupMember};
use ottla_messages::list_groups_request::ListGroupsRequest;
use ottla_messages::list_groups_response::{ListGroupsResponse, ListedGroup};
use ottla_messages::{ErrorCode, KafkaString};

use crate::GroupRecord;
use crate::classic::{CONSUMER_PROTOCOL_TYPE, ClassicGroup, ClassicGroupState, Member};
use crate::foreign::GroupType;
use crate::request::failed_delete;
use crate::shard::{Found, Step};

/// From this version on a group that does not exist is an error and not simply dead.
const GROUP_ID_NOT_FOUND_VERSION: i16 = 6;

impl Step<'_> {
    /// Decides on a ListGroups. The state of a group of another protocol is told as far as its
    /// records tell it: Empty, or Stable when it has members.
    pub(crate) fn list_groups(&self, request: &ListGroupsRequest) -> ListGroupsResponse {
        let lower = |text: &KafkaString| text.trim().to_lowercase();
        let states: BTreeSet<String> = request.states_filter.iter().map(lower).collect();
        let types = request.types_filter.iter();
        let types: BTreeSet<String> = types.map(|text| text.to_lowercase()).collect();
        let mut groups = Vec::new();
        for group_id in self.groups_after(None, usize::MAX) {
            let Some(listed) = self.list_group(group_id) else {
                continue;
            };
            let is_state = states.is_empty() || states.contains(&listed.group_state.to_lowercase());
            let is_type = types.is_empty() || types.contains(&*listed.group_type);
            if is_state && is_type {
                groups.push(listed);
            }
        }
        ListGroupsResponse {
            groups,
            ..Default::default()
        }
    }

    fn list_group(&self, group_id: KafkaString) -> Option<ListedGroup> {
        let (group_type, state, protocol_type) = match self.find(&group_id) {
            Found::Missing => return None,
            Found::Classic => {
                let group = self.classic_group(&group_id)?;
                let protocol_type = group.protocol_type().cloned().unwrap_or_default();
                (GroupType::Classic, group.state(), protocol_type)
            }
            Found::Foreign(group_type, has_members) => {
                let state = if has_members {
                    ClassicGroupState::Stable
                } else {
                    ClassicGroupState::Empty
                };
                let protocol_type = match group_type {
                    GroupType::Share | GroupType::Streams => group_type.name(),
                    GroupType::Classic | GroupType::Consumer => CONSUMER_PROTOCOL_TYPE,
                };
                (group_type, state, protocol_type.into())
            }
        };
        Some(ListedGroup {
            group_id,
            protocol_type,
            group_state: state.name().into(),
            group_type: group_type.name().into(),
        })
    }

    /// Decides on a DescribeGroups. Groups of other protocols have APIs of their own.
    pub(crate) fn describe_groups(
        &self,
        version: i16,
        groups: &[KafkaString],
    ) -> Vec<DescribedGroup> {
        groups
            .iter()
            .map(|group_id| self.describe_group(version, group_id))
            .collect()
    }

    fn describe_group(&self, version: i16, group_id: &KafkaString) -> DescribedGroup {
        let found = self.find(group_id);
        if let (Found::Classic, Some(group)) = (found, self.classic_group(group_id)) {
            return describe(&group);
        }
        let mut dead = DescribedGroup {
            group_id: group_id.clone(),
            group_state: ClassicGroupState::Dead.name().into(),
            ..Default::default()
        };
        if version >= GROUP_ID_NOT_FOUND_VERSION {
            dead.error_code = ErrorCode::GROUP_ID_NOT_FOUND.into();
            let message = match found {
                Found::Foreign(..) => format!("Group {group_id} is not a classic group."),
                Found::Missing | Found::Classic => format!("Group {group_id} not found."),
            };
            dead.error_message = Some(message.into());
        }
        dead
    }

    /// Decides on a DeleteGroups. A group that is named twice is answered once.
    pub(crate) fn delete_groups(&mut self, groups: &[KafkaString]) -> Vec<DeletableGroupResult> {
        let mut named = BTreeSet::new();
        let groups = groups.iter().filter(|group_id| named.insert(*group_id));
        let delete = |group_id: &KafkaString| {
            let code = self.delete_group(group_id);
            failed_delete(group_id.clone(), code)
        };
        groups.map(delete).collect()
    }

    fn delete_group(&mut self, group_id: &KafkaString) -> ErrorCode {
        match self.find(group_id) {
            Found::Missing => return ErrorCode::GROUP_ID_NOT_FOUND,
            Found::Foreign(_, true) => return ErrorCode::NON_EMPTY_GROUP,
            // Its state in `__share_group_state` would have to go first.
            Found::Foreign(GroupType::Share, false) => return ErrorCode::GROUP_DELETION_FAILED,
            Found::Foreign(_, false) => {}
            Found::Classic => {
                let group = self.classic_group(group_id);
                if group.is_some_and(|group| group.state() != ClassicGroupState::Empty) {
                    return ErrorCode::NON_EMPTY_GROUP;
                }
            }
        }
        self.delete_all_offsets(group_id);
        self.delete_group_if_empty(group_id);
        ErrorCode::NONE
    }

    /// Writes the tombstones of a group that nobody is in, and forgets it.
    pub(crate) fn delete_group_if_empty(&mut self, group_id: &KafkaString) {
        match self.find(group_id) {
            Found::Missing | Found::Foreign(_, true) => {}
            Found::Foreign(_, false) => self.delete_foreign_group(group_id),
            Found::Classic => {
                let group = self.classic_group(group_id);
                if group.is_some_and(|group| group.state() == ClassicGroupState::Empty) {
                    let record = GroupRecord::group_metadata(group_id.clone(), None);
                    self.decision.records.push(record);
                    self.soft.forget(group_id);
                }
            }
        }
    }

    pub(crate) fn delete_foreign_group(&mut self, group_id: &KafkaString) {
        if let Some(foreign) = self.hard.foreign(group_id) {
            self.decision.records.extend(foreign.tombstones(group_id));
        }
    }
}

fn describe(group: &ClassicGroup) -> DescribedGroup {
    let is_stable = group.state() == ClassicGroupState::Stable;
    let protocol_data = group.protocol_name().filter(|_| is_stable);
    let member = |member: &Member| DescribedGroupMember {
        member_id: member.id.clone(),
        group_instance_id: member.instance_id.clone(),
        client_id: member.client_id.clone(),
        client_host: member.client_host.clone(),
        member_metadata: if is_stable {
            group.subscription(member)
        } else {
            bytes::Bytes::new()
        },
        member_assignment: member.assignment.clone(),
    };
    DescribedGroup {
        group_id: group.id().clone(),
        group_state: group.state().name().into(),
        protocol_type: group.protocol_type().cloned().unwrap_or_default(),
        protocol_data: protocol_data.cloned().unwrap_or_default(),
        members: group.members().map(member).collect(),
        ..Default::default()
    }
}
