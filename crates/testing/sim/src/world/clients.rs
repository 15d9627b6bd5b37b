//! The clients' side: what they want is carried, what they hear is checked.

use ottla_group::{GroupRequest, GroupResponse};
use ottla_messages::ErrorCode;
use ottla_types::{Duration, Instant, NodeId};

use super::{Event, Node, World};
use crate::checkers::{History, Rule, Survives, Violation};
use crate::clients::{
    FetchResponse, GROUP_PARTITIONS, MemberFact, ProducerAction, Request, Response,
};
use crate::network::{Asker, ClientId};
use crate::topics::{LogId, PartitionId};

/// A client that has no answer by then takes its connection for dead.
const REQUEST_TIMEOUT: Duration = Duration::from_secs(15);

impl World {
    pub(super) fn clients(&self) -> Vec<ClientId> {
        let producers = (0..self.producers.len()).map(ClientId::Producer);
        let consumers = (0..self.consumers.len()).map(ClientId::Consumer);
        let members = (0..self.members.len()).map(ClientId::Member);
        let administrator = [ClientId::Administrator];
        let others = consumers.chain(members).chain(administrator);
        producers.chain(others).collect()
    }

    /// Wakes a client at a time, and not at another that was asked for before.
    pub(super) fn wake_at(&mut self, client: ClientId, at: Instant) {
        if self.wakes.get(&client) != Some(&at) {
            self.wakes.insert(client, at);
            self.schedule_at(at, Event::Wake(client));
        }
    }

    pub(super) fn wake(&mut self, client: ClientId) {
        let now = self.now();
        if self.wakes.get(&client).is_none_or(|at| *at > now.monotonic) {
            return;
        }
        self.wakes.remove(&client);
        match client {
            ClientId::Producer(index) => {
                let targets = self.targets();
                if let Some(producer) = self.producers.get_mut(index) {
                    let actions = producer.wake(now, &targets);
                    self.perform(index, actions);
                }
            }
            ClientId::Consumer(index) => self.fetch(index),
            ClientId::Member(index) => self.ask_group(index),
            ClientId::Administrator => self.administer(),
        }
    }

    /// The partitions that clients have heard of.
    fn targets(&self) -> Vec<PartitionId> {
        let topics = self.known.iter();
        topics
            .flat_map(|(&topic, (_, count))| {
                (0..*count).map(move |partition| PartitionId { topic, partition })
            })
            .collect()
    }

    fn perform(&mut self, index: usize, actions: Vec<ProducerAction>) {
        for action in actions {
            match action {
                ProducerAction::Send(number, request) => {
                    self.note_sent(index, &request);
                    self.send(ClientId::Producer(index), number, request);
                }
                ProducerAction::InitProducerId => {
                    let soon = self.random_duration(5_000);
                    self.schedule(soon, Event::Identify(index));
                }
                ProducerAction::FindLeader(partition) => {
                    let soon = self.random_duration(5_000);
                    self.schedule(soon, Event::Leader(index, partition));
                }
                ProducerAction::Acknowledged { .. } => {
                    unreachable!("acknowledgements are taken out where answers are checked")
                }
                ProducerAction::GaveUp(ids) => {
                    self.note(format_args!("producer {index} gives up {ids:?}"));
                }
            }
        }
        let wake = self
            .producers
            .get(index)
            .and_then(|producer| producer.next_wake());
        if let Some(at) = wake {
            self.wake_at(ClientId::Producer(index), at);
        }
    }

    fn note_sent(&mut self, index: usize, request: &Request) {
        let Some(origin) = self.producers.get(index).map(|producer| producer.origin()) else {
            return;
        };
        let Request::Produce { batches, .. } = request else {
            return;
        };
        for batch in batches {
            let sent = self.sent.entry(batch.partition).or_default();
            sent.on_sent(origin, &batch.ids);
        }
    }

    pub(super) fn send(&mut self, client: ClientId, number: u64, request: Request) {
        let connection = self.network.connection(client);
        let asker = Asker {
            client,
            connection: connection.id,
            number,
        };
        let at = self.network.arrival(client, self.now().monotonic);
        let arrival = Event::Arrive(asker, connection.reactor, request);
        self.schedule_at(at, arrival);
        self.schedule(REQUEST_TIMEOUT, Event::RequestTimeout(asker));
    }

