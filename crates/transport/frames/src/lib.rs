//! A connection as a machine: frames in, answers out in order.
