//! When a replica has the device begin, without threads: the test does their work.

use std::path::Path;

use ottla_log::{FileKind, MemoryStorage};
use ottla_partition::{Input, Settings};
use ottla_types::Offset;

use super::*;
use crate::replica::space::tests::{Rig, WRITE_BACK_BYTES, WRITE_BACK_WINDOW, rig};

/// The ranges that were asked for.
fn asked<H: Hosted>(rig: &Rig<H>) -> Vec<(u64, u64)> {
    let log = FileKind::Log.path(Path::new("/data/t-0"), Offset(0));
    let ranges = rig.storage.write_backs(&log);
    ranges
        .iter()
        .map(|range| (range.start, range.end))
        .collect()
}

#[test]
fn what_is_older_than_the_window_is_begun_by_another_thread() {
    const PORTION: u64 = WRITE_BACK_BYTES;
    assert_eq!(WRITE_BACK_WINDOW, 2 * PORTION);
    let rig: Rig = rig(MemoryStorage::new(), 1 << 30);
    let size = usize::try_from(PORTION).unwrap();
    rig.append(0, size);
    rig.append(1, size);
    rig.work();
    assert_eq!(asked(&rig), [], "a burst is left to the kernel");
    rig.append(2, size);
    assert_eq!(asked(&rig), [], "whoever appends does not wait for it");
    rig.work();
    assert_eq!(asked(&rig), [(0, PORTION)]);
    rig.append(3, 3 * size);
    rig.work();
    let asked = asked(&rig);
    assert_eq!(asked.last(), Some(&(3 * PORTION, 6 * PORTION)));
    let follows = |pair: &[(u64, u64)]| pair[0].1 == pair[1].0;
    assert!(asked.windows(2).all(follows), "each once: {asked:?}");
}

#[test]
fn where_acknowledgements_wait_for_the_device_the_committer_does_it_alone() {
    let rig: Rig = rig(MemoryStorage::new(), 1 << 30);
    let settings = rig.replica.look(|machine, _| machine.settings());
    rig.replica.step(Input::Configure(Settings {
        fsync: true,
        ..settings
    }));
    for number in 0..10 {
        rig.append(number, 50_000);
    }
    rig.work();
    assert_eq!(asked(&rig), []);
}

#[test]
fn what_the_committer_has_synced_meanwhile_is_not_begun() {
    let rig: Rig = rig(MemoryStorage::new(), 1 << 30);
    rig.replica.set_flush_limits(crate::replica::FlushLimits {
        messages: 1,
        ms: i64::MAX,
    });
    rig.append(0, 50_000);
    rig.replica.directory().commit_waiting();
    rig.work();
    assert_eq!(asked(&rig), []);
}
