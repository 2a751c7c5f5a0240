//! A relay in memory, for engine tests with virtual time: what it promises is what the real one promises, as far as
//! one process without faults can show.

use std::collections::{BTreeMap, BTreeSet};

use kuvert_core::FetchMethod;
use kuvert_wire::{
    CardDeletion, CardId, CardRecord, ChannelId, ChannelInfo, ChannelState, ClientFrame, Entries, Entry,
    EntrySealer, ErrorCode, Fanout, FanoutKey, FetchChannel, ForeignDeposit, ForeignSealer, ForeignTarget,
    Generation, Hello, InboxId, InboxKeys, Invite, KeyPackageReply, Owned, OwnerProof, P256Key, Post, PostId,
    PostSecretHash, PushSubscription, RelayAddress, RelayFrame, RelayKeyPair, SealedDeposit, SealedEntry,
    SetPush, Token, TokenNonce, decode, headers, limits, verify_owner_proof,
};

pub(crate) const ORIGIN: &str = "http://localhost:8787";
/// Another relay.
pub(crate) const ELSEWHERE: &str = "http://127.0.0.1:8788";
/// Commits in one answer about a channel: few, so that there are pages.
const PAGE: usize = 3;
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
    pub(crate) push: Option<PushSubscription>,
}

impl Inbox {
    fn new(keys: InboxKeys) -> Self {
        Self {
            keys,
            next: 1,
            acknowledged: 0,
            entries: BTreeMap::new(),
            packages: Vec::new(),
            last_resort: None,
            revoked: BTreeSet::new(),
            push: None,
        }
    }

    fn takes(&self, token: &Token) -> bool {
        self.keys.deposit_key.made(token) && !self.revoked.contains(&token.nonce())
    }
}

/// A channel: its state, the commits since its GroupInfo, the secrets of its epochs.
struct Channel {
    state: ChannelState,
    seq: u64,
    group_info: Vec<u8>,
    handshakes: Vec<Vec<u8>>,
    secrets: BTreeMap<u64, PostSecretHash>,
}

impl Channel {
    fn advance(&mut self, next: ChannelState, commit: &[u8]) {
        match &next.group_info {
            Some(info) => (self.group_info, self.handshakes) = (info.to_vec(), Vec::new()),
            None => self.handshakes.push(commit.to_vec()),
        }
        assert!(self.handshakes.len() as u64 <= limits::MAX_HANDSHAKES);
        self.secrets.insert(next.epoch, next.post_secret);
        self.state = next;
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
    /// It hands nothing over to other relays for now.
    pub(crate) rests: bool,
    /// What waits for other relays, in order.
    pub(crate) outbox: Vec<(String, SealedDeposit)>,
    sealed: u64,
    generation: Generation,
    inboxes: BTreeMap<InboxId, Inbox>,
    channels: BTreeMap<ChannelId, Channel>,
    blobs: BTreeMap<String, Vec<u8>>,
    cards: BTreeMap<CardId, Vec<u8>>,
    answers: BTreeMap<PostId, RelayFrame>,
    /// Posts and commits are accepted, but nobody hears of it.
    pub(crate) mute: bool,
    /// Who has no inbox makes one only with this invitation.
    pub(crate) invite: Option<Invite>,
    /// It pushes, with this key.
    pub(crate) push_key: Option<P256Key>,
    /// Subscriptions that were set or removed.
    pub(crate) pushes: usize,
    /// Nothing is accepted for now.
    pub(crate) busy: bool,
    /// Everything is refused as busy until that was heard.
    pub(crate) holds: bool,
    /// Blobs are neither taken nor given.
    pub(crate) no_blobs: bool,
    /// Blobs that were announced, taken or not.
    pub(crate) announced: usize,
    /// Everything is refused for this reason.
    pub(crate) refuse: Option<ErrorCode>,
    /// Posts and commits are refused as if the channel were in this epoch.
    pub(crate) claims: Option<u64>,
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
            rests: false,
            outbox: Vec::new(),
            sealed: 0,
            generation: Generation::new([1; 8]),
            inboxes: BTreeMap::new(),
            channels: BTreeMap::new(),
            blobs: BTreeMap::new(),
            cards: BTreeMap::new(),
            answers: BTreeMap::new(),
            mute: false,
            invite: None,
            push_key: None,
            pushes: 0,
            busy: false,
            holds: false,
            no_blobs: false,
            announced: 0,
            refuse: None,
            claims: None,
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

    /// What waits in an inbox: a frame for each run of entries without a hole.
    pub(crate) fn replay(&self, inbox: InboxId) -> Vec<RelayFrame> {
        let mut runs: Vec<Entries> = Vec::new();
        for (seq, entry) in self.inboxes.get(&inbox).into_iter().flat_map(|inbox| &inbox.entries) {
            match runs.last_mut() {
                Some(run) if run.first + run.sealed.len() as u64 == *seq => run.sealed.push(entry.clone()),
                _ => runs.push(Entries { first: *seq, sealed: vec![entry.clone()] }),
            }
        }
        runs.into_iter().map(RelayFrame::Entries).collect()
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
                    self.inboxes.insert(id, Inbox::new(keys));
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
                    push_key: self.push_key,
                    subscribed: inbox.push.is_some().then_some(true),
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
            ClientFrame::RevokeTokens(revoke) if self.busy => {
                vec![RelayFrame::Refused { id: revoke.id, code: ErrorCode::Busy, epoch: None }]
            }
            ClientFrame::RevokeTokens(revoke) => {
                let inbox = self.inboxes.get_mut(&owner.expect("proven")).expect("inbox");
                inbox.revoked.extend(revoke.nonces);
                vec![RelayFrame::Accepted { id: revoke.id, seq: 0 }]
            }
            ClientFrame::SetPush(set) => vec![self.set_push(owner.expect("proven"), set)],
            _ => panic!("not on an owner session"),
        }
    }

