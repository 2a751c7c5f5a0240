//! Answers as a text that people read: it travels beside the data, is what older apps show, and what is searched.

use super::limits::MAX_SUMMARY;
use super::{Answers, Day, FieldKind, Form, Position, Product, Value, When};
use crate::text::flat;

/// Words of a summary.
struct Words {
    yes: &'static str,
    photo: [&'static str; 2],
    file: [&'static str; 2],
    later: &'static str,
}

const GERMAN: Words = Words {
    yes: "ja, eingewilligt",
    photo: ["Foto", "Fotos"],
    file: ["Datei", "Dateien"],
    later: "(mit einer neueren Version von Kuvert zu lesen)",
};
const ENGLISH: Words = Words {
    yes: "yes, agreed",
    photo: ["photo", "photos"],
    file: ["file", "files"],
    later: "(a newer version of Kuvert shows this)",
};

impl Answers {
    /// All answers in a language, a line or more for each, in the order of the form's fields; at most [`MAX_SUMMARY`] bytes.
    /// What a customer wrote cannot look like another field's line: its own further lines are indented.
    pub fn text(&self, form: &Form, language: &str) -> String {
        let german = language.split('-').next().is_some_and(|main| main.eq_ignore_ascii_case("de"));
        let shown = Shown { language, german, words: if german { &GERMAN } else { &ENGLISH } };
        let mut text = flat(form.title.get(language));
        for field in &form.fields {
            let Some(value) = self.get(&field.id) else { continue };
            let label = flat(field.label.get(language));
            let lines = shown.lines(&field.kind, value);
            text.push('\n');
            text.push_str(label.trim_end_matches(':'));
            // A question needs no colon.
            if !label.ends_with('?') {
                text.push(':');
            }
            // One line stands beside its label, several stand below it.
            let before = if lines.len() == 1 { " " } else { "\n  " };
            for line in lines {
                text.push_str(before);
                text.push_str(line.trim_end());
            }
            if text.len() > MAX_SUMMARY {
                break;
            }
        }
        cut(text)
    }
}

/// At most [`MAX_SUMMARY`] bytes, the last ones of which say that something is missing.
fn cut(mut text: String) -> String {
    const MORE: &str = "\n…";
    if text.len() > MAX_SUMMARY {
        let end = (0..=MAX_SUMMARY - MORE.len()).rev().find(|end| text.is_char_boundary(*end));
        text.truncate(end.unwrap_or_default());
        text.push_str(MORE);
    }
    text
}

/// How answers are shown.
struct Shown<'a> {
    language: &'a str,
    german: bool,
    words: &'static Words,
}

impl Shown<'_> {
    fn lines(&self, kind: &FieldKind, value: &Value) -> Vec<String> {
        match value {
            Value::Text(text) => text.split('\n').map(flat).collect(),
            Value::Choice(chosen) => chosen.iter().map(|id| self.option(kind, id)).collect(),
            Value::Number(number) => vec![self.number(kind, *number)],
            Value::Quantity(quantity) => vec![quantity.to_string()],
            Value::When(when) => vec![self.when(when)],
            Value::Place(text, position) => vec![place(text, *position)],
            Value::Attachments(indices) => vec![self.attachments(kind, indices.len())],
            Value::Products(products) => products.iter().map(product).collect(),
            Value::Consent { .. } => vec![self.words.yes.into()],
            Value::Later => vec![self.words.later.into()],
        }
    }

    fn option(&self, kind: &FieldKind, id: &str) -> String {
        let FieldKind::Choice { options, .. } = kind else { return flat(id) };
        let option = options.iter().find(|option| option.id == id);
        flat(option.map_or(id, |option| option.label.get(self.language)))
    }

    fn number(&self, kind: &FieldKind, number: i64) -> String {
        let unit = if let FieldKind::Number { unit, .. } = kind { unit.get(self.language) } else { "" };
        format!("{number} {}", flat(unit)).trim_end().to_owned()
    }

    fn when(&self, when: &When) -> String {
        let Day { year, month, day } = when.day;
        let mut text = if self.german {
            format!("{day:02}.{month:02}.{year:04}")
        } else {
            format!("{year:04}-{month:02}-{day:02}")
        };
        if let Some(minute) = when.minute {
            text.push_str(&format!(", {:02}:{:02}", minute / 60, minute % 60));
        }
        if let Some(slot) = &when.slot {
            text.push_str(&format!(" ({})", flat(slot)));
        }
        text
    }

    fn attachments(&self, kind: &FieldKind, count: usize) -> String {
        let words = if matches!(kind, FieldKind::Photo { .. }) { self.words.photo } else { self.words.file };
        format!("{count} {}", words[usize::from(count != 1)])
    }
}

fn place(text: &str, position: Option<Position>) -> String {
    let Some(Position { latitude, longitude }) = position else { return flat(text) };
    // RFC 5870.
    format!("{} (geo:{},{})", flat(text), degrees(latitude), degrees(longitude))
}

/// Degrees with six digits behind the point, which is about ten centimetres.
fn degrees(value: i32) -> String {
    let millionths = (value / 10).unsigned_abs();
    let sign = if value <= -10 { "-" } else { "" };
    format!("{sign}{}.{:06}", millionths / 1_000_000, millionths % 1_000_000)
}

fn product(product: &Product) -> String {
    let number = product.pzn.map(|pzn| format!("PZN {pzn}")).unwrap_or_default();
    let name = flat(&product.name);
    let separator = if number.is_empty() || name.is_empty() { "" } else { ", " };
    format!("{} × {number}{separator}{name}", product.quantity)
}
