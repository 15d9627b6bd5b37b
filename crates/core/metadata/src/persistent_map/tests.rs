//! Tests of the persistent map.

use super::*;

#[test]
fn a_copy_keeps_what_it_had_when_another_changes() {
    let mut map: PersistentMap<u32, &str> = [(2, "b"), (1, "a"), (3, "c")].into_iter().collect();
    let copy = map.clone();
    map.insert(2, "changed");
    *map.get_mut(&3).unwrap() = "too";
    assert_eq!(map.remove(&1), Some("a"));
    assert_eq!(map.remove(&1), None);
    assert_eq!(
        map.iter().collect::<Vec<_>>(),
        [(&2, &"changed"), (&3, &"too")]
    );
    assert_eq!(copy.values().collect::<Vec<_>>(), [&"a", &"b", &"c"]);
    assert_ne!(map, copy);
}

#[test]
fn a_range_is_in_order() {
    let map: PersistentMap<u32, u32> = (0..10).rev().map(|n| (n, n * n)).collect();
    assert_eq!(
        map.range(3..6).map(|(key, _)| *key).collect::<Vec<_>>(),
        [3, 4, 5]
    );
    assert_eq!((map.len(), map.is_empty()), (10, false));
}
