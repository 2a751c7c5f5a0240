//! What a line did in some time: how much, how fast, about what. Of single members only where the line decided so, because such
//! numbers watch people at work (§ 87 BetrVG).

use std::collections::{BTreeMap, BTreeSet};
use std::ops::Range;

use kuvert_wire::ChannelId;

use super::case::{Case, Cases};
use super::event::Status;
use super::ids::{DeviceKey, LabelId};
use super::team::Team;

/// How long a customer waited for the first answer. The conversations themselves tell that, and not the desk room.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct FirstAnswer {
    /// Where.
    pub conversation: ChannelId,
    /// When the customer wrote.
    pub asked_at: i64,
    /// When the line answered.
    pub answered_at: i64,
}

/// What statistics are about.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Scope {
    /// From when until before when.
    pub period: Range<i64>,
    /// Whether members are counted one by one.
    pub per_member: bool,
}

/// What a line did in some time.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Statistics {
    /// By day. Days of which there is nothing to tell are left out.
    pub days: BTreeMap<i64, DayCount>,
    /// In how many milliseconds of opening hours half of the first answers came.
    pub first_answer: Option<i64>,
    /// By label, among those that the team defines.
    pub labels: BTreeMap<LabelId, LabelCount>,
    /// How many customers answered 1, 2, 3, 4 and 5. Counted by days in UTC.
    pub scores: [u64; 5],
    /// By member, if that was asked for.
    pub members: Option<BTreeMap<DeviceKey, MemberCount>>,
}

/// What happened on a day.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct DayCount {
    /// Conversations that began.
    pub opened: u32,
    /// How often one was done.
    pub done: u32,
    /// How often one that was done was opened again.
    pub reopened: u32,
    /// First answers.
    pub answered: u32,
}

/// What happened about something.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct LabelCount {
    /// Conversations that began.
    pub opened: u32,
    /// In how many milliseconds of opening hours half of the first answers came.
    pub first_answer: Option<i64>,
}

/// What a member did.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct MemberCount {
    /// How often they began to look after a conversation.
    pub claimed: u32,
    /// How often they had one done.
    pub done: u32,
}

/// Counts what is remembered of the time in the scope. `day_of` numbers the days where the line is, `open_millis_between` tells how much
/// of a time it was open.
pub fn statistics(
    team: &Team,
    cases: &Cases,
    answers: &[FirstAnswer],
    scope: &Scope,
    day_of: impl Fn(i64) -> i64,
    open_millis_between: impl Fn(i64, i64) -> i64,
) -> Statistics {
    let mut all = Statistics { members: scope.per_member.then(BTreeMap::new), ..Statistics::default() };
    for (_, case) in cases.iter() {
        all.count_days(case, &scope.period, &day_of);
        all.count_members(case, &scope.period);
        if scope.period.contains(&case.opened_at) {
            for (id, _) in team.labels_of(case) {
                all.labels.entry(id).or_default().opened += 1;
            }
        }
    }
    let mut times = Vec::new();
    let mut by_label: BTreeMap<LabelId, Vec<i64>> = BTreeMap::new();
    let mut counted = BTreeSet::new();
    for answer in answers.iter().filter(|answer| scope.period.contains(&answer.answered_at)) {
        if !counted.insert((answer.conversation, answer.asked_at)) {
            continue;
        }
        let took = open_millis_between(answer.asked_at, answer.answered_at);
        all.days.entry(day_of(answer.answered_at)).or_default().answered += 1;
        times.push(took);
        for (id, _) in cases.get(answer.conversation).iter().flat_map(|case| team.labels_of(case)) {
            by_label.entry(id).or_default().push(took);
        }
    }
    all.first_answer = median(times);
    for (id, times) in by_label {
        all.labels.entry(id).or_default().first_answer = median(times);
    }
    all.count_scores(team, &scope.period);
    all
}

impl Statistics {
    fn count_days(&mut self, case: &Case, period: &Range<i64>, day_of: impl Fn(i64) -> i64) {
        if period.contains(&case.opened_at) {
            self.days.entry(day_of(case.opened_at)).or_default().opened += 1;
        }
        let mut before = Status::New;
        for turn in &case.turns {
            if period.contains(&turn.at) && (turn.status == Status::Done) != (before == Status::Done) {
                let day = self.days.entry(day_of(turn.at)).or_default();
                if turn.status == Status::Done { day.done += 1 } else { day.reopened += 1 }
            }
            before = turn.status;
        }
    }

    fn count_members(&mut self, case: &Case, period: &Range<i64>) {
        let Some(members) = &mut self.members else { return };
        let past = case.past_claims.iter().map(|claim| (claim.member, claim.from));
        let claims = past.chain(case.claim.iter().map(|claim| (claim.member, claim.since)));
        for (member, _) in claims.filter(|(_, at)| period.contains(at)) {
            members.entry(member).or_default().claimed += 1;
        }
        for turn in &case.turns {
            if period.contains(&turn.at) && turn.status == Status::Done {
                members.entry(turn.by).or_default().done += 1;
            }
        }
    }

    fn count_scores(&mut self, team: &Team, period: &Range<i64>) {
        let day = |at: i64| at.div_euclid(super::team::DAY);
        let days = day(period.start)..=day(period.end.saturating_sub(1));
        for counts in team.scores.days.iter().filter(|(at, _)| days.contains(at)).map(|(_, counts)| counts) {
            for (sum, count) in self.scores.iter_mut().zip(counts) {
                *sum += u64::from(*count);
            }
        }
    }
}

/// The middle one; of two in the middle, the smaller.
fn median(mut times: Vec<i64>) -> Option<i64> {
    times.sort_unstable();
    times.get(times.len().saturating_sub(1) / 2).copied()
}
