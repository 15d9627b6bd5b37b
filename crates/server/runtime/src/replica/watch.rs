//! Fetches that want to know when a replica can be read further.
//!
//! *Invariant*: a fetch is listed at most once, and not any more once it was woken or took itself
//! off; so the list is as long as there are fetches that wait.

use std::sync::Arc;

use ottla_fetch::FetchId;
use ottla_log::Storage;
use ottla_types::Offset;

use super::{Hosted, ReadBound, Replica};
use crate::notices::{Notice, Notices};

#[derive(Debug, Default)]
pub(super) struct Watchers {
    fetches: Vec<FetchId>,
}

impl Watchers {
    pub fn wake(&mut self, notices: &mut Notices) {
        for fetch in self.fetches.drain(..) {
            notices.push(Notice::Readable(fetch));
        }
    }
}

impl<H: Hosted, S: Storage> Replica<H, S> {
    /// Sends a notice to the fetch `id` when the replica can be read beyond `seen`; true, and no
    /// notice, if it already can.
    pub fn watch(self: &Arc<Self>, id: u64, bound: ReadBound, seen: Offset) -> bool {
        let state = &mut *self.lock();
        if bound.of(&state.machine) > seen || state.machine.leader_epoch().is_none() {
            return true;
        }
        let id = FetchId(id);
        if !state.watchers.fetches.contains(&id) {
            state.watchers.fetches.push(id);
        }
        false
    }

    /// Takes the fetch `id` off the list.
    pub fn unwatch(&self, id: u64) {
        let fetches = &mut self.lock().watchers.fetches;
        if let Some(index) = fetches.iter().position(|fetch| fetch.0 == id) {
            fetches.swap_remove(index);
        }
    }
}
