//! The corpora, and honest batches that must pass.

use ottla_records::{Compression, CompressionLevels, compress};

use super::{inflate, record_batch};
use crate::corpus::run_corpus;

#[test]
fn the_corpora_break_no_promise() {
    assert!(run_corpus("record_batch", record_batch) > 0);
    assert!(run_corpus("inflate", inflate) > 0);
}

#[test]
fn every_codec_inflates_what_it_compressed() {
    for id in 0..5 {
        let codec = Compression::from_id(id).unwrap();
        let mut data = vec![id];
        compress(codec, CompressionLevels::default(), &[7; 10_000], &mut data);
        assert!(inflate(&data), "{}", codec.name());
    }
}
