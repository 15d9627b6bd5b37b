//! Producer, Consumer and Admin for any Kafka cluster.
