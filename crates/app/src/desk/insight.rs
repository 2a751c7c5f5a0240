//! What a desk finds and counts in what it may see. Nothing of it leaves the device.

use std::collections::BTreeSet;

use kuvert_core::{ClientError, DeskFactsRow, Refusal};
use kuvert_desk::hours::Hours;
use kuvert_desk::line::LineProfile;
use kuvert_desk::room::{self, Case, Facts, FirstAnswer, Scope, Status};
use kuvert_desk::time::LocalTime;
use kuvert_view::words::fits;
use kuvert_view::{
    ConversationId, DayView, DeskUpdate, FoundCaseView, FoundCasesView, LabelCountView, LabelId,
    StatisticsView,
};
use kuvert_wire::ChannelId;

use super::{Desk, shown};
use crate::{App, views};

/// Conversations that are found at most.
const MAX_FOUND: usize = 50;
/// Days that are counted at most.
const MAX_DAYS: u16 = 366;
/// Answers that are counted at most.
const MAX_ANSWERS: u32 = 200_000;

impl App {
    /// Reads what conversations tell of who waits for an answer.
    pub(crate) fn read_facts(&mut self) -> Result<(), ClientError> {
        let rows = self.client.desk_facts(None)?;
        self.desk()?;
        let Some(desk) = self.desk.as_mut() else { return Ok(()) };
        desk.facts.clear();
        desk.conversations.clear();
        for row in rows {
            let channel = ChannelId::new(row.channel);
            desk.conversations.insert(channel, views::conversation_id(row.conversation));
            desk.facts.insert(channel, facts_of(&row));
        }
        desk.overdue = overdue(desk, self.now.0);
        Ok(())
    }

    /// Looks for words in the names of customers, in labels and in notes.
    pub(super) fn find_cases(&mut self, words: String) -> Result<(), ClientError> {
        let all = self.client.conversations()?;
        let now = self.now;
        self.read_facts()?;
        let desk = self.desk()?;
        let mut cases = Vec::new();
        for summary in all.iter().filter(|summary| summary.contact().is_some()) {
            let Some(channel) = summary.conversation.channel.map(ChannelId::new) else { continue };
            // What was taken from this device is not to be found.
            if !desk.conversations.contains_key(&channel) {
                continue;
            }
            let view = views::conversation(summary, now);
            if let Some(found) = found(desk, channel, view.id, view.title, &words) {
                cases.push(found);
            }
            if cases.len() == MAX_FOUND {
                break;
            }
        }
        self.desk_update(DeskUpdate::FoundCases(FoundCasesView { words, cases }));
        Ok(())
    }

    /// Counts what the line did in some days.
    pub(super) fn show_statistics(&mut self, days: u16) -> Result<(), ClientError> {
        if !(1..=MAX_DAYS).contains(&days) {
            return Err(Refusal::DataInvalid.into());
        }
        let line = self.own_profile()?;
        let today = LocalTime::of(self.now.0).date();
        let first = today.plus_days(1 - i32::from(days));
        let since = LocalTime::new(first, 0).map_or(0, LocalTime::at);
        let begun = self.client.begun_since(since)?;
        let answers = self.client.answers_since(since, MAX_ANSWERS)?;
        let answers: Vec<_> = answers
            .iter()
            .map(|answer| FirstAnswer {
                conversation: ChannelId::new(answer.channel),
                asked_at: answer.asked_at,
                answered_at: answer.answered_at,
            })
            .collect();
        let scope = Scope { period: since..LocalTime::end_of(today), per_member: false };
        let day_of = |at| i64::from(LocalTime::of(at).date().days());
        let hours = line.as_ref().and_then(|line| line.hours.as_ref());
        let open = |from, to: i64| hours.map_or(to - from, |hours| hours.open_millis_between(from, to));
        let desk = self.desk()?;
        let mut all = room::statistics(&desk.team, &desk.cases, &answers, &scope, day_of, open);
        // The desk room knows nothing yet of those whom nobody looked after.
        for (channel, at) in begun {
            if desk.cases.get(ChannelId::new(channel)).is_none() {
                all.days.entry(day_of(at)).or_default().opened += 1;
            }
        }
        let day = |number: u16| {
            let date = first.plus_days(i32::from(number));
            let count = all.days.get(&i64::from(date.days())).copied().unwrap_or_default();
            let at = LocalTime::new(date, NOON).map_or(since, LocalTime::at);
            let (opened, answered) = (count.opened, count.answered);
            DayView { at, opened, answered, done: count.done, reopened: count.reopened }
        };
        let label = |(id, _): (room::LabelId, _)| {
            let count = all.labels.get(&id)?;
            let label = LabelId(*id.as_bytes());
            Some(LabelCountView { label, opened: count.opened, first_answer: count.first_answer })
        };
        let mut labels: Vec<_> = desk.team.labels().filter_map(label).collect();
        labels.sort_by_key(|label| std::cmp::Reverse(label.opened));
        let view = StatisticsView {
            days,
            by_day: (0..days).map(day).collect(),
            first_answer: all.first_answer,
            labels,
            scores: all.scores,
            asks_satisfaction: line.is_some_and(|line: LineProfile| line.asks_satisfaction),
        };
        self.desk_update(DeskUpdate::Statistics(view));
        Ok(())
    }
}

