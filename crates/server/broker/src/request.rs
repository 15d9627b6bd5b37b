//! One request on its way through a handler, and the way its answer takes back.

use std::rc::Rc;
use std::sync::Arc;

use bytes::Bytes;
use ottla_messages::envelope_response::EnvelopeResponse;
use ottla_messages::request_header::RequestHeader;
use ottla_messages::response_header::ResponseHeader;
use ottla_messages::{ApiKey, DecodeError, ErrorCode, Message, Reader, Writer};
use ottla_runtime::{Connection, ReplySlot, clock};
use ottla_types::Instant;

use crate::controller_channel::Client;
use crate::metrics::Metrics;

/// A request that was recognised: who sent it, and what it is.
#[derive(Debug)]
#[must_use = "a request that is dropped is never answered"]
pub struct RequestContext {
    /// The API.
    pub api: ApiKey,
    /// The version of the API.
    pub version: i16,
    /// What the client calls itself.
    pub client_id: ottla_messages::KafkaString,
    /// When it was read.
    pub received: Instant,
    correlation_id: i32,
    envelope: Option<Envelope>,
    slot: ReplySlot,
    metrics: Arc<Metrics>,
}

/// The envelope that a broker has put a request into: what its own answer needs.
#[derive(Clone, Copy, Debug)]
struct Envelope {
    correlation_id: i32,
    version: i16,
}

/// Why a frame cannot be answered; its connection is closed.
#[derive(Debug, thiserror::Error)]
pub enum FrameRefusal {
    /// The API is unknown, or is not served on this listener.
    #[error("API key {0} is not served here")]
    UnknownApi(i16),
    /// The version of the API is not served.
    #[error("version {1} of {0:?} is not served")]
    UnsupportedVersion(ApiKey, i16),
    /// The bytes are no such request.
    #[error("a request that cannot be read: {0}")]
    Malformed(#[from] DecodeError),
}

/// A request before its body is looked at.
#[derive(Debug)]
pub struct Opened {
    /// The API.
    pub api: ApiKey,
    /// The version the client speaks.
    pub version: i16,
    /// The header.
    pub header: RequestHeader,
    /// Stands at the body.
    pub body: Reader,
}

impl Opened {
    /// Reads the header of a frame.
    ///
    /// # Errors
    /// When the API is unknown or the header is malformed.
    pub fn open(frame: Bytes) -> Result<Opened, FrameRefusal> {
        let mut peek = Reader::new(frame.clone());
        let (key, version) = (peek.read_i16()?, peek.read_i16()?);
        let api = ApiKey::from_i16(key).ok_or(FrameRefusal::UnknownApi(key))?;
        // An ApiVersions request of an unknown version still has a header that can be read.
        let known = version.clamp(*api.valid_versions().start(), *api.valid_versions().end());
        let mut body = Reader::new(frame);
        let header = RequestHeader::decode(&mut body, api.request_header_version(known))?;
        Ok(Opened {
            api,
            version,
            header,
            body,
        })
    }
}

impl RequestContext {
    /// A context for an opened request; takes its place in the order of answers.
    pub fn new(opened: &Opened, connection: &Rc<Connection>, metrics: &Arc<Metrics>) -> Self {
        RequestContext {
            api: opened.api,
            version: opened.version,
            client_id: opened.header.client_id.clone().unwrap_or_default(),
            received: clock::monotonic(),
            correlation_id: opened.header.correlation_id,
            envelope: None,
            slot: connection.reserve(),
            metrics: Arc::clone(metrics),
        }
    }

    /// The context of the request in an envelope, whose answer goes into an envelope again.
    pub fn enveloped(self, opened: &Opened) -> RequestContext {
        let envelope = Envelope {
            correlation_id: self.correlation_id,
            version: self.version,
        };
        RequestContext {
            api: opened.api,
            version: opened.version,
            client_id: opened.header.client_id.clone().unwrap_or_default(),
            correlation_id: opened.header.correlation_id,
            envelope: Some(envelope),
            ..self
        }
    }

    /// Whether a broker has passed it on for a client.
    #[must_use]
    pub fn is_forwarded(&self) -> bool {
        self.envelope.is_some()
    }

    /// Who asks.
    #[must_use]
    pub fn client(&self) -> Client {
        Client {
            id: self.client_id.clone(),
            address: self.connection().peer.ip().to_canonical(),
        }
    }

    /// The connection it came in by.
    #[must_use]
    pub fn connection(&self) -> &Rc<Connection> {
        self.slot.connection()
    }

    /// Gives the place in the order of answers back: this request has none (acks=0).
    pub fn stay_silent(self) {
        self.metrics
            .answered(self.api, clock::monotonic().since(self.received));
        self.slot.skip();
    }

    /// Sends the answer, encoded at the version of the request.
    pub fn send(self, response: &impl Message) {
        let version = self.version;
        self.send_at(response, version);
    }

    /// Sends an answer at another version than the request's: ApiVersions alone needs that.
    pub fn send_at(self, response: &impl Message, version: i16) {
        let mut writer = Writer::with_capacity(256);
        let header = ResponseHeader {
            correlation_id: self.correlation_id,
        };
        let header_version = self.api.response_header_version(self.version);
        let encoded = header
            .encode(&mut writer, header_version)
            .and_then(|()| response.encode(&mut writer, version));
        match encoded {
            Ok(()) => match self.envelope {
                Some(envelope) => self.send_enveloped(envelope, writer.into_bytes()),
                None => {
                    self.metrics
                        .answered(self.api, clock::monotonic().since(self.received));
                    self.slot.send(writer.into_chunks());
                }
            },
            Err(error) => {
                // Only a mistake of ours gets here: the client must not be left waiting for it, so
                // its place is given up, which closes the connection.
                tracing::error!(api = ?self.api, self.version, %error, "answer not encodable");
            }
        }
    }

    /// Says why what is in this envelope is not answered.
    pub fn refuse_envelope(self, error: ErrorCode) {
        self.send(&EnvelopeResponse {
            response_data: None,
            error_code: error.0,
        });
    }

    fn send_enveloped(self, envelope: Envelope, answer: Bytes) {
        let outer = RequestContext {
            api: ApiKey::Envelope,
            version: envelope.version,
            correlation_id: envelope.correlation_id,
            envelope: None,
            ..self
        };
        outer.send(&EnvelopeResponse {
            response_data: Some(answer),
            error_code: ErrorCode::NONE.0,
        });
    }
}
