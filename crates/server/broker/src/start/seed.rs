//! Where the randomness of a node begins.

use std::fs::File;
use std::io::{self, Read};

/// A number that no other start has had: incarnations, directories, topics and members of groups
/// get their ids from it.
///
/// The time and the process id would not do: in containers they are alike for nodes that start
/// together, and two clusters must never call two topics by one id (KIP-516).
///
/// # Errors
/// When the system gives no random bytes.
pub(super) fn seed() -> io::Result<u64> {
    let mut bytes = [0; 8];
    File::open("/dev/urandom")?.read_exact(&mut bytes)?;
    Ok(u64::from_le_bytes(bytes))
}

#[cfg(test)]
mod tests;
