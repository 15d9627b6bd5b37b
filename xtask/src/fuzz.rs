//! Fuzzing under guidance of coverage, with the compiler that the project has: libFuzzer needs
//! LLVM's counters, not a nightly compiler. Only its sanitizers do, and they look for what safe
//! code lacks.
//!
//! What is found lies under `target/fuzz/findings`; it belongs into `fuzz/corpus`, which the tests
//! of `testing/fuzz` run.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context, bail};

use crate::workspace;

/// What the command line says.
#[derive(clap::Args)]
pub struct Options {
    /// Targets; all when none is named.
    targets: Vec<String>,
    /// How long each target runs.
    #[arg(long, default_value_t = 600)]
    seconds: u64,
}

/// As cargo-fuzz does, without a sanitizer.
const COVERAGE: &str = "--cfg fuzzing -Ccodegen-units=1 -Cdebug-assertions -Coverflow-checks \
    -Cpasses=sancov-module \
    -Cllvm-args=-sanitizer-coverage-level=4 \
    -Cllvm-args=-sanitizer-coverage-inline-8bit-counters \
    -Cllvm-args=-sanitizer-coverage-pc-table \
    -Cllvm-args=-sanitizer-coverage-trace-compares";

/// Builds and runs the targets, one after the other.
///
/// # Errors
/// When a target does not exist, does not build, or finds something.
pub fn run(options: &Options) -> anyhow::Result<()> {
    let known = targets()?;
    for target in &options.targets {
        if !known.contains(target) {
            bail!(
                "no target is called {target}; there are {}",
                known.join(", ")
            );
        }
    }
    let chosen = match options.targets.as_slice() {
        [] => &known,
        _ => &options.targets,
    };
    let programs = build()?;
    for target in chosen {
        fuzz(&programs, target, options.seconds)?;
    }
    Ok(())
}

fn directory() -> PathBuf {
    workspace::root().join("fuzz")
}

fn targets() -> anyhow::Result<Vec<String>> {
    let mut targets = Vec::new();
    for entry in fs::read_dir(directory().join("fuzz_targets"))? {
        let path = entry?.path();
        if let Some(stem) = path.file_stem() {
            targets.push(stem.to_string_lossy().into_owned());
        }
    }
    targets.sort();
    Ok(targets)
}

fn build() -> anyhow::Result<PathBuf> {
    let host = host()?;
    let output = workspace::target().join("fuzz");
    // A named target, even though it is the host: build scripts then go without the counters.
    let status = Command::new("cargo")
        .args(["build", "--release", "--quiet", "--target", &host])
        .arg("--target-dir")
        .arg(&output)
        .current_dir(directory())
        .env("RUSTFLAGS", COVERAGE)
        .status()
        .context("cargo runs")?;
    if !status.success() {
        bail!("the targets do not build");
    }
    Ok(output.join(host).join("release"))
}

fn host() -> anyhow::Result<String> {
    let output = Command::new("rustc").arg("-vV").output()?;
    let text = String::from_utf8(output.stdout)?;
    let host = text.lines().find_map(|line| line.strip_prefix("host: "));
    Ok(host.context("rustc names its host")?.to_owned())
}

fn fuzz(programs: &Path, target: &str, seconds: u64) -> anyhow::Result<()> {
    let output = workspace::target().join("fuzz");
    let grown = output.join("corpus").join(target);
    let findings = output.join("findings").join(target);
    fs::create_dir_all(&grown)?;
    fs::create_dir_all(&findings)?;
    println!("fuzz: {target}, {seconds} s");
    let status = Command::new(programs.join(target))
        .arg(format!("-max_total_time={seconds}"))
        .arg(format!("-artifact_prefix={}/", findings.display()))
        .args([
            "-rss_limit_mb=1024",
            "-timeout=10",
            "-verbosity=0",
            "-print_final_stats=1",
        ])
        .arg(&grown)
        .arg(directory().join("corpus").join(target))
        .status()
        .with_context(|| format!("{target} runs"))?;
    if !status.success() {
        bail!("{target} found something: {}", findings.display());
    }
    Ok(())
}
