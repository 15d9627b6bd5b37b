//! What to ask whom, as soon as nothing of the same kind is in flight there.

use std::collections::{BTreeMap, BTreeSet};

use ottla_types::{Instant, NodeId, RequestId};

use super::{Consumer, Kind, Request, State};
use crate::input::{Effect, PartitionHandle};

impl Consumer {
    /// Builds one request per node and kind from all partitions that want to be in it.
    pub(super) fn ask(&mut self, now: Instant, effects: &mut Vec<Effect>) {
        let busy = self.busy();
        let mut wanted: BTreeMap<(NodeId, Kind), BTreeSet<PartitionHandle>> = BTreeMap::new();
        for (handle, partition) in &mut self.partitions {
            let Some(kind) = partition.wants() else {
                continue;
            };
            if partition.request.is_some() || partition.not_before > now {
                continue;
            }
            if partition.leader == NodeId::NONE {
                partition.asked = true;
                effects.push(Effect::RefreshMetadata { partition: *handle });
            } else if !busy.contains(&(partition.leader, kind)) {
                let asks = wanted.entry((partition.leader, kind)).or_default();
                asks.insert(*handle);
            }
        }
        for ((node, kind), partitions) in wanted {
            let request = RequestId(self.next_request);
            self.next_request += 1;
            for handle in &partitions {
                self.ask_for(request, *handle, effects);
            }
            effects.push(match kind {
                Kind::List => Effect::SendList { request, node },
                Kind::Fetch => Effect::SendFetch { request, node },
            });
            let sent = Request {
                node,
                kind,
                partitions,
            };
            self.requests.insert(request, sent);
        }
    }

    fn ask_for(&mut self, request: RequestId, handle: PartitionHandle, effects: &mut Vec<Effect>) {
        let Some(partition) = self.partitions.get_mut(&handle) else {
            return;
        };
        partition.request = Some(request);
        effects.push(match partition.state {
            State::Looking(timestamp) => Effect::List {
                request,
                partition: handle,
                timestamp,
                epoch: partition.epoch,
            },
            State::Fetching | State::Buffered | State::Resting => Effect::Fetch {
                request,
                partition: handle,
                offset: partition.position,
                epoch: partition.epoch,
                last_fetched_epoch: partition.last_fetched_epoch,
            },
        });
    }
}
