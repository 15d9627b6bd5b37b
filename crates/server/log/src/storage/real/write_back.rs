//! Starting write-back of a part of a file: the one call that has no safe wrapper.

use std::fs::File;
use std::io;
use std::os::fd::AsRawFd;

use nix::libc;

/// Has the device begin with the dirty pages of a range, and does not wait for their end.
///
/// Only that: the flags that wait would take an error of earlier write-back away from the next
/// `fdatasync`. And not `POSIX_FADV_DONTNEED`, which has a safe wrapper and starts write-back too:
/// it has the newest pages be the first to leave a page cache that is full.
pub(super) fn start(file: &File, position: u64, length: u64) -> io::Result<()> {
    let position = libc::off64_t::try_from(position).map_err(io::Error::other)?;
    let length = libc::off64_t::try_from(length).map_err(io::Error::other)?;
    let descriptor = file.as_raw_fd();
    // SAFETY: the descriptor is open as long as `file` is borrowed, and the call takes numbers
    // only: it neither reads nor writes memory of this process, nor changes what the file holds.
    #[expect(unsafe_code, reason = "no crate wraps the call")]
    let result =
        unsafe { libc::sync_file_range(descriptor, position, length, libc::SYNC_FILE_RANGE_WRITE) };
    if result == 0 {
        return Ok(());
    }
    let error = io::Error::last_os_error();
    match error.raw_os_error() {
        // A file system without the call: the kernel writes back when it likes.
        Some(libc::ENOSYS | libc::EOPNOTSUPP | libc::EINVAL | libc::ESPIPE) => Ok(()),
        _ => Err(error),
    }
}
