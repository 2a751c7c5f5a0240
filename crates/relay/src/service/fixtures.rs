//! A relay's services without threads and sockets, and devices that use them, for tests.

use kuvert_wire::{
    ChannelId, ChannelState, Commit, CreateChannel, Deposit, DepositKey, Entry, Fanout, FanoutKey,
    FanoutTarget, Generation, InboxId, InboxKeys, Post, PostId, PostSecret, RelayFrame, SealKeyPair,
    SealedEntry, TakeKeyPackage, Token, encode,
};
use tempfile::TempDir;

use super::{Answer, Content, Counted, Op, Registration, Request, Service};
use crate::day::Day;
use crate::store::{self, Embedded, InboxRow, RelayStore, Table, Tx};

/// A deposit of `[n]` with request id `n`.
pub(crate) fn deposit(inbox: InboxId, key: &DepositKey, n: u8) -> Op {
    request(Request::Deposit(Deposit { id: id(n), inbox, token: key.token([7; 16]), body: vec![n] }))
}

/// A request as a session would hand it on.
pub(crate) fn request(request: Request) -> Op {
    let bytes = match &request {
        Request::PutKeyPackages(_, f) => encode(f),
        Request::Deposit(f) => encode(f),
        Request::TakeKeyPackage(f) => encode(f),
        Request::CreateChannel(f) => encode(f.as_ref()),
        Request::Post(f) => encode(f),
        Request::Commit(f) => encode(f.as_ref()),
        Request::FetchChannel(f) => encode(f),
        Request::RevokeTokens(_, f) => encode(f),
        Request::RenewDepositKey(_, f) => encode(f),
        Request::DeleteInbox(_, f) => encode(f),
        Request::SetPush(_, f) => encode(f),
    };
    let owner = match &request {
        Request::PutKeyPackages(inbox, _)
        | Request::RevokeTokens(inbox, _)
        | Request::RenewDepositKey(inbox, _)
        | Request::DeleteInbox(inbox, _)
        | Request::SetPush(inbox, _) => Some(*inbox),
        _ => None,
    };
    Op::Request(request, Content::of(&bytes, owner))
}

/// The generation of every [`Bench`].
pub(crate) const GENERATION: Generation = Generation::new([5; 8]);

/// An inbox that holds nothing.
pub(crate) fn inbox_row() -> InboxRow {
    InboxRow::new(SealKeyPair::from_bytes([1; 32]).public(), DepositKey::new([2; 32]), Day(20_000))
}

/// The n-th request id.
pub(crate) fn id(n: u8) -> PostId {
    PostId::new([n; 16])
}

/// A device and its inbox.
pub(crate) struct Device {
    pub(crate) inbox: InboxId,
    pub(crate) seal: SealKeyPair,
    pub(crate) deposit_key: DepositKey,
}

impl Device {
    pub(crate) fn new(n: u8) -> Self {
        let deposit_key = DepositKey::new([n; 32]);
        Self { inbox: InboxId::new([n; 16]), seal: SealKeyPair::from_bytes([n; 32]), deposit_key }
    }

    pub(crate) fn own(&self, acknowledged: u64) -> Op {
        let counted = Counted { acknowledged, generation: Some(GENERATION) };
        Op::Own { inbox: self.inbox, counted, create: Some(self.keys()) }
    }

    pub(crate) fn keys(&self) -> InboxKeys {
        InboxKeys { seal_key: self.seal.public(), deposit_key: self.deposit_key.clone(), invite: None }
    }

    pub(crate) fn token(&self) -> Token {
        self.deposit_key.token([7; 16])
    }

    pub(crate) fn take_key_package(&self, n: u8) -> Op {
        request(Request::TakeKeyPackage(TakeKeyPackage { id: id(n), inbox: self.inbox, token: self.token() }))
    }
}

/// A channel's secrets of each epoch.
pub(crate) struct Conversation(pub(crate) ChannelId);

impl Conversation {
    pub(crate) fn state(&self, epoch: u64, members: &[&Device]) -> ChannelState {
        let targets = members
            .iter()
            .map(|device| FanoutTarget { inbox: device.inbox, token: device.token(), relay: None })
            .collect();
        self.state_to(epoch, &Fanout { targets })
    }

