//! Starting and stopping the node, in production's order: what the directory holds is loaded, the
//! metadata log opened, the broker registered and unfenced; and back.

use std::collections::{BTreeMap, VecDeque};
use std::path::{Path, PathBuf};
use std::sync::Arc;

use ottla_broker::parts::{
    Logs, Publisher, close_replica, store_checkpoints_at_stop, supported_features,
};
use ottla_controller::{ControllerResponse, RequestBody};
use ottla_log::{CleanShutdown, LogDirectory, LogError};
use ottla_messages::broker_heartbeat_request::BrokerHeartbeatRequest;
use ottla_messages::broker_registration_request::{BrokerRegistrationRequest, Feature, Listener};
use ottla_messages::{ErrorCode, KafkaString};
use ottla_runtime::quorum::QuorumError;
use ottla_runtime::{Pool, Work};
use ottla_types::{Duration, Uuid};

use super::format::{self, DIRECTORY_ID, NODE_ID};
use super::quorum::{Member, Nobody, Quorum, Recorder, failure};
use super::shared::{Hooks, Shared, WRITE_BACK_BYTES};
use super::{Broker, Directory, LOG_DIRECTORY, REACTORS};
use crate::bugs::Bug;
use crate::clock::SimulatedClock;
use crate::disk::SimulatedDisk;
use crate::plan::Plan;

/// Segment files that may be open at once: few, so that they are closed and opened.
const OPEN_FILES: usize = 6;
const PRODUCER_ID_EXPIRATION_MS: i64 = 86_400_000;
/// `initial.broker.registration.timeout.ms`.
const REGISTRATION_PATIENCE: Duration = Duration::from_secs(60);
const SHUTDOWN_PATIENCE: Duration = Duration::from_secs(10);

impl Broker {
    /// Starts run number `incarnation` of the node on what the disk holds. Blocks.
    ///
    /// # Errors
    /// Why it cannot start.
    pub fn open(
        disk: &SimulatedDisk,
        clock: &SimulatedClock,
        plan: &Plan,
        incarnation: u64,
    ) -> Result<Broker, String> {
        let seed = plan.seed.rotate_left(32) ^ incarnation;
        let shared = Shared::new(format::settings(), clock.clone(), disk.clone(), seed);
        let files = LogDirectory::new(disk.clone(), LOG_DIRECTORY);
        let told = |error: LogError| error.to_string();
        let marker = files.clean_shutdown().map_err(told)?;
        if plan.bug == Some(Bug::SkipsRecovery) {
            let marker = CleanShutdown { broker_epoch: -1 };
            files.store_clean_shutdown(&marker).map_err(told)?;
        }
        let (pool, given) = Pool::without_threads();
        let path = PathBuf::from(LOG_DIRECTORY);
        let hooks = Hooks(Arc::clone(&shared));
        let directory = Directory::new(
            DIRECTORY_ID,
            path,
            disk.clone(),
            pool,
            Box::new(hooks.clone()),
        );
        let mut logs = Logs::load(
            NODE_ID,
            (std::slice::from_ref(&directory), false),
            Path::new(LOG_DIRECTORY),
            OPEN_FILES,
            PRODUCER_ID_EXPIRATION_MS,
            seed,
        )
        .map_err(told)?;
        logs.set_write_back_bytes(WRITE_BACK_BYTES);
        let identity = Uuid((u128::from(incarnation) + 1) << 64);
        let publisher = Publisher::new(hooks, identity, logs);
        shared.set_replicas(publisher.replicas());
        let recorder = Recorder::new(publisher, Arc::clone(&shared), plan.bug);
        let (quorum, broker_epoch) = join(
            &shared,
            recorder,
            plan,
            (identity, seed),
            marker.map_or(-1, |marker| marker.broker_epoch),
        )
        .map_err(|error| failure(&error))?;
        if let Some(reason) = shared.ended() {
            return Err(reason);
        }
        Ok(Broker {
            shared,
            directory,
            files,
            given,
            quorum,
            broker_epoch,
            bug: plan.bug,
            reactors: vec![VecDeque::new(); REACTORS],
            pool: VecDeque::new(),
            snapshots: VecDeque::new(),
            produces: BTreeMap::new(),
            waiters: BTreeMap::new(),
            fetches: BTreeMap::new(),
            groups: BTreeMap::new(),
            changes: BTreeMap::new(),
            producer_ids: 0..0,
            is_asking_for_ids: false,
            next_number: 0,
        })
    }

