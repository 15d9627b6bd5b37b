//! How many tests passed and failed.

use std::fmt;
use std::ops::AddAssign;

/// A count of tests.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Tally {
    /// Tests that passed.
    pub passed: usize,
    /// Tests that failed.
    pub failed: usize,
}

impl Tally {
    /// A stage that is one check and passed.
    pub const PASSED: Tally = Tally {
        passed: 1,
        failed: 0,
    };

    /// The count in one line of what `cargo test` prints, if it is such a line.
    pub fn of_line(line: &str) -> Option<Tally> {
        let counts = line.strip_prefix("test result: ")?;
        let count = |what: &str| {
            let words: Vec<&str> = counts.split([' ', ';', '.']).collect();
            let at = words.iter().position(|word| *word == what)?;
            words.get(at.checked_sub(1)?)?.parse().ok()
        };
        Some(Tally {
            passed: count("passed")?,
            failed: count("failed")?,
        })
    }

    /// The count in the last line of a program that prints one as this type is displayed.
    pub fn of_last_line(line: &str) -> Option<Tally> {
        let (passed, failed) = line.strip_suffix(" failed")?.split_once(" passed, ")?;
        Some(Tally {
            passed: passed.parse().ok()?,
            failed: failed.parse().ok()?,
        })
    }
}

impl AddAssign for Tally {
    fn add_assign(&mut self, other: Tally) {
        self.passed += other.passed;
        self.failed += other.failed;
    }
}

impl fmt::Display for Tally {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "{} passed, {} failed", self.passed, self.failed)
    }
}
