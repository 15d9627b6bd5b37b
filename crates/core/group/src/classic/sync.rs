//! SyncGroup: the leader's assignment, and who waits for it.

use std::collections::BTreeMap;

use bytes::Bytes;
use ottla_messages::sync_group_request::SyncGroupRequest;
use ottla_messages::sync_group_response::SyncGroupResponse;
use ottla_messages::{ErrorCode, KafkaString};
use ottla_types::RequestId;

use super::{ClassicGroup, ClassicGroupState};
use crate::request::failed_sync;
use crate::soft::{Assumed, TimerKey};
use crate::turn::Turn;

impl ClassicGroup {
    /// Decides on a SyncGroup.
    pub(crate) fn sync(
        &mut self,
        request: RequestId,
        message: &SyncGroupRequest,
        turn: &mut Turn<'_>,
    ) {
        if let Err(code) = self.validate_sync(message) {
            turn.answer_sync(request, failed_sync(code));
            return;
        }
        let member_id = &message.member_id;
        match self.state {
            ClassicGroupState::CompletingRebalance => {
                self.await_sync(member_id, request, turn);
                self.expect_sync_no_more(member_id, turn);
                if self.is_leader(member_id) {
                    self.assign(message, turn);
                }
            }
            ClassicGroupState::Stable => {
                self.expect_sync_no_more(member_id, turn);
                turn.answer_sync(request, self.synced(member_id));
            }
            ClassicGroupState::PreparingRebalance => {
                turn.answer_sync(request, failed_sync(ErrorCode::REBALANCE_IN_PROGRESS));
            }
            ClassicGroupState::Empty | ClassicGroupState::Dead => {
                turn.answer_sync(request, failed_sync(ErrorCode::UNKNOWN_MEMBER_ID));
            }
        }
    }

    fn validate_sync(&self, message: &SyncGroupRequest) -> Result<(), ErrorCode> {
        if self.state == ClassicGroupState::Empty {
            return Err(ErrorCode::UNKNOWN_MEMBER_ID);
        }
        self.validate_member(&message.member_id, message.group_instance_id.as_ref())?;
        if message.generation_id != self.generation_id {
            return Err(ErrorCode::ILLEGAL_GENERATION);
        }
        // Versions before 5 do not say which protocol they mean.
        let differs =
            |said: &Option<KafkaString>, is: &Option<KafkaString>| said.is_some() && said != is;
        if differs(&message.protocol_type, &self.protocol_type)
            || differs(&message.protocol_name, &self.protocol_name)
        {
            return Err(ErrorCode::INCONSISTENT_GROUP_PROTOCOL);
        }
        Ok(())
    }

    fn expect_sync_no_more(&mut self, member_id: &str, turn: &mut Turn<'_>) {
        self.pending_sync_members.remove(member_id);
        if self.pending_sync_members.is_empty() {
            turn.timers.cancel(&TimerKey::Sync(self.id.clone()));
        }
    }

    /// The leader has decided. The group is written and stable from now on; everybody who waits
    /// learns it when the record is committed.
    fn assign(&mut self, message: &SyncGroupRequest, turn: &mut Turn<'_>) {
        let mut assignments: BTreeMap<&KafkaString, _> = BTreeMap::new();
        for assignment in &message.assignments {
            assignments.insert(&assignment.member_id, &assignment.assignment);
        }
        for member in self.members.values_mut() {
            let assigned = assignments
                .get(&member.id)
                .map(|bytes| Bytes::copy_from_slice(bytes));
            member.assignment = assigned.unwrap_or_default();
        }
        turn.record(self.to_record());
        *turn.assumed = Some(Assumed::Synced(self.id.clone()));
        self.propagate_assignments(None, turn);
        self.transition_to(ClassicGroupState::Stable, turn.now.wall);
    }

    /// Answers everybody who waits for an assignment.
    pub(super) fn propagate_assignments(&mut self, error: Option<ErrorCode>, turn: &mut Turn<'_>) {
        let waiting = self
            .members
            .values()
            .filter(|member| member.awaiting_sync.is_some());
        let waiting: Vec<KafkaString> = waiting.map(|member| member.id.clone()).collect();
        for id in waiting {
            let response = error.map_or_else(|| self.synced(&id), failed_sync);
            self.complete_sync(&id, turn, || response);
            self.renew_session(&id, turn);
        }
    }

    fn synced(&self, member_id: &str) -> SyncGroupResponse {
        let assignment = self
            .member(member_id)
            .map(|member| member.assignment.clone());
        SyncGroupResponse {
            protocol_type: self.protocol_type.clone(),
            protocol_name: self.protocol_name.clone(),
            assignment: assignment.unwrap_or_default(),
            ..Default::default()
        }
    }
}
