//! Push subscriptions, and who is named to be pushed to.

use std::sync::Arc;

use kuvert_wire::{DeleteInbox, ErrorCode, P256Key, PushSubscription, SetPush, limits};

use super::super::fixtures::{Bench, Device, deposit, id, request};
use super::super::{Answer, Op, PushOp, Registration, Request, Service};
use super::{accepted, refused, sweep};
use crate::day::Day;
use crate::push::Push;
use crate::store::{Pushing, Table, Value};

const ENDPOINT: &str = "https://push.example/subscription";

fn bench() -> (Bench, Arc<Push>) {
    let (mut bench, push) = (Bench::new(), Arc::new(Push::for_tests()));
    let service = Service::new(vec!["http://here".into()], Registration::Open);
    bench.service = service.with_push(Some(Arc::clone(&push)));
    (bench, push)
}

fn set(device: &Device, n: u8, subscription: Option<PushSubscription>) -> Op {
    request(Request::SetPush(device.inbox, SetPush { id: id(n), subscription }))
}

fn subscribed(bench: &mut Bench, device: &Device) -> Option<bool> {
    match bench.apply(&device.own(0)) {
        Answer::Owned { owned, .. } => owned.subscribed,
        other => panic!("not owned: {other:?}"),
    }
}

fn stored(bench: &Bench, device: &Device) -> Option<Value> {
    bench.store.get(Table::Push, device.inbox.as_bytes()).expect("reads")
}

fn state(bench: &Bench, device: &Device) -> Pushing {
    bench.store.inbox(device.inbox).expect("reads").expect("there").push
}

#[test]
fn an_owner_is_named_with_each_entry_until_told_and_again_after_being_here() {
    let ((mut bench, push), alice) = (bench(), Device::new(1));
    assert_eq!(subscribed(&mut bench, &alice), None);
    let mut n = 0;
    let mut named = |bench: &mut Bench| {
        n += 1;
        assert_eq!(bench.frame(&deposit(alice.inbox, &alice.deposit_key, n)), accepted(n, 0));
        push.named().iter().map(|(_, seq)| *seq).collect::<Vec<_>>()
    };
    assert_eq!(named(&mut bench), [], "without a subscription nobody is");
    assert_eq!(bench.frame(&set(&alice, 100, Some(Push::subscription(ENDPOINT)))), accepted(100, 0));
    assert_eq!(named(&mut bench), [2]);
    assert_eq!(named(&mut bench), [3]);
    bench.apply(&Op::Push(PushOp::Told { inbox: alice.inbox, seq: 2 }));
    assert_eq!(named(&mut bench), []);
    assert_eq!(subscribed(&mut bench, &alice), Some(true));
    assert_eq!(named(&mut bench), [5], "a session says that the owner is here");
    bench.apply(&Op::Push(PushOp::Told { inbox: alice.inbox, seq: 5 }));
    assert_eq!(named(&mut bench), []);
    bench.apply(&Op::Ack { inbox: alice.inbox, seq: 6 });
    assert_eq!(named(&mut bench), [7], "so does an acknowledgement");
    // The owner acknowledged while the push was under way.
    bench.apply(&Op::Ack { inbox: alice.inbox, seq: 7 });
    bench.apply(&Op::Push(PushOp::Told { inbox: alice.inbox, seq: 7 }));
    assert_eq!(named(&mut bench), [8]);
    assert_eq!(bench.frame(&set(&alice, 101, None)), accepted(101, 0));
    assert_eq!(named(&mut bench), []);
    assert_eq!((subscribed(&mut bench, &alice), stored(&bench, &alice)), (None, None));
}

#[test]
fn what_a_push_service_forgot_goes_and_what_took_its_place_stays() {
    let ((mut bench, _), alice) = (bench(), Device::new(1));
    bench.apply(&alice.own(0));
    bench.frame(&set(&alice, 1, Some(Push::subscription(ENDPOINT))));
    let first = stored(&bench, &alice).expect("there");
    bench.frame(&set(&alice, 2, Some(Push::subscription(ENDPOINT))));
    let second = stored(&bench, &alice).expect("there");
    bench.apply(&Op::Push(PushOp::Gone { inbox: alice.inbox, sealed: first }));
    assert_eq!((stored(&bench, &alice), state(&bench, &alice)), (Some(second.clone()), Pushing::Armed));
    bench.apply(&Op::Push(PushOp::Gone { inbox: alice.inbox, sealed: second }));
    assert_eq!((stored(&bench, &alice), state(&bench, &alice)), (None, Pushing::Off));
    let nobody = Device::new(2);
    bench.apply(&Op::Push(PushOp::Told { inbox: nobody.inbox, seq: 1 }));
}

#[test]
fn a_subscription_that_cannot_be_used_is_refused_and_changes_nothing() {
    let ((mut bench, _), alice) = (bench(), Device::new(1));
    let good = Push::subscription(ENDPOINT);
    assert_eq!(bench.frame(&set(&alice, 1, Some(good.clone()))), refused(1, ErrorCode::NoSuchInbox));
    bench.apply(&alice.own(0));
    let long = format!("{ENDPOINT}/{}", "a".repeat(limits::MAX_PUSH_ENDPOINT));
    for (n, subscription, code) in [
        (2, PushSubscription { endpoint: long, ..good.clone() }, ErrorCode::TooLarge),
        (
            3,
            PushSubscription { endpoint: "ftp://push.example/".into(), ..good.clone() },
            ErrorCode::BadSubscription,
        ),
        (4, PushSubscription { key: P256Key::new([4; 65]), ..good.clone() }, ErrorCode::BadSubscription),
    ] {
        assert_eq!(bench.frame(&set(&alice, n, Some(subscription))), refused(n, code));
    }
    assert_eq!((stored(&bench, &alice), state(&bench, &alice)), (None, Pushing::Off));

    // A relay that does not push still lets a subscription go.
    assert_eq!(bench.frame(&set(&alice, 5, Some(good.clone()))), accepted(5, 0));
    let mut bench = bench.restart();
    assert_eq!(bench.frame(&set(&alice, 6, Some(good))), refused(6, ErrorCode::NoPush));
    assert_eq!(bench.frame(&set(&alice, 7, None)), accepted(7, 0));
    assert_eq!(stored(&bench, &alice), None);
}

#[test]
fn a_subscription_goes_with_its_inbox() {
    let (alice, bob) = (Device::new(1), Device::new(2));
    let (mut bench, _) = bench();
    for device in [&alice, &bob] {
        bench.apply(&device.own(0));
    }
    bench.frame(&set(&alice, 1, Some(Push::subscription(ENDPOINT))));
    bench.frame(&set(&bob, 2, Some(Push::subscription(ENDPOINT))));
    let delete = request(Request::DeleteInbox(alice.inbox, DeleteInbox { id: id(3) }));
    assert_eq!(bench.frame(&delete), accepted(3, 0));
    bench.today = Day(bench.today.0 + limits::INBOX_DAYS + 1);
    sweep(&mut bench);
    assert_eq!((stored(&bench, &alice), stored(&bench, &bob)), (None, None));
}
