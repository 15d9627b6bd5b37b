//! What a power cut leaves of names.

use std::path::Path;

use super::super::{OpenHow, Storage};
use super::MemoryStorage;

#[test]
fn a_directory_made_under_the_name_of_a_renamed_one_begins_empty() {
    let storage = MemoryStorage::new();
    let (old, new) = (Path::new("/topic-0"), Path::new("/topic-0.unique-delete"));
    storage.create_directory(old).unwrap();
    storage.sync_directory(Path::new("/")).unwrap();
    storage.open(&old.join("0.log"), OpenHow::Create).unwrap();
    storage.sync_directory(old).unwrap();
    storage.rename(old, new).unwrap();
    storage.sync_directory(Path::new("/")).unwrap();
    storage.create_directory(old).unwrap();
    storage.sync_directory(Path::new("/")).unwrap();
    for after in [storage.power_cut(), storage.torn_power_cut(&mut |_| 0)] {
        assert_eq!(after.list(old).unwrap(), Vec::new());
        assert_eq!(after.list(new).unwrap().len(), 1);
    }
}
