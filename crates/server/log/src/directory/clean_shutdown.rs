//! `.kafka_cleanshutdown`: its existence says that the stop was clean, its content who stopped.

/// What the marker says.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct CleanShutdown {
    /// The broker's epoch at that stop; −1 where it is not said (older versions wrote nothing).
    pub broker_epoch: i64,
}

pub(super) fn encode_clean_shutdown(marker: &CleanShutdown) -> String {
    format!("{{\"version\":0,\"brokerEpoch\":{}}}", marker.broker_epoch)
}

/// Reads the content; anything that is not understood counts as "not said", as for Kafka.
pub(super) fn decode_clean_shutdown(bytes: &[u8]) -> CleanShutdown {
    let broker_epoch = || {
        let text = std::str::from_utf8(bytes).ok()?;
        let object = text.trim().strip_prefix('{')?.strip_suffix('}')?;
        let mut version = None;
        let mut broker_epoch = None;
        for field in object.split(',') {
            let (key, value) = field.split_once(':')?;
            match key.trim() {
                "\"version\"" => version = value.trim().parse::<i32>().ok(),
                "\"brokerEpoch\"" => broker_epoch = value.trim().parse::<i64>().ok(),
                _ => {}
            }
        }
        broker_epoch.filter(|_| version == Some(0))
    };
    CleanShutdown {
        broker_epoch: broker_epoch().unwrap_or(-1),
    }
}
