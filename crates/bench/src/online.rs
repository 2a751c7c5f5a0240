//! `online`: pairs of a sender and a receiver, all connected. How many messages pass per second, and how long one takes.

use std::time::{Duration, Instant};

use anyhow::Result;
use clap::Args;
use serde_json::{Value, json};

use crate::device::{Device, Held, Receiver, Template, number_of, request_id};
use crate::net::{Id, Net, Outbox, Peer};
use crate::relay::Target;
use crate::report::{Latencies, Losses, Meter, per_second};
use crate::sequence::Sequence;
use crate::session::{self, Opening, Told};

/// Options of the scenario.
#[derive(Debug, Args)]
pub(crate) struct Options {
    /// Pairs of a sender and a receiver
    #[arg(long, default_value_t = 200, value_parser = clap::value_parser!(u32).range(1..=10_000))]
    pub(crate) pairs: u32,
    /// Bytes in the body of a message
    #[arg(long, default_value_t = 512)]
    pub(crate) payload: usize,
    /// Messages of one pair that may be under way: sent, and not yet both accepted and delivered
    #[arg(long, default_value_t = 16, value_parser = clap::value_parser!(u32).range(1..=256))]
    pub(crate) window: u32,
    /// Messages per second that all pairs together try to send; without it, as many as the window lets through
    #[arg(long, value_name = "PER_SECOND", value_parser = clap::value_parser!(u64).range(1..))]
    rate: Option<u64>,
    /// How long to measure
    #[arg(long, default_value_t = 10.0, value_parser = seconds)]
    seconds: f64,
    /// How long to send before that
    #[arg(long, default_value_t = 1.0, value_parser = seconds)]
    warm_up: f64,
}

/// Reads a time in seconds.
fn seconds(text: &str) -> Result<f64, String> {
    match text.parse() {
        Ok(seconds) if (0.0..=3600.0).contains(&seconds) => Ok(seconds),
        _ => Err("give seconds, from 0 to 3600".to_owned()),
    }
}

/// Runs the scenario.
pub(crate) fn run(options: &Options, target: &Target) -> Result<Value> {
    let relay = target.start()?;
    let mut pairs = Pairs::new(options, &relay.origin)?;
    let mut net = Net::new()?;
    // Receivers take the first places, senders those behind.
    session::open(&mut net, &relay, pairs.all.len(), &mut pairs)?;
    session::open(&mut net, &relay, pairs.all.len(), &mut pairs)?;

    pairs.pace = Some(Pace::new(options.rate));
    pairs.fill_all(&mut net.out);
    let mut patience = session::Patience::new();
    let mut turn_until = |net: &mut Net, pairs: &mut Pairs, end: Instant| -> Result<()> {
        while Instant::now() < end {
            let came = net.turn(pairs.turn(), pairs)?;
            patience.judge(came)?;
            if options.rate.is_some() {
                pairs.fill_all(&mut net.out);
            }
        }
        Ok(())
    };
    turn_until(&mut net, &mut pairs, Instant::now() + Duration::from_secs_f64(options.warm_up))?;
    let meter = Meter::start(&relay)?;
    pairs.latencies.clear();
    let before = pairs.delivered;
    turn_until(&mut net, &mut pairs, Instant::now() + Duration::from_secs_f64(options.seconds))?;
    let delivered = pairs.delivered - before;
    let measured = meter.stop(&relay, Instant::now())?;
    let (p50, p99, max) = (pairs.latencies.ms(50.0), pairs.latencies.ms(99.0), pairs.latencies.ms(100.0));

    pairs.pace = None;
    // What is still under way afterwards is lost: the relay has said that it has it.
    let drained = session::until(&mut net, &mut pairs, |pairs| pairs.under_way() == 0);
    if let Err(error) = drained {
        eprintln!("kuvert-bench: {error:#}");
    }
    let fields = json!({
        "pairs": options.pairs,
        "payload": options.payload,
        "window": options.window,
        "rate": options.rate,
        "delivered": delivered,
        "delivered_per_s": per_second(delivered, measured.seconds),
        "p50_ms": p50,
        "p99_ms": p99,
        "max_ms": max,
    });
    Ok(measured.line("online", pairs.losses(), fields))
}

/// All pairs.
struct Pairs {
    run: [u8; 32],
    origin: String,
    window: u64,
    all: Vec<Pair>,
    /// Sessions that are open.
    opened: usize,
    /// How fast to send; `None` when nothing is sent.
    pace: Option<Pace>,
    delivered: u64,
    doubled: u64,
    latencies: Latencies,
}

/// A sender, a receiver, and what passes between them. Messages are numbered from 0.
struct Pair {
    device: Device,
    receiver: Receiver,
    template: Template,
    sent: u64,
    accepted: u64,
    messages: Sequence,
    /// When the messages under way were sent, by number modulo the window.
    sent_at: Vec<Instant>,
}

/// Spreads messages evenly over time.
struct Pace {
    began: Instant,
    per_s: Option<u64>,
    sent: u64,
}

impl Pace {
    fn new(per_s: Option<u64>) -> Self {
        Self { began: Instant::now(), per_s, sent: 0 }
    }

    /// Messages that are due by `now`.
    fn due(&self, now: Instant) -> u64 {
        let all = |per_s: u64| (now.duration_since(self.began).as_secs_f64() * per_s as f64) as u64;
        self.per_s.map_or(u64::MAX, |per_s| all(per_s).saturating_sub(self.sent))
    }
}

