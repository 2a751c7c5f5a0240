//! Germany's public holidays by federal state, from [`MIN_YEAR`] on.
//!
//! A holiday is counted where a whole state keeps it by law. What holds in some communities only is not, unless it is
//! asked for by [`catholic_holidays`]: Assumption Day in Bavaria, and Corpus Christi in Saxony and Thuringia. Whether a
//! community is among them is for the line to know. Never counted: Augsburg's Peace Festival (8 August), half days such
//! as Christmas Eve, and that Hesse's law calls every Sunday a holiday.
//!
//! # Sources
//!
//! The holiday laws of the states, in the versions that were in force in 2025; Berlin's law of July 2024 for 8 May 2025 and
//! 17 June 2028. The law of a later year may add or take days: then this table changes.

use std::fmt;

use minicbor::{Decode, Encode};

use crate::time::{Date, MAX_YEAR, MIN_YEAR};

/// A federal state, by its code of ISO 3166-2.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Encode, Decode)]
#[cbor(index_only)]
pub enum State {
    /// Brandenburg.
    #[n(0)]
    Bb,
    /// Berlin.
    #[n(1)]
    Be,
    /// Baden-Württemberg.
    #[n(2)]
    Bw,
    /// Bavaria.
    #[n(3)]
    By,
    /// Bremen.
    #[n(4)]
    Hb,
    /// Hesse.
    #[n(5)]
    He,
    /// Hamburg.
    #[n(6)]
    Hh,
    /// Mecklenburg-Vorpommern.
    #[n(7)]
    Mv,
    /// Lower Saxony.
    #[n(8)]
    Ni,
    /// North Rhine-Westphalia.
    #[n(9)]
    Nw,
    /// Rhineland-Palatinate.
    #[n(10)]
    Rp,
    /// Schleswig-Holstein.
    #[n(11)]
    Sh,
    /// Saarland.
    #[n(12)]
    Sl,
    /// Saxony.
    #[n(13)]
    Sn,
    /// Saxony-Anhalt.
    #[n(14)]
    St,
    /// Thuringia.
    #[n(15)]
    Th,
}

impl State {
    /// All of them, sorted by code.
    pub const ALL: [Self; 16] = [
        Self::Bb,
        Self::Be,
        Self::Bw,
        Self::By,
        Self::Hb,
        Self::He,
        Self::Hh,
        Self::Mv,
        Self::Ni,
        Self::Nw,
        Self::Rp,
        Self::Sh,
        Self::Sl,
        Self::Sn,
        Self::St,
        Self::Th,
    ];

    /// The code of ISO 3166-2, such as `DE-BY`.
    pub const fn code(self) -> &'static str {
        match self {
            Self::Bb => "DE-BB",
            Self::Be => "DE-BE",
            Self::Bw => "DE-BW",
            Self::By => "DE-BY",
            Self::Hb => "DE-HB",
            Self::He => "DE-HE",
            Self::Hh => "DE-HH",
            Self::Mv => "DE-MV",
            Self::Ni => "DE-NI",
            Self::Nw => "DE-NW",
            Self::Rp => "DE-RP",
            Self::Sh => "DE-SH",
            Self::Sl => "DE-SL",
            Self::Sn => "DE-SN",
            Self::St => "DE-ST",
            Self::Th => "DE-TH",
        }
    }

    /// The state with a code of ISO 3166-2, in upper case.
    pub fn parse(code: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|state| state.code() == code)
    }

    const fn bit(self) -> u16 {
        1 << self as u16
    }
}

impl fmt::Display for State {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.code())
    }
}

/// A public holiday.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Holiday {
    /// Neujahr.
    NewYear,
    /// Heilige Drei Könige.
    Epiphany,
    /// Internationaler Frauentag.
    WomensDay,
    /// Karfreitag.
    GoodFriday,
    /// Ostersonntag.
    EasterSunday,
    /// Ostermontag.
    EasterMonday,
    /// Tag der Arbeit.
    LabourDay,
    /// Tag der Befreiung, in Berlin in 2020 and 2025.
    LiberationDay,
    /// Christi Himmelfahrt.
    Ascension,
    /// Pfingstsonntag.
    WhitSunday,
    /// Pfingstmontag.
    WhitMonday,
    /// Fronleichnam.
    CorpusChristi,
    /// Jahrestag des Aufstandes vom 17. Juni 1953, in Berlin in 2028.
    UprisingDay,
    /// Mariä Himmelfahrt.
    Assumption,
    /// Weltkindertag.
    ChildrensDay,
    /// Tag der Deutschen Einheit.
    UnityDay,
    /// Reformationstag.
    ReformationDay,
    /// Allerheiligen.
    AllSaints,
    /// Buß- und Bettag.
    RepentanceDay,
    /// Erster Weihnachtstag.
    ChristmasDay,
    /// Zweiter Weihnachtstag.
    SecondChristmasDay,
}

