//! `ottla dev`: a node on this machine without any configuration.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::net::TcpListener;
use std::path::{Path, PathBuf};
use std::time::Instant;

use anyhow::{Context, bail};
use clap::Args;
use ottla_broker::{Advertising, Halt, RunningNode, StartOptions};
use ottla_config::Properties;
use ottla_log::{LogDirectory, RealStorage};
use ottla_metadata::MetadataVersion;
use ottla_storage_format::{FeatureLevels, Formatter, InitialVoter, random_uuid};
use ottla_types::NodeId;

use crate::memory::MemoryDirectory;
use crate::server::StopSignals;

const NODE_ID: NodeId = NodeId(1);
/// Where scrapers of JMX exporters look; another one is taken if it is in use.
const METRICS_PORT: u16 = 9404;

/// How to start a node for development.
#[derive(Args)]
pub struct DevArguments {
    /// Where the data lies.
    #[arg(long, value_name = "DIRECTORY", default_value = ".ottla")]
    data: PathBuf,
    /// Keeps nothing: the data lies in memory and is gone with the process.
    #[arg(long, conflicts_with = "data")]
    mem: bool,
    /// The port for clients.
    #[arg(long, default_value_t = 9092)]
    port: u16,
}

/// Starts the node and serves until Ctrl-C.
pub fn dev(arguments: &DevArguments) -> anyhow::Result<()> {
    let started = Instant::now();
    if !arguments.mem {
        return serve(arguments, &arguments.data, started);
    }
    let memory = MemoryDirectory::new()?;
    let outcome = serve(arguments, memory.path(), started);
    memory.remove()?;
    outcome
}

fn serve(arguments: &DevArguments, data: &Path, started: Instant) -> anyhow::Result<()> {
    if data.exists() && !data.is_dir() {
        bail!(
            "{} is not a directory: name one with --data",
            data.display()
        );
    }
    fs::create_dir_all(data).with_context(|| data.display().to_string())?;
    format_once(data)?;
    let file = configuration(data, arguments.port);
    let node = ottla_broker::start(StartOptions {
        file,
        advertising: Advertising::Dialled,
        halt: Halt::default(),
    })?;
    let signals = StopSignals::catch()?;
    print_banner(arguments, data, &node, started);
    signals.wait();
    node.stop();
    Ok(())
}

fn format_once(data: &Path) -> anyhow::Result<()> {
    if LogDirectory::new(RealStorage, data)
        .load_meta_properties()?
        .is_some()
    {
        return Ok(());
    }
    let formatter = Formatter {
        node_id: NODE_ID,
        cluster_id: random_uuid()?.to_string(),
        directories: BTreeSet::from([data.to_owned()]),
        metadata_log_directory: data.to_owned(),
        features: FeatureLevels::new(
            None,
            &BTreeMap::new(),
            true,
            MetadataVersion::LATEST_PRODUCTION,
        )?,
        initial_controllers: Some(vec![InitialVoter {
            node_id: NODE_ID,
            host: "localhost".to_owned(),
            // The real port is chosen at each start and written to the quorum's own record then.
            port: 1,
            directory_id: random_uuid()?,
        }]),
        controller_listener_name: "CONTROLLER".to_owned(),
        ignore_formatted: false,
    };
    formatter.format(&mut std::io::sink())?;
    Ok(())
}

fn configuration(data: &Path, port: u16) -> Properties {
    let mut file = Properties::default();
    let metrics = if is_free(METRICS_PORT) {
        METRICS_PORT
    } else {
        0
    };
    let entries = [
        ("process.roles", "broker,controller".to_owned()),
        ("node.id", NODE_ID.to_string()),
        (
            "listeners",
            format!("PLAINTEXT://:{port},CONTROLLER://localhost:0"),
        ),
        (
            "advertised.listeners",
            format!("PLAINTEXT://localhost:{port}"),
        ),
        ("controller.listener.names", "CONTROLLER".to_owned()),
        (
            "controller.quorum.bootstrap.servers",
            "localhost:1".to_owned(),
        ),
        ("log.dirs", data.display().to_string()),
        ("offsets.topic.replication.factor", "1".to_owned()),
        // Kafka's three seconds are long for somebody who tries things out; with none at all some
        // clients (kafka-python) join before they know their topic, and never look again.
        ("group.initial.rebalance.delay.ms", "100".to_owned()),
        ("ottla.durability", "os".to_owned()),
        ("ottla.metrics.listener", format!("localhost:{metrics}")),
    ];
    for (key, value) in entries {
        file.set(key, value);
    }
    file
}

fn is_free(port: u16) -> bool {
    TcpListener::bind(("localhost", port)).is_ok()
}

fn print_banner(arguments: &DevArguments, data: &Path, node: &RunningNode, started: Instant) {
    let version = env!("CARGO_PKG_VERSION");
    let kept = if arguments.mem {
        "nothing is kept".to_owned()
    } else {
        format!("data {} (use --mem to keep nothing)", data.display())
    };
    println!(
        "ottla {version} ready in {} ms · {kept}",
        started.elapsed().as_millis()
    );
    let clients = node
        .listeners()
        .iter()
        .find(|listener| listener.name == "PLAINTEXT");
    let port = clients.map_or(arguments.port, |listener| listener.address.port());
    if clients.is_some() {
        println!("  Kafka     localhost:{port}   (each client is told the address it dialled)");
    }
    if let Some(address) = node.metrics_address() {
        println!("  Metrics   http://localhost:{}/metrics", address.port());
    }
    let elsewhere = match port {
        9092 => String::new(),
        port => format!(" --bootstrap localhost:{port}"),
    };
    println!("  try:  ottla topic create orders{elsewhere}");
    println!("        ottla kafka-topics --bootstrap-server localhost:{port} --list");
    println!("  Ctrl-C stops everything");
}
