//! Real sockets against a reactor: order, limits, and clients that misbehave while others work.

#![allow(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    reason = "a test fails by panicking, in its helpers too"
)]

use std::io::{ErrorKind, Read, Write};
use std::net::{Ipv4Addr, Shutdown, SocketAddr, TcpStream};
use std::rc::Rc;
use std::sync::Arc;
use std::thread::JoinHandle;
use std::time::Duration;

use bytes::Bytes;
use ottla_runtime::{
    Acceptor, Connection, ConnectionBounds, ConnectionCount, ConnectionLimits, ReactorHandle,
    ReplySlot, Service, SocketSettings, bind, start_acceptor, start_reactor,
};
use ottla_types::Instant;
use tokio::sync::Notify;

/// Echoes a frame. `later` is answered only when the next frame of any connection has been.
#[derive(Default)]
struct Echo {
    held: std::cell::RefCell<Option<(ReplySlot, Bytes)>>,
    never: Notify,
}

impl Service for Echo {
    type Message = ();

    fn on_frame(self: &Rc<Self>, connection: &Rc<Connection>, frame: Bytes) {
        let slot = connection.reserve();
        if frame.starts_with(b"later") {
            *self.held.borrow_mut() = Some((slot, frame));
            return;
        }
        slot.send(vec![frame]);
        if let Some((slot, frame)) = self.held.borrow_mut().take() {
            slot.send(vec![frame]);
        }
    }

    fn overlaps(&self, frame: &[u8]) -> bool {
        !frame.starts_with(b"alone")
    }

    fn on_message(self: &Rc<Self>, (): ()) {}

    fn on_deadline(self: &Rc<Self>) {}

    fn next_deadline(&self) -> Option<Instant> {
        None
    }

    fn deadline_changed(&self) -> &Notify {
        &self.never
    }

    fn on_closed(self: &Rc<Self>, _connection: &Connection) {}
}

const MAX_REQUEST: usize = 1024 * 1024;

fn limits() -> ConnectionLimits {
    ConnectionLimits {
        max_request_bytes: MAX_REQUEST,
        max_idle: None,
        max_unsent_bytes: 256 * 1024,
        max_pipelined: 100,
    }
}

/// A reactor and its acceptor on a port of their own; both end with the value.
struct Server {
    address: SocketAddr,
    reactor: ReactorHandle<()>,
    threads: Option<(Acceptor, JoinHandle<()>)>,
}

impl Server {
    fn start(limits: ConnectionLimits, bounds: ConnectionBounds) -> Server {
        let at = SocketAddr::from((Ipv4Addr::LOCALHOST, 0));
        let listener = bind(at, SocketSettings::default()).unwrap();
        let address = listener.local_addr().unwrap();
        let reactor = ReactorHandle::unstarted();
        let service = || Rc::new(Echo::default());
        let serving = start_reactor(0, &reactor, limits, service).unwrap();
        let handle = reactor.clone();
        let accepting = start_acceptor(
            listener,
            Arc::new(ConnectionCount::new(bounds)),
            move |accepted| handle.accept(accepted, Arc::from("PLAINTEXT")),
        )
        .unwrap();
        Server {
            address,
            reactor,
            threads: Some((accepting, serving)),
        }
    }

    fn plain() -> Server {
        let bounds = ConnectionBounds {
            total: 100,
            per_address: 100,
        };
        Server::start(limits(), bounds)
    }

    fn connect(&self) -> TcpStream {
        let stream = TcpStream::connect(self.address).unwrap();
        let patience = Some(Duration::from_secs(20));
        stream.set_read_timeout(patience).unwrap();
        stream.set_write_timeout(patience).unwrap();
        stream.set_nodelay(true).unwrap();
        stream
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        let (accepting, serving) = self.threads.take().unwrap();
        accepting.stop();
        self.reactor.stop();
        serving.join().unwrap();
    }
}

fn frame(payload: &[u8]) -> Vec<u8> {
    [&(payload.len() as i32).to_be_bytes(), payload].concat()
}

fn receive(stream: &mut TcpStream) -> Vec<u8> {
    let mut prefix = [0; 4];
    stream.read_exact(&mut prefix).unwrap();
    let mut payload = vec![0; i32::from_be_bytes(prefix) as usize];
    stream.read_exact(&mut payload).unwrap();
    payload
}

fn echoes(stream: &mut TcpStream, payload: &[u8]) -> bool {
    stream.write_all(&frame(payload)).unwrap();
    receive(stream) == payload
}

/// All that comes until the other side closes; a reset counts as closed.
fn until_closed(stream: &mut TcpStream) -> Vec<u8> {
    let mut all = Vec::new();
    let mut part = [0; 4096];
    loop {
        match stream.read(&mut part) {
            Ok(0) => return all,
            Ok(count) => all.extend_from_slice(&part[..count]),
            Err(error) if error.kind() == ErrorKind::ConnectionReset => return all,
            Err(error) => panic!("not closed: {error}"),
        }
    }
}

#[test]
fn answers_leave_in_the_order_of_their_requests() {
    let server = Server::plain();
    let mut stream = server.connect();
    let requests = [&b"one"[..], b"later", b"three", b"four"];
    let burst: Vec<u8> = requests.iter().flat_map(|request| frame(request)).collect();
    stream.write_all(&burst).unwrap();
    for request in requests {
        assert_eq!(receive(&mut stream), request);
    }
}

