//! OpenMLS behind Kuvert's words: groups, pending commits, credentials.
