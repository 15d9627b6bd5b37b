//! One directory that goes from Apache Kafka to ottla, back, and once more, under an idempotent
//! producer and a committing group: once by clean stops, once by kill -9. Transactions of the
//! first broker are read at both isolation levels by all.

use std::collections::BTreeSet;
use std::path::PathBuf;
use std::time::{Duration, Instant};

use anyhow::{Context, bail};
use serde_json::json;

use super::load::Load;
use super::{client, directory, dump};
use crate::apache_kafka::{ApacheKafka, REFERENCE};
use crate::conformance;
use crate::driver::{Driver, Reading, Record, Writing};
use crate::node::{Node, Server};

const PARTITIONS: u32 = 3;
const RATE: u32 = 500;

/// Acknowledged records under each broker.
const PER_BROKER: i64 = 1_500;

/// What the command line chooses.
#[derive(clap::Args)]
pub struct Options {
    /// Apache Kafka in both roles, to try the run itself.
    #[arg(long)]
    only_apache_kafka: bool,
    /// A build of ottla instead of the one in the target directory.
    #[arg(long, value_name = "PATH")]
    ottla: Option<PathBuf>,
}

/// Runs it both ways.
///
/// # Errors
/// When anything is lost, doubled, reordered or changed.
pub fn run(options: &Options) -> anyhow::Result<()> {
    let kafka = ApacheKafka::fetch(REFERENCE)?;
    let apache = Server::ApacheKafka(kafka.clone());
    let other = match options.only_apache_kafka {
        true => apache.clone(),
        false => Server::Ottla(conformance::binary(options.ottla.clone())?),
    };
    for is_clean in [true, false] {
        let way = if is_clean { "clean stops" } else { "kill -9" };
        let turns = [apache.clone(), other.clone(), apache.clone(), other.clone()];
        one_way(&kafka, turns, is_clean).with_context(|| way.to_owned())?;
        println!("handover: {way}: counts, contents and offsets are equal");
    }
    println!("2 passed, 0 failed");
    Ok(())
}

fn one_way(kafka: &ApacheKafka, turns: [Server; 4], is_clean: bool) -> anyhow::Result<()> {
    let name = if is_clean {
        "handover-clean"
    } else {
        "handover-kill"
    };
    let directory = directory(name)?;
    let [first, rest @ ..] = turns;
    let mut node = Node::format(first, &directory, &[("log.segment.bytes", "1048576")])?;
    node.start()?;
    let bootstrap = node.bootstrap();

    let mut witness = client("java", &bootstrap, &directory)?;
    let kept = Kept::write(&mut witness)?;
    let writer = client("franz-go", &bootstrap, &directory)?;
    // Apache Kafka's recovery knows the last batch of a producer only: of several on their way at a
    // kill it may take the earlier ones twice.
    let one_in_flight = !is_clean;
    let load = (PARTITIONS, RATE);
    let mut load = Load::start_with(writer, "load", load, &[], one_in_flight)?;
    let mut member = Member::join(client("confluent-kafka", &bootstrap, &directory)?)?;

    load.wait_for(PER_BROKER)?;
    member.follow(PER_BROKER as usize / 2)?;
    for (turn, server) in rest.into_iter().enumerate() {
        match is_clean {
            true => node.stop()?,
            false => node.kill(),
        }
        let name = server.name();
        node.hand_over(server);
        node.start()
            .with_context(|| format!("turn {}: {name}", turn + 2))?;
        load.wait_for(PER_BROKER)?;
        member.follow(PER_BROKER as usize / 2)?;
        kept.compare(&mut witness)
            .with_context(|| format!("turn {}: {name}", turn + 2))?;
        println!(
            "handover: turn {} by {name}: {} acknowledged",
            turn + 2,
            load.acked()?
        );
    }
    let outcome = load.finish()?;
    if !outcome.failed.is_empty() {
        bail!("{} records were refused", outcome.failed.len());
    }
    member.finish(outcome.sent)?;
    node.stop()?;
    let files = dump::dump_all(kafka, &node.data())?;
    println!("handover: Kafka's dump tool reads {files} files without complaint");
    Ok(())
}

