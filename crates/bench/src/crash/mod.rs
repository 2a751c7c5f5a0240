//! `crash`: a relay under load is killed at a random moment and started again on the same data, over and over. What it
//! accepted must be delivered, once (RELAY-1); of the commits to one epoch one wins, and it reaches all members or
//! none (RELAY-3).
//!
//! While the load lasts, some inboxes' owners are connected and acknowledge, others are away. After each restart all
//! requests that were not answered are repeated with the same bytes; then all owners connect and fetch. When the relay
//! has said `Live` to each of them, everything that it accepted must have come.

mod ledger;
mod senders;

use std::time::{Duration, Instant};

use anyhow::{Result, ensure};
use clap::Args;
use rand_chacha::ChaCha8Rng;
use rand_core::SeedableRng;
use serde_json::{Value, json};

use crate::device::{Held, Receiver};
use crate::net::{Id, Net, Outbox, Peer};
use crate::relay::{Relay, Target};
use crate::report::Meter;
use crate::session::{self, Opening};
use ledger::{Ledger, MAX_INBOXES};
use senders::{Senders, World};

/// Options of the scenario.
#[derive(Debug, Args)]
pub(crate) struct Options {
    /// How often the relay is killed
    #[arg(long, default_value_t = 50, value_parser = clap::value_parser!(u32).range(1..=100_000))]
    rounds: u32,
    /// Decides the requests and the moments of the kills [default: another one each time]
    #[arg(long)]
    seed: Option<u64>,
    /// Inboxes
    #[arg(long, default_value_t = 16, value_parser = clap::value_parser!(u32).range(2..=MAX_INBOXES as i64))]
    inboxes: u32,
    /// Channels, each with half of the inboxes as members and two sessions that post and commit
    #[arg(long, default_value_t = 3, value_parser = clap::value_parser!(u32).range(1..=16))]
    channels: u32,
    /// Sessions that deposit
    #[arg(long, default_value_t = 4, value_parser = clap::value_parser!(u32).range(1..=64))]
    senders: u32,
    /// Longest time under load before a kill, in milliseconds
    #[arg(long, default_value_t = 400, value_parser = clap::value_parser!(u32).range(1..=60_000))]
    load_ms: u32,
}

/// Runs the scenario.
pub(crate) fn run(options: &Options, target: &Target) -> Result<Value> {
    ensure!(target.is_own(), "`crash` kills the relay: only one of our own, so leave --relay and --pid out");
    let seed = options.seed.map_or_else(session::random_seed, Ok)?;
    let mut relay = target.start()?;
    let mut round = Round::new(options, seed)?;
    round.create(&relay)?;

    let meter = Meter::start(&relay)?;
    for _ in 0..options.rounds {
        round.load(&mut relay)?;
        relay.restart()?;
        round.heal(&relay)?;
    }
    let measured = meter.stop(&relay, Instant::now())?;

    let found = round.ledger.found;
    let fields = json!({
        "rounds": options.rounds,
        "seed": seed,
        "accepted": found.accepted,
        "delivered": found.delivered,
        "repeated": round.repeated,
        "commits": round.commits(),
        "half_delivered": found.half,
        "wrong_epochs": round.wrong_epochs,
        "refused_and_delivered": found.refused_and_delivered,
        "answers_changed": found.answers_changed,
        "seq_holes": round.seq_holes,
    });
    Ok(measured.line("crash", found.losses, fields))
}

/// What goes on from round to round.
struct Round {
    world: World,
    ledger: Ledger,
    senders: u32,
    longest_load: Duration,
    /// Last seq that each device holds.
    held: Vec<Held>,
    repeated: u64,
    /// Entries whose seq did not follow the one before (RELAY-2).
    seq_holes: u64,
    /// Times that a channel was in another epoch than its commits say.
    wrong_epochs: u64,
}

impl Round {
    fn new(options: &Options, seed: u64) -> Result<Self> {
        let (inboxes, channels) = (options.inboxes as usize, options.channels as usize);
        let random = ChaCha8Rng::seed_from_u64(seed);
        Ok(Self {
            world: World::new(session::run_secret(seed), inboxes, channels, inboxes / 2, random)?,
            ledger: Ledger::default(),
            senders: options.senders,
            longest_load: Duration::from_millis(options.load_ms.into()),
            held: vec![Held::default(); inboxes],
            repeated: 0,
            seq_holes: 0,
            wrong_epochs: 0,
        })
    }

    /// Creates inboxes and channels.
    fn create(&mut self, relay: &Relay) -> Result<()> {
        let mut net = Net::new()?;
        let mut peer = Sessions::new(self, relay, (0..self.held.len()).collect());
        peer.open(&mut net, relay)?;
        peer.senders.create(&peer.round.world, &mut net.out, peer.owners.len());
        let channels = peer.round.world.channels.len();
        session::until(&mut net, &mut peer, |peer| peer.senders.created == channels)
    }

