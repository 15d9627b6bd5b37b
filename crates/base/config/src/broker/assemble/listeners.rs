//! Listeners: which there are, what is advertised of them, and what the roles of the node ask of
//! them.

use super::super::values::Values;
use super::super::{ListenersConfig, NodeConfig, QuorumConfig};
use crate::error::{ConfigError, require};
use crate::listeners::{
    Endpoint, ProtocolMap, SecurityProtocol, parse_listeners, parse_protocol_map,
};

const LISTENERS: &str = "listeners";
const ADVERTISED: &str = "advertised.listeners";
const CONTROLLER_NAMES: &str = "controller.listener.names";
const PROTOCOL_MAP: &str = "listener.security.protocol.map";
const INTER_BROKER_NAME: &str = "inter.broker.listener.name";
const INTER_BROKER_PROTOCOL: &str = "security.inter.broker.protocol";

pub(super) fn assemble(
    values: &Values<'_>,
    node: &NodeConfig,
    quorum: &QuorumConfig,
) -> Result<ListenersConfig, ConfigError> {
    let written_names = values.list(CONTROLLER_NAMES)?.unwrap_or_default();
    let controller_listener_names: Vec<String> = written_names
        .iter()
        .map(|name| name.to_uppercase())
        .collect();
    let items = values.list(LISTENERS)?.unwrap_or_default();
    let protocols = protocols(values, &items, &controller_listener_names)?;
    let listeners = parse_listeners(&items, &protocols, true)?;
    let advertised_items = values.list(ADVERTISED)?;
    let advertised_all = match &advertised_items {
        Some(items) => parse_listeners(items, &protocols, false)?,
        None => listeners.clone(),
    };
    let is_controllers =
        |endpoint: &Endpoint| controller_listener_names.contains(&endpoint.listener);
    let advertised: Vec<Endpoint> = advertised_all
        .iter()
        .filter(|endpoint| !is_controllers(endpoint))
        .cloned()
        .collect();
    let told: &[Endpoint] = if advertised_items.is_some() {
        &advertised_all
    } else {
        &[]
    };
    let advertised_controller =
        advertised_controller(&controller_listener_names, told, &listeners, node, quorum);
    let config = ListenersConfig {
        inter_broker_listener_name: inter_broker_listener_name(values, &protocols)?,
        listeners,
        advertised,
        advertised_controller,
        controller_listener_names,
    };
    check_roles(&config, node, &protocols)?;
    check_advertised(&config, node)?;
    Ok(config)
}

/// Controllers' listeners need no entry as long as everything is plaintext and the map is not set.
fn protocols(
    values: &Values<'_>,
    listeners: &[String],
    controller_names: &[String],
) -> Result<ProtocolMap, ConfigError> {
    let text = values.text(PROTOCOL_MAP)?.unwrap_or_default();
    let mut map = parse_protocol_map(&text)?;
    let is_protected = |name: &str| {
        SecurityProtocol::from_name(name)
            .is_some_and(|protocol| protocol != SecurityProtocol::Plaintext)
    };
    let any_protected = controller_names.iter().any(|name| is_protected(name))
        || listeners.iter().any(|item| {
            item.split_once(':')
                .is_some_and(|(name, _)| is_protected(name))
        });
    if !values.is_set(PROTOCOL_MAP) && !any_protected {
        for name in controller_names {
            map.insert(name.clone(), SecurityProtocol::Plaintext);
        }
    }
    Ok(map)
}

fn inter_broker_listener_name(
    values: &Values<'_>,
    protocols: &ProtocolMap,
) -> Result<String, ConfigError> {
    let Some(name) = values.text(INTER_BROKER_NAME)? else {
        return Ok(values
            .text(INTER_BROKER_PROTOCOL)?
            .unwrap_or_default()
            .to_uppercase());
    };
    require(!values.is_set(INTER_BROKER_PROTOCOL), || {
        format!("Only one of {INTER_BROKER_NAME} and {INTER_BROKER_PROTOCOL} should be set.")
    })?;
    let name = name.to_uppercase();
    require(protocols.contains_key(&name), || {
        format!(
            "Listener with name {name} defined in {INTER_BROKER_NAME} not found in {PROTOCOL_MAP}."
        )
    })?;
    Ok(name)
}

