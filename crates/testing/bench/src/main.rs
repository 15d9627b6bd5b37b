//! `ottla-bench`: one measurement of one broker, printed as one line of JSON.
//!
//! `cargo xtask bench` starts the brokers, runs this in turns against them and compares.

mod connection;
mod fetch;
mod first_ack;
mod latency;
mod process;
mod produce;
mod topic;

use std::process::ExitCode;

use clap::{Parser, Subcommand};

#[derive(Parser)]
#[command(name = "ottla-bench", about = "One measurement of one broker")]
struct Arguments {
    #[command(subcommand)]
    measurement: Measurement,
}

#[derive(Subcommand)]
enum Measurement {
    /// Sends pre-encoded batches as fast as they are acknowledged.
    Produce(produce::Options),
    /// Reads topics from their start, or at their end while they are written.
    Fetch(fetch::Options),
    /// Waits for a broker that is starting until one record is acknowledged.
    FirstAck(first_ack::Options),
    /// Deletes topics of earlier measurements.
    Delete(topic::Options),
    /// Looks at the memory of a process.
    Memory(process::Options),
}

fn main() -> ExitCode {
    let result = match Arguments::parse().measurement {
        Measurement::Produce(options) => produce::run(&options),
        Measurement::Fetch(options) => fetch::run(&options),
        Measurement::FirstAck(options) => first_ack::run(&options),
        Measurement::Delete(options) => topic::run(&options),
        Measurement::Memory(options) => process::run(&options),
    };
    match result {
        Ok(figures) => {
            println!("{figures}");
            ExitCode::SUCCESS
        }
        Err(error) => {
            eprintln!("ottla-bench: {error:#}");
            ExitCode::FAILURE
        }
    }
}
