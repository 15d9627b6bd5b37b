//! The disk of a simulated node: the log's file system in memory, behind a device that takes its
//! time, fails, and dies with the process.
//!
//! *Invariant*: what a call does happens at one moment, at its begin or its end; only a write may
//! be cut in two.

use std::io::{self, IoSlice};
use std::path::Path;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use ottla_log::{Entry, EntryKind, MemoryFile, MemoryStorage, Metadata, OpenHow, Storage};
use ottla_machine::Random;
use ottla_runtime::quorum::METADATA_LOG_DIRECTORY;
use ottla_types::{Duration, TimestampMs};

use crate::bugs::Bug;
use crate::clock::microseconds;
use crate::tasks::pause;

/// How the device fails.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum DiskFault {
    /// The next write to a file, or the beginning of its write-back, fails with EIO.
    Write,
    /// The next sync fails with EIO.
    Sync,
    /// The next write to a file finds no space.
    NoSpace,
}

/// How long calls take at most.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct DiskPace {
    /// A sync.
    pub sync_max: Duration,
    /// A write, or a change of a name.
    pub write_max: Duration,
    /// A read that is not in the page cache.
    pub read_max: Duration,
}

impl Default for DiskPace {
    fn default() -> Self {
        DiskPace {
            sync_max: microseconds(2_000),
            write_max: microseconds(300),
            read_max: microseconds(300),
        }
    }
}

/// What a call is, as far as its price depends on it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Call {
    Write,
    Read,
    Sync,
    WriteBack,
    Name,
}

#[derive(Debug)]
struct Device {
    random: Random,
    pace: DiskPace,
    fault: Option<DiskFault>,
    /// Nothing more can be reserved; what was reserved can be written.
    is_full: bool,
    is_dead: bool,
    /// Whether a fault was injected at any time.
    was_failing: bool,
    /// Of a hundred cached reads, so many miss.
    misses: u64,
    bug: Option<Bug>,
}

/// An open file.
#[derive(Clone, Copy, Debug)]
pub struct SimulatedFile {
    file: MemoryFile,
    /// Whether it is a segment of the metadata log.
    is_metadata: bool,
}

/// A disk; clones share it.
#[derive(Clone, Debug)]
pub struct SimulatedDisk {
    files: MemoryStorage,
    device: Arc<Mutex<Device>>,
}

impl SimulatedDisk {
    /// A disk with these files on it.
    #[must_use]
    pub fn new(files: MemoryStorage, seed: u64, pace: DiskPace, bug: Option<Bug>) -> Self {
        let device = Device {
            random: Random::from_seed(seed),
            pace,
            fault: None,
            is_full: false,
            is_dead: false,
            was_failing: false,
            misses: 5,
            bug,
        };
        SimulatedDisk {
            files,
            device: Arc::new(Mutex::new(device)),
        }
    }

    /// Its files as they are, for checkers.
    #[must_use]
    pub fn files(&self) -> &MemoryStorage {
        &self.files
    }

    /// The process is gone: whatever it still calls does nothing.
    pub fn die(&self) {
        self.device().is_dead = true;
    }

    /// Lets calls take up to so long from now on.
    pub fn set_pace(&self, pace: DiskPace) {
        self.device().pace = pace;
    }

    /// Lets the device fail.
    pub fn fail(&self, fault: DiskFault) {
        let device = &mut *self.device();
        device.fault = Some(fault);
        device.was_failing = true;
    }

    /// Lets it have no space to reserve, or have it again.
    pub fn set_full(&self, is_full: bool) {
        self.device().is_full = is_full;
    }

    /// Whether it was made to fail.
    #[must_use]
    pub fn was_failing(&self) -> bool {
        self.device().was_failing
    }

    /// Sets the time that files carry.
    pub fn set_clock(&self, now: TimestampMs) {
        self.files.set_clock(now);
    }

    fn device(&self) -> MutexGuard<'_, Device> {
        self.device.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Takes the call's time, then says whether it may do its work.
    fn take_time(&self, call: Call) -> io::Result<()> {
        let duration = {
            let device = &mut *self.device();
            device.check(call)?;
            device.duration(call)
        };
        if let Some(duration) = duration {
            pause(duration);
        }
        self.check_alive()
    }

    /// Changes a name, and takes the call's time afterwards: which file a path leads to is settled
    /// when the call begins.
    fn change_name<T>(
        &self,
        change: impl FnOnce(&MemoryStorage) -> io::Result<T>,
    ) -> io::Result<T> {
        self.check_alive()?;
        let changed = change(&self.files);
        self.take_time(Call::Name)?;
        changed
    }

    fn check_alive(&self) -> io::Result<()> {
        if self.device().is_dead {
            return Err(gone());
        }
        Ok(())
    }
}

fn gone() -> io::Error {
    io::Error::other("the process is gone")
}

impl Device {
    fn check(&mut self, call: Call) -> io::Result<()> {
        if self.is_dead {
            return Err(gone());
        }
        match (self.fault, call) {
            (Some(DiskFault::Write), Call::Write | Call::WriteBack)
            | (Some(DiskFault::Sync), Call::Sync) => {
                self.fault = None;
                Err(io::Error::other("injected EIO"))
            }
            (Some(DiskFault::NoSpace), Call::Write) => {
                self.fault = None;
                Err(io::ErrorKind::StorageFull.into())
            }
            _ => Ok(()),
        }
    }