/// Records of every codec, and of transactions, that are written at first and must stay so.
struct Kept {
    readings: Vec<(String, &'static str, Vec<Record>)>,
}

impl Kept {
    fn write(driver: &mut Driver) -> anyhow::Result<Self> {
        let mut readings = Vec::new();
        for compression in ["none", "gzip", "snappy", "lz4", "zstd"] {
            let topic = format!("kept-{compression}");
            driver.create_topic(&topic, 1, &[])?;
            let writing = Writing {
                compression,
                idempotent: true,
                ..Writing::default()
            };
            driver.produce(&topic, &records(500), writing)?;
            let found = driver.read(&topic, 0, Reading::first(500))?;
            readings.push((topic, "read_uncommitted", found));
        }
        let topic = "kept-transactions";
        driver.create_topic(topic, 1, &[])?;
        for is_committed in [true, false, true, false] {
            driver.transact(topic, &records(25), is_committed)?;
        }
        for (isolation, count) in [("read_committed", 50), ("read_uncommitted", 100)] {
            let reading = Reading {
                isolation,
                ..Reading::first(count)
            };
            let found = driver.read(topic, 0, reading)?;
            if found.len() != count {
                bail!(
                    "{isolation} gives {} records instead of {count}",
                    found.len()
                );
            }
            readings.push((topic.to_owned(), isolation, found));
        }
        Ok(Self { readings })
    }

    /// Offsets, times, keys, values and headers are all as at first.
    fn compare(&self, driver: &mut Driver) -> anyhow::Result<()> {
        for (topic, isolation, records) in &self.readings {
            let reading = Reading {
                isolation,
                ..Reading::first(records.len())
            };
            let found = driver.read(topic, 0, reading)?;
            if found != *records {
                bail!(
                    "{topic} is not what it was, {isolation}: {} records",
                    found.len()
                );
            }
        }
        Ok(())
    }
}

fn records(count: usize) -> Vec<Record> {
    let record = |n: usize| {
        let value = format!("kept {n} ").repeat(20);
        Record::of(0, value)
            .with_key(format!("key {}", n % 7))
            .with_header("n", Some(b"h"))
    };
    (0..count).map(record).collect()
}

/// A member of a group that commits, and keeps what it has seen.
struct Member {
    driver: Driver,
    seen: BTreeSet<i64>,
}

impl Member {
    fn join(mut driver: Driver) -> anyhow::Result<Self> {
        driver.join("followers", "load", None)?;
        Ok(Self {
            driver,
            seen: BTreeSet::new(),
        })
    }

    /// Reads until it has seen so many numbers more, and commits.
    fn follow(&mut self, more: usize) -> anyhow::Result<()> {
        let wanted = self.seen.len() + more;
        let deadline = Instant::now() + Duration::from_secs(90);
        while self.seen.len() < wanted {
            if Instant::now() > deadline {
                bail!("the member has seen {} of {wanted}", self.seen.len());
            }
            self.poll()?;
        }
        self.commit(deadline)
    }

    fn poll(&mut self) -> anyhow::Result<()> {
        self.driver.poll(200, 500)?;
        for record in self.driver.polled()?.records {
            let text = String::from_utf8(record.value.unwrap_or_default())?;
            self.seen
                .insert(text.parse().with_context(|| format!("a number: {text}"))?);
        }
        Ok(())
    }

    /// A commit may come while the group finds itself again: it is tried again after a poll.
    fn commit(&mut self, deadline: Instant) -> anyhow::Result<()> {
        while let Err(error) = self.driver.call(&json!({ "op": "commit" })) {
            if Instant::now() > deadline {
                return Err(error);
            }
            self.poll()?;
        }
        Ok(())
    }

    /// Reads to the end, and finds the committed offsets at the ends of the partitions.
    fn finish(mut self, sent: i64) -> anyhow::Result<()> {
        let left = usize::try_from(sent)? - self.seen.len();
        self.follow(left)?;
        for partition in 0..PARTITIONS {
            let place = json!({ "op": "offsets", "topic": "load", "partition": partition });
            let end = self.driver.number(&place, "latest")?;
            let committed = json!({ "op": "committed", "group": "followers", "topic": "load",
                "partition": partition });
            let committed = self.driver.number(&committed, "offset")?;
            if committed != end {
                bail!("partition {partition}: committed {committed}, the log ends at {end}");
            }
        }
        self.driver.call(&json!({ "op": "leave" }))?;
        Ok(())
    }
}
