//! Lines of files that are really there: in through one vendor's client, out through another's
//! group of three members. Counts and hashes per key agree, and Kafka's dump tool reads every file.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use anyhow::{Context, bail};
use serde_json::{Value, json};

use super::{Broker, client, directory, dump};
use crate::apache_kafka::{ApacheKafka, REFERENCE};
use crate::conformance::{is_balanced, settle};
use crate::driver::Driver;
use crate::node::Node;
use crate::{packages, workspace};

const PARTITIONS: u32 = 6;
const TOPIC: &str = "files";
const PATIENCE: Duration = Duration::from_secs(3600);

/// No record may be longer than a broker's default allows.
const LONGEST_LINE: usize = 900_000;

/// What the command line chooses.
#[derive(clap::Args)]
pub struct Options {
    /// How much to write, in units of 1,000,000,000 bytes.
    #[arg(long, default_value_t = 1.0)]
    gigabytes: f64,
    #[command(flatten)]
    broker: Broker,
}

/// A key's number of lines and the hash of them.
type Digests = BTreeMap<String, (u64, String)>;

/// Runs it.
///
/// # Errors
/// When a key's count or hash differs, or the dump tool complains.
pub fn run(options: &Options) -> anyhow::Result<()> {
    let server = options.broker.server()?;
    let directory = directory("realdata")?;
    let mut node = Node::format(server, &directory, &[])?;
    node.start()?;
    let bootstrap = node.bootstrap();
    let mut writer = client("franz-go", &bootstrap, &directory)?;
    writer.create_topic(TOPIC, PARTITIONS, &[("segment.bytes", "67108864")])?;
    let mut members = Vec::new();
    for _ in 0..3 {
        let mut member = client("java", &bootstrap, &directory)?;
        member.call(&json!({ "op": "join", "group": "readers", "topic": TOPIC,
            "session_timeout_ms": 30_000, "max_poll_records": "2000" }))?;
        members.push(member);
    }
    settle(
        &mut members.iter_mut().collect::<Vec<&mut Driver>>(),
        |assignments| is_balanced(assignments, PARTITIONS as usize),
    )?;

    let (list, wanted, bytes) = choose((options.gigabytes * 1e9) as u64)?;
    let list_file = directory.join("files.list");
    fs::write(&list_file, list)?;
    println!("realdata: {} keys, {bytes} bytes of lines", wanted.len());
    let start = Instant::now();
    for member in &mut members {
        member.send(&json!({ "op": "digest", "idle_ms": 15_000 }))?;
    }
    let request = json!({ "op": "produce_lines", "topic": TOPIC, "compression": "lz4",
        "list": list_file.to_string_lossy() });
    let answer = writer.call_within(&request, PATIENCE)?;
    println!(
        "realdata: written {answer} in {:.1} s",
        start.elapsed().as_secs_f64()
    );
    let mut found = Digests::new();
    for member in &mut members {
        merge(&mut found, &member.receive_within(PATIENCE)?)?;
    }
    compare(&wanted, &found)?;
    println!(
        "realdata: all counts and hashes agree, {:.1} s",
        start.elapsed().as_secs_f64()
    );
    node.stop()?;
    let files = dump::dump_all(&ApacheKafka::fetch(REFERENCE)?, &node.data())?;
    println!("realdata: Kafka's dump tool reads {files} files without complaint");
    println!("1 passed, 0 failed");
    Ok(())
}

/// Files of at least so many bytes: their list for the writer, and what must come back.
fn choose(bytes: u64) -> anyhow::Result<(String, Digests, u64)> {
    let mut files = Vec::new();
    for source in sources() {
        collect(&source, &mut files)?;
    }
    files.sort();
    let (mut list, mut wanted, mut size) = (String::new(), Digests::new(), 0);
    let mut round = 0;
    while size < bytes {
        let before = size;
        for file in &files {
            if size >= bytes {
                break;
            }
            let content = fs::read(file)?;
            if content
                .split(|byte| *byte == b'\n')
                .any(|line| line.len() > LONGEST_LINE)
            {
                continue;
            }
            let key = format!("{round}:{}", file.display());
            let (count, hash) = digest(&content);
            if count > 0 {
                list.push_str(&format!("{key}\t{}\n", file.display()));
                wanted.insert(key, (count, format!("{hash:x}")));
                size += content.len() as u64;
            }
        }
        if size == before {
            bail!("there are no files: run `cargo fetch`");
        }
        round += 1;
    }
    Ok((list, wanted, size))
}

/// The sources of fetched crates, and the packages of the clients.
fn sources() -> Vec<PathBuf> {
    let cargo = std::env::var_os("CARGO_HOME").map(PathBuf::from);
    let home = std::env::home_dir().map(|home| home.join(".cargo"));
    let registry = cargo.or(home).map(|cargo| cargo.join("registry/src"));
    let sources = [
        registry,
        Some(packages::cache("")),
        Some(workspace::root().join("crates")),
    ];
    sources
        .into_iter()
        .flatten()
        .filter(|directory| directory.is_dir())
        .collect()
}

fn collect(directory: &Path, files: &mut Vec<PathBuf>) -> anyhow::Result<()> {
    for entry in fs::read_dir(directory)? {
        let entry = entry?;
        let kind = entry.file_type()?;
        let path = entry.path();
        if kind.is_dir() {
            collect(&path, files)?;
        } else if kind.is_file() && path.to_str().is_some_and(|name| !name.contains('\t')) {
            files.push(path);
        }
    }
    Ok(())
}

/// How many lines some bytes have, and FNV-1a of 64 bits over them, each with its line feed.
pub(super) fn digest(content: &[u8]) -> (u64, u64) {
    const OFFSET: u64 = 0xcbf2_9ce4_8422_2325;
    const PRIME: u64 = 0x100_0000_01b3;
    let step = |hash: u64, byte: u8| (hash ^ u64::from(byte)).wrapping_mul(PRIME);
    let (mut count, mut hash) = (0, OFFSET);
    for byte in content {
        hash = step(hash, *byte);
        count += u64::from(*byte == b'\n');
    }
    if content.last().is_some_and(|last| *last != b'\n') {
        return (count + 1, step(hash, b'\n'));
    }
    (count, hash)
}

fn merge(found: &mut Digests, answer: &Value) -> anyhow::Result<()> {
    let keys = answer
        .get("keys")
        .and_then(Value::as_object)
        .context("keys")?;
    for (key, pair) in keys {
        let count = pair.get(0).and_then(Value::as_u64).context("a count")?;
        let hash = pair.get(1).and_then(Value::as_str).context("a hash")?;
        if found
            .insert(key.clone(), (count, hash.to_owned()))
            .is_some()
        {
            bail!("two members have read {key}");
        }
    }
    Ok(())
}

fn compare(wanted: &Digests, found: &Digests) -> anyhow::Result<()> {
    for (key, wanted) in wanted {
        match found.get(key) {
            None => bail!("nothing was read of {key}"),
            Some(found) if found != wanted => bail!("{key}: {found:?} instead of {wanted:?}"),
            Some(_) => {}
        }
    }
    match found.keys().find(|key| !wanted.contains_key(*key)) {
        Some(key) => bail!("{key} was never written"),
        None => Ok(()),
    }
}