    fn duration(&mut self, call: Call) -> Option<Duration> {
        let in_hundred = match call {
            Call::Write => 15,
            Call::Read => 5,
            Call::Sync => 100,
            Call::WriteBack => 50,
            Call::Name => 30,
        };
        if self.random.below(100) >= in_hundred {
            return None;
        }
        let below = |random: &mut Random, most: Duration| {
            let most = u64::try_from(most.as_micros()).unwrap_or(u64::MAX);
            microseconds(1 + random.below(most.max(1)))
        };
        Some(match call {
            Call::Write | Call::Name => below(&mut self.random, self.pace.write_max),
            Call::Read => below(&mut self.random, self.pace.read_max),
            Call::Sync | Call::WriteBack => below(&mut self.random, self.pace.sync_max),
        })
    }
}

impl Storage for SimulatedDisk {
    type File = SimulatedFile;

    fn open(&self, path: &Path, how: OpenHow) -> io::Result<SimulatedFile> {
        // No pause: a lock on the slot of an open file may be held here.
        self.check_alive()?;
        let is_segment = path.extension().is_some_and(|end| end == "log");
        let directory = path.parent().and_then(Path::file_name);
        let is_metadata = directory.is_some_and(|name| name == METADATA_LOG_DIRECTORY);
        Ok(SimulatedFile {
            file: self.files.open(path, how)?,
            is_metadata: is_metadata && is_segment,
        })
    }

    fn read_cached_at(
        &self,
        file: &SimulatedFile,
        position: u64,
        place: &mut [u8],
    ) -> io::Result<usize> {
        {
            let device = &mut *self.device();
            if device.random.below(100) < device.misses {
                return Err(io::ErrorKind::WouldBlock.into());
            }
        }
        self.files.read_at(&file.file, position, place)
    }

    fn write_at(
        &self,
        file: &SimulatedFile,
        position: u64,
        buffers: &[IoSlice<'_>],
    ) -> io::Result<()> {
        self.take_time(Call::Write)?;
        let is_cut = self.device().random.below(8) == 0;
        if !is_cut {
            return self.files.write_at(&file.file, position, buffers);
        }
        let bytes = buffers.iter().flat_map(|buffer| buffer.iter().copied());
        let bytes: Vec<u8> = bytes.collect();
        let cut = self.device().random.below(bytes.len() as u64 + 1);
        let (first, rest) = bytes.split_at(usize::try_from(cut).unwrap_or(0));
        self.files
            .write_at(&file.file, position, &[IoSlice::new(first)])?;
        pause(microseconds(10));
        self.check_alive()?;
        self.files
            .write_at(&file.file, position + cut, &[IoSlice::new(rest)])
    }

    fn read_at(&self, file: &SimulatedFile, position: u64, place: &mut [u8]) -> io::Result<usize> {
        self.take_time(Call::Read)?;
        self.files.read_at(&file.file, position, place)
    }

    fn sync(&self, file: &SimulatedFile) -> io::Result<()> {
        let begun = self.files.begin_sync(&file.file);
        self.take_time(Call::Sync)?;
        let lies = match self.device().bug {
            Some(Bug::SyncLies) => !file.is_metadata,
            Some(Bug::MetadataSyncLies) => file.is_metadata,
            _ => false,
        };
        if lies {
            return Ok(());
        }
        self.files.end_sync(begun)
    }

    fn start_write_back(&self, file: &SimulatedFile, position: u64, length: u64) -> io::Result<()> {
        self.take_time(Call::WriteBack)?;
        self.files.start_write_back(&file.file, position, length)
    }

    fn truncate(&self, file: &SimulatedFile, size: u64) -> io::Result<()> {
        self.take_time(Call::Name)?;
        self.files.truncate(&file.file, size)
    }

    fn reserve(&self, file: &SimulatedFile, end: u64) -> io::Result<()> {
        self.check_alive()?;
        if self.device().is_full {
            return Err(io::ErrorKind::StorageFull.into());
        }
        self.files.reserve(&file.file, end)
    }

    fn metadata(&self, path: &Path) -> io::Result<Metadata> {
        self.files.metadata(path)
    }

    fn list(&self, directory: &Path) -> io::Result<Vec<Entry>> {
        self.files.list(directory)
    }

    fn rename(&self, from: &Path, to: &Path) -> io::Result<()> {
        self.change_name(|files| files.rename(from, to))
    }

    fn unlink(&self, path: &Path, kind: EntryKind) -> io::Result<()> {
        self.change_name(|files| files.unlink(path, kind))
    }

    fn create_directory(&self, path: &Path) -> io::Result<()> {
        self.change_name(|files| files.create_directory(path))
    }

    fn sync_directory(&self, path: &Path) -> io::Result<()> {
        self.take_time(Call::Sync)?;
        if self.device().bug == Some(Bug::DirectorySyncLies) {
            return Ok(());
        }
        self.files.sync_directory(path)
    }
}
