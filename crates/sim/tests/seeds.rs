//! That a run is a function of its seed, and that what is broken is found.

use kuvert_sim::{Fault, Options, run};

#[test]
fn a_seed_replays_exactly_and_another_is_another() {
    // CORE-2
    let options = Options { steps: 30, ..Options::default() };
    let trace = |seed| run(seed, &options).expect("runs").trace;
    assert_eq!(trace(1), trace(1));
    assert_ne!(trace(1), trace(2));
}

#[test]
fn some_seeds_end_without_a_violation_and_with_messages() {
    let mut messages = 0;
    for seed in 1..=10 {
        let outcome = run(seed, &Options::default()).expect("runs");
        assert_eq!(outcome.violations, [], "seed {seed}");
        messages += outcome.messages;
    }
    assert!(messages > 20, "the people of these seeds say {messages} things");
}

#[test]
fn an_order_goes_to_exactly_one_driver() {
    for seed in 1..=12 {
        let outcome = run(seed, &Options { dispatch: true, ..Options::default() }).expect("runs");
        assert_eq!(outcome.violations, [], "seed {seed}");
    }
}

#[test]
fn an_offer_that_reaches_only_some_devices_of_a_line_is_found() {
    let options = Options { dispatch: true, fault: Some(Fault::HalfFanout), ..Options::default() };
    let found = (1..=10).any(|seed| !run(seed, &options).expect("runs").violations.is_empty());
    assert!(found);
}

#[test]
fn worlds_with_each_feature_end_without_a_violation() {
    for with in ["groups", "relays", "changes", "files", "blocking"] {
        let features = Some(with.parse().expect("a feature"));
        for seed in 1..=2 {
            let outcome = run(seed, &Options { features, ..Options::default() }).expect("runs");
            assert_eq!(outcome.violations, [], "{with}, seed {seed}");
        }
    }
}

#[test]
fn seeds_that_found_something_end_without_a_violation() {
    for seed in [720, 996, 1548, 2776, 8164, 8544] {
        let outcome = run(seed, &Options::default()).expect("runs");
        assert_eq!(outcome.violations, [], "seed {seed}");
    }
}

#[test]
fn a_relay_that_takes_every_token_is_found() {
    let options = Options { fault: Some(Fault::TokenNotChecked), ..Options::default() };
    let found = (1..=20).any(|seed| !run(seed, &options).expect("runs").violations.is_empty());
    assert!(found);
}
