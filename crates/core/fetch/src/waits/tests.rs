//! Golden scripts of the waiting requests.

use ottla_machine::Machine;
use ottla_script::{Command, run_directory};
use ottla_types::{Instant, Now, RequestId, TimestampMs};

use super::{Input, Waits};

#[test]
fn waiting_requests_follow_their_scripts() {
    run_directory("scripts", Waits::default, run);
}

fn run(waits: &mut Waits, command: &Command) -> String {
    let now = Now {
        monotonic: Instant::ZERO.after_ms(command.number("now", 0)),
        wall: TimestampMs(0),
    };
    let id = RequestId(command.number("fetch", 0) as u64);
    let input = match command.name.as_str() {
        "park" => Input::Park(id, Instant::ZERO.after_ms(command.number("until", 0))),
        "readable" => Input::Readable(id),
        "forget" => Input::Forget(id),
        "deadline" => Input::Deadline,
        other => panic!("no command {other}"),
    };
    let mut effects = Vec::new();
    waits.step(now, input, &mut effects);
    waits.check_invariants();
    let mut lines: Vec<String> = effects.iter().map(|effect| format!("{effect:?}")).collect();
    let next = waits
        .next_deadline()
        .map_or("none".to_owned(), |at| (at.0 / 1_000_000).to_string());
    lines.push(format!("waiting {}, next deadline {next}", waits.count()));
    lines.join("\n")
}
