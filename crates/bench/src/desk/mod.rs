//! A business line with its team and many customers: opening the desk, searching it, claiming a conversation, and dismissing a
//! member from all of them.
//!
//! The relay is the program `kuvert relay` in a process of its own. Team and customers are programs' engines in this process, the
//! team's with encrypted databases in files, each with its sockets over loopback: so all devices share one thread, and times are
//! those until the last of them is done. Customers open the link, write and close their page.

mod floor;

use std::collections::BTreeMap;
use std::time::Instant;

use anyhow::{Context, Result, ensure};
use clap::Args;
use kuvert_view::{ConversationId, DeskCommand, DeskUpdate, QueueFilter, ToolCommand, UiCommand, ViewUpdate};
use serde_json::{Value, json};

use crate::open_files;
use crate::relay::Target;
use crate::report::{Latencies, rounded};
use floor::{Floor, desk, name};

/// What is measured.
#[derive(Debug, Args)]
pub(crate) struct Options {
    /// Devices of the line
    #[arg(long, default_value_t = 10, value_parser = clap::value_parser!(u16).range(3..=16))]
    devices: u16,
    /// Conversations with customers
    #[arg(long, default_value_t = 5000, value_parser = clap::value_parser!(u32).range(100..=20_000))]
    conversations: u32,
    /// How often opening, searching and claiming are done
    #[arg(long, default_value_t = 20, value_parser = clap::value_parser!(u32).range(1..))]
    runs: u32,
    #[command(flatten)]
    target: Target,
}

/// Files and sockets that a program keeps open.
const FILES_PER_DEVICE: u32 = 8;
/// One conversation in so many has somebody who looks after it, and a note.
const CLAIMED: usize = 5;
/// What customers write about. Each text has a number of its own, too.
const ABOUT: [&str; 8] = [
    "do you have the ointment that I bought in spring, and what does it cost now?",
    "my prescription should have come from the doctor today. Can I fetch everything at six?",
    "are you open on the Saturday between the holidays?",
    "the packet was damaged when it came. I would like to have another one.",
    "which of the two is better for a child of four years?",
    "thank you, that was quick! I will come by bicycle on Monday.",
    "could you send me the bill once more, please? I cannot find it.",
    "I need the same as last time, but the larger package.",
];

/// Measures and returns the line.
pub(crate) fn run(options: &Options) -> Result<Value> {
    let count = options.conversations as usize;
    open_files::allow((u32::from(options.devices) + 32) * FILES_PER_DEVICE);
    let relay = options.target.start()?;
    let mut floor = Floor::new(&relay, usize::from(options.devices))?;
    eprintln!("kuvert-bench: the line and its team are there");
    let began = Instant::now();
    floor.customers(count, |number| {
        format!("Good morning, this is number {number}: {}", ABOUT[number % ABOUT.len()])
    })?;
    let filled = began.elapsed();
    eprintln!("kuvert-bench: {count} customers have written after {:.0} s", filled.as_secs_f64());
    look_after(&mut floor, count)?;
    let open = opening(&mut floor, options.runs)?;
    let search = searching(&mut floor, options.runs)?;
    let find = finding(&mut floor, options.runs)?;
    let claim = claiming(&mut floor, options.runs)?;
    eprintln!("kuvert-bench: a member is dismissed");
    let dismissal = dismissing(&mut floor)?;
    Ok(json!({
        "bench": "desk",
        "devices": options.devices,
        "conversations": options.conversations,
        "filled_s": rounded(filled.as_secs_f64()),
        "open_ms": open.json(),
        "search_ms": search.json(),
        "find_ms": find.json(),
        "claim_ms": claim.json(),
        "dismissal": dismissal,
        "relay_rss_peak_kib": relay.usage()?.rss_peak_kib,
        "relay_disk_bytes": relay.disk_bytes()?,
        "lost": 0,
    }))
}

