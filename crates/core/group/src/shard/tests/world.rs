//! A shard over a log in memory, driven by commands of a script.

use std::collections::BTreeMap;

use bytes::Bytes;
use ottla_coordinator::{Appender, Coordinator, Entry, Event, Input, Loading, Output, Rejection};
use ottla_messages::list_groups_request::ListGroupsRequest;
use ottla_messages::{ErrorCode, KafkaString};
use ottla_script::Command;
use ottla_types::{Instant, Now, Offset, ProducerEpoch, ProducerId, RequestId, TimestampMs, Uuid};

use super::asking::{committed_topics, number, owned};
use super::show;
use crate::{GroupContext, GroupHard, GroupRecord, GroupRequest, GroupShard};

pub(super) type GroupCoordinator = Coordinator<GroupShard>;
pub(super) type LogEntry = (i64, Entry<(Bytes, Option<Bytes>)>);

/// `__consumer_offsets`, one partition.
#[derive(Default)]
pub(super) struct Log {
    pub(super) entries: Vec<LogEntry>,
    pub(super) refuses: Option<ErrorCode>,
    pub(super) next_offset: i64,
    written: Vec<GroupRecord>,
}

impl Appender<GroupRecord> for Log {
    fn append(&mut self, records: &[GroupRecord]) -> Result<Offset, Rejection> {
        if let Some(code) = self.refuses {
            return Err(Rejection {
                code,
                message: None,
            });
        }
        let base = self.next_offset;
        for record in records {
            let encoded = record.encode().expect("the names of a script are short");
            self.entries
                .push((self.next_offset, Entry::Record(encoded)));
            self.next_offset += 1;
        }
        self.written.extend_from_slice(records);
        Ok(Offset(base))
    }
}

/// What the log says.
pub(super) fn replay(entries: &[LogEntry]) -> Loading<GroupShard> {
    let mut loading = Loading::new(GroupHard::default());
    let decode = |(key, value): &(Bytes, Option<Bytes>)| {
        GroupRecord::decode(key, value.as_deref()).expect("the log is sound")
    };
    for (offset, entry) in entries {
        let entry = match entry {
            Entry::Record(record) => decode(record).map(Entry::Record),
            Entry::Transactional(producer, epoch, record) => {
                decode(record).map(|record| Entry::Transactional(*producer, *epoch, record))
            }
            Entry::TransactionEnd(producer, epoch, committed) => {
                Some(Entry::TransactionEnd(*producer, *epoch, *committed))
            }
        };
        if let Some(entry) = entry {
            loading.replay(Offset(*offset), entry);
        }
    }
    loading
}

pub(super) struct World {
    pub(super) coordinator: GroupCoordinator,
    pub(super) log: Log,
    pub(super) context: GroupContext,
    pub(super) now_ms: i64,
    pub(super) requests: u64,
    /// After how many requests replay is compared with the live state.
    pub(super) replays_every: u64,
    seed: u64,
    holds_commits: bool,
    /// Short names of member ids, in the order in which they were first seen.
    names: BTreeMap<String, String>,
}

impl World {
    pub(super) fn new() -> Self {
        World::with_seed(1)
    }

    pub(super) fn with_seed(seed: u64) -> Self {
        let context = GroupContext::default();
        let now = Now {
            monotonic: Instant::ZERO,
            wall: TimestampMs(0),
        };
        let start = (Offset::ZERO, Offset::ZERO);
        let coordinator = replay(&[]).activate(&context, now, seed, start, &mut Vec::new());
        World {
            coordinator,
            log: Log::default(),
            context,
            now_ms: 0,
            requests: 0,
            replays_every: 1,
            seed,
            holds_commits: false,
            names: BTreeMap::new(),
        }
    }

    fn now(&self) -> Now {
        Now {
            monotonic: Instant::ZERO.after_ms(self.now_ms),
            wall: TimestampMs(self.now_ms),
        }
    }

    /// One input; everything that was written is committed at once, unless the script holds it.
    pub(super) fn step(&mut self, input: Input<GroupRequest, GroupRecord>) -> String {
        let now = self.now();
        let mut outputs = Vec::new();
        self.coordinator
            .step(now, &self.context, input, &mut self.log, &mut outputs);
        if !self.holds_commits {
            let committed = Input::HighWatermark(Offset(self.log.next_offset));
            self.coordinator
                .step(now, &self.context, committed, &mut self.log, &mut outputs);
        }
        self.coordinator.check_invariants();
        self.coordinator.soft().check_invariants();
        self.name_waiting_members();
        if self.requests.is_multiple_of(self.replays_every) {
            let replayed = replay(&self.log.entries);
            assert!(
                replayed.hard() == self.coordinator.hard(),
                "replay gives the live state"
            );
        }
        let mut text = String::new();
        for record in std::mem::take(&mut self.log.written) {
            text += &format!("write {}\n", show::record(&record));
        }
        text += &answers(outputs);
        self.shorten(text)
    }

