//! What tests need from package registries, fetched by the registries' own tools into `target/`.
//!
//! A directory is complete when it holds the stamp of what was asked for; a half-fetched one is
//! fetched again.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::sync::{Mutex, PoisonError};

use anyhow::{Context, bail};

use crate::workspace;

const STAMP: &str = ".complete";

/// One thread fetches at a time: several may want the same directory.
static FETCHING: Mutex<()> = Mutex::new(());

/// The jars of a pom, with the property `kafka.version` set.
///
/// # Errors
/// When Maven fails.
pub fn maven(pom: &Path, directory: &Path, version: &str) -> anyhow::Result<()> {
    let wanted = format!("{version}\n{}", fs::read_to_string(pom)?);
    fetch(directory, &wanted, || {
        let mut command = Command::new("mvn");
        command.args(["--quiet", "--batch-mode", "--file"]).arg(pom);
        command.arg(format!("-Dkafka.version={version}"));
        command.args(["dependency:copy-dependencies", "-DincludeScope=runtime"]);
        command.arg(format!("-DoutputDirectory={}", directory.display()));
        run(&mut command)
    })
}

/// A Python environment with the packages of a list of requirements. Gives its interpreter.
///
/// # Errors
/// When Python or pip fails.
pub fn python(requirements: &Path) -> anyhow::Result<PathBuf> {
    let directory = cache("python");
    fetch(&directory, &fs::read_to_string(requirements)?, || {
        run(Command::new("python3").args(["-m", "venv"]).arg(&directory))?;
        let mut pip = Command::new(directory.join("bin/pip"));
        run(pip
            .args(["install", "--quiet", "--requirement"])
            .arg(requirements))
    })?;
    Ok(directory.join("bin/python3"))
}

/// A directory with the sources of a Node program beside its locked packages.
///
/// # Errors
/// When npm fails.
pub fn node(sources: &Path) -> anyhow::Result<PathBuf> {
    let directory = cache("node");
    fetch(
        &directory,
        &fs::read_to_string(sources.join("package-lock.json"))?,
        || {
            for file in ["package.json", "package-lock.json"] {
                fs::copy(sources.join(file), directory.join(file))?;
            }
            let mut npm = Command::new("npm");
            run(npm
                .args(["ci", "--silent", "--no-audit", "--no-fund"])
                .current_dir(&directory))
        },
    )?;
    for file in fs::read_dir(sources)? {
        let file = file?.path();
        if file.extension().is_some_and(|extension| extension == "js") {
            fs::copy(
                &file,
                directory.join(file.file_name().context("a file has a name")?),
            )?;
        }
    }
    Ok(directory)
}

/// A Go program, built.
///
/// # Errors
/// When Go fails.
pub fn go(sources: &Path, name: &str) -> anyhow::Result<PathBuf> {
    let program = cache("go").join(name);
    let _alone = FETCHING.lock().unwrap_or_else(PoisonError::into_inner);
    let mut build = Command::new("go");
    build
        .args(["build", "-o"])
        .arg(&program)
        .arg(".")
        .current_dir(sources);
    run(build
        .env("GOPATH", cache("gopath"))
        .env("GOFLAGS", "-mod=readonly -modcacherw"))?;
    Ok(program)
}

/// Java classes, compiled against jars. Gives their directory.
///
/// # Errors
/// When the compiler fails.
pub fn java(sources: &[PathBuf], libraries: &Path, name: &str) -> anyhow::Result<PathBuf> {
    let classes = cache("java").join(name);
    let mut wanted = String::new();
    for source in sources {
        wanted.push_str(&fs::read_to_string(source)?);
    }
    fetch(&classes, &wanted, || {
        let mut compiler = Command::new("javac");
        compiler
            .arg("-cp")
            .arg(libraries.join("*"))
            .arg("-d")
            .arg(&classes);
        run(compiler.args(sources))
    })?;
    Ok(classes)
}

/// A directory of the cache.
pub fn cache(name: &str) -> PathBuf {
    workspace::target().join("packages").join(name)
}

fn fetch(
    directory: &Path,
    wanted: &str,
    work: impl FnOnce() -> anyhow::Result<()>,
) -> anyhow::Result<()> {
    let _alone = FETCHING.lock().unwrap_or_else(PoisonError::into_inner);
    let stamp = directory.join(STAMP);
    if fs::read_to_string(&stamp).is_ok_and(|found| found == wanted) {
        return Ok(());
    }
    println!("packages: fetching into {}", directory.display());
    if directory.exists() {
        fs::remove_dir_all(directory)?;
    }
    fs::create_dir_all(directory)?;
    work()?;
    fs::write(&stamp, wanted).context("a fetched directory is marked complete")
}

fn run(command: &mut Command) -> anyhow::Result<()> {
    let program = command.get_program().to_string_lossy().into_owned();
    let output = command
        .stdin(Stdio::null())
        .output()
        .with_context(|| format!("{program} runs: is it installed?"))?;
    if !output.status.success() {
        let (out, error) = (&output.stdout, &output.stderr);
        bail!(
            "{program}: {}{}",
            String::from_utf8_lossy(out),
            String::from_utf8_lossy(error)
        );
    }
    Ok(())
}
