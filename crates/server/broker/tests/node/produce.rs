//! Produce: acknowledgements, refusals, idempotence, and what the topic's configuration says.

use bytes::Bytes;
use ottla_messages::ErrorCode;
use ottla_messages::init_producer_id_request::InitProducerIdRequest;
use ottla_messages::metadata_request::MetadataRequest;
use ottla_messages::produce_request::ProduceRequest;
use ottla_records::{BatchHeader, BatchOptions, Compression};
use ottla_test_node::{
    Client, PRODUCE_BY_NAME, TestNode, batch, batch_with, only_produced, produce_request,
};
use ottla_types::{ProducerEpoch, TimestampMs};

fn error(client: &mut Client, topic: &str, batch: Bytes) -> ErrorCode {
    ErrorCode(client.produce(topic, 0, batch).error_code)
}

#[test]
fn offsets_are_given_in_the_order_of_the_requests_whatever_the_acks() {
    let node = TestNode::start();
    let mut client = node.client();
    client.create_topic("orders", 1, &[]);
    let silent = produce_request("orders", 0, 0, batch(&["silent"]));
    client.send_unanswered(PRODUCE_BY_NAME, &silent);
    let leader = produce_request("orders", 0, 1, batch(&["leader", "leader"]));
    let leader = client.send(PRODUCE_BY_NAME, &leader);
    let all = produce_request("orders", 0, -1, batch(&["all"]));
    let all = client.send(PRODUCE_BY_NAME, &all);
    assert_eq!(only_produced(client.receive(leader)).base_offset, 1);
    assert_eq!(only_produced(client.receive(all)).base_offset, 3);
    assert_eq!(
        client.fetch_values("orders", 0, 0),
        ["silent", "leader", "leader", "all"]
    );
}

#[test]
fn pipelined_batches_that_wait_for_the_disk_are_answered_in_order() {
    let node = TestNode::with(&[("ottla.durability", "fsync")]);
    let mut client = node.client();
    client.create_topic("orders", 1, &[]);
    let waiting: Vec<_> = (0..20)
        .map(|_| {
            let request = produce_request("orders", 0, -1, batch(&["value"]));
            client.send(PRODUCE_BY_NAME, &request)
        })
        .collect();
    let last = client.send(13, &MetadataRequest::default());
    for (offset, waiting) in (0..).zip(waiting) {
        let produced = only_produced(client.receive(waiting));
        assert_eq!(ErrorCode(produced.error_code), ErrorCode::NONE);
        assert_eq!(produced.base_offset, offset);
    }
    client.receive(last);
}

#[test]
fn several_partitions_of_one_request_are_answered_each_for_itself() {
    let node = TestNode::with(&[("ottla.durability", "fsync")]);
    let mut client = node.client();
    client.create_topic("orders", 2, &[]);
    let mut request = produce_request("orders", 0, -1, batch(&["first"]));
    for other in [
        produce_request("orders", 7, -1, batch(&["nowhere"])),
        produce_request("orders", 1, -1, batch(&["second"])),
    ] {
        let partitions = other.topic_data.into_iter().flat_map(|t| t.partition_data);
        request.topic_data[0].partition_data.extend(partitions);
    }
    let response = client.call(PRODUCE_BY_NAME, &request);
    let errors: Vec<_> = response.responses[0]
        .partition_responses
        .iter()
        .map(|partition| (partition.index, ErrorCode(partition.error_code)))
        .collect();
    assert_eq!(
        errors,
        [
            (0, ErrorCode::NONE),
            (7, ErrorCode::UNKNOWN_TOPIC_OR_PARTITION),
            (1, ErrorCode::NONE),
        ]
    );
}

