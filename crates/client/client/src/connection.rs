//! One connection to one broker: requests go out in the order of the calls, answers come back in
//! the same order, any number at a time.
//!
//! *Invariants*: a call is answered exactly once, if only with the reason why the connection ended;
//! memory grows with bytes that arrived, never with a size that was only declared.

mod link;
mod versions;

use std::future::Future;
use std::marker::PhantomData;
use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicI32, Ordering};
use std::task::{Context, Poll};
use std::time::Duration;

use bytes::Bytes;
use ottla_messages::request_header::RequestHeader;
use ottla_messages::response_header::ResponseHeader;
use ottla_messages::{ApiKey, Message, Reader, Request, Writer};
use tokio::sync::{mpsc, oneshot};

use crate::{ClientConfig, Error};
use link::{Call, Link};
pub use versions::ApiVersionRanges;

/// A connection to one broker; clones share it.
#[derive(Clone, Debug)]
pub struct Connection {
    shared: Arc<Shared>,
}

#[derive(Debug)]
struct Shared {
    address: Arc<str>,
    client_id: String,
    request_timeout: Duration,
    calls: mpsc::UnboundedSender<Call>,
    next_correlation_id: AtomicI32,
    versions: ApiVersionRanges,
}

impl Connection {
    /// Dials `host:port` and asks for the versions the broker speaks.
    ///
    /// # Errors
    /// When no address of the host answers in time, or what answers is no Kafka broker.
    pub async fn open(address: &str, config: &ClientConfig) -> Result<Connection, Error> {
        let stream = link::dial(address, config).await?;
        let (calls, receiver) = mpsc::unbounded_channel();
        let address: Arc<str> = address.into();
        let link = Link::new(Arc::clone(&address), config.connections_max_idle_ms);
        tokio::spawn(link.run(stream, receiver));
        let mut shared = Shared {
            address,
            client_id: config.client_id.clone(),
            request_timeout: config.request_timeout_ms,
            calls,
            next_correlation_id: AtomicI32::new(0),
            versions: ApiVersionRanges::unknown(),
        };
        shared.versions = versions::negotiate(&shared).await?;
        Ok(Connection {
            shared: Arc::new(shared),
        })
    }

    /// The address dialled.
    #[must_use]
    pub fn address(&self) -> &str {
        &self.shared.address
    }

    /// Whether it ended: calls on it fail at once.
    #[must_use]
    pub fn is_closed(&self) -> bool {
        self.shared.calls.is_closed()
    }

    /// What the broker speaks.
    #[must_use]
    pub fn versions(&self) -> &ApiVersionRanges {
        &self.shared.versions
    }

    /// The newest version of a request that both sides speak.
    ///
    /// # Errors
    /// When there is none.
    pub fn version_of(&self, api_key: ApiKey) -> Result<i16, Error> {
        let version = self.shared.versions.newest_shared(api_key);
        version.ok_or_else(|| Error::UnsupportedApi {
            address: self.shared.address.to_string(),
            api_key,
        })
    }

    /// Sends a request in the newest version both sides speak. It is on its way when this returns;
    /// the answer is awaited.
    pub fn send<R: Request>(&self, request: &R) -> Reply<R::Response> {
        match self.version_of(R::API_KEY) {
            Ok(version) => self.send_version(request, version),
            Err(error) => Reply::failed(error),
        }
    }

    /// Sends a request in a version of the caller's choice.
    pub fn send_version<R: Request>(&self, request: &R, version: i16) -> Reply<R::Response> {
        self.shared.send(request, version, None)
    }

    /// Like [`Connection::send_version`], with a time-out other than `request.timeout.ms`.
    pub fn send_within<R: Request>(
        &self,
        request: &R,
        version: i16,
        timeout: Duration,
    ) -> Reply<R::Response> {
        self.shared.send(request, version, Some(timeout))
    }

    /// Sends a request that the broker does not answer (Produce with acks=0).
    ///
    /// # Errors
    /// When it cannot be encoded, or the connection ended.
    pub fn send_unanswered<R: Request>(&self, request: &R, version: i16) -> Result<(), Error> {
        let (chunks, _) = self.shared.encode(request, version)?;
        self.shared.enqueue(Call { chunks, wait: None })
    }

    /// Sends an encoded body as it is, and answers with the body of the answer as it came: for load
    /// generators that encode once.
    ///
    /// # Errors
    /// When the connection ended.
    pub fn send_body(
        &self,
        api_key: ApiKey,
        version: i16,
        body: &[Bytes],
    ) -> Result<RawReply, Error> {
        let (mut chunks, correlation_id) = self.shared.encode_header(api_key, version)?;
        chunks.extend_from_slice(body);
        let answer = self.shared.wait_for(chunks, correlation_id, None)?;
        Ok(RawReply {
            answer,
            address: Arc::clone(&self.shared.address),
            header_version: api_key.response_header_version(version),
        })
    }
}

