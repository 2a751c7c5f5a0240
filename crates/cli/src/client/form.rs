//! `kuvert form`: the forms of a business line, shown and filled in.

use std::path::PathBuf;

use kuvert_client::FilesWish;
use kuvert_core::file::MAX_FILES;
use kuvert_desk::form::{Answer, AnswerFault, Answers, Day, Field, FieldKind, Form, Product, Value, When};
use kuvert_desk::pzn::Pzn;
use kuvert_desk::seats::Slot;
use kuvert_view::{ConversationId, FilledForm, LineView, UiCommand, ViewUpdate};
use serde_json::json;
use tokio::time::Instant;

use super::lookup::find_contact;
use super::message::{QUEUED, Wait};
use super::progress::Progress;
use super::{CATCH_UP, Common, Failure, ask, asked, catch_up, file, id_of, open, own_message, sent};
use crate::output::{Output, foreign};

/// Which form, and what to answer.
#[derive(Debug, clap::Args)]
pub(crate) struct FormArgs {
    /// Kuvert ID or name of the line
    line: String,
    /// Which of its forms; without it, all are shown with what they ask
    form: Option<String>,
    /// An answer, as FIELD=VALUE; may be repeated. Days are written 2027-05-31, times 2027-05-31T08:30, several options and products
    /// parted by commas, so many of a product as 2*04877800, consent as yes
    #[arg(long = "answer", value_name = "FIELD=VALUE", requires = "form")]
    answers: Vec<String>,
    /// A photo or file for a field, as FIELD=PATH; may be repeated
    #[arg(long = "file", value_name = "FIELD=PATH", requires = "form")]
    files: Vec<String>,
    /// The language in which the form was read
    #[arg(long, value_name = "TAG", default_value = "en")]
    language: String,
    #[command(flatten)]
    wait: Wait,
    #[command(flatten)]
    pub(super) common: Common,
}

/// Shows the forms of a line, or fills one in.
pub(super) async fn form(args: FormArgs, output: Output) -> Result<(), Failure> {
    let (mut session, _) = open(&args.common, "kuvert form")?;
    let deadline = Instant::now() + args.wait.timeout;
    let is_online = catch_up(&mut session, CATCH_UP.min(args.wait.timeout)).await?;
    let contact = find_contact(&mut session, &args.line)?;
    let updates = ask(&mut session, UiCommand::ShowContact { conversation: contact.id })?;
    let line = updates.into_iter().find_map(|update| match update {
        ViewUpdate::Contact(shown) => shown.line,
        _ => None,
    });
    let line = line.ok_or(Failure::NoForms)?;
    let Some(wanted) = &args.form else {
        show(&line, &args.language, output)?;
        session.close().await;
        return Ok(());
    };
    let form = line.forms.iter().find(|form| form.id == *wanted).ok_or(Failure::NoForms)?;
    let (answers, paths) = filled(form, &args)?;
    if paths.len() > MAX_FILES {
        return Err(Failure::FilesInvalid);
    }
    if let Err(faults) = form.validate(&agreed(form, &answers, &args.language), paths.len()) {
        return Err(Failure::NotFilledIn { faults: faults.iter().map(AnswerFault::to_string).collect() });
    }
    let filled = FilledForm { answers, language: args.language };
    let (conversation, has_files) = (contact.id, !paths.is_empty());
    let mut progress = Progress::new(output);
    let updates = if has_files {
        let files = file::seal(&mut session, paths, &mut progress).await?;
        let wish = with_files(conversation, files, filled);
        asked(&mut session, |session| session.send_files(wish))?
    } else {
        ask(&mut session, UiCommand::SubmitForm { conversation, form: filled })?
    };
    let message = own_message(&updates).ok_or(Failure::Refused)?;
    if !is_online {
        output.note("the form is written down; waiting for the relay");
    }
    let state = if has_files {
        file::sent_with_files(&mut session, message, args.wait.timeout, &mut progress).await?
    } else {
        sent(&mut session, message, deadline).await?
    };
    let text = if state == "sent" { "sent" } else { QUEUED };
    let json =
        json!({ "id": id_of(&contact), "name": contact.title, "message": message.1.0, "state": state });
    output.result(&json, text)?;
    session.close().await;
    Ok(())
}

fn with_files(conversation: ConversationId, files: Vec<kuvert_core::NewFile>, form: FilledForm) -> FilesWish {
    FilesWish {
        conversation,
        text: String::new(),
        files,
        reply_to: None,
        expires_after: None,
        form: Some(form),
        anyway: false,
    }
}

