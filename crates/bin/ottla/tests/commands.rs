//! The first minute with the binary: what it says and leaves behind.

#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

use std::io::{BufRead, BufReader};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Output, Stdio};

fn ottla(words: &[&str]) -> Output {
    Command::new(env!("CARGO_BIN_EXE_ottla"))
        .args(words)
        .output()
        .unwrap()
}

fn said(output: &Output) -> String {
    let text = [output.stdout.clone(), output.stderr.clone()].concat();
    String::from_utf8(text).unwrap()
}

/// A node that keeps nothing, killed with the value.
struct Dev(Child);

impl Dev {
    /// Started, and ready: its banner is printed.
    fn start() -> Dev {
        let mut child = Command::new(env!("CARGO_BIN_EXE_ottla"))
            .args(["dev", "--mem", "--port", "0"])
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()
            .unwrap();
        let banner = BufReader::new(child.stdout.take().unwrap());
        let dev = Dev(child);
        assert!(banner.lines().any(|line| line.unwrap().contains("Ctrl-C")));
        dev
    }

    fn directory(&self) -> PathBuf {
        let name = format!("ottla-{}", self.0.id());
        let places = ["/dev/shm", "/run"].map(|place| Path::new(place).join(&name));
        places.into_iter().find(|path| path.is_dir()).unwrap()
    }
}

impl Drop for Dev {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

#[test]
fn what_a_killed_node_left_in_memory_is_removed_by_the_next_one_alone() {
    let killed = Dev::start();
    let alive = Dev::start();
    let abandoned = killed.directory();
    assert!(abandoned.is_dir());
    drop(killed);
    let next = Dev::start();
    assert!(!abandoned.exists() && !abandoned.with_extension("lock").exists());
    assert!(alive.directory().join("meta.properties").is_file());
    assert!(next.directory().join("meta.properties").is_file());
}

#[test]
fn data_that_are_no_directory_are_named() {
    let file = tempfile::NamedTempFile::new().unwrap();
    let path = file.path().to_str().unwrap();
    let output = ottla(&["dev", "--port", "0", "--data", path]);
    assert_eq!(output.status.code(), Some(1));
    let said = said(&output);
    assert!(
        said.contains(path) && said.contains("is not a directory"),
        "{said}"
    );
}

#[test]
fn a_port_that_is_taken_is_named() {
    let home = tempfile::tempdir().unwrap();
    let taken = std::net::TcpListener::bind(("0.0.0.0", 0)).unwrap();
    let port = taken.local_addr().unwrap().port().to_string();
    let data = home.path().join("data");
    let output = ottla(&["dev", "--port", &port, "--data", data.to_str().unwrap()]);
    assert_eq!(output.status.code(), Some(1));
    let said = said(&output);
    assert!(said.contains(&port) && said.contains("in use"), "{said}");
}

#[test]
fn kafka_server_start_tells_what_kafkas_script_tells() {
    let output = ottla(&["kafka-server-start"]);
    assert_eq!(output.status.code(), Some(1));
    assert!(said(&output).starts_with("USAGE: "));
    let output = ottla(&["kafka-server-start", "--version"]);
    assert_eq!(
        (output.status.code(), said(&output)),
        (Some(0), "4.3.1\n".to_owned())
    );
    let output = ottla(&["kafka-server-start", "-daemon", "server.properties"]);
    assert_eq!(output.status.code(), Some(1));
    assert!(said(&output).contains("-daemon"));
}

#[test]
fn the_overview_names_the_commands_of_the_server_too() {
    let text = said(&ottla(&["help"]));
    for name in [
        "dev",
        "start",
        "links DIR",
        "help",
        "version",
        "kafka-storage",
    ] {
        assert!(text.contains(&format!("\n  {name} ")), "{name}: {text}");
    }
}