/// The team takes some of the conversations, and writes a note on each.
fn look_after(floor: &mut Floor, count: usize) -> Result<()> {
    let known = conversations(floor)?;
    for here in &known {
        ensure!(here.len() == count, "a device has {} conversations", here.len());
    }
    for (number, customer) in (0..count).step_by(CLAIMED).enumerate() {
        let at = number % known.len();
        let conversation = *known[at].get(&name(customer)).context("a customer is missing")?;
        floor.wish(floor.team[at], DeskCommand::Claim { conversation })?;
        let text = format!("note {number}: asks for the second time");
        floor.wish(floor.team[at], DeskCommand::AddNote { conversation, text, mentions: Vec::new() })?;
        floor.pump.turn(&mut floor.net)?;
    }
    floor.pump.rest(&mut floor.net)
}

/// The conversations of each of the line's devices, by the customer's name.
fn conversations(floor: &mut Floor) -> Result<Vec<BTreeMap<String, ConversationId>>> {
    let mut known = Vec::new();
    for at in floor.team.clone() {
        let here = floor.pump.engine(at)?.app.conversations()?;
        known.push(here.into_iter().map(|one| (one.title, one.id)).collect());
    }
    Ok(known)
}

/// Opens a profile and shows the desk with the conversations that need somebody.
fn opening(floor: &mut Floor, runs: u32) -> Result<Latencies> {
    let mut took = Latencies::new()?;
    let number = 1;
    for _ in 0..runs {
        let at = floor.team[number];
        floor.pump.end(&mut floor.net, at);
        let began = Instant::now();
        let at = floor.open(number)?;
        floor.wish(at, DeskCommand::ShowDesk)?;
        let shown = floor.answer(at, desk(DeskCommand::ShowQueue { filter: QueueFilter::New }))?;
        took.add(began.elapsed());
        ensure!(rows(&shown)? > 0, "the desk shows no conversations");
        floor.pump.rest(&mut floor.net)?;
    }
    Ok(took)
}

fn rows(shown: &[ViewUpdate]) -> Result<usize> {
    for update in shown {
        if let ViewUpdate::Desk(bytes) = update
            && let DeskUpdate::Queue(queue) = DeskUpdate::decode(bytes)?
        {
            return Ok(queue.rows.len());
        }
    }
    Ok(0)
}

/// Searches all conversations, for what one customer wrote and for what very many did.
fn searching(floor: &mut Floor, runs: u32) -> Result<Latencies> {
    let mut took = Latencies::new()?;
    let at = floor.team[1];
    for run in 0..runs {
        for words in [format!("number {}", run * 7), "prescr".to_owned(), "good morn".to_owned()] {
            let began = Instant::now();
            let search = UiCommand::Search { words, conversation: None, before: None };
            let shown = floor.answer(at, search)?;
            took.add(began.elapsed());
            let found = shown.iter().find_map(|update| match update {
                ViewUpdate::Found { messages, .. } => Some(messages.len()),
                _ => None,
            });
            ensure!(found.is_some_and(|found| found > 0), "a search found nothing");
        }
    }
    Ok(took)
}

/// Looks through what the team knows: names, labels and notes; for one, for many, and for what is nowhere.
fn finding(floor: &mut Floor, runs: u32) -> Result<Latencies> {
    let mut took = Latencies::new()?;
    let at = floor.team[1];
    for run in 0..runs {
        for words in [name(usize::try_from(run * 7)?), "second time".to_owned(), "is not there".to_owned()] {
            let began = Instant::now();
            let find = DeskCommand::Tool(ToolCommand::Find { words: words.clone() });
            let shown = floor.answer(at, desk(find))?;
            took.add(began.elapsed());
            let found = shown.iter().find_map(|update| match update {
                ViewUpdate::Desk(bytes) => match DeskUpdate::decode(bytes) {
                    Ok(DeskUpdate::FoundCases(found)) => Some(found.cases.len()),
                    _ => None,
                },
                _ => None,
            });
            ensure!(found.map(|found| found > 0) == Some(words != "is not there"), "not what is to be found");
        }
    }
    Ok(took)
}

