//! What consumers promise.

use std::time::Duration;

use ottla_client::{
    Compression, Consumer, ConsumerConfig, ConsumerRecord, Error, Header, IsolationLevel,
    OffsetResetPolicy, OffsetSpec, Producer, ProducerConfig, ProducerRecord, Start,
};
use ottla_types::{Offset, TimestampMs};

use crate::cluster::{bootstrap, configured_topic, fresh_topic};

const SECOND: Duration = Duration::from_secs(1);

fn from_earliest(topic: &str, partitions: i32) -> Consumer {
    let config = ConsumerConfig::new(&bootstrap()).auto_offset_reset(OffsetResetPolicy::Earliest);
    let mut consumer = Consumer::new(config).unwrap();
    let partitions: Vec<_> = (0..partitions).map(|index| (topic, index)).collect();
    consumer.assign(&partitions);
    consumer
}

/// Polls until `count` records came; a broker that does not send them fails the test.
async fn read(consumer: &mut Consumer, count: usize) -> Vec<ConsumerRecord> {
    let mut records = Vec::new();
    let all = async {
        while records.len() < count {
            records.extend(consumer.poll(SECOND).await.unwrap());
        }
    };
    tokio::time::timeout(Duration::from_secs(30), all)
        .await
        .unwrap();
    records
}

async fn write(topic: &str, count: i64) {
    let producer = Producer::new(ProducerConfig::new(&bootstrap())).unwrap();
    for number in 0..count {
        let value = number.to_string();
        let record = ProducerRecord {
            timestamp: Some(TimestampMs(1_000 * number)),
            partition: Some(0),
            ..ProducerRecord::new(topic, value.as_bytes())
        };
        drop(producer.send(record).await.unwrap());
    }
    producer.close(10 * SECOND).await.unwrap();
}

#[tokio::test]
async fn what_was_written_is_read_in_order_with_everything_it_had() {
    for compression in [
        Compression::None,
        Compression::Gzip,
        Compression::Snappy,
        Compression::Lz4,
        Compression::Zstd,
    ] {
        let topic = fresh_topic("read", 1).await;
        let config = ProducerConfig::new(&bootstrap()).compression_type(compression);
        let producer = Producer::new(config).unwrap();
        let large = vec![b'x'; 1_000_000];
        let headers = [
            Header {
                key: b"h1",
                value: Some(b"v1"),
            },
            Header {
                key: b"h1",
                value: None,
            },
        ];
        for number in 0..1_000 {
            let key = format!("k{number}");
            let record = ProducerRecord {
                topic: &topic,
                partition: Some(0),
                timestamp: Some(TimestampMs(5_000 + number)),
                key: (number % 3 != 0).then_some(key.as_bytes()),
                value: match number % 5 {
                    0 => None,
                    1 => Some(b""),
                    _ => Some(b"value"),
                },
                headers: if number % 2 == 0 { &headers } else { &[] },
            };
            drop(producer.send(record).await.unwrap());
        }
        let record = ProducerRecord {
            partition: Some(0),
            ..ProducerRecord::new(&topic, &large)
        };
        producer.send(record).await.unwrap().await.unwrap();
        let mut consumer = from_earliest(&topic, 1);
        let records = read(&mut consumer, 1_001).await;
        assert_eq!(records.len(), 1_001, "{compression:?}");
        for (record, number) in records.iter().zip(0..1_000_i64) {
            assert_eq!(record.offset, Offset(number));
            assert_eq!(record.timestamp, TimestampMs(5_000 + number));
            let key = format!("k{number}");
            let key = (number % 3 != 0).then_some(key.as_bytes());
            assert_eq!(record.key.as_deref(), key);
            let value: Option<&[u8]> = match number % 5 {
                0 => None,
                1 => Some(b""),
                _ => Some(b"value"),
            };
            assert_eq!(record.value.as_deref(), value);
            assert_eq!(record.headers.len(), if number % 2 == 0 { 2 } else { 0 });
        }
        assert_eq!(records[0].headers[0].0, "h1");
        assert_eq!(records[0].headers[0].1.as_deref(), Some(&b"v1"[..]));
        assert_eq!(records[0].headers[1].1, None);
        assert_eq!(records[1_000].value.as_deref(), Some(&large[..]));
    }
}

#[tokio::test]
async fn a_poll_without_records_ends_in_time_and_later_records_wake_it() {
    let topic = fresh_topic("wait", 1).await;
    let mut consumer = from_earliest(&topic, 1);
    assert!(
        consumer
            .poll(Duration::from_millis(300))
            .await
            .unwrap()
            .is_empty()
    );
    write(&topic, 1).await;
    assert_eq!(read(&mut consumer, 1).await.len(), 1);
}

#[tokio::test]
async fn seeks_move_the_position_by_offset_time_and_to_the_ends() {
    let topic = fresh_topic("seek", 1).await;
    write(&topic, 100).await;
    let mut consumer = from_earliest(&topic, 1);
    read(&mut consumer, 1).await;
    for (start, expected) in [
        (Start::At(Offset(42)), 42),
        (Start::Beginning, 0),
        (Start::Time(TimestampMs(29_500)), 30),
        (Start::At(Offset(99)), 99),
    ] {
        consumer.seek(&topic, 0, start).unwrap();
        assert_eq!(
            read(&mut consumer, 1).await[0].offset,
            Offset(expected),
            "{start:?}"
        );
    }
    for start in [Start::End, Start::Time(TimestampMs(1_000_000))] {
        consumer.seek(&topic, 0, start).unwrap();
        let position = consumer
            .await_position(&topic, 0, 10 * SECOND)
            .await
            .unwrap();
        assert_eq!(position, Offset(100), "{start:?}");
    }
    assert!(consumer.seek(&topic, 1, Start::End).is_err());
}

