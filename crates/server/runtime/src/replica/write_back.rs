//! Has the device begin early with what was written, where acknowledgements do not wait for it.
//! Where they do, every round of the committer begins and ends with all there is.

use std::sync::Arc;

use ottla_log::Storage;

use super::{Hosted, Replica, State};

impl<H: Hosted, S: Storage> Replica<H, S> {
    /// Plans write-back when a portion is full.
    pub(super) fn write_back_if_due(self: &Arc<Self>, state: &mut State<H, S>) {
        if state.machine.settings().fsync {
            return;
        }
        let written = state.machine.marks().written();
        if let Some(plan) = state.log.begin_write_back(written) {
            self.directory.plan_write_back(plan);
        }
    }
}

#[cfg(test)]
mod tests;
