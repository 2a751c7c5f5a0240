//! The desk as plain data for the eyes.

use kuvert_core::DeskStanding;
use kuvert_desk::room::{Case, Counts, DeviceKey, QueueRow, Role, Status, View, conversation_hash};
use kuvert_view as view;
use kuvert_wire::ChannelId;

use crate::consents;
use crate::desk::Desk;

pub(crate) fn desk(
    desk: &Desk,
    standing: &DeskStanding,
    name: String,
    staffing: u64,
    counts: [u32; 5],
    now: i64,
) -> view::DeskView {
    let me = DeviceKey::new(standing.device);
    let waits = |(id, case): &(ChannelId, &Case)| {
        case.waits.is_some() && case.claim.is_none() && !desk.conversations.contains_key(id)
    };
    let outside = desk.cases.iter().filter(waits).count();
    let here = desk.here(me, now);
    let active = desk.team.members().filter(|(_, member)| member.is_active());
    let mut members: Vec<_> = active
        .map(|(device, member)| view::TeamMemberView {
            id: member_id(device),
            name: member.name.clone(),
            role: role(member.role),
            on_duty: member.on_duty_since.is_some(),
            is_here: here.contains(&device),
        })
        .collect();
    members.sort_by_key(|member| member.name.to_lowercase());
    let label = |(id, label): (kuvert_desk::room::LabelId, &kuvert_desk::room::Label)| view::LabelView {
        id: view::LabelId(*id.as_bytes()),
        name: label.name.clone(),
        colour: label.colour,
    };
    let mut labels: Vec<_> = desk.team.labels().map(label).collect();
    labels.sort_by_key(|label| label.name.to_lowercase());
    view::DeskView {
        name,
        me: member_id(me),
        role: desk.team.role(me).filter(|_| standing.is_member).map(role),
        members,
        labels,
        is_behind: standing.is_behind || !standing.is_member,
        staffing,
        counts,
        overdue: u32::try_from(desk.overdue.len()).unwrap_or(u32::MAX),
        is_published: desk.team.settings().version > 0,
        outside: u32::try_from(outside).unwrap_or(u32::MAX),
    }
}

/// A conversation that this device is not in.
pub(crate) fn outside(desk: &Desk, row: &QueueRow, me: DeviceKey) -> view::OutsideRowView {
    let hash = conversation_hash(row.conversation);
    view::OutsideRowView {
        case: view::OutsideId(*row.conversation.as_bytes()),
        code: hash.as_bytes().iter().take(CODE).map(|byte| format!("{byte:02X}")).collect(),
        waiting_since: row.waiting_since,
        is_mine: row.claimed_by == Some(me),
        labels: labels_of(desk, desk.cases.get(row.conversation)),
    }
}

/// Bytes of the code by which people tell conversations apart that they see nothing of.
const CODE: usize = 2;

pub(crate) fn row(
    desk: &Desk,
    row: &QueueRow,
    me: DeviceKey,
    conversation: view::ConversationView,
    now: i64,
) -> view::QueueRowView {
    view::QueueRowView {
        conversation: conversation.id,
        name: conversation.title,
        last: conversation.last,
        waiting_since: row.waiting_since,
        claimed_by: row.claimed_by.map(|member| name_of(desk, member)),
        is_mine: row.claimed_by == Some(me),
        unread: row.unread,
        is_overdue: desk.overdue.contains(&row.conversation),
        labels: labels_of(desk, desk.cases.get(row.conversation)),
        remind_at: row.remind_at,
        asks_erasure: desk.cases.get(row.conversation).is_some_and(|case| case.asked_erasure.is_some()),
        answering: desk.answering(row.conversation, me, now),
    }
}

