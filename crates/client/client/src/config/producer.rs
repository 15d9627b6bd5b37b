//! Settings of producers, and what follows from several of them together.

use std::time::Duration;

use ottla_records::{Compression, CompressionLevels};

use super::value::{FromText, invalid};
use super::{ClientConfig, ConfigError, settings};

/// `acks`: who must have a record before it counts as sent.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Default)]
pub enum Acks {
    /// Nobody: the broker does not even answer.
    None,
    /// The leader.
    Leader,
    /// All in-sync replicas.
    #[default]
    All,
}

impl Acks {
    /// The number on the wire.
    #[must_use]
    pub fn number(self) -> i16 {
        match self {
            Acks::None => 0,
            Acks::Leader => 1,
            Acks::All => -1,
        }
    }
}

impl FromText for Acks {
    fn from_text(key: &str, value: &str) -> Result<Acks, ConfigError> {
        match value.trim() {
            "0" => Ok(Acks::None),
            "1" => Ok(Acks::Leader),
            "all" | "-1" => Ok(Acks::All),
            _ => Err(invalid(key, value, "String must be one of: all, -1, 0, 1")),
        }
    }
}

settings! {
    /// Settings of a [`Producer`](crate::Producer).
    pub struct ProducerConfig {
        /// `acks`.
        acks: Acks = Acks::All, "acks";
        /// `batch.size`: bytes at which a batch is full.
        batch_size: u32 = 16_384, "batch.size";
        /// `buffer.memory`: bytes of records that may wait; `send` waits when they are used up.
        buffer_memory: u64 = 33_554_432, "buffer.memory";
        /// `compression.type`.
        compression_type: Compression = Compression::None, "compression.type";
        /// `compression.gzip.level`.
        compression_gzip_level: i32 = CompressionLevels::default().gzip, "compression.gzip.level";
        /// `compression.zstd.level`.
        compression_zstd_level: i32 = CompressionLevels::default().zstd, "compression.zstd.level";
        /// `delivery.timeout.ms`; `None`: 120,000, or more if linger and request time-out need it.
        delivery_timeout_ms: Option<Duration> = None, "delivery.timeout.ms";
        /// `enable.idempotence`; `None`: on, unless another setting rules it out.
        enable_idempotence: Option<bool> = None, "enable.idempotence";
        /// `linger.ms`: how long an open batch waits for further records.
        linger_ms: Duration = Duration::from_millis(5), "linger.ms";
        /// `max.block.ms`: how long `send` may wait for metadata and memory.
        max_block_ms: Duration = Duration::from_millis(60_000), "max.block.ms";
        /// `max.in.flight.requests.per.connection`.
        max_in_flight_requests_per_connection: u32 = 5, "max.in.flight.requests.per.connection";
        /// `max.request.size`: of a record, and of the batches of one request.
        max_request_size: u32 = 1_048_576, "max.request.size";
        /// `partitioner.ignore.keys`: spread records with keys as if they had none.
        partitioner_ignore_keys: bool = false, "partitioner.ignore.keys";
        /// `retries`: how often one batch is sent again.
        retries: u32 = i32::MAX as u32, "retries";
    }
    within client: ClientConfig
}

/// What the idempotent producer needs, with Kafka's limit on unanswered requests.
const MAX_IN_FLIGHT_IDEMPOTENT: u32 = 5;

impl ProducerConfig {
    /// The defaults, with these brokers to ask first: `host:port`, separated by commas.
    #[must_use]
    pub fn new(bootstrap_servers: &str) -> ProducerConfig {
        ProducerConfig {
            client: ClientConfig::new(bootstrap_servers),
            ..ProducerConfig::default()
        }
    }

    /// Whether batches are numbered so that a retry is never written twice.
    ///
    /// # Errors
    /// When it is asked for and another setting rules it out.
    pub fn idempotent(&self) -> Result<bool, ConfigError> {
        let obstacle = if self.acks != Acks::All {
            Some("acks=all")
        } else if self.retries == 0 {
            Some("retries above 0")
        } else if self.max_in_flight_requests_per_connection > MAX_IN_FLIGHT_IDEMPOTENT {
            Some("max.in.flight.requests.per.connection of at most 5")
        } else {
            None
        };
        match (self.enable_idempotence, obstacle) {
            (Some(true), Some(needed)) => Err(ConfigError::Conflict(format!(
                "enable.idempotence=true needs {needed}"
            ))),
            (wanted, obstacle) => Ok(wanted.unwrap_or(true) && obstacle.is_none()),
        }
    }

    /// How long a batch may take from its opening, retries included.
    ///
    /// # Errors
    /// When it is set shorter than one lingering and one request can take.
    pub fn delivery_timeout(&self) -> Result<Duration, ConfigError> {
        let least = self
            .linger_ms
            .saturating_add(self.client.request_timeout_ms);
        match self.delivery_timeout_ms {
            Some(timeout) if timeout < least => Err(ConfigError::Conflict(
                "delivery.timeout.ms should be equal to or larger than linger.ms + \
                 request.timeout.ms"
                    .to_owned(),
            )),
            Some(timeout) => Ok(timeout),
            None => Ok(least.max(Duration::from_millis(120_000))),
        }
    }

    /// Checks what one setting alone does not show.
    ///
    /// # Errors
    /// The first contradiction.
    pub fn check(&self) -> Result<(), ConfigError> {
        self.idempotent()?;
        self.delivery_timeout()?;
        if self.max_in_flight_requests_per_connection == 0 {
            let key = "max.in.flight.requests.per.connection";
            return Err(invalid(key, "0", "Value must be at least 1"));
        }
        let gzip = self.compression_gzip_level;
        if gzip != -1 && !(1..=9).contains(&gzip) {
            let reason = "Value must be between 1 and 9 or equal to -1";
            return Err(invalid("compression.gzip.level", &gzip.to_string(), reason));
        }
        let zstd = self.compression_zstd_level;
        if !(-131_072..=22).contains(&zstd) {
            let reason = "Value must be between -131072 and 22";
            return Err(invalid("compression.zstd.level", &zstd.to_string(), reason));
        }
        Ok(())
    }
}
