//! Lines of the input, read on a thread of their own: reading a terminal blocks.

use std::io::{BufRead, IsTerminal, Write};

use tokio::sync::mpsc;

/// Lines read ahead of who wants them.
const READ_AHEAD: usize = 1_000;

/// The lines of the input without their ends. A person at a terminal is shown `prompt` first.
pub(crate) fn read_lines(prompt: Option<&'static str>) -> mpsc::Receiver<std::io::Result<Vec<u8>>> {
    let (lines, receiver) = mpsc::channel(READ_AHEAD);
    std::thread::spawn(move || {
        let mut input = std::io::stdin().lock();
        let mut output = std::io::stdout();
        let prompt = prompt.filter(|_| input.is_terminal() && output.is_terminal());
        loop {
            if let Some(prompt) = prompt {
                let _ = output
                    .write_all(prompt.as_bytes())
                    .and_then(|()| output.flush());
            }
            let mut line = Vec::new();
            let read = match input.read_until(b'\n', &mut line) {
                Ok(0) => return,
                Ok(_) => {
                    line.pop_if(|last| *last == b'\n');
                    line.pop_if(|last| *last == b'\r');
                    Ok(line)
                }
                Err(error) => Err(error),
            };
            let failed = read.is_err();
            // When the command has ended nobody reads on.
            if lines.blocking_send(read).is_err() || failed {
                return;
            }
        }
    });
    receiver
}
