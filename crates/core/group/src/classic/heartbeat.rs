//! Heartbeat: a member renews its session and learns whether it must join again.

use ottla_messages::ErrorCode;
use ottla_messages::heartbeat_request::HeartbeatRequest;

use super::{ClassicGroup, ClassicGroupState};
use crate::turn::Turn;

impl ClassicGroup {
    /// Decides on a Heartbeat; NONE if the member may go on.
    pub(crate) fn heartbeat(
        &mut self,
        message: &HeartbeatRequest,
        turn: &mut Turn<'_>,
    ) -> ErrorCode {
        let member_id = &message.member_id;
        if let Err(code) = self.validate_member(member_id, message.group_instance_id.as_ref()) {
            return code;
        }
        if message.generation_id != self.generation_id {
            return ErrorCode::ILLEGAL_GENERATION;
        }
        match self.state {
            ClassicGroupState::Empty | ClassicGroupState::Dead => ErrorCode::UNKNOWN_MEMBER_ID,
            ClassicGroupState::PreparingRebalance => {
                self.renew_session(member_id, turn);
                ErrorCode::REBALANCE_IN_PROGRESS
            }
            ClassicGroupState::CompletingRebalance | ClassicGroupState::Stable => {
                self.renew_session(member_id, turn);
                ErrorCode::NONE
            }
        }
    }
}
