//! The messages of the conversation that is shown, laid out in rows, and which part of them is seen.
//!
//! Bounded: beyond [`MAX_LOADED`] messages, those at the other end are let go of; they are fetched again when needed.

use jiff::Timestamp;
use jiff::tz::TimeZone;
use kuvert_view::{ConversationId, MessageId, MessageView, Sender};

/// Most messages that are kept loaded.
const MAX_LOADED: usize = 1000;
/// Rows above what is seen at which older messages are asked for.
const LOOK_AHEAD: usize = 20;

/// Numbers above a sought message up to which its neighbours are fetched with it: numbers are shared by all conversations.
const AROUND: u64 = 20;

/// What a row shows.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Row {
    /// A day begins with this message.
    Day(usize),
    /// What follows was not seen before.
    New,
    /// A row of a message, by its place among those loaded.
    Message(usize, usize),
}

/// A message and the rows that it takes.
#[derive(Debug)]
pub(super) struct Entry<R> {
    pub(super) message: MessageView,
    /// Laid out for the width of the timeline; `None` if it has to be.
    pub(super) rows: Option<Vec<R>>,
}

/// The messages of one conversation. `R` is what a row of a message is drawn from.
#[derive(Debug)]
pub(super) struct Timeline<R> {
    pub(super) conversation: ConversationId,
    pub(super) entries: Vec<Entry<R>>,
    pub(super) has_older: bool,
    /// Newer messages were let go of.
    has_newer: bool,
    is_loading: bool,
    /// The part in which a sought message stands is being fetched.
    is_sought: bool,
    /// The chosen message is to be moved to where it is seen, as soon as it is laid out.
    is_to_show: bool,
    /// The first message that was not seen when the conversation was opened.
    first_new: Option<MessageId>,
    /// The message that keys act on.
    pub(super) selected: Option<MessageId>,
    size: (usize, usize),
    rows: Vec<Row>,
    /// The last message that is seen, and which of its rows; `None` while the end is seen.
    anchor: Option<(MessageId, usize)>,
}

impl<R> Timeline<R> {
    /// A conversation that was opened: its newest messages, of which the last `unread` ones are new.
    pub(super) fn new(
        conversation: ConversationId,
        page: Vec<MessageView>,
        has_older: bool,
        unread: u32,
    ) -> Self {
        let others = page.iter().rev().filter(|message| message.from != Sender::Own);
        let first_new = others.take(unread as usize).last().map(|message| message.id);
        Self {
            conversation,
            entries: page.into_iter().map(|message| Entry { message, rows: None }).collect(),
            has_older,
            has_newer: false,
            is_loading: false,
            is_sought: false,
            is_to_show: false,
            first_new,
            selected: None,
            size: (0, 0),
            rows: Vec::new(),
            anchor: None,
        }
    }

    /// Takes a new or changed message.
    pub(super) fn put(&mut self, message: MessageView) {
        let (id, is_own) = (message.id, message.from == Sender::Own);
        match self.entries.binary_search_by_key(&id, |entry| entry.message.id) {
            Ok(at) => self.entries[at] = Entry { message, rows: None },
            // It is fetched with those that were let go of.
            Err(at) if at == self.entries.len() && self.has_newer => return,
            Err(0) if self.has_older => return,
            Err(at) => {
                self.entries.insert(at, Entry { message, rows: None });
                if is_own {
                    (self.anchor, self.first_new) = (None, None);
                }
            }
        }
        if self.anchor.is_none() && self.entries.len() > MAX_LOADED {
            self.entries.drain(..self.entries.len() - MAX_LOADED / 2);
            self.has_older = true;
        }
        self.rows.clear();
    }

    /// Drops a message that is gone.
    pub(super) fn remove(&mut self, id: MessageId) {
        self.entries.retain(|entry| entry.message.id != id);
        self.anchor = self.anchor.filter(|(anchor, _)| *anchor != id);
        self.selected = self.selected.filter(|selected| *selected != id);
        self.rows.clear();
    }

