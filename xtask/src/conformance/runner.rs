//! Runs the scenarios against one broker and prints what happened.

use std::fs;
use std::path::Path;
use std::sync::{Mutex, PoisonError};
use std::time::Instant;

use super::Options;
use super::accepted::{self, Difference};
use super::bench::{Bench, Broker, Tools};
use super::clients::CLIENTS;
use super::scenarios::{Lane, SCENARIOS, Scenario, Who};
use crate::apache_kafka::ApacheKafka;
use crate::ci::Tally;
use crate::driver::Driver;
use crate::node::{Node, Server};
use crate::workspace;

/// Runs what the options choose.
///
/// # Errors
/// When the broker does not start or stop.
pub fn run(
    server: &Server,
    kafka: &ApacheKafka,
    own_tools: &Path,
    options: &Options,
) -> anyhow::Result<Tally> {
    let directory = workspace::target().join("conformance").join(server.name());
    if directory.exists() {
        fs::remove_dir_all(&directory)?;
    }
    let mut node = Node::format(server.clone(), &directory, &[])?;
    node.start()?;
    let broker = Broker {
        server: server.clone(),
        bootstrap: node.bootstrap(),
        data: node.data(),
    };
    println!("conformance: {} on {}", server.name(), broker.bootstrap);
    let run = Run {
        broker: &broker,
        kafka,
        own_tools,
        options,
        directory: node.directory(),
    };
    let tally = run.everything();
    node.stop()?;
    Ok(tally)
}

/// Clients that run at the same time: mostly they wait.
const LANES: usize = 3;

struct Run<'a> {
    broker: &'a Broker,
    kafka: &'a ApacheKafka,
    /// The binary with ottla's tools.
    own_tools: &'a Path,
    options: &'a Options,
    directory: &'a Path,
}

impl Run<'_> {
    /// All clients, a few at a time. The longest work, that of the tools, begins first.
    fn everything(&self) -> Tally {
        let mut clients: Vec<Lane> = CLIENTS.iter().rev().map(Lane::Client).collect();
        clients.extend([Lane::OwnTools, Lane::Tools]);
        let waiting = Mutex::new(clients);
        let total = Mutex::new(Tally::default());
        let next = || waiting.lock().ok().and_then(|mut waiting| waiting.pop());
        std::thread::scope(|scope| {
            for _ in 0..LANES {
                scope.spawn(|| {
                    while let Some(lane) = next() {
                        let tally = self.all_of(lane);
                        *total.lock().unwrap_or_else(PoisonError::into_inner) += tally;
                    }
                });
            }
        });
        total.into_inner().unwrap_or_else(PoisonError::into_inner)
    }

    /// All scenarios of a client, or of tools.
    fn all_of(&self, lane: Lane) -> Tally {
        let name = lane.name();
        let chosen = &self.options.client;
        let waived = match lane {
            Lane::Client(client) => client.needs_any(&self.options.waived),
            Lane::Tools | Lane::OwnTools => false,
        };
        let mut tally = Tally::default();
        if waived || !chosen.is_empty() && !chosen.iter().any(|chosen| chosen == name) {
            return tally;
        }
        let mut driver = None;
        for scenario in SCENARIOS {
            let is_chosen = self
                .options
                .scenario
                .as_ref()
                .is_none_or(|text| scenario.name.contains(text));
            if is_chosen && scenario.is_for(lane) {
                tally += self.one(lane, scenario, &mut driver);
            }
        }
        tally
    }

    /// One scenario. The driver is kept for the next one unless something went wrong with it.
    fn one(&self, lane: Lane, scenario: &Scenario, driver: &mut Option<Driver>) -> Tally {
        let name = lane.name();
        let records = if self.options.full { 5_000 } else { 300 };
        let label = format!("{name}-{}", scenario.name);
        let names = (label.as_str(), records);
        let waived = &self.options.waived;
        let tools = Tools {
            kafka: self.kafka,
            own: matches!(lane, Lane::OwnTools).then_some(self.own_tools),
        };
        let client = match lane {
            Lane::Client(client) => Some(client),
            Lane::Tools | Lane::OwnTools => None,
        };
        let bench = Bench::new(self.broker, tools, client, names, self.directory, waived);
        let start = Instant::now();
        let result = match scenario.run {
            Who::Client(run) => {
                driver
                    .take()
                    .map_or_else(|| bench.driver(), Ok)
                    .and_then(|mut running| {
                        run(&bench, &mut running)?;
                        *driver = Some(running);
                        Ok(())
                    })
            }
            Who::Tools(run) | Who::BothTools(run) => run(&bench),
        };
        let seconds = start.elapsed().as_secs_f64();
        let accepted = accepted::difference(&self.broker.server, name, scenario.name);
        let (verdict, tally) = judge(result, accepted);
        println!(
            "  {name:<16} {:<28} {seconds:>5.1} s  {verdict}",
            scenario.name
        );
        tally
    }
}

/// A difference that is no longer one must leave the list.
fn judge(result: anyhow::Result<()>, accepted: Option<&Difference>) -> (String, Tally) {
    const FAILED: Tally = Tally {
        passed: 0,
        failed: 1,
    };
    match (result, accepted) {
        (Ok(()), None) => ("ok".to_owned(), Tally::PASSED),
        (Ok(()), Some(_)) => (
            "FAILED: passes, but is listed as different".to_owned(),
            FAILED,
        ),
        (Err(_), Some(accepted)) => (format!("accepted: {}", accepted.reason), Tally::PASSED),
        (Err(error), None) => (format!("FAILED: {error:#}"), FAILED),
    }
}
