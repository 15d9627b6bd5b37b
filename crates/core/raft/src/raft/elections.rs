//! Elections: asking for votes, giving them, counting them.

use std::collections::BTreeSet;

use ottla_messages::ErrorCode;
use ottla_types::{LeaderEpoch, NodeId, Now, Offset, RequestId};

use super::{Leadership, Raft, Role};
use crate::{Effect, ReplicaKey, Response, VoteRequest};

impl Raft {
    /// Opens the next epoch with a vote for itself. A sole voter has won with that, and writes
    /// `quorum-state` only once: nothing is said to anybody in between.
    pub(super) fn become_candidate(&mut self, now: Now, effects: &mut Vec<Effect>) {
        let Some(epoch) = self.next_epoch(effects) else {
            return;
        };
        if self.voters.is_only(self.local) {
            self.become_leader(epoch, BTreeSet::from([self.local.id]), now, effects);
        } else {
            let role = Role::candidate(self.local.id, self.election_deadline(now));
            self.change_role(epoch, role, effects);
        }
    }

    pub(super) fn on_vote_request(
        &mut self,
        request: RequestId,
        vote: VoteRequest,
        now: Now,
        effects: &mut Vec<Effect>,
    ) {
        let verdict = self.judge_vote_request(vote, now, effects);
        let response = match verdict {
            Ok(granted) => Response::Vote {
                error: ErrorCode::NONE,
                granted,
            },
            Err(error) => Response::Vote {
                error,
                granted: false,
            },
        };
        self.reply(request, response, effects);
    }

    /// The order of these checks is Kafka's, but for [`Raft::may_stand`].
    fn judge_vote_request(
        &mut self,
        vote: VoteRequest,
        now: Now,
        effects: &mut Vec<Effect>,
    ) -> Result<bool, ErrorCode> {
        if vote.last_offset < Offset::ZERO
            || vote.last_epoch < LeaderEpoch(0)
            || vote.last_epoch >= vote.epoch
        {
            return Err(ErrorCode::INVALID_REQUEST);
        }
        if vote.epoch < self.epoch {
            return Err(ErrorCode::FENCED_LEADER_EPOCH);
        }
        if vote.candidate.id < NodeId(0) {
            return Err(ErrorCode::INVALID_REQUEST);
        }
        if !self.may_stand(vote.candidate.id) {
            return Err(ErrorCode::INCONSISTENT_VOTER_SET);
        }
        self.observe_epoch(vote.epoch, None, now, effects);
        if vote.voter.is_some_and(|voter| !voter.may_be(self.local)) {
            return Err(ErrorCode::INVALID_VOTER_KEY);
        }
        let is_covered = self.log.is_covered_by(vote.last_epoch, vote.last_offset);
        match &self.role {
            Role::Unattached {
                voted: Some(voted), ..
            } => Ok(voted.may_be(vote.candidate)),
            Role::Unattached {
                leader: None,
                voted: None,
                ..
            } if is_covered => {
                self.give_vote(vote.candidate, now, effects);
                Ok(true)
            }
            _ => Ok(false),
        }
    }

    fn give_vote(&mut self, candidate: ReplicaKey, now: Now, effects: &mut Vec<Effect>) {
        let role = Role::Unattached {
            leader: None,
            voted: Some(candidate),
            election_at: self.election_deadline(now),
        };
        self.change_role(self.epoch, role, effects);
    }

    pub(super) fn on_vote_answer(
        &mut self,
        from: NodeId,
        granted: bool,
        now: Now,
        effects: &mut Vec<Effect>,
    ) {
        let majority = self.voters.majority();
        let Role::Candidate {
            granted: votes,
            rejected,
            ..
        } = &mut self.role
        else {
            return;
        };
        if !granted {
            rejected.insert(from);
            return;
        }
        votes.insert(from);
        if votes.len() >= majority {
            let votes = votes.clone();
            self.become_leader(self.epoch, votes, now, effects);
        }
    }

    /// Opens the epoch with its control batch: nothing of earlier epochs is committed before that
    /// is.
    fn become_leader(
        &mut self,
        epoch: LeaderEpoch,
        granting: BTreeSet<NodeId>,
        now: Now,
        effects: &mut Vec<Effect>,
    ) {
        let base_offset = self.log.end;
        let leadership =
            Leadership::new(self.local, &self.voters, base_offset, now, &self.timeouts);
        self.change_role(epoch, Role::Leader(Box::new(leadership)), effects);
        let is_unsaid = self.log.voters_record.is_none() || self.voters_changed;
        let with_voters = self.kraft_version >= 1 && is_unsaid;
        self.log.append(epoch, if with_voters { 3 } else { 1 });
        if with_voters {
            self.log.voters_record = Some(base_offset);
            self.voters_changed = false;
        }
        effects.push(Effect::AppendLeaderChange {
            base_offset,
            epoch,
            granting: granting.into_iter().collect(),
            with_voters,
        });
    }
}
