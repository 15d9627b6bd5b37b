//! The log of the process, on standard error, and what a panic does.

use std::panic;

use tracing_subscriber::EnvFilter;

/// Starts the log; `RUST_LOG` chooses what is in it. A panic is logged and ends the process: going
/// on with a half-stepped machine would guess.
pub fn start() {
    let filter = EnvFilter::try_from_default_env().unwrap_or_else(|_| EnvFilter::new("info"));
    tracing_subscriber::fmt()
        .with_env_filter(filter)
        .with_writer(std::io::stderr)
        .with_target(false)
        .init();
    panic::set_hook(Box::new(|panic| {
        tracing::error!("{panic}");
        std::process::abort();
    }));
}
