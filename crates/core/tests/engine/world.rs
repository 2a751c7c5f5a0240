//! Devices, two relays and a clock that stands still unless told.

use std::collections::{BTreeSet, VecDeque};

use kuvert_core::{
    BlobTask, Client, ClientError, Command, Config, ContactRow, ContactState, ConversationId,
    ConversationSummary, DatabaseKey, Event, FetchMethod, FetchOutcome, FetchRequest, Input, Line, Location,
    MessageState, Origin, Output, SenderKind, Timestamp,
};
use kuvert_wire::{CardId, ClientFrame, InboxId, decode, encode, limits};

use crate::relay::{ELSEWHERE, ORIGIN, Relay};

pub(crate) struct Device {
    pub(crate) client: Client,
    owner: Option<InboxId>,
    online: bool,
    /// The owner session is open.
    receives: bool,
    pub(crate) events: Vec<Event>,
    /// What [`Client::staffing`] told when the desk changed last.
    pub(crate) staffing_shown: Option<u64>,
    pub(crate) inputs: VecDeque<Input>,
    /// Every owner frame that came, to be played again.
    pub(crate) heard: Vec<Vec<u8>>,
    /// Every request that went out on the anonymous session.
    pub(crate) asked: Vec<ClientFrame>,
    /// What it was told to do with files, and has not done.
    pub(crate) tasks: Vec<BlobTask>,
    path: Option<std::path::PathBuf>,
    restarts: u8,
    seed: u8,
    /// Origin of its relay.
    home: &'static str,
    /// Other relays with which the engine wants a session.
    pub(crate) wanted: BTreeSet<Origin>,
    wake_at: Option<Timestamp>,
}

impl Device {
    pub(crate) fn inbox(&self) -> InboxId {
        self.owner.expect("has been online")
    }

    pub(crate) fn conversation(&mut self) -> ConversationSummary {
        self.client.conversations().expect("reads").into_iter().next().expect("a conversation")
    }

    pub(crate) fn id(&mut self) -> ConversationId {
        self.conversation().conversation.id
    }

    pub(crate) fn state(&mut self) -> ContactState {
        self.contact().state
    }

    pub(crate) fn contact(&mut self) -> ContactRow {
        self.conversation().contact().cloned().expect("a contact")
    }

    /// The newest message with all that is shown around it.
    pub(crate) fn last(&mut self) -> kuvert_core::ShownMessage {
        let id = self.id();
        let rows = self.client.messages(id, None, 1).expect("reads");
        self.client.with_context(rows).expect("reads").pop().expect("a message")
    }

    /// Texts with who wrote them and what became of them, oldest first.
    pub(crate) fn timeline(&mut self) -> Vec<(SenderKind, String, MessageState)> {
        let id = self.id();
        let rows = self.client.messages(id, None, 1_000).expect("reads");
        rows.into_iter().map(|row| (row.sender, row.text, row.state)).collect()
    }

    /// What was written, without notices.
    pub(crate) fn said(&mut self) -> Vec<String> {
        self.texts().into_iter().filter(|text| !text.is_empty()).collect()
    }

    pub(crate) fn texts(&mut self) -> Vec<String> {
        self.timeline().into_iter().map(|(_, text, _)| text).collect()
    }
}

pub(crate) struct World {
    pub(crate) relay: Relay,
    /// Another relay, where nobody is unless said otherwise.
    pub(crate) elsewhere: Relay,
    pub(crate) devices: Vec<Device>,
    pub(crate) now: Timestamp,
    /// Requests are lost on their way to the relay.
    pub(crate) deaf: bool,
}

pub(crate) const ALICE: usize = 0;
pub(crate) const BOB: usize = 1;

impl World {
    pub(crate) fn new(names: &[&str]) -> Self {
        let mut world = Self {
            relay: Relay::new(ORIGIN),
            elsewhere: Relay::new(ELSEWHERE),
            devices: Vec::new(),
            now: Timestamp(1_800_000_000_000),
            deaf: false,
        };
        for (at, name) in names.iter().enumerate() {
            world.add(at as u8 + 1, name, None);
        }
        world
    }

