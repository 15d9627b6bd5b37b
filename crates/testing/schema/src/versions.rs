//! A range of message versions, in Kafka's notation: `3`, `3-5`, `3+`, `none`.

use std::fmt;
use std::ops::RangeInclusive;
use std::str::FromStr;

use anyhow::{Context, bail};

/// A range of versions; empty when `low > high`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Versions {
    /// The first version.
    pub low: i16,
    /// The last version; `i16::MAX` stands for "and all later ones".
    pub high: i16,
}

impl Versions {
    /// The empty range.
    pub const NONE: Versions = Versions { low: 0, high: -1 };
    /// Every version.
    pub const ALL: Versions = Versions {
        low: 0,
        high: i16::MAX,
    };

    /// Whether the range has no version.
    #[must_use]
    pub fn is_empty(self) -> bool {
        self.low > self.high
    }

    /// The versions that both ranges have.
    #[must_use]
    pub fn intersect(self, other: Versions) -> Versions {
        let both = Versions {
            low: self.low.max(other.low),
            high: self.high.min(other.high),
        };
        if both.is_empty() {
            Versions::NONE
        } else {
            both
        }
    }

    /// Whether every version of `other` is in this range.
    #[must_use]
    pub fn covers(self, other: Versions) -> bool {
        other.is_empty() || (self.low <= other.low && self.high >= other.high)
    }

    /// Whether the range has `version`.
    #[must_use]
    pub fn contains(self, version: i16) -> bool {
        self.low <= version && version <= self.high
    }

    /// The range as Rust's.
    #[must_use]
    pub fn range(self) -> RangeInclusive<i16> {
        self.low..=self.high
    }
}

impl fmt::Display for Versions {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match (self.low, self.high) {
            (low, high) if low > high => f.write_str("none"),
            (low, i16::MAX) => write!(f, "{low}+"),
            (low, high) if low == high => write!(f, "{low}"),
            (low, high) => write!(f, "{low}-{high}"),
        }
    }
}

impl FromStr for Versions {
    type Err = anyhow::Error;

    fn from_str(text: &str) -> anyhow::Result<Versions> {
        let number = |text: &str| -> anyhow::Result<i16> {
            text.parse().with_context(|| format!("version {text:?}"))
        };
        if text == "none" {
            return Ok(Versions::NONE);
        }
        let versions = if let Some(low) = text.strip_suffix('+') {
            Versions {
                low: number(low)?,
                high: i16::MAX,
            }
        } else if let Some((low, high)) = text.split_once('-') {
            Versions {
                low: number(low)?,
                high: number(high)?,
            }
        } else {
            let only = number(text)?;
            Versions {
                low: only,
                high: only,
            }
        };
        if versions.is_empty() || versions.low < 0 {
            bail!("versions {text:?} are not a range");
        }
        Ok(versions)
    }
}