/// The forms and what they ask.
fn show(line: &LineView, language: &str, output: Output) -> Result<(), Failure> {
    let mut lines = Vec::new();
    for form in &line.forms {
        lines.push(format!("{}: {}", form.id, foreign(form.title.get(language))));
        for field in &form.fields {
            let needed = if field.required { "" } else { " (optional)" };
            let (label, kind) = (foreign(field.label.get(language)), kind_words(&field.kind, language));
            lines.push(format!("  {}: {label}{needed}{kind}", field.id));
        }
    }
    for seats in &line.seats {
        lines.push(format!("{}, still free when the line said so last:", foreign(&seats.title)));
        let free = seats.lots.iter().filter(|(_, free)| *free > 0);
        lines.extend(free.map(|(lot, free)| format!("  {} ({free})", foreign(lot))));
    }
    if lines.is_empty() {
        lines.push("this line has no forms; write a message: kuvert send".to_owned());
    }
    let field = |field: &Field| {
        json!({
            "id": field.id,
            "label": field.label.get(language),
            "help": field.help.get(language),
            "required": field.required,
            "kind": kind_word(&field.kind),
            "options": options(&field.kind, language),
        })
    };
    let form = |form: &Form| {
        json!({
            "id": form.id,
            "title": form.title.get(language),
            "fields": form.fields.iter().map(field).collect::<Vec<_>>(),
        })
    };
    let forms: Vec<_> = line.forms.iter().map(form).collect();
    let seats: Vec<_> =
        line.seats.iter().map(|one| json!({ "title": one.title, "lots": one.lots })).collect();
    output.result(&json!({ "forms": forms, "seats": seats }), &lines.join("\n"))?;
    Ok(())
}

fn options(kind: &FieldKind, language: &str) -> Vec<(String, String)> {
    match kind {
        FieldKind::Choice { options, .. } => {
            options.iter().map(|one| (one.id.clone(), one.label.get(language).to_owned())).collect()
        }
        _ => Vec::new(),
    }
}

fn kind_word(kind: &FieldKind) -> &'static str {
    match kind {
        FieldKind::Text { .. } => "text",
        FieldKind::Choice { .. } => "choice",
        FieldKind::Number { .. } => "number",
        FieldKind::Quantity { .. } => "quantity",
        FieldKind::DateTime { date_only: true, .. } => "day",
        FieldKind::DateTime { .. } => "time",
        FieldKind::Place => "place",
        FieldKind::Photo { .. } => "photo",
        FieldKind::File { .. } => "file",
        FieldKind::Pzn { .. } => "pzn",
        FieldKind::Consent { .. } => "consent",
        FieldKind::Later => "later",
    }
}

/// How to answer, where the label alone does not tell.
fn kind_words(kind: &FieldKind, language: &str) -> String {
    match kind {
        FieldKind::Choice { several, .. } => {
            let all: Vec<_> = options(kind, language)
                .into_iter()
                .map(|(id, label)| format!("{id} ({})", foreign(&label)))
                .collect();
            let how = if *several { "one or more of" } else { "one of" };
            format!(" [{how} {}]", all.join(", "))
        }
        FieldKind::Text { .. } | FieldKind::Place => String::new(),
        FieldKind::Consent { text } => format!(" [yes] {}", foreign(text.get(language))),
        kind => format!(" [{}]", kind_word(kind)),
    }
}

/// What was answered, and which files go with it, in their order.
fn filled(form: &Form, args: &FormArgs) -> Result<(Answers, Vec<PathBuf>), Failure> {
    let mut values = Vec::new();
    for given in &args.answers {
        let (field, value) = named(form, given)?;
        let value = value_of(&field.kind, value).ok_or_else(|| Failure::NotFilledIn {
            faults: vec![format!("`{}`: answer this again", field.id)],
        })?;
        values.push(Answer { field: field.id.clone(), value });
    }
    let mut paths: Vec<(usize, PathBuf)> = Vec::new();
    for given in &args.files {
        let (field, path) = named(form, given)?;
        let place = form.fields.iter().position(|known| known.id == field.id).unwrap_or_default();
        paths.push((place, PathBuf::from(path)));
    }
    paths.sort_by_key(|(place, _)| *place);
    for (place, field) in form.fields.iter().enumerate() {
        let of_field = paths.iter().enumerate().filter(|(_, (of, _))| *of == place);
        let indices: Vec<u8> = of_field.filter_map(|(at, _)| u8::try_from(at).ok()).collect();
        if !indices.is_empty() {
            values.push(Answer { field: field.id.clone(), value: Value::Attachments(indices) });
        }
    }
    let answers = Answers { form: form.id.clone(), version: form.version, values };
    Ok((answers, paths.into_iter().map(|(_, path)| path).collect()))
}

