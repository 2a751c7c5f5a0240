//! The talk: messages each way, by one process each, which may be killed at any moment.
//!
//! A message whose process was killed was written down or not; its sender looks, and says it again if not, as somebody would.
//! With two relays each is killed for a while: first that of the one who was asked, then that of the channel.

use std::path::Path;
use std::sync::Mutex;
use std::sync::atomic::{AtomicU64, Ordering};
use std::thread;
use std::time::{Duration, Instant};

use anyhow::{Context, Result, bail};
use serde_json::{Value, json};

use super::processes::{Person, Relay, result};

/// One process of so many is killed.
const KILL_ONE_OF: u64 = 6;
/// Within so many milliseconds, later ones being over by then, often.
const KILL_WITHIN: u64 = 250;
/// How long a command waits for a relay, in seconds: a relay that is down is no reason to wait longer.
const PATIENCE: &str = "2";
/// Everything has come by then, or will not.
const ALL_WITHIN: Duration = Duration::from_secs(180);

/// What to do.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Plan {
    /// Messages each way.
    pub(crate) messages: u32,
    /// Each has a relay of their own.
    pub(crate) is_apart: bool,
    /// Chooses the moments.
    pub(crate) seed: u64,
}

/// What became of it.
#[derive(Debug, Default)]
pub(crate) struct Found {
    /// Processes that were killed before they ended.
    pub(crate) killed: u64,
    /// How long relays were down.
    pub(crate) relay_down: Duration,
    pub(crate) lost: usize,
    pub(crate) doubled: usize,
    pub(crate) out_of_order: usize,
    /// Own messages that are there on the other side, and not known to be.
    pub(crate) undelivered: usize,
    pub(crate) took: Duration,
}

impl Found {
    /// How many promises were broken.
    pub(crate) fn broken(&self) -> usize {
        self.lost + self.doubled + self.out_of_order + self.undelivered
    }

    pub(crate) fn json(&self) -> Value {
        json!({
            "processes_killed": self.killed,
            "relay_down_s": self.relay_down.as_secs_f64(),
            "lost": self.lost,
            "doubled": self.doubled,
            "out_of_order": self.out_of_order,
            "undelivered": self.undelivered,
            "seconds": self.took.as_secs_f64(),
        })
    }

    /// Adds what one side shows of the texts that one person wrote.
    fn compare(&mut self, shown: &[&str], name: &str, messages: u32) {
        let numbers: Vec<u32> =
            shown.iter().filter_map(|text| text.strip_prefix(name)?.trim().parse().ok()).collect();
        for n in 0..messages {
            match numbers.iter().filter(|shown| **shown == n).count() {
                0 => self.lost += 1,
                times => self.doubled += times - 1,
            }
        }
        self.out_of_order += numbers.windows(2).filter(|pair| pair[1] < pair[0]).count();
    }
}

/// Random numbers that are the same in every run.
struct Chance(u64);

impl Chance {
    fn below(&mut self, bound: u64) -> u64 {
        self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (self.0 >> 33) % bound
    }
}

/// Lets two people talk.
pub(crate) fn talk(kuvert: &Path, plan: &Plan) -> Result<Found> {
    let began = Instant::now();
    let dir = tempfile::tempdir()?;
    let mut relays = vec![Relay::start(kuvert, dir.path().join("relay"))?];
    if plan.is_apart {
        relays.push(Relay::start(kuvert, dir.path().join("elsewhere"))?);
    }
    let anna = Person::new(kuvert, dir.path().join("anna"), "Anna", &relays[0])?;
    let ben = Person::new(kuvert, dir.path().join("ben"), "Ben", relays.last().context("one")?)?;
    meet(&anna, &ben)?;
    let (killed, said) = (AtomicU64::new(0), AtomicU64::new(0));
    let failure = Mutex::new(None);
    let mut down = Duration::ZERO;
    thread::scope(|scope| -> Result<()> {
        for (n, (from, to)) in [(&anna, &ben), (&ben, &anna)].into_iter().enumerate() {
            let chance = Chance(plan.seed.wrapping_mul(2).wrapping_add(n as u64));
            let (killed, said, failure) = (&killed, &said, &failure);
            let name = ["anna", "ben"][n];
            scope.spawn(move || {
                if let Err(error) = say_all(from, to, name, plan.messages, chance, killed, said) {
                    *failure.lock().unwrap_or_else(std::sync::PoisonError::into_inner) = Some(error);
                    // Nobody waits for more.
                    said.fetch_add(2 * u64::from(plan.messages), Ordering::Relaxed);
                }
            });
        }
        if plan.is_apart {
            for (relay, from, until) in [(0, 30, 50), (1, 65, 80)] {
                let so_many = |percent: u64| 2 * u64::from(plan.messages) * percent / 100;
                wait_until(&said, so_many(from));
                let since = Instant::now();
                relays[relay].take_down();
                wait_until(&said, so_many(until));
                relays[relay].bring_up()?;
                down += since.elapsed();
            }
        }
        Ok(())
    })?;
    if let Some(error) = failure.into_inner().unwrap_or_else(std::sync::PoisonError::into_inner) {
        return Err(error);
    }
    let mut found = settle(&anna, &ben, plan.messages)?;
    found.killed = killed.into_inner();
    found.relay_down = down;
    found.took = began.elapsed();
    Ok(found)
}

