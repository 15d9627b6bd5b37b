//! The value of a configuration key: parsed from text and shown as Java shows it.

use crate::error::ConfigError;
use crate::key::Kind;

/// A parsed value.
#[derive(Clone, Debug, PartialEq)]
pub enum Value {
    /// There is none.
    Null,
    /// Of a boolean key.
    Boolean(bool),
    /// Of an int, short or long key.
    Number(i64),
    /// Of a double key.
    Double(f64),
    /// Of a string, class or password key.
    Text(String),
    /// Of a list key.
    List(Vec<String>),
}

impl Value {
    /// Reads `text` as a value of `kind`, for the key called `name`.
    ///
    /// # Errors
    /// Kafka's sentence if the text is not of that type.
    pub fn parse(name: &str, kind: Kind, text: &str) -> Result<Value, ConfigError> {
        let trimmed = text.trim();
        let not_a_number = || {
            ConfigError::invalid_value(name, text, &format!("Not a number of type {}", kind.name()))
        };
        match kind {
            Kind::Boolean if trimmed.eq_ignore_ascii_case("true") => Ok(Value::Boolean(true)),
            Kind::Boolean if trimmed.eq_ignore_ascii_case("false") => Ok(Value::Boolean(false)),
            Kind::Boolean => Err(ConfigError::invalid_value(
                name,
                text,
                "Expected value to be either true or false",
            )),
            Kind::Int => trimmed
                .parse::<i32>()
                .map(|number| Value::Number(number.into()))
                .map_err(|_| not_a_number()),
            Kind::Short => trimmed
                .parse::<i16>()
                .map(|number| Value::Number(number.into()))
                .map_err(|_| not_a_number()),
            Kind::Long => trimmed
                .parse::<i64>()
                .map(Value::Number)
                .map_err(|_| not_a_number()),
            Kind::Double => parse_double(trimmed)
                .map(Value::Double)
                .ok_or_else(not_a_number),
            Kind::String | Kind::Class | Kind::Password => Ok(Value::Text(trimmed.to_owned())),
            Kind::List => Ok(Value::List(parse_list(trimmed))),
        }
    }

    /// The value as DescribeConfigs shows it; `None` where there is none.
    #[must_use]
    pub fn described(&self) -> Option<String> {
        match self {
            Value::Null => None,
            Value::List(items) => Some(items.join(",")),
            other => Some(other.in_a_message()),
        }
    }

    /// The value as Kafka's error messages show it.
    #[must_use]
    pub fn in_a_message(&self) -> String {
        match self {
            Value::Null => "null".to_owned(),
            Value::Boolean(value) => value.to_string(),
            Value::Number(number) => number.to_string(),
            Value::Double(number) => format_double(*number),
            Value::Text(text) => text.clone(),
            Value::List(items) => format!("[{}]", items.join(", ")),
        }
    }
}

fn parse_list(trimmed: &str) -> Vec<String> {
    if trimmed.is_empty() {
        return Vec::new();
    }
    trimmed
        .split(',')
        .map(|item| item.trim().to_owned())
        .collect()
}

/// Decimal and exponent forms only: no names of infinities, no hexadecimal.
fn parse_double(trimmed: &str) -> Option<f64> {
    let is_plain = trimmed
        .bytes()
        .all(|byte| byte.is_ascii_digit() || matches!(byte, b'+' | b'-' | b'.' | b'e' | b'E'));
    if !is_plain {
        return None;
    }
    trimmed
        .parse::<f64>()
        .ok()
        .filter(|number| number.is_finite())
}

/// The shortest digits that stand for `number`, laid out as Java's `Double.toString` does.
fn format_double(number: f64) -> String {
    let magnitude = number.abs();
    if number == 0.0 || (1e-3..1e7).contains(&magnitude) {
        return format!("{number:?}");
    }
    let scientific = format!("{number:e}");
    let (mantissa, exponent) = scientific
        .split_once('e')
        .expect("the exponent form of a number has an exponent");
    if mantissa.contains('.') {
        format!("{mantissa}E{exponent}")
    } else {
        format!("{mantissa}.0E{exponent}")
    }
}

#[cfg(test)]
mod tests;
