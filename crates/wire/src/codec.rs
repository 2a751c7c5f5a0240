//! Encoding and decoding of whole values, with the size check that every border needs.

use minicbor::{Decode, Encode};

/// Why bytes could not be read as the expected value.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum DecodeError {
    /// Longer than the limit given by the caller.
    #[error("{size} bytes, where at most {limit} are allowed")]
    TooLarge {
        /// Bytes received.
        size: usize,
        /// Bytes allowed.
        limit: usize,
    },
    /// Not CBOR, or CBOR of another shape.
    #[error("not a well-formed value")]
    Malformed,
    /// A well-formed value followed by something else.
    #[error("bytes left over after the value")]
    Trailing,
}

/// Encodes a value as CBOR.
pub fn encode<T: Encode<()>>(value: &T) -> Vec<u8> {
    let mut bytes = Vec::new();
    encode_into(value, &mut bytes);
    bytes
}

/// Appends a value as CBOR to `bytes`.
pub fn encode_into<T: Encode<()>>(value: &T, bytes: &mut Vec<u8>) {
    match minicbor::encode(value, bytes) {
        Ok(()) => {}
        Err(never) => unreachable!("writing to memory failed: {never}"),
    }
}

/// Decodes exactly one value from at most `limit` bytes.
///
/// # Errors
/// [`DecodeError`] if the input is too large, malformed, or longer than the value.
pub fn decode<'b, T: Decode<'b, ()>>(bytes: &'b [u8], limit: usize) -> Result<T, DecodeError> {
    if bytes.len() > limit {
        return Err(DecodeError::TooLarge { size: bytes.len(), limit });
    }
    let mut decoder = minicbor::Decoder::new(bytes);
    let value = decoder.decode().map_err(|_| DecodeError::Malformed)?;
    if decoder.position() == bytes.len() { Ok(value) } else { Err(DecodeError::Trailing) }
}
