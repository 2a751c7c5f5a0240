//! The fields of a line's form, as a customer fills them in.
//!
//! Inputs have neither names nor ids, so that browsers do not keep what is typed.

use kuvert_desk::form::{Answer, Answers, Choice, Day, Field, FieldKind, Form, Product, Value, When};
use kuvert_desk::pzn::Pzn;
use kuvert_desk::text::Text;
use kuvert_view::{AnswerFaultView, Todo};
use leptos::html;
use leptos::prelude::*;
use wasm_bindgen::JsCast;
use web_sys::HtmlInputElement;

use super::icon::{Icon, icon};
use super::tray::tray_item;
use crate::files::browser::files_of;
use crate::files::tray::Place;
use crate::i18n::{Lang, language, t, text};
use crate::state::state;

/// A product as it is typed.
#[derive(Clone, Copy, PartialEq, Eq)]
struct ProductEntry {
    /// Tells it from the others.
    number: usize,
    /// Its number or its name.
    name: RwSignal<String>,
    quantity: RwSignal<String>,
}

impl ProductEntry {
    fn new(number: usize) -> Self {
        Self { number, name: RwSignal::new(String::new()), quantity: RwSignal::new("1".to_owned()) }
    }
}

/// What was typed into a field.
#[derive(Clone, Copy)]
enum Typed {
    Words(RwSignal<String>),
    Chosen(RwSignal<Vec<String>>),
    When(RwSignal<String>, RwSignal<String>),
    Products(RwSignal<Vec<ProductEntry>>),
    Agreed(RwSignal<bool>),
    Files,
    Nothing,
}

/// A field, and what was typed into it.
#[derive(Clone)]
pub(crate) struct Entry {
    field: Field,
    typed: Typed,
    /// Which field of the form, from 1; names where its files lie.
    at: u8,
    wrong: RwSignal<Option<AnswerFaultView>>,
}

/// The fields of a form, empty.
pub(crate) fn entries(form: &Form) -> Vec<Entry> {
    let typed = |kind: &FieldKind| match kind {
        FieldKind::Text { .. } | FieldKind::Number { .. } | FieldKind::Place => {
            Typed::Words(RwSignal::new(String::new()))
        }
        FieldKind::Quantity { .. } => Typed::Words(RwSignal::new("1".to_owned())),
        FieldKind::Choice { .. } => Typed::Chosen(RwSignal::new(Vec::new())),
        FieldKind::DateTime { .. } => Typed::When(RwSignal::new(String::new()), RwSignal::new(String::new())),
        FieldKind::Photo { .. } | FieldKind::File { .. } => Typed::Files,
        FieldKind::Pzn { .. } => Typed::Products(RwSignal::new(vec![ProductEntry::new(0)])),
        FieldKind::Consent { .. } => Typed::Agreed(RwSignal::new(false)),
        FieldKind::Later => Typed::Nothing,
    };
    let entry = |(field, at): (&Field, u8)| Entry {
        field: field.clone(),
        typed: typed(&field.kind),
        at,
        wrong: RwSignal::new(None),
    };
    form.fields.iter().zip(1..).map(entry).collect()
}

/// What was answered, and how many files go with it. `files`: how many lie in a field's place.
pub(crate) fn answers(form: &Form, entries: &[Entry], files: impl Fn(u8) -> usize) -> (Answers, u8) {
    let mut attached = 0_u8;
    let mut values = Vec::new();
    for entry in entries {
        let count = u8::try_from(files(entry.at)).unwrap_or(u8::MAX);
        let value = match entry.typed {
            Typed::Files if count > 0 => {
                let first = attached;
                attached = attached.saturating_add(count);
                Some(Value::Attachments((first..attached).collect()))
            }
            typed => value(&entry.field.kind, typed),
        };
        values.extend(value.map(|value| Answer { field: entry.field.id.clone(), value }));
    }
    (Answers { form: form.id.clone(), version: form.version, values }, attached)
}

