//! The machine of the scripts: commands to requests, and a clock.

use std::sync::Arc;

use ottla_config::Properties;
use ottla_coordinator::{Entry, Event, Shard};
use ottla_messages::KafkaString;
use ottla_messages::allocate_producer_ids_request::AllocateProducerIdsRequest;
use ottla_messages::alter_configs_request::{
    self, AlterConfigsRequest, AlterConfigsResource as ReplacedResource,
};
use ottla_messages::alter_partition_reassignments_request::{
    AlterPartitionReassignmentsRequest, ReassignablePartition, ReassignableTopic,
};
use ottla_messages::alter_partition_request::{
    AlterPartitionRequest, BrokerState, PartitionData, TopicData,
};
use ottla_messages::assign_replicas_to_dirs_request::{self, AssignReplicasToDirsRequest};
use ottla_messages::broker_heartbeat_request::BrokerHeartbeatRequest;
use ottla_messages::broker_registration_request::{BrokerRegistrationRequest, Feature, Listener};
use ottla_messages::controller_registration_request::ControllerRegistrationRequest;
use ottla_messages::create_partitions_request::{
    CreatePartitionsAssignment, CreatePartitionsRequest, CreatePartitionsTopic,
};
use ottla_messages::create_topics_request::{
    CreatableReplicaAssignment, CreatableTopic, CreatableTopicConfig, CreateTopicsRequest,
};
use ottla_messages::delete_topics_request::{DeleteTopicState, DeleteTopicsRequest};
use ottla_messages::elect_leaders_request::{ElectLeadersRequest, TopicPartitions};
use ottla_messages::feature_level_record::FeatureLevelRecord;
use ottla_messages::incremental_alter_configs_request::{
    AlterConfigsResource, AlterableConfig, IncrementalAlterConfigsRequest,
};
use ottla_messages::metadata_record::MetadataRecord;
use ottla_messages::unregister_broker_request::UnregisterBrokerRequest;
use ottla_messages::update_features_request::{FeatureUpdateKey, UpdateFeaturesRequest};
use ottla_metadata::{
    Feature as FeatureName, MetadataImage, MetadataLoader, MetadataVersion, VersionRange,
};
use ottla_script::Command;
use ottla_types::{Instant, NodeId, Now, Offset, RequestId, TimestampMs, Uuid};

use super::show;
use crate::{
    Controller, ControllerContext, ControllerRequest, ControllerSettings, ControllerState,
    FileConfigSchema, RequestBody, activation_records,
};

/// A controller, its log, and the node that follows it.
pub(super) struct World {
    state: ControllerState,
    soft: crate::ControllerSoft,
    context: ControllerContext,
    now: Now,
    follower: MetadataLoader,
}

impl World {
    pub(super) fn new() -> World {
        let context = ControllerContext {
            cluster_id: "cluster".into(),
            node_id: NodeId(100),
            voters: vec![NodeId(100)],
            kraft_version: 1,
            log_end_offset: Offset::ZERO,
            settings: ControllerSettings::default(),
            supported_features: supported(30),
            config_schema: Arc::new(FileConfigSchema::new(file())),
        };
        let now = Now {
            monotonic: Instant::ZERO,
            wall: TimestampMs(0),
        };
        let state = ControllerState::default();
        let (soft, _) = Controller::restart(&state, &context, now, 42);
        World {
            state,
            soft,
            context,
            now,
            follower: MetadataLoader::default(),
        }
    }

    pub(super) fn run(&mut self, command: &Command) -> String {
        match command.name.as_str() {
            "activate" => {
                self.activate(command);
                return String::new();
            }
            "set" => {
                self.set(command);
                let (soft, _) = Controller::restart(&self.state, &self.context, self.now, 42);
                self.soft = soft;
                return String::new();
            }
            "failover" => {
                let (soft, _) = Controller::restart(&self.state, &self.context, self.now, 43);
                self.soft = soft;
                return String::new();
            }
            "wait" => return self.wait(command.number("ms", 0)),
            "brokers" => return show::brokers(&self.state.image),
            "topics" => return show::topics(&self.state.image),
            _ => {}
        }
        let request = ControllerRequest {
            api_version: i16::try_from(command.number("version", 9)).unwrap(),
            forwarded: has(command, "forwarded"),
            holds_own_directories: has(command, "own"),
            body: self.body(command),
        };
        self.step(Event::Request(RequestId(1), request))
    }

