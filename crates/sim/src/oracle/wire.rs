//! What devices and the relay say to each other, seen from between them.

use std::collections::BTreeMap;

use kuvert_wire::{
    ChannelId, ClientFrame, ErrorCode, InboxId, PostId, RelayFrame, Token, TokenNonce, decode, limits,
};

use crate::network::LinkId;
use crate::world::Violation;

/// Bytes of a sealed gap, at most; every other entry is longer.
pub(crate) const MAX_GAP: usize = 80;

/// What was asked under an id.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Asked {
    Post(ChannelId, u64),
    Commit(ChannelId, u64),
    Take,
    /// With a token that nobody was given.
    Forged,
    Other,
}

/// Remembers what matters of what passed.
#[derive(Debug, Default)]
pub(crate) struct Watch {
    asked: BTreeMap<PostId, Asked>,
    /// The day, and on which one a request came to its relay, which remembers it from then on.
    pub(crate) today: u32,
    came: BTreeMap<PostId, u32>,
    /// With which seq requests were accepted.
    accepted: BTreeMap<PostId, u64>,
    /// The request that was accepted under a channel's seq. Channels that are made anew begin anew.
    seqs: BTreeMap<(ChannelId, u64), PostId>,
    /// The commit that won an epoch.
    winners: BTreeMap<(ChannelId, u64), (PostId, u64)>,
    /// The last seq of a post in an epoch.
    posted: BTreeMap<(ChannelId, u64), u64>,
    /// Key packages that may be handed out once, by where they were; and to which request they went.
    packages: BTreeMap<Vec<u8>, Option<PostId>>,
    /// The seq that a session is to deliver next.
    due: BTreeMap<LinkId, u64>,
    /// Tokens that were shown to the relay to take a key package: those of links.
    pub(crate) shown: Vec<(InboxId, Token)>,
    /// Tokens that were revoked, by the request that did it; whether the relay has accepted that.
    pub(crate) revoked: BTreeMap<PostId, (Vec<TokenNonce>, bool)>,
    /// Requests that nobody has the right to, and by which rule.
    forged: BTreeMap<PostId, &'static str>,
}

impl Watch {
    /// The seq that a session is to deliver next, if it owns an inbox.
    pub(crate) fn due_on(&self, link: LinkId) -> Option<u64> {
        self.due.get(&link).copied()
    }

    /// A request that must be refused, by a rule.
    pub(crate) fn forge(&mut self, id: PostId, rule: &'static str) {
        self.forged.insert(id, rule);
    }

    /// A frame reached the relay.
    pub(crate) fn asked(&mut self, frame: &ClientFrame) {
        let (id, asked) = match frame {
            ClientFrame::PutKeyPackages(put) => {
                for package in &put.one_time {
                    self.packages.entry(package.to_vec()).or_insert(None);
                }
                (put.id, Asked::Other)
            }
            ClientFrame::Post(post) => (post.id, Asked::Post(post.channel, post.epoch)),
            ClientFrame::Commit(commit) => {
                (commit.post.id, Asked::Commit(commit.post.channel, commit.post.epoch))
            }
            ClientFrame::CreateChannel(create) => {
                // Should it be made anew, its seqs and epochs begin anew.
                self.seqs.retain(|(channel, _), _| *channel != create.channel);
                self.winners
                    .retain(|(channel, epoch), _| *channel != create.channel || *epoch < create.state.epoch);
                self.posted.retain(|(channel, _), _| *channel != create.channel);
                (create.id, Asked::Other)
            }
            ClientFrame::TakeKeyPackage(take) => {
                self.shown.push((take.inbox, take.token.clone()));
                (take.id, Asked::Take)
            }
            ClientFrame::RevokeTokens(revoke) => {
                self.revoked.entry(revoke.id).or_insert_with(|| (revoke.nonces.clone(), false));
                (revoke.id, Asked::Other)
            }
            other => match other.id() {
                Some(id) => (id, Asked::Other),
                None => return,
            },
        };
        let asked = if self.forged.contains_key(&id) { Asked::Forged } else { asked };
        if !self.accepted.contains_key(&id) {
            self.came.insert(id, self.today);
        }
        self.asked.insert(id, asked);
    }

    /// The relay said something; it has lost `lost` entries so far, and said so to their owners.
    pub(crate) fn said(&mut self, link: LinkId, frame: &RelayFrame, lost: u64) -> Option<Violation> {
        match frame {
            RelayFrame::Owned(owned) => {
                self.due.insert(link, owned.acknowledged + 1);
                None
            }
            RelayFrame::Entries(entries) => {
                let due = self.due.insert(link, entries.first + entries.sealed.len() as u64)?;
                let begins_with_gap =
                    entries.sealed.first().is_some_and(|entry| entry.bytes.len() <= MAX_GAP);
                self.delivered(due, entries.first, begins_with_gap && lost > 0)
            }
            RelayFrame::Accepted { id, seq } => self.accepted(*id, *seq),
            RelayFrame::KeyPackage(reply) => self.package(reply.id, &reply.package),
            RelayFrame::Refused { id, code, .. } => {
                // What a device hears in a world where nobody does anything wrong.
                let asked = self.asked.get(id).copied();
                (*code == ErrorCode::BadFrame && asked != Some(Asked::Forged))
                    .then(|| violation("frames", "the relay could not read what a device sent".into()))
            }
            _ => None,
        }
    }

