//! A line with five devices, and short ways to say things in its desk room.

use kuvert_content::MessageId;
use kuvert_desk::room::{
    Case, CaseEvent, Cases, DeviceKey, Event, EventId, LabelId, Meta, Outcome, Reason, Role, Snapshot, Team,
};
use kuvert_wire::ChannelId;

pub(crate) const ANNA: DeviceKey = DeviceKey::new([1; 32]);
pub(crate) const BEN: DeviceKey = DeviceKey::new([2; 32]);
pub(crate) const CAROL: DeviceKey = DeviceKey::new([3; 32]);
pub(crate) const DAVE: DeviceKey = DeviceKey::new([4; 32]);
pub(crate) const ERIN: DeviceKey = DeviceKey::new([5; 32]);
pub(crate) const STRANGER: DeviceKey = DeviceKey::new([9; 32]);

/// When everything begins.
pub(crate) const START: i64 = 1_750_000_000_000;
pub(crate) const SECOND: i64 = 1000;
pub(crate) const DAY: i64 = 24 * 60 * 60 * SECOND;

pub(crate) fn conversation(number: u8) -> ChannelId {
    ChannelId::new([number; 16])
}

pub(crate) fn message(number: u8) -> MessageId {
    MessageId::new([number; 32])
}

pub(crate) fn event_id(number: u64) -> EventId {
    let mut id = [0; 32];
    id[..8].copy_from_slice(&number.to_be_bytes());
    EventId::new(id)
}

pub(crate) fn label(number: u8) -> LabelId {
    LabelId::new([number; 16])
}

/// A device of the line that has folded everything so far.
#[derive(Clone, Default)]
pub(crate) struct Desk {
    pub(crate) team: Team,
    pub(crate) cases: Cases,
    pub(crate) now: i64,
    pub(crate) count: u64,
}

impl Desk {
    /// The team of five, and nothing else.
    pub(crate) fn staffed() -> Self {
        let mut desk = Self { now: START, ..Self::default() };
        assert_eq!(desk.says(ANNA, Event::Founded { name: "Anna".into() }), Outcome::Applied);
        for (device, name, role) in [
            (BEN, "Ben", Role::Supervisor),
            (CAROL, "Carol", Role::Agent),
            (DAVE, "Dave", Role::Agent),
            (ERIN, "Erin", Role::ReadOnly),
        ] {
            desk.does(ANNA, Event::Join { device, name: name.into(), role });
        }
        desk
    }

    pub(crate) fn says(&mut self, by: DeviceKey, event: Event) -> Outcome {
        self.count += 1;
        let before = (event.encode(), self.state());
        let event = Event::decode(&before.0).expect("what is encoded is read");
        let meta = Meta { id: event_id(self.count), by, at: self.now };
        let outcome = self.team.apply(&mut self.cases, meta, &event);
        if outcome != Outcome::Applied {
            assert!(self.state() == before.1, "an ignored event changes nothing");
        }
        outcome
    }

    pub(crate) fn does(&mut self, by: DeviceKey, event: Event) {
        assert_eq!(self.says(by, event.clone()), Outcome::Applied, "{event:?}");
    }

    pub(crate) fn fails(&mut self, by: DeviceKey, event: Event, reason: Reason) {
        assert_eq!(self.says(by, event.clone()), Outcome::Ignored(reason), "{event:?}");
    }

    /// The same about the first conversation.
    pub(crate) fn case_does(&mut self, by: DeviceKey, event: CaseEvent) {
        self.does(by, Event::case(conversation(1), event));
    }

    pub(crate) fn case_fails(&mut self, by: DeviceKey, event: CaseEvent, reason: Reason) {
        self.fails(by, Event::case(conversation(1), event), reason);
    }

    pub(crate) fn case(&self) -> &Case {
        self.cases.get(conversation(1)).expect("a case")
    }

    pub(crate) fn wait(&mut self, millis: i64) {
        self.now += millis;
    }

    /// All of the state as bytes.
    pub(crate) fn state(&self) -> Vec<u8> {
        let (team, cases) = (self.team.clone(), self.cases.clone());
        Snapshot { after: EventId::new([0; 32]), team, cases }.encode()
    }
}
