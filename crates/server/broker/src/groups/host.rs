//! One coordinator on its partition: encodes what it writes, keeps who waits for an answer.

use std::collections::HashMap;
use std::convert::Infallible;
use std::fmt;
use std::sync::Arc;

use bytes::Bytes;
use ottla_coordinator::{Appender, Coordinator, Event, Input, Output, Rejection};
use ottla_group::{GroupContext, GroupRecord, GroupRequest, GroupResponse, GroupShard};
use ottla_log::Storage;
use ottla_messages::{ErrorCode, KafkaString};
use ottla_records::{BatchBuilder, BatchHeader, BatchOptions};
use ottla_runtime::{ClientBatch, HostAppender, Hosted};
use ottla_types::{Instant, Now, Offset, RequestId, TimestampMs};
use tokio::sync::{Notify, oneshot};

type Waiting = HashMap<RequestId, oneshot::Sender<GroupResponse>>;

/// How far a group is, by what it has committed.
#[derive(Clone, Debug)]
pub(crate) struct GroupOffset {
    pub(crate) group: KafkaString,
    pub(crate) topic: KafkaString,
    pub(crate) partition: i32,
    pub(crate) offset: i64,
}

/// The coordinator of one partition's groups.
pub struct GroupHost {
    coordinator: Option<Coordinator<GroupShard>>,
    context: GroupContext,
    waiting: Waiting,
    next_request: u64,
    deadline_changed: Arc<Notify>,
}

impl GroupHost {
    pub(super) fn new(coordinator: Coordinator<GroupShard>, context: GroupContext) -> GroupHost {
        GroupHost {
            coordinator: Some(coordinator),
            context,
            waiting: Waiting::new(),
            next_request: 0,
            deadline_changed: Arc::default(),
        }
    }

    pub(super) fn deadline_changed(&self) -> Arc<Notify> {
        Arc::clone(&self.deadline_changed)
    }

    /// Asks the coordinator; whoever asks is answered once what is decided is committed.
    pub fn ask<S: Storage>(
        &mut self,
        (request, reply): (GroupRequest, oneshot::Sender<GroupResponse>),
        appender: &mut HostAppender<'_, GroupHost, S>,
        max_batch_bytes: usize,
    ) {
        let id = RequestId(self.next_request);
        self.next_request += 1;
        self.waiting.insert(id, reply);
        let event = Event::Request(id, request);
        self.step(None, event, appender, max_batch_bytes);
    }

    /// Does what time demands.
    pub fn on_deadline<S: Storage>(
        &mut self,
        appender: &mut HostAppender<'_, GroupHost, S>,
        max_batch_bytes: usize,
    ) {
        self.step(None, Event::Deadline, appender, max_batch_bytes);
    }

    /// Takes in that the metadata have changed: `context` says how, and holds for this step only.
    pub(super) fn on_image_changed<S: Storage>(
        &mut self,
        context: &GroupContext,
        appender: &mut HostAppender<'_, GroupHost, S>,
        max_batch_bytes: usize,
    ) {
        self.step(
            Some(context),
            Event::ImageChanged,
            appender,
            max_batch_bytes,
        );
    }

    /// Takes in what was committed while it loaded, which was told to nobody.
    pub fn on_loaded(&mut self, now: Now, high_watermark: Offset) {
        self.on_committed(now, high_watermark);
    }

    /// When [`GroupHost::on_deadline`] must be called, if nothing happens before.
    #[must_use]
    pub fn next_deadline(&self) -> Option<Instant> {
        self.coordinator.as_ref()?.next_deadline()
    }

    /// The committed offsets of the groups behind `after`, or of the first groups: as many whole
    /// groups as have `at_least` offsets together. Whoever wants all asks again, so that requests
    /// are served in between.
    pub(crate) fn committed_after(
        &self,
        after: Option<&KafkaString>,
        at_least: usize,
    ) -> Vec<GroupOffset> {
        let Some(coordinator) = &self.coordinator else {
            return Vec::new();
        };
        let mut page: Vec<GroupOffset> = Vec::new();
        let offsets = coordinator.hard().offsets();
        for (group, topic, partition, committed) in offsets.iter_after(after.map(|id| &**id)) {
            let begins_group = page.last().is_some_and(|last| last.group != *group);
            if begins_group && page.len() >= at_least {
                break;
            }
            page.push(GroupOffset {
                group: group.clone(),
                topic: topic.clone(),
                partition,
                offset: committed.offset,
            });
        }
        page
    }

