//! Requests to peers: one at a time to each, repeated until the role changes or they are answered.

use std::collections::BTreeMap;

use ottla_messages::ErrorCode;
use ottla_types::{Duration, Instant, LeaderEpoch, NodeId, Now, Offset, RequestId};

use super::{Raft, Role};
use crate::{Effect, PeerRequest, PeerResponse, Response};

/// The requests under way.
#[derive(Debug, Default)]
pub(super) struct Connections {
    peers: BTreeMap<NodeId, Connection>,
    last_correlation: u64,
}

#[derive(Clone, Copy, Debug)]
enum Connection {
    InFlight { correlation: u64, expires: Instant },
    BackingOff { until: Instant },
}

impl Connections {
    /// Forgets what is under way: its answers come too late for the new role.
    pub(super) fn reset(&mut self) {
        self.peers.clear();
    }

    /// Whether this is the answer that is waited for.
    pub(super) fn complete(&mut self, peer: NodeId, answered: u64) -> bool {
        let is_awaited = matches!(
            self.peers.get(&peer),
            Some(Connection::InFlight { correlation, .. }) if *correlation == answered
        );
        if is_awaited {
            self.peers.remove(&peer);
        }
        is_awaited
    }

    pub(super) fn back_off(&mut self, peer: NodeId, until: Instant) {
        self.peers.insert(peer, Connection::BackingOff { until });
    }

    /// Gives up requests that have waited too long, and ends pauses.
    pub(super) fn expire(&mut self, now: Instant, retry_backoff: Duration) {
        self.peers.retain(|_, connection| match *connection {
            Connection::InFlight { expires, .. } if now >= expires => {
                *connection = Connection::BackingOff {
                    until: now.after(retry_backoff),
                };
                true
            }
            Connection::InFlight { .. } => true,
            Connection::BackingOff { until } => now < until,
        });
    }

    fn is_free(&self, peer: NodeId) -> bool {
        !self.peers.contains_key(&peer)
    }

    fn is_idle(&self) -> bool {
        self.peers.is_empty()
    }

    fn next_change(&self) -> Option<Instant> {
        let changes = self.peers.values().map(|connection| match *connection {
            Connection::InFlight { expires, .. } => expires,
            Connection::BackingOff { until } => until,
        });
        changes.min()
    }

    fn begin(&mut self, peer: NodeId, expires: Instant) -> u64 {
        self.last_correlation += 1;
        let correlation = self.last_correlation;
        let connection = Connection::InFlight {
            correlation,
            expires,
        };
        self.peers.insert(peer, connection);
        correlation
    }
}

impl Raft {
    pub(super) fn reply(&self, request: RequestId, response: Response, effects: &mut Vec<Effect>) {
        effects.push(Effect::Reply {
            request,
            epoch: self.epoch,
            leader: self.leader(),
            response,
        });
    }

    /// Sends whatever the role wants said to peers that are free to be asked.
    pub(super) fn send_due(&mut self, now: Now, effects: &mut Vec<Effect>) {
        self.connections
            .expire(now.monotonic, self.timeouts.retry_backoff);
        for (to, request) in self.due_requests(now) {
            let expires = now.monotonic.after(self.timeouts.request_timeout);
            let correlation = self.connections.begin(to, expires);
            effects.push(Effect::Send {
                to,
                correlation,
                request,
            });
        }
    }

    fn due_requests(&mut self, now: Now) -> Vec<(NodeId, PeerRequest)> {
        let epoch = self.epoch;
        // What a member says of its log is what is on disk. A fetch is its word for having stored
        // what lies before; a vote won with records that a crash then takes would elect a log that
        // lacks what others have committed.
        let all_is_durable = self.log.durable == self.log.end;
        let free = |id: &NodeId| self.connections.is_free(*id);
        match &self.role {
            Role::Candidate {
                granted, rejected, ..
            } if all_is_durable => {
                let vote = PeerRequest::Vote {
                    epoch,
                    last_epoch: self.log.last_epoch(),
                    last_offset: self.log.end,
                };
                self.voters
                    .ids()
                    .filter(|id| !granted.contains(id) && !rejected.contains(id))
                    .filter(free)
                    .map(|id| (id, vote.clone()))
                    .collect()
            }
            Role::Leader(leadership) => leadership
                .begin_times()
                .filter(|&(_, begin_at)| now.monotonic >= begin_at)
                .map(|(id, _)| id)
                .filter(free)
                .map(|id| (id, PeerRequest::BeginQuorumEpoch { epoch }))
                .collect(),
            Role::Resigned {
                successors,
                unacknowledged,
                ..
            } => {
                let end = PeerRequest::EndQuorumEpoch {
                    epoch,
                    successors: successors.clone(),
                };
                unacknowledged
                    .iter()
                    .copied()
                    .filter(free)
                    .map(|id| (id, end.clone()))
                    .collect()
            }
            Role::Follower { leader, .. } if all_is_durable && free(leader) => {
                vec![(*leader, self.fetch_request())]
            }
            Role::Unattached { .. } if all_is_durable => {
                self.fetch_from_anyone().into_iter().collect()
            }
            Role::Candidate { .. } | Role::Follower { .. } | Role::Unattached { .. } => Vec::new(),
        }
    }

