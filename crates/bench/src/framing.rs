//! WebSocket framing (RFC 6455) as far as a session needs it: whole binary messages, and what keeps a connection up.

use anyhow::{Result, bail};

/// Longest header of a frame that a client writes: two bytes, a length of eight, a mask of four.
pub(crate) const MAX_HEADER: usize = 14;

/// Asks for a session. The key is the one of RFC 6455's example: it protects from caches that mistake one protocol for
/// another, and there are none in between.
pub(crate) fn upgrade(host: &str) -> String {
    format!(
        "GET /v1/session HTTP/1.1\r\nHost: {host}\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n\
         Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Version: 13\r\n\r\n"
    )
}

/// The length of the relay's answer to [`upgrade`], or `None` while it is not complete.
pub(crate) fn upgraded(bytes: &[u8]) -> Result<Option<usize>> {
    let Some(end) = bytes.windows(4).position(|window| window == b"\r\n\r\n") else { return Ok(None) };
    let head = String::from_utf8_lossy(&bytes[..end]);
    let status = head.lines().next().unwrap_or_default();
    if !status.starts_with("HTTP/1.1 101") || !head.contains("s3pPLMBiTxaQ9kYGzzhZRbK+xOo=") {
        bail!("the relay opens no session: it answers {status:?}");
    }
    Ok(Some(end + 4))
}

/// What a frame is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Kind {
    Binary = 2,
    Close = 8,
    Ping = 9,
    Pong = 10,
}

/// A frame at the beginning of some bytes.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Header {
    pub(crate) kind: Kind,
    /// Where the payload begins.
    pub(crate) start: usize,
    /// Where it ends, and the next frame begins.
    pub(crate) end: usize,
}

impl Header {
    /// Reads the header of a relay's frame; `None` while it, or what follows it, is not complete.
    pub(crate) fn of(bytes: &[u8]) -> Result<Option<Self>> {
        let [first, second, rest @ ..] = bytes else { return Ok(None) };
        let kind = match first {
            0x82 => Kind::Binary,
            0x88 => Kind::Close,
            0x89 => Kind::Ping,
            0x8a => Kind::Pong,
            other => bail!("the relay sent a WebSocket frame that no session has: {other:#x}"),
        };
        let (start, length): (usize, usize) = match (second, rest) {
            (126, [a, b, ..]) => (4, usize::from(u16::from_be_bytes([*a, *b]))),
            (127, [a, b, c, d, e, f, g, h, ..]) => {
                (10, usize::try_from(u64::from_be_bytes([*a, *b, *c, *d, *e, *f, *g, *h]))?)
            }
            (126 | 127, _) => return Ok(None),
            (128.., _) => bail!("the relay masked a frame, which only clients do"),
            (length, _) => (2, usize::from(*length)),
        };
        let Some(end) = start.checked_add(length) else { bail!("the relay announced an endless frame") };
        Ok((bytes.len() >= end).then_some(Self { kind, start, end }))
    }
}

/// Appends a frame with its header to `out`.
///
/// The mask is zero. RFC 6455 asks for one that scripts in a browser cannot guess, to protect proxies from them; here
/// is neither, and a mask of zero leaves bytes as they are, so that what was encoded once can be sent many times. The
/// relay unmasks as ever.
pub(crate) fn append(out: &mut Vec<u8>, kind: Kind, payload: &[u8]) {
    out.push(0x80 | kind as u8);
    match (u16::try_from(payload.len()), payload.len()) {
        (_, length @ ..=125) => out.push(0x80 | length as u8),
        (Ok(length), _) => {
            out.push(0x80 | 126);
            out.extend_from_slice(&length.to_be_bytes());
        }
        (Err(_), length) => {
            out.push(0x80 | 127);
            out.extend_from_slice(&(length as u64).to_be_bytes());
        }
    }
    out.extend_from_slice(&[0; 4]);
    out.extend_from_slice(payload);
}

#[cfg(test)]
mod tests {
    use super::*;

    /// As a relay would write it: without a mask.
    fn from_relay(payload: &[u8]) -> Vec<u8> {
        let mut bytes = Vec::new();
        append(&mut bytes, Kind::Binary, payload);
        let mask = bytes.len() - payload.len() - 4;
        bytes.drain(mask..mask + 4);
        bytes[1] &= 0x7f;
        bytes
    }

    #[test]
    fn frames_of_every_length_are_read_as_written() {
        for length in [0, 1, 125, 126, 127, 65_535, 65_536, 300_000] {
            let payload = vec![7; length];
            let bytes = from_relay(&payload);
            let header = Header::of(&bytes).expect("a frame").expect("complete");
            assert_eq!(header.kind, Kind::Binary);
            assert_eq!(bytes[header.start..header.end], payload);
            assert_eq!(header.end, bytes.len());
            for cut in [0, 1, header.start - 1, bytes.len() - 1] {
                assert_eq!(Header::of(&bytes[..cut]).expect("no error"), None, "{length} cut at {cut}");
            }
        }
    }

    #[test]
    fn what_no_session_has_is_an_error() {
        assert!(Header::of(&[0x81, 0]).is_err(), "text");
        assert!(Header::of(&[0x02, 0]).is_err(), "a fragment");
        assert!(Header::of(&[0x82, 0x80]).is_err(), "a mask");
    }

    #[test]
    fn only_the_right_answer_opens_a_session() {
        let good = b"HTTP/1.1 101 Switching Protocols\r\nsec-websocket-accept: s3pPLMBiTxaQ9kYGzzhZRbK+xOo=\r\n\r\nrest";
        assert_eq!(upgraded(good).expect("good"), Some(good.len() - 4));
        assert_eq!(upgraded(&good[..20]).expect("incomplete"), None);
        assert!(upgraded(b"HTTP/1.1 404 Not Found\r\n\r\n").is_err());
    }
}
