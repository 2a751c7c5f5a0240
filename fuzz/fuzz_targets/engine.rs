//! What a relay that does as it likes can make an engine read which has an identity, a contact and a group: frames, answers to what
//! it asked, entries sealed to its inbox, bodies in its group's channel, and blobs.

#![no_main]

use std::cell::RefCell;
use std::collections::{BTreeMap, VecDeque};

use kuvert_core::{
    Client, Command, Config, ContactState, ConversationSummary, DatabaseKey, Event, FetchId, FetchMethod,
    FetchOutcome, Input, Line, Location, Output, Timestamp,
};
use kuvert_wire::{
    Challenge, ChannelId, ClientFrame, Entries, Entry, EntrySealer, Generation, Hello, InboxId,
    KeyPackageReply, Owned, PostId, RelayFrame, SealKey, decode, encode, limits,
};
use libfuzzer_sys::fuzz_target;

const RELAY: &str = "http://localhost:1";
/// Who reads what comes.
const ALICE: usize = 0;
const BOB: usize = 1;

thread_local! {
    static WORLD: RefCell<World> = RefCell::new(World::with_group());
}

fuzz_target!(|bytes: &[u8]| {
    let Some((kind, bytes)) = bytes.split_first() else { return };
    WORLD.with_borrow_mut(|world| world.feed(*kind, bytes));
});

#[derive(Default)]
struct Inbox {
    keys: Option<(InboxId, SealKey)>,
    seq: u64,
    packages: VecDeque<Vec<u8>>,
}

/// Two engines, and as much of a relay as they need to get to know each other and to make a group.
struct World {
    clients: [Client; 2],
    inboxes: [Inbox; 2],
    inputs: VecDeque<(usize, Input)>,
    cards: BTreeMap<String, Vec<u8>>,
    link: String,
    /// The epochs of channels, and how many posts they had.
    channels: BTreeMap<ChannelId, (u64, u64)>,
    /// What Alice asked last.
    asked: PostId,
    fetch: FetchId,
    now: i64,
}

impl World {
    fn with_group() -> Self {
        let mut world = Self {
            clients: [1, 2].map(client),
            inboxes: Default::default(),
            inputs: VecDeque::new(),
            cards: BTreeMap::new(),
            link: String::new(),
            channels: BTreeMap::new(),
            asked: PostId::new([0; 16]),
            fetch: FetchId(0),
            now: 1_800_000_000_000,
        };
        for (who, name) in [(ALICE, "Alice"), (BOB, "Bob")] {
            let (name, relay) = (name.to_owned(), RELAY.to_owned());
            world.command(who, Command::CreateIdentity { name, relay, invite: None });
            for line in [Line::Owner, anonymous()] {
                world.inputs.push_back((who, Input::Connected(line.clone())));
                let challenge = Challenge::new([9; 32]);
                let hello = Hello { version: limits::PROTOCOL_VERSION, challenge };
                world.answer(who, line, &RelayFrame::Hello(hello));
            }
            world.run();
        }
        world.command(BOB, Command::ShowLink);
        let link = world.link.clone();
        world.command(ALICE, Command::OpenLink { link: link.clone() });
        world.command(ALICE, Command::Request { link, text: "hello".to_owned() });
        let (conversation, contact) = world.conversation(BOB);
        world.command(BOB, Command::Accept { conversation: conversation.conversation.id });
        assert_eq!(contact.state, ContactState::Asking);
        world.command(BOB, Command::CreateGroup { name: "Choir".to_owned(), contacts: vec![contact.id] });
        world.now += 60_000;
        world.input(BOB, Input::Wake);
        world.run();
        let groups = world.clients[ALICE].conversations().expect("reads");
        assert!(groups.iter().any(|group| group.group().is_some()), "Alice is in the group");
        world
    }

