//! A connection to another node of the cluster: dialled when it is needed, one request at a time.
//!
//! *Invariants*: a connection on which anything went wrong is dropped, so that no late answer is
//! ever taken for that of a later request.
//!
//! *Kafka*: the `NetworkClient` of `KafkaNetworkChannel` and `NodeToControllerChannelManager`.

use std::fmt;
use std::io;
use std::time::Duration;

use bytes::Bytes;
use ottla_frames::{FrameError, FrameReader};
use ottla_messages::api_versions_request::ApiVersionsRequest;
use ottla_messages::request_header::RequestHeader;
use ottla_messages::response_header::ResponseHeader;
use ottla_messages::{
    ApiKey, DecodeError, EncodeError, ErrorCode, KafkaString, Message, Reader, Request, Writer,
};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio::time::timeout;

/// Nodes answer with what the requests of nodes bring: snapshots and batches of the metadata log.
const FRAME_BYTES_MAX: usize = 100 << 20;

/// Which versions of APIs a node is asked for in: all nodes since Kafka 2.4 know this one.
const API_VERSIONS_VERSION: i16 = 3;

/// Where a node listens.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct NodeAddress {
    /// Host name or address.
    pub host: String,
    /// Port.
    pub port: u16,
}

impl fmt::Display for NodeAddress {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}:{}", self.host, self.port)
    }
}

