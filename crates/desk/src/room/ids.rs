//! Names of things in the desk room, as types of their own, so that none is mistaken for another and none is logged by
//! accident.

use minicbor::{Decode, Decoder, Encode, Encoder, decode, encode};

/// Declares a fixed-size name: a CBOR byte string whose `Debug` shows only its first byte.
macro_rules! name {
    ($(#[$meta:meta])* $name:ident, $len:literal) => {
        $(#[$meta])*
        #[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub struct $name([u8; $len]);

        impl $name {
            /// Length in bytes.
            pub const LEN: usize = $len;

            /// Wraps the bytes.
            pub const fn new(bytes: [u8; $len]) -> Self {
                Self(bytes)
            }

            /// The bytes.
            pub const fn as_bytes(&self) -> &[u8; $len] {
                &self.0
            }

            /// Reads from a slice of exactly [`Self::LEN`] bytes.
            pub fn from_slice(bytes: &[u8]) -> Option<Self> {
                bytes.try_into().ok().map(Self)
            }
        }

        impl std::fmt::Debug for $name {
            fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                write!(f, concat!(stringify!($name), "({:02x}..)"), self.0[0])
            }
        }

        impl<C> Encode<C> for $name {
            fn encode<W: encode::Write>(
                &self,
                e: &mut Encoder<W>,
                _: &mut C,
            ) -> Result<(), encode::Error<W::Error>> {
                e.bytes(&self.0)?.ok()
            }
        }

        impl<'b, C> Decode<'b, C> for $name {
            fn decode(d: &mut Decoder<'b>, _: &mut C) -> Result<Self, decode::Error> {
                Self::from_slice(d.bytes()?)
                    .ok_or_else(|| decode::Error::message(concat!(stringify!($name), " has the wrong length")))
            }
        }
    };
}

name!(
    /// Public key of a device of the line. Who operates it is a member, and named by it.
    DeviceKey,
    32
);
name!(
    /// Names an event, and the note or reminder that it made.
    EventId,
    32
);
name!(
    /// Names a label: random bytes, chosen by the device that defines it.
    LabelId,
    16
);
name!(
    /// Names a canned answer: random bytes, chosen by the device that writes it.
    CannedId,
    16
);
name!(
    /// Names something with a limited number of seats: random bytes, chosen by the device that makes it.
    CapacityId,
    16
);
name!(
    /// A SHA-256 hash.
    Hash,
    32
);

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_print_obscured() {
        // LOG-1: what is formatted into a log line by accident gives nothing away.
        assert_eq!(format!("{:?}", DeviceKey::new([0xab; 32])), "DeviceKey(ab..)");
    }

    #[test]
    fn a_name_of_another_length_is_refused() {
        assert_eq!(LabelId::from_slice(&[1; 15]), None);
        assert!(kuvert_wire::decode::<LabelId>(&[0x4f; 16], 100).is_err());
    }
}