    /// Takes messages before those that are loaded.
    pub(super) fn prepend(&mut self, page: Vec<MessageView>, has_older: bool) {
        let oldest = self.entries.first().map(|entry| entry.message.id);
        let older = page.into_iter().filter(|message| oldest.is_none_or(|oldest| message.id < oldest));
        self.entries.splice(0..0, older.map(|message| Entry { message, rows: None }));
        self.has_older = has_older;
        self.is_loading = false;
        if self.entries.len() > MAX_LOADED {
            let seen = self.anchor.and_then(|(id, _)| self.place(id)).unwrap_or(self.entries.len());
            let kept = MAX_LOADED.max(seen + 1).min(self.entries.len());
            self.has_newer |= kept < self.entries.len();
            self.entries.truncate(kept);
        }
        self.rows.clear();
    }

    /// Lays everything out that is not yet, for a width and a height.
    pub(super) fn lay_out(
        &mut self,
        size: (usize, usize),
        zone: &TimeZone,
        mut rows_of: impl FnMut(&MessageView, usize) -> Vec<R>,
    ) {
        if self.size.0 != size.0 {
            self.entries.iter_mut().for_each(|entry| entry.rows = None);
            self.rows.clear();
        }
        self.size = size;
        if !self.rows.is_empty() {
            return;
        }
        let mut day_before = None;
        for (at, entry) in self.entries.iter_mut().enumerate() {
            let day =
                Timestamp::from_millisecond(entry.message.at).ok().map(|t| t.to_zoned(zone.clone()).date());
            if day != day_before {
                self.rows.push(Row::Day(at));
                day_before = day;
            }
            if self.first_new == Some(entry.message.id) {
                self.rows.push(Row::New);
            }
            let rows = entry.rows.get_or_insert_with(|| rows_of(&entry.message, size.0));
            self.rows.extend((0..rows.len()).map(|row| Row::Message(at, row)));
        }
        if std::mem::take(&mut self.is_to_show) {
            self.select(0);
        }
    }

    /// Everything has to be laid out anew: names or texts changed.
    pub(super) fn forget_layout(&mut self) {
        self.entries.iter_mut().for_each(|entry| entry.rows = None);
        self.rows.clear();
    }

    /// The rows that are seen, at most the height that was laid out for.
    pub(super) fn visible(&self) -> &[Row] {
        let end = self.end();
        &self.rows[end.saturating_sub(self.size.1)..end]
    }

    /// Whether the newest message is seen.
    pub(super) fn is_at_end(&self) -> bool {
        self.anchor.is_none() && !self.has_newer
    }

    /// Moves what is seen by some rows, down if positive. Says whether newer messages have to be fetched anew.
    pub(super) fn scroll(&mut self, by: isize) -> bool {
        let end = self.end();
        let first = self.size.1.min(self.rows.len());
        let mut to = end.saturating_add_signed(by).clamp(first, self.rows.len());
        // What is seen ends with a message: on the way down, after the rows that belong to it.
        while by > 0 && to < self.rows.len() && !matches!(self.rows[to - 1], Row::Message(..)) {
            to += 1;
        }
        self.set_end(to);
        by > 0 && to == self.rows.len() && self.has_newer
    }

    /// One screen, less one row to find one's place again.
    pub(super) fn screen(&self) -> isize {
        isize::try_from(self.size.1).unwrap_or(isize::MAX).saturating_sub(1).max(1)
    }

    /// Shows the newest message. Says whether it has to be fetched anew.
    pub(super) fn show_end(&mut self) -> bool {
        self.anchor = None;
        self.selected = None;
        self.has_newer
    }

    /// Chooses a message, and shows it. If it is not loaded: gives the message before which it is to be fetched.
    pub(super) fn seek(&mut self, id: MessageId) -> Option<MessageId> {
        if self.place(id).is_some() || self.is_sought {
            // If it is not there now, it is gone; what stood around it is shown.
            self.is_sought = false;
            self.anchor = None;
            self.selected = Some(id);
            self.is_to_show = true;
            return None;
        }
        self.entries.clear();
        self.rows.clear();
        (self.has_newer, self.is_loading, self.is_sought) = (true, true, true);
        Some(MessageId(id.0.saturating_add(AROUND)))
    }