/// Why a request to another node has no answer.
#[derive(Debug, thiserror::Error)]
pub enum NodeError {
    /// The node cannot be reached, or the connection broke.
    #[error("{0}")]
    Io(#[from] io::Error),
    /// It took too long.
    #[error("no answer in time")]
    TimedOut,
    /// What came is no answer.
    #[error("an answer that cannot be read: {0}")]
    Malformed(#[from] DecodeError),
    /// What came is no frame, or too large a one.
    #[error("{0}")]
    Frame(FrameError),
    /// The answer belongs to another request.
    #[error("an answer to another request")]
    Mismatched,
    /// The node does not speak any version of the API that would do.
    #[error("it does not speak {0:?} in a version that would do")]
    Unsupported(ApiKey),
    /// The request cannot be written in the version that both speak.
    #[error("a request that cannot be written: {0}")]
    Encode(#[from] EncodeError),
}

/// A connection to one node.
#[derive(Debug)]
pub struct NodeConnection {
    address: NodeAddress,
    client_id: KafkaString,
    request_timeout: Duration,
    established: Option<Established>,
    next_correlation_id: i32,
}

#[derive(Debug)]
struct Established {
    stream: TcpStream,
    reader: FrameReader,
    /// The API with the lowest and the highest version of it that the node speaks.
    versions: Vec<(i16, i16, i16)>,
}

impl NodeConnection {
    /// A connection that is not dialled yet.
    #[must_use]
    pub fn new(address: NodeAddress, client_id: &str, request_timeout: Duration) -> NodeConnection {
        NodeConnection {
            address,
            client_id: KafkaString::copy_from(client_id),
            request_timeout,
            established: None,
            next_correlation_id: 0,
        }
    }

    /// Where it leads.
    #[must_use]
    pub fn address(&self) -> &NodeAddress {
        &self.address
    }

    /// Asks in the highest version that both speak, not below `lowest` and not above `highest`.
    /// `build` is told which.
    ///
    /// # Errors
    /// When there is no answer; the connection is gone then.
    pub async fn call<R: Request>(
        &mut self,
        lowest: i16,
        highest: i16,
        build: impl FnOnce(i16) -> R,
    ) -> Result<R::Response, NodeError> {
        let request_timeout = self.request_timeout;
        let work = async {
            self.establish().await?;
            let version = self.version_of(R::API_KEY, lowest, highest)?;
            let frame = self.encode(&build(version), version)?;
            let mut body = Reader::new(self.exchange(frame).await?);
            self.check_header(&mut body, R::API_KEY.response_header_version(version))?;
            Ok(R::Response::decode(&mut body, version)?)
        };
        let outcome = timeout(request_timeout, work)
            .await
            .unwrap_or(Err(NodeError::TimedOut));
        // What another version could say differently is no fault of the connection.
        if !matches!(outcome, Ok(_) | Err(NodeError::Unsupported(_))) {
            self.established = None;
        }
        outcome
    }

    async fn establish(&mut self) -> Result<(), NodeError> {
        if self.established.is_some() {
            return Ok(());
        }
        let stream = TcpStream::connect((self.address.host.as_str(), self.address.port)).await?;
        stream.set_nodelay(true)?;
        self.established = Some(Established {
            stream,
            reader: FrameReader::new(FRAME_BYTES_MAX),
            versions: Vec::new(),
        });
        let request = ApiVersionsRequest {
            client_software_name: "ottla".into(),
            client_software_version: env!("CARGO_PKG_VERSION").into(),
            ..ApiVersionsRequest::default()
        };
        let frame = self.encode(&request, API_VERSIONS_VERSION)?;
        let mut body = Reader::new(self.exchange(frame).await?);
        // The answer to ApiVersions always has the oldest header.
        self.check_header(&mut body, 0)?;
        type Response = <ApiVersionsRequest as Request>::Response;
        let answer = Response::decode(&mut body, API_VERSIONS_VERSION)?;
        if answer.error_code != ErrorCode::NONE.0 {
            return Err(NodeError::Unsupported(ApiKey::ApiVersions));
        }
        let ranges = answer.api_keys.iter();
        let ranges = ranges.map(|api| (api.api_key, api.min_version, api.max_version));
        if let Some(established) = &mut self.established {
            established.versions = ranges.collect();
        }
        Ok(())
    }

    fn version_of(&self, api: ApiKey, lowest: i16, highest: i16) -> Result<i16, NodeError> {
        let versions = self.established.iter().flat_map(|e| e.versions.iter());
        let mut of_api = versions.filter(|(key, ..)| *key == api as i16);
        let shared = of_api.next().and_then(|&(_, minimum, maximum)| {
            let version = maximum.min(highest);
            (version >= minimum.max(lowest)).then_some(version)
        });
        shared.ok_or(NodeError::Unsupported(api))
    }

    fn encode<R: Request>(&mut self, request: &R, version: i16) -> Result<Bytes, NodeError> {
        self.next_correlation_id = self.next_correlation_id.wrapping_add(1);
        let header = RequestHeader {
            request_api_key: R::API_KEY as i16,
            request_api_version: version,
            correlation_id: self.next_correlation_id,
            client_id: Some(self.client_id.clone()),
        };
        let mut writer = Writer::new();
        header.encode(&mut writer, R::API_KEY.request_header_version(version))?;
        request.encode(&mut writer, version)?;
        Ok(writer.into_bytes())
    }

    async fn exchange(&mut self, frame: Bytes) -> Result<Bytes, NodeError> {
        let Some(established) = &mut self.established else {
            return Err(io::Error::from(io::ErrorKind::NotConnected).into());
        };
        let size =
            i32::try_from(frame.len()).map_err(|_| io::Error::from(io::ErrorKind::InvalidInput))?;
        established.stream.write_all(&size.to_be_bytes()).await?;
        established.stream.write_all(&frame).await?;
        loop {
            if let Some(frame) = established.reader.next_frame().map_err(NodeError::Frame)? {
                return Ok(frame);
            }
            let read = established
                .stream
                .read_buf(established.reader.space())
                .await?;
            if read == 0 {
                return Err(io::Error::from(io::ErrorKind::UnexpectedEof).into());
            }
        }
    }

    fn check_header(&self, body: &mut Reader, header_version: i16) -> Result<(), NodeError> {
        let header = ResponseHeader::decode(body, header_version)?;
        if header.correlation_id == self.next_correlation_id {
            Ok(())
        } else {
            Err(NodeError::Mismatched)
        }
    }
}
