//! The file system of the machine.

mod write_back;

use std::fs::{self, File, OpenOptions};
use std::io::{self, IoSlice, IoSliceMut};
use std::os::unix::fs::{FileExt, MetadataExt};
use std::path::Path;

use ottla_types::TimestampMs;
use rustix::fs::FallocateFlags;
use rustix::io::{Errno, ReadWriteFlags};

use super::{Entry, EntryKind, Metadata, OpenHow, Storage};

/// So many buffers go into one system call (`IOV_MAX`).
const BUFFERS_MAX: usize = 1024;

/// Plain files through plain system calls.
#[derive(Clone, Copy, Debug, Default)]
pub struct RealStorage;

impl Storage for RealStorage {
    type File = File;

    fn open(&self, path: &Path, how: OpenHow) -> io::Result<File> {
        OpenOptions::new()
            .read(true)
            .write(how != OpenHow::ReadOnly)
            .create(matches!(how, OpenHow::Create | OpenHow::Replace))
            .truncate(how == OpenHow::Replace)
            .open(path)
    }

    fn write_at(&self, file: &File, position: u64, buffers: &[IoSlice<'_>]) -> io::Result<()> {
        let mut position = position;
        for group in buffers.chunks(BUFFERS_MAX) {
            let length: usize = group.iter().map(|buffer| buffer.len()).sum();
            let written = match rustix::io::pwritev(file, group, position) {
                Ok(count) => count,
                Err(Errno::INTR) => 0,
                Err(error) => return Err(error.into()),
            };
            if written < length {
                write_rest(file, position, written, group)?;
            }
            position += length as u64;
        }
        Ok(())
    }

    fn read_at(&self, file: &File, position: u64, place: &mut [u8]) -> io::Result<usize> {
        let mut done = 0;
        while let Some(rest) = place.get_mut(done..).filter(|rest| !rest.is_empty()) {
            match rustix::io::pread(file, rest, position + done as u64) {
                Ok(0) => break,
                Ok(count) => done += count,
                Err(Errno::INTR) => {}
                Err(error) => return Err(error.into()),
            }
        }
        Ok(done)
    }

    fn read_cached_at(&self, file: &File, position: u64, place: &mut [u8]) -> io::Result<usize> {
        let mut done = 0;
        while let Some(rest) = place.get_mut(done..).filter(|rest| !rest.is_empty()) {
            let buffers = &mut [IoSliceMut::new(rest)];
            let flags = ReadWriteFlags::NOWAIT;
            match rustix::io::preadv2(file, buffers, position + done as u64, flags) {
                Ok(0) => break,
                Ok(count) => done += count,
                Err(Errno::INTR) => {}
                Err(Errno::AGAIN) if done > 0 => break,
                // A file system that cannot tell: waiting now and then is better than never
                // reading.
                Err(Errno::OPNOTSUPP | Errno::NOSYS) => {
                    return self.read_at(file, position, place);
                }
                Err(error) => return Err(error.into()),
            }
        }
        Ok(done)
    }

    fn sync(&self, file: &File) -> io::Result<()> {
        #[cfg(feature = "faults")]
        super::faults::check_sync(file)?;
        file.sync_data()
    }

    fn start_write_back(&self, file: &File, position: u64, length: u64) -> io::Result<()> {
        write_back::start(file, position, length)
    }

    fn truncate(&self, file: &File, size: u64) -> io::Result<()> {
        file.set_len(size)
    }

    fn reserve(&self, file: &File, end: u64) -> io::Result<()> {
        let size = file.metadata()?.len();
        let Some(length) = end.checked_sub(size).filter(|&length| length > 0) else {
            return Ok(());
        };
        match rustix::fs::fallocate(file, FallocateFlags::KEEP_SIZE, size, length) {
            // A file system without the call has no way to promise space: writes find out.
            Err(Errno::OPNOTSUPP | Errno::NOSYS) | Ok(()) => Ok(()),
            Err(error) => Err(error.into()),
        }
    }

    fn metadata(&self, path: &Path) -> io::Result<Metadata> {
        let metadata = fs::metadata(path)?;
        Ok(Metadata {
            kind: kind_of(&metadata),
            size: metadata.len(),
            modified: TimestampMs(metadata.mtime() * 1000 + metadata.mtime_nsec() / 1_000_000),
        })
    }

    fn list(&self, directory: &Path) -> io::Result<Vec<Entry>> {
        let mut entries = Vec::new();
        for entry in fs::read_dir(directory)? {
            let entry = entry?;
            let Ok(name) = entry.file_name().into_string() else {
                continue;
            };
            let metadata = match entry.metadata() {
                Ok(metadata) if metadata.is_symlink() => fs::metadata(entry.path()),
                metadata => metadata,
            };
            match metadata {
                Ok(metadata) => entries.push(Entry {
                    name,
                    kind: kind_of(&metadata),
                    size: metadata.len(),
                }),
                // Removed since it was listed.
                Err(error) if error.kind() == io::ErrorKind::NotFound => {}
                Err(error) => return Err(error),
            }
        }
        entries.sort_by(|a, b| a.name.cmp(&b.name));
        Ok(entries)
    }

    fn rename(&self, from: &Path, to: &Path) -> io::Result<()> {
        fs::rename(from, to)
    }

    fn unlink(&self, path: &Path, kind: EntryKind) -> io::Result<()> {
        match kind {
            EntryKind::File => fs::remove_file(path),
            EntryKind::Directory => fs::remove_dir(path),
        }
    }

    fn create_directory(&self, path: &Path) -> io::Result<()> {
        fs::create_dir_all(path)
    }

    fn sync_directory(&self, path: &Path) -> io::Result<()> {
        File::open(path)?.sync_all()
    }
}

/// Goes on with a write that was cut short after `written` bytes: rare, so the copies do not
/// matter.
fn write_rest(
    file: &File,
    position: u64,
    written: usize,
    buffers: &[IoSlice<'_>],
) -> io::Result<()> {
    let mut skip = written;
    let mut position = position;
    for buffer in buffers {
        let rest = buffer.get(skip.min(buffer.len())..).unwrap_or_default();
        let start = position + (buffer.len() - rest.len()) as u64;
        file.write_all_at(rest, start)?;
        skip = skip.saturating_sub(buffer.len());
        position += buffer.len() as u64;
    }
    Ok(())
}

fn kind_of(metadata: &fs::Metadata) -> EntryKind {
    if metadata.is_dir() {
        EntryKind::Directory
    } else {
        EntryKind::File
    }
}

#[cfg(test)]
mod tests;
