//! What a node counts, and the text a scraper reads.
//!
//! Reactors count without sharing: each has its own cells, summed when somebody asks.

use std::fmt::Write as _;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use ottla_messages::ApiKey;

/// One above the highest API key.
const APIS: usize = 96;
/// Upper bounds of the latency buckets, in microseconds.
const BUCKETS: [u64; 12] = [
    100, 250, 500, 1_000, 2_500, 5_000, 10_000, 25_000, 100_000, 500_000, 1_000_000, 5_000_000,
];

#[derive(Debug, Default)]
struct ApiCells {
    requests: AtomicU64,
    microseconds: AtomicU64,
    buckets: [AtomicU64; BUCKETS.len()],
}

/// The counters of one reactor.
#[derive(Debug)]
pub struct Metrics {
    apis: Vec<ApiCells>,
    bytes_in: AtomicU64,
    bytes_out: AtomicU64,
    messages_in: AtomicU64,
}

impl Default for Metrics {
    fn default() -> Self {
        Metrics {
            apis: (0..APIS).map(|_| ApiCells::default()).collect(),
            bytes_in: AtomicU64::new(0),
            bytes_out: AtomicU64::new(0),
            messages_in: AtomicU64::new(0),
        }
    }
}

impl Metrics {
    /// A request was answered, so long after it was read.
    pub fn answered(&self, api: ApiKey, took: Duration) {
        let Some(cells) = self.apis.get(api as usize) else {
            return;
        };
        let microseconds = u64::try_from(took.as_micros()).unwrap_or(u64::MAX);
        cells.requests.fetch_add(1, Ordering::Relaxed);
        cells
            .microseconds
            .fetch_add(microseconds, Ordering::Relaxed);
        let bucket = BUCKETS.iter().position(|bound| microseconds <= *bound);
        if let Some(cell) = bucket.and_then(|bucket| cells.buckets.get(bucket)) {
            cell.fetch_add(1, Ordering::Relaxed);
        }
    }

    /// Records were appended.
    pub fn produced(&self, bytes: u64, messages: u64) {
        self.bytes_in.fetch_add(bytes, Ordering::Relaxed);
        self.messages_in.fetch_add(messages, Ordering::Relaxed);
    }

    /// Records were sent to a consumer.
    pub fn fetched(&self, bytes: u64) {
        self.bytes_out.fetch_add(bytes, Ordering::Relaxed);
    }
}

/// A gauge at the moment of scraping: name, labels, value.
#[derive(Clone, Debug)]
pub struct Gauge {
    /// The family.
    pub name: &'static str,
    /// Label pairs.
    pub labels: Vec<(&'static str, String)>,
    /// The value.
    pub value: f64,
}

/// Prometheus's text format of all reactors' counters and of `gauges`, which are grouped by name.
#[must_use]
pub fn exposition<'a>(
    reactors: impl Iterator<Item = &'a Metrics> + Clone,
    gauges: &[Gauge],
) -> String {
    let mut text = String::new();
    let sum = |of: fn(&Metrics) -> &AtomicU64| -> u64 {
        reactors
            .clone()
            .map(|metrics| of(metrics).load(Ordering::Relaxed))
            .sum()
    };
    let totals = [
        ("bytesin", "Bytes of records appended", sum(|m| &m.bytes_in)),
        (
            "bytesout",
            "Bytes of records sent to consumers",
            sum(|m| &m.bytes_out),
        ),
        ("messagesin", "Records appended", sum(|m| &m.messages_in)),
    ];
    for (name, help, total) in totals {
        let family = format!("kafka_server_brokertopicmetrics_{name}_total");
        line(&mut text, format_args!("# HELP {family} {help}."));
        line(&mut text, format_args!("# TYPE {family} counter"));
        line(&mut text, format_args!("{family} {total}"));
    }
    requests(&mut text, reactors);
    let mut family = "";
    for gauge in gauges {
        if gauge.name != family {
            family = gauge.name;
            line(&mut text, format_args!("# TYPE {family} gauge"));
        }
        let labels: Vec<String> = gauge
            .labels
            .iter()
            .map(|(key, value)| format!("{key}=\"{}\"", escape(value)))
            .collect();
        line(
            &mut text,
            format_args!("{family}{{{}}} {}", labels.join(","), gauge.value),
        );
    }
    text
}

fn requests<'a>(text: &mut String, reactors: impl Iterator<Item = &'a Metrics> + Clone) {
    let family = "kafka_network_requestmetrics_totaltime_seconds";
    line(
        text,
        format_args!("# HELP {family} Time from reading a request to its answer."),
    );
    line(text, format_args!("# TYPE {family} histogram"));
    for index in 0..APIS {
        let cells = reactors
            .clone()
            .filter_map(|metrics| metrics.apis.get(index));
        let sum = |of: &dyn Fn(&ApiCells) -> u64| -> u64 { cells.clone().map(of).sum() };
        let count = sum(&|cells| cells.requests.load(Ordering::Relaxed));
        let Some(api) = i16::try_from(index).ok().and_then(ApiKey::from_i16) else {
            continue;
        };
        if count == 0 {
            continue;
        }
        let name = api.name();
        let mut below = 0;
        for (bucket, bound) in BUCKETS.iter().enumerate() {
            below += sum(&|cells| {
                cells
                    .buckets
                    .get(bucket)
                    .map_or(0, |cell| cell.load(Ordering::Relaxed))
            });
            let bound = *bound as f64 / 1e6;
            line(
                text,
                format_args!("{family}_bucket{{request=\"{name}\",le=\"{bound}\"}} {below}"),
            );
        }
        line(
            text,
            format_args!("{family}_bucket{{request=\"{name}\",le=\"+Inf\"}} {count}"),
        );
        let seconds = sum(&|cells| cells.microseconds.load(Ordering::Relaxed)) as f64 / 1e6;
        line(
            text,
            format_args!("{family}_sum{{request=\"{name}\"}} {seconds}"),
        );
        line(
            text,
            format_args!("{family}_count{{request=\"{name}\"}} {count}"),
        );
    }
}

fn line(text: &mut String, arguments: std::fmt::Arguments<'_>) {
    writeln!(text, "{arguments}").expect("writing to a string");
}

fn escape(value: &str) -> String {
    value
        .replace('\\', "\\\\")
        .replace('"', "\\\"")
        .replace('\n', "\\n")
}
