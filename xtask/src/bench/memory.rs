//! The state of the page cache, on which figures of a log depend more than on the broker.
//!
//! Memory that a virtual machine has given back is slow to touch again, several times slower than
//! memory that held another file. So the page cache is filled before a row (*recycled*): both
//! brokers then write into memory of the same kind, and nothing is freed between the measurements
//! of a row.

use std::fs::{self, File};
use std::io::Read;
use std::path::Path;
use std::thread;
use std::time::{Duration, Instant};

use anyhow::Context;

/// Left free for whatever else runs.
const LEFT_FREE: u64 = 1 << 30;
/// Read at a time.
const BLOCK: usize = 1 << 20;
/// Dirty memory below which write-back has drained.
const DRAINED: u64 = 64 << 20;
/// How long write-back gets for it; a busy machine may never come to rest.
const PATIENCE: Duration = Duration::from_secs(15);
const PAUSE: Duration = Duration::from_millis(20);

/// Fills the page cache with a file of our own, so that what is written next takes its pages.
///
/// # Errors
/// When the file cannot be made.
pub fn recycle(directory: &Path) -> anyhow::Result<()> {
    fs::create_dir_all(directory)?;
    let path = directory.join("ballast");
    let size = field("MemTotal:")?.saturating_sub(LEFT_FREE);
    let mut file = File::options()
        .create(true)
        .truncate(false)
        .read(true)
        .write(true)
        .open(&path)?;
    // One large hole: it takes no blocks of the disk and costs no reads of it, but pages all the
    // same once it is read.
    file.set_len(size)?;
    let mut block = vec![0; BLOCK];
    while field("MemFree:")? > LEFT_FREE {
        // Several blocks between looks at the memory: the look costs as much as a block.
        for _ in 0..64 {
            if file.read(&mut block)? == 0 {
                return Ok(());
            }
        }
    }
    Ok(())
}

/// Waits until what was written has reached the disk, for a while.
///
/// # Errors
/// When the kernel does not say how much is dirty.
pub fn settle() -> anyhow::Result<()> {
    let deadline = Instant::now() + PATIENCE;
    while field("Dirty:")? + field("Writeback:")? > DRAINED && Instant::now() < deadline {
        thread::sleep(PAUSE);
    }
    Ok(())
}

/// Waits until the deleted topics of a node have left its directory, for a while.
///
/// # Errors
/// When the directory cannot be read.
pub fn await_deletion(data: &Path) -> anyhow::Result<()> {
    let deadline = Instant::now() + 2 * PATIENCE;
    loop {
        let mut left = false;
        for entry in fs::read_dir(data)? {
            left |= entry?.file_name().to_string_lossy().ends_with("-delete");
        }
        if !left || Instant::now() > deadline {
            return Ok(());
        }
        thread::sleep(PAUSE);
    }
}

/// A figure of the kernel's about memory, in bytes.
fn field(name: &str) -> anyhow::Result<u64> {
    let text = fs::read_to_string("/proc/meminfo")?;
    let kilobytes: u64 = text
        .lines()
        .find_map(|line| line.strip_prefix(name))
        .and_then(|rest| rest.trim().strip_suffix(" kB"))
        .with_context(|| format!("/proc/meminfo has {name}"))?
        .parse()?;
    Ok(kilobytes * 1024)
}
