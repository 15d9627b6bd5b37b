//! Every configuration key in one table: name, type, default, validator, status.
