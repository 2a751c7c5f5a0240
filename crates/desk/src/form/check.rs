//! What is wrong with a form, for who builds it.

use super::limits::{
    MAX_ANSWER, MAX_ATTACHMENTS, MAX_CONSENT, MAX_DAYS, MAX_FIELDS, MAX_FORM, MAX_HELP, MAX_INTRO, MAX_LABEL,
    MAX_LINES, MAX_NUMBER, MAX_OPTIONS, MAX_PRODUCTS, MAX_QUANTITY, MAX_SLUG, MAX_UNIT,
};
use super::{Choice, Field, FieldKind, Form, is_slug};
use crate::request::FlowFault;
use crate::text::{Shape, Text, TextFault};

/// What is wrong with a form, and what to do.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum FormFault {
    /// Its id names nothing.
    #[error("give the form an id of up to {MAX_SLUG} small letters, digits and hyphens")]
    Id,
    /// Versions count from 1.
    #[error("count versions from 1")]
    Version,
    /// Its title.
    #[error("title: {0}")]
    Title(TextFault),
    /// Its introduction.
    #[error("introduction: {0}")]
    Intro(TextFault),
    /// It asks nothing.
    #[error("add a field")]
    NoField,
    /// It asks too much.
    #[error("keep at most {MAX_FIELDS} fields")]
    TooManyFields,
    /// One of its fields.
    #[error("field {} (`{id}`): {fault}", index + 1)]
    Field {
        /// Which one, from 0.
        index: usize,
        /// Its id, perhaps a bad one.
        id: String,
        /// What is wrong with it.
        fault: FieldFault,
    },
    /// Where its requests can stand.
    #[error("states: {0}")]
    Statuses(FlowFault),
    /// Requests are kept for too long.
    #[error("keep requests for at most {MAX_DAYS} days")]
    Retention,
    /// All of it together.
    #[error("shorten the texts: the form has {0} bytes, and {MAX_FORM} are allowed")]
    TooLarge(usize),
}

/// What is wrong with a field, and what to do.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum FieldFault {
    /// Its id names nothing.
    #[error("give it an id of up to {MAX_SLUG} small letters, digits and hyphens")]
    Id,
    /// Another field has its id.
    #[error("another field has this id; choose another one")]
    IdTwice,
    /// What it asks.
    #[error("label: {0}")]
    Label(TextFault),
    /// How to answer.
    #[error("help: {0}")]
    Help(TextFault),
    /// Length of a text.
    #[error("allow between 1 and {MAX_ANSWER} characters")]
    Characters,
    /// Lines of a text.
    #[error("allow between 1 and {MAX_LINES} lines")]
    Lines,
    /// Nothing can be chosen.
    #[error("add an option")]
    NoOption,
    /// Too much can be chosen.
    #[error("keep at most {MAX_OPTIONS} options")]
    TooManyOptions,
    /// An option's id names nothing.
    #[error("option {}: give it an id of up to {MAX_SLUG} small letters, digits and hyphens", .0 + 1)]
    OptionId(usize),
    /// Another option has its id.
    #[error("option {}: another one has this id; choose another one", .0 + 1)]
    OptionIdTwice(usize),
    /// What an option says.
    #[error("option {place}: {fault}", place = .0 + 1, fault = .1)]
    Option(usize, TextFault),
    /// Smallest and largest number.
    #[error("put the smaller number first, both between -{MAX_NUMBER} and {MAX_NUMBER}")]
    Range,
    /// Unit of a number.
    #[error("unit: {0}")]
    Unit(TextFault),
    /// Largest quantity.
    #[error("allow between 1 and {MAX_QUANTITY} pieces")]
    Quantity,
    /// Most pictures or files.
    #[error("allow between 1 and {MAX_ATTACHMENTS}")]
    Attachments,
    /// Most products.
    #[error("allow between 1 and {MAX_PRODUCTS} products")]
    Products,
    /// To what somebody consents.
    #[error("text of the consent: {0}")]
    Consent(TextFault),
}