/// What was typed; `None` if that is nothing.
fn value(kind: &FieldKind, typed: Typed) -> Option<Value> {
    match typed {
        Typed::Words(words) => {
            let words = words.with_untracked(|words| words.trim().to_owned());
            if words.is_empty() {
                return None;
            }
            Some(match kind {
                // What is no number is outside of every range.
                FieldKind::Number { .. } => Value::Number(words.parse().unwrap_or(i64::MIN)),
                FieldKind::Quantity { .. } => Value::Quantity(words.parse().unwrap_or(0)),
                FieldKind::Place => Value::Place(words, None),
                _ => Value::Text(words),
            })
        }
        Typed::Chosen(chosen) => {
            let chosen = chosen.get_untracked();
            (!chosen.is_empty()).then_some(Value::Choice(chosen))
        }
        Typed::When(day, time) => {
            let day = day.with_untracked(|day| read_day(day))?;
            let minute = time.with_untracked(|time| read_time(time));
            Some(Value::When(When { day, minute, slot: None }))
        }
        Typed::Products(products) => {
            let products: Vec<_> =
                products.with_untracked(|all| all.iter().filter_map(|one| product(*one)).collect());
            (!products.is_empty()).then_some(Value::Products(products))
        }
        // What was shown is known to who sends it on.
        Typed::Agreed(agreed) => {
            agreed.get_untracked().then(|| Value::Consent { language: String::new(), hash: [0; 32] })
        }
        Typed::Files | Typed::Nothing => None,
    }
}

fn product(entry: ProductEntry) -> Option<Product> {
    let typed = entry.name.with_untracked(|name| name.trim().to_owned());
    if typed.is_empty() {
        return None;
    }
    let quantity = entry.quantity.with_untracked(|quantity| quantity.trim().parse().unwrap_or(0));
    let pzn = Pzn::parse(&typed).ok();
    let name = if pzn.is_some() { String::new() } else { typed };
    Some(Product { pzn, name, quantity })
}

/// Whether somebody meant to type the number of a package, and mistyped it.
fn is_mistyped(typed: &str) -> bool {
    let is_number = typed.chars().filter(|letter| letter.is_ascii_digit()).count() >= 6
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
    for entry in entries {
        let Typed::Products(products) = entry.typed else { continue };
        let is_wrong = products.with_untracked(|all| {
            all.iter().any(|one| one.name.with_untracked(|name| is_mistyped(name.trim())))
        });
        if is_wrong {
            // Of what kind, the words below tell.
            entry.wrong.set(Some(AnswerFaultView {
                field: entry.field.id.clone(),
                todo: Todo::Product,
                min: 0,
                max: MISTYPED,
            }));
        }
        any |= is_wrong;
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
    let (wrong, lang) = (entry.wrong, language());
    let (label, help) = (in_language(entry.field.label.clone()), in_language(entry.field.help.clone()));
    let needed = entry.field.required;
    let id = format!("form-{}", entry.at);
    let heading = view! {
        {label} {(!needed).then(|| view! { <span class="form-optional">" " {t("form-optional")}</span> })}
    };
    let described = format!("{id}-help {id}-wrong");
    let is_group =
        matches!(entry.typed, Typed::Chosen(_) | Typed::When(..) | Typed::Products(_) | Typed::Files);
    let place = place.map(|place| Place { field: entry.at, ..place });
    let control = control(entry, &described, place);
    let around = view! {
        <p class="hint" id=format!("{id}-help")>{help}</p>
        <p class="wrong" id=format!("{id}-wrong") role="alert">
            {move || wrong.get().map(|fault| wrong_words(lang.get(), &fault))}
        </p>
    };
    let name = entry.field.id.clone();
    if is_group {
        return view! {
            <fieldset class="field" data-testid=format!("form-{name}") aria-describedby=described.clone()>
                <legend>{heading}</legend>
                {control} {around}
            </fieldset>
        }
        .into_any();
    }
    view! {
        <div class="field" data-testid=format!("form-{name}")>
            <label class="field-label"><span>{heading}</span> {control}</label>
            {around}
        </div>
    }
    .into_any()
}

fn control(entry: &Entry, described: &str, place: Option<Place>) -> AnyView {
    let wrong = entry.wrong;
    match (entry.typed, &entry.field.kind) {
        (Typed::Words(words), FieldKind::Text { max, lines }) if *lines > 1 => {
            long_input(words, *max, described, wrong)
        }
        (Typed::Words(words), FieldKind::Number { min, max, unit }) => {
            let unit = in_language(unit.clone());
            view! {
                <span class="form-number">
                    {number_input(words, *min, *max, described, wrong)} <span>{unit}</span>
                </span>
            }
            .into_any()
        }
        (Typed::Words(words), FieldKind::Quantity { max }) => {
            number_input(words, 1, i64::from(*max), described, wrong)
        }
        (Typed::Words(words), FieldKind::Text { max, .. }) => line_input(words, *max, described, wrong),
        (Typed::Words(words), _) => line_input(words, 300, described, wrong),
        (Typed::Chosen(chosen), FieldKind::Choice { options, several }) => {
            options_list(options, *several, chosen, wrong, entry.at)
        }
        (Typed::When(day, time), FieldKind::DateTime { date_only, .. }) => {
            when_inputs(day, (!date_only).then_some(time), wrong)
        }
        (Typed::Products(products), FieldKind::Pzn { max, quantity }) => {
            product_list(products, *max, *quantity, wrong)
        }
        (Typed::Agreed(agreed), FieldKind::Consent { text }) => consent(text, agreed, wrong),
        (Typed::Files, FieldKind::Photo { .. }) => picker(place, true, wrong),
        (Typed::Files, _) => picker(place, false, wrong),
        _ => view! { <p class="hint">{t("form-later")}</p> }.into_any(),
    }
}

type Wrong = RwSignal<Option<AnswerFaultView>>;

fn take(words: RwSignal<String>, wrong: Wrong) -> impl Fn(leptos::ev::Event) + Copy + 'static {
    move |event| {
        words.set(event_target_value(&event));
        wrong.set(None);
    }
}

