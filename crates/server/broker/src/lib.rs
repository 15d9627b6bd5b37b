//! A node: the APIs, their handlers and the assembly.