    /// The relay answered somebody who has no right to anything.
    pub(crate) fn said_to_stranger(&mut self, frame: &RelayFrame) -> Option<Violation> {
        match frame {
            RelayFrame::Accepted { id, seq } => self.accepted(*id, *seq),
            RelayFrame::KeyPackage(reply) => self.package(reply.id, &reply.package),
            _ => None,
        }
    }

    fn delivered(&mut self, due: u64, first: u64, gap: bool) -> Option<Violation> {
        if first < due {
            return Some(violation("RELAY-2", format!("seq {first} comes again where {due} is due")));
        }
        // A gap stands for what is missing.
        (first > due && !gap)
            .then(|| violation("RELAY-2", format!("seq {first} comes where {due} is due, and is no gap")))
    }

    fn accepted(&mut self, id: PostId, seq: u64) -> Option<Violation> {
        if let Some((_, is_revoked)) = self.revoked.get_mut(&id) {
            *is_revoked = true;
        }
        match self.accepted.insert(id, seq) {
            Some(before) if before == seq => return None,
            // What is repeated after that is a new request, and its seq another.
            Some(_) if self.is_forgotten(id) => {
                self.came.insert(id, self.today);
            }
            Some(before) => {
                let what = format!("a repeat is answered with seq {seq} after {before}");
                return Some(violation("RELAY-1", what));
            }
            None => {}
        }
        match self.asked.get(&id).copied() {
            None => Some(violation("RELAY-1", "what nobody asked for was accepted".into())),
            Some(Asked::Forged) => {
                let rule = self.forged.get(&id).copied().unwrap_or("tokens");
                Some(violation(rule, "somebody's request was taken who has no right to it".into()))
            }
            Some(Asked::Commit(channel, epoch)) => {
                if self.winners.insert((channel, epoch), (id, seq)).is_some() {
                    return Some(violation("RELAY-3", format!("two commits were accepted in epoch {epoch}")));
                }
                let last = self.posted.get(&(channel, epoch)).copied().unwrap_or(0);
                self.in_order(channel, seq, id).or_else(|| in_its_epoch(last, seq, epoch))
            }
            Some(Asked::Post(channel, epoch)) => {
                let last = self.posted.entry((channel, epoch)).or_default();
                *last = seq.max(*last);
                let end = self.winners.get(&(channel, epoch)).map_or(u64::MAX, |(_, end)| *end);
                self.in_order(channel, seq, id).or_else(|| in_its_epoch(seq, end, epoch))
            }
            Some(Asked::Take | Asked::Other) => None,
        }
    }

    /// Whether a relay does not know any more that it accepted a request.
    fn is_forgotten(&self, id: PostId) -> bool {
        self.came.get(&id).is_some_and(|day| self.today.saturating_sub(*day) >= limits::REPEAT_DAYS)
    }

    fn in_order(&mut self, channel: ChannelId, seq: u64, id: PostId) -> Option<Violation> {
        let other = self.seqs.insert((channel, seq), id);
        other.map(|_| violation("RELAY-2", format!("seq {seq} of a channel was given out twice")))
    }

    fn package(&mut self, id: PostId, package: &[u8]) -> Option<Violation> {
        if self.asked.get(&id) == Some(&Asked::Forged) {
            return Some(violation("tokens", "a forged token was given a key package".into()));
        }
        // What is not known to be handed out once is the one of last resort.
        let to = self.packages.get_mut(package)?;
        match to.replace(id) {
            Some(other) if other != id => {
                Some(violation("key packages", "one key package was handed out twice".into()))
            }
            _ => None,
        }
    }
}

/// MLS-3: no post is accepted behind the commit that ended its epoch.
fn in_its_epoch(post: u64, commit: u64, epoch: u64) -> Option<Violation> {
    (post > commit).then(|| violation("MLS-3", format!("a post of epoch {epoch} was accepted after its end")))
}

fn violation(rule: &'static str, what: String) -> Violation {
    Violation { rule, what }
}

/// A frame of the relay in a few words that are the same in every replay.
pub(crate) fn sketch(frame: &RelayFrame) -> String {
    match frame {
        RelayFrame::Hello(_) => "hello".into(),
        RelayFrame::Owned(owned) => format!(
            "owned, acknowledged {}, {} packages, created {}",
            owned.acknowledged, owned.key_packages, owned.created
        ),
        RelayFrame::Entries(entries) => {
            let sizes: Vec<_> = entries.sealed.iter().map(|entry| entry.bytes.len()).collect();
            format!("entries from {}: {sizes:?}", entries.first)
        }
        RelayFrame::Live => "live".into(),
        RelayFrame::Accepted { id, seq } => format!("accepted {} as {seq}", short(*id)),
        RelayFrame::KeyPackage(reply) => format!("key package for {}", short(reply.id)),
        RelayFrame::Refused { id, code, epoch } => format!("refused {} {code:?} {epoch:?}", short(*id)),
        RelayFrame::Error { code } => format!("error {code:?}"),
        RelayFrame::ChannelInfo(info) => format!("channel info in epoch {}", info.epoch),
    }
}

/// Like [`sketch`], of bytes.
pub(crate) fn sketch_relay(frame: &[u8]) -> String {
    decode::<RelayFrame>(frame, limits::MAX_FRAME).map_or_else(|_| "?".into(), |frame| sketch(&frame))
}

/// Enough of an id to tell it from others.
fn short(id: PostId) -> String {
    data_encoding::HEXLOWER.encode(&id.as_bytes()[..4])
}