impl Shared {
    fn send<R: Request>(
        &self,
        request: &R,
        version: i16,
        timeout: Option<Duration>,
    ) -> Reply<R::Response> {
        let answer = self
            .encode(request, version)
            .and_then(|(chunks, id)| self.wait_for(chunks, id, timeout));
        match answer {
            Ok(answer) => Reply {
                state: ReplyState::Waiting(RawReply {
                    answer,
                    address: Arc::clone(&self.address),
                    header_version: R::API_KEY.response_header_version(version),
                }),
                version,
                message: PhantomData,
            },
            Err(error) => Reply::failed(error),
        }
    }

    fn encode<R: Request>(&self, request: &R, version: i16) -> Result<(Vec<Bytes>, i32), Error> {
        let (mut chunks, correlation_id) = self.encode_header(R::API_KEY, version)?;
        let mut writer = Writer::new();
        request
            .encode(&mut writer, version)
            .map_err(|error| Error::protocol(&self.address, error))?;
        chunks.extend(writer.into_chunks());
        Ok((chunks, correlation_id))
    }

    fn encode_header(&self, api_key: ApiKey, version: i16) -> Result<(Vec<Bytes>, i32), Error> {
        let correlation_id = self.next_correlation_id.fetch_add(1, Ordering::Relaxed);
        let header = RequestHeader {
            request_api_key: api_key as i16,
            request_api_version: version,
            correlation_id,
            client_id: Some(self.client_id.clone().into()),
        };
        let mut writer = Writer::new();
        header
            .encode(&mut writer, api_key.request_header_version(version))
            .map_err(|error| Error::protocol(&self.address, error))?;
        Ok((writer.into_chunks(), correlation_id))
    }

    fn wait_for(
        &self,
        chunks: Vec<Bytes>,
        correlation_id: i32,
        timeout: Option<Duration>,
    ) -> Result<oneshot::Receiver<Result<Bytes, Error>>, Error> {
        let (reply, answer) = oneshot::channel();
        let wait = link::Wait {
            correlation_id,
            timeout: timeout.unwrap_or(self.request_timeout),
            reply,
        };
        self.enqueue(Call {
            chunks,
            wait: Some(wait),
        })?;
        Ok(answer)
    }

    fn enqueue(&self, call: Call) -> Result<(), Error> {
        self.calls
            .send(call)
            .map_err(|_| link::ended(&self.address))
    }
}

/// The answer of one request, awaited. Dropping it gives up the answer, not the request.
#[derive(Debug)]
#[must_use = "the answer says whether the broker did it"]
pub struct Reply<M> {
    state: ReplyState,
    version: i16,
    message: PhantomData<fn() -> M>,
}

#[derive(Debug)]
enum ReplyState {
    Waiting(RawReply),
    Failed(Option<Error>),
}

impl<M> Reply<M> {
    fn failed(error: Error) -> Reply<M> {
        Reply {
            state: ReplyState::Failed(Some(error)),
            version: 0,
            message: PhantomData,
        }
    }
}

impl<M: Message> Future for Reply<M> {
    type Output = Result<M, Error>;

    fn poll(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Self::Output> {
        let version = self.version;
        match &mut self.state {
            ReplyState::Failed(error) => Poll::Ready(Err(error.take().unwrap_or(Error::Closed))),
            ReplyState::Waiting(raw) => Pin::new(&mut *raw).poll(context).map(|body| {
                let mut reader = Reader::new(body?);
                M::decode(&mut reader, version)
                    .map_err(|error| Error::protocol(&raw.address, error))
            }),
        }
    }
}

/// The body of an answer, awaited as bytes.
#[derive(Debug)]
#[must_use = "the answer says whether the broker did it"]
pub struct RawReply {
    answer: oneshot::Receiver<Result<Bytes, Error>>,
    address: Arc<str>,
    header_version: i16,
}

impl Future for RawReply {
    type Output = Result<Bytes, Error>;

    fn poll(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Self::Output> {
        Pin::new(&mut self.answer).poll(context).map(|answer| {
            let frame = answer.unwrap_or_else(|_| Err(link::ended(&self.address)))?;
            let mut reader = Reader::new(frame);
            ResponseHeader::decode(&mut reader, self.header_version)
                .map_err(|error| Error::protocol(&self.address, error))?;
            Ok(reader.read_rest())
        })
    }
}
