//! Sequences of requests that know what they ask for: names that exist and names that do not,
//! partitions in and out of range, epochs of the past and of the future, the same thing twice.

mod cluster;
mod configs;
mod mutate;
mod producers;
mod records;
mod topics;

pub use mutate::UNTOUCHED;
use ottla_machine::Random;
use serde_json::{Value, json};

use crate::schemas::Apis;
use crate::script::Step;

/// Requests after the first topics were created.
const MOST_STEPS: u64 = 12;
/// A topic that never exists.
const MISSING: &str = "{s}missing";
/// An id that no topic has.
pub const UNKNOWN_ID: &str = "Zm9yLXRlc3RzLW9ubHktMQ";

/// How a request's body is made up, and how often that API is chosen.
type Maker = (&'static str, u64, fn(&mut Draft<'_>, i16) -> Value);

const MAKERS: &[Maker] = &[
    ("Produce", 14, producers::produce),
    ("InitProducerId", 3, producers::init_producer_id),
    ("DescribeProducers", 2, producers::describe_producers),
    ("Fetch", 8, records::fetch),
    ("ListOffsets", 6, records::list_offsets),
    ("OffsetForLeaderEpoch", 2, records::offset_for_leader_epoch),
    ("DeleteRecords", 3, records::delete_records),
    ("CreateTopics", 5, topics::create_topics),
    ("DeleteTopics", 2, topics::delete_topics),
    ("CreatePartitions", 3, topics::create_partitions),
    ("Metadata", 4, topics::metadata),
    (
        "DescribeTopicPartitions",
        2,
        topics::describe_topic_partitions,
    ),
    ("DescribeConfigs", 3, configs::describe_configs),
    (
        "IncrementalAlterConfigs",
        3,
        configs::incremental_alter_configs,
    ),
    ("AlterConfigs", 1, configs::alter_configs),
    ("ListConfigResources", 1, configs::list_config_resources),
    ("ApiVersions", 1, cluster::api_versions),
    ("DescribeCluster", 1, cluster::describe_cluster),
    ("DescribeLogDirs", 2, cluster::describe_log_dirs),
    ("FindCoordinator", 1, cluster::find_coordinator),
    ("ElectLeaders", 1, cluster::elect_leaders),
];

/// APIs of which Kafka does only the last of what is asked of a partition, with the names of their
/// lists.
const ONCE: &[(&str, [&str; 4])] = &[
    ("Produce", ["topicData", "name", "partitionData", "index"]),
    (
        "DeleteRecords",
        ["topics", "name", "partitions", "partitionIndex"],
    ),
    ("Fetch", ["topics", "topic", "partitions", "partition"]),
];

/// Leaves each topic once in a body, and in it each partition once.
fn make_distinct(api: &str, body: &mut Value) {
    let Some((_, [topics, topic, partitions, partition])) =
        ONCE.iter().find(|(name, _)| *name == api)
    else {
        return;
    };
    let once = |list: &mut Value, field: &str| {
        let mut seen = Vec::new();
        if let Value::Array(elements) = list {
            elements.retain(|element| {
                let key = element.get(field).cloned();
                let is_new = !seen.contains(&key);
                seen.push(key);
                is_new
            });
        }
    };
    if let Some(topics) = body.get_mut(topics) {
        once(topics, topic);
        for one in topics.as_array_mut().into_iter().flatten() {
            if let Some(partitions) = one.get_mut(partitions) {
                once(partitions, partition);
            }
        }
    }
}

/// A topic that a sequence has asked for.
#[derive(Clone, Debug)]
struct Topic {
    name: String,
    /// Under which name the answer that tells its id stands.
    label: String,
    partitions: i64,
}

/// A sequence that grows.
struct Draft<'a> {
    random: &'a mut Random,
    apis: &'a Apis,
    steps: Vec<Step>,
    topics: Vec<Topic>,
    producers: Vec<producers::Producer>,
}

/// The sequence of these random numbers.
///
/// # Errors
/// When an API has no schema.
pub fn sequence(apis: &Apis, only: Option<&str>, random: &mut Random) -> anyhow::Result<Vec<Step>> {
    let mut draft = Draft {
        random,
        apis,
        steps: Vec::new(),
        topics: Vec::new(),
        producers: Vec::new(),
    };
    for _ in 0..=draft.below(2) {
        topics::create_one(&mut draft)?;
    }
    for _ in 0..3 + draft.below(MOST_STEPS - 3) {
        let (name, _, make) = draft.maker(only);
        draft.one(name, make)?;
    }
    Ok(draft.steps)
}

