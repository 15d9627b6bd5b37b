//! The ottla binary. No logic lives here: it names the commands of the server and dispatches.

mod dev;
mod logging;
mod memory;
mod server;

use std::ffi::OsString;
use std::io;
use std::process::ExitCode;

use clap::Args;
use ottla_tools::{KAFKA_VERSION, Tool, dispatch};

/// Large blocks come and go with every fetch; this allocator keeps them mapped.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

/// The commands of the server; those of the client are the tools crate's.
const COMMANDS: &[Tool] = &[
    Tool {
        name: "dev",
        summary: "start a node on this machine without any configuration",
        run: |words| serve("ottla dev", words, dev::dev),
    },
    Tool {
        name: "start",
        summary: "start a node with a Kafka configuration file",
        run: |words| serve("ottla start", words, server::start),
    },
    Tool {
        name: "kafka-server-start",
        summary: "the same under Kafka's name",
        run: kafka_server_start,
    },
    Tool {
        name: "kafka-storage",
        summary: "format log directories, and tell about them",
        run: storage,
    },
];

fn main() -> ExitCode {
    dispatch(COMMANDS, std::env::args_os())
}

/// Has the allocator's memory come in small pages. In huge ones a node at rest holds ten megabytes
/// more, and their making is felt as latency; what they save in page faults could not be measured.
fn keep_memory_small() {
    #[cfg(target_os = "linux")]
    if let Err(error) = nix::sys::prctl::set_thp_disable(true) {
        tracing::debug!(%error, "huge pages could not be switched off");
    }
}

/// Runs `kafka-server-start`: as `start`, but for what Kafka's script and its program say by
/// themselves.
fn kafka_server_start(words: Vec<OsString>) -> ExitCode {
    let is = |word: &str| words.iter().any(|other| other == word);
    if words.is_empty() {
        eprintln!(
            "USAGE: kafka-server-start [-daemon] server.properties [--override property=value]*"
        );
        return ExitCode::FAILURE;
    }
    if is("--version") {
        println!("{KAFKA_VERSION}");
        return ExitCode::SUCCESS;
    }
    if is("-daemon") {
        eprintln!(
            "-daemon is not there: ottla stays in the foreground. Have a service manager run it, \
             or leave -daemon out and put \"nohup … &\" around the command."
        );
        return ExitCode::FAILURE;
    }
    serve("kafka-server-start", words, server::start)
}

/// Runs `kafka-storage`, whose words and exit codes are its own.
fn storage(words: Vec<OsString>) -> ExitCode {
    let words: Vec<String> = words
        .iter()
        .map(|word| word.to_string_lossy().into_owned())
        .collect();
    ottla_storage_format::run(&words, &mut io::stdout().lock(), &mut io::stderr().lock()).into()
}

/// Reads the words of a server command and runs it with the process's log.
fn serve<A: Args>(
    name: &'static str,
    words: Vec<OsString>,
    run: fn(&A) -> anyhow::Result<()>,
) -> ExitCode {
    let line = std::iter::once(OsString::from(name)).chain(words);
    let command = A::augment_args(clap::Command::new(name));
    let parsed = command
        .try_get_matches_from(line)
        .and_then(|matches| A::from_arg_matches(&matches));
    let arguments = match parsed {
        Ok(arguments) => arguments,
        Err(error) => error.exit(),
    };
    logging::start();
    keep_memory_small();
    match run(&arguments) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("ottla: {}", told(&error));
            ExitCode::FAILURE
        }
    }
}

/// An error with its causes, each said once: many errors name their cause themselves.
fn told(error: &anyhow::Error) -> String {
    let mut text = error.to_string();
    for cause in error.chain().skip(1) {
        let cause = cause.to_string();
        if !text.ends_with(&cause) {
            text = format!("{text}: {cause}");
        }
    }
    text
}
