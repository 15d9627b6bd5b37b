//! One broker with its controller as a child process: Apache Kafka or ottla, behind the same words.
//!
//! *Invariants*: a node keeps its ports over restarts; it does not outlive the value that owns it.

use std::fs;
use std::net::{Ipv4Addr, SocketAddr, TcpListener, TcpStream};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use anyhow::{Context, bail};
use rustix::process::{Pid, Signal, kill_process};

use crate::apache_kafka::ApacheKafka;

const CLUSTER_ID: &str = "b3R0bGEtY29uZm9ybWFuYw";
const START: Duration = Duration::from_secs(60);
const STOP: Duration = Duration::from_secs(60);
const PAUSE: Duration = Duration::from_millis(20);

/// The program that a node runs.
#[derive(Clone, Debug)]
pub enum Server {
    /// Apache Kafka.
    ApacheKafka(ApacheKafka),
    /// The binary of ottla.
    Ottla(PathBuf),
}

impl Server {
    /// Its name on the command line and in tables.
    pub fn name(&self) -> &'static str {
        match self {
            Server::ApacheKafka(_) => "apache-kafka",
            Server::Ottla(_) => "ottla",
        }
    }

    fn format_command(&self) -> anyhow::Result<Command> {
        match self {
            Server::ApacheKafka(kafka) => kafka.tool("storage"),
            Server::Ottla(binary) => {
                let mut command = Command::new(binary);
                command.arg("kafka-storage");
                Ok(command)
            }
        }
    }

    fn start_command(&self, directory: &Path, ready: &Path) -> Command {
        match self {
            Server::ApacheKafka(kafka) => kafka.server(directory),
            Server::Ottla(binary) => {
                let mut command = Command::new(binary);
                command
                    .arg("start")
                    .arg(directory.join("server.properties"));
                command.arg("--ready-file").arg(ready);
                command
            }
        }
    }
}

/// A node that is formatted, and runs or not.
pub struct Node {
    directory: PathBuf,
    port: u16,
    server: Server,
    child: Option<Child>,
}

impl Node {
    /// Writes `server.properties` into a new directory and formats its log directory.
    ///
    /// # Errors
    /// When the directory is in use or formatting fails.
    pub fn format(
        server: Server,
        directory: &Path,
        settings: &[(&str, &str)],
    ) -> anyhow::Result<Self> {
        fs::create_dir_all(directory)?;
        let directory = directory.canonicalize()?;
        let (port, controller_port) = free_ports()?;
        let properties = properties(&directory, port, controller_port, settings);
        let file = directory.join("server.properties");
        fs::write(&file, properties)?;
        let output = server
            .format_command()?
            .args([
                "format",
                "--standalone",
                "--cluster-id",
                CLUSTER_ID,
                "--config",
            ])
            .arg(&file)
            .stdin(Stdio::null())
            .output()
            .context("the storage tool runs")?;
        if !output.status.success() {
            let text = [output.stdout, output.stderr].concat();
            bail!(
                "formatting {}: {}",
                directory.display(),
                String::from_utf8_lossy(&text)
            );
        }
        Ok(Self {
            directory,
            port,
            server,
            child: None,
        })
    }

    /// Starts it and waits until it answers.
    ///
    /// # Errors
    /// When it ends, or does not answer in time.
    pub fn start(&mut self) -> anyhow::Result<()> {
        let ready = self.directory.join("ready");
        let _ = fs::remove_file(&ready); // of an earlier start
        let output = fs::File::options()
            .create(true)
            .append(true)
            .open(self.directory.join("output.log"))?;
        let child = self
            .server
            .start_command(&self.directory, &ready)
            .stdin(Stdio::null())
            .stdout(output.try_clone()?)
            .stderr(output)
            .spawn()
            .with_context(|| format!("{} starts", self.server.name()))?;
        self.child = Some(child);
        let deadline = Instant::now() + START;
        while !self.is_ready(&ready) {
            self.must_run()?;
            if Instant::now() > deadline {
                bail!("{} is not ready: {}", self.server.name(), self.last_words());
            }
            std::thread::sleep(PAUSE);
        }
        Ok(())
    }

    fn is_ready(&self, ready: &Path) -> bool {
        match self.server {
            Server::ApacheKafka(_) => {
                let address = SocketAddr::from((Ipv4Addr::LOCALHOST, self.port));
                TcpStream::connect_timeout(&address, Duration::from_secs(1)).is_ok()
            }
            Server::Ottla(_) => ready.exists(),
        }
    }

