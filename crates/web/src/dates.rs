//! Times as people say them: by the browser's own formats, in the language of the screens.

use js_sys::{Array, Date, Function, Intl, Object, Reflect};
use wasm_bindgen::JsValue;

use crate::i18n::Lang;

const DAY: i64 = 86_400_000;

/// How a time is said, seen from today.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Distance {
    /// The same day, or a clock that runs ahead.
    Today,
    /// The day before.
    Yesterday,
    /// Two to six days ago: the weekday is enough.
    ThisWeek,
    /// Longer ago, in the same year or not.
    Earlier,
}

/// How far a day lies before today, both as numbers of local days.
pub(crate) fn distance(day: i64, today: i64) -> Distance {
    match today - day {
        ..=0 => Distance::Today,
        1 => Distance::Yesterday,
        2..=6 => Distance::ThisWeek,
        _ => Distance::Earlier,
    }
}

/// Number of a local day, from milliseconds since 1970 (UTC) and the offset of local time to UTC in minutes.
pub(crate) fn day_number(at: i64, offset_minutes: i64) -> i64 {
    (at + offset_minutes * 60_000).div_euclid(DAY)
}

/// Number of the local day of a point in time, in the browser's time zone.
pub(crate) fn local_day(at: i64) -> i64 {
    let date = Date::new(&JsValue::from_f64(at as f64));
    day_number(at, -(date.get_timezone_offset() as i64))
}

/// Now, in milliseconds since 1970 (UTC).
pub(crate) fn now() -> i64 {
    Date::now() as i64
}

/// For the conversation list: the time today, else the day.
pub(crate) fn in_list(lang: Lang, at: i64) -> String {
    match distance(local_day(at), local_day(now())) {
        Distance::Today => clock(lang, at),
        Distance::Yesterday => yesterday(lang),
        Distance::ThisWeek => format(lang, at, &[("weekday", "short")]),
        Distance::Earlier => format(lang, at, &[("dateStyle", "short")]),
    }
}

/// For the separators of a timeline; `None` means today, which is a text of the app.
pub(crate) fn separator(lang: Lang, at: i64) -> Option<String> {
    match distance(local_day(at), local_day(now())) {
        Distance::Today => None,
        Distance::Yesterday => Some(yesterday(lang)),
        Distance::ThisWeek => Some(format(lang, at, &[("weekday", "long")])),
        Distance::Earlier => Some(day(lang, at)),
    }
}

/// For what is to come: the time today, the weekday with it within a week, else the date with it.
pub(crate) fn ahead(lang: Lang, at: i64) -> String {
    match local_day(at) - local_day(now()) {
        ..=0 => clock(lang, at),
        1..=6 => format(lang, at, &[("weekday", "short"), ("hour", "2-digit"), ("minute", "2-digit")]),
        _ => in_short(lang, at),
    }
}

/// A day, by its date.
pub(crate) fn day(lang: Lang, at: i64) -> String {
    format(lang, at, &[("dateStyle", "long")])
}

/// A day without its year.
pub(crate) fn day_of_year(lang: Lang, at: i64) -> String {
    format(lang, at, &[("day", "numeric"), ("month", "short")])
}

/// Hours and minutes.
pub(crate) fn clock(lang: Lang, at: i64) -> String {
    format(lang, at, &[("hour", "2-digit"), ("minute", "2-digit")])
}

/// Date and time in full, for whoever wants to know exactly.
pub(crate) fn in_full(lang: Lang, at: i64) -> String {
    format(lang, at, &[("dateStyle", "full"), ("timeStyle", "short")])
}

/// Date and time, short enough for a list.
pub(crate) fn in_short(lang: Lang, at: i64) -> String {
    format(lang, at, &[("dateStyle", "medium"), ("timeStyle", "short")])
}

fn format(lang: Lang, at: i64, options: &[(&str, &str)]) -> String {
    let format = Intl::DateTimeFormat::new(&locales(lang), &object(options)).format();
    call(&format, &JsValue::from_f64(at as f64))
}

fn yesterday(lang: Lang) -> String {
    let format = Intl::RelativeTimeFormat::new(&locales(lang), &object(&[("numeric", "auto")]));
    format.format(-1.0, "day").into()
}

fn locales(lang: Lang) -> Array {
    // British English: day before month and 24 hours, as the relays' users in Europe write.
    let tag = match lang {
        Lang::De => "de",
        Lang::En => "en-GB",
    };
    Array::of1(&JsValue::from_str(tag))
}

fn object(options: &[(&str, &str)]) -> Object {
    let object = Object::new();
    for (name, value) in options {
        // Setting a property of a fresh object cannot fail.
        let _ = Reflect::set(&object, &JsValue::from_str(name), &JsValue::from_str(value));
    }
    object
}

fn call(format: &Function, value: &JsValue) -> String {
    format.call1(&JsValue::UNDEFINED, value).ok().and_then(|text| text.as_string()).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_day_begins_at_local_midnight() {
        assert_eq!(day_number(0, 0), 0);
        assert_eq!(day_number(DAY - 1, 0), 0);
        assert_eq!(day_number(DAY - 3_600_000, 60), 1);
        assert_eq!(day_number(0, -60), -1);
    }

    #[test]
    fn days_are_said_by_their_distance() {
        assert_eq!(distance(10, 10), Distance::Today);
        assert_eq!(distance(11, 10), Distance::Today);
        assert_eq!(distance(9, 10), Distance::Yesterday);
        assert_eq!(distance(4, 10), Distance::ThisWeek);
        assert_eq!(distance(3, 10), Distance::Earlier);
    }
}
