//! Windows about groups: making one, its members, its name.

use std::collections::BTreeSet;

use crossterm::event::{KeyCode, KeyEvent};
use kuvert_view::{ConversationId, MemberView, UiCommand};

use super::editor::Editor;
use super::overlay::{Confirm, Outcome};
use super::words;

/// A window about a group.
#[derive(Debug)]
pub(super) enum GroupWindow {
    /// A name is written: of a new group, or another one.
    Name(Option<ConversationId>, Editor),
    /// Contacts are chosen.
    Pick(Pick),
    /// Who is in a group; the chosen one by place.
    Members(ConversationId, Vec<MemberView>, usize),
}

/// Contacts to choose from.
#[derive(Debug)]
pub(super) struct Pick {
    pub(super) aim: PickAim,
    pub(super) people: Vec<(ConversationId, String)>,
    pub(super) picked: BTreeSet<ConversationId>,
    /// The one that keys act on, by place.
    pub(super) chosen: usize,
}

/// What the chosen contacts are for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum PickAim {
    /// A new group with this name.
    New(String),
    /// They are added to a group.
    Add(ConversationId),
}

impl GroupWindow {
    /// Takes a key. `columns` is the width in which texts are shown.
    pub(super) fn key(&mut self, key: KeyEvent, columns: usize) -> Outcome {
        match self {
            Self::Name(group, editor) => name_key(*group, editor, key, columns),
            Self::Pick(pick) => pick_key(pick, key),
            Self::Members(group, members, chosen) => {
                if key.code == KeyCode::Char('r') {
                    *self = Self::Name(Some(*group), Editor::single(""));
                    return Outcome::Stay;
                }
                members_key(*group, members, chosen, key)
            }
        }
    }
}

fn name_key(group: Option<ConversationId>, editor: &mut Editor, key: KeyEvent, columns: usize) -> Outcome {
    match key.code {
        KeyCode::Esc => Outcome::Close,
        KeyCode::Enter if editor.is_empty() => Outcome::Stay,
        KeyCode::Enter => {
            let name = editor.text().trim().to_owned();
            match group {
                Some(conversation) => Outcome::Done(UiCommand::RenameGroup { conversation, name }),
                None => Outcome::Pick(PickAim::New(name)),
            }
        }
        _ => {
            editor.key(key, columns);
            Outcome::Stay
        }
    }
}

fn pick_key(pick: &mut Pick, key: KeyEvent) -> Outcome {
    match key.code {
        KeyCode::Esc => return Outcome::Close,
        KeyCode::Up | KeyCode::Char('k') => pick.chosen = pick.chosen.saturating_sub(1),
        KeyCode::Down | KeyCode::Char('j') => {
            pick.chosen = (pick.chosen + 1).min(pick.people.len().saturating_sub(1));
        }
        KeyCode::Char(' ') => {
            if let Some((id, _)) = pick.people.get(pick.chosen)
                && !pick.picked.remove(id)
            {
                pick.picked.insert(*id);
            }
        }
        KeyCode::Enter if !pick.picked.is_empty() => {
            let with = pick.picked.iter().copied().collect();
            return Outcome::Done(match pick.aim.clone() {
                PickAim::New(name) => UiCommand::CreateGroup { name, with },
                PickAim::Add(conversation) => UiCommand::AddMembers { conversation, with },
            });
        }
        _ => {}
    }
    Outcome::Stay
}

fn members_key(
    conversation: ConversationId,
    members: &[MemberView],
    chosen: &mut usize,
    key: KeyEvent,
) -> Outcome {
    let leave = || Outcome::Ask(Confirm::yes(words::LEAVE, UiCommand::LeaveGroup { conversation }));
    let member = members.get(*chosen);
    match (key.code, member) {
        (KeyCode::Esc | KeyCode::Enter | KeyCode::Char('q' | 'd'), _) => return Outcome::Close,
        (KeyCode::Up | KeyCode::Char('k'), _) => *chosen = chosen.saturating_sub(1),
        (KeyCode::Down | KeyCode::Char('j'), _) => {
            *chosen = (*chosen + 1).min(members.len().saturating_sub(1));
        }
        (KeyCode::Char('a'), _) => return Outcome::Pick(PickAim::Add(conversation)),
        (KeyCode::Char('l'), _) => return leave(),
        (KeyCode::Char('x'), Some(member)) if member.own => return leave(),
        (KeyCode::Char('x'), Some(member)) => {
            let kuvert_id = member.kuvert_id.clone();
            let question = words::remove(&member.name);
            return Outcome::Ask(Confirm::yes(question, UiCommand::RemoveMember { conversation, kuvert_id }));
        }
        (KeyCode::Char('m'), Some(member)) => {
            let (kuvert_id, admin) = (member.kuvert_id.clone(), !member.admin);
            return Outcome::Wish(UiCommand::SetAdmin { conversation, kuvert_id, admin });
        }
        _ => {}
    }
    Outcome::Stay
}
