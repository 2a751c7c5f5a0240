//! Use cases over the engine: commands in, view updates out.