/// The field that an answer names, and the rest of it.
fn named<'f, 'g>(form: &'f Form, given: &'g str) -> Result<(&'f Field, &'g str), Failure> {
    let split = given.split_once('=');
    let found = split.and_then(|(field, value)| Some((form.field(field.trim())?, value)));
    found.ok_or_else(|| Failure::NotFilledIn {
        faults: vec![format!("`{given}`: write FIELD=VALUE, with a field that the form has")],
    })
}

fn value_of(kind: &FieldKind, given: &str) -> Option<Value> {
    let given = given.trim();
    let words = || given.split(',').map(str::trim).filter(|word| !word.is_empty());
    Some(match kind {
        FieldKind::Text { .. } => Value::Text(given.to_owned()),
        FieldKind::Choice { .. } => Value::Choice(words().map(str::to_owned).collect()),
        FieldKind::Number { .. } => Value::Number(given.parse().ok()?),
        FieldKind::Quantity { .. } => Value::Quantity(given.parse().ok()?),
        FieldKind::DateTime { slots: Some(_), date_only } => Value::When(slot(given, *date_only)?),
        FieldKind::DateTime { .. } => Value::When(when(given)?),
        FieldKind::Place => Value::Place(given.to_owned(), None),
        FieldKind::Pzn { .. } => Value::Products(words().map(product).collect::<Option<_>>()?),
        FieldKind::Consent { .. } => given
            .eq_ignore_ascii_case("yes")
            .then(|| Value::Consent { language: String::new(), hash: [0; 32] })?,
        FieldKind::Photo { .. } | FieldKind::File { .. } | FieldKind::Later => return None,
    })
}

/// One of the times that the line offers, by its name.
fn slot(given: &str, date_only: bool) -> Option<When> {
    let slot = Slot::parse(given)?;
    let day = Day { year: slot.day.year(), month: slot.day.month(), day: slot.day.day() };
    Some(When { day, minute: (!date_only).then_some(slot.begins), slot: Some(given.to_owned()) })
}

/// A day as `2027-05-31`, perhaps with a time as `2027-05-31T08:30`.
fn when(given: &str) -> Option<When> {
    let (day, time) = given.split_once(['T', ' ']).map_or((given, None), |(day, time)| (day, Some(time)));
    let mut parts = day.splitn(3, '-').map(str::parse::<u16>);
    let (year, month, day) = (parts.next()?.ok()?, parts.next()?.ok()?, parts.next()?.ok()?);
    let day = Day { year, month: u8::try_from(month).ok()?, day: u8::try_from(day).ok()? };
    let minute = match time {
        None => None,
        Some(time) => {
            let (hours, minutes) = time.split_once(':')?;
            let (hours, minutes): (u16, u16) = (hours.parse().ok()?, minutes.parse().ok()?);
            (hours < 24 && minutes < 60).then_some(hours * 60 + minutes)?.into()
        }
    };
    Some(When { day, minute, slot: None })
}

/// A product as `04877800`, `2*04877800` or a name.
fn product(given: &str) -> Option<Product> {
    let (quantity, name) = match given.split_once('*') {
        Some((quantity, name)) => (quantity.trim().parse().ok()?, name.trim()),
        None => (1, given),
    };
    let is_number = name.chars().all(|letter| letter.is_ascii_digit() || "- ".contains(letter));
    let pzn = Pzn::parse(name).ok();
    if is_number && pzn.is_none() {
        return None;
    }
    let name = if pzn.is_some() { String::new() } else { name.to_owned() };
    Some(Product { pzn, name, quantity })
}

/// The answers as they will be sent: consent is to the text as it stands in the form.
fn agreed(form: &Form, answers: &Answers, language: &str) -> Answers {
    let mut answers = answers.clone();
    answers.agree(form, language);
    answers
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn answers_are_read_as_they_are_written() {
        let products = value_of(&FieldKind::Pzn { max: 3, quantity: 9 }, "2*04877800, Nasenspray");
        let Some(Value::Products(products)) = products else { panic!("two products") };
        assert_eq!(products.iter().map(|one| one.quantity).collect::<Vec<_>>(), [2, 1]);
        assert_eq!(products[0].pzn, Pzn::parse("04877800").ok());
        assert_eq!(products[1].name, "Nasenspray");
        // A number that is none is no name either.
        assert!(value_of(&FieldKind::Pzn { max: 3, quantity: 9 }, "11163766").is_none());
        let time = when("2027-05-31T08:30").expect("a time");
        assert_eq!((time.day.month, time.minute), (5, Some(510)));
        assert!(when("31.05.2027").is_none());
        assert!(when("2027-05-31T25:00").is_none());
        assert!(value_of(&FieldKind::Quantity { max: 3 }, "many").is_none());
    }
}
