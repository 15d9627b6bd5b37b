//! Which batches leave now, to whom, and with which numbers.

use std::ops::Bound;

use ottla_types::{Instant, NodeId, ProducerEpoch, ProducerId, RequestId};

use super::{Identity, Producer, Request};
use crate::input::{BatchId, Effect, PartitionHandle};
use crate::partition::{Sequence, sequence_after};

impl Producer {
    /// Puts a partition where its first waiting batch belongs: nowhere while it must wait for an
    /// answer, on a timer while it lingers or backs off, or among its leader's ready ones.
    pub(super) fn schedule(&mut self, now: Instant, handle: PartitionHandle) {
        let Some(partition) = self.partitions.get_mut(&handle) else {
            return;
        };
        if let Some(wake) = partition.wake.take() {
            self.timers.remove(&(wake, handle));
        }
        let leader = partition.leader;
        let due = self.due(handle);
        let node = self.nodes.entry(leader).or_default();
        node.ready.remove(&handle);
        node.waiting.remove(&handle);
        let Some(due) = due else {
            return;
        };
        let Some(partition) = self.partitions.get_mut(&handle) else {
            return;
        };
        if partition.not_before <= now {
            node.waiting.insert(handle);
        }
        if due <= now {
            node.ready.insert(handle);
        } else {
            partition.wake = Some(due);
            self.timers.insert((due, handle));
        }
    }

    /// When the partition's first waiting batch shall leave; none while it must wait for answers.
    fn due(&self, handle: PartitionHandle) -> Option<Instant> {
        let partition = self.partitions.get(&handle)?;
        let id = *partition.waiting.front()?;
        let batch = self.batches.get(&id)?;
        let flies = !partition.in_flight.is_empty();
        let one_at_a_time = self.config.max_in_flight == 1
            || partition.restart
            || (self.config.idempotent && (!partition.is_known() || self.is_repeated(id)))
            || (self.config.idempotent
                && partition.in_flight.iter().any(|id| self.is_repeated(*id)));
        if (flies && one_at_a_time) || partition.taken_open.is_some() || partition.asked {
            return None;
        }
        let lingers = batch.content.is_none() && self.flushed.is_none_or(|upto| upto < id);
        let due = if lingers {
            batch.opened.after(self.config.linger)
        } else {
            Instant::ZERO
        };
        Some(due.max(partition.not_before))
    }

    fn is_repeated(&self, batch: BatchId) -> bool {
        self.batches.get(&batch).is_some_and(|batch| {
            batch.attempts > 1 || (batch.attempts > 0 && batch.request.is_none())
        })
    }

    /// Builds as many requests as the limits allow, node by node.
    pub(super) fn drain(&mut self, now: Instant, effects: &mut Vec<Effect>) {
        while let Some((instant, handle)) = self.timers.first().copied() {
            if instant > now {
                break;
            }
            self.timers.remove(&(instant, handle));
            if let Some(partition) = self.partitions.get_mut(&handle) {
                partition.wake = None;
            }
            self.schedule(now, handle);
        }
        self.ask_for_leaders(effects);
        if matches!(self.identity, Identity::Unknown | Identity::Asked) {
            return;
        }
        let nodes: Vec<_> = self
            .nodes
            .iter()
            .filter(|(_, node)| !node.ready.is_empty())
            .map(|(id, _)| *id)
            .collect();
        for node in nodes {
            while self.may_send(node) && self.build(now, node, effects) {}
        }
    }

    fn may_send(&self, id: NodeId) -> bool {
        let Some(node) = self.nodes.get(&id) else {
            return false;
        };
        id != NodeId::NONE && !node.ready.is_empty() && node.in_flight < self.config.max_in_flight
    }

    /// Asks once for the leaders of partitions that would send but do not know where to.
    fn ask_for_leaders(&mut self, effects: &mut Vec<Effect>) {
        let Some(nowhere) = self.nodes.get_mut(&NodeId::NONE) else {
            return;
        };
        for handle in std::mem::take(&mut nowhere.ready) {
            nowhere.waiting.remove(&handle);
            if let Some(partition) = self.partitions.get_mut(&handle) {
                partition.asked = true;
                effects.push(Effect::RefreshMetadata { partition: handle });
            }
        }
    }

