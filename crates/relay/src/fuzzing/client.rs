//! The other end of a session, which checks what the relay sends.

use std::io::Cursor;

use futures_util::FutureExt;
use kuvert_wire::{Challenge, ClientFrame, Own, OwnerKey, OwnerProof, RelayFrame, decode, encode, limits};
use tokio::io::{AsyncReadExt, AsyncWriteExt, DuplexStream};
use tungstenite::protocol::frame::FrameHeader;
use tungstenite::protocol::frame::coding::{Control, Data, OpCode};

use super::people::{ORIGIN, device};
use super::script::{Claim, masked};

/// See the [module](self).
pub(super) struct Client {
    pipe: DuplexStream,
    /// What came and is not a whole frame yet.
    received: Vec<u8>,
    challenge: Challenge,
    /// Whose ownership was claimed last, and whose was proven.
    claimed: u8,
    owned: Option<u8>,
    /// Last seq that came.
    last: u64,
}

impl Client {
    pub(super) fn new(pipe: DuplexStream) -> Self {
        let challenge = Challenge::new([0; 32]);
        Self { pipe, received: Vec::new(), challenge, claimed: 0, owned: None, last: 0 }
    }

    /// Sends what the pipe takes; returns how much. A session that is over takes everything.
    pub(super) fn send(&mut self, bytes: &[u8]) -> usize {
        let mut sent = 0;
        while sent < bytes.len() {
            match self.pipe.write(&bytes[sent..]).now_or_never() {
                Some(Ok(more)) => sent += more,
                Some(Err(_)) => return bytes.len(),
                None => break,
            }
        }
        sent
    }

    /// Reads what has come.
    pub(super) fn read(&mut self) {
        while let Some(Ok(1..)) = self.pipe.read_buf(&mut self.received).now_or_never() {}
        self.frames();
    }

    /// Says goodbye, and reads to the end.
    pub(super) async fn leave(mut self) {
        let (mut from, mut to) = tokio::io::split(self.pipe);
        let leave = async {
            let said = to.write_all(&masked(0x88, &[])).await;
            said.and(to.shutdown().await)
        };
        let read = async { while let Ok(1..) = from.read_buf(&mut self.received).await {} };
        // A session that ended before takes no goodbye.
        let (_, ()) = tokio::join!(leave, read);
        self.pipe = from.unsplit(to);
        self.frames();
    }

    /// A frame that proves ownership to this session.
    pub(super) fn proof(&mut self, claim: &Claim) -> Vec<u8> {
        let person = device(claim.device);
        let origin = if claim.flags & 1 == 0 { ORIGIN } else { "http://elsewhere" };
        let stale = Challenge::new([9; 32]);
        let challenge = if claim.flags & 2 == 0 { &self.challenge } else { &stale };
        let own = Own {
            owner: OwnerKey::new(person.owner.verifying_key().to_bytes()),
            origin: origin.into(),
            signature: OwnerProof { origin, challenge }.sign(&person.owner),
            acknowledged: claim.acknowledged,
            create: (claim.flags & 4 == 0).then(|| person.keys()),
            generation: None,
        };
        self.claimed = claim.device;
        masked(0x82, &encode(&ClientFrame::Own(own)))
    }

    fn frames(&mut self) {
        let received = std::mem::take(&mut self.received);
        let mut at = 0;
        loop {
            let mut cursor = Cursor::new(&received[at..]);
            let Some((header, len)) = FrameHeader::parse(&mut cursor).expect("the relay frames well") else {
                break;
            };
            let len = usize::try_from(len).expect("fits");
            let begin = at + usize::try_from(cursor.position()).expect("fits");
            assert!(header.mask.is_none() && header.is_final && len <= limits::MAX_FRAME);
            let Some(payload) = received.get(begin..begin + len) else { break };
            match header.opcode {
                OpCode::Data(Data::Binary) => {
                    self.frame(decode(payload, limits::MAX_FRAME).expect("a frame of the protocol"));
                }
                OpCode::Control(Control::Ping | Control::Pong | Control::Close) => {}
                other => panic!("the relay sends no such frame: {other:?}"),
            }
            at = begin + len;
        }
        self.received = received[at..].to_vec();
    }

    fn frame(&mut self, frame: RelayFrame) {
        match frame {
            RelayFrame::Hello(hello) => self.challenge = hello.challenge,
            RelayFrame::Owned(_) => {
                assert_eq!(self.owned.replace(self.claimed), None, "a session owns one inbox");
            }
            RelayFrame::Entries(entries) => {
                let owner = device(self.owned.expect("entries come to their owner"));
                assert!(entries.first > self.last, "entries come once, in order");
                assert!(!entries.sealed.is_empty(), "a frame of entries holds some");
                for (seq, sealed) in (entries.first..).zip(&entries.sealed) {
                    assert!(owner.seal.open(seq, sealed).is_ok(), "an entry opens for its owner");
                    self.last = seq;
                }
            }
            RelayFrame::Live => assert!(self.owned.is_some(), "only an owner's session becomes live"),
            _ => {}
        }
    }
}
