//! Voters as text.

use super::*;

const DIRECTORY: &str = "PEW1F6W0SV6usd8rOKpwDg";

#[test]
fn voters_are_read_in_the_order_of_ids() {
    let text = format!("2@[::1]:9093:{DIRECTORY},1@host:9092:{DIRECTORY},");
    let voters = parse_initial_controllers(&text).unwrap();
    let shown: Vec<_> = voters
        .iter()
        .map(|v| (v.node_id.0, v.host.as_str(), v.port))
        .collect();
    assert_eq!(shown, [(1, "host", 9092), (2, "::1", 9093)]);
    assert_eq!(voters[0].directory_id.to_string(), DIRECTORY);
}

#[test]
fn broken_voters_are_refused() {
    for (text, why) in [
        ("", "No voters given."),
        ("1", "No @ found in dynamic voter string."),
        (
            "x@h:1:d",
            "Failed to parse node id in dynamic voter string.",
        ),
        (
            "-1@h:1:d",
            "Invalid negative node id -1 in dynamic voter string.",
        ),
        ("1@", "No hostname found after node id."),
        ("1@h", "No colon following hostname could be found."),
        (
            "1@[h:1:d",
            "Hostname began with left bracket, but no right bracket was found.",
        ),
        ("1@h:1", "No colon following port could be found."),
        ("1@h:x:d", "Failed to parse port in dynamic voter string."),
        ("1@h:70000:d", "Invalid port 70000 in dynamic voter string."),
        (
            "1@h:1:d",
            "Failed to parse directory ID in dynamic voter string.",
        ),
    ] {
        assert_eq!(parse_initial_controllers(text).unwrap_err(), why, "{text}");
    }
    let twice = format!("1@h:1:{DIRECTORY},1@h:2:{DIRECTORY}");
    assert_eq!(
        parse_initial_controllers(&twice).unwrap_err(),
        "Node id 1 was specified more than once."
    );
}
