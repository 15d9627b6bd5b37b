//! Fetches that want to know when a replica can be read further.
//!
//! *Invariant*: a fetch is listed at most once, and not any more once it was woken or took itself
//! off; so the list is as long as there are fetches that wait.

use std::sync::Arc;

use ottla_log::Storage;
use ottla_partition::WaiterId;
use ottla_types::Offset;

use super::{Hosted, ReadBound, Replica};
use crate::notices::{Notice, Notices};

#[derive(Debug, Default)]
pub(super) struct Watchers {
    fetches: Vec<WaiterId>,
}

impl Watchers {
    pub fn wake(&mut self, notices: &mut Notices) {
        for fetch in self.fetches.drain(..) {
            notices.push(Notice::Readable(fetch));
        }
    }
}

impl<H: Hosted, S: Storage> Replica<H, S> {
    /// Sends a notice to a fetch when the replica can be read beyond `seen`; true, and no notice,
    /// if it already can.
    pub fn watch(self: &Arc<Self>, fetch: WaiterId, bound: ReadBound, seen: Offset) -> bool {
        let state = &mut *self.lock();
        if bound.of(&state.machine) > seen || state.machine.leader_epoch().is_none() {
            return true;
        }
        if !state.watchers.fetches.contains(&fetch) {
            state.watchers.fetches.push(fetch);
        }
        false
    }

    /// Takes a fetch off the list.
    pub fn unwatch(&self, fetch: WaiterId) {
        let fetches = &mut self.lock().watchers.fetches;
        if let Some(index) = fetches.iter().position(|listed| *listed == fetch) {
            fetches.swap_remove(index);
        }
    }
}
