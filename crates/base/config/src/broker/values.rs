//! Values of the table by name and type, for those who assemble typed views.

use crate::error::ConfigError;
use crate::key::Key;
use crate::layers::Layers;
use crate::table::broker_key;
use crate::value::Value;

/// Reads values through layers. A name that is not in the table, or of another type, is a mistake
/// in this crate.
pub(crate) struct Values<'a> {
    layers: Layers<'a>,
}

fn row(name: &str) -> &'static Key {
    broker_key(name).expect("this crate asks only for names that are in its table")
}

impl<'a> Values<'a> {
    pub(crate) fn new(layers: Layers<'a>) -> Values<'a> {
        Values { layers }
    }

    pub(crate) fn is_set(&self, name: &str) -> bool {
        self.layers.text(name).is_some()
    }

    pub(crate) fn boolean(&self, name: &str) -> Result<bool, ConfigError> {
        Ok(self.layers.value(row(name))? == Value::Boolean(true))
    }

    /// A number; `None` if the key is not set and has no preset.
    pub(crate) fn optional(&self, name: &str) -> Result<Option<i64>, ConfigError> {
        Ok(match self.layers.value(row(name))? {
            Value::Number(number) => Some(number),
            _ => None,
        })
    }

    pub(crate) fn i64(&self, name: &str) -> Result<i64, ConfigError> {
        self.optional(name)?
            .ok_or_else(|| ConfigError::invalid_value(name, "null", "Value must be non-null"))
    }

    pub(crate) fn i32(&self, name: &str) -> Result<i32, ConfigError> {
        self.narrow(name)
    }

    pub(crate) fn i16(&self, name: &str) -> Result<i16, ConfigError> {
        self.narrow(name)
    }

    pub(crate) fn u32(&self, name: &str) -> Result<u32, ConfigError> {
        self.narrow(name)
    }

    fn narrow<T: TryFrom<i64>>(&self, name: &str) -> Result<T, ConfigError> {
        let number = self.i64(name)?;
        T::try_from(number).map_err(|_| {
            ConfigError::invalid_value(name, &number.to_string(), "Value is out of range")
        })
    }

    /// A text; `None` if the key is not set and has no preset.
    pub(crate) fn text(&self, name: &str) -> Result<Option<String>, ConfigError> {
        Ok(match self.layers.value(row(name))? {
            Value::Text(text) => Some(text),
            _ => None,
        })
    }

    /// Items; `None` if the key is not set and has no preset.
    pub(crate) fn list(&self, name: &str) -> Result<Option<Vec<String>>, ConfigError> {
        Ok(match self.layers.value(row(name))? {
            Value::List(items) => Some(items),
            _ => None,
        })
    }
}
