//! The ottla binary. No logic lives here: it reads the command line and calls.

mod logging;
mod server;

use std::process::ExitCode;

use clap::{Parser, Subcommand};

/// Large blocks come and go with every fetch; this allocator keeps them mapped.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

#[derive(Parser)]
#[command(name = "ottla", about = "Apache Kafka as one native program", version)]
struct Arguments {
    #[command(subcommand)]
    command: Command,
}

#[derive(Subcommand)]
enum Command {
    /// Starts a node with a Kafka configuration file.
    Start(server::StartArguments),
}

fn main() -> ExitCode {
    logging::start();
    let outcome = match Arguments::parse().command {
        Command::Start(arguments) => server::start(&arguments),
    };
    match outcome {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("ottla: {error:#}");
            ExitCode::FAILURE
        }
    }
}
