//! The clients: what starts them, and what each of them cannot do.

use std::path::Path;
use std::process::Command;

use crate::driver::{Driver, Program};
use crate::kcat::Kcat;
use crate::packages;
use crate::runtimes::Runtime;
use crate::workspace;

/// What a scenario may need of a client.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Ability {
    /// Creating and deleting topics.
    Topics,
    /// Changing a topic's configuration.
    IncrementalConfigs,
    /// Setting the time of a record.
    Timestamps,
    /// Several headers of one name in their order.
    RepeatedHeaders,
    /// Headers without a value.
    NullHeaders,
    /// Keys and values of no bytes beside those that are null.
    EmptyBytes,
    /// A producer that numbers its batches.
    Idempotence,
    /// Members of a group that tell what they own.
    Members,
    /// Static members.
    StaticMembers,
    /// Reading and committing by group.
    Groups,
    /// Listing, describing and deleting groups.
    GroupAdministration,
}

/// One client.
pub struct Client {
    /// Its name on the command line and in tables.
    pub name: &'static str,
    /// Its version, where the project pins it.
    pub version: &'static str,
    /// What it runs on.
    pub needs: &'static [Runtime],
    /// What it cannot do, and why.
    pub lacks: &'static [(Ability, &'static str)],
    start: fn(&str, &Path) -> anyhow::Result<Driver>,
}

impl Client {
    /// Starts it for a broker; what it says on standard error goes to a file.
    ///
    /// # Errors
    /// When its packages cannot be had or it does not start.
    pub fn start(&self, bootstrap: &str, errors: &Path) -> anyhow::Result<Driver> {
        (self.start)(bootstrap, errors)
    }

    /// Whether it runs on any of these.
    pub fn needs_any(&self, runtimes: &[Runtime]) -> bool {
        self.needs.iter().any(|runtime| runtimes.contains(runtime))
    }

    /// Why it cannot take part in a scenario that needs this.
    pub fn lacks(&self, needs: &[Ability]) -> Option<&'static str> {
        let missing = self
            .lacks
            .iter()
            .find(|(ability, _)| needs.contains(ability));
        missing.map(|(_, reason)| *reason)
    }
}

/// All clients.
pub const CLIENTS: &[Client] = &[
    Client {
        name: "java",
        version: JAVA_VERSION,
        needs: &[Runtime::Java, Runtime::Maven],
        lacks: &[],
        start: java,
    },
    Client {
        name: "confluent-kafka",
        version: "2.16.1",
        needs: &[Runtime::Python],
        lacks: &[],
        start: |bootstrap, errors| python("confluent_driver.py", bootstrap, errors),
    },
    Client {
        name: "kafka-python",
        version: "3.0.12",
        needs: &[Runtime::Python],
        lacks: &[(
            Ability::NullHeaders,
            "it cannot write a header without a value",
        )],
        start: |bootstrap, errors| python("kafka_python_driver.py", bootstrap, errors),
    },
    Client {
        name: "kafkajs",
        version: "2.2.4",
        needs: &[Runtime::Node],
        lacks: &[
            (
                Ability::IncrementalConfigs,
                "it has only the older AlterConfigs",
            ),
            (Ability::StaticMembers, "it has no static members"),
            (
                Ability::NullHeaders,
                "it cannot write a header without a value",
            ),
        ],
        start: node,
    },
    Client {
        name: "franz-go",
        version: "1.22.2",
        needs: &[Runtime::Go],
        lacks: &[],
        start: go,
    },
    Client {
        name: "kcat",
        version: "of the system",
        needs: &[Runtime::Kcat],
        lacks: &[
            (Ability::Topics, "it has no administration"),
            (Ability::IncrementalConfigs, "it has no administration"),
            (Ability::GroupAdministration, "it has no administration"),
            (Ability::Timestamps, "it cannot set the time of a record"),
            (Ability::Members, "it tells nobody what it owns"),
            (Ability::StaticMembers, "it tells nobody what it owns"),
            (
                Ability::EmptyBytes,
                "it writes and prints what is empty as null",
            ),
        ],
        start: |bootstrap, _| Ok(Driver::Kcat(Kcat::new(bootstrap))),
    },
];

const JAVA_VERSION: &str = "4.4.0";

fn drivers() -> std::path::PathBuf {
    workspace::root().join("conformance/drivers")
}

fn java(bootstrap: &str, errors: &Path) -> anyhow::Result<Driver> {
    let sources = drivers().join("java");
    let libraries = packages::cache("java-client").join(JAVA_VERSION);
    packages::maven(&sources.join("pom.xml"), &libraries, JAVA_VERSION)?;
    let classes = packages::java(&[sources.join("Driver.java")], &libraries, "driver")?;
    let path = format!("{}:{}/*", classes.display(), libraries.display());
    let mut command = Command::new("java");
    command.args([
        "-Xmx256m",
        "-XX:+UseSerialGC",
        "-cp",
        &path,
        "Driver",
        bootstrap,
    ]);
    Ok(Driver::Program(Program::start(&mut command, errors)?))
}

fn python(driver: &str, bootstrap: &str, errors: &Path) -> anyhow::Result<Driver> {
    let sources = drivers().join("python");
    let mut command = Command::new(packages::python(&sources.join("requirements.txt"))?);
    command
        .env("PYTHONDONTWRITEBYTECODE", "1")
        .arg(sources.join(driver))
        .arg(bootstrap);
    Ok(Driver::Program(Program::start(&mut command, errors)?))
}

fn node(bootstrap: &str, errors: &Path) -> anyhow::Result<Driver> {
    let directory = packages::node(&drivers().join("node"))?;
    let mut command = Command::new("node");
    command
        .arg(directory.join("driver.js"))
        .arg(bootstrap)
        .env("KAFKAJS_NO_PARTITIONER_WARNING", "1");
    Ok(Driver::Program(Program::start(&mut command, errors)?))
}

fn go(bootstrap: &str, errors: &Path) -> anyhow::Result<Driver> {
    let program = packages::go(&drivers().join("go"), "driver")?;
    let mut command = Command::new(program);
    Ok(Driver::Program(Program::start(
        command.arg(bootstrap),
        errors,
    )?))
}
