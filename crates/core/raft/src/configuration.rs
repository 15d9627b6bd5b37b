//! What a quorum member is told at its start.

use ottla_types::{Duration, NodeId};

use crate::{ReplicaKey, VoterSet};

/// The `controller.quorum.*` times, with Kafka's defaults.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct QuorumTimeouts {
    /// `controller.quorum.election.timeout.ms`: an election lasts between this and twice this.
    pub election_timeout: Duration,
    /// `controller.quorum.fetch.timeout.ms`: how long a follower lives without its leader.
    pub fetch_timeout: Duration,
    /// `controller.quorum.election.backoff.max.ms`: the longest wait after EndQuorumEpoch.
    pub election_backoff_max: Duration,
    /// `controller.quorum.request.timeout.ms`: when a request to a peer counts as lost.
    pub request_timeout: Duration,
    /// `controller.quorum.retry.backoff.ms`: the pause after a request that failed.
    pub retry_backoff: Duration,
    /// How long a fetching observer stays listed after its last fetch; fixed in Kafka.
    pub observer_session: Duration,
}

impl Default for QuorumTimeouts {
    fn default() -> Self {
        QuorumTimeouts {
            election_timeout: Duration::from_millis(1000),
            fetch_timeout: Duration::from_millis(2000),
            election_backoff_max: Duration::from_millis(1000),
            request_timeout: Duration::from_millis(2000),
            retry_backoff: Duration::from_millis(20),
            observer_session: Duration::from_secs(300),
        }
    }
}

/// What a quorum member is told at its start.
#[derive(Clone, Debug)]
pub struct Configuration {
    /// This node, with the id of its metadata directory.
    pub local: ReplicaKey,
    /// The voters in force at the end of the log; an observer whose log is empty may know none.
    pub voters: VoterSet,
    /// Who is asked for the leader while none is known: names that the shell has addresses for,
    /// negative ones for servers whose node ids nobody has said yet. Empty: the voters are asked.
    pub bootstrap: Vec<NodeId>,
    /// The level of the feature `kraft.version`: 0 for a static quorum, 1 for one whose voters are
    /// records of the log.
    pub kraft_version: i16,
    /// Whether the Voters record is out of date, because this node listens elsewhere by now: it is
    /// written anew by the next epoch that this node opens.
    pub voters_changed: bool,
    /// The times.
    pub timeouts: QuorumTimeouts,
    /// Seeds the election timeouts.
    pub seed: u64,
}
