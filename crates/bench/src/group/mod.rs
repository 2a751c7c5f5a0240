//! A large group: what it costs to make it, to add and remove a device, and to send a message until everybody has it.
//!
//! The relay is the program `kuvert relay` in a process of its own. All devices are engines in this process, each with an
//! encrypted database in a file and two WebSockets over loopback, as a client has them; blobs and cards go over HTTP. So all
//! devices share one thread, and times are those until the last of them is done: beside them stands what one device has to do.

mod crowd;

use std::time::{Duration, Instant};

use anyhow::{Context, Result, ensure};
use clap::Args;
use kuvert_core::{Command, ContactId, ConversationId};
use serde_json::{Value, json};

use crate::net::Net;
use crate::open_files;
use crate::relay::{Relay, Target, Usage};
use crate::report::rounded;
use crate::traffic::Traffic;
use crowd::Crowd;

/// What is measured.
#[derive(Debug, Args)]
pub(crate) struct Options {
    /// Devices of the group
    #[arg(long, default_value_t = 200, value_parser = clap::value_parser!(u32).range(3..=1000))]
    devices: u32,
    /// How often adding and removing are done; the median counts
    #[arg(long, default_value_t = 5, value_parser = clap::value_parser!(u32).range(1..))]
    runs: u32,
    /// How many messages are sent, each by somebody else; the median counts
    #[arg(long, default_value_t = 20, value_parser = clap::value_parser!(u32).range(1..))]
    messages: u32,
    #[command(flatten)]
    target: Target,
}

/// Files and sockets that an engine keeps open.
const FILES_PER_DEVICE: u32 = 8;
/// The device that makes the group and rules it.
const ADMIN: usize = 0;

/// Measures and returns the line.
pub(crate) fn run(options: &Options) -> Result<Value> {
    // One more, who comes and goes.
    let people = options.devices as usize + 1;
    open_files::allow((options.devices + 1) * FILES_PER_DEVICE);
    let relay = options.target.start()?;
    let before = Usage::of_generator()?;
    let mut bench = Bench { net: Net::new()?, crowd: Crowd::new(&relay, people)?, relay };
    let began = Instant::now();
    bench.crowd.meet(&mut bench.net, ADMIN)?;
    let met = Usage::of_generator()?;
    eprintln!("kuvert-bench: {people} devices know each other after {:.0} s", began.elapsed().as_secs_f64());
    let contacts = bench.crowd.contacts(ADMIN)?;
    let guest = *contacts.get(people - 2).context("a contact is missing")?;
    let create = bench.create(&contacts[..people - 2])?;
    let commits = bench.crowd.commits();
    let with_group = Usage::of_generator()?;
    let (mut adding, mut removing) = (Vec::new(), Vec::new());
    for _ in 0..options.runs {
        adding.push(bench.add(guest, people)?);
        removing.push(bench.remove(people)?);
    }
    let mut sending = Vec::new();
    for number in 0..options.messages {
        let sender = number as usize * (people - 1) / options.messages as usize;
        sending.push(bench.send(sender, number, people - 1)?);
    }
    let (relay, own) = (bench.relay.usage()?, Usage::of_generator()?);
    let per_device = |later: Usage, earlier: Usage| {
        rounded((later.rss_kib.saturating_sub(earlier.rss_kib)) as f64 / people as f64)
    };
    Ok(json!({
        "bench": "group",
        "devices": options.devices,
        "commits_to_create": commits,
        "create": create.json(),
        "add": Cost::median(adding)?.json(),
        "remove": Cost::median(removing)?.json(),
        "send": Cost::median(sending)?.json(),
        "engines_rss_kib_each": per_device(met, before),
        "group_rss_kib_each": per_device(with_group, met),
        "engines_rss_peak_kib": own.rss_peak_kib,
        "relay_rss_peak_kib": relay.rss_peak_kib,
        "relay_disk_bytes": bench.relay.disk_bytes()?,
        "lost": 0,
    }))
}

