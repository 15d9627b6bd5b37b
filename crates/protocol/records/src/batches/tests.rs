//! Walks over whole and cut buffers.

use ottla_types::{Offset, TimestampMs};

use super::*;
use crate::{BatchBuilder, BatchOptions};

fn batch(base_offset: i64) -> Vec<u8> {
    let mut builder = BatchBuilder::new(BatchOptions {
        base_offset: Offset(base_offset),
        ..BatchOptions::default()
    });
    builder.append(TimestampMs(1), None, Some(b"value"), &[]);
    builder.build().to_vec()
}

#[test]
fn batches_come_in_order_and_a_cut_one_is_left() {
    let mut bytes = batch(0);
    bytes.extend(batch(1));
    let cut = batch(2);
    bytes.extend(&cut[..70]);
    let mut batches = Batches::new(&bytes);
    assert_eq!(batches.next().unwrap().unwrap().0.base_offset, Offset(0));
    let (header, slice) = batches.next().unwrap().unwrap();
    assert_eq!(header.base_offset, Offset(1));
    assert_eq!(slice, batch(1));
    assert!(batches.next().is_none());
    assert_eq!(batches.unread(), &cut[..70]);
}

#[test]
fn an_error_ends_the_walk() {
    let mut bytes = batch(0);
    bytes[16] = 9;
    let mut batches = Batches::new(&bytes);
    assert!(batches.next().unwrap().is_err());
    assert!(batches.next().is_none());
}
