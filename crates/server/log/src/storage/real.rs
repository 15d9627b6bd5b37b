//! The file system of the machine.

use std::fs::{self, File, OpenOptions};
use std::io::{self, IoSlice};
use std::os::unix::fs::MetadataExt;
use std::path::Path;

use ottla_types::TimestampMs;
use rustix::fs::FallocateFlags;
use rustix::io::Errno;

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
            .write(true)
            .create(how != OpenHow::Existing)
            .truncate(how == OpenHow::Replace)
            .open(path)
    }

    fn write_at(&self, file: &File, position: u64, buffers: &[IoSlice<'_>]) -> io::Result<()> {
        let mut position = position;
        let mut chunk = Vec::new();
        for group in buffers.chunks(BUFFERS_MAX) {
            let mut rest: &mut [IoSlice<'_>] = {
                chunk.clear();
                chunk.extend_from_slice(group);
                &mut chunk
            };
            // Skips empty buffers at the front, so that a write of nothing is not an error.
            IoSlice::advance_slices(&mut rest, 0);
            while !rest.is_empty() {
                match rustix::io::pwritev(file, rest, position) {
                    Ok(0) => return Err(io::ErrorKind::WriteZero.into()),
                    Ok(count) => {
                        position += count as u64;
                        IoSlice::advance_slices(&mut rest, count);
                    }
                    Err(Errno::INTR) => {}
                    Err(error) => return Err(error.into()),
                }
            }
        }
        Ok(())
    }

    fn read_at(
        &self,
        file: &File,
        position: u64,
        length: usize,
        out: &mut Vec<u8>,
    ) -> io::Result<usize> {
        let before = out.len();
        out.reserve_exact(length);
        let mut done = 0;
        while done < length {
            let limit = before + length;
            let place = rustix::buffer::spare_capacity(out);
            match rustix::io::pread(file, place, position + done as u64) {
                Ok(0) => break,
                // The vector may have had more room than was asked for.
                Ok(_) if out.len() >= limit => {
                    out.truncate(limit);
                    done = length;
                }
                Ok(count) => done += count,
                Err(Errno::INTR) => {}
                Err(error) => {
                    out.truncate(before);
                    return Err(error.into());
                }
            }
        }
        Ok(done)
    }

    fn sync(&self, file: &File) -> io::Result<()> {
        file.sync_data()
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
            match fs::metadata(entry.path()) {
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

fn kind_of(metadata: &fs::Metadata) -> EntryKind {
    if metadata.is_dir() {
        EntryKind::Directory
    } else {
        EntryKind::File
    }
}
