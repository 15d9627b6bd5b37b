//! Runs a node until somebody stops it.

use std::fs;
use std::path::{Path, PathBuf};

use anyhow::Context;
use clap::Args;
use ottla_broker::{Advertising, Halt, RunningNode, StartOptions};
use ottla_config::Properties;
use tokio::runtime::{Builder, Runtime};
use tokio::signal::unix::{Signal, SignalKind, signal};

/// How to start a node.
#[derive(Args)]
pub struct StartArguments {
    /// The configuration file, as Kafka's server.properties.
    file: PathBuf,
    /// Sets a key over the file; may be given several times.
    #[arg(long = "override", value_name = "KEY=VALUE")]
    overrides: Vec<String>,
    /// Written once the node serves: a line LISTENER=host:port for each listener.
    #[arg(long, value_name = "FILE")]
    ready_file: Option<PathBuf>,
}

/// Starts a node and serves until SIGTERM or Ctrl-C.
pub fn start(arguments: &StartArguments) -> anyhow::Result<()> {
    let path = &arguments.file;
    let bytes = fs::read(path).with_context(|| path.display().to_string())?;
    let mut file = Properties::parse(&bytes).with_context(|| path.display().to_string())?;
    for text in &arguments.overrides {
        file.apply_override(text)?;
    }
    let node = ottla_broker::start(StartOptions {
        file,
        advertising: Advertising::Registered,
        halt: Halt::default(),
    })?;
    for listener in node.listeners() {
        tracing::info!(listener = listener.name, address = %listener.address, "listening");
    }
    let signals = StopSignals::catch()?;
    if let Some(path) = &arguments.ready_file {
        write_ready_file(path, &node)?;
    }
    signals.wait();
    tracing::info!("stopping");
    node.stop();
    Ok(())
}

/// Written under another name first: whoever sees the file sees all of it.
fn write_ready_file(path: &Path, node: &RunningNode) -> anyhow::Result<()> {
    let listeners = node.listeners().iter();
    let text: String = listeners
        .map(|listener| format!("{}={}\n", listener.name, listener.address))
        .collect();
    let temporary = path.with_extension("tmp");
    fs::write(&temporary, text)
        .and_then(|()| fs::rename(&temporary, path))
        .with_context(|| path.display().to_string())
}

/// SIGTERM and SIGINT, caught from the moment this is made.
pub struct StopSignals {
    runtime: Runtime,
    terminate: Signal,
    interrupt: Signal,
}

impl StopSignals {
    /// Catches them: to be made before anybody is told that the node serves.
    pub fn catch() -> anyhow::Result<StopSignals> {
        let runtime = Builder::new_current_thread().enable_io().build()?;
        let (terminate, interrupt) = {
            let _inside = runtime.enter();
            (
                signal(SignalKind::terminate())?,
                signal(SignalKind::interrupt())?,
            )
        };
        Ok(StopSignals {
            runtime,
            terminate,
            interrupt,
        })
    }

    /// Returns when one of them has come.
    pub fn wait(mut self) {
        self.runtime.block_on(async {
            tokio::select! {
                _ = self.terminate.recv() => {}
                _ = self.interrupt.recv() => {}
            }
        });
    }
}
