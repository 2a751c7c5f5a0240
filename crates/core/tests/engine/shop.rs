//! A business line in the world of the tests.

use kuvert_core::{Command, Event, Fold, LineCommand, LineDevice, LineEvent};

use crate::relay::ORIGIN;
use crate::world::World;

pub(crate) const OWNER: usize = 0;
pub(crate) const ANNE: usize = 1;
pub(crate) const BERT: usize = 2;
pub(crate) const CARLA: usize = 3;

/// A line with an owner and two agents, and a customer who has written to it.
pub(crate) struct Shop {
    pub(crate) world: World,
    pub(crate) link: String,
    pub(crate) devices: Vec<LineDevice>,
}

impl Shop {
    pub(crate) fn new() -> Self {
        let mut world = World::new(&[]);
        let create = LineCommand::Create { name: "Pharmacy".into(), relay: ORIGIN.to_owned(), invite: None };
        world.add_with(1, Command::Line(create));
        world.go_online(OWNER);
        let own = world.devices[OWNER].client.own_line_device().expect("a device");
        let mut shop = Self { world, link: String::new(), devices: vec![own] };
        for (at, name) in [(ANNE, "Anne"), (BERT, "Bert")] {
            shop.hire(at, name);
            shop.fold(OWNER, b"founded");
            shop.line(OWNER, LineCommand::Share);
            shop.line(at, LineCommand::Adopt);
        }
        shop.publish();
        shop.world.add(CARLA as u8 + 1, "Carla", None);
        shop.world.go_online(CARLA);
        shop
    }

    pub(crate) fn line(&mut self, at: usize, command: LineCommand) {
        self.world.command(at, Command::Line(command)).expect("does it");
    }

    pub(crate) fn events(&self, at: usize) -> impl Iterator<Item = &LineEvent> {
        self.world.devices[at].events.iter().filter_map(|event| match event {
            Event::Line(event) => Some(event),
            _ => None,
        })
    }

    pub(crate) fn invitation(&mut self, owner: bool) -> String {
        self.line(OWNER, LineCommand::Invite { ticket: [7; 16], owner });
        let found = self.events(OWNER).filter_map(|event| match event {
            LineEvent::Invitation(link) => Some(link.clone()),
            _ => None,
        });
        found.last().expect("an invitation")
    }

    pub(crate) fn hire(&mut self, at: usize, name: &str) {
        let invitation = self.invitation(false);
        let join = LineCommand::Join { invitation, name: name.into(), invite: None };
        self.world.add_with(at as u8 + 1, Command::Line(join));
        self.world.go_online(at);
        self.world.settle(30);
        let joined = self.world.devices[OWNER].client.joined().expect("reads").pop().expect("joined");
        assert_eq!(joined.name, name);
        self.line(OWNER, LineCommand::Welcomed { ticket: joined.ticket });
        assert!(self.events(at).any(|event| *event == LineEvent::Admitted));
        self.devices.push(joined.device);
    }

    pub(crate) fn publish(&mut self) {
        let (name, devices) = ("Pharmacy".to_owned(), self.devices.clone());
        self.line(OWNER, LineCommand::Publish { name, profile: b"a pharmacy".to_vec(), devices });
        let found = self.world.devices[OWNER].events.iter().rev().find_map(|event| match event {
            Event::OwnLink(link) => Some(link.clone()),
            _ => None,
        });
        self.link = found.expect("a link");
    }

    /// The customer opens the link and writes.
    pub(crate) fn ask(&mut self, at: usize, text: &str) {
        let link = self.link.clone();
        self.world.command(at, Command::OpenLink { link: link.clone() }).expect("opens");
        self.world.command(at, Command::Request { link, text: text.to_owned() }).expect("requests");
    }

    /// Bodies of the events that a device has not folded.
    pub(crate) fn desk(&mut self, at: usize) -> Vec<Vec<u8>> {
        let events = self.world.devices[at].client.desk_events(100).expect("reads");
        events.into_iter().map(|event| event.body).collect()
    }

    pub(crate) fn post(&mut self, at: usize, event: &[u8]) {
        self.line(at, LineCommand::Post { event: event.to_vec() });
    }

    pub(crate) fn fold(&mut self, at: usize, value: &[u8]) {
        let events = self.world.devices[at].client.desk_events(100).expect("reads");
        let position = events.last().map_or(0, |event| event.position);
        let rows = vec![(b"state".to_vec(), Some(value.to_vec()))];
        self.line(at, LineCommand::Fold(Fold { position, rows, owes: 0 }));
    }

    /// The conversation with the customer, as a device of the line sees it. The desk room is none.
    pub(crate) fn talk(&mut self, at: usize) -> kuvert_core::ConversationId {
        let conversations = self.world.devices[at].client.conversations().expect("reads");
        let found = conversations.iter().find(|summary| summary.contact().is_some());
        found.expect("a customer").conversation.id
    }

    pub(crate) fn said(&mut self, at: usize) -> Vec<String> {
        let id = self.talk(at);
        let rows = self.world.devices[at].client.messages(id, None, 100).expect("reads");
        rows.into_iter().map(|row| row.text).filter(|text| !text.is_empty()).collect()
    }

    pub(crate) fn send(&mut self, at: usize, text: &str) {
        let conversation = self.talk(at);
        self.world.command(at, Command::Send { conversation, text: text.to_owned() }).expect("sends");
    }
}