/// Which day of a year.
#[derive(Clone, Copy)]
enum Day {
    /// Month and day.
    Fixed(u8, u8),
    /// Days after Easter Sunday.
    Easter(i8),
    /// The Wednesday before 23 November.
    Repentance,
}

/// Who keeps a holiday, and in which years.
struct Rule {
    holiday: Holiday,
    day: Day,
    states: u16,
    first: u16,
    last: u16,
}

const EVERYWHERE: u16 = u16::MAX;
const BERLIN: u16 = State::Be.bit();
const EPIPHANY: u16 = State::Bw.bit() | State::By.bit() | State::St.bit();
const ALL_SAINTS: u16 =
    State::Bw.bit() | State::By.bit() | State::Nw.bit() | State::Rp.bit() | State::Sl.bit();
const CORPUS_CHRISTI: u16 = ALL_SAINTS | State::He.bit();
const REFORMATION: u16 =
    State::Bb.bit() | State::Mv.bit() | State::Sn.bit() | State::St.bit() | State::Th.bit();
const REFORMATION_NORTH: u16 = State::Hb.bit() | State::Hh.bit() | State::Ni.bit() | State::Sh.bit();

const fn always(holiday: Holiday, day: Day, states: u16) -> Rule {
    since(holiday, day, states, MIN_YEAR)
}

const fn since(holiday: Holiday, day: Day, states: u16, first: u16) -> Rule {
    Rule { holiday, day, states, first, last: MAX_YEAR }
}

const fn once(holiday: Holiday, day: Day, states: u16, year: u16) -> Rule {
    Rule { holiday, day, states, first: year, last: year }
}

const RULES: [Rule; 25] = [
    always(Holiday::NewYear, Day::Fixed(1, 1), EVERYWHERE),
    always(Holiday::Epiphany, Day::Fixed(1, 6), EPIPHANY),
    since(Holiday::WomensDay, Day::Fixed(3, 8), BERLIN, 2019),
    since(Holiday::WomensDay, Day::Fixed(3, 8), State::Mv.bit(), 2023),
    always(Holiday::GoodFriday, Day::Easter(-2), EVERYWHERE),
    always(Holiday::EasterSunday, Day::Easter(0), State::Bb.bit()),
    always(Holiday::EasterMonday, Day::Easter(1), EVERYWHERE),
    always(Holiday::LabourDay, Day::Fixed(5, 1), EVERYWHERE),
    once(Holiday::LiberationDay, Day::Fixed(5, 8), BERLIN, 2020),
    once(Holiday::LiberationDay, Day::Fixed(5, 8), BERLIN, 2025),
    always(Holiday::Ascension, Day::Easter(39), EVERYWHERE),
    always(Holiday::WhitSunday, Day::Easter(49), State::Bb.bit()),
    always(Holiday::WhitMonday, Day::Easter(50), EVERYWHERE),
    always(Holiday::CorpusChristi, Day::Easter(60), CORPUS_CHRISTI),
    once(Holiday::UprisingDay, Day::Fixed(6, 17), BERLIN, 2028),
    always(Holiday::Assumption, Day::Fixed(8, 15), State::Sl.bit()),
    since(Holiday::ChildrensDay, Day::Fixed(9, 20), State::Th.bit(), 2019),
    always(Holiday::UnityDay, Day::Fixed(10, 3), EVERYWHERE),
    always(Holiday::ReformationDay, Day::Fixed(10, 31), REFORMATION),
    // 500 years after the theses of Wittenberg.
    once(Holiday::ReformationDay, Day::Fixed(10, 31), EVERYWHERE & !REFORMATION, 2017),
    since(Holiday::ReformationDay, Day::Fixed(10, 31), REFORMATION_NORTH, 2018),
    always(Holiday::AllSaints, Day::Fixed(11, 1), ALL_SAINTS),
    always(Holiday::RepentanceDay, Day::Repentance, State::Sn.bit()),
    always(Holiday::ChristmasDay, Day::Fixed(12, 25), EVERYWHERE),
    always(Holiday::SecondChristmasDay, Day::Fixed(12, 26), EVERYWHERE),
];

