//! The toolbox of the project: `cargo xtask ci` runs everything a change must pass.
//!
//! *Not here*: logic. Every task is a module; this file only reads the command line.

mod apache_kafka;
mod base64;
mod bench;
mod ci;
mod client;
mod codegen;
mod conformance;
mod deny;
mod differential;
mod driver;
mod fuzz;
mod kcat;
mod layers;
mod node;
mod oracle;
mod packages;
mod runtimes;
mod schema;
mod sim;
mod tidy;
mod trials;
mod workspace;

use std::process::ExitCode;

use clap::{Parser, Subcommand};

#[derive(Parser)]
#[command(name = "cargo xtask", about = "The toolbox of the project")]
struct Arguments {
    #[command(subcommand)]
    task: Task,
}

#[derive(Subcommand)]
enum Task {
    /// Runs all that a change must pass, and prints what each stage took.
    Ci(ci::Options),
    /// Checks sizes, names, module docs, unsafe code and what the map of the code says.
    Tidy,
    /// Checks that imports between crates go downwards.
    Layers,
    /// Writes the generated sources of the wire crate from its schema files.
    Codegen(codegen::Options),
    /// The schema files of the wire crate: import from Kafka's jars, comparison with them.
    #[command(subcommand)]
    Schema(schema::Task),
    /// Compares ottla with Kafka's own classes.
    #[command(subcommand)]
    Oracle(oracle::Task),
    /// Fuzzes the decoders under guidance of coverage.
    Fuzz(fuzz::Options),
    /// Checks licences, banned crates and sources of everything we depend on.
    Deny,
    /// Measures ottla and Apache Kafka in turns and compares.
    Bench(bench::Options),
    /// Runs the same scenarios through real clients against Apache Kafka and ottla.
    Conformance(conformance::Options),
    /// Plays generated requests against both brokers and compares every answer and the logs.
    Differential(differential::Options),
    /// Runs the tests of our own client against both brokers, and our tools beside Kafka's.
    Client(client::Options),
    /// Simulates a node under trouble, seed by seed.
    Sim(sim::Options),
    /// Moves real files through a broker and compares every line.
    Realdata(trials::realdata::Options),
    /// Hands one directory from Apache Kafka to ottla and back under load.
    Handover(trials::handover::Options),
    /// Kills a broker again and again under load.
    Kill(trials::kill::Options),
    /// Cuts the power of a broker's file system under load; needs root.
    Powercut(trials::powercut::Options),
    /// Fills the disk under a broker's log directory; mounts one in a namespace of its own.
    Fulldisk(trials::fulldisk::Options),
}

fn main() -> ExitCode {
    match run(Arguments::parse().task) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("xtask: {error:#}");
            ExitCode::FAILURE
        }
    }
}

fn run(task: Task) -> anyhow::Result<()> {
    match task {
        Task::Ci(options) => ci::run(&options),
        Task::Tidy => tidy::run(),
        Task::Layers => layers::run(),
        Task::Codegen(options) => codegen::run(&options),
        Task::Schema(task) => schema::run(&task),
        Task::Oracle(task) => oracle::run(&task),
        Task::Fuzz(options) => fuzz::run(&options),
        Task::Deny => deny::run(),
        Task::Bench(options) => bench::run(&options),
        Task::Conformance(options) => conformance::run(&options),
        Task::Differential(options) => differential::run(&options),
        Task::Client(options) => client::run(&options),
        Task::Sim(options) => sim::run(&options),
        Task::Realdata(options) => trials::realdata::run(&options),
        Task::Handover(options) => trials::handover::run(&options),
        Task::Kill(options) => trials::kill::run(&options),
        Task::Powercut(options) => trials::powercut::run(&options),
        Task::Fulldisk(options) => trials::fulldisk::run(&options),
    }
}
