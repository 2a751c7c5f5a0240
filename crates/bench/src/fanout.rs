//! `fanout`: one channel whose members are all connected. How many copies of posts are delivered per second, and how
//! long one takes.

use std::time::Instant;

use anyhow::{Result, bail, ensure};
use clap::Args;
use kuvert_wire::{ClientFrame, encode, limits};
use serde_json::{Value, json};

use crate::channel::Channel;
use crate::device::{Device, Held, Receiver, Template, number_of, request_id};
use crate::net::{Id, Net, Outbox, Peer};
use crate::relay::{Relay, Target};
use crate::report::{Latencies, Losses, Meter, per_second};
use crate::sequence::Sequence;
use crate::session::{self, Opening, Told};

/// Options of the scenario.
#[derive(Debug, Args)]
pub(crate) struct Options {
    /// Members of the channel, each with an inbox
    #[arg(long, default_value_t = 1_000, value_parser = clap::value_parser!(u32).range(1..=limits::MAX_FANOUT_TARGETS as i64))]
    inboxes: u32,
    /// Posts to measure
    #[arg(long, default_value_t = 100, value_parser = clap::value_parser!(u32).range(1..=1_000_000))]
    posts: u32,
    /// Posts before that
    #[arg(long, default_value_t = 10, value_parser = clap::value_parser!(u32).range(0..=1_000_000))]
    warm_up: u32,
    /// Bytes in the body of a post
    #[arg(long, default_value_t = 512)]
    payload: usize,
    /// Posts that may be under way: not yet accepted, or not yet delivered to every member
    #[arg(long, default_value_t = 16, value_parser = clap::value_parser!(u32).range(1..=256))]
    window: u32,
}

/// Runs the scenario.
pub(crate) fn run(options: &Options, target: &Target) -> Result<Value> {
    let relay = target.start()?;
    let run = session::run_secret(session::random_seed()?);
    let mut group = Group::new(options, run, &relay)?;
    let mut net = Net::new()?;
    // Members take the first places, the one who posts the one behind.
    session::open(&mut net, &relay, group.members.len(), &mut group)?;
    session::open(&mut net, &relay, 1, &mut group)?;

    group.number_created = Some(u64::MAX);
    net.out.send(group.members.len(), &encode(&group.channel.create(request_id(&run, 0, u64::MAX))));
    session::until(&mut net, &mut group, |group| group.number_created.is_none())?;
    group.post(&mut net.out, options.warm_up.into());
    session::until(&mut net, &mut group, Group::is_done)?;

    let meter = Meter::start(&relay)?;
    group.latencies.clear();
    let before = group.delivered;
    group.post(&mut net.out, options.posts.into());
    let drained = session::until(&mut net, &mut group, Group::is_done);
    let measured = meter.stop(&relay, Instant::now())?;
    if let Err(error) = drained {
        eprintln!("kuvert-bench: {error:#}");
    }
    let deliveries = group.delivered - before;
    let fields = json!({
        "inboxes": options.inboxes,
        "posts": options.posts,
        "payload": options.payload,
        "window": options.window,
        "deliveries": deliveries,
        "deliveries_per_s": per_second(deliveries, measured.seconds),
        "p50_ms": group.latencies.ms(50.0),
        "p99_ms": group.latencies.ms(99.0),
        "max_ms": group.latencies.ms(100.0),
    });
    Ok(measured.line("fanout", group.losses(), fields))
}

/// The channel, who posts, and its members. Posts are numbered from 0.
struct Group {
    run: [u8; 32],
    origin: String,
    channel: Channel,
    template: Template,
    members: Vec<Member>,
    opened: usize,
    window: u64,
    /// The request that created the channel, while it is not accepted.
    number_created: Option<u64>,
    /// Posts to send altogether.
    posts: u64,
    accepted: u64,
    /// Posts that every member got, in order.
    complete: u64,
    /// When each post was sent, and how many members got it.
    sent: Vec<(Instant, usize)>,
    delivered: u64,
    doubled: u64,
    latencies: Latencies,
}

