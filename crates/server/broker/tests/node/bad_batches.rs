//! Batches that no client of Kafka's would send: each is refused by its error, nothing of it is
//! stored, and nobody else notices.

use bytes::Bytes;
use ottla_messages::ErrorCode;
use ottla_records::{BatchHeader, BatchOptions, Compression};
use ottla_test_node::{
    Client, PRODUCE_BY_NAME, TestNode, batch, batch_with, forged, only_produced, produce_request,
};
use ottla_types::{Offset, ProducerEpoch, ProducerId, TimestampMs};

use crate::connections::api_versions;

/// The first version with zstd.
const ZSTD_VERSION: i16 = 7;

fn produced(client: &mut Client, version: i16, batch: Bytes) -> ErrorCode {
    let request = produce_request("orders", 0, 1, batch);
    ErrorCode(only_produced(client.call(version, &request)).error_code)
}

/// Sends each batch; all must be refused so, and leave the topic empty.
fn assert_refused(batches: impl IntoIterator<Item = (&'static str, Bytes, ErrorCode)>) {
    let node = TestNode::start();
    let (mut client, mut bystander) = (node.client(), node.client());
    client.create_topic("orders", 1, &[]);
    for (name, batch, expected) in batches {
        let error = produced(&mut client, PRODUCE_BY_NAME, batch);
        assert_eq!(error, expected, "{name}");
        api_versions(&mut bystander);
    }
    assert_eq!(client.fetch("orders", 0, 0).high_watermark, 0);
    assert_eq!(bystander.produce_values("orders", 0, &["whole"]), 0);
}

#[test]
fn headers_that_contradict_themselves_or_the_bytes() {
    type Change = fn(&mut BatchHeader);
    let invalid = ErrorCode::INVALID_RECORD;
    let changes: [(&str, Change); 19] = [
        ("codec 5", |header| header.attributes |= 5),
        ("codec 6", |header| header.attributes |= 6),
        ("codec 7", |header| header.attributes |= 7),
        ("gzip that is none", |header| header.attributes |= 1),
        ("snappy that is none", |header| header.attributes |= 2),
        ("lz4 that is none", |header| header.attributes |= 3),
        ("zstd that is none", |header| header.attributes |= 4),
        ("control batch", |header| header.attributes |= 0x20),
        ("no records", |header| header.record_count = 0),
        ("less than no records", |header| header.record_count = -1),
        ("more offsets", |header| header.last_offset_delta = 5),
        ("more records", |header| {
            header.last_offset_delta = 5;
            header.record_count = 6;
        }),
        ("as many records as can be", |header| {
            header.last_offset_delta = i32::MAX - 1;
            header.record_count = i32::MAX;
        }),
        ("fewer records", |header| {
            header.last_offset_delta = 0;
            header.record_count = 1;
        }),
        ("an offset", |header| header.base_offset = Offset(5)),
        ("a negative offset", |header| {
            header.base_offset = Offset(-1);
        }),
        ("no sequence", |header| header.producer_id = ProducerId(5)),
        ("a negative sequence", |header| {
            header.producer_id = ProducerId(6);
            header.producer_epoch = ProducerEpoch(0);
            header.base_sequence = -2;
        }),
        ("offsets below the first", |header| {
            header.last_offset_delta = -1;
        }),
    ];
    let whole = batch(&["a", "b"]);
    assert_refused(changes.map(|(name, change)| (name, forged(&whole, change), invalid)));
}

#[test]
fn timestamps_that_nobody_can_have() {
    let far = forged(&batch(&["a", "b"]), |header| {
        header.base_timestamp = TimestampMs(i64::MAX);
    });
    assert_refused([("far", far, ErrorCode::INVALID_TIMESTAMP)]);
}

#[test]
fn bytes_that_are_no_single_batch() {
    let whole = batch(&["value"]);
    let with = |at: usize, byte: u8| {
        let mut bytes = whole.to_vec();
        bytes[at] = byte;
        Bytes::from(bytes)
    };
    let (length, magic, end) = (11, 16, whole.len() - 1);
    let (invalid, corrupt) = (ErrorCode::INVALID_RECORD, ErrorCode::CORRUPT_MESSAGE);
    assert_refused([
        ("nothing", Bytes::new(), invalid),
        ("half a header", whole.slice(..40), invalid),
        ("half a record", whole.slice(..end), invalid),
        ("two", Bytes::from([&whole[..], &whole].concat()), invalid),
        ("more", Bytes::from([&whole[..], b"more"].concat()), invalid),
        ("a longer one", with(length, whole[length] + 1), invalid),
        ("a tiny one", with(length, 3), corrupt),
        ("a negative length", with(8, 0xff), corrupt),
        ("format 0", with(magic, 0), invalid),
        ("format 1", with(magic, 1), invalid),
        ("format 3", with(magic, 3), corrupt),
        ("format -1", with(magic, 0xff), corrupt),
        ("a flipped bit", with(end, whole[end] ^ 1), corrupt),
    ]);
}

/// As many zeros as are allowed at most, and what they are worth when they are packed.
fn bomb(compression: Compression) -> Bytes {
    let options = BatchOptions {
        compression,
        ..BatchOptions::default()
    };
    let zeros = "\0".repeat(200 << 20);
    batch_with(options, &[&zeros])
}

#[test]
fn bombs_are_refused_and_hold_nobody_up() {
    let node = TestNode::start();
    let mut client = node.client();
    client.create_topic("orders", 1, &[]);
    for compression in [Compression::Gzip, Compression::Zstd] {
        let bomb = bomb(compression);
        assert!(bomb.len() < 1 << 20, "it must get in: {}", bomb.len());
        let request = produce_request("orders", 0, 1, bomb);
        let waiting = client.send(PRODUCE_BY_NAME, &request);
        // One of these is served by the same reactor.
        for mut bystander in [node.client(), node.client()] {
            bystander.produce_values("orders", 0, &["value"]);
        }
        let refused = only_produced(client.receive(waiting));
        let expected = ErrorCode::MESSAGE_TOO_LARGE;
        assert_eq!(ErrorCode(refused.error_code), expected, "{compression:?}");
    }
    assert_eq!(client.fetch("orders", 0, 0).high_watermark, 4);
}

#[test]
fn zstd_before_clients_knew_of_it() {
    let node = TestNode::start();
    let mut client = node.client();
    client.create_topic("orders", 1, &[]);
    let options = BatchOptions {
        compression: Compression::Zstd,
        ..BatchOptions::default()
    };
    let zstd = batch_with(options, &["value"]);
    let unsupported = ErrorCode::UNSUPPORTED_COMPRESSION_TYPE;
    for version in 3..ZSTD_VERSION {
        assert_eq!(produced(&mut client, version, zstd.clone()), unsupported);
    }
    let taken = produced(&mut client, ZSTD_VERSION, zstd);
    assert_eq!(taken, ErrorCode::NONE);
}

#[test]
fn what_only_brokers_write_to() {
    let node = TestNode::start();
    let mut client = node.client();
    client.find_coordinator("readers");
    let refused = client.produce("__consumer_offsets", 0, batch(&["forged"]));
    assert_eq!(
        ErrorCode(refused.error_code),
        ErrorCode::INVALID_TOPIC_EXCEPTION
    );
}

#[test]
fn a_partition_that_is_written_to_twice_in_a_request_gets_both_batches() {
    let node = TestNode::start();
    let mut client = node.client();
    client.create_topic("orders", 1, &[]);
    let mut twice = produce_request("orders", 0, 1, batch(&["first"]));
    let again = produce_request("orders", 0, 1, batch(&["second"])).topic_data;
    twice.topic_data.extend(again);
    let answer = client.call(PRODUCE_BY_NAME, &twice);
    let told = answer.responses.iter().flat_map(|t| &t.partition_responses);
    let offsets: Vec<i64> = told.map(|partition| partition.base_offset).collect();
    assert_eq!(offsets, [0, 1]);
    assert_eq!(client.fetch_values("orders", 0, 0), ["first", "second"]);
}