    /// Hands Alice's engine what the bytes say.
    fn feed(&mut self, kind: u8, bytes: &[u8]) {
        let (place, kind) = (usize::from(kind / 8), kind % 8);
        let channel = self.channels.iter().nth(place % self.channels.len().max(1));
        let (channel, (epoch, _)) = channel.map_or((ChannelId::new([1; 16]), (0, 0)), |(c, e)| (*c, *e));
        let (id, seq, body) = (PostId::new([kind; 16]), 1, bytes.to_vec());
        match kind {
            0 => self.try_input(Input::Frame(Line::Owner, bytes.to_vec())),
            1 => self.try_input(Input::Frame(anonymous(), bytes.to_vec())),
            2 => {
                if let Ok(frame) = decode::<RelayFrame>(bytes, limits::MAX_FRAME) {
                    self.try_input(Input::Frame(anonymous(), encode(&self.addressed(frame))));
                }
            }
            3 => {
                if let Ok(entry) = decode::<Entry>(bytes, limits::MAX_FRAME) {
                    self.deliver_to_alice(&entry);
                }
            }
            4 => self.deliver_to_alice(&Entry::Post { channel, seq, epoch, id, body }),
            5 => self.deliver_to_alice(&Entry::Commit { channel, seq, epoch, id, body }),
            6 => self.deliver_to_alice(&Entry::Deposit { body }),
            _ => {
                let outcome = FetchOutcome::Answered { status: 200, body };
                self.try_input(Input::Fetched(self.fetch, outcome));
                self.now += 40_000;
                self.try_input(Input::Wake);
            }
        }
    }

    /// An answer to what Alice asked last.
    fn addressed(&self, frame: RelayFrame) -> RelayFrame {
        let asked = self.asked;
        match frame {
            RelayFrame::Accepted { seq, .. } => RelayFrame::Accepted { id: asked, seq },
            RelayFrame::Refused { code, epoch, .. } => RelayFrame::Refused { id: asked, code, epoch },
            RelayFrame::ChannelInfo(mut info) => {
                info.id = asked;
                RelayFrame::ChannelInfo(info)
            }
            RelayFrame::KeyPackage(mut reply) => {
                reply.id = asked;
                RelayFrame::KeyPackage(reply)
            }
            other => other,
        }
    }

    fn deliver_to_alice(&mut self, entry: &Entry) {
        self.deliver(ALICE, entry);
        while let Some((who, input)) = self.inputs.pop_front() {
            if who == ALICE {
                self.try_input(input);
            }
        }
    }

    /// What Alice refuses is no fault; what she says goes nowhere.
    fn try_input(&mut self, input: Input) {
        self.now += 1;
        let _ = self.clients[ALICE].handle(Timestamp(self.now), input);
        while let Some(output) = self.clients[ALICE].poll_output() {
            match output {
                Output::Transmit(Line::Anonymous(_), frame) => {
                    let frame = decode::<ClientFrame>(&frame, limits::MAX_FRAME).expect("an own frame");
                    self.asked = frame.id().unwrap_or(self.asked);
                }
                Output::Fetch(request) => self.fetch = request.id,
                _ => {}
            }
        }
    }

    fn conversation(&mut self, who: usize) -> (ConversationSummary, kuvert_core::ContactRow) {
        let first = self.clients[who].conversations().expect("reads").remove(0);
        let contact = first.contact().cloned().expect("a contact");
        (first, contact)
    }

    fn command(&mut self, who: usize, command: Command) {
        self.input(who, Input::Command(command));
        self.run();
    }

    fn run(&mut self) {
        while let Some((who, input)) = self.inputs.pop_front() {
            self.input(who, input);
        }
    }

    fn input(&mut self, who: usize, input: Input) {
        self.now += 1;
        self.clients[who].handle(Timestamp(self.now), input).expect("nobody did anything wrong yet");
        while let Some(output) = self.clients[who].poll_output() {
            match output {
                Output::Transmit(line, frame) => {
                    let frame = decode(&frame, limits::MAX_FRAME).expect("an own frame");
                    self.frame(who, line, frame);
                }
                Output::Fetch(fetch) => {
                    let body = match fetch.method {
                        FetchMethod::Put(card) => {
                            self.cards.insert(fetch.url, card);
                            Vec::new()
                        }
                        FetchMethod::Get => self.cards.get(&fetch.url).cloned().unwrap_or_default(),
                        FetchMethod::Patch(_) | FetchMethod::Delete(_) => Vec::new(),
                    };
                    let outcome = FetchOutcome::Answered { status: 200, body };
                    self.inputs.push_back((who, Input::Fetched(fetch.id, outcome)));
                }
                Output::Event(Event::OwnLink(link)) => self.link = link,
                _ => {}
            }
        }
    }

