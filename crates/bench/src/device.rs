//! Devices as a relay sees them: an inbox each, and requests that were encoded once and are sent many times.

use std::ops::Range;

use anyhow::{Context, Result, bail};
use aws_lc_rs::aead::{Aad, CHACHA20_POLY1305, LessSafeKey, Nonce, UnboundKey};
use ed25519_dalek::SigningKey;
use kuvert_wire::{
    Ack, Challenge, ClientFrame, Deposit, DepositKey, Generation, InboxId, InboxKeys, Own, OwnerKey,
    OwnerProof, PostId, RelayFrame, SealKey, SealKeyPair, SealingKey, Token, decode, derive_key, encode,
    limits,
};
use minicbor::Decoder;

use crate::framing::{self, Kind};
use crate::net::{Id, Outbox};

/// Place of the request's number in its body. What follows is filler.
const NUMBER: usize = 8;
/// Number of an `Entries` frame, of which most of the traffic consists.
const ENTRIES: u32 = 2;

/// An inbox with its keys.
pub(crate) struct Device {
    owner: SigningKey,
    owner_key: OwnerKey,
    seal_secret: [u8; 32],
    seal_key: SealKey,
    deposit_key: DepositKey,
}

impl Device {
    /// The `n`-th device of a run.
    pub(crate) fn new(run: &[u8; 32], n: usize) -> Self {
        let key = |label| *derive_key(run, label, &(n as u64).to_be_bytes());
        let owner = SigningKey::from_bytes(&key("kuvert bench owner"));
        let seal_secret = key("kuvert bench seal");
        Self {
            owner_key: OwnerKey::new(owner.verifying_key().to_bytes()),
            owner,
            seal_key: SealKeyPair::from_bytes(seal_secret).public(),
            seal_secret,
            deposit_key: DepositKey::new(key("kuvert bench deposit")),
        }
    }

    pub(crate) fn inbox(&self) -> InboxId {
        InboxId::of(&self.owner_key)
    }

    pub(crate) fn token(&self) -> Token {
        self.deposit_key.token([3; 16])
    }

    pub(crate) fn opener(&self) -> Opener {
        Opener { pair: SealKeyPair::from_bytes(self.seal_secret), agreed: None }
    }

    fn own(&self, origin: &str, challenge: &Challenge, held: Held) -> ClientFrame {
        let keys = InboxKeys { seal_key: self.seal_key, deposit_key: self.deposit_key.clone(), invite: None };
        ClientFrame::Own(Own {
            owner: self.owner_key,
            origin: origin.to_owned(),
            signature: OwnerProof { origin, challenge }.sign(&self.owner),
            acknowledged: held.last,
            create: Some(keys),
            generation: held.generation,
        })
    }
}

/// A request's id: who sends it, and its number there. Unique among the runs against one relay.
pub(crate) fn request_id(run: &[u8; 32], sender: usize, number: u64) -> [u8; 16] {
    let mut id = [0; 16];
    id[..4].copy_from_slice(&run[..4]);
    id[4..8].copy_from_slice(&(sender as u32).to_be_bytes());
    id[8..].copy_from_slice(&number.to_be_bytes());
    id
}

/// The number in a request's id.
pub(crate) fn number_of(id: &PostId) -> u64 {
    let [.., a, b, c, d, e, f, g, h] = *id.as_bytes();
    u64::from_be_bytes([a, b, c, d, e, f, g, h])
}

/// A request as it goes over the wire, but for its id and the number in its body.
pub(crate) struct Template {
    frame: Vec<u8>,
    id_at: usize,
    body_at: usize,
}

impl Template {
    /// A deposit into `device`'s inbox, with a body of `payload` bytes.
    pub(crate) fn deposit(device: &Device, payload: usize) -> Result<Self> {
        let request =
            |id, body| Deposit { id: PostId::new(id), inbox: device.inbox(), token: device.token(), body };
        Self::new(payload, |id, body| ClientFrame::Deposit(request(id, body)))
    }

    /// A request whose frame holds an id and a body of `payload` bytes.
    pub(crate) fn new(payload: usize, request: impl Fn([u8; 16], Vec<u8>) -> ClientFrame) -> Result<Self> {
        if !(NUMBER..=limits::MAX_BODY).contains(&payload) {
            bail!("a payload has {NUMBER} to {} bytes", limits::MAX_BODY);
        }
        // Two encodings that differ in nothing but the id, and two that differ in nothing but the number, show where
        // these are.
        let filler: Vec<u8> = (0..payload).map(|place| place as u8 | 1).collect();
        let encoded = |id: u8, number: u8| {
            let mut body = filler.clone();
            body[..NUMBER].fill(number);
            let mut frame = Vec::new();
            framing::append(&mut frame, Kind::Binary, &encode(&request([id; 16], body)));
            frame
        };
        let frame = encoded(0, 0);
        let differs = |other: &[u8]| frame.iter().zip(other).position(|(one, other)| one != other);
        let id_at = differs(&encoded(0xff, 0)).context("the request has no id")?;
        let body_at = differs(&encoded(0, 0xff)).context("the request has no body")?;
        Ok(Self { frame, id_at, body_at })
    }

