//! What producers promise.

use std::time::Duration;

use ottla_client::{
    Acks, Compression, Error, IsolationLevel, OffsetSpec, Producer, ProducerConfig, ProducerRecord,
    partition_of_key,
};
use ottla_types::Offset;

use crate::cluster::{admin, bootstrap, configured_topic, fresh_name, fresh_topic};

async fn end_offsets(topic: &str, partitions: i32) -> Vec<i64> {
    let asked: Vec<_> = (0..partitions)
        .map(|index| ((topic.to_owned(), index), OffsetSpec::Latest))
        .collect();
    let found = admin()
        .list_offsets(&asked, IsolationLevel::ReadUncommitted)
        .await
        .unwrap();
    let offsets = found.into_values();
    offsets
        .map(|found| found.unwrap().offset.unwrap().0)
        .collect()
}

#[tokio::test]
async fn offsets_count_up_per_partition_in_the_order_of_send() {
    let topic = fresh_topic("order", 1).await;
    let producer = Producer::new(ProducerConfig::new(&bootstrap())).unwrap();
    let mut deliveries = Vec::new();
    for number in 0..10_000 {
        let value = format!("value {number}");
        let record = ProducerRecord::new(&topic, value.as_bytes());
        deliveries.push(producer.send(record).await.unwrap());
    }
    for (delivery, expected) in deliveries.into_iter().zip(0..) {
        let written = delivery.await.unwrap();
        assert_eq!(written.offset, Some(Offset(expected)));
        assert_eq!(written.partition, 0);
    }
    producer.close(Duration::from_secs(10)).await.unwrap();
    assert_eq!(end_offsets(&topic, 1).await, [10_000]);
}

#[tokio::test]
async fn every_codec_and_every_acks_is_written() {
    for compression in [
        Compression::None,
        Compression::Gzip,
        Compression::Snappy,
        Compression::Lz4,
        Compression::Zstd,
    ] {
        for acks in [Acks::None, Acks::Leader, Acks::All] {
            let topic = fresh_topic("codec", 1).await;
            let config = ProducerConfig::new(&bootstrap())
                .compression_type(compression)
                .acks(acks);
            let producer = Producer::new(config).unwrap();
            let mut last = None;
            for number in 0..500 {
                let value = format!("a value that repeats itself, {number}");
                let record = ProducerRecord::new(&topic, value.as_bytes());
                last = Some(producer.send(record).await.unwrap());
            }
            let written = last.unwrap().await.unwrap();
            let expected = (acks != Acks::None).then_some(Offset(499));
            assert_eq!(written.offset, expected, "{compression:?} {acks:?}");
            producer.close(Duration::from_secs(10)).await.unwrap();
            // Without an answer only the broker knows when it is done.
            while end_offsets(&topic, 1).await != [500] {}
        }
    }
}

#[tokio::test]
async fn a_key_goes_where_javas_clients_put_it() {
    let topic = fresh_topic("keys", 7).await;
    let producer = Producer::new(ProducerConfig::new(&bootstrap())).unwrap();
    for number in 0..200 {
        let key = format!("key {number}");
        let record = ProducerRecord::new(&topic, b"value").with_key(key.as_bytes());
        let delivery = producer.send(record).await.unwrap();
        let expected = partition_of_key(key.as_bytes(), 7) as i32;
        assert_eq!(delivery.await.unwrap().partition, expected);
    }
}

#[tokio::test]
async fn a_topic_that_does_not_exist_is_created_or_times_out_within_max_block() {
    let topic = fresh_name("absent");
    let config = ProducerConfig::new(&bootstrap()).max_block_ms(Duration::from_secs(5));
    let producer = Producer::new(config).unwrap();
    match producer.send(ProducerRecord::new(&topic, b"value")).await {
        Ok(delivery) => assert_eq!(delivery.await.unwrap().offset, Some(Offset(0))),
        Err(error) => assert!(matches!(error, Error::Timeout { .. }), "{error}"),
    }
}

#[tokio::test]
async fn a_record_above_the_limits_is_refused_and_others_are_not() {
    let topic = configured_topic("large", 1, &[("max.message.bytes", "10000")]).await;
    let producer = Producer::new(ProducerConfig::new(&bootstrap())).unwrap();
    let beyond_client = vec![7; 2_000_000];
    let refused = producer
        .send(ProducerRecord::new(&topic, &beyond_client))
        .await;
    assert!(matches!(refused, Err(Error::RecordTooLarge(_))));
    let beyond_broker = vec![7; 20_000];
    let record = ProducerRecord::new(&topic, &beyond_broker);
    let error = producer.send(record).await.unwrap().await.unwrap_err();
    assert_eq!(error.code(), ottla_messages::ErrorCode::MESSAGE_TOO_LARGE);
    let record = ProducerRecord::new(&topic, b"small");
    let written = producer.send(record).await.unwrap().await.unwrap();
    assert_eq!(written.offset, Some(Offset(0)));
}

