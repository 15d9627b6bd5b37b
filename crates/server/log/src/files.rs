//! The names of files in a partition's directory.

use std::path::{Path, PathBuf};

use ottla_types::{LeaderEpoch, Offset};

/// What a file is, by the ending of its name.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum FileKind {
    /// `.log`
    Log,
    /// `.index`
    OffsetIndex,
    /// `.timeindex`
    TimeIndex,
    /// `.txnindex`
    TransactionIndex,
    /// `.snapshot`: producer state below the offset of its name.
    ProducerSnapshot,
}

/// What became of a file, by a further ending.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum FileState {
    /// In use.
    Live,
    /// `.deleted`: to be unlinked.
    Deleted,
    /// `.cleaned`: output of a compaction that did not finish.
    Cleaned,
    /// `.swap`: output of a compaction that finished; it replaces what it covers.
    Swap,
}

/// A file name of a partition's directory.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct FileName {
    /// The offset that it starts with.
    pub offset: Offset,
    /// What it is.
    pub kind: FileKind,
    /// What became of it.
    pub state: FileState,
}

impl FileKind {
    /// The ending, with its dot.
    #[must_use]
    pub fn suffix(self) -> &'static str {
        match self {
            FileKind::Log => ".log",
            FileKind::OffsetIndex => ".index",
            FileKind::TimeIndex => ".timeindex",
            FileKind::TransactionIndex => ".txnindex",
            FileKind::ProducerSnapshot => ".snapshot",
        }
    }

    /// The files of one segment.
    pub const OF_SEGMENT: [FileKind; 4] = [
        FileKind::Log,
        FileKind::OffsetIndex,
        FileKind::TimeIndex,
        FileKind::TransactionIndex,
    ];

    /// The path of the live file of this kind.
    #[must_use]
    pub fn path(self, directory: &Path, offset: Offset) -> PathBuf {
        directory.join(format!("{:020}{}", offset.0, self.suffix()))
    }
}

impl FileState {
    fn suffix(self) -> &'static str {
        match self {
            FileState::Live => "",
            FileState::Deleted => ".deleted",
            FileState::Cleaned => ".cleaned",
            FileState::Swap => ".swap",
        }
    }
}

impl FileName {
    /// Reads a name; `None` for files that are nothing of a segment.
    #[must_use]
    pub fn parse(name: &str) -> Option<FileName> {
        let (state, rest) = [FileState::Deleted, FileState::Cleaned, FileState::Swap]
            .into_iter()
            .find_map(|state| Some((state, name.strip_suffix(state.suffix())?)))
            .unwrap_or((FileState::Live, name));
        let (digits, suffix) = rest.split_at_checked(rest.find('.')?)?;
        let kind = FileKind::OF_SEGMENT
            .into_iter()
            .chain([FileKind::ProducerSnapshot])
            .find(|kind| kind.suffix() == suffix)?;
        Some(FileName {
            offset: parse_offset(digits)?,
            kind,
            state,
        })
    }
}

impl std::fmt::Display for FileName {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(
            f,
            "{:020}{}{}",
            self.offset.0,
            self.kind.suffix(),
            self.state.suffix()
        )
    }
}

/// The path that a deleted file waits at for being unlinked.
pub(crate) fn deleted(path: &Path) -> PathBuf {
    let mut name = path.as_os_str().to_owned();
    name.push(FileState::Deleted.suffix());
    PathBuf::from(name)
}

/// The name of a metadata snapshot: 20 digits of end offset, `-`, 10 digits of epoch.
#[must_use]
pub fn snapshot_file_name(end_offset: Offset, epoch: LeaderEpoch) -> String {
    format!("{:020}-{:010}.checkpoint", end_offset.0, epoch.0)
}

/// Reads the name of a finished metadata snapshot.
#[must_use]
pub fn parse_snapshot_file_name(name: &str) -> Option<(Offset, LeaderEpoch)> {
    let (end_offset, epoch) = name.strip_suffix(".checkpoint")?.split_once('-')?;
    let epoch = parse_offset(epoch)?.0;
    Some((
        parse_offset(end_offset)?,
        LeaderEpoch(i32::try_from(epoch).ok()?),
    ))
}

fn parse_offset(digits: &str) -> Option<Offset> {
    let plain = !digits.is_empty() && digits.bytes().all(|byte| byte.is_ascii_digit());
    plain.then(|| digits.parse().ok().map(Offset))?
}

#[cfg(test)]
mod tests;
