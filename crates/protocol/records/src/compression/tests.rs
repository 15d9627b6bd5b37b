//! Codecs there and back, garbage, and bombs.

use proptest::prelude::*;

use super::*;
use crate::header::tests::bytes_of;

const CODECS: [Compression; 5] = [
    Compression::None,
    Compression::Gzip,
    Compression::Snappy,
    Compression::Lz4,
    Compression::Zstd,
];

fn packed(compression: Compression, area: &[u8]) -> Vec<u8> {
    let mut out = Vec::new();
    compress(compression, CompressionLevels::default(), area, &mut out);
    out
}

fn unpacked(compression: Compression, bytes: &[u8]) -> Result<Vec<u8>, RecordError> {
    let mut out = Vec::new();
    decompress(compression, bytes, &InflateLimits::default(), &mut out).map(|()| out)
}

fn bytes(count_max: usize) -> impl Strategy<Value = Vec<u8>> {
    proptest::collection::vec(any::<u8>(), 0..count_max)
}

proptest! {
    #[test]
    fn every_codec_gives_back_what_it_took(area in bytes(200_000)) {
        for compression in CODECS {
            prop_assert_eq!(&unpacked(compression, &packed(compression, &area)).unwrap(), &area);
        }
    }

    #[test]
    fn no_codec_panics_on_garbage(bytes in bytes(300), flip in any::<u8>()) {
        for compression in CODECS {
            let _result = unpacked(compression, &bytes);
            let mut real = packed(compression, &bytes);
            let at = usize::from(flip) % real.len().max(1);
            if let Some(byte) = real.get_mut(at) {
                *byte ^= 1 << (flip & 7);
            }
            let _result = unpacked(compression, &real);
        }
    }
}

#[test]
fn lz4_frames_have_the_header_that_java_writes() {
    assert_eq!(
        packed(Compression::Lz4, b"x")[..7],
        bytes_of("04224d18604082")[..]
    );
}

#[test]
fn lz4_frames_of_dependent_blocks_are_refused() {
    use lz4_flex::frame::{BlockMode, FrameEncoder, FrameInfo};
    let info = FrameInfo::new().block_mode(BlockMode::Linked);
    let mut encoder = FrameEncoder::with_frame_info(info, Vec::new());
    encoder.write_all(&[7; 200_000]).unwrap();
    let bytes = encoder.finish().unwrap();
    assert!(unpacked(Compression::Lz4, &bytes).is_err());
}

#[test]
fn snappy_is_read_with_and_without_its_framing() {
    let raw = snap::raw::Encoder::new()
        .compress_vec(b"some records")
        .unwrap();
    assert_eq!(
        unpacked(Compression::Snappy, &raw).unwrap(),
        b"some records"
    );
    let framed = packed(Compression::Snappy, b"some records");
    assert_eq!(
        framed[..16],
        bytes_of("82534e415050590000000001 00000001")[..]
    );
    assert_eq!(
        unpacked(Compression::Snappy, &framed).unwrap(),
        b"some records"
    );
}

#[test]
fn a_snappy_length_that_cannot_be_is_refused_before_memory_is_taken() {
    assert!(unpacked(Compression::Snappy, &[0xff, 0xff, 0xff, 0xff, 0x0f, 0]).is_err());
}

#[test]
fn bombs_end_at_the_caps() {
    let zeros = vec![0; 64 << 20];
    let limits = InflateLimits {
        inflated_bytes_max: 1 << 20,
        ..InflateLimits::default()
    };
    for compression in CODECS.into_iter().skip(1) {
        let bomb = packed(compression, &zeros);
        let mut out = Vec::new();
        let result = decompress(compression, &bomb, &limits, &mut out);
        assert!(
            matches!(result, Err(RecordError::InflatesBeyond(_))),
            "{compression:?}"
        );
        assert!(out.capacity() < 4 << 20, "{compression:?}");
    }
    let steep = packed(Compression::Zstd, &zeros);
    assert!(matches!(
        unpacked(Compression::Zstd, &steep),
        Err(RecordError::InflatesBeyond("the largest ratio allowed"))
    ));
}

#[test]
fn a_zstd_window_beyond_the_cap_is_refused() {
    let mut encoder = zstd::stream::write::Encoder::new(Vec::new(), 1).unwrap();
    encoder.window_log(24).unwrap();
    encoder.write_all(&vec![1; 40 << 20]).unwrap();
    let bytes = encoder.finish().unwrap();
    let limits = InflateLimits {
        zstd_window_log_max: 23,
        ..InflateLimits::default()
    };
    let mut out = Vec::new();
    assert!(decompress(Compression::Zstd, &bytes, &limits, &mut out).is_err());
}

#[test]
fn names_and_numbers_lead_back_to_their_codec() {
    for compression in CODECS {
        assert_eq!(
            Compression::from_name(compression.name()),
            Some(compression)
        );
        assert_eq!(Compression::from_id(compression.id()), Some(compression));
    }
    assert_eq!(Compression::from_id(5), None);
}
