//! A world: devices, relays, the network between them, and a clock that only this moves.

use std::fmt;

use kuvert_core::{ClientError, Command, Event, Input, KuvertId, Output, Timestamp};
use tempfile::TempDir;

use crate::device::{Device, DeviceId};
use crate::driver::Blobs;
use crate::faults::Plant;
use crate::features::Features;
use crate::ledger::Ledger;
use crate::network::{Happening, Network};
use crate::oracle::{Rolls, Watch};
use crate::rng::Rng;
use crate::run::{Options, SimError};
use crate::station::Station;
use crate::trace::Trace;

/// Milliseconds of a day.
pub(crate) const DAY: i64 = 86_400_000;
/// When every run begins, in milliseconds since 1970.
const BEGIN: i64 = 1_800_000_000_000;
/// Happenings after which a run is given up.
const MAX_HAPPENINGS: u64 = 60_000;

/// Something that must never be.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Violation {
    /// The rule, mostly an invariant's id.
    pub rule: &'static str,
    /// What was seen.
    pub what: String,
}

impl fmt::Display for Violation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", self.rule, self.what)
    }
}

/// See the [module](self).
pub(crate) struct World {
    /// Milliseconds since 1970.
    pub(crate) now: i64,
    /// The only chance there is.
    pub(crate) rng: Rng,
    /// What happened.
    pub(crate) trace: Trace,
    /// The devices, by number.
    pub(crate) devices: Vec<Device>,
    /// What is under way.
    pub(crate) network: Network,
    /// The relays, by number.
    pub(crate) relays: Vec<Station>,
    /// Files at relays.
    pub(crate) blobs: Blobs,
    /// Looks at every frame.
    pub(crate) watch: Watch,
    /// What it has beside talk.
    pub(crate) features: Features,
    /// Looks at groups.
    pub(crate) rolls: Rolls,
    /// What was sent, and has to arrive.
    pub(crate) ledger: Ledger,
    /// What is broken on purpose, if anything.
    pub(crate) plant: Plant,
    /// What must never be, and was.
    pub(crate) violations: Vec<Violation>,
    /// Nothing goes wrong any more.
    pub(crate) calm: bool,
    /// Whole days that the clock was moved on by.
    pub(crate) jumped: i64,
    /// Entries may wait for longer than the relay keeps them.
    pub(crate) forgetful: bool,
    /// The relay's disk was full at some time: acknowledgements may be lost, until they are repeated.
    pub(crate) was_full: bool,
    /// Things that people will still do.
    pub(crate) acts: usize,
    _folder: TempDir,
}

impl World {
    /// A world with relays and devices, each of which has an identity.
    ///
    /// # Errors
    /// [`SimError`] if the machine, not the world, fails.
    pub(crate) fn new(options: &Options, seed: u64) -> Result<Self, SimError> {
        let folder = crate::run::folder()?;
        let mut rng = Rng::new(seed);
        let forgetful = rng.chance(80);
        let drawn = || if options.dispatch { Features::default() } else { Features::of(seed) };
        let features = options.features.unwrap_or_else(drawn);
        let count = usize::try_from(if features.groups { rng.between(3, 5) } else { rng.between(2, 4) });
        let count = if options.dispatch { crate::dispatch::COUNT } else { count.unwrap_or(2) };
        let relays = if features.relays { rng.between(2, 3) } else { 1 };
        let relays = (0..usize::try_from(relays).unwrap_or(1)).map(|id| Station::new(id, features.relays));
        let relays: Vec<_> = relays.collect();
        let mut devices = Vec::new();
        for id in 0..count {
            devices.push(Device::new(id, folder.path(), &mut rng)?);
        }
        let mut world = Self {
            now: BEGIN,
            rng,
            trace: Trace::new(options.trace),
            devices,
            network: Network::default(),
            relays,
            blobs: Blobs::default(),
            watch: Watch::default(),
            features,
            rolls: Rolls::default(),
            ledger: Ledger::default(),
            plant: Plant::new(options.fault),
            violations: Vec::new(),
            calm: false,
            jumped: 0,
            forgetful,
            was_full: false,
            acts: options.steps,
            _folder: folder,
        };
        Plant::lay(&mut world);
        for relay in 0..world.relays.len() {
            world.open_relay(relay)?;
        }
        for id in 0..count {
            let (name, home) = (format!("device {id}"), world.any_relay());
            world.devices[id].home = home;
            if options.dispatch {
                // Who they are comes with the line.
                continue;
            }
            let relay = world.relays[home].origin.clone();
            world.command(id, Command::CreateIdentity { name, relay, invite: None })?;
            world.learn_name(id);
        }
        Ok(world)
    }