/// What some communities keep, where most people are Catholic.
const CATHOLIC: [Rule; 2] = [
    always(Holiday::CorpusChristi, Day::Easter(60), State::Sn.bit() | State::Th.bit()),
    always(Holiday::Assumption, Day::Fixed(8, 15), State::By.bit()),
];

/// The days that a whole state keeps in a year, in their order. Empty for a year that is not known.
///
/// Two may fall on one day: Ascension Day was 1 May in 2008.
pub fn holidays(state: State, year: u16) -> Vec<(Date, Holiday)> {
    kept(&RULES, state, year)
}

/// The days that only those communities of a state keep in which most people are Catholic, beside [`holidays`]. Only
/// Bavaria, Saxony and Thuringia have such.
pub fn catholic_holidays(state: State, year: u16) -> Vec<(Date, Holiday)> {
    kept(&CATHOLIC, state, year)
}

fn kept(rules: &[Rule], state: State, year: u16) -> Vec<(Date, Holiday)> {
    let holds = |rule: &&Rule| rule.states & state.bit() != 0 && (rule.first..=rule.last).contains(&year);
    let mut kept: Vec<(Date, Holiday)> = Vec::new();
    for rule in rules.iter().filter(holds) {
        if let Some(date) = day_in(rule.day, year) {
            let entry = (date, rule.holiday);
            kept.insert(kept.partition_point(|earlier| *earlier < entry), entry);
        }
    }
    kept
}

fn day_in(day: Day, year: u16) -> Option<Date> {
    match day {
        Day::Fixed(month, day) => Date::new(year, month, day),
        Day::Easter(after) => Some(easter(year)?.plus_days(i32::from(after))),
        Day::Repentance => {
            let last = Date::new(year, 11, 22)?;
            // Wednesday is two days after Monday.
            Some(last.plus_days(-((last.weekday().index() as i32 + 5) % 7)))
        }
    }
}