    /// A request reaches the node, if it is there.
    pub(super) fn arrive(&mut self, asker: Asker, reactor: usize, request: Request) {
        self.note(format_args!("{:?} {} arrives", asker.client, asker.number));
        let is_ordered = matches!(asker.client, ClientId::Member(_) | ClientId::Administrator);
        if is_ordered && !self.network.is_current(asker.client, asker.connection) {
            // A commit is not idempotent, nor is a change: one that comes behind the next may undo
            // it.
            return;
        }
        let run = self.run;
        let Node::Up(broker) = &mut self.node else {
            let soon = self.random_duration(1_000);
            let end = Event::Disconnect(asker.client, asker.connection);
            return self.schedule(soon, end);
        };
        match request {
            Request::Produce { batches, acks_all } => {
                broker.accept_produce(asker, reactor, batches, acks_all);
            }
            Request::Group(request) => broker.accept_group(asker, request),
            Request::Change(body) => self.on_change(asker, body),
            Request::DeleteRecords(partition, before) => {
                broker.accept_delete_records(asker, reactor, partition, before);
            }
            Request::Fetch(request) => {
                let number = broker.accept_fetch(asker, reactor, request);
                let wait = Duration::from_millis(request.max_wait_ms.unsigned_abs());
                self.schedule(wait, Event::FetchDeadline(run, number));
            }
        }
    }

    /// An answer reaches its client, if the connection is still there.
    pub(super) fn answer(&mut self, asker: Asker, response: &Response) -> Result<(), Violation> {
        if !self.network.is_current(asker.client, asker.connection) {
            return Ok(());
        }
        let now = self.now();
        match (asker.client, response) {
            (ClientId::Producer(index), Response::Produce(results)) => {
                self.note(format_args!(
                    "producer {index} {}: {results:?}",
                    asker.number
                ));
                let Some(producer) = self.producers.get_mut(index) else {
                    return Ok(());
                };
                let actions = producer.answered(now, asker.number, results);
                self.take_acknowledgements(index, actions)
            }
            (ClientId::Consumer(index), Response::Fetch(response)) => self.fetched(index, response),
            (ClientId::Member(index), Response::Group(response)) => {
                self.group_answered(index, response)
            }
            (ClientId::Administrator, Response::Changed(response)) => self.changed(response),
            (ClientId::Administrator, Response::DeletedRecords(log, deleted)) => {
                self.deleted_records(*log, *deleted)
            }
            _ => Ok(()),
        }
    }

    fn take_acknowledgements(
        &mut self,
        index: usize,
        actions: Vec<ProducerAction>,
    ) -> Result<(), Violation> {
        let acks_all = self
            .producers
            .get(index)
            .is_some_and(|producer| producer.acks_all());
        let mut others = Vec::new();
        for action in actions {
            let ProducerAction::Acknowledged {
                partition,
                topic_id,
                base_offset,
                ids,
            } = action
            else {
                others.push(action);
                continue;
            };
            let survives = if acks_all {
                self.committed_survives(partition)
            } else {
                Survives::Kill
            };
            let log = LogId {
                topic_id,
                partition: partition.partition,
            };
            // Without one its topic was deleted meanwhile.
            if let Some(history) = self.histories.get_mut(&log) {
                history.on_acknowledged(base_offset, &ids, survives)?;
            }
        }
        self.perform(index, others);
        Ok(())
    }

    /// What a committed record of a partition survives.
    fn committed_survives(&self, partition: PartitionId) -> Survives {
        let plan = self.plan.topics.get(partition.topic);
        plan.map_or(Survives::Kill, Survives::of_committed)
    }

    fn fetched(&mut self, index: usize, response: &FetchResponse) -> Result<(), Violation> {
        let Some(consumer) = self.consumers.get_mut(index) else {
            return Ok(());
        };
        let partition = consumer.partition();
        let survives = self.plan.topics.get(partition.topic);
        let survives = survives.map_or(Survives::Kill, Survives::of_committed);
        let history = self.histories.get_mut(&response.request.log);
        let known_end = history.as_ref().map_or(0, |history| history.known_end());
        let seen = consumer.answered(response, known_end)?;
        let sent = self.sent.entry(partition).or_default();
        // Without one its topic was deleted while the answer was on its way.
        if let Some(history) = history {
            for (offset, id) in &seen {
                history.on_seen(*offset, *id, survives, sent)?;
            }
            self.check_none_is_gone(partition, seen.iter().map(|(_, id)| *id))?;
        }
        let (offset, error) = (response.request.offset, response.error);
        let count = seen.len();
        self.note(format_args!(
            "consumer {index} at {offset}: {count} records, {error:?}"
        ));
        let pause = match (error, count) {
            (ErrorCode::NONE, 1..) => self.random_duration(30_000),
            _ => self.random_duration(200_000),
        };
        let at = self.now().monotonic.after(pause);
        self.wake_at(ClientId::Consumer(index), at);
        Ok(())
    }

    fn fetch(&mut self, index: usize) {
        let Some(consumer) = self.consumers.get_mut(index) else {
            return;
        };
        let partition = consumer.partition();
        let known = self.known.get(&partition.topic);
        let known = known.filter(|(_, count)| partition.partition < *count);
        let Some((topic_id, _)) = known else {
            let later = self.random_duration(300_000);
            let at = self.now().monotonic.after(later);
            return self.wake_at(ClientId::Consumer(index), at);
        };
        let log = LogId {
            topic_id: *topic_id,
            partition: partition.partition,
        };
        let history = self.histories.get(&log);
        let known_end = history.map_or(0, History::known_end);
        if let Some((number, request)) = consumer.next_request(*topic_id, known_end) {
            self.send(ClientId::Consumer(index), number, Request::Fetch(request));
        }
    }