    /// The readable name is what others know a device by.
    pub(crate) fn learn_name(&mut self, id: DeviceId) {
        if let Some(client) = &self.devices[id].client
            && let Some((_, name, _)) = client.profile()
        {
            self.devices[id].name = name.to_string();
        }
    }

    /// The device behind an identity.
    pub(crate) fn device_of(&self, identity: [u8; 32]) -> Option<DeviceId> {
        let name = KuvertId::of(&kuvert_core::IdentityKey(identity)).to_string();
        self.devices.iter().position(|device| device.name == name)
    }

    /// Notes what must never be.
    pub(crate) fn violation(&mut self, rule: &'static str, what: String) {
        self.trace.note(self.now, format_args!("VIOLATION {rule}: {what}"));
        self.violations.push(Violation { rule, what });
    }

    /// Lets people do what they will do, and everything happen meanwhile.
    ///
    /// # Errors
    /// [`SimError`] if the machine, not the world, fails.
    pub(crate) fn run_acts(&mut self) -> Result<(), SimError> {
        while self.acts > 0 && self.violations.is_empty() {
            let Some(at) = self.network.next_at() else { break };
            self.run_until(at)?;
        }
        Ok(())
    }

    /// Lets everything happen that was planned up to `until`, and whatever follows from it by then.
    ///
    /// # Errors
    /// [`SimError`] if the machine, not the world, fails.
    pub(crate) fn run_until(&mut self, until: i64) -> Result<(), SimError> {
        while self.network.next_at().is_some_and(|at| at <= until) && self.violations.is_empty() {
            let Some((at, what)) = self.network.next() else { break };
            self.pass(at)?;
            self.happen(what)?;
            if self.trace.count > MAX_HAPPENINGS {
                self.violation("settles", "the world does not come to rest".into());
            }
        }
        Ok(())
    }

    /// Moves the clock on.
    ///
    /// # Errors
    /// [`SimError`] if the machine, not the world, fails.
    pub(crate) fn pass(&mut self, to: i64) -> Result<(), SimError> {
        let before = self.today();
        self.now = self.now.max(to);
        if self.today() != before {
            let today = self.today();
            self.watch.today = today;
            for id in 0..self.relays.len() {
                if let Some(relay) = &mut self.relays[id].model {
                    relay.set_day(today);
                    relay.sweep();
                    self.speak_soon(id);
                    self.forward_soon(id, 0);
                }
            }
        }
        Ok(())
    }

    /// Days since 1970.
    pub(crate) fn today(&self) -> u32 {
        u32::try_from(self.now / DAY).unwrap_or(u32::MAX)
    }

    /// Gives the engine of a device something to handle, and does what it asks for. Returns why it refused, if it did.
    ///
    /// # Errors
    /// [`SimError`] if the machine, not the world, fails.
    pub(crate) fn input(
        &mut self,
        id: DeviceId,
        input: Input,
    ) -> Result<Option<kuvert_core::Refusal>, SimError> {
        let now = self.now;
        self.trace.note(now, format_args!("{id} <- {}", named(&input)));
        let before = Plant::before_input(self, id, &input)?;
        let device = &mut self.devices[id];
        if device.client.is_none() {
            return Ok(None);
        }
        let gap = crate::oracle::comes_to_a_gap(device, &input);
        let Some(client) = &mut device.client else { return Ok(None) };
        let is_command = matches!(input, Input::Command(_));
        let line = match &input {
            Input::Frame(line, _) => Some(line.clone()),
            _ => None,
        };
        let handled = client.handle(Timestamp(now), input);
        let mut outputs = Vec::new();
        while let Some(output) = client.poll_output() {
            outputs.push(output);
        }
        match handled {
            Ok(()) => {}
            Err(ClientError::Refused(refusal)) => {
                self.trace.note(now, format_args!("{id} refuses: {refusal}"));
                return Ok(Some(refusal));
            }
            // What a driver does then, see `kuvert-app`.
            Err(ClientError::PeerFault("the relay ended the session")) => {
                if let Some(link) = line.and_then(|line| self.devices[id].links.get(&line).copied()) {
                    self.cut(link);
                }
                return Ok(None);
            }
            Err(error) => {
                self.violation("no unexpected error", format!("device {id}: {error}"));
                return Ok(None);
            }
        }
        let said = self.devices[id].events.len();
        self.look_at_events(id, &outputs);
        let gap_said = self.devices[id].events[said..].iter().any(|event| matches!(event, Event::Gap { .. }));
        if gap && !gap_said {
            self.violation("RELAY-2", format!("device {id} does not say that entries were lost"));
        }
        if self.features.groups && (line.is_some() || is_command) {
            crate::oracle::look_at_groups(self, id)?;
        }
        // A process may end between any two things that it does.
        let fate = (!self.calm && self.rng.chance(4)).then(|| self.rng.below(outputs.len() + 1));
        let count = fate.unwrap_or(outputs.len());
        for output in outputs.into_iter().take(count) {
            self.carry_out(id, output)?;
        }
        if let Some(image) = before {
            self.leave(id, Some(image))?;
        } else if fate.is_some() {
            self.leave(id, None)?;
        }
        Ok(None)
    }

