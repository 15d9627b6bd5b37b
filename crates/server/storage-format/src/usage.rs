//! What the command line of `kafka-storage` can say, and how that is told.

use std::fmt::Write as _;

/// An option of a command.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct CommandOption {
    pub(crate) long: &'static str,
    short: &'static str,
    /// What its value is called; `None` if it takes none.
    pub(crate) value: Option<&'static str>,
    meaning: &'static str,
}

/// A command with its options.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Usage {
    /// Empty for the tool itself.
    pub(crate) command: &'static str,
    /// As Kafka's tool shows it.
    pub(crate) synopsis: &'static str,
    meaning: &'static str,
    pub(crate) options: &'static [CommandOption],
}

impl CommandOption {
    pub(crate) fn is_named(&self, name: &str) -> bool {
        self.long == name || self.short == name
    }

    /// As errors call it: `--config/-c`.
    pub(crate) fn names(&self) -> String {
        format!("{}/{}", self.long, self.short)
    }
}

const CONFIG: CommandOption = CommandOption {
    long: "--config",
    short: "-c",
    value: Some("CONFIG"),
    meaning: "the node's server.properties",
};

/// The tool.
pub(crate) static MAIN: Usage = Usage {
    command: "",
    synopsis: "usage: kafka-storage [-h]
                     {info,format,version-mapping,feature-dependencies,random-uuid}
                     ...",
    meaning: "Formats the log directories of a node and tells about them.",
    options: &[],
};

/// Its commands.
pub(crate) static COMMANDS: [Usage; 5] = [
    Usage {
        command: "info",
        synopsis: "usage: kafka-storage info [-h] --config CONFIG",
        meaning: "tells what the log directories of this node hold",
        options: &[CONFIG],
    },
    Usage {
        command: "format",
        synopsis: "usage: kafka-storage format [-h] --config CONFIG --cluster-id CLUSTER_ID
                     [--add-scram ADD_SCRAM] [--ignore-formatted]
                     [--release-version RELEASE_VERSION]
                     [--feature FEATURE] [--standalone |
                     --no-initial-controllers |
                     --initial-controllers INITIAL_CONTROLLERS]",
        meaning: "prepares the log directories of this node for a cluster",
        options: &[
            CONFIG,
            CommandOption {
                long: "--cluster-id",
                short: "-t",
                value: Some("CLUSTER_ID"),
                meaning: "the id of the cluster, the same for all its nodes",
            },
            CommandOption {
                long: "--add-scram",
                short: "-S",
                value: Some("ADD_SCRAM"),
                meaning: "the credential of a user; not supported yet",
            },
            CommandOption {
                long: "--ignore-formatted",
                short: "-g",
                value: None,
                meaning: "leaves directories that are formatted already as they are",
            },
            CommandOption {
                long: "--release-version",
                short: "-r",
                value: Some("RELEASE_VERSION"),
                meaning: "the release whose features the cluster starts with (3.3-IV3 to 4.3-IV0)",
            },
            CommandOption {
                long: "--feature",
                short: "-f",
                value: Some("FEATURE"),
                meaning: "the level of one feature, as group.version=1; may be repeated",
            },
            CommandOption {
                long: "--standalone",
                short: "-s",
                value: None,
                meaning: "this controller is the only voter of a dynamic quorum",
            },
            CommandOption {
                long: "--no-initial-controllers",
                short: "-N",
                value: None,
                meaning: "this node will find a quorum that exists",
            },
            CommandOption {
                long: "--initial-controllers",
                short: "-I",
                value: Some("INITIAL_CONTROLLERS"),
                meaning: "the voters of a dynamic quorum: id@host:port:directory, with commas",
            },
        ],
    },
    Usage {
        command: "version-mapping",
        synopsis: "usage: kafka-storage version-mapping [-h]
                     [--release-version RELEASE_VERSION]",
        meaning: "tells the feature levels of a release",
        options: &[CommandOption {
            long: "--release-version",
            short: "-r",
            value: Some("RELEASE_VERSION"),
            meaning: "the release (3.3-IV3 to 4.3-IV0)",
        }],
    },
    Usage {
        command: "feature-dependencies",
        synopsis: "usage: kafka-storage feature-dependencies [-h] --feature FEATURE",
        meaning: "tells what a level of a feature needs",
        options: &[CommandOption {
            long: "--feature",
            short: "-f",
            value: Some("FEATURE"),
            meaning: "the feature and its level, as group.version=1; may be repeated",
        }],
    },
    Usage {
        command: "random-uuid",
        synopsis: "usage: kafka-storage random-uuid [-h]",
        meaning: "prints a new id",
        options: &[],
    },
];

impl Usage {
    /// The answer to `--help`.
    pub(crate) fn help(&self) -> String {
        let mut help = format!("{}\n", self.synopsis);
        if self.command.is_empty() {
            write_lines(&mut help, &[(String::new(), self.meaning)]);
            help.push_str("\npositional arguments:\n");
            let commands = COMMANDS
                .iter()
                .map(|usage| (format!("  {}", usage.command), usage.meaning));
            write_lines(&mut help, &commands.collect::<Vec<_>>());
        }
        help.push_str("\noptional arguments:\n");
        let mut lines = vec![("  -h, --help".to_owned(), "show this help message and exit")];
        for option in self.options {
            let value = option
                .value
                .map_or_else(String::new, |value| format!(" {value}"));
            let names = format!("  {}{value}, {}{value}", option.long, option.short);
            lines.push((names, option.meaning));
        }
        write_lines(&mut help, &lines);
        help
    }
}

fn write_lines(help: &mut String, lines: &[(String, &str)]) {
    for (name, meaning) in lines {
        let written = match name.len() {
            0 => writeln!(help, "\n{meaning}"),
            1..24 => writeln!(help, "{name:25}{meaning}"),
            _ => writeln!(help, "{name}\n{:25}{meaning}", ""),
        };
        written.expect("writing to a string");
    }
}
