//! Order, bounds and partial sends.

use std::io::IoSlice;

use bytes::Bytes;

use super::{ReplyQueue, SlotId};

fn sent(queue: &mut ReplyQueue) -> Vec<u8> {
    let mut slices = [IoSlice::new(&[]); 64];
    let count = queue.gather(&mut slices);
    let bytes: Vec<u8> = slices[..count]
        .iter()
        .flat_map(|slice| slice.to_vec())
        .collect();
    queue.advance(bytes.len());
    bytes
}

#[test]
fn answers_leave_in_the_order_of_their_requests() {
    let mut queue = ReplyQueue::new(1000, 10);
    let (first, second) = (queue.reserve(), queue.reserve());
    queue.complete(second, vec![Bytes::from_static(b"22")]);
    assert!(!queue.has_unsent());
    queue.complete(
        first,
        vec![
            Bytes::from_static(b"1"),
            Bytes::new(),
            Bytes::from_static(b"a"),
        ],
    );
    assert_eq!(sent(&mut queue), b"\0\0\0\x021a\0\0\0\x0222");
    assert!(!queue.has_unsent() && !queue.is_awaiting());
}

#[test]
fn a_partial_send_goes_on_where_it_stopped() {
    let mut queue = ReplyQueue::new(1000, 10);
    let slot = queue.reserve();
    queue.complete(
        slot,
        vec![Bytes::from_static(b"abc"), Bytes::from_static(b"def")],
    );
    queue.advance(5);
    assert_eq!(sent(&mut queue), b"bcdef");
}

#[test]
fn a_full_queue_asks_for_no_more_requests() {
    let mut queue = ReplyQueue::new(10, 2);
    assert!(!queue.is_full());
    let (first, second) = (queue.reserve(), queue.reserve());
    assert!(queue.is_full(), "two requests are unanswered");
    queue.complete(first, vec![Bytes::from_static(b"123456")]);
    queue.complete(second, vec![]);
    assert!(queue.is_full(), "fourteen bytes are unsent");
    sent(&mut queue);
    assert!(!queue.is_full());
}

#[test]
fn a_request_without_an_answer_holds_nobody_back() {
    let mut queue = ReplyQueue::new(1000, 10);
    let (silent, second) = (queue.reserve(), queue.reserve());
    queue.complete(second, vec![Bytes::from_static(b"2")]);
    assert!(!queue.has_unsent());
    queue.skip(silent);
    assert_eq!(sent(&mut queue), b"\0\0\0\x012");
}

#[test]
fn an_answer_behind_a_waiting_one_counts_as_unsent() {
    let mut queue = ReplyQueue::new(10, 100);
    let (waiting, second) = (queue.reserve(), queue.reserve());
    queue.complete(second, vec![Bytes::from_static(b"123456")]);
    assert!(!queue.has_unsent());
    assert!(queue.is_full(), "ten bytes are ready");
    queue.complete(waiting, vec![]);
    sent(&mut queue);
    assert!(!queue.is_full());
}

#[test]
fn behind_an_answer_that_never_comes_nothing_is_sent() {
    let mut replies = ReplyQueue::new(1000, 10);
    let slots: Vec<SlotId> = (0..4).map(|_| replies.reserve()).collect();
    replies.complete(slots[3], vec![Bytes::from_static(b"fourth")]);
    replies.abandon(slots[2]);
    replies.complete(slots[0], vec![Bytes::from_static(b"first")]);
    assert_eq!(sent(&mut replies), b"\0\0\0\x05first");
    assert!(!replies.is_done(), "the second is still owed");
    replies.complete(slots[1], vec![Bytes::from_static(b"second")]);
    assert_eq!(sent(&mut replies), b"\0\0\0\x06second");
    assert!(replies.is_done());
}

#[test]
fn whoever_still_works_behind_the_end_works_for_nobody() {
    let mut replies = ReplyQueue::new(1000, 10);
    let (first, second) = (replies.reserve(), replies.reserve());
    replies.abandon(first);
    replies.complete(second, vec![Bytes::from_static(b"second")]);
    assert!(replies.is_done());
}
