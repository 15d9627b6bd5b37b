//! One member of the metadata quorum.
//!
//! *State* (Kafka's `QuorumState`):
//!
//! ```text
//! Unattached ─ election timeout ─► Candidate ─ majority ─► Leader
//! Leader ─ majority silent, shutdown ─► Resigned ─ timeout ─► Unattached, next epoch
//! Candidate ─ election timeout ─► Candidate, next epoch
//! any but Leader, Resigned ─ leader of the epoch heard ─► Follower
//! Follower ─ fetch timeout ─► Candidate, or Unattached if it is no voter
//! any ─ higher epoch ─► Unattached, or Follower if its leader is known
//! ```
//!
//! *Invariants*: the epoch never falls; an epoch has one leader and this member one vote in it;
//! what `quorum-state` holds is what the role says; the high watermark never falls; a leader counts
//! itself only for what it has flushed.

mod elections;
mod followers;
mod leaders;
mod quorum_epochs;
mod requests;
mod role;

use std::mem;

use ottla_machine::{Machine, Random};
use ottla_messages::ErrorCode;
use ottla_types::{Duration, Instant, LeaderEpoch, NodeId, Now, Offset};

use crate::log::Log;
use crate::{
    Configuration, Effect, FetchAnswer, FetchedBatch, Input, LogState, QuorumState, QuorumTimeouts,
    ReplicaKey, Response, VoterSet,
};

use leaders::Leadership;
pub use leaders::{QuorumDescription, ReplicaProgress};
use requests::Connections;
use role::Role;

/// One member of the metadata quorum, voter or observer.
#[derive(Debug)]
pub struct Raft {
    local: ReplicaKey,
    voters: VoterSet,
    bootstrap: Vec<NodeId>,
    kraft_version: i16,
    voters_changed: bool,
    timeouts: QuorumTimeouts,
    random: Random,
    epoch: LeaderEpoch,
    role: Role,
    log: Log,
    high_watermark: Option<Offset>,
    persisted: Option<QuorumState>,
    connections: Connections,
    shutdown_by: Option<Instant>,
}

impl Raft {
    /// A member with what its disk holds. Its first input must be [`Input::Start`].
    #[must_use]
    pub fn new(configuration: Configuration, state: QuorumState, log: LogState) -> Raft {
        let high_watermark = log.latest_snapshot.map(|snapshot| snapshot.end_offset);
        Raft {
            local: configuration.local,
            voters: configuration.voters,
            bootstrap: configuration.bootstrap,
            kraft_version: configuration.kraft_version,
            voters_changed: configuration.voters_changed,
            timeouts: configuration.timeouts,
            random: Random::from_seed(configuration.seed),
            epoch: state.epoch,
            role: Role::Unattached {
                leader: state.leader,
                voted: state.voted,
                election_at: Instant::ZERO,
            },
            log: Log::new(log),
            high_watermark,
            persisted: None,
            connections: Connections::default(),
            shutdown_by: None,
        }
    }

    /// The epoch this member is in.
    #[must_use]
    pub fn epoch(&self) -> LeaderEpoch {
        self.epoch
    }

    /// The leader of the epoch, if it is known.
    #[must_use]
    pub fn leader(&self) -> Option<NodeId> {
        match &self.role {
            Role::Unattached { leader, .. } => *leader,
            Role::Follower { leader, .. } => Some(*leader),
            Role::Leader(_) | Role::Resigned { .. } => Some(self.local.id),
            Role::Candidate { .. } => None,
        }
    }

    /// Whether this member leads its epoch, perhaps not yet able to decide.
    #[must_use]
    pub fn is_leader(&self) -> bool {
        matches!(self.role, Role::Leader(_))
    }

    /// Everything below is committed; none before it is known.
    #[must_use]
    pub fn high_watermark(&self) -> Option<Offset> {
        self.high_watermark
    }

    /// The offset the next record gets.
    #[must_use]
    pub fn log_end_offset(&self) -> Offset {
        self.log.end
    }

    /// The voters in force.
    #[must_use]
    pub fn voters(&self) -> &VoterSet {
        &self.voters
    }

