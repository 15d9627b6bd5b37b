//! Names of topics.

use ottla_messages::topic_record::TopicRecord;
use ottla_metadata::MetadataImage;
use ottla_types::Uuid;

use super::*;

#[test]
fn names_are_refused_in_kafkas_words() {
    let reason = |name: &str| validate_topic_name(name).unwrap_err();
    assert_eq!(
        reason(""),
        "Topic name is invalid: the empty string is not allowed"
    );
    assert_eq!(reason("."), "Topic name is invalid: '.' is not allowed");
    assert_eq!(reason(".."), "Topic name is invalid: '..' is not allowed");
    assert_eq!(
        reason("a b"),
        "Topic name is invalid: 'a b' contains one or more characters other than ASCII \
         alphanumerics, '.', '_' and '-'"
    );
    let long = "a".repeat(250);
    assert!(reason(&long).ends_with("is longer than the max allowed length 249"));
    for name in ["...", "a", "A_b.c-9", &"a".repeat(249)] {
        assert_eq!(validate_topic_name(name), Ok(()), "{name}");
    }
}

#[test]
fn dots_and_underscores_collide() {
    let mut image = MetadataImage::default();
    for (id, name) in [(1, "a.b"), (2, "a"), (3, "aXb"), (4, "_x")] {
        let record = TopicRecord {
            name: name.into(),
            topic_id: Uuid(id << 70),
        };
        image.replay(&record.into()).unwrap();
    }
    let colliding = |name| colliding_topic(&image.topics, name);
    assert_eq!(colliding("a_b").as_deref(), Some("a.b"));
    assert_eq!(colliding(".x").as_deref(), Some("_x"));
    assert_eq!(colliding("a.b.c"), None);
    assert_eq!(colliding("ab"), None);
}
