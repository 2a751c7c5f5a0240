//! Groups of many: who may do what, and what a removed member has left.

use std::collections::BTreeSet;

use kuvert_mls::{
    Blobs, Change, Device, DeviceRole, Group, GroupData, Identity, IdentityKey, JoinerPackage, Merged,
    MlsError, Plan, SealedCommit,
};
use kuvert_wire::{ChannelId, DepositKey};

use crate::{NOW, Party, RELAY, text};

/// Parties with their groups, all in one epoch; the first is the admin.
pub(crate) struct Circle {
    pub(crate) members: Vec<(Party, Group)>,
    pub(crate) commits: Vec<SealedCommit>,
    pub(crate) blobs: Blobs,
}

pub(crate) fn identity(seed: u8) -> IdentityKey {
    Identity::from_seed(&[seed; 32]).key()
}

impl Circle {
    pub(crate) fn new(size: u8) -> Self {
        let first = Party::new(1);
        let data = GroupData::group(RELAY.into(), [7; 32], "Choir".into(), identity(1));
        let channel = ChannelId::new([5; 16]);
        let group =
            Group::create(&first.provider, &first.device, channel, data, &first.delivery()).expect("creates");
        let mut circle = Self { members: vec![(first, group)], commits: Vec::new(), blobs: Blobs::new() };
        if size > 1 {
            circle.add((2..=size).collect());
        }
        circle
    }

    pub(crate) fn joiners(&self, at: usize, seeds: &[u8]) -> (Vec<Party>, Vec<JoinerPackage>) {
        let parties: Vec<_> = seeds.iter().map(|seed| Party::new(*seed)).collect();
        let package = |party: &Party| {
            let mut delivery = party.delivery();
            delivery.token = DepositKey::new([party.seed; 32]).token([self.commits.len() as u8; 16]);
            let made = Group::make_package(&party.provider, &party.device, &delivery, false);
            let bytes = made.expect("makes").bytes;
            JoinerPackage::verified(&self.members[at].0.provider, &bytes, NOW).expect("holds")
        };
        let packages = parties.iter().map(package).collect();
        (parties, packages)
    }

    pub(crate) fn add(&mut self, seeds: Vec<u8>) {
        let (parties, add) = self.joiners(0, &seeds);
        self.commit(0, Plan { add, ..Plan::default() }).expect("holds");
        let joiners = self.commits.last().expect("just made").joiners.clone();
        assert_eq!(joiners.len(), parties.len());
        for (party, joiner) in parties.into_iter().zip(joiners) {
            let joined = Group::join(&party.provider, &joiner.invitation, &self.blobs, NOW).expect("joins");
            self.members.push((party, joined.group));
        }
    }

    /// Stages what one member plans, without any of the others knowing.
    pub(crate) fn stage(&mut self, at: usize, plan: Plan) -> SealedCommit {
        let (party, group) = &mut self.members[at];
        let mut commit = group.stage(&party.provider, &party.device, plan).expect("stages");
        for blob in std::mem::take(&mut commit.blobs) {
            self.blobs.insert(blob.reference.id, blob.bytes);
        }
        commit
    }

    /// One member commits, all others process.
    pub(crate) fn commit(&mut self, at: usize, plan: Plan) -> Result<Vec<Merged>, MlsError> {
        let commit = self.stage(at, plan);
        let mut merged = Vec::new();
        for (other, (party, group)) in self.members.iter_mut().enumerate() {
            if other == at {
                continue;
            }
            merged.push(group.process_commit(&party.provider, &commit.post.body, &self.blobs, NOW)?);
        }
        let (party, group) = &mut self.members[at];
        group.accept_commit(&party.provider).expect("accepts");
        self.commits.push(commit);
        Ok(merged)
    }

    pub(crate) fn assert_all_hear(&mut self, at: usize, said: &str) {
        let (party, group) = &mut self.members[at];
        let sealed = group.seal(&party.provider, &party.device, said.as_bytes()).expect("seals");
        for (other, (party, group)) in self.members.iter_mut().enumerate() {
            if other != at {
                assert_eq!(text(group.open(&party.provider, &sealed.body)), said);
            }
        }
    }

