//! Fetch sessions and waiting fetches of one reactor.
