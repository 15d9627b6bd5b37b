//! Blocks come back to the thread that drops them, up to a bound.

use super::*;

fn kept() -> usize {
    FREE.with(|free| free.borrow().bytes)
}

#[test]
fn a_dropped_block_is_used_again() {
    let mut block = Block::of(100_000);
    block.as_mut()[99_999] = 7;
    let address = block.as_ref().as_ptr();
    let bytes = block.into_bytes(99_990..100_000);
    let shared = bytes.slice(9..);
    drop(bytes);
    assert_eq!(kept(), 0, "somebody still looks at it");
    assert_eq!(shared[..], [7]);
    drop(shared);
    assert_eq!(kept(), 1 << 17);
    assert_eq!(Block::of(70_000).as_ref().as_ptr(), address);
}

#[test]
fn a_thread_keeps_no_more_than_the_bound() {
    let blocks: Vec<Block> = (0..40).map(|_| Block::of(1 << 20)).collect();
    drop(blocks);
    assert_eq!(kept(), KEPT);
}

#[test]
fn small_and_very_large_blocks_are_not_kept() {
    drop(Block::of(100));
    drop(Block::of(LARGEST + 1));
    assert_eq!(Block::of(0).into_bytes(0..0).len(), 0);
    assert_eq!(kept(), 0);
}

#[test]
fn bytes_count_as_held_until_the_last_look_at_them_is_gone() {
    // Other tests read at the same time: a share so large that theirs do not matter.
    let large = 200 << 20;
    let bytes = Block::of(large).into_bytes(0..10);
    let shared = bytes.clone();
    drop(bytes);
    assert!(bytes_held() >= large);
    drop(shared);
    assert!(bytes_held() < large);
}