    fn activate(&mut self, command: &Command) {
        let level = i16::try_from(command.number("level", 30)).unwrap();
        let version = MetadataVersion::from_level(level).unwrap();
        let feature = |name: &'static str, feature_level| {
            FeatureLevelRecord {
                name: name.into(),
                feature_level,
            }
            .into()
        };
        let mut bootstrap: Vec<MetadataRecord> = vec![feature("metadata.version", level)];
        let others = FeatureName::ALL
            .into_iter()
            .filter(|f| *f != FeatureName::Kraft);
        for other in others.filter(|f| f.default_level(version) > 0) {
            bootstrap.push(feature(other.name(), other.default_level(version)));
        }
        let minimum = i32::try_from(command.number("min-insync", 1)).unwrap();
        let records = activation_records(&self.state, &bootstrap, minimum);
        self.append(records);
    }

    fn set(&mut self, command: &Command) {
        for (key, value) in &command.options {
            let settings = &mut self.context.settings;
            match key.as_str() {
                "no-op" => settings.metadata_max_idle_interval = milliseconds(value),
                "delete-topics" => settings.delete_topic_enable = value == "true",
                "partitions" => settings.num_partitions = value.parse().unwrap(),
                "replication" => settings.default_replication_factor = value.parse().unwrap(),
                other => panic!("no setting {other}"),
            }
        }
    }

    fn wait(&mut self, milliseconds: i64) -> String {
        let end = self.now.monotonic.after_ms(milliseconds);
        let mut shown = String::new();
        while let Some(deadline) = Controller::next_deadline(&self.soft).filter(|at| *at <= end) {
            self.now.monotonic = deadline.max(self.now.monotonic);
            shown.push_str(&self.step(Event::Deadline));
        }
        self.now.monotonic = end;
        shown
    }

    fn step(&mut self, event: Event<ControllerRequest>) -> String {
        self.context.log_end_offset = self.state.next_offset;
        let (now, context) = (self.now, &self.context);
        let decision = Controller::decide(&self.state, &mut self.soft, context, now, event);
        let mut shown = show::records(&decision.records, &self.state.image);
        self.append(decision.records);
        for answer in decision.answers {
            shown.push_str(&show::response(&answer.response));
        }
        shown
    }

    fn append(&mut self, records: Vec<MetadataRecord>) {
        for record in records {
            self.follower
                .replay(&record)
                .expect("another node can replay it");
            let offset = self.state.next_offset;
            Controller::replay(&mut self.state, offset, Entry::Record(record));
        }
        assert_eq!(self.follower.image(), &self.state.image);
        let mut from_snapshot = MetadataImage::default();
        for record in self.state.image.to_records() {
            from_snapshot
                .replay(&record)
                .expect("a snapshot can be replayed");
        }
        assert_eq!(from_snapshot, self.state.image);
    }

    fn body(&self, command: &Command) -> RequestBody {
        match command.name.as_str() {
            "register" => RequestBody::BrokerRegistration(register(command)),
            "heartbeat" => RequestBody::BrokerHeartbeat(self.heartbeat(command)),
            "unregister" => RequestBody::UnregisterBroker(UnregisterBrokerRequest {
                broker_id: positional(command),
            }),
            "register-controller" => {
                RequestBody::ControllerRegistration(ControllerRegistrationRequest {
                    controller_id: positional(command),
                    incarnation_id: id(command.option("incarnation").unwrap_or("1")),
                    ..ControllerRegistrationRequest::default()
                })
            }
            "producer-ids" => RequestBody::AllocateProducerIds(AllocateProducerIdsRequest {
                broker_id: positional(command),
                broker_epoch: self.epoch(command),
            }),
            "create" => RequestBody::CreateTopics(create(command)),
            "delete" => RequestBody::DeleteTopics(self.delete(command)),
            "partitions" => RequestBody::CreatePartitions(partitions(command)),
            "isr" => RequestBody::AlterPartition(self.alter_partition(command)),
            "assign" => RequestBody::AssignReplicasToDirs(self.assign(command)),
            "elect" => RequestBody::ElectLeaders(elect(command)),
            "alter" => RequestBody::IncrementalAlterConfigs(alter(command)),
            "replace" => RequestBody::AlterConfigs(replace(command)),
            "reassign" => RequestBody::AlterPartitionReassignments(reassign(command)),
            "update-features" => RequestBody::UpdateFeatures(update_features(command)),
            other => panic!("no command {other}"),
        }
    }

    fn heartbeat(&self, command: &Command) -> BrokerHeartbeatRequest {
        BrokerHeartbeatRequest {
            broker_id: positional(command),
            broker_epoch: self.epoch(command),
            current_metadata_offset: command.number("offset", self.state.next_offset.0 - 1),
            want_fence: has(command, "fence"),
            want_shut_down: has(command, "shutdown"),
            offline_log_dirs: ids(command, "offline"),
            cordoned_log_dirs: command.option("cordoned").map(|_| ids(command, "cordoned")),
        }
    }

    fn delete(&self, command: &Command) -> DeleteTopicsRequest {
        let by_id = has(command, "by-id");
        let topics = command
            .arguments
            .iter()
            .filter(|word| *word != "by-id")
            .map(|name| {
                let known = self.state.image.topics.by_name(name).map(|topic| topic.id);
                DeleteTopicState {
                    name: (!by_id).then(|| name.clone().into()),
                    topic_id: if by_id {
                        known.unwrap_or(Uuid(77 << 70))
                    } else {
                        Uuid::ZERO
                    },
                }
            });
        DeleteTopicsRequest {
            topics: topics.collect(),
            ..DeleteTopicsRequest::default()
        }
    }

    fn alter_partition(&self, command: &Command) -> AlterPartitionRequest {
        let (name, index) = topic_partition(&command.arguments[0]);
        let topic = self.state.image.topics.by_name(&name);
        let partition = topic.and_then(|topic| topic.partition(index.into()));
        let leader = partition.map_or(1, |partition| partition.leader.0);
        let leader = i32::try_from(command.number("from", leader.into())).unwrap();
        let epoch_of = |id: i32| {
            let broker = self.state.image.brokers.get(&NodeId(id));
            broker.map_or(-1, |broker| broker.epoch)
        };
        let isr = numbers(command.option("isr").unwrap_or_default());
        let leader_epoch = partition.map_or(0, |partition| partition.leader_epoch.0);
        let partition_epoch = partition.map_or(0, |partition| partition.partition_epoch);
        let wanted = PartitionData {
            partition_index: index,
            leader_epoch: leader_epoch + number(command, "leader-epoch"),
            partition_epoch: partition_epoch + number(command, "partition-epoch"),
            new_isr_with_epochs: isr
                .iter()
                .map(|&broker_id| BrokerState {
                    broker_id,
                    broker_epoch: epoch_of(broker_id) + i64::from(number(command, "isr-epoch")),
                })
                .collect(),
            leader_recovery_state: i8::from(has(command, "recovering")),
            ..PartitionData::default()
        };
        AlterPartitionRequest {
            broker_id: leader,
            broker_epoch: epoch_of(leader),
            topics: vec![TopicData {
                topic_id: topic.map_or(Uuid::ZERO, |topic| topic.id),
                partitions: vec![wanted],
            }],
        }
    }

    fn assign(&self, command: &Command) -> AssignReplicasToDirsRequest {
        let (name, index) = topic_partition(&command.arguments[1]);
        let topic = self.state.image.topics.by_name(&name);
        let partition = assign_replicas_to_dirs_request::PartitionData {
            partition_index: index,
        };
        AssignReplicasToDirsRequest {
            broker_id: positional(command),
            broker_epoch: self.epoch(command),
            directories: vec![assign_replicas_to_dirs_request::DirectoryData {
                id: id(command.option("dir").unwrap()),
                topics: vec![assign_replicas_to_dirs_request::TopicData {
                    topic_id: topic.map_or(Uuid::ZERO, |topic| topic.id),
                    partitions: vec![partition],
                }],
            }],
        }
    }

    /// That of the registration unless another one is given.
    fn epoch(&self, command: &Command) -> i64 {
        let broker = self.state.image.brokers.get(&NodeId(positional(command)));
        command.number("epoch", broker.map_or(-1, |broker| broker.epoch))
    }
}