#[test]
fn large_and_small_frames_of_a_burst_come_back_whole() {
    let server = Server::plain();
    let mut stream = server.connect();
    let payloads: Vec<Vec<u8>> = [1, 100_000, MAX_REQUEST, 0, 70_000, 16_384, 16_380]
        .iter()
        .map(|length| (0..*length).map(|place| (place % 251) as u8).collect())
        .collect();
    let mut writer = stream.try_clone().unwrap();
    let burst: Vec<u8> = payloads.iter().flat_map(|payload| frame(payload)).collect();
    let writing = std::thread::spawn(move || writer.write_all(&burst).unwrap());
    for payload in &payloads {
        assert!(receive(&mut stream) == *payload);
    }
    writing.join().unwrap();
}

#[test]
fn a_frame_that_arrives_byte_by_byte_is_answered_and_others_do_not_wait() {
    let server = Server::plain();
    let (mut slow, mut quick) = (server.connect(), server.connect());
    for byte in frame(b"slow") {
        slow.write_all(&[byte]).unwrap();
        assert!(echoes(&mut quick, b"quick"));
    }
    assert_eq!(receive(&mut slow), b"slow");
}

#[test]
fn http_gets_one_helpful_answer() {
    let server = Server::plain();
    let mut bystander = server.connect();
    let mut stream = server.connect();
    stream
        .write_all(b"GET /metrics HTTP/1.1\r\nHost: localhost\r\n\r\n")
        .unwrap();
    let answer = String::from_utf8(until_closed(&mut stream)).unwrap();
    assert!(
        answer.starts_with("HTTP/1.1 400 Bad Request\r\n"),
        "{answer}"
    );
    assert!(answer.contains("This is a Kafka port"), "{answer}");
    assert!(echoes(&mut bystander, b"unaffected"));
}

#[test]
fn tls_gets_an_alert() {
    let server = Server::plain();
    let mut stream = server.connect();
    let client_hello = [&[0x16, 3, 1, 0, 0xf1, 1, 0, 0, 0xed, 3, 3][..], &[7; 235]].concat();
    stream.write_all(&client_hello).unwrap();
    let answer = until_closed(&mut stream);
    assert_eq!(answer.first(), Some(&0x15), "an alert: {answer:?}");
}

#[test]
fn what_is_no_frame_closes_its_connection_only() {
    let server = Server::plain();
    let mut bystander = server.connect();
    for garbage in [
        &i32::MAX.to_be_bytes()[..],
        &(-1_i32).to_be_bytes(),
        &((MAX_REQUEST as i32) + 1).to_be_bytes(),
        b"\xff\xff\xff\xff\xff\xff",
    ] {
        let mut stream = server.connect();
        stream.write_all(garbage).unwrap();
        assert_eq!(until_closed(&mut stream), b"");
        assert!(echoes(&mut bystander, b"unaffected"));
    }
}

#[test]
fn what_was_asked_before_the_garbage_is_still_answered() {
    let server = Server::plain();
    let mut stream = server.connect();
    let burst = [&frame(b"asked")[..], &[0xff; 8]].concat();
    stream.write_all(&burst).unwrap();
    assert_eq!(until_closed(&mut stream), frame(b"asked"));
}

#[test]
fn a_frame_that_is_cut_off_leaves_nothing_behind() {
    let server = Server::plain();
    let mut bystander = server.connect();
    for _ in 0..20 {
        let mut stream = server.connect();
        stream.write_all(&frame(&[1; 5000])[..3000]).unwrap();
        stream.shutdown(Shutdown::Write).unwrap();
        assert_eq!(until_closed(&mut stream), b"");
    }
    assert!(echoes(&mut bystander, b"unaffected"));
}

#[test]
fn a_client_that_never_reads_is_not_read_from_for_ever() {
    let server = Server::plain();
    let stream = server.connect();
    stream.set_nonblocking(true).unwrap();
    let request = frame(&[9; 64 * 1024]);
    let (mut taken, mut blocked) = (0_usize, 0);
    let mut bystander = server.connect();
    // The buffers of both sockets and the bound of the queue fill up; then nothing more is taken.
    while blocked < 50 {
        match (&stream).write(&request[taken % request.len()..]) {
            Ok(count) => (taken, blocked) = (taken + count, 0),
            Err(error) if error.kind() == ErrorKind::WouldBlock => {
                blocked += 1;
                assert!(echoes(&mut bystander, b"unaffected"));
            }
            Err(error) => panic!("{error}"),
        }
        assert!(taken < 256 << 20, "the server takes whatever comes");
    }
}

#[test]
fn an_idle_connection_is_closed() {
    let mut limits = limits();
    limits.max_idle = Some(Duration::from_millis(20));
    let bounds = ConnectionBounds {
        total: 10,
        per_address: 10,
    };
    let server = Server::start(limits, bounds);
    assert_eq!(until_closed(&mut server.connect()), b"");
}

#[test]
fn connections_beyond_the_limit_are_refused_until_others_end() {
    for (total, per_address) in [(2, 10), (10, 2)] {
        let bounds = ConnectionBounds { total, per_address };
        let server = Server::start(limits(), bounds);
        let (mut first, mut second) = (server.connect(), server.connect());
        assert!(echoes(&mut first, b"first") && echoes(&mut second, b"second"));
        assert_eq!(until_closed(&mut server.connect()), b"");
        drop(first);
        // The end of the first one is noticed in its own time.
        loop {
            let mut third = server.connect();
            if third.write_all(&frame(b"third")).is_ok()
                && third.read(&mut [0; 9]).is_ok_and(|n| n > 0)
            {
                break;
            }
        }
        assert!(echoes(&mut second, b"still there"));
    }
}
