//! Golden scripts of the coordinator around a register of keys.

use std::collections::BTreeMap;

use ottla_messages::ErrorCode;
use ottla_script::{Command, run_directory};
use ottla_types::{Instant, Now, Offset, ProducerEpoch, ProducerId, RequestId, TimestampMs};

use super::{Appender, Coordinator, Input, Output};
use crate::{Answer, Decision, Entry, Event, Loading, Rejection, Shard};

/// A register: keys that can be set, read and waited for.
struct Register;

#[derive(Clone, Debug)]
enum Ask {
    /// Answered when the record is committed.
    Set(String, String),
    /// Answered with the value as of now.
    Get(String),
    /// Answered when somebody sets the key; refused at the deadline.
    Await(String, Instant),
    /// Writes, and then waits until somebody sets the key again.
    SetAndAwait(String, String),
}

#[derive(Default)]
struct Waits {
    by_request: BTreeMap<RequestId, (String, Option<Instant>)>,
    rejected: usize,
}

impl Waits {
    fn take(&mut self, key: &str) -> Vec<RequestId> {
        let found = |(_, (waited, _)): &(&RequestId, &(String, Option<Instant>))| waited == key;
        let requests: Vec<_> = self
            .by_request
            .iter()
            .filter(found)
            .map(|(r, _)| *r)
            .collect();
        requests
            .iter()
            .for_each(|r| drop(self.by_request.remove(r)));
        requests
    }
}

impl Shard for Register {
    type Hard = BTreeMap<String, String>;
    type Soft = Waits;
    type Context = ();
    type Request = Ask;
    type Response = String;
    type Record = (String, String);
    type Effect = String;

    fn decide(
        hard: &Self::Hard,
        soft: &mut Self::Soft,
        (): &(),
        now: Now,
        event: Event<Ask>,
    ) -> Decision<Self::Record, String, String> {
        let mut decision = Decision::default();
        let mut answer = |to, response: &str| {
            decision.answers.push(Answer {
                to,
                response: response.to_owned(),
            });
        };
        match event {
            Event::Request(request, Ask::Set(key, value)) => {
                answer(request, "set");
                soft.take(&key)
                    .into_iter()
                    .for_each(|waiting| answer(waiting, &value));
                decision.effects.push(format!("notify {key}"));
                decision.records.push((key, value));
            }
            Event::Request(request, Ask::Get(key)) => {
                answer(request, hard.get(&key).map_or("none", String::as_str));
            }
            Event::Request(request, Ask::Await(key, deadline)) => {
                soft.by_request.insert(request, (key, Some(deadline)));
            }
            Event::Request(request, Ask::SetAndAwait(key, value)) => {
                soft.by_request.insert(request, (key.clone(), None));
                decision.records.push((key, value));
            }
            Event::Deadline => {
                let due: Vec<_> = soft
                    .by_request
                    .iter()
                    .filter(|(_, (_, deadline))| deadline.is_some_and(|at| at <= now.monotonic))
                    .map(|(request, _)| *request)
                    .collect();
                for request in due {
                    soft.by_request.remove(&request);
                    answer(request, "timed out");
                }
            }
            Event::Cancelled(request) => drop(soft.by_request.remove(&request)),
            Event::ImageChanged => decision.effects.push("image".to_owned()),
        }
        decision
    }

    fn replay(hard: &mut Self::Hard, offset: Offset, entry: Entry<Self::Record>) {
        match entry {
            Entry::Record((key, value)) => drop(hard.insert(key, value)),
            Entry::Transactional(..) => {}
            Entry::TransactionEnd(producer_id, _, _) => {
                hard.insert(format!("end-{producer_id}"), offset.to_string());
            }
        }
    }

    fn restart(hard: &Self::Hard, (): &(), _: Now, seed: u64) -> (Waits, Vec<String>) {
        (
            Waits::default(),
            vec![format!("resume keys={} seed={seed}", hard.len())],
        )
    }

    fn reject(
        soft: &mut Waits,
        request: RequestId,
        intended: Option<String>,
        rejection: &Rejection,
    ) -> String {
        soft.by_request.remove(&request);
        soft.rejected += 1;
        let intended = intended.unwrap_or_else(|| "nothing yet".to_owned());
        format!("{} instead of {intended}", rejection.code)
    }

    fn waiting(soft: &Waits) -> Vec<RequestId> {
        soft.by_request.keys().copied().collect()
    }

    fn next_deadline(soft: &Waits) -> Option<Instant> {
        soft.by_request
            .values()
            .filter_map(|(_, deadline)| *deadline)
            .min()
    }
}

#[derive(Default)]
struct Log {
    next_offset: i64,
    refuses: Option<ErrorCode>,
    appended: Vec<(String, String)>,
}

impl Appender<(String, String)> for Log {
    fn append(&mut self, records: &[(String, String)]) -> Result<Offset, Rejection> {
        if let Some(code) = self.refuses {
            return Err(Rejection {
                code,
                message: None,
            });
        }
        let base = Offset(self.next_offset);
        self.next_offset += i64::try_from(records.len()).expect("a small batch");
        self.appended.extend_from_slice(records);
        Ok(base)
    }
}

