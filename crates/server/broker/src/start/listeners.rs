//! Where a node listens: sockets bound, addresses to advertise, connections spread over reactors.

use std::net::{SocketAddr, TcpListener, ToSocketAddrs};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use ottla_config::{BrokerConfig, Endpoint};
use ottla_runtime::{Acceptor, SocketSettings, bind, start_acceptor};

use super::StartError;
use crate::metrics_endpoint;
use crate::node::Node;

/// A listener that is bound.
#[derive(Debug)]
pub struct BoundListener {
    /// Its name.
    pub name: String,
    /// Where it is bound, with the port that the system chose.
    pub address: SocketAddr,
    pub(super) socket: TcpListener,
}

pub(super) fn bind_all(broker: &BrokerConfig) -> Result<Vec<BoundListener>, StartError> {
    let settings = SocketSettings {
        send_buffer: broker.sockets.send_buffer_bytes,
        receive_buffer: broker.sockets.receive_buffer_bytes,
        backlog: broker.sockets.listen_backlog_size,
    };
    let listeners = broker.listeners.listeners.iter();
    listeners
        .map(|endpoint| bind_one(endpoint, settings))
        .collect()
}

fn bind_one(endpoint: &Endpoint, settings: SocketSettings) -> Result<BoundListener, StartError> {
    let host = endpoint.host.as_deref();
    let shown = format!("{}:{}", host.unwrap_or("*"), endpoint.port);
    let failed = |source| StartError::Listener {
        listener: endpoint.listener.clone(),
        address: shown.clone(),
        source,
    };
    let mut addresses: Vec<SocketAddr> = match host {
        // Every interface: one socket for both families, where there are two.
        None => vec![
            SocketAddr::from(([0_u16; 8], endpoint.port)),
            SocketAddr::from(([0_u8; 4], endpoint.port)),
        ],
        Some(host) => (host, endpoint.port)
            .to_socket_addrs()
            .map_err(failed)?
            .collect(),
    };
    // "localhost" is dialled as 127.0.0.1 by most clients.
    if host.is_some() {
        addresses.sort_by_key(SocketAddr::is_ipv6);
    }
    let mut refused = std::io::Error::other("the host has no address");
    for address in addresses {
        match bind(address, settings) {
            Ok(socket) => {
                let address = socket.local_addr().map_err(failed)?;
                return Ok(BoundListener {
                    name: endpoint.listener.clone(),
                    address,
                    socket,
                });
            }
            Err(error) => refused = error,
        }
    }
    Err(failed(refused))
}

/// What clients are told, with real ports.
pub(super) fn advertised(broker: &BrokerConfig, bound: &[BoundListener]) -> Vec<Endpoint> {
    resolve(&broker.listeners.advertised, bound)
}

/// What other nodes are told of the controller's listeners.
pub(super) fn advertised_controller(
    broker: &BrokerConfig,
    bound: &[BoundListener],
) -> Vec<Endpoint> {
    resolve(&broker.listeners.advertised_controller, bound)
}

fn resolve(endpoints: &[Endpoint], bound: &[BoundListener]) -> Vec<Endpoint> {
    let resolved = endpoints.iter().map(|endpoint| {
        let socket = bound
            .iter()
            .find(|listener| listener.name == endpoint.listener);
        let mut endpoint = endpoint.clone();
        if endpoint.port == 0 {
            endpoint.port = socket.map_or(0, |listener| listener.address.port());
        }
        endpoint.host.get_or_insert_with(host_name);
        endpoint
    });
    resolved.collect()
}

/// What Kafka advertises for a listener on every interface: the host's own name.
fn host_name() -> String {
    let name = rustix::system::uname();
    name.nodename().to_str().unwrap_or("localhost").to_owned()
}

/// Whom a listener is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Audience {
    /// Members of the metadata quorum, and brokers that ask the controller.
    Controllers,
    /// Clients, and brokers that ask a broker.
    Clients,
}

/// What all acceptors of a node share.
pub(super) struct Acceptance {
    node: Arc<Node>,
    next_reactor: Arc<AtomicUsize>,
}

impl Acceptance {
    pub(super) fn new(node: &Arc<Node>) -> Acceptance {
        Acceptance {
            node: Arc::clone(node),
            next_reactor: Arc::default(),
        }
    }

    /// Accepts connections of one audience from now on.
    pub(super) fn accept(
        &self,
        listeners: &[BoundListener],
        audience: Audience,
    ) -> Result<Vec<Acceptor>, StartError> {
        let config = self.node.config();
        let audience_of = |listener: &BoundListener| {
            if config.listeners.is_controller_listener(&listener.name) {
                Audience::Controllers
            } else {
                Audience::Clients
            }
        };
        let wanted = listeners
            .iter()
            .filter(|listener| audience_of(listener) == audience);
        wanted.map(|listener| self.start(listener)).collect()
    }

    fn start(&self, listener: &BoundListener) -> Result<Acceptor, StartError> {
        let socket = listener.socket.try_clone()?;
        let name: Arc<str> = listener.name.as_str().into();
        let (node, next_reactor) = (Arc::clone(&self.node), Arc::clone(&self.next_reactor));
        let deliver = move |accepted| {
            let index = next_reactor.fetch_add(1, Ordering::Relaxed) % node.reactor_count();
            node.reactor(index).accept(accepted, Arc::clone(&name));
        };
        let count = Arc::clone(self.node.connections());
        Ok(start_acceptor(socket, count, deliver)?)
    }
}

/// Serves metrics where the configuration says, if it does.
pub(super) fn serve_metrics(node: &Arc<Node>) -> Result<Option<SocketAddr>, StartError> {
    let Some(at) = &node.config().own.metrics_listener else {
        return Ok(None);
    };
    let failed = |source| StartError::Listener {
        listener: "ottla.metrics.listener".to_owned(),
        address: at.to_string(),
        source,
    };
    let address = (at.host.as_str(), at.port)
        .to_socket_addrs()
        .map_err(failed)?
        .next();
    let address =
        address.ok_or_else(|| failed(std::io::Error::other("the host has no address")))?;
    let socket = bind(address, SocketSettings::default()).map_err(failed)?;
    let bound = socket.local_addr().map_err(failed)?;
    metrics_endpoint::serve(node, socket).map_err(failed)?;
    Ok(Some(bound))
}
