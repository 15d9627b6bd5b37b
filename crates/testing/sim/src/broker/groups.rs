//! Requests to the group's coordinator: the broker's own, on its partition.

use ottla_group::{GroupRequest, GroupResponse};
use ottla_messages::ErrorCode;
use ottla_runtime::{ShardState, Work};
use ottla_types::Instant;
use tokio::sync::oneshot;
use tokio::sync::oneshot::error::TryRecvError;

use super::{Broker, Job};
use crate::clients::Response;
use crate::network::Asker;

const MAX_BATCH_BYTES: usize = 1 << 20;

/// A request that the coordinator has not answered.
#[derive(Debug)]
pub struct WaitingGroup {
    asker: Asker,
    request: GroupRequest,
    answer: Option<oneshot::Receiver<GroupResponse>>,
}

impl Broker {
    /// Takes a request up. One reactor serves all members, so that a request of a connection that
    /// ended is not served behind those of the next.
    pub fn accept_group(&mut self, asker: Asker, request: GroupRequest) {
        let number = self.take_number();
        let waiting = WaitingGroup {
            asker,
            request: request.clone(),
            answer: None,
        };
        self.groups.insert(number, waiting);
        if let Some(queue) = self.reactors.first_mut() {
            queue.push_back(Job::Group(number, request));
        }
    }

    pub(super) fn group_work(&mut self, number: u64, request: GroupRequest) -> Option<Work> {
        let (replica, outbox) = (self.offsets(), self.outbox().clone());
        let waiting = self.groups.get_mut(&number)?;
        let (reply, answer) = oneshot::channel();
        waiting.answer = Some(answer);
        // Without its topic there is no coordinator: the reply is dropped.
        let replica = replica?;
        Some(Box::new(move || {
            let (_, mut notices) = replica.step_hosted(|host, appender| {
                host.ask((request, reply), appender, MAX_BATCH_BYTES);
            });
            outbox.push_notices(&mut notices);
        }))
    }

    pub(super) fn group_deadline_work(&self) -> Option<Work> {
        let (replica, outbox) = (self.offsets()?, self.outbox().clone());
        Some(Box::new(move || {
            let (_, mut notices) = replica.step_hosted(|host, appender| {
                host.on_deadline(appender, MAX_BATCH_BYTES);
            });
            outbox.push_notices(&mut notices);
        }))
    }

    /// When the coordinator wants to be woken.
    #[must_use]
    pub fn next_group_deadline(&self) -> Option<Instant> {
        let (deadline, _) = self.offsets()?.step_hosted(|host, _| host.next_deadline());
        deadline.flatten()
    }

    /// Wakes the coordinator.
    pub fn wake_groups(&mut self) {
        if let Some(queue) = self.reactors.first_mut() {
            queue.push_back(Job::GroupDeadline);
        }
    }

    /// The answers that the coordinator has given.
    pub fn take_group_answers(&mut self) -> Vec<(Asker, Response)> {
        let offsets = self.offsets();
        let is_loading =
            offsets.is_some_and(|replica| replica.shard_state() == ShardState::Loading);
        let mut answers = Vec::new();
        self.groups.retain(|_, waiting| {
            let Some(answer) = &mut waiting.answer else {
                return true;
            };
            let response = match answer.try_recv() {
                Ok(response) => response,
                Err(TryRecvError::Empty) => return true,
                Err(TryRecvError::Closed) if is_loading => waiting
                    .request
                    .refused(ErrorCode::COORDINATOR_LOAD_IN_PROGRESS),
                Err(TryRecvError::Closed) => waiting.request.refused(ErrorCode::NOT_COORDINATOR),
            };
            answers.push((waiting.asker, Response::Group(response)));
            false
        });
        answers
    }
}
