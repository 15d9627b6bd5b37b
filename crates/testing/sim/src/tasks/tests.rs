//! Tasks run one at a time, in the order that is asked for.

use std::sync::{Arc, Mutex};

use ottla_types::Duration;

use super::{Progress, Tasks, pause};

#[test]
fn tasks_take_turns_where_they_pause() {
    let log = Arc::new(Mutex::new(Vec::new()));
    let mut tasks = Tasks::default();
    let work = |name: &'static str| {
        let log = Arc::clone(&log);
        Box::new(move || {
            log.lock().unwrap().push((name, 1));
            pause(Duration::from_millis(5));
            log.lock().unwrap().push((name, 2));
        })
    };
    let (first, progress) = tasks.start(work("first"));
    assert_eq!(progress, Progress::Paused(Duration::from_millis(5)));
    let (second, _) = tasks.start(work("second"));
    assert_eq!(tasks.go_on(second), Progress::Ended);
    assert_eq!(tasks.go_on(first), Progress::Ended);
    let expected = [("first", 1), ("second", 1), ("second", 2), ("first", 2)];
    assert_eq!(*log.lock().unwrap(), expected);
}

#[test]
fn a_pause_outside_of_tasks_is_none() {
    pause(Duration::from_secs(1_000));
}

#[test]
fn a_task_that_panics_is_told_of() {
    let mut tasks = Tasks::default();
    let (_, progress) = tasks.start(Box::new(|| panic!("on purpose")));
    assert_eq!(progress, Progress::Panicked);
}
