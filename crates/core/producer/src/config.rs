//! What a producer was configured with, as far as decisions depend on it.

use ottla_types::Duration;

/// Settings of one producer; the names are Kafka's.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Config {
    /// `linger.ms`: how long an open batch waits for further records.
    pub linger: Duration,
    /// `delivery.timeout.ms`: from the opening of a batch until it is given up.
    pub delivery_timeout: Duration,
    /// `retries`: how often one batch is sent again.
    pub retries: u32,
    /// `retry.backoff.ms`: the wait before the first retry.
    pub retry_backoff: Duration,
    /// `retry.backoff.max.ms`: what the doubling wait stops at.
    pub retry_backoff_max: Duration,
    /// `max.in.flight.requests.per.connection`; at least 1.
    pub max_in_flight: usize,
    /// `max.request.size`: bytes of batches in one request; one batch always fits.
    pub max_request_size: usize,
    /// `batch.size`: the most bytes an open batch may still grow to.
    pub batch_size: usize,
    /// `enable.idempotence`.
    pub idempotent: bool,
}

impl Default for Config {
    fn default() -> Config {
        Config {
            linger: Duration::from_millis(5),
            delivery_timeout: Duration::from_millis(120_000),
            retries: i32::MAX as u32,
            retry_backoff: Duration::from_millis(100),
            retry_backoff_max: Duration::from_millis(1_000),
            max_in_flight: 5,
            max_request_size: 1_048_576,
            batch_size: 16_384,
            idempotent: true,
        }
    }
}
