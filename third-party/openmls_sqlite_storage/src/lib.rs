//! Empty on purpose: Kuvert keeps MLS state through its own storage provider, in `kuvert-store`.
