//! The inputs that lie in `fuzz/corpus`: seeds, and what fuzzers found once.

use std::fs;
use std::path::Path;

/// Runs the inputs of a target; returns how many there are.
pub fn run_corpus(target: &str, check: fn(&[u8]) -> bool) -> usize {
    let corpus = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../../fuzz/corpus");
    let mut inputs = 0;
    for entry in fs::read_dir(corpus.join(target)).unwrap() {
        let path = entry.unwrap().path();
        check(&fs::read(&path).unwrap());
        inputs += 1;
    }
    inputs
}
