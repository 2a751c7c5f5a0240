//! Two engines and what a relay would do between them, without any of its checks.

use std::collections::VecDeque;
use std::time::Duration;

use anyhow::{Context, Result, anyhow, bail};
use kuvert_core::{
    Client, Command, Config, ConversationId, DatabaseKey, Event, FetchMethod, FetchOutcome, Input, Line,
    Location, Output, Timestamp,
};
use kuvert_wire::{
    Challenge, ClientFrame, Entries, Entry, EntrySealer, Generation, Hello, InboxId, KeyPackageReply, Owned,
    RelayFrame, SealKey, decode, encode, limits,
};

use super::timed;

const RELAY: &str = "http://localhost:1";
const RECEIVER: usize = 0;
const SENDER: usize = 1;

/// An inbox, as far as it is needed.
#[derive(Default)]
struct Inbox {
    keys: Option<(InboxId, SealKey)>,
    seq: u64,
    packages: VecDeque<Vec<u8>>,
}

/// A receiver with its database in a file, and a sender in memory.
pub(super) struct Pair {
    path: String,
    key: DatabaseKey,
    clients: [Client; 2],
    inboxes: [Inbox; 2],
    inputs: [VecDeque<Input>; 2],
    card: Vec<u8>,
    link: String,
    channel_seq: u64,
    now: i64,
    runs: u8,
}

/// How long parts of opening a profile take: medians.
pub(super) struct Opened {
    pub(super) open: Duration,
    pub(super) list: Duration,
    pub(super) timeline: Duration,
    pub(super) search: Duration,
}

impl Pair {
    /// Both have identities, and are in a conversation.
    pub(super) fn acquainted(path: &str, key: &DatabaseKey) -> Result<Self> {
        let clients =
            [open(Location::File(path), key, 1)?, open(Location::Memory, &DatabaseKey::new([8; 32]), 2)?];
        let mut pair = Self {
            path: path.to_owned(),
            key: key.clone(),
            clients,
            inboxes: Default::default(),
            inputs: Default::default(),
            card: Vec::new(),
            link: String::new(),
            channel_seq: 0,
            now: 1_800_000_000_000,
            runs: 2,
        };
        for who in [RECEIVER, SENDER] {
            let name = if who == RECEIVER { "Anna" } else { "Ben" }.to_owned();
            pair.command(who, Command::CreateIdentity { name, relay: RELAY.to_owned(), invite: None })?;
            pair.connect(who)?;
        }
        pair.command(RECEIVER, Command::ShowLink)?;
        let link = pair.link.clone();
        pair.command(SENDER, Command::OpenLink { link: link.clone() })?;
        pair.command(SENDER, Command::Request { link, text: "hello".to_owned() })?;
        let conversation = pair.conversation(RECEIVER)?;
        pair.command(RECEIVER, Command::Accept { conversation })?;
        Ok(pair)
    }

    /// Closes the receiver's database for a while.
    pub(super) fn while_closed(&mut self, work: impl FnOnce() -> Result<()>) -> Result<()> {
        self.clients[RECEIVER] = open(Location::Memory, &self.key, 0)?;
        work()?;
        self.reopen()?;
        self.connect(RECEIVER)
    }

    /// The sender sends so many messages; how long the receiver took for each.
    pub(super) fn receive(&mut self, messages: u32) -> Result<Vec<Duration>> {
        let mut took = Vec::new();
        let conversation = self.conversation(SENDER)?;
        for n in 0..messages {
            let text = format!("message {n} of a conversation in which somebody has something to say");
            self.input(SENDER, Input::Command(Command::Send { conversation, text }))?;
            // The sender's own copies, and then the receiver's entry, which is measured.
            while let Some(input) = self.inputs[SENDER].pop_front() {
                self.input(SENDER, input)?;
            }
            while let Some(input) = self.inputs[RECEIVER].pop_front() {
                let is_entry = matches!(&input, Input::Frame(Line::Owner, _));
                let ((), time) = timed(|| self.input(RECEIVER, input))?;
                if is_entry && took.len() <= n as usize {
                    took.push(time);
                }
            }
            self.run()?;
        }
        if took.len() == messages as usize { Ok(took) } else { bail!("a message did not arrive") }
    }

