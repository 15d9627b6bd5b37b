//! Interprets effects: reactors, committers, pools; the only home of threads.
