//! Whether answers fit their form.

use super::limits::{
    MAX_ANSWERS, MAX_FIELDS, MAX_PLACE, MAX_PRODUCT, MAX_SLOT, MAX_SLUG, MAX_YEAR, MIN_YEAR,
};
use super::{Answer, Answers, Choice, Field, FieldKind, Form, Product, Value, When, consent_hash};
use crate::text::is_line;

/// What is wrong with an answer.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("`{field}`: {todo}")]
pub struct AnswerFault {
    /// Names the field; empty if it is about all of them.
    pub field: String,
    /// What to do about it.
    pub todo: Todo,
}

/// What to do so that an answer fits.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Todo {
    /// The answers are for another form, or for another version of it.
    #[error("fill in the form that the line has now")]
    FillInAgain,
    /// All answers together have too many bytes.
    #[error("shorten the longest answers")]
    ShortenAll,
    /// The form has no such field.
    #[error("leave this out; the form does not ask for it")]
    LeaveOut,
    /// The field was answered more than once.
    #[error("answer this once")]
    Once,
    /// An answer is needed.
    #[error("fill this in")]
    FillIn,
    /// The answer is of another kind than the field.
    #[error("answer this again")]
    AnswerAgain,
    /// The field is of a kind that this version does not know.
    #[error("update Kuvert, or write to the line without the form")]
    Update,
    /// A text is too long.
    #[error("use at most {0} characters")]
    Characters(usize),
    /// A text has too many lines.
    #[error("use at most {0} lines")]
    Lines(usize),
    /// A text has characters that cannot be seen.
    #[error("take out invisible characters")]
    Visible,
    /// Something else than one of the options.
    #[error("choose from the options")]
    FromOptions,
    /// More than one option.
    #[error("choose one option")]
    One,
    /// A number or quantity outside of its range.
    #[error("give a number from {min} to {max}")]
    Between {
        /// Smallest.
        min: i64,
        /// Largest.
        max: i64,
    },
    /// There is no such day, or none that can be asked for.
    #[error("choose a day between the years {MIN_YEAR} and {MAX_YEAR}")]
    Day,
    /// The time of day is missing, or is none.
    #[error("choose a time of day")]
    Time,
    /// No slot was chosen, or none can be.
    #[error("choose one of the times offered")]
    Slot,
    /// There is no such place on earth.
    #[error("choose the place again")]
    Position,
    /// Pictures or files that are not in the message, or twice.
    #[error("attach the files again")]
    Attach,
    /// Too many pictures, files or products.
    #[error("keep at most {0}")]
    Most(usize),
    /// A product without number and name.
    #[error("give the number or the name of each product")]
    Product,
    /// The text was not shown as it stands in the form.
    #[error("read the text and agree again")]
    Agree,
}

impl Form {
    /// Holds answers against the form, in a message that brings so many `attachments`.
    ///
    /// # Errors
    /// All that is wrong, in the order of the form's fields.
    pub fn validate(&self, answers: &Answers, attachments: usize) -> Result<(), Vec<AnswerFault>> {
        let whole = |todo| AnswerFault { field: String::new(), todo };
        if answers.form != self.id || answers.version != self.version {
            return Err(vec![whole(Todo::FillInAgain)]);
        }
        let mut faults = Vec::new();
        if answers.values.len() > MAX_FIELDS || answers.encode().len() > MAX_ANSWERS {
            faults.push(whole(Todo::ShortenAll));
        }
        for field in &self.fields {
            let mut values = answers.values.iter().filter(|answer| answer.field == field.id);
            let todo = match (values.next(), values.next()) {
                (Some(answer), None) => field.validate(&answer.value, attachments).err(),
                (Some(_), Some(_)) => Some(Todo::Once),
                (None, _) if !field.required => None,
                (None, _) if field.kind == FieldKind::Later => Some(Todo::Update),
                (None, _) => Some(Todo::FillIn),
            };
            faults.extend(todo.map(|todo| AnswerFault { field: field.id.clone(), todo }));
        }
        faults
            .extend(answers.values.iter().filter(|answer| self.field(&answer.field).is_none()).map(surplus));
        if faults.is_empty() { Ok(()) } else { Err(faults) }
    }
}

/// What to do about the answer to a field that the form does not have. Its name is anything that somebody wrote.
fn surplus(answer: &Answer) -> AnswerFault {
    let name = answer.field.chars().take(MAX_SLUG).filter(|c| !c.is_control()).collect();
    AnswerFault { field: name, todo: Todo::LeaveOut }
}

