//! WebSocket framing of the relay's side (RFC 6455), without sockets: bytes in, messages out, and back.
//!
//! Frames are read in place from whatever buffer holds them, so that a session that waits needs no buffer at all. A
//! message that comes in fragments is put together, up to [`limits::MAX_FRAME`].

use std::io::Cursor;
use std::ops::Range;

use kuvert_wire::limits;
use tungstenite::protocol::frame::FrameHeader;
use tungstenite::protocol::frame::coding::{Control, Data, OpCode};

/// Longest payload of a control frame (RFC 6455, section 5.5).
const MAX_CONTROL: u64 = 125;

/// What a client sent.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Message<'b> {
    Binary(&'b [u8]),
    Text,
    Ping(&'b [u8]),
    Pong,
    Close,
}

/// The client does not speak WebSocket, or sends more than it may.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Violation;

/// Puts messages together.
#[derive(Default)]
pub(super) struct Reader {
    /// Fragments of a message whose end has not come.
    fragments: Vec<u8>,
    /// Whether a fragmented message is under way, and whether it is text.
    under_way: Option<bool>,
}

impl Reader {
    /// Bytes that are kept for a message whose end has not come.
    pub(super) fn held(&self) -> usize {
        self.fragments.len()
    }

    /// Reads the first frame of `bytes`, which are unmasked in place, and shows `take` the message that ends with it, if
    /// one does. Returns how many bytes the frame had, or `None` if it is not complete.
    pub(super) fn read<T>(
        &mut self,
        bytes: &mut [u8],
        take: impl FnOnce(Message<'_>) -> T,
    ) -> Result<Option<(usize, Option<T>)>, Violation> {
        let Some((header, payload)) = head(bytes)? else { return Ok(None) };
        let end = payload.end;
        if end > bytes.len() {
            return Ok(None);
        }
        let payload = &mut bytes[payload];
        unmask(payload, header.mask.ok_or(Violation)?);
        let taken = match (header.opcode, header.is_final, self.under_way) {
            (OpCode::Control(Control::Ping), true, _) => Some(take(Message::Ping(payload))),
            (OpCode::Control(Control::Pong), true, _) => Some(take(Message::Pong)),
            (OpCode::Control(Control::Close), true, _) => Some(take(Message::Close)),
            (OpCode::Data(Data::Binary), true, None) => Some(take(Message::Binary(payload))),
            (OpCode::Data(Data::Text), true, None) => Some(take(Message::Text)),
            (OpCode::Data(kind @ (Data::Binary | Data::Text)), false, None) => {
                self.under_way = Some(kind == Data::Text);
                self.fragments.extend_from_slice(payload);
                None
            }
            (OpCode::Data(Data::Continue), is_final, Some(text)) => {
                if self.fragments.len() + payload.len() > limits::MAX_FRAME {
                    return Err(Violation);
                }
                self.fragments.extend_from_slice(payload);
                is_final.then(|| {
                    self.under_way = None;
                    let whole = std::mem::take(&mut self.fragments);
                    take(if text { Message::Text } else { Message::Binary(&whole) })
                })
            }
            _ => return Err(Violation),
        };
        Ok(Some((end, taken)))
    }
}

/// Reads a frame's header; returns it with the place of the payload, which may not have come yet.
fn head(bytes: &[u8]) -> Result<Option<(FrameHeader, Range<usize>)>, Violation> {
    let mut cursor = Cursor::new(bytes);
    let Some((header, length)) = FrameHeader::parse(&mut cursor).map_err(|_| Violation)? else {
        return Ok(None);
    };
    let control = matches!(header.opcode, OpCode::Control(_));
    let limit = if control { MAX_CONTROL } else { limits::MAX_FRAME as u64 };
    let reserved = header.rsv1 || header.rsv2 || header.rsv3;
    if header.mask.is_none() || reserved || length > limit || (control && !header.is_final) {
        return Err(Violation);
    }
    let (start, length) = (cursor.position(), usize::try_from(length).map_err(|_| Violation)?);
    let start = usize::try_from(start).map_err(|_| Violation)?;
    Ok(Some((header, start..start + length)))
}

fn unmask(payload: &mut [u8], mask: [u8; 4]) {
    if mask == [0; 4] {
        return;
    }
    let wide = u64::from_ne_bytes([mask[0], mask[1], mask[2], mask[3], mask[0], mask[1], mask[2], mask[3]]);
    let (chunks, rest) = payload.as_chunks_mut::<8>();
    for chunk in chunks {
        *chunk = (u64::from_ne_bytes(*chunk) ^ wide).to_ne_bytes();
    }
    for (byte, mask) in rest.iter_mut().zip(mask.iter().cycle()) {
        *byte ^= mask;
    }
}

/// Appends a binary message to `out`.
pub(super) fn write_binary(payload: &[u8], out: &mut Vec<u8>) {
    write(OpCode::Data(Data::Binary), payload, out);
}

/// Appends a ping to `out`.
pub(super) fn write_ping(out: &mut Vec<u8>) {
    write(OpCode::Control(Control::Ping), &[], out);
}

/// Appends the answer to a ping to `out`.
pub(super) fn write_pong(payload: &[u8], out: &mut Vec<u8>) {
    write(OpCode::Control(Control::Pong), payload, out);
}

/// Appends an orderly end (status 1000) to `out`.
pub(super) fn write_close(out: &mut Vec<u8>) {
    write(OpCode::Control(Control::Close), &1000_u16.to_be_bytes(), out);
}

fn write(opcode: OpCode, payload: &[u8], out: &mut Vec<u8>) {
    let header = FrameHeader { is_final: true, opcode, mask: None, ..FrameHeader::default() };
    if header.format(payload.len() as u64, out).is_err() {
        unreachable!("writing to memory does not fail");
    }
    out.extend_from_slice(payload);
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn frame(first: u8, payload: &[u8], mask: [u8; 4]) -> Vec<u8> {
        let opcode = OpCode::from(first & 0x0f);
        let is_final = first & 0x80 != 0;
        let header = FrameHeader { is_final, opcode, mask: Some(mask), ..FrameHeader::default() };
        let mut bytes = Vec::new();
        header.format(payload.len() as u64, &mut bytes).expect("formats");
        bytes.extend(payload.iter().zip(mask.iter().cycle()).map(|(byte, mask)| byte ^ mask));
        bytes
    }

    fn owned(message: Message<'_>) -> Vec<u8> {
        match message {
            Message::Binary(bytes) | Message::Ping(bytes) => bytes.to_vec(),
            _ => Vec::new(),
        }
    }

    #[test]
    fn a_message_is_read_once_it_is_complete() {
        for len in [0, 1, 7, 8, 9, 125, 126, 65_535, 65_536] {
            let payload: Vec<u8> = (0..len).map(|n| n as u8).collect();
            let whole = frame(0x82, &payload, [1, 2, 3, 4]);
            for cut in [0, 1, 2, 5, whole.len().saturating_sub(1)] {
                let mut part = whole[..cut.min(whole.len() - 1)].to_vec();
                assert_eq!(Reader::default().read(&mut part, owned), Ok(None));
            }
            let mut bytes = [whole.as_slice(), b"next"].concat();
            assert_eq!(Reader::default().read(&mut bytes, owned), Ok(Some((whole.len(), Some(payload)))));
        }
    }

    #[test]
    fn fragments_make_one_message_with_control_frames_between() {
        let mut reader = Reader::default();
        let mut feed = |mut bytes: Vec<u8>| reader.read(&mut bytes, owned).map(|read| read.map(|r| r.1));
        assert_eq!(feed(frame(0x02, b"one ", [9; 4])), Ok(Some(None)));
        assert_eq!(feed(frame(0x89, b"ping", [9; 4])), Ok(Some(Some(b"ping".to_vec()))));
        assert_eq!(feed(frame(0x00, b"two ", [0; 4])), Ok(Some(None)));
        assert_eq!(feed(frame(0x80, b"three", [7; 4])), Ok(Some(Some(b"one two three".to_vec()))));
        assert_eq!(feed(frame(0x80, b"four", [7; 4])), Err(Violation), "nothing to continue");
    }

    #[test]
    fn a_message_beyond_the_bound_is_a_violation_before_it_is_here() {
        // RELAY-5: MAX_FRAME
        let read = |bytes: &mut [u8]| Reader::default().read(bytes, |_| ());
        let mut largest = frame(0x82, &vec![0; limits::MAX_FRAME], [1; 4]);
        let len = largest.len();
        assert_eq!(read(&mut largest), Ok(Some((len, Some(())))));
        let larger = frame(0x82, &vec![0; limits::MAX_FRAME + 1], [1; 4]);
        assert_eq!(read(&mut larger[..14].to_vec()), Err(Violation));
        let mut reader = Reader::default();
        let mut part = frame(0x02, &vec![0; limits::MAX_FRAME], [1; 4]);
        assert_eq!(reader.read(&mut part, |_| ()).map(|read| read.map(|r| r.1)), Ok(Some(None)));
        assert_eq!(reader.read(&mut frame(0x80, b"1", [1; 4]), |_| ()), Err(Violation));
    }

    #[test]
    fn what_a_client_must_not_send_is_a_violation() {
        let unmasked = vec![0x82, 1, 0];
        let mut reserved = frame(0x82, b"a", [1; 4]);
        reserved[0] |= 0x40;
        let long_ping = frame(0x89, &[0; 126], [1; 4]);
        let cut_ping = frame(0x09, b"a", [1; 4]);
        let unknown = vec![0x83, 0x80, 0, 0, 0, 0];
        for mut bytes in [unmasked, reserved, long_ping, cut_ping, unknown] {
            assert_eq!(Reader::default().read(&mut bytes, |_| ()), Err(Violation));
        }
        let mut reader = Reader::default();
        assert!(reader.read(&mut frame(0x02, b"a", [1; 4]), |_| ()).is_ok());
        assert_eq!(reader.read(&mut frame(0x82, b"a", [1; 4]), |_| ()), Err(Violation), "one at a time");
    }

    proptest! {
        #[test]
        fn any_bytes_are_read_without_panic_and_within_bounds(mut bytes: Vec<u8>) {
            let mut reader = Reader::default();
            let mut at = 0;
            while let Ok(Some((len, _))) = reader.read(&mut bytes[at..], |_| ()) {
                prop_assert!(len > 0);
                at += len;
            }
            prop_assert!(at <= bytes.len() && reader.held() <= limits::MAX_FRAME);
        }
    }
}