#[test]
fn what_cannot_be_appended_is_refused_with_its_reason() {
    let node = TestNode::start();
    let mut client = node.client();
    client.create_topic("orders", 1, &[("max.message.bytes", "200")]);
    client.create_topic("keys", 1, &[("cleanup.policy", "compact")]);
    let mut broken = batch(&["value"]).to_vec();
    *broken.last_mut().unwrap() ^= 1;
    let long = "x".repeat(300);
    for (topic, batch, expected) in [
        (
            "nowhere",
            batch(&["v"]),
            ErrorCode::UNKNOWN_TOPIC_OR_PARTITION,
        ),
        ("orders", Bytes::from(broken), ErrorCode::CORRUPT_MESSAGE),
        ("orders", batch(&[&long]), ErrorCode::MESSAGE_TOO_LARGE),
        ("keys", batch(&["without a key"]), ErrorCode::INVALID_RECORD),
    ] {
        assert_eq!(error(&mut client, topic, batch), expected, "{topic}");
    }
    assert_eq!(client.fetch_values("orders", 0, 0), Vec::<String>::new());
    let odd = produce_request("orders", 0, 2, batch(&["v"]));
    let odd = only_produced(client.call(PRODUCE_BY_NAME, &odd));
    assert_eq!(ErrorCode(odd.error_code), ErrorCode::INVALID_REQUIRED_ACKS);
    for (topic, partition) in [("nowhere", 0), ("orders", 7)] {
        let odd = produce_request(topic, partition, 2, batch(&["v"]));
        let odd = only_produced(client.call(PRODUCE_BY_NAME, &odd));
        let missing = ErrorCode::UNKNOWN_TOPIC_OR_PARTITION;
        assert_eq!(ErrorCode(odd.error_code), missing, "{topic} is named first");
    }
}

#[test]
fn a_refusal_says_where_the_log_starts_if_it_was_looked_at() {
    let node = TestNode::start();
    let mut client = node.client();
    client.create_topic("keys", 1, &[("cleanup.policy", "compact")]);
    let unkeyed = client.produce("keys", 0, batch(&["v"]));
    assert_eq!(ErrorCode(unkeyed.error_code), ErrorCode::INVALID_RECORD);
    assert_eq!(unkeyed.log_start_offset, 0);
    let two = [batch(&["a"]), batch(&["b"])].concat();
    let two = client.produce("keys", 0, Bytes::from(two));
    assert_eq!(ErrorCode(two.error_code), ErrorCode::INVALID_RECORD);
    assert_eq!((two.log_start_offset, two.error_message), (-1, None));
}

#[test]
fn a_batch_that_cannot_be_walked_over_spoils_its_whole_request() {
    let node = TestNode::start();
    let mut client = node.client();
    client.create_topic("orders", 2, &[]);
    let mut strange = batch(&["v"]).to_vec();
    strange[16] = 3; // the format
    let mut request = produce_request("orders", 0, -1, batch(&["whole"]));
    let mut other = request.topic_data[0].partition_data[0].clone();
    (other.index, other.records) = (1, Some(Bytes::from(strange)));
    request.topic_data[0].partition_data.push(other);
    let response = client.call(PRODUCE_BY_NAME, &request);
    for refused in &response.responses[0].partition_responses {
        assert_eq!(ErrorCode(refused.error_code), ErrorCode::CORRUPT_MESSAGE);
        let message = refused.error_message.as_deref();
        assert_eq!(message, Some("Invalid magic found in record: 3"));
    }
    assert_eq!(client.fetch("orders", 0, 0).high_watermark, 0);
}

#[test]
fn without_acknowledgement_an_error_ends_the_connection() {
    let node = TestNode::start();
    let mut client = node.client();
    let request = produce_request("nowhere", 0, 0, batch(&["lost"]));
    client.send_unanswered(PRODUCE_BY_NAME, &request);
    assert_eq!(client.until_closed(), b"");
}

#[test]
fn without_acknowledgement_what_the_replica_refuses_ends_the_connection_too() {
    let node = TestNode::start();
    let mut client = node.client();
    client.create_topic("orders", 1, &[]);
    let start = client.idempotent_batch();
    let gap = BatchOptions {
        base_sequence: 5,
        ..start
    };
    for batch in [batch_with(start, &["first"]), batch_with(gap, &["gap"])] {
        let request = produce_request("orders", 0, 0, batch);
        client.send_unanswered(PRODUCE_BY_NAME, &request);
    }
    assert_eq!(client.until_closed(), b"");
    assert_eq!(node.client().fetch_values("orders", 0, 0), ["first"]);
}