impl Form {
    /// All that is wrong with the form; it can be published if that is nothing. Looks at no more fields than there may be.
    pub fn check(&self) -> Vec<FormFault> {
        let mut faults = Vec::new();
        if !is_slug(&self.id) {
            faults.push(FormFault::Id);
        }
        if self.version == 0 {
            faults.push(FormFault::Version);
        }
        faults.extend(self.title.fault(Shape::line(MAX_LABEL)).map(FormFault::Title));
        faults.extend(self.intro.fault(Shape::maybe(MAX_INTRO)).map(FormFault::Intro));
        match self.fields.len() {
            0 => faults.push(FormFault::NoField),
            1..=MAX_FIELDS => {}
            _ => faults.push(FormFault::TooManyFields),
        }
        for (index, field) in self.fields.iter().take(MAX_FIELDS).enumerate() {
            let in_form = |fault| FormFault::Field { index, id: field.id.clone(), fault };
            if self.fields[..index].iter().any(|earlier| earlier.id == field.id) {
                faults.push(in_form(FieldFault::IdTwice));
            }
            faults.extend(field.check().into_iter().map(in_form));
        }
        faults.extend(self.statuses.check().into_iter().map(FormFault::Statuses));
        if self.retention.is_some_and(|days| days.0 > MAX_DAYS) {
            faults.push(FormFault::Retention);
        }
        let size = self.encode().len();
        if size > MAX_FORM {
            faults.push(FormFault::TooLarge(size));
        }
        faults
    }

    /// Whether nothing is wrong with it.
    pub(crate) fn is_sound(&self) -> bool {
        self.fields.len() <= MAX_FIELDS && self.check().is_empty()
    }
}

impl Field {
    fn check(&self) -> Vec<FieldFault> {
        let mut faults = Vec::new();
        if !is_slug(&self.id) {
            faults.push(FieldFault::Id);
        }
        faults.extend(self.label.fault(Shape::line(MAX_LABEL)).map(FieldFault::Label));
        faults.extend(self.help.fault(Shape::maybe(MAX_HELP)).map(FieldFault::Help));
        self.kind.check(&mut faults);
        faults
    }
}

impl FieldKind {
    fn check(&self, faults: &mut Vec<FieldFault>) {
        let mut hold = |holds: bool, fault: FieldFault| {
            if !holds {
                faults.push(fault);
            }
        };
        match self {
            Self::Text { max, lines } => {
                hold((1..=MAX_ANSWER).contains(max), FieldFault::Characters);
                hold((1..=MAX_LINES).contains(lines), FieldFault::Lines);
            }
            Self::Choice { options, .. } => check_options(options, faults),
            Self::Number { min, max, unit } => {
                let range = -MAX_NUMBER..=MAX_NUMBER;
                hold(min <= max && range.contains(min) && range.contains(max), FieldFault::Range);
                faults.extend(
                    unit.fault(Shape { optional: true, ..Shape::line(MAX_UNIT) }).map(FieldFault::Unit),
                );
            }
            Self::Quantity { max } => hold((1..=MAX_QUANTITY).contains(max), FieldFault::Quantity),
            Self::Photo { max } | Self::File { max } => {
                hold((1..=MAX_ATTACHMENTS).contains(max), FieldFault::Attachments);
            }
            Self::Pzn { max, quantity } => {
                hold((1..=MAX_PRODUCTS).contains(max), FieldFault::Products);
                hold((1..=MAX_QUANTITY).contains(quantity), FieldFault::Quantity);
            }
            Self::Consent { text } => {
                faults.extend(text.fault(Shape::block(MAX_CONSENT)).map(FieldFault::Consent));
            }
            Self::DateTime { .. } | Self::Place | Self::Later => {}
        }
    }
}

fn check_options(options: &[Choice], faults: &mut Vec<FieldFault>) {
    match options.len() {
        0 => faults.push(FieldFault::NoOption),
        1..=MAX_OPTIONS => {}
        _ => faults.push(FieldFault::TooManyOptions),
    }
    let label = |text: &Text| text.fault(Shape::line(MAX_LABEL));
    for (index, option) in options.iter().take(MAX_OPTIONS).enumerate() {
        if !is_slug(&option.id) {
            faults.push(FieldFault::OptionId(index));
        }
        if options[..index].iter().any(|earlier| earlier.id == option.id) {
            faults.push(FieldFault::OptionIdTwice(index));
        }
        faults.extend(label(&option.label).map(|fault| FieldFault::Option(index, fault)));
    }
}