impl Pairs {
    fn new(options: &Options, origin: &str) -> Result<Self> {
        let run = session::run_secret(session::random_seed()?);
        let now = Instant::now();
        let pair = |n| {
            let device = Device::new(&run, n);
            Ok(Pair {
                receiver: Receiver::new(&device, Held::default()),
                template: Template::deposit(&device, options.payload)?,
                device,
                sent: 0,
                accepted: 0,
                messages: Sequence::default(),
                sent_at: vec![now; options.window as usize],
            })
        };
        Ok(Self {
            run,
            origin: origin.to_owned(),
            window: u64::from(options.window),
            all: (0..options.pairs as usize).map(pair).collect::<Result<_>>()?,
            opened: 0,
            pace: None,
            delivered: 0,
            doubled: 0,
            latencies: Latencies::new()?,
        })
    }

    /// Sends what the window and the pace let through.
    fn fill(&mut self, out: &mut Outbox, n: usize) {
        let Some(pace) = &mut self.pace else { return };
        let sender = self.all.len() + n;
        let pair = &mut self.all[n];
        let room = self.window - (pair.sent - pair.accepted.min(pair.messages.due()));
        if room == 0 {
            return;
        }
        let now = Instant::now();
        // With a pace, one each, so that what is due is spread over all pairs.
        let most = if pace.per_s.is_some() { 1 } else { room };
        let count = most.min(pace.due(now));
        for number in pair.sent..pair.sent + count {
            pair.template.append(out.of(sender), &request_id(&self.run, n, number), number);
            pair.sent_at[(number % self.window) as usize] = now;
        }
        pair.sent += count;
        pace.sent += count;
    }

    fn fill_all(&mut self, out: &mut Outbox) {
        // With a pace it goes on where it stopped.
        let first = self.pace.as_ref().map_or(0, |pace| pace.sent as usize % self.all.len());
        for n in (first..self.all.len()).chain(0..first) {
            self.fill(out, n);
        }
    }

    /// How long a turn may wait.
    fn turn(&self) -> Duration {
        let paced = self.pace.as_ref().is_some_and(|pace| pace.per_s.is_some());
        if paced { Duration::from_millis(1) } else { session::TURN }
    }

    fn under_way(&self) -> u64 {
        self.all.iter().map(|pair| pair.sent - pair.accepted.min(pair.messages.due())).sum()
    }

    fn losses(&self) -> Losses {
        let lost = |pair: &Pair| pair.messages.lost(pair.accepted);
        Losses { lost: self.all.iter().map(lost).sum(), doubled: self.doubled }
    }
}

impl Opening for Pairs {
    fn opened(&self) -> usize {
        self.opened
    }
}

impl Peer for Pairs {
    fn frame(&mut self, out: &mut Outbox, id: Id, payload: &mut [u8]) -> Result<()> {
        if let Some(n) = id.checked_sub(self.all.len()) {
            match session::told(payload)? {
                Told::Hello => self.opened += 1,
                Told::Accepted(id) => self.all[n].accept(number_of(&id))?,
            }
            return Ok(());
        }
        let Pair { device, receiver, messages, sent_at, .. } = &mut self.all[id];
        let now = Instant::now();
        let was_live = receiver.is_live();
        receiver.frame((device, &self.origin), (out, id), payload, |entry| {
            if !messages.take(entry.number) {
                self.doubled += 1;
                return Ok(());
            }
            self.delivered += 1;
            self.latencies.add(now.duration_since(sent_at[(entry.number % self.window) as usize]));
            Ok(())
        })?;
        self.opened += usize::from(receiver.is_live() && !was_live);
        Ok(())
    }

    fn settled(&mut self, out: &mut Outbox, id: Id) -> Result<()> {
        if let Some(pair) = self.all.get_mut(id) {
            pair.receiver.acknowledge(out, id);
        }
        let paced = self.pace.as_ref().is_some_and(|pace| pace.per_s.is_some());
        if !paced {
            self.fill(out, id % self.all.len());
        }
        Ok(())
    }
}

impl Pair {
    /// Answers come in the order of the requests.
    fn accept(&mut self, number: u64) -> Result<()> {
        if number != self.accepted {
            anyhow::bail!("the relay accepts message {number} of a sender before message {}", self.accepted);
        }
        self.accepted += 1;
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_was_accepted_and_did_not_come_is_lost_and_what_comes_again_is_doubled() {
        let options = Options { pairs: 1, payload: 64, window: 8, rate: None, seconds: 1.0, warm_up: 0.0 };
        let mut pairs = Pairs::new(&options, "http://relay.test").expect("pairs");
        for number in 0..6 {
            pairs.all[0].accept(number).expect("in order");
        }
        assert!(pairs.all[0].accept(7).is_err());
        pairs.all[0].sent = 6;
        let mut deliver = |first, numbers: &[u64]| {
            let mut frame = pairs.all[0].device.delivery(first, numbers);
            pairs.frame(&mut Outbox::default(), 0, &mut frame).expect("good");
            pairs.losses()
        };
        assert_eq!(deliver(1, &[0, 1]), Losses { lost: 4, doubled: 0 });
        assert_eq!(deliver(3, &[1, 3]), Losses { lost: 3, doubled: 1 });
        assert_eq!(deliver(5, &[4, 5]), Losses { lost: 1, doubled: 1 });
        assert_eq!((pairs.delivered, pairs.under_way()), (5, 0));
    }

    #[test]
    fn a_pace_spreads_messages_over_time() {
        let mut pace = Pace::new(Some(1_000));
        let after = |ms| pace.began + Duration::from_millis(ms);
        let (soon, later) = (after(5), after(20));
        assert_eq!((pace.due(soon), pace.due(later)), (5, 20));
        pace.sent = 15;
        assert_eq!((pace.due(soon), pace.due(later)), (0, 5));
    }
}
