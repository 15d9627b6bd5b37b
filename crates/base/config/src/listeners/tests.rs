//! Tests of addresses.

use crate::listeners::{
    HostAndPort, ProtocolMap, parse_listeners, parse_protocol_map, parse_voter,
};

fn protocols() -> ProtocolMap {
    parse_protocol_map("PLAINTEXT:PLAINTEXT,INTERNAL:PLAINTEXT,SECURE:ssl").unwrap()
}

fn listeners(items: &[&str]) -> Result<Vec<String>, String> {
    let items: Vec<String> = items.iter().map(|item| (*item).to_owned()).collect();
    parse_listeners(&items, &protocols(), true)
        .map(|endpoints| {
            endpoints
                .iter()
                .map(|endpoint| {
                    format!(
                        "{} {} {:?} {}",
                        endpoint.listener,
                        endpoint.security_protocol.name(),
                        endpoint.host,
                        endpoint.port
                    )
                })
                .collect()
        })
        .map_err(|error| error.message().to_owned())
}

#[test]
fn a_listener_is_a_name_a_host_and_a_port() {
    assert_eq!(
        listeners(&[
            "plaintext://:9092",
            "INTERNAL://[::1]:0",
            "SECURE://host-1.x:9093"
        ]),
        Ok(vec![
            "PLAINTEXT PLAINTEXT None 9092".to_owned(),
            "INTERNAL PLAINTEXT Some(\"::1\") 0".to_owned(),
            "SECURE SSL Some(\"host-1.x\") 9093".to_owned(),
        ])
    );
}

#[test]
fn a_listener_that_cannot_be_read_is_named() {
    assert_eq!(
        listeners(&["PLAINTEXT//x:1"]),
        Err(
            "Error creating broker listeners from '[PLAINTEXT//x:1]': Unable to parse \
         PLAINTEXT//x:1 to a broker endpoint"
                .to_owned()
        )
    );
    assert!(listeners(&["PLAINTEXT://a b:1"]).is_err());
    assert!(listeners(&["PLAINTEXT://a"]).is_err());
    assert!(listeners(&["PLAINTEXT://a:65536"]).is_err());
    assert_eq!(
        listeners(&["OTHER://:1"]),
        Err(
            "Error creating broker listeners from '[OTHER://:1]': No security protocol defined \
         for listener OTHER"
                .to_owned()
        )
    );
}

#[test]
fn names_and_ports_are_not_shared() {
    assert!(
        listeners(&["INTERNAL://:1", "INTERNAL://:2"])
            .unwrap_err()
            .contains("Each listener must have a different name")
    );
    assert!(
        listeners(&["INTERNAL://:1", "PLAINTEXT://:1"])
            .unwrap_err()
            .contains("Each listener must have a different port, listeners: ")
    );
    assert!(listeners(&["INTERNAL://:0", "PLAINTEXT://:0"]).is_ok());
    assert!(listeners(&["INTERNAL://127.0.0.1:1", "PLAINTEXT://[::1]:1"]).is_ok());
    assert!(
        listeners(&["INTERNAL://127.0.0.1:1", "PLAINTEXT://127.0.0.2:1"])
            .unwrap_err()
            .contains("one needs to be IPv4 and the other IPv6")
    );
}

#[test]
fn an_unknown_security_protocol_is_refused() {
    assert_eq!(
        parse_protocol_map("A:PLAIN").unwrap_err().message(),
        "Invalid security protocol `PLAIN` defined in listener.security.protocol.map"
    );
}

#[test]
fn voters_and_servers_are_read_and_shown() {
    let (id, address) = parse_voter("3@[::1]:9093").unwrap();
    assert_eq!((id.0, address.to_string().as_str()), (3, "[::1]:9093"));
    for bad in ["3", "x@a:1", "3@a", "3@:1", "3@a:x", "3@a@b:1", "3@a:70000"] {
        assert!(parse_voter(bad).is_err(), "{bad}");
    }
    assert!(HostAndPort::parse_bootstrap("localhost:9093").is_ok());
    assert!(HostAndPort::parse_bootstrap("localhost").is_err());
}
