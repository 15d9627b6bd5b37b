//! Log directories that a node does not start on: the process ends with status 1 and one sentence
//! that says which directory it is and what is wrong.

#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

use std::fs::{self, Permissions};
use std::os::unix::fs::PermissionsExt;
use std::os::unix::process::CommandExt;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};

use tempfile::TempDir;

const CLUSTER_ID: &str = "b3R0bGEtZGlyZWN0b3JpZXM";

/// A node with two formatted log directories, not started.
struct Node {
    home: TempDir,
}

impl Node {
    fn new() -> Node {
        let node = Node {
            home: tempfile::tempdir().unwrap(),
        };
        let properties = format!(
            "process.roles=broker,controller\n\
             node.id=1\n\
             listeners=PLAINTEXT://127.0.0.1:0,CONTROLLER://127.0.0.1:0\n\
             controller.listener.names=CONTROLLER\n\
             controller.quorum.bootstrap.servers=127.0.0.1:1\n\
             log.dirs={},{}\n",
            node.first().display(),
            node.second().display()
        );
        fs::write(node.properties(), properties).unwrap();
        let output = Command::new(env!("CARGO_BIN_EXE_ottla"))
            .args([
                "kafka-storage",
                "format",
                "--standalone",
                "--cluster-id",
                CLUSTER_ID,
            ])
            .arg("--config")
            .arg(node.properties())
            .output()
            .unwrap();
        assert!(output.status.success(), "{output:?}");
        node
    }

    fn properties(&self) -> PathBuf {
        self.home.path().join("server.properties")
    }

    fn first(&self) -> PathBuf {
        self.home.path().join("first")
    }

    fn second(&self) -> PathBuf {
        self.home.path().join("second")
    }

    fn command(&self) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_ottla"));
        command.arg("start").arg(self.properties());
        command
    }

    /// Starts, which must fail; what is said but for warnings.
    fn refusal(&self) -> String {
        let output = self.command().output().unwrap();
        let said = String::from_utf8_lossy(&output.stderr).into_owned();
        assert_eq!(output.status.code(), Some(1), "{said}");
        let lines = said.lines().filter(|line| !line.contains(" WARN "));
        lines.collect::<Vec<_>>().join("\n")
    }

    fn edit(&self, directory: &Path, from: &str, to: &str) {
        let file = directory.join("meta.properties");
        let text = fs::read_to_string(&file).unwrap();
        assert!(text.contains(from));
        fs::write(&file, text.replace(from, to)).unwrap();
    }

    /// A replica's directory as a broker makes it.
    fn add_replica(directory: &Path, name: &str) {
        let replica = directory.join(name);
        fs::create_dir_all(&replica).unwrap();
        fs::write(replica.join("00000000000000000000.log"), "").unwrap();
    }
}

fn assert_says(said: &str, directory: &Path, words: &str) {
    let path = directory.display().to_string();
    assert!(said.contains(&path) && said.contains(words), "{said}");
    assert_eq!(said.matches(words).count(), 1, "said once: {said}");
}

#[test]
fn a_directory_that_is_not_formatted() {
    let node = Node::new();
    fs::remove_file(node.second().join("meta.properties")).unwrap();
    assert_says(&node.refusal(), &node.second(), "not formatted");
    fs::remove_dir_all(node.second()).unwrap();
    assert_says(&node.refusal(), &node.second(), "not formatted");
}

#[test]
fn a_directory_of_another_cluster_or_node() {
    let node = Node::new();
    let other = "AAAAAAAAAAAAAAAAAAAAAA";
    node.edit(&node.second(), CLUSTER_ID, other);
    assert_says(&node.refusal(), &node.second(), other);
    let node = Node::new();
    node.edit(&node.second(), "node.id=1", "node.id=7");
    assert_says(&node.refusal(), &node.second(), "stored node id 7");
}

#[test]
fn a_directory_of_the_time_of_zookeeper() {
    let node = Node::new();
    let file = node.second().join("meta.properties");
    fs::write(
        &file,
        format!("version=0\nbroker.id=7\ncluster.id={CLUSTER_ID}\n"),
    )
    .unwrap();
    assert_says(&node.refusal(), &node.second(), "stored node id 7");
}

#[test]
fn a_directory_that_does_not_say_whose_it_is() {
    for text in ["", "garbage \u{0} here", "version=0\nnode.id=1\n"] {
        let node = Node::new();
        fs::write(node.second().join("meta.properties"), text).unwrap();
        assert_says(&node.refusal(), &node.second(), "no broker.id");
    }
    let node = Node::new();
    node.edit(&node.second(), "version=1", "version=2");
    assert_says(&node.refusal(), &node.second(), "version number 2");
}

#[test]
fn a_directory_that_is_a_copy_of_the_other() {
    let node = Node::new();
    let from = node.first().join("meta.properties");
    fs::copy(from, node.second().join("meta.properties")).unwrap();
    assert_says(
        &node.refusal(),
        &node.second(),
        "another directory has directory.id",
    );
}

