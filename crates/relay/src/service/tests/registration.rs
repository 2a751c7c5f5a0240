//! Who may make an inbox.

use kuvert_wire::{ErrorCode, Invite, limits};

use super::super::fixtures::{Bench, Device};
use super::super::{Answer, Counted, Op, Registration};
use super::sweep;
use crate::store::{Table, Tx};

fn own(device: &Device, invite: Option<Invite>) -> Op {
    let mut keys = device.keys();
    keys.invite = invite;
    let counted = Counted { acknowledged: 0, generation: None };
    Op::Own { inbox: device.inbox, counted, create: Some(keys) }
}

fn invite(n: u8) -> Invite {
    Invite::new([n; 16])
}

#[test]
fn a_closed_relay_makes_no_inbox_and_serves_those_that_it_has() {
    let mut bench = Bench::new();
    let (alice, bob) = (Device::new(1), Device::new(2));
    bench.apply(&alice.own(0));
    let mut bench = bench.reopen(Registration::Closed);
    bench.apply(&Op::AddInvite(invite(1).hash()));
    let closed = Answer::NotOwned(ErrorCode::RegistrationClosed);
    assert_eq!(bench.apply(&bob.own(0)), closed);
    assert_eq!(bench.apply(&own(&bob, Some(invite(1)))), closed);
    assert!(matches!(bench.apply(&alice.own(0)), Answer::Owned { .. }));
    assert_eq!(bench.store.keys(Table::Inboxes, b"", 10).expect("reads").len(), 1);
}

#[test]
fn an_invitation_makes_one_inbox() {
    let mut bench = Bench::new().reopen(Registration::Invite);
    let (alice, bob) = (Device::new(1), Device::new(2));
    bench.apply(&Op::AddInvite(invite(1).hash()));
    let needed = Answer::NotOwned(ErrorCode::InviteNeeded);
    assert_eq!(bench.apply(&alice.own(0)), needed);
    assert_eq!(bench.apply(&own(&alice, Some(invite(2)))), needed, "unknown");
    let keys = bench.store.keys(Table::Invites, b"", 10).expect("reads");
    assert_eq!(keys, [invite(1).hash().as_bytes()], "only its hash rests");

    assert!(matches!(bench.apply(&own(&alice, Some(invite(1)))), Answer::Owned { .. }));
    assert!(
        matches!(bench.apply(&own(&alice, Some(invite(1)))), Answer::Owned { .. }),
        "a repeat needs none"
    );
    assert_eq!(bench.apply(&own(&bob, Some(invite(1)))), needed, "used up");
    assert_eq!(bench.store.keys(Table::Invites, b"", 10).expect("reads").len(), 0);
}

#[test]
fn an_invitation_is_used_up_only_with_the_inbox() {
    let mut bench = Bench::new().reopen(Registration::Invite);
    let alice = Device::new(1);
    bench.apply(&Op::AddInvite(invite(1).hash()));
    let mut work = bench.service.begin(Tx::new(&*bench.store), bench.today);
    let answer = work.apply(&own(&alice, Some(invite(1)))).expect("the store works");
    assert!(matches!(answer, Answer::Owned { .. }));
    drop(work);
    assert!(matches!(bench.apply(&own(&alice, Some(invite(1)))), Answer::Owned { .. }), "nothing was stored");
}

#[test]
fn an_invitation_ends_after_its_days() {
    // RELAY-5: INVITE_DAYS
    let mut bench = Bench::new().reopen(Registration::Invite);
    for n in [1, 2] {
        bench.apply(&Op::AddInvite(invite(n).hash()));
    }
    bench.today.0 += limits::INVITE_DAYS;
    sweep(&mut bench);
    assert!(matches!(bench.apply(&own(&Device::new(1), Some(invite(1)))), Answer::Owned { .. }));
    bench.today.0 += 1;
    let late = bench.apply(&own(&Device::new(2), Some(invite(2))));
    assert_eq!(late, Answer::NotOwned(ErrorCode::InviteNeeded));
    bench.apply(&Op::AddInvite(invite(3).hash()));
    bench.today.0 += limits::INVITE_DAYS + 1;
    sweep(&mut bench);
    assert_eq!(bench.store.keys(Table::Invites, b"", 10).expect("reads").len(), 0);
}
