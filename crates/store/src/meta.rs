//! Single values: identity, device keys, cursor.

use rusqlite::{OptionalExtension, params};
use zeroize::Zeroizing;

use crate::{StoreError, Tx};

/// Names a single value. The numbers are part of the file format.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[repr(i64)]
pub enum MetaKey {
    /// Own display name (UTF-8).
    Name = 1,
    /// Private identity key (Ed25519 seed).
    IdentityKey = 2,
    /// Private device key (Ed25519 seed).
    DeviceKey = 3,
    /// Device certificate.
    Certificate = 4,
    /// Private owner key of the inbox (Ed25519 seed).
    OwnerKey = 5,
    /// Private seal key of the inbox (X25519).
    SealKey = 6,
    /// Deposit key of the inbox.
    DepositKey = 7,
    /// Key under which key packages and introductions are sealed.
    IntroductionKey = 8,
    /// Origin of the own relay (UTF-8).
    Relay = 9,
    /// Seq of the last entry that was processed (u64, big-endian).
    Cursor = 10,
    /// The own link and its card's keys; empty after it was taken back.
    Link = 11,
    /// When the key package of last resort was made: seconds since 1970 (u64, big-endian).
    LastResortMade = 13,
    /// Invitation to the own relay, until it was used (empty afterwards).
    Invite = 14,
    /// Generation of the relay in which the cursor counts (8 bytes); empty while the relay is not known to hold the inbox.
    Generation = 15,
    /// Links that were taken back, as long as the relay does not know it.
    Revocations = 16,
    /// One byte: 0 if nobody is told what was read. Without it, they are.
    ReadReports = 17,
    /// Key to which other relays seal what is for the own one (32 bytes); empty where that keeps to itself.
    RelayKey = 30,
    /// Whether this profile speaks to its own relay only (1 byte), as a web page has to.
    OwnRelayOnly = 31,
    /// The key packages at the relay do not hold any more, and have to be replaced (1 byte); empty when they were.
    StalePackages = 32,
    /// The last commands of user interfaces that were carried out: see `core`'s `once.rs`.
    Tickets = 80,
    /// Push subscription that the relay is to hold; empty where none is wanted.
    PushSubscription = 40,
    /// This profile is a device of a business line (1 byte); see `core`'s `line.rs`.
    Line = 90,
    /// The conversation that is the desk room (i64, big-endian).
    DeskRoom = 91,
    /// What this device needs to become one of a line's; empty once it is.
    Joining = 92,
    /// Invitations to the line that were handed out, and devices that answered them.
    LineInvites = 93,
    /// What the line's card shows (opaque), and with which devices; empty for a person.
    LineCard = 94,
    /// Id of the last event of the desk room that was folded; empty for none.
    DeskAfter = 97,
    /// Which devices are being brought into all conversations, and how far that is; empty if none are.
    Staffing = 96,
    /// The desk room's events cannot be folded until a state came from another device: what names the loss, and the last
    /// event before it (16 bytes and a number); empty otherwise.
    DeskBehind = 95,
    /// The request by which the relay learns of that (16 bytes); empty when it did.
    PushPending = 41,
    /// How the user's own calendar is reached, with a password; empty for none.
    Calendar = 130,
    /// What folded events ask an owner's device to do, and was not done (one byte of flags); empty for nothing.
    DeskOwes = 98,
    /// The profile moves to another device: what names the decision on who goes on, and the own word in it; empty if it does not.
    Moving = 131,
}

impl Tx<'_> {
    /// Reads a value. It may be secret, so it is wiped when dropped.
    ///
    /// # Errors
    /// [`StoreError`] if the database fails.
    pub fn meta(&self, key: MetaKey) -> Result<Option<Zeroizing<Vec<u8>>>, StoreError> {
        let mut statement = self.sql().prepare_cached("SELECT value FROM meta WHERE key = ?1")?;
        Ok(statement.query_row([key as i64], |row| row.get(0)).optional()?.map(Zeroizing::new))
    }

    /// Writes a value.
    ///
    /// # Errors
    /// [`StoreError`] if the database fails.
    pub fn set_meta(&self, key: MetaKey, value: &[u8]) -> Result<(), StoreError> {
        self.sql()
            .prepare_cached("INSERT OR REPLACE INTO meta (key, value) VALUES (?1, ?2)")?
            .execute(params![key as i64, value])?;
        if matches!(key, MetaKey::Name) {
            self.note().profile = true;
        }
        Ok(())
    }

    /// Seq of the last inbox entry that was processed, 0 at first.
    ///
    /// # Errors
    /// [`StoreError`] if the database fails.
    pub fn cursor(&self) -> Result<u64, StoreError> {
        let Some(bytes) = self.meta(MetaKey::Cursor)? else { return Ok(0) };
        let bytes = bytes.as_slice().try_into().map_err(|_| StoreError::Malformed("cursor"))?;
        Ok(u64::from_be_bytes(bytes))
    }

    /// Notes that entries up to `seq` were processed.
    ///
    /// # Errors
    /// [`StoreError`] if the database fails.
    pub fn set_cursor(&self, seq: u64) -> Result<(), StoreError> {
        self.set_meta(MetaKey::Cursor, &seq.to_be_bytes())
    }
}
