//! Tests of groups' configurations.

use crate::group::validate_group_configs;
use crate::layers::{Layers, Overrides};
use crate::properties::Properties;

fn check(pairs: &[(&str, &str)]) -> Result<(), String> {
    let proposed: Overrides = pairs
        .iter()
        .map(|(key, value)| ((*key).to_owned(), (*value).to_owned()))
        .collect();
    let file = Properties::default();
    validate_group_configs(&proposed, &Layers::of_file(&file))
        .map_err(|error| error.message().to_owned())
}

#[test]
fn a_group_keeps_within_the_brokers_bounds() {
    assert_eq!(check(&[]), Ok(()));
    assert_eq!(check(&[("consumer.session.timeout.ms", "50000")]), Ok(()));
    assert_eq!(
        check(&[("consumer.session.timeout.ms", "70000")]),
        Err("consumer.session.timeout.ms must be less than or equal to \
         group.consumer.max.session.timeout.ms"
            .to_owned())
    );
    assert_eq!(
        check(&[("share.heartbeat.interval.ms", "1")]),
        Err(
            "share.heartbeat.interval.ms must be greater than or equal to \
         group.share.min.heartbeat.interval.ms"
                .to_owned()
        )
    );
}

#[test]
fn an_unknown_key_of_a_group_is_named() {
    assert_eq!(
        check(&[("retention.ms", "1")]),
        Err("Unknown group config name: retention.ms".to_owned())
    );
}
