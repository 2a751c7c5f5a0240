//! Which conversations a member sees, in which order: who waits longest comes first.
//!
//! **A customer who wrote and got no answer is never hidden**: whatever the team noted, the conversation is new again, or with who
//! looks after it, as soon as the customer wrote something that nobody can have seen when it was set aside.

use std::collections::BTreeMap;

use kuvert_wire::ChannelId;

use super::case::{Case, Cases};
use super::event::Status;
use super::ids::DeviceKey;
use super::team::Team;

/// What the conversation itself tells, which is not in the desk room. Times as this device shows them.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Facts {
    /// When the customer wrote last.
    pub last_customer_at: Option<i64>,
    /// When the line answered last.
    pub last_answer_at: Option<i64>,
    /// When the customer wrote the first message since then; `None` if that is not known, and their last one counts.
    pub unanswered_since: Option<i64>,
    /// Messages of the customer that nobody has seen on this device.
    pub unread: u32,
}

impl Facts {
    /// Since when the customer waits for an answer.
    pub fn waiting_since(&self) -> Option<i64> {
        let last = self.last_customer_at?;
        let is_answered = self.last_answer_at.is_some_and(|answer| answer >= last);
        (!is_answered).then(|| self.unanswered_since.map_or(last, |first| first.min(last)))
    }

    /// The same, unless the team set the conversation aside. Who did had seen what was there then, but for what was on its way.
    pub fn waiting_since_beside(&self, case: Option<&Case>) -> Option<i64> {
        let is_looked_at = case.is_none_or(|case| match case.status {
            Status::New | Status::Open => true,
            Status::Waiting { .. } | Status::Done => {
                self.unread > 0 || self.last_customer_at > Some(case.since)
            }
        });
        self.waiting_since().filter(|_| is_looked_at)
    }

    /// What the team said of a conversation that this device is not in.
    fn said(case: &Case) -> Self {
        Self { last_customer_at: case.waits, unanswered_since: case.waits, ..Self::default() }
    }

    fn is_empty(&self) -> bool {
        self.last_customer_at.is_none() && self.last_answer_at.is_none()
    }
}

/// Which conversations are asked for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum View {
    /// Those that need somebody.
    New,
    /// Those that the member looks after.
    Mine,
    /// All that are not over.
    All,
    /// Those in which there is nothing to do for now.
    Waiting,
    /// Those that are over, the last one first.
    Done,
}

/// What a conversation needs now.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Standing {
    /// Somebody who looks after it.
    New,
    /// Something, from who looks after it.
    Open,
    /// Nothing for now.
    Waiting,
    /// Nothing any more.
    Done,
}

/// A conversation in the queue.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct QueueRow {
    /// Which.
    pub conversation: ChannelId,
    /// What it needs.
    pub standing: Standing,
    /// Since when the customer waits for an answer.
    pub waiting_since: Option<i64>,
    /// Who looks after it.
    pub claimed_by: Option<DeviceKey>,
    /// Until when there is nothing to do, where that is known.
    pub until: Option<i64>,
    /// When the member is to be reminded of it next, perhaps in the past.
    pub remind_at: Option<i64>,
    /// Messages of the customer that nobody has seen on this device.
    pub unread: u32,
}

/// How many conversations each view has.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Counts {
    /// [`View::New`].
    pub new: usize,
    /// [`View::Mine`].
    pub mine: usize,
    /// [`View::All`].
    pub all: usize,
    /// [`View::Waiting`].
    pub waiting: usize,
    /// [`View::Done`].
    pub done: usize,
}

/// What a member sees of a desk.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Queue {
    /// The view that was asked for.
    pub rows: Vec<QueueRow>,
    /// All of them.
    pub counts: Counts,
}