struct Member {
    device: Device,
    receiver: Receiver,
    posts: Sequence,
}

impl Group {
    fn new(options: &Options, run: [u8; 32], relay: &Relay) -> Result<Self> {
        let member = |n| {
            let device = Device::new(&run, n);
            Member { receiver: Receiver::new(&device, Held::default()), device, posts: Sequence::default() }
        };
        let members: Vec<Member> = (0..options.inboxes as usize).map(member).collect();
        let channel = Channel::new(&run, 0, members.iter().map(|member| &member.device))?;
        let template =
            Template::new(options.payload, |id, body| ClientFrame::Post(channel.post(0, id, body)))?;
        Ok(Self {
            run,
            origin: relay.origin.clone(),
            channel,
            template,
            members,
            opened: 0,
            window: options.window.into(),
            number_created: None,
            posts: 0,
            accepted: 0,
            complete: 0,
            sent: Vec::new(),
            delivered: 0,
            doubled: 0,
            latencies: Latencies::new()?,
        })
    }

    /// Posts `count` more.
    fn post(&mut self, out: &mut Outbox, count: u64) {
        self.posts += count;
        self.fill(out);
    }

    /// Sends what the window lets through.
    fn fill(&mut self, out: &mut Outbox) {
        while let under_way = self.sent.len() as u64 - self.accepted.min(self.complete)
            && under_way < self.window
            && (self.sent.len() as u64) < self.posts
        {
            let number = self.sent.len() as u64;
            let id = request_id(&self.run, 0, number);
            self.template.append(out.of(self.members.len()), &id, number);
            self.sent.push((Instant::now(), 0));
        }
    }

    fn is_done(&self) -> bool {
        self.accepted.min(self.complete) == self.posts
    }

    fn losses(&self) -> Losses {
        let lost = |member: &Member| member.posts.lost(self.accepted);
        Losses { lost: self.members.iter().map(lost).sum(), doubled: self.doubled }
    }

    fn answered(&mut self, number: u64) -> Result<()> {
        if self.number_created == Some(number) {
            self.number_created = None;
            return Ok(());
        }
        ensure!(number == self.accepted, "the relay accepts post {number} before post {}", self.accepted);
        self.accepted += 1;
        Ok(())
    }
}

impl Opening for Group {
    fn opened(&self) -> usize {
        self.opened
    }
}

impl Peer for Group {
    fn frame(&mut self, out: &mut Outbox, id: Id, payload: &mut [u8]) -> Result<()> {
        if id == self.members.len() {
            return match session::told(payload)? {
                Told::Hello => {
                    self.opened += 1;
                    Ok(())
                }
                Told::Accepted(id) => self.answered(number_of(&id)),
            };
        }
        let Member { device, receiver, posts } = &mut self.members[id];
        let now = Instant::now();
        let was_live = receiver.is_live();
        receiver.frame((device, &self.origin), (out, id), payload, |entry| {
            if !posts.take(entry.number) {
                self.doubled += 1;
                return Ok(());
            }
            self.delivered += 1;
            let Some((sent_at, got)) = self.sent.get_mut(usize::try_from(entry.number)?) else {
                bail!("a member got a post that nobody posted");
            };
            *got += 1;
            self.latencies.add(now.duration_since(*sent_at));
            Ok(())
        })?;
        self.opened += usize::from(receiver.is_live() && !was_live);
        Ok(())
    }

    fn settled(&mut self, out: &mut Outbox, id: Id) -> Result<()> {
        if let Some(member) = self.members.get_mut(id) {
            member.receiver.acknowledge(out, id);
        }
        let got_by_all = |(_, got): &(Instant, usize)| *got == self.members.len();
        while self.sent.get(self.complete as usize).is_some_and(got_by_all) {
            self.complete += 1;
        }
        self.fill(out);
        Ok(())
    }
}
