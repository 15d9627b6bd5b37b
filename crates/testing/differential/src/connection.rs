//! One connection to a broker: frames out, frames in.

use std::io::{ErrorKind, Read, Write};
use std::net::{SocketAddr, TcpStream};
use std::time::Duration;

use crate::codec::{read_varint, write_varint};

/// How long an answer may take: longer than any wait that a script asks for.
const PATIENCE: Duration = Duration::from_secs(6);
/// The length of a frame that no answer has.
const TOO_LONG: usize = 100 << 20;
const CLIENT_ID: &str = "differential";

/// A connection that was dialled.
#[derive(Debug)]
pub struct Connection {
    stream: TcpStream,
    next_correlation_id: i32,
}

/// What came instead of an answer, or the answer's body.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Reply {
    /// The bytes after the header.
    Body(Vec<u8>),
    /// The broker closed the connection.
    Closed,
    /// Nothing came.
    Silence,
    /// A frame that is no answer to the request.
    Strange(String),
}

impl Connection {
    /// Dials.
    ///
    /// # Errors
    /// When nobody listens.
    pub fn open(address: SocketAddr) -> anyhow::Result<Connection> {
        let stream = TcpStream::connect_timeout(&address, PATIENCE)?;
        stream.set_read_timeout(Some(PATIENCE))?;
        stream.set_write_timeout(Some(PATIENCE))?;
        stream.set_nodelay(true)?;
        Ok(Connection {
            stream,
            next_correlation_id: 1,
        })
    }

    /// Sends a request; its correlation id. A connection that was closed meanwhile says so when it
    /// is read.
    pub fn send(&mut self, key: i16, version: i16, is_flexible: bool, body: &[u8]) -> i32 {
        let correlation_id = self.next_correlation_id;
        self.next_correlation_id += 1;
        let mut frame = vec![0; 4];
        frame.extend(key.to_be_bytes());
        frame.extend(version.to_be_bytes());
        frame.extend(correlation_id.to_be_bytes());
        frame.extend((CLIENT_ID.len() as i16).to_be_bytes());
        frame.extend(CLIENT_ID.as_bytes());
        if is_flexible {
            write_varint(&mut frame, 0);
        }
        frame.extend(body);
        let length = (frame.len() - 4) as i32;
        if let Some(place) = frame.first_chunk_mut() {
            *place = length.to_be_bytes();
        }
        let _ = self.stream.write_all(&frame); // the reader learns that it is closed
        correlation_id
    }

    /// Reads the next answer.
    pub fn receive(&mut self, correlation_id: i32, has_tags: bool) -> Reply {
        let frame = match self.frame() {
            Ok(frame) => frame,
            Err(error) => {
                return match error.kind() {
                    ErrorKind::WouldBlock | ErrorKind::TimedOut => Reply::Silence,
                    ErrorKind::InvalidData => Reply::Strange(error.to_string()),
                    _ => Reply::Closed,
                };
            }
        };
        let Some((found, mut body)) = frame.split_first_chunk() else {
            return Reply::Strange("a frame without a correlation id".to_owned());
        };
        if i32::from_be_bytes(*found) != correlation_id {
            return Reply::Strange("the answer to another request".to_owned());
        }
        if has_tags && read_varint(&mut body).ok() != Some(0) {
            return Reply::Strange("tags in the header".to_owned());
        }
        Reply::Body(body.to_vec())
    }

    fn frame(&mut self) -> std::io::Result<Vec<u8>> {
        let mut length = [0; 4];
        self.stream.read_exact(&mut length)?;
        let length = usize::try_from(i32::from_be_bytes(length)).ok();
        let length = length.filter(|length| *length < TOO_LONG);
        let length = length.ok_or(ErrorKind::InvalidData)?;
        let mut frame = vec![0; length];
        self.stream.read_exact(&mut frame)?;
        Ok(frame)
    }
}
