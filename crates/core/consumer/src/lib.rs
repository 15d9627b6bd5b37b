//! The deciding part of a consumer: positions, fetches, resets.
