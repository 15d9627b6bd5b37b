//! The keys of ottla's own.

use std::num::NonZeroU32;

use super::values::Values;
use crate::error::ConfigError;
use crate::listeners::HostAndPort;

/// What the acknowledgement of acks=all rests on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Durability {
    /// The disk: batches are synced, many at a time, before they are acknowledged.
    Fsync,
    /// The page cache of the operating system, as in Kafka.
    Os,
}

/// The keys that begin with `ottla.`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct OwnConfig {
    /// `ottla.durability`, of topics that do not set `flush.messages`.
    pub durability: Durability,
    /// `ottla.reactors`; `None` for one per core.
    pub reactors: Option<NonZeroU32>,
    /// `ottla.metrics.listener`
    pub metrics_listener: Option<HostAndPort>,
}

impl OwnConfig {
    pub(super) fn assemble(values: &Values<'_>) -> Result<OwnConfig, ConfigError> {
        const METRICS_LISTENER: &str = "ottla.metrics.listener";
        Ok(OwnConfig {
            durability: match values.text("ottla.durability")?.as_deref() {
                Some("os") => Durability::Os,
                _ => Durability::Fsync,
            },
            reactors: NonZeroU32::new(values.u32("ottla.reactors")?),
            metrics_listener: values
                .text(METRICS_LISTENER)?
                .filter(|address| !address.is_empty())
                .map(|address| HostAndPort::parse_for(METRICS_LISTENER, &address))
                .transpose()?,
        })
    }
}
