//! Addresses as Kafka writes them: listeners `NAME://host:port`, voters `id@host:port`, servers
//! `host:port`.

use std::collections::BTreeMap;
use std::fmt;
use std::net::IpAddr;

use ottla_types::NodeId;

use crate::error::ConfigError;

/// How a listener is protected.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SecurityProtocol {
    /// Not at all.
    Plaintext,
    /// By TLS.
    Ssl,
    /// By authentication alone.
    SaslPlaintext,
    /// By authentication over TLS.
    SaslSsl,
}

impl SecurityProtocol {
    /// The protocol called `name`, in any case.
    #[must_use]
    pub fn from_name(name: &str) -> Option<SecurityProtocol> {
        [
            SecurityProtocol::Plaintext,
            SecurityProtocol::Ssl,
            SecurityProtocol::SaslPlaintext,
            SecurityProtocol::SaslSsl,
        ]
        .into_iter()
        .find(|protocol| protocol.name().eq_ignore_ascii_case(name))
    }

    /// Kafka's name of it.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            SecurityProtocol::Plaintext => "PLAINTEXT",
            SecurityProtocol::Ssl => "SSL",
            SecurityProtocol::SaslPlaintext => "SASL_PLAINTEXT",
            SecurityProtocol::SaslSsl => "SASL_SSL",
        }
    }

    /// The protocol's number in Kafka's records and answers.
    #[must_use]
    pub fn code(self) -> i16 {
        match self {
            SecurityProtocol::Plaintext => 0,
            SecurityProtocol::Ssl => 1,
            SecurityProtocol::SaslPlaintext => 2,
            SecurityProtocol::SaslSsl => 3,
        }
    }
}

/// A listener, or what is advertised of it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Endpoint {
    /// The listener's name, in capitals.
    pub listener: String,
    /// How it is protected.
    pub security_protocol: SecurityProtocol,
    /// The host; `None` for all interfaces.
    pub host: Option<String>,
    /// The port; 0 lets the system choose.
    pub port: u16,
}

/// The security protocol of each listener name (in capitals).
pub(crate) type ProtocolMap = BTreeMap<String, SecurityProtocol>;

/// The listeners in `items`, each with a name of its own and, if `distinct_ports`, a port of its
/// own.
pub(crate) fn parse_listeners(
    items: &[String],
    protocols: &ProtocolMap,
    distinct_ports: bool,
) -> Result<Vec<Endpoint>, ConfigError> {
    let parse_all = || {
        let endpoints = items
            .iter()
            .map(|item| parse_listener(item, protocols))
            .collect::<Result<Vec<Endpoint>, String>>()?;
        check_names(&endpoints, items)?;
        if distinct_ports {
            check_ports(&endpoints, items)?;
        }
        Ok(endpoints)
    };
    parse_all().map_err(|reason: String| {
        ConfigError::new(format!(
            "Error creating broker listeners from '{}': {reason}",
            shown(items)
        ))
    })
}

fn shown(items: &[String]) -> String {
    format!("[{}]", items.join(", "))
}

fn parse_listener(item: &str, protocols: &ProtocolMap) -> Result<Endpoint, String> {
    let unable = || format!("Unable to parse {item} to a broker endpoint");
    let (name, address) = item.rsplit_once("://").ok_or_else(unable)?;
    let (host, port) = address.rsplit_once(':').ok_or_else(unable)?;
    let host = host.strip_prefix('[').unwrap_or(host);
    let host = host.strip_suffix(']').unwrap_or(host);
    let of_a_host = |c: char| c.is_ascii_alphanumeric() || "-%._:".contains(c);
    if !host.chars().all(of_a_host) {
        return Err(unable());
    }
    let number: i64 = port.parse().map_err(|_| unable())?;
    let port = u16::try_from(number).map_err(|_| format!("Invalid port {number} in {item}"))?;
    let listener = name.to_uppercase();
    let security_protocol = *protocols
        .get(&listener)
        .ok_or_else(|| format!("No security protocol defined for listener {listener}"))?;
    Ok(Endpoint {
        listener,
        security_protocol,
        host: (!host.is_empty()).then(|| host.to_owned()),
        port,
    })
}

fn check_names(endpoints: &[Endpoint], items: &[String]) -> Result<(), String> {
    let mut names: Vec<&str> = endpoints.iter().map(|e| e.listener.as_str()).collect();
    names.sort_unstable();
    names.dedup();
    if names.len() == endpoints.len() {
        Ok(())
    } else {
        Err(format!(
            "Each listener must have a different name, listeners: {}",
            shown(items)
        ))
    }
}

