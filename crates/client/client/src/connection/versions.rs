//! What versions of which requests a broker speaks (KIP-35, KIP-511).

use std::collections::BTreeMap;
use std::sync::Arc;

use ottla_messages::api_versions_request::ApiVersionsRequest;
use ottla_messages::api_versions_response::ApiVersionsResponse;
use ottla_messages::{ApiKey, ErrorCode, Message, Reader, Request};

use super::{RawReply, Shared};
use crate::Error;
use crate::error::check;

/// How this client calls itself to brokers.
const SOFTWARE_NAME: &str = "ottla";

/// The versions a broker speaks, by the number of the request.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ApiVersionRanges {
    ranges: BTreeMap<i16, (i16, i16)>,
    finalized_features: BTreeMap<String, i16>,
}

impl ApiVersionRanges {
    pub(super) fn unknown() -> ApiVersionRanges {
        ApiVersionRanges::default()
    }

    fn of(response: &ApiVersionsResponse) -> ApiVersionRanges {
        let ranges = response
            .api_keys
            .iter()
            .map(|api| (api.api_key, (api.min_version, api.max_version)));
        let features = response
            .finalized_features
            .iter()
            .map(|feature| (feature.name.to_string(), feature.max_version_level));
        ApiVersionRanges {
            ranges: ranges.collect(),
            finalized_features: features.collect(),
        }
    }

    /// The lowest and highest version the broker speaks.
    #[must_use]
    pub fn range(&self, api_key: i16) -> Option<(i16, i16)> {
        self.ranges.get(&api_key).copied()
    }

    /// The newest version that both sides speak; what Kafka marks as unstable is left out.
    #[must_use]
    pub fn newest_shared(&self, api_key: ApiKey) -> Option<i16> {
        let (lowest, highest) = self.range(api_key as i16)?;
        let ours = api_key.valid_versions();
        let mut newest = *ours.end();
        if api_key.latest_version_unstable() {
            newest -= 1;
        }
        let newest = newest.min(highest);
        (newest >= lowest.max(*ours.start())).then_some(newest)
    }

    /// The level of a feature that the cluster finalized, `metadata.version` for one.
    #[must_use]
    pub fn finalized_feature(&self, name: &str) -> Option<i16> {
        self.finalized_features.get(name).copied()
    }
}

/// Asks the broker. One that does not know our version of the question answers in version 0 with
/// the versions it knows, and is asked again.
pub(super) async fn negotiate(shared: &Shared) -> Result<ApiVersionRanges, Error> {
    let request = ApiVersionsRequest {
        client_software_name: SOFTWARE_NAME.into(),
        client_software_version: env!("CARGO_PKG_VERSION").into(),
        ..ApiVersionsRequest::default()
    };
    let newest = *ApiVersionsRequest::API_KEY.valid_versions().end();
    let mut response = ask(shared, &request, newest).await?;
    if ErrorCode(response.error_code) == ErrorCode::UNSUPPORTED_VERSION {
        let known = ApiVersionRanges::of(&response);
        let version = known
            .newest_shared(ApiVersionsRequest::API_KEY)
            .filter(|version| *version < newest)
            .unwrap_or(0);
        response = shared.send(&request, version, None).await?;
    }
    check(response.error_code, None)?;
    Ok(ApiVersionRanges::of(&response))
}

/// One question. Whatever version was asked, a refusal comes in version 0.
async fn ask(
    shared: &Shared,
    request: &ApiVersionsRequest,
    version: i16,
) -> Result<ApiVersionsResponse, Error> {
    let (chunks, correlation_id) = shared.encode(request, version)?;
    let body = RawReply {
        answer: shared.wait_for(chunks, correlation_id, None)?,
        address: Arc::clone(&shared.address),
        header_version: ApiVersionsRequest::API_KEY.response_header_version(version),
    };
    let body = body.await?;
    let code = body.first_chunk().map(|bytes| i16::from_be_bytes(*bytes));
    let refused = code == Some(ErrorCode::UNSUPPORTED_VERSION.0);
    let version = if refused { 0 } else { version };
    ApiVersionsResponse::decode(&mut Reader::new(body), version)
        .map_err(|error| Error::protocol(&shared.address, error))
}
