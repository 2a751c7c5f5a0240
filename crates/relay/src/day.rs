//! Time as the relay's files know it: whole days, so that nothing in them tells when somebody was awake.

use std::time::{Duration, SystemTime, UNIX_EPOCH};

use minicbor::{Decode, Encode};

use crate::store::StoreError;

const SECONDS: u64 = 24 * 60 * 60;

/// A day, counted from 1 January 1970 in UTC.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Encode, Decode)]
#[cbor(transparent)]
pub(crate) struct Day(#[n(0)] pub(crate) u32);

impl Day {
    /// The current day by the system clock; day 0 for clocks before 1970.
    pub(crate) fn today() -> Self {
        let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
        Self(u32::try_from(since.as_secs() / SECONDS).unwrap_or(u32::MAX))
    }

    /// Reads 4 bytes, big-endian.
    pub(crate) fn from_bytes(bytes: &[u8]) -> Result<Self, StoreError> {
        bytes.try_into().map(|day| Self(u32::from_be_bytes(day))).map_err(|_| StoreError::Corrupt)
    }

    /// Whether more than `days` lie between this day and `today`.
    pub(crate) fn is_older_than(self, days: u32, today: Self) -> bool {
        today.0.saturating_sub(self.0) > days
    }

    /// When the day began.
    pub(crate) fn began(self) -> SystemTime {
        UNIX_EPOCH + Duration::from_secs(u64::from(self.0) * SECONDS)
    }

    /// The day that many days later.
    pub(crate) fn plus(self, days: u32) -> Self {
        Self(self.0.saturating_add(days))
    }

    /// The day that many days earlier.
    pub(crate) fn minus(self, days: u32) -> Self {
        Self(self.0.saturating_sub(days))
    }
}
