//! Snappy in xerial's framing: a header of 16 bytes, then blocks of `i32 length` and a raw snappy
//! stream. A stream without that header is one raw block.

use super::Cap;
use crate::RecordError;

const MAGIC: [u8; 8] = [0x82, b'S', b'N', b'A', b'P', b'P', b'Y', 0];
/// Magic, then version 1, compatible down to version 1.
const HEADER: [u8; 16] = [
    0x82, b'S', b'N', b'A', b'P', b'P', b'Y', 0, 0, 0, 0, 1, 0, 0, 0, 1,
];
/// What Java writes; any block size can be read.
const BLOCK_SIZE: usize = 32 << 10;
/// No snappy element yields more bytes for one that it takes: a copy of 64 bytes takes three.
const RATIO_POSSIBLE: usize = 32;

pub(super) fn compress(area: &[u8], out: &mut Vec<u8>) {
    out.extend_from_slice(&HEADER);
    let mut encoder = snap::raw::Encoder::new();
    for block in area.chunks(BLOCK_SIZE) {
        let length_at = out.len();
        let block_at = length_at + 4;
        out.resize(block_at + snap::raw::max_compress_len(block.len()), 0);
        let place = out.get_mut(block_at..).unwrap_or_default();
        let length = encoder
            .compress(block, place)
            .expect("the place has the size the library asks for");
        out.truncate(block_at + length);
        if let Some(place) = out.get_mut(length_at..block_at) {
            place.copy_from_slice(&(length as u32).to_be_bytes());
        }
    }
}

pub(super) fn decompress(
    compressed: &[u8],
    cap: &Cap,
    out: &mut Vec<u8>,
) -> Result<(), RecordError> {
    let corrupt = RecordError::Corrupt("not a snappy stream");
    if !compressed.starts_with(&MAGIC) {
        return append_block(compressed, cap, out);
    }
    let mut rest = compressed.get(HEADER.len()..).ok_or(corrupt.clone())?;
    while !rest.is_empty() {
        // Concatenated streams repeat the header.
        if rest.starts_with(&MAGIC) {
            rest = rest.get(HEADER.len()..).ok_or(corrupt.clone())?;
            continue;
        }
        let (length, behind) = rest.split_first_chunk::<4>().ok_or(corrupt.clone())?;
        let length = u32::from_be_bytes(*length) as usize;
        let (block, behind) = behind.split_at_checked(length).ok_or(corrupt.clone())?;
        append_block(block, cap, out)?;
        rest = behind;
    }
    Ok(())
}

fn append_block(block: &[u8], cap: &Cap, out: &mut Vec<u8>) -> Result<(), RecordError> {
    let corrupt = |_error| RecordError::Corrupt("not a snappy stream");
    let inflated = snap::raw::decompress_len(block).map_err(corrupt)?;
    if inflated > block.len().saturating_mul(RATIO_POSSIBLE) {
        return Err(RecordError::Corrupt(
            "a snappy block declares an impossible length",
        ));
    }
    let filled = out.len();
    cap.check(filled.saturating_add(inflated))?;
    out.resize(filled + inflated, 0);
    let place = out.get_mut(filled..).unwrap_or_default();
    snap::raw::Decoder::new()
        .decompress(block, place)
        .map_err(corrupt)?;
    Ok(())
}
