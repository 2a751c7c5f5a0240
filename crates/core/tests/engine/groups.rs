//! Groups of many.

use kuvert_core::{
    ClientError, Command, ContactId, ConversationId, ConversationSummary, Event, GroupState, IdentityKey,
    Input, Notice, Refusal, SenderKind,
};
use kuvert_wire::{ChannelId, ErrorCode};

use crate::world::{World, anonymous};

pub(crate) const NAMES: [&str; 35] = [
    "Anna", "Ben", "Chris", "Dora", "Emil", "Frieda", "Gustav", "Hanna", "Ida", "Jonas", "Karl", "Lena",
    "Max", "Nora", "Otto", "Paula", "Quirin", "Rosa", "Stefan", "Theo", "Ute", "Veit", "Wanda", "Xaver",
    "Yara", "Zita", "Arne", "Birte", "Carl", "Doris", "Enno", "Finja", "Gesa", "Hauke", "Inga",
];

/// Devices that all know the first one, online, with a group of some of them.
pub(crate) struct Circle {
    pub(crate) world: World,
    pub(crate) size: usize,
}

impl Circle {
    /// `size` people, of whom the first made a group with all others.
    pub(crate) fn new(size: usize) -> Self {
        let mut circle = Self::acquainted(size, None);
        circle.create(size);
        circle
    }

    /// `size` people who all know the first one.
    pub(crate) fn acquainted(size: usize, folder: Option<&std::path::Path>) -> Self {
        let mut world = World::new(&[]);
        for (at, name) in NAMES.iter().enumerate().take(size) {
            let path = folder.map(|folder| folder.join(format!("{name}.db")));
            world.add(at as u8 + 1, name, path);
            world.go_online(at);
        }
        let link = world.link(0);
        for (at, name) in NAMES.iter().enumerate().take(size).skip(1) {
            world.command(at, Command::OpenLink { link: link.clone() }).expect("opens");
            let request = Command::Request { link: link.clone(), text: format!("I am {name}") };
            world.command(at, request).expect("requests");
        }
        for conversation in world.devices[0].client.conversations().expect("reads") {
            let accept = Command::Accept { conversation: conversation.conversation.id };
            world.command(0, accept).expect("accepts");
        }
        world.settle(60);
        Self { world, size }
    }

    pub(crate) fn create(&mut self, with: usize) {
        let contacts = (1..with).map(|at| self.contact(0, at)).collect();
        let create = Command::CreateGroup { name: "Choir".into(), contacts };
        self.world.command(0, create).expect("creates");
        self.world.settle(60);
    }

    pub(crate) fn contact(&mut self, of: usize, at: usize) -> ContactId {
        let conversations = self.world.devices[of].client.conversations().expect("reads");
        let found = conversations.iter().filter_map(ConversationSummary::contact);
        found.into_iter().find(|contact| contact.name == NAMES[at]).expect("a contact").id
    }

    pub(crate) fn identity(&mut self, at: usize) -> IdentityKey {
        let group = self.group(0);
        let members = self.world.devices[0].client.members(group).expect("reads");
        members.into_iter().find(|member| member.name == NAMES[at]).expect("a member").identity
    }

    pub(crate) fn summary(&mut self, at: usize) -> Option<ConversationSummary> {
        let conversations = self.world.devices[at].client.conversations().expect("reads");
        conversations.into_iter().find(|summary| summary.group().is_some())
    }

    pub(crate) fn group(&mut self, at: usize) -> ConversationId {
        self.summary(at).expect("a group").conversation.id
    }

    pub(crate) fn channel(&mut self) -> ChannelId {
        let channel = self.summary(0).expect("a group").conversation.channel;
        ChannelId::new(channel.expect("a channel"))
    }

    pub(crate) fn state(&mut self, at: usize) -> GroupState {
        self.summary(at).expect("a group").group().expect("a group").state
    }

    pub(crate) fn command(&mut self, at: usize, command: Command) -> Result<(), ClientError> {
        self.world.command(at, command)
    }

    pub(crate) fn say(&mut self, at: usize, text: &str) {
        let conversation = self.group(at);
        self.command(at, Command::Send { conversation, text: text.into() }).expect("sends");
    }

