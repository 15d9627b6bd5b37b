//! What is left of a file system in memory when the process or the power goes.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use parking_lot::Mutex;

use super::{Disk, MemoryStorage, NameChange, Node, is_root};

/// What a disk writes whole or not at all.
const SECTOR_SIZE: usize = 512;

impl MemoryStorage {
    /// What the next process finds after this one was killed: all that was written.
    #[must_use]
    pub fn kill(&self) -> MemoryStorage {
        let mut disk = self.disk.lock().clone();
        disk.fail_from = None;
        disk.fail_once = None;
        MemoryStorage {
            disk: Arc::new(Mutex::new(disk)),
        }
    }

    /// What the next process finds after a power cut: all that was synced.
    #[must_use]
    pub fn power_cut(&self) -> MemoryStorage {
        let after = self.kill();
        {
            let disk = &mut *after.disk.lock();
            for file in &mut disk.files {
                file.bytes = file.durable.clone();
            }
            disk.keep_durable_names();
        }
        after
    }

    /// What the next process finds after a power cut on a disk that had written some of what was
    /// not synced: of each file any of the changed sectors, of each directory the first of its
    /// changes. `below` gives a number below its argument.
    #[must_use]
    pub fn torn_power_cut(&self, below: &mut dyn FnMut(u64) -> u64) -> MemoryStorage {
        let after = self.kill();
        {
            let disk = &mut *after.disk.lock();
            for file in &mut disk.files {
                if file.bytes != file.durable {
                    file.bytes = torn(&file.durable, &file.bytes, below);
                    file.durable = file.bytes.clone();
                }
            }
            disk.apply_some_name_changes(below);
            disk.keep_durable_names();
        }
        after
    }
}

impl Disk {
    /// A name is reachable only if all directories above it survived.
    fn keep_durable_names(&mut self) {
        let durable = &self.durable_names;
        let is_reachable = |path: &PathBuf| {
            let mut above = path.ancestors().skip(1);
            above.all(|above| is_root(above) || durable.contains_key(above))
        };
        let reachable = durable.iter().filter(|(path, _)| is_reachable(path));
        self.names = reachable
            .map(|(path, node)| (path.clone(), *node))
            .collect();
        self.name_changes.clear();
    }

    fn apply_some_name_changes(&mut self, below: &mut dyn FnMut(u64) -> u64) {
        let mut by_directory: BTreeMap<PathBuf, Vec<NameChange>> = BTreeMap::new();
        for change in std::mem::take(&mut self.name_changes) {
            let changes = by_directory.entry(change.directory.clone());
            changes.or_default().push(change);
        }
        for changes in by_directory.into_values() {
            let survivors = below(changes.len() as u64 + 1);
            for change in changes
                .into_iter()
                .take(usize::try_from(survivors).unwrap_or(0))
            {
                self.apply(change);
            }
        }
    }

    /// What a directory held went with it: another one of its name begins empty.
    pub(super) fn forget_durable_names_below(&mut self, directory: &Path) {
        self.durable_names
            .retain(|path, _| path == directory || !path.starts_with(directory));
    }

    fn apply(&mut self, change: NameChange) {
        if let Some(gone) = change.gone {
            self.durable_names.remove(&gone);
            self.forget_durable_names_below(&gone);
        }
        if let Some((path, node)) = change.come {
            if let Node::File(inode) = node {
                debug_assert!(inode < self.files.len(), "names lead to files");
            }
            self.durable_names.insert(path, node);
        }
    }
}

/// A mixture of two contents, sector by sector; as long as either.
fn torn(durable: &[u8], written: &[u8], below: &mut dyn FnMut(u64) -> u64) -> Vec<u8> {
    let mut coin = || below(2) == 0;
    let size = if coin() { durable.len() } else { written.len() };
    let mut bytes = durable.to_vec();
    bytes.resize(size, 0);
    let sectors = bytes.chunks_mut(SECTOR_SIZE);
    for (sector, written) in sectors.zip(written.chunks(SECTOR_SIZE)) {
        if coin() {
            let both = sector.len().min(written.len());
            if let (Some(to), Some(from)) = (sector.get_mut(..both), written.get(..both)) {
                to.copy_from_slice(from);
            }
        }
    }
    bytes
}
