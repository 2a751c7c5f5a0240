//! The client engine: one input is one transaction, no I/O, no clock.
