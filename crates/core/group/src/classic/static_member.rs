//! A static member that comes back under a new id (KIP-345).

use bytes::Bytes;
use ottla_messages::join_group_response::JoinGroupResponse;
use ottla_messages::{ErrorCode, KafkaString};

use super::{ClassicGroup, ClassicGroupState, Joining, Member, failed_join};
use crate::request::failed_sync;
use crate::soft::Assumed;
use crate::turn::Turn;

/// From this version on a leader can be told that its group goes on without an assignment
/// (KIP-814); an earlier one is told that the old leader still leads, so that it makes none.
const SKIP_ASSIGNMENT_VERSION: i16 = 9;

impl ClassicGroup {
    /// The member with this instance id was restarted. In a stable group that goes on with the same
    /// protocol nothing is rebalanced: the new id takes the old one's place and assignment.
    pub(super) fn replace_static_member(
        &mut self,
        joining: &Joining<'_>,
        old_id: &KafkaString,
        new_id: KafkaString,
        turn: &mut Turn<'_>,
    ) {
        let old_leader = self.leader.clone().unwrap_or_default();
        let Some(old_member) = self.give_new_id(old_id, &new_id, turn) else {
            return;
        };
        turn.timers.cancel(&self.session_timer(old_id));
        self.renew_session(&new_id, turn);
        match self.state {
            ClassicGroupState::Stable => {
                self.set_member_terms_of(&new_id, joining);
                if self.select_protocol() == self.protocol_name {
                    turn.record(self.to_record());
                    *turn.assumed = Some(Assumed::Replaced {
                        group: self.id.clone(),
                        new_member_id: new_id.clone(),
                        old_member: Box::new(old_member),
                    });
                    let response = self.rejoined(&new_id, old_leader, joining.version);
                    turn.answer_join(joining.waiter(), response);
                } else {
                    self.await_join(&new_id, joining.waiter(), turn);
                    self.rebalance_or_complete_join(turn);
                }
            }
            ClassicGroupState::CompletingRebalance => {
                self.update_member(&new_id, joining, turn);
                self.prepare_rebalance(turn);
            }
            ClassicGroupState::PreparingRebalance
            | ClassicGroupState::Empty
            | ClassicGroupState::Dead => {
                self.update_member(&new_id, joining, turn);
                self.maybe_complete_join_phase(turn);
            }
        }
    }

    fn set_member_terms_of(&mut self, member_id: &KafkaString, joining: &Joining<'_>) {
        self.set_member_terms(
            member_id,
            super::member::distinct(&joining.message.protocols),
            joining.rebalance_timeout_ms(),
            joining.message.session_timeout_ms,
        );
    }

    /// Moves a member to a new id and fences whoever still waits under the old one. Returns the
    /// member as it was, waiting for nothing.
    fn give_new_id(
        &mut self,
        old_id: &KafkaString,
        new_id: &KafkaString,
        turn: &mut Turn<'_>,
    ) -> Option<Member> {
        let fenced = ErrorCode::FENCED_INSTANCE_ID;
        self.complete_join(old_id, turn, || failed_join(old_id, fenced));
        self.complete_sync(old_id, turn, || failed_sync(fenced));
        let old_member = self.members.remove(old_id)?;
        self.pending_sync_members.remove(old_id);
        let mut new_member = old_member.clone();
        new_member.id = new_id.clone();
        new_member.is_new = false;
        self.reinsert(old_id, new_member);
        Some(old_member)
    }

    /// Puts a member in the place of one that was just taken out.
    fn reinsert(&mut self, replaced_id: &str, member: Member) {
        if self.is_leader(replaced_id) {
            self.leader = Some(member.id.clone());
        }
        if let Some(instance_id) = &member.instance_id {
            self.static_members
                .insert(instance_id.clone(), member.id.clone());
        }
        self.members.insert(member.id.clone(), member);
    }

    fn rejoined(
        &self,
        new_id: &KafkaString,
        old_leader: KafkaString,
        version: i16,
    ) -> JoinGroupResponse {
        let mut response = self.joined(new_id);
        if version >= SKIP_ASSIGNMENT_VERSION {
            response.skip_assignment = self.is_leader(new_id);
        } else {
            response.members = Vec::new();
            response.leader = old_leader;
        }
        response
    }

    /// The record that made the new id known was refused: the old one is the member again.
    pub(crate) fn revert_replacement(&mut self, new_id: &str, old_member: Member) {
        let Some(new_member) = self.members.remove(new_id) else {
            return;
        };
        self.uncount_protocols(&new_member);
        self.count_protocols(&old_member);
        self.reinsert(new_id, old_member);
    }

    pub(super) fn forget_assignments(&mut self) {
        for member in self.members.values_mut() {
            member.assignment = Bytes::new();
        }
    }
}
