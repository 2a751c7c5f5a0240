//! Every bound of the engine.

/// Changes per conversation and sender that wait for their message; of more, the oldest go.
pub const MAX_EARLY: u32 = 256;
/// Expired messages that are deleted by one input; the others follow with the next.
pub const MAX_EXPIRED: u32 = 256;
/// Messages that one search finds; older ones are found by searching before the last.
pub const MAX_FOUND: u32 = 200;

/// Half-life of familiarity in days: what was written so long ago counts half.
pub const FAMILIARITY_HALF_LIFE: i64 = 30;
