//! What a seed stands for: the shape of the node and its clients, and what happens to them when.

use ottla_machine::Random;
use ottla_types::{Duration, Instant};

use crate::bugs::Bug;
use crate::clients::ProducerPlan;
use crate::disk::{DiskFault, DiskPace};

/// Which kinds of trouble come.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Scenario {
    /// None.
    Calm,
    /// The process is killed.
    Kill,
    /// The power is cut.
    PowerCut,
    /// Reads, writes and syncs take long.
    SlowDisk,
    /// Writes and syncs fail, or find no space.
    FailingDisk,
    /// Connections end.
    Network,
    /// The process is stopped in order.
    Stop,
    /// All of it.
    Everything,
}

impl Scenario {
    /// All, by name.
    pub const ALL: &'static [(&'static str, Scenario)] = &[
        ("calm", Scenario::Calm),
        ("kill", Scenario::Kill),
        ("power-cut", Scenario::PowerCut),
        ("slow-disk", Scenario::SlowDisk),
        ("failing-disk", Scenario::FailingDisk),
        ("network", Scenario::Network),
        ("stop", Scenario::Stop),
        ("everything", Scenario::Everything),
    ];

    /// The one that a seed runs when none is asked for.
    #[must_use]
    pub fn of_seed(seed: u64) -> Scenario {
        // Half of all seeds have everything at once.
        let index = usize::try_from(seed % 14).unwrap_or(0);
        let named = Scenario::ALL.get(index);
        named.map_or(Scenario::Everything, |(_, scenario)| *scenario)
    }

    /// The one of a name.
    #[must_use]
    pub fn named(name: &str) -> Option<Scenario> {
        let mut all = Scenario::ALL.iter();
        all.find(|(other, _)| *other == name)
            .map(|(_, scenario)| *scenario)
    }
}

/// Something that happens.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Fault {
    /// The process ends at once; what it wrote stays.
    Kill,
    /// The power goes; `torn`: some of what was not synced survives.
    PowerCut {
        /// Whether some of what was not synced survives.
        torn: bool,
    },
    /// The process is told to end.
    Stop,
    /// Calls of the disk take up to so long from now on.
    Pace(DiskPace),
    /// The disk fails.
    Disk(DiskFault),
    /// Nothing more can be reserved on the disk, for a while.
    Full,
    /// There is space again.
    SpaceFreed,
    /// One connection ends, by the place of its client.
    Cut(u64),
    /// The wall clock is set.
    ClockJump(i64),
}

/// A topic.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct TopicPlan {
    /// Partitions when it is created.
    pub partitions: i32,
    /// Whether acknowledgements wait for the device.
    pub fsync: bool,
    /// `internal.segment.bytes`.
    pub segment_bytes: i32,
    /// `segment.ms`.
    pub segment_ms: i64,
    /// `segment.index.bytes`.
    pub segment_index_bytes: i32,
    /// `index.interval.bytes`.
    pub index_interval_bytes: i32,
    /// `retention.ms`.
    pub retention_ms: i64,
    /// `retention.bytes`.
    pub retention_bytes: i64,
    /// `file.delete.delay.ms`.
    pub file_delete_delay_ms: i64,
}

impl TopicPlan {
    /// Its configuration, as CreateTopics takes it.
    #[must_use]
    pub fn configs(&self) -> Vec<(&'static str, String)> {
        let flush_messages = if self.fsync { 1 } else { i64::MAX };
        vec![
            ("internal.segment.bytes", self.segment_bytes.to_string()),
            ("segment.ms", self.segment_ms.to_string()),
            ("segment.index.bytes", self.segment_index_bytes.to_string()),
            (
                "index.interval.bytes",
                self.index_interval_bytes.to_string(),
            ),
            ("retention.ms", self.retention_ms.to_string()),
            ("retention.bytes", self.retention_bytes.to_string()),
            ("flush.messages", flush_messages.to_string()),
            (
                "file.delete.delay.ms",
                self.file_delete_delay_ms.to_string(),
            ),
            // The wall clock is set back in some histories.
            ("message.timestamp.after.max.ms", i64::MAX.to_string()),
        ]
    }
}

