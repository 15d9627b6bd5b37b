//! The lock of a directory, held and let go.

use super::*;

#[test]
fn a_directory_in_use_says_by_whom_and_is_free_again_after() {
    let directory = tempfile::tempdir().unwrap();
    let held = DirectoryLock::acquire(directory.path()).unwrap();
    let error = DirectoryLock::acquire(directory.path()).unwrap_err();
    assert_eq!(error.remedy(), crate::Remedy::Stop);
    let message = error.to_string();
    assert!(
        message.contains(&format!("process {}", std::process::id())),
        "{message}"
    );
    assert_eq!(fs::read(directory.path().join(LOCK)).unwrap(), b"");
    drop(held);
    assert!(!directory.path().join(LOCK).exists());
    DirectoryLock::acquire(directory.path()).unwrap();
}