    /// What was written in the group, without notices.
    pub(crate) fn texts(&mut self, at: usize) -> Vec<String> {
        let id = self.group(at);
        let rows = self.world.devices[at].client.messages(id, None, 1_000).expect("reads");
        rows.into_iter().filter(|row| row.sender != SenderKind::System).map(|row| row.text).collect()
    }

    pub(crate) fn notices(&mut self, at: usize) -> Vec<String> {
        let id = self.group(at);
        let client = &mut self.world.devices[at].client;
        let rows = client.messages(id, None, 1_000).expect("reads");
        let rows = rows.into_iter().filter(|row| row.sender == SenderKind::System);
        rows.map(|row| said(&client.notice(row.id).expect("reads").expect("a notice"))).collect()
    }

    pub(crate) fn members(&mut self, at: usize) -> Vec<String> {
        let id = self.group(at);
        let members = self.world.devices[at].client.members(id).expect("reads");
        let mut names: Vec<_> = members.into_iter().map(|member| member.name).collect();
        names.sort();
        names
    }

    pub(crate) fn assert_all_hear_all(&mut self) {
        let texts: Vec<_> = (0..self.size).map(|at| format!("{} was here", NAMES[at])).collect();
        let before: Vec<_> = (0..self.size).map(|at| self.texts(at).len()).collect();
        for (at, text) in texts.iter().enumerate() {
            self.say(at, text);
        }
        self.world.settle(60);
        for (at, before) in before.into_iter().enumerate() {
            let mut heard = self.texts(at).split_off(before);
            heard.sort();
            assert_eq!(heard, texts, "{}", NAMES[at]);
        }
    }
}

fn said(notice: &Notice) -> String {
    let name = |person: &kuvert_core::Person| if person.you { "you".into() } else { person.name.clone() };
    match notice {
        Notice::Created(who) => format!("{} created", name(who)),
        Notice::Added(by, who) => format!("{} added {}", name(by), name(who)),
        Notice::Removed(by, who) => format!("{} removed {}", name(by), name(who)),
        Notice::Left(who) => format!("{} left", name(who)),
        Notice::Renamed(by, to) => format!("{} renamed to {to}", name(by)),
        Notice::Picture(by) => format!("{} changed the picture", name(by)),
        Notice::Promoted(by, who) => format!("{} promoted {}", name(by), name(who)),
        Notice::Demoted(by, who) => format!("{} demoted {}", name(by), name(who)),
        Notice::Healed => "healed".into(),
        Notice::Broken(by) => format!("{} broke it", name(by)),
        Notice::Lost => "lost".into(),
        Notice::NotAdded(who, why) => format!("{} not added: {why:?}", name(who)),
    }
}

#[test]
fn three_people_make_a_group_and_chat() {
    let mut circle = Circle::new(3);
    for at in 0..3 {
        assert_eq!(circle.summary(at).expect("a group").name(), "Choir");
        assert_eq!(circle.members(at), ["Anna", "Ben", "Chris"]);
        assert_eq!(circle.state(at), GroupState::Member);
    }
    assert_eq!(circle.notices(0), ["you created", "you added Ben", "you added Chris"]);
    assert_eq!(circle.notices(1), ["Anna added you"]);
    circle.assert_all_hear_all();
    circle.assert_all_hear_all();
    for at in 0..3 {
        let odd = |event: &Event| matches!(event, Event::Gap { .. } | Event::Dropped(_));
        assert!(!circle.world.devices[at].events.iter().any(odd), "{:?}", circle.world.devices[at].events);
    }
}

