//! What the sessions show of the device behind them.

use kuvert_wire::ClientFrame;

use crate::world::{ALICE, BOB, World};

const WEEK: i64 = 8 * 86_400_000;

#[test]
fn the_own_inbox_is_not_shown_to_get_a_channel() {
    // What is posted on the anonymous session is tied to nobody: neither by a first contact, nor by a channel made anew.
    let mut world = World::acquainted();
    let (alice, bob) = (world.devices[ALICE].inbox(), world.devices[BOB].inbox());
    world.relay.forget_channels();
    world.now = world.now.plus_millis(WEEK);
    world.send(BOB, "one");
    world.relay.forget_channels();
    world.go_offline(ALICE);
    world.go_online(ALICE);
    world.send(ALICE, "two");
    let shown = |device: usize| -> Vec<_> {
        let frames = world.devices[device].asked.iter();
        let inboxes = frames.filter_map(|frame| match frame {
            ClientFrame::CreateChannel(create) => Some(create.inbox),
            ClientFrame::TakeKeyPackage(take) => Some(take.inbox),
            _ => None,
        });
        inboxes.collect()
    };
    assert_eq!(shown(BOB), [alice, alice, alice]);
    assert_eq!(shown(ALICE), [bob]);
    assert_eq!(world.devices[BOB].texts(), ["hello", "one", "two"]);
}