    /// A client notices that a connection ended.
    pub(super) fn disconnect(&mut self, client: ClientId, connection: u64) {
        if !self.network.cut(client, connection) {
            return;
        }
        self.note(format_args!("{client:?} is disconnected"));
        let now = self.now();
        match client {
            ClientId::Producer(index) => {
                if let Some(producer) = self.producers.get_mut(index) {
                    let actions = producer.disconnected(now);
                    self.perform(index, actions);
                }
            }
            ClientId::Consumer(index) => {
                if let Some(consumer) = self.consumers.get_mut(index) {
                    consumer.disconnected();
                }
                let pause = self.random_duration(300_000);
                self.wake_at(client, now.monotonic.after(pause));
            }
            ClientId::Member(index) => {
                if let Some(member) = self.members.get_mut(index) {
                    member.disconnected();
                }
                let pause = self.random_duration(500_000);
                self.wake_at(client, now.monotonic.after(pause));
            }
            ClientId::Administrator => {
                self.administrator.disconnected();
                let pause = self.random_duration(500_000);
                self.wake_at(client, now.monotonic.after(pause));
            }
        }
    }

    pub(super) fn on_request_timeout(&mut self, asker: Asker) {
        let awaits = match asker.client {
            ClientId::Producer(index) => {
                let producer = self.producers.get(index);
                producer.is_some_and(|producer| producer.awaits(asker.number))
            }
            ClientId::Consumer(index) => {
                let consumer = self.consumers.get(index);
                consumer.is_some_and(|consumer| consumer.awaits(asker.number))
            }
            ClientId::Member(index) => {
                let member = self.members.get(index);
                member.is_some_and(|member| member.awaits(asker.number))
            }
            ClientId::Administrator => self.administrator.awaits(asker.number),
        };
        if awaits {
            self.disconnect(asker.client, asker.connection);
        }
    }

    /// Gives a producer an id, once the broker has one.
    ///
    /// # Errors
    /// When another producer has it.
    pub(super) fn identify(&mut self, index: usize) -> Result<(), Violation> {
        let id = match &mut self.node {
            Node::Up(broker) => broker.take_producer_id(),
            _ => None,
        };
        let Some(id) = id else {
            let soon = self.random_duration(50_000);
            self.schedule(soon, Event::Identify(index));
            return Ok(());
        };
        if !self.producer_ids.insert(id) {
            let detail = format!("{id} is given for the second time");
            return Err(Violation::new(Rule::ProducerIdsAreUnique, detail));
        }
        let now = self.now();
        if let Some(producer) = self.producers.get_mut(index) {
            let actions = producer.identified(now, id);
            self.perform(index, actions);
        }
        Ok(())
    }

    pub(super) fn tell_leader(&mut self, index: usize, partition: PartitionId) {
        let now = self.now();
        let leader = match &self.node {
            Node::Up(broker) if broker.replica(partition).is_some() => NodeId(1),
            _ => NodeId::NONE,
        };
        if let Some(producer) = self.producers.get_mut(index) {
            let actions = producer.leader(now, partition, leader);
            self.perform(index, actions);
        }
    }

    fn ask_group(&mut self, index: usize) {
        let Some(member) = self.members.get_mut(index) else {
            return;
        };
        let Some((number, request, facts)) = member.next_request() else {
            return;
        };
        for fact in facts {
            if let MemberFact::Committing(partition, offset) = fact {
                self.commits.on_sent(partition, offset);
            }
        }
        if matches!(request, GroupRequest::OffsetFetch { .. }) {
            self.commits.on_asked(index, GROUP_PARTITIONS);
        }
        self.send(ClientId::Member(index), number, Request::Group(request));
    }

    fn group_answered(&mut self, index: usize, response: &GroupResponse) -> Result<(), Violation> {
        let Some(member) = self.members.get_mut(index) else {
            return Ok(());
        };
        let facts = member.answered(response);
        let pause = member.pause();
        self.note(format_args!("member {index}: {response:?}"));
        for fact in facts {
            match fact {
                MemberFact::Committed(partition, offset) => {
                    self.commits.on_acknowledged(partition, offset);
                }
                MemberFact::Fetched(partition, offset) => {
                    self.commits.on_fetched(index, partition, offset)?;
                }
                MemberFact::Committing(..) => {}
            }
        }
        let at = self.now().monotonic.after(pause);
        self.wake_at(ClientId::Member(index), at);
        Ok(())
    }
}
