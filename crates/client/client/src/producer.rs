//! Sends records: batches per partition, in order, numbered so that a retry is never written twice.
//!
//! `send` writes a record's bytes once, into the batch of its partition, and returns; one driver
//! task per producer does what the machine in `core/producer` decides.

mod accumulator;
mod content;
mod delivery;
mod driver;
mod node;

use std::sync::{Arc, PoisonError};
use std::time::Duration;

use ottla_records::Header;
use ottla_types::{Offset, TimestampMs};
use tokio::sync::mpsc;
use tokio::time::{Instant, sleep, timeout_at};

use crate::cluster::Cluster;
use crate::{Error, ProducerConfig};
use accumulator::{Appended, Shared};
pub use delivery::Delivery;

/// A record to send. Its bytes are borrowed: they are written into a batch before `send` returns.
#[derive(Clone, Copy, Debug, Default)]
pub struct ProducerRecord<'a> {
    /// The topic.
    pub topic: &'a str,
    /// The partition; `None`: by the key's hash, or any if there is no key.
    pub partition: Option<i32>,
    /// The record's time; `None`: now.
    pub timestamp: Option<TimestampMs>,
    /// The key.
    pub key: Option<&'a [u8]>,
    /// The value; `None` deletes the key in a compacted topic.
    pub value: Option<&'a [u8]>,
    /// Headers, in order; the same key may come again.
    pub headers: &'a [Header<'a>],
}

impl<'a> ProducerRecord<'a> {
    /// A record without key.
    #[must_use]
    pub fn new(topic: &'a str, value: &'a [u8]) -> ProducerRecord<'a> {
        ProducerRecord {
            topic,
            value: Some(value),
            ..ProducerRecord::default()
        }
    }

    /// The same with this key.
    #[must_use]
    pub fn with_key(mut self, key: &'a [u8]) -> ProducerRecord<'a> {
        self.key = Some(key);
        self
    }
}

/// Where a record was written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct RecordMetadata {
    /// Its partition.
    pub partition: i32,
    /// Its offset; `None` with acks=0, and when the broker only knows that it was written before.
    pub offset: Option<Offset>,
    /// Its time: the broker's, if the topic says LogAppendTime.
    pub timestamp: TimestampMs,
}

/// Sends records; clones share batches and connections. When the last clone is dropped, what was
/// sent is still delivered while the runtime lives; [`Producer::close`] waits for that.
///
/// ```no_run
/// use std::time::Duration;
///
/// use ottla_client::{Compression, Producer, ProducerConfig, ProducerRecord};
///
/// # async fn example() -> Result<(), ottla_client::Error> {
/// let config = ProducerConfig::new("localhost:9092").compression_type(Compression::Lz4);
/// let producer = Producer::new(config)?;
/// let order = ProducerRecord::new("orders", b"{\"eur\":12.5}").with_key(b"c7");
/// let written = producer.send(order).await?.await?;
/// println!("written to partition {} at {:?}", written.partition, written.offset);
/// producer.close(Duration::from_secs(5)).await?;
/// # Ok(())
/// # }
/// ```
#[derive(Clone, Debug)]
pub struct Producer {
    handle: Arc<Handle>,
}

/// Tells the driver when the last producer is gone.
#[derive(Debug)]
struct Handle {
    shared: Arc<Shared>,
}

impl Drop for Handle {
    fn drop(&mut self) {
        self.shared.close();
    }
}

impl Producer {
    /// A producer that dials when it is first used. Must be called within a tokio runtime.
    ///
    /// # Errors
    /// When the settings are wrong.
    pub fn new(config: ProducerConfig) -> Result<Producer, Error> {
        config.check()?;
        let cluster = Arc::new(Cluster::new(config.client.clone())?);
        let shared = Arc::new(Shared::new(config, cluster)?);
        let (events, receiver) = mpsc::unbounded_channel();
        tokio::spawn(driver::Driver::new(Arc::clone(&shared), events).run(receiver));
        Ok(Producer {
            handle: Arc::new(Handle { shared }),
        })
    }