#[test]
fn who_was_blocked_or_declined_can_add_the_user_to_groups_again() {
    let mut circle = Circle::acquainted(2, None);
    let conversation = circle.world.devices[1].id();
    circle.command(1, Command::Block { conversation }).expect("blocks");
    circle.create(2);
    assert!(circle.summary(1).is_none(), "the relay hands out no key package");
    circle.command(1, Command::Unblock { conversation }).expect("unblocks");
    circle.world.settle(60);
    let (group, ben) = (circle.group(0), circle.contact(0, 1));
    circle.command(0, Command::AddMembers { conversation: group, contacts: vec![ben] }).expect("adds");
    circle.world.settle(60);
    circle.say(0, "welcome");
    assert_eq!(circle.texts(1), ["welcome"]);

    // Declined, and then asked again by who declined.
    let mut world = World::new(&["Anna", "Ben"]);
    (0..2).for_each(|at| world.go_online(at));
    world.request("buy this");
    let conversation = world.devices[0].id();
    world.command(0, Command::Decline { conversation }).expect("declines");
    let link = world.link(1);
    world.command(0, Command::OpenLink { link: link.clone() }).expect("opens");
    world.command(0, Command::Request { link, text: "now I do".into() }).expect("requests");
    let mut circle = Circle { world, size: 2 };
    let anna = circle.contact(1, 0);
    circle.command(1, Command::CreateGroup { name: "Choir".into(), contacts: vec![anna] }).expect("creates");
    circle.world.settle(60);
    assert!(circle.summary(0).is_some());
}

#[test]
fn a_group_can_be_made_offline_and_written_to_at_once() {
    let mut circle = Circle::acquainted(3, None);
    circle.world.go_offline(0);
    circle.create(3);
    circle.say(0, "welcome all");
    circle.world.go_online(0);
    circle.world.settle(60);
    assert_eq!(circle.texts(1), ["welcome all"]);
    assert_eq!(circle.texts(2), ["welcome all"]);
}

#[test]
fn an_admin_adds_renames_promotes_and_removes() {
    let mut circle = Circle::acquainted(4, None);
    circle.create(3);
    let (conversation, dora) = (circle.group(0), circle.contact(0, 3));
    circle.command(0, Command::AddMembers { conversation, contacts: vec![dora] }).expect("adds");
    circle.world.settle(20);
    assert_eq!(circle.notices(1).last().map(String::as_str), Some("Anna added Dora"));
    assert_eq!(circle.notices(3), ["Anna added you"]);
    circle.assert_all_hear_all();

    let rename = Command::RenameGroup { conversation, name: "Choir of Kiel".into() };
    circle.command(0, rename).expect("renames");
    let picture = Command::SetGroupPicture { conversation, picture: vec![7; 100] };
    circle.command(0, picture).expect("changes");
    let ben = circle.identity(1);
    circle.command(0, Command::SetAdmin { conversation, member: ben, admin: true }).expect("promotes");
    circle.world.settle(20);
    for at in 0..4 {
        let summary = circle.summary(at).expect("a group");
        assert_eq!(summary.name(), "Choir of Kiel");
        assert_eq!(summary.group().expect("a group").picture, vec![7; 100]);
    }
    let notices = circle.notices(2);
    let expected = ["Anna renamed to Choir of Kiel", "Anna changed the picture", "Anna promoted Ben"];
    assert_eq!(notices[notices.len() - 3..], expected);

    let (of_ben, chris) = (circle.group(1), circle.identity(2));
    circle.command(1, Command::RemoveMember { conversation: of_ben, member: chris }).expect("removes");
    circle.world.settle(20);
    assert_eq!(circle.notices(0).last().map(String::as_str), Some("Ben removed Chris"));
    assert_eq!(circle.state(2), GroupState::Removed);
    assert_eq!(circle.notices(2).last().map(String::as_str), Some("Ben removed you"));
    assert_eq!(circle.members(0), ["Anna", "Ben", "Dora"]);
}

