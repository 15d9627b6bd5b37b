//! The ottla binary. No logic lives here: it reads the command line and calls.

fn main() -> std::process::ExitCode {
    eprintln!("ottla: no commands yet");
    std::process::ExitCode::from(2)
}
