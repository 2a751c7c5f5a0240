//! How long things are kept.

use minicbor::{Decode, Encode};

/// A number of days of 24 hours.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Encode, Decode)]
#[cbor(transparent)]
pub struct Days(#[n(0)] pub u16);
