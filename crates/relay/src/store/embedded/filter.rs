//! Says of most requests that were never seen that they were not, without looking further: every new request asks.

use std::collections::BTreeMap;

use fastbloom::BloomFilter;
use foldhash::fast::RandomState;
use kuvert_wire::limits;

/// How many of those that were not there the filter takes for possible.
const FALSE_POSITIVES: f64 = 0.01;
/// Keys for which a day's first part has room. Each further part has room for twice as many as the one before.
const FIRST: usize = 64 * 1024;
/// Bytes of a key that name its day.
const DAY: usize = 4;

/// Which keys, beginning with a day, may be there.
pub(super) struct DayFilter {
    days: BTreeMap<[u8; DAY], Keys>,
    /// Nothing is known of earlier days.
    since: [u8; DAY],
    /// Largest number of keys of one part.
    room: usize,
}

/// The keys of one day.
#[derive(Default)]
struct Keys {
    parts: Vec<Part>,
    /// There were more than there is room for: nothing is known.
    overfull: bool,
}

struct Part {
    filter: BloomFilter<RandomState>,
    room: usize,
}

impl DayFilter {
    /// Of an empty table; a day's parts have room for up to `room` keys each.
    pub(super) fn new(room: usize) -> Self {
        Self { days: BTreeMap::new(), since: [0; DAY], room }
    }

    /// Of a table that holds more than was looked at: it knows of days after that of its last key only.
    pub(super) fn after(last: &[u8], room: usize) -> Self {
        let day = last.first_chunk().map_or(0, |day| u32::from_be_bytes(*day));
        Self { since: day.saturating_add(1).to_be_bytes(), ..Self::new(room) }
    }

    /// Whether there may be a row under this key.
    pub(super) fn may_hold(&self, key: &[u8]) -> bool {
        match key.first_chunk() {
            Some(day) if *day >= self.since => self.days.get(day).is_some_and(|keys| keys.may_hold(key)),
            _ => true,
        }
    }

    /// Notes a key, before anybody can ask for its row.
    pub(super) fn add(&mut self, key: &[u8]) {
        let Some(day) = key.first_chunk().filter(|day| **day >= self.since) else { return };
        if !self.days.contains_key(day) {
            self.days.insert(*day, Keys::default());
            self.forget_old();
        }
        if let Some(keys) = self.days.get_mut(day) {
            keys.add(key, self.room);
        }
    }

    /// Nobody asks for older days.
    fn forget_old(&mut self) {
        while self.days.len() > limits::REPEAT_DAYS as usize + 1 {
            self.days.pop_first();
            self.since = self.days.first_key_value().map_or(self.since, |(day, _)| *day);
        }
    }
}

impl Keys {
    fn may_hold(&self, key: &[u8]) -> bool {
        self.overfull || self.parts.iter().any(|part| part.filter.contains(key))
    }

    fn add(&mut self, key: &[u8], most: usize) {
        if self.overfull {
            return;
        }
        if self.parts.last().is_none_or(|part| part.room == 0) {
            let room = FIRST << self.parts.len();
            if room > most {
                *self = Self { parts: Vec::new(), overfull: true };
                return;
            }
            let filter = BloomFilter::with_false_pos(FALSE_POSITIVES);
            let filter = filter.hasher(RandomState::default()).expected_items(room);
            self.parts.push(Part { filter, room });
        }
        if let Some(part) = self.parts.last_mut() {
            part.filter.insert(key);
            part.room -= 1;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const MOST: usize = 4 * FIRST;

    fn key(day: u32, n: usize) -> [u8; 12] {
        let mut key = [0; 12];
        key[..4].copy_from_slice(&day.to_be_bytes());
        key[4..].copy_from_slice(&(n as u64).to_be_bytes());
        key
    }

    #[test]
    fn what_was_added_may_be_there_and_almost_nothing_else() {
        let mut filter = DayFilter::new(MOST);
        assert!(!filter.may_hold(&key(1, 0)));
        let count = FIRST * 4;
        (0..count).for_each(|n| filter.add(&key(1, n)));
        assert!((0..count).all(|n| filter.may_hold(&key(1, n))));
        let wrong = (count..2 * count).filter(|n| filter.may_hold(&key(1, *n))).count();
        assert!(wrong < count / 20, "{wrong} of {count}");
        assert!(!filter.may_hold(&key(2, 0)), "another day");
    }

    #[test]
    fn days_that_nobody_asks_for_are_forgotten_and_then_anything_may_be_there() {
        let mut filter = DayFilter::new(MOST);
        let last = limits::REPEAT_DAYS + 2;
        (1..=last).for_each(|day| filter.add(&key(day, 0)));
        assert_eq!(filter.days.len(), limits::REPEAT_DAYS as usize + 1);
        assert!(filter.may_hold(&key(1, 1)), "nothing is known of it");
        assert!(!filter.may_hold(&key(last, 1)));
        filter.add(&key(1, 2));
        assert_eq!(filter.days.len(), limits::REPEAT_DAYS as usize + 1);
    }

    #[test]
    fn a_day_of_too_many_requests_holds_no_memory() {
        // RELAY-5: MAX_FILTERED
        let mut filter = DayFilter::new(MOST);
        let mut n = 0;
        while filter.days.is_empty() || filter.days.values().any(|keys| !keys.overfull) {
            filter.add(&key(1, n));
            n += 1;
            assert!(n <= 2 * MOST, "bounded");
        }
        assert!(n >= MOST);
        assert!(filter.days.values().all(|keys| keys.parts.is_empty()));
        assert!(filter.may_hold(&key(1, n)));
    }

    #[test]
    fn of_days_that_were_not_looked_at_nothing_is_known() {
        // RELAY-5: MAX_FILTERED_AT_START
        let mut filter = DayFilter::after(&key(7, 0), MOST);
        filter.add(&key(7, 1));
        assert!(filter.may_hold(&key(6, 1)) && filter.may_hold(&key(7, 2)));
        assert!(!filter.may_hold(&key(8, 1)));
        filter.add(&key(8, 1));
        assert!(filter.may_hold(&key(8, 1)) && !filter.may_hold(&key(8, 2)));
    }
}
