//! Many devices, each with its engine, its database and its two sessions.

use std::cell::Cell;
use std::collections::{BTreeMap, BTreeSet, VecDeque};
use std::net::SocketAddr;
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

use anyhow::{Context, Result, bail, ensure};
use kuvert_core::{
    Client, Command, Config, ContactId, ContactState, ConversationId, ConversationSummary, DatabaseKey,
    Event, IdentityKey, Input, Line, Location, Output, Timestamp,
};
use kuvert_wire::{ClientFrame, decode, limits};

use super::http;
use super::traffic::Traffic;
use crate::net::{Id, Net, Outbox, Peer};
use crate::relay::Relay;
use crate::session::TURN;

/// Devices that wait for nothing in particular for so long have nothing to say.
const QUIET: Duration = Duration::from_millis(500);
/// What takes longer has failed.
const PATIENCE: Duration = Duration::from_secs(600);
/// Requests of new contacts under way at once.
const MEETING: usize = 16;

/// All devices.
pub(super) struct Crowd {
    relay: SocketAddr,
    origin: String,
    devices: Vec<Device>,
    /// Which session each connection is.
    sessions: Vec<(usize, Line)>,
    connections: BTreeMap<(usize, Line), Id>,
    /// Sessions that are to be opened.
    wanted: VecDeque<(usize, Line)>,
    http: Traffic,
    /// Commits that left since they are counted, if they are.
    commits: Option<u32>,
    /// When the last input was handled.
    last: Instant,
    _folder: tempfile::TempDir,
}

/// One of them.
pub(super) struct Device {
    client: Client,
    wakes: BTreeSet<Timestamp>,
    /// Sessions on which something came already.
    greeted: BTreeSet<Id>,
    link: Option<String>,
    group: Option<ConversationId>,
    /// Something happened since it was looked at.
    is_changed: Cell<bool>,
    /// It has what everybody waits for.
    is_done: Cell<bool>,
    members: usize,
    newest: String,
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
}

impl Crowd {
    /// Makes so many identities at a relay.
    pub(super) fn new(relay: &Relay, people: usize) -> Result<Self> {
        let folder = tempfile::tempdir()?;
        let mut crowd = Self {
            relay: relay.address,
            origin: relay.origin.clone(),
            devices: Vec::new(),
            sessions: Vec::new(),
            connections: BTreeMap::new(),
            wanted: VecDeque::new(),
            http: Traffic::default(),
            commits: None,
            last: Instant::now(),
            _folder: folder,
        };
        for number in 0..people {
            let path = crowd._folder.path().join(format!("{number}.db"));
            crowd.devices.push(device(path.to_str().context("a folder without a name")?)?);
            let create = Command::CreateIdentity {
                name: format!("Singer {number}"),
                relay: crowd.origin.clone(),
                invite: None,
            };
            crowd.input(&mut Outbox::default(), number, Input::Command(create))?;
        }
        Ok(crowd)
    }

    /// Everybody writes to one of them, who accepts.
    pub(super) fn meet(&mut self, net: &mut Net, one: usize) -> Result<()> {
        self.command(net, one, Command::ShowLink)?;
        self.until(net, |crowd| Ok(crowd.devices[one].link.is_some()))?;
        let link = self.devices[one].link.clone().context("no link")?;
        let others: Vec<_> = (0..self.devices.len()).filter(|at| *at != one).collect();
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
        self.rest(net)
    }

    /// The contacts of a device, in the order of the devices.
    pub(super) fn contacts(&mut self, of: usize) -> Result<Vec<ContactId>> {
        Ok(self.contacts_of(of, ContactState::Accepted)?.into_iter().map(|(contact, _)| contact).collect())
    }

    fn contacts_of(&mut self, of: usize, state: ContactState) -> Result<Vec<(ContactId, ConversationId)>> {
        let conversations = self.devices[of].client.conversations()?;
        let contact = |summary: &ConversationSummary| {
            let contact = summary.contact().filter(|contact| contact.state == state)?;
            let number = contact.name.rsplit(' ').next().and_then(|number| number.parse::<usize>().ok());
            Some((number, contact.id, summary.conversation.id))
        };
        let mut found: Vec<_> = conversations.iter().filter_map(contact).collect();
        found.sort_by_key(|(number, ..)| *number);
        Ok(found.into_iter().map(|(_, contact, conversation)| (contact, conversation)).collect())
    }

    pub(super) fn identity(&self, of: usize) -> Result<IdentityKey> {
        self.devices[of].client.identity().context("a device has no identity")
    }

    pub(super) fn group(&self, of: usize) -> Option<ConversationId> {
        self.devices[of].group
    }

    /// Counts commits from now on.
    pub(super) fn count_commits(&mut self) {
        self.commits = Some(0);
    }

