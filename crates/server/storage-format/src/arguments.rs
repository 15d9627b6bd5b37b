//! The command line of `kafka-storage`.

use crate::usage::{self, Usage};

/// What is to be done.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Arguments {
    Help(&'static Usage),
    Info { config: String },
    Format(FormatArguments),
    VersionMapping { release_version: Option<String> },
    FeatureDependencies { features: Vec<String> },
    RandomUuid,
}

/// What `format` is told.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct FormatArguments {
    pub(crate) config: String,
    pub(crate) cluster_id: String,
    pub(crate) add_scram: Vec<String>,
    pub(crate) ignore_formatted: bool,
    pub(crate) release_version: Option<String>,
    pub(crate) features: Vec<String>,
    pub(crate) quorum: Quorum,
}

/// How the voters of a new quorum are told.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) enum Quorum {
    #[default]
    Unsaid,
    Standalone,
    NoInitialControllers,
    InitialControllers(String),
}

/// A command line that cannot be, and whose usage to show.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct ArgumentError {
    pub(crate) usage: &'static Usage,
    pub(crate) message: String,
}

/// The options that were given, in order, under their long names.
struct Given {
    usage: &'static Usage,
    options: Vec<(&'static str, String)>,
}

/// Reads a command line without the program's name.
pub(crate) fn parse(arguments: &[String]) -> Result<Arguments, ArgumentError> {
    let fail = |message: String| {
        Err(ArgumentError {
            usage: &usage::MAIN,
            message,
        })
    };
    let Some((command, rest)) = arguments.split_first() else {
        return fail("too few arguments".to_owned());
    };
    if is_help(command) {
        return Ok(Arguments::Help(&usage::MAIN));
    }
    let Some(usage) = usage::COMMANDS
        .iter()
        .find(|usage| usage.command == command)
    else {
        if command.starts_with('-') {
            return fail(format!("unrecognized arguments: '{command}'"));
        }
        let names: Vec<String> = usage::COMMANDS
            .iter()
            .map(|usage| format!("'{}'", usage.command))
            .collect();
        return fail(format!(
            "invalid choice: '{command}' (choose from {})",
            names.join(", ")
        ));
    };
    if rest.iter().any(|word| is_help(word)) {
        return Ok(Arguments::Help(usage));
    }
    let given = Given::parse(usage, rest)?;
    match usage.command {
        "info" => Ok(Arguments::Info {
            config: given.required("--config")?,
        }),
        "format" => Ok(Arguments::Format(given.format()?)),
        "version-mapping" => Ok(Arguments::VersionMapping {
            release_version: given.last("--release-version"),
        }),
        "feature-dependencies" => {
            given.required("--feature")?;
            Ok(Arguments::FeatureDependencies {
                features: given.all("--feature"),
            })
        }
        _ => Ok(Arguments::RandomUuid),
    }
}

impl Given {
    fn parse(usage: &'static Usage, words: &[String]) -> Result<Given, ArgumentError> {
        let mut given = Given {
            usage,
            options: Vec::new(),
        };
        let mut words = words.iter();
        while let Some(word) = words.next() {
            let (name, inline) = match word.split_once('=') {
                Some((name, value)) if name.starts_with("--") => (name, Some(value)),
                _ => (word.as_str(), None),
            };
            let known = usage.options.iter().find(|option| option.is_named(name));
            let Some(option) = known else {
                return Err(given.error(format!("unrecognized arguments: '{word}'")));
            };
            let value = match (option.value, inline) {
                (None, None) => String::new(),
                (None, Some(_)) => {
                    let message = format!("argument {}: ignored explicit argument", option.names());
                    return Err(given.error(message));
                }
                (Some(_), Some(value)) => value.to_owned(),
                (Some(_), None) => match words.next().filter(|value| !value.starts_with("--")) {
                    Some(value) => value.clone(),
                    None => {
                        let message = format!("argument {}: expected one argument", option.names());
                        return Err(given.error(message));
                    }
                },
            };
            given.options.push((option.long, value));
        }
        Ok(given)
    }

    fn format(&self) -> Result<FormatArguments, ArgumentError> {
        let cluster_id = self.required("--cluster-id")?;
        let config = self.required("--config")?;
        Ok(FormatArguments {
            config,
            cluster_id,
            add_scram: self.all("--add-scram"),
            ignore_formatted: self.last("--ignore-formatted").is_some(),
            release_version: self.last("--release-version"),
            features: self.all("--feature"),
            quorum: self.quorum()?,
        })
    }

    fn quorum(&self) -> Result<Quorum, ArgumentError> {
        let exclusive = [
            "--standalone",
            "--no-initial-controllers",
            "--initial-controllers",
        ];
        let mut chosen: Option<&str> = None;
        for (name, _) in self
            .options
            .iter()
            .filter(|(name, _)| exclusive.contains(name))
        {
            match chosen {
                Some(other) if other != *name => {
                    let message = format!(
                        "argument {}: not allowed with argument {}",
                        self.names(name),
                        self.names(other)
                    );
                    return Err(self.error(message));
                }
                _ => chosen = Some(name),
            }
        }
        Ok(match chosen {
            Some("--standalone") => Quorum::Standalone,
            Some("--no-initial-controllers") => Quorum::NoInitialControllers,
            Some(name) => Quorum::InitialControllers(self.last(name).unwrap_or_default()),
            None => Quorum::Unsaid,
        })
    }

    fn required(&self, name: &str) -> Result<String, ArgumentError> {
        self.last(name)
            .ok_or_else(|| self.error(format!("argument {} is required", self.names(name))))
    }

    fn last(&self, name: &str) -> Option<String> {
        let values = self.options.iter().rev();
        values
            .filter(|(given, _)| *given == name)
            .map(|(_, value)| value.clone())
            .next()
    }

    fn all(&self, name: &str) -> Vec<String> {
        let values = self.options.iter().filter(|(given, _)| *given == name);
        values.map(|(_, value)| value.clone()).collect()
    }

    fn names(&self, name: &str) -> String {
        let option = self.usage.options.iter().find(|option| option.long == name);
        option.map_or_else(|| name.to_owned(), |option| option.names())
    }

    fn error(&self, message: String) -> ArgumentError {
        ArgumentError {
            usage: self.usage,
            message,
        }
    }
}

fn is_help(word: &str) -> bool {
    matches!(word, "-h" | "--help")
}

#[cfg(test)]
mod tests;
