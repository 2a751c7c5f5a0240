//! The Kuvert binary.
fn main() {}
