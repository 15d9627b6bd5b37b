//! ControllerRegistration: which controllers there are, where they listen, what they support.
//!
//! *Kafka*: KIP-919.

use ottla_messages::ErrorCode;
use ottla_messages::controller_registration_request::ControllerRegistrationRequest;
use ottla_messages::controller_registration_response::ControllerRegistrationResponse;
use ottla_messages::register_controller_record::{
    ControllerEndpoint, ControllerFeature, RegisterControllerRecord,
};

use crate::deciding::{Decided, Deciding, refuse, text};

impl Deciding<'_> {
    pub(crate) fn register_controller(
        &self,
        request: &ControllerRegistrationRequest,
    ) -> Decided<ControllerRegistrationResponse> {
        if !self.metadata_version().supports_controller_registration() {
            return Err(refuse(
                ErrorCode::UNSUPPORTED_VERSION,
                "The current MetadataVersion is too old to support controller registrations.",
            ));
        }
        let end_points = request.listeners.iter().map(|listener| ControllerEndpoint {
            name: text(&listener.name),
            host: text(&listener.host),
            port: listener.port,
            security_protocol: listener.security_protocol,
        });
        let features = request.features.iter().map(|feature| ControllerFeature {
            name: text(&feature.name),
            min_supported_version: feature.min_supported_version,
            max_supported_version: feature.max_supported_version,
        });
        let record = RegisterControllerRecord {
            controller_id: request.controller_id,
            incarnation_id: request.incarnation_id,
            zk_migration_ready: false,
            end_points: end_points.collect(),
            features: features.collect(),
        };
        Ok((
            vec![record.into()],
            ControllerRegistrationResponse::default(),
        ))
    }
}
