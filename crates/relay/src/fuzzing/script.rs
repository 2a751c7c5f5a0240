//! Arbitrary bytes, read as steps: each begins with a byte that says which.

use kuvert_wire::{
    Ack, ClientFrame, Commit, CreateChannel, DeleteInbox, Deposit, DepositKey, FetchChannel, PutKeyPackages,
    RenewDepositKey, RevokeTokens, TakeKeyPackage, TokenNonce, WelcomeDeposit, encode,
};

use super::people::{device, id, post, state};

/// What happens next.
pub(super) enum Step {
    /// Another client comes, with bytes behind its upgrade request.
    Connect(Vec<u8>),
    /// Another client acts.
    Turn(usize),
    /// The client is gone without a word, and another one comes in its place.
    Vanish,
    /// Sessions and writer catch up.
    Settle,
    /// The disk begins or ends to fail.
    Disk(bool),
    /// The client reads.
    Read,
    /// The client sends.
    Send(Vec<u8>),
    /// The client proves that it owns an inbox.
    Own(Claim),
}

/// How a client proves ownership.
pub(super) struct Claim {
    pub(super) device: u8,
    /// Bits: another origin, a stale challenge, no keys to create the inbox with.
    pub(super) flags: u8,
    pub(super) acknowledged: u64,
}

/// See the [module](self).
pub(super) struct Script<'b> {
    bytes: &'b [u8],
}

impl<'b> Script<'b> {
    pub(super) fn new(bytes: &'b [u8]) -> Self {
        Self { bytes }
    }

    /// The next step, or `None` at the end.
    pub(super) fn step(&mut self) -> Option<Step> {
        let kind = self.byte()?;
        Some(match kind % 16 {
            0 => Step::Connect(self.some(kind >> 4)),
            1 => Step::Turn(usize::from(kind >> 4)),
            2 if kind < 64 => Step::Vanish,
            2 => Step::Read,
            3 => Step::Disk(kind < 64),
            4 => Step::Settle,
            5 => {
                let len = self.byte()?;
                Step::Send(self.some(len))
            }
            6 => Step::Send(self.web_socket_frame()?),
            7 => {
                Step::Own(Claim { device: kind >> 4, flags: self.byte()?, acknowledged: self.byte()?.into() })
            }
            8 => Step::Send(self.in_parts(kind >> 4)?),
            9 => Step::Send(self.nearly_right()?),
            _ => {
                let frame = self.frame(kind >> 4)?;
                Step::Send(masked(0x82, &encode(&frame)))
            }
        })
    }

    fn byte(&mut self) -> Option<u8> {
        let (first, rest) = self.bytes.split_first()?;
        self.bytes = rest;
        Some(*first)
    }

    /// Up to `len` bytes, as they are.
    fn some(&mut self, len: u8) -> Vec<u8> {
        let (some, rest) = self.bytes.split_at(usize::from(len).min(self.bytes.len()));
        self.bytes = rest;
        some.to_vec()
    }

    /// Any first byte, a payload as long as said or claimed to be so.
    fn web_socket_frame(&mut self) -> Option<Vec<u8>> {
        let (first, len, lie) = (self.byte()?, self.byte()?, self.byte()?);
        let payload = self.some(len);
        let mut frame = masked(first, &payload);
        match lie {
            0 => frame[1] &= 0x7f,
            1 => frame[1] = 0xff,
            2 => frame[1] = 0xfe,
            3 => frame.truncate(frame.len() / 2),
            _ => {}
        }
        Some(frame)
    }

    /// A request in fragments, with a ping between them.
    fn in_parts(&mut self, kind: u8) -> Option<Vec<u8>> {
        let bytes = encode(&self.frame(kind)?);
        let (one, two) = bytes.split_at(usize::from(self.byte()?).min(bytes.len()));
        Some([masked(0x02, one), masked(0x89, b"ping"), masked(0x00, &[]), masked(0x80, two)].concat())
    }

