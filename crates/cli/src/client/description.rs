//! The description of a business line in a file, as its owner writes it.

use std::path::Path;

use kuvert_view::{GuardKind, ImprintDraft, LineDraft};
use serde::Deserialize;

use super::Failure;
use super::description_form::{self, OwnForm};

/// Largest file.
const MAX_FILE: u64 = 256 * 1024;

/// A description that can be filled in.
pub(super) const EXAMPLE: &str = r#"# What customers see of the line. Texts stand for each language that the line speaks.

# pharmacy, bank, cinema, restaurant, taxi, practice, authority or other
kind = "other"
languages = ["de", "en"]
# Templates of forms: pre-order, appointment, tickets, table, ride, call-back
forms = ["call-back"]
# Days for which a conversation stays after it is done.
retention = 30
# What is warned of before it is sent: iban, payment-card, health-insurance, tax-id. E-prescriptions are always refused.
guard = ["iban", "payment-card"]
# Customers are asked how satisfied they were when a conversation is done.
satisfaction = false
# In how many minutes of opening hours customers are to be answered; later, the desk says that they wait too long.
answer-within = 120
# team: everybody in the team reads what customers write; who-answers: only who looks after a conversation does, and who leads
# the team (owners and supervisors). The devices of others are not in it then.
readers = "team"

# Who is behind the line, as section 5 DDG demands; which entries are needed depends on kind and legal form.
[imprint]
name = "Muster"
# person, merchant, gbr, ohg, kg, gmbh-co-kg, partg, gmbh, ug, ag, eg, association, public-body or other
legal-form = "person"
street = "Hauptstraße 1"
zip = "12345"
city = "Musterstadt"
country = "DE"
email = "post@example.org"
# Another way to be reached quickly: a telephone number, for one.
contact = "+49 30 0000000"
# representative, register, register-number, vat-id, authority, chamber, profession, awarded-in, rules, rules-at

# What is done with personal data (Art. 13 GDPR). Have it checked by somebody who knows.
[privacy]
de = "Wer verantwortlich ist, steht im Impressum. Was Sie schreiben, liest nur unser Team."
en = "Who is responsible is said in the imprint. Only our team reads what you write."

[greeting]
de = "Guten Tag! Wie können wir helfen?"
en = "Hello! How can we help?"

[away]
de = "Gerade ist niemand da. Wir antworten, sobald wir wieder öffnen."
en = "Nobody is here right now. We answer as soon as we open."

# A form of one's own, beside the templates above. Kinds of fields: text, lines, choice, number, quantity, day, time, place, photo, file, pzn, consent.
[[form]]
id = "blood-pressure"
title = { de = "Blutdruck messen", en = "Blood pressure" }
states = [{ de = "Eingegangen", en = "Received" }, { de = "Bestätigt", en = "Confirmed" }, { de = "Erledigt", en = "Done" }]
retention = 7

[[form.field]]
id = "day"
kind = "day"
label = { de = "An welchem Tag?", en = "On which day?" }
required = true

[[form.field]]
id = "when"
kind = "choice"
label = { de = "Wann?", en = "When?" }
option = [
  { id = "morning", label = { de = "Vormittags", en = "In the morning" } },
  { id = "afternoon", label = { de = "Nachmittags", en = "In the afternoon" } },
]

# Hours of each day as from-to, several parted by commas; without a day, it is closed.
[hours]
monday = "08:00-12:30, 14:00-18:00"
tuesday = "08:00-12:30, 14:00-18:00"
wednesday = "08:00-12:30"
thursday = "08:00-12:30, 14:00-18:00"
friday = "08:00-18:00"
# Closed on the public holidays of this federal state.
holidays = "DE-BE"
"#;

