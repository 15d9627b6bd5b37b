//! Settings by name, their refusals, and what follows from several.

use std::time::Duration;

use ottla_consumer::OffsetReset;

use crate::{Acks, Applied, ConfigError, ConsumerConfig, ProducerConfig};

fn refusal(error: ConfigError) -> String {
    error.to_string()
}

#[test]
fn settings_are_read_by_kafkas_names() {
    let mut config = ProducerConfig::new("a:1, b:2");
    assert_eq!(config.client.bootstrap_servers, ["a:1", "b:2"]);
    for (key, value) in [
        ("acks", "1"),
        ("linger.ms", "20"),
        ("batch.size", "0"),
        ("compression.type", "zstd"),
        ("client.id", "me"),
    ] {
        assert_eq!(config.set(key, value), Ok(Applied::Used), "{key}");
    }
    assert_eq!(config.acks, Acks::Leader);
    assert_eq!(config.linger_ms, Duration::from_millis(20));
    assert_eq!(config.client.client_id, "me");
    assert_eq!(config.set("no.such.key", "1"), Ok(Applied::NotUsed));
}

#[test]
fn refusals_have_kafkas_words() {
    let mut config = ProducerConfig::default();
    assert_eq!(
        refusal(config.set("batch.size", "abc").unwrap_err()),
        "Invalid value abc for configuration batch.size: Not a number of type INT"
    );
    assert_eq!(
        refusal(config.set("batch.size", "-1").unwrap_err()),
        "Invalid value -1 for configuration batch.size: Value must be at least 0"
    );
    assert_eq!(
        refusal(config.set("acks", "2").unwrap_err()),
        "Invalid value 2 for configuration acks: String must be one of: all, -1, 0, 1"
    );
}

#[test]
fn protection_that_is_missing_is_refused() {
    let mut config = ConsumerConfig::default();
    assert!(config.set("security.protocol", "SASL_SSL").is_err());
    assert!(config.set("security.protocol", "PLAINTEXT").is_ok());
    let mut config = ProducerConfig::default();
    assert!(config.set("transactional.id", "t").is_err());
}

#[test]
fn idempotence_gives_way_to_other_settings_unless_it_was_asked_for() {
    assert_eq!(ProducerConfig::default().idempotent(), Ok(true));
    let leader = ProducerConfig::default().acks(Acks::Leader);
    assert_eq!(leader.idempotent(), Ok(false));
    assert!(leader.enable_idempotence(Some(true)).idempotent().is_err());
    let many = ProducerConfig::default().max_in_flight_requests_per_connection(6);
    assert_eq!(many.idempotent(), Ok(false));
}

#[test]
fn the_delivery_timeout_covers_lingering_and_one_request() {
    let config = ProducerConfig::default().linger_ms(Duration::from_secs(200));
    assert_eq!(config.delivery_timeout(), Ok(Duration::from_secs(230)));
    let short = config.delivery_timeout_ms(Some(Duration::from_secs(1)));
    assert!(short.delivery_timeout().is_err());
}

#[test]
fn offset_reset_takes_a_duration() {
    let mut config = ConsumerConfig::default();
    config
        .set("auto.offset.reset", "by_duration:P1DT2H3M4.5S")
        .unwrap();
    let expected = Duration::from_millis(86_400_000 + 7_200_000 + 180_000 + 4_500);
    assert_eq!(config.auto_offset_reset, OffsetReset::ByDuration(expected));
    for wrong in [
        "by_duration:",
        "by_duration:P",
        "by_duration:PT",
        "by_duration:1D",
        "soon",
    ] {
        assert!(config.set("auto.offset.reset", wrong).is_err(), "{wrong}");
    }
}