impl Draft<'_> {
    fn below(&mut self, bound: u64) -> u64 {
        self.random.below(bound)
    }

    fn one_in(&mut self, count: u64) -> bool {
        self.below(count) == 0
    }

    fn pick<T: Clone>(&mut self, choices: &[T]) -> T {
        let chosen = self.below(choices.len() as u64) as usize;
        choices.get(chosen).expect("there are choices").clone()
    }

    fn maker(&mut self, only: Option<&str>) -> Maker {
        let wanted = only.filter(|_| !self.one_in(3));
        let wanted = wanted.and_then(|only| MAKERS.iter().find(|(name, ..)| *name == only));
        if let Some(maker) = wanted {
            return *maker;
        }
        let mut left = self.below(MAKERS.iter().map(|(_, weight, _)| weight).sum());
        for maker in MAKERS {
            match left.checked_sub(maker.1) {
                Some(less) => left = less,
                None => return *maker,
            }
        }
        unreachable!("the weights were added up")
    }

    /// Adds a request of an API.
    fn one(&mut self, name: &str, make: fn(&mut Draft<'_>, i16) -> Value) -> anyhow::Result<()> {
        if self.apis.get(name)?.request.versions.is_empty() {
            return Ok(()); // one of the two does not serve it
        }
        let version = self.version(name)?;
        let mut body = make(self, version);
        if self.one_in(8) {
            let schema = self.apis.get(name)?.request.clone();
            mutate::mutate(self.random, &schema, version, &mut body);
        }
        make_distinct(name, &mut body);
        let mut step = Step::new(name, version, body);
        if self.one_in(4) {
            step.connection = self.pick(&["b", "c"]).to_owned();
        }
        self.remember(&mut step);
        self.steps.push(step);
        Ok(())
    }

    /// Later steps refer to what this one asks for.
    fn remember(&mut self, step: &mut Step) {
        match step.api.as_str() {
            "InitProducerId" => producers::remember(self, step),
            "CreateTopics" => topics::remember(self, step),
            _ => {}
        }
    }

    /// A version of an API: mostly one that exists.
    fn version(&mut self, name: &str) -> anyhow::Result<i16> {
        let request = &self.apis.get(name)?.request;
        let (low, high) = (request.versions.low, request.versions.high);
        Ok(match self.below(60) {
            0 => 99,
            1 => -1,
            _ => low + self.below((high - low + 1) as u64) as i16,
        })
    }

    /// A topic that should exist.
    fn topic(&mut self) -> Topic {
        let count = self.topics.len() as u64;
        let chosen = self.below(count) as usize;
        let topic = self.topics.get(chosen).cloned();
        topic.expect("a sequence begins with a topic")
    }

    /// The name of a topic, mostly of one that should exist, and the place of its id.
    fn named(&mut self) -> (Value, Value) {
        let missing = json!(UNKNOWN_ID);
        let zero = ottla_types::Uuid::ZERO.to_string();
        match self.below(16) {
            0 => (json!(MISSING), missing),
            1 => (
                self.pick(&[json!(""), json!("{s}bad name"), json!(".")]),
                json!(zero),
            ),
            _ => {
                let topic = self.topic();
                let id = json!({"$of": [topic.label, "/topics/0/topicId"], "or": UNKNOWN_ID});
                (json!(topic.name), id)
            }
        }
    }

    /// A partition, mostly of those that a topic with this name has.
    fn partition(&mut self, name: &Value) -> i64 {
        let topic = self.topics.iter().find(|topic| name == &json!(topic.name));
        let count = topic.map_or(1, |topic| topic.partitions).max(1);
        match self.below(14) {
            0 => count,
            1 => self.pick(&[-1, i64::from(i32::MAX), i64::from(i32::MIN)]),
            _ => self.below(count as u64) as i64,
        }
    }

    /// Topics with partitions, made by `make`, which hears of the name and the partition. Now and
    /// then the same comes twice, or nothing.
    fn partitions(
        &mut self,
        (name_field, partitions_field): (&str, &str),
        make: &mut dyn FnMut(&mut Draft<'_>, &Value, i64) -> Value,
    ) -> Value {
        let mut topics = Vec::new();
        for _ in 0..self.few() {
            let (name, id) = self.named();
            let mut partitions = Vec::new();
            for _ in 0..self.few() {
                let partition = self.partition(&name);
                partitions.push(make(self, &name, partition));
            }
            topics.push(json!({
                name_field: name, "topicId": id, partitions_field: partitions,
            }));
        }
        Value::Array(topics)
    }

    /// Mostly one, seldom none.
    fn few(&mut self) -> u64 {
        self.pick(&[1, 1, 1, 1, 1, 1, 2, 2, 3, 0])
    }

    /// A leader epoch: mostly unknown or the only one.
    fn leader_epoch(&mut self) -> i64 {
        self.pick(&[-1, -1, -1, -1, 0, 0, 1, 5, i64::from(i32::MAX)])
    }

    fn flip(&mut self) -> bool {
        self.one_in(2)
    }
}
