//! The corpus, and mutations of every message from a fixed seed.

use ottla_machine::Random;

use super::{MESSAGES, log_record, message};
use crate::corpus::run_corpus;

#[test]
fn the_corpus_breaks_no_promise() {
    assert!(run_corpus("message", message) > 0);
    assert!(run_corpus("log_record", log_record) > 0);
}

#[test]
fn every_default_is_read_back() {
    for target in MESSAGES {
        for version in target.versions.0..=target.versions.1 {
            if let Some(bytes) = (target.default)(version) {
                assert!((target.check)(bytes, version), "{} {version}", target.name);
            }
        }
    }
}

#[test]
fn random_bytes_break_no_promise() {
    let mut random = Random::from_seed(1);
    let mut read = 0;
    for target in MESSAGES {
        for turn in 0..200 {
            let length = random.below(64) as usize;
            // Small numbers are lengths and counts that a decoder believes.
            let limit = if turn % 2 == 0 { 4 } else { 256 };
            let bytes: Vec<u8> = (0..length).map(|_| random.below(limit) as u8).collect();
            let (first, last) = target.versions;
            let version = first + random.below((last - first + 1) as u64) as i16;
            read += usize::from((target.check)(bytes.into(), version));
        }
    }
    assert!(read > 1_000, "only {read} inputs were messages");
}

#[test]
fn mutations_of_defaults_break_no_promise() {
    let mut random = Random::from_seed(2);
    for target in MESSAGES {
        let (first, last) = target.versions;
        for version in first..=last {
            let Some(bytes) = (target.default)(version) else {
                continue;
            };
            for _ in 0..50 {
                let mut bytes = bytes.to_vec();
                bytes.extend([0; 8]);
                for _ in 0..=random.below(3) {
                    let place = random.below(bytes.len() as u64) as usize;
                    bytes[place] = random.next_u64() as u8;
                }
                (target.check)(bytes.into(), version);
            }
        }
    }
}
