//! Produce requests whose batches are not all done.
//!
//! Every batch has a waiter number of its own, consecutive within its request, so that the request
//! is found by the greatest first number that is not above the batch's.

use std::collections::BTreeMap;

use ottla_messages::ErrorCode;
use ottla_messages::produce_response::{PartitionProduceResponse, ProduceResponse};
use ottla_partition::{Produced, WaiterId};
use ottla_runtime::waiter_number;
use ottla_types::Offset;

use crate::handlers::produce;
use crate::request::RequestContext;

/// A produce request some of whose batches may still be on their way.
#[derive(Debug)]
pub struct PendingProduce {
    context: RequestContext,
    response: ProduceResponse,
    first_number: u64,
    /// By place in the request: the partition of the answer that is awaited, by topic and place.
    awaited: Vec<Option<(usize, usize)>>,
    awaited_count: usize,
}

impl PendingProduce {
    /// A request whose accepted batches are the places with error NONE, `pending` in all.
    #[must_use]
    pub fn new(
        context: RequestContext,
        response: ProduceResponse,
        pending: usize,
        first_number: u64,
    ) -> PendingProduce {
        let topics = response.responses.iter().enumerate();
        let awaited = topics
            .flat_map(|(topic, of)| {
                let partitions = of.partition_responses.iter().enumerate();
                partitions.map(move |(place, partition)| {
                    (partition.error_code == ErrorCode::NONE.0).then_some((topic, place))
                })
            })
            .collect();
        PendingProduce {
            context,
            response,
            first_number,
            awaited,
            awaited_count: pending,
        }
    }

    /// The number of its first batch.
    #[must_use]
    pub fn first_number(&self) -> u64 {
        self.first_number
    }

    fn place(&self, number: u64) -> Option<usize> {
        usize::try_from(number.checked_sub(self.first_number)?).ok()
    }

    /// Notes how a batch ended.
    pub fn complete(&mut self, waiter: WaiterId, produced: Produced) {
        let Some(place) = self.place(waiter_number(waiter)) else {
            return;
        };
        let awaited = self.awaited.get_mut(place).and_then(Option::take);
        let Some((topic, place)) = awaited else {
            return;
        };
        self.awaited_count -= 1;
        if let Some(partition) = self.partition(topic, place) {
            produce::apply(partition, &produced);
        }
    }

    /// Gives up on what is still awaited.
    fn time_out(&mut self) {
        let awaited = std::mem::take(&mut self.awaited);
        let produced = Produced {
            error: ErrorCode::REQUEST_TIMED_OUT,
            base_offset: Offset::NONE,
            log_start_offset: Offset::NONE,
        };
        for (topic, place) in awaited.into_iter().flatten() {
            if let Some(partition) = self.partition(topic, place) {
                produce::apply(partition, &produced);
            }
        }
    }

    fn partition(&mut self, topic: usize, place: usize) -> Option<&mut PartitionProduceResponse> {
        let topic = self.response.responses.get_mut(topic)?;
        topic.partition_responses.get_mut(place)
    }

    /// Whether every batch is done.
    #[must_use]
    pub fn is_done(&self) -> bool {
        self.awaited_count == 0
    }

    /// Sends the answer.
    pub fn respond(self) {
        self.context.send(&self.response);
    }
}

/// The unfinished produce requests of a reactor.
#[derive(Debug, Default)]
pub(super) struct PendingProduces {
    by_first_number: BTreeMap<u64, PendingProduce>,
}

impl PendingProduces {
    pub fn park(&mut self, produce: PendingProduce) {
        self.by_first_number.insert(produce.first_number, produce);
    }

    /// Notes how a batch ended; its request, if that was the last one.
    pub fn complete(&mut self, waiter: WaiterId, produced: &Produced) -> Option<PendingProduce> {
        let number = waiter_number(waiter);
        let (first, produce) = self.by_first_number.range_mut(..=number).next_back()?;
        produce.complete(waiter, *produced);
        if !produce.is_done() {
            return None;
        }
        let first = *first;
        self.by_first_number.remove(&first)
    }

    /// Takes out a request whose time is up, its unfinished batches marked so.
    pub fn expire(&mut self, first_number: u64) -> Option<PendingProduce> {
        let mut produce = self.by_first_number.remove(&first_number)?;
        produce.time_out();
        Some(produce)
    }
}
