//! Plays a script against both brokers at the same time and finds the first difference.

mod logs;
mod settled;

pub use settled::served;

use std::net::SocketAddr;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use anyhow::Context;
use serde_json::Value;

use crate::accepted::Accepted;
use crate::compare::{Difference, differences, general};
use crate::normal::{Symbols, drop_foreign};
use crate::resolve::Memory;
use crate::schemas::Apis;
use crate::script::Step;
use crate::side::{Outcome, Side};

/// How often a question that changes nothing is asked again before its answers differ: Kafka's
/// broker hears of changes after its controller has answered.
const ASKED_AGAIN: usize = 6;
/// So long before its start a script believes to be played.
const SOME_TIME_MS: i64 = 600_000;
const PAUSE: Duration = Duration::from_millis(40);
/// What all names of all plays begin with.
const PREFIX: &str = "diff-";
/// The error code of what went wrong in a way that nobody thought of.
const UNKNOWN_SERVER_ERROR: i64 = -1;
/// Topics that a broker creates when it first needs them.
const INTERNAL: &[&str] = &["__transaction_state", "__share_group_state"];

/// Both brokers.
pub struct Pair<'a> {
    /// What can be asked.
    pub apis: &'a Apis,
    /// Where Apache Kafka listens.
    pub kafka: SocketAddr,
    /// Where ottla listens.
    pub ottla: SocketAddr,
    /// What may differ.
    pub accepted: &'a Accepted,
    plays: u64,
}

/// The first step at which two brokers differed.
#[derive(Clone, Debug)]
pub struct Found {
    /// Its place in the script; behind its end, when the logs differ that it left.
    pub position: usize,
    /// The step.
    pub step: Step,
    /// Where the answers differ, without what is accepted.
    pub differences: Vec<Difference>,
}

impl Found {
    /// What makes it the same finding as another: the API, the first place, and numbers there.
    pub fn signature(&self) -> String {
        let Some(first) = self.differences.first() else {
            return self.step.api.clone();
        };
        let told = |value: &Value| match value {
            Value::Number(number) => number.to_string(),
            Value::String(text) if text.starts_with('(') => text.clone(),
            Value::Array(_) => "list".to_owned(),
            Value::Object(_) => "answer".to_owned(),
            Value::Null => "null".to_owned(),
            _ => "value".to_owned(),
        };
        let path = general(&first.path);
        let (kafka, ottla) = (told(&first.kafka), told(&first.ottla));
        format!("{} {path}: {kafka} / {ottla}", self.step.api)
    }
}

impl<'a> Pair<'a> {
    /// Two brokers that were just started.
    ///
    /// # Errors
    /// When one does not serve.
    pub fn new(
        apis: &'a Apis,
        kafka: SocketAddr,
        ottla: SocketAddr,
        accepted: &'a Accepted,
    ) -> anyhow::Result<Pair<'a>> {
        settled::prepare(apis, kafka).context("Apache Kafka")?;
        settled::prepare(apis, ottla).context("ottla")?;
        Ok(Pair {
            apis,
            kafka,
            ottla,
            accepted,
            plays: 0,
        })
    }

    /// Plays a script under a name of its own, compares the logs that it leaves, and deletes its
    /// topics.
    ///
    /// # Errors
    /// When a step is malformed or a broker does not accept connections.
    pub fn play(&mut self, steps: &[Step]) -> anyhow::Result<Option<Found>> {
        self.plays += 1;
        let now = SystemTime::now().duration_since(UNIX_EPOCH)?;
        let began = i64::try_from(now.as_millis())?;
        let memory = Memory {
            own_name: format!("{PREFIX}{}-", self.plays),
            // Times that a script speaks of are told apart from what a broker's clock says.
            now: began - SOME_TIME_MS,
            answers: std::collections::BTreeMap::new(),
        };
        let mut play = Play {
            accepted: self.accepted,
            own_name: memory.own_name.clone(),
            kafka: Side::new(self.apis, self.kafka, memory.clone()),
            ottla: Side::new(self.apis, self.ottla, memory),
            symbols: (Symbols::new(began), Symbols::new(began)),
        };
        let found = play.all(steps);
        play.clean_up(steps)?;
        found
    }
}

/// One script on its way.
struct Play<'a> {
    accepted: &'a Accepted,
    own_name: String,
    kafka: Side<'a>,
    ottla: Side<'a>,
    /// Kafka's and ottla's.
    symbols: (Symbols, Symbols),
}

