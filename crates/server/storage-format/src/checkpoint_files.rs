//! The bytes of the two files that a formatted directory starts from: `bootstrap.checkpoint`, the
//! first records of the cluster; and the snapshot at offset 0, the voters of a dynamic quorum.
//! `docs/formats/formatted-directory.md` shows them.
//!
//! *Kafka*: `BootstrapDirectory`, `RecordsSnapshotWriter`.

use bytes::Bytes;
use ottla_messages::feature_level_record::FeatureLevelRecord;
use ottla_messages::kraft_version_record::KraftVersionRecord;
use ottla_messages::metadata_record::MetadataRecord;
use ottla_messages::snapshot_footer_record::SnapshotFooterRecord;
use ottla_messages::snapshot_header_record::SnapshotHeaderRecord;
use ottla_messages::voters_record::{self, Endpoint, KraftVersionFeature, VotersRecord};
use ottla_messages::{Message, Writer};
use ottla_records::{BatchBuilder, BatchOptions, ControlRecordType, build_control_batch};
use ottla_types::{LeaderEpoch, Offset, TimestampMs};

use crate::InitialVoter;

/// The epoch of everything written before there is a leader.
const EPOCH: LeaderEpoch = LeaderEpoch(0);

/// `bootstrap.checkpoint` with these records.
#[must_use]
pub fn bootstrap_checkpoint(records: &[FeatureLevelRecord], now: TimestampMs) -> Vec<u8> {
    let header = (ControlRecordType::SnapshotHeader, header(TimestampMs(0)));
    let header = build_control_batch(Offset::ZERO, EPOCH, now, &[header]);
    let count = i64::try_from(records.len()).expect("few features");
    let footer = footer_batch(Offset(1).plus(count), now);
    [header, data_batch(records, now), footer].concat()
}

/// The snapshot at offset 0 of a dynamic quorum: these voters, listening under this name.
#[must_use]
pub fn bootstrap_snapshot(
    voters: &[InitialVoter],
    controller_listener_name: &str,
    now: TimestampMs,
) -> Vec<u8> {
    let voters = voters_batch(voters, controller_listener_name, now, now);
    [voters, footer_batch(Offset(3), now)].concat()
}

fn data_batch(records: &[FeatureLevelRecord], now: TimestampMs) -> Bytes {
    let mut data = BatchBuilder::new(BatchOptions {
        base_offset: Offset(1),
        partition_leader_epoch: EPOCH,
        ..BatchOptions::default()
    });
    for record in records {
        let value = MetadataRecord::FeatureLevel(record.clone())
            .encode_value(0)
            .expect("a feature level has one version and a short name");
        data.append(now, None, Some(&value), &[]);
    }
    data.build()
}

fn voters_batch(
    voters: &[InitialVoter],
    controller_listener_name: &str,
    formatted_at: TimestampMs,
    now: TimestampMs,
) -> Bytes {
    let listener = controller_listener_name.to_ascii_uppercase();
    let voters = voters.iter().map(|voter| voters_record::Voter {
        voter_id: voter.node_id.0,
        voter_directory_id: voter.directory_id,
        endpoints: vec![Endpoint {
            name: listener.clone().into(),
            host: voter.host.clone().into(),
            port: voter.port,
        }],
        kraft_version_feature: KraftVersionFeature {
            min_supported_version: 0,
            max_supported_version: 1,
        },
    });
    let voters = VotersRecord {
        voters: voters.collect(),
        ..VotersRecord::default()
    };
    let version = KraftVersionRecord {
        kraft_version: 1,
        ..KraftVersionRecord::default()
    };
    let records = [
        (ControlRecordType::SnapshotHeader, header(formatted_at)),
        (ControlRecordType::KRaftVersion, encoded(&version)),
        (ControlRecordType::KRaftVoters, encoded(&voters)),
    ];
    build_control_batch(Offset::ZERO, EPOCH, now, &records)
}

fn header(last_contained: TimestampMs) -> Bytes {
    encoded(&SnapshotHeaderRecord {
        last_contained_log_timestamp: last_contained.0,
        ..SnapshotHeaderRecord::default()
    })
}

fn footer_batch(offset: Offset, now: TimestampMs) -> Bytes {
    let footer = encoded(&SnapshotFooterRecord::default());
    build_control_batch(
        offset,
        EPOCH,
        now,
        &[(ControlRecordType::SnapshotFooter, footer)],
    )
}

/// Control records are written at version 0.
fn encoded(message: &impl Message) -> Bytes {
    let mut writer = Writer::new();
    message
        .encode(&mut writer, 0)
        .expect("names of hosts are shorter than any limit");
    writer.into_bytes()
}

#[cfg(test)]
mod tests;
