//! The sessions that ask for something.

use anyhow::{Context, Result, bail};
use kuvert_wire::{ClientFrame, ErrorCode, PostId, RelayFrame, decode, encode, limits};
use rand_chacha::ChaCha8Rng;
use rand_core::RngCore;

use super::ledger::{Answer, Kind, Ledger};
use crate::channel::Channel;
use crate::device::{Device, Template, number_of, request_id};
use crate::framing;
use crate::net::{Id, Outbox};

/// Requests of one session that may be under way.
const WINDOW: usize = 16;
/// One request to a channel in so many is a commit.
const COMMITS: u32 = 8;
/// Bytes in the body of a request.
const PAYLOAD: usize = 256;

/// Number in the id of a request that asks which epoch a channel is in.
const PROBE: u64 = u64::MAX;
/// Number in the ids of the requests that create the channels.
const CREATE: u64 = u64::MAX - 1;

/// All that is needed to ask for something.
pub(super) struct World {
    pub(super) run: [u8; 32],
    pub(super) devices: Vec<Device>,
    pub(super) deposits: Vec<Template>,
    pub(super) channels: Vec<Line>,
    pub(super) random: ChaCha8Rng,
}

/// A channel, and what its members know.
pub(super) struct Line {
    pub(super) channel: Channel,
    pub(super) members: u64,
    /// The epoch that it is in, as far as is known.
    pub(super) epoch: u64,
}

/// Anonymous sessions. The first ones deposit; of the others, two post to each channel.
pub(super) struct Senders {
    depositors: usize,
    /// Numbers of the requests under way, per session.
    pub(super) under_way: Vec<Vec<u64>>,
    pub(super) greeted: usize,
    /// Channels that were created.
    pub(super) created: usize,
    /// Epoch that the relay named when it was asked for one that no channel is in.
    pub(super) probed: Option<u64>,
}

impl World {
    pub(super) fn new(
        run: [u8; 32],
        inboxes: usize,
        channels: usize,
        members: usize,
        random: ChaCha8Rng,
    ) -> Result<Self> {
        let devices: Vec<Device> = (0..inboxes).map(|n| Device::new(&run, n)).collect();
        let line = |n| {
            // Each channel has other members; they overlap.
            let places = || (0..members).map(move |member| (n + member * channels) % inboxes);
            let bits = places().fold(0u64, |bits, place| bits | 1u64 << place);
            let chosen = (0..inboxes).filter(|place| bits & (1 << place) != 0).map(|place| &devices[place]);
            Ok(Line { channel: Channel::new(&run, n, chosen)?, members: bits, epoch: 0 })
        };
        let channels = (0..channels).map(line).collect::<Result<_>>()?;
        let deposit = |device| Template::deposit(device, PAYLOAD);
        let deposits = devices.iter().map(deposit).collect::<Result<_>>()?;
        Ok(Self { run, devices, deposits, channels, random })
    }

    /// A random number below `end`.
    pub(super) fn below(&mut self, end: usize) -> usize {
        self.random.next_u64() as usize % end
    }

    fn deposit(&mut self, ledger: &mut Ledger) -> u64 {
        let inbox = self.below(self.devices.len());
        ledger.add(Kind::Deposit, 1 << inbox, |number| {
            let mut frame = Vec::new();
            self.deposits[inbox].append(&mut frame, &request_id(&self.run, 0, number), number);
            frame
        })
    }

    fn post_or_commit(&mut self, ledger: &mut Ledger, channel: usize) -> u64 {
        let commits = self.random.next_u32().is_multiple_of(COMMITS);
        let Line { channel: of, members, epoch } = &self.channels[channel];
        let (epoch, run) = (*epoch, &self.run);
        let kind = if commits { Kind::Commit { channel, epoch } } else { Kind::Post { channel, epoch } };
        ledger.add(kind, *members, |number| {
            let mut body = vec![1; PAYLOAD];
            body[..8].copy_from_slice(&number.to_be_bytes());
            let id = request_id(run, 0, number);
            let frame = if commits {
                of.commit(epoch, id, body)
            } else {
                ClientFrame::Post(of.post(epoch, id, body))
            };
            let mut bytes = Vec::new();
            framing::append(&mut bytes, framing::Kind::Binary, &encode(&frame));
            bytes
        })
    }
}

