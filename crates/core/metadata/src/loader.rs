//! Committed records to published images: metadata transactions held back until they end, snapshots
//! taken in whole.
//!
//! *State*: an image that moves with every record; while a transaction is open, also the image as
//! it was when the transaction began, to which an abort returns. Images share what did not change,
//! so keeping one costs nothing.
//!
//! *Kafka*: `MetadataBatchLoader`, KIP-868.

use ottla_messages::metadata_record::MetadataRecord;

use crate::delta::Changes;
use crate::{MetadataDelta, MetadataImage, Provenance, ReplayError};

/// Applies committed batches and says when there is something to publish.
#[derive(Clone, Debug, Default)]
pub struct MetadataLoader {
    published: MetadataImage,
    image: MetadataImage,
    changes: Changes,
    transaction: Option<Box<(MetadataImage, Changes)>>,
}

impl MetadataLoader {
    /// A loader that has published an image already, or the empty one.
    #[must_use]
    pub fn new(published: MetadataImage) -> MetadataLoader {
        MetadataLoader {
            image: published.clone(),
            published,
            changes: Changes::default(),
            transaction: None,
        }
    }

    /// Whether a metadata transaction is open: nothing is published, and no snapshot may be taken.
    #[must_use]
    pub fn in_transaction(&self) -> bool {
        self.transaction.is_some()
    }

    /// The image that was published last.
    #[must_use]
    pub fn published(&self) -> &MetadataImage {
        &self.published
    }

    /// The image with every record so far, those of an open transaction included.
    #[must_use]
    pub fn image(&self) -> &MetadataImage {
        &self.image
    }

    /// Applies the next committed record.
    ///
    /// # Errors
    /// If it contradicts what came before; the loader is unchanged then.
    pub fn replay(&mut self, record: &MetadataRecord) -> Result<(), ReplayError> {
        match record {
            MetadataRecord::BeginTransaction(_) => {
                if self.transaction.is_some() {
                    return Err(ReplayError::new(
                        "a metadata transaction begins inside another one",
                    ));
                }
                self.transaction = Some(Box::new((self.image.clone(), self.changes.clone())));
                Ok(())
            }
            MetadataRecord::EndTransaction(_) => match self.transaction.take() {
                Some(_) => Ok(()),
                None => Err(ReplayError::new(
                    "a metadata transaction ends that never began",
                )),
            },
            MetadataRecord::AbortTransaction(_) => match self.transaction.take() {
                Some(begin) => {
                    (self.image, self.changes) = *begin;
                    Ok(())
                }
                None => Err(ReplayError::new(
                    "a metadata transaction is aborted that never began",
                )),
            },
            record => self.image.replay_noting(record, &mut self.changes),
        }
    }

    /// Forgets everything: the records of a snapshot come next, then [`Self::publish`].
    pub fn start_snapshot(&mut self) {
        self.image = MetadataImage::default();
        self.changes = Changes::default();
        self.changes.note_all(&self.published);
        self.transaction = None;
    }

    /// The step to what has been replayed, unless a transaction is open.
    pub fn publish(&mut self, provenance: Provenance) -> Option<MetadataDelta> {
        if self.transaction.is_some() {
            return None;
        }
        let before = std::mem::replace(&mut self.published, self.image.clone());
        Some(MetadataDelta {
            before,
            after: self.image.clone(),
            changes: std::mem::take(&mut self.changes),
            provenance,
        })
    }
}

#[cfg(test)]
mod tests;
