//! The metadata image as the node published it, compared with what snapshot and log on the disk
//! make, read without the code that wrote them.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use bytes::Bytes;
use ottla_log::{MemoryStorage, Storage, parse_snapshot_file_name};
use ottla_metadata::{MetadataImage, MetadataLoader, Provenance};
use ottla_records::{Batch, Batches, InflateLimits};
use ottla_runtime::quorum::{METADATA_LOG_DIRECTORY, Snapshot, decode_batch};
use ottla_types::{Offset, TopicId};

use super::scan::read;
use super::{Rule, Violation};
use crate::broker::LOG_DIRECTORY;

/// The images that were published.
#[derive(Clone, Debug, Default)]
pub struct Pictures {
    last: Option<(Offset, MetadataImage)>,
    /// Every topic there ever was, by id.
    topics: BTreeMap<TopicId, Known>,
}

#[derive(Clone, Debug)]
struct Known {
    name: String,
    is_deleted: bool,
}

impl Pictures {
    /// The newest, and up to which offset it stands.
    #[must_use]
    pub fn last(&self) -> Option<&(Offset, MetadataImage)> {
        self.last.as_ref()
    }

    /// The node has published an image.
    ///
    /// # Errors
    /// When an id means another topic than before, or one that was deleted.
    pub fn on_published(
        &mut self,
        image: &MetadataImage,
        provenance: Provenance,
    ) -> Result<(), Violation> {
        for topic in image.topics.iter() {
            let new = || Known {
                name: topic.name.to_string(),
                is_deleted: false,
            };
            let known = self.topics.entry(topic.id).or_insert_with(new);
            if known.is_deleted || known.name != topic.name.as_str() {
                let detail = format!("{} of {} was {known:?}", topic.id, topic.name.as_str());
                return Err(Violation::new(Rule::TopicIdsAreUnique, detail));
            }
        }
        for (id, known) in &mut self.topics {
            known.is_deleted |= image.topics.by_id(*id).is_none();
        }
        let offset = provenance.last_contained_offset;
        self.last = Some((offset, image.clone()));
        Ok(())
    }

    /// Compares the newest with what these files make of its offset.
    ///
    /// # Errors
    /// When they make something else.
    pub fn compare(&self, files: &MemoryStorage) -> Result<(), Violation> {
        let Some((offset, image)) = &self.last else {
            return Ok(());
        };
        let rebuilt = rebuild_image(files, *offset)?;
        if rebuilt == *image {
            return Ok(());
        }
        let names = |image: &MetadataImage| -> Vec<String> {
            let topics = image.topics.iter();
            topics
                .map(|topic| format!("{}/{}", topic.name.as_str(), topic.partitions.len()))
                .collect()
        };
        let detail = format!(
            "the image at {offset} had {:?}, the disk gives {:?}",
            names(image),
            names(&rebuilt)
        );
        Err(broken(detail))
    }
}

fn broken(detail: impl Into<String>) -> Violation {
    Violation::new(Rule::CommittedMetadataSurvives, detail)
}

/// The image up to an offset, from the newest snapshot on. Behind the offset the files may hold
/// anything: a power cut leaves what it leaves.
///
/// # Errors
/// When a record up to there is missing or broken.
pub fn rebuild_image(files: &MemoryStorage, to: Offset) -> Result<MetadataImage, Violation> {
    let directory = Path::new(LOG_DIRECTORY).join(METADATA_LOG_DIRECTORY);
    let entries = files.list(&directory).map_err(|e| broken(e.to_string()))?;
    let names: Vec<&str> = entries.iter().map(|entry| entry.name.as_str()).collect();
    let mut loader = MetadataLoader::default();
    let mut next = Offset::ZERO;
    let snapshots = names
        .iter()
        .filter_map(|name| Some((parse_snapshot_file_name(name)?, directory.join(name))));
    let newest = snapshots.max_by_key(|((end_offset, epoch), _)| (*epoch, *end_offset));
    if let Some(((end_offset, _), path)) = newest {
        let snapshot = Snapshot::decode(&read(files, &path).map_err(broken)?)
            .map_err(|error| broken(format!("{}: {error}", path.display())))?;
        if end_offset > to.plus(1) {
            return Err(broken(format!("{} is of the future", path.display())));
        }
        for record in &snapshot.records {
            loader.replay(record).map_err(|e| broken(e.to_string()))?;
        }
        next = end_offset;
    }
    let segments = names.iter().filter(|name| name.ends_with(".log"));
    let segments: Vec<PathBuf> = segments.map(|name| directory.join(name)).collect();
    for segment in segments {
        let bytes = read(files, &segment).map_err(broken)?;
        replay(&mut loader, &bytes, &mut next, to)?;
    }
    if next > to {
        Ok(loader.image().clone())
    } else {
        Err(broken(format!(
            "the log ends at {next}, {to} was committed"
        )))
    }
}

fn replay(
    loader: &mut MetadataLoader,
    bytes: &Bytes,
    next: &mut Offset,
    to: Offset,
) -> Result<(), Violation> {
    for batch in Batches::new(bytes) {
        // What is broken here is either behind `to`, or missed at the end.
        let Ok((header, raw)) = batch else { break };
        if header.verify_checksum(raw).is_err() || header.base_offset > *next {
            break;
        }
        if header.base_offset < *next {
            continue;
        }
        if *next > to {
            break;
        }
        let batch = Batch::open(&bytes.slice_ref(raw), &InflateLimits::default())
            .map_err(|error| broken(error.to_string()))?;
        if !header.is_control() {
            for (offset, record) in decode_batch(&batch).map_err(|e| broken(e.to_string()))? {
                let replayed = loader.replay(&record);
                replayed.map_err(|error| broken(format!("at {offset}: {error}")))?;
            }
        }
        *next = header.next_offset();
    }
    Ok(())
}
