//! Runs the golden scripts, and compares live state with replayed state.

mod asking;
mod history;
mod show;
mod world;

use ottla_script::run_directory;
use world::World;

#[test]
fn scripts() {
    let directory = concat!(env!("CARGO_MANIFEST_DIR"), "/scripts");
    run_directory(directory, World::new, World::run);
}
