//! The corpus, and mutations of good segments from a fixed seed.

use ottla_machine::Random;

use super::*;
use crate::corpus::run_corpus;

fn good_segment() -> Vec<u8> {
    let batches = [0, 3, 6].map(|base_offset| {
        let mut builder = BatchBuilder::new(BatchOptions {
            base_offset: Offset(base_offset),
            ..BatchOptions::default()
        });
        for number in 0..3 {
            builder.append(TimestampMs(number), Some(b"key"), Some(b"value"), &[]);
        }
        builder.build()
    });
    batches.concat()
}

#[test]
fn the_corpus_breaks_no_promise() {
    assert!(run_corpus("segment", segment) > 0);
}

#[test]
fn good_segments_stay_whole_and_their_mutations_break_no_promise() {
    let mut random = Random::from_seed(4);
    let good = good_segment();
    assert!(segment(&good));
    for _ in 0..2_000 {
        let mut bytes = good.clone();
        for _ in 0..=random.below(3) {
            let at = random.below(bytes.len() as u64) as usize;
            bytes[at] = random.below(256) as u8;
        }
        let _whole = segment(&bytes);
        let cut = random.below(good.len() as u64) as usize;
        let _whole = segment(&good[..cut]);
    }
}