    /// What the others say to a commit of one member.
    fn refused(&mut self, at: usize, plan: Plan) -> MlsError {
        let commit = self.stage(at, plan);
        let (party, group) = &mut self.members[(at + 1) % 3];
        let result = group.process_commit(&party.provider, &commit.post.body, &self.blobs, NOW);
        let (party, group) = &mut self.members[at];
        group.drop_commit(&party.provider).expect("drops");
        result.expect_err("is refused")
    }
}

fn remove(seed: u8) -> Plan {
    Plan { remove: BTreeSet::from([identity(seed)]), ..Plan::default() }
}

#[test]
fn members_hear_each_other_and_agree_on_what_the_group_is() {
    let mut circle = Circle::new(4);
    for at in 0..4 {
        circle.assert_all_hear(at, &format!("from {at}"));
    }
    let mut data = circle.members[0].1.data().clone();
    data.name = "Choir of Kiel".into();
    data.picture = vec![1, 2, 3];
    let merged = circle.commit(0, Plan { data: Some(data.clone()), ..Plan::default() }).expect("holds");
    assert_eq!(merged[0].changes, [Change::Data(Box::new(data.clone()))]);
    for (_, group) in &circle.members {
        assert_eq!(group.data(), &data);
        let members = group.members().expect("holds");
        assert_eq!(members.iter().filter(|member| member.is_admin).count(), 1);
        assert_eq!(
            members.iter().map(|member| member.name.as_str()).collect::<Vec<_>>(),
            ["device 1", "device 2", "device 3", "device 4"]
        );
    }
    circle.assert_all_hear(2, "after");
}

#[test]
fn a_device_that_was_not_in_use_is_dropped_by_any_member_and_may_come_back() {
    let mut circle = Circle::new(4);
    let renewed = |circle: &mut Circle, days: u64| {
        let mut delivery = circle.members[3].0.delivery();
        delivery.renewed = Some(NOW - days * 86_400);
        circle.commit(3, Plan { delivery: Some(delivery), ..Plan::default() }).expect("holds");
    };
    let device = circle.members[3].0.device.certificate().device;
    let drop = || Plan { unused: BTreeSet::from([device]), ..Plan::default() };
    renewed(&mut circle, 44);
    assert!(circle.members[1].1.unused(NOW).expect("holds").is_empty());
    assert!(matches!(circle.refused(1, drop()), MlsError::Violation { .. }), "it is in use");
    renewed(&mut circle, 46);
    assert_eq!(circle.members[1].1.unused(NOW).expect("holds"), [device]);
    assert!(circle.members[3].1.unused(NOW).expect("holds").is_empty(), "nobody drops the own device");
    let old_key = circle.members[0].1.key().clone();
    let merged = circle.commit(1, drop()).expect("holds");
    assert_eq!(merged[0].changes, [Change::Away(identity(4), "device 4".into())]);
    assert!(merged[2].is_away && !merged[2].is_removed);
    assert_ne!(circle.members[0].1.key(), &old_key, "what it has opens nothing that follows");
    for at in 0..3 {
        assert_eq!(circle.members[at].1.data().away.len(), 1);
        assert_eq!(circle.members[at].1.identities().expect("holds").len(), 3);
    }
    circle.members.pop();
    circle.assert_all_hear(2, "without it");
    // An admin who removes the person takes that back.
    let merged = circle.commit(0, remove(4)).expect("holds");
    assert_eq!(merged[0].changes, [Change::Removed(identity(4), String::new())]);
    assert!(circle.members[2].1.data().away.is_empty());
    circle.assert_all_hear(2, "for good");
}