    /// The name of the state, as Kafka's metric `current-state` has it.
    #[must_use]
    pub fn state_name(&self) -> &'static str {
        match &self.role {
            Role::Leader(_) => "leader",
            Role::Candidate { .. } => "candidate",
            Role::Resigned { .. } => "resigned",
            Role::Unattached { voted: Some(_), .. } => "unattached-voted",
            Role::Follower { .. } if self.is_voter() => "follower",
            Role::Unattached { .. } if self.is_voter() => "unattached",
            Role::Follower { .. } | Role::Unattached { .. } => "observer",
        }
    }

    fn is_voter(&self) -> bool {
        self.voters.contains(self.local)
    }

    fn quorum_state(&self) -> QuorumState {
        let voted = match &self.role {
            Role::Unattached { voted, .. } | Role::Follower { voted, .. } => *voted,
            Role::Candidate { .. } => Some(self.local),
            Role::Leader(_) | Role::Resigned { .. } => None,
        };
        QuorumState {
            epoch: self.epoch,
            leader: self.leader(),
            voted,
        }
    }

    /// Takes up the role that the disk says.
    fn start(&mut self, now: Now, effects: &mut Vec<Effect>) {
        let state = self.quorum_state();
        let log_epoch = self.log.last_epoch();
        if self.voters.is_only(self.local) {
            self.epoch = self.epoch.max(log_epoch);
            return self.become_candidate(now, effects);
        }
        let election_at = self.election_deadline(now);
        let role = if log_epoch > state.epoch {
            self.epoch = log_epoch;
            Role::unattached(election_at)
        } else if state.leader == Some(self.local.id) {
            Role::Resigned {
                election_at,
                successors: Vec::new(),
                unacknowledged: Default::default(),
            }
        } else if let Some(leader) = state.leader.filter(|&id| self.voters.contains_node(id)) {
            self.follower_role(leader, state.voted, now)
        } else if state.voted.is_some_and(|voted| voted == self.local) {
            Role::candidate(self.local.id, election_at)
        } else {
            Role::Unattached {
                leader: state.leader,
                voted: state.voted,
                election_at,
            }
        };
        self.change_role(self.epoch, role, effects);
    }

    /// The only way from one role to another. `quorum-state` comes first, then the news.
    fn change_role(&mut self, epoch: LeaderEpoch, role: Role, effects: &mut Vec<Effect>) {
        assert!(epoch >= self.epoch, "the epoch never falls");
        let old_epoch = mem::replace(&mut self.epoch, epoch);
        let old = mem::replace(&mut self.role, role);
        self.connections.reset();
        self.persist(effects);
        if let Role::Leader(leadership) = old
            && !self.is_leader()
        {
            if leadership.is_established {
                effects.push(Effect::ResignedLeader(old_epoch));
            }
            for waiting in leadership.waiting {
                let refusal = FetchAnswer::Refused(ErrorCode::NOT_LEADER_OR_FOLLOWER);
                self.reply(waiting.request, Response::Fetch(refusal), effects);
            }
        }
    }

    fn persist(&mut self, effects: &mut Vec<Effect>) {
        let state = self.quorum_state();
        if self.persisted != Some(state) {
            self.persisted = Some(state);
            // A state that nobody has acted on yet needs no flush of its own.
            effects.pop_if(|last| matches!(last, Effect::PersistQuorumState(_)));
            effects.push(Effect::PersistQuorumState(Box::new(state)));
        }
    }

    /// Takes note of an epoch, and of its leader if it is known. Nothing changes when both are
    /// known already or the epoch is over.
    fn observe_epoch(
        &mut self,
        epoch: LeaderEpoch,
        leader: Option<NodeId>,
        now: Now,
        effects: &mut Vec<Effect>,
    ) {
        let leader = leader.filter(|&id| id >= NodeId(0) && id != self.local.id);
        let is_news = match leader {
            _ if epoch > self.epoch => true,
            Some(leader) if epoch == self.epoch => match &self.role {
                Role::Candidate { .. } => true,
                Role::Unattached { leader: known, .. } => known.is_none_or(|id| id == leader),
                Role::Follower { .. } | Role::Leader(_) | Role::Resigned { .. } => false,
            },
            _ => false,
        };
        if !is_news {
            return;
        }
        let voted = self.quorum_state().voted.filter(|_| epoch == self.epoch);
        let role = match leader {
            Some(leader) => self.follower_role(leader, voted, now),
            None => Role::Unattached {
                leader: None,
                voted,
                election_at: self.election_deadline_kept(now),
            },
        };
        self.change_role(epoch, role, effects);
    }

    /// Whether a peer's claim contradicts the leader that is known for the epoch.
    fn contradicts(&self, epoch: LeaderEpoch, leader: NodeId) -> bool {
        epoch == self.epoch && self.leader().is_some_and(|known| known != leader)
    }

    /// Whether a node that says so of itself can be a candidate or a leader.
    ///
    /// Voters that stand in the configuration are all there are. Voters that stand in the log can
    /// be more by now than this member has heard of; but a sole voter itself would have had to
    /// commit a second one. Whoever else claims an epoch is an outsider, and believing it would
    /// cost the quorum its leader and, at the last epoch there is, its future. A broker that knows
    /// no voters yet has nobody to believe but whom it asks.
    fn may_stand(&self, id: NodeId) -> bool {
        let are_configured = self.kraft_version == 0 && !self.voters.is_empty();
        let is_complete = are_configured || self.voters.is_only(self.local);
        id != self.local.id && (!is_complete || self.voters.contains_node(id))
    }

    fn follower_role(&self, leader: NodeId, voted: Option<ReplicaKey>, now: Now) -> Role {
        Role::Follower {
            leader,
            voted,
            fetch_by: now.monotonic.after(self.timeouts.fetch_timeout),
        }
    }

    /// The epoch after this one. A peer can have claimed the last one there is.
    fn next_epoch(&self, effects: &mut Vec<Effect>) -> Option<LeaderEpoch> {
        let next = self.epoch.0.checked_add(1).map(LeaderEpoch);
        if next.is_none() {
            effects.push(Effect::Fault("there is no epoch left"));
        }
        next
    }

    /// A fresh election timeout, uniform in [T, 2T).
    fn election_deadline(&mut self, now: Now) -> Instant {
        let base = self.timeouts.election_timeout;
        let nanos = u64::try_from(base.as_nanos()).unwrap_or(u64::MAX);
        let jitter = Duration::from_nanos(self.random.below(nanos));
        now.monotonic.after(base).after(jitter)
    }

    /// The election timeout that runs already, if one does: news of an epoch that is no vote given
    /// must not keep postponing the election.
    fn election_deadline_kept(&mut self, now: Now) -> Instant {
        match &self.role {
            Role::Unattached { election_at, .. }
            | Role::Candidate { election_at, .. }
            | Role::Resigned { election_at, .. } => *election_at,
            Role::Follower { .. } | Role::Leader(_) => self.election_deadline(now),
        }
    }

    fn on_deadline(&mut self, now: Now, effects: &mut Vec<Effect>) {
        let instant = now.monotonic;
        self.connections
            .expire(instant, self.timeouts.retry_backoff);
        if self.shutdown_by.is_some_and(|by| instant >= by) {
            return self.finish_shutdown(effects);
        }
        let is_voter = self.is_voter();
        match &mut self.role {
            Role::Unattached { election_at, .. } | Role::Candidate { election_at, .. } => {
                if is_voter && instant >= *election_at {
                    self.become_candidate(now, effects);
                }
            }
            Role::Follower {
                fetch_by, voted, ..
            } if instant >= *fetch_by => {
                if is_voter {
                    return self.become_candidate(now, effects);
                }
                let role = Role::Unattached {
                    leader: None,
                    voted: *voted,
                    election_at: instant,
                };
                self.change_role(self.epoch, role, effects);
            }
            Role::Follower { .. } => {}
            Role::Leader(_) => self.on_leader_deadline(now, effects),
            Role::Resigned { election_at, .. } => {
                if instant >= *election_at && self.shutdown_by.is_none() {
                    let Some(next) = self.next_epoch(effects) else {
                        return;
                    };
                    let role = Role::unattached(self.election_deadline(now));
                    self.change_role(next, role, effects);
                }
            }
        }
    }

    fn on_shutdown(&mut self, patience: Duration, now: Now, effects: &mut Vec<Effect>) {
        let has_peers = !self.voters.is_only(self.local);
        if self.is_leader() {
            self.shutdown_by = Some(now.monotonic.after(patience));
            self.resign(now, effects);
        }
        if self.shutdown_by.is_none() || !has_peers {
            self.finish_shutdown(effects);
        }
    }

    fn finish_shutdown(&mut self, effects: &mut Vec<Effect>) {
        self.shutdown_by = None;
        effects.push(Effect::ShutDown);
    }

    fn on_durable(&mut self, upto: Offset, now: Now, effects: &mut Vec<Effect>) {
        self.log.durable = self.log.durable.max(upto.min(self.log.end));
        self.advance_high_watermark(now, effects);
    }
}

