//! One of the two brokers during a play: connections, and the answers that later requests refer to.

use std::collections::BTreeMap;
use std::net::SocketAddr;

use anyhow::Context;
use serde_json::{Value, json};

use crate::batches;
use crate::codec::{self, from_hexadecimal};
use crate::connection::{Connection, Reply};
use crate::resolve::Memory;
use crate::schemas::{Api, Apis};
use crate::script::Step;

/// The API whose answer always has the oldest header, so that any client can read it.
const API_VERSIONS: i16 = 18;

/// What a broker did with a request.
#[derive(Clone, Debug, PartialEq)]
pub enum Outcome {
    /// It answered.
    Answer(Value),
    /// It did something else.
    Otherwise(String),
}

impl Outcome {
    fn otherwise(what: &str) -> Outcome {
        Outcome::Otherwise(what.to_owned())
    }

    /// The answer, if there is one.
    pub fn answer(&self) -> Option<&Value> {
        match self {
            Outcome::Answer(answer) => Some(answer),
            Outcome::Otherwise(_) => None,
        }
    }
}

/// A request that was sent.
#[derive(Clone, Debug)]
struct Sent {
    correlation_id: i32,
    step: Step,
}

/// A broker and what it said so far.
pub struct Side<'a> {
    apis: &'a Apis,
    address: SocketAddr,
    connections: BTreeMap<String, Connection>,
    sent: BTreeMap<String, Sent>,
    memory: Memory,
}

impl<'a> Side<'a> {
    /// A side that has sent nothing.
    pub fn new(apis: &'a Apis, address: SocketAddr, memory: Memory) -> Side<'a> {
        Side {
            apis,
            address,
            connections: BTreeMap::new(),
            sent: BTreeMap::new(),
            memory,
        }
    }

    /// Sends a request, on a new connection if there is none of its name.
    ///
    /// # Errors
    /// When the step is malformed or nobody listens.
    pub fn send(&mut self, step: &Step) -> anyhow::Result<()> {
        let api = self.apis.get(&step.api)?;
        let body = self.memory.resolve(&step.body)?;
        // A version that does not exist is written as the nearest that does.
        let versions = api.request.versions;
        let version = step.version.clamp(versions.low, versions.high);
        let body = codec::write(&api.request, version, &body)
            .with_context(|| format!("{} {} {body}", step.api, step.version))?;
        let is_flexible = api.request.flexible.contains(version);
        let connection = self.connection(&step.connection)?;
        let mut correlation_id = connection.send(api.key, step.version, is_flexible, &body);
        if step.is_unanswered() {
            correlation_id = connection.send(API_VERSIONS, 0, false, &[]);
        }
        let sent = Sent {
            correlation_id,
            step: step.clone(),
        };
        self.sent.insert(step.connection.clone(), sent);
        Ok(())
    }

    fn connection(&mut self, name: &str) -> anyhow::Result<&mut Connection> {
        if !self.connections.contains_key(name) {
            let connection = Connection::open(self.address)?;
            self.connections.insert(name.to_owned(), connection);
        }
        self.connections.get_mut(name).context("it was just opened")
    }

    /// Reads the answer that a connection owes.
    ///
    /// # Errors
    /// When nothing was sent there.
    pub fn receive(&mut self, connection: &str) -> anyhow::Result<Outcome> {
        let sent = self.sent.remove(connection).context("nothing was sent")?;
        let api = self.apis.get(&sent.step.api)?;
        let has_tags = !sent.step.is_unanswered()
            && api.key != API_VERSIONS
            && api.response.flexible.contains(sent.step.version);
        let stream = self.connection(connection)?;
        let outcome = match stream.receive(sent.correlation_id, has_tags) {
            Reply::Body(_) if sent.step.is_unanswered() => Outcome::otherwise("no answer"),
            Reply::Body(body) => read(api, sent.step.version, &body),
            Reply::Closed => Outcome::otherwise("closed"),
            Reply::Silence => Outcome::otherwise("silent"),
            Reply::Strange(what) => Outcome::Otherwise(what),
        };
        match &outcome {
            Outcome::Otherwise(what) if what != "no answer" => {
                self.connections.remove(connection);
            }
            _ => {}
        }
        if let (Some(label), Some(answer)) = (&sent.step.label, outcome.answer()) {
            self.memory.answers.insert(label.clone(), answer.clone());
        }
        Ok(outcome)
    }

    /// Sends and reads at once.
    ///
    /// # Errors
    /// When the step is malformed or nobody listens.
    pub fn ask(&mut self, step: &Step) -> anyhow::Result<Outcome> {
        self.send(step)?;
        self.receive(&step.connection)
    }
}

fn read(api: &Api, version: i16, body: &[u8]) -> Outcome {
    let mut read = codec::read(&api.response, version, body);
    if api.key == API_VERSIONS && read.is_err() {
        // A version that is not served is answered in the oldest one.
        read = codec::read(&api.response, 0, body);
    }
    match read {
        Ok(mut answer) => {
            describe_records(&mut answer);
            Outcome::Answer(answer)
        }
        Err(error) => Outcome::Otherwise(format!("unreadable: {error:#}")),
    }
}

/// Puts batches in place of their bytes.
fn describe_records(answer: &mut Value) {
    match answer {
        Value::Array(elements) => elements.iter_mut().for_each(describe_records),
        Value::Object(object) => {
            for (name, value) in object {
                match value.as_str() {
                    Some(digits) if name == "records" => {
                        let bytes = from_hexadecimal(digits);
                        *value = bytes.map_or(json!("no digits"), batches::describe);
                    }
                    _ => describe_records(value),
                }
            }
        }
        _ => {}
    }
}