#[test]
fn a_group_that_is_too_large_for_an_envelope_travels_in_blobs() {
    let mut circle = Circle::new(50);
    let most = circle.commits[0].joiners.iter().map(|joiner| joiner.invitation.len()).max();
    assert!(most < Some(2_800), "what one device is welcomed by does not grow with the others: {most:?}");
    assert!(!circle.blobs.is_empty());
    circle.assert_all_hear(32, "all here");
    assert_eq!(circle.members[0].1.most_adds().expect("holds"), kuvert_mls::limits::MAX_ADDS);
    let sizes = circle.commits.iter().map(|commit| commit.post.body.len());
    assert!(sizes.max() <= Some(kuvert_wire::limits::MAX_BODY));
    let welcome = &circle.commits[0].joiners[0].invitation;
    let late = Party::new(99);
    let joined = Group::join(&late.provider, welcome, &Blobs::new(), NOW);
    assert!(matches!(joined, Err(MlsError::NeedsBlob(_))), "the tree is asked for first");
}

#[test]
fn a_removed_member_reads_nothing_that_follows() {
    // MLS-3
    let mut circle = Circle::new(3);
    let old_key = circle.members[2].1.key().clone();
    let merged = circle.commit(0, remove(3)).expect("holds");
    assert_eq!(merged[0].changes, [Change::Removed(identity(3), "device 3".into())]);
    assert!(!merged[0].is_removed && merged[1].is_removed);
    let (carol, mut of_carol) = circle.members.pop().expect("three");
    let (alice, of_alice) = &mut circle.members[0];
    let sealed = of_alice.seal(&alice.provider, &alice.device, b"without Carol").expect("seals");
    assert!(of_carol.open(&carol.provider, &sealed.body).is_err());
    assert_ne!(of_alice.key(), &old_key, "the group key has changed");
    let (next, channel) = (&circle.commits.last().expect("made").next, of_alice.channel());
    let opened = kuvert_mls::ChannelAccess::open(&old_key, channel, &next.access);
    assert!(opened.is_err(), "nor learns how to post");
    circle.assert_all_hear(1, "still there");
    let next = circle.stage(1, Plan::default());
    assert!(of_carol.process_commit(&carol.provider, &next.post.body, &circle.blobs, NOW).is_err());
}

#[test]
fn who_is_no_admin_changes_nothing_but_itself() {
    let mut circle = Circle::new(3);
    let violates = |error: MlsError, seed| match error {
        MlsError::Violation { by, .. } => assert_eq!(by, identity(seed)),
        other => panic!("{other:?}"),
    };
    violates(circle.refused(1, remove(1)), 2);
    violates(circle.refused(1, remove(3)), 2);
    let (_, add) = circle.joiners(1, &[4]);
    violates(circle.refused(1, Plan { add, ..Plan::default() }), 2);
    let mut data = circle.members[1].1.data().clone();
    data.admins.insert(identity(2));
    violates(circle.refused(1, Plan { data: Some(data), ..Plan::default() }), 2);
    // Not even an admin changes where the group lives, or leaves it without any admin.
    let mut data = circle.members[0].1.data().clone();
    data.secret = [8; 32];
    violates(circle.refused(0, Plan { data: Some(data), ..Plan::default() }), 1);
    let mut data = circle.members[0].1.data().clone();
    data.admins = BTreeSet::from([identity(77)]);
    let plan = || Plan { data: Some(data.clone()), ..Plan::default() };
    violates(circle.refused(0, plan()), 1);
    let plan = circle.members[0].1.with_an_admin(plan()).expect("holds");
    circle.commit(0, plan).expect("whoever makes it stays one");
    circle.commit(1, Plan::default()).expect("renewing the own keys is everybody's right");
    circle.assert_all_hear(0, "after");
}

#[test]
fn who_wants_to_leave_is_removed_by_anybody_who_shows_it() {
    let mut circle = Circle::new(3);
    let (carol, of_carol) = &circle.members[2];
    let statement = of_carol.leave_statement(&carol.device).expect("states");
    assert_eq!(circle.members[1].1.who_leaves(&statement), Some(identity(3)));
    let mut plan = remove(3);
    plan.leaving = vec![statement.clone()];
    let merged = circle.commit(1, plan).expect("holds");
    assert_eq!(merged[0].changes, [Change::Left(identity(3), "device 3".into())]);
    circle.members.pop();
    // Back again, the old statement is worth nothing.
    circle.add(vec![3]);
    let mut plan = remove(3);
    plan.leaving = vec![statement];
    assert!(matches!(circle.refused(1, plan), MlsError::Violation { .. }));
}

