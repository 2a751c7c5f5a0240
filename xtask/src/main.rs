//! Kuvert's only task runner.
fn main() {}