    /// Appends the request named `id`, with `number` in its body.
    pub(crate) fn append(&self, out: &mut Vec<u8>, id: &[u8; 16], number: u64) {
        let start = out.len();
        out.extend_from_slice(&self.frame);
        let frame = &mut out[start..];
        frame[self.id_at..self.id_at + 16].copy_from_slice(id);
        frame[self.body_at..self.body_at + NUMBER].copy_from_slice(&number.to_be_bytes());
    }
}

/// What a device learns from an entry that was delivered.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Delivered {
    /// 0 for a deposit, 1 for a post, 2 for a commit.
    pub(crate) kind: u32,
    /// Epoch of a post or commit.
    pub(crate) epoch: u64,
    /// The number in the body.
    pub(crate) number: u64,
}

impl Delivered {
    /// Reads an encoded `Entry`.
    fn read(entry: &[u8]) -> Result<Self> {
        let mut decoder = Decoder::new(entry);
        decoder.array()?;
        let kind = decoder.u32()?;
        decoder.array()?;
        let mut epoch = 0;
        match kind {
            0 => {}
            1 | 2 => {
                decoder.bytes()?;
                decoder.u64()?;
                epoch = decoder.u64()?;
                decoder.bytes()?;
            }
            _ => bail!("the relay delivered a gap, or an entry that this program does not know"),
        }
        let number = decoder.bytes()?.first_chunk::<NUMBER>().context("a body without a number")?;
        Ok(Self { kind, epoch, number: u64::from_be_bytes(*number) })
    }
}

/// Opens the entries of one inbox where they lie. Agrees on a key only when the relay's ephemeral key has changed, and
/// uses the fastest cipher at hand: this is the generator's largest cost.
pub(crate) struct Opener {
    pair: SealKeyPair,
    agreed: Option<([u8; 32], LessSafeKey)>,
}

impl Opener {
    /// The encoded entry in the sealed bytes that were delivered as `seq`.
    fn open<'a>(&mut self, seq: u64, sealed: &'a mut [u8]) -> Option<&'a [u8]> {
        let (ephemeral, sealed) = sealed.split_first_chunk_mut::<32>()?;
        let key = match &mut self.agreed {
            Some((known, key)) if known == ephemeral => key,
            agreed => {
                let key = UnboundKey::new(&CHACHA20_POLY1305, &*self.pair.agree(ephemeral)).ok()?;
                &mut agreed.insert((*ephemeral, LessSafeKey::new(key))).1
            }
        };
        let nonce = Nonce::assume_unique_for_key(SealingKey::nonce(seq));
        key.open_in_place(nonce, Aad::from(&*ephemeral), sealed).ok().map(|plain| &*plain)
    }
}

/// What a device holds of its inbox.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct Held {
    /// Last seq that was delivered.
    last: u64,
    /// The relay's generation, once it is known.
    generation: Option<Generation>,
}

/// The receiving side of a device: an owner session.
pub(crate) struct Receiver {
    opener: Opener,
    held: Held,
    /// Last seq that was acknowledged.
    acknowledged: u64,
    /// The session is owned, and everything that waited has come.
    live: bool,
    /// Entries whose seq did not follow the one before.
    holes: u64,
}

impl Receiver {
    /// A device that goes on from what it holds.
    pub(crate) fn new(device: &Device, held: Held) -> Self {
        Self { opener: device.opener(), held, acknowledged: held.last, live: false, holes: 0 }
    }

    pub(crate) fn is_live(&self) -> bool {
        self.live
    }

    /// What was delivered.
    pub(crate) fn held(&self) -> Held {
        self.held
    }

    /// How often the seqs had a hole or went back since this was last asked (RELAY-2).
    pub(crate) fn take_holes(&mut self) -> u64 {
        std::mem::take(&mut self.holes)
    }

    /// Takes a frame of the relay, and opens the entries in it.
    pub(crate) fn frame(
        &mut self,
        (device, origin): (&Device, &str),
        (out, id): (&mut Outbox, Id),
        payload: &mut [u8],
        mut each: impl FnMut(Delivered) -> Result<()>,
    ) -> Result<()> {
        if let Some((first, sealed)) = entries(payload)? {
            for (seq, place) in (first..).zip(sealed) {
                let entry = self.opener.open(seq, &mut payload[place]);
                each(Delivered::read(entry.context("an entry does not open for its owner")?)?)?;
                self.holes += u64::from(seq != self.held.last + 1);
                self.held.last = seq;
            }
            return Ok(());
        }
        match decode(payload, limits::MAX_FRAME)? {
            RelayFrame::Hello(hello) => {
                let own = device.own(origin, &hello.challenge, self.held);
                out.send(id, &encode(&own));
            }
            RelayFrame::Owned(owned) => self.held.generation = Some(owned.generation),
            RelayFrame::Live => self.live = true,
            other => bail!("the relay answers an owner with {other:?}"),
        }
        Ok(())
    }