    pub(crate) fn state_to(&self, epoch: u64, fanout: &Fanout) -> ChannelState {
        let key = FanoutKey::new([epoch as u8; 32]);
        ChannelState {
            epoch,
            post_secret: PostSecret::new([epoch as u8; 32]).hash(),
            fanout: key.secret_box().seal(&[1; 24], FanoutKey::CONTEXT, &encode(fanout)),
            group_info: Some(vec![epoch as u8; 8].into()),
            access: vec![epoch as u8; 4],
        }
    }

    pub(crate) fn create(&self, n: u8, creator: &Device, state: ChannelState) -> Op {
        let (inbox, token) = (creator.inbox, creator.token());
        let create = CreateChannel { id: id(n), channel: self.0, state, inbox, token };
        request(Request::CreateChannel(Box::new(create)))
    }

    pub(crate) fn post(&self, n: u8, epoch: u64) -> Post {
        Post {
            id: id(n),
            channel: self.0,
            epoch,
            secret: PostSecret::new([epoch as u8; 32]),
            fanout_key: FanoutKey::new([epoch as u8; 32]),
            body: vec![n; 4],
        }
    }

    pub(crate) fn commit(&self, n: u8, epoch: u64, members: &[&Device]) -> Commit {
        Commit { post: self.post(n, epoch), next: self.state(epoch + 1, members), welcomes: Vec::new() }
    }
}

fn service(registration: Registration) -> Service {
    Service::new(vec!["http://here".into()], registration)
}

/// The services over a store of their own.
pub(crate) struct Bench {
    dir: TempDir,
    pub(crate) store: Box<dyn RelayStore>,
    pub(crate) service: Service,
    pub(crate) today: Day,
}

impl Bench {
    pub(crate) fn new() -> Self {
        let bench = Self::without_generation();
        let mut tx = Tx::new(&*bench.store);
        tx.put(Table::Meta, store::GENERATION, GENERATION.as_bytes().to_vec());
        tx.commit().expect("commits");
        bench
    }

    /// Over a store that was never used.
    pub(crate) fn without_generation() -> Self {
        let dir = tempfile::tempdir().expect("a directory");
        let store = Box::new(Embedded::open(dir.path()).expect("opens"));
        Self { dir, store, service: service(Registration::Open), today: Day(20_000) }
    }

    /// Does one operation in a transaction of its own.
    pub(crate) fn apply(&mut self, op: &Op) -> Answer {
        let mut work = self.service.begin(Tx::new(&*self.store), self.today);
        let answer = work.apply(op).expect("the store works");
        work.tx.commit().expect("commits");
        answer
    }

    /// Does one request and returns its answer.
    pub(crate) fn frame(&mut self, op: &Op) -> RelayFrame {
        match self.apply(op) {
            Answer::Frame(frame) => frame,
            other => panic!("not an answer to a request: {other:?}"),
        }
    }

    /// Everything that waits for a device, with seqs.
    pub(crate) fn waiting(&self, device: &Device) -> Vec<(u64, Entry)> {
        let mut found = Vec::new();
        let mut after = 0;
        while let Some(stretch) = self.store.entries(device.inbox, after, 1000, usize::MAX).expect("reads") {
            for (seq, bytes) in (stretch.first..).zip(stretch.sealed) {
                let sealed = SealedEntry { bytes: bytes.into() };
                found.push((seq, device.seal.open(seq, &sealed).expect("opens for its owner")));
                after = seq;
            }
        }
        found
    }

    /// Closes and opens the store, with new sealing keys.
    pub(crate) fn restart(self) -> Self {
        self.reopen(Registration::Open)
    }

    /// Closes and opens the store of a relay that now takes others than before.
    pub(crate) fn reopen(self, registration: Registration) -> Self {
        self.store.close();
        let store = Box::new(Embedded::open(self.dir.path()).expect("opens again"));
        Self { store, service: service(registration), ..self }
    }
}