fn line_input(words: RwSignal<String>, max: u16, described: &str, wrong: Wrong) -> AnyView {
    view! {
        <input
            type="text"
            autocomplete="off"
            dir="auto"
            maxlength=max.to_string()
            aria-describedby=described.to_owned()
            aria-invalid=move || wrong.get().is_some().to_string()
            prop:value=words
            on:input=take(words, wrong)
        />
    }
    .into_any()
}

fn long_input(words: RwSignal<String>, max: u16, described: &str, wrong: Wrong) -> AnyView {
    view! {
        <span class="grows" data-text=move || words.get()>
            <textarea
                rows="3"
                autocomplete="off"
                dir="auto"
                maxlength=max.to_string()
                aria-describedby=described.to_owned()
                aria-invalid=move || wrong.get().is_some().to_string()
                prop:value=words
                on:input=take(words, wrong)
            ></textarea>
        </span>
    }
    .into_any()
}

fn number_input(words: RwSignal<String>, min: i64, max: i64, described: &str, wrong: Wrong) -> AnyView {
    view! {
        <input
            type="number"
            class="form-short"
            inputmode="numeric"
            autocomplete="off"
            min=min.to_string()
            max=max.to_string()
            aria-describedby=described.to_owned()
            aria-invalid=move || wrong.get().is_some().to_string()
            prop:value=words
            on:input=take(words, wrong)
        />
    }
    .into_any()
}

fn options_list(
    options: &[Choice],
    several: bool,
    chosen: RwSignal<Vec<String>>,
    wrong: Wrong,
    at: u8,
) -> AnyView {
    let option = |option: &Choice| {
        let id = StoredValue::new(option.id.clone());
        let is_chosen = move || chosen.with(|chosen| id.with_value(|id| chosen.contains(id)));
        let turn = move |event| {
            let on = event_target_checked(&event);
            wrong.set(None);
            chosen.update(|chosen| {
                if several {
                    id.with_value(|id| chosen.retain(|other| other != id));
                } else {
                    chosen.clear();
                }
                if on {
                    chosen.push(id.get_value());
                }
            });
        };
        view! {
            <label class="form-option">
                <input
                    type=if several { "checkbox" } else { "radio" }
                    name=(!several).then(|| format!("option-{at}"))
                    autocomplete="off"
                    prop:checked=is_chosen
                    on:change=turn
                />
                <span>{in_language(option.label.clone())}</span>
            </label>
        }
    };
    view! { <div class="form-options">{options.iter().map(option).collect_view()}</div> }.into_any()
}

