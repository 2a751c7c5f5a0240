//! Devices that missed commits.

use std::collections::BTreeSet;

use kuvert_mls::{Healing, MlsError, Plan};
use minicbor::bytes::ByteVec;
use openmls_memory_storage::MemoryStorage;

use crate::NOW;
use crate::rules::{Circle, identity};

/// What the relay would keep: the last snapshot, the commits since, and the access.
fn kept(circle: &Circle) -> (u64, Vec<u8>, Vec<u8>, Vec<ByteVec>) {
    let last = circle.commits.last().expect("commits");
    let at = circle.commits.iter().rposition(|commit| commit.next.group_info.is_some()).expect("a snapshot");
    let snapshot = circle.commits[at].next.group_info.clone().expect("just seen");
    let handshakes = circle.commits[at + 1..].iter().map(|commit| commit.post.body.clone().into()).collect();
    (last.next.epoch, snapshot.to_vec(), last.next.access.clone(), handshakes)
}

/// A circle in which the last member misses everything from now on.
fn without_last(size: u8) -> (Circle, (crate::Party, kuvert_mls::Group)) {
    let mut circle = Circle::new(size);
    circle.commit(0, Plan { snapshot: true, ..Plan::default() }).expect("holds");
    let last = circle.members.pop().expect("a member");
    (circle, last)
}

#[test]
fn commits_that_the_channel_kept_are_followed() {
    let (mut circle, (carol, mut of_carol)) = without_last(3);
    for at in [0, 1, 0] {
        circle.commit(at, Plan::default()).expect("holds");
    }
    let (epoch, snapshot, access, handshakes) = kept(&circle);
    let healing = Healing {
        epoch,
        group_info: &snapshot,
        access: &access,
        handshakes: &handshakes,
        blobs: &circle.blobs,
    };
    let since = healing.since(of_carol.epoch()).expect("kept");
    assert_eq!(since.len(), 3);
    for body in since {
        carol.process(&mut of_carol, body).expect("holds");
    }
    circle.members.push((carol, of_carol));
    circle.assert_all_hear(2, "here again");
}

fn rejoin(mut circle: Circle, carol: crate::Party, of_carol: kuvert_mls::Group) {
    let (epoch, snapshot, access, handshakes) = kept(&circle);
    let healing = Healing {
        epoch,
        group_info: &snapshot,
        access: &access,
        handshakes: &handshakes,
        blobs: &circle.blobs,
    };
    let known = (of_carol.channel(), of_carol.data(), of_carol.key());
    let aside = kuvert_mls::Provider {
        crypto: carol.provider.crypto,
        rng: carol.provider.rng,
        storage: MemoryStorage::default(),
    };
    let mut back = healing.rejoin(&aside, &carol.device, &carol.delivery(), known, NOW).expect("a way back");
    let blobs = back.blobs.drain(..).map(|blob| (blob.reference.id, blob.bytes));
    circle.blobs.extend(blobs);
    assert_eq!(back.post.epoch, epoch);
    for (party, group) in &mut circle.members {
        let merged = group.process_commit(&party.provider, &back.post.body, &circle.blobs, NOW);
        let merged = merged.expect("holds");
        assert_eq!(merged.by, identity(3));
        assert!(matches!(merged.changes[..], [kuvert_mls::Change::Rejoined(who, _)] if who == identity(3)));
        assert_eq!(group.key(), back.group.key());
    }
    let carol = crate::Party { provider: aside, ..carol };
    circle.members.push((carol, back.group));
    let last = circle.members.len() - 1;
    circle.assert_all_hear(last, "back");
    circle.assert_all_hear(0, "welcome back");
    circle.commit(last, Plan::default()).expect("commits again");
}

#[test]
fn a_device_that_lost_its_state_comes_back_in_the_place_of_its_own_leaf() {
    let (mut circle, (carol, of_carol)) = without_last(3);
    for at in [0, 1, 1] {
        circle.commit(at, Plan::default()).expect("holds");
    }
    assert_eq!(kept(&circle).3.len(), 3, "the public tree is followed");
    rejoin(circle, carol, of_carol);
}

#[test]
fn a_device_that_missed_removals_finds_the_new_group_key() {
    let mut circle = Circle::new(5);
    let carol = circle.members.remove(2);
    for seed in [5, 4] {
        let remove = BTreeSet::from([identity(seed)]);
        circle.commit(0, Plan { remove, ..Plan::default() }).expect("holds");
        circle.members.pop();
    }
    circle.commit(1, Plan::default()).expect("holds");
    let (carol, of_carol) = carol;
    assert_ne!(of_carol.key(), circle.members[0].1.key());
    rejoin(circle, carol, of_carol);
}

#[test]
fn a_removed_member_finds_no_way_back() {
    // MLS-3: neither by what it has, nor with the group key of later.
    let mut circle = Circle::new(3);
    let (carol, of_carol) = circle.members.pop().expect("three");
    let remove = BTreeSet::from([identity(3)]);
    circle.commit(0, Plan { remove, ..Plan::default() }).expect("holds");
    let (epoch, snapshot, access, handshakes) = kept(&circle);
    let healing = Healing {
        epoch,
        group_info: &snapshot,
        access: &access,
        handshakes: &handshakes,
        blobs: &circle.blobs,
    };
    let known = (of_carol.channel(), of_carol.data(), of_carol.key());
    let refused = healing.rejoin(&carol.provider, &carol.device, &carol.delivery(), known, NOW);
    assert!(matches!(refused, Err(MlsError::PeerFault(_))));

    let stolen = circle.members[0].1.key().clone();
    let known = (of_carol.channel(), of_carol.data(), &stolen);
    let forced = healing.rejoin(&carol.provider, &carol.device, &carol.delivery(), known, NOW);
    if let Ok(forced) = forced {
        let (alice, of_alice) = &mut circle.members[0];
        let refused = of_alice.process_commit(&alice.provider, &forced.post.body, &circle.blobs, NOW);
        assert!(matches!(refused, Err(MlsError::Violation { .. })), "and nobody takes it in");
    }
}
