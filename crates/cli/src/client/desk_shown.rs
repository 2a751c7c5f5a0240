//! The desk in words, and as JSON.

use kuvert_client::Session;
use kuvert_view::{
    CaseStatus, CaseView, ConversationView, DeskCommand as Wish, DeskUpdate, DeskView, MemberId,
    OutsideRowView, QueueView, TeamRole,
};
use serde_json::{Value, json};

use super::Failure;
use super::desk::{shown, wish};
use super::lookup::id_of;
use crate::output::{Output, foreign, time};

pub(super) fn show_desk(desk: &DeskView, output: Output) -> Result<(), Failure> {
    let value = json!({
        "name": desk.name,
        "role": desk.role.map(role),
        "behind": desk.is_behind,
        "staffing": desk.staffing,
        "counts": counts(desk.counts),
        "overdue": desk.overdue,
        "members": desk.members.iter().map(|member| json!({
            "name": member.name,
            "role": role(member.role),
            "on_duty": member.on_duty,
            "here": member.is_here,
            "you": member.id == desk.me,
        })).collect::<Vec<_>>(),
    });
    let own = match desk.role {
        Some(own) => format!("you are {}", article(own)),
        None if desk.is_behind => "you are not let in yet: the owner's device has to be online".to_owned(),
        None => "you are no member of this line".to_owned(),
    };
    let mut lines = vec![format!("{}: {own}", foreign(&desk.name))];
    for member in &desk.members {
        let duty = if member.on_duty { ", on duty" } else { "" };
        let here = if member.is_here && member.id != desk.me { ", at the desk" } else { "" };
        let you = if member.id == desk.me { " (you)" } else { "" };
        lines.push(format!("  {}{you}: {}{duty}{here}", foreign(&member.name), role(member.role)));
    }
    let [new, mine, all, waiting, done] = desk.counts;
    lines.push(format!("{new} new, {mine} yours, {all} open in all, {waiting} waiting, {done} done"));
    if desk.overdue > 0 {
        lines.push(format!("{} wait longer than they are to", desk.overdue));
    }
    if desk.staffing > 0 {
        lines.push(format!("the team's devices are still to be changed in {} conversations", desk.staffing));
    }
    output.result(&value, &lines.join("\n"))?;
    Ok(())
}

pub(super) fn show_queue(session: &mut Session, queue: &QueueView, output: Output) -> Result<(), Failure> {
    let mut rows = Vec::new();
    let mut lines = Vec::new();
    for row in &queue.rows {
        let id = session.app().conversation(row.conversation)?.map(|one| id_of(&one)).unwrap_or_default();
        rows.push(json!({
            "id": id,
            "name": row.name,
            "waiting_since": row.waiting_since,
            "claimed_by": row.claimed_by,
            "mine": row.is_mine,
            "unread": row.unread,
            "overdue": row.is_overdue,
            "asks_erasure": row.asks_erasure,
            "last": row.last.as_ref().map(|last| last.text.clone()),
        }));
        let since = row.waiting_since.map_or_else(|| "-".to_owned(), time);
        let by = row.claimed_by.as_ref().map_or_else(|| "nobody".to_owned(), |name| foreign(name));
        let last = row.last.as_ref().map(|last| foreign(&last.text)).unwrap_or_default();
        let late = if row.is_overdue { " waits too long:" } else { "" };
        lines.push(format!("{since}  {} ({id}) [{by}]{late} {last}", foreign(&row.name)));
    }
    let outside: Vec<_> = queue.outside.iter().map(outside).collect();
    for row in &queue.outside {
        let since = row.waiting_since.map_or_else(|| "-".to_owned(), time);
        let by = if row.is_mine { "[you, about to be let in]" } else { "[nobody]" };
        lines.push(format!("{since}  #{} {by}", row.code));
    }
    if lines.is_empty() {
        lines.push("nobody waits here".to_owned());
    }
    let value = json!({ "counts": counts(queue.counts), "rows": rows, "outside": outside });
    output.result(&value, &lines.join("\n"))?;
    Ok(())
}

fn outside(row: &OutsideRowView) -> Value {
    json!({ "code": format!("#{}", row.code), "waiting_since": row.waiting_since, "mine": row.is_mine })
}