impl Field {
    fn validate(&self, value: &Value, attachments: usize) -> Result<(), Todo> {
        match (&self.kind, value) {
            (FieldKind::Text { max, lines }, Value::Text(text)) => {
                text_fits(text, usize::from(*max), usize::from(*lines))
            }
            (FieldKind::Choice { options, several }, Value::Choice(chosen)) => {
                choice_fits(chosen, options, *several)
            }
            (FieldKind::Number { min, max, .. }, Value::Number(number)) => between(*number, *min, *max),
            (FieldKind::Quantity { max }, Value::Quantity(quantity)) => {
                between(i64::from(*quantity), 1, i64::from(*max))
            }
            (FieldKind::DateTime { date_only, slots }, Value::When(when)) => {
                when_fits(when, *date_only, slots.is_some())
            }
            (FieldKind::Place, Value::Place(text, position)) => {
                if position.is_some_and(|position| !position.is_valid()) {
                    return Err(Todo::Position);
                }
                text_fits(text, MAX_PLACE, 1)
            }
            (FieldKind::Photo { max } | FieldKind::File { max }, Value::Attachments(indices)) => {
                attachments_fit(indices, usize::from(*max), attachments)
            }
            (FieldKind::Pzn { max, quantity }, Value::Products(products)) => {
                products_fit(products, usize::from(*max), *quantity)
            }
            (FieldKind::Consent { text }, Value::Consent { language, hash }) => {
                let shown = text.0.iter().find(|(own, _)| own == language);
                let is_shown = shown.is_some_and(|(_, text)| consent_hash(text) == *hash);
                is_shown.then_some(()).ok_or(Todo::Agree)
            }
            (FieldKind::Later, _) | (_, Value::Later) => Err(Todo::Update),
            _ => Err(Todo::AnswerAgain),
        }
    }
}

fn text_fits(text: &str, most: usize, lines: usize) -> Result<(), Todo> {
    if text.trim().is_empty() {
        return Err(Todo::FillIn);
    }
    if text.chars().count() > most {
        return Err(Todo::Characters(most));
    }
    if text.split('\n').count() > lines {
        return Err(Todo::Lines(lines));
    }
    // Marks of direction are part of some languages; where they could mislead, they are taken out when shown.
    if text.chars().all(|c| !c.is_control() || c == '\n') { Ok(()) } else { Err(Todo::Visible) }
}

fn choice_fits(chosen: &[String], options: &[Choice], several: bool) -> Result<(), Todo> {
    match chosen {
        [] => return Err(Todo::FillIn),
        [_, _, ..] if !several => return Err(Todo::One),
        _ => {}
    }
    let is_option = |id: &String| options.iter().any(|option| option.id == *id);
    if chosen.len() > options.len() || has_twice(chosen) || !chosen.iter().all(is_option) {
        return Err(Todo::FromOptions);
    }
    Ok(())
}

fn between(number: i64, min: i64, max: i64) -> Result<(), Todo> {
    if (min..=max).contains(&number) { Ok(()) } else { Err(Todo::Between { min, max }) }
}

fn when_fits(when: &When, date_only: bool, has_slots: bool) -> Result<(), Todo> {
    if !when.day.is_valid() {
        return Err(Todo::Day);
    }
    match (when.minute, date_only) {
        (Some(0..=1439), false) | (None, true) => {}
        // A slot says by itself when it is.
        (None, false) if has_slots => {}
        _ => return Err(Todo::Time),
    }
    match &when.slot {
        None if !has_slots => Ok(()),
        Some(slot) if has_slots && is_line(slot, MAX_SLOT) => Ok(()),
        _ => Err(Todo::Slot),
    }
}

fn attachments_fit(indices: &[u8], most: usize, attachments: usize) -> Result<(), Todo> {
    match indices.len() {
        0 => return Err(Todo::FillIn),
        count if count > most => return Err(Todo::Most(most)),
        _ => {}
    }
    let all_there = indices.iter().all(|index| usize::from(*index) < attachments);
    if all_there && !has_twice(indices) { Ok(()) } else { Err(Todo::Attach) }
}

fn products_fit(products: &[Product], most: usize, quantity: u16) -> Result<(), Todo> {
    match products.len() {
        0 => return Err(Todo::FillIn),
        count if count > most => return Err(Todo::Most(most)),
        _ => {}
    }
    for product in products {
        match (product.pzn, product.name.trim()) {
            (None, "") => return Err(Todo::Product),
            (Some(_), "") => {}
            _ => text_fits(&product.name, MAX_PRODUCT, 1)?,
        }
        between(i64::from(product.quantity), 1, i64::from(quantity))?;
    }
    Ok(())
}

/// For a handful of things only.
fn has_twice<T: PartialEq>(all: &[T]) -> bool {
    all.iter().enumerate().any(|(index, one)| all[..index].contains(one))
}