    pub(super) fn request(&mut self, asked: GroupRequest) -> String {
        self.requests += 1;
        let request = RequestId(self.requests);
        self.step(Input::Event(Event::Request(request, asked)))
    }

    /// Lets time pass, with every deadline at its time.
    pub(super) fn wait(&mut self, ms: i64) -> String {
        let end = self.now_ms + ms;
        let mut text = String::new();
        while let Some(deadline) = self.coordinator.next_deadline() {
            let deadline_ms = i64::try_from(deadline.0.div_ceil(1_000_000)).expect("a short run");
            if deadline_ms > end {
                break;
            }
            self.now_ms = self.now_ms.max(deadline_ms);
            let outcome = self.step(Input::Event(Event::Deadline));
            if !outcome.is_empty() {
                text += &format!("at {} ms:\n{outcome}", self.now_ms);
            }
        }
        self.now_ms = end;
        text
    }

    /// The leadership ends and begins anew on what the log says.
    pub(super) fn reload(&mut self) -> String {
        let rejection = Rejection {
            code: ErrorCode::NOT_COORDINATOR,
            message: None,
        };
        let marks = (Offset(self.log.next_offset), Offset(self.log.next_offset));
        self.seed += 1;
        let mut outputs = Vec::new();
        let loaded = replay(&self.log.entries);
        let now = self.now();
        let fresh = loaded.activate(&self.context, now, self.seed, marks, &mut outputs);
        std::mem::replace(&mut self.coordinator, fresh).resign(&rejection, &mut outputs);
        self.coordinator.soft().check_invariants();
        let text = answers(outputs);
        self.shorten(text)
    }

    fn name_waiting_members(&mut self) {
        let waiting = self.coordinator.soft().waiting.values();
        let members: Vec<String> = waiting.map(|it| it.member.to_string()).collect();
        members
            .into_iter()
            .for_each(|member| drop(self.name(member)));
    }

    fn name(&mut self, member_id: String) -> String {
        let next = format!("m{}", self.names.len() + 1);
        self.names.entry(member_id).or_insert(next).clone()
    }

    /// Replaces random member ids by short names.
    fn shorten(&mut self, mut text: String) -> String {
        let is_hex = |c: char| c.is_ascii_hexdigit();
        let words: Vec<String> = text
            .split(|c: char| !c.is_ascii_alphanumeric() && c != '-')
            .filter(|word| {
                let tail: Vec<&str> = word.rsplitn(6, '-').collect();
                tail.len() == 6
                    && tail[..5].iter().all(|part| part.chars().all(is_hex))
                    && [12, 4, 4, 4, 8]
                        == [
                            tail[0].len(),
                            tail[1].len(),
                            tail[2].len(),
                            tail[3].len(),
                            tail[4].len(),
                        ]
            })
            .map(str::to_owned)
            .collect();
        for word in words {
            let name = self.name(word.clone());
            text = text.replace(&word, &name);
        }
        text
    }

    /// The member id behind a short name; other text is taken as it is.
    pub(super) fn member_id(&self, name: Option<&str>) -> KafkaString {
        let Some(name) = name else {
            return KafkaString::new();
        };
        let known = self.names.iter().find(|(_, short)| *short == name);
        let id = known.map_or(name, |(id, _)| id);
        KafkaString::from(id.to_owned())
    }

    pub(super) fn run(&mut self, command: &Command) -> String {
        match command.name.as_str() {
            "join" => self.run_join(command),
            "sync" => self.run_sync(command),
            "heartbeat" => self.run_heartbeat(command),
            "leave" => self.run_leave(command),
            "commit" => self.run_commit(command),
            "fetch" => self.run_fetch(command),
            "delete-offsets" => self.run_delete_offsets(command),
            "list" => {
                let list = |key| {
                    let words = command.option(key).unwrap_or_default().split(',');
                    words.filter(|word| !word.is_empty()).map(owned).collect()
                };
                let request = ListGroupsRequest {
                    states_filter: list("states"),
                    types_filter: list("types"),
                };
                self.request(GroupRequest::ListGroups(request))
            }
            "describe" => {
                let version = number(command, "version", 6);
                let groups = command.arguments.iter().map(|group| owned(group)).collect();
                self.request(GroupRequest::DescribeGroups { version, groups })
            }
            "delete" => {
                let groups = command.arguments.iter().map(|group| owned(group)).collect();
                self.request(GroupRequest::DeleteGroups(groups))
            }
            _ => self.run_environment(command),
        }
    }