    pub(crate) fn add(&mut self, seed: u8, name: &str, path: Option<std::path::PathBuf>) {
        self.add_at(seed, name, ORIGIN, path);
    }

    pub(crate) fn add_at(
        &mut self,
        seed: u8,
        name: &str,
        home: &'static str,
        path: Option<std::path::PathBuf>,
    ) {
        let device = self.fresh(seed, home, path);
        let command = Command::CreateIdentity { name: name.to_owned(), relay: home.to_owned(), invite: None };
        self.begin(device, command);
    }

    fn fresh(&self, seed: u8, home: &'static str, path: Option<std::path::PathBuf>) -> Device {
        Device {
            client: open(seed, 0, path.as_deref()).expect("opens"),
            owner: None,
            online: false,
            receives: false,
            events: Vec::new(),
            staffing_shown: None,
            inputs: VecDeque::new(),
            heard: Vec::new(),
            asked: Vec::new(),
            tasks: Vec::new(),
            path,
            restarts: 0,
            seed,
            home,
            wanted: BTreeSet::new(),
            wake_at: None,
        }
    }

    /// A device that begins with this command.
    pub(crate) fn add_with(&mut self, seed: u8, command: Command) {
        let device = self.fresh(seed, ORIGIN, None);
        self.begin(device, command);
    }

    fn begin(&mut self, mut device: Device, command: Command) {
        device.client.handle(self.now, Input::Command(command)).expect("creates");
        while let Some(output) = device.client.poll_output() {
            if let Output::Event(event) = output {
                device.events.push(event);
            }
        }
        self.devices.push(device);
    }

    /// Loses the process, as by SIGKILL, and starts it again from its database.
    pub(crate) fn restart(&mut self, at: usize) {
        let device = &mut self.devices[at];
        device.online = false;
        device.receives = false;
        device.inputs.clear();
        device.tasks.clear();
        device.restarts += 1;
        let (seed, restarts, path) = (device.seed, device.restarts, device.path.clone().expect("a file"));
        // The old engine must be gone before the file can be opened again.
        device.client = open(seed, 100, None).expect("opens");
        device.client = open(seed, restarts, Some(&path)).expect("opens again");
        device.wanted.clear();
        while let Some(output) = device.client.poll_output() {
            if let Output::Connect(Line::Anonymous(relay), _) = output
                && relay.as_str() != device.home
            {
                device.wanted.insert(relay);
            }
        }
    }

    pub(crate) fn relay_at(&mut self, origin: &str) -> &mut Relay {
        match origin {
            ORIGIN => &mut self.relay,
            ELSEWHERE => &mut self.elsewhere,
            _ => panic!("no such relay"),
        }
    }

    /// The lines that a device keeps open.
    fn lines(&self, at: usize) -> Vec<Line> {
        let Device { home, wanted, .. } = &self.devices[at];
        let others = wanted.iter().cloned().map(Line::Anonymous);
        [Line::Owner, Line::Anonymous((*home).into())].into_iter().chain(others).collect()
    }

    fn relay_of(&self, at: usize, line: &Line) -> String {
        match line {
            Line::Owner => self.devices[at].home.to_owned(),
            Line::Anonymous(relay) => relay.as_str().to_owned(),
        }
    }

