//! Tests of the bounds on connections.

use std::net::{IpAddr, Ipv6Addr};
use std::sync::Arc;

use super::{ConnectionBounds, ConnectionCount};

fn address(number: u16) -> IpAddr {
    IpAddr::V6(Ipv6Addr::new(0x2001, 0xdb8, 0, 0, 0, 0, 0, number))
}

#[test]
fn connections_are_bounded_in_all_and_by_address() {
    let count = Arc::new(ConnectionCount::default());
    let bounds = ConnectionBounds {
        total: 3,
        per_address: 2,
    };
    let first = count.admit(address(1), bounds).expect("there is room");
    let _second = count.admit(address(1), bounds).expect("there is room");
    assert!(count.admit(address(1), bounds).is_none());
    let _third = count.admit(address(2), bounds).expect("there is room");
    assert!(count.admit(address(3), bounds).is_none());
    drop(first);
    assert!(count.admit(address(1), bounds).is_some());
}

#[test]
fn whoever_is_refused_is_not_remembered() {
    let count = Arc::new(ConnectionCount::default());
    let bounds = ConnectionBounds {
        total: 1,
        per_address: 1,
    };
    let counted = count.admit(address(0), bounds).expect("there is room");
    for number in 1..100 {
        assert!(count.admit(address(number), bounds).is_none());
    }
    assert_eq!(count.by_address.lock().unwrap().len(), 1);
    drop(counted);
    assert!(count.by_address.lock().unwrap().is_empty());
    assert_eq!(count.total(), 0);
}
