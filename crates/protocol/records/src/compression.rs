//! The codecs of the record area, and the caps under which bytes of others are inflated.
//!
//! *Kafka*: gzip as RFC 1952; snappy in xerial's framing, read without it too; lz4 as frames of
//! independent 64 KiB blocks; zstd (KIP-110).

mod snappy;

use std::io::{Read, Write};

use crate::RecordError;

/// A codec of record batches, by its number in the attributes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Default)]
pub enum Compression {
    /// Records as they are.
    #[default]
    None,
    /// RFC 1952.
    Gzip,
    /// Snappy blocks in xerial's framing.
    Snappy,
    /// LZ4 frames.
    Lz4,
    /// Zstandard frames.
    Zstd,
}

impl Compression {
    /// Its number in the attributes.
    #[must_use]
    pub fn id(self) -> u8 {
        match self {
            Compression::None => 0,
            Compression::Gzip => 1,
            Compression::Snappy => 2,
            Compression::Lz4 => 3,
            Compression::Zstd => 4,
        }
    }

    /// The codec of a number; `None` above 4.
    #[must_use]
    pub fn from_id(id: u8) -> Option<Compression> {
        Some(match id {
            0 => Compression::None,
            1 => Compression::Gzip,
            2 => Compression::Snappy,
            3 => Compression::Lz4,
            4 => Compression::Zstd,
            _ => return None,
        })
    }

    /// Its name in `compression.type`.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Compression::None => "none",
            Compression::Gzip => "gzip",
            Compression::Snappy => "snappy",
            Compression::Lz4 => "lz4",
            Compression::Zstd => "zstd",
        }
    }

    /// The codec of a name in `compression.type`; `producer` and `uncompressed` are the caller's.
    #[must_use]
    pub fn from_name(name: &str) -> Option<Compression> {
        Some(match name {
            "none" => Compression::None,
            "gzip" => Compression::Gzip,
            "snappy" => Compression::Snappy,
            "lz4" => Compression::Lz4,
            "zstd" => Compression::Zstd,
            _ => return None,
        })
    }
}

/// How hard to compress (KIP-390). LZ4 has one speed here: `compression.lz4.level` changes
/// nothing.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct CompressionLevels {
    /// 1 to 9, or −1 for the default.
    pub gzip: i32,
    /// −131072 to 22.
    pub zstd: i32,
}

impl Default for CompressionLevels {
    fn default() -> Self {
        CompressionLevels { gzip: -1, zstd: 3 }
    }
}

/// What inflating one batch may cost at most.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct InflateLimits {
    /// Bytes that come out.
    pub inflated_bytes_max: usize,
    /// Bytes that come out for one that goes in, once [`InflateLimits::RATIO_FLOOR`] is passed.
    pub ratio_max: usize,
    /// Binary logarithm of the zstd window, which a decoder has to hold.
    pub zstd_window_log_max: u32,
}

impl InflateLimits {
    /// Below so many bytes any ratio is fine: an honest batch of equal records compresses well.
    pub const RATIO_FLOOR: usize = 8 << 20;
}

impl Default for InflateLimits {
    fn default() -> Self {
        InflateLimits {
            // No uncompressed request could carry more (`socket.request.max.bytes`).
            inflated_bytes_max: 100 << 20,
            ratio_max: 1024,
            // What Java's decoder allows; levels up to 19 stay at 23.
            zstd_window_log_max: 27,
        }
    }
}

/// Compresses `area` and appends it to `out`. `Compression::None` appends it as it is.
pub fn compress(
    compression: Compression,
    levels: CompressionLevels,
    area: &[u8],
    out: &mut Vec<u8>,
) {
    let written = match compression {
        Compression::None => out.write_all(area),
        Compression::Gzip => compress_gzip(levels.gzip, area, out),
        Compression::Snappy => {
            snappy::compress(area, out);
            Ok(())
        }
        Compression::Lz4 => compress_lz4(area, out),
        Compression::Zstd => compress_zstd(levels.zstd, area, out),
    };
    written.expect("writing to memory cannot fail");
}

fn compress_gzip(level: i32, area: &[u8], out: &mut Vec<u8>) -> std::io::Result<()> {
    let level = u32::try_from(level).map_or(flate2::Compression::default(), |level| {
        flate2::Compression::new(level.min(9))
    });
    let mut encoder = flate2::write::GzEncoder::new(out, level);
    encoder.write_all(area)?;
    encoder.finish().map(drop)
}