#[tokio::test]
async fn a_batch_that_is_too_large_is_split_and_keeps_its_order() {
    for (compression, idempotence) in [
        (Compression::None, true),
        (Compression::None, false),
        (Compression::Zstd, true),
    ] {
        let topic = configured_topic("split", 1, &[("max.message.bytes", "500")]).await;
        let config = ProducerConfig::new(&bootstrap())
            .compression_type(compression)
            .enable_idempotence(Some(idempotence))
            .max_in_flight_requests_per_connection(if idempotence { 5 } else { 1 })
            .linger_ms(Duration::from_millis(50));
        let producer = Producer::new(config).unwrap();
        let mut deliveries = Vec::new();
        let mut random = 7_u64;
        for number in 0..300 {
            // Bytes that no codec makes smaller.
            let value: Vec<u8> = (0..100)
                .map(|_| {
                    random = random
                        .wrapping_mul(6_364_136_223_846_793_005)
                        .wrapping_add(1);
                    (random >> 56) as u8
                })
                .collect();
            // One in the middle fits in no batch of this topic.
            let value = if number == 150 { vec![1; 600] } else { value };
            let is_refused = number == 150 && compression == Compression::None;
            let record = ProducerRecord::new(&topic, &value);
            deliveries.push((producer.send(record).await.unwrap(), is_refused));
        }
        let mut expected = 0;
        for (delivery, is_refused) in deliveries {
            match delivery.await {
                Err(error) if is_refused => {
                    assert_eq!(error.code(), ottla_messages::ErrorCode::MESSAGE_TOO_LARGE);
                }
                written => {
                    assert_eq!(written.unwrap().offset, Some(Offset(expected)));
                    expected += 1;
                }
            }
        }
        assert_eq!(end_offsets(&topic, 1).await, [expected]);
        producer.close(Duration::from_secs(10)).await.unwrap();
    }
}

#[tokio::test]
async fn each_record_of_a_refused_batch_has_its_own_error() {
    let topic = configured_topic("compacted", 1, &[("cleanup.policy", "compact")]).await;
    let config = ProducerConfig::new(&bootstrap()).linger_ms(Duration::from_millis(100));
    let producer = Producer::new(config).unwrap();
    let keyed = ProducerRecord {
        key: Some(b"key"),
        ..ProducerRecord::new(&topic, b"value")
    };
    let good = producer.send(keyed.clone()).await.unwrap();
    let bad = producer.send(ProducerRecord::new(&topic, b"value")).await;
    let bad = bad.unwrap().await.unwrap_err();
    let good = good.await.unwrap_err();
    for error in [&bad, &good] {
        assert_eq!(error.code(), ottla_messages::ErrorCode::INVALID_RECORD);
    }
    assert!(bad.to_string().contains("key"), "{bad}");
    assert!(good.to_string().contains("another record"), "{good}");
    // The good one alone is written.
    let written = producer.send(keyed).await.unwrap().await.unwrap();
    assert_eq!(written.offset, Some(Offset(0)));
}

#[tokio::test]
async fn memory_bounds_what_waits() {
    let topic = fresh_topic("memory", 3).await;
    let config = ProducerConfig::new(&bootstrap()).buffer_memory(50_000);
    let producer = Producer::new(config).unwrap();
    let value = vec![1; 1_000];
    for _ in 0..2_000 {
        // Dropped deliveries are delivered all the same.
        drop(
            producer
                .send(ProducerRecord::new(&topic, &value))
                .await
                .unwrap(),
        );
    }
    producer.flush().await;
    assert_eq!(end_offsets(&topic, 3).await.iter().sum::<i64>(), 2_000);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn many_tasks_share_a_producer() {
    let topic = fresh_topic("shared", 4).await;
    let producer = Producer::new(ProducerConfig::new(&bootstrap())).unwrap();
    let tasks: Vec<_> = (0..8)
        .map(|_| {
            let (producer, topic) = (producer.clone(), topic.clone());
            tokio::spawn(async move {
                for _ in 0..1_000 {
                    drop(
                        producer
                            .send(ProducerRecord::new(&topic, b"v"))
                            .await
                            .unwrap(),
                    );
                }
            })
        })
        .collect();
    for task in tasks {
        task.await.unwrap();
    }
    producer.close(Duration::from_secs(10)).await.unwrap();
    assert_eq!(end_offsets(&topic, 4).await.iter().sum::<i64>(), 8_000);
}