#[test]
fn what_only_admins_may_do_is_refused_to_others() {
    let mut circle = Circle::new(3);
    let conversation = circle.group(1);
    let (anna, chris) = (circle.identity(0), circle.identity(2));
    let mut refused = |at, command| match circle.command(at, command) {
        Err(ClientError::Refused(refusal)) => refusal,
        other => panic!("not refused: {other:?}"),
    };
    let rename = Command::RenameGroup { conversation, name: "Mine".into() };
    assert_eq!(refused(1, rename), Refusal::NotAdmin);
    assert_eq!(refused(1, Command::RemoveMember { conversation, member: chris }), Refusal::NotAdmin);
    let promote = Command::SetAdmin { conversation, member: chris, admin: true };
    assert_eq!(refused(1, promote), Refusal::NotAdmin);
    let conversation = circle.group(0);
    let mut refused = |command| match circle.command(0, command) {
        Err(ClientError::Refused(refusal)) => refusal,
        other => panic!("not refused: {other:?}"),
    };
    assert_eq!(refused(Command::LeaveGroup { conversation }), Refusal::LastAdmin);
    let demote = Command::SetAdmin { conversation, member: anna, admin: false };
    assert_eq!(refused(demote), Refusal::LastAdmin);
    let picture = Command::SetGroupPicture { conversation, picture: vec![0; 5_000] };
    assert_eq!(refused(picture), Refusal::PictureInvalid);
    let name = Command::RenameGroup { conversation, name: " ".into() };
    assert_eq!(refused(name), Refusal::NameInvalid);
}

#[test]
fn who_leaves_is_let_go_by_another_member() {
    let mut circle = Circle::new(3);
    let conversation = circle.group(2);
    circle.command(2, Command::LeaveGroup { conversation }).expect("leaves");
    circle.world.settle(60);
    assert_eq!(circle.state(2), GroupState::Left);
    assert_eq!(circle.members(0), ["Anna", "Ben"]);
    assert_eq!(circle.notices(0).last().map(String::as_str), Some("Chris left"));
    assert_eq!(circle.notices(1).last().map(String::as_str), Some("Chris left"));
    let again = circle.command(2, Command::Send { conversation, text: "x".into() });
    assert!(matches!(again, Err(ClientError::Refused(Refusal::NoMember))));
    let channel = circle.channel();
    let commits = circle.world.relay.commits.iter().filter(|(at, _)| *at == channel).count();
    assert_eq!(commits, 2, "one adds, and one of the two others dismisses");
}

#[test]
fn who_leaves_while_the_admin_is_away_is_let_go_by_who_is_there() {
    let mut circle = Circle::new(4);
    circle.world.go_offline(0);
    let conversation = circle.group(3);
    circle.command(3, Command::LeaveGroup { conversation }).expect("leaves");
    circle.world.settle(60);
    assert_eq!(circle.state(3), GroupState::Left);
    assert_eq!(circle.members(1), ["Anna", "Ben", "Chris"]);
    circle.world.go_online(0);
    circle.world.settle(60);
    assert_eq!(circle.members(0), ["Anna", "Ben", "Chris"]);
    circle.size = 3;
    circle.assert_all_hear_all();
}

#[test]
fn a_removed_member_reads_posts_and_heals_nothing() {
    // MLS-3
    let mut circle = Circle::new(3);
    circle.world.go_offline(2);
    let (conversation, chris) = (circle.group(0), circle.identity(2));
    circle.command(0, Command::RemoveMember { conversation, member: chris }).expect("removes");
    circle.say(0, "without Chris");
    // Chris does not know it yet, and writes; nothing of it arrives.
    circle.say(2, "hello?");
    let inbox = circle.world.devices[2].inbox();
    let waiting = circle.world.relay.waiting(inbox);
    assert_eq!(waiting, 1, "the commit that removes, and nothing else");
    // Even the commit is lost on the way, so that Chris tries to heal.
    circle.world.relay.lose_oldest(inbox, 1);
    circle.world.go_online(2);
    circle.world.settle(600);
    assert!(matches!(circle.state(2), GroupState::Broken | GroupState::Removed));
    assert_eq!(circle.notices(2).last().map(String::as_str), Some("lost"));
    assert_eq!(circle.texts(2), ["hello?"]);
    assert_eq!(circle.texts(1), ["without Chris"]);
    assert_eq!(circle.members(1), ["Anna", "Ben"]);
    // And comes back only when an admin says so.
    let contact = circle.contact(0, 2);
    circle.command(0, Command::AddMembers { conversation, contacts: vec![contact] }).expect("adds");
    circle.world.settle(60);
    assert_eq!(circle.state(2), GroupState::Member);
    circle.assert_all_hear_all();
}