    /// Loads the relay and kills it.
    fn load(&mut self, relay: &mut Relay) -> Result<()> {
        let mut net = Net::new()?;
        let here: Vec<usize> = (0..self.held.len()).filter(|_| self.world.below(2) == 0).collect();
        let longest = self.longest_load.as_micros() as usize;
        let load = Duration::from_micros(self.world.below(longest) as u64);
        let mut peer = Sessions::new(self, relay, here);
        peer.open(&mut net, relay)?;
        peer.loading = true;
        for n in 0..peer.senders.len() {
            peer.settled(&mut net.out, peer.owners.len() + n)?;
        }
        let end = Instant::now() + load;
        while let left = end.saturating_duration_since(Instant::now())
            && !left.is_zero()
        {
            net.turn(left, &mut peer)?;
        }
        relay.kill()?;
        // What it had answered and delivered by then is still to be read.
        peer.loading = false;
        peer.killed = true;
        session::until(&mut net, &mut peer, |peer| peer.closed == peer.count())
    }

    /// Repeats what was not answered, lets everybody fetch, and judges.
    fn heal(&mut self, relay: &Relay) -> Result<()> {
        let mut net = Net::new()?;
        self.repeated += self.ledger.unanswered().len() as u64;
        let mut peer = Sessions::new(self, relay, Vec::new());
        peer.open(&mut net, relay)?;
        peer.senders.repeat(&peer.round.ledger, &mut net.out, 0);
        session::until(&mut net, &mut peer, |peer| peer.senders.under_way.iter().all(Vec::is_empty))?;
        for channel in 0..peer.round.world.channels.len() {
            let world = &peer.round.world;
            peer.senders.probe(world, &mut net.out, &world.channels[channel], 0);
            session::until(&mut net, &mut peer, |peer| peer.senders.probed.is_some())?;
            let is_right = peer.senders.probed == peer.round.ledger.epochs(channel);
            peer.round.wrong_epochs += u64::from(!is_right);
        }

        let mut net = Net::new()?;
        let mut peer = Sessions::new(self, relay, (0..self.held.len()).collect());
        peer.open(&mut net, relay)?;
        self.ledger.judge()
    }

    fn commits(&self) -> u64 {
        (0..self.world.channels.len()).filter_map(|channel| self.ledger.epochs(channel)).sum()
    }
}

/// The sessions at one relay process: owners first, then senders.
struct Sessions<'a> {
    round: &'a mut Round,
    origin: String,
    owners: Vec<(usize, Receiver)>,
    senders: Senders,
    live: usize,
    closed: usize,
    /// Senders ask for more.
    loading: bool,
    killed: bool,
}

impl<'a> Sessions<'a> {
    /// With the owners of the inboxes `here`.
    fn new(round: &'a mut Round, relay: &Relay, here: Vec<usize>) -> Self {
        let receiver = |inbox: usize| Receiver::new(&round.world.devices[inbox], round.held[inbox]);
        let owners = here.into_iter().map(|inbox| (inbox, receiver(inbox))).collect();
        let senders = Senders::new(round.senders as usize, round.world.channels.len());
        let origin = relay.origin.clone();
        let (live, closed, loading, killed) = (0, 0, false, false);
        Self { round, origin, owners, senders, live, closed, loading, killed }
    }

    fn count(&self) -> usize {
        self.owners.len() + self.senders.len()
    }

    fn open(&mut self, net: &mut Net, relay: &Relay) -> Result<()> {
        session::open(net, relay, self.owners.len(), self)?;
        session::open(net, relay, self.senders.len(), self)
    }
}

impl Opening for Sessions<'_> {
    fn opened(&self) -> usize {
        self.live + self.senders.greeted
    }
}

impl Peer for Sessions<'_> {
    fn frame(&mut self, out: &mut Outbox, id: Id, payload: &mut [u8]) -> Result<()> {
        let Round { world, ledger, held, .. } = &mut *self.round;
        let Some(n) = id.checked_sub(self.owners.len()) else {
            let (inbox, receiver) = &mut self.owners[id];
            let was_live = receiver.is_live();
            receiver.frame((&world.devices[*inbox], &self.origin), (out, id), payload, |entry| {
                ledger.delivered(*inbox, entry)
            })?;
            self.live += usize::from(receiver.is_live() && !was_live);
            held[*inbox] = receiver.held();
            self.round.seq_holes += receiver.take_holes();
            return Ok(());
        };
        self.senders.frame(world, ledger, n, payload)
    }

    fn settled(&mut self, out: &mut Outbox, id: Id) -> Result<()> {
        if let Some((_, receiver)) = self.owners.get_mut(id) {
            receiver.acknowledge(out, id);
        } else if self.loading {
            let Round { world, ledger, .. } = &mut *self.round;
            self.senders.fill(world, ledger, out, id - self.owners.len(), id);
        }
        Ok(())
    }

    fn closed(&mut self, id: Id) -> Result<()> {
        ensure!(self.killed, "the relay closed session {id} before it was killed");
        self.closed += 1;
        Ok(())
    }
}
