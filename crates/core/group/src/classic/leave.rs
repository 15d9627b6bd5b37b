//! LeaveGroup: members go, or are taken out by an administrator, several at once (KIP-345).

use ottla_messages::leave_group_request::{LeaveGroupRequest, MemberIdentity};
use ottla_messages::leave_group_response::{LeaveGroupResponse, MemberResponse};
use ottla_messages::{ErrorCode, KafkaString};

use super::{ClassicGroup, ClassicGroupState};
use crate::turn::Turn;

/// From this version on a request names several members.
const BATCH_VERSION: i16 = 3;

impl ClassicGroup {
    /// Decides on a LeaveGroup.
    pub(crate) fn leave(
        &mut self,
        version: i16,
        message: &LeaveGroupRequest,
        turn: &mut Turn<'_>,
    ) -> LeaveGroupResponse {
        let members = leaving_members(version, message);
        let codes: Vec<ErrorCode> = members
            .iter()
            .map(|member| self.leave_one(member, turn))
            .collect();
        if codes.contains(&ErrorCode::NONE) {
            match self.state {
                ClassicGroupState::Stable | ClassicGroupState::CompletingRebalance => {
                    self.rebalance_or_complete_join(turn);
                }
                ClassicGroupState::PreparingRebalance => self.maybe_complete_join_phase(turn),
                ClassicGroupState::Empty | ClassicGroupState::Dead => {}
            }
        }
        left(version, members.iter().zip(codes))
    }

    fn leave_one(&mut self, member: &MemberIdentity, turn: &mut Turn<'_>) -> ErrorCode {
        let instance_id = member.group_instance_id.as_ref();
        let member_id: KafkaString = if member.member_id.is_empty() {
            let known = instance_id.and_then(|instance_id| self.static_members.get(instance_id));
            match known {
                Some(member_id) => member_id.clone(),
                None => return ErrorCode::UNKNOWN_MEMBER_ID,
            }
        } else if self.pending_join_members.contains(&member.member_id) {
            member.member_id.clone()
        } else {
            match self.validate_member(&member.member_id, instance_id) {
                Ok(()) => member.member_id.clone(),
                Err(code) => return code,
            }
        };
        turn.timers.cancel(&self.session_timer(&member_id));
        self.remove_answering(&member_id, turn);
        ErrorCode::NONE
    }
}

/// The answer where no such group is: nobody in it is known.
pub(crate) fn leave_unknown_group(version: i16, message: &LeaveGroupRequest) -> LeaveGroupResponse {
    let members = leaving_members(version, message);
    let unknown = std::iter::repeat(ErrorCode::UNKNOWN_MEMBER_ID);
    left(version, members.iter().zip(unknown))
}

fn leaving_members(version: i16, message: &LeaveGroupRequest) -> Vec<MemberIdentity> {
    if version >= BATCH_VERSION {
        return message.members.clone();
    }
    vec![MemberIdentity {
        member_id: message.member_id.clone(),
        ..Default::default()
    }]
}

fn left<'a>(
    version: i16,
    results: impl Iterator<Item = (&'a MemberIdentity, ErrorCode)>,
) -> LeaveGroupResponse {
    let mut response = LeaveGroupResponse::default();
    for (member, code) in results {
        if version < BATCH_VERSION {
            response.error_code = code.into();
            continue;
        }
        response.members.push(MemberResponse {
            member_id: member.member_id.clone(),
            group_instance_id: member.group_instance_id.clone(),
            error_code: code.into(),
        });
    }
    response
}