#[test]
fn a_directory_with_something_else_in_it() {
    let node = Node::new();
    fs::create_dir(node.second().join("holiday-pictures")).unwrap();
    assert_says(&node.refusal(), &node.second(), "holiday-pictures");
}

#[test]
fn a_file_in_place_of_the_directory_with_the_metadata() {
    let node = Node::new();
    fs::remove_dir_all(node.first()).unwrap();
    fs::write(node.first(), "in the way").unwrap();
    assert_says(&node.refusal(), &node.first(), "Not a directory");
}

/// Takes the right to write from everybody but root, and from root by being somebody else.
fn protect(command: &mut Command, directories: &[PathBuf]) {
    const NOBODY: u32 = 65_534;
    for directory in directories {
        let home = directory.parent().unwrap();
        fs::set_permissions(home, Permissions::from_mode(0o755)).unwrap();
        fs::set_permissions(directory, Permissions::from_mode(0o555)).unwrap();
    }
    if rustix::process::getuid().is_root() {
        command.uid(NOBODY).gid(NOBODY);
    }
}

#[test]
fn directories_that_cannot_be_written_to() {
    let node = Node::new();
    // Whoever it is run as may not be allowed to look where it was built.
    let program = node.home.path().join("ottla");
    fs::copy(env!("CARGO_BIN_EXE_ottla"), &program).unwrap();
    let mut command = Command::new(program);
    command.arg("start").arg(node.properties());
    protect(&mut command, &[node.first(), node.second()]);
    let output = command.output().unwrap();
    let said = String::from_utf8_lossy(&output.stderr).into_owned();
    assert_eq!(output.status.code(), Some(1), "{said}");
    let path = node.first().display().to_string();
    assert!(said.contains(&path), "{said}");
    assert!(said.contains("Permission denied"), "{said}");
}

#[test]
fn a_replica_that_lies_in_both_directories_is_no_reason_if_nobody_knows_it() {
    let node = Node::new();
    Node::add_replica(&node.first(), "unknown-0");
    Node::add_replica(&node.second(), "unknown-0");
    let mut running = Running::start(&node);
    running.stop();
    let is_aside = |directory: &Path| {
        let entries = fs::read_dir(directory).unwrap();
        let names = entries.map(|entry| entry.unwrap().file_name().into_string().unwrap());
        names.filter(|name| name.ends_with("-stray")).count()
    };
    assert_eq!((is_aside(&node.first()), is_aside(&node.second())), (1, 1));
}

#[test]
fn a_replica_that_lies_in_both_directories() {
    let node = Node::new();
    let mut running = Running::start(&node);
    running.create_topic(&node, "twice");
    running.stop();
    let (from, to) = if node.first().join("twice-0").exists() {
        (node.first(), node.second())
    } else {
        (node.second(), node.first())
    };
    fs::create_dir(to.join("twice-0")).unwrap();
    for entry in fs::read_dir(from.join("twice-0")).unwrap() {
        let entry = entry.unwrap();
        fs::copy(entry.path(), to.join("twice-0").join(entry.file_name())).unwrap();
    }
    let said = node.refusal();
    assert_says(&said, &node.first(), "twice-0 lies in");
    assert_says(&said, &node.second(), "twice-0 lies in");
}

#[test]
fn a_directory_in_use_says_by_whom() {
    let node = Node::new();
    let mut running = Running::start(&node);
    let process = format!("by process {} (ottla)", running.child.id());
    assert_says(&node.refusal(), &node.first(), &process);
    running.stop();
}

struct Running {
    child: Child,
}

impl Running {
    fn start(node: &Node) -> Running {
        let ready = node.home.path().join("ready");
        let child = node
            .command()
            .arg("--ready-file")
            .arg(&ready)
            .stderr(Stdio::null())
            .spawn()
            .unwrap();
        let mut running = Running { child };
        while !ready.exists() {
            assert!(running.child.try_wait().unwrap().is_none(), "it has ended");
            std::thread::yield_now();
        }
        running
    }

    fn create_topic(&self, node: &Node, topic: &str) {
        let ready = fs::read_to_string(node.home.path().join("ready")).unwrap();
        let listeners = ready.lines();
        let mut addresses = listeners.filter_map(|line| line.strip_prefix("PLAINTEXT="));
        let created = Command::new(env!("CARGO_BIN_EXE_ottla"))
            .args([
                "kafka-topics",
                "--create",
                "--topic",
                topic,
                "--bootstrap-server",
            ])
            .arg(addresses.next().unwrap())
            .output()
            .unwrap();
        assert!(created.status.success(), "{created:?}");
    }

    fn stop(&mut self) {
        let process = rustix::process::Pid::from_child(&self.child);
        rustix::process::kill_process(process, rustix::process::Signal::TERM).unwrap();
        assert!(self.child.wait().unwrap().success());
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        // It has ended already, unless a test failed.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}
