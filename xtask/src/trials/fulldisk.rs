//! A full disk: producers are refused, everything else goes on, and once there is space again so do
//! they; nothing that was acknowledged is lost.
//!
//! One of two log directories, the one with the metadata, lies on a small tmpfs that is filled from
//! outside. It is mounted in a namespace of its own, for which this command starts itself anew.

use std::fs;
use std::io::{ErrorKind, Write};
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::{Duration, Instant};

use anyhow::{Context, bail};
use serde_json::json;

use super::load::Load;
use super::{Broker, client, directory};
use crate::ci::Tally;
use crate::conformance::run_to_end;
use crate::node::{Node, Server};
use crate::runtimes::Runtime;

/// Set in the namespace.
const INSIDE: &str = "OTTLA_XTASK_NAMESPACE";
const DISK: &str = "96m";
const PARTITIONS: u32 = 4;
const RATE: u32 = 12_000;
const PATIENCE: Duration = Duration::from_secs(60);

/// What the command line chooses.
#[derive(clap::Args)]
pub struct Options {
    #[command(flatten)]
    broker: Broker,
}

/// Runs it in a namespace.
///
/// # Errors
/// When there is no such namespace, something else than producers suffers, or a record is lost.
pub fn run(options: &Options) -> anyhow::Result<()> {
    if std::env::var_os(INSIDE).is_some() {
        return run_inside(&options.broker.server()?);
    }
    // Fetched and built here: in the namespace everybody is root.
    let Server::Ottla(binary) = options.broker.server()? else {
        bail!("on a full disk Apache Kafka takes the directory offline, and here it ends");
    };
    run_in_namespace(&binary)
}

/// The same as a stage of `cargo xtask ci`.
///
/// # Errors
/// As of [`run`].
pub fn stage(waived: &[Runtime]) -> anyhow::Result<Tally> {
    for runtime in [Runtime::Namespaces, Runtime::Go] {
        if waived.contains(&runtime) && !runtime.is_there() {
            println!("fulldisk: left out, {runtime:?} is waived and missing");
            return Ok(Tally::default());
        }
    }
    let Server::Ottla(binary) = Broker::default().server()? else {
        bail!("the default is ottla");
    };
    run_in_namespace(&binary).map(|()| Tally::PASSED)
}

fn run_in_namespace(binary: &Path) -> anyhow::Result<()> {
    let mut command = Command::new("unshare");
    if !rustix::process::geteuid().is_root() {
        command.args(["--user", "--map-root-user"]);
    }
    let status = command
        .arg("--mount")
        .arg(std::env::current_exe()?)
        .args(["fulldisk", "--ottla"])
        .arg(binary)
        .env(INSIDE, "1")
        .status()
        .context("unshare runs")?;
    if !status.success() {
        bail!("the run on a full disk failed");
    }
    Ok(())
}

fn run_inside(server: &Server) -> anyhow::Result<()> {
    let directory = directory("fulldisk")?;
    let disk = Disk::make(&directory)?;
    let other = directory.join("other").display().to_string();
    let small = disk.place.join("data").display().to_string();
    let directories = format!("{small},{other}");
    let settings = [
        ("log.dirs", directories.as_str()),
        ("metadata.log.dir", small.as_str()),
        ("log.segment.bytes", "1048576"),
    ];
    let mut node = Node::format(server.clone(), &directory, &settings)?;
    node.start()?;
    let mut reader = client("franz-go", &node.bootstrap(), &directory)?;
    let driver = client("franz-go", &node.bootstrap(), &directory)?;
    let mut load = Load::start(driver, "full", (PARTITIONS, RATE), &[])?;
    load.wait_for(2_000)?;

    disk.fill()?;
    wait_for_words(&node, "the log directory is full", 1)?;
    node.must_run()?;
    let acked = load.acked()?;
    let numbers = json!({ "op": "numbers", "topic": "full", "partitions": PARTITIONS });
    let answer = reader.call_within(&numbers, PATIENCE)?;
    let read = count(&answer);
    if read < usize::try_from(acked)? {
        bail!("{acked} records were acknowledged, but only {read} can be read");
    }
    println!("fulldisk: full, and {read} records can be read");

    disk.empty()?;
    wait_for_words(&node, "the log directory has space again", 1)?;
    load.wait_for(2_000)?;
    println!("fulldisk: with space again, records are taken");

    disk.fill()?;
    wait_for_words(&node, "the log directory is full", 2)?;
    node.kill();
    match node.start() {
        Ok(()) => println!("fulldisk: killed and started on the full disk"),
        Err(error) if error.to_string().contains("no space left") => {
            println!("fulldisk: on the full disk it does not start, and says why");
        }
        Err(error) => return Err(error),
    }
    disk.empty()?;
    if node.process_id().is_none() {
        node.start()?;
    }
    load.wait_for(2_000)?;
    let outcome = load.finish()?;
    node.stop()?;
    println!(
        "fulldisk: {} written, nothing acknowledged is lost",
        outcome.sent
    );
    println!("1 passed, 0 failed");
    Ok(())
}

fn count(answer: &serde_json::Value) -> usize {
    let partitions = answer.get("partitions").and_then(|p| p.as_array());
    let partitions = partitions.into_iter().flatten();
    partitions
        .filter_map(|numbers| numbers.as_array().map(Vec::len))
        .sum()
}

/// Waits until the broker has said something so many times.
fn wait_for_words(node: &Node, words: &str, times: usize) -> anyhow::Result<()> {
    let deadline = Instant::now() + PATIENCE;
    loop {
        let output = fs::read_to_string(node.directory().join("output.log"))?;
        if output.matches(words).count() >= times {
            return Ok(());
        }
        if Instant::now() > deadline {
            bail!("the broker does not say {words:?}");
        }
        std::thread::sleep(Duration::from_millis(50));
    }
}

/// A small file system that somebody else fills.
struct Disk {
    place: PathBuf,
}

impl Disk {
    fn make(directory: &Path) -> anyhow::Result<Self> {
        let place = directory.join("disk");
        fs::create_dir_all(&place)?;
        let mut mount = Command::new("mount");
        mount.args(["-t", "tmpfs", "-o", &format!("size={DISK}"), "tmpfs"]);
        let (status, output, errors) = run_to_end(mount.arg(&place), "")?;
        if status != 0 {
            bail!("mount ends with {status}: {output}{errors}");
        }
        Ok(Self { place })
    }

    fn ballast(&self) -> PathBuf {
        self.place.join("ballast")
    }

    fn fill(&self) -> anyhow::Result<()> {
        let mut file = fs::File::create(self.ballast())?;
        let mut bytes = vec![0; 1 << 20];
        loop {
            match file.write(&bytes) {
                Ok(0) => return Ok(()),
                Ok(_) => {}
                Err(error) if error.kind() == ErrorKind::StorageFull && bytes.len() > 1 => {
                    bytes.truncate(bytes.len() / 2);
                }
                Err(error) if error.kind() == ErrorKind::StorageFull => return Ok(()),
                Err(error) => return Err(error.into()),
            }
        }
    }

    fn empty(&self) -> anyhow::Result<()> {
        Ok(fs::remove_file(self.ballast())?)
    }
}
