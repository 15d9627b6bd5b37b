//! A power cut: the file system under the broker goes down without a flush. With fsync nothing that
//! was acknowledged is lost.
//!
//! The log directory lies on an ext4 file system in a file, mounted by loop. Root is needed. When a
//! trial fails, the file is kept as the last cut left it, and as it was at the end: both are
//! mounted with `mount -o loop,ro,noload`, without the journal being played.

use std::fs;
use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::{SystemTime, UNIX_EPOCH};

use anyhow::{Context, bail};
use rustix::process::{Pid, Signal, kill_process};

use super::load::Load;
use super::{Broker, client, directory};
use crate::conformance::run_to_end;
use crate::node::Node;

/// Asks ext4 to go down at once, without writing its journal. Python is the shortest way to an
/// ioctl from a program without unsafe code.
const SHUT_DOWN: &str = "
import fcntl, os, struct, sys
EXT4_IOC_SHUTDOWN, WITHOUT_FLUSH = 0x8004587D, 2
directory = os.open(sys.argv[1], os.O_RDONLY)
sys.stdin.readline()
fcntl.ioctl(directory, EXT4_IOC_SHUTDOWN, struct.pack('I', WITHOUT_FLUSH))
";

const PARTITIONS: u32 = 3;
const RATE: u32 = 3_000;

/// What the command line chooses.
#[derive(clap::Args)]
pub struct Options {
    /// How often the power is cut.
    #[arg(long, default_value_t = 1)]
    times: u32,
    /// `fsync`, where nothing may be lost, or `os`, to see that the cut is real.
    #[arg(long, default_value = "fsync", value_parser = ["fsync", "os"])]
    durability: String,
    #[command(flatten)]
    broker: Broker,
}

/// Runs it.
///
/// # Errors
/// When the file system cannot be made, the broker does not come back, or a record is lost.
pub fn run(options: &Options) -> anyhow::Result<()> {
    if !rustix::process::geteuid().is_root() {
        bail!("a power cut needs root, to mount a file system");
    }
    let directory = directory("powercut")?;
    let disk = Disk::make(&directory)?;
    let outcome = trial(options, &directory, &disk);
    if outcome.is_err() {
        let kept = disk.keep(&directory)?;
        println!("powercut: what is left of it is kept in {}", kept.display());
    }
    outcome
}

fn trial(options: &Options, directory: &Path, disk: &Disk) -> anyhow::Result<()> {
    let server = options.broker.server()?;
    let data = disk.place.join("data").display().to_string();
    let mut node = Node::format(server, directory, &[("log.dirs", &data)])?;
    node.start()?;
    // Formatting and the first start are long past when a disk loses power in earnest.
    succeed(Command::new("sync").arg("--file-system").arg(&disk.place))?;
    let driver = client("franz-go", &node.bootstrap(), directory)?;
    let messages = if options.durability == "fsync" {
        "1"
    } else {
        "9223372036854775807"
    };
    let configs = [("flush.messages", messages)];
    let mut load = Load::start(driver, "power", (PARTITIONS, RATE), &configs)?;
    for time in 1..=options.times {
        load.wait_for(5_000)?;
        disk.cut(|| halt(&node))?;
        node.kill();
        disk.mount_again()?;
        node.start()?;
        println!("powercut: the broker is back after cut {time}");
    }
    load.wait_for(1_000)?;
    let outcome = load.finish()?;
    node.stop()?;
    println!(
        "powercut: {} written, nothing acknowledged is lost",
        outcome.sent
    );
    println!("1 passed, 0 failed");
    Ok(())
}

/// Has the broker answer nobody any more, as a machine without power: while it goes down, ext4
/// reports syncs as done that are not, and what rests on them must not be taken for acknowledged.
fn halt(node: &Node) -> anyhow::Result<()> {
    let id = node.process_id().context("the broker runs")?;
    let id = Pid::from_raw(i32::try_from(id)?).context("a process has an id")?;
    Ok(kill_process(id, Signal::STOP)?)
}

/// A file system in a file.
struct Disk {
    image: PathBuf,
    place: PathBuf,
}

impl Disk {
    fn make(directory: &Path) -> anyhow::Result<Self> {
        let image = directory.join("disk.image");
        fs::File::create(&image)?.set_len(1 << 30)?;
        let place = directory.join("disk");
        fs::create_dir_all(&place)?;
        succeed(Command::new("mkfs.ext4").args(["-q", "-F"]).arg(&image))?;
        let disk = Self { image, place };
        disk.mount()?;
        Ok(disk)
    }

    fn mount(&self) -> anyhow::Result<()> {
        succeed(
            Command::new("mount")
                .args(["-o", "loop"])
                .arg(&self.image)
                .arg(&self.place),
        )
    }

    /// Takes the file system down, `halt` being the last thing before.
    fn cut(&self, halt: impl FnOnce() -> anyhow::Result<()>) -> anyhow::Result<()> {
        let mut python = Command::new("python3")
            .args(["-c", SHUT_DOWN])
            .arg(&self.place)
            .stdin(Stdio::piped())
            .spawn()?;
        let mut trigger = python.stdin.take().context("its input is a pipe")?;
        halt()?;
        trigger.write_all(b"now\n")?;
        let status = python.wait()?;
        if !status.success() {
            bail!("the file system is not shut down: {status}");
        }
        Ok(())
    }

    /// Mounting replays the journal, as at the start after a power cut. The image from before that
    /// is the witness of what the cut did.
    fn mount_again(&self) -> anyhow::Result<()> {
        succeed(Command::new("umount").arg(&self.place))?;
        let mut copy = Command::new("cp");
        copy.arg("--sparse=always").arg(&self.image);
        succeed(copy.arg(self.after_cut()))?;
        self.mount()
    }

    fn after_cut(&self) -> PathBuf {
        self.image.with_file_name("after-cut.image")
    }

    /// Puts the images and the node's log where the next trial does not remove them.
    fn keep(&self, directory: &Path) -> anyhow::Result<PathBuf> {
        let time = SystemTime::now().duration_since(UNIX_EPOCH)?.as_secs();
        let kept = directory.with_file_name(format!("powercut-failed-{time}"));
        succeed(Command::new("sync").arg("--file-system").arg(&self.place))?;
        succeed(Command::new("umount").arg("--lazy").arg(&self.place))?;
        fs::rename(directory, &kept)?;
        Ok(kept)
    }
}

impl Drop for Disk {
    fn drop(&mut self) {
        // The node may still be running when a run fails: the mount then goes with its end.
        let _ = succeed(Command::new("umount").arg("--lazy").arg(&self.place));
    }
}

fn succeed(command: &mut Command) -> anyhow::Result<()> {
    let (status, output, errors) = run_to_end(command, "")?;
    if status != 0 {
        let name = command.get_program().to_string_lossy();
        bail!("{name} ends with {status}: {output}{errors}");
    }
    Ok(())
}
