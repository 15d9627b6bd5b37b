//! Which partitions a rule means.

use super::Filter;

#[test]
fn rules_name_partitions_one_by_one_and_by_range() {
    let filter = Filter::from_rules("a:1,b:0-3,c,d:5-,e:-3,:9").unwrap();
    for (topic, partition, meant) in [
        ("a", 1, true),
        ("a", 2, false),
        ("b", 2, true),
        ("b", 3, false),
        ("c", 77, true),
        ("d", 4, false),
        ("d", 5, true),
        ("e", 2, true),
        ("e", 3, false),
        ("other", 9, true),
    ] {
        assert_eq!(
            filter.admits(topic, partition),
            meant,
            "{topic}:{partition}"
        );
    }
    assert!(Filter::from_rules("a:b:c").is_err());
    assert!(Filter::from_rules("a:x").is_err());
}

#[test]
fn a_topic_and_partitions_are_both_optional() {
    let all = Filter::from_topic_and_partitions(None, "").unwrap();
    assert!(all.admits("anything", 3));
    let some = Filter::from_topic_and_partitions(Some("t.*"), "0,2").unwrap();
    assert!(some.admits("t1", 2));
    assert!(!some.admits("t1", 1));
    assert!(!some.admits("other", 0));
    assert!(Filter::from_topic_and_partitions(None, "0,x").is_err());
}