    /// The oldest message, if those before it should be fetched now. To be asked once per screen.
    pub(super) fn wants_older(&mut self) -> Option<MessageId> {
        let is_near = self.end() < self.size.1 + LOOK_AHEAD;
        if !self.has_older || self.is_loading || !is_near || self.size.1 == 0 {
            return None;
        }
        self.is_loading = true;
        self.entries.first().map(|entry| entry.message.id)
    }

    /// The message that keys act on.
    pub(super) fn selected(&self) -> Option<&MessageView> {
        self.selected.and_then(|id| self.place(id)).map(|at| &self.entries[at].message)
    }

    /// Chooses the message `by` places further down, and moves so that it is seen.
    pub(super) fn select(&mut self, by: isize) {
        let last_seen = self.visible().iter().rev().find_map(|row| match row {
            Row::Message(at, _) => Some(*at),
            _ => None,
        });
        let at = match self.selected.and_then(|id| self.place(id)) {
            Some(at) => at.saturating_add_signed(by).min(self.entries.len().saturating_sub(1)),
            None => last_seen.unwrap_or(self.entries.len().saturating_sub(1)),
        };
        let Some(entry) = self.entries.get(at) else { return };
        self.selected = Some(entry.message.id);
        let is_of = |row: &Row| matches!(row, Row::Message(of, _) if *of == at);
        let (Some(first), Some(last)) = (self.rows.iter().position(is_of), self.rows.iter().rposition(is_of))
        else {
            return;
        };
        let end = self.end();
        let start = end.saturating_sub(self.size.1);
        if first < start || last - first >= self.size.1 {
            self.set_end((first + self.size.1).min(self.rows.len()));
        } else if last >= end {
            self.set_end(last + 1);
        }
    }

    /// A message, if it is loaded.
    pub(super) fn message(&self, id: MessageId) -> Option<&MessageView> {
        self.place(id).map(|at| &self.entries[at].message)
    }

    fn place(&self, id: MessageId) -> Option<usize> {
        self.entries.binary_search_by_key(&id, |entry| entry.message.id).ok()
    }

    /// Behind the last row that is seen.
    fn end(&self) -> usize {
        let all = self.rows.len();
        let Some((id, row)) = self.anchor else { return all };
        let Some(at) = self.place(id) else { return all };
        let is_anchor = |seen: &Row| matches!(seen, Row::Message(of, within) if (*of, *within) <= (at, row));
        let end = self.rows.iter().rposition(is_anchor).map_or(all, |place| place + 1);
        end.max(self.size.1).min(all)
    }

    fn set_end(&mut self, end: usize) {
        if end >= self.rows.len() {
            self.anchor = None;
            return;
        }
        let seen = self.rows[..end].iter().rev().find_map(|row| match row {
            Row::Message(at, within) => Some((*at, *within)),
            _ => None,
        });
        self.anchor = seen.map(|(at, within)| (self.entries[at].message.id, within));
    }
}

#[cfg(test)]
mod tests {
    use kuvert_view::Delivery;

    use super::*;

    fn message(id: u64, lines: usize) -> MessageView {
        let text = vec!["x"; lines].join("\n");
        MessageView::text(MessageId(id), Sender::Contact, &text, 0, Delivery::Received)
    }

    fn timeline(ids: std::ops::Range<u64>, has_older: bool) -> Timeline<String> {
        let page = ids.map(|id| message(id, 2)).collect();
        Timeline::new(ConversationId(1), page, has_older, 0)
    }

    fn lay_out(timeline: &mut Timeline<String>, height: usize) {
        let rows_of = |message: &MessageView, _| message.text.split('\n').map(str::to_owned).collect();
        timeline.lay_out((40, height), &TimeZone::UTC, rows_of);
    }

    fn last_seen(timeline: &Timeline<String>) -> (u64, usize) {
        match timeline.visible().last() {
            Some(Row::Message(at, row)) => (timeline.entries[*at].message.id.0, *row),
            other => panic!("{other:?}"),
        }
    }