/// Somebody takes a conversation: until all colleagues see it.
fn claiming(floor: &mut Floor, runs: u32) -> Result<Latencies> {
    let mut took = Latencies::new()?;
    let known = conversations(floor)?;
    // Those that nobody looks after yet.
    let free = (0..known[0].len()).filter(|customer| customer % CLAIMED != 0);
    for (run, customer) in free.take(runs as usize).enumerate() {
        let of = |here: &BTreeMap<_, _>| here.get(&name(customer)).copied().context("a customer is missing");
        let here: Vec<ConversationId> = known.iter().map(of).collect::<Result<_>>()?;
        let mut left: Vec<_> = floor.team.iter().copied().zip(here).collect();
        let (at, conversation) = left[run % left.len()];
        let began = Instant::now();
        floor.wish(at, DeskCommand::Claim { conversation })?;
        floor.until(|floor| {
            let mut next = Vec::new();
            for (at, conversation) in left.drain(..) {
                if !sees_claim(floor, at, conversation)? {
                    next.push((at, conversation));
                }
            }
            left = next;
            Ok(left.is_empty())
        })?;
        took.add(began.elapsed());
        floor.pump.rest(&mut floor.net)?;
    }
    Ok(took)
}

/// Whether a device shows that somebody looks after a conversation; asks only after something happened there.
fn sees_claim(floor: &mut Floor, at: usize, conversation: ConversationId) -> Result<bool> {
    if !std::mem::take(&mut floor.pump.engine(at)?.is_changed) {
        return Ok(false);
    }
    let shown = floor.answer(at, desk(DeskCommand::ShowCase { conversation }))?;
    floor.pump.engine(at)?.is_changed = false;
    for update in shown {
        if let ViewUpdate::Desk(bytes) = update
            && let DeskUpdate::Case(case) = DeskUpdate::decode(&bytes)?
        {
            return Ok(case.claimed_by.is_some());
        }
    }
    Ok(false)
}

/// A member is dismissed. Half-way, the program that takes them out of all conversations is closed and opened again.
fn dismissing(floor: &mut Floor) -> Result<Value> {
    let commits = floor.pump.commits();
    let gone = floor.team.pop().context("nobody can be dismissed")?;
    let member = floor.pump.engine(gone)?.desk.as_ref().context("a member without a desk")?.me;
    let all = floor.pump.engine(gone)?.app.conversations()?.len() as u64;
    let began = Instant::now();
    let owner = floor.team[0];
    floor.wish(owner, DeskCommand::Dismiss { member })?;
    let (mut progress, mut told) = (Progress::default(), None);
    floor.until(|floor| {
        if told.is_none() && floor.pump.engine(gone)?.is_dismissed {
            told = Some(began.elapsed());
        }
        progress.look(floor, owner)?;
        Ok(progress.most > 0 && progress.left <= all / 2)
    })?;
    eprintln!(
        "kuvert-bench: {} of {all} conversations are left; the program is closed and opened again",
        progress.left
    );
    floor.pump.end(&mut floor.net, owner);
    let owner = floor.open(0)?;
    floor.wish(owner, DeskCommand::ShowDesk)?;
    progress.look(floor, owner)?;
    let after = progress.left;
    ensure!(after > 0 && after < all, "after the interruption {after} conversations are left");
    floor.until(|floor| {
        progress.look(floor, owner)?;
        Ok(progress.left == 0)
    })?;
    let took = began.elapsed();
    let told = told.context("who was dismissed was not told")?;
    floor.pump.rest(&mut floor.net)?;
    Ok(json!({
        "told_ms": rounded(told.as_secs_f64() * 1000.0),
        "last_s": rounded(took.as_secs_f64()),
        "per_second": rounded(all as f64 / took.as_secs_f64()),
        "left_when_interrupted": after,
        "times_progress_was_shown": progress.shown,
        "commits": floor.pump.commits() - commits,
    }))
}

/// How far a dismissal is, as the desk shows it.
#[derive(Default)]
struct Progress {
    /// In how many conversations there is still something to do.
    left: u64,
    most: u64,
    shown: u32,
}

impl Progress {
    fn look(&mut self, floor: &mut Floor, owner: usize) -> Result<()> {
        let left = floor.pump.engine(owner)?.desk.as_ref().map_or(0, |desk| desk.staffing);
        if self.left != left {
            self.left = left;
            self.most = self.most.max(left);
            self.shown += 1;
        }
        Ok(())
    }
}

/// Times, for the report.
impl Latencies {
    fn json(&self) -> Value {
        json!({ "median": self.ms(50.0), "p95": self.ms(95.0), "max": self.ms(100.0) })
    }
}