fn when_inputs(day: RwSignal<String>, time: Option<RwSignal<String>>, wrong: Wrong) -> AnyView {
    let input = move |kind: &'static str, label: &'static str, value: RwSignal<String>| {
        view! {
            <input
                type=kind
                class="form-short"
                autocomplete="off"
                aria-label=t(label)
                aria-invalid=move || wrong.get().is_some().to_string()
                prop:value=value
                on:input=take(value, wrong)
            />
        }
    };
    view! {
        <div class="form-when">
            {input("date", "form-day", day)} {time.map(|time| input("time", "form-time", time))}
        </div>
    }
    .into_any()
}

fn product_list(products: RwSignal<Vec<ProductEntry>>, max: u8, quantity: u16, wrong: Wrong) -> AnyView {
    let count = Memo::new(move |_| products.with(Vec::len));
    let row = move |one: ProductEntry| {
        let leave_out = move |_| {
            wrong.set(None);
            products.update(|all| all.retain(|other| other.number != one.number));
        };
        view! {
            <li class="form-product">
                <input
                    type="text"
                    autocomplete="off"
                    maxlength="120"
                    dir="auto"
                    data-testid="product"
                    aria-label=t("form-product")
                    placeholder=t("form-product")
                    aria-invalid=move || wrong.get().is_some().to_string()
                    prop:value=one.name
                    on:input=take(one.name, wrong)
                />
                <input
                    type="number"
                    inputmode="numeric"
                    autocomplete="off"
                    min="1"
                    max=quantity.to_string()
                    aria-label=t("form-quantity")
                    title=t("form-quantity")
                    prop:value=one.quantity
                    on:input=take(one.quantity, wrong)
                />
                <button
                    type="button"
                    class="button-icon"
                    hidden=move || count.get() < 2
                    aria-label=t("form-product-remove")
                    title=t("form-product-remove")
                    on:click=leave_out
                >
                    {icon(Icon::Close)}
                </button>
            </li>
        }
    };
    let is_full = move || count.get() >= usize::from(max);
    let add = move |_| {
        products.update(|all| {
            let number = all.iter().map(|one| one.number + 1).max().unwrap_or(0);
            all.push(ProductEntry::new(number));
        });
    };
    view! {
        <ul class="form-products">
            <For each=move || products.get() key=|one| one.number children=row/>
        </ul>
        <button
            type="button"
            class="button-quiet form-add"
            data-testid="product-add"
            hidden=is_full
            on:click=add
        >
            {t("form-product-add")}
        </button>
    }
    .into_any()
}

fn consent(words: &Text, agreed: RwSignal<bool>, wrong: Wrong) -> AnyView {
    let turn = move |event| {
        agreed.set(event_target_checked(&event));
        wrong.set(None);
    };
    view! {
        <span class="form-option">
            <input type="checkbox" autocomplete="off" prop:checked=agreed on:change=turn/>
            <span class="form-consent">{in_language(words.clone())}</span>
        </span>
    }
    .into_any()
}

fn picker(place: Option<Place>, is_photo: bool, wrong: Wrong) -> AnyView {
    let input = NodeRef::<html::Input>::new();
    let label = if is_photo { "form-photo-add" } else { "form-file-add" };
    let press = move |_| {
        if let Some(input) = input.get_untracked().filter(|_| place.is_some()) {
            input.click();
        }
    };
    let picked = move |event: leptos::ev::Event| {
        let input = event.target().and_then(|target| target.dyn_into::<HtmlInputElement>().ok());
        if let (Some(input), Some(place)) = (input, place) {
            state().files().pick(place, files_of(input.files()));
            input.set_value("");
            wrong.set(None);
        }
    };
    let items = place.map(|place| (place, state().files().tray(place)));
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