fn wait_until(said: &AtomicU64, count: u64) {
    while said.load(Ordering::Relaxed) < count {
        thread::sleep(Duration::from_millis(5));
    }
}

/// Ben asks Anna, who accepts.
fn meet(anna: &Person, ben: &Person) -> Result<()> {
    ben.run(&["contact", "add", &anna.link()?])?;
    let deadline = Instant::now() + ALL_WITHIN;
    // A request from another relay takes a moment longer.
    while anna.run(&["contact", "list"])?[0]["state"].is_null() {
        if Instant::now() > deadline {
            bail!("the request did not come");
        }
    }
    anna.run(&["contact", "accept", &ben.id])?;
    while ben.run(&["contact", "list"])?[0]["state"] != "accepted" {
        if Instant::now() > deadline {
            bail!("the acceptance did not come");
        }
    }
    Ok(())
}

/// Says everything, one process each.
fn say_all(
    from: &Person,
    to: &Person,
    name: &str,
    messages: u32,
    mut chance: Chance,
    killed: &AtomicU64,
    said: &AtomicU64,
) -> Result<()> {
    for n in 0..messages {
        let text = format!("{name} {n}");
        loop {
            let mut sending = from.spawn(&["send", &to.id, &text, "--timeout", PATIENCE])?;
            if chance.below(KILL_ONE_OF) > 0 {
                // Sent, or written down for later.
                result(&sending.wait_with_output()?)?;
                break;
            }
            thread::sleep(Duration::from_millis(chance.below(KILL_WITHIN)));
            killed.fetch_add(u64::from(sending.try_wait()?.is_none()), Ordering::Relaxed);
            sending.kill()?;
            sending.wait()?;
            // What comes meanwhile may stand behind it.
            let newest = from.history(&to.id, 100)?;
            if newest.iter().any(|(_, shown, _)| *shown == text) {
                break;
            }
        }
        said.fetch_add(1, Ordering::Relaxed);
    }
    Ok(())
}

/// Waits until everything has come, and compares.
fn settle(anna: &Person, ben: &Person, messages: u32) -> Result<Found> {
    let deadline = Instant::now() + ALL_WITHIN;
    loop {
        for person in [anna, ben] {
            person.catch_up("1")?;
        }
        let mut found = Found::default();
        for (who, other, own, theirs) in [(anna, ben, "anna", "ben"), (ben, anna, "ben", "anna")] {
            let shown = who.history(&other.id, 4 * messages as usize + 100)?;
            let texts = |is_own: bool| -> Vec<&str> {
                let of = shown.iter().filter(|(from, ..)| (from == "me") == is_own);
                of.map(|(_, text, _)| text.as_str()).collect()
            };
            found.compare(&texts(true), own, messages);
            found.compare(&texts(false), theirs, messages);
            let is_known = |state: &str| matches!(state, "delivered" | "read");
            found.undelivered +=
                shown.iter().filter(|(from, _, state)| from == "me" && !is_known(state)).count();
        }
        if found.broken() == 0 || Instant::now() > deadline {
            return Ok(found);
        }
    }
}
