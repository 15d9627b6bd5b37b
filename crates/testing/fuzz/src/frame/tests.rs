//! The corpus.

use super::frame;
use crate::corpus::run_corpus;

#[test]
fn the_corpus_breaks_no_promise() {
    assert!(run_corpus("frame", frame) > 0);
}
