//! The fields of a line's form, as a customer fills them in.
//!
//! A form is data, and its fields are made from that as elements of the page: they hold what is typed until it is read. Inputs have
//! neither names nor ids that say anything, so that browsers do not keep what is typed.

use kuvert_desk::form::{Answer, Answers, Choice, Day, Field, FieldKind, Form, Product, Value, When};
use kuvert_desk::pzn::Pzn;
use kuvert_desk::seats::Slot;
use kuvert_desk::text::Text;
use kuvert_view::{AnswerFaultView, SeatsView, Todo};
use leptos::html;
use leptos::prelude::*;
use wasm_bindgen::JsCast;
use web_sys::{Element, HtmlInputElement, HtmlTextAreaElement};

use super::icon::{Icon, icon};
use super::tray::tray_item;
use crate::files::browser::files_of;
use crate::files::tray::Place;
use crate::i18n::{Lang, language, t, text};
use crate::state::state;

/// A field, the element that holds what is typed into it, and what is wrong with that.
#[derive(Clone)]
pub(crate) struct Entry {
    field: Field,
    /// Which field of the form, from 1; names where its files lie.
    at: u8,
    holder: NodeRef<html::Div>,
    wrong: RwSignal<Option<AnswerFaultView>>,
    /// What is free, where the field takes of what is limited.
    free: Option<StoredValue<Vec<(String, u32)>>>,
}

/// The fields of a form, empty.
pub(crate) fn entries(form: &Form) -> Vec<Entry> {
    entries_with(form, &[])
}

/// The fields of a form, empty, with what is free of what they take.
pub(crate) fn entries_with(form: &Form, seats: &[SeatsView]) -> Vec<Entry> {
    let lots = |id: [u8; 16]| {
        let lots = seats.iter().find(|one| one.id == id).map(|one| one.lots.clone());
        let free = lots.unwrap_or_default().into_iter().filter(|(_, free)| *free > 0);
        StoredValue::new(free.collect::<Vec<_>>())
    };
    let mut counts = form.capacity;
    let mut free = |kind: &FieldKind| match kind {
        FieldKind::DateTime { slots: Some(id), .. } => {
            counts = counts.filter(|other| other != id);
            Some(lots(*id))
        }
        FieldKind::Quantity { .. } => counts.take().map(lots),
        _ => None,
    };
    let mut entry = |(field, at): (&Field, u8)| Entry {
        field: field.clone(),
        at,
        holder: NodeRef::new(),
        wrong: RwSignal::new(None),
        free: free(&field.kind),
    };
    form.fields.iter().zip(1..).map(&mut entry).collect()
}

/// What was answered, and how many files go with it. `files`: how many lie in a field's place.
pub(crate) fn answers(form: &Form, entries: &[Entry], files: impl Fn(u8) -> usize) -> (Answers, u8) {
    let mut attached = 0_u8;
    let mut values = Vec::new();
    for entry in entries {
        let count = u8::try_from(files(entry.at)).unwrap_or(u8::MAX);
        let value = if count > 0 {
            let first = attached;
            attached = attached.saturating_add(count);
            Some(Value::Attachments((first..attached).collect()))
        } else {
            entry.value()
        };
        values.extend(value.map(|value| Answer { field: entry.field.id.clone(), value }));
    }
    (Answers { form: form.id.clone(), version: form.version, values }, attached)
}

/// What one input holds.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Typed {
    words: String,
    is_checked: bool,
}

impl Entry {
    /// What was answered, if anything.
    fn value(&self) -> Option<Value> {
        let typed = self.typed();
        let FieldKind::DateTime { slots: Some(_), date_only } = self.field.kind else {
            return value(&self.field.kind, &typed);
        };
        let chosen = typed.iter().position(|one| one.is_checked)?;
        let name = self.free?.with_value(|free| free.get(chosen).map(|(name, _)| name.clone()))?;
        let slot = Slot::parse(&name)?;
        let day = Day { year: slot.day.year(), month: slot.day.month(), day: slot.day.day() };
        Some(Value::When(When { day, minute: (!date_only).then_some(slot.begins), slot: Some(name) }))
    }

