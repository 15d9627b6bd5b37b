//! Tests of the bounds on connections.

use std::net::{IpAddr, Ipv6Addr};
use std::sync::Arc;

use super::{ConnectionBounds, ConnectionCount};

fn address(number: u16) -> IpAddr {
    IpAddr::V6(Ipv6Addr::new(0x2001, 0xdb8, 0, 0, 0, 0, 0, number))
}

#[test]
fn connections_are_bounded_in_all_and_by_address() {
    let bounds = ConnectionBounds {
        total: 3,
        per_address: 2,
    };
    let count = Arc::new(ConnectionCount::new(bounds));
    let first = count.admit(address(1)).expect("there is room");
    let _second = count.admit(address(1)).expect("there is room");
    assert!(count.admit(address(1)).is_none());
    let _third = count.admit(address(2)).expect("there is room");
    assert!(count.admit(address(3)).is_none());
    drop(first);
    assert!(count.admit(address(1)).is_some());
}

#[test]
fn whoever_is_refused_is_not_remembered() {
    let bounds = ConnectionBounds {
        total: 1,
        per_address: 1,
    };
    let count = Arc::new(ConnectionCount::new(bounds));
    let counted = count.admit(address(0)).expect("there is room");
    for number in 1..100 {
        assert!(count.admit(address(number)).is_none());
    }
    assert_eq!(count.lock().by_address.len(), 1);
    drop(counted);
    assert!(count.lock().by_address.is_empty());
    assert_eq!(count.total(), 0);
}

#[test]
fn changed_bounds_hold_for_whoever_comes_next() {
    let bounds = |total| ConnectionBounds {
        total,
        per_address: 10,
    };
    let count = Arc::new(ConnectionCount::new(bounds(2)));
    let _first = count.admit(address(1)).expect("there is room");
    let second = count.admit(address(1)).expect("there is room");
    count.set_bounds(bounds(1));
    drop(second);
    assert!(count.admit(address(1)).is_none());
    count.set_bounds(bounds(2));
    assert!(count.admit(address(1)).is_some());
}
