//! Hashes as Java computes them, and records without key.

use super::{StickyPartition, murmur2, partition_of_key};

#[test]
fn murmur2_gives_the_numbers_of_java() {
    let expected: [(&[u8], i32); 12] = [
        (b"", 275_646_681),
        (b"a", -1_563_381_124),
        (b"ab", 316_155_434),
        (b"abc", 479_470_107),
        (b"abcd", -1_323_649_548),
        (b"abcde", 461_995_741),
        (b"21", -973_932_308),
        (b"foobar", -790_332_482),
        (b"a-little-bit-long-string", -985_981_536),
        (b"a-little-bit-longer-string", -1_486_304_829),
        (
            b"lkjh234lh9fiuh90y23oiuhsafujhadof229phr9h19h89h8",
            -58_897_971,
        ),
        (&[0xff, 0x80, 0xfe, 0x81, 0x90, 0xff, 0xee], 254_907_439),
    ];
    for (key, hash) in expected {
        assert_eq!(murmur2(key), hash, "{key:?}");
    }
}

#[test]
fn a_negative_hash_is_made_positive_by_dropping_its_sign() {
    let expected = ((-1_563_381_124_i32) & i32::MAX) as usize % 7;
    assert_eq!(partition_of_key(b"a", 7), expected);
    assert_eq!(partition_of_key(b"a", 0), 0);
}

#[test]
fn records_without_key_stay_on_a_partition_until_it_got_a_batch() {
    let mut sticky = StickyPartition::new(1, 100);
    let first = sticky.choose(&[0, 1, 2, 3, 4, 5, 6, 7], 8);
    sticky.sent(99);
    assert_eq!(sticky.choose(&[0, 1, 2, 3, 4, 5, 6, 7], 8), first);
    sticky.sent(1);
    let further: Vec<i32> = (0..20)
        .map(|_| {
            let chosen = sticky.choose(&[0, 1, 2, 3, 4, 5, 6, 7], 8);
            sticky.sent(100);
            chosen
        })
        .collect();
    assert!(further.iter().any(|other| *other != first));
}

#[test]
fn a_partition_without_leader_is_left() {
    let mut sticky = StickyPartition::new(1, 100);
    sticky.choose(&[0], 4);
    assert_eq!(sticky.choose(&[3], 4), 3);
    let any = sticky.choose(&[], 4);
    assert!((0..4).contains(&any));
}