/// Everybody, and the relay between them.
struct Bench {
    net: Net,
    crowd: Crowd,
    relay: Relay,
}

/// What one thing cost.
#[derive(Clone, Copy)]
struct Cost {
    took: Duration,
    traffic: Traffic,
    relay_cpu_s: f64,
    engines_cpu_s: f64,
}

impl Bench {
    fn create(&mut self, contacts: &[ContactId]) -> Result<Cost> {
        let (count, contacts) = (contacts.len() + 1, contacts.to_vec());
        self.crowd.count_commits();
        self.cost(ADMIN, Command::CreateGroup { name: "Choir".to_owned(), contacts }, |crowd| {
            crowd.all(count, |device| device.members() == count)
        })
    }

    fn add(&mut self, guest: ContactId, people: usize) -> Result<Cost> {
        let conversation = self.group(ADMIN)?;
        self.cost(ADMIN, Command::AddMembers { conversation, contacts: vec![guest] }, |crowd| {
            crowd.all(people, |device| device.members() == people)
        })
    }

    /// Removes the last one.
    fn remove(&mut self, people: usize) -> Result<Cost> {
        let conversation = self.group(ADMIN)?;
        let member = self.crowd.identity(people - 1)?;
        self.cost(ADMIN, Command::RemoveMember { conversation, member }, |crowd| {
            crowd.all(people - 1, |device| device.members() == people - 1)
        })
    }

    fn send(&mut self, sender: usize, number: u32, people: usize) -> Result<Cost> {
        let conversation = self.group(sender)?;
        let text = format!("Message {number}: who sits in the third row tonight, and who brings the scores?");
        let expected = text.clone();
        self.cost(sender, Command::Send { conversation, text }, |crowd| {
            crowd.all(people, |device| device.newest() == expected)
        })
    }

    fn group(&mut self, of: usize) -> Result<ConversationId> {
        self.crowd.group(of).context("a device has no group")
    }

    /// Does something, waits until it is `done` everywhere, and lets the dust settle.
    fn cost(
        &mut self,
        who: usize,
        command: Command,
        done: impl Fn(&mut Crowd) -> Result<bool>,
    ) -> Result<Cost> {
        let traffic = self.crowd.traffic(&self.net);
        let (relay, own) = (self.relay.usage()?.cpu_s, Usage::of_generator()?.cpu_s);
        let began = Instant::now();
        self.crowd.forget_what_is_known();
        self.crowd.command(&mut self.net, who, command)?;
        self.crowd.until(&mut self.net, done)?;
        let took = began.elapsed();
        self.crowd.rest(&mut self.net)?;
        Ok(Cost {
            took,
            traffic: self.crowd.traffic(&self.net) - traffic,
            relay_cpu_s: self.relay.usage()?.cpu_s - relay,
            engines_cpu_s: Usage::of_generator()?.cpu_s - own,
        })
    }
}

impl Cost {
    /// The one that took the median time.
    fn median(mut costs: Vec<Self>) -> Result<Self> {
        ensure!(!costs.is_empty(), "nothing was measured");
        costs.sort_by_key(|cost| cost.took);
        Ok(costs[costs.len() / 2])
    }

    fn json(&self) -> Value {
        json!({
            "ms": rounded(self.took.as_secs_f64() * 1000.0),
            "up_bytes": self.traffic.up,
            "down_bytes": self.traffic.down,
            "relay_cpu_s": rounded(self.relay_cpu_s),
            "engines_cpu_s": rounded(self.engines_cpu_s),
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_median_is_of_the_time() {
        let cost = |ms, up| Cost {
            took: Duration::from_millis(ms),
            traffic: Traffic { up, down: 0 },
            relay_cpu_s: 0.0,
            engines_cpu_s: 0.0,
        };
        let median = Cost::median(vec![cost(9, 1), cost(1, 2), cost(5, 3)]).expect("three");
        assert_eq!(median.traffic.up, 3);
        assert!(Cost::median(Vec::new()).is_err());
    }
}