    /// Acknowledges what came.
    pub(crate) fn acknowledge(&mut self, out: &mut Outbox, id: Id) {
        if self.acknowledged < self.held.last {
            self.acknowledged = self.held.last;
            out.send(id, &encode(&ClientFrame::Ack(Ack { seq: self.held.last })));
        }
    }
}

/// Where the entries of an `Entries` frame lie, and the seq of the first; `None` for any other frame.
fn entries(payload: &[u8]) -> Result<Option<(u64, Vec<Range<usize>>)>> {
    let mut decoder = Decoder::new(payload);
    decoder.array()?;
    if decoder.u32()? != ENTRIES {
        return Ok(None);
    }
    decoder.array()?;
    decoder.array()?;
    let first = decoder.u64()?;
    let count = decoder.array()?.context("a list of unknown length")?;
    let mut places = Vec::with_capacity(usize::try_from(count)?.min(payload.len()));
    for _ in 0..count {
        decoder.array()?;
        let length = decoder.bytes()?.len();
        places.push(decoder.position() - length..decoder.position());
    }
    Ok(Some((first, places)))
}

#[cfg(test)]
impl Device {
    /// A frame in which a relay delivers deposits with these numbers to the device, from seq `first`.
    pub(crate) fn delivery(&self, first: u64, numbers: &[u64]) -> Vec<u8> {
        let sealer = kuvert_wire::EntrySealer::new(&[5; 32], self.inbox(), &self.seal_key);
        let seal = |(seq, number): (u64, &u64)| {
            sealer.seal(seq, &kuvert_wire::Entry::Deposit { body: number.to_be_bytes().to_vec() })
        };
        let sealed = (first..).zip(numbers).map(seal).collect();
        encode(&RelayFrame::Entries(kuvert_wire::Entries { first, sealed }))
    }
}

#[cfg(test)]
mod tests {
    use kuvert_wire::{ChannelId, Entries, Entry, EntrySealer};

    use super::*;

    #[test]
    fn a_template_encodes_what_the_protocol_encodes() {
        let device = Device::new(&[1; 32], 0);
        let template = Template::deposit(&device, 512).expect("a template");
        let id = request_id(&[1; 32], 3, 77);
        let mut out = Vec::new();
        template.append(&mut out, &id, 77);
        let payload = out.len() - {
            let mut whole = Vec::new();
            framing::append(&mut whole, Kind::Binary, &[0; 600]);
            whole.len() - 600
        };
        let payload = &out[out.len() - payload..];
        let ClientFrame::Deposit(deposit) = decode(payload, limits::MAX_FRAME).expect("a frame") else {
            panic!("another frame");
        };
        assert_eq!(deposit.id, PostId::new(id));
        assert_eq!(number_of(&deposit.id), 77);
        assert_eq!(deposit.body.len(), 512);
        assert_eq!(deposit.body[..8], 77u64.to_be_bytes());
        assert!(Template::deposit(&device, 7).is_err());
    }

    #[test]
    fn a_receiver_opens_entries_where_they_lie() {
        let device = Device::new(&[1; 32], 0);
        let sealer = EntrySealer::new(&[5; 32], device.inbox(), &device.seal_key);
        let body = |n: u64| [n.to_be_bytes().as_slice(), b"filler"].concat();
        let (channel, id) = (ChannelId::new([1; 16]), PostId::new([2; 16]));
        let sent = [
            Entry::Deposit { body: body(5) },
            Entry::Post { channel, seq: 1, epoch: 3, id, body: body(6) },
            Entry::Commit { channel, seq: 2, epoch: 4, id, body: body(7) },
        ];
        let sealed = (1..).zip(&sent).map(|(seq, entry)| sealer.seal(seq, entry)).collect();
        let mut frame = encode(&RelayFrame::Entries(Entries { first: 1, sealed }));
        let (first, places) = entries(&frame).expect("a frame").expect("entries");
        let mut opener = device.opener();
        let mut found = Vec::new();
        for (seq, place) in (first..).zip(places) {
            let entry = opener.open(seq, &mut frame[place]).expect("opens");
            let delivered = Delivered::read(entry).expect("an entry");
            found.push((delivered.kind, delivered.epoch, delivered.number));
        }
        assert_eq!(found, [(0, 0, 5), (1, 3, 6), (2, 4, 7)]);
        assert!(entries(&encode(&RelayFrame::Live)).expect("a frame").is_none());
    }
}