/// Who reads what customers write.
#[derive(Clone, Copy, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case")]
enum Readers {
    #[default]
    Team,
    WhoAnswers,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
struct Description {
    kind: String,
    languages: Vec<String>,
    retention: u16,
    #[serde(default)]
    guard: Vec<String>,
    #[serde(default)]
    satisfaction: bool,
    answer_within: Option<u16>,
    #[serde(default)]
    readers: Readers,
    imprint: Entries,
    privacy: Said,
    #[serde(default)]
    greeting: Said,
    #[serde(default)]
    away: Said,
    hours: Option<Days>,
    #[serde(default)]
    forms: Vec<String>,
    #[serde(default, rename = "form")]
    own_forms: Vec<OwnForm>,
}

/// A text by language, in the order of the languages' tags.
type Said = std::collections::BTreeMap<String, String>;

#[derive(Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
struct Entries {
    name: String,
    legal_form: String,
    #[serde(default)]
    representative: String,
    street: String,
    zip: String,
    city: String,
    country: String,
    email: String,
    #[serde(default)]
    contact: String,
    #[serde(default)]
    register: String,
    #[serde(default)]
    register_number: String,
    #[serde(default)]
    vat_id: String,
    #[serde(default)]
    authority: String,
    #[serde(default)]
    chamber: String,
    #[serde(default)]
    profession: String,
    #[serde(default)]
    awarded_in: String,
    #[serde(default)]
    rules: String,
    #[serde(default)]
    rules_at: String,
}

#[derive(Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
struct Days {
    monday: String,
    tuesday: String,
    wednesday: String,
    thursday: String,
    friday: String,
    saturday: String,
    sunday: String,
    holidays: Option<String>,
}

/// Reads a description. What it says is judged by who publishes it.
pub(super) fn read(file: &Path) -> Result<LineDraft, Failure> {
    let size = std::fs::metadata(file).map_err(Failure::System)?.len();
    if size > MAX_FILE {
        return Err(Failure::Description { why: format!("it has more than {MAX_FILE} bytes") });
    }
    parse(&std::fs::read_to_string(file).map_err(Failure::System)?)
}

fn parse(text: &str) -> Result<LineDraft, Failure> {
    let read: Description =
        toml::from_str(text).map_err(|error| Failure::Description { why: error.to_string() })?;
    let hours = read.hours.as_ref();
    let forms = description_form::forms(&read.kind, &read.forms, read.own_forms, &read.languages)?;
    Ok(LineDraft {
        kind: read.kind,
        imprint: imprint(read.imprint),
        privacy: texts(read.privacy, &read.languages),
        greeting: texts(read.greeting, &read.languages),
        away: texts(read.away, &read.languages),
        week: hours.map_or(Ok(Vec::new()), week)?,
        state: read.hours.and_then(|hours| hours.holidays),
        retention: read.retention,
        forms,
        languages: read.languages,
        asks_satisfaction: read.satisfaction,
        answer_within: read.answer_within,
        is_read_by_some: read.readers == Readers::WhoAnswers,
        guard: read.guard.iter().map(|word| guard_kind(word)).collect::<Result<_, _>>()?,
    })
}

fn guard_kind(word: &str) -> Result<GuardKind, Failure> {
    let found = GuardKind::ASKED.iter().find(|(known, _)| *known == word).map(|(_, kind)| *kind);
    found.ok_or_else(|| {
        let words = GuardKind::ASKED.map(|(word, _)| word).join(", ");
        Failure::Description { why: format!("guard: `{word}` is none; choose from {words}") }
    })
}

/// The preferred language first: its text stands in for languages that are missing.
fn texts(said: Said, languages: &[String]) -> kuvert_view::Texts {
    let mut texts: Vec<_> = said.into_iter().collect();
    let place = |tag: &String| languages.iter().position(|known| known == tag).unwrap_or(languages.len());
    texts.sort_by_key(|(tag, _)| place(tag));
    texts
}

fn imprint(entries: Entries) -> ImprintDraft {
    ImprintDraft {
        name: entries.name,
        legal_form: entries.legal_form,
        representative: entries.representative,
        street: entries.street,
        zip: entries.zip,
        city: entries.city,
        country: entries.country,
        email: entries.email,
        contact: entries.contact,
        register: entries.register,
        register_number: entries.register_number,
        vat_id: entries.vat_id,
        authority: entries.authority,
        chamber: entries.chamber,
        profession: entries.profession,
        awarded_in: entries.awarded_in,
        rules: entries.rules,
        rules_at: entries.rules_at,
    }
}

fn week(days: &Days) -> Result<Vec<Vec<(u16, u16)>>, Failure> {
    [&days.monday, &days.tuesday, &days.wednesday, &days.thursday, &days.friday, &days.saturday, &days.sunday]
        .into_iter()
        .map(|day| day.split(',').map(str::trim).filter(|span| !span.is_empty()).map(span).collect())
        .collect()
}

fn span(text: &str) -> Result<(u16, u16), Failure> {
    let minutes = |time: &str| {
        let (hours, minutes) = time.trim().split_once(':')?;
        let (hours, minutes): (u16, u16) = (hours.parse().ok()?, minutes.parse().ok()?);
        (hours <= 24 && minutes < 60).then_some(hours * 60 + minutes)
    };
    let read = text.split_once('-').and_then(|(from, to)| Some((minutes(from)?, minutes(to)?)));
    read.ok_or_else(|| Failure::Description { why: format!("hours: write `{text}` like 08:00-12:30") })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_example_is_read_as_it_says() {
        let draft = parse(EXAMPLE).expect("reads");
        assert_eq!(draft.week.len(), 7);
        assert_eq!(draft.week[0], [(480, 750), (840, 1080)]);
        assert!(draft.week[6].is_empty());
        let forms: Vec<_> = draft.forms.iter().map(|form| form.id.as_str()).collect();
        assert_eq!(forms, ["call-back", "blood-pressure"]);
        assert!(draft.forms.iter().all(|form| form.check().is_empty()), "{:?}", draft.forms[1].check());
        assert_eq!(draft.greeting[0].0, "de");
        assert_eq!(draft.state.as_deref(), Some("DE-BE"));
    }

    #[test]
    fn a_form_that_is_none_is_said_to_be() {
        let with = |line: &str| EXAMPLE.replace("forms = [\"call-back\"]", line);
        assert!(matches!(parse(&with("forms = [\"none\"]")), Err(Failure::Description { .. })));
        let text = EXAMPLE.replace("kind = \"day\"", "kind = \"week\"");
        assert!(matches!(parse(&text), Err(Failure::Description { .. })));
    }

    #[test]
    fn hours_that_are_none_are_said_to_be() {
        for bad in ["8-12", "08:00", "25:00-26:00", "08:61-09:00"] {
            assert!(matches!(span(bad), Err(Failure::Description { .. })), "{bad}");
        }
    }
}
