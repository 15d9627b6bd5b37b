//! A file system in memory that knows what a power cut would leave of it.
//!
//! *Invariants*: after [`MemoryStorage::power_cut`] a file holds what it held at its last sync,
//! and a directory the names it had at its last sync: the harshest disk that keeps its promises.
//! After [`MemoryStorage::torn_power_cut`] it may also hold some of what was not synced.

mod power;

use std::collections::BTreeMap;
use std::io::{self, IoSlice};
use std::ops::Range;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use ottla_types::TimestampMs;
use parking_lot::Mutex;

use super::{Entry, EntryKind, Metadata, OpenHow, Storage};

/// A deterministic file system for tests and the simulator; clones share it.
#[derive(Clone, Debug, Default)]
pub struct MemoryStorage {
    disk: Arc<Mutex<Disk>>,
}

/// An open file of a [`MemoryStorage`]; it stays valid when the name is removed.
#[derive(Clone, Copy, Debug)]
pub struct MemoryFile(usize);

#[derive(Clone, Debug)]
struct Disk {
    /// Index = inode.
    files: Vec<FileContent>,
    names: BTreeMap<PathBuf, Node>,
    durable_names: BTreeMap<PathBuf, Node>,
    /// What happened to names since their directory was synced, in order.
    name_changes: Vec<NameChange>,
    /// Calls that changed something, so far.
    changes: u64,
    /// Changes from this one on fail.
    fail_from: Option<u64>,
    /// This change fails, later ones succeed again.
    fail_once: Option<u64>,
    capacity: Option<u64>,
    clock: TimestampMs,
    /// Reads from here on, in any file, have to wait for the device.
    cached_to: u64,
}

impl Default for Disk {
    fn default() -> Self {
        Disk {
            files: Vec::new(),
            names: BTreeMap::new(),
            durable_names: BTreeMap::new(),
            name_changes: Vec::new(),
            changes: 0,
            fail_from: None,
            fail_once: None,
            capacity: None,
            clock: TimestampMs(0),
            cached_to: u64::MAX,
        }
    }
}

#[derive(Clone, Debug)]
struct FileContent {
    bytes: Vec<u8>,
    durable: Vec<u8>,
    /// The ranges that the device was told to begin with.
    write_backs: Vec<Range<u64>>,
    /// The number of the change at which `durable` was all there was.
    durable_since: u64,
    modified: TimestampMs,
    /// Up to here it holds space.
    reserved: u64,
}

impl FileContent {
    fn space(&self) -> u64 {
        self.reserved.max(self.bytes.len() as u64)
    }
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Node {
    File(usize),
    Directory,
}

/// A change of one directory: a name goes, a name comes, or one turns into the other.
#[derive(Clone, Debug)]
struct NameChange {
    directory: PathBuf,
    gone: Option<PathBuf>,
    come: Option<(PathBuf, Node)>,
}

/// A sync that has begun: what the file held then gets onto the device when it ends.
#[derive(Debug)]
pub struct BegunSync {
    file: usize,
    begun_at: u64,
    bytes: Vec<u8>,
}

impl MemoryStorage {
    /// An empty file system.
    #[must_use]
    pub fn new() -> Self {
        MemoryStorage::default()
    }

    /// How many calls changed something so far.
    #[must_use]
    pub fn changes(&self) -> u64 {
        self.disk.lock().changes
    }

    /// Lets the change number `change` (from 0) and all later ones fail, as if the process had
    /// died.
    pub fn fail_from(&self, change: u64) {
        self.disk.lock().fail_from = Some(change);
    }

    /// Lets only the change number `change` fail.
    pub fn fail_once(&self, change: u64) {
        self.disk.lock().fail_once = Some(change);
    }

    /// Bounds the bytes of all files together; beyond it writes and reservations find no space.
    pub fn set_capacity(&self, bytes: Option<u64>) {
        self.disk.lock().capacity = bytes;
    }

    /// The bytes that all files together hold.
    #[must_use]
    pub fn used(&self) -> u64 {
        self.disk.lock().used()
    }

    /// Lets every read from this position of a file on wait for the device.
    pub fn set_cached_to(&self, position: u64) {
        self.disk.lock().cached_to = position;
    }

    /// The ranges of a file that the device was told to begin with, in order.
    #[must_use]
    pub fn write_backs(&self, path: &Path) -> Vec<Range<u64>> {
        let mut disk = self.disk.lock();
        match disk.names.get(path).copied() {
            Some(Node::File(inode)) => disk.file(inode).write_backs.clone(),
            _ => Vec::new(),
        }
    }

