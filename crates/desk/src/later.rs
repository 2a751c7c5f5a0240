//! What later versions add to an enum: kept apart, so that one unknown variant does not take everything around it with it.

use minicbor::{Decode, Decoder, decode};

/// Reads an enum, or `later` in place of a variant that this version does not know.
pub(crate) fn known_or<'b, C, T: Decode<'b, C>>(
    d: &mut Decoder<'b>,
    ctx: &mut C,
    later: T,
) -> Result<T, decode::Error> {
    let start = d.position();
    match d.decode_with(ctx) {
        Err(error) if error.is_unknown_variant() => {
            d.set_position(start);
            d.skip()?;
            Ok(later)
        }
        result => result,
    }
}