fn file() -> Properties {
    let file = b"process.roles=broker,controller\nnode.id=100\n\
        listeners=PLAINTEXT://:9092,CONTROLLER://:9093\ncontroller.listener.names=CONTROLLER\n\
        controller.quorum.bootstrap.servers=localhost:9093\nlog.dirs=/d\n";
    Properties::parse(file).expect("the file is well formed")
}

/// What a node that works at a metadata version works at.
fn supported(metadata_version: i16) -> Vec<(&'static str, VersionRange)> {
    let range = |minimum, maximum| VersionRange { minimum, maximum };
    let others = FeatureName::ALL.map(|feature| (feature.name(), range(0, feature.latest())));
    let own = ("metadata.version", range(7, metadata_version));
    std::iter::once(own).chain(others).collect()
}

/// `TOPIC-INDEX to=1,2`; without `to`, what is under way is cancelled.
fn reassign(command: &Command) -> AlterPartitionReassignmentsRequest {
    let (name, partition_index) = topic_partition(&command.arguments[0]);
    AlterPartitionReassignmentsRequest {
        allow_replication_factor_change: !has(command, "same-factor"),
        topics: vec![ReassignableTopic {
            name: name.into(),
            partitions: vec![ReassignablePartition {
                partition_index,
                replicas: command.option("to").map(numbers),
            }],
        }],
        ..AlterPartitionReassignmentsRequest::default()
    }
}

