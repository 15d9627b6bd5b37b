//! The file `quorum-state`: one line of JSON with the epoch, its leader and this member's vote.
//!
//! *Kafka*: `FileQuorumStateStore`. Version 0 (static voters) lists the voters and knows no
//! directories; version 1 (`kraft.version` 1) has the directory voted for.

use ottla_raft::{QuorumState, ReplicaKey, VoterSet};
use ottla_types::{LeaderEpoch, NodeId, Uuid};
use serde_json::{Map, Value};

/// The name of the file, in the directory of the metadata log.
pub const QUORUM_STATE_FILE: &str = "quorum-state";

/// The text of the file in the format of a `kraft.version`.
#[must_use]
pub fn encode_quorum_state(state: &QuorumState, kraft_version: i16, voters: &VoterSet) -> String {
    let leader = state.leader.unwrap_or(NodeId::NONE);
    let nobody = ReplicaKey::without_directory(NodeId::NONE);
    let voted = state.voted.unwrap_or(nobody);
    if kraft_version >= 1 {
        return format!(
            r#"{{"leaderId":{leader},"leaderEpoch":{},"votedId":{},"votedDirectoryId":"{}","data_version":1}}"#,
            state.epoch, voted.id, voted.directory_id
        );
    }
    let voters: Vec<_> = voters
        .ids()
        .map(|id| format!(r#"{{"voterId":{id}}}"#))
        .collect();
    format!(
        r#"{{"clusterId":"","leaderId":{leader},"leaderEpoch":{},"votedId":{},"appliedOffset":0,"currentVoters":[{}],"data_version":0}}"#,
        state.epoch,
        voted.id,
        voters.join(",")
    )
}

/// Reads the text of the file.
///
/// # Errors
/// Says what is wrong. A member that has forgotten its vote could vote twice: it must not start.
pub fn decode_quorum_state(text: &str) -> Result<QuorumState, String> {
    let line = text.lines().next().unwrap_or_default();
    let parsed: Value = serde_json::from_str(line).map_err(|error| error.to_string())?;
    let Value::Object(fields) = parsed else {
        return Err("it is no JSON object".to_owned());
    };
    let data_version = number(&fields, "data_version")?;
    if !(0..=1).contains(&data_version) {
        return Err(format!("data_version {data_version} is unknown"));
    }
    let voted_id = node(&fields, "votedId")?;
    let directory_id = match fields.get("votedDirectoryId").and_then(Value::as_str) {
        Some(text) if data_version == 1 => text
            .parse()
            .map_err(|_| format!("votedDirectoryId {text} is no id"))?,
        _ => Uuid::ZERO,
    };
    let epoch = number(&fields, "leaderEpoch")?;
    if epoch < 0 {
        return Err(format!("leaderEpoch {epoch} is negative"));
    }
    Ok(QuorumState {
        epoch: LeaderEpoch(epoch),
        leader: node(&fields, "leaderId")?,
        voted: voted_id.map(|id| ReplicaKey { id, directory_id }),
    })
}

fn node(fields: &Map<String, Value>, name: &str) -> Result<Option<NodeId>, String> {
    let id = number(fields, name)?;
    Ok((id >= 0).then_some(NodeId(id)))
}

fn number(fields: &Map<String, Value>, name: &str) -> Result<i32, String> {
    fields
        .get(name)
        .and_then(Value::as_i64)
        .and_then(|value| i32::try_from(value).ok())
        .ok_or_else(|| format!("{name} is missing or no number"))
}

#[cfg(test)]
mod tests;
