//! Command lines as Kafka's older tools read them: `--name value` or `--name=value`, no shortened
//! names, the usage as a table of two columns.
//!
//! *Kafka*: these tools print usage on the error stream and end with 1, even for `--help`.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::str::FromStr;

/// What follows a flag.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Argument {
    /// Nothing.
    None,
    /// A value; shown as this.
    Required(&'static str),
    /// A value, or nothing; shown as this.
    Optional(&'static str),
}

/// One flag of a tool.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Flag {
    /// Its name, without dashes.
    pub name: &'static str,
    /// What follows it.
    pub argument: Argument,
    /// What it does; for the usage.
    pub help: &'static str,
}

/// A flag without value.
pub(crate) const fn switch(name: &'static str, help: &'static str) -> Flag {
    Flag {
        name,
        argument: Argument::None,
        help,
    }
}

/// A flag with a value.
pub(crate) const fn value(name: &'static str, shown: &'static str, help: &'static str) -> Flag {
    Flag {
        name,
        argument: Argument::Required(shown),
        help,
    }
}

/// Why a command line is refused.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum FlagError {
    /// The line itself is wrong: the message is all that is shown.
    Line(String),
    /// The flags do not go together: message and usage are shown.
    Use(String),
    /// A value cannot be. Kafka's tools find out while they are already at work: the name of Java's
    /// exception, and the message.
    Value(&'static str, String),
}

/// The flags that were given.
#[derive(Clone, Debug, Default)]
pub(crate) struct Flags {
    given: BTreeMap<&'static str, Vec<Option<String>>>,
}

impl Flags {
    /// Reads a command line. Words that belong to no flag are passed over, as Kafka's tools do.
    pub fn parse(known: &[Flag], line: &[String]) -> Result<Flags, FlagError> {
        let mut flags = Flags::default();
        let mut words = line.iter().peekable();
        while let Some(word) = words.next() {
            if word == "--" {
                break;
            }
            let Some(name) = word.strip_prefix("--") else {
                if word.len() > 1 && word.starts_with('-') {
                    let short: String = word.chars().skip(1).take(1).collect();
                    return Err(FlagError::Line(format!(
                        "{short} is not a recognized option"
                    )));
                }
                continue;
            };
            let (name, attached) = match name.split_once('=') {
                Some((name, value)) => (name, Some(value.to_owned())),
                None => (name, None),
            };
            let Some(flag) = known.iter().find(|flag| flag.name == name) else {
                return Err(FlagError::Line(format!(
                    "{name} is not a recognized option"
                )));
            };
            let value = match (flag.argument, attached) {
                // Kafka's tools pass over a value that a flag does not take.
                (Argument::None, _) => None,
                (_, Some(value)) => Some(value),
                // The next word is the value, even if it starts with a dash: `--time -1`.
                (Argument::Required(_), None) => match words.next() {
                    Some(next) => Some(next.clone()),
                    None => {
                        let message = format!("Option {name} requires an argument");
                        return Err(FlagError::Line(message));
                    }
                },
                (Argument::Optional(_), None) => {
                    words.next_if(|next| !next.starts_with('-')).cloned()
                }
            };
            flags.given.entry(flag.name).or_default().push(value);
        }
        Ok(flags)
    }

    /// Whether the flag was given.
    pub fn has(&self, name: &str) -> bool {
        self.given.contains_key(name)
    }

    /// The value of a flag that may be given once.
    pub fn value(&self, name: &str) -> Result<Option<&str>, FlagError> {
        match self.given.get(name).map(Vec::as_slice) {
            None => Ok(None),
            Some([value]) => Ok(value.as_deref()),
            Some(_) => Err(FlagError::Value(
                "joptsimple.MultipleArgumentsForOptionException",
                format!("Found multiple arguments for option {name}, but you asked for only one"),
            )),
        }
    }

    /// All values of a flag that may be given many times.
    pub fn values(&self, name: &str) -> impl Iterator<Item = &str> {
        let values = self.given.get(name).map(Vec::as_slice).unwrap_or_default();
        values.iter().flatten().map(String::as_str)
    }

    /// The value of a flag as a number.
    pub fn number<N: FromStr>(&self, name: &str) -> Result<Option<N>, FlagError> {
        self.value(name)?
            .map(|text| {
                text.parse().map_err(|_| {
                    let message = format!("Cannot parse argument '{text}' of option {name}");
                    FlagError::Value("joptsimple.OptionArgumentConversionException", message)
                })
            })
            .transpose()
    }

    /// Refuses a line without one of these flags.
    pub fn require(&self, names: &[&str]) -> Result<(), FlagError> {
        match names.iter().find(|name| !self.has(name)) {
            None => Ok(()),
            Some(name) => Err(FlagError::Use(format!(
                "Missing required argument \"[{name}]\""
            ))),
        }
    }

    /// Refuses a line with `flag` and one of `others`.
    pub fn forbid(&self, flag: &str, others: &[&str]) -> Result<(), FlagError> {
        if !self.has(flag) {
            return Ok(());
        }
        match others.iter().find(|other| self.has(other)) {
            None => Ok(()),
            Some(other) => Err(FlagError::Use(format!(
                "Option \"[{flag}]\" can't be used with option \"[{other}]\""
            ))),
        }
    }
}

const WIDTH: usize = 80;
const COLUMN: usize = 39;

/// The usage: flags by name at the left, what they do at the right.
pub(crate) fn usage(known: &[Flag]) -> String {
    let mut known: Vec<&Flag> = known.iter().collect();
    known.sort_by_key(|flag| flag.name);
    let mut text = String::new();
    let mut row = |left: &str, right: &str| {
        let rest = WIDTH - COLUMN - 2;
        writeln!(text, "{left:<COLUMN$}  {right:<rest$}").expect("writing to a string");
    };
    row("Option", "Description");
    row("------", "-----------");
    for flag in known {
        let shown = match flag.argument {
            Argument::None => format!("--{}", flag.name),
            Argument::Required(shown) => format!("--{} <{shown}>", flag.name),
            Argument::Optional(shown) => format!("--{} [{shown}]", flag.name),
        };
        let (left, right) = (wrap(&shown), wrap(flag.help));
        for line in 0..left.len().max(right.len()) {
            let cell = |lines: &[String]| lines.get(line).cloned().unwrap_or_default();
            row(&cell(&left), &cell(&right));
        }
    }
    text
}

/// Breaks at blanks; lines after the first are set in by two.
fn wrap(text: &str) -> Vec<String> {
    let mut lines = Vec::new();
    let mut line = String::new();
    for word in text.split(' ') {
        let indented = !lines.is_empty() || !line.is_empty();
        if !line.trim().is_empty() && line.len() + 1 + word.len() > COLUMN {
            lines.push(std::mem::take(&mut line));
        }
        if line.is_empty() {
            line.push_str(if indented { "  " } else { "" });
        } else {
            line.push(' ');
        }
        line.push_str(word);
    }
    lines.push(line);
    lines
}

#[cfg(test)]
mod tests;
