//! What the team says about a request: where it stands from now on, perhaps with a word.

use kuvert_desk::time::{Date, LocalTime};
use kuvert_view::{
    AppointmentView, DeskCommand, DispatchCommand, MemberId, MessageId, RequestView, TeamRole,
};
use leptos::prelude::*;

use super::entries::LongEntry;
use super::team_state::{post, team};
use crate::components::form_fields::in_language;
use crate::i18n::{language, t, text};

/// Where a request can go from here: one button for each state.
pub(super) fn ways(message: MessageId, request: &RequestView) -> AnyView {
    let role = team().role();
    if request.ways.is_empty() {
        return ().into_any();
    }
    let can_act = Memo::new(move |_| role.get().is_some_and(|role| role >= TeamRole::Agent));
    let note = RwSignal::new(String::new());
    let appointment = RwSignal::new(Typed::default());
    let go = move |state: u8| {
        let note = note.try_update(std::mem::take).unwrap_or_default().trim().to_owned();
        let appointment = appointment.try_update(|typed| typed.take()).flatten();
        post(&DeskCommand::SetRequest { message, state, note, appointment });
    };
    let buttons = request.ways.iter().map(|(state, label)| {
        let state = *state;
        view! {
            <button type="button" class="line-form" data-testid="request-way" on:click=move |_| go(state)>
                {in_language(label.clone())}
            </button>
        }
    });
    let buttons = buttons.collect_view();
    view! {
        <div class="filled-ways" hidden=move || !can_act.get()>
            <p class="hint">{t("desk-request-set")}</p>
            <div class="line-forms" role="group" aria-label=t("desk-request-set")>{buttons}</div>
            <details>
                <summary>{t("desk-request-say")}</summary>
                <LongEntry id="request-note" label="desk-request-note" value=note wrong=RwSignal::new(None)/>
            </details>
            <details>
                <summary data-testid="request-appointment-open">{t("desk-request-appointment")}</summary>
                {appointment_inputs(appointment)}
            </details>
            {offering(message)}
        </div>
    }
    .into_any()
}

/// How long an offer stands before every agent may take it: seconds.
const OFFERED_FOR: u32 = 180;

/// To everybody on duty, or to one.
fn offering(message: MessageId) -> AnyView {
    let (team, lang) = (team(), language());
    let members = team.members();
    let offer = move |to: Vec<MemberId>| {
        post(&DeskCommand::Dispatch(DispatchCommand::Offer { message, to, seconds: OFFERED_FOR }));
    };
    let others = move || {
        let all = members
            .get()
            .into_iter()
            .filter(|member| member.role >= TeamRole::Agent && Some(member.id) != team.me());
        let button = |member: kuvert_view::TeamMemberView| {
            let (id, name) = (member.id, member.name);
            let words = move || text(lang.get(), "desk-request-offer-to", &[("name", name.clone().into())]);
            view! {
                <button type="button" class="button-quiet" on:click=move |_| offer(vec![id])>{words}</button>
            }
        };
        all.map(button).collect_view()
    };
    view! {
        <details>
            <summary data-testid="request-offer-open">{t("desk-request-offer")}</summary>
            <p class="hint">{t("desk-request-offer-hint")}</p>
            <button type="button" class="button button-is-second" data-testid="request-offer" on:click=move |_| offer(Vec::new())>
                {t("desk-request-offer")}
            </button>
            {others}
        </details>
    }
    .into_any()
}

/// An appointment as it is typed.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
struct Typed {
    day: String,
    from: String,
    to: String,
    place: String,
}

impl Typed {
    /// What was typed, which is empty then; `None` as long as a part is missing.
    fn take(&mut self) -> Option<AppointmentView> {
        let day = Date::parse(&self.day)?;
        let at = |time: &str| {
            let (hours, minutes) = time.split_once(':')?;
            let (hours, minutes): (u32, u32) = (hours.parse().ok()?, minutes.get(..2)?.parse().ok()?);
            Some(LocalTime::new(day, (hours * 60 + minutes) * 60_000)?.at())
        };
        let from = at(&self.from)?;
        // Without an end, or with one that lies before it, it is a moment.
        let to = at(&self.to).filter(|to| *to >= from).unwrap_or(from);
        let place = std::mem::take(self).place.trim().to_owned();
        Some(AppointmentView { from, to, place })
    }
}

fn appointment_inputs(typed: RwSignal<Typed>) -> AnyView {
    type Part = fn(&mut Typed) -> &mut String;
    let parts: [(&'static str, &'static str, &'static str, Part); 4] = [
        ("date", "appointment-day", "desk-request-day", |typed| &mut typed.day),
        ("time", "appointment-from", "desk-request-from", |typed| &mut typed.from),
        ("time", "appointment-to", "desk-request-to", |typed| &mut typed.to),
        ("text", "appointment-place", "desk-request-place", |typed| &mut typed.place),
    ];
    let inputs = parts.map(|(kind, id, label, part)| {
        view! {
            <label class="field-label">
                <span>{t(label)}</span>
                <input
                    type=kind
                    autocomplete="off"
                    maxlength="120"
                    data-testid=id
                    prop:value=move || typed.with(|typed| part(&mut typed.clone()).clone())
                    on:input=move |event| typed.update(|typed| *part(typed) = event_target_value(&event))
                />
            </label>
        }
    });
    view! { <div class="seats-row">{inputs}</div> }.into_any()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_appointment_is_what_clocks_at_the_line_show() {
        let mut typed = Typed {
            day: "2026-11-24".into(),
            from: "09:30".into(),
            to: "10:00".into(),
            place: " Zimmer 2 ".into(),
        };
        let one = typed.take().expect("an appointment");
        assert_eq!((one.from, one.to - one.from), (1_795_509_000_000, 30 * 60_000));
        assert_eq!(one.place, "Zimmer 2");
        assert_eq!(typed, Typed::default());
        assert_eq!(typed.take(), None);
    }
}
