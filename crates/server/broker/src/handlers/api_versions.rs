//! ApiVersions (18), versions 0–5.
//!
//! Version 3 is flexible and names the client's software, 4 shows features whose lowest level is
//! 0, 5 says whom the client believes to talk to. An unknown version is answered at version 0.

use std::rc::Rc;

use ottla_messages::api_versions_request::ApiVersionsRequest;
use ottla_messages::api_versions_response::{
    ApiVersion, ApiVersionsResponse, FinalizedFeatureKey, SupportedFeatureKey,
};
use ottla_messages::{ErrorCode, KafkaString};
use ottla_metadata::{Feature, METADATA_VERSION};

use crate::apis::{self, Apis};
use crate::features::supported_features;
use crate::node::Node;
use crate::reactor::ReactorService;
use crate::request::RequestContext;

/// Answers with what this listener serves.
pub fn handle(
    service: &Rc<ReactorService>,
    context: &RequestContext,
    request: ApiVersionsRequest,
) -> ApiVersionsResponse {
    let error = check(service, context.version, &request);
    if error != ErrorCode::NONE {
        return ApiVersionsResponse {
            error_code: error.0,
            ..ApiVersionsResponse::default()
        };
    }
    let published = service.node().published();
    let features = &published.image.features;
    let metadata_version = features
        .metadata_version
        .map(|version| finalized(METADATA_VERSION, version.level()));
    // The one feature that no metadata record finalizes, but a control record of the quorum.
    let kraft_version = service.node().quorum().status().kraft_version;
    let kraft_version =
        (kraft_version > 0).then(|| finalized(Feature::Kraft.name(), kraft_version));
    let finalized_features = metadata_version
        .into_iter()
        .chain(kraft_version)
        .chain(
            features
                .levels
                .iter()
                .map(|(name, level)| finalized(name, *level)),
        )
        .collect();
    ApiVersionsResponse {
        api_keys: ranges(apis::served_on(service.node(), context.connection())),
        supported_features: supported(service.node(), context),
        finalized_features_epoch: published.provenance.last_contained_offset.0,
        finalized_features,
        ..ApiVersionsResponse::default()
    }
}

/// Answers a version that does not exist.
pub fn refuse_version(apis: &Apis, context: RequestContext) {
    let api_keys = ranges(apis)
        .into_iter()
        .filter(|api| api.api_key == ottla_messages::ApiKey::ApiVersions as i16)
        .collect();
    let response = ApiVersionsResponse {
        error_code: ErrorCode::UNSUPPORTED_VERSION.0,
        api_keys,
        ..ApiVersionsResponse::default()
    };
    context.send_at(&response, 0);
}

fn ranges(apis: &Apis) -> Vec<ApiVersion> {
    apis.iter()
        .map(|api| ApiVersion {
            api_key: api.key as i16,
            // librdkafka takes a broker whose lowest Produce version is not 0 for one without any
            // (KAFKA-18659); versions 0 to 2 are refused all the same.
            min_version: if api.key == ottla_messages::ApiKey::Produce {
                0
            } else {
                *api.versions.start()
            },
            max_version: *api.versions.end(),
        })
        .collect()
}

fn check(service: &ReactorService, version: i16, request: &ApiVersionsRequest) -> ErrorCode {
    if version >= 3
        && !(is_software_text(&request.client_software_name)
            && is_software_text(&request.client_software_version))
    {
        return ErrorCode::INVALID_REQUEST;
    }
    match (&request.cluster_id, request.node_id) {
        (None, -1) => ErrorCode::NONE,
        (None, _) | (Some(_), -1) => ErrorCode::INVALID_REQUEST,
        (Some(cluster), node) => {
            let own = service.node();
            if cluster.as_str() == own.cluster_id() && node == own.node_id().0 {
                ErrorCode::NONE
            } else {
                ErrorCode::REBOOTSTRAP_REQUIRED
            }
        }
    }
}

/// KIP-511: letters, digits, dots and dashes, neither first nor last one a dot or dash.
fn is_software_text(text: &str) -> bool {
    let alphanumeric_end = |c: Option<char>| c.is_some_and(|c| c.is_ascii_alphanumeric());
    alphanumeric_end(text.chars().next())
        && alphanumeric_end(text.chars().next_back())
        && text
            .chars()
            .all(|c| c.is_ascii_alphanumeric() || c == '.' || c == '-')
}

fn supported(node: &Node, context: &RequestContext) -> Vec<SupportedFeatureKey> {
    let (config, version) = (node.config(), context.version);
    let listener = &context.connection().listener;
    // As in Kafka, the controller's listener tells by another key than the one that decides what
    // is registered and may be finalized.
    let tells_unstable = if config.listeners.is_controller_listener(listener) {
        config.unstable_api_versions_enable
    } else {
        config.unstable_feature_versions_enable
    };
    supported_features(tells_unstable)
        .into_iter()
        .map(|(name, range)| SupportedFeatureKey {
            name: KafkaString::from(name),
            min_version: range.minimum,
            max_version: range.maximum,
        })
        .filter(|feature| version >= 4 || feature.min_version > 0)
        .collect()
}

fn finalized(name: &str, level: i16) -> FinalizedFeatureKey {
    FinalizedFeatureKey {
        name: KafkaString::copy_from(name),
        max_version_level: level,
        min_version_level: level,
    }
}
