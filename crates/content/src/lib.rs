//! What a Kuvert message says: MIMI content in deterministic CBOR.