fn compress_zstd(level: i32, area: &[u8], out: &mut Vec<u8>) -> std::io::Result<()> {
    let mut encoder = zstd::stream::write::Encoder::new(out, level)?;
    // Known in advance, it keeps the window small that every reader has to make room for.
    encoder.set_pledged_src_size(Some(area.len() as u64))?;
    encoder.write_all(area)?;
    encoder.finish().map(drop)
}

fn compress_lz4(area: &[u8], out: &mut Vec<u8>) -> std::io::Result<()> {
    use lz4_flex::frame::{BlockMode, BlockSize, FrameEncoder, FrameInfo};
    let info = FrameInfo::new()
        .block_size(BlockSize::Max64KB)
        .block_mode(BlockMode::Independent);
    let mut encoder = FrameEncoder::with_frame_info(info, out);
    encoder.write_all(area)?;
    encoder.finish().map(drop).map_err(std::io::Error::other)
}

/// Inflates `compressed` into `out`, which is cleared first; memory grows with what really comes
/// out.
///
/// # Errors
/// [`RecordError::Corrupt`] for bytes that are no such stream, [`RecordError::InflatesBeyond`] at
/// a cap.
pub fn decompress(
    compression: Compression,
    compressed: &[u8],
    limits: &InflateLimits,
    out: &mut Vec<u8>,
) -> Result<(), RecordError> {
    out.clear();
    let cap = Cap::new(compressed.len(), limits);
    match compression {
        Compression::None => {
            cap.check(compressed.len())?;
            out.extend_from_slice(compressed);
            Ok(())
        }
        Compression::Gzip => {
            let decoder = flate2::bufread::MultiGzDecoder::new(compressed);
            drain(decoder, &cap, out, "not a gzip stream")
        }
        Compression::Snappy => snappy::decompress(compressed, &cap, out),
        Compression::Lz4 => {
            require_independent_blocks(compressed)?;
            let decoder = lz4_flex::frame::FrameDecoder::new(compressed);
            drain(decoder, &cap, out, "not an lz4 frame")
        }
        Compression::Zstd => {
            let corrupt = RecordError::Corrupt("not a zstd frame");
            let mut decoder = zstd::stream::read::Decoder::with_buffer(compressed)
                .map_err(|_error| corrupt.clone())?;
            decoder
                .window_log_max(limits.zstd_window_log_max)
                .map_err(|_error| corrupt)?;
            drain(decoder, &cap, out, "not a zstd frame")
        }
    }
}

/// Java reads only frames of independent blocks: others would be poison for every Java consumer.
fn require_independent_blocks(frame: &[u8]) -> Result<(), RecordError> {
    const INDEPENDENT_BLOCKS: u8 = 0x20;
    match frame.get(4) {
        Some(flags) if flags & INDEPENDENT_BLOCKS != 0 => Ok(()),
        Some(_) => Err(RecordError::Corrupt("lz4 blocks depend on each other")),
        None => Err(RecordError::Corrupt("not an lz4 frame")),
    }
}

fn drain(
    mut decoder: impl Read,
    cap: &Cap,
    out: &mut Vec<u8>,
    corrupt: &'static str,
) -> Result<(), RecordError> {
    const STEP: usize = 64 << 10;
    loop {
        let filled = out.len();
        out.resize(filled + STEP, 0);
        let place = out.get_mut(filled..).unwrap_or_default();
        let count = decoder
            .read(place)
            .map_err(|_error| RecordError::Corrupt(corrupt));
        out.truncate(filled + count.as_ref().copied().unwrap_or(0));
        if count? == 0 {
            return Ok(());
        }
        cap.check(out.len())?;
    }
}

/// The caps, applied to one stream.
struct Cap {
    bytes_max: usize,
    bytes_by_ratio: usize,
}

impl Cap {
    fn new(compressed_bytes: usize, limits: &InflateLimits) -> Cap {
        Cap {
            bytes_max: limits.inflated_bytes_max,
            bytes_by_ratio: compressed_bytes
                .saturating_mul(limits.ratio_max)
                .max(InflateLimits::RATIO_FLOOR),
        }
    }

    fn check(&self, bytes: usize) -> Result<(), RecordError> {
        if bytes > self.bytes_max {
            return Err(RecordError::InflatesBeyond("the largest size allowed"));
        }
        if bytes > self.bytes_by_ratio {
            return Err(RecordError::InflatesBeyond("the largest ratio allowed"));
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests;
