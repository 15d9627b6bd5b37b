//! What every client has: whom to ask first, and how long to wait for whom.

use std::time::Duration;

use super::settings;

settings! {
    /// Settings that all clients share.
    pub struct ClientConfig {
        /// `bootstrap.servers`: `host:port` of some brokers of the cluster.
        bootstrap_servers: Vec<String> = Vec::new(), "bootstrap.servers";
        /// `client.id`: how brokers name this client in logs and quotas.
        client_id: String = String::new(), "client.id";
        /// `request.timeout.ms`: how long an answer may take.
        request_timeout_ms: Duration = Duration::from_millis(30_000), "request.timeout.ms";
        /// `retry.backoff.ms`: the wait before the first retry.
        retry_backoff_ms: Duration = Duration::from_millis(100), "retry.backoff.ms";
        /// `retry.backoff.max.ms`: what the doubling wait stops at.
        retry_backoff_max_ms: Duration = Duration::from_millis(1_000), "retry.backoff.max.ms";
        /// `reconnect.backoff.ms`: the wait before a broker is dialled again.
        reconnect_backoff_ms: Duration = Duration::from_millis(50), "reconnect.backoff.ms";
        /// `reconnect.backoff.max.ms`: what the doubling wait stops at.
        reconnect_backoff_max_ms: Duration = Duration::from_millis(1_000),
            "reconnect.backoff.max.ms";
        /// `socket.connection.setup.timeout.ms`: how long dialling one address may take.
        socket_connection_setup_timeout_ms: Duration = Duration::from_millis(10_000),
            "socket.connection.setup.timeout.ms";
        /// `connections.max.idle.ms`: when an unused connection is closed.
        connections_max_idle_ms: Duration = Duration::from_millis(540_000),
            "connections.max.idle.ms";
        /// `metadata.max.age.ms`: when metadata are asked for again without a reason.
        metadata_max_age_ms: Duration = Duration::from_millis(300_000), "metadata.max.age.ms";
        /// `default.api.timeout.ms`: how long a call may take, retries included.
        default_api_timeout_ms: Duration = Duration::from_millis(60_000), "default.api.timeout.ms";
        /// `send.buffer.bytes`: the socket's; `None` leaves it to the operating system.
        send_buffer_bytes: Option<u32> = None, "send.buffer.bytes";
        /// `receive.buffer.bytes`: the socket's; `None` leaves it to the operating system.
        receive_buffer_bytes: Option<u32> = None, "receive.buffer.bytes";
    }
}

impl ClientConfig {
    /// The defaults, with these brokers to ask first: `host:port`, separated by commas.
    #[must_use]
    pub fn new(bootstrap_servers: &str) -> ClientConfig {
        let servers = bootstrap_servers.split(',').map(str::trim);
        ClientConfig {
            bootstrap_servers: servers
                .filter(|server| !server.is_empty())
                .map(str::to_owned)
                .collect(),
            ..ClientConfig::default()
        }
    }
}

settings! {
    /// Settings of [`Admin`](crate::Admin).
    pub struct AdminConfig {
        /// `retries`: how often a call is repeated at most; its time-out usually ends it sooner.
        retries: u32 = i32::MAX as u32, "retries";
    }
    within client: ClientConfig
}

impl AdminConfig {
    /// The defaults, with these brokers to ask first: `host:port`, separated by commas.
    #[must_use]
    pub fn new(bootstrap_servers: &str) -> AdminConfig {
        AdminConfig {
            client: ClientConfig::new(bootstrap_servers),
            ..AdminConfig::default()
        }
    }
}