impl Machine for Raft {
    type Input<'a> = Input<'a>;
    type Effect = Effect;

    fn step(&mut self, now: Now, input: Input<'_>, effects: &mut Vec<Effect>) {
        match input {
            Input::Start => self.start(now, effects),
            Input::Deadline => self.on_deadline(now, effects),
            Input::VoteRequest(request, vote) => self.on_vote_request(request, vote, now, effects),
            Input::BeginQuorumEpochRequest(request, begin) => {
                self.on_begin_quorum_epoch_request(request, begin, now, effects);
            }
            Input::EndQuorumEpochRequest(request, end) => {
                self.on_end_quorum_epoch_request(request, end, now, effects);
            }
            Input::FetchRequest(request, fetch) => {
                self.on_fetch_request(request, fetch, now, effects);
            }
            Input::Cancelled(request) => self.forget_waiting(request),
            Input::Answered {
                from,
                correlation,
                epoch,
                leader,
                response,
            } => {
                if self.connections.complete(from, correlation) {
                    self.on_answer(from, epoch, leader, response, now, effects);
                }
            }
            Input::Failed { to, correlation } => {
                if self.connections.complete(to, correlation) {
                    self.connections
                        .back_off(to, now.monotonic.after(self.timeouts.retry_backoff));
                }
            }
            Input::Append { record_count } => self.on_append(record_count, now, effects),
            Input::Durable(upto) => self.on_durable(upto, now, effects),
            Input::Snapshots {
                log_start,
                earliest,
                latest,
            } => self.log.on_snapshots(log_start, earliest, latest),
            Input::Voters {
                voters,
                kraft_version,
            } => {
                self.voters = voters;
                self.kraft_version = kraft_version;
            }
            Input::Shutdown(patience) => self.on_shutdown(patience, now, effects),
        }
        if self.shutdown_by.is_some() && !matches!(self.role, Role::Resigned { .. }) {
            // A successor has been heard of.
            self.finish_shutdown(effects);
        }
        self.send_due(now, effects);
    }