/// The metadata quorum.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct QuorumPlan {
    /// `metadata.log.segment.bytes`.
    pub segment_bytes: u64,
    /// `metadata.log.max.record.bytes.between.snapshots`.
    pub bytes_between_snapshots: u64,
    /// `metadata.max.retention.bytes`.
    pub retention_bytes: u64,
    /// Whether the voters are in the log (`kraft.version` 1).
    pub has_dynamic_voters: bool,
    /// `metadata.max.idle.interval.ms`.
    pub idle_interval: Duration,
}

/// The administrator.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct AdministratorPlan {
    /// Changes to ask for, once all topics are created.
    pub changes: u64,
    /// The mean time between them.
    pub every: Duration,
}

/// Everything that a seed decides beforehand.
#[derive(Clone, Debug)]
pub struct Plan {
    /// The seed.
    pub seed: u64,
    /// The bug that is planted, if one is.
    pub bug: Option<Bug>,
    /// The topics.
    pub topics: Vec<TopicPlan>,
    /// The metadata quorum.
    pub quorum: QuorumPlan,
    /// The administrator.
    pub administrator: AdministratorPlan,
    /// The producers.
    pub producers: Vec<ProducerPlan>,
    /// Consumers that read backwards, beside one per partition that follows it.
    pub backward_consumers: usize,
    /// Members of the group.
    pub members: usize,
    /// The topic of the group's coordinator.
    pub offsets: TopicPlan,
    /// How long calls of the disk take at first.
    pub pace: DiskPace,
    /// The time between checkpoints.
    pub checkpoint_every: Duration,
    /// The time between looks for what is to be removed.
    pub retention_every: Duration,
    /// What happens when, in order.
    pub faults: Vec<(Instant, Fault)>,
}

/// Trouble comes within so many seconds; then all is let heal.
const TROUBLED_SECONDS: u64 = 12;

impl Plan {
    /// The plan of a seed.
    #[must_use]
    pub fn new(seed: u64, scenario: Option<Scenario>, bug: Option<Bug>) -> Plan {
        let random = &mut Random::from_seed(seed ^ 0x0707_0707);
        let scenario = scenario.unwrap_or_else(|| Scenario::of_seed(seed));
        let topics: Vec<_> = (0..1 + random.below(3)).map(|_| topic(random)).collect();
        let producers = (0..1 + below(random, 3)).map(|index| ProducerPlan {
            forgets_sequences: bug == Some(Bug::ForgetsSequences),
            ..producer(random, index)
        });
        let producers = producers.collect();
        let sync_max = *pick(
            random,
            &[Duration::from_millis(2), Duration::from_millis(20)],
        );
        let pace = DiskPace {
            sync_max,
            ..DiskPace::default()
        };
        let every = *pick(random, &[300, 2_000]);
        let offsets = TopicPlan {
            partitions: 1,
            retention_ms: -1,
            retention_bytes: -1,
            ..topic(random)
        };
        Plan {
            seed,
            bug,
            topics,
            quorum: quorum(random),
            administrator: administrator(random),
            producers,
            backward_consumers: 1 + below(random, 2),
            members: below(random, 4),
            offsets,
            pace,
            checkpoint_every: Duration::from_millis(every),
            retention_every: Duration::from_millis(*pick(random, &[400, 2_500])),
            faults: faults(random, scenario),
        }
    }

    /// When the last fault has come.
    #[must_use]
    pub fn faults_end(&self) -> Instant {
        self.faults.last().map_or(Instant::ZERO, |(at, _)| *at)
    }
}

fn below(random: &mut Random, bound: u64) -> usize {
    usize::try_from(random.below(bound)).unwrap_or(0)
}

fn pick<'a, T>(random: &mut Random, choices: &'a [T]) -> &'a T {
    let index = below(random, choices.len() as u64);
    choices.get(index).expect("there is a choice")
}