    #[test]
    fn what_is_seen_stays_while_messages_come_and_are_fetched() {
        let mut timeline = timeline(100..110, true);
        lay_out(&mut timeline, 5);
        assert_eq!(last_seen(&timeline), (109, 1));
        timeline.scroll(-3);
        assert_eq!(last_seen(&timeline), (108, 0));
        timeline.put(message(110, 3));
        timeline.prepend((50..100).map(|id| message(id, 1)).collect(), false);
        lay_out(&mut timeline, 5);
        assert_eq!(last_seen(&timeline), (108, 0));
        assert!(!timeline.is_at_end());
        timeline.scroll(1000);
        assert_eq!(last_seen(&timeline), (110, 2));
        assert!(timeline.is_at_end());
        timeline.put(message(111, 1));
        lay_out(&mut timeline, 5);
        assert_eq!(last_seen(&timeline), (111, 0));
    }

    #[test]
    fn the_top_fills_the_screen_and_older_messages_are_asked_for_once() {
        let mut timeline = timeline(100..120, true);
        lay_out(&mut timeline, 8);
        assert_eq!(timeline.wants_older(), None, "there is enough above");
        timeline.scroll(-1000);
        assert_eq!(timeline.visible().len(), 8);
        assert_eq!(timeline.visible()[0], Row::Day(0));
        assert_eq!(timeline.wants_older(), Some(MessageId(100)));
        assert_eq!(timeline.wants_older(), None);
        timeline.prepend(Vec::new(), false);
        lay_out(&mut timeline, 8);
        assert_eq!(timeline.wants_older(), None, "there are none");
    }

    #[test]
    fn what_is_loaded_is_bounded_on_both_sides() {
        let mut timeline = timeline(2000..2050, true);
        for page in (0..40).rev() {
            lay_out(&mut timeline, 10);
            timeline.scroll(-100_000);
            assert!(timeline.wants_older().is_some());
            timeline.prepend((page * 50..page * 50 + 50).map(|id| message(id, 1)).collect(), page > 0);
        }
        lay_out(&mut timeline, 10);
        assert!(timeline.entries.len() <= MAX_LOADED + 50, "{}", timeline.entries.len());
        timeline.put(message(3000, 1));
        assert!(timeline.place(MessageId(3000)).is_none(), "there would be a hole before it");
        assert!(timeline.scroll(100_000), "newer ones have to be fetched");
        assert!(timeline.show_end());

        let mut timeline = self::timeline(0..10, false);
        for id in 10..5000 {
            timeline.put(message(id, 1));
        }
        assert!(timeline.entries.len() <= MAX_LOADED && timeline.has_older);
    }

    #[test]
    fn a_message_that_is_chosen_is_seen() {
        let mut timeline = timeline(0..20, false);
        lay_out(&mut timeline, 6);
        timeline.select(0);
        assert_eq!(timeline.selected().map(|m| m.id), Some(MessageId(19)));
        timeline.select(-10);
        let seen = |timeline: &Timeline<String>, at| timeline.visible().contains(&Row::Message(at, 0));
        assert!(seen(&timeline, 9));
        timeline.select(7);
        assert!(seen(&timeline, 16));
        timeline.select(100);
        assert!(timeline.is_at_end());
    }

    #[test]
    fn a_sought_message_is_fetched_with_what_stands_around_it() {
        let mut timeline = timeline(1000..1050, true);
        lay_out(&mut timeline, 10);
        assert_eq!(timeline.seek(MessageId(500)), Some(MessageId(520)));
        timeline.put(message(1050, 1));
        timeline.prepend((470..520).map(|id| message(id, 1)).collect(), true);
        assert_eq!(timeline.seek(MessageId(500)), None);
        lay_out(&mut timeline, 10);
        assert!(timeline.visible().contains(&Row::Message(30, 0)), "{:?}", timeline.visible());
        assert_eq!(timeline.selected().map(|m| m.id), Some(MessageId(500)));
        assert!(timeline.scroll(1000), "the newest have to be fetched again");
    }

    #[test]
    fn unread_messages_are_marked_where_they_begin() {
        let mut page: Vec<_> = (0..6).map(|id| message(id, 1)).collect();
        page[4].from = Sender::Own;
        let mut timeline: Timeline<String> = Timeline::new(ConversationId(1), page, false, 2);
        lay_out(&mut timeline, 20);
        let place = timeline.visible().iter().position(|row| *row == Row::New).expect("marked");
        assert_eq!(timeline.visible()[place + 1], Row::Message(3, 0));
    }
}