    fn typed(&self) -> Vec<Typed> {
        let holder = self.holder.get_untracked();
        let inputs = holder.map(|holder| inputs(&holder)).unwrap_or_default();
        inputs.iter().map(typed).collect()
    }
}

/// The inputs below an element, in their order.
fn inputs(holder: &Element) -> Vec<Element> {
    let Ok(found) = holder.query_selector_all("input, textarea") else { return Vec::new() };
    (0..found.length()).filter_map(|at| found.item(at)?.dyn_into().ok()).collect()
}

fn typed(input: &Element) -> Typed {
    match (input.dyn_ref::<HtmlInputElement>(), input.dyn_ref::<HtmlTextAreaElement>()) {
        (Some(input), _) => Typed { words: input.value().trim().to_owned(), is_checked: input.checked() },
        (None, Some(area)) => Typed { words: area.value().trim().to_owned(), is_checked: false },
        (None, None) => Typed { words: String::new(), is_checked: false },
    }
}

fn put(input: &Element, typed: &Typed) {
    if let Some(input) = input.dyn_ref::<HtmlInputElement>() {
        if matches!(input.type_().as_str(), "checkbox" | "radio") {
            input.set_checked(typed.is_checked);
        } else {
            input.set_value(&typed.words);
        }
    } else if let Some(area) = input.dyn_ref::<HtmlTextAreaElement>() {
        area.set_value(&typed.words);
        grow(area);
    }
}

/// Makes room for what is typed.
fn grow(area: &HtmlTextAreaElement) {
    if let Some(around) = area.parent_element() {
        let _ = around.set_attribute("data-text", &area.value());
    }
}

/// What was typed into a field; `None` if that is nothing.
fn value(kind: &FieldKind, typed: &[Typed]) -> Option<Value> {
    let first = typed.first()?;
    let words = Some(&first.words).filter(|words| !words.is_empty());
    match kind {
        FieldKind::Text { .. } => Some(Value::Text(words?.clone())),
        FieldKind::Place => Some(Value::Place(words?.clone(), None)),
        // What is no number is outside of every range.
        FieldKind::Number { .. } => Some(Value::Number(words?.parse().unwrap_or(i64::MIN))),
        FieldKind::Quantity { .. } => Some(Value::Quantity(words?.parse().unwrap_or(0))),
        FieldKind::Choice { options, .. } => {
            let chosen = options.iter().zip(typed).filter(|(_, one)| one.is_checked);
            let chosen: Vec<_> = chosen.map(|(option, _)| option.id.clone()).collect();
            (!chosen.is_empty()).then_some(Value::Choice(chosen))
        }
        FieldKind::DateTime { .. } => {
            let minute = typed.get(1).and_then(|time| read_time(&time.words));
            Some(Value::When(When { day: read_day(words?)?, minute, slot: None }))
        }
        FieldKind::Pzn { .. } => {
            let products: Vec<_> = typed.chunks(2).filter_map(product).collect();
            (!products.is_empty()).then_some(Value::Products(products))
        }
        // What was shown is known to who sends it on.
        FieldKind::Consent { .. } => {
            first.is_checked.then(|| Value::Consent { language: String::new(), hash: [0; 32] })
        }
        FieldKind::Photo { .. } | FieldKind::File { .. } | FieldKind::Later => None,
    }
}

/// A product: its number or name, and how many.
fn product(typed: &[Typed]) -> Option<Product> {
    let name = &typed.first()?.words;
    if name.is_empty() {
        return None;
    }
    let quantity = typed.get(1).and_then(|quantity| quantity.words.parse().ok()).unwrap_or(0);
    let pzn = Pzn::parse(name).ok();
    let name = if pzn.is_some() { String::new() } else { name.clone() };
    Some(Product { pzn, name, quantity })
}

/// Whether somebody meant to type the number of a package, and mistyped it.
fn is_mistyped(typed: &str) -> bool {
    let is_number = typed.chars().filter(char::is_ascii_digit).count() >= 6
        && !typed.chars().any(|letter| letter.is_alphabetic() && !"pznPZN".contains(letter));
    is_number && Pzn::parse(typed).is_err()
}