    /// Who does not know the leader asks anybody who should, whose refusal names it.
    fn fetch_from_anyone(&mut self) -> Option<(NodeId, PeerRequest)> {
        if !self.connections.is_idle() {
            return None;
        }
        let others: Vec<_> = if self.bootstrap.is_empty() {
            let voters = self.voters.ids();
            voters.filter(|&id| id != self.local.id).collect()
        } else {
            self.bootstrap.clone()
        };
        let pick = self.random.below(u64::try_from(others.len()).ok()?);
        let peer = others.get(usize::try_from(pick).ok()?).copied()?;
        Some((peer, self.fetch_request()))
    }

    fn fetch_request(&self) -> PeerRequest {
        PeerRequest::Fetch {
            epoch: self.epoch,
            fetch_offset: self.log.end,
            last_fetched_epoch: self.log.last_epoch(),
            high_watermark: self.high_watermark.unwrap_or(Offset::NONE),
        }
    }

    /// When something can next be sent that cannot now.
    pub(super) fn send_deadline(&self) -> Option<Instant> {
        let begin = match &self.role {
            Role::Leader(leadership) => leadership
                .begin_times()
                .filter(|(id, _)| self.connections.is_free(*id))
                .map(|(_, begin_at)| begin_at)
                .min(),
            _ => None,
        };
        begin
            .into_iter()
            .chain(self.connections.next_change())
            .min()
    }

    /// Takes an answer: first what it says of the epoch, then, if it belongs to the present one,
    /// what it says itself.
    pub(super) fn on_answer(
        &mut self,
        from: NodeId,
        epoch: LeaderEpoch,
        leader: Option<NodeId>,
        response: PeerResponse<'_>,
        now: Now,
        effects: &mut Vec<Effect>,
    ) {
        let asked_in = (self.epoch, self.leader());
        let others = leader.filter(|&id| id >= NodeId(0) && id != self.local.id);
        if others.is_some_and(|claimed| !self.may_stand(claimed)) {
            let until = now.monotonic.after(self.timeouts.retry_backoff);
            return self.connections.back_off(from, until);
        }
        if let Some(claimed) = leader
            && self.contradicts(epoch, claimed)
        {
            return effects.push(Effect::Fault(
                "a peer names another leader of the same epoch",
            ));
        }
        self.observe_epoch(epoch, leader, now, effects);
        if asked_in != (self.epoch, self.leader()) {
            return;
        }
        let error = match response {
            PeerResponse::Vote { error, .. }
            | PeerResponse::BeginQuorumEpoch { error }
            | PeerResponse::EndQuorumEpoch { error } => error,
            PeerResponse::Fetch(_) => ErrorCode::NONE,
        };
        if epoch < self.epoch || error != ErrorCode::NONE {
            let until = now.monotonic.after(self.timeouts.retry_backoff);
            return self.connections.back_off(from, until);
        }
        match response {
            PeerResponse::Vote { granted, .. } => self.on_vote_answer(from, granted, now, effects),
            PeerResponse::BeginQuorumEpoch { .. } => self.on_begin_quorum_epoch_answer(from, now),
            PeerResponse::EndQuorumEpoch { .. } => self.on_end_quorum_epoch_answer(from),
            PeerResponse::Fetch(_) if matches!(self.role, Role::Unattached { .. }) => {
                let until = now.monotonic.after(self.timeouts.retry_backoff);
                self.connections.back_off(from, until);
            }
            PeerResponse::Fetch(outcome) => self.on_fetched(from, outcome, now, effects),
        }
    }
}
