//! The controller's hard state: the metadata image with every record that was appended, committed
//! or not, and where brokers registered.
//!
//! *Invariants*: moves only by replay. A record that contradicts the image stops the process: the
//! log is not what it should be, and whatever were decided on it would be wrong.

use ottla_messages::metadata_record::MetadataRecord;
use ottla_metadata::MetadataImage;
use ottla_metadata::PersistentMap;
use ottla_types::{NodeId, Offset};

/// What the metadata log says.
#[derive(Clone, Debug, PartialEq)]
pub struct ControllerState {
    /// The metadata of the cluster.
    pub image: MetadataImage,
    /// Where the registration of each broker lies: it is caught up when it has read so far.
    pub(crate) registration_offsets: PersistentMap<NodeId, Offset>,
    /// One above the last offset that was replayed.
    pub(crate) next_offset: Offset,
    /// The state as it was when the open metadata transaction began.
    pub(crate) before_transaction: Option<Box<ControllerState>>,
}

impl Default for ControllerState {
    fn default() -> Self {
        ControllerState {
            image: MetadataImage::default(),
            registration_offsets: PersistentMap::new(),
            next_offset: Offset::ZERO,
            before_transaction: None,
        }
    }
}

impl ControllerState {
    /// Whether a metadata transaction is open.
    #[must_use]
    pub fn in_transaction(&self) -> bool {
        self.before_transaction.is_some()
    }

    /// Applies a record.
    ///
    /// # Errors
    /// Why the record cannot be; the state is unchanged then.
    pub(crate) fn apply(&mut self, offset: Offset, record: &MetadataRecord) -> Result<(), String> {
        match record {
            MetadataRecord::BeginTransaction(_) => {
                if self.in_transaction() {
                    return Err("a metadata transaction begins inside another one".to_owned());
                }
                self.before_transaction = Some(Box::new(self.clone()));
            }
            MetadataRecord::EndTransaction(_) => {
                if self.before_transaction.take().is_none() {
                    return Err("a metadata transaction ends that never began".to_owned());
                }
            }
            MetadataRecord::AbortTransaction(_) => match self.before_transaction.take() {
                Some(before) => *self = *before,
                None => {
                    return Err("a metadata transaction is aborted that never began".to_owned());
                }
            },
            record => {
                self.image
                    .replay(record)
                    .map_err(|error| error.to_string())?;
                match record {
                    MetadataRecord::RegisterBroker(record) => {
                        self.registration_offsets
                            .insert(NodeId(record.broker_id), offset);
                    }
                    MetadataRecord::UnregisterBroker(record) => {
                        self.registration_offsets.remove(&NodeId(record.broker_id));
                    }
                    _ => {}
                }
            }
        }
        self.next_offset = offset.plus(1);
        Ok(())
    }

    /// Whether records could follow each other on this state: what one of Kafka's controllers would
    /// check when it replays them.
    ///
    /// # Errors
    /// Why not.
    pub(crate) fn check(&self, records: &[MetadataRecord]) -> Result<(), String> {
        let mut state = self.clone();
        for record in records {
            state.apply(state.next_offset, record)?;
        }
        Ok(())
    }
}
