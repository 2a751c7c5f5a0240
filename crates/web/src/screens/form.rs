//! A form of a line, which the user fills in.

use kuvert_desk::form::Form;
use kuvert_view::{AnswerFaultView, ConversationId, FilledForm, SeatsView, UiCommand};
use leptos::ev::SubmitEvent;
use leptos::prelude::*;

use super::desk::PaneHead;
use crate::components::form_fields::{
    Entry, answers, entries_with, field, in_language, mistyped, say, wrong_words,
};
use crate::files::FilesState;
use crate::files::tray::Place;
use crate::i18n::{Lang, language, t, t1};
use crate::navigation::{Navigation, navigation};
use crate::state::state;
use crate::{bridge, browser};

/// The page of a form.
#[component]
pub(crate) fn FormPage(
    /// The conversation with the line.
    id: ConversationId,
    /// Which of its forms.
    at: u8,
) -> impl IntoView {
    let state = state();
    let people = state.people();
    people.ask_contact(id);
    let contact = people.contact(id);
    let conversation = state.conversation(id);
    let name = Signal::derive(move || {
        conversation.with(|shown| shown.as_ref().map(|shown| shown.title.clone()).unwrap_or_default())
    });
    // What comes later is for the form that is there, unless the line has changed it.
    let form = Memo::new(move |_| {
        contact.with(|contact| contact.as_ref()?.line.as_ref()?.forms.get(usize::from(at)).cloned())
    });
    let seats = Memo::new(move |_| {
        contact.with(|contact| Some(contact.as_ref()?.line.as_ref()?.seats.clone())).unwrap_or_default()
    });
    let is_gone = Memo::new(move |_| contact.with(Option::is_some) && form.with(Option::is_none));
    let title = move || form.get().map(|form| in_language(form.title));
    view! {
        <article class="page" aria-labelledby="screen-heading">
            <PaneHead deep=true>
                <h1 id="screen-heading" tabindex="-1">{title}</h1>
            </PaneHead>
            <div class="page-body">
                {move || is_gone.get().then(|| view! { <p class="lead">{t("form-gone")}</p> })}
                {move || form.get().map(|form| view! { <FormSheet id=id form=form seats=seats.get_untracked() name=name/> })}
            </div>
        </article>
    }
}

/// A form that is being filled in; cheap to copy.
#[derive(Clone, Copy)]
struct Filling {
    id: ConversationId,
    form: StoredValue<Form>,
    filled: StoredValue<Vec<Entry>>,
    /// What is wrong that no field is about.
    rest: RwSignal<Option<AnswerFaultView>>,
    /// The wish under which its files are being sealed.
    ticket: RwSignal<Option<u64>>,
    files: FilesState,
    lang: RwSignal<Lang>,
    navigation: Navigation,
}

impl Filling {
    fn of(id: ConversationId, form: Form, seats: &[SeatsView]) -> Self {
        Self {
            id,
            filled: StoredValue::new(entries_with(&form, seats)),
            form: StoredValue::new(form),
            rest: RwSignal::new(None),
            ticket: RwSignal::new(None),
            files: state().files(),
            lang: language(),
            navigation: navigation(),
        }
    }

    /// What was answered, and how many files go with it.
    fn answers(self) -> (FilledForm, u8) {
        let lying = |field| self.files.tray(Place { conversation: self.id, field }).with_untracked(Vec::len);
        let (answers, count) =
            self.form.with_value(|form| self.filled.with_value(|entries| answers(form, entries, lying)));
        (FilledForm { answers, language: self.lang.get_untracked().tag().to_owned() }, count)
    }

    fn submit(self) {
        self.rest.set(None);
        if self.ticket.get_untracked().is_some() {
            return;
        }
        if self.filled.with_value(|entries| mistyped(entries)) {
            request_animation_frame(focus_wrong);
            return;
        }
        let (form, files) = self.answers();
        bridge::post(&UiCommand::CheckForm { conversation: self.id, form, files });
    }

    /// What is wrong was found: it is said, or, if that is nothing, the form goes.
    fn checked(self, faults: &[AnswerFaultView]) {
        self.rest.set(self.filled.with_value(|entries| say(entries, faults)));
        if !faults.is_empty() {
            request_animation_frame(focus_wrong);
            return;
        }
        let (form, count) = self.answers();
        if count > 0 {
            self.ticket.set(Some(self.files.send_form(self.id, form)));
        } else {
            bridge::post(&UiCommand::SubmitForm { conversation: self.id, form });
            self.navigation.back();
        }
    }

    /// Follows the engine's answers.
    fn follow(self) {
        let checked = state().checked();
        checked.set(None);
        Effect::new(move |_| {
            let Some((_, faults)) = checked.get().filter(|(of, _)| *of == self.id) else { return };
            checked.set(None);
            self.checked(&faults);
        });
        let (taken, parcels) = (self.files.taken(), self.files.parcels(self.id));
        Effect::new(move |_| {
            let Some(sent) = self.ticket.get() else { return };
            if taken.get() == sent {
                self.navigation.back();
            } else if parcels.with(|parcels| parcels.iter().all(|parcel| parcel.ticket != sent)) {
                // It could not be sent: its files lie in their fields again, and why is said there.
                self.ticket.set(None);
            }
        });
    }
}

#[component]
fn FormSheet(
    /// The conversation with the line.
    id: ConversationId,
    /// The form.
    form: Form,
    /// What is free of what is limited.
    seats: Vec<SeatsView>,
    /// What the line is called.
    name: Signal<String>,
) -> impl IntoView {
    let intro = in_language(form.intro.clone());
    let filling = Filling::of(id, form, &seats);
    let (filled, rest, ticket) = (filling.filled, filling.rest, filling.ticket);
    let (files, lang) = (filling.files, filling.lang);
    files.forget_fields(id);
    filling.follow();
    let submit = move |event: SubmitEvent| {
        event.prevent_default();
        filling.submit();
    };
    let trouble = files.trouble(id);
    view! {
        <form class="sheet stack form" novalidate on:submit=submit data-testid="form">
            <p class="line-words">{intro}</p>
            {filled.with_value(|entries| {
                entries.iter().map(|entry| field(entry, Some(Place::from(id)))).collect_view()
            })}
            <p class="hint">{t1("form-private", "name", move || name.get())}</p>
            <p class="wrong" role="alert">
                {move || rest.get().map(|fault| wrong_words(lang.get(), &fault))}
                {move || trouble.get().map(|trouble| crate::components::tray::trouble_words(lang.get(), &trouble))}
            </p>
            <button
                type="submit"
                class="button button-is-wide"
                data-testid="form-send"
                aria-disabled=move || ticket.get().is_some().to_string()
            >
                {move || if ticket.get().is_some() { t("form-sending")() } else { t("form-send")() }}
            </button>
        </form>
    }
}

/// The first field that is wrong takes the focus.
fn focus_wrong() {
    browser::focus_first(".form .field:has(.wrong:not(:empty)) :is(input, textarea, button)");
}