/// Easter Sunday of the Gregorian calendar: the "anonymous" computus, published in Nature in 1876.
fn easter(year: u16) -> Option<Date> {
    let (golden, century, of_century) = (year % 19, year / 100, year % 100);
    let moon = (century + 8) / 25;
    let epact = (19 * golden + century - century / 4 - (century - moon + 1) / 3 + 15) % 30;
    let weekday = (32 + 2 * (century % 4) + 2 * (of_century / 4) - epact - of_century % 4) % 7;
    let late = (golden + 11 * epact + 22 * weekday) / 451;
    let from_march = epact + weekday + 114 - 7 * late;
    Date::new(year, u8::try_from(from_march / 31).ok()?, u8::try_from(from_march % 31 + 1).ok()?)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn shown(days: &[(Date, Holiday)]) -> Vec<(String, Holiday)> {
        days.iter().map(|(date, holiday)| (date.to_string()[5..].to_owned(), *holiday)).collect()
    }

    /// States that keep a holiday in a year, by the letters of their codes.
    fn keepers(holiday: Holiday, year: u16) -> String {
        let keeps = |state: &State| holidays(*state, year).iter().any(|(_, kept)| *kept == holiday);
        let codes: Vec<&str> =
            State::ALL.iter().filter(|state| keeps(state)).map(|s| &s.code()[3..]).collect();
        codes.join(" ")
    }

    #[test]
    fn easter_is_where_the_church_has_it() {
        for (year, month, day) in [
            (1996, 4, 7),
            (2008, 3, 23),
            (2011, 4, 24),
            (2019, 4, 21),
            (2024, 3, 31),
            (2025, 4, 20),
            (2026, 4, 5),
            (2027, 3, 28),
            (2038, 4, 25),
            (2049, 4, 18),
            (2076, 4, 19),
            (2160, 3, 23),
            (2199, 4, 14),
        ] {
            assert_eq!(easter(year), Date::new(year, month, day), "{year}");
        }
        assert!((MIN_YEAR..=MAX_YEAR).all(|year| easter(year).is_some_and(|day| day.weekday().index() == 6)));
    }

    #[test]
    fn north_rhine_westphalia_keeps_eleven_days_in_2026() {
        use Holiday as H;
        let expected = [
            ("01-01", H::NewYear),
            ("04-03", H::GoodFriday),
            ("04-06", H::EasterMonday),
            ("05-01", H::LabourDay),
            ("05-14", H::Ascension),
            ("05-25", H::WhitMonday),
            ("06-04", H::CorpusChristi),
            ("10-03", H::UnityDay),
            ("11-01", H::AllSaints),
            ("12-25", H::ChristmasDay),
            ("12-26", H::SecondChristmasDay),
        ];
        assert_eq!(
            shown(&holidays(State::Nw, 2026)),
            expected.map(|(day, holiday)| (day.to_owned(), holiday)),
        );
    }

    #[test]
    fn every_state_keeps_as_many_days_as_its_law_names() {
        let counts = |year| State::ALL.map(|state| holidays(state, year).len());
        // BB BE BW BY HB HE HH MV NI NW RP SH SL SN ST TH
        assert_eq!(counts(2026), [12, 10, 12, 12, 10, 10, 10, 11, 10, 11, 11, 10, 12, 11, 11, 11]);
        assert_eq!(counts(2017), [12, 10, 13, 13, 10, 11, 10, 10, 10, 12, 12, 10, 13, 11, 11, 10]);
        assert_eq!(counts(2016), [12, 9, 12, 12, 9, 10, 9, 10, 9, 11, 11, 9, 12, 11, 11, 10]);
        assert_eq!((counts(MIN_YEAR - 1), counts(MAX_YEAR + 1)), ([0; 16], [0; 16]));
    }

    #[test]
    fn what_only_some_states_keep_is_kept_there_and_since_then() {
        use Holiday as H;
        let all = State::ALL.map(|state| &state.code()[3..]).join(" ");
        for (holiday, year, expected) in [
            (H::Epiphany, 2026, "BW BY ST"),
            (H::WomensDay, 2018, ""),
            (H::WomensDay, 2022, "BE"),
            (H::WomensDay, 2023, "BE MV"),
            (H::EasterSunday, 2026, "BB"),
            (H::WhitSunday, 2026, "BB"),
            (H::LiberationDay, 2020, "BE"),
            (H::LiberationDay, 2021, ""),
            (H::LiberationDay, 2025, "BE"),
            (H::UprisingDay, 2028, "BE"),
            (H::UprisingDay, 2029, ""),
            (H::CorpusChristi, 2026, "BW BY HE NW RP SL"),
            (H::Assumption, 2026, "SL"),
            (H::ChildrensDay, 2018, ""),
            (H::ChildrensDay, 2019, "TH"),
            (H::ReformationDay, 2016, "BB MV SN ST TH"),
            (H::ReformationDay, 2017, all.as_str()),
            (H::ReformationDay, 2018, "BB HB HH MV NI SH SN ST TH"),
            (H::AllSaints, 2026, "BW BY NW RP SL"),
            (H::RepentanceDay, 2026, "SN"),
        ] {
            assert_eq!(keepers(holiday, year), expected, "{holiday:?} in {year}");
        }
    }

    #[test]
    fn what_only_catholic_communities_keep_is_told_apart() {
        let by = |state| shown(&catholic_holidays(state, 2026));
        assert_eq!(by(State::By), [("08-15".to_owned(), Holiday::Assumption)]);
        assert_eq!(by(State::Sn), [("06-04".to_owned(), Holiday::CorpusChristi)]);
        assert_eq!(by(State::Th), by(State::Sn));
        assert_eq!(State::ALL.iter().filter(|state| !by(**state).is_empty()).count(), 3);
    }

    #[test]
    fn repentance_day_is_the_wednesday_before_the_last_sunday_of_the_church_year() {
        for (year, day) in [(2016, 16), (2017, 22), (2023, 22), (2024, 20), (2025, 19), (2026, 18)] {
            assert_eq!(day_in(Day::Repentance, year), Date::new(year, 11, day), "{year}");
        }
    }

    #[test]
    fn two_holidays_may_fall_on_one_day() {
        let first_of_may = Date::new(2008, 5, 1);
        let all = holidays(State::He, 2008);
        let kept: Vec<Holiday> =
            all.iter().filter(|(day, _)| Some(*day) == first_of_may).map(|(_, h)| *h).collect();
        assert_eq!(kept, [Holiday::LabourDay, Holiday::Ascension]);
        assert!(all.is_sorted());
    }

    #[test]
    fn a_state_is_told_by_its_code_and_encoded_as_its_place_in_their_order() {
        for (at, state) in State::ALL.into_iter().enumerate() {
            assert_eq!(State::parse(&state.to_string()), Some(state));
            let encoded = [u8::try_from(at).expect("small")];
            assert_eq!(kuvert_wire::encode(&state), encoded);
            assert_eq!(kuvert_wire::decode(&encoded, 1), Ok(state));
        }
        assert!(State::ALL.is_sorted_by_key(|state| state.code()));
        for unknown in ["", "BY", "DE-XX", "de-by", "DE-BYX"] {
            assert_eq!(State::parse(unknown), None, "{unknown}");
        }
        assert!(kuvert_wire::decode::<State>(&[16], 1).is_err());
    }
}
