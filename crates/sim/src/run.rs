//! One run: a seed's world from its begin to its judgement.

use std::path::Path;

use kuvert_core::{ClientError, Line};
use kuvert_relay::ConfigError;
use tempfile::TempDir;

use crate::dispatch;
use crate::faults::Fault;
use crate::features::Features;
use crate::network::Happening;
use crate::oracle::settled;
use crate::workload;
use crate::world::{DAY, Violation, World};

/// How to run.
#[derive(Debug, Clone, Copy)]
pub struct Options {
    /// Things that people do before the world calms down.
    pub steps: usize,
    /// Keep what happened as text.
    pub trace: bool,
    /// What the worlds have beside talk; drawn from the seed if nothing is said.
    pub features: Option<Features>,
    /// What is broken on purpose.
    pub fault: Option<Fault>,
    /// A business line hands an order to one of its drivers, instead of people who talk.
    pub dispatch: bool,
}

impl Default for Options {
    fn default() -> Self {
        Self { steps: 60, trace: false, features: None, fault: None, dispatch: false }
    }
}

/// The machine failed, or an engine could not be asked.
#[derive(Debug, thiserror::Error)]
pub enum SimError {
    /// An engine failed outside of an input.
    #[error("an engine failed: {0}")]
    Engine(#[from] ClientError),
    /// The relay does not start.
    #[error("the relay does not start: {0}")]
    Relay(#[from] ConfigError),
    /// A file cannot be written or copied.
    #[error("a database cannot be copied: {0}")]
    Files(#[from] std::io::Error),
}

/// How a run ended.
#[derive(Debug, Clone)]
pub struct Outcome {
    /// Its seed.
    pub seed: u64,
    /// Equal for equal runs.
    pub trace: u64,
    /// What happened, if it was kept.
    pub lines: Vec<String>,
    /// What must never be, and was.
    pub violations: Vec<Violation>,
    /// Messages that engines took.
    pub messages: usize,
    /// Everything that happened.
    pub happenings: u64,
}

/// Virtual time for the world to come to rest, in milliseconds.
const REST: i64 = 3 * 3_600_000;
/// How often a patient user tries again what failed.
const PATIENCE: usize = 3;

/// Runs a seed.
///
/// # Errors
/// [`SimError`] if the machine, not the world, fails.
pub fn run(seed: u64, options: &Options) -> Result<Outcome, SimError> {
    let mut world = World::new(options, seed)?;
    if options.dispatch {
        dispatch::live(&mut world)?
    } else {
        live(&mut world)?
    }
    Ok(Outcome {
        seed,
        trace: world.trace.hash(),
        lines: world.trace.lines().to_vec(),
        messages: world.ledger.sent.len() + world.ledger.told.len(),
        happenings: world.trace.count,
        violations: std::mem::take(&mut world.violations),
    })
}

fn live(world: &mut World) -> Result<(), SimError> {
    if world.features.needs_contacts() {
        workload::get_to_know(world)?;
    }
    workload::plan(world);
    world.network.plan(world.now + 2_000, Happening::Trouble);
    world.run_acts()?;
    rest(world)?;
    if world.rng.chance(150) {
        // Nobody writes for long: channels, inboxes and key packages go, and nothing that matters with them.
        let days = world.rng.between(31, 200);
        world.trace.note(world.now, format_args!("{days} days without a word"));
        world.jumped += days;
        world.pass(world.now + days * DAY)?;
        rest(world)?;
    }
    // Whoever came out of it in another epoch than the others would be alone with what is written now.
    for id in 0..world.devices.len() {
        workload::probe(world, id)?;
    }
    rest(world)?;
    if world.violations.is_empty() {
        let found = settled(world)?;
        for violation in found {
            world.violation(violation.rule, violation.what);
        }
    }
    Ok(())
}

/// Lets the world come to rest.
///
/// # Errors
/// [`SimError`] if the machine, not the world, fails.
pub(crate) fn rest(world: &mut World) -> Result<(), SimError> {
    world.calm_down()?;
    for _ in 0..PATIENCE {
        let until = world.now + REST;
        world.run_until(until)?;
        if world.network.next_at().is_some() && world.violations.is_empty() {
            world.violation("settles", "the world does not come to rest".into());
        }
        if !world.violations.is_empty() {
            return Ok(());
        }
        let mut again = false;
        for id in 0..world.devices.len() {
            again |= workload::tidy_up(world, id)?;
        }
        if !again {
            break;
        }
    }
    let until = world.now + REST;
    world.run_until(until)?;
    repeat_acknowledgements(world, until)
}

/// What was acknowledged while the relay's disk was full is not written down there. The next session says it again: until
/// then the entries wait, and come again.
fn repeat_acknowledgements(world: &mut World, until: i64) -> Result<(), SimError> {
    if !world.was_full {
        return Ok(());
    }
    for id in 0..world.devices.len() {
        let device = &world.devices[id];
        let model = world.relays[device.home].model.as_ref();
        let waiting = model.zip(device.inbox).and_then(|(relay, inbox)| relay.waiting(inbox));
        if let Some(link) = device.links.get(&Line::Owner).copied().filter(|_| waiting > Some(0)) {
            world.cut(link);
        }
    }
    world.run_until(until + REST)
}

/// A folder for databases: in memory, where the system offers that.
pub(crate) fn folder() -> std::io::Result<TempDir> {
    let memory = Path::new("/dev/shm");
    let builder = || {
        let mut builder = tempfile::Builder::new();
        builder.prefix("kuvert-sim-");
        builder
    };
    if memory.is_dir()
        && let Ok(folder) = builder().tempdir_in(memory)
    {
        return Ok(folder);
    }
    builder().tempdir()
}