/// A day as a date field gives it.
fn read_day(typed: &str) -> Option<Day> {
    let mut parts = typed.splitn(3, '-');
    let (year, month, day) = (parts.next()?, parts.next()?, parts.next()?);
    Some(Day { year: year.parse().ok()?, month: month.parse().ok()?, day: day.parse().ok()? })
}

/// A time of day as a time field gives it.
fn read_time(typed: &str) -> Option<u16> {
    let (hours, minutes) = typed.split_once(':')?;
    let (hours, minutes): (u16, u16) = (hours.parse().ok()?, minutes.get(..2)?.parse().ok()?);
    (hours < 24 && minutes < 60).then_some(hours * 60 + minutes)
}

/// Says beside each field what is wrong with it. Gives what no field is about.
pub(crate) fn say(entries: &[Entry], faults: &[AnswerFaultView]) -> Option<AnswerFaultView> {
    for entry in entries {
        entry.wrong.set(faults.iter().find(|fault| fault.field == entry.field.id).cloned());
    }
    faults.iter().find(|fault| entries.iter().all(|entry| entry.field.id != fault.field)).cloned()
}

/// What was typed that cannot be what was meant; said at once.
pub(crate) fn mistyped(entries: &[Entry]) -> bool {
    let mut any = false;
    for entry in entries.iter().filter(|entry| matches!(entry.field.kind, FieldKind::Pzn { .. })) {
        if entry.typed().chunks(2).any(|one| one.first().is_some_and(|name| is_mistyped(&name.words))) {
            let field = entry.field.id.clone();
            entry.wrong.set(Some(AnswerFaultView { field, todo: Todo::Product, min: 0, max: MISTYPED }));
            any = true;
        }
    }
    any
}

/// Stands where the bound of [`Todo::Product`] would, if it had one: a number was mistyped.
const MISTYPED: i64 = 1;

/// What is wrong, and what to do about it.
pub(crate) fn wrong_words(lang: Lang, fault: &AnswerFaultView) -> String {
    let key = match fault.todo {
        Todo::FillIn => "form-wrong-fill-in",
        Todo::OpenAgain => "failure-form-changed",
        Todo::Characters => "form-wrong-characters",
        Todo::Lines => "form-wrong-lines",
        Todo::Shorten => "form-wrong-shorten",
        Todo::Visible => "form-wrong-visible",
        Todo::Choose => "form-wrong-choose",
        Todo::Between => "form-wrong-between",
        Todo::Day => "form-wrong-day",
        Todo::Time => "form-wrong-time",
        Todo::Most => "form-wrong-most",
        Todo::Product if fault.max == MISTYPED => "form-wrong-pzn",
        Todo::Product => "form-wrong-product",
        Todo::Attach => "form-wrong-attach",
        Todo::Agree => "form-wrong-agree",
        Todo::Update => "form-later",
    };
    text(lang, key, &[("min", fault.min.to_string().into()), ("max", fault.max.to_string().into())])
}

/// What a text says in the language of the screens.
pub(crate) fn in_language(words: Text) -> impl Fn() -> String + Clone + Send + 'static {
    let lang = language();
    move || words.get(lang.get().tag()).to_owned()
}