/// Two listeners may share a port only if one has an IPv4 address and the other an IPv6 address.
fn check_ports(endpoints: &[Endpoint], items: &[String]) -> Result<(), String> {
    let mut by_port: BTreeMap<u16, Vec<&Endpoint>> = BTreeMap::new();
    for endpoint in endpoints.iter().filter(|endpoint| endpoint.port != 0) {
        by_port.entry(endpoint.port).or_default().push(endpoint);
    }
    for (port, sharing) in by_port.iter().filter(|(_, sharing)| sharing.len() > 1) {
        let addresses: Vec<IpAddr> = sharing
            .iter()
            .filter_map(|endpoint| endpoint.host.as_deref()?.parse().ok())
            .collect();
        let unnumbered = sharing.len() - addresses.len();
        if unnumbered > 1 {
            return Err(format!(
                "Each listener must have a different port, listeners: {}",
                shown(items)
            ));
        }
        let one_of_each = match addresses.as_slice() {
            [first, second] => first.is_ipv4() != second.is_ipv4(),
            _ => false,
        };
        if addresses.len() > 2 {
            return Err(format!(
                "Each listener must have a different port unless exactly one listener has an IPv4 \
                 address and the other IPv6 address, listeners: {}, port: {port}",
                shown(items)
            ));
        }
        if !one_of_each || unnumbered > 0 {
            return Err(format!(
                "If you have two listeners on the same port then one needs to be IPv4 and the \
                 other IPv6, listeners: {}, port: {port}",
                shown(items)
            ));
        }
    }
    Ok(())
}

/// A `NAME:PROTOCOL,…` map, keyed by names in capitals.
pub(crate) fn parse_protocol_map(text: &str) -> Result<ProtocolMap, ConfigError> {
    const KEY: &str = "listener.security.protocol.map";
    let mut map = ProtocolMap::new();
    for item in text
        .split(',')
        .map(str::trim)
        .filter(|item| !item.is_empty())
    {
        let (name, protocol) = item.rsplit_once(':').ok_or_else(|| {
            ConfigError::new(format!(
                "Error parsing configuration property '{KEY}': '{item}' is not of the form \
                 name:protocol"
            ))
        })?;
        let protocol = protocol.trim();
        let known = SecurityProtocol::from_name(protocol).ok_or_else(|| {
            ConfigError::new(format!(
                "Invalid security protocol `{protocol}` defined in {KEY}"
            ))
        })?;
        map.insert(name.trim().to_uppercase(), known);
    }
    Ok(map)
}

/// A host and a port to connect to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct HostAndPort {
    /// A name or an address; an IPv6 address without its brackets.
    pub host: String,
    /// The port.
    pub port: u16,
}

impl HostAndPort {
    /// Reads `host:port`, with brackets around an IPv6 address. What is wrong is said by the
    /// caller, who knows the key: the error is the missing half.
    fn parse(text: &str) -> Result<HostAndPort, &'static str> {
        let (host, port) = text.rsplit_once(':').ok_or("port")?;
        let host = match host.strip_prefix('[') {
            Some(bracketed) => bracketed.strip_suffix(']').ok_or("name")?,
            None => host,
        };
        let of_a_host = |c: char| c.is_ascii_alphanumeric() || "-%._:".contains(c);
        if host.is_empty() || !host.chars().all(of_a_host) {
            return Err("name");
        }
        Ok(HostAndPort {
            host: host.to_owned(),
            port: port.parse().map_err(|_| "port")?,
        })
    }

    pub(crate) fn parse_bootstrap(text: &str) -> Result<HostAndPort, ConfigError> {
        HostAndPort::parse(text).map_err(|half| {
            ConfigError::new(format!(
                "Failed to parse host {half} from {text} for the configuration \
                 controller.quorum.bootstrap.servers. Each entry should be in the form \
                 \"{{host}}:{{port}}\""
            ))
        })
    }

    pub(crate) fn parse_for(key: &str, text: &str) -> Result<HostAndPort, ConfigError> {
        HostAndPort::parse(text).map_err(|half| {
            ConfigError::invalid_value(
                key,
                text,
                &format!("Failed to parse host {half}, the form is host:port"),
            )
        })
    }
}

impl fmt::Display for HostAndPort {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.host.contains(':') {
            write!(f, "[{}]:{}", self.host, self.port)
        } else {
            write!(f, "{}:{}", self.host, self.port)
        }
    }
}

/// Reads a voter of `controller.quorum.voters`.
pub(crate) fn parse_voter(text: &str) -> Result<(NodeId, HostAndPort), ConfigError> {
    const FORM: &str = "Each entry should be in the form `{id}@{host}:{port}`.";
    const KEY: &str = "controller.quorum.voters";
    let (id, address) = text
        .split_once('@')
        .filter(|(_, address)| !address.contains('@'))
        .ok_or_else(|| {
            ConfigError::new(format!("Invalid configuration value for {KEY}. {FORM}"))
        })?;
    let id: i32 = id.parse().map_err(|_| {
        ConfigError::new(format!("Failed to parse voter ID as an integer from {id}"))
    })?;
    let address = HostAndPort::parse(address).map_err(|half| {
        ConfigError::new(format!(
            "Failed to parse host {half} from entry {text} for the configuration {KEY}. {FORM}"
        ))
    })?;
    Ok((NodeId(id), address))
}

#[cfg(test)]
mod tests;