    /// Puts a record into the batch of its partition. Waits for metadata of a topic not yet known
    /// and for memory, at most `max.block.ms`. The delivery is awaited, or dropped.
    ///
    /// Awaiting each delivery before the next record sends them one by one. Many share batches when
    /// the deliveries are awaited together:
    ///
    /// ```no_run
    /// # use ottla_client::{Error, Producer, ProducerRecord};
    /// # async fn send_all(producer: &Producer, values: &[&[u8]]) -> Result<(), Error> {
    /// let mut deliveries = Vec::new();
    /// for value in values {
    ///     deliveries.push(producer.send(ProducerRecord::new("orders", value)).await?);
    /// }
    /// for delivery in deliveries {
    ///     delivery.await?;
    /// }
    /// # Ok(())
    /// # }
    /// ```
    ///
    /// # Errors
    /// When the record is too large, the topic stays unknown, memory stays used up, or the producer
    /// was closed.
    pub async fn send(&self, record: ProducerRecord<'_>) -> Result<Delivery, Error> {
        let shared = &self.handle.shared;
        // The common case needs no timer.
        if let Appended::Done(delivery) = shared.append(&record)? {
            return Ok(delivery);
        }
        let max_block = shared.config.max_block_ms;
        let end = Instant::now() + max_block;
        loop {
            // Taken before the attempt, so that no release in between is missed.
            let room = shared.room.notified();
            let (waited, what) = match shared.append(&record)? {
                Appended::Done(delivery) => return Ok(delivery),
                Appended::UnknownTopic => {
                    let waited = timeout_at(end, self.learn(record.topic)).await;
                    (waited, format!("the metadata of topic {}", record.topic))
                }
                Appended::NoMemory => {
                    let waited = timeout_at(end, room).await.map(Ok);
                    (waited, "memory of buffer.memory".to_owned())
                }
            };
            waited.map_err(|_| Error::Timeout {
                what: format!("waiting for {what}"),
                after: max_block,
            })??;
        }
    }

    /// Asks for a topic until it has partitions, or is refused for good.
    async fn learn(&self, topic: &str) -> Result<(), Error> {
        let shared = &self.handle.shared;
        let names = [topic.to_owned()];
        let asked = shared.cluster.refresh(&names, true).await;
        let pause = match asked {
            Ok(metadata) => match metadata.topics.get(topic).and_then(|known| known.error) {
                None => {
                    shared.learn(&metadata, &names);
                    if shared.knows(topic) {
                        return Ok(());
                    }
                    shared.config.client.retry_backoff_ms
                }
                Some(code) if code.is_retriable() => shared.config.client.retry_backoff_ms,
                Some(code) => return Err(Error::refused(code)),
            },
            Err(error) if error.is_retriable() => shared.config.client.retry_backoff_ms,
            Err(error) => return Err(error),
        };
        sleep(pause).await;
        Ok(())
    }

    /// How many partitions a topic has.
    ///
    /// # Errors
    /// As [`Producer::send`].
    pub async fn partitions_for(&self, topic: &str) -> Result<i32, Error> {
        let max_block = self.handle.shared.config.max_block_ms;
        let wait = async {
            while !self.handle.shared.knows(topic) {
                self.learn(topic).await?;
            }
            Ok(self.handle.shared.partition_count(topic))
        };
        let waited = tokio::time::timeout(max_block, wait).await;
        waited.unwrap_or_else(|_| {
            Err(Error::Timeout {
                what: format!("waiting for the metadata of topic {topic}"),
                after: max_block,
            })
        })
    }

    /// Sends what waits without lingering, and waits until every record sent before is delivered or
    /// given up.
    pub async fn flush(&self) {
        let shared = &self.handle.shared;
        let Some(last) = shared.flush() else {
            return;
        };
        loop {
            let progress = shared.room.notified();
            if shared.is_decided(last) {
                return;
            }
            progress.await;
        }
    }

    /// Flushes, at most for `timeout`, gives up what is left, and ends. Other clones cannot send
    /// from then on.
    ///
    /// # Errors
    /// When records were given up because the time was over.
    pub async fn close(self, timeout: Duration) -> Result<(), Error> {
        self.handle.shared.close();
        let flushed = tokio::time::timeout(timeout, self.flush()).await;
        if flushed.is_err() {
            self.handle.shared.abort();
            return Err(Error::Timeout {
                what: "closing the producer".to_owned(),
                after: timeout,
            });
        }
        Ok(())
    }
}

fn lock<T>(mutex: &std::sync::Mutex<T>) -> std::sync::MutexGuard<'_, T> {
    // A panic elsewhere leaves the state usable: a change is finished before its lock is given up.
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
