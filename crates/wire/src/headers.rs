//! Names of HTTP headers.

/// An inbox at the relay, in unpadded base64url: with [`TOKEN`], the right to store something there.
pub const INBOX: &str = "kuvert-inbox";
/// A token of the inbox in [`INBOX`], in unpadded base64url.
pub const TOKEN: &str = "kuvert-token";
