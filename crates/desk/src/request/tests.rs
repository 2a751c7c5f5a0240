use super::*;

const REQUEST: MessageId = MessageId::new([7; 32]);

fn state(id: &str, is_final: bool) -> State {
    State { id: id.into(), label: Text::both("Zustand", "State"), is_final, erases: is_final }
}

/// New, ready, done, refused.
fn flow() -> StatusFlow {
    StatusFlow {
        states: vec![state("new", false), state("ready", false), state("done", true), state("refused", true)],
        ways: vec![(0, 1), (1, 2), (0, 3)],
    }
}

fn status(revision: u32, state: u8, at: i64) -> RequestStatus {
    RequestStatus {
        request: REQUEST,
        revision,
        state,
        note: String::new(),
        at,
        erase_at: None,
        appointment: None,
        ticket: None,
    }
}

#[test]
fn a_request_goes_only_where_a_way_leads() {
    let flow = flow();
    assert!(flow.can_go(0, 1));
    assert!(!flow.can_go(1, 0));
    assert!(!flow.can_go(0, 2));
    assert!(!flow.can_go(2, 2));
    assert_eq!(flow.next(0).collect::<Vec<_>>(), [1, 3]);
    let lying = StatusFlow { ways: vec![(0, 9), (9, 0)], ..flow };
    assert!(!lying.can_go(0, 9) && !lying.can_go(9, 0), "there is no such state");
}

#[test]
fn sound_states_have_no_faults() {
    assert_eq!(flow().check(), []);
    let one = StatusFlow { states: vec![state("noted", true)], ways: vec![] };
    assert_eq!(one.check(), []);
}

#[test]
fn each_fault_of_the_states_is_named() {
    let faults = |change: fn(&mut StatusFlow)| {
        let mut flow = flow();
        change(&mut flow);
        flow.check()
    };
    assert_eq!(faults(|flow| flow.states.clear()), [FlowFault::NoState]);
    assert_eq!(
        faults(|flow| flow.states = vec![state("a", true); MAX_STATES + 1]),
        [FlowFault::TooManyStates]
    );
    assert_eq!(faults(|flow| flow.ways = vec![(0, 1); MAX_WAYS + 1]), [FlowFault::TooManyWays]);
    assert_eq!(faults(|flow| flow.states[1].id = "Ready".into()), [FlowFault::Id(1)]);
    assert_eq!(faults(|flow| flow.states[1].id = "new".into()), [FlowFault::IdTwice(1)]);
    let missing = TextFault::Empty(String::new());
    assert_eq!(faults(|flow| flow.states[1].label = Text::default()), [FlowFault::Label(1, missing)]);
    assert_eq!(faults(|flow| flow.states[1].erases = true), [FlowFault::ErasesTooEarly(1)]);
    assert_eq!(faults(|flow| flow.ways.push((1, 1))), [FlowFault::Way(1, 1)]);
    assert_eq!(faults(|flow| flow.ways.push((0, 1))), [FlowFault::Way(0, 1)]);
    assert_eq!(faults(|flow| flow.ways.push((0, 200))), [FlowFault::Way(0, 200)]);
    assert_eq!(faults(|flow| flow.ways.push((2, 1))), [FlowFault::AfterFinal(2)]);
    assert_eq!(faults(|flow| flow.ways.truncate(2)), [FlowFault::Unreachable(3)]);
    let stuck = faults(|flow| flow.ways.retain(|way| *way != (1, 2)));
    assert_eq!(stuck, [FlowFault::DeadEnd(1), FlowFault::Unreachable(2)]);
}

#[test]
fn the_status_that_stands_does_not_depend_on_the_order_of_arrival() {
    let note = |text: &str, status: RequestStatus| RequestStatus { note: text.into(), ..status };
    let all = [
        status(1, 1, 900),
        note("a", status(2, 1, 50)),
        note("b", status(2, 1, 50)),
        status(2, 3, 40),
        RequestStatus { request: MessageId::new([8; 32]), ..status(9, 1, 999) },
        status(9, 4, 999),
    ];
    // Every rotation, forwards and backwards, with each of them twice.
    for turn in 0..all.len() {
        let mut order: Vec<_> = all.iter().chain(&all).cloned().collect();
        order.rotate_left(turn);
        assert_eq!(
            latest(&flow(), REQUEST, &order),
            Some(&all[3]),
            "done wins over not done of the same revision"
        );
        order.reverse();
        assert_eq!(latest(&flow(), REQUEST, &order), Some(&all[3]));
        order.retain(|status| status.state != 3);
        assert_eq!(latest(&flow(), REQUEST, &order).map(|one| one.note.as_str()), Some("b"));
    }
    assert_eq!(latest(&flow(), REQUEST, &[]), None);
}

fn full() -> RequestStatus {
    RequestStatus {
        note: "Bitte bringen Sie Ihren Ausweis mit.\nBis bald!".into(),
        erase_at: Some(2000),
        appointment: Some(Appointment { from: 1000, to: 1500, place: "Raum 2".into() }),
        ticket: Some(Ticket {
            code: "A1-B2".into(),
            title: "Vorstellung".into(),
            seats: "3, 4".into(),
            until: 1500,
        }),
        ..status(2, 1, 50)
    }
}

#[test]
fn a_status_is_read_as_it_was_written() {
    assert_eq!(RequestStatus::decode(&full().encode()), Ok(full()));
    // Published: what stands here is read for ever.
    let bytes: String = status(2, 1, 50).encode().iter().map(|byte| format!("{byte:02x}")).collect();
    assert_eq!(bytes, format!("855820{}0201601832", "07".repeat(32)));
    // A field that a later version adds is skipped.
    let mut later = status(2, 1, 50).encode();
    later[0] = 0x89;
    later.extend([0xf6, 0xf6, 0xf6, 0x05]);
    assert_eq!(RequestStatus::decode(&later), Ok(status(2, 1, 50)));
}

#[test]
fn a_status_with_more_than_allowed_is_refused() {
    let refused = |change: fn(&mut RequestStatus)| {
        let mut status = full();
        change(&mut status);
        assert_eq!(RequestStatus::decode(&status.encode()), Err(ReadError::OutOfBounds));
    };
    refused(|status| status.note = "ä".repeat(MAX_NOTE + 1));
    refused(|status| status.note = "a\u{202e}".into());
    refused(|status| status.state = MAX_STATES as u8);
    refused(|status| status.at = -1);
    refused(|status| status.erase_at = Some(MAX_TIME + 1));
    refused(|status| status.appointment = Some(Appointment { from: 2, to: 1, place: String::new() }));
    refused(|status| status.appointment = Some(Appointment { from: 1, to: 2, place: "a\nb".into() }));
    let ticket =
        |code: &str| Some(Ticket { code: code.into(), title: String::new(), seats: String::new(), until: 0 });
    for code in ["", "a b", "ä", &"a".repeat(MAX_CODE + 1)] {
        let status = RequestStatus { ticket: ticket(code), ..full() };
        assert_eq!(RequestStatus::decode(&status.encode()), Err(ReadError::OutOfBounds), "{code:?}");
    }
    let largest =
        RequestStatus { note: "\u{1f600}".repeat(MAX_NOTE), ticket: ticket(&"a".repeat(MAX_CODE)), ..full() };
    assert_eq!(RequestStatus::decode(&largest.encode()), Ok(largest));
    assert!(RequestStatus::decode(&[0; MAX_STATUS + 1]).is_err());
}

#[test]
fn what_the_line_says_to_a_customer_is_not_logged() {
    // LOG-1
    assert_eq!(format!("{:?}", full()), "RequestStatus(..)");
}
