//! A blocking client that sends any request at any version and reads the answers in order.

use std::collections::BTreeMap;
use std::io::{ErrorKind, Read, Write};
use std::marker::PhantomData;
use std::net::{SocketAddr, TcpStream};
use std::time::Duration;

use bytes::Bytes;
use ottla_messages::api_versions_request::ApiVersionsRequest;
use ottla_messages::request_header::RequestHeader;
use ottla_messages::response_header::ResponseHeader;
use ottla_messages::{KafkaString, Message, Reader, Request, Writer};

/// How long an answer may take before the test has failed.
const PATIENCE: Duration = Duration::from_secs(20);

/// One connection to a node.
#[derive(Debug)]
pub struct Client {
    stream: TcpStream,
    next_correlation_id: i32,
    /// The newest version served of each API, once asked for.
    newest: BTreeMap<i16, i16>,
}

/// An answer that has not been read yet.
#[derive(Debug)]
pub struct Waiting<R> {
    correlation_id: i32,
    version: i16,
    request: PhantomData<R>,
}

impl Client {
    /// Dials a listener.
    #[must_use]
    pub fn connect(address: SocketAddr) -> Client {
        let stream = TcpStream::connect(address).unwrap();
        stream.set_read_timeout(Some(PATIENCE)).unwrap();
        stream.set_write_timeout(Some(PATIENCE)).unwrap();
        stream.set_nodelay(true).unwrap();
        Client {
            stream,
            next_correlation_id: 0,
            newest: BTreeMap::new(),
        }
    }

    /// Sends a request and reads its answer.
    pub fn call<R: Request>(&mut self, version: i16, request: &R) -> R::Response {
        let waiting = self.send(version, request);
        self.receive(waiting)
    }

    /// Sends a request in the newest version that the node serves, and reads its answer.
    pub fn ask<R: Request>(&mut self, request: &R) -> R::Response {
        if self.newest.is_empty() {
            let served = self.call(0, &ApiVersionsRequest::default()).api_keys;
            let newest = served.iter().map(|api| (api.api_key, api.max_version));
            self.newest = newest.collect();
        }
        let newest = self.newest.get(&(R::API_KEY as i16));
        let version = *newest.unwrap_or_else(|| panic!("{:?} is not served", R::API_KEY));
        self.call(version, request)
    }

    /// Sends a request; its answer is read later.
    pub fn send<R: Request>(&mut self, version: i16, request: &R) -> Waiting<R> {
        let correlation_id = self.next_correlation_id;
        self.send_unanswered(version, request);
        Waiting {
            correlation_id,
            version,
            request: PhantomData,
        }
    }

    /// Sends a request that is not answered: Produce with acks=0.
    pub fn send_unanswered<R: Request>(&mut self, version: i16, request: &R) {
        let frame = request_frame(self.next_correlation_id, version, request);
        self.next_correlation_id += 1;
        self.send_frame(&frame);
    }

    /// Sends bytes as one frame.
    pub fn send_frame(&mut self, frame: &[u8]) {
        let length = i32::try_from(frame.len()).unwrap().to_be_bytes();
        self.send_bytes(&[&length, frame].concat());
    }

    /// Sends bytes as they are.
    pub fn send_bytes(&mut self, bytes: &[u8]) {
        self.stream.write_all(bytes).unwrap();
    }

    /// Reads the next answer, which must be this one.
    pub fn receive<R: Request>(&mut self, waiting: Waiting<R>) -> R::Response {
        self.receive_at::<R>(waiting.correlation_id, waiting.version)
    }

    /// Reads the next answer, which must be of this request and version.
    pub fn receive_at<R: Request>(&mut self, correlation_id: i32, version: i16) -> R::Response {
        let mut length = [0; 4];
        self.stream.read_exact(&mut length).unwrap();
        let length = usize::try_from(i32::from_be_bytes(length)).unwrap();
        let mut frame = vec![0; length];
        self.stream.read_exact(&mut frame).unwrap();
        let mut reader = Reader::new(Bytes::from(frame));
        let header_version = R::API_KEY.response_header_version(version);
        let header = ResponseHeader::decode(&mut reader, header_version).unwrap();
        assert_eq!(header.correlation_id, correlation_id, "out of order");
        let response = R::Response::decode(&mut reader, version).unwrap();
        assert!(reader.read_rest().is_empty(), "more than one answer");
        response
    }

    /// Whether an answer has begun to arrive.
    #[must_use]
    pub fn has_answer(&self) -> bool {
        self.stream.set_nonblocking(true).unwrap();
        let peeked = self.stream.peek(&mut [0]);
        self.stream.set_nonblocking(false).unwrap();
        matches!(peeked, Ok(count) if count > 0)
    }

    /// Waits until the node closes the connection; what it still said.
    pub fn until_closed(&mut self) -> Vec<u8> {
        let mut all = Vec::new();
        let mut part = [0; 4096];
        loop {
            match self.stream.read(&mut part) {
                Ok(0) => return all,
                Ok(count) => all.extend(part.iter().take(count)),
                Err(error) if error.kind() == ErrorKind::ConnectionReset => return all,
                Err(error) => panic!("not closed: {error}"),
            }
        }
    }
}

/// The frame of a request, without its size.
#[must_use]
pub fn request_frame<R: Request>(correlation_id: i32, version: i16, request: &R) -> Vec<u8> {
    let header = RequestHeader {
        request_api_key: R::API_KEY as i16,
        request_api_version: version,
        correlation_id,
        client_id: Some(KafkaString::from("test")),
    };
    let mut writer = Writer::new();
    let header_version = R::API_KEY.request_header_version(version);
    header.encode(&mut writer, header_version).unwrap();
    request.encode(&mut writer, version).unwrap();
    writer.into_chunks().concat()
}