pub(super) fn show_case(
    session: &mut Session,
    conversation: &ConversationView,
    output: Output,
) -> Result<(), Failure> {
    let desk = shown(session)?.ok_or(kuvert_view::Failure::NoLine)?;
    let mut cases = wish(session, Wish::ShowCase { conversation: conversation.id })?;
    let Some(DeskUpdate::Case(case)) = cases.pop() else { return Ok(()) };
    let name_of = |id: MemberId| {
        desk.members
            .iter()
            .find(|member| member.id == id)
            .map(|member| member.name.clone())
            .unwrap_or_default()
    };
    let by = case.claimed_by.map(name_of);
    let mut lines = vec![format!(
        "{}: {}, {}",
        foreign(&conversation.title),
        status(case.status),
        match (&by, case.claimed_by == Some(desk.me)) {
            (Some(_), true) => "yours".to_owned(),
            (Some(name), false) => format!("{} looks after it", foreign(name)),
            (None, _) => "nobody looks after it".to_owned(),
        }
    )];
    if !case.handed_over.is_empty() {
        lines.push(format!("  handed over: {}", foreign(&case.handed_over)));
    }
    if let Some(at) = case.asked_erasure {
        lines.push(format!("  asks for everything to be erased since {}: kuvert desk erase", time(at)));
    }
    for one in &case.consents {
        let ended = one.withdrawn_at.map(|at| format!(", taken back {}", time(at))).unwrap_or_default();
        let purpose = foreign(&one.purpose);
        lines.push(format!(
            "  consented to {purpose} (version {}) {}{ended}",
            one.version,
            time(one.given_at)
        ));
    }
    let labels = || desk.labels.iter().filter(|label| case.labels.contains(&label.id));
    for label in labels() {
        lines.push(format!("  label: {}", foreign(&label.name)));
    }
    for reminder in &case.reminders {
        let (at, who) = (time(reminder.at), foreign(&reminder.member));
        lines.push(format!("  reminder for {who} at {at}: {}", foreign(&reminder.text)));
    }
    for name in &case.answering {
        lines.push(format!("  {} is answering", foreign(name)));
    }
    for note in &case.notes {
        let mark = if note.mentions_me { " (mentions you)" } else { "" };
        lines.push(format!("  {} {}{mark}: {}", time(note.at), foreign(&note.author), foreign(&note.text)));
    }
    let mut value = case_value(conversation, &case, by, desk.me);
    value["labels"] = labels().map(|label| label.name.clone()).collect();
    output.result(&value, &lines.join("\n"))?;
    Ok(())
}

fn case_value(conversation: &ConversationView, case: &CaseView, by: Option<String>, me: MemberId) -> Value {
    json!({
        "id": id_of(conversation),
        "name": conversation.title,
        "status": status(case.status),
        "claimed_by": by,
        "mine": case.claimed_by == Some(me),
        "handed_over": case.handed_over,
        "erase_at": case.erase_at,
        "asked_erasure": case.asked_erasure,
        "records": case.records,
        "consents": case.consents.iter().map(|one| json!({
            "purpose": one.purpose,
            "version": one.version,
            "given_at": one.given_at,
            "withdrawn_at": one.withdrawn_at,
        })).collect::<Vec<_>>(),
        "answering": case.answering,
        "reminders": case.reminders.iter().map(|reminder| json!({
            "member": reminder.member,
            "mine": reminder.is_mine,
            "at": reminder.at,
            "text": reminder.text,
        })).collect::<Vec<_>>(),
        "notes": case.notes.iter().map(|note| json!({
            "author": note.author,
            "at": note.at,
            "text": note.text,
            "mentions_me": note.mentions_me,
        })).collect::<Vec<_>>(),
    })
}

fn counts([new, mine, all, waiting, done]: [u32; 5]) -> Value {
    json!({ "new": new, "mine": mine, "all": all, "waiting": waiting, "done": done })
}

fn status(status: CaseStatus) -> &'static str {
    match status {
        CaseStatus::New => "new",
        CaseStatus::Open => "open",
        CaseStatus::Waiting { .. } => "waiting",
        CaseStatus::Done => "done",
    }
}

fn role(role: TeamRole) -> &'static str {
    match role {
        TeamRole::ReadOnly => "read-only",
        TeamRole::Agent => "agent",
        TeamRole::Supervisor => "supervisor",
        TeamRole::Owner => "owner",
    }
}

fn article(own: TeamRole) -> String {
    match own {
        TeamRole::ReadOnly => "read-only".to_owned(),
        TeamRole::Supervisor => "a supervisor".to_owned(),
        TeamRole::Agent | TeamRole::Owner => format!("an {}", role(own)),
    }
}