#[tokio::test]
async fn max_poll_records_bounds_a_poll_and_positions_follow() {
    let topic = fresh_topic("bound", 1).await;
    write(&topic, 50).await;
    let config = ConsumerConfig::new(&bootstrap())
        .auto_offset_reset(OffsetResetPolicy::Earliest)
        .max_poll_records(7);
    let mut consumer = Consumer::new(config).unwrap();
    consumer.assign(&[(&topic, 0)]);
    let mut seen = 0;
    while seen < 50 {
        let records = consumer.poll(SECOND).await.unwrap();
        assert!(records.len() <= 7);
        seen += records.len() as i64;
        if seen > 0 {
            assert_eq!(consumer.position(&topic, 0).unwrap(), Some(Offset(seen)));
        }
    }
}

#[tokio::test]
async fn a_position_outside_the_log_is_reset_or_reported() {
    let topic = fresh_topic("range", 1).await;
    write(&topic, 10).await;
    let mut consumer = from_earliest(&topic, 1);
    consumer.seek(&topic, 0, Start::At(Offset(5_000))).unwrap();
    assert_eq!(read(&mut consumer, 1).await[0].offset, Offset(0));
    let config = ConsumerConfig::new(&bootstrap()).auto_offset_reset(OffsetResetPolicy::None);
    let mut strict = Consumer::new(config).unwrap();
    strict.assign(&[(&topic, 0)]);
    let error = strict.poll(SECOND).await.unwrap_err();
    assert_eq!(error.code(), ottla_messages::ErrorCode::OFFSET_OUT_OF_RANGE);
    strict.seek(&topic, 0, Start::At(Offset(5_000))).unwrap();
    let error = loop {
        match strict.poll(SECOND).await {
            Ok(records) => assert!(records.is_empty()),
            Err(error) => break error,
        }
    };
    assert!(matches!(error, Error::Refused(_)), "{error}");
    strict.seek(&topic, 0, Start::At(Offset(3))).unwrap();
    assert_eq!(read(&mut strict, 1).await[0].offset, Offset(3));
}

#[tokio::test]
async fn paused_partitions_rest_and_revoked_ones_are_gone() {
    let topic = fresh_topic("pause", 2).await;
    write(&topic, 10).await;
    let mut consumer = from_earliest(&topic, 2);
    consumer.pause(&topic, 0).unwrap();
    assert!(
        consumer
            .poll(Duration::from_millis(700))
            .await
            .unwrap()
            .is_empty()
    );
    consumer.resume(&topic, 0).unwrap();
    assert_eq!(read(&mut consumer, 10).await.len(), 10);
    consumer.assign(&[(&topic, 1)]);
    assert_eq!(consumer.assignment(), [(topic.clone(), 1)]);
    assert!(consumer.position(&topic, 0).is_err());
}

#[tokio::test]
async fn offsets_are_found_by_time_and_at_the_ends() {
    let topic = configured_topic("times", 2, &[]).await;
    write(&topic, 20).await;
    let consumer = from_earliest(&topic, 2);
    let place = |partition| (topic.clone(), partition);
    let found = consumer
        .offsets_for(&[
            (place(0), OffsetSpec::Latest),
            (place(1), OffsetSpec::Latest),
        ])
        .await
        .unwrap();
    assert_eq!(found[&place(0)].offset, Some(Offset(20)));
    assert_eq!(found[&place(1)].offset, Some(Offset(0)));
    let time = OffsetSpec::Timestamp(TimestampMs(10_001));
    let found = consumer
        .offsets_for(&[(place(0), time), (place(1), time)])
        .await
        .unwrap();
    assert_eq!(found[&place(0)].offset, Some(Offset(11)));
    assert_eq!(found[&place(0)].timestamp, TimestampMs(11_000));
    assert_eq!(found[&place(1)].offset, None);
    let found = consumer
        .offsets_for(&[(place(0), OffsetSpec::MaxTimestamp)])
        .await
        .unwrap();
    assert_eq!(found[&place(0)].offset, Some(Offset(19)));
}

#[tokio::test]
async fn log_append_time_is_told() {
    let topic = configured_topic("append", 1, &[("message.timestamp.type", "LogAppendTime")]).await;
    write(&topic, 3).await;
    let mut consumer = from_earliest(&topic, 1);
    for record in read(&mut consumer, 3).await {
        assert!(record.is_append_time);
        assert!(record.timestamp > TimestampMs(1_000_000_000_000));
    }
}

#[tokio::test]
async fn read_committed_shows_what_no_transaction_holds() {
    let topic = fresh_topic("committed", 1).await;
    write(&topic, 30).await;
    let config = ConsumerConfig::new(&bootstrap())
        .auto_offset_reset(OffsetResetPolicy::Earliest)
        .isolation_level(IsolationLevel::ReadCommitted)
        .check_crcs(false);
    let mut consumer = Consumer::new(config).unwrap();
    consumer.assign(&[(&topic, 0)]);
    assert_eq!(read(&mut consumer, 30).await.len(), 30);
}