    fn step<S: Storage>(
        &mut self,
        context: Option<&GroupContext>,
        event: Event<GroupRequest>,
        appender: &mut HostAppender<'_, GroupHost, S>,
        max_batch_bytes: usize,
    ) {
        let Some(coordinator) = &mut self.coordinator else {
            return;
        };
        let before = coordinator.next_deadline();
        let mut outputs = Vec::new();
        let now = appender.now();
        let mut encoder = Encoder {
            appender,
            max_batch_bytes,
        };
        let input = Input::Event(event);
        let context = context.unwrap_or(&self.context);
        coordinator.step(now, context, input, &mut encoder, &mut outputs);
        if coordinator.next_deadline() != before {
            self.deadline_changed.notify_one();
        }
        release(&mut self.waiting, outputs);
    }
}

fn release(waiting: &mut Waiting, outputs: Vec<Output<GroupResponse, Infallible>>) {
    for output in outputs {
        match output {
            Output::Answer(answer) => {
                if let Some(reply) = waiting.remove(&answer.to) {
                    // Whoever asked may be gone: then nobody wants the answer.
                    let _ = reply.send(answer.response);
                }
            }
            Output::Effect(never) => match never {},
        }
    }
}

impl Hosted for GroupHost {
    fn on_committed(&mut self, now: Now, high_watermark: Offset) {
        let Some(coordinator) = &mut self.coordinator else {
            return;
        };
        let mut outputs = Vec::new();
        let input = Input::HighWatermark(high_watermark);
        coordinator.step(
            now,
            &self.context,
            input,
            &mut NothingToAppend,
            &mut outputs,
        );
        release(&mut self.waiting, outputs);
    }

    fn on_stopped(&mut self, error: ErrorCode) {
        if let Some(coordinator) = self.coordinator.take() {
            let mut outputs = Vec::new();
            coordinator.resign(
                &Rejection {
                    code: error,
                    message: None,
                },
                &mut outputs,
            );
            release(&mut self.waiting, outputs);
        }
        self.deadline_changed.notify_one();
    }
}

impl fmt::Debug for GroupHost {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "group coordinator with {} waiting", self.waiting.len())
    }
}

struct Encoder<'a, 'b, S: Storage> {
    appender: &'a mut HostAppender<'b, GroupHost, S>,
    max_batch_bytes: usize,
}

impl<S: Storage> Appender<GroupRecord> for Encoder<'_, '_, S> {
    fn append(&mut self, records: &[GroupRecord]) -> Result<Offset, Rejection> {
        let reject = |code| Rejection {
            code,
            message: None,
        };
        let batch =
            encode(records, self.appender.now().wall, self.max_batch_bytes).map_err(reject)?;
        self.appender.append(batch).map_err(reject)
    }
}

/// For steps that only release.
struct NothingToAppend;

impl Appender<GroupRecord> for NothingToAppend {
    fn append(&mut self, _records: &[GroupRecord]) -> Result<Offset, Rejection> {
        Err(Rejection {
            code: ErrorCode::NOT_COORDINATOR,
            message: None,
        })
    }
}

/// One batch as coordinators write it: without producer, but with base sequence 0.
fn encode(
    records: &[GroupRecord],
    now: TimestampMs,
    max_bytes: usize,
) -> Result<ClientBatch, ErrorCode> {
    let options = BatchOptions {
        base_sequence: 0,
        ..BatchOptions::default()
    };
    let mut builder = BatchBuilder::new(options);
    for record in records {
        let (key, value) = record.encode().map_err(|error| {
            tracing::error!(%error, "a group record that cannot be written");
            ErrorCode::UNKNOWN_SERVER_ERROR
        })?;
        let more = key.len() + value.as_ref().map_or(0, Bytes::len);
        if builder.size_in_bytes().saturating_add(more) > max_bytes {
            return Err(ErrorCode::MESSAGE_TOO_LARGE);
        }
        builder.append(now, Some(&key), value.as_deref(), &[]);
    }
    if builder.size_in_bytes() > max_bytes {
        return Err(ErrorCode::MESSAGE_TOO_LARGE);
    }
    let bytes = builder.build();
    let header = BatchHeader::parse(&bytes).expect("a batch that was just built has a header");
    Ok(ClientBatch { header, bytes })
}