/// What other nodes are told of each controller's listener: what is advertised of it, or else the
/// listener itself. The first one, listening everywhere, is told by the address it has in
/// `controller.quorum.voters`.
fn advertised_controller(
    names: &[String],
    advertised: &[Endpoint],
    listeners: &[Endpoint],
    node: &NodeConfig,
    quorum: &QuorumConfig,
) -> Vec<Endpoint> {
    let named = |endpoints: &[Endpoint], name: &str| {
        endpoints
            .iter()
            .find(|endpoint| endpoint.listener == name)
            .cloned()
    };
    let own_address = quorum
        .voters
        .iter()
        .find(|voter| voter.id == node.node_id)
        .map(|voter| &voter.address);
    names
        .iter()
        .enumerate()
        .filter_map(|(place, name)| {
            if let Some(endpoint) = named(advertised, name) {
                return Some(endpoint);
            }
            let mut endpoint = named(listeners, name)?;
            let everywhere = matches!(endpoint.host.as_deref(), None | Some("0.0.0.0"));
            match own_address {
                Some(address) if place == 0 && everywhere => {
                    endpoint.host = Some(address.host.clone());
                    endpoint.port = address.port;
                }
                _ if everywhere => endpoint.host = None,
                _ => {}
            }
            Some(endpoint)
        })
        .collect()
}

fn check_roles(
    config: &ListenersConfig,
    node: &NodeConfig,
    protocols: &ProtocolMap,
) -> Result<(), ConfigError> {
    let names = &config.controller_listener_names;
    let is_a_listener = |name: &String| config.listeners.iter().any(|one| &one.listener == name);
    if !node.roles.controller {
        require(!names.is_empty(), || {
            format!(
                "{CONTROLLER_NAMES} must contain at least one value when running KRaft with just \
                 the broker role"
            )
        })?;
        require(!names.iter().any(is_a_listener), || {
            format!(
                "{CONTROLLER_NAMES} must not contain a value appearing in the '{LISTENERS}' \
                 configuration when running KRaft with just the broker role"
            )
        })?;
        return names.iter().try_for_each(|name| {
            require(protocols.contains_key(name), || {
                format!(
                    "Controller listener with name {name} defined in {CONTROLLER_NAMES} not found \
                     in {PROTOCOL_MAP}  (an explicit security mapping for each controller listener \
                     is required if {PROTOCOL_MAP} is non-empty, or if there are security \
                     protocols other than PLAINTEXT in use)"
                )
            })
        });
    }
    if !node.roles.broker {
        require(
            config.advertised_controller.len() == config.listeners.len(),
            || {
                format!(
                    "The {LISTENERS} config must only contain KRaft controller listeners from \
                 {CONTROLLER_NAMES} when process.roles=controller"
                )
            },
        )?;
    }
    require(!config.advertised_controller.is_empty(), || {
        format!(
            "{CONTROLLER_NAMES} must contain at least one value appearing in the '{LISTENERS}' \
             configuration when running the KRaft controller role"
        )
    })?;
    require(names.iter().all(is_a_listener), || {
        format!(
            "{CONTROLLER_NAMES} must only contain values appearing in the '{LISTENERS}' \
             configuration when running the KRaft controller role"
        )
    })
}

fn check_advertised(config: &ListenersConfig, node: &NodeConfig) -> Result<(), ConfigError> {
    let names = |endpoints: &[Endpoint]| {
        let names: Vec<&str> = endpoints.iter().map(|one| one.listener.as_str()).collect();
        names.join(",")
    };
    if node.roles.broker {
        require(!config.advertised.is_empty(), || {
            format!(
                "There must be at least one broker advertised listener. Perhaps all listeners \
                 appear in {CONTROLLER_NAMES}?"
            )
        })?;
        let inter_broker = &config.inter_broker_listener_name;
        require(
            config
                .advertised
                .iter()
                .any(|one| &one.listener == inter_broker),
            || {
                format!(
                    "{INTER_BROKER_NAME} must be a listener name defined in {ADVERTISED}. The \
                     valid options based on currently configured listeners are {}",
                    names(&config.advertised)
                )
            },
        )?;
        let listens = |told: &Endpoint| {
            config
                .listeners
                .iter()
                .any(|one| one.listener == told.listener)
        };
        require(config.advertised.iter().all(listens), || {
            format!(
                "{ADVERTISED} listener names must be equal to or a subset of the ones defined in \
                 {LISTENERS}. Found {}. The valid options based on the current \
                 configuration are {}",
                names(&config.advertised),
                names(&config.listeners)
            )
        })?;
    }
    let nowhere = |told: &Endpoint| told.host.as_deref() == Some("0.0.0.0");
    let mut told = config
        .advertised
        .iter()
        .chain(&config.advertised_controller);
    require(!told.any(nowhere), || {
        format!(
            "{ADVERTISED} cannot use the nonroutable meta-address 0.0.0.0. Use a routable IP \
             address."
        )
    })
}