    /// Commits that left until everybody had the first thing that was waited for since.
    pub(super) fn commits(&self) -> u32 {
        self.commits.unwrap_or(0)
    }

    /// Bytes until now.
    pub(super) fn traffic(&self, net: &Net) -> Traffic {
        self.http + Traffic { up: net.written(), down: net.read() }
    }

    /// Whether the first `count` devices have something; asks those only that changed.
    pub(super) fn all(&mut self, count: usize, has: impl Fn(&Device) -> bool) -> Result<bool> {
        let mut all = true;
        for device in self.devices.iter_mut().take(count).filter(|device| !device.is_done.get()) {
            if device.is_changed.take() {
                device.look()?;
                device.is_done.set(has(device));
            }
            all &= device.is_done.get();
        }
        Ok(all)
    }

    pub(super) fn forget_what_is_known(&mut self) {
        for device in &mut self.devices {
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
            self.turn(net)?;
            ensure!(began.elapsed() < PATIENCE, "not done after {} s", PATIENCE.as_secs());
        }
        Ok(())
    }

    /// Goes on until nobody has anything to say.
    pub(super) fn rest(&mut self, net: &mut Net) -> Result<()> {
        self.last = Instant::now();
        while self.last.elapsed() < QUIET {
            self.turn(net)?;
        }
        Ok(())
    }

    fn turn(&mut self, net: &mut Net) -> Result<()> {
        while let Some((at, line)) = self.wanted.pop_front() {
            let id = net.connect(self.relay)?;
            ensure!(id == self.sessions.len(), "a connection out of order");
            self.sessions.push((at, line.clone()));
            self.connections.insert((at, line), id);
        }
        net.turn(TURN, self)?;
        for at in 0..self.devices.len() {
            let time = now();
            let wakes = &mut self.devices[at].wakes;
            let before = wakes.len();
            wakes.retain(|wake| *wake > time);
            if wakes.len() < before {
                self.input(&mut net.out, at, Input::Wake)?;
            }
        }
        Ok(())
    }

    fn input(&mut self, out: &mut Outbox, at: usize, input: Input) -> Result<()> {
        let mut inputs = VecDeque::from([input]);
        while let Some(input) = inputs.pop_front() {
            self.last = Instant::now();
            self.devices[at].client.handle(now(), input)?;
            self.devices[at].is_changed.set(true);
            while let Some(output) = self.devices[at].client.poll_output() {
                inputs.extend(self.output(out, at, output)?);
            }
        }
        Ok(())
    }

    fn output(&mut self, out: &mut Outbox, at: usize, output: Output) -> Result<Option<Input>> {
        match output {
            Output::Connect(line, _) => self.wanted.push_back((at, line)),
            Output::Transmit(line, frame) => {
                if let Some(commits) = &mut self.commits
                    && matches!(decode(&frame, limits::MAX_FRAME), Ok(ClientFrame::Commit(_)))
                {
                    *commits += 1;
                }
                let id = self.connections.get(&(at, line)).context("a frame without a session")?;
                out.send(*id, &frame);
            }
            Output::Fetch(request) => {
                let outcome = http::fetch(self.relay, &request, &mut self.http)?;
                return Ok(Some(Input::Fetched(request.id, outcome)));
            }
            Output::WakeAt(time) => {
                self.devices[at].wakes.insert(time);
            }
            Output::Event(event) => self.event(at, event)?,
            Output::Disconnect(_) | Output::Blob(_) => bail!("a device does what nobody asked for"),
            Output::Changes(_) => {}
        }
        Ok(None)
    }

    fn event(&mut self, at: usize, event: Event) -> Result<()> {
        match event {
            Event::OwnLink(link) => self.devices[at].link = Some(link),
            Event::GroupCreated(group) | Event::GroupJoined(group) => self.devices[at].group = Some(group),
            Event::GroupLost(_) | Event::Dropped(_) | Event::Gap { .. } => {
                bail!("device {at} lost something: {event:?}")
            }
            _ => {}
        }
        Ok(())
    }
}

impl Peer for Crowd {
    fn frame(&mut self, out: &mut Outbox, id: Id, payload: &mut [u8]) -> Result<()> {
        let (at, line) = self.sessions[id].clone();
        if self.devices[at].greeted.insert(id) {
            self.input(out, at, Input::Connected(line.clone()))?;
        }
        self.input(out, at, Input::Frame(line, payload.to_vec()))
    }

    fn settled(&mut self, _: &mut Outbox, _: Id) -> Result<()> {
        Ok(())
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
        wakes: BTreeSet::new(),
        greeted: BTreeSet::new(),
        link: None,
        group: None,
        is_changed: Cell::new(false),
        is_done: Cell::new(false),
        members: 0,
        newest: String::new(),
    })
}

/// The wall clock.
fn now() -> Timestamp {
    let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    Timestamp(i64::try_from(since.as_millis()).unwrap_or(i64::MAX))
}
