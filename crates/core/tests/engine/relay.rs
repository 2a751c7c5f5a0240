//! A relay in memory, for engine tests with virtual time: what it promises is what the real one promises, as far as
//! one process without faults can show.

use std::collections::{BTreeMap, BTreeSet};

use kuvert_wire::{
    CardDeletion, CardId, CardRecord, ChannelId, ChannelState, ClientFrame, Entries, Entry, EntrySealer,
    ErrorCode, Fanout, FanoutKey, ForeignDeposit, ForeignSealer, ForeignTarget, Generation, Hello, InboxId,
    InboxKeys, Invite, KeyPackageReply, Owned, OwnerProof, Post, PostId, RelayAddress, RelayFrame,
    RelayKeyPair, SealedDeposit, SealedEntry, Token, TokenNonce, decode, headers, limits, verify_owner_proof,
};

pub(crate) const ORIGIN: &str = "http://localhost:8787";
/// Another relay.
pub(crate) const ELSEWHERE: &str = "http://127.0.0.1:8788";
const CHALLENGE: kuvert_wire::Challenge = kuvert_wire::Challenge::new([9; 32]);

#[derive(Clone)]
pub(crate) struct Inbox {
    keys: InboxKeys,
    next: u64,
    acknowledged: u64,
    entries: BTreeMap<u64, SealedEntry>,
    packages: Vec<Vec<u8>>,
    last_resort: Option<Vec<u8>>,
    revoked: BTreeSet<TokenNonce>,
}

impl Inbox {
    fn takes(&self, token: &Token) -> bool {
        self.keys.deposit_key.made(token) && !self.revoked.contains(&token.nonce())
    }
}

pub(crate) struct Relay {
    pub(crate) origin: &'static str,
    /// Other relays seal to it.
    pair: RelayKeyPair,
    /// Speaks with no other relay.
    pub(crate) is_alone: bool,
    /// Takes nothing, and says nothing.
    pub(crate) down: bool,
    /// What waits for other relays, in order.
    pub(crate) outbox: Vec<(String, SealedDeposit)>,
    sealed: u64,
    generation: Generation,
    inboxes: BTreeMap<InboxId, Inbox>,
    channels: BTreeMap<ChannelId, (ChannelState, u64)>,
    cards: BTreeMap<CardId, Vec<u8>>,
    answers: BTreeMap<PostId, RelayFrame>,
    /// Posts and commits are accepted, but nobody hears of it.
    pub(crate) mute: bool,
    /// Who has no inbox makes one only with this invitation.
    pub(crate) invite: Option<Invite>,
    /// Nothing is accepted for now.
    pub(crate) busy: bool,
    /// Everything is refused for this reason.
    pub(crate) refuse: Option<ErrorCode>,
    pub(crate) commits: Vec<(ChannelId, u64)>,
    pub(crate) bodies: BTreeSet<Vec<u8>>,
}

impl Relay {
    pub(crate) fn new(origin: &'static str) -> Self {
        Self {
            origin,
            pair: RelayKeyPair::from_bytes([origin.len() as u8; 32]),
            is_alone: false,
            down: false,
            outbox: Vec::new(),
            sealed: 0,
            generation: Generation::new([1; 8]),
            inboxes: BTreeMap::new(),
            channels: BTreeMap::new(),
            cards: BTreeMap::new(),
            answers: BTreeMap::new(),
            mute: false,
            invite: None,
            busy: false,
            refuse: None,
            commits: Vec::new(),
            bodies: BTreeSet::new(),
        }
    }

    /// Takes another key: what is sealed to the one before opens nothing any more.
    pub(crate) fn renew_key(&mut self) {
        self.pair = RelayKeyPair::from_bytes([77; 32]);
    }

    /// Takes what another relay hands over: inboxes that got something, with the seq. What does not hold is dropped.
    pub(crate) fn receive(&mut self, sealed: &SealedDeposit) -> Vec<(InboxId, u64)> {
        let Ok(deposit) = self.pair.open(sealed) else { return Vec::new() };
        let targets = deposit.targets.into_iter();
        let known: Vec<_> = targets
            .filter(|t| self.inboxes.get(&t.inbox).is_some_and(|inbox| inbox.takes(&t.token)))
            .collect();
        known.iter().map(|target| self.deliver(target.inbox, &deposit.entry)).collect()
    }