    fn set_push(&mut self, owner: InboxId, set: SetPush) -> RelayFrame {
        let refused = |code| RelayFrame::Refused { id: set.id, code, epoch: None };
        if self.busy {
            return refused(ErrorCode::Busy);
        }
        if set.subscription.as_ref().is_some_and(|subscription| !subscription.endpoint.contains("://")) {
            return refused(ErrorCode::BadSubscription);
        }
        self.inboxes.get_mut(&owner).expect("inbox").push = set.subscription;
        self.pushes += 1;
        RelayFrame::Accepted { id: set.id, seq: 0 }
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

    /// Forgets all blobs, as after their time.
    pub(crate) fn forget_blobs(&mut self) {
        self.blobs.clear();
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
        if frame == ClientFrame::Resume {
            self.holds = false;
            return (None, Vec::new());
        }
        let id = frame.id().expect("anonymous requests have ids");
        if let Some(code) = self.refuse {
            return (Some(RelayFrame::Refused { id, code, epoch: None }), Vec::new());
        }
        if self.claims.is_some() && matches!(frame, ClientFrame::Post(_) | ClientFrame::Commit(_)) {
            let refused = RelayFrame::Refused { id, code: ErrorCode::Conflict, epoch: self.claims };
            return (Some(refused), Vec::new());
        }
        self.holds |= self.busy;
        if self.holds {
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
                let channel = self.channels.entry(create.channel).or_insert_with(|| Channel {
                    state: create.state.clone(),
                    seq: 0,
                    group_info: create.state.group_info.clone().expect("a GroupInfo").into(),
                    handshakes: Vec::new(),
                    secrets: BTreeMap::from([(create.state.epoch, create.state.post_secret)]),
                });
                let answer = if channel.state == create.state {
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
            ClientFrame::Deposit(deposit) => {
                let takes = self.inboxes.get(&deposit.inbox).is_some_and(|inbox| inbox.takes(&deposit.token));
                if !takes {
                    let code = ErrorCode::BadToken;
                    return (RelayFrame::Refused { id: deposit.id, code, epoch: None }, Vec::new());
                }
                let delivered = self.deliver(deposit.inbox, &Entry::Deposit { body: deposit.body });
                (RelayFrame::Accepted { id: deposit.id, seq: 0 }, vec![delivered])
            }
            ClientFrame::FetchChannel(fetch) => (self.fetch_channel(&fetch), Vec::new()),
            _ => panic!("not on an anonymous session"),
        }
    }

    fn fetch_channel(&self, fetch: &FetchChannel) -> RelayFrame {
        let id = fetch.id;
        let Some(channel) = self.channels.get(&fetch.channel) else {
            return RelayFrame::Refused { id, code: ErrorCode::NoSuchChannel, epoch: None };
        };
        if channel.secrets.get(&fetch.epoch) != Some(&fetch.secret.hash()) {
            return RelayFrame::Refused { id, code: ErrorCode::BadSecret, epoch: None };
        }
        let after = usize::try_from(fetch.after).expect("a number").min(channel.handshakes.len());
        let page = &channel.handshakes[after..channel.handshakes.len().min(after + PAGE)];
        RelayFrame::ChannelInfo(ChannelInfo {
            id,
            epoch: channel.state.epoch,
            group_info: (after == 0).then(|| channel.group_info.clone().into()),
            access: channel.state.access.clone(),
            handshakes: page.iter().map(|body| body.clone().into()).collect(),
            more: after + page.len() < channel.handshakes.len(),
        })
    }

    /// Announces, writes, reads or deletes a blob; says with which status.
    pub(crate) fn blob(&mut self, name: &str, method: &FetchMethod) -> (u16, Vec<u8>) {
        self.announced += usize::from(matches!(method, FetchMethod::Put(_)));
        if self.no_blobs {
            return (503, Vec::new());
        }
        match method {
            FetchMethod::Put(_) => {
                self.blobs.entry(name.to_owned()).or_default();
                (201, Vec::new())
            }
            FetchMethod::Patch(bytes) => match self.blobs.get_mut(name) {
                Some(blob) if blob.is_empty() => {
                    blob.clone_from(bytes);
                    (204, Vec::new())
                }
                Some(_) => (409, Vec::new()),
                None => (404, Vec::new()),
            },
            FetchMethod::Get => match self.blobs.get(name).filter(|blob| !blob.is_empty()) {
                Some(blob) => (200, blob.clone()),
                None => (404, Vec::new()),
            },
            FetchMethod::Delete(_) => {
                self.blobs.remove(name);
                (204, Vec::new())
            }
        }
    }

    pub(crate) fn blobs(&self) -> usize {
        self.blobs.len()
    }

    /// The epoch of the only channel, or of the newest by its id.
    pub(crate) fn epoch(&self, channel: ChannelId) -> u64 {
        self.channels[&channel].state.epoch
    }

    fn post(&mut self, post: &Post, next: Option<ChannelState>) -> (RelayFrame, Vec<(InboxId, u64)>) {
        let (id, channel) = (post.id, post.channel);
        let Some(kept) = self.channels.get_mut(&channel) else {
            let refused = RelayFrame::Refused { id, code: ErrorCode::NoSuchChannel, epoch: None };
            return (refused, Vec::new());
        };
        let state = &kept.state;
        if state.epoch != post.epoch {
            let refused = RelayFrame::Refused { id, code: ErrorCode::Conflict, epoch: Some(state.epoch) };
            return (refused, Vec::new());
        }
        assert_eq!(post.secret.hash(), state.post_secret, "the epoch's secret");
        assert!(post.body.len() <= limits::MAX_BODY, "a body within its bound");
        let fanout = post.fanout_key.secret_box().open(FanoutKey::CONTEXT, &state.fanout).expect("opens");
        let fanout: Fanout = decode(&fanout, limits::MAX_FANOUT).expect("a fan-out list");
        kept.seq += 1;
        let (seq, epoch, body) = (kept.seq, post.epoch, post.body.clone());
        assert!(self.bodies.insert(body.clone()), "no two posts have the same sealed bytes");
        let entry = match next {
            Some(next) => {
                assert!(next.is_within_limits(), "a state within its bounds");
                assert_eq!(next.epoch, post.epoch + 1);
                kept.advance(next, &body);
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

    /// Puts an entry into an inbox that nobody sent.
    pub(crate) fn slip_in(&mut self, id: InboxId, entry: &Entry) {
        self.deliver(id, entry);
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

    /// Loses one entry that waits, by its place, and says nothing.
    pub(crate) fn lose_nth(&mut self, id: InboxId, place: usize) {
        let entries = &mut self.inboxes.get_mut(&id).expect("inbox").entries;
        let seq = *entries.keys().nth(place).expect("an entry");
        entries.remove(&seq);
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
