//! The Kuvert relay: stores sealed envelopes until they are delivered.
