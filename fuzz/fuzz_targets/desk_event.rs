//! What the devices of a line say in their desk room: event behind event, and the state that one of them hands to another.

#![no_main]

use kuvert_desk::room::{Cases, DeviceKey, Event, EventId, Meta, Outcome, Snapshot, Team, due, load};
use libfuzzer_sys::fuzz_target;

fuzz_target!(|bytes: &[u8]| {
    let _ = load([(&bytes[..bytes.len().min(17)], bytes)]);
    let (mut team, mut cases) = match Snapshot::decode(bytes) {
        Ok(Snapshot { team, cases, .. }) => (team, cases),
        Err(_) => (Team::default(), Cases::default()),
    };
    let owner = DeviceKey::new([1; 32]);
    let founded = Event::Founded { name: "Anna".into() };
    let _ = team.apply(&mut cases, Meta { id: EventId::new([0; 32]), by: owner, at: 0 }, &founded);
    // Each event is as long as its first byte says, and sent by one of two devices.
    let mut rest = bytes;
    while let Some((&length, behind)) = rest.split_first() {
        let (event, behind) = behind.split_at(behind.len().min(usize::from(length)));
        rest = behind;
        let Ok(event) = Event::decode(event) else { continue };
        assert_eq!(
            Event::decode(&event.encode()),
            Ok(event.clone()),
            "what is decoded encodes to the same event"
        );
        let by = DeviceKey::new([1 + length % 2; 32]);
        let meta = Meta { id: EventId::new([length; 32]), by, at: i64::from(length) * 1000 };
        if team.apply(&mut cases, meta, &event) == Outcome::Applied {
            assert!(!cases.take_touched().is_empty(), "what changes is written down");
        }
    }
    let _ = due(&cases, 1000);
    let snapshot = Snapshot { after: EventId::new([0; 32]), team, cases };
    let _ = snapshot.encode();
});
