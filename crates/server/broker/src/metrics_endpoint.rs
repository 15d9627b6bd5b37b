//! The Prometheus endpoint: `GET /metrics`.

use std::collections::BTreeMap;
use std::io;
use std::sync::Arc;

use axum::Router;
use axum::extract::State;
use axum::http::StatusCode;
use axum::http::header::CONTENT_TYPE;
use axum::response::IntoResponse;
use axum::routing::get;
use ottla_runtime::ShardState;

use crate::Replica;
use crate::groups::GroupOffset;
use crate::metrics::{Gauge, exposition};
use crate::node::Node;
use crate::published::{Hosting, OFFSETS_TOPIC, Published};

/// Offsets that are read under a coordinator's lock at once.
const OFFSETS_AT_ONCE: usize = 1_000;

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

/// Answers from a thread that may take its time: with many groups there is much to say, and the
/// control thread must not be late with a heartbeat.
async fn scrape(State(node): State<Arc<Node>>) -> impl IntoResponse {
    let scraped = tokio::task::spawn_blocking(move || {
        let metrics = node.metrics().iter().map(|metrics| &**metrics);
        exposition(metrics, &gauges(&node))
    });
    let content_type = [(CONTENT_TYPE, "text/plain; version=0.0.4; charset=utf-8")];
    match scraped.await {
        Ok(text) => (StatusCode::OK, content_type, text),
        Err(_) => (StatusCode::SERVICE_UNAVAILABLE, content_type, String::new()),
    }
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
    gauges.extend(coordinator_states(&published));
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

/// How many coordinators are in which state.
fn coordinator_states(published: &Published) -> Vec<Gauge> {
    let Some(offsets) = published.topic_by_name(OFFSETS_TOPIC) else {
        return Vec::new();
    };
    let mut counts = BTreeMap::from([("active", 0), ("failed", 0), ("loading", 0)]);
    for replica in offsets.replicas().iter().filter_map(here) {
        let state = match replica.shard_state() {
            ShardState::Absent => continue,
            ShardState::Failed => "failed",
            ShardState::Loading => "loading",
            ShardState::Serving => "active",
        };
        *counts.entry(state).or_insert(0) += 1;
    }
    counts
        .into_iter()
        .map(|(state, count)| {
            let labels = [("state", state.to_owned())];
            gauge(
                "kafka_server_group_coordinator_num_partitions",
                &labels,
                f64::from(count),
            )
        })
        .collect()
}

fn here(hosting: &Hosting) -> Option<&Arc<Replica>> {
    match hosting {
        Hosting::Here(replica) => Some(replica),
        _ => None,
    }
}

/// How far each group is behind, by what it has committed.
fn group_lags(published: &Published, ends: &BTreeMap<(String, i32), i64>) -> Vec<Gauge> {
    let Some(offsets) = published.topic_by_name(OFFSETS_TOPIC) else {
        return Vec::new();
    };
    let mut lags = Vec::new();
    for replica in offsets.replicas().iter().filter_map(here) {
        let mut after = None;
        loop {
            let (page, _) = replica
                .step_hosted(|host, _| host.committed_after(after.as_ref(), OFFSETS_AT_ONCE));
            let page = page.unwrap_or_default();
            let Some(last) = page.last() else { break };
            after = Some(last.group.clone());
            lags.extend(page.iter().filter_map(|offset| lag(offset, ends)));
        }
    }
    lags
}

fn lag(committed: &GroupOffset, ends: &BTreeMap<(String, i32), i64>) -> Option<Gauge> {
    let (topic, partition) = (committed.topic.as_str(), committed.partition);
    let end = ends.get(&(topic.to_owned(), partition))?;
    let labels = [
        ("group", committed.group.as_str().to_owned()),
        ("topic", topic.to_owned()),
        ("partition", partition.to_string()),
    ];
    let behind = end.saturating_sub(committed.offset).max(0);
    Some(gauge("kafka_consumergroup_lag", &labels, behind as f64))
}
