//! The native driver: sockets, timers, fetches and the profile folder around the engine.
//!
//! [`Session`] owns an application and is driven by whoever awaits its updates: nothing happens to the engine between
//! two calls, so there are no locks. Each line of the relay ([`kuvert_core::Line`]) is a task of its own that keeps one
//! WebSocket open; it shares nothing with the session but bounded queues. The wall clock and all randomness of the
//! engine come from here. What a message means, and what is sent again after a loss, is for the engine.
//!
//! LOG-1: no name, address, key or text reaches a log line.

mod backoff;
pub mod caldav;
mod error;
mod fetch;
mod files;
mod line;
pub mod moving;
mod profile;
mod session;

pub use error::{ProfileError, SessionError};
pub use files::{SealError, Sealing, free_path};
pub use kuvert_app::{FilesWish, Watch};
pub use kuvert_core::sealed_key::{Protection, Unlock};
pub use profile::Profile;
pub use session::Session;

/// Every bound of the driver.
pub mod limits {
    use std::time::Duration;

    /// Frames handed to one socket and not yet written.
    pub const MAX_OUTGOING: usize = 64;
    /// Frames that wait for room in a socket's queue; past it, the line is opened anew when they are gone, and the
    /// engine sends again what is missing.
    pub const MAX_PENDING: usize = 4096;
    /// Frames and other happenings that wait for the engine, after which sockets are not read from.
    pub const MAX_HAPPENINGS: usize = 64;
    /// Fetches at the same time; others wait.
    pub const MAX_FETCHES: usize = 4;
    /// Files that are moved, and blobs that are deleted, at the same time; others wait.
    pub const MAX_TRANSFERS: usize = 3;
    /// Longest answer of a relay about a blob that is looked at.
    pub const MAX_ANSWER: u64 = 4 * 1024;
    /// Times at which the engine wants to be woken.
    pub const MAX_WAKES: usize = 64;

    /// Time for a socket to open, name look-up and TLS included.
    pub const OPEN_WITHIN: Duration = Duration::from_secs(15);
    /// Time for a frame to be written.
    pub const WRITE_WITHIN: Duration = Duration::from_secs(60);
    /// Time for a fetch.
    pub const FETCH_WITHIN: Duration = Duration::from_secs(20);
    /// Time for one request of a transfer.
    pub const SLICE_WITHIN: Duration = Duration::from_secs(60);
    /// Pause between two words on how far a transfer is.
    pub const SAY_EVERY: Duration = Duration::from_millis(200);
    /// Silence after which a socket counts as lost; relays ping more often.
    pub const SILENCE: Duration = Duration::from_secs(120);
    /// Time for the relay to say good-bye.
    pub const CLOSE_WITHIN: Duration = Duration::from_millis(500);

    pub use kuvert_core::sealed_key::{MAX_KEY_RECORD, MIN_KEY_FILE, MIN_PASSPHRASE};

    /// Longest key file in bytes.
    pub const MAX_KEY_FILE: usize = 1024 * 1024;

    /// First pause before a lost socket is opened again; doubled each time, and shortened by chance to half of it at
    /// most, so that devices do not all come back at once.
    pub const BACKOFF_FIRST: Duration = Duration::from_millis(250);
    /// Longest pause.
    pub const BACKOFF_LAST: Duration = Duration::from_secs(60);
    /// A socket that was open for so long makes the next pause the first one again.
    pub const STEADY: Duration = Duration::from_secs(10);

    const _: () =
        assert!(MAX_OUTGOING + 256 < MAX_PENDING, "a reopened line has had answers: it makes progress");
    const _: () = assert!(SILENCE.as_secs() > 2 * kuvert_wire::limits::PING_AFTER.as_secs());
}
