//! Tests of subscriptions of client metrics.

use super::{InvalidSubscription, validate_client_metrics_configs};
use crate::layers::Overrides;

fn check(name: &str, key: &str, value: &str) -> Result<(), String> {
    let proposed = Overrides::from([(key.to_owned(), value.to_owned())]);
    validate_client_metrics_configs(name, &proposed).map_err(|invalid| match invalid {
        InvalidSubscription::Request(error) => format!("request: {error}"),
        InvalidSubscription::Value(error) => format!("value: {error}"),
    })
}

#[test]
fn a_subscription_says_who_reports_what_how_often() {
    for (key, value) in [
        ("interval.ms", "100"),
        ("interval.ms", "3600000"),
        (
            "match",
            "client_software_name=Java, client_software_version=11.1.*",
        ),
        ("match", ""),
        ("metrics", "*"),
        (
            "metrics",
            "org.apache.kafka.producer.,org.apache.kafka.consumer.",
        ),
    ] {
        assert_eq!(check("m", key, value), Ok(()), "{key}={value}");
    }
}

#[test]
fn what_makes_no_sense_is_refused_as_kafka_does() {
    for (name, key, value, expected) in [
        (
            "",
            "metrics",
            "*",
            "request: Subscription name can't be empty",
        ),
        (
            "m",
            "interval",
            "1",
            "request: Unknown client metrics configuration: interval",
        ),
        (
            "m",
            "interval.ms",
            "99",
            "request: Invalid value 99 for interval.ms, interval must be between 100 and 3600000 \
             (1 hour)",
        ),
        (
            "m",
            "interval.ms",
            "soon",
            "value: Invalid value soon for configuration interval.ms: Not a number of type INT",
        ),
        (
            "m",
            "match",
            "x=1",
            "value: Illegal client matching pattern: x=1",
        ),
        (
            "m",
            "match",
            "client_id",
            "value: Illegal client matching pattern: client_id",
        ),
        (
            "m",
            "match",
            "client_id=",
            "value: Illegal client matching pattern: client_id=",
        ),
        (
            "m",
            "match",
            "client_id=a=b",
            "value: Illegal client matching pattern: client_id=a=b",
        ),
    ] {
        assert_eq!(
            check(name, key, value),
            Err(expected.to_owned()),
            "{key}={value}"
        );
    }
}
