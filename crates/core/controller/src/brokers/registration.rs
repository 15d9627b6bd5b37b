//! BrokerRegistration: a broker asks for its place.
//!
//! *Kafka*: KIP-631, KIP-866 (refused), KIP-858 (directories), KIP-966 (previous epoch).

use std::collections::BTreeSet;

use ottla_coordinator::Rejection;
use ottla_messages::ErrorCode;
use ottla_messages::broker_registration_request::{BrokerRegistrationRequest, Feature};
use ottla_messages::broker_registration_response::BrokerRegistrationResponse;
use ottla_messages::metadata_record::MetadataRecord;
use ottla_messages::register_broker_record::{BrokerEndpoint, BrokerFeature, RegisterBrokerRecord};
use ottla_metadata::{METADATA_VERSION, VersionRange};
use ottla_types::{NodeId, Uuid};

use crate::ControllerRequest;
use crate::deciding::{Decided, Deciding, refuse, text};

/// From this version on a request says under which epoch the broker last stopped cleanly.
const FIRST_VERSION_WITH_PREVIOUS_EPOCH: i16 = 3;

impl Deciding<'_> {
    /// The registration comes last, so that a controller that fails in between finds the broker
    /// unregistered and cleans up again.
    pub(crate) fn register_broker(
        &mut self,
        asked: &ControllerRequest,
        request: &BrokerRegistrationRequest,
    ) -> Decided<BrokerRegistrationResponse> {
        self.check_registration(asked, request)?;
        let id = NodeId(request.broker_id);
        let features = self.checked_features(request)?;
        let existing = self.image().brokers.get(&id).cloned();
        let mut record = self.registration(request, features);
        let mut records = Vec::new();
        match existing {
            Some(existing) if existing.incarnation_id == request.incarnation_id => {
                record.fenced = existing.fenced;
                record.in_controlled_shutdown = existing.in_controlled_shutdown;
                record.broker_epoch = existing.epoch;
            }
            existing => {
                let clean = asked.api_version >= FIRST_VERSION_WITH_PREVIOUS_EPOCH
                    && existing.is_some_and(|old| old.epoch == request.previous_broker_epoch);
                records = self.take_out_former_incarnation(id, clean);
                record.fenced = true;
                record.broker_epoch = self.context.log_end_offset.0;
                self.soft.registered(id, record.broker_epoch);
            }
        }
        let response = BrokerRegistrationResponse {
            broker_epoch: record.broker_epoch,
            ..BrokerRegistrationResponse::default()
        };
        records.push(MetadataRecord::RegisterBroker(record));
        Ok((records, response))
    }

    fn check_registration(
        &self,
        asked: &ControllerRequest,
        request: &BrokerRegistrationRequest,
    ) -> Result<(), Rejection> {
        let cluster_id = &*self.context.cluster_id;
        if *request.cluster_id != *cluster_id {
            return Err(refuse(
                ErrorCode::INCONSISTENT_CLUSTER_ID,
                format!(
                    "Expected cluster ID {cluster_id}, but got cluster ID {}",
                    request.cluster_id
                ),
            ));
        }
        let id = NodeId(request.broker_id);
        if id.0 < 0 {
            return Err(refuse(
                ErrorCode::INVALID_REQUEST,
                "Invalid negative broker ID.",
            ));
        }
        if let Some(existing) = self.image().brokers.get(&id) {
            let another = existing.incarnation_id != request.incarnation_id;
            let alive = !asked.holds_own_directories
                && self
                    .soft
                    .has_valid_session(id, existing.epoch, self.now.monotonic);
            if another && alive {
                return Err(refuse(
                    ErrorCode::DUPLICATE_BROKER_REGISTRATION,
                    "Another broker is registered with that broker id. If the broker was recently \
                     restarted this should self-resolve once the heartbeat manager expires the \
                     broker's session.",
                ));
            }
        }
        if request.is_migrating_zk_broker {
            return Err(refuse(
                ErrorCode::BROKER_ID_NOT_REGISTERED,
                "Controller does not support registering ZK brokers.",
            ));
        }
        if self.metadata_version().supports_directory_assignment() {
            self.check_directories(id, &request.log_dirs)?;
        }
        Ok(())
    }

    fn check_directories(&self, id: NodeId, directories: &[Uuid]) -> Result<(), Rejection> {
        let invalid = |message: String| refuse(ErrorCode::INVALID_REGISTRATION, message);
        if directories.is_empty() {
            return Err(invalid("No directories specified in request".to_owned()));
        }
        if directories.iter().any(|directory| directory.is_reserved()) {
            return Err(invalid("Reserved directory ID in request".to_owned()));
        }
        let distinct: BTreeSet<&Uuid> = directories.iter().collect();
        if distinct.len() != directories.len() {
            return Err(invalid("Duplicate directory ID in request".to_owned()));
        }
        for broker in self
            .image()
            .brokers
            .values()
            .filter(|broker| broker.id != id)
        {
            let shared = broker
                .log_directories
                .iter()
                .find(|id| distinct.contains(id));
            if let Some(directory) = shared {
                return Err(invalid(format!(
                    "Broker {} is already registered with directory {directory}",
                    broker.id
                )));
            }
        }
        Ok(())
    }

    /// Every finalized level must lie in the range the broker works at.
    fn checked_features(
        &self,
        request: &BrokerRegistrationRequest,
    ) -> Result<Vec<BrokerFeature>, Rejection> {
        let mut features = Vec::with_capacity(request.features.len());
        for feature in &request.features {
            self.check_feature(feature)?;
            features.push(BrokerFeature {
                name: text(&feature.name),
                min_supported_version: feature.min_supported_version,
                max_supported_version: feature.max_supported_version,
            });
        }
        let names: BTreeSet<&str> = request.features.iter().map(|f| &*f.name).collect();
        if !names.contains(METADATA_VERSION) {
            return Err(refuse(
                ErrorCode::INVALID_REGISTRATION,
                "Request features do not contain 'metadata.version'",
            ));
        }
        let finalized = self.image().features.levels.keys().map(|name| &**name);
        let kraft = Some("kraft.version").filter(|_| self.context.kraft_version > 0);
        for name in finalized.chain(kraft).filter(|name| !names.contains(name)) {
            self.check_feature(&Feature {
                name: text(name),
                min_supported_version: 0,
                max_supported_version: 0,
            })?;
        }
        Ok(features)
    }

    fn check_feature(&self, feature: &Feature) -> Result<(), Rejection> {
        let finalized = match &*feature.name {
            METADATA_VERSION => self.metadata_version().level(),
            "kraft.version" => self.context.kraft_version,
            name => self.image().features.levels.get(name).copied().unwrap_or(0),
        };
        let range = VersionRange {
            minimum: feature.min_supported_version,
            maximum: feature.max_supported_version,
        };
        if range.contains(finalized) {
            return Ok(());
        }
        Err(refuse(
            ErrorCode::UNSUPPORTED_VERSION,
            format!(
                "Unable to register because the broker does not support finalized version \
                 {finalized} of {}. The broker wants a version between {} and {}, inclusive.",
                feature.name, range.minimum, range.maximum
            ),
        ))
    }

    fn registration(
        &self,
        request: &BrokerRegistrationRequest,
        features: Vec<BrokerFeature>,
    ) -> RegisterBrokerRecord {
        let end_points = request.listeners.iter().map(|listener| BrokerEndpoint {
            name: text(&listener.name),
            host: text(&listener.host),
            port: listener.port,
            security_protocol: listener.security_protocol,
        });
        let with_directories = self.metadata_version().supports_directory_assignment();
        RegisterBrokerRecord {
            broker_id: request.broker_id,
            incarnation_id: request.incarnation_id,
            end_points: end_points.collect(),
            features,
            rack: request.rack.as_deref().map(text),
            log_dirs: if with_directories {
                request.log_dirs.clone()
            } else {
                Vec::new()
            },
            ..RegisterBrokerRecord::default()
        }
    }
}
