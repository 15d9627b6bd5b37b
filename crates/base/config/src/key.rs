//! One row of the table of configuration keys.

use crate::error::ConfigError;
use crate::validator::Validator;
use crate::value::Value;

/// The type of a key's value. The numbers are those of a DescribeConfigs answer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// `true` or `false`, in any case.
    Boolean = 1,
    /// Text without surrounding white space.
    String = 2,
    /// 32 bits.
    Int = 3,
    /// 16 bits.
    Short = 4,
    /// 64 bits.
    Long = 5,
    /// A floating-point number.
    Double = 6,
    /// Texts separated by commas.
    List = 7,
    /// The name of a Java class.
    Class = 8,
    /// Text that is never shown.
    Password = 9,
}

impl Kind {
    /// The type's number in a DescribeConfigs answer.
    #[must_use]
    pub fn code(self) -> i8 {
        self as i8
    }

    /// Kafka's name of the type, as its messages say it.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Kind::Boolean => "BOOLEAN",
            Kind::String => "STRING",
            Kind::Int => "INT",
            Kind::Short => "SHORT",
            Kind::Long => "LONG",
            Kind::Double => "DOUBLE",
            Kind::List => "LIST",
            Kind::Class => "CLASS",
            Kind::Password => "PASSWORD",
        }
    }
}

/// What holds when nobody has set a key.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Preset {
    /// The key must be set.
    Required,
    /// There is no value.
    Null,
    /// This value, in the form in which it would be written in a file.
    Is(&'static str),
}

/// How much Kafka thinks a key matters.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Importance {
    /// Everyone should look at it.
    High,
    /// Some should.
    Medium,
    /// Few will ever need it.
    Low,
}

/// Whether a broker's key can be changed while the broker runs.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum UpdateMode {
    /// Only in the file, with a restart.
    ReadOnly,
    /// Also for a single broker while it runs.
    PerBroker,
    /// Also for a single broker or for all of them while they run.
    ClusterWide,
}

/// What ottla makes of a key.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Status {
    /// It does what it does in Kafka.
    Honoured,
    /// It does what it does in Kafka but for what its meaning says; a start warns if that is asked
    /// for.
    HonouredInPart,
    /// It steers something that ottla does not have, and nothing is lost by that.
    WithoutMeaning,
    /// It will be honoured one day; until then a start warns about it.
    NotYet,
    /// It protects something and is not implemented: a start with it is refused.
    Protects,
}

/// A configuration key.
#[derive(Debug)]
pub struct Key {
    /// The name, as written in files and requests.
    pub name: &'static str,
    /// The type of its value.
    pub kind: Kind,
    /// What holds when nobody has set it.
    pub preset: Preset,
    /// Which values it takes.
    pub validator: Validator,
    /// How much it matters.
    pub importance: Importance,
    /// Whether it can be changed while the broker runs; `ReadOnly` and without meaning for keys of
    /// topics and groups.
    pub update_mode: UpdateMode,
    /// What ottla makes of it.
    pub status: Status,
    /// Whether it is left out of descriptions.
    pub internal: bool,
    /// What it means, in a sentence.
    pub documentation: &'static str,
}

impl Key {
    /// The value that `text` stands for.
    ///
    /// # Errors
    /// Kafka's sentence if the text is not of the key's type or the value is not one it takes.
    pub fn parse(&self, text: &str) -> Result<Value, ConfigError> {
        let mut value = Value::parse(self.name, self.kind, text)?;
        if let (Value::List(items), true) = (&mut value, self.validator.is_list()) {
            remove_repetitions(items);
        }
        self.validator.check(self.name, &value)?;
        Ok(value)
    }

    /// The value when nobody has set the key.
    ///
    /// # Errors
    /// Kafka's sentence for a required key.
    pub fn preset_value(&self) -> Result<Value, ConfigError> {
        match self.preset {
            Preset::Required => Err(ConfigError::new(format!(
                "Missing required configuration \"{}\" which has no default value.",
                self.name
            ))),
            Preset::Null => Ok(Value::Null),
            Preset::Is(text) => Value::parse(self.name, self.kind, text),
        }
    }

    /// Whether values of this key must never be shown.
    #[must_use]
    pub fn is_sensitive(&self) -> bool {
        self.kind == Kind::Password
    }

    /// Whether `text` says the same as leaving the key out.
    #[must_use]
    pub fn is_preset(&self, text: &str) -> bool {
        match (self.parse(text), self.preset_value()) {
            (Ok(value), Ok(preset)) => {
                value == preset || (preset == Value::Null && text.trim().is_empty())
            }
            _ => false,
        }
    }
}

fn remove_repetitions(items: &mut Vec<String>) {
    let mut kept: Vec<String> = Vec::with_capacity(items.len());
    for item in items.drain(..) {
        if !kept.contains(&item) {
            kept.push(item);
        }
    }
    *items = kept;
}