/// A field. Files lie at `place`, where the form is for a conversation.
pub(crate) fn field(entry: &Entry, place: Option<Place>) -> AnyView {
    let (wrong, holder, at, lang) = (entry.wrong, entry.holder, entry.at, language());
    let (field, free) = (StoredValue::new(entry.field.clone()), entry.free);
    let is_files = matches!(entry.field.kind, FieldKind::Photo { .. } | FieldKind::File { .. });
    // What was typed stays when the language is another.
    Effect::new(move |_| {
        let (Some(holder), lang) = (holder.get(), lang.get()) else { return };
        let before: Vec<Typed> = inputs(&holder).iter().map(typed).collect();
        holder.set_text_content(None);
        field.with_value(|field| match (&field.kind, free) {
            (FieldKind::DateTime { slots: Some(_), .. }, Some(free)) => {
                free.with_value(|free| make_slots(&holder, free, at, lang));
            }
            _ => make(&holder, field, at, lang, before.len()),
        });
        if let Some(free) =
            free.filter(|_| field.with_value(|field| matches!(field.kind, FieldKind::Quantity { .. })))
        {
            free.with_value(|free| say_free(&holder, free, lang));
        }
        inputs(&holder).iter().zip(&before).for_each(|(input, typed)| put(input, typed));
    });
    Effect::new(move |_| {
        let (Some(holder), is_wrong) = (holder.get(), wrong.get().is_some()) else { return };
        for input in inputs(&holder) {
            let _ = input.set_attribute("aria-invalid", if is_wrong { "true" } else { "false" });
        }
    });
    let input = move |event: leptos::ev::Event| {
        if let Some(area) = event.target().and_then(|target| target.dyn_into::<HtmlTextAreaElement>().ok()) {
            grow(&area);
        }
        wrong.set(None);
    };
    let press = move |event: leptos::ev::MouseEvent| {
        let target = event.target().and_then(|target| target.dyn_into::<Element>().ok());
        if let (Some(holder), Some(target)) = (holder.get_untracked(), target) {
            field.with_value(|field| pressed(&holder, &target, field, lang.get_untracked()));
        }
    };
    let place = place.map(|place| Place { field: at, ..place });
    view! {
        <div class="field" role="group" aria-labelledby=format!("form-{at}-label") data-testid=format!("form-{}", entry.field.id)>
            <p class="field-label" id=format!("form-{at}-label")>
                {in_language(entry.field.label.clone())}
                {(!entry.field.required).then(|| view! { <span class="form-optional">" " {t("form-optional")}</span> })}
            </p>
            <div class="form-holder" node_ref=holder on:input=input on:click=press></div>
            {is_files.then(|| picker(place, matches!(entry.field.kind, FieldKind::Photo { .. }), wrong))}
            <p class="hint" id=format!("form-{at}-help")>{in_language(entry.field.help.clone())}</p>
            <p class="wrong" id=format!("form-{at}-wrong") role="alert">
                {move || wrong.get().map(|fault| wrong_words(lang.get(), &fault))}
            </p>
        </div>
    }
    .into_any()
}

/// Adds an element below another one.
fn add(parent: &Element, tag: &str, attributes: &[(&str, &str)]) -> Option<Element> {
    let element = document().create_element(tag).ok()?;
    for (name, value) in attributes {
        let _ = element.set_attribute(name, value);
    }
    parent.append_child(&element).ok()?;
    Some(element)
}

/// Makes the inputs of a field; as many products as there were inputs for them `before`.
fn make(holder: &Element, field: &Field, at: u8, lang: Lang, before: usize) {
    let (label, described) = (format!("form-{at}-label"), format!("form-{at}-help form-{at}-wrong"));
    let around = [("autocomplete", "off"), ("aria-labelledby", &label), ("aria-describedby", &described)];
    let line = |kind: &str, class: &str, more: &[(&str, &str)]| {
        let attributes = [&around[..], &[("type", kind), ("class", class)], more].concat();
        let _ = add(holder, "input", &attributes);
    };
    match &field.kind {
        FieldKind::Text { max, lines } if *lines > 1 => {
            let grows = add(holder, "span", &[("class", "grows")]);
            let attributes =
                [&around[..], &[("rows", "3"), ("dir", "auto"), ("maxlength", &max.to_string())]];
            let _ = grows.and_then(|grows| add(&grows, "textarea", &attributes.concat()));
        }
        FieldKind::Text { max, .. } => line("text", "", &[("dir", "auto"), ("maxlength", &max.to_string())]),
        FieldKind::Place => line("text", "", &[("dir", "auto"), ("maxlength", "300")]),
        FieldKind::Number { min, max, unit } => {
            line("number", "form-short", &[("min", &min.to_string()), ("max", &max.to_string())]);
            let unit = unit.get(lang.tag());
            if let Some(words) = add(holder, "span", &[]).filter(|_| !unit.is_empty()) {
                words.set_text_content(Some(unit));
            }
        }
        FieldKind::Quantity { max } => {
            line("number", "form-short", &[("min", "1"), ("max", &max.to_string()), ("value", "1")]);
        }
        FieldKind::DateTime { date_only, .. } => {
            if *date_only {
                line("date", "form-short", &[]);
            } else {
                // Each of the two says what it is.
                for (kind, key) in [("date", "form-day"), ("time", "form-time")] {
                    let name = format!("{} {}", field.label.get(lang.tag()), text(lang, key, &[]));
                    let attributes = [
                        ("type", kind),
                        ("class", "form-short"),
                        ("autocomplete", "off"),
                        ("aria-label", &name),
                        ("aria-describedby", &described),
                    ];
                    let _ = add(holder, "input", &attributes);
                }
            }
        }
        FieldKind::Choice { options, several } => {
            let name = format!("option-{at}");
            options.iter().for_each(|one| option(holder, one, *several, &name, lang));
        }
        FieldKind::Pzn { max, quantity } => {
            (0..(before / 2).max(1)).for_each(|_| product_row(holder, *quantity, lang));
            offer_product(holder, *max, lang);
        }
        FieldKind::Consent { text } => checkable(holder, "checkbox", "", text.get(lang.tag())),
        FieldKind::Photo { .. } | FieldKind::File { .. } => {}
        FieldKind::Later => {
            let words = add(holder, "p", &[("class", "hint")]);
            words.iter().for_each(|words| words.set_text_content(Some(&text(lang, "form-later", &[]))));
        }
    }
}