    fn frame(&mut self, who: usize, line: Line, frame: ClientFrame) {
        let id = frame.id();
        match frame {
            ClientFrame::Own(own) => {
                let keys = own.create.expect("a new inbox");
                self.inboxes[who].keys = Some((InboxId::of(&own.owner), keys.seal_key));
                let owned = Owned {
                    created: true,
                    key_packages: 0,
                    last_resort: false,
                    acknowledged: 0,
                    generation: Generation::new([1; 8]),
                    relay_key: None,
                    push_key: None,
                    subscribed: None,
                };
                self.answer(who, Line::Owner, &RelayFrame::Owned(owned));
                self.answer(who, Line::Owner, &RelayFrame::Live);
                return;
            }
            ClientFrame::PutKeyPackages(put) => {
                self.inboxes[who].packages.extend(put.one_time.into_iter().map(Vec::from));
            }
            ClientFrame::TakeKeyPackage(take) => {
                let package = self.inboxes[self.owner(take.inbox)].packages.pop_front().expect("a package");
                let reply = KeyPackageReply { id: take.id, package };
                return self.answer(who, line, &RelayFrame::KeyPackage(reply));
            }
            ClientFrame::CreateChannel(create) => {
                self.channels.insert(create.channel, (create.state.epoch, 0));
            }
            ClientFrame::Post(post) => {
                let (channel, seq, epoch, id, body) = (post.channel, 1, post.epoch, post.id, post.body);
                self.deliver_all(&Entry::Post { channel, seq, epoch, id, body });
            }
            ClientFrame::Commit(commit) => {
                let post = commit.post;
                let (channel, seq, epoch, id, body) = (post.channel, 1, post.epoch, post.id, post.body);
                self.channels.insert(channel, (epoch + 1, 0));
                let entry = Entry::Commit { channel, seq, epoch, id, body };
                if commit.welcomes.is_empty() {
                    self.deliver_all(&entry)
                } else {
                    self.deliver(who, &entry)
                }
                for welcome in commit.welcomes {
                    let to = self.owner(welcome.inbox);
                    self.deliver(to, &Entry::Deposit { body: welcome.body });
                }
            }
            _ => {}
        }
        if let Some(id) = id {
            self.answer(who, line, &RelayFrame::Accepted { id, seq: 1 });
        }
    }

    fn owner(&self, inbox: InboxId) -> usize {
        let is_it = |known: &Inbox| known.keys.as_ref().is_some_and(|(id, _)| *id == inbox);
        self.inboxes.iter().position(is_it).expect("an inbox")
    }

    fn answer(&mut self, who: usize, line: Line, frame: &RelayFrame) {
        self.inputs.push_back((who, Input::Frame(line, encode(frame))));
    }

    fn deliver_all(&mut self, entry: &Entry) {
        self.deliver(BOB, entry);
        self.deliver(ALICE, entry);
    }

    fn deliver(&mut self, to: usize, entry: &Entry) {
        let inbox = &mut self.inboxes[to];
        let (id, seal_key) = inbox.keys.as_ref().expect("an inbox");
        inbox.seq += 1;
        let sealed = EntrySealer::new(&[3; 32], *id, seal_key).seal(inbox.seq, entry);
        let entries = Entries { first: inbox.seq, sealed: vec![sealed] };
        self.answer(to, Line::Owner, &RelayFrame::Entries(entries));
    }
}

/// The session on which both post.
fn anonymous() -> Line {
    Line::Anonymous(RELAY.into())
}

fn client(seed: u8) -> Client {
    let key = DatabaseKey::new([seed; 32]);
    let config = Config { location: Location::Memory, key: &key, seed: [seed; 32] };
    Client::open(&config).expect("an empty profile opens")
}
