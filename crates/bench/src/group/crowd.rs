//! Many devices, each with its engine, its database and its two sessions.

use std::cell::Cell;
use std::time::{Duration, Instant};

use anyhow::{Context, Result, bail, ensure};
use kuvert_app::Effect;
use kuvert_core::{
    Client, Command, Config, ContactId, ContactState, ConversationId, ConversationSummary, DatabaseKey,
    Event, IdentityKey, Input, Location, Output, Timestamp,
};

use crate::net::{Net, Outbox};
use crate::pump::{Engine, Pump};
use crate::relay::Relay;
use crate::traffic::Traffic;

/// What takes longer has failed.
const PATIENCE: Duration = Duration::from_secs(600);
/// Requests of new contacts under way at once.
const MEETING: usize = 16;

/// All devices.
pub(super) struct Crowd {
    pump: Pump<Device>,
    people: usize,
    /// Commits that had left when counting began.
    before: u32,
    _folder: tempfile::TempDir,
}

/// One of them.
pub(super) struct Device {
    client: Client,
    link: Option<String>,
    group: Option<ConversationId>,
    /// Something happened since it was looked at.
    is_changed: Cell<bool>,
    /// It has what everybody waits for.
    is_done: Cell<bool>,
    members: usize,
    newest: String,
}

impl Engine for Device {
    fn input(&mut self, now: Timestamp, input: Input) -> Result<()> {
        self.is_changed.set(true);
        Ok(self.client.handle(now, input)?)
    }

    fn effect(&mut self) -> Result<Option<Effect>> {
        while let Some(output) = self.client.poll_output() {
            return Ok(Some(match output {
                Output::Connect(line, origin) => Effect::Connect(line, origin),
                Output::Disconnect(line) => Effect::Disconnect(line),
                Output::Transmit(line, frame) => Effect::Transmit(line, frame),
                Output::Fetch(request) => Effect::Fetch(request),
                Output::Blob(task) => Effect::Blob(task),
                Output::WakeAt(time) => Effect::WakeAt(time),
                Output::Event(event) => {
                    self.event(event)?;
                    continue;
                }
                Output::Changes(_) => continue,
            }));
        }
        Ok(None)
    }
}

impl Device {
    /// Of its group, as it was when something last happened.
    pub(super) fn members(&self) -> usize {
        self.members
    }

    /// The newest text in its group.
    pub(super) fn newest(&self) -> &str {
        &self.newest
    }

    fn look(&mut self) -> Result<()> {
        let Some(group) = self.group else { return Ok(()) };
        let summary = self.client.conversation(group)?;
        self.members = summary.and_then(|summary| Some(summary.group()?.members)).unwrap_or(0) as usize;
        self.newest = self.client.messages(group, None, 1)?.pop().map(|row| row.text).unwrap_or_default();
        Ok(())
    }

    fn event(&mut self, event: Event) -> Result<()> {
        match event {
            Event::OwnLink(link) => self.link = Some(link),
            Event::GroupCreated(group) | Event::GroupJoined(group) => self.group = Some(group),
            Event::GroupLost(_) | Event::Dropped(_) | Event::Gap { .. } => {
                bail!("a device lost something: {event:?}")
            }
            _ => {}
        }
        Ok(())
    }
}

impl Crowd {
    /// Makes so many identities at a relay.
    pub(super) fn new(relay: &Relay, people: usize) -> Result<Self> {
        let folder = tempfile::tempdir()?;
        let mut crowd = Self { pump: Pump::new(relay), people, before: 0, _folder: folder };
        for number in 0..people {
            let path = crowd._folder.path().join(format!("{number}.db"));
            let at = crowd.pump.begin(device(path.to_str().context("a folder without a name")?)?);
            let create = Command::CreateIdentity {
                name: format!("Singer {number}"),
                relay: crowd.pump.origin.clone(),
                invite: None,
            };
            crowd.input(&mut Outbox::default(), at, Input::Command(create))?;
        }
        Ok(crowd)
    }

