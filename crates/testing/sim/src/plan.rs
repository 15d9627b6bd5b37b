//! What a seed stands for: the shape of the node and its clients, and what happens to them when.

use ottla_machine::Random;
use ottla_types::{Duration, Instant};

use crate::bugs::Bug;
use crate::clients::{Direction, ProducerPlan};
use crate::disk::DiskFault;

/// Which kinds of trouble come.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Scenario {
    /// None.
    Calm,
    /// The process is killed.
    Kill,
    /// The power is cut.
    PowerCut,
    /// Syncs take long.
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
    /// Syncs take up to so long from now on.
    SyncMax(Duration),
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

/// A partition's configuration.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct PartitionPlan {
    /// Whether acknowledgements wait for the device.
    pub fsync: bool,
    /// `segment.bytes`.
    pub segment_bytes: u64,
    /// `segment.ms`.
    pub segment_ms: i64,
    /// `segment.index.bytes`.
    pub segment_index_bytes: u64,
    /// `index.interval.bytes`.
    pub index_interval_bytes: u64,
}

/// A consumer's task.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ConsumerPlan {
    /// What it reads.
    pub partition: usize,
    /// Which way.
    pub direction: Direction,
}

/// Everything that a seed decides beforehand.
#[derive(Clone, Debug)]
pub struct Plan {
    /// The seed.
    pub seed: u64,
    /// The bug that is planted, if one is.
    pub bug: Option<Bug>,
    /// The partitions.
    pub partitions: Vec<PartitionPlan>,
    /// The producers.
    pub producers: Vec<ProducerPlan>,
    /// The consumers.
    pub consumers: Vec<ConsumerPlan>,
    /// Members of the group.
    pub members: usize,
    /// The partition of the group's coordinator.
    pub offsets: PartitionPlan,
    /// A sync takes up to so long.
    pub sync_max: Duration,
    /// The time between checkpoints.
    pub checkpoint_every: Duration,
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
        let partitions: Vec<_> = (0..1 + random.below(4))
            .map(|_| partition(random))
            .collect();
        let producers = (0..1 + below(random, 3)).map(|index| ProducerPlan {
            forgets_sequences: bug == Some(Bug::ForgetsSequences),
            ..producer(random, index, partitions.len())
        });
        let producers = producers.collect();
        let consumers = (0..partitions.len())
            .map(|partition| ConsumerPlan {
                partition,
                direction: Direction::Forward,
            })
            .collect::<Vec<_>>();
        let backward = (0..1 + random.below(2)).map(|_| ConsumerPlan {
            partition: below(random, partitions.len() as u64),
            direction: Direction::Backward,
        });
        let consumers = consumers.into_iter().chain(backward).collect();
        let sync_max = *pick(
            random,
            &[Duration::from_millis(2), Duration::from_millis(20)],
        );
        let every = *pick(random, &[300, 2_000]);
        let (members, offsets) = (below(random, 4), partition(random));
        Plan {
            seed,
            bug,
            partitions,
            producers,
            consumers,
            members,
            offsets,
            sync_max,
            checkpoint_every: Duration::from_millis(every),
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

fn partition(random: &mut Random) -> PartitionPlan {
    PartitionPlan {
        fsync: random.below(3) != 0,
        segment_bytes: *pick(random, &[1_500, 4_000, 20_000]),
        segment_ms: *pick(random, &[2_000, i64::MAX]),
        segment_index_bytes: *pick(random, &[64, 10 << 20]),
        index_interval_bytes: *pick(random, &[1, 200, 4_096]),
    }
}

fn producer(random: &mut Random, index: usize, partitions: usize) -> ProducerPlan {
    let is_idempotent = random.below(4) != 0;
    ProducerPlan {
        index,
        is_idempotent,
        acks_all: random.below(5) != 0,
        max_in_flight: *pick(random, &[1, 3, 5]),
        partitions,
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
            let most = *pick(random, &[2, 100, 1_000, 8_000]);
            Fault::SyncMax(Duration::from_millis(most))
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