    /// Sets the time that written files carry.
    pub fn set_clock(&self, now: TimestampMs) {
        self.disk.lock().clock = now;
    }

    /// Begins a sync that takes its time: what is written until [`MemoryStorage::end_sync`] is not
    /// covered by it, and a power cut in between finds nothing of it.
    #[must_use]
    pub fn begin_sync(&self, file: &MemoryFile) -> BegunSync {
        let mut disk = self.disk.lock();
        BegunSync {
            file: file.0,
            begun_at: disk.changes,
            bytes: disk.file(file.0).bytes.clone(),
        }
    }

    /// Ends a sync.
    ///
    /// # Errors
    /// The injected ones.
    pub fn end_sync(&self, sync: BegunSync) -> io::Result<()> {
        let mut disk = self.disk.lock();
        disk.change()?;
        let file = disk.file(sync.file);
        // One that began later may have ended before.
        if sync.begun_at >= file.durable_since {
            file.durable = sync.bytes;
            file.durable_since = sync.begun_at;
        }
        Ok(())
    }
}

impl Disk {
    fn change(&mut self) -> io::Result<()> {
        let number = self.changes;
        self.changes += 1;
        let dead = self.fail_from.is_some_and(|from| number >= from);
        if dead || self.fail_once == Some(number) {
            return Err(injected());
        }
        Ok(())
    }

    /// Fails for a process that died.
    fn check_alive(&self) -> io::Result<()> {
        if self.fail_from.is_some_and(|from| self.changes >= from) {
            return Err(injected());
        }
        Ok(())
    }

    fn file(&mut self, inode: usize) -> &mut FileContent {
        self.files
            .get_mut(inode)
            .expect("inodes are handed out by open and never removed")
    }

    fn used(&self) -> u64 {
        let of = |node: &Node| match node {
            Node::File(inode) => self.files.get(*inode).map_or(0, FileContent::space),
            Node::Directory => 0,
        };
        self.names.values().map(of).sum()
    }

    fn check_space(&self, more: u64) -> io::Result<()> {
        let is_too_much = |capacity| self.used() + more > capacity;
        if more > 0 && self.capacity.is_some_and(is_too_much) {
            return Err(io::ErrorKind::StorageFull.into());
        }
        Ok(())
    }

    fn write(&mut self, inode: usize, position: usize, buffers: &[IoSlice<'_>]) -> io::Result<()> {
        let length: usize = buffers.iter().map(|buffer| buffer.len()).sum();
        let end = position + length;
        let growth = (end as u64).saturating_sub(self.file(inode).space());
        self.check_space(growth)?;
        let clock = self.clock;
        let file = self.file(inode);
        file.modified = clock;
        if file.bytes.len() < end {
            file.bytes.resize(end, 0);
        }
        let mut at = position;
        for buffer in buffers {
            let place = file
                .bytes
                .get_mut(at..at + buffer.len())
                .expect("the file was grown before");
            place.copy_from_slice(buffer);
            at += buffer.len();
        }
        Ok(())
    }
}

impl Disk {
    fn come(&mut self, path: &Path, node: Node) {
        self.names.insert(path.to_owned(), node);
        self.name_changes.push(NameChange {
            directory: parent(path),
            gone: None,
            come: Some((path.to_owned(), node)),
        });
    }

    /// A directory got another name, and with it all that waits below it.
    fn move_name_changes(&mut self, from: &Path, to: &Path) {
        let moved = |path: &mut PathBuf| {
            if path.as_path() == from {
                *path = to.to_owned();
            } else if let Ok(rest) = path.strip_prefix(from) {
                *path = to.join(rest);
            }
        };
        let below = |change: &&mut NameChange| change.directory.starts_with(from);
        for change in self.name_changes.iter_mut().filter(below) {
            moved(&mut change.directory);
            if let Some(gone) = &mut change.gone {
                moved(gone);
            }
            if let Some((come, _)) = &mut change.come {
                moved(come);
            }
        }
    }
}

fn parent(path: &Path) -> PathBuf {
    path.parent().unwrap_or(Path::new("/")).to_owned()
}

fn is_root(path: &Path) -> bool {
    path.parent().is_none() || path.as_os_str().is_empty()
}

fn injected() -> io::Error {
    io::Error::other("injected failure")
}

fn not_found() -> io::Error {
    io::ErrorKind::NotFound.into()
}

impl Storage for MemoryStorage {
    type File = MemoryFile;

