//! How long requests took: exact percentiles of all of them.

use std::time::Duration;

use serde_json::{Value, json};

/// Latencies of one measurement, in microseconds.
#[derive(Debug, Default)]
pub struct Latencies {
    microseconds: Vec<u32>,
}

impl Latencies {
    /// Notes one.
    pub fn note(&mut self, latency: Duration) {
        let microseconds = u32::try_from(latency.as_micros()).unwrap_or(u32::MAX);
        self.microseconds.push(microseconds);
    }

    /// Takes in those of another connection.
    pub fn merge(&mut self, other: Latencies) {
        self.microseconds.extend(other.microseconds);
    }

    /// Median, 99th and 99.9th percentile and the longest, in milliseconds.
    pub fn figures(mut self) -> Value {
        self.microseconds.sort_unstable();
        let at = |share: f64| {
            let last = self.microseconds.len().saturating_sub(1);
            let place = (last as f64 * share).round() as usize;
            f64::from(self.microseconds.get(place).copied().unwrap_or(0)) / 1000.0
        };
        json!({ "p50": at(0.5), "p99": at(0.99), "p99.9": at(0.999), "max": at(1.0) })
    }
}
