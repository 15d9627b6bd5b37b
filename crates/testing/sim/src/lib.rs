//! A whole node under a seeded scheduler, with faults and checkers.