    /// Queues an entry for an inbox at another relay.
    fn forward(&mut self, to: &RelayAddress, inbox: InboxId, token: Token, entry: Entry) {
        assert_ne!(to.origin, self.origin);
        self.sealed += 1;
        let mut random = [self.origin.len() as u8; 32];
        random[..8].copy_from_slice(&self.sealed.to_be_bytes());
        let targets = vec![ForeignTarget { inbox, token }];
        let deposit = ForeignDeposit { id: PostId::new([1; 16]), targets, entry };
        self.outbox.push((to.origin.clone(), ForeignSealer::new(random, &to.key).seal(&deposit)));
    }

    pub(crate) fn hello() -> RelayFrame {
        RelayFrame::Hello(Hello { version: limits::PROTOCOL_VERSION, challenge: CHALLENGE })
    }

    /// What waits in an inbox, as one frame.
    pub(crate) fn replay(&self, inbox: InboxId) -> Option<RelayFrame> {
        let entries = &self.inboxes.get(&inbox)?.entries;
        let first = *entries.keys().next()?;
        Some(RelayFrame::Entries(Entries { first, sealed: entries.values().cloned().collect() }))
    }

    pub(crate) fn get_card(&self, id: CardId) -> Option<Vec<u8>> {
        self.cards.get(&id).cloned()
    }

    /// Stores a card for who has an inbox; says with which status.
    pub(crate) fn put_card(&mut self, id: CardId, headers: &[(&str, String)], bytes: Vec<u8>) -> u16 {
        CardRecord::verified(id, &bytes).expect("a valid card");
        let header = |name| {
            let found = headers.iter().find(|(other, _)| *other == name).expect("a header");
            data_encoding::BASE64URL_NOPAD.decode(found.1.as_bytes()).expect("base64url")
        };
        let inbox = InboxId::from_slice(&header(headers::INBOX)).expect("an inbox");
        let token = Token::from_slice(&header(headers::TOKEN)).expect("a token");
        if !self.inboxes.get(&inbox).is_some_and(|inbox| inbox.keys.deposit_key.made(&token)) {
            return 403;
        }
        self.cards.insert(id, bytes);
        201
    }

    /// Deletes a card; says with which status.
    pub(crate) fn delete_card(&mut self, id: CardId, bytes: &[u8]) -> u16 {
        CardDeletion::verified(id, bytes).expect("a valid deletion");
        if self.cards.remove(&id).is_some() { 204 } else { 404 }
    }

    pub(crate) fn owner_frame(&mut self, owner: &mut Option<InboxId>, frame: ClientFrame) -> Vec<RelayFrame> {
        match frame {
            ClientFrame::Own(own) => {
                let proof = OwnerProof { origin: &own.origin, challenge: &CHALLENGE };
                assert_eq!(own.origin, self.origin);
                assert!(verify_owner_proof(&proof, &own.owner, &own.signature));
                let id = InboxId::of(&own.owner);
                let created = !self.inboxes.contains_key(&id);
                if created {
                    let Some(keys) = own.create else {
                        return vec![RelayFrame::Error { code: ErrorCode::NoSuchInbox }];
                    };
                    if self.invite.is_some() && self.invite != keys.invite {
                        return vec![RelayFrame::Error { code: ErrorCode::InviteNeeded }];
                    }
                    let inbox = Inbox {
                        keys,
                        next: 1,
                        acknowledged: 0,
                        entries: BTreeMap::new(),
                        packages: Vec::new(),
                        last_resort: None,
                        revoked: BTreeSet::new(),
                    };
                    self.inboxes.insert(id, inbox);
                }
                *owner = Some(id);
                if own.generation == Some(self.generation) {
                    self.acknowledge(id, own.acknowledged);
                }
                let inbox = &self.inboxes[&id];
                let owned = Owned {
                    created,
                    key_packages: inbox.packages.len() as u16,
                    last_resort: inbox.last_resort.is_some(),
                    acknowledged: inbox.acknowledged,
                    generation: self.generation,
                    relay_key: (!self.is_alone).then(|| self.pair.public()),
                };
                let mut frames = vec![RelayFrame::Owned(owned)];
                frames.extend(self.replay(id));
                frames.push(RelayFrame::Live);
                frames
            }
            ClientFrame::Ack(ack) => {
                self.acknowledge(owner.expect("proven"), ack.seq);
                Vec::new()
            }
            ClientFrame::PutKeyPackages(put) => {
                let inbox = self.inboxes.get_mut(&owner.expect("proven")).expect("inbox");
                if put.replaces == Some(true) {
                    inbox.packages.clear();
                }
                inbox.packages.extend(put.one_time.into_iter().map(Vec::from));
                inbox.last_resort = put.last_resort.map(Vec::from).or(inbox.last_resort.take());
                vec![RelayFrame::Accepted { id: put.id, seq: 0 }]
            }
            ClientFrame::RevokeTokens(revoke) => {
                let inbox = self.inboxes.get_mut(&owner.expect("proven")).expect("inbox");
                inbox.revoked.extend(revoke.nonces);
                vec![RelayFrame::Accepted { id: revoke.id, seq: 0 }]
            }
            _ => panic!("not on an owner session"),
        }
    }