/// The conversations of a view as the member `me` sees them at `now`, and how many there are in each. `facts` are of all
/// conversations with customers that this device is in, also those of which the team knows nothing yet. Of others there are those
/// in which somebody waits, as the team says, and those that the member looks after.
pub fn queue(
    team: &Team,
    cases: &Cases,
    facts: &BTreeMap<ChannelId, Facts>,
    me: DeviceKey,
    now: i64,
    view: View,
) -> Queue {
    let written = facts.iter().filter_map(|(id, facts)| {
        let case = cases.get(*id);
        (case.is_some() || !facts.is_empty()).then_some((*id, case, *facts))
    });
    let is_for = |case: &Case| case.waits.is_some() || case.claimed_by() == Some(me);
    let noted = cases.iter().filter(|(id, case)| !facts.contains_key(id) && is_for(case));
    let noted = noted.map(|(id, case)| (id, Some(case), Facts::said(case)));

    let mut counts = Counts::default();
    let mut rows = Vec::new();
    for (conversation, case, facts) in written.chain(noted) {
        let row = row(team, conversation, case, &facts, me, now);
        counts.add(&row, me);
        if row.is_in(view, me) {
            rows.push((rank(&row, case, &facts, view), row));
        }
    }
    rows.sort_unstable_by_key(|(rank, row)| (*rank, row.conversation));
    Queue { rows: rows.into_iter().map(|(_, row)| row).collect(), counts }
}

fn row(
    team: &Team,
    conversation: ChannelId,
    case: Option<&Case>,
    facts: &Facts,
    me: DeviceKey,
    now: i64,
) -> QueueRow {
    let claimed_by = case.and_then(Case::claimed_by).filter(|member| team.answers(*member));
    let status = case.map_or(Status::New, |case| case.status);
    let waiting_since = facts.waiting_since_beside(case);
    let standing = match (status, waiting_since) {
        (_, Some(_)) if claimed_by.is_none() => Standing::New,
        (_, Some(_)) => Standing::Open,
        (Status::New, None) if claimed_by.is_none() && facts.last_answer_at.is_none() => Standing::New,
        (Status::New | Status::Open, None) => Standing::Open,
        (Status::Waiting { until: Some(until) }, None) if until <= now => Standing::Open,
        (Status::Waiting { .. }, None) => Standing::Waiting,
        (Status::Done, None) => Standing::Done,
    };
    let until = match (standing, status) {
        (Standing::Waiting, Status::Waiting { until }) => until,
        _ => None,
    };
    let reminders = case.iter().flat_map(|case| &case.reminders);
    let remind_at = reminders.filter(|reminder| reminder.member == me).map(|reminder| reminder.at).min();
    QueueRow { conversation, standing, waiting_since, claimed_by, until, remind_at, unread: facts.unread }
}

/// Smaller comes first: who waits for an answer by since when, then what has a time by that, then the rest by what was last.
fn rank(row: &QueueRow, case: Option<&Case>, facts: &Facts, view: View) -> (u8, i64) {
    let since = case.map_or(0, |case| case.since);
    if view == View::Done {
        return (0, since.saturating_neg());
    }
    match (row.waiting_since, row.until) {
        (Some(since), _) => (0, since),
        (None, Some(until)) => (1, until),
        (None, None) => {
            let last = [facts.last_customer_at, facts.last_answer_at].into_iter().flatten().max();
            (2, last.map_or(since, |last| last.max(since)))
        }
    }
}

impl QueueRow {
    /// Whether it belongs to a view of the member `me`.
    pub fn is_in(&self, view: View, me: DeviceKey) -> bool {
        match view {
            View::New => self.standing == Standing::New,
            View::Mine => self.claimed_by == Some(me) && self.standing != Standing::Done,
            View::All => self.standing != Standing::Done,
            View::Waiting => self.standing == Standing::Waiting,
            View::Done => self.standing == Standing::Done,
        }
    }
}

impl Counts {
    fn add(&mut self, row: &QueueRow, me: DeviceKey) {
        let count = |view| usize::from(row.is_in(view, me));
        self.new += count(View::New);
        self.mine += count(View::Mine);
        self.all += count(View::All);
        self.waiting += count(View::Waiting);
        self.done += count(View::Done);
    }
}
