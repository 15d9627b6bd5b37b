//! The beginning and the end of a leader's epoch, as its voters hear of them.

use std::collections::BTreeSet;

use ottla_messages::ErrorCode;
use ottla_types::{Duration, NodeId, Now, RequestId};

use super::{Raft, Role};
use crate::{BeginQuorumEpochRequest, Effect, EndQuorumEpochRequest, Response};

impl Raft {
    pub(super) fn on_begin_quorum_epoch_request(
        &mut self,
        request: RequestId,
        begin: BeginQuorumEpochRequest,
        now: Now,
        effects: &mut Vec<Effect>,
    ) {
        let error = if begin.epoch < self.epoch {
            ErrorCode::FENCED_LEADER_EPOCH
        } else if begin.leader < NodeId(0) {
            ErrorCode::INVALID_REQUEST
        } else if !self.may_stand(begin.leader) {
            ErrorCode::INCONSISTENT_VOTER_SET
        } else if self.contradicts(begin.epoch, begin.leader) {
            // Two leaders in one epoch.
            ErrorCode::UNKNOWN_SERVER_ERROR
        } else {
            self.observe_epoch(begin.epoch, Some(begin.leader), now, effects);
            match begin.voter {
                Some(voter) if !voter.may_be(self.local) => ErrorCode::INVALID_VOTER_KEY,
                _ => ErrorCode::NONE,
            }
        };
        self.reply(request, Response::BeginQuorumEpoch { error }, effects);
    }

    pub(super) fn on_end_quorum_epoch_request(
        &mut self,
        request: RequestId,
        end: EndQuorumEpochRequest<'_>,
        now: Now,
        effects: &mut Vec<Effect>,
    ) {
        let error = if end.epoch < self.epoch {
            ErrorCode::FENCED_LEADER_EPOCH
        } else if end.leader < NodeId(0) {
            ErrorCode::INVALID_REQUEST
        } else if !self.may_stand(end.leader) {
            ErrorCode::INCONSISTENT_VOTER_SET
        } else if self.contradicts(end.epoch, end.leader) {
            ErrorCode::UNKNOWN_SERVER_ERROR
        } else {
            self.observe_epoch(end.epoch, Some(end.leader), now, effects);
            let backoff = self.successor_backoff(end.successors);
            if let Role::Follower {
                leader, fetch_by, ..
            } = &mut self.role
                && *leader == end.leader
            {
                *fetch_by = now.monotonic.after(backoff);
            }
            ErrorCode::NONE
        };
        self.reply(request, Response::EndQuorumEpoch { error }, effects);
    }

    /// How long this member lets better successors go first. The first one does not wait.
    fn successor_backoff(&self, successors: &[NodeId]) -> Duration {
        let longest = self.timeouts.election_backoff_max;
        if successors.is_empty() {
            return Duration::ZERO;
        }
        match successors.iter().position(|&id| id == self.local.id) {
            None => longest,
            Some(0) => Duration::ZERO,
            Some(position) => {
                let shift = |places: usize| u32::try_from(places).unwrap_or(u32::MAX).min(63);
                let longest_ms = u64::try_from(longest.as_millis()).unwrap_or(u64::MAX);
                let shortest_ms = longest_ms >> shift(successors.len() - 1);
                let milliseconds = shortest_ms.saturating_mul(1 << shift(position - 1));
                longest.min(Duration::from_millis(milliseconds))
            }
        }
    }

    /// Gives up leadership: the voters are told, the best successor first.
    pub(super) fn resign(&mut self, now: Now, effects: &mut Vec<Effect>) {
        let Role::Leader(leadership) = &self.role else {
            return;
        };
        let successors = leadership.successors();
        let unacknowledged: BTreeSet<NodeId> = successors.iter().copied().collect();
        let role = Role::Resigned {
            election_at: self.election_deadline(now),
            successors,
            unacknowledged,
        };
        self.change_role(self.epoch, role, effects);
    }

    pub(super) fn on_end_quorum_epoch_answer(&mut self, from: NodeId) {
        if let Role::Resigned { unacknowledged, .. } = &mut self.role {
            unacknowledged.remove(&from);
        }
    }
}