#[test]
fn a_batch_that_outgrows_the_topic_when_it_is_compressed_anew_is_refused() {
    let node = TestNode::start();
    let mut client = node.client();
    let configs = [
        ("compression.type", "uncompressed"),
        ("max.message.bytes", "1000"),
    ];
    client.create_topic("orders", 1, &configs);
    let gzip = BatchOptions {
        compression: Compression::Gzip,
        ..BatchOptions::default()
    };
    let long = "x".repeat(5000);
    let small = batch_with(gzip, &[&long]);
    assert!(small.len() < 1000);
    assert_eq!(
        error(&mut client, "orders", small),
        ErrorCode::MESSAGE_TOO_LARGE
    );
    assert_eq!(
        error(&mut client, "orders", batch_with(gzip, &["x"])),
        ErrorCode::NONE
    );
}

#[test]
fn acks_all_never_wants_more_replicas_than_the_partition_has() {
    let node = TestNode::start();
    let mut client = node.client();
    client.create_topic("orders", 1, &[("min.insync.replicas", "2")]);
    assert_eq!(error(&mut client, "orders", batch(&["v"])), ErrorCode::NONE);
}

#[test]
fn an_idempotent_producer_is_kept_to_its_sequence() {
    let node = TestNode::start();
    let mut client = node.client();
    client.create_topic("orders", 1, &[]);
    let start = client.idempotent_batch();
    let at = |base_sequence| BatchOptions {
        base_sequence,
        ..start
    };
    let first = batch_with(at(0), &["a", "b"]);
    assert_eq!(client.produce("orders", 0, first.clone()).base_offset, 0);
    let again = client.produce("orders", 0, first);
    assert_eq!((again.error_code, again.base_offset), (0, 0));
    let gap = batch_with(at(5), &["gap"]);
    assert_eq!(
        error(&mut client, "orders", gap),
        ErrorCode::OUT_OF_ORDER_SEQUENCE_NUMBER
    );
    let next = batch_with(at(2), &["c"]);
    assert_eq!(client.produce("orders", 0, next).base_offset, 2);
    let fenced = BatchOptions {
        producer_epoch: ProducerEpoch(start.producer_epoch.0 - 1),
        ..at(3)
    };
    let fenced = error(&mut client, "orders", batch_with(fenced, &["old"]));
    assert_ne!(fenced, ErrorCode::NONE);
    assert_eq!(client.fetch_values("orders", 0, 0), ["a", "b", "c"]);
}

#[test]
fn a_producer_that_goes_on_names_both_its_id_and_its_epoch() {
    let node = TestNode::start();
    let mut client = node.client();
    for (producer_id, producer_epoch) in [(5, -1), (-1, 5)] {
        let response = client.ask(&InitProducerIdRequest {
            producer_id,
            producer_epoch,
            ..InitProducerIdRequest::default()
        });
        let error = ErrorCode(response.error_code);
        assert_eq!(error, ErrorCode::INVALID_REQUEST);
    }
}

#[test]
fn a_transactional_id_is_refused_until_there_are_transactions() {
    let node = TestNode::start();
    let mut client = node.client();
    let got = client.ask(&InitProducerIdRequest {
        transactional_id: Some("bank".into()),
        transaction_timeout_ms: 1000,
        ..InitProducerIdRequest::default()
    });
    assert_ne!(ErrorCode(got.error_code), ErrorCode::NONE);
}

#[test]
fn a_topic_with_append_time_stamps_the_batch_and_says_so() {
    let node = TestNode::start();
    let mut client = node.client();
    client.create_topic("orders", 1, &[("message.timestamp.type", "LogAppendTime")]);
    let produced = client.produce("orders", 0, batch(&["v"]));
    let fetched = client.fetch("orders", 0, 0);
    let header = BatchHeader::parse(&fetched.records.unwrap()).unwrap();
    assert_eq!(
        header.max_timestamp,
        TimestampMs(produced.log_append_time_ms)
    );
    assert!(produced.log_append_time_ms > 0);
}

#[test]
fn a_topic_with_its_own_compression_stores_with_it() {
    let node = TestNode::start();
    let mut client = node.client();
    for (topic, kind, compression) in [
        ("zstd", "zstd", Compression::Zstd),
        ("plain", "uncompressed", Compression::None),
    ] {
        client.create_topic(topic, 1, &[("compression.type", kind)]);
        let options = BatchOptions {
            compression: Compression::Gzip,
            ..BatchOptions::default()
        };
        let produced = client.produce(topic, 0, batch_with(options, &["a", "b"]));
        assert_eq!(ErrorCode(produced.error_code), ErrorCode::NONE);
        let fetched = client.fetch(topic, 0, 0);
        let header = BatchHeader::parse(fetched.records.as_ref().unwrap()).unwrap();
        assert_eq!(header.compression().unwrap(), compression);
        assert_eq!(ottla_test_node::values_of(&fetched), ["a", "b"]);
    }
}

