//! Kill -9 again and again under acks=all load: nothing acknowledged is lost, doubled or reordered.

use std::time::Instant;

use super::load::Load;
use super::{Broker, client, directory};
use crate::node::Node;

/// Acknowledged records between two kills.
const BETWEEN: i64 = 400;
const PARTITIONS: u32 = 3;
const RATE: u32 = 3_000;

/// What the command line chooses.
#[derive(clap::Args)]
pub struct Options {
    /// How often the broker is killed.
    #[arg(long, default_value_t = 50)]
    times: u32,
    #[command(flatten)]
    broker: Broker,
}

/// Runs it with both durabilities at the same time: a topic of each.
///
/// # Errors
/// When a broker does not come back or a record is not where it must be.
pub fn run(options: &Options) -> anyhow::Result<()> {
    let server = options.broker.server()?;
    let directory = directory("kill")?;
    let mut node = Node::format(server, &directory, &[("log.segment.bytes", "1048576")])?;
    node.start()?;
    let start = Instant::now();
    let mut loads = Vec::new();
    for (durability, messages) in [("fsync", "1"), ("os", "9223372036854775807")] {
        let driver = client("franz-go", &node.bootstrap(), &directory)?;
        let configs = [("flush.messages", messages)];
        loads.push((
            durability,
            Load::start(driver, durability, (PARTITIONS, RATE), &configs)?,
        ));
    }
    for time in 1..=options.times {
        for (_, load) in &mut loads {
            load.wait_for(BETWEEN)?;
        }
        node.kill();
        node.start()?;
        if time % 10 == 0 {
            println!("kill: {time} times, {:.1} s", start.elapsed().as_secs_f64());
        }
    }
    for (durability, mut load) in loads {
        load.wait_for(BETWEEN)?;
        let outcome = load.finish()?;
        println!(
            "kill: {durability}: {} written, {} refused, all others there once and in order",
            outcome.sent,
            outcome.failed.len()
        );
    }
    node.stop()?;
    println!("2 passed, 0 failed");
    Ok(())
}