    /// The end of an orderly stop, once nothing is under way.
    #[must_use]
    pub fn stop_work(&self) -> Work {
        let (shared, quorum) = (Arc::clone(&self.shared), self.quorum.clone());
        let (files, broker_epoch) = (self.files.clone(), self.broker_epoch);
        let directory = Arc::clone(&self.directory);
        let log_starts = self.log_starts_note();
        Box::new(move || {
            let heartbeat = || heartbeat(&shared, broker_epoch, true);
            let may_stop = |response| match response {
                ControllerResponse::BrokerHeartbeat(response) => {
                    let is_refused = response.error_code != ErrorCode::NONE.0;
                    (response.should_shut_down || is_refused).then_some(())
                }
                _ => None,
            };
            // A stop that is not granted in time goes on all the same.
            let _ = quorum.ask_until(SHUTDOWN_PATIENCE, heartbeat, may_stop);
            if close(&shared, (&directory, &files), broker_epoch).is_ok() {
                log_starts();
            }
            // What the disk refuses now the next start finds as after a kill.
            let _ = quorum.stop();
        })
    }

    /// The broker says that it is there.
    pub fn heartbeat(&self) {
        let body = heartbeat(&self.shared, self.broker_epoch, false);
        self.quorum.ask(0, body);
    }
}

fn close(
    shared: &Shared,
    (directory, files): (&Directory, &LogDirectory<SimulatedDisk>),
    broker_epoch: i64,
) -> Result<(), LogError> {
    let replicas = shared.open_replicas();
    for replica in &replicas {
        close_replica(replica, |mut notices| {
            shared.outbox().push_notices(&mut notices);
        })?;
    }
    store_checkpoints_at_stop((directory, files), &replicas)?;
    files.store_clean_shutdown(&CleanShutdown { broker_epoch })
}

/// Opens the metadata log, registers the broker and gets it unfenced; its epoch.
fn join(
    shared: &Arc<Shared>,
    recorder: Recorder,
    plan: &Plan,
    (identity, seed): (Uuid, u64),
    previous_broker_epoch: i64,
) -> Result<(Quorum, i64), QuorumError> {
    let settings = format::settings();
    let member = Member::open(
        shared.disk().clone(),
        format::quorum(plan, seed),
        format::context(&settings, plan),
        recorder,
        Box::new(Nobody),
        shared.now(),
    )?;
    let quorum = Quorum::start(member, Arc::clone(shared), plan.bug)?;
    let registration = || registration(identity, previous_broker_epoch);
    let epoch = quorum.ask_until(
        REGISTRATION_PATIENCE,
        registration,
        |response| match response {
            ControllerResponse::BrokerRegistration(response)
                if response.error_code == ErrorCode::NONE.0 =>
            {
                Some(response.broker_epoch)
            }
            _ => None,
        },
    )?;
    let is_unfenced = |response| match response {
        ControllerResponse::BrokerHeartbeat(response) => {
            let is_taken = response.error_code == ErrorCode::NONE.0 && !response.is_fenced;
            is_taken.then_some(())
        }
        _ => None,
    };
    let heartbeat = || heartbeat(shared, epoch, false);
    quorum.ask_until(REGISTRATION_PATIENCE, heartbeat, is_unfenced)?;
    Ok((quorum, epoch))
}

fn registration(identity: Uuid, previous_broker_epoch: i64) -> RequestBody {
    let features = supported_features(false).into_iter();
    let request = BrokerRegistrationRequest {
        broker_id: NODE_ID.0,
        cluster_id: KafkaString::from("simulated"),
        incarnation_id: identity,
        listeners: vec![Listener {
            name: KafkaString::from("PLAINTEXT"),
            host: KafkaString::from("localhost"),
            port: 9092,
            security_protocol: 0,
        }],
        features: features
            .map(|(name, range)| Feature {
                name: KafkaString::from(name),
                min_supported_version: range.minimum,
                max_supported_version: range.maximum,
            })
            .collect(),
        log_dirs: vec![DIRECTORY_ID],
        previous_broker_epoch,
        ..BrokerRegistrationRequest::default()
    };
    RequestBody::BrokerRegistration(request)
}

fn heartbeat(shared: &Shared, broker_epoch: i64, want_shut_down: bool) -> RequestBody {
    let provenance = shared.published().provenance;
    let request = BrokerHeartbeatRequest {
        broker_id: NODE_ID.0,
        broker_epoch,
        current_metadata_offset: provenance.last_contained_offset.0,
        want_fence: false,
        want_shut_down,
        offline_log_dirs: Vec::new(),
        cordoned_log_dirs: Some(Vec::new()),
    };
    RequestBody::BrokerHeartbeat(request)
}