/// The times that are free, of which one can be chosen.
fn make_slots(holder: &Element, free: &[(String, u32)], at: u8, lang: Lang) {
    if let Some(list) = add(holder, "div", &[("class", "form-slots")]) {
        free.iter().for_each(|(name, _)| {
            checkable(&list, "radio", &format!("option-{at}"), &slot_words(name, lang))
        });
    }
    let key = if free.is_empty() { "form-slots-none" } else { "form-slots-hint" };
    let words = add(holder, "p", &[("class", "hint")]);
    words.iter().for_each(|words| words.set_text_content(Some(&text(lang, key, &[]))));
}

/// A time as people say it; what is none, as it stands.
fn slot_words(name: &str, lang: Lang) -> String {
    let Some(slot) = Slot::parse(name) else { return name.to_owned() };
    let rest = name.splitn(3, ' ').nth(2).map(|rest| format!(" {rest}")).unwrap_or_default();
    let times = name.split(' ').nth(1).unwrap_or_default().replace('-', "–");
    // At noon, so that no time zone makes another day of it.
    let noon = i64::from(slot.day.days()) * 86_400_000 + 43_200_000;
    format!("{}, {times}{rest}", crate::dates::day(lang, noon))
}

/// How many there are still.
fn say_free(holder: &Element, free: &[(String, u32)], lang: Lang) {
    let all: Vec<_> = free.iter().map(|(name, free)| format!("{name} ({free})")).collect();
    let words = match all.is_empty() {
        true => text(lang, "form-seats-none", &[]),
        false => text(lang, "form-seats-free", &[("seats", all.join(", ").into())]),
    };
    let line = add(holder, "p", &[("class", "hint"), ("data-testid", "seats-free")]);
    line.iter().for_each(|line| line.set_text_content(Some(&words)));
}

fn option(holder: &Element, option: &Choice, several: bool, name: &str, lang: Lang) {
    let kind = if several { "checkbox" } else { "radio" };
    checkable(holder, kind, name, option.label.get(lang.tag()));
}

/// Something to agree to or to choose.
fn checkable(holder: &Element, kind: &str, name: &str, words: &str) {
    let Some(label) = add(holder, "label", &[("class", "form-option")]) else { return };
    let _ = add(&label, "input", &[("type", kind), ("name", name), ("autocomplete", "off")]);
    let span = add(&label, "span", &[("class", "form-consent")]);
    span.iter().for_each(|span| span.set_text_content(Some(words)));
}

/// One product: number or name, how many, and the way to leave it out.
fn product_row(holder: &Element, quantity: u16, lang: Lang) {
    let words = |key: &'static str| text(lang, key, &[]);
    let Some(row) = add(holder, "div", &[("class", "form-product")]) else { return };
    let (name, count) = (words("form-product"), words("form-quantity"));
    let input = [("type", "text"), ("autocomplete", "off"), ("maxlength", "120"), ("data-testid", "product")];
    let _ = add(&row, "input", &[&input[..], &[("aria-label", &name), ("placeholder", &name)]].concat());
    let input = [("type", "number"), ("autocomplete", "off"), ("min", "1"), ("value", "1")];
    let max = quantity.to_string();
    let _ = add(
        &row,
        "input",
        &[&input[..], &[("max", &max), ("aria-label", &count), ("title", &count)]].concat(),
    );
    let remove = words("form-product-remove");
    let attributes =
        [("type", "button"), ("class", "button-icon"), ("data-act", "remove"), ("aria-label", &remove)];
    let button = add(&row, "button", &attributes);
    button.iter().for_each(|button| button.set_text_content(Some("×")));
}

