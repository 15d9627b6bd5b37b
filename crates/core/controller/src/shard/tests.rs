//! Golden scripts: a controller on a log that commits at once. Every batch is also replayed by a
//! second node from nothing, which must come to the same image, and so must its snapshot.

mod show;
mod world;

use ottla_script::run_directory;

use world::World;

#[test]
fn scripts() {
    let directory = concat!(env!("CARGO_MANIFEST_DIR"), "/scripts");
    run_directory(directory, World::new, World::run);
}
