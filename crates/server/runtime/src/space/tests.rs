//! Work on a device that is full for a while.

use std::path::PathBuf;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::mpsc::{Receiver, Sender, channel};

use ottla_log::RealStorage;
use ottla_types::Uuid;

use super::*;
use crate::directory::DirectoryHooks;
use crate::notices::Notices;
use crate::pool::Pool;

type Later = Box<dyn FnOnce() + Send>;

/// Hands what is to be done later, and failures, to the test.
struct Hooks {
    later: Mutex<Sender<Later>>,
    failed: Mutex<Sender<()>>,
}

impl DirectoryHooks<()> for Hooks {
    fn on_failed(&self, _directory: &Arc<Directory<()>>) {
        self.failed.lock().unwrap().send(()).unwrap();
    }

    fn deliver(&self, _notices: Notices) {}

    fn after(&self, _pool: &Pool, wait: Duration, work: Later) {
        assert_eq!(wait, Duration::from_secs(1));
        self.later.lock().unwrap().send(work).unwrap();
    }
}

fn directory() -> (Arc<Directory<()>>, Receiver<Later>, Receiver<()>) {
    let ((later, due), (failed, failures)) = (channel(), channel());
    let hooks = Box::new(Hooks {
        later: Mutex::new(later),
        failed: Mutex::new(failed),
    });
    let pool = Pool::start("test", 1).unwrap();
    let path = PathBuf::from("/nowhere");
    let directory = Directory::start(Uuid(1), path, RealStorage, pool, hooks).unwrap();
    (directory, due, failures)
}

fn no_space() -> LogError {
    LogError::NoSpace {
        path: PathBuf::from("/nowhere/segment"),
    }
}

/// Work that finds no space so many times.
fn full_for(times: usize, done: &Arc<AtomicUsize>) -> Attempt {
    let (mut left, done) = (times, Arc::clone(done));
    Box::new(move || {
        if left > 0 {
            left -= 1;
            return Err(no_space());
        }
        done.fetch_add(1, Ordering::Relaxed);
        Ok(())
    })
}

#[test]
fn what_finds_no_space_is_tried_again_until_it_is_done_and_once() {
    let (directory, due, _failures) = directory();
    let done = Arc::default();
    directory.attempt(full_for(0, &done));
    assert!(!directory.is_full());
    directory.attempt(full_for(2, &done));
    directory.attempt(full_for(1, &done));
    assert!(directory.is_full() && !directory.has_failed());
    due.try_recv().unwrap()();
    assert_eq!(done.load(Ordering::Relaxed), 2);
    assert!(directory.is_full());
    due.try_recv().unwrap()();
    assert_eq!(done.load(Ordering::Relaxed), 3);
    assert!(!directory.is_full());
    assert!(due.try_recv().is_err(), "nothing waits any more");
    directory.attempt(full_for(1, &done));
    assert!(directory.is_full(), "it may be full again");
    due.try_recv().unwrap()();
    assert_eq!(done.load(Ordering::Relaxed), 4);
}

#[test]
fn work_that_fails_otherwise_takes_the_directory_offline_and_ends_the_tries() {
    let (directory, due, failures) = directory();
    let done = Arc::default();
    let mut is_full = true;
    directory.attempt(Box::new(move || {
        if std::mem::take(&mut is_full) {
            return Err(no_space());
        }
        Err(LogError::Storage {
            operation: "write",
            path: PathBuf::from("/nowhere/segment"),
            source: std::io::Error::other("the device is gone"),
        })
    }));
    directory.attempt(full_for(9, &done));
    due.try_recv().unwrap()();
    failures.recv().unwrap();
    assert!(directory.has_failed() && !directory.is_full());
    assert_eq!(done.load(Ordering::Relaxed), 0);
    assert!(due.try_recv().is_err());
}
