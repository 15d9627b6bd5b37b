//! What the kernel knows of a process: its processor time and its memory.

use std::fs;
use std::time::Instant;

use anyhow::Context;
use clap::Args;
use serde_json::{Value, json};

use crate::latency::Latencies;

/// Options of the look at a process.
#[derive(Args, Clone, Debug)]
pub struct Options {
    /// The process.
    #[arg(long)]
    pid: u32,
}

/// Looks at the memory of a process.
///
/// # Errors
/// When there is no such process.
pub fn run(options: &Options) -> anyhow::Result<Value> {
    let (resident, highest) = resident_megabytes(options.pid)?;
    Ok(json!({ "resident_megabytes": resident, "highest_resident_megabytes": highest }))
}

/// The unit of times in `/proc`, the same on every Linux.
const TICKS_PER_SECOND: f64 = 100.0;

/// Processor time of a process so far, user and system, in seconds.
///
/// # Errors
/// When there is no such process.
fn cpu_seconds(pid: u32) -> anyhow::Result<f64> {
    let path = format!("/proc/{pid}/stat");
    let text = fs::read_to_string(&path).with_context(|| path.clone())?;
    // The name of the program stands in parentheses and may hold anything.
    let (_, fields) = text.rsplit_once(')').with_context(|| path.clone())?;
    let mut fields = fields.split_whitespace().skip(11);
    let mut ticks =
        || -> anyhow::Result<f64> { Ok(fields.next().with_context(|| path.clone())?.parse()?) };
    let total = ticks()? + ticks()?;
    Ok(total / TICKS_PER_SECOND)
}

/// Processor time that all processes together have used so far, in seconds.
fn cpu_seconds_of_all() -> anyhow::Result<f64> {
    const PATH: &str = "/proc/stat";
    const IDLE: [usize; 2] = [3, 4];
    let text = fs::read_to_string(PATH).context(PATH)?;
    let first = text.lines().next().context(PATH)?;
    let mut busy = 0.0;
    // user, nice, system, idle, iowait, irq, softirq, steal; what follows is counted in these.
    for (place, ticks) in first.split_whitespace().skip(1).take(8).enumerate() {
        if !IDLE.contains(&place) {
            busy += ticks.parse::<f64>().context(PATH)?;
        }
    }
    Ok(busy / TICKS_PER_SECOND)
}

/// Resident memory of a process now and at its highest, in MB.
///
/// # Errors
/// When there is no such process.
fn resident_megabytes(pid: u32) -> anyhow::Result<(f64, f64)> {
    let path = format!("/proc/{pid}/status");
    let text = fs::read_to_string(&path).with_context(|| path.clone())?;
    let field = |name: &str| {
        text.lines()
            .find_map(|line| line.strip_prefix(name))
            .and_then(|rest| rest.trim().trim_end_matches(" kB").parse::<f64>().ok())
            .map(|kilobytes| kilobytes * 1024.0 / 1e6)
            .with_context(|| format!("{path} has no {name}"))
    };
    Ok((field("VmRSS:")?, field("VmHWM:")?))
}

/// Time and processor time between two moments of one measurement.
pub struct Meter {
    pid: u32,
    started: Instant,
    broker: f64,
    own: f64,
    all: f64,
}

impl Meter {
    /// Starts to measure the process `pid`, and this one beside it.
    ///
    /// # Errors
    /// When there is no such process.
    pub fn start(pid: u32) -> anyhow::Result<Meter> {
        Ok(Meter {
            pid,
            broker: cpu_seconds(pid)?,
            own: cpu_seconds(std::process::id())?,
            all: cpu_seconds_of_all()?,
            started: Instant::now(),
        })
    }

    /// The figures for so many bytes and requests since the start.
    ///
    /// # Errors
    /// When the process has ended.
    pub fn figures(
        &self,
        bytes: u64,
        requests: u64,
        latencies: Latencies,
    ) -> anyhow::Result<Value> {
        let seconds = self.started.elapsed().as_secs_f64();
        let gigabytes = bytes as f64 / 1e9;
        let broker = cpu_seconds(self.pid)? - self.broker;
        let own = cpu_seconds(std::process::id())? - self.own;
        let others = cpu_seconds_of_all()? - self.all - broker - own;
        let (resident, highest) = resident_megabytes(self.pid)?;
        Ok(json!({
            "megabytes_per_second": bytes as f64 / 1e6 / seconds,
            "requests_per_second": requests as f64 / seconds,
            "broker_cpu_seconds_per_gigabyte": broker / gigabytes,
            "loader_cpu_seconds_per_gigabyte": own / gigabytes,
            "other_processes_cpus": others.max(0.0) / seconds,
            "broker_resident_megabytes": resident,
            "broker_highest_resident_megabytes": highest,
            "latency_ms": latencies.figures(),
            "bytes": bytes,
            "requests": requests,
            "seconds": seconds,
        }))
    }
}