    /// Gives a device a command.
    ///
    /// # Errors
    /// [`SimError`] if the machine, not the world, fails.
    pub(crate) fn command(
        &mut self,
        id: DeviceId,
        command: Command,
    ) -> Result<Option<kuvert_core::Refusal>, SimError> {
        self.input(id, Input::Command(command))
    }

    fn look_at_events(&mut self, id: DeviceId, outputs: &[Output]) {
        for output in outputs {
            let Output::Event(event) = output else { continue };
            self.trace.note(self.now, format_args!("{id} says {}", brief(event)));
            if let Some(violation) = crate::oracle::unexpected(self, id, event) {
                self.violation(violation.rule, violation.what);
            }
            crate::workload::learn(self, id, event);
            if !Plant::swallows(self, event) {
                self.devices[id].events.push(event.clone());
            }
        }
    }

    fn carry_out(&mut self, id: DeviceId, output: Output) -> Result<(), SimError> {
        let start = self.devices[id].starts;
        match output {
            Output::Connect(line, _) => {
                self.devices[id].wanted.insert(line.clone());
                self.dial(id, line, 0);
            }
            Output::Disconnect(line) => {
                self.devices[id].wanted.remove(&line);
                if let Some(link) = self.devices[id].links.remove(&line) {
                    self.end(link, true);
                }
            }
            Output::Transmit(line, frame) => self.transmit(id, &line, frame)?,
            Output::Fetch(request) => {
                let at = self.now + self.delay();
                let request = Box::new(request);
                self.network.plan(at, Happening::Fetch { device: id, start, request });
            }
            Output::WakeAt(Timestamp(at)) => {
                self.devices[id].wakes.insert(at);
                self.network.plan(at.max(self.now), Happening::Wake { device: id, start });
            }
            Output::Blob(task) => self.plan_blob(id, task, 0),
            Output::Changes(_) | Output::Event(_) => {}
        }
        Ok(())
    }

    fn happen(&mut self, what: Happening) -> Result<(), SimError> {
        match what {
            Happening::Wake { device, start } => {
                let now = self.now;
                let there = &mut self.devices[device];
                if there.starts == start && there.client.is_some() {
                    let before = there.wakes.len();
                    there.wakes.retain(|at| *at > now);
                    if there.wakes.len() < before {
                        self.input(device, Input::Wake)?;
                    }
                }
            }
            Happening::Fetched { device, start, id, outcome } => {
                if self.devices[device].starts == start && self.devices[device].client.is_some() {
                    self.input(device, Input::Fetched(id, outcome))?;
                }
            }
            Happening::Blob { device, start, task } => self.move_blob(device, start, *task)?,
            Happening::Start { device } => self.start(device)?,
            Happening::Reachable { device } => self.devices[device].online = true,
            Happening::Days { count } => crate::trouble::skip(self, count)?,
            Happening::Open { relay } => self.open_relay(relay)?,
            Happening::Room { relay } => self.relays[relay].disk.set_full(false),
            Happening::Forward { relay } => self.forward(relay),
            Happening::Parcel { from, to, opening, parcel } => self.parcel_arrives(from, to, opening, parcel),
            Happening::Answer { from, to, opening, parcel, answer } => {
                self.parcel_answered((from, to), opening, &parcel, answer);
            }
            Happening::Act => crate::workload::act(self)?,
            Happening::Trouble => crate::trouble::strike(self)?,
            other => self.carry(other)?,
        }
        Ok(())
    }