    /// Forgets an inbox, as after 90 days.
    pub(crate) fn forget(&mut self, id: InboxId) {
        self.inboxes.remove(&id);
    }

    /// A copy of an inbox as it is now.
    pub(crate) fn backup(&self, id: InboxId) -> Inbox {
        self.inboxes[&id].clone()
    }

    /// Begins a generation, as after a backup was restored.
    pub(crate) fn begin_generation(&mut self) {
        self.generation = Generation::new(self.generation.as_bytes().map(|byte| byte + 1));
    }

    /// Sets an inbox back to an earlier state.
    pub(crate) fn restore(&mut self, id: InboxId, inbox: Inbox) {
        self.inboxes.insert(id, inbox);
    }

    /// Forgets which requests it has answered, as after two days.
    pub(crate) fn forget_requests(&mut self) {
        self.answers.clear();
    }

    /// Forgets all channels, as after 90 days without a post.
    pub(crate) fn forget_channels(&mut self) {
        self.channels.clear();
    }

    fn acknowledge(&mut self, id: InboxId, seq: u64) {
        let inbox = self.inboxes.get_mut(&id).expect("inbox");
        if seq >= inbox.next {
            return;
        }
        inbox.acknowledged = inbox.acknowledged.max(seq);
        inbox.entries.retain(|at, _| *at > seq);
    }

    /// Answers, and inboxes that got something, with the seq it got.
    pub(crate) fn anonymous_frame(
        &mut self,
        frame: ClientFrame,
    ) -> (Option<RelayFrame>, Vec<(InboxId, u64)>) {
        let id = frame.id().expect("anonymous requests have ids");
        if let Some(code) = self.refuse {
            return (Some(RelayFrame::Refused { id, code, epoch: None }), Vec::new());
        }
        if self.busy {
            return (Some(RelayFrame::Refused { id, code: ErrorCode::Busy, epoch: None }), Vec::new());
        }
        let (answer, delivered) = match self.answers.get(&id) {
            Some(answer) => (answer.clone(), Vec::new()),
            None => self.request(frame),
        };
        if matches!(answer, RelayFrame::Accepted { .. } | RelayFrame::KeyPackage(_)) {
            self.answers.insert(id, answer.clone());
        }
        ((!self.mute).then_some(answer), delivered)
    }

    fn request(&mut self, frame: ClientFrame) -> (RelayFrame, Vec<(InboxId, u64)>) {
        match frame {
            ClientFrame::TakeKeyPackage(take) => {
                let inbox = self.inboxes.get_mut(&take.inbox).expect("inbox");
                if !inbox.takes(&take.token) {
                    let code = ErrorCode::BadToken;
                    return (RelayFrame::Refused { id: take.id, code, epoch: None }, Vec::new());
                }
                let package = if inbox.packages.is_empty() {
                    inbox.last_resort.clone().expect("last resort")
                } else {
                    inbox.packages.remove(0)
                };
                (RelayFrame::KeyPackage(KeyPackageReply { id: take.id, package }), Vec::new())
            }
            ClientFrame::CreateChannel(create) => {
                let Some(inbox) = self.inboxes.get(&create.inbox) else {
                    let code = ErrorCode::NoSuchInbox;
                    return (RelayFrame::Refused { id: create.id, code, epoch: None }, Vec::new());
                };
                assert!(inbox.keys.deposit_key.made(&create.token));
                let state = self.channels.entry(create.channel).or_insert_with(|| (create.state.clone(), 0));
                let answer = if state.0 == create.state {
                    RelayFrame::Accepted { id: create.id, seq: 0 }
                } else {
                    RelayFrame::Refused { id: create.id, code: ErrorCode::Taken, epoch: None }
                };
                (answer, Vec::new())
            }
            ClientFrame::Post(post) => self.post(&post, None),
            ClientFrame::Commit(commit) => {
                let (answer, mut delivered) = self.post(&commit.post, Some(commit.next));
                if matches!(answer, RelayFrame::Accepted { .. }) {
                    self.commits.push((commit.post.channel, commit.post.epoch));
                    for welcome in commit.welcomes {
                        if let Some(relay) = welcome.relay {
                            let entry = Entry::Deposit { body: welcome.body };
                            self.forward(&relay, welcome.inbox, welcome.token, entry);
                            continue;
                        }
                        assert!(self.inboxes[&welcome.inbox].keys.deposit_key.made(&welcome.token));
                        delivered.push(self.deliver(welcome.inbox, &Entry::Deposit { body: welcome.body }));
                    }
                }
                (answer, delivered)
            }
            _ => panic!("not on an anonymous session"),
        }
    }