impl Play<'_> {
    fn all(&mut self, steps: &[Step]) -> anyhow::Result<Option<Found>> {
        let mut deferred: Vec<(usize, &Step)> = Vec::new();
        for (position, step) in steps.iter().enumerate() {
            let mut owed = deferred.iter();
            let owed = owed.position(|(_, earlier)| earlier.connection == step.connection);
            if let Some(owed) = owed {
                let (position, earlier) = deferred.remove(owed);
                let found = self.receive(earlier)?;
                if !found.is_empty() {
                    return Ok(Some(here(position, earlier, found)));
                }
            }
            if step.deferred {
                self.kafka.send(step)?;
                self.ottla.send(step)?;
                deferred.push((position, step));
                std::thread::sleep(settled::ARRIVED);
                continue;
            }
            let (found, kafka) = self.step(step)?;
            if found.is_empty() {
                continue;
            }
            // What Kafka has not foreseen ends the comparison: ottla may answer as it should.
            let has_failed = kafka.answer().is_some_and(is_unforeseen);
            return Ok((!has_failed).then(|| here(position, step, found)));
        }
        for (position, step) in deferred {
            let found = self.receive(step)?;
            if !found.is_empty() {
                return Ok(Some(here(position, step, found)));
            }
        }
        let found = self.logs(steps)?;
        Ok(found.map(|(step, found)| here(steps.len(), &step, found)))
    }

    /// Sends a step to both and compares; what differs, and what Kafka said.
    fn step(&mut self, step: &Step) -> anyhow::Result<(Vec<Difference>, Outcome)> {
        let symbols = self.symbols.clone();
        let mut again = if settled::changes_nothing(step) {
            ASKED_AGAIN
        } else {
            0
        };
        loop {
            self.kafka.send(step)?;
            self.ottla.send(step)?;
            let kafka = self.kafka.receive(&step.connection)?;
            let ottla = self.ottla.receive(&step.connection)?;
            let found = self.compare(step, kafka.clone(), ottla);
            if found.is_empty() || again == 0 {
                if settled::changes_metadata(step) {
                    settled::wait(&mut self.kafka).context("Apache Kafka")?;
                    settled::wait(&mut self.ottla).context("ottla")?;
                }
                return Ok((found, kafka));
            }
            again -= 1;
            self.symbols = symbols.clone();
            std::thread::sleep(PAUSE);
        }
    }

    fn receive(&mut self, step: &Step) -> anyhow::Result<Vec<Difference>> {
        let kafka = self.kafka.receive(&step.connection)?;
        let ottla = self.ottla.receive(&step.connection)?;
        Ok(self.compare(step, kafka, ottla))
    }

    fn compare(&mut self, step: &Step, mut kafka: Outcome, mut ottla: Outcome) -> Vec<Difference> {
        let own = &self.own_name;
        let is_foreign = |name: &str| {
            INTERNAL.contains(&name) || (name.starts_with(PREFIX) && !name.starts_with(own))
        };
        let sides = [
            (&mut kafka, &mut self.symbols.0),
            (&mut ottla, &mut self.symbols.1),
        ];
        for (outcome, symbols) in sides {
            if let Outcome::Answer(answer) = outcome {
                drop_foreign(answer, &is_foreign);
                // Symbols are numbered in an order that both share, and then may be sorted by.
                self.accepted.prepare(&step.api, answer);
                symbols.replace(answer);
                self.accepted.prepare(&step.api, answer);
            }
        }
        let mut found = differences(&kafka, &ottla);
        found.retain(|difference| !self.accepted.has(&step.api, difference));
        found
    }
}

/// Whether an exception of Kafka's that no code catches has become an answer.
fn is_unforeseen(answer: &Value) -> bool {
    match answer {
        Value::Array(elements) => elements.iter().any(is_unforeseen),
        Value::Object(object) => object.iter().any(|(name, value)| {
            let is_error = name == "errorCode" && value.as_i64() == Some(UNKNOWN_SERVER_ERROR);
            is_error || is_unforeseen(value)
        }),
        _ => false,
    }
}

fn here(position: usize, step: &Step, differences: Vec<Difference>) -> Found {
    Found {
        position,
        step: step.clone(),
        differences,
    }
}
