//! Asks Kafka's classes, in a Java process, for the bytes of values.

use std::io::{BufRead, BufReader, BufWriter, Write};
use std::process::{Command, Stdio};
use std::thread;

use anyhow::{Context, bail};

use crate::case::Case;

/// Kafka's tables of API keys and errors, a line each.
///
/// # Errors
/// When Java does not run.
pub fn tables(class_path: &str) -> anyhow::Result<Vec<String>> {
    let output = Command::new("java")
        .args(["-cp", class_path, "MessageOracle", "tables"])
        .stderr(Stdio::inherit())
        .output()
        .context("java runs")?;
    if !output.status.success() {
        bail!("java ended ({})", output.status);
    }
    let text = String::from_utf8(output.stdout)?;
    Ok(text.lines().map(str::to_owned).collect())
}

/// What `MessageOracle` answers to each case, in order.
///
/// # Errors
/// When Java does not run, or stops before the last answer.
pub fn answers(class_path: &str, cases: &[Case]) -> anyhow::Result<Vec<String>> {
    let mut java = Command::new("java")
        .args(["-cp", class_path, "MessageOracle"])
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .context("java runs")?;
    let input = java.stdin.take().context("java's input")?;
    let output = java.stdout.take().context("java's output")?;
    let answers = thread::scope(|scope| -> anyhow::Result<Vec<String>> {
        let writing = scope.spawn(move || -> std::io::Result<()> {
            let mut input = BufWriter::new(input);
            for case in cases {
                writeln!(input, "{}\t{}\t{}", case.class, case.version, case.json)?;
            }
            input.flush()
        });
        let answers = BufReader::new(output).lines().collect::<Result<_, _>>()?;
        match writing.join() {
            Ok(written) => written.context("java reads")?,
            Err(_) => bail!("the writing thread failed"),
        }
        Ok(answers)
    })?;
    let status = java.wait()?;
    if !status.success() || answers.len() != cases.len() {
        bail!(
            "java ended ({status}) after {} of {} answers",
            answers.len(),
            cases.len()
        );
    }
    Ok(answers)
}
