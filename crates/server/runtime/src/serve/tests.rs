//! What one connection may make the node hold.

use std::cell::{Cell, RefCell};
use std::io::{Read, Write};
use std::net::{TcpListener, TcpStream};
use std::rc::Rc;
use std::thread;

use bytes::Bytes;
use ottla_types::Instant;
use tokio::runtime::Builder;
use tokio::sync::Notify;
use tokio::task::LocalSet;

use super::{ConnectionLimits, serve};
use crate::connection::ReplySlot;
use crate::{Connection, Service};

const FRAMES: usize = 500;
const ANSWER: usize = 256 << 10;

/// Answers every frame with a large answer at once, but for the first: that one waits until some
/// others are answered.
#[derive(Default)]
struct Generous {
    executed: Cell<usize>,
    waiting: RefCell<Option<ReplySlot>>,
    never: Notify,
}

impl Service for Generous {
    type Message = ();

    fn on_frame(self: &Rc<Self>, connection: &Rc<Connection>, _frame: Bytes) {
        assert!(
            !connection.replies.borrow().is_full(),
            "a request is executed although answers pile up"
        );
        let slot = connection.reserve();
        match self.executed.replace(self.executed.get() + 1) {
            0 => *self.waiting.borrow_mut() = Some(slot),
            _ => slot.send(vec![Bytes::from_static(&[7; ANSWER])]),
        }
        if connection.replies.borrow().is_full()
            && let Some(slot) = self.waiting.borrow_mut().take()
        {
            slot.send(vec![Bytes::from_static(&[7; ANSWER])]);
        }
    }

    fn overlaps(&self, _frame: &[u8]) -> bool {
        true
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

fn limits() -> ConnectionLimits {
    ConnectionLimits {
        max_request_bytes: 1000,
        max_idle: None,
        max_unsent_bytes: 1 << 20,
        max_pipelined: 100,
    }
}

/// Sends all requests in one piece and only then reads the answers.
fn client(mut stream: TcpStream) -> usize {
    stream
        .write_all(&[0, 0, 0, 1, 9].repeat(FRAMES))
        .expect("small requests are taken");
    let mut bytes = vec![0; ANSWER + 4];
    for _ in 0..FRAMES {
        stream.read_exact(&mut bytes).expect("every answer comes");
        assert_eq!(bytes[..4], (ANSWER as u32).to_be_bytes());
    }
    FRAMES
}

#[test]
fn requests_sent_in_one_piece_wait_while_answers_pile_up() {
    let listener = TcpListener::bind("127.0.0.1:0").expect("a port is free");
    let address = listener.local_addr().expect("it is bound");
    let client = thread::spawn(move || client(TcpStream::connect(address).expect("it listens")));
    let (stream, peer) = listener.accept().expect("the client connects");
    stream.set_nonblocking(true).expect("sockets can");
    let runtime = Builder::new_current_thread()
        .enable_all()
        .build()
        .expect("a runtime can be made");
    let service = Rc::new(Generous::default());
    LocalSet::new().block_on(&runtime, async {
        let stream = tokio::net::TcpStream::from_std(stream).expect("it is non-blocking");
        let replies = limits().reply_queue();
        let connection = Connection::new(0, Rc::from("PLAINTEXT"), (address, peer), replies);
        serve(&service, stream, &Rc::new(connection), &limits()).await;
    });
    assert_eq!(client.join().expect("the client is content"), FRAMES);
    assert_eq!(service.executed.get(), FRAMES);
}