    /// Closes a device's engine and does to its database what no engine would do; then starts it again, offline.
    pub(crate) fn tamper(&mut self, at: usize, work: impl FnOnce(&kuvert_store::Tx<'_>)) {
        let device = &mut self.devices[at];
        let (seed, path) = (device.seed, device.path.clone().expect("a file"));
        device.client = open(seed, 100, None).expect("opens");
        let location = Location::File(path.to_str().expect("UTF-8"));
        let mut db =
            kuvert_store::Database::open(location, &DatabaseKey::new([seed; 32])).expect("opens as it is");
        db.transaction(|tx| {
            work(tx);
            Ok::<_, kuvert_store::StoreError>(())
        })
        .expect("writes");
        drop(db);
        self.restart(at);
    }

    pub(crate) fn go_online(&mut self, at: usize) {
        let lines = self.lines(at);
        self.open_lines(at, &lines);
    }

    /// Opens some sessions only, and runs until nothing is under way.
    pub(crate) fn open_lines(&mut self, at: usize, lines: &[Line]) {
        self.devices[at].online = true;
        lines.iter().for_each(|line| self.open_line(at, line));
        self.run();
    }

    fn open_line(&mut self, at: usize, line: &Line) {
        let relay = self.relay_of(at, line);
        let is_down = relay != ORIGIN && relay != ELSEWHERE || self.relay_at(&relay).down;
        let inputs = &mut self.devices[at].inputs;
        if is_down {
            inputs.push_back(Input::Disconnected(line.clone()));
        } else {
            inputs.push_back(Input::Connected(line.clone()));
            inputs.push_back(Input::Frame(line.clone(), encode(&Relay::hello())));
            self.relay_at(&relay).holds = false;
        }
    }

    /// A device tries once more to open sessions with a relay that is down.
    pub(crate) fn try_again(&mut self, at: usize) {
        for line in self.lines(at) {
            let relay = self.relay_of(at, &line);
            if self.relay_at(&relay).down {
                self.open_line(at, &line);
            }
        }
        self.run();
    }

    /// Opens all sessions of a device, without running anything yet.
    pub(crate) fn open_quietly(&mut self, at: usize) {
        self.devices[at].online = true;
        for line in self.lines(at) {
            self.open_line(at, &line);
        }
    }

    pub(crate) fn go_offline(&mut self, at: usize) {
        self.devices[at].online = false;
        self.devices[at].receives = false;
        self.devices[at].inputs.clear();
        for line in self.lines(at) {
            self.devices[at].inputs.push_back(Input::Disconnected(line));
        }
        self.run();
    }

    /// Writes a text that a relay takes in a session which ends before its answers come. The device is offline before and after.
    pub(crate) fn send_unanswered(&mut self, at: usize, text: &str) {
        self.go_offline(at);
        self.send(at, text);
        self.relay.mute = true;
        self.open_lines(at, &[anonymous()]);
        self.go_offline(at);
        self.relay.mute = false;
    }

    /// All that waits for a device at its relay has expired.
    pub(crate) fn lose_waiting(&mut self, at: usize) {
        let inbox = self.devices[at].inbox();
        let relay = self.relay_at(self.devices[at].home);
        let waiting = relay.waiting(inbox) as u64;
        relay.lose_oldest(inbox, waiting);
    }

    /// A relay is gone, for a while or for good.
    pub(crate) fn take_down(&mut self, origin: &str) {
        self.relay_at(origin).down = true;
        self.reach(origin);
    }

    /// A relay is back.
    pub(crate) fn bring_up(&mut self, origin: &str) {
        self.relay_at(origin).down = false;
        self.reach(origin);
    }

    /// Every device that is online notices that a relay is there, or is not.
    fn reach(&mut self, origin: &str) {
        for at in 0..self.devices.len() {
            for line in self.lines(at) {
                if self.devices[at].online && self.relay_of(at, &line) == origin {
                    self.open_line(at, &line);
                }
            }
        }
        self.run();
    }

    pub(crate) fn command(&mut self, at: usize, command: Command) -> Result<(), ClientError> {
        let result = self.input(at, Input::Command(command));
        self.run();
        result
    }

    pub(crate) fn send(&mut self, at: usize, text: &str) {
        let conversation = self.devices[at].id();
        self.command(at, Command::Send { conversation, text: text.to_owned() }).expect("sends");
    }

    pub(crate) fn wake(&mut self, at: usize) {
        self.now = self.now.plus_millis(100_000);
        self.devices[at].inputs.push_back(Input::Wake);
        self.run();
    }

    pub(crate) fn again(&mut self, at: usize, frame: Vec<u8>) -> Result<(), ClientError> {
        self.input(at, Input::Frame(Line::Owner, frame))
    }

    /// Runs until nothing is under way.
    pub(crate) fn run(&mut self) {
        loop {
            while let Some(at) = self.devices.iter().position(|device| !device.inputs.is_empty()) {
                let input = self.devices[at].inputs.pop_front().expect("just seen");
                if let Input::Frame(Line::Owner, frame) = &input {
                    self.devices[at].heard.push(frame.clone());
                }
                self.input(at, input).expect("handles");
            }
            if !self.hand_over(ORIGIN, ELSEWHERE) && !self.hand_over(ELSEWHERE, ORIGIN) {
                return;
            }
        }
    }

    /// What waits at one relay for another goes there. Says whether there was something.
    fn hand_over(&mut self, from: &str, to: &'static str) -> bool {
        if self.relay_at(from).down || self.relay_at(from).rests || self.relay_at(to).down {
            return false;
        }
        let (theirs, others) =
            std::mem::take(&mut self.relay_at(from).outbox).into_iter().partition(|(relay, _)| relay == to);
        self.relay_at(from).outbox = others;
        let theirs: Vec<_> = theirs;
        for (_, sealed) in &theirs {
            let delivered = self.relay_at(to).receive(sealed);
            self.notify(to, delivered);
        }
        !theirs.is_empty()
    }

    /// Tells owners who are there of new entries.
    pub(crate) fn notify(&mut self, relay: &str, delivered: Vec<(InboxId, u64)>) {
        for (inbox, seq) in delivered {
            let frame = self.relay_at(relay).entry(inbox, seq).expect("just delivered");
            let to = self.devices.iter_mut().find(|device| device.owner == Some(inbox));
            if let Some(device) = to.filter(|device| device.online && device.receives) {
                device.inputs.push_back(Input::Frame(Line::Owner, encode(&frame)));
            }
        }
    }

    pub(crate) fn input(&mut self, at: usize, input: Input) -> Result<(), ClientError> {
        self.now = self.now.plus_millis(1);
        self.devices[at].client.handle(self.now, input)?;
        while let Some(output) = self.devices[at].client.poll_output() {
            match output {
                Output::Transmit(line, frame) if self.devices[at].online => self.transmit(at, &line, &frame),
                Output::Fetch(fetch) => {
                    let outcome = self.fetch(at, &fetch);
                    self.devices[at].inputs.push_back(Input::Fetched(fetch.id, outcome));
                }
                Output::WakeAt(time) => {
                    let device = &mut self.devices[at];
                    device.wake_at = Some(device.wake_at.map_or(time, |known| known.min(time)));
                }
                Output::Event(event) => self.devices[at].events.push(event),
                Output::Connect(line, relay) if relay.as_str() != self.devices[at].home => {
                    self.devices[at].wanted.insert(relay);
                    if self.devices[at].online {
                        self.open_line(at, &line);
                    }
                }
                Output::Disconnect(Line::Anonymous(relay)) => {
                    assert!(self.devices[at].wanted.remove(&relay), "it was open");
                }
                Output::Disconnect(Line::Owner) => panic!("the own inbox is always watched"),
                Output::Blob(task) => self.devices[at].tasks.push(task),
                Output::Changes(changes) if changes.desk => {
                    let device = &mut self.devices[at];
                    device.staffing_shown = Some(device.client.staffing()?);
                }
                Output::Transmit(..) | Output::Connect(..) | Output::Changes(_) => {}
            }
        }
        Ok(())
    }

    fn fetch(&mut self, at: usize, fetch: &FetchRequest) -> FetchOutcome {
        let answered = |status, body| FetchOutcome::Answered { status, body };
        let (relay, path) = fetch.url.split_once("/v1/").expect("a path");
        let (kind, name) = path.split_once('/').expect("a name");
        let is_online = self.devices[at].online;
        let relay = self.relay_at(relay);
        if relay.down {
            return FetchOutcome::Failed;
        }
        if kind == "blobs" {
            if !is_online {
                return FetchOutcome::Failed;
            }
            let (status, body) = relay.blob(name, &fetch.method);
            return answered(status, body);
        }
        let id = CardId::from_text(name).expect("a card");
        match &fetch.method {
            FetchMethod::Get => match relay.get_card(id) {
                Some(body) => answered(200, body),
                None => answered(404, Vec::new()),
            },
            _ if !is_online => FetchOutcome::Failed,
            FetchMethod::Put(body) => answered(relay.put_card(id, &fetch.headers, body.clone()), Vec::new()),
            FetchMethod::Delete(body) => answered(relay.delete_card(id, body), Vec::new()),
            FetchMethod::Patch(_) => panic!("cards are put"),
        }
    }

    /// Runs until nothing is under way and nobody wants to be woken within this many seconds.
    pub(crate) fn settle(&mut self, seconds: i64) {
        let end = self.now.plus_millis(seconds * 1000);
        self.run();
        loop {
            let next = self.devices.iter().enumerate().filter(|(_, device)| device.online);
            let next = next.filter_map(|(at, device)| Some((device.wake_at?, at))).min();
            let Some((time, at)) = next.filter(|(time, _)| *time <= end) else { break };
            self.now = self.now.max(time);
            self.devices[at].wake_at = None;
            self.devices[at].inputs.push_back(Input::Wake);
            self.run();
        }
        self.now = self.now.max(end);
    }

    fn transmit(&mut self, at: usize, line: &Line, frame: &[u8]) {
        let frame: ClientFrame = decode(frame, limits::MAX_FRAME).expect("a frame");
        let relay = self.relay_of(at, line);
        if self.relay_at(&relay).down {
            return;
        }
        match line {
            Line::Owner => {
                let mut owner = self.devices[at].owner;
                for answer in self.relay_at(&relay).owner_frame(&mut owner, frame) {
                    self.devices[at].inputs.push_back(Input::Frame(Line::Owner, encode(&answer)));
                }
                self.devices[at].owner = owner;
                self.devices[at].receives = true;
            }
            Line::Anonymous(_) if self.deaf => {}
            Line::Anonymous(_) => {
                self.devices[at].asked.push(frame.clone());
                let (answer, delivered) = self.relay_at(&relay).anonymous_frame(frame);
                let answer = answer.map(|answer| Input::Frame(line.clone(), encode(&answer)));
                self.devices[at].inputs.extend(answer);
                self.notify(&relay, delivered);
            }
        }
    }

    /// The link of a device.
    pub(crate) fn link(&mut self, at: usize) -> String {
        self.command(at, Command::ShowLink).expect("shows");
        let found = self.devices[at].events.iter().rev().find_map(|event| match event {
            Event::OwnLink(link) => Some(link.clone()),
            _ => None,
        });
        found.expect("a link")
    }

    /// Bob opens Alice's link and writes.
    pub(crate) fn request(&mut self, text: &str) {
        let link = self.link(ALICE);
        self.command(BOB, Command::OpenLink { link: link.clone() }).expect("opens");
        self.command(BOB, Command::Request { link, text: text.to_owned() }).expect("requests");
    }

    /// Alice and Bob, both online, in an accepted conversation that began with "hello".
    pub(crate) fn acquainted() -> Self {
        let mut world = Self::new(&["Alice", "Bob"]);
        world.meet();
        world
    }

    pub(crate) fn meet(&mut self) {
        self.go_online(ALICE);
        self.go_online(BOB);
        self.request("hello");
        let conversation = self.devices[ALICE].id();
        self.command(ALICE, Command::Accept { conversation }).expect("accepts");
    }
}

/// Alice and Bob with databases in files, so that they can be killed.
pub(crate) fn on_disk() -> (World, tempfile::TempDir) {
    let dir = tempfile::tempdir().expect("temporary folder");
    let mut world = World::new(&[]);
    world.add(1, "Alice", Some(dir.path().join("alice.db")));
    world.add(2, "Bob", Some(dir.path().join("bob.db")));
    (world, dir)
}

/// The anonymous session with the relay where everybody is unless said otherwise.
pub(crate) fn anonymous() -> Line {
    Line::Anonymous(ORIGIN.into())
}

fn open(seed: u8, restarts: u8, path: Option<&std::path::Path>) -> Result<Client, ClientError> {
    let mut bytes = [seed; 32];
    bytes[0] = restarts;
    let location = match path {
        Some(path) => Location::File(path.to_str().expect("UTF-8")),
        None => Location::Memory,
    };
    Client::open(&Config { location, key: &DatabaseKey::new([seed; 32]), seed: bytes })
}
