//! First ack: knocks until a starting broker lets us in, creates a topic, and produces one record
//! with acks=all.

use std::thread;
use std::time::{Duration, Instant, SystemTime};

use anyhow::bail;
use clap::Args;
use serde_json::{Value, json};

use crate::connection::Connection;
use crate::produce::{batch, check, encode};
use crate::topic;

const PAUSE: Duration = Duration::from_millis(1);
const PATIENCE: Duration = Duration::from_secs(120);
const ACKS_ALL: i16 = -1;

/// Options of this measurement.
#[derive(Args, Clone, Debug)]
pub struct Options {
    /// The broker, as host:port.
    #[arg(long)]
    pub bootstrap: String,
    /// The topic; made for this.
    #[arg(long)]
    pub topic: String,
}

/// Measures. The moment of the acknowledgement is in microseconds since 1970, for comparison with
/// the moment of the start, which only the caller knows.
///
/// # Errors
/// When there is no acknowledgement in time.
pub fn run(options: &Options) -> anyhow::Result<Value> {
    let request = encode(&options.topic, 0, batch(100, 100)?, ACKS_ALL)?;
    let deadline = Instant::now() + PATIENCE;
    loop {
        match attempt(options, &request) {
            Ok(()) => break,
            Err(error) if Instant::now() > deadline => {
                bail!("no acknowledgement in {PATIENCE:?}: {error:#}");
            }
            Err(_) => thread::sleep(PAUSE),
        }
    }
    let moment = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH)?;
    Ok(json!({ "acknowledged_at_us": moment.as_micros() as u64 }))
}

fn attempt(options: &Options, request: &[u8]) -> anyhow::Result<()> {
    let mut connection = Connection::open(&options.bootstrap)?;
    topic::create(&mut connection, &options.topic, 1)?;
    connection.send(request)?;
    check(connection.receive()?)
}
