//! The shard on a replica: none, one that is being loaded, one that serves, or one that could not
//! be loaded.
//!
//! *Invariant*: what was loaded for a leadership that has ended since serves nobody. It would not
//! know what was appended in between.

use std::mem;
use std::sync::Arc;

use ottla_log::Storage;

use super::{Hosted, Replica};

/// One attempt at loading a shard.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct LoadId(u64);

/// What there is of the shard on a replica.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ShardState {
    /// Nothing: the replica does not lead, or is to have no shard.
    Absent,
    /// It is being read.
    Loading,
    /// It could not be read, and is not there as long as the replica leads.
    Failed,
    /// It serves.
    Serving,
}

#[derive(Debug)]
pub(super) struct Hosting<H> {
    place: Place<H>,
    loads: u64,
}

#[derive(Debug)]
enum Place<H> {
    Absent,
    Loading(LoadId),
    Failed,
    Serving(H),
}

impl<H> Default for Hosting<H> {
    fn default() -> Self {
        Hosting {
            place: Place::Absent,
            loads: 0,
        }
    }
}

impl<H> Hosting<H> {
    pub(super) fn serving(&mut self) -> Option<&mut H> {
        match &mut self.place {
            Place::Serving(hosted) => Some(hosted),
            Place::Absent | Place::Loading(_) | Place::Failed => None,
        }
    }

    /// Takes the shard out to work with it; [`Hosting::put_back`] must follow.
    pub(super) fn take_serving(&mut self) -> Option<H> {
        match mem::replace(&mut self.place, Place::Absent) {
            Place::Serving(hosted) => Some(hosted),
            other => {
                self.place = other;
                None
            }
        }
    }

    pub(super) fn put_back(&mut self, hosted: H) {
        self.place = Place::Serving(hosted);
    }

    /// Ends whatever there is.
    pub(super) fn clear(&mut self) -> Option<H> {
        let serving = self.take_serving();
        self.place = Place::Absent;
        serving
    }

    fn state(&self) -> ShardState {
        match &self.place {
            Place::Absent => ShardState::Absent,
            Place::Loading(_) => ShardState::Loading,
            Place::Failed => ShardState::Failed,
            Place::Serving(_) => ShardState::Serving,
        }
    }
}

impl<H: Hosted, S: Storage> Replica<H, S> {
    /// Notes that somebody loads a shard for this replica, instead of whatever there is.
    pub fn begin_loading(self: &Arc<Self>) -> LoadId {
        let hosting = &mut self.lock().hosting;
        hosting.loads += 1;
        let id = LoadId(hosting.loads);
        hosting.place = Place::Loading(id);
        id
    }

    /// Puts a loaded shard on the replica; none: it could not be loaded. Returns whether it is
    /// still wanted.
    pub fn host(self: &Arc<Self>, load: LoadId, loaded: Option<H>) -> bool {
        let hosting = &mut self.lock().hosting;
        let is_wanted = matches!(hosting.place, Place::Loading(id) if id == load);
        if is_wanted {
            hosting.place = loaded.map_or(Place::Failed, Place::Serving);
        }
        is_wanted
    }

    /// What there is of a shard.
    #[must_use]
    pub fn shard_state(&self) -> ShardState {
        self.lock().hosting.state()
    }
}
