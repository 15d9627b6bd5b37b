//! Tests of suggestions.

use crate::suggestion::nearest;

#[test]
fn a_misspelt_name_finds_the_one_that_was_meant() {
    let names = || ["log.dirs", "num.partitions", "node.id"].into_iter();
    assert_eq!(nearest("num.partition", names()), Some("num.partitions"));
    assert_eq!(nearest("log.dir", names()), Some("log.dirs"));
    assert_eq!(nearest("my.own.setting", names()), None);
    assert_eq!(nearest("", names()), None);
}
