//! A metadata log that Apache Kafka 4.3.1 wrote: a node formatted, started, two partitions created,
//! stopped in order.

#![allow(clippy::unwrap_used, reason = "helpers of tests are tests")]

use bytes::Bytes;
use ottla_messages::metadata_record::MetadataRecord;
use ottla_metadata::{MetadataImage, MetadataLoader, MetadataVersion, Provenance, record_version};
use ottla_records::{Batch, Batches, InflateLimits};
use ottla_types::{NodeId, PartitionIndex};

fn batches() -> Vec<Batch> {
    let log = Bytes::from_static(include_bytes!("kafka/metadata-4.3.1"));
    let limits = InflateLimits::default();
    Batches::new(&log)
        .map(|batch| Batch::open(&log.slice_ref(batch.unwrap().1), &limits).unwrap())
        .filter(|batch| !batch.header.is_control())
        .collect()
}

fn records(batch: &Batch) -> Vec<(MetadataRecord, i16, Bytes)> {
    let records = batch.records().map(|record| {
        let value = batch.record_area.slice_ref(record.unwrap().value.unwrap());
        let (record, version) = MetadataRecord::decode_value(value.clone()).unwrap();
        (record, version, value)
    });
    records.collect()
}

#[test]
fn it_is_replayed_to_the_end() {
    let mut loader = MetadataLoader::default();
    let mut published = 0;
    for batch in batches() {
        for (record, _, _) in records(&batch) {
            loader.replay(&record).unwrap();
        }
        published += i32::from(loader.publish(Provenance::default()).is_some());
    }
    assert!(published > 1);
    let image = loader.image();
    assert_eq!(
        image.features.metadata_version,
        Some(MetadataVersion::LATEST_PRODUCTION)
    );
    let broker = image.brokers.get(&NodeId(1)).unwrap();
    assert!(broker.fenced && broker.in_controlled_shutdown);
    let partition = image.topics.partition("t", PartitionIndex(1)).unwrap();
    assert_eq!(partition.leader, NodeId::NONE);
    assert_eq!(partition.elr, [NodeId(1)]);
}

#[test]
fn its_records_are_written_back_byte_by_byte_at_the_same_versions() {
    for batch in batches() {
        for (record, version, value) in records(&batch) {
            assert_eq!(record_version(&record, MetadataVersion::LATEST), version);
            assert_eq!(record.encode_value(version).unwrap(), value);
        }
    }
}

#[test]
fn its_image_survives_a_snapshot() {
    let mut image = MetadataImage::default();
    for batch in batches() {
        for (record, _, _) in records(&batch) {
            // The bootstrap transaction was committed: its bounds change nothing here.
            if !matches!(
                record,
                MetadataRecord::BeginTransaction(_) | MetadataRecord::EndTransaction(_)
            ) {
                image.replay(&record).unwrap();
            }
        }
    }
    let mut from_snapshot = MetadataImage::default();
    for record in image.to_records() {
        from_snapshot.replay(&record).unwrap();
    }
    assert_eq!(from_snapshot, image);
}
