//! What a start says about the keys of its file: which it cannot do without, which have no effect,
//! which it does not know.

use crate::broker::BrokerConfig;
use crate::dynamic::{without_effect, without_full_effect};
use crate::error::ConfigError;
use crate::key::{Key, Status};
use crate::listeners::SecurityProtocol;
use crate::properties::Properties;
use crate::suggestion::nearest;
use crate::table::{broker_key, broker_keys};

/// Keys of older Kafkas that protected something; newer ones ignore them, and so must not we.
const FORMER_PROTECTION: &[&str] = &["quota.producer.default", "quota.consumer.default"];

/// Keys of plug-ins that say nothing as long as the plug-in is not there.
const OF_PLUGINS: &[&str] = &["super.users", "allow.everyone.if.no.acl.found"];

/// Checks the keys of a file before the node starts, and returns the warnings that a start should
/// print.
///
/// # Errors
/// If a key that protects something is set and is not implemented, a listener is to be protected,
/// or one of ottla's own keys is misspelt.
pub fn check_at_start(
    file: &Properties,
    config: &BrokerConfig,
) -> Result<Vec<String>, ConfigError> {
    for endpoint in &config.listeners.listeners {
        if endpoint.security_protocol != SecurityProtocol::Plaintext {
            return Err(refusal(&format!(
                "listener {} with the security protocol {}",
                endpoint.listener,
                endpoint.security_protocol.name()
            )));
        }
    }
    let mut warnings = Vec::new();
    for (name, text) in file.iter() {
        match broker_key(name) {
            Some(key) => warnings.extend(check_known(key, text)?),
            None => warnings.extend(check_unknown(name)?),
        }
    }
    Ok(warnings)
}

fn refusal(what: &str) -> ConfigError {
    ConfigError::new(format!(
        "Refusing to start: {what} protects this node or its data, and ottla does not implement \
         it yet."
    ))
}

fn check_known(key: &Key, text: &str) -> Result<Option<String>, ConfigError> {
    let name = key.name;
    match key.status {
        Status::Honoured | Status::WithoutMeaning => Ok(None),
        _ if key.is_preset(text) => Ok(None),
        Status::HonouredInPart => Ok(without_full_effect(key, text)),
        // Listeners that would be protected by it have refused the start already.
        Status::Protects if is_of_protected_listeners(name) => Ok(Some(format!(
            "{name} is set, but no listener of this node uses TLS or SASL: it protects nothing."
        ))),
        Status::Protects if key.is_sensitive() => Err(refusal(name)),
        Status::Protects => Err(refusal(&format!("{name}={text}"))),
        Status::NotYet => Ok(Some(without_effect(name))),
    }
}

/// Whether a key has a meaning for listeners with TLS or SASL only.
fn is_of_protected_listeners(name: &str) -> bool {
    name.starts_with("ssl.") || name.starts_with("sasl.")
}

fn check_unknown(name: &str) -> Result<Option<String>, ConfigError> {
    if OF_PLUGINS.contains(&name) {
        return Ok(None);
    }
    if FORMER_PROTECTION.contains(&name) || name.ends_with(".jaas.config") {
        return Err(refusal(name));
    }
    if let Some(listeners_key) = name
        .strip_prefix("listener.name.")
        .and_then(|rest| rest.split_once('.'))
        .map(|(_, key)| key)
    {
        let harmless =
            broker_key(listeners_key).is_some_and(|key| key.status == Status::WithoutMeaning);
        return if harmless {
            Ok(None)
        } else {
            Err(refusal(name))
        };
    }
    let suggestion = match nearest(name, broker_keys().map(|key| key.name)) {
        Some(near) => format!(" Did you mean {near}?"),
        None => String::new(),
    };
    let message = format!("{name} is not a configuration of a broker or controller.{suggestion}");
    if name.starts_with("ottla.") {
        return Err(ConfigError::new(message));
    }
    Ok(Some(message))
}

#[cfg(test)]
mod tests;
