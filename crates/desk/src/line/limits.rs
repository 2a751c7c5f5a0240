//! Every bound of what a line publishes about itself and of the papers about it, in one place. Sizes are bytes where the text
//! says so, else characters or pieces.

/// Bytes of an encoded line; its card has room for pictures and keys beside it.
pub const MAX_PROFILE: usize = 48 * 1024;
/// Forms of a line.
pub const MAX_FORMS: usize = 16;
/// Languages that a line speaks.
pub const MAX_SPOKEN: usize = 16;
/// Longest greeting, and longest notice out of hours.
pub const MAX_GREETING: usize = 1000;
/// Longest privacy notice, in each language.
pub const MAX_PRIVACY: usize = 16_000;
/// Web sites on which the line's button may stand.
pub const MAX_ORIGINS: usize = 16;
/// Bytes of the address of one.
pub const MAX_ORIGIN: usize = kuvert_wire::limits::MAX_ORIGIN;
/// Longest entry of an imprint.
pub const MAX_IMPRINT: usize = 300;

const _: () = assert!(MAX_PROFILE < kuvert_wire::limits::MAX_CARD);
// Entries of an imprint and greetings of four-byte characters leave half of the room.
const _: () = assert!(4 * (17 * MAX_IMPRINT + 2 * MAX_GREETING) + MAX_ORIGINS * MAX_ORIGIN < MAX_PROFILE);
