//! Names of HTTP headers.

/// An inbox at the relay, in unpadded base64url: with [`TOKEN`], the right to store something there.
pub const INBOX: &str = "kuvert-inbox";
/// A token of the inbox in [`INBOX`], in unpadded base64url.
pub const TOKEN: &str = "kuvert-token";
/// SHA-256 of a blob's secret, in unpadded base64url: with it, a blob is announced.
pub const SECRET_HASH: &str = "kuvert-secret-hash";
/// A blob's secret, in unpadded base64url: the right to write and to delete it.
pub const SECRET: &str = "kuvert-secret";
/// How many bytes a blob has, or will have.
pub const UPLOAD_LENGTH: &str = "upload-length";
/// From which byte on an upload goes on.
pub const UPLOAD_OFFSET: &str = "upload-offset";