    /// Opens the receiver's profile several times and looks into it.
    pub(super) fn open_again(&mut self, times: usize) -> Result<Opened> {
        let mut all: [Vec<Duration>; 4] = Default::default();
        for _ in 0..times {
            self.clients[RECEIVER] = open(Location::Memory, &self.key, 0)?;
            let ((), opening) = timed(|| self.reopen())?;
            let client = &mut self.clients[RECEIVER];
            let (list, listing) = timed(|| Ok(client.conversations()?))?;
            let newest = list.first().context("no conversation")?.conversation.id;
            let (_, paging) = timed(|| {
                let rows = client.messages(newest, None, 51)?;
                Ok(client.with_context(rows)?)
            })?;
            let (_, searching) = timed(|| Ok(client.search("wort42 wort7", None, None, 50)?))?;
            for (of, took) in all.iter_mut().zip([opening, listing, paging, searching]) {
                of.push(took);
            }
        }
        let [open, list, timeline, search] = all.map(|mut took| {
            took.sort_unstable();
            took[took.len() / 2]
        });
        Ok(Opened { open, list, timeline, search })
    }

    fn reopen(&mut self) -> Result<()> {
        self.runs += 1;
        self.clients[RECEIVER] = open(Location::File(&self.path), &self.key, self.runs)?;
        while self.clients[RECEIVER].poll_output().is_some() {}
        Ok(())
    }

    fn connect(&mut self, who: usize) -> Result<()> {
        let hello = Hello { version: limits::PROTOCOL_VERSION, challenge: Challenge::new([9; 32]) };
        for line in [Line::Owner, anonymous()] {
            self.inputs[who].push_back(Input::Connected(line.clone()));
            let hello = encode(&RelayFrame::Hello(hello.clone()));
            self.inputs[who].push_back(Input::Frame(line, hello));
        }
        self.run()
    }

    fn conversation(&mut self, who: usize) -> Result<ConversationId> {
        let list = self.clients[who].conversations()?;
        // The sender has one; the receiver's is the one that exists first.
        list.iter().map(|summary| summary.conversation.id).min().context("no conversation")
    }

    fn command(&mut self, who: usize, command: Command) -> Result<()> {
        self.input(who, Input::Command(command))?;
        self.run()
    }

    fn run(&mut self) -> Result<()> {
        while let Some(who) = (0..2).find(|who| !self.inputs[*who].is_empty()) {
            if let Some(input) = self.inputs[who].pop_front() {
                self.input(who, input)?;
            }
        }
        Ok(())
    }

    fn input(&mut self, who: usize, input: Input) -> Result<()> {
        self.now += 1;
        self.clients[who].handle(Timestamp(self.now), input)?;
        while let Some(output) = self.clients[who].poll_output() {
            match output {
                Output::Transmit(_, frame) => self.frame(who, &frame)?,
                Output::Fetch(fetch) => {
                    let body = match fetch.method {
                        FetchMethod::Put(card) => {
                            self.card = card;
                            Vec::new()
                        }
                        FetchMethod::Get => self.card.clone(),
                        FetchMethod::Patch(_) | FetchMethod::Delete(_) => Vec::new(),
                    };
                    let outcome = FetchOutcome::Answered { status: 200, body };
                    self.inputs[who].push_back(Input::Fetched(fetch.id, outcome));
                }
                Output::Event(Event::OwnLink(link)) => self.link = link,
                _ => {}
            }
        }
        Ok(())
    }