    /// One request to one node: the first batch of every partition that has one, ready or not, up
    /// to `max.request.size`. False if there was nothing to send.
    fn build(&mut self, now: Instant, id: NodeId, effects: &mut Vec<Effect>) -> bool {
        let Some(node) = self.nodes.get(&id) else {
            return false;
        };
        let turn = node.turn;
        let order: Vec<PartitionHandle> = node
            .waiting
            .range(turn..)
            .chain(
                node.waiting
                    .range((Bound::Unbounded, Bound::Excluded(turn))),
            )
            .copied()
            .collect();
        let request = RequestId(self.next_request);
        let (mut batches, mut bytes) = (Vec::new(), 0);
        for handle in order {
            let Some(first) = self.partitions.get(&handle).and_then(|p| p.waiting.front()) else {
                continue;
            };
            let first = *first;
            let content = self.batches.get(&first).and_then(|batch| batch.content);
            let size = content.map_or(self.config.batch_size, |content| content.bytes);
            if !batches.is_empty() && bytes + size > self.config.max_request_size {
                if let Some(node) = self.nodes.get_mut(&id) {
                    node.turn = handle;
                }
                break;
            }
            if self.take(request, handle, first, effects) {
                bytes += size;
                batches.push(first);
            }
            self.schedule(now, handle);
        }
        if batches.is_empty() {
            return false;
        }
        self.next_request += 1;
        if let Some(node) = self.nodes.get_mut(&id) {
            node.in_flight += 1;
        }
        self.requests.insert(request, Request { node: id, batches });
        effects.push(Effect::Send { request, node: id });
        true
    }

    /// Moves a batch into a request, numbering it. False if it must wait for a producer id.
    fn take(
        &mut self,
        request: RequestId,
        handle: PartitionHandle,
        id: BatchId,
        effects: &mut Vec<Effect>,
    ) -> bool {
        let Some(sequence) = self.number(handle, id, effects) else {
            return false;
        };
        let (Some(batch), Some(partition)) =
            (self.batches.get_mut(&id), self.partitions.get_mut(&handle))
        else {
            return false;
        };
        partition.waiting.pop_front();
        partition.fly(id);
        batch.attempts += 1;
        batch.request = Some(request);
        effects.push(Effect::Take {
            request,
            batch: id,
            producer_id: sequence.id,
            producer_epoch: sequence.epoch,
            base_sequence: sequence.base,
        });
        true
    }

    /// The number of a batch: the one it has, or the partition's next one.
    fn number(
        &mut self,
        handle: PartitionHandle,
        id: BatchId,
        effects: &mut Vec<Effect>,
    ) -> Option<Sequence> {
        let (known_id, known_epoch) = match self.identity {
            Identity::NotNeeded => {
                return Some(Sequence {
                    id: ProducerId::NONE,
                    epoch: ProducerEpoch::NONE,
                    base: -1,
                });
            }
            Identity::Known(id, epoch) => (id, epoch),
            Identity::Unknown | Identity::Asked => return None,
        };
        let partition = self.partitions.get_mut(&handle)?;
        if partition.restart {
            let (producer, epoch) = partition.producer.unwrap_or((known_id, known_epoch));
            if producer != known_id {
                partition.producer = Some((known_id, known_epoch));
            } else if epoch.0 == i16::MAX {
                // No higher epoch is left under this id.
                self.identity = Identity::Asked;
                effects.push(Effect::InitProducerId);
                return None;
            } else {
                partition.producer = Some((producer, ProducerEpoch(epoch.0 + 1)));
            }
            partition.restart = false;
            partition.next_sequence = 0;
            for waiting in &partition.waiting {
                if let Some(batch) = self.batches.get_mut(waiting) {
                    batch.sequence = None;
                }
            }
        }
        let batch = self.batches.get_mut(&id)?;
        if let Some(sequence) = batch.sequence {
            return Some(sequence);
        }
        let (producer, epoch) = *partition.producer.get_or_insert((known_id, known_epoch));
        let sequence = Sequence {
            id: producer,
            epoch,
            base: partition.next_sequence,
        };
        batch.sequence = Some(sequence);
        match batch.content {
            Some(content) => {
                partition.next_sequence = sequence_after(sequence.base, content.records);
            }
            None => partition.taken_open = Some(id),
        }
        Some(sequence)
    }
}
