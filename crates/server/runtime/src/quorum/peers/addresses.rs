//! Where the other nodes of the quorum listen.

use std::collections::BTreeMap;

use ottla_types::NodeId;

use crate::node_connection::NodeAddress;
use crate::quorum::control_records::Voter;

/// The first name given to a bootstrap server, as in Kafka; the next ones are below.
const FIRST_BOOTSTRAP_ID: i32 = -2;

/// The addresses this member knows beside those of the Voters record.
#[derive(Clone, Debug, Default)]
pub(in crate::quorum) struct PeerAddresses {
    /// The first of `controller.listener.names`.
    listener: String,
    /// `controller.quorum.bootstrap.servers`
    bootstrap: BTreeMap<NodeId, NodeAddress>,
    /// What peers have said of the leaders they named.
    named: BTreeMap<NodeId, NodeAddress>,
}

impl PeerAddresses {
    pub(in crate::quorum) fn new(listener: String, servers: Vec<NodeAddress>) -> PeerAddresses {
        PeerAddresses {
            listener,
            bootstrap: bootstrap_ids(servers.len()).zip(servers).collect(),
            named: BTreeMap::new(),
        }
    }

    /// Takes note of what a peer says.
    pub(in crate::quorum) fn learn(&mut self, addresses: BTreeMap<NodeId, NodeAddress>) {
        self.named.extend(addresses);
    }

    /// Where a node listens, if anything says so.
    pub(in crate::quorum) fn of(&self, id: NodeId, voters: &[Voter]) -> Option<NodeAddress> {
        if let Some(address) = self.bootstrap.get(&id).or_else(|| self.named.get(&id)) {
            return Some(address.clone());
        }
        let voter = voters.iter().find(|voter| voter.key.id == id)?;
        let of_listener = voter
            .endpoints
            .iter()
            .find(|endpoint| endpoint.listener == self.listener);
        let endpoint = of_listener.or_else(|| voter.endpoints.first())?;
        Some(NodeAddress {
            host: endpoint.host.clone(),
            port: endpoint.port,
        })
    }
}

/// The names of so many bootstrap servers.
pub(in crate::quorum) fn bootstrap_ids(count: usize) -> impl Iterator<Item = NodeId> {
    (i32::MIN..=FIRST_BOOTSTRAP_ID)
        .rev()
        .take(count)
        .map(NodeId)
}
