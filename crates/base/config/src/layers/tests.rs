//! Tests of layers.

use crate::layers::{Layers, Overrides, Source, Synonym};
use crate::properties::Properties;
use crate::table::broker_key;
use crate::value::Value;

fn overrides(pairs: &[(&str, &str)]) -> Overrides {
    pairs
        .iter()
        .map(|(key, value)| ((*key).to_owned(), (*value).to_owned()))
        .collect()
}

fn synonym(name: &str, value: &str, source: Source) -> Synonym {
    Synonym {
        name: name.to_owned(),
        value: Some(value.to_owned()),
        source,
    }
}

#[test]
fn the_uppermost_layer_wins() {
    let file = Properties::from_iter([("message.max.bytes", "3")]);
    let (broker, cluster) = (overrides(&[]), overrides(&[("message.max.bytes", "2")]));
    let layers = Layers {
        broker: &broker,
        cluster: &cluster,
        file: &file,
    };
    let key = broker_key("message.max.bytes").unwrap();
    assert_eq!(layers.value(key), Ok(Value::Number(2)));
    assert_eq!(
        layers.synonyms("message.max.bytes"),
        [
            synonym("message.max.bytes", "2", Source::DynamicDefaultBrokerConfig),
            synonym("message.max.bytes", "3", Source::StaticBrokerConfig),
            synonym("message.max.bytes", "1048588", Source::DefaultConfig),
        ]
    );
}

#[test]
fn the_old_name_of_the_node_id_still_counts() {
    let file = Properties::from_iter([("broker.id", "7")]);
    let key = broker_key("node.id").unwrap();
    assert_eq!(Layers::of_file(&file).value(key), Ok(Value::Number(7)));
}

#[test]
fn a_family_of_synonyms_is_cut_down_to_where_the_asked_name_begins() {
    let file = Properties::from_iter([("log.retention.hours", "1")]);
    let layers = Layers::of_file(&file);
    assert_eq!(layers.synonyms("log.retention.ms"), []);
    assert_eq!(
        layers.synonyms("log.retention.hours"),
        [
            synonym("log.retention.hours", "1", Source::StaticBrokerConfig),
            synonym("log.retention.hours", "168", Source::DefaultConfig),
        ]
    );
}

#[test]
fn a_password_is_never_shown() {
    let file = Properties::from_iter([("ssl.key.password", "secret"), ("not.a.key", "secret")]);
    let layers = Layers::of_file(&file);
    for name in ["ssl.key.password", "not.a.key"] {
        let values: Vec<Option<String>> = layers
            .synonyms(name)
            .into_iter()
            .map(|one| one.value)
            .collect();
        assert_eq!(values, [None]);
    }
}