pub(crate) fn case(
    desk: &Desk,
    channel: ChannelId,
    conversation: view::ConversationId,
    me: DeviceKey,
    erase_at: Option<i64>,
) -> view::CaseView {
    let case = desk.cases.get(channel);
    let claim = case.and_then(|case| case.claim.as_ref());
    let notes = case.map_or(&[][..], |case| &case.notes);
    view::CaseView {
        conversation,
        status: case.map_or(view::CaseStatus::New, |case| status(case.status)),
        claimed_by: claim.map(|claim| member_id(claim.member)),
        handed_over: claim.map(|claim| claim.note.clone()).unwrap_or_default(),
        labels: labels_of(desk, case),
        notes: notes
            .iter()
            .map(|note| view::NoteView {
                id: view::NoteId(*note.id.as_bytes()),
                author: name_of(desk, note.by),
                is_own: note.by == me,
                at: note.at,
                text: note.text.clone(),
                mentions_me: note.mentions.contains(&me),
            })
            .collect(),
        erase_at,
        consents: case.map(|case| consents::consents(desk, case)).unwrap_or_default(),
        asked_erasure: case.and_then(|case| case.asked_erasure),
        records: case.map_or(0, |case| u32::try_from(case.tags.len()).unwrap_or(u32::MAX)),
        reminders: reminders(desk, case, me),
        answering: Vec::new(),
    }
}

/// The reminders of a conversation, the next one first.
fn reminders(desk: &Desk, case: Option<&Case>, me: DeviceKey) -> Vec<view::ReminderView> {
    let all = case.into_iter().flat_map(|case| &case.reminders);
    let mut all: Vec<_> = all
        .map(|reminder| view::ReminderView {
            id: view::NoteId(*reminder.id.as_bytes()),
            at: reminder.at,
            text: reminder.text.clone(),
            member: name_of(desk, reminder.member),
            is_mine: reminder.member == me,
        })
        .collect();
    all.sort_by_key(|reminder| reminder.at);
    all
}

pub(crate) fn labels_of(desk: &Desk, case: Option<&Case>) -> Vec<view::LabelId> {
    let labels = case.into_iter().flat_map(|case| desk.team.labels_of(case));
    labels.map(|(id, _)| view::LabelId(*id.as_bytes())).collect()
}

/// The name of a member, also of one who was dismissed; empty for who was forgotten.
pub(crate) fn name_of(desk: &Desk, device: DeviceKey) -> String {
    desk.team.member(device).map(|member| member.name.clone()).unwrap_or_default()
}

pub(crate) fn counts(counts: &Counts) -> [u32; 5] {
    let all = [counts.new, counts.mine, counts.all, counts.waiting, counts.done];
    all.map(|count| u32::try_from(count).unwrap_or(u32::MAX))
}

pub(crate) fn view(filter: view::QueueFilter) -> View {
    match filter {
        view::QueueFilter::New => View::New,
        view::QueueFilter::Mine => View::Mine,
        view::QueueFilter::All => View::All,
        view::QueueFilter::Waiting => View::Waiting,
        view::QueueFilter::Done => View::Done,
    }
}

fn role(role: Role) -> view::TeamRole {
    match role {
        Role::ReadOnly => view::TeamRole::ReadOnly,
        Role::Agent => view::TeamRole::Agent,
        Role::Supervisor => view::TeamRole::Supervisor,
        Role::Owner => view::TeamRole::Owner,
    }
}

fn status(status: Status) -> view::CaseStatus {
    match status {
        Status::New => view::CaseStatus::New,
        Status::Open => view::CaseStatus::Open,
        Status::Waiting { until } => view::CaseStatus::Waiting { until },
        Status::Done => view::CaseStatus::Done,
    }
}

/// What a member may do, as the room names it.
pub(crate) fn role_of(role: view::TeamRole) -> Role {
    match role {
        view::TeamRole::ReadOnly => Role::ReadOnly,
        view::TeamRole::Agent => Role::Agent,
        view::TeamRole::Supervisor => Role::Supervisor,
        view::TeamRole::Owner => Role::Owner,
    }
}

/// Where a conversation stands, as the room names it.
pub(crate) fn status_of(status: view::CaseStatus) -> Status {
    match status {
        view::CaseStatus::New => Status::New,
        view::CaseStatus::Open => Status::Open,
        view::CaseStatus::Waiting { until } => Status::Waiting { until },
        view::CaseStatus::Done => Status::Done,
    }
}

/// A member, as a user interface names them.
pub(crate) fn member_id(device: DeviceKey) -> view::MemberId {
    view::MemberId(*device.as_bytes())
}
