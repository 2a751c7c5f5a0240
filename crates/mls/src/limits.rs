//! Bounds of groups.

/// Longest name of a group, in characters.
pub const MAX_GROUP_NAME: usize = 64;
/// Largest picture of a group in bytes: it travels with every GroupInfo.
pub const MAX_PICTURE: usize = 4 * 1024;
/// Most admins of a group.
pub const MAX_ADMINS: usize = 64;
/// Most leaves of a group.
pub const MAX_LEAVES: usize = 1000;
/// Devices that one commit may add, where the group's data is small.
pub const MAX_ADDS: usize = 100;
/// Bytes that each of them takes of a frame, the group's data apart: a welcome with its padding, a place in the fan-out list and in
/// the snapshot.
pub(crate) const ADD_BYTES: usize = 3600;
/// Bytes of a tree or commit that travel inside an envelope; more travel as a blob.
pub const MAX_INLINE: usize = 24 * 1024;
/// Largest tree or commit that travels as a blob.
pub const MAX_PART: usize = 8 * 1024 * 1024;
/// A new snapshot for devices that heal comes at least every so many epochs.
pub const SNAPSHOT_EVERY: u64 = 16;
/// Seconds after which a device that was not in use is dropped from its groups.
pub const UNUSED_AFTER: u64 = 45 * 86_400;
/// Devices of a group that were dropped because they were not in use, and may come back by themselves.
pub const MAX_AWAY: usize = 64;
/// Longest display name on a leaf, in bytes.
pub const MAX_LEAF_NAME: usize = 256;

pub(crate) const MAX_GROUP_DATA: usize = 16 * 1024;
pub(crate) const MAX_DELIVERY: usize = 1024;
/// Statements that one commit may carry: as many members may leave at once.
pub(crate) const MAX_STATEMENTS: usize = 64;

const _: () = assert!(MAX_LEAVES < kuvert_wire::limits::MAX_FANOUT_TARGETS);
const _: () = assert!(MAX_INLINE * 2 < kuvert_wire::limits::MAX_BODY);
const _: () = assert!(SNAPSHOT_EVERY < kuvert_wire::limits::MAX_HANDSHAKES);
const _: () = assert!(MAX_ADDS <= kuvert_wire::limits::MAX_WELCOMES);
