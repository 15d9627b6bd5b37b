//! The states of a classic group.

/// Kafka's states, under Kafka's names.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum ClassicGroupState {
    /// No members; there may be offsets.
    Empty,
    /// Members are asked to join.
    PreparingRebalance,
    /// Members have joined and wait for the leader's assignment.
    CompletingRebalance,
    /// Members have their assignments.
    Stable,
    /// There is no such group: what DescribeGroups says of it, and what was before its first state.
    Dead,
}

impl ClassicGroupState {
    /// As DescribeGroups and ListGroups write it.
    pub(crate) fn name(self) -> &'static str {
        match self {
            ClassicGroupState::Empty => "Empty",
            ClassicGroupState::PreparingRebalance => "PreparingRebalance",
            ClassicGroupState::CompletingRebalance => "CompletingRebalance",
            ClassicGroupState::Stable => "Stable",
            ClassicGroupState::Dead => "Dead",
        }
    }

    /// Whether a group may go to this state from `previous`.
    pub(crate) fn may_follow(self, previous: ClassicGroupState) -> bool {
        use ClassicGroupState::{CompletingRebalance, Dead, Empty, PreparingRebalance, Stable};
        match self {
            Empty => previous == PreparingRebalance,
            PreparingRebalance => matches!(previous, Stable | CompletingRebalance | Empty),
            CompletingRebalance => previous == PreparingRebalance,
            Stable => previous == CompletingRebalance,
            Dead => true,
        }
    }
}
