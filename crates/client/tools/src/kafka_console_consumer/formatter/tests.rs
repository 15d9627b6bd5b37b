//! How records are shown.

use bytes::Bytes;
use ottla_client::ConsumerRecord;
use ottla_types::{LeaderEpoch, Offset, TimestampMs};

use super::{Formatter, NotShown};

fn record() -> ConsumerRecord {
    ConsumerRecord {
        topic: "t".into(),
        partition: 1,
        offset: Offset(2),
        timestamp: TimestampMs(3),
        is_append_time: false,
        key: Some(Bytes::from_static(b"k")),
        value: Some(Bytes::from_static(b"v")),
        headers: Vec::new(),
        leader_epoch: LeaderEpoch(0),
    }
}

fn shown(record: &ConsumerRecord, properties: &[(&str, &str)]) -> String {
    let properties = properties.iter();
    let owned: Vec<_> = properties
        .map(|(key, value)| ((*key).to_owned(), (*value).to_owned()))
        .collect();
    let mut out = Vec::new();
    Formatter::new(&owned).write(record, &mut out).unwrap();
    String::from_utf8(out).unwrap()
}

#[test]
fn bytes_that_are_no_such_value_are_an_error_behind_what_was_shown() {
    let class = |name: &str| format!("org.apache.kafka.common.serialization.{name}Deserializer");
    let cases = [
        ("Long", "Size of data received by LongDeserializer is not 8"),
        ("UUID", "Error parsing data into UUID"),
    ];
    for (name, message) in cases {
        let properties = [
            ("print.key".to_owned(), "true".to_owned()),
            ("value.deserializer".to_owned(), class(name)),
        ];
        let mut out = Vec::new();
        let shown = Formatter::new(&properties).write(&record(), &mut out);
        assert_eq!(shown, Err(NotShown(message)));
        assert_eq!(out, b"k\t");
    }
}

#[test]
fn an_unknown_deserializer_leaves_the_bytes_as_they_are() {
    assert_eq!(
        shown(&record(), &[("value.deserializer", "no.such.Class")]),
        "v\n"
    );
}

#[test]
fn all_parts_come_in_kafkas_order() {
    let all: Vec<(&str, &str)> = [
        "print.key",
        "print.timestamp",
        "print.partition",
        "print.offset",
        "print.headers",
        "print.epoch",
        "print.delivery",
    ]
    .map(|name| (name, "true"))
    .to_vec();
    let expected = "CreateTime:3\tPartition:1\tOffset:2\tDelivery:NOT_PRESENT\tEpoch:NOT_PRESENT\tNO_HEADERS\tk\tv\n";
    assert_eq!(shown(&record(), &all), expected);
    let mut with_headers = record();
    with_headers.headers = vec![
        (Bytes::from_static(b"h1"), Some(Bytes::from_static(b"v1"))),
        (Bytes::from_static(b"h2"), None),
    ];
    assert_eq!(
        shown(&with_headers, &[("print.headers", "true")]),
        "h1:v1,h2:null\tv\n"
    );
}

#[test]
fn separators_nulls_and_deserializers_are_as_said() {
    let mut nothing = record();
    nothing.key = None;
    let words = [
        ("print.key", "true"),
        ("key.separator", ","),
        ("null.literal", "-"),
    ];
    assert_eq!(shown(&nothing, &words), "-,v\n");
    let mut number = record();
    number.value = Some(Bytes::from_static(&[0, 0, 0, 0, 0, 0, 1, 0]));
    let class = "org.apache.kafka.common.serialization.LongDeserializer";
    assert_eq!(shown(&number, &[("value.deserializer", class)]), "256\n");
    let silent = [("print.value", "false"), ("line.separator", "|")];
    assert_eq!(shown(&record(), &silent), "|");
}
