//! The Prometheus endpoint: `GET /metrics`.

use std::collections::BTreeMap;
use std::io;
use std::sync::Arc;

use axum::Router;
use axum::extract::State;
use axum::http::header::CONTENT_TYPE;
use axum::response::IntoResponse;
use axum::routing::get;

use crate::metrics::{Gauge, exposition};
use crate::node::Node;
use crate::published::{Hosting, OFFSETS_TOPIC, Published};

/// Serves on `listener` until the control runtime ends.
///
/// # Errors
/// When the socket cannot be registered.
pub fn serve(node: &Arc<Node>, listener: std::net::TcpListener) -> io::Result<()> {
    listener.set_nonblocking(true)?;
    let state = Arc::clone(node);
    node.control().spawn(async move {
        let router = Router::new()
            .route("/metrics", get(scrape))
            .with_state(state);
        let served = match tokio::net::TcpListener::from_std(listener) {
            Ok(listener) => axum::serve(listener, router).await,
            Err(error) => Err(error),
        };
        if let Err(error) = served {
            tracing::error!(%error, "the metrics endpoint has ended");
        }
    });
    Ok(())
}

async fn scrape(State(node): State<Arc<Node>>) -> impl IntoResponse {
    let text = exposition(
        node.metrics().iter().map(|metrics| &**metrics),
        &gauges(&node),
    );
    (
        [(CONTENT_TYPE, "text/plain; version=0.0.4; charset=utf-8")],
        text,
    )
}

fn gauges(node: &Node) -> Vec<Gauge> {
    let published = node.published();
    let mut gauges = Vec::new();
    let mut ends: BTreeMap<(String, i32), i64> = BTreeMap::new();
    for hosting in published.topics().flat_map(|(_, topic)| topic.replicas()) {
        let Hosting::Here(replica) = hosting else {
            continue;
        };
        let at = replica.topic_partition();
        let (size, start, end) = replica.look(|machine, log| {
            (
                log.size_in_bytes(),
                log.log_start_offset(),
                machine.high_watermark(),
            )
        });
        ends.insert((at.topic.as_str().to_owned(), at.partition.0), end.0);
        let labels = vec![
            ("topic", at.topic.as_str().to_owned()),
            ("partition", at.partition.0.to_string()),
        ];
        gauges.push(gauge("kafka_log_log_size", &labels, size as f64));
        gauges.push(gauge(
            "kafka_log_log_logstartoffset",
            &labels,
            start.0 as f64,
        ));
        gauges.push(gauge("kafka_log_log_logendoffset", &labels, end.0 as f64));
    }
    gauges.extend(group_lags(&published, &ends));
    for directory in node.directories() {
        let labels = [("logdirectory", directory.path().display().to_string())];
        let mut flag =
            |name, is_set| gauges.push(gauge(name, &labels, f64::from(u8::from(is_set))));
        flag(
            "kafka_log_logmanager_logdirectoryoffline",
            directory.has_failed(),
        );
        flag("ottla_log_directory_full", directory.is_full());
    }
    // The text format wants each family's lines together.
    gauges.sort_by_key(|gauge| gauge.name);
    gauges
}

fn gauge(name: &'static str, labels: &[(&'static str, String)], value: f64) -> Gauge {
    Gauge {
        name,
        labels: labels.to_vec(),
        value,
    }
}

/// How far each group is behind, by what it has committed.
fn group_lags(published: &Published, ends: &BTreeMap<(String, i32), i64>) -> Vec<Gauge> {
    let Some(offsets) = published.topic_by_name(OFFSETS_TOPIC) else {
        return Vec::new();
    };
    let mut lags = Vec::new();
    for hosting in offsets.replicas() {
        let Hosting::Here(replica) = hosting else {
            continue;
        };
        let (committed, _) = replica.step_hosted(|host, _| host.committed());
        for (group, topic, partition, offset) in committed.unwrap_or_default() {
            let Some(end) = ends.get(&(topic.clone(), partition)) else {
                continue;
            };
            let labels = [
                ("group", group),
                ("topic", topic),
                ("partition", partition.to_string()),
            ];
            lags.push(gauge(
                "kafka_consumergroup_lag",
                &labels,
                (end - offset).max(0) as f64,
            ));
        }
    }
    lags
}
