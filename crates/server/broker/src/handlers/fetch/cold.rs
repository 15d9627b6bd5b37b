//! What is not in the page cache is read by a thread that may wait for the disk; the fetch is
//! answered with what that thread brings.

use std::rc::Rc;
use std::sync::Arc;

use ottla_runtime::clock;

use super::{Answer, ColdReading, ParkedFetch, proceed};
use crate::reactor::{Message, ReactorService};

/// What such a thread read for a fetch.
#[derive(Debug)]
pub struct ColdRead {
    /// The number of the fetch on its reactor.
    number: u64,
    /// What was found in the page cache before, and now the rest.
    answer: Answer,
}

/// Has the cold partitions of a fetch read. Until that is done the fetch waits for nothing else.
pub(super) fn read(
    service: &Rc<ReactorService>,
    number: u64,
    fetch: ParkedFetch,
    cold: ColdReading,
) {
    let (node, reactor) = (Arc::clone(service.node()), service.index());
    service.keep_fetch(number, fetch);
    cold.pool().spawn(move || {
        let answer = cold.perform();
        let read = ColdRead { number, answer };
        node.reactor(reactor).send(Message::ColdRead(read));
    });
}

/// Goes on with a fetch whose cold partitions were read.
pub(crate) fn on_cold_read(service: &Rc<ReactorService>, read: ColdRead) {
    // Without it: its connection is gone.
    if let Some(fetch) = service.take_fetch(read.number) {
        let is_due = fetch.answer_by <= clock::monotonic();
        proceed(service, read.number, fetch, read.answer, is_due);
    }
}