/// `NAME=LEVEL …`, as upgrades or whatever `type` says.
fn update_features(command: &Command) -> UpdateFeaturesRequest {
    let updates = command.options.iter().filter(|(key, _)| *key != "type");
    UpdateFeaturesRequest {
        feature_updates: updates
            .map(|(name, level)| FeatureUpdateKey {
                feature: KafkaString::copy_from(name),
                max_version_level: level.parse().unwrap(),
                upgrade_type: i8::try_from(command.number("type", 1)).unwrap(),
                ..FeatureUpdateKey::default()
            })
            .collect(),
        validate_only: has(command, "validate"),
        ..UpdateFeaturesRequest::default()
    }
}

fn register(command: &Command) -> BrokerRegistrationRequest {
    let feature = |name: &'static str, maximum| Feature {
        name: name.into(),
        min_supported_version: if name == "metadata.version" { 7 } else { 0 },
        max_supported_version: maximum,
    };
    let mut features = vec![feature(
        "metadata.version",
        i16::try_from(command.number("level", 30)).unwrap(),
    )];
    for other in FeatureName::ALL {
        features.push(feature(other.name(), other.latest()));
    }
    features.retain(|feature| command.option("without") != Some(&*feature.name));
    let broker_id = positional(command);
    let listener = Listener {
        name: "PLAINTEXT".into(),
        host: "localhost".into(),
        port: 9092,
        security_protocol: 0,
    };
    BrokerRegistrationRequest {
        broker_id,
        cluster_id: command
            .option("cluster")
            .unwrap_or("cluster")
            .to_owned()
            .into(),
        incarnation_id: id(command.option("incarnation").unwrap_or("1")),
        listeners: vec![listener],
        features,
        rack: command.option("rack").map(|rack| rack.to_owned().into()),
        is_migrating_zk_broker: has(command, "zk"),
        log_dirs: match command.option("dirs") {
            Some(_) => ids(command, "dirs"),
            None => vec![id(&(1000 + broker_id).to_string())],
        },
        previous_broker_epoch: command.number("previous-epoch", -1),
    }
}

fn create(command: &Command) -> CreateTopicsRequest {
    let has_assignment = command.option("assign").is_some();
    let default = if has_assignment { -1 } else { 1 };
    let assignments = command
        .option("assign")
        .into_iter()
        .flat_map(|text| text.split('/'));
    let assignments: Vec<CreatableReplicaAssignment> = assignments
        .map(|text| {
            let (index, brokers) = text.split_once(':').unwrap();
            CreatableReplicaAssignment {
                partition_index: index.parse().unwrap(),
                broker_ids: numbers(brokers),
            }
        })
        .collect();
    let configs = command.options.iter().filter(|(key, _)| key.contains('.'));
    let configs: Vec<CreatableTopicConfig> = configs
        .map(|(key, value)| CreatableTopicConfig {
            name: key.clone().into(),
            value: (value != "null").then(|| value.clone().into()),
        })
        .collect();
    let names = command
        .arguments
        .iter()
        .filter(|word| *word != "validate-only");
    let topics = names.map(|name| CreatableTopic {
        name: name.clone().into(),
        num_partitions: i32::try_from(command.number("partitions", default)).unwrap(),
        replication_factor: i16::try_from(command.number("replication", default)).unwrap(),
        assignments: assignments.clone(),
        configs: configs.clone(),
    });
    CreateTopicsRequest {
        topics: topics.collect(),
        timeout_ms: 1000,
        validate_only: has(command, "validate-only"),
    }
}