    fn open(&self, path: &Path, how: OpenHow) -> io::Result<MemoryFile> {
        let mut disk = self.disk.lock();
        match disk.names.get(path).copied() {
            Some(Node::Directory) => Err(io::ErrorKind::IsADirectory.into()),
            Some(Node::File(inode)) => {
                if how == OpenHow::Replace {
                    disk.change()?;
                    disk.file(inode).bytes.clear();
                    disk.file(inode).reserved = 0;
                }
                Ok(MemoryFile(inode))
            }
            None if matches!(how, OpenHow::ReadOnly | OpenHow::Existing) => Err(not_found()),
            None => {
                let parent = path.parent().unwrap_or(Path::new("/"));
                if !is_root(parent) && !disk.names.contains_key(parent) {
                    return Err(not_found());
                }
                disk.change()?;
                let inode = disk.files.len();
                let modified = disk.clock;
                disk.files.push(FileContent {
                    bytes: Vec::new(),
                    durable: Vec::new(),
                    write_backs: Vec::new(),
                    durable_since: 0,
                    modified,
                    reserved: 0,
                });
                disk.come(path, Node::File(inode));
                Ok(MemoryFile(inode))
            }
        }
    }

    fn write_at(
        &self,
        file: &MemoryFile,
        position: u64,
        buffers: &[IoSlice<'_>],
    ) -> io::Result<()> {
        let mut disk = self.disk.lock();
        disk.change()?;
        let position = usize::try_from(position).map_err(io::Error::other)?;
        disk.write(file.0, position, buffers)
    }

    fn read_at(&self, file: &MemoryFile, position: u64, place: &mut [u8]) -> io::Result<usize> {
        let mut disk = self.disk.lock();
        let bytes = &disk.file(file.0).bytes;
        let start = usize::try_from(position)
            .map_err(io::Error::other)?
            .min(bytes.len());
        let count = place.len().min(bytes.len() - start);
        for (to, from) in place.iter_mut().zip(bytes.get(start..).unwrap_or_default()) {
            *to = *from;
        }
        Ok(count)
    }

    fn read_cached_at(
        &self,
        file: &MemoryFile,
        position: u64,
        place: &mut [u8],
    ) -> io::Result<usize> {
        let cached_to = self.disk.lock().cached_to;
        if position >= cached_to {
            return Err(io::ErrorKind::WouldBlock.into());
        }
        let cached = usize::try_from(cached_to - position).unwrap_or(usize::MAX);
        let length = place.len().min(cached);
        self.read_at(file, position, place.get_mut(..length).unwrap_or_default())
    }

    fn sync(&self, file: &MemoryFile) -> io::Result<()> {
        self.end_sync(self.begin_sync(file))
    }

    /// Notes the range. It is no change: what a power cut leaves of it is what
    /// [`MemoryStorage::torn_power_cut`] leaves of anything that was not synced.
    fn start_write_back(&self, file: &MemoryFile, position: u64, length: u64) -> io::Result<()> {
        let mut disk = self.disk.lock();
        disk.check_alive()?;
        let range = position..position + length;
        disk.file(file.0).write_backs.push(range);
        Ok(())
    }

    fn truncate(&self, file: &MemoryFile, size: u64) -> io::Result<()> {
        let mut disk = self.disk.lock();
        disk.change()?;
        let size = usize::try_from(size).map_err(io::Error::other)?;
        let file = disk.file(file.0);
        file.bytes.resize(size, 0);
        file.reserved = 0;
        Ok(())
    }

    fn reserve(&self, file: &MemoryFile, end: u64) -> io::Result<()> {
        let mut disk = self.disk.lock();
        let growth = end.saturating_sub(disk.file(file.0).space());
        disk.check_space(growth)?;
        let file = disk.file(file.0);
        file.reserved = file.reserved.max(end);
        Ok(())
    }

    fn metadata(&self, path: &Path) -> io::Result<Metadata> {
        let mut disk = self.disk.lock();
        match disk.names.get(path).copied().ok_or_else(not_found)? {
            Node::File(inode) => {
                let file = disk.file(inode);
                Ok(Metadata {
                    kind: EntryKind::File,
                    size: file.bytes.len() as u64,
                    modified: file.modified,
                })
            }
            Node::Directory => Ok(Metadata {
                kind: EntryKind::Directory,
                size: 0,
                modified: disk.clock,
            }),
        }
    }

    fn list(&self, directory: &Path) -> io::Result<Vec<Entry>> {
        let disk = self.disk.lock();
        if !is_root(directory) && !disk.names.contains_key(directory) {
            return Err(not_found());
        }
        let children = disk
            .names
            .iter()
            .filter(|(path, _)| path.parent() == Some(directory));
        Ok(children
            .filter_map(|(path, node)| {
                let (kind, size) = match node {
                    Node::Directory => (EntryKind::Directory, 0),
                    Node::File(inode) => {
                        (EntryKind::File, disk.files.get(*inode)?.bytes.len() as u64)
                    }
                };
                let name = path.file_name()?.to_str()?.to_owned();
                Some(Entry { name, kind, size })
            })
            .collect())
    }

    fn rename(&self, from: &Path, to: &Path) -> io::Result<()> {
        let mut disk = self.disk.lock();
        disk.change()?;
        let node = disk.names.remove(from).ok_or_else(not_found)?;
        if node == Node::Directory {
            let below: Vec<PathBuf> = disk
                .names
                .keys()
                .filter(|path| path.starts_with(from))
                .cloned()
                .collect();
            for path in below {
                let moved = path.strip_prefix(from).map(|rest| to.join(rest));
                if let (Some(node), Ok(moved)) = (disk.names.remove(&path), moved) {
                    disk.names.insert(moved, node);
                }
            }
            // The children are entries of the moved directory itself: they stay as durable as they
            // were.
            let below: Vec<PathBuf> = disk
                .durable_names
                .keys()
                .filter(|path| path.starts_with(from) && path.as_path() != from)
                .cloned()
                .collect();
            for path in below {
                let moved = path.strip_prefix(from).map(|rest| to.join(rest));
                if let (Some(node), Ok(moved)) = (disk.durable_names.get(&path).copied(), moved) {
                    disk.durable_names.insert(moved, node);
                }
            }
            disk.move_name_changes(from, to);
        }
        disk.names.insert(to.to_owned(), node);
        disk.name_changes.push(NameChange {
            directory: parent(to),
            gone: Some(from.to_owned()),
            come: Some((to.to_owned(), node)),
        });
        Ok(())
    }

    fn unlink(&self, path: &Path, kind: EntryKind) -> io::Result<()> {
        let mut disk = self.disk.lock();
        match (disk.names.get(path).copied(), kind) {
            (None, _) => return Err(not_found()),
            (Some(Node::Directory), EntryKind::Directory) => {
                if disk.names.keys().any(|other| other.parent() == Some(path)) {
                    return Err(io::ErrorKind::DirectoryNotEmpty.into());
                }
            }
            (Some(Node::File(_)), EntryKind::File) => {}
            _ => return Err(io::ErrorKind::InvalidInput.into()),
        }
        disk.change()?;
        disk.names.remove(path);
        disk.name_changes.push(NameChange {
            directory: parent(path),
            gone: Some(path.to_owned()),
            come: None,
        });
        Ok(())
    }

    fn create_directory(&self, path: &Path) -> io::Result<()> {
        let mut disk = self.disk.lock();
        for above in path.ancestors() {
            if is_root(above) || disk.names.contains_key(above) {
                break;
            }
            disk.change()?;
            disk.come(above, Node::Directory);
        }
        Ok(())
    }

    fn sync_directory(&self, path: &Path) -> io::Result<()> {
        let mut disk = self.disk.lock();
        disk.change()?;
        disk.name_changes.retain(|change| change.directory != path);
        let gone: Vec<PathBuf> = disk
            .durable_names
            .keys()
            .filter(|entry| entry.parent() == Some(path) && !disk.names.contains_key(*entry))
            .cloned()
            .collect();
        for gone in gone {
            disk.forget_durable_names_below(&gone);
        }
        disk.durable_names
            .retain(|entry, _| entry.parent() != Some(path));
        let entries: Vec<(PathBuf, Node)> = disk
            .names
            .iter()
            .filter(|(entry, _)| entry.parent() == Some(path))
            .map(|(entry, node)| (entry.clone(), *node))
            .collect();
        disk.durable_names.extend(entries);
        Ok(())
    }
}

#[cfg(test)]
mod tests;