/// The way to another product, where the form takes one more.
fn offer_product(holder: &Element, max: u8, lang: Lang) {
    let rows = holder.query_selector_all(".form-product").map_or(0, |rows| rows.length());
    if rows < u32::from(max) {
        let attributes = [
            ("type", "button"),
            ("class", "button-quiet form-add"),
            ("data-act", "add"),
            ("data-testid", "product-add"),
        ];
        let button = add(holder, "button", &attributes);
        button.iter().for_each(|button| button.set_text_content(Some(&text(lang, "form-product-add", &[]))));
    }
}

/// A button among the products was pressed.
fn pressed(holder: &Element, target: &Element, field: &Field, lang: Lang) {
    let FieldKind::Pzn { max, quantity } = field.kind else { return };
    let offer = holder.query_selector("[data-act=add]").ok().flatten();
    match target.get_attribute("data-act").as_deref() {
        Some("add") => {
            target.remove();
            product_row(holder, quantity, lang);
        }
        Some("remove") => {
            target.parent_element().iter().for_each(Element::remove);
            offer.iter().for_each(Element::remove);
        }
        _ => return,
    }
    offer_product(holder, max, lang);
    if let Some(last) = inputs(holder).iter().rev().nth(1).and_then(|last| last.dyn_ref::<HtmlInputElement>())
    {
        let _ = last.focus();
    }
}

fn picker(place: Option<Place>, is_photo: bool, wrong: RwSignal<Option<AnswerFaultView>>) -> AnyView {
    let (input, files) = (NodeRef::<html::Input>::new(), state().files());
    let label = if is_photo { "form-photo-add" } else { "form-file-add" };
    let press = move |_| {
        if let Some(input) = input.get_untracked().filter(|_| place.is_some()) {
            input.click();
        }
    };
    let picked = move |event: leptos::ev::Event| {
        let input = event.target().and_then(|target| target.dyn_into::<HtmlInputElement>().ok());
        if let (Some(input), Some(place)) = (input, place) {
            files.pick(place, files_of(input.files()));
            input.set_value("");
            wrong.set(None);
        }
    };
    let items = place.map(|place| (place, files.tray(place)));
    view! {
        {items.map(|(place, items)| view! {
            <ul class="tray">
                <For each=move || items.get() key=|item| item.id children=move |item| tray_item(place, item)/>
            </ul>
        })}
        <button type="button" class="button button-is-second form-add" on:click=press>
            {icon(if is_photo { Icon::Camera } else { Icon::Attach })}
            {t(label)}
        </button>
        <input
            type="file"
            hidden
            tabindex="-1"
            multiple
            accept=is_photo.then_some("image/*")
            data-testid="form-files"
            node_ref=input
            on:change=picked
        />
    }
    .into_any()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn days_and_times_are_read_as_browsers_write_them() {
        assert_eq!(read_day("2026-11-03"), Some(Day { year: 2026, month: 11, day: 3 }));
        assert_eq!(read_day("03.11.2026"), None);
        assert_eq!(read_time("08:05"), Some(485));
        assert_eq!(read_time("08:05:30"), Some(485));
        assert_eq!(read_time("24:00"), None);
        assert_eq!(read_time("8"), None);
    }

    #[test]
    fn a_number_that_was_mistyped_is_told_from_a_name() {
        assert!(!is_mistyped("04877800"));
        assert!(!is_mistyped("PZN-04877800"));
        assert!(is_mistyped("04877801"));
        assert!(is_mistyped("PZN 11163766"));
        assert!(!is_mistyped("Nasenspray 10 ml"));
        assert!(!is_mistyped("Vitamin C 1000000"));
    }
}