#[test]
fn topics_are_found_by_their_id_too() {
    let node = TestNode::start();
    let mut client = node.client();
    let topic_id = client.create_topic("orders", 1, &[]);
    let by_id = |id| {
        let mut request = produce_request("", 0, -1, batch(&["v"]));
        request.topic_data[0].topic_id = id;
        request
    };
    let produced: ProduceRequest = by_id(topic_id);
    let produced = only_produced(client.ask(&produced));
    assert_eq!(ErrorCode(produced.error_code), ErrorCode::NONE);
    let unknown = only_produced(client.ask(&by_id(ottla_types::Uuid(7))));
    assert_eq!(ErrorCode(unknown.error_code), ErrorCode::UNKNOWN_TOPIC_ID);
}

/// A batch that compresses to more than stays on a reactor.
fn heavy(compression: Compression, first: &str) -> Bytes {
    let mut random = 7_u64;
    let noise: String = std::iter::repeat_with(|| {
        random = random
            .wrapping_mul(6_364_136_223_846_793_005)
            .wrapping_add(1);
        char::from(b'a' + (random >> 33) as u8 % 26)
    })
    .take(150_000)
    .collect();
    let options = BatchOptions {
        compression,
        ..BatchOptions::default()
    };
    batch_with(options, &[first, &noise])
}

#[test]
fn large_compressed_batches_keep_their_place_among_the_others() {
    let node = TestNode::start();
    let mut client = node.client();
    client.create_topic("orders", 1, &[]);
    let mut waiting = Vec::new();
    for number in 0..3 {
        for batch in [
            heavy(Compression::Gzip, &format!("heavy {number}")),
            batch(&[&format!("light {number}")]),
        ] {
            let request = produce_request("orders", 0, -1, batch);
            waiting.push(client.send(PRODUCE_BY_NAME, &request));
        }
    }
    let last = client.send(13, &MetadataRequest::default());
    let offsets: Vec<i64> = waiting
        .into_iter()
        .map(|waiting| only_produced(client.receive(waiting)).base_offset)
        .collect();
    assert_eq!(offsets, [0, 2, 3, 5, 6, 8]);
    client.receive(last);
    let values = client.fetch_values("orders", 0, 0);
    let labels = values.iter().filter(|value| value.len() < 100);
    assert_eq!(
        labels.collect::<Vec<_>>(),
        [
            "heavy 0", "light 0", "heavy 1", "light 1", "heavy 2", "light 2"
        ]
    );
}

#[test]
fn a_large_batch_that_is_refused_holds_nobody_up() {
    let node = TestNode::start();
    let mut client = node.client();
    client.create_topic("orders", 1, &[]);
    client.create_topic("small", 1, &[("max.message.bytes", "1000")]);
    let mut broken = heavy(Compression::Zstd, "broken").to_vec();
    let middle = broken.len() / 2;
    broken[middle] ^= 1;
    let expected = ErrorCode::CORRUPT_MESSAGE;
    assert_eq!(error(&mut client, "orders", broken.into()), expected);
    let large = heavy(Compression::Zstd, "large");
    let expected = ErrorCode::MESSAGE_TOO_LARGE;
    assert_eq!(error(&mut client, "small", large.clone()), expected);
    let expected = ErrorCode::UNKNOWN_TOPIC_OR_PARTITION;
    assert_eq!(error(&mut client, "nowhere", large.clone()), expected);
    assert_eq!(error(&mut client, "orders", large), ErrorCode::NONE);
}

#[test]
fn a_topic_that_compresses_anew_stores_large_batches_so() {
    let node = TestNode::start();
    let mut client = node.client();
    client.create_topic("orders", 1, &[("compression.type", "lz4")]);
    let plain = heavy(Compression::None, "plain");
    assert_eq!(error(&mut client, "orders", plain), ErrorCode::NONE);
    let stored = client.fetch("orders", 0, 0).records.unwrap();
    let header = BatchHeader::parse(&stored).unwrap();
    assert_eq!(header.compression(), Ok(Compression::Lz4));
    assert_eq!(client.fetch_values("orders", 0, 0)[0], "plain");
}
