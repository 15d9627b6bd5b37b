//! The broker under test, and topics of its own for every test.

use std::sync::atomic::{AtomicU32, Ordering};
use std::time::Duration;

use ottla_client::{Admin, AdminConfig, NewTopic};

/// The address under test.
pub fn bootstrap() -> String {
    std::env::var("OTTLA_TEST_BOOTSTRAP").expect("OTTLA_TEST_BOOTSTRAP names the broker to test")
}

pub fn admin() -> Admin {
    Admin::new(AdminConfig::new(&bootstrap())).unwrap()
}

/// A name that no other test and no earlier run uses.
pub fn fresh_name(prefix: &str) -> String {
    static NEXT: AtomicU32 = AtomicU32::new(0);
    let since = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH);
    let nanos = since.unwrap().as_nanos();
    format!("{prefix}-{nanos}-{}", NEXT.fetch_add(1, Ordering::Relaxed))
}

pub async fn fresh_topic(prefix: &str, partitions: i32) -> String {
    configured_topic(prefix, partitions, &[]).await
}

pub async fn configured_topic(prefix: &str, partitions: i32, configs: &[(&str, &str)]) -> String {
    let name = fresh_name(prefix);
    let configs = configs.iter();
    let topic = NewTopic {
        name: name.clone(),
        partitions: Some(partitions),
        replication_factor: Some(1),
        configs: configs
            .map(|(key, value)| ((*key).to_owned(), (*value).to_owned()))
            .collect(),
        ..NewTopic::default()
    };
    for (_, created) in admin().create_topics(&[topic], false).await.unwrap() {
        created.unwrap();
    }
    name
}

/// Waits until it holds: Apache Kafka answers an administrative request before its broker has
/// replayed what the controller decided.
pub async fn eventually(holds: impl AsyncFn() -> bool) {
    let waiting = async { while !holds().await {} };
    tokio::time::timeout(Duration::from_secs(20), waiting)
        .await
        .unwrap();
}
