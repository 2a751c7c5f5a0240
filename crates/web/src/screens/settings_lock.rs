//! The lock in the settings: a passphrase is set, changed or removed, and the profile closed.

use kuvert_view::{LockOutcome, Passphrase, UiCommand};
use leptos::ev::SubmitEvent;
use leptos::prelude::*;

use crate::bridge;
use crate::components::field::wrong_line;
use crate::components::passphrase::PassphraseField;
use crate::i18n::t;
use crate::state::state;

/// Shortest passphrase, in characters; the engine refuses shorter ones, too.
const PASSPHRASE_MIN: usize = 8;

/// What the user is doing.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Doing {
    Nothing,
    Setting,
    Changing,
    Removing,
}

/// The section.
#[component]
pub(crate) fn LockSection() -> impl IntoView {
    let state = state();
    let shell = state.shell();
    let doing = RwSignal::new(Doing::Nothing);
    bridge::post(&UiCommand::ShowLock);
    let has_passphrase = Memo::new(move |_| shell.lock().get().is_some_and(|lock| lock.passphrase));
    Effect::new(move |before: Option<()>| {
        let done = shell.lock().get().and_then(|lock| lock.outcome) == Some(LockOutcome::Done);
        if before.is_some() && done {
            doing.set(Doing::Nothing);
        }
    });
    let lock_now = move |_| {
        shell.locking();
        bridge::post(&UiCommand::Lock);
    };
    let (locked, open, done) = (t("lock-has"), t("lock-has-not"), t("lock-done"));
    view! {
        <section class="sheet" data-testid="settings-lock">
            <h2>{t("lock-section")}</h2>
            <p>{move || if has_passphrase.get() { locked() } else { open() }}</p>
            <p role="status" class="hint">
                {move || {
                    let is_done = shell.lock().get().and_then(|lock| lock.outcome) == Some(LockOutcome::Done);
                    (is_done && doing.get() == Doing::Nothing).then(done)
                }}
            </p>
            {move || match (doing.get(), has_passphrase.get()) {
                (Doing::Nothing, true) => view! {
                    <div class="buttons">
                        <button type="button" class="button" on:click=lock_now>{t("lock-now")}</button>
                        <button type="button" class="button button-is-second" on:click=move |_| doing.set(Doing::Changing)>
                            {t("lock-change")}
                        </button>
                        <button type="button" class="button button-is-second" on:click=move |_| doing.set(Doing::Removing)>
                            {t("lock-remove")}
                        </button>
                    </div>
                }
                .into_any(),
                (Doing::Nothing, false) => view! {
                    <button type="button" class="button button-is-second" on:click=move |_| doing.set(Doing::Setting)>
                        {t("lock-set")}
                    </button>
                }
                .into_any(),
                (task, _) => view! { <PassphraseForm task=task doing=doing/> }.into_any(),
            }}
        </section>
    }
}

/// The fields that a task needs.
#[component]
fn PassphraseForm(
    /// What is being done.
    task: Doing,
    /// Set to nothing when the user goes back.
    doing: RwSignal<Doing>,
) -> impl IntoView {
    let shell = state().shell();
    let [current, new, again] = [(); 3].map(|()| RwSignal::new(String::new()));
    let wrong = Wrong { current: RwSignal::new(None), new: RwSignal::new(None), again: RwSignal::new(None) };
    let failed = RwSignal::new(None);
    let trying = RwSignal::new(false);
    Effect::new(move |before: Option<()>| {
        let outcome = shell.lock().get().and_then(|lock| lock.outcome);
        if before.is_some() {
            trying.set(false);
            wrong.say(outcome.and_then(reason));
            failed.set((outcome == Some(LockOutcome::NotWritten)).then_some("lock-not-written"));
        }
    });
    let (needs_current, needs_new) = (task != Doing::Setting, task != Doing::Removing);
    let submit = move |event: SubmitEvent| {
        event.prevent_default();
        let checked = if needs_new {
            new.with_untracked(|new| again.with_untracked(|again| check(new, again)))
        } else {
            None
        };
        wrong.say(checked);
        failed.set(None);
        if checked.is_some() || trying.get_untracked() {
            return;
        }
        let take =
            |field: RwSignal<String>| Passphrase::new(field.try_update(std::mem::take).unwrap_or_default());
        let command = UiCommand::SetPassphrase {
            current: needs_current.then(|| take(current)),
            new: needs_new.then(|| take(new)),
        };
        drop(take(again));
        trying.set(true);
        bridge::post(&command);
    };
    let (save, busy) = (t(if needs_new { "lock-save" } else { "lock-remove" }), t("lock-trying"));
    view! {
        <form class="stack" novalidate on:submit=submit>
            {needs_current.then(|| labelled("lock-current", current, wrong.current, None))}
            {needs_new.then(|| view! {
                {labelled("lock-new", new, wrong.new, Some("lock-new-hint"))}
                {labelled("lock-again", again, wrong.again, None)}
                <p>{t("lock-warning")}</p>
            })}
            {wrong_line("lock", failed)}
            <div class="buttons">
                <button type="submit" class="button" aria-disabled=move || trying.get().to_string()>
                    {move || if trying.get() { busy() } else { save() }}
                </button>
                <button type="button" class="button button-is-second" on:click=move |_| doing.set(Doing::Nothing)>
                    {t("lock-cancel")}
                </button>
            </div>
        </form>
    }
}

/// A field with what it is called, a hint, and what is wrong with it.
fn labelled(
    id: &'static str,
    value: RwSignal<String>,
    wrong: RwSignal<Option<&'static str>>,
    hint: Option<&'static str>,
) -> impl IntoView {
    view! {
        <div class="field">
            <PassphraseField id=id label=id value=value wrong=wrong/>
            {hint.map(|hint| view! { <p class="hint">{t(hint)}</p> })}
            {wrong_line(id, wrong)}
        </div>
    }
}

/// A field, and the key of what is wrong with it.
type Reason = (Field, &'static str);

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Field {
    Current,
    New,
    Again,
}

/// What is wrong with each of the fields.
#[derive(Clone, Copy)]
struct Wrong {
    current: RwSignal<Option<&'static str>>,
    new: RwSignal<Option<&'static str>>,
    again: RwSignal<Option<&'static str>>,
}

impl Wrong {
    /// Says what is wrong beside the field that it is about, and of no other.
    fn say(self, reason: Option<Reason>) {
        for (field, wrong) in
            [(Field::Current, self.current), (Field::New, self.new), (Field::Again, self.again)]
        {
            wrong.set(reason.filter(|(of, _)| *of == field).map(|(_, key)| key));
        }
    }
}

/// What is wrong with a new passphrase.
fn check(new: &str, again: &str) -> Option<Reason> {
    if new.chars().count() < PASSPHRASE_MIN {
        Some((Field::New, "lock-too-short"))
    } else if new != again {
        Some((Field::Again, "lock-differs"))
    } else {
        None
    }
}

/// Which field the engine found wrong.
fn reason(outcome: LockOutcome) -> Option<Reason> {
    match outcome {
        LockOutcome::Done | LockOutcome::NotWritten => None,
        LockOutcome::WrongPassphrase => Some((Field::Current, "lock-wrong-current")),
        LockOutcome::TooShort => Some((Field::New, "lock-too-short")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_new_passphrase_is_long_enough_and_typed_twice_alike() {
        assert_eq!(check("1234567", "1234567"), Some((Field::New, "lock-too-short")));
        assert_eq!(check("üüüüüüüü", "üüüüüüüü"), None);
        assert_eq!(check("correct horse", "correct hors"), Some((Field::Again, "lock-differs")));
    }
}
