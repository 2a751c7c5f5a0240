//! Groups that stay loaded from one input to the next.
//!
//! Loading a group reads and decodes its whole tree, which costs far more than a message. So the groups that were used last
//! stay in memory, **exactly as they are in the database**: a step takes one out, and puts it back only when what it did to it
//! is written down. Whatever fails is dropped, and loaded again when it is needed.

use kuvert_mls::Group;
use kuvert_wire::ChannelId;

use crate::limits::{MAX_LOADED, MAX_LOADED_LEAVES};

/// The loaded groups, those used last at the end.
#[derive(Default)]
pub(crate) struct LoadedGroups(Vec<Loaded>);

struct Loaded {
    group: Group,
    /// How many devices are in it.
    leaves: usize,
}

impl LoadedGroups {
    /// Takes the group of a channel out, if it is loaded.
    pub(crate) fn take(&mut self, channel: ChannelId) -> Option<Group> {
        let at = self.0.iter().position(|loaded| loaded.group.channel() == channel)?;
        Some(self.0.remove(at).group)
    }

    /// Keeps a group that is as it is in the database. Those that were not used for longest make room.
    pub(crate) fn put(&mut self, group: Group) {
        self.forget(group.channel());
        self.0.push(Loaded { leaves: group.leaf_count(), group });
        while self.0.len() > 1 && (self.0.len() > MAX_LOADED || self.leaves() > MAX_LOADED_LEAVES) {
            self.0.remove(0);
        }
    }

    /// What is in the database is not what was loaded: it was replaced there.
    pub(crate) fn forget(&mut self, channel: ChannelId) {
        self.0.retain(|loaded| loaded.group.channel() != channel);
    }

    /// Something that was done to groups is undone in the database, and to which is not known.
    pub(crate) fn clear(&mut self) {
        self.0.clear();
    }

    fn leaves(&self) -> usize {
        self.0.iter().map(|loaded| loaded.leaves).sum()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{Client, ClientError, Command, Config, DatabaseKey, Input, Line, Location, Timestamp};

    fn client() -> Client {
        let key = DatabaseKey::new([1; 32]);
        let mut client =
            Client::open(&Config { location: Location::Memory, key: &key, seed: [2; 32] }).expect("opens");
        let relay = "https://relay.example".to_owned();
        let create = Command::CreateIdentity { name: "Anna".to_owned(), relay, invite: None };
        handle(&mut client, Input::Command(create)).expect("an identity");
        client
    }

    fn handle(client: &mut Client, input: Input) -> Result<(), ClientError> {
        let handled = client.handle(Timestamp(1_700_000_000_000), input);
        while client.poll_output().is_some() {}
        handled
    }

    /// Makes a group and writes to it, so that it is used.
    fn use_a_group(client: &mut Client) {
        let create = Command::CreateGroup { name: "Club".to_owned(), contacts: Vec::new() };
        handle(client, Input::Command(create)).expect("a group");
        let conversation = client.conversations().expect("reads")[0].conversation.id;
        let text = "hello".to_owned();
        handle(client, Input::Command(Command::Send { conversation, text })).expect("written");
    }

    #[test]
    fn a_group_stays_loaded_until_an_input_fails() {
        // CORE-1: what a failed input did to a group in memory must not outlive it.
        let mut client = client();
        use_a_group(&mut client);
        assert_eq!(client.loaded.borrow().0.len(), 1);
        let failed = handle(&mut client, Input::Frame(Line::Owner, b"garbage".to_vec()));
        assert!(matches!(failed, Err(ClientError::PeerFault(_))));
        assert!(client.loaded.borrow().0.is_empty());
    }

    #[test]
    fn only_the_groups_that_were_used_last_stay_loaded() {
        let mut client = client();
        for _ in 0..MAX_LOADED + 2 {
            use_a_group(&mut client);
        }
        assert_eq!(client.loaded.borrow().0.len(), MAX_LOADED);
    }
}
