//! A load of numbered records that outlives its broker, and the proof of what was acknowledged.

use std::collections::BTreeSet;
use std::time::{Duration, Instant};

use anyhow::{Context, bail};
use serde_json::{Value, json};

use crate::driver::Driver;

const PATIENCE: Duration = Duration::from_secs(90);

/// A producer in a process of its own: idempotent, acks=all, it tries again for ever.
pub struct Load {
    driver: Driver,
    topic: String,
    partitions: u32,
}

/// What a load says at its end.
#[derive(Debug)]
pub struct Outcome {
    /// The numbers 0 to this, without it, were written.
    pub sent: i64,
    /// Those that failed for good: each may be there or not.
    pub failed: BTreeSet<i64>,
}

impl Load {
    /// Creates a topic and begins to write to it, so many records per second.
    ///
    /// # Errors
    /// When the client fails.
    pub fn start(
        driver: Driver,
        topic: &str,
        (partitions, rate): (u32, u32),
        configs: &[(&str, &str)],
    ) -> anyhow::Result<Self> {
        Self::start_with(driver, topic, (partitions, rate), configs, false)
    }

    /// The same, with one request on its way at a time or as many as the client likes.
    ///
    /// # Errors
    /// When the client fails.
    pub fn start_with(
        mut driver: Driver,
        topic: &str,
        (partitions, rate): (u32, u32),
        configs: &[(&str, &str)],
        one_in_flight: bool,
    ) -> anyhow::Result<Self> {
        driver.create_topic(topic, partitions, configs)?;
        driver.call(
            &json!({ "op": "load_start", "topic": topic, "partitions": partitions,
            "rate": rate, "one_in_flight": one_in_flight }),
        )?;
        Ok(Self {
            driver,
            topic: topic.to_owned(),
            partitions,
        })
    }

    /// How many records were acknowledged until now.
    ///
    /// # Errors
    /// When the client fails.
    pub fn acked(&mut self) -> anyhow::Result<i64> {
        self.driver.number(&json!({ "op": "load_status" }), "acked")
    }

    /// Waits until so many more are acknowledged than at this moment.
    ///
    /// # Errors
    /// When that does not happen in time.
    pub fn wait_for(&mut self, more: i64) -> anyhow::Result<()> {
        let wanted = self.acked()? + more;
        let deadline = Instant::now() + PATIENCE;
        while self.acked()? < wanted {
            if Instant::now() > deadline {
                bail!("the load does not go on: {} of {wanted}", self.acked()?);
            }
            std::thread::sleep(Duration::from_millis(20));
        }
        Ok(())
    }

    /// Ends it, waits for all answers, and proves that the log holds what was acknowledged: each
    /// number once, in the order of its partition.
    ///
    /// # Errors
    /// Names the first number that is lost, there twice or out of order.
    pub fn finish(mut self) -> anyhow::Result<Outcome> {
        let answer = self
            .driver
            .call_within(&json!({ "op": "load_stop" }), PATIENCE)?;
        let failed = answer
            .get("failed")
            .and_then(Value::as_array)
            .into_iter()
            .flatten();
        let outcome = Outcome {
            sent: answer.get("sent").and_then(Value::as_i64).context("sent")?,
            failed: failed.filter_map(Value::as_i64).collect(),
        };
        let request =
            json!({ "op": "numbers", "topic": self.topic, "partitions": self.partitions });
        let answer = self.driver.call_within(&request, PATIENCE)?;
        let partitions = answer
            .get("partitions")
            .and_then(Value::as_array)
            .context("partitions")?;
        let found: Vec<Vec<i64>> = partitions
            .iter()
            .map(|numbers| numbers.as_array().into_iter().flatten())
            .map(|numbers| numbers.filter_map(Value::as_i64).collect())
            .collect();
        prove(&outcome, &found)?;
        Ok(outcome)
    }
}

/// Each acknowledged number is in the log, no number is twice, and none before a smaller one.
///
/// # Errors
/// Names the first number of which that is not true.
pub fn prove(outcome: &Outcome, partitions: &[Vec<i64>]) -> anyhow::Result<()> {
    for (partition, numbers) in partitions.iter().enumerate() {
        for pair in numbers.windows(2) {
            let [before, after] = pair else { continue };
            if before == after {
                bail!("{after} is twice in partition {partition}");
            }
            if before > after {
                bail!("{after} stands after {before} in partition {partition}");
            }
        }
    }
    let found: BTreeSet<i64> = partitions.iter().flatten().copied().collect();
    let lost: Vec<i64> = (0..outcome.sent)
        .filter(|number| !outcome.failed.contains(number) && !found.contains(number))
        .collect();
    if let Some(first) = lost.first() {
        bail!(
            "{} acknowledged records are lost, the first is {first}",
            lost.len()
        );
    }
    match found.last() {
        Some(last) if *last >= outcome.sent => bail!("{last} was never written"),
        _ => Ok(()),
    }
}