    fn run_environment(&mut self, command: &Command) -> String {
        match command.name.as_str() {
            "wait" => self.wait(command.number("ms", 0)),
            "reload" => self.reload(),
            "configure" => {
                let configuration = &mut self.context.configuration;
                let delay = command.number("delay", 3_000);
                configuration.initial_rebalance_delay_ms = i32::try_from(delay).expect("small");
                let size = command.number("max-size", i64::from(i32::MAX));
                configuration.max_size = i32::try_from(size).expect("small");
                let session = command.number("max-session", 1_800_000);
                configuration.max_session_timeout_ms = i32::try_from(session).expect("small");
                String::new()
            }
            "refuse-appends" => {
                self.log.refuses = Some(ErrorCode::NOT_ENOUGH_REPLICAS);
                String::new()
            }
            "accept-appends" => {
                self.log.refuses = None;
                String::new()
            }
            "hold-commits" => {
                self.holds_commits = true;
                String::new()
            }
            "release-commits" => {
                self.holds_commits = false;
                self.step(Input::HighWatermark(Offset(self.log.next_offset)))
            }
            "transaction" => self.run_transaction(command),
            "foreign" => self.run_foreign(command),
            "delete-topic" => {
                let id = Uuid(u128::try_from(command.number("id", 0)).expect("an id"));
                self.context.deleted_topics = vec![(owned(&command.arguments[0]), id)];
                self.step(Input::Event(Event::ImageChanged))
            }
            other => panic!("no command {other}"),
        }
    }

    /// A producer's records, or the end of its transaction.
    fn run_transaction(&mut self, command: &Command) -> String {
        let producer = ProducerId(command.number("producer", 1));
        let epoch = ProducerEpoch(0);
        let at = Offset(self.log.next_offset);
        self.log.next_offset += 1;
        if command.arguments[0] == "end" {
            let committed = command.option("abort").is_none();
            let end = Entry::TransactionEnd(producer, epoch, committed);
            self.log
                .entries
                .push((at.0, Entry::TransactionEnd(producer, epoch, committed)));
            return self.step(Input::Appended(at, end));
        }
        let topics = committed_topics(command);
        let record = GroupRecord::OffsetCommit {
            key: ottla_messages::offset_commit_key::OffsetCommitKey {
                group: owned(&command.arguments[0]),
                topic: topics[0].name.clone(),
                partition: topics[0].partitions[0].partition_index,
            },
            value: Some(ottla_messages::offset_commit_value::OffsetCommitValue {
                offset: topics[0].partitions[0].committed_offset,
                commit_timestamp: self.now_ms,
                ..Default::default()
            }),
        };
        let encoded = record.encode().expect("short names");
        self.log
            .entries
            .push((at.0, Entry::Transactional(producer, epoch, encoded)));
        self.step(Input::Appended(
            at,
            Entry::Transactional(producer, epoch, record),
        ))
    }

    /// Records of a consumer or share group, as another broker has left them.
    fn run_foreign(&mut self, command: &Command) -> String {
        use ottla_messages::consumer_group_member_metadata_key::ConsumerGroupMemberMetadataKey;
        use ottla_messages::consumer_group_metadata_key::ConsumerGroupMetadataKey;
        use ottla_messages::group_coordinator_record::{
            GroupCoordinatorKey, GroupCoordinatorValue,
        };
        use ottla_messages::share_group_metadata_key::ShareGroupMetadataKey;
        let group_id = owned(&command.arguments[0]);
        let (key, value) = match command.arguments[1].as_str() {
            "consumer" => (
                GroupCoordinatorKey::ConsumerGroupMetadata(ConsumerGroupMetadataKey { group_id }),
                GroupCoordinatorValue::ConsumerGroupMetadata(Default::default()),
            ),
            "member" => (
                GroupCoordinatorKey::ConsumerGroupMemberMetadata(ConsumerGroupMemberMetadataKey {
                    group_id,
                    member_id: "foreign-member".into(),
                }),
                GroupCoordinatorValue::ConsumerGroupMemberMetadata(Default::default()),
            ),
            "share" => (
                GroupCoordinatorKey::ShareGroupMetadata(ShareGroupMetadataKey { group_id }),
                GroupCoordinatorValue::ShareGroupMetadata(Default::default()),
            ),
            other => panic!("no record {other}"),
        };
        let key = key.encode_key().expect("short names");
        let value = value.encode_value(0).expect("short names");
        let at = self.log.next_offset;
        self.log.next_offset += 1;
        let record = GroupRecord::decode(&key, Some(&value))
            .expect("sound")
            .expect("known");
        self.log
            .entries
            .push((at, Entry::Record((key, Some(value)))));
        self.step(Input::Appended(Offset(at), Entry::Record(record)))
    }
}

fn answers(outputs: Vec<Output<crate::GroupResponse, std::convert::Infallible>>) -> String {
    let mut text = String::new();
    for output in outputs {
        match output {
            Output::Answer(answer) => {
                text += &format!("{}: {}\n", answer.to, show::response(&answer.response));
            }
            Output::Effect(never) => match never {},
        }
    }
    text
}