    /// Everybody writes to one of them, who accepts.
    pub(super) fn meet(&mut self, net: &mut Net, one: usize) -> Result<()> {
        self.command(net, one, Command::ShowLink)?;
        self.until(net, |crowd| Ok(crowd.pump.engine(one)?.link.is_some()))?;
        let link = self.pump.engine(one)?.link.clone().context("no link")?;
        let others: Vec<_> = (0..self.people).filter(|at| *at != one).collect();
        for some in others.chunks(MEETING) {
            for at in some {
                self.command(net, *at, Command::OpenLink { link: link.clone() })?;
                let request = Command::Request { link: link.clone(), text: "Good evening".to_owned() };
                self.command(net, *at, request)?;
            }
            let last = *some.last().context("nobody")?;
            self.until(net, |crowd| Ok(crowd.contacts_of(one, ContactState::Asking)?.len() == some.len()))?;
            for (_, conversation) in self.contacts_of(one, ContactState::Asking)? {
                self.command(net, one, Command::Accept { conversation })?;
            }
            self.until(net, |crowd| Ok(crowd.contacts_of(one, ContactState::Accepted)?.len() == last))?;
        }
        self.pump.rest(net)
    }

    /// The contacts of a device, in the order of the devices.
    pub(super) fn contacts(&mut self, of: usize) -> Result<Vec<ContactId>> {
        Ok(self.contacts_of(of, ContactState::Accepted)?.into_iter().map(|(contact, _)| contact).collect())
    }

    fn contacts_of(&mut self, of: usize, state: ContactState) -> Result<Vec<(ContactId, ConversationId)>> {
        let conversations = self.pump.engine(of)?.client.conversations()?;
        let contact = |summary: &ConversationSummary| {
            let contact = summary.contact().filter(|contact| contact.state == state)?;
            let number = contact.name.rsplit(' ').next().and_then(|number| number.parse::<usize>().ok());
            Some((number, contact.id, summary.conversation.id))
        };
        let mut found: Vec<_> = conversations.iter().filter_map(contact).collect();
        found.sort_by_key(|(number, ..)| *number);
        Ok(found.into_iter().map(|(_, contact, conversation)| (contact, conversation)).collect())
    }

    pub(super) fn identity(&mut self, of: usize) -> Result<IdentityKey> {
        self.pump.engine(of)?.client.identity().context("a device has no identity")
    }

    pub(super) fn group(&mut self, of: usize) -> Option<ConversationId> {
        self.pump.engine(of).ok()?.group
    }

    /// Counts commits from now on.
    pub(super) fn count_commits(&mut self) {
        self.before = self.pump.commits();
    }

    /// Commits that left since they are counted.
    pub(super) fn commits(&self) -> u32 {
        self.pump.commits() - self.before
    }

    /// Bytes until now.
    pub(super) fn traffic(&self, net: &Net) -> Traffic {
        self.pump.traffic(net)
    }

    /// Whether the first `count` devices have something; asks those only that changed.
    pub(super) fn all(&mut self, count: usize, has: impl Fn(&Device) -> bool) -> Result<bool> {
        let mut all = true;
        let devices = self.pump.engines().map(|(_, device)| device).take(count);
        for device in devices.filter(|device| !device.is_done.get()) {
            if device.is_changed.take() {
                device.look()?;
                device.is_done.set(has(device));
            }
            all &= device.is_done.get();
        }
        Ok(all)
    }

    pub(super) fn forget_what_is_known(&mut self) {
        for (_, device) in self.pump.engines() {
            device.is_done.set(false);
        }
    }

    pub(super) fn command(&mut self, net: &mut Net, at: usize, command: Command) -> Result<()> {
        self.input(&mut net.out, at, Input::Command(command))
    }

    /// Goes on until something is there.
    pub(super) fn until(&mut self, net: &mut Net, done: impl Fn(&mut Self) -> Result<bool>) -> Result<()> {
        let began = Instant::now();
        while !done(self)? {
            self.pump.turn(net)?;
            ensure!(began.elapsed() < PATIENCE, "not done after {} s", PATIENCE.as_secs());
        }
        Ok(())
    }

    /// Goes on until nobody has anything to say.
    pub(super) fn rest(&mut self, net: &mut Net) -> Result<()> {
        self.pump.rest(net)
    }

    fn input(&mut self, out: &mut Outbox, at: usize, input: Input) -> Result<()> {
        self.pump.act(out, at, |device, now| device.input(now, input))
    }
}

fn device(path: &str) -> Result<Device> {
    let mut seed = [0; 32];
    if let Err(error) = getrandom::fill(&mut seed) {
        bail!("the operating system gives no randomness: {error}");
    }
    let key = DatabaseKey::new(seed);
    Ok(Device {
        client: Client::open(&Config { location: Location::File(path), key: &key, seed })?,
        link: None,
        group: None,
        is_changed: Cell::new(false),
        is_done: Cell::new(false),
        members: 0,
        newest: String::new(),
    })
}