#[test]
fn who_left_can_be_added_again_but_an_old_welcome_is_worth_nothing() {
    let mut circle = Circle::new(3);
    let heard = circle.world.devices[2].heard.clone();
    let conversation = circle.group(2);
    circle.command(2, Command::LeaveGroup { conversation }).expect("leaves");
    circle.world.settle(60);
    for frame in heard {
        let _ = circle.world.again(2, frame);
    }
    circle.world.run();
    assert_eq!(circle.state(2), GroupState::Left);
    let (conversation, contact) = (circle.group(0), circle.contact(0, 2));
    circle.command(0, Command::AddMembers { conversation, contacts: vec![contact] }).expect("adds");
    circle.world.settle(60);
    assert_eq!(circle.state(2), GroupState::Member);
    circle.assert_all_hear_all();
}

#[test]
fn twenty_members_commit_at_once_and_converge() {
    let mut circle = Circle::new(20);
    assert!(circle.world.relay.blobs() > 0, "the tree travels as a blob");
    let channel = circle.channel();
    circle.assert_all_hear_all();
    let before = circle.world.relay.epoch(channel);
    for at in 0..20 {
        circle.world.go_offline(at);
    }
    circle.world.now = circle.world.now.plus_millis(8 * 86_400_000);
    for (at, name) in NAMES.iter().enumerate().take(20) {
        // After a week, whoever writes renews the own keys.
        circle.say(at, &format!("{name} is back"));
    }
    for at in 0..20 {
        circle.world.open_quietly(at);
    }
    circle.world.settle(600);
    assert_eq!(circle.world.relay.epoch(channel), before + 20, "everybody's keys are fresh");
    for (at, name) in NAMES.iter().enumerate().take(20) {
        assert_eq!(circle.texts(at).len(), 40, "{name}");
    }
    circle.assert_all_hear_all();
}

#[test]
fn a_commit_that_the_relay_never_takes_is_given_up_and_said() {
    let mut circle = Circle::acquainted(4, None);
    circle.create(3);
    let (conversation, dora) = (circle.group(0), circle.contact(0, 3));
    circle.world.relay.refuse = Some(ErrorCode::NoKeyPackage);
    circle.command(0, Command::AddMembers { conversation, contacts: vec![dora] }).expect("adds");
    circle.world.relay.refuse = None;
    circle.world.settle(60);
    assert_eq!(circle.notices(0).last().map(String::as_str), Some("Dora not added: Some(Refused)"));
    circle.size = 3;
    circle.assert_all_hear_all();
}

#[test]
fn a_group_survives_a_kill_at_every_step_of_a_commit() {
    // MLS-1, MLS-2
    let dir = tempfile::tempdir().expect("temporary folder");
    for muted in [false, true] {
        let folder = dir.path().join(format!("{muted}"));
        std::fs::create_dir(&folder).expect("a folder");
        let mut circle = Circle::acquainted(3, Some(&folder));
        let contacts = vec![circle.contact(0, 1), circle.contact(0, 2)];
        circle.world.deaf = !muted;
        circle.world.relay.mute = muted;
        circle.command(0, Command::CreateGroup { name: "Choir".into(), contacts }).expect("creates");
        circle.say(0, "first");
        for _ in 0..6 {
            circle.world.restart(0);
            circle.world.go_online(0);
            circle.world.deaf = false;
        }
        circle.world.relay.mute = false;
        for _ in 0..6 {
            circle.world.restart(0);
            circle.world.go_online(0);
            circle.world.settle(30);
        }
        assert_eq!(circle.texts(1), ["first"], "muted: {muted}");
        assert_eq!(circle.texts(2), ["first"]);
        circle.assert_all_hear_all();
    }
}

#[test]
fn a_wake_that_comes_too_early_or_twice_changes_nothing() {
    let mut circle = Circle::new(3);
    for at in 0..3 {
        for _ in 0..3 {
            circle.world.input(at, Input::Wake).expect("wakes");
        }
    }
    circle.assert_all_hear_all();
}