    /// What a relay does with a frame.
    fn frame(&mut self, who: usize, frame: &[u8]) -> Result<()> {
        let frame: ClientFrame = decode(frame, limits::MAX_FRAME).map_err(|_| anyhow!("no frame"))?;
        match frame {
            ClientFrame::Own(own) => {
                if let Some(create) = own.create {
                    self.inboxes[who].keys = Some((InboxId::of(&own.owner), create.seal_key));
                }
                let owned = Owned {
                    created: true,
                    key_packages: u16::try_from(self.inboxes[who].packages.len())?,
                    last_resort: !self.inboxes[who].packages.is_empty(),
                    acknowledged: self.inboxes[who].seq,
                    generation: Generation::new([1; 8]),
                    relay_key: None,
                    push_key: None,
                    subscribed: None,
                };
                self.answer(who, Line::Owner, &RelayFrame::Owned(owned));
                self.answer(who, Line::Owner, &RelayFrame::Live);
            }
            ClientFrame::PutKeyPackages(put) => {
                self.inboxes[who].packages.extend(put.one_time.into_iter().map(Vec::from));
            }
            ClientFrame::TakeKeyPackage(take) => {
                let package = self.inboxes[self.owner(take.inbox)?].packages.pop_front();
                let package = package.context("no key package")?;
                let reply = KeyPackageReply { id: take.id, package };
                self.answer(who, anonymous(), &RelayFrame::KeyPackage(reply));
            }
            ClientFrame::CreateChannel(create) => {
                self.answer(who, anonymous(), &RelayFrame::Accepted { id: create.id, seq: 0 });
            }
            ClientFrame::Post(post) => {
                self.channel_seq += 1;
                let seq = self.channel_seq;
                self.answer(who, anonymous(), &RelayFrame::Accepted { id: post.id, seq });
                let (channel, epoch, id, body) = (post.channel, post.epoch, post.id, post.body);
                self.deliver_all(&Entry::Post { channel, seq, epoch, id, body })?;
            }
            ClientFrame::Commit(commit) => {
                self.channel_seq += 1;
                let (seq, post) = (self.channel_seq, commit.post);
                self.answer(who, anonymous(), &RelayFrame::Accepted { id: post.id, seq });
                let (channel, epoch, id, body) = (post.channel, post.epoch, post.id, post.body);
                let entry = Entry::Commit { channel, seq, epoch, id, body };
                if commit.welcomes.is_empty() {
                    self.deliver_all(&entry)?;
                } else {
                    self.deliver(who, &entry)?;
                }
                for welcome in commit.welcomes {
                    let to = self.owner(welcome.inbox)?;
                    self.deliver(to, &Entry::Deposit { body: welcome.body })?;
                }
            }
            _ => {}
        }
        Ok(())
    }

    fn owner(&self, inbox: InboxId) -> Result<usize> {
        let is_it = |known: &Inbox| known.keys.as_ref().is_some_and(|(id, _)| *id == inbox);
        self.inboxes.iter().position(is_it).context("no such inbox")
    }

    fn answer(&mut self, who: usize, line: Line, frame: &RelayFrame) {
        self.inputs[who].push_back(Input::Frame(line, encode(frame)));
    }

    fn deliver_all(&mut self, entry: &Entry) -> Result<()> {
        self.deliver(SENDER, entry)?;
        self.deliver(RECEIVER, entry)
    }

    fn deliver(&mut self, to: usize, entry: &Entry) -> Result<()> {
        let inbox = &mut self.inboxes[to];
        let (id, seal_key) = inbox.keys.as_ref().context("no inbox")?;
        inbox.seq += 1;
        let sealed = EntrySealer::new(&[3; 32], *id, seal_key).seal(inbox.seq, entry);
        let entries = Entries { first: inbox.seq, sealed: vec![sealed] };
        self.answer(to, Line::Owner, &RelayFrame::Entries(entries));
        Ok(())
    }
}

/// The session on which both post.
fn anonymous() -> Line {
    Line::Anonymous(RELAY.into())
}

fn open(location: Location<'_>, key: &DatabaseKey, seed: u8) -> Result<Client> {
    Ok(Client::open(&Config { location, key, seed: [seed; 32] })?)
}
