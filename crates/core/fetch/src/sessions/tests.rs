//! Golden scripts of fetch sessions, and a comparison with a client's picture.

use std::collections::BTreeMap;

use ottla_machine::Random;
use ottla_messages::fetch_request::{
    FetchPartition, FetchRequest, FetchTopic, ForgottenTopic, ReplicaState,
};
use ottla_messages::{ErrorCode, KafkaString};
use ottla_script::{Command, run_directory};
use ottla_types::{Duration, Instant, Uuid};

use super::{PartitionOutcome, SessionContext, SessionLimits, Sessions};

struct World {
    sessions: Sessions,
    now_ms: i64,
    contexts: BTreeMap<String, SessionContext>,
    /// Session ids in the order in which they were first seen.
    ids: Vec<i32>,
}

impl World {
    fn with_slots(slots: usize) -> World {
        let limits = SessionLimits {
            slots,
            minimum_eviction_age: Duration::from_secs(120),
        };
        World {
            sessions: Sessions::new(limits, 1),
            now_ms: 0,
            contexts: BTreeMap::new(),
            ids: Vec::new(),
        }
    }

    fn now(&self) -> Instant {
        Instant::ZERO.after_ms(self.now_ms)
    }

    fn run(&mut self, command: &Command) -> String {
        let name = command.option("as").unwrap_or_default().to_owned();
        let told = match command.name.as_str() {
            "slots" => {
                *self = World::with_slots(command.arguments[0].parse().expect("a count"));
                String::new()
            }
            "wait" => {
                self.now_ms += command.number("ms", 0);
                String::new()
            }
            "fetch" => {
                let (version, request) = self.request(command);
                let context = self.sessions.resolve(self.now(), version, &request);
                let told = self.show(&context);
                self.contexts.insert(name, context);
                told
            }
            "answer" => {
                let context = self.contexts.remove(&name).expect("a fetch was made");
                let asked: Vec<String> = self.sessions.partitions(&context).map(place).collect();
                let outcomes: Vec<_> = asked.iter().map(|at| outcome(command.option(at))).collect();
                let finished = self.sessions.finish(self.now(), context, &outcomes);
                let included = asked
                    .iter()
                    .zip(&finished.included)
                    .filter(|(_, told)| **told);
                let included: Vec<&str> = included.map(|(at, _)| at.as_str()).collect();
                let session = self.session_name(finished.session_id);
                format!(
                    "{} session={session} [{}]",
                    finished.error,
                    included.join(" ")
                )
            }
            "state" => format!(
                "sessions={} partitions={} evictions={}",
                self.sessions.count(),
                self.sessions.partition_count(),
                self.sessions.evictions()
            ),
            other => panic!("no command {other}"),
        };
        self.sessions.check_invariants();
        told
    }

    fn session_name(&mut self, id: i32) -> String {
        if id == 0 {
            return "none".to_owned();
        }
        let known = self.ids.iter().position(|known| *known == id);
        let index = known.unwrap_or_else(|| {
            self.ids.push(id);
            self.ids.len() - 1
        });
        format!("s{}", index + 1)
    }

    fn show(&self, context: &SessionContext) -> String {
        if context.error() != ErrorCode::NONE {
            return context.error().to_string();
        }
        let partition = |requested| {
            let at = place(requested);
            format!("{at}@{}", requested.partition.fetch_offset)
        };
        let partitions: Vec<String> = self.sessions.partitions(context).map(partition).collect();
        let kind = if context.is_incremental() {
            "changes of"
        } else {
            "all of"
        };
        format!("{kind} [{}]", partitions.join(" "))
    }

    fn request(&self, command: &Command) -> (i16, FetchRequest) {
        let version = i16::try_from(command.number("version", 17)).expect("a version");
        let session = command.option("session").map_or(0, |name| {
            let index: Option<usize> = name.strip_prefix('s').and_then(|n| n.parse().ok());
            index.map_or(12_345, |index| self.ids[index - 1])
        });
        let asked = command.options.iter().filter_map(|(at, offset)| {
            let (topic, partition) = at.rsplit_once('-')?;
            let (topic, topic_id) = named(topic, version);
            let partition = FetchPartition {
                partition: partition.parse().ok()?,
                fetch_offset: offset.parse().ok()?,
                ..Default::default()
            };
            Some(FetchTopic {
                topic,
                topic_id,
                partitions: vec![partition],
            })
        });
        let forgotten = command.option("forget").unwrap_or_default().split(',');
        let forgotten = forgotten.filter_map(|at| {
            let (topic, partition) = at.rsplit_once('-')?;
            let (topic, topic_id) = named(topic, version);
            Some(ForgottenTopic {
                topic,
                topic_id,
                partitions: vec![partition.parse().ok()?],
            })
        });
        let replica_id = i32::try_from(command.number("follower", -1)).expect("a node");
        let request = FetchRequest {
            session_id: session,
            session_epoch: i32::try_from(command.number("epoch", 0)).expect("an epoch"),
            replica_state: ReplicaState {
                replica_id,
                ..Default::default()
            },
            topics: asked.collect(),
            forgotten_topics_data: forgotten.collect(),
            ..Default::default()
        };
        (version, request)
    }
}