    fn post(&mut self, post: &Post, next: Option<ChannelState>) -> (RelayFrame, Vec<(InboxId, u64)>) {
        let Some((state, seq)) = self.channels.get_mut(&post.channel) else {
            let refused = RelayFrame::Refused { id: post.id, code: ErrorCode::NoSuchChannel, epoch: None };
            return (refused, Vec::new());
        };
        if state.epoch != post.epoch {
            let refused =
                RelayFrame::Refused { id: post.id, code: ErrorCode::Conflict, epoch: Some(state.epoch) };
            return (refused, Vec::new());
        }
        assert_eq!(post.secret.hash(), state.post_secret, "the epoch's secret");
        let fanout = post.fanout_key.secret_box().open(FanoutKey::CONTEXT, &state.fanout).expect("opens");
        let fanout: Fanout = decode(&fanout, limits::MAX_FANOUT).expect("a fan-out list");
        *seq += 1;
        let (channel, seq, epoch, id, body) = (post.channel, *seq, post.epoch, post.id, post.body.clone());
        assert!(self.bodies.insert(body.clone()), "no two posts have the same sealed bytes");
        let entry = match next {
            Some(next) => {
                *state = next;
                Entry::Commit { channel, seq, epoch, id, body }
            }
            None => Entry::Post { channel, seq, epoch, id, body },
        };
        let mut delivered = Vec::new();
        for target in fanout.targets {
            match target.relay {
                Some(relay) => self.forward(&relay, target.inbox, target.token, entry.clone()),
                None if self.inboxes[&target.inbox].takes(&target.token) => {
                    delivered.push(self.deliver(target.inbox, &entry));
                }
                None => {}
            }
        }
        (RelayFrame::Accepted { id, seq }, delivered)
    }

    fn deliver(&mut self, id: InboxId, entry: &Entry) -> (InboxId, u64) {
        let inbox = self.inboxes.get_mut(&id).expect("inbox");
        let seq = inbox.next;
        inbox.next += 1;
        inbox.entries.insert(seq, EntrySealer::new(&[3; 32], id, &inbox.keys.seal_key).seal(seq, entry));
        (id, seq)
    }

    pub(crate) fn entry(&self, id: InboxId, seq: u64) -> Option<RelayFrame> {
        let sealed = vec![self.inboxes.get(&id)?.entries.get(&seq)?.clone()];
        Some(RelayFrame::Entries(Entries { first: seq, sealed }))
    }

    /// Puts a gap in the place of the oldest entries.
    pub(crate) fn lose_oldest(&mut self, id: InboxId, lost: u64) {
        let inbox = self.inboxes.get_mut(&id).expect("inbox");
        let oldest: Vec<_> = inbox.entries.keys().copied().take(lost as usize).collect();
        inbox.entries.retain(|seq, _| !oldest.contains(seq));
        let at = *oldest.last().expect("entries");
        let gap = EntrySealer::new(&[4; 32], id, &inbox.keys.seal_key).seal(at, &Entry::Gap { lost });
        inbox.entries.insert(at, gap);
    }

    /// Says that posts of a channel elsewhere did not come.
    pub(crate) fn miss(&mut self, id: InboxId, channel: ChannelId, lost: u64) {
        self.deliver(id, &Entry::Missed { channel, lost });
    }

    /// Loses the oldest entry and says nothing.
    pub(crate) fn lose_silently(&mut self, id: InboxId) {
        self.inboxes.get_mut(&id).expect("inbox").entries.pop_first();
    }

    pub(crate) fn key_packages(&self, id: InboxId) -> usize {
        self.inboxes[&id].packages.len()
    }

    /// Hands out this key package next, whoever made it.
    pub(crate) fn put_first(&mut self, id: InboxId, package: Vec<u8>) {
        self.inboxes.get_mut(&id).expect("inbox").packages.insert(0, package);
    }

    pub(crate) fn waiting(&self, id: InboxId) -> usize {
        self.inboxes[&id].entries.len()
    }
}
