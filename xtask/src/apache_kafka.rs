//! Apache Kafka itself, from its published jars: the broker and tools ottla is compared with.

use std::ffi::OsStr;
use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::bail;

use crate::{packages, workspace};

/// The version that ottla is compared with unless another is asked for.
pub const REFERENCE: &str = "4.3.1";

/// The jars of one version.
#[derive(Clone, Debug)]
pub struct ApacheKafka {
    libraries: PathBuf,
    /// How the machine of a server is tuned.
    machine: &'static [&'static str],
}

/// A small server, for tests.
const SMALL: &[&str] = &["-Xmx768m", "-XX:+UseG1GC"];

/// What Kafka's own script starts a server with.
const AS_DELIVERED: &[&str] = &[
    "-Xmx1G",
    "-Xms1G",
    "-server",
    "-XX:+UseG1GC",
    "-XX:MaxGCPauseMillis=20",
    "-XX:InitiatingHeapOccupancyPercent=35",
    "-XX:+ExplicitGCInvokesConcurrent",
];

/// A tool lives for a second: it is not worth optimising, nor threads of a collector.
const TOOL: &[&str] = &["-Xmx256m", "-XX:+UseSerialGC", "-XX:TieredStopAtLevel=1"];

impl ApacheKafka {
    /// The jars of a version, fetched when they are not there yet.
    ///
    /// # Errors
    /// When Maven fails.
    pub fn fetch(version: &str) -> anyhow::Result<Self> {
        let pom = configuration().join("pom.xml");
        let libraries = workspace::target()
            .join("apache-kafka")
            .join(version)
            .join("libs");
        packages::maven(&pom, &libraries, version)?;
        Ok(Self {
            libraries,
            machine: SMALL,
        })
    }

    /// The same, its servers tuned as Kafka's own script does.
    #[must_use]
    pub fn tuned_as_delivered(mut self) -> Self {
        self.machine = AS_DELIVERED;
        self
    }

    /// A command that runs a tool by its script's name, such as `topics` or `kafka-topics.sh`.
    ///
    /// # Errors
    /// When the name is unknown.
    pub fn tool(&self, name: &str) -> anyhow::Result<Command> {
        let short = name.trim_start_matches("kafka-").trim_end_matches(".sh");
        let Some((_, classes)) = TOOLS.iter().find(|(tool, _)| *tool == short) else {
            bail!("Apache Kafka has no tool called {name}");
        };
        // A tool may have moved between releases: its newest home comes first.
        let class = match classes {
            [only] => only,
            [newest, old, ..] => {
                if self.has(newest) {
                    newest
                } else {
                    old
                }
            }
            [] => bail!("the tool {name} has no class"),
        };
        let logging = configuration().join("log4j2-tools.properties");
        Ok(self.java(class, TOOL, &logging, &std::env::temp_dir()))
    }

    /// A command that runs a node in the foreground, its log beside its configuration.
    pub fn server(&self, directory: &Path) -> Command {
        let logging = configuration().join("log4j2-server.properties");
        let mut command = self.java("kafka.Kafka", self.machine, &logging, directory);
        command.arg(directory.join("server.properties"));
        command
    }

    fn java(&self, class: &str, machine: &[&str], logging: &Path, logs: &Path) -> Command {
        let mut command = Command::new("java");
        command.args(machine);
        command.arg("-Djava.awt.headless=true");
        command.arg(format!(
            "-Dlog4j2.configurationFile=file:{}",
            logging.display()
        ));
        command.arg(format!("-Dkafka.logs.dir={}", logs.display()));
        command.arg("-cp").arg(self.libraries.join("*")).arg(class);
        command
    }

    /// Whether a jar of Kafka's own holds the class. A jar's list of contents is not compressed.
    fn has(&self, class: &str) -> bool {
        let wanted = format!("{}.class", class.replace('.', "/"));
        let jars = std::fs::read_dir(&self.libraries)
            .into_iter()
            .flatten()
            .flatten();
        jars.map(|entry| entry.path())
            .filter(|jar| jar.file_name().is_some_and(is_kafkas_own))
            .filter_map(|jar| std::fs::read(jar).ok())
            .any(|bytes| {
                bytes
                    .windows(wanted.len())
                    .any(|window| window == wanted.as_bytes())
            })
    }
}

fn is_kafkas_own(jar: &OsStr) -> bool {
    let name = jar.to_string_lossy();
    name.starts_with("kafka-tools-") || name.starts_with("kafka_")
}

fn configuration() -> PathBuf {
    workspace::root().join("conformance/apache-kafka")
}

const TOOLS: &[(&str, &[&str])] = &[
    ("acls", &["org.apache.kafka.tools.AclCommand"]),
    (
        "broker-api-versions",
        &["org.apache.kafka.tools.BrokerApiVersionsCommand"],
    ),
    ("cluster", &["org.apache.kafka.tools.ClusterTool"]),
    (
        "configs",
        &[
            "org.apache.kafka.tools.ConfigCommand",
            "kafka.admin.ConfigCommand",
        ],
    ),
    (
        "console-consumer",
        &["org.apache.kafka.tools.consumer.ConsoleConsumer"],
    ),
    (
        "console-producer",
        &["org.apache.kafka.tools.ConsoleProducer"],
    ),
    (
        "consumer-groups",
        &["org.apache.kafka.tools.consumer.group.ConsumerGroupCommand"],
    ),
    (
        "consumer-perf-test",
        &["org.apache.kafka.tools.ConsumerPerformance"],
    ),
    (
        "delete-records",
        &["org.apache.kafka.tools.DeleteRecordsCommand"],
    ),
    (
        "dump-log",
        &[
            "org.apache.kafka.tools.DumpLogSegments",
            "kafka.tools.DumpLogSegments",
        ],
    ),
    ("features", &["org.apache.kafka.tools.FeatureCommand"]),
    ("get-offsets", &["org.apache.kafka.tools.GetOffsetShell"]),
    ("groups", &["org.apache.kafka.tools.GroupsCommand"]),
    (
        "leader-election",
        &["org.apache.kafka.tools.LeaderElectionCommand"],
    ),
    ("log-dirs", &["org.apache.kafka.tools.LogDirsCommand"]),
    (
        "metadata-quorum",
        &["org.apache.kafka.tools.MetadataQuorumCommand"],
    ),
    (
        "producer-perf-test",
        &["org.apache.kafka.tools.ProducerPerformance"],
    ),
    (
        "storage",
        &[
            "org.apache.kafka.tools.StorageTool",
            "kafka.tools.StorageTool",
        ],
    ),
    (
        "transactions",
        &["org.apache.kafka.tools.TransactionsCommand"],
    ),
    ("topics", &["org.apache.kafka.tools.TopicCommand"]),
    (
        "verifiable-consumer",
        &["org.apache.kafka.tools.VerifiableConsumer"],
    ),
    (
        "verifiable-producer",
        &["org.apache.kafka.tools.VerifiableProducer"],
    ),
];
