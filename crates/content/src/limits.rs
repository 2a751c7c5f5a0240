//! Every bound of a content, in one place. Sizes are bytes unless the name or the text says otherwise.

/// Largest encoded content: it travels as the body of one post.
pub const MAX_CONTENT: usize = kuvert_wire::limits::MAX_BODY;
/// Longest text part.
pub const MAX_TEXT: usize = 16 * 1024;
/// Longest reaction; an emoji of many code points needs about 40.
pub const MAX_REACTION: usize = 64;
/// Largest preview of a picture inside a message.
pub const MAX_PREVIEW: usize = 24 * 1024;
/// Most files of one message.
pub const MAX_FILES: usize = 16;
/// Largest file.
pub const MAX_FILE: u64 = 4 * 1024 * 1024 * 1024;
/// Longest suggested name of a file.
pub const MAX_FILE_NAME: usize = 255;
/// Longest address of a file: a relay's origin and what follows.
pub const MAX_FILE_URL: usize = kuvert_wire::limits::MAX_ORIGIN + 64;
/// Longest media type of a file, with its parameters.
pub const MAX_MEDIA_TYPE: usize = 127;
/// Largest picture whose metadata is taken out. It is held in memory twice.
pub const MAX_PICTURE: usize = 64 * 1024 * 1024;
/// Longest side, in pixels, of a picture of which a preview is made.
pub const MAX_PICTURE_SIDE: u32 = 30_000;
/// Most memory for that.
pub const MAX_PICTURE_MEMORY: u64 = 192 * 1024 * 1024;
/// Longest display name, in characters.
pub const MAX_NAME: usize = 64;
/// Longest topic id.
pub const MAX_TOPIC: usize = 4096;
/// Most parts of one content, the outermost included. The draft would allow 1024.
pub const MAX_PARTS: usize = 64;
/// Deepest nesting of parts, the outermost included.
pub const MAX_DEPTH: usize = 4;
/// Most messages that one report speaks of.
pub const MAX_REPORTED: usize = 256;
/// Most extensions of one content.
pub const MAX_EXTENSIONS: usize = 32;
/// Longest extension name.
pub const MAX_EXTENSION_NAME: usize = 255;
/// Deepest nesting of tags, arrays and maps in the extensions, their own map included.
pub const MAX_EXTENSION_DEPTH: usize = 4;
/// Largest absolute value of an integer key: integers up to here survive a double-precision float.
pub const MAX_KEY: i64 = (1 << 53) - 1;

/// Upper bound of one message's share in an encoded report: two heads, the id, the status.
const REPORTED_SIZE: usize = 37;

const _: () = assert!(MAX_TEXT < MAX_CONTENT);
const _: () = assert!(MAX_REPORTED * REPORTED_SIZE < MAX_CONTENT);
const _: () = assert!(MAX_REACTION <= MAX_TEXT);
const _: () = assert!(MAX_TEXT + MAX_PREVIEW < MAX_CONTENT);
// Each file takes up to three parts: the unit, the file, its preview; the text and the whole are two more.
const _: () = assert!(MAX_FILES * 3 + 2 <= MAX_PARTS);
// Chunks are counted in 32 bits, and padding adds an eighth at most.
const _: () = assert!(MAX_FILE / crate::FILE_CHUNK as u64 * 9 / 8 < u32::MAX as u64);
const _: () = assert!(MAX_NAME * 4 < MAX_CONTENT);
/// Largest [`crate::Profile::reach`].
pub const MAX_REACH: usize = 4096;
/// Largest [`crate::Data`] of a message.
pub const MAX_DATA: usize = 16 * 1024;
/// Largest event of a desk room.
pub const MAX_DESK_EVENT: usize = 48 * 1024;
/// Most messages that a retention names as kept.
pub const MAX_KEPT: usize = 256;
/// Most messages that a device of a line is told of what was said before.
pub const MAX_HISTORY: usize = 256;
/// Largest statement of who leaves a group.
pub const MAX_LEAVE: usize = 256;