    /// Fails if it has ended.
    ///
    /// # Errors
    /// With its last words.
    pub fn must_run(&mut self) -> anyhow::Result<()> {
        if let Some(child) = &mut self.child
            && let Some(status) = child.try_wait()?
        {
            self.child = None;
            bail!(
                "{} ended with {status}: {}",
                self.server.name(),
                self.last_words()
            );
        }
        Ok(())
    }

    fn last_words(&self) -> String {
        let text = fs::read_to_string(self.directory.join("output.log")).unwrap_or_default();
        let lines: Vec<&str> = text.lines().rev().take(15).collect();
        lines.into_iter().rev().collect::<Vec<_>>().join("\n")
    }

    /// Stops it in the regular way and waits for its end.
    ///
    /// # Errors
    /// When it does not end in time or ends with an error.
    pub fn stop(&mut self) -> anyhow::Result<()> {
        let Some(mut child) = self.child.take() else {
            return Ok(());
        };
        kill_process(Pid::from_child(&child), Signal::TERM)?;
        let deadline = Instant::now() + STOP;
        while Instant::now() < deadline {
            if let Some(status) = child.try_wait()? {
                // A JVM that is stopped by the signal says so in its status.
                let regular = status.success() || status.code() == Some(128 + 15);
                if regular {
                    return Ok(());
                }
                bail!(
                    "{} stopped with {status}: {}",
                    self.server.name(),
                    self.last_words()
                );
            }
            std::thread::sleep(PAUSE);
        }
        self.child = Some(child);
        self.kill();
        bail!(
            "{} does not stop: {}",
            self.server.name(),
            self.last_words()
        );
    }

    /// Kills it at once, as the end of its process without any farewell.
    pub fn kill(&mut self) {
        if let Some(mut child) = self.child.take() {
            let _ = child.kill(); // it may have ended by itself
            let _ = child.wait();
        }
    }

    /// The program it runs.
    pub fn server(&self) -> &Server {
        &self.server
    }

    /// Its process while it runs.
    pub fn process_id(&self) -> Option<u32> {
        self.child.as_ref().map(Child::id)
    }

    /// Lets another program run on the same directory and ports from the next start on.
    pub fn hand_over(&mut self, server: Server) {
        self.server = server;
    }

    /// `host:port` for clients.
    pub fn bootstrap(&self) -> String {
        format!("127.0.0.1:{}", self.port)
    }

    /// The directory with its configuration and its output.
    pub fn directory(&self) -> &Path {
        &self.directory
    }

    /// Its log directory.
    pub fn data(&self) -> PathBuf {
        self.directory.join("data")
    }
}

impl Drop for Node {
    fn drop(&mut self) {
        self.kill();
    }
}

fn properties(
    directory: &Path,
    port: u16,
    controller_port: u16,
    settings: &[(&str, &str)],
) -> String {
    let mut text = format!(
        "process.roles=broker,controller\n\
         node.id=1\n\
         listeners=PLAINTEXT://127.0.0.1:{port},CONTROLLER://127.0.0.1:{controller_port}\n\
         advertised.listeners=PLAINTEXT://127.0.0.1:{port}\n\
         controller.listener.names=CONTROLLER\n\
         controller.quorum.bootstrap.servers=127.0.0.1:{controller_port}\n\
         log.dirs={}\n\
         offsets.topic.replication.factor=1\n\
         offsets.topic.num.partitions=4\n\
         transaction.state.log.replication.factor=1\n\
         transaction.state.log.min.isr=1\n\
         transaction.state.log.num.partitions=4\n\
         share.coordinator.state.topic.replication.factor=1\n\
         share.coordinator.state.topic.min.isr=1\n\
         group.initial.rebalance.delay.ms=100\n\
         group.min.session.timeout.ms=1000\n",
        directory.join("data").display()
    );
    for (key, value) in settings {
        let line = format!("{key}=");
        text = text
            .split_inclusive('\n')
            .filter(|other| !other.starts_with(&line))
            .collect();
        text.push_str(&format!("{key}={value}\n"));
    }
    text
}

/// Two ports that nobody listens on.
fn free_ports() -> anyhow::Result<(u16, u16)> {
    let first = TcpListener::bind((Ipv4Addr::LOCALHOST, 0))?;
    let second = TcpListener::bind((Ipv4Addr::LOCALHOST, 0))?;
    Ok((first.local_addr()?.port(), second.local_addr()?.port()))
}