    /// Ends a device's process. It finds `image` when it starts again, or what lies in its files now.
    ///
    /// # Errors
    /// [`SimError`] if the machine, not the world, fails.
    pub(crate) fn leave(&mut self, id: DeviceId, image: Option<std::path::PathBuf>) -> Result<(), SimError> {
        if self.devices[id].client.is_none() {
            return Ok(());
        }
        self.trace.note(self.now, format_args!("{id} is killed"));
        let links: Vec<_> = self.devices[id].links.values().copied().collect();
        // What was written to the socket may get there, or may not.
        let drains = image.is_some() || self.rng.chance(500);
        for link in links {
            self.end(link, drains);
        }
        match image {
            Some(image) => self.devices[id].leave(image),
            None => self.devices[id].kill()?,
        }
        let at = self.now + self.rng.between(0, 20_000);
        self.network.plan(at, Happening::Start { device: id });
        Ok(())
    }

    /// Starts a device's process, if it does not run.
    ///
    /// # Errors
    /// [`SimError`] if the engine does not open what it wrote, or the machine fails.
    pub(crate) fn start(&mut self, id: DeviceId) -> Result<(), SimError> {
        if self.devices[id].client.is_some() {
            return Ok(());
        }
        self.trace.note(self.now, format_args!("{id} starts"));
        self.devices[id].start(&mut self.rng)?;
        let mut outputs = Vec::new();
        if let Some(client) = &mut self.devices[id].client {
            while let Some(output) = client.poll_output() {
                outputs.push(output);
            }
        }
        self.learn_name(id);
        for output in outputs {
            self.carry_out(id, output)?;
        }
        Ok(())
    }

    /// Everything works again from now on.
    ///
    /// # Errors
    /// [`SimError`] if the machine, not the world, fails.
    pub(crate) fn calm_down(&mut self) -> Result<(), SimError> {
        self.trace.note(self.now, format_args!("calm"));
        self.calm = true;
        self.network.forget(|what| {
            matches!(
                what,
                Happening::Act
                    | Happening::Trouble
                    | Happening::Start { .. }
                    | Happening::Reachable { .. }
                    | Happening::Days { .. }
                    | Happening::Open { .. }
                    | Happening::Room { .. }
            )
        });
        for relay in 0..self.relays.len() {
            self.relays[relay].disk.set_full(false);
            self.open_relay(relay)?;
        }
        for id in 0..self.devices.len() {
            self.devices[id].online = true;
            self.start(id)?;
        }
        Ok(())
    }
}

fn named(input: &Input) -> String {
    match input {
        Input::Command(command) => {
            let text = format!("{command:?}");
            // A link's secret says nothing here.
            text.split([' ', '(', '{']).next().unwrap_or_default().to_owned()
        }
        Input::Connected(line) => format!("connected {}", line_name(line)),
        Input::Disconnected(line) => format!("disconnected {}", line_name(line)),
        Input::Frame(line, frame) => format!("{}: {}", line_name(line), crate::oracle::sketch_relay(frame)),
        Input::Fetched(id, outcome) => match outcome {
            kuvert_core::FetchOutcome::Answered { status, .. } => format!("fetched {} {status}", id.0),
            kuvert_core::FetchOutcome::Failed => format!("not fetched {}", id.0),
        },
        Input::Blob(_) => "blob".into(),
        Input::Wake => "wake".into(),
    }
}

fn brief(event: &Event) -> String {
    let text = format!("{event:?}");
    match event {
        Event::Dropped(what) => format!("dropped: {what}"),
        Event::Gap { lost } => format!("gap of {lost}"),
        _ => text.split([' ', '(', '{']).next().unwrap_or_default().to_owned(),
    }
}

pub(crate) fn line_name(line: &kuvert_core::Line) -> &'static str {
    match line {
        kuvert_core::Line::Owner => "owner",
        kuvert_core::Line::Anonymous(_) => "anonymous",
    }
}
