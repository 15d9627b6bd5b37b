//! Who stores the checkpoints of a directory: one thread at a time. Whoever comes meanwhile need
//! not wait: the one who stores does so once more, as what he had looked at may be old.

use std::sync::{Condvar, Mutex, MutexGuard, PoisonError};

/// Whose turn it is.
#[derive(Debug, Default)]
pub struct CheckpointTurn {
    state: Mutex<State>,
    idle: Condvar,
}

#[derive(Debug, Default)]
struct State {
    is_taken: bool,
    /// Somebody came since the round began.
    is_wanted_again: bool,
    /// Somebody came since there was nobody last.
    is_behind: bool,
}

impl CheckpointTurn {
    /// Takes the turn; [`Self::end_round`] must follow. False: somebody has it, and everything is
    /// stored once more.
    pub fn take(&self) -> bool {
        let state = &mut *self.lock();
        if state.is_taken {
            state.is_wanted_again = true;
            state.is_behind = true;
            return false;
        }
        state.is_taken = true;
        true
    }

    /// Waits for the turn and takes it. For a stop, which has nothing else to do. Blocks.
    pub fn wait(&self) {
        let mut state = self.lock();
        while state.is_taken {
            let waited = self.idle.wait(state);
            state = waited.unwrap_or_else(PoisonError::into_inner);
        }
        state.is_taken = true;
    }

    /// Everything was stored; true: it is to be stored once more. Else the turn is over.
    pub fn end_round(&self) -> bool {
        let state = &mut *self.lock();
        if std::mem::take(&mut state.is_wanted_again) {
            return true;
        }
        *state = State::default();
        self.idle.notify_all();
        false
    }

    /// Whether somebody who did not get the turn came for something that may not be stored yet.
    #[must_use]
    pub fn is_behind(&self) -> bool {
        self.lock().is_behind
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests;
