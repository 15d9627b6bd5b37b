//! The control records of the metadata log: who leads, which `kraft.version` holds, who votes.
//!
//! All are written and read in the layout of version 0, as Kafka does, whatever their first field
//! says.

use bytes::Bytes;
use ottla_messages::kraft_version_record::KraftVersionRecord;
use ottla_messages::leader_change_message::{LeaderChangeMessage, Voter as LeaderChangeVoter};
use ottla_messages::voters_record::{self, VotersRecord};
use ottla_messages::{KafkaString, Message, Reader, Writer};
use ottla_raft::{ReplicaKey, VoterSet};
use ottla_records::{Batch, ControlRecordType};
use ottla_types::{NodeId, Offset};

use super::QuorumError;

/// An address under the name of its listener.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct QuorumEndpoint {
    /// The listener, as `CONTROLLER`.
    pub listener: String,
    /// Host name or address.
    pub host: String,
    /// Port.
    pub port: u16,
}

/// A voter with what its Voters record says.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Voter {
    /// The node and its metadata directory.
    pub key: ReplicaKey,
    /// Where it listens.
    pub endpoints: Vec<QuorumEndpoint>,
    /// The lowest and the highest `kraft.version` it speaks.
    pub kraft_versions: (i16, i16),
}

/// What control records say up to some offset.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ControlState {
    /// The level of `kraft.version`, if a record says it.
    pub kraft_version: Option<i16>,
    /// The voters, if a record says them.
    pub voters: Option<Vec<Voter>>,
    /// The offset of the batch with the last Voters record.
    pub voters_record: Option<Offset>,
}

/// The voters as raft knows them.
#[must_use]
pub fn voter_set(voters: &[Voter]) -> VoterSet {
    voters.iter().map(|voter| voter.key).collect()
}

impl ControlState {
    /// Takes note of a control batch of the log or of a snapshot. Types that mean nothing here, and
    /// unknown ones, are passed over.
    ///
    /// # Errors
    /// If a record is not what its type says.
    pub fn note(&mut self, batch: &Batch) -> Result<(), QuorumError> {
        for record in batch.records() {
            let record = record?;
            let value = record
                .value
                .map_or(Bytes::new(), |value| batch.record_area.slice_ref(value));
            match ControlRecordType::from_key(record.key)? {
                ControlRecordType::KRaftVersion => {
                    let record = KraftVersionRecord::decode(&mut Reader::new(value), 0)?;
                    self.kraft_version = Some(record.kraft_version);
                }
                ControlRecordType::KRaftVoters => {
                    let record = VotersRecord::decode(&mut Reader::new(value), 0)?;
                    self.voters = Some(record.voters.into_iter().map(voter_from).collect());
                    self.voters_record = Some(batch.header.base_offset);
                }
                _ => {}
            }
        }
        Ok(())
    }

    /// Lets a voter listen at these addresses; whether it listened elsewhere before.
    pub fn move_voter(&mut self, id: NodeId, endpoints: &[QuorumEndpoint]) -> bool {
        let mut voters = self.voters.iter_mut().flatten();
        match voters.find(|voter| voter.key.id == id) {
            Some(voter) if !endpoints.is_empty() && voter.endpoints != endpoints => {
                voter.endpoints = endpoints.to_vec();
                true
            }
            _ => false,
        }
    }

    /// The KRaftVersion and Voters records that say this, for a log or a snapshot that has none
    /// yet. Nothing below `kraft.version` 1, where the voters are configuration.
    ///
    /// # Errors
    /// If a name is too long for the wire.
    pub fn records(&self) -> Result<Vec<(ControlRecordType, Bytes)>, QuorumError> {
        let level = self.kraft_version.unwrap_or(0);
        if level < 1 {
            return Ok(Vec::new());
        }
        let version = KraftVersionRecord {
            version: 0,
            kraft_version: level,
        };
        let voters = VotersRecord {
            version: 0,
            voters: self.voters.iter().flatten().map(voter_to).collect(),
        };
        Ok(vec![
            (ControlRecordType::KRaftVersion, encode(&version)?),
            (ControlRecordType::KRaftVoters, encode(&voters)?),
        ])
    }
}

/// The record that opens an epoch.
///
/// # Errors
/// Never for a set of voters that fits into memory.
pub fn leader_change(
    leader: NodeId,
    voters: &VoterSet,
    granting: &[NodeId],
) -> Result<(ControlRecordType, Bytes), QuorumError> {
    let voter = |id: NodeId| LeaderChangeVoter {
        voter_id: id.0,
        ..LeaderChangeVoter::default()
    };
    let message = LeaderChangeMessage {
        version: 0,
        leader_id: leader.0,
        voters: voters.ids().map(voter).collect(),
        granting_voters: granting.iter().copied().map(voter).collect(),
    };
    Ok((ControlRecordType::LeaderChange, encode(&message)?))
}

pub(super) fn encode<M: Message>(message: &M) -> Result<Bytes, QuorumError> {
    let mut writer = Writer::new();
    message.encode(&mut writer, 0)?;
    Ok(writer.into_bytes())
}

fn voter_from(voter: voters_record::Voter) -> Voter {
    let feature = &voter.kraft_version_feature;
    Voter {
        key: ReplicaKey {
            id: NodeId(voter.voter_id),
            directory_id: voter.voter_directory_id,
        },
        kraft_versions: (feature.min_supported_version, feature.max_supported_version),
        endpoints: voter
            .endpoints
            .into_iter()
            .map(|endpoint| QuorumEndpoint {
                listener: endpoint.name.to_string(),
                host: endpoint.host.to_string(),
                port: endpoint.port,
            })
            .collect(),
    }
}

fn voter_to(voter: &Voter) -> voters_record::Voter {
    voters_record::Voter {
        voter_id: voter.key.id.0,
        voter_directory_id: voter.key.directory_id,
        endpoints: voter
            .endpoints
            .iter()
            .map(|endpoint| voters_record::Endpoint {
                name: KafkaString::copy_from(&endpoint.listener),
                host: KafkaString::copy_from(&endpoint.host),
                port: endpoint.port,
            })
            .collect(),
        kraft_version_feature: voters_record::KraftVersionFeature {
            min_supported_version: voter.kraft_versions.0,
            max_supported_version: voter.kraft_versions.1,
        },
    }
}

#[cfg(test)]
mod tests;
