//! CRC-32C (Castagnoli), the checksum of batches and producer snapshots; CRC-32, that of the
//! formats before them.

use crc_fast::CrcAlgorithm::{Crc32Iscsi, Crc32IsoHdlc};
use crc_fast::Digest;

/// The CRC-32C of `bytes`.
#[must_use]
pub fn crc32c(bytes: &[u8]) -> u32 {
    // The library answers every width in 64 bits; this algorithm fills the low 32.
    crc_fast::checksum(Crc32Iscsi, bytes) as u32
}

/// The CRC-32 of `bytes`, as zlib computes it.
pub(crate) fn crc32(bytes: &[u8]) -> u32 {
    crc_fast::checksum(Crc32IsoHdlc, bytes) as u32
}

/// The CRC-32C of two slices, one after the other.
pub(crate) fn crc32c_of_two(first: &[u8], second: &[u8]) -> u32 {
    let mut digest = Digest::new(Crc32Iscsi);
    digest.update(first);
    digest.update(second);
    digest.finalize() as u32
}

#[cfg(test)]
mod tests;
