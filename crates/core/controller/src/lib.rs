//! What the active controller decides: topics, brokers, configs, features, producer ids.