    /// A request with a byte changed, and perhaps cut or longer.
    fn nearly_right(&mut self) -> Option<Vec<u8>> {
        let kind = self.byte()?;
        let mut bytes = encode(&self.frame(kind)?);
        let (place, change, len) = (self.byte()?, self.byte()?, self.byte()?);
        let place = usize::from(place) % bytes.len();
        bytes[place] ^= change;
        match len {
            0..128 => {}
            128..192 => bytes.truncate(bytes.len() - usize::from(len - 128).min(bytes.len())),
            _ => bytes.extend(self.some(len - 192)),
        }
        Some(masked(0x82, &bytes))
    }

    fn frame(&mut self, kind: u8) -> Option<ClientFrame> {
        let (n, whose, value) = (self.byte()?, self.byte()?, self.byte()?);
        let (other, id) = (device(whose), id(n));
        let (inbox, token) = (other.inbox, other.token(whose >> 4));
        Some(match kind % 13 {
            0 => ClientFrame::Ack(Ack { seq: value.into() }),
            1 => ClientFrame::PutKeyPackages(PutKeyPackages {
                id,
                one_time: vec![vec![n; usize::from(whose)].into(); usize::from(value % 40)],
                last_resort: (value >= 128).then(|| vec![value; 3].into()),
                replaces: (value >= 224).then_some(true),
            }),
            2 => ClientFrame::TakeKeyPackage(TakeKeyPackage { id, inbox, token }),
            3 => {
                let (channel, state) = (post(n, value, 0, 0).channel, state(value >> 4, whose, n % 4));
                ClientFrame::CreateChannel(CreateChannel { id, channel, state, inbox, token })
            }
            4 | 5 => ClientFrame::Post(post(n, value, value >> 4, whose)),
            6 | 7 => {
                let (members, epoch) = (self.byte()?, value >> 4);
                let welcome = WelcomeDeposit { inbox, token, body: vec![n; 8], relay: None };
                ClientFrame::Commit(Commit {
                    post: post(n, value, epoch, whose),
                    next: state(epoch + 1, members, members >> 6),
                    welcomes: vec![welcome; usize::from(value >> 1 & 1)],
                })
            }
            8 => {
                let nonces = vec![TokenNonce::new([value % 4; 16]); usize::from(whose)];
                ClientFrame::RevokeTokens(RevokeTokens { id, nonces })
            }
            9 if value < 128 => ClientFrame::DeleteInbox(DeleteInbox { id }),
            9 => {
                let deposit_key = DepositKey::new([whose % 4; 32]);
                ClientFrame::RenewDepositKey(RenewDepositKey { id, deposit_key })
            }
            10 => {
                let post = post(n, value, value >> 4, 0);
                let (channel, epoch, after) = (post.channel, post.epoch, whose.into());
                ClientFrame::FetchChannel(FetchChannel {
                    id,
                    channel,
                    epoch,
                    secret: post.secret.clone(),
                    after,
                })
            }
            11 => ClientFrame::Resume,
            _ => ClientFrame::Deposit(Deposit { id, inbox, token, body: vec![n; usize::from(value)] }),
        })
    }
}

/// A frame as a client sends it.
pub(super) fn masked(first: u8, payload: &[u8]) -> Vec<u8> {
    const MASK: [u8; 4] = [0x5a, 1, 0x80, 0xff];
    let mut frame = vec![first];
    match (u8::try_from(payload.len()), u16::try_from(payload.len())) {
        (Ok(len @ ..126), _) => frame.push(0x80 | len),
        (_, Ok(len)) => {
            frame.push(0x80 | 126);
            frame.extend(len.to_be_bytes());
        }
        _ => {
            frame.push(0x80 | 127);
            frame.extend((payload.len() as u64).to_be_bytes());
        }
    }
    frame.extend(MASK);
    frame.extend(payload.iter().zip(MASK.iter().cycle()).map(|(byte, mask)| byte ^ mask));
    frame
}
