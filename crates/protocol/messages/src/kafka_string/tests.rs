//! Short and long text behave the same.

use std::collections::{BTreeMap, HashSet};

use crate::KafkaString;

const TEXTS: [&str; 6] = [
    "",
    "a",
    "twenty-two characters.",
    "twenty-three characters",
    "語語語語語語語語",
    "consumer-group-1-5cfe2a8b-6a52-4c0e-9a4f-0d8f9b0a5a5e",
];

#[test]
fn all_ways_to_make_a_text_give_the_same() {
    for text in TEXTS {
        let from_static = KafkaString::from(text);
        assert_eq!(from_static, KafkaString::from(text.to_owned()));
        assert_eq!(from_static, KafkaString::copy_from(text));
        assert_eq!(
            from_static,
            KafkaString::from_utf8(text.as_bytes()).unwrap()
        );
        assert_eq!(from_static, text);
        assert_eq!(from_static.len(), text.len());
        assert_eq!(from_static.as_bytes(), text.as_bytes());
        assert_eq!(
            format!("{from_static:?} {from_static:>9}"),
            format!("{text:?} {text:>9}")
        );
    }
}

#[test]
fn a_map_finds_a_text_by_str() {
    let set: HashSet<KafkaString> = TEXTS.into_iter().map(KafkaString::from).collect();
    let map: BTreeMap<KafkaString, usize> = TEXTS
        .into_iter()
        .enumerate()
        .map(|(position, text)| (text.into(), position))
        .collect();
    for (position, text) in TEXTS.into_iter().enumerate() {
        assert!(set.contains(text));
        assert_eq!(map.get(text), Some(&position));
    }
    let mut sorted = TEXTS;
    sorted.sort_unstable();
    assert!(map.keys().map(KafkaString::as_str).eq(sorted));
}

#[test]
fn the_type_takes_three_words() {
    assert_eq!(size_of::<KafkaString>(), 24);
    assert_eq!(size_of::<Option<KafkaString>>(), 24);
}