#[test]
fn what_is_owed_to_a_group_is_forgotten_with_the_membership() {
    let mut circle = Circle::new(3);
    circle.world.go_offline(2);
    circle.say(0, "to be reported");
    let (conversation, chris) = (circle.group(0), circle.identity(2));
    circle.command(0, Command::RemoveMember { conversation, member: chris }).expect("removes");
    circle.world.settle(60);
    circle.world.go_online(2);
    circle.world.settle(60);
    assert_eq!(circle.texts(2), ["to be reported"]);
    assert_eq!(circle.state(2), GroupState::Removed);
    assert_eq!(circle.world.devices[2].client.waiting().expect("reads"), 0);
}

#[test]
fn nobody_leaves_alone_while_others_are_being_added() {
    let mut circle = Circle::acquainted(3, None);
    circle.world.go_offline(0);
    let contacts = vec![circle.contact(0, 1), circle.contact(0, 2)];
    circle.command(0, Command::CreateGroup { name: "Choir".into(), contacts }).expect("creates");
    // The commit is accepted, and does not come back.
    circle.world.open_lines(0, &[anonymous()]);
    assert_eq!(circle.state(1), GroupState::Member);
    let conversation = circle.group(0);
    let refused = circle.command(0, Command::LeaveGroup { conversation });
    assert!(matches!(refused, Err(ClientError::Refused(Refusal::LastAdmin))), "{refused:?}");
    circle.world.go_online(0);
    circle.world.settle(60);
    circle.assert_all_hear_all();
}

#[test]
fn who_leaves_while_renewing_keys_is_let_go() {
    let mut circle = Circle::new(3);
    circle.world.go_offline(2);
    circle.world.now = circle.world.now.plus_millis(8 * 86_400_000);
    // A message after more than a week renews the keys first.
    circle.say(2, "one last thing");
    let conversation = circle.group(2);
    circle.command(2, Command::LeaveGroup { conversation }).expect("leaves");
    circle.world.go_online(2);
    circle.world.settle(60);
    assert_eq!(circle.texts(0), ["one last thing"]);
    assert_eq!(circle.state(2), GroupState::Left);
    assert_eq!(circle.members(0), ["Anna", "Ben"]);
}

#[test]
fn an_admin_who_wished_to_be_none_stays_one_if_the_others_have_left() {
    let mut circle = Circle::new(3);
    let conversation = circle.group(0);
    let (anna, ben) = (circle.identity(0), circle.identity(1));
    circle.command(0, Command::SetAdmin { conversation, member: ben, admin: true }).expect("promotes");
    circle.world.settle(60);
    // Anna steps down offline, while Ben leaves.
    circle.world.go_offline(0);
    circle.command(0, Command::SetAdmin { conversation, member: anna, admin: false }).expect("steps down");
    let theirs = circle.group(1);
    circle.command(1, Command::LeaveGroup { conversation: theirs }).expect("leaves");
    circle.world.settle(600);
    circle.world.go_online(0);
    circle.world.settle(600);
    assert_eq!(circle.state(1), GroupState::Left);
    for at in [0, 2] {
        assert_eq!(circle.state(at), GroupState::Member);
        assert_eq!(circle.members(at), ["Anna", "Chris"]);
    }
    let rename = Command::RenameGroup { conversation, name: "Still ruled".into() };
    circle.command(0, rename).expect("rules");
    circle.world.settle(60);
    assert_eq!(circle.summary(2).expect("a group").name(), "Still ruled");
}

#[test]
fn what_was_written_before_the_last_member_left_is_no_attack() {
    let mut circle = Circle::new(2);
    let conversation = circle.group(1);
    circle.command(1, Command::LeaveGroup { conversation }).expect("leaves");
    circle.world.settle(600);
    circle.world.go_offline(0);
    circle.say(0, "to nobody");
    // It is accepted, and does not come back yet.
    circle.world.open_lines(0, &[anonymous()]);
    circle.world.go_offline(0);
    let conversation = circle.group(0);
    circle.command(0, Command::LeaveGroup { conversation }).expect("leaves");
    circle.world.devices[0].events.clear();
    circle.world.go_online(0);
    circle.world.settle(60);
    let events = &circle.world.devices[0].events;
    assert!(!events.iter().any(|event| matches!(event, Event::Dropped(_))), "{events:?}");
}
