//! The voters a dynamic quorum starts with: `id@host:port:directory`, separated by commas.
//!
//! *Kafka*: `DynamicVoters`, KIP-853.

use std::collections::BTreeMap;

use ottla_types::{NodeId, Uuid};

/// A voter of a new quorum.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct InitialVoter {
    /// Its node id.
    pub node_id: NodeId,
    /// Where its controller listens.
    pub host: String,
    /// The port there.
    pub port: u16,
    /// The directory of its metadata log.
    pub directory_id: Uuid,
}

/// The voters of a text.
///
/// # Errors
/// What is wrong with it.
pub fn parse_initial_controllers(text: &str) -> Result<Vec<InitialVoter>, String> {
    let mut voters = BTreeMap::new();
    for part in text.trim().split(',').filter(|part| !part.is_empty()) {
        let voter = parse_voter(part)?;
        let id = voter.node_id;
        if voters.insert(id, voter).is_some() {
            return Err(format!("Node id {id} was specified more than once."));
        }
    }
    if voters.is_empty() {
        return Err("No voters given.".to_owned());
    }
    Ok(voters.into_values().collect())
}

fn parse_voter(text: &str) -> Result<InitialVoter, String> {
    let (id, address) = text
        .trim()
        .split_once('@')
        .ok_or("No @ found in dynamic voter string.")?;
    let id: i32 = id
        .parse()
        .map_err(|_| "Failed to parse node id in dynamic voter string.")?;
    if id < 0 {
        return Err(format!(
            "Invalid negative node id {id} in dynamic voter string."
        ));
    }
    if address.is_empty() {
        return Err("No hostname found after node id.".to_owned());
    }
    let (host, rest) = match address.strip_prefix('[') {
        Some(address) => address
            .split_once(']')
            .ok_or("Hostname began with left bracket, but no right bracket was found.")?,
        None => {
            let colon = address
                .find(':')
                .ok_or("No colon following hostname could be found.")?;
            address.split_at(colon)
        }
    };
    let rest = rest
        .strip_prefix(':')
        .ok_or("Port section must start with a colon.")?;
    let (port, directory) = rest
        .split_once(':')
        .ok_or("No colon following port could be found.")?;
    let port: i32 = port
        .parse()
        .map_err(|_| "Failed to parse port in dynamic voter string.")?;
    let port =
        u16::try_from(port).map_err(|_| format!("Invalid port {port} in dynamic voter string."))?;
    let directory_id = directory
        .parse()
        .map_err(|_| "Failed to parse directory ID in dynamic voter string.")?;
    Ok(InitialVoter {
        node_id: NodeId(id),
        host: host.to_owned(),
        port,
        directory_id,
    })
}

#[cfg(test)]
mod tests;
