//! Forms in the description of a business line: templates by name, and forms of one's own.

use std::collections::BTreeMap;

use kuvert_desk::form::{Choice, Field, FieldKind, Form};
use kuvert_desk::line::LineKind;
use kuvert_desk::request::{State, StatusFlow};
use kuvert_desk::retention::Days;
use kuvert_desk::templates;
use kuvert_desk::text::Text;
use serde::Deserialize;

use super::Failure;

/// A text by language.
type Said = BTreeMap<String, String>;

/// A form of one's own.
#[derive(Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub(super) struct OwnForm {
    id: String,
    title: Said,
    #[serde(default)]
    intro: Said,
    /// Names of states by language, from the first to the last; each can be skipped, and the last ends it.
    states: Vec<Said>,
    retention: Option<u16>,
    #[serde(default)]
    dispatch: bool,
    #[serde(rename = "field")]
    fields: Vec<OwnField>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
struct OwnField {
    id: String,
    kind: String,
    label: Said,
    #[serde(default)]
    help: Said,
    #[serde(default)]
    required: bool,
    min: Option<i64>,
    max: Option<i64>,
    #[serde(default)]
    unit: Said,
    /// For a consent.
    #[serde(default)]
    text: Said,
    #[serde(default)]
    several: bool,
    #[serde(default, rename = "option")]
    options: Vec<OwnOption>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct OwnOption {
    id: String,
    label: Said,
}

/// The forms that a description names and defines. What is wrong in them is judged by who publishes it.
pub(super) fn forms(
    kind: &str,
    names: &[String],
    own: Vec<OwnForm>,
    languages: &[String],
) -> Result<Vec<Form>, Failure> {
    let mut forms = Vec::new();
    // Several kinds of business have one of a name: that of the own kind is meant.
    let kinds = || LineKind::of_word(kind).into_iter().chain(LineKind::ALL);
    for name in names {
        let known = kinds().flat_map(templates::forms).find(|form| form.id == *name);
        forms.push(known.ok_or_else(|| unknown_template(name))?);
    }
    for form in own {
        forms.push(form.read(languages)?);
    }
    Ok(forms)
}

fn unknown_template(name: &str) -> Failure {
    let mut known: Vec<String> =
        LineKind::ALL.into_iter().flat_map(templates::forms).map(|form| form.id).collect();
    known.sort();
    known.dedup();
    Failure::Description {
        why: format!("forms: there is no template `{name}`; there are {}", known.join(", ")),
    }
}

/// The preferred language first.
fn text(said: Said, languages: &[String]) -> Text {
    let mut texts: Vec<_> = said.into_iter().collect();
    texts.sort_by_key(|(tag, _)| languages.iter().position(|known| known == tag).unwrap_or(languages.len()));
    Text(texts)
}

impl OwnForm {
    fn read(self, languages: &[String]) -> Result<Form, Failure> {
        let fields = self.fields.into_iter().map(|field| field.read(languages)).collect::<Result<_, _>>()?;
        Ok(Form {
            id: self.id,
            version: 1,
            title: text(self.title, languages),
            intro: text(self.intro, languages),
            fields,
            statuses: flow(self.states, languages),
            retention: self.retention.map(Days),
            dispatch: self.dispatch,
            capacity: None,
        })
    }
}

/// States one after the other: from each to every later one.
fn flow(states: Vec<Said>, languages: &[String]) -> StatusFlow {
    let last = states.len().saturating_sub(1);
    let places = || (0..=u8::MAX).take(last + 1);
    let ways = places().flat_map(|from| places().filter(move |to| *to > from).map(move |to| (from, to)));
    let state = |(at, said): (usize, Said)| State {
        id: format!("state-{}", at + 1),
        label: text(said, languages),
        is_final: at == last,
        erases: at == last,
    };
    StatusFlow { ways: ways.collect(), states: states.into_iter().enumerate().map(state).collect() }
}

impl OwnField {
    fn read(self, languages: &[String]) -> Result<Field, Failure> {
        let at_most = |most: i64| self.max.unwrap_or(most);
        let kind = match self.kind.as_str() {
            "text" => FieldKind::Text { max: small(at_most(120)), lines: 1 },
            "lines" => FieldKind::Text { max: small(at_most(1000)), lines: 10 },
            "choice" => {
                let option = |one: OwnOption| Choice { id: one.id, label: text(one.label, languages) };
                let options = self.options.into_iter().map(option).collect();
                FieldKind::Choice { options, several: self.several }
            }
            "number" => FieldKind::Number {
                min: self.min.unwrap_or(0),
                max: at_most(1000),
                unit: text(self.unit, languages),
            },
            "quantity" => FieldKind::Quantity { max: small(at_most(20)) },
            "day" => FieldKind::DateTime { date_only: true, slots: None },
            "time" => FieldKind::DateTime { date_only: false, slots: None },
            "place" => FieldKind::Place,
            "photo" => FieldKind::Photo { max: tiny(at_most(3)) },
            "file" => FieldKind::File { max: tiny(at_most(3)) },
            "pzn" => FieldKind::Pzn { max: tiny(at_most(10)), quantity: 20 },
            "consent" => FieldKind::Consent { text: text(self.text, languages) },
            other => {
                let why = format!(
                    "field `{}`: `{other}` is no kind; use text, lines, choice, number, quantity, day, time, place, \
                     photo, file, pzn or consent",
                    self.id
                );
                return Err(Failure::Description { why });
            }
        };
        let (label, help) = (text(self.label, languages), text(self.help, languages));
        Ok(Field { id: self.id, label, help, required: self.required, kind })
    }
}

/// What is larger than it can be is found fault with later.
fn small(number: i64) -> u16 {
    u16::try_from(number).unwrap_or(u16::MAX)
}

fn tiny(number: i64) -> u8 {
    u8::try_from(number).unwrap_or(u8::MAX)
}