impl Senders {
    pub(super) fn new(depositors: usize, channels: usize) -> Self {
        let sessions = depositors + 2 * channels;
        Self { depositors, under_way: vec![Vec::new(); sessions], greeted: 0, created: 0, probed: None }
    }

    pub(super) fn len(&self) -> usize {
        self.under_way.len()
    }

    /// Asks for more on session `n`, whose connection is `id`.
    pub(super) fn fill(
        &mut self,
        world: &mut World,
        ledger: &mut Ledger,
        out: &mut Outbox,
        n: usize,
        id: Id,
    ) {
        while self.under_way[n].len() < WINDOW {
            let number = match n.checked_sub(self.depositors) {
                None => world.deposit(ledger),
                Some(place) => world.post_or_commit(ledger, place / 2),
            };
            out.of(id).extend_from_slice(ledger.frame(number));
            self.under_way[n].push(number);
        }
    }

    /// Asks again, with the same bytes, spread over all sessions, the n-th of which is connection `first + n`.
    pub(super) fn repeat(&mut self, ledger: &Ledger, out: &mut Outbox, first: Id) {
        for (place, number) in ledger.unanswered().into_iter().enumerate() {
            let n = place % self.len();
            out.of(first + n).extend_from_slice(ledger.frame(number));
            self.under_way[n].push(number);
        }
    }

    /// Creates all channels.
    pub(super) fn create(&mut self, world: &World, out: &mut Outbox, id: Id) {
        for (n, line) in world.channels.iter().enumerate() {
            out.send(id, &encode(&line.channel.create(request_id(&world.run, n, CREATE))));
        }
    }

    /// Asks which epoch `line` is in, by a commit in one that cannot be.
    pub(super) fn probe(&mut self, world: &World, out: &mut Outbox, line: &Line, id: Id) {
        self.probed = None;
        let never = u64::from(u32::MAX);
        let request = line.channel.commit(never, request_id(&world.run, 0, PROBE), vec![1; PAYLOAD]);
        out.send(id, &encode(&request));
    }

    /// Takes the relay's answer on session `n`.
    pub(super) fn frame(
        &mut self,
        world: &mut World,
        ledger: &mut Ledger,
        n: usize,
        payload: &[u8],
    ) -> Result<()> {
        match decode(payload, limits::MAX_FRAME)? {
            RelayFrame::Hello(_) => self.greeted += 1,
            RelayFrame::Accepted { id, .. } if number_of(&id) == CREATE => self.created += 1,
            RelayFrame::Accepted { id, .. } => {
                if let Kind::Commit { channel, epoch } = self.answered(ledger, n, &id, Answer::Accepted)? {
                    let line = &mut world.channels[channel];
                    line.epoch = line.epoch.max(epoch + 1);
                }
            }
            RelayFrame::Refused { id, code: ErrorCode::Conflict, epoch } if number_of(&id) == PROBE => {
                self.probed = Some(epoch.context("a conflict names no epoch")?);
            }
            RelayFrame::Refused { id, code: ErrorCode::Conflict, epoch } => {
                let epoch = epoch.context("a conflict names no epoch")?;
                match self.answered(ledger, n, &id, Answer::Conflict)? {
                    Kind::Deposit => bail!("the relay answers a deposit with a conflict"),
                    Kind::Post { channel, .. } | Kind::Commit { channel, .. } => {
                        let line = &mut world.channels[channel];
                        line.epoch = line.epoch.max(epoch);
                    }
                }
            }
            // It goes down, and says so; what is not answered is asked again.
            RelayFrame::Refused { code: ErrorCode::Busy, .. } => {}
            RelayFrame::Refused { code, .. } => bail!("the relay refuses a request: {code}"),
            other => bail!("the relay answers a sender with {other:?}"),
        }
        Ok(())
    }

    fn answered(&mut self, ledger: &mut Ledger, n: usize, id: &PostId, answer: Answer) -> Result<Kind> {
        let number = number_of(id);
        self.under_way[n].retain(|other| *other != number);
        ledger.answered(number, answer)
    }
}
