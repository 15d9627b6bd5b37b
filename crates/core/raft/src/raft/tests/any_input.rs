//! Inputs no sane peer would send: whatever comes, the machine keeps its invariants.

use ottla_machine::{Machine, Random};
use ottla_messages::ErrorCode;
use ottla_types::{Duration, Instant, LeaderEpoch, NodeId, Now, Offset, RequestId, TimestampMs};

use crate::{
    BeginQuorumEpochRequest, Configuration, Effect, EndQuorumEpochRequest, EpochStart,
    FetchOutcome, FetchRequest, FetchedBatch, Input, LogState, PeerResponse, QuorumState,
    QuorumTimeouts, Raft, ReplicaKey, SnapshotId, VoteRequest, VoterSet,
};

struct Source(Random);

impl Source {
    fn below(&mut self, bound: u64) -> i64 {
        i64::try_from(self.0.below(bound)).unwrap()
    }

    fn epoch(&mut self) -> LeaderEpoch {
        LeaderEpoch(match self.0.below(12) {
            0 => -1,
            1 => i32::MIN,
            2 => i32::MAX - i32::try_from(self.0.below(3)).unwrap(),
            _ => i32::try_from(self.0.below(8)).unwrap(),
        })
    }

    fn offset(&mut self) -> Offset {
        Offset(match self.0.below(12) {
            0 => -1,
            1 => i64::MIN,
            2 => i64::MAX,
            _ => self.below(30),
        })
    }

    fn node(&mut self) -> NodeId {
        NodeId(match self.0.below(10) {
            0 => -1,
            1 => i32::MAX,
            _ => i32::try_from(self.0.below(4)).unwrap() + 1,
        })
    }

    fn key(&mut self) -> Option<ReplicaKey> {
        let key = ReplicaKey::without_directory(self.node());
        (self.0.below(3) > 0).then_some(key)
    }

    fn start(&mut self) -> EpochStart {
        EpochStart {
            epoch: self.epoch(),
            start_offset: self.offset(),
        }
    }

    fn request(&mut self) -> Input<'static> {
        let id = RequestId(self.0.below(20));
        match self.0.below(4) {
            0 => {
                let vote = VoteRequest {
                    epoch: self.epoch(),
                    candidate: ReplicaKey::without_directory(self.node()),
                    voter: self.key(),
                    last_epoch: self.epoch(),
                    last_offset: self.offset(),
                };
                Input::VoteRequest(id, vote)
            }
            1 => {
                let begin = BeginQuorumEpochRequest {
                    epoch: self.epoch(),
                    leader: self.node(),
                    voter: self.key(),
                };
                Input::BeginQuorumEpochRequest(id, begin)
            }
            2 => {
                let end = EndQuorumEpochRequest {
                    epoch: self.epoch(),
                    leader: self.node(),
                    successors: &[NodeId(2), NodeId(1), NodeId(1), NodeId(-1)],
                };
                Input::EndQuorumEpochRequest(id, end)
            }
            _ => {
                let fetch = FetchRequest {
                    replica: self.key(),
                    epoch: self.epoch(),
                    fetch_offset: self.offset(),
                    last_fetched_epoch: self.epoch(),
                    max_wait_ms: i32::try_from(self.below(3)).unwrap() * (i32::MAX / 2),
                    known_high_watermark: self.offset(),
                };
                Input::FetchRequest(id, fetch)
            }
        }
    }

    fn batches(&mut self) -> Vec<FetchedBatch> {
        (0..self.0.below(3))
            .map(|_| FetchedBatch {
                base_offset: self.offset(),
                next_offset: self.offset(),
                epoch: self.epoch(),
                has_voters_record: self.0.below(4) == 0,
            })
            .collect()
    }

    fn response<'a>(&mut self, batches: &'a [FetchedBatch]) -> PeerResponse<'a> {
        let error = match self.0.below(4) {
            0 => ErrorCode::FENCED_LEADER_EPOCH,
            _ => ErrorCode::NONE,
        };
        match self.0.below(7) {
            0 => PeerResponse::Vote {
                error,
                granted: self.0.below(2) == 0,
            },
            1 => PeerResponse::BeginQuorumEpoch { error },
            2 => PeerResponse::EndQuorumEpoch { error },
            3 => PeerResponse::Fetch(FetchOutcome::Diverging(self.start())),
            4 => PeerResponse::Fetch(FetchOutcome::Snapshot(SnapshotId {
                end_offset: self.offset(),
                epoch: self.epoch(),
            })),
            5 => PeerResponse::Fetch(FetchOutcome::Refused(error)),
            _ => PeerResponse::Fetch(FetchOutcome::Records {
                batches,
                high_watermark: Some(self.offset()),
            }),
        }
    }
}

fn raft(source: &mut Source) -> Raft {
    let voters = i32::try_from(source.0.below(3)).unwrap() + 1;
    let voters: VoterSet = (1..=voters)
        .map(|id| ReplicaKey::without_directory(NodeId(id)))
        .collect();
    let configuration = Configuration {
        local: ReplicaKey::without_directory(NodeId(1)),
        voters,
        bootstrap: Vec::new(),
        kraft_version: 1,
        voters_changed: false,
        timeouts: QuorumTimeouts::default(),
        seed: source.0.next_u64(),
    };
    Raft::new(configuration, QuorumState::default(), LogState::default())
}

#[test]
fn no_input_breaks_an_invariant() {
    for seed in 0..2_000 {
        let mut source = Source(Random::from_seed(seed));
        let mut raft = raft(&mut source);
        let mut effects = Vec::new();
        let mut sent = Vec::new();
        let mut milliseconds = 0;
        for step in 0..60 {
            milliseconds += source.0.below(700);
            let now = Now {
                monotonic: Instant::ZERO.after(Duration::from_millis(milliseconds)),
                wall: TimestampMs(0),
            };
            let batches = source.batches();
            let input = match source.0.below(10) {
                _ if step == 0 => Input::Start,
                0..2 => Input::Deadline,
                2 => Input::Durable(source.offset()),
                3 => Input::Append {
                    record_count: u32::try_from(source.0.below(3)).unwrap(),
                },
                4..7 if !sent.is_empty() => {
                    let (from, correlation) = sent.remove(0);
                    Input::Answered {
                        from,
                        correlation,
                        epoch: source.epoch(),
                        leader: source.key().map(|key| key.id),
                        response: source.response(&batches),
                    }
                }
                _ => source.request(),
            };
            effects.clear();
            raft.step(now, input, &mut effects);
            raft.check_invariants();
            if effects
                .iter()
                .any(|effect| matches!(effect, Effect::Fault(_)))
            {
                // The shell stops here.
                break;
            }
            sent.extend(effects.iter().filter_map(|effect| match effect {
                Effect::Send {
                    to, correlation, ..
                } => Some((*to, *correlation)),
                _ => None,
            }));
        }
    }
}
