//! People at different relays, with the real binary: clients and relays are killed. `cargo xtask bench talk` does the same for
//! longer.

#[path = "../../../bench/src/talk/people.rs"]
mod people;
#[path = "../../../bench/src/talk/processes.rs"]
mod processes;

use std::path::Path;

use people::{Plan, talk};

use crate::relay_process::KUVERT;

#[test]
fn two_relays_of_which_each_is_down_for_a_while_lose_double_and_reorder_nothing() {
    // RELAY-1, RELAY-3, CORE-1, CORE-3: with clients that are killed at random.
    let found = talk(Path::new(KUVERT), &Plan { messages: 12, is_apart: true, seed: 1 }).expect("talks");
    assert_eq!(found.broken(), 0, "{}", found.json());
}