    fn next_deadline(&self) -> Option<Instant> {
        let of_role = match &self.role {
            Role::Unattached { election_at, .. } | Role::Candidate { election_at, .. } => {
                self.is_voter().then_some(*election_at)
            }
            Role::Follower { fetch_by, .. } => Some(*fetch_by),
            Role::Leader(leadership) => self.leader_deadline(leadership),
            Role::Resigned { election_at, .. } => {
                self.shutdown_by.is_none().then_some(*election_at)
            }
        };
        [of_role, self.shutdown_by, self.send_deadline()]
            .into_iter()
            .flatten()
            .min()
    }

    fn check_invariants(&self) {
        self.log.check_invariants();
        assert!(
            self.persisted
                .is_none_or(|state| state == self.quorum_state()),
            "quorum-state holds what the role says"
        );
        if let Some(high_watermark) = self.high_watermark {
            assert!(
                high_watermark <= self.log.end,
                "only what is there is committed"
            );
        }
        if let Role::Leader(leadership) = &self.role {
            assert!(self.is_voter(), "only a voter leads");
            assert!(
                leadership.epoch_start < self.log.end,
                "an epoch opens with a record"
            );
            assert_eq!(
                self.log.last_epoch(),
                self.epoch,
                "a leader writes its own epoch"
            );
        }
    }
}

#[cfg(test)]
mod tests;