fn topic(random: &mut Random) -> TopicPlan {
    // Most topics keep everything, so that everything can be looked for.
    let expires = random.below(3) == 0;
    let (retention_ms, retention_bytes) = if expires {
        (*pick(random, &[-1, 4_000]), *pick(random, &[5_000, 20_000]))
    } else {
        (-1, -1)
    };
    TopicPlan {
        partitions: 1 + i32::try_from(random.below(2)).unwrap_or(0),
        fsync: random.below(3) != 0,
        segment_bytes: *pick(random, &[1_500, 4_000, 20_000]),
        segment_ms: *pick(random, &[2_000, i64::MAX]),
        segment_index_bytes: *pick(random, &[64, 10 << 20]),
        index_interval_bytes: *pick(random, &[1, 200, 4_096]),
        retention_ms,
        retention_bytes,
        file_delete_delay_ms: *pick(random, &[0, 700]),
    }
}

fn quorum(random: &mut Random) -> QuorumPlan {
    QuorumPlan {
        segment_bytes: *pick(random, &[1_500, 10_000]),
        bytes_between_snapshots: *pick(random, &[1_500, 6_000]),
        retention_bytes: *pick(random, &[4_000, 1 << 20]),
        has_dynamic_voters: random.below(2) == 0,
        idle_interval: Duration::from_millis(*pick(random, &[500, 4_000])),
    }
}

fn administrator(random: &mut Random) -> AdministratorPlan {
    AdministratorPlan {
        changes: random.below(30),
        every: Duration::from_millis(*pick(random, &[100, 600])),
    }
}

fn producer(random: &mut Random, index: usize) -> ProducerPlan {
    let is_idempotent = random.below(4) != 0;
    ProducerPlan {
        index,
        is_idempotent,
        acks_all: random.below(5) != 0,
        max_in_flight: *pick(random, &[1, 3, 5]),
        batches: 30 + random.below(90),
        every: Duration::from_millis(*pick(random, &[5, 40, 150])),
        forgets_sequences: false,
    }
}

fn faults(random: &mut Random, scenario: Scenario) -> Vec<(Instant, Fault)> {
    let count = match scenario {
        Scenario::Calm => 0,
        Scenario::Everything => 3 + random.below(10),
        _ => 1 + random.below(6),
    };
    let mut faults: Vec<_> = (0..count)
        .map(|_| {
            let at = random.below(TROUBLED_SECONDS * 1_000_000_000);
            (Instant(at), fault(random, scenario))
        })
        .collect();
    faults.sort_by_key(|(at, _)| *at);
    faults
}

fn fault(random: &mut Random, scenario: Scenario) -> Fault {
    match scenario {
        Scenario::Calm | Scenario::Kill => Fault::Kill,
        Scenario::PowerCut => Fault::PowerCut {
            torn: random.below(3) != 0,
        },
        Scenario::SlowDisk => {
            let time =
                |random: &mut Random, times: &[u64]| Duration::from_millis(*pick(random, times));
            Fault::Pace(DiskPace {
                sync_max: time(random, &[2, 100, 1_000, 8_000]),
                write_max: time(random, &[1, 1, 40, 400]),
                read_max: time(random, &[1, 1, 40, 2_000]),
            })
        }
        Scenario::FailingDisk => {
            let kinds = [
                Fault::Disk(DiskFault::Write),
                Fault::Disk(DiskFault::Sync),
                Fault::Disk(DiskFault::NoSpace),
                Fault::Full,
                Fault::Full,
            ];
            *pick(random, &kinds)
        }
        Scenario::Network => Fault::Cut(random.next_u64()),
        Scenario::Stop => Fault::Stop,
        Scenario::Everything => {
            let kinds = [
                Scenario::Kill,
                Scenario::PowerCut,
                Scenario::PowerCut,
                Scenario::SlowDisk,
                Scenario::FailingDisk,
                Scenario::Network,
                Scenario::Network,
                Scenario::Stop,
            ];
            if random.below(12) == 0 {
                // All jumps together are less than what producers are remembered for.
                let minutes = i64::try_from(random.below(120)).unwrap_or(0) - 60;
                return Fault::ClockJump(minutes * 60_000);
            }
            let kind = *pick(random, &kinds);
            fault(random, kind)
        }
    }
}
