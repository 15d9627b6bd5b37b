//! Runs the scenarios against one broker and prints what happened.

use std::fs;
use std::path::Path;
use std::sync::{Mutex, PoisonError};
use std::time::Instant;

use super::Options;
use super::accepted::{self, Difference};
use super::bench::{Bench, Broker};
use super::clients::{CLIENTS, Client};
use super::scenarios::{SCENARIOS, Scenario, Who};
use crate::apache_kafka::ApacheKafka;
use crate::ci::Tally;
use crate::driver::Driver;
use crate::node::{Node, Server};
use crate::workspace;

/// Runs what the options choose.
///
/// # Errors
/// When the broker does not start or stop.
pub fn run(server: &Server, kafka: &ApacheKafka, options: &Options) -> anyhow::Result<Tally> {
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
    options: &'a Options,
    directory: &'a Path,
}

impl Run<'_> {
    /// All clients, a few at a time. The longest work, that of the tools, begins first.
    fn everything(&self) -> Tally {
        let mut clients: Vec<Option<&Client>> = CLIENTS.iter().rev().map(Some).collect();
        clients.push(None);
        let waiting = Mutex::new(clients);
        let total = Mutex::new(Tally::default());
        let next = || waiting.lock().ok().and_then(|mut waiting| waiting.pop());
        std::thread::scope(|scope| {
            for _ in 0..LANES {
                scope.spawn(|| {
                    while let Some(client) = next() {
                        let tally = self.all_of(client);
                        *total.lock().unwrap_or_else(PoisonError::into_inner) += tally;
                    }
                });
            }
        });
        total.into_inner().unwrap_or_else(PoisonError::into_inner)
    }

    /// All scenarios of a client, or of Kafka's tools.
    fn all_of(&self, client: Option<&Client>) -> Tally {
        let name = client.map_or("tools", |client| client.name);
        let chosen = &self.options.client;
        let waived = client.is_some_and(|client| client.needs_any(&self.options.waived));
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
            if is_chosen && scenario.is_for(client) {
                tally += self.one(client, name, scenario, &mut driver);
            }
        }
        tally
    }

    /// One scenario. The driver is kept for the next one unless something went wrong with it.
    fn one(
        &self,
        client: Option<&Client>,
        name: &str,
        scenario: &Scenario,
        driver: &mut Option<Driver>,
    ) -> Tally {
        let records = if self.options.full { 5_000 } else { 300 };
        let label = format!("{name}-{}", scenario.name);
        let names = (label.as_str(), records);
        let waived = &self.options.waived;
        let bench = Bench::new(
            self.broker,
            self.kafka,
            client,
            names,
            self.directory,
            waived,
        );
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
            Who::Tools(run) => run(&bench),
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