#[test]
fn an_admin_who_hands_over_can_be_removed() {
    let mut circle = Circle::new(3);
    let mut data = circle.members[0].1.data().clone();
    data.admins = BTreeSet::from([identity(2)]);
    circle.commit(0, Plan { data: Some(data), ..Plan::default() }).expect("holds");
    assert!(matches!(circle.refused(0, remove(3)), MlsError::Violation { .. }));
    circle.commit(1, remove(1)).expect("the new admin removes the old one");
}

#[test]
fn a_direct_conversation_stays_between_two() {
    let (alice, mut of_alice, bob, mut of_bob) = crate::pair();
    let carol = Party::new(3);
    let made = Group::make_package(&carol.provider, &carol.device, &carol.delivery(), false).expect("makes");
    let joiner = JoinerPackage::verified(&alice.provider, &made.bytes, NOW).expect("holds");
    let plan = Plan { add: vec![joiner], ..Plan::default() };
    let commit = of_alice.stage(&alice.provider, &alice.device, plan).expect("stages");
    let refused = bob.process(&mut of_bob, &commit.post.body);
    assert!(matches!(refused, Err(MlsError::Violation { .. })));
}

#[test]
fn an_agents_device_does_not_put_out_one_that_holds_the_identity_key() {
    let (alice, mut of_alice, bob, mut of_bob) = crate::pair();
    let validity = || 0..NOW + 1_000;
    let agents = [11, 12].map(|seed| Party::device_of(1, seed, DeviceRole::Agent, validity()));
    let add = |agent: &Party| {
        let made = Group::make_package(&agent.provider, &agent.device, &agent.delivery(), false);
        JoinerPackage::verified(&alice.provider, &made.expect("makes").bytes, NOW).expect("holds")
    };
    let plan = Plan { add: agents.iter().map(add).collect(), ..Plan::default() };
    let commit = of_alice.stage(&alice.provider, &alice.device, plan).expect("stages");
    of_alice.accept_commit(&alice.provider).expect("accepts");
    bob.process(&mut of_bob, &commit.post.body).expect("a line adds its devices");
    let agent = &agents[0];
    let joined = commit.joiners.iter().find(|one| one.inbox == agent.delivery().inbox).expect("is let in");
    let joined = Group::join(&agent.provider, &joined.invitation, &Blobs::new(), NOW);
    let mut of_agent = joined.expect("joins").group;
    let device = |seed: u8| BTreeSet::from([Device::public_key(&[seed + 100; 32])]);
    let mut removes = |of_agent: &mut Group, seed| {
        let plan = Plan { remove_devices: device(seed), ..Plan::default() };
        let commit = of_agent.stage(&agent.provider, &agent.device, plan).expect("stages");
        bob.process(&mut of_bob, &commit.post.body)
    };
    assert!(matches!(removes(&mut of_agent, 1), Err(MlsError::Violation { .. })));
    of_agent.drop_commit(&agent.provider).expect("drops");
    removes(&mut of_agent, 12).expect("another agent's it may");
}

#[test]
fn mutated_and_truncated_commits_are_refused_without_a_trace() {
    let mut circle = Circle::new(3);
    let commit = circle.stage(0, remove(3));
    let (bob, of_bob) = &mut circle.members[1];
    for at in (0..commit.post.body.len()).step_by(211) {
        let mut mutated = commit.post.body.clone();
        mutated[at] ^= 0x20;
        assert!(of_bob.process_commit(&bob.provider, &mutated, &Blobs::new(), NOW).is_err());
        let cut = &commit.post.body[..at];
        assert!(of_bob.process_commit(&bob.provider, cut, &Blobs::new(), NOW).is_err());
    }
    of_bob.process_commit(&bob.provider, &commit.post.body, &circle.blobs, NOW).expect("the true one holds");
}
