//! Where reading starts.

use ottla_types::Offset;

use super::expect_within;

#[test]
fn an_offset_beyond_every_end_is_refused_with_the_ends() {
    let ends = [
        (("t".to_owned(), 0), Offset(3)),
        (("t".to_owned(), 1), Offset(0)),
    ];
    let refused = expect_within(Offset(4), &ends).unwrap_err().message();
    assert!(refused.contains("t/0 at 3, t/1 at 0"), "{refused}");
}

#[test]
fn partitions_that_end_before_the_offset_are_read_from_their_end() {
    let ends = [
        (("t".to_owned(), 0), Offset(3)),
        (("t".to_owned(), 1), Offset(0)),
    ];
    assert_eq!(expect_within(Offset(3), &ends).unwrap(), [&ends[1].0]);
    assert!(expect_within(Offset(0), &ends).unwrap().is_empty());
    assert!(expect_within(Offset(9), &[]).unwrap().is_empty());
}
