//! Golden scripts: readable transcripts of a machine. A script is a text file of blocks; a block is
//! one or more command lines, a line `----`, and what the machine did. `UPDATE=1` rewrites the
//! outcomes from what was really done, so a change of behaviour shows up as a change of text.
//!
//! Lines starting with `#` before a command are comments and are kept.

mod runner;

pub use runner::{Command, run_directory, run_script};