#[derive(Default)]
struct World {
    loading: Option<Loading<Register>>,
    coordinator: Option<Coordinator<Register>>,
    log: Log,
    now: i64,
    requests: u64,
}

impl World {
    fn now(&self) -> Now {
        Now {
            monotonic: Instant::ZERO.after_ms(self.now),
            wall: TimestampMs(self.now),
        }
    }

    fn step(&mut self, input: Input<Ask, (String, String)>) -> String {
        let now = self.now();
        let mut outputs = Vec::new();
        let appended = self.log.appended.len();
        let coordinator = self.coordinator.as_mut().expect("the script has loaded");
        coordinator.step(now, &(), input, &mut self.log, &mut outputs);
        coordinator.check_invariants();
        let mut text = String::new();
        for (key, value) in &self.log.appended[appended..] {
            text += &format!("append {key}={value}\n");
        }
        text + &show(outputs)
    }

    fn request(&mut self, ask: Ask) -> String {
        self.requests += 1;
        self.step(Input::Event(Event::Request(RequestId(self.requests), ask)))
    }

    fn run(&mut self, command: &Command) -> String {
        let word = |index: usize| command.arguments[index].clone();
        let offset = |index: usize| Offset(word(index).parse().expect("an offset"));
        match command.name.as_str() {
            "set" => self.request(Ask::Set(word(0), word(1))),
            "get" => self.request(Ask::Get(word(0))),
            "await" => {
                let deadline = Instant::ZERO.after_ms(self.now + command.number("timeout", 1000));
                self.request(Ask::Await(word(0), deadline))
            }
            "set-and-await" => self.request(Ask::SetAndAwait(word(0), word(1))),
            "refuse-appends" => {
                self.log.refuses = Some(ErrorCode::NOT_ENOUGH_REPLICAS);
                String::new()
            }
            "accept-appends" => {
                self.log.refuses = None;
                String::new()
            }
            "high-watermark" => self.step(Input::HighWatermark(offset(0))),
            "end-transaction" => {
                let end = Entry::TransactionEnd(ProducerId(5), ProducerEpoch(0), true);
                let at = Offset(self.log.next_offset);
                self.log.next_offset += 1;
                self.step(Input::Appended(at, end))
            }
            "cancel" => {
                let request = RequestId(word(0).parse().expect("a request"));
                self.step(Input::Event(Event::Cancelled(request)))
            }
            "image" => self.step(Input::Event(Event::ImageChanged)),
            "wait" => {
                self.now += command.number("ms", 0);
                let coordinator = self.coordinator.as_ref().expect("the script has loaded");
                let now = self.now().monotonic;
                match coordinator.next_deadline() {
                    Some(deadline) if deadline <= now => self.step(Input::Event(Event::Deadline)),
                    _ => String::new(),
                }
            }
            "state" => {
                let coordinator = self.coordinator.as_ref().expect("the script has loaded");
                format!(
                    "{:?} parked={} rejected={}",
                    coordinator.hard(),
                    coordinator.parked_count(),
                    coordinator.soft().rejected
                )
            }
            _ => self.run_life(command),
        }
    }

    /// The commands that make a coordinator and take it away.
    fn run_life(&mut self, command: &Command) -> String {
        let word = |index: usize| command.arguments[index].clone();
        let offset = |index: usize| Offset(word(index).parse().expect("an offset"));
        match command.name.as_str() {
            "replay" => {
                let loading = self
                    .loading
                    .get_or_insert_with(|| Loading::new(BTreeMap::new()));
                loading.replay(offset(0), Entry::Record((word(1), word(2))));
                format!("keys={}", loading.hard().len())
            }
            "activate" => {
                let loading = self
                    .loading
                    .take()
                    .unwrap_or_else(|| Loading::new(BTreeMap::new()));
                let mut outputs = Vec::new();
                let (end, mark) = (offset(0), offset(1));
                self.log.next_offset = end.0;
                let now = self.now();
                let active = loading.activate(&(), now, 7, (end, mark), &mut outputs);
                active.check_invariants();
                self.coordinator = Some(active);
                show(outputs)
            }
            "resign" => {
                let coordinator = self.coordinator.take().expect("the script has loaded");
                let rejection = Rejection {
                    code: ErrorCode::NOT_COORDINATOR,
                    message: None,
                };
                let mut outputs = Vec::new();
                coordinator.resign(&rejection, &mut outputs);
                show(outputs)
            }
            other => panic!("no command {other}"),
        }
    }
}

fn show(outputs: Vec<Output<String, String>>) -> String {
    let line = |output| match output {
        Output::Answer(answer) => format!("answer {}: {}\n", answer.to, answer.response),
        Output::Effect(effect) => format!("effect {effect}\n"),
    };
    outputs.into_iter().map(line).collect()
}

#[test]
fn scripts() {
    let directory = concat!(env!("CARGO_MANIFEST_DIR"), "/scripts");
    run_directory(directory, World::default, World::run);
}

#[test]
#[should_panic(expected = "order of its offsets")]
fn an_offset_that_goes_back_stops_the_load() {
    let mut loading = Loading::<Register>::new(BTreeMap::new());
    loading.replay(Offset(3), Entry::Record(("a".into(), "1".into())));
    loading.replay(Offset(3), Entry::Record(("a".into(), "2".into())));
}
