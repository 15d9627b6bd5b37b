//! A blocking connection to a broker: whole requests out, whole answers in, in order.

use std::io::{BufReader, Read, Write};
use std::net::TcpStream;
use std::time::Duration;

use anyhow::{Context, bail};
use bytes::Bytes;
use ottla_messages::request_header::RequestHeader;
use ottla_messages::response_header::ResponseHeader;
use ottla_messages::{Message, Reader, Request, Writer};

const CLIENT_ID: &str = "ottla-bench";
const READ_AHEAD: usize = 64 * 1024;
const MAX_ANSWER: usize = 512 * 1024 * 1024;
const PATIENCE: Duration = Duration::from_secs(60);

/// A connection.
pub struct Connection {
    writer: TcpStream,
    reader: BufReader<TcpStream>,
}

impl Connection {
    /// Connects to `host:port`.
    ///
    /// # Errors
    /// When nobody listens there.
    pub fn open(address: &str) -> anyhow::Result<Connection> {
        let stream =
            TcpStream::connect(address).with_context(|| format!("connecting to {address}"))?;
        stream.set_nodelay(true)?;
        stream.set_read_timeout(Some(PATIENCE))?;
        stream.set_write_timeout(Some(PATIENCE))?;
        Ok(Connection {
            writer: stream.try_clone()?,
            reader: BufReader::with_capacity(READ_AHEAD, stream),
        })
    }

    /// Sends bytes that [`encode_request`] made.
    ///
    /// # Errors
    /// When the connection breaks.
    pub fn send(&mut self, request: &[u8]) -> anyhow::Result<()> {
        Ok(self.writer.write_all(request)?)
    }

    /// The next answer, its header included.
    ///
    /// # Errors
    /// When the connection breaks or is closed.
    pub fn receive(&mut self) -> anyhow::Result<Bytes> {
        let mut prefix = [0; 4];
        self.reader
            .read_exact(&mut prefix)
            .context("reading an answer")?;
        let size = usize::try_from(i32::from_be_bytes(prefix))?;
        if size > MAX_ANSWER {
            bail!("an answer of {size} bytes");
        }
        let mut answer = vec![0; size];
        self.reader
            .read_exact(&mut answer)
            .context("reading an answer")?;
        Ok(Bytes::from(answer))
    }

    /// Sends one request and decodes its answer.
    ///
    /// # Errors
    /// When the connection breaks or the answer is none.
    pub fn ask<R: Request>(&mut self, request: &R, version: i16) -> anyhow::Result<R::Response> {
        self.send(&encode_request(request, version)?)?;
        decode_answer::<R>(self.receive()?, version)
    }
}

/// A request with its size and its header.
///
/// # Errors
/// When the version does not hold the request.
pub fn encode_request<R: Request>(request: &R, version: i16) -> anyhow::Result<Vec<u8>> {
    let header = RequestHeader {
        request_api_key: R::API_KEY as i16,
        request_api_version: version,
        correlation_id: 0,
        client_id: Some(CLIENT_ID.into()),
    };
    let mut writer = Writer::new();
    header.encode(&mut writer, R::API_KEY.request_header_version(version))?;
    request.encode(&mut writer, version)?;
    let body = writer.into_bytes();
    let size = i32::try_from(body.len())?;
    Ok([&size.to_be_bytes()[..], &body].concat())
}

/// The answer in a frame.
///
/// # Errors
/// When the frame holds none.
pub fn decode_answer<R: Request>(frame: Bytes, version: i16) -> anyhow::Result<R::Response> {
    let mut reader = Reader::new(frame);
    ResponseHeader::decode(&mut reader, R::API_KEY.response_header_version(version))?;
    Ok(R::Response::decode(&mut reader, version)?)
}
