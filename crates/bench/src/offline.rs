//! `offline`: deposits to absent inboxes, whose owners then all connect and fetch. How many deposits become durable per
//! second, how many entries are fetched per second, and how much room they take in between.

use std::time::{Duration, Instant};

use anyhow::Result;
use clap::Args;
use serde_json::{Value, json};

use crate::device::{Device, Template, number_of, request_id};
use crate::net::{Id, Net, Outbox, Peer};
use crate::owners::Owners;
use crate::relay::{Relay, Target};
use crate::report::{Meter, per_second};
use crate::session::{self, Opening, Told};

/// Time for the relay to note the last acknowledgements and to tidy up before its folder is looked at.
const SETTLE: Duration = Duration::from_secs(1);

/// Options of the scenario.
#[derive(Debug, Args)]
pub(crate) struct Options {
    /// Messages to deposit
    #[arg(long, default_value_t = 100_000, value_parser = clap::value_parser!(u64).range(1..=100_000_000))]
    messages: u64,
    /// Inboxes among which they are spread evenly
    #[arg(long, default_value_t = 1_000, value_parser = clap::value_parser!(u32).range(1..=20_000))]
    inboxes: u32,
    /// Bytes in the body of a message
    #[arg(long, default_value_t = 512)]
    payload: usize,
    /// Sessions that deposit
    #[arg(long, default_value_t = 16, value_parser = clap::value_parser!(u32).range(1..=1_000))]
    senders: u32,
    /// Deposits of one session that may be under way
    #[arg(long, default_value_t = 64, value_parser = clap::value_parser!(u32).range(1..=256))]
    window: u32,
}

/// Runs the scenario.
pub(crate) fn run(options: &Options, target: &Target) -> Result<Value> {
    let relay = target.start()?;
    let run = session::run_secret(session::random_seed()?);
    let devices: Vec<Device> = (0..options.inboxes as usize).map(|n| Device::new(&run, n)).collect();
    create(&relay, &devices)?;

    let mut depositors = Depositors::new(options, run, &devices)?;
    let mut net = Net::new()?;
    session::open(&mut net, &relay, options.senders as usize, &mut depositors)?;
    let whole = Meter::start(&relay)?;
    let began = Instant::now();
    for id in 0..options.senders as usize {
        depositors.settled(&mut net.out, id)?;
    }
    session::until(&mut net, &mut depositors, |all| all.accepted == all.messages)?;
    let accepted_in = began.elapsed().as_secs_f64();
    drop(net);
    let disk_bytes = relay.disk_bytes()?;

    let mut owners = Owners::new(&relay.origin, &devices, options.messages);
    let mut net = Net::new()?;
    let began = Instant::now();
    session::open(&mut net, &relay, devices.len(), &mut owners)?;
    let drained = session::until(&mut net, &mut owners, |owners| owners.delivered == owners.due);
    let end = Instant::now();
    if let Err(error) = drained {
        eprintln!("kuvert-bench: {error:#}");
    }
    let drained_in = (end - began).as_secs_f64();
    let measured = whole.stop(&relay, end)?;
    session::rest(&mut net, &mut owners, SETTLE)?;

    let fields = json!({
        "messages": options.messages,
        "inboxes": options.inboxes,
        "payload": options.payload,
        "senders": options.senders,
        "window": options.window,
        "accepted_per_s": per_second(depositors.accepted, accepted_in),
        "drained_per_s": per_second(owners.delivered, drained_in),
        "disk_bytes": disk_bytes,
        "disk_bytes_after": relay.disk_bytes()?,
    });
    Ok(measured.line("offline", owners.losses(), fields))
}

/// Creates the inboxes; their owners go at once.
fn create(relay: &Relay, devices: &[Device]) -> Result<()> {
    let mut owners = Owners::new(&relay.origin, devices, 0);
    session::open(&mut Net::new()?, relay, devices.len(), &mut owners)
}

/// The sessions that deposit. Each takes the number that is next; number *n* goes to inbox *n* modulo their count.
struct Depositors {
    run: [u8; 32],
    templates: Vec<Template>,
    messages: u64,
    window: u64,
    next: u64,
    accepted: u64,
    /// Deposits under way, per session.
    under_way: Vec<u64>,
    opened: usize,
}

impl Depositors {
    fn new(options: &Options, run: [u8; 32], devices: &[Device]) -> Result<Self> {
        let template = |device| Template::deposit(device, options.payload);
        Ok(Self {
            run,
            templates: devices.iter().map(template).collect::<Result<_>>()?,
            messages: options.messages,
            window: options.window.into(),
            next: 0,
            accepted: 0,
            under_way: vec![0; options.senders as usize],
            opened: 0,
        })
    }
}

impl Opening for Depositors {
    fn opened(&self) -> usize {
        self.opened
    }
}

impl Peer for Depositors {
    fn frame(&mut self, _: &mut Outbox, id: Id, payload: &mut [u8]) -> Result<()> {
        match session::told(payload)? {
            Told::Hello => self.opened += 1,
            Told::Accepted(answered) => {
                anyhow::ensure!(number_of(&answered) < self.next, "the relay accepts what was not sent");
                self.accepted += 1;
                self.under_way[id] -= 1;
            }
        }
        Ok(())
    }

    fn settled(&mut self, out: &mut Outbox, id: Id) -> Result<()> {
        if self.opened < self.under_way.len() {
            return Ok(());
        }
        let count = (self.window - self.under_way[id]).min(self.messages - self.next);
        for number in self.next..self.next + count {
            let template = &self.templates[(number % self.templates.len() as u64) as usize];
            template.append(out.of(id), &request_id(&self.run, id, number), number);
        }
        self.next += count;
        self.under_way[id] += count;
        Ok(())
    }
}