/// A topic of a script is a letter; its id is the letter's number.
fn named(topic: &str, version: i16) -> (KafkaString, Uuid) {
    if version >= 13 {
        (KafkaString::new(), Uuid(u128::from(topic.as_bytes()[0])))
    } else {
        (KafkaString::from(topic.to_owned()), Uuid::ZERO)
    }
}

fn place(requested: &super::RequestedPartition) -> String {
    let letter = u8::try_from(requested.topic_id.0).expect("a letter") as char;
    let topic = if requested.topic.is_empty() {
        letter.to_string()
    } else {
        requested.topic.to_string()
    };
    format!("{topic}-{}", requested.partition.partition)
}

/// `records:5,hw:7,start:2,error,tell`
fn outcome(text: Option<&str>) -> PartitionOutcome {
    let mut outcome = PartitionOutcome::default();
    for part in text
        .unwrap_or_default()
        .split(',')
        .filter(|part| !part.is_empty())
    {
        let (key, value) = part.split_once(':').unwrap_or((part, "0"));
        let value: i64 = value.parse().expect("a number");
        match key {
            "records" => outcome.records_size = usize::try_from(value).expect("a size"),
            "hw" => outcome.high_watermark = value,
            "start" => outcome.log_start_offset = value,
            "error" => outcome.has_error = true,
            "tell" => outcome.must_tell = true,
            other => panic!("no outcome {other}"),
        }
    }
    outcome
}

#[test]
fn fetch_sessions_follow_their_scripts() {
    let directory = concat!(env!("CARGO_MANIFEST_DIR"), "/scripts/sessions");
    run_directory(directory, || World::with_slots(1_000), World::run);
}

/// A client that believes what it is told always knows what the broker would tell it in full.
#[test]
fn a_client_never_misses_news() {
    for seed in 0..50 {
        let mut random = Random::from_seed(seed);
        let mut sessions = Sessions::new(SessionLimits::default(), seed);
        let mut truth = BTreeMap::<i32, i64>::new();
        let mut told = BTreeMap::<i32, i64>::new();
        let (mut id, mut epoch) = (0, 0);
        for step in 0..200 {
            let partition = i32::try_from(random.below(8)).expect("small");
            *truth.entry(partition).or_default() += 1;
            let mut request = FetchRequest {
                session_id: id,
                session_epoch: epoch,
                ..Default::default()
            };
            // A full fetch names all partitions, an incremental one asks for those it lacks.
            for partition in 0..8 {
                if epoch == 0 || random.below(10) == 0 {
                    request.topics.push(FetchTopic {
                        topic_id: Uuid(1),
                        partitions: vec![FetchPartition {
                            partition,
                            ..Default::default()
                        }],
                        ..Default::default()
                    });
                }
            }
            let now = Instant::ZERO.after_ms(step);
            let context = sessions.resolve(now, 17, &request);
            assert_eq!(context.error(), ErrorCode::NONE, "seed {seed}");
            let asked: Vec<i32> = sessions
                .partitions(&context)
                .map(|it| it.partition.partition)
                .collect();
            let has_error = random.below(10) == 0;
            let outcome = |partition: &i32| PartitionOutcome {
                high_watermark: truth.get(partition).copied().unwrap_or(0),
                records_size: usize::try_from(random.clone().below(2)).expect("small"),
                has_error: has_error && *partition == 3,
                ..Default::default()
            };
            let outcomes: Vec<_> = asked.iter().map(outcome).collect();
            let finished = sessions.finish(now, context, &outcomes);
            sessions.check_invariants();
            for ((partition, outcome), included) in
                asked.iter().zip(&outcomes).zip(&finished.included)
            {
                if *included && !outcome.has_error {
                    told.insert(*partition, outcome.high_watermark);
                }
            }
            for partition in &asked {
                let failed = has_error && *partition == 3;
                let truth = truth.get(partition).copied().unwrap_or(0);
                assert!(
                    failed || told.get(partition) == Some(&truth),
                    "seed {seed} step {step}"
                );
            }
            (id, epoch) = (finished.session_id, epoch + 1);
        }
    }
}
