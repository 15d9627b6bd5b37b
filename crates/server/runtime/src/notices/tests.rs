//! Tests of the ids of waiters.

use super::{REACTORS_MAX, reactor_of, waiter_id, waiter_number};

#[test]
fn an_id_names_its_reactor_and_its_waiter() {
    for reactor in [0, 1, REACTORS_MAX - 1] {
        for number in [0, 1, (1 << 56) - 1] {
            let id = waiter_id(reactor, number);
            assert_eq!((reactor_of(id), waiter_number(id)), (reactor, number));
        }
    }
}

#[test]
#[should_panic(expected = "a reactor's number fits into a byte")]
fn no_id_is_made_for_a_reactor_that_it_cannot_name() {
    let _ = waiter_id(REACTORS_MAX, 0);
}
