//! What is not in the page cache is read by a thread that may wait for the disk; the fetch is
//! answered with what that thread brings.

use std::rc::Rc;
use std::sync::Arc;

use ottla_runtime::{ReadOutcome, ReadRequest, clock};

use super::{Answer, ParkedFetch, settle};
use crate::Replica;
use crate::reactor::{Message, ReactorService};

/// What such a thread read for a fetch.
#[derive(Debug)]
pub struct ColdRead {
    /// The number of the fetch on its reactor.
    number: u64,
    /// What was found in the page cache before, and now the rest.
    answer: Answer,
}

/// Has the cold partitions of a fetch read, within what is left of its bytes. Until that is done
/// the fetch waits for nothing else.
pub(super) fn read(
    service: &Rc<ReactorService>,
    number: u64,
    fetch: ParkedFetch,
    mut answer: Answer,
) {
    let cold: Vec<(usize, Arc<Replica>, ReadRequest)> = fetch
        .places
        .iter()
        .zip(&answer.outcomes)
        .enumerate()
        .filter(|(_, (_, outcome))| outcome.is_cold)
        .filter_map(|(index, (place, _))| {
            let (replica, request) = place.reading(fetch.bound)?;
            Some((index, replica, request))
        })
        .collect();
    let (_, first, _) = cold.first().expect("a replica is cold");
    let pool = first.directory().pool().clone();
    let (node, reactor) = (Arc::clone(service.node()), service.index());
    let max_bytes = fetch.max_bytes;
    service.keep_fetch(number, fetch);
    pool.spawn(move || {
        for (index, replica, request) in cold {
            let left = max_bytes.saturating_sub(answer.bytes);
            let found = replica.read(&ReadRequest {
                max_bytes: request.max_bytes.min(left),
                whole_first: answer.bytes == 0,
                ..request
            });
            answer.put(index, found);
        }
        let read = ColdRead { number, answer };
        node.reactor(reactor).send(Message::ColdRead(read));
    });
}

/// Goes on with a fetch whose cold partitions were read.
pub(crate) fn on_cold_read(service: &Rc<ReactorService>, read: ColdRead) {
    // Without it: its connection is gone.
    if let Some(fetch) = service.take_fetch(read.number) {
        let is_due = fetch.answer_by <= clock::monotonic();
        settle(service, Some(read.number), fetch, read.answer, is_due);
    }
}

impl Answer {
    fn put(&mut self, index: usize, outcome: ReadOutcome) {
        if let Some(place) = self.outcomes.get_mut(index) {
            self.bytes += outcome.records.len();
            self.urgent |= outcome.must_be_told();
            *place = outcome;
        }
    }
}