/// What a conversation tells of who waits for an answer.
pub(super) fn facts_of(row: &DeskFactsRow) -> Facts {
    Facts {
        last_customer_at: row.last_customer_at,
        last_answer_at: row.last_answer_at,
        unanswered_since: row.unanswered_since,
        unread: row.unread,
    }
}

/// Customers who wait longer than the line wants them to.
pub(super) fn overdue(desk: &Desk, now: i64) -> BTreeSet<ChannelId> {
    let line = LineProfile::decode(&desk.team.settings().bytes).ok();
    let Some((line, minutes)) = line.and_then(|line| line.answer_within.map(|minutes| (line, minutes)))
    else {
        return BTreeSet::new();
    };
    let most = i64::from(minutes) * 60_000;
    // Opening hours are looked at once, and not for each customer: who waits since before this waits too long.
    let latest = line.hours.as_ref().map_or(now - most, |hours| latest_start(hours, now, most));
    let waited = |since: i64, _| if since <= latest { most } else { 0 };
    let all = room::overdue(&desk.cases, &desk.facts, now, most, waited);
    all.into_iter().map(|one| one.conversation).collect()
}

/// The last moment from which until `now` the line was open for `most` milliseconds; [`LOOK_BACK`] ago if it was not.
fn latest_start(hours: &Hours, now: i64, most: i64) -> i64 {
    let (mut from, mut until) = (now - LOOK_BACK, now);
    if hours.open_millis_between(from, now) < most {
        return from;
    }
    // It was open long enough since `from`, and not since `until`.
    while until - from > 1 {
        let middle = from + (until - from) / 2;
        if hours.open_millis_between(middle, now) >= most { from = middle } else { until = middle }
    }
    from
}

/// Who waits longer than this waits too long whatever the opening hours are: milliseconds.
const LOOK_BACK: i64 = 30 * 24 * 60 * 60 * 1000;

/// The middle of a day, which every day has once: milliseconds.
const NOON: u32 = 12 * 60 * 60 * 1000;

/// A conversation, if all words stand in its customer's name, or in the name and its labels, or in one note.
fn found(
    desk: &Desk,
    channel: ChannelId,
    conversation: ConversationId,
    name: String,
    words: &str,
) -> Option<FoundCaseView> {
    let case = desk.cases.get(channel);
    let labels = case.into_iter().flat_map(|case| desk.team.labels_of(case));
    let labelled = labels.fold(name.clone(), |all, (_, label)| all + " " + &label.name);
    let note = case.and_then(|case: &Case| case.notes.iter().rev().find(|note| fits(&note.text, words)));
    if note.is_none() && !fits(&labelled, words) {
        return None;
    }
    Some(FoundCaseView {
        conversation,
        name,
        note: note.map(|note| note.text.clone()).unwrap_or_default(),
        labels: shown::labels_of(desk, case),
        is_done: case.is_some_and(|case| case.status == Status::Done),
    })
}

#[cfg(test)]
mod tests {
    use kuvert_desk::hours::Span;
    use kuvert_desk::room::{CaseEvent, DeviceKey, Event, EventId, Meta, Outcome};

    use super::*;

    const OLGA: DeviceKey = DeviceKey::new([1; 32]);
    const CARLA: ChannelId = ChannelId::new([9; 16]);

    fn desk(events: Vec<Event>) -> Desk {
        let mut desk = Desk::default();
        let all = [Event::Founded { name: "Olga".into() }].into_iter().chain(events);
        for (id, event) in (1..).zip(all) {
            let meta = Meta { id: EventId::new([id; 32]), by: OLGA, at: 1000 };
            assert_eq!(desk.team.apply(&mut desk.cases, meta, &event), Outcome::Applied);
        }
        desk
    }

    #[test]
    fn a_conversation_is_found_by_name_label_or_note() {
        let label = room::LabelId::new([3; 16]);
        let note = CaseEvent::AddNote { text: "Ruft morgen zurück".into(), mentions: Vec::new() };
        let desk = desk(vec![
            Event::SetLabel { label, name: "Rezept".into(), colour: 0 },
            Event::case(CARLA, CaseEvent::AddLabel { label }),
            Event::case(CARLA, note),
        ]);
        let find = |words: &str| found(&desk, CARLA, ConversationId(1), "Änne Groß".into(), words);
        assert_eq!(find("anne").map(|found| found.note), Some(String::new()));
        assert_eq!(find("gross rezept").map(|found| found.labels.len()), Some(1));
        assert_eq!(find("zuruck").map(|found| found.note), Some("Ruft morgen zurück".into()));
        assert_eq!(find("anne zuruck"), None, "name and note are not one text");
        assert_eq!(find("ben"), None);
    }

    #[test]
    fn who_waits_is_looked_at_by_opening_hours() {
        let day = vec![Span { from: 8 * 60, to: 18 * 60 }];
        let hours = Hours { week: vec![day; 7], exceptions: Vec::new(), state: None, catholic: false };
        // A Monday at 9 in summer, in Germany.
        let now = 1_750_057_200_000;
        let hour = 60 * 60 * 1000;
        assert_eq!(latest_start(&hours, now, hour / 2), now - hour / 2);
        // One hour today, and the other one before six yesterday.
        assert_eq!(latest_start(&hours, now, 2 * hour), now - 16 * hour);
        assert_eq!(latest_start(&Hours::closed(), now, hour), now - LOOK_BACK);
    }
}