fn partitions(command: &Command) -> CreatePartitionsRequest {
    let assignments = command.option("assign").map(|text| {
        let lists = text.split('/').map(|brokers| CreatePartitionsAssignment {
            broker_ids: numbers(brokers),
        });
        lists.collect()
    });
    CreatePartitionsRequest {
        topics: vec![CreatePartitionsTopic {
            name: command.arguments[0].clone().into(),
            count: number(command, "count"),
            assignments,
        }],
        timeout_ms: 1000,
        validate_only: has(command, "validate-only"),
    }
}

fn elect(command: &Command) -> ElectLeadersRequest {
    let partitions = command
        .arguments
        .iter()
        .filter(|word| !matches!(word.as_str(), "unclean"));
    let topics: Vec<TopicPartitions> = partitions
        .map(|text| {
            let (topic, partition) = topic_partition(text);
            TopicPartitions {
                topic: topic.into(),
                partitions: vec![partition],
            }
        })
        .collect();
    ElectLeadersRequest {
        election_type: i8::from(has(command, "unclean")),
        topic_partitions: (!topics.is_empty()).then_some(topics),
        timeout_ms: 1000,
    }
}

/// `alter TYPE/NAME set:key=value delete:key= append:key=value subtract:key=value`.
fn alter(command: &Command) -> IncrementalAlterConfigsRequest {
    let resources = command
        .arguments
        .iter()
        .filter(|word| word.contains('/'))
        .map(|word| {
            let (resource_type, resource_name) = resource(word);
            let configs = command.options.iter().map(|(key, value)| {
                let (operation, key) = key.split_once(':').unwrap();
                let operations = ["set", "delete", "append", "subtract"];
                let operation = operations.iter().position(|known| *known == operation);
                AlterableConfig {
                    name: key.to_owned().into(),
                    config_operation: operation.map_or(9, |index| i8::try_from(index).unwrap()),
                    value: (!value.is_empty() && value != "null").then(|| value.clone().into()),
                }
            });
            AlterConfigsResource {
                resource_type,
                resource_name,
                configs: configs.collect(),
            }
        });
    IncrementalAlterConfigsRequest {
        resources: resources.collect(),
        validate_only: has(command, "validate-only"),
    }
}

fn replace(command: &Command) -> AlterConfigsRequest {
    let (resource_type, resource_name) = resource(&command.arguments[0]);
    let configs =
        command
            .options
            .iter()
            .map(|(key, value)| alter_configs_request::AlterableConfig {
                name: key.clone().into(),
                value: Some(value.clone().into()),
            });
    AlterConfigsRequest {
        resources: vec![ReplacedResource {
            resource_type,
            resource_name,
            configs: configs.collect(),
        }],
        validate_only: false,
    }
}

fn resource(word: &str) -> (i8, KafkaString) {
    let (kind, name) = word.split_once('/').unwrap();
    let number = match kind {
        "topic" => 2,
        "broker" => 4,
        "logger" => 8,
        "metrics" => 16,
        "group" => 32,
        _ => 99,
    };
    (number, name.to_owned().into())
}

fn topic_partition(text: &str) -> (String, i32) {
    let (topic, partition) = text.rsplit_once('-').unwrap();
    (topic.to_owned(), partition.parse().unwrap())
}

fn has(command: &Command, word: &str) -> bool {
    command.arguments.iter().any(|argument| argument == word)
}

fn positional(command: &Command) -> i32 {
    command.arguments[0].parse().unwrap()
}

fn number(command: &Command, key: &str) -> i32 {
    i32::try_from(command.number(key, 0)).unwrap()
}

fn numbers(text: &str) -> Vec<i32> {
    text.split(',')
        .filter(|part| !part.is_empty())
        .map(|part| part.parse().unwrap())
        .collect()
}

/// Small numbers stand for reserved ids, from 100 on for ids that are not.
fn id(text: &str) -> Uuid {
    Uuid(text.parse().unwrap())
}

fn ids(command: &Command, key: &str) -> Vec<Uuid> {
    let text = command.option(key).unwrap_or_default();
    text.split(',')
        .filter(|part| !part.is_empty())
        .map(id)
        .collect()
}

fn milliseconds(text: &str) -> std::time::Duration {
    std::time::Duration::from_millis(text.parse().unwrap())
}
