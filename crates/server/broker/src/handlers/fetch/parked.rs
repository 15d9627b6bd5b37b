//! Fetches between their attempts, by their number.

use std::collections::BTreeMap;

use ottla_fetch::SessionContext;
use ottla_types::Instant;

use super::Reading;
use crate::request::RequestContext;

/// A fetch between its attempts.
#[derive(Debug)]
pub(crate) struct ParkedFetch {
    pub context: RequestContext,
    pub session: SessionContext,
    pub reading: Reading,
    /// When it is answered with whatever there is.
    pub answer_by: Instant,
}

/// The fetches of one reactor that were not answered at once.
#[derive(Debug, Default)]
pub(crate) struct ParkedFetches {
    by_number: BTreeMap<u64, ParkedFetch>,
}

impl ParkedFetches {
    pub fn insert(&mut self, number: u64, fetch: ParkedFetch) {
        self.by_number.insert(number, fetch);
    }

    pub fn remove(&mut self, number: u64) -> Option<ParkedFetch> {
        self.by_number.remove(&number)
    }

    /// Takes out the fetches of a connection that is gone.
    pub fn remove_connection(&mut self, connection: u64) -> Vec<(u64, ParkedFetch)> {
        let gone = |_: &u64, fetch: &mut ParkedFetch| fetch.context.connection().id == connection;
        self.by_number.extract_if(.., gone).collect()
    }
}
