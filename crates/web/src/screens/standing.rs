//! How one stands to whom a conversation is with: a request, an invitation, blocked, left. What stands in the way of writing
//! is said here, with what can be done about it.

use kuvert_view::{ContactState, ConversationId, ConversationView, GroupStanding, UiCommand};
use leptos::prelude::*;

use crate::bridge;
use crate::components::dialog::Confirm;
use crate::i18n::{language, t, t1, text};
use crate::navigation::navigation;
use crate::route::Route;

/// The text that says why nothing can be written to a group; `None` where it can, and for an invitation.
pub(crate) fn standing_key(standing: GroupStanding) -> Option<&'static str> {
    Some(match standing {
        GroupStanding::Member | GroupStanding::Invited => return None,
        GroupStanding::Leaving | GroupStanding::Left => "group-left",
        GroupStanding::Removed => "group-removed",
        GroupStanding::Broken => "group-broken",
    })
}

/// What a conversation allows.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Standing {
    /// Both can write.
    Open,
    /// Somebody asks, and the user decides.
    Asking,
    /// Somebody who is no contact added the user to a group, and the user decides.
    Invited,
    /// The user asked, and waits.
    Waiting,
    /// The user blocked the contact.
    Blocked,
    /// The user is not in the group any more.
    Ended(GroupStanding),
}

impl Standing {
    /// How one stands to whom this conversation is with.
    pub(crate) fn of(shown: &ConversationView) -> Self {
        match (shown.group.map(|group| group.standing), shown.state) {
            (Some(GroupStanding::Member), _) => Self::Open,
            (Some(GroupStanding::Invited), _) => Self::Invited,
            (Some(ended), _) => Self::Ended(ended),
            (None, _) if shown.blocked => Self::Blocked,
            (None, ContactState::Asking) => Self::Asking,
            (None, ContactState::Requested) => Self::Waiting,
            (None, ContactState::Accepted) => Self::Open,
        }
    }

    /// Whether there is a field to write in, perhaps a closed one.
    pub(crate) fn has_composer(self) -> bool {
        matches!(self, Self::Open | Self::Waiting | Self::Ended(_))
    }
}

/// What stands between the messages and the field.
#[component]
pub(crate) fn StandingNote(
    /// The conversation.
    id: ConversationId,
    /// How one stands.
    #[prop(into)]
    standing: Signal<Standing>,
    /// The contact's or the group's name.
    name: Signal<String>,
) -> impl IntoView {
    let navigation = navigation();
    let (declines, blocks, leaves) = (RwSignal::new(false), RwSignal::new(false), RwSignal::new(false));
    let decline = Callback::new(move |()| {
        bridge::post(&UiCommand::Decline { conversation: id });
        navigation.go(Route::Home);
    });
    let block = Callback::new(move |()| bridge::post(&UiCommand::Block { conversation: id }));
    let leave = Callback::new(move |()| bridge::post(&UiCommand::LeaveGroup { conversation: id }));
    view! {
        {move || match standing.get() {
            Standing::Open => ().into_any(),
            Standing::Asking => asking(id, name, declines, blocks),
            Standing::Invited => invited(id, name, leaves),
            Standing::Waiting => note("request-waiting", name),
            Standing::Blocked => blocked(id, name),
            Standing::Ended(ended) => note(standing_key(ended).unwrap_or("group-left"), name),
        }}
        <Confirm
            open=declines
            heading=Signal::derive(t1("request-decline-heading", "name", move || name.get()))
            text=Signal::derive(t1("request-decline-text", "name", move || name.get()))
            yes="request-decline-sure"
            no="request-keep"
            danger=true
            on_yes=decline
        />
        <Confirm
            open=blocks
            heading=Signal::derive(t1("block-heading", "name", move || name.get()))
            text=Signal::derive(t1("block-text", "name", move || name.get()))
            yes="block-sure"
            danger=true
            on_yes=block
        />
        <Confirm
            open=leaves
            heading=Signal::derive(t1("group-leave-heading", "name", move || name.get()))
            text=Signal::derive(t("group-leave-text"))
            yes="group-leave-sure"
            danger=true
            on_yes=leave
        />
    }
}

/// Somebody's request.
fn asking(
    conversation: ConversationId,
    name: Signal<String>,
    declines: RwSignal<bool>,
    blocks: RwSignal<bool>,
) -> AnyView {
    let accept = move |_| bridge::post(&UiCommand::Accept { conversation });
    view! {
        <section class="request" aria-labelledby="request-heading">
            <h2 id="request-heading">{t1("request-asking", "name", move || name.get())}</h2>
            <p>{t1("request-asking-text", "name", move || name.get())}</p>
            <div class="buttons">
                <button type="button" class="button" on:click=accept>{t("request-accept")}</button>
                <button
                    type="button"
                    class="button button-is-second"
                    data-testid="decline"
                    on:click=move |_| declines.set(true)
                >
                    {t("request-decline")}
                </button>
                <button
                    type="button"
                    class="button-quiet"
                    data-testid="block"
                    on:click=move |_| blocks.set(true)
                >
                    {t("block-button")}
                </button>
            </div>
        </section>
    }
    .into_any()
}

/// An invitation to a group, by somebody who is no contact.
fn invited(conversation: ConversationId, name: Signal<String>, leaves: RwSignal<bool>) -> AnyView {
    let accept = move |_| bridge::post(&UiCommand::Accept { conversation });
    let navigation = navigation();
    view! {
        <section class="request" aria-labelledby="request-heading">
            <h2 id="request-heading">{t1("group-invited", "name", move || name.get())}</h2>
            <p>{t("group-invited-text")}</p>
            <div class="buttons">
                <button type="button" class="button" on:click=accept>{t("group-join")}</button>
                <button
                    type="button"
                    class="button button-is-second"
                    data-testid="leave"
                    on:click=move |_| leaves.set(true)
                >
                    {t("group-leave")}
                </button>
                <button
                    type="button"
                    class="button-quiet"
                    on:click=move |_| navigation.go(Route::About(conversation))
                >
                    {t("group-who")}
                </button>
            </div>
        </section>
    }
    .into_any()
}

fn blocked(conversation: ConversationId, name: Signal<String>) -> AnyView {
    view! {
        <div class="waiting waiting-has-button">
            <p role="status">{t1("conversation-blocked", "name", move || name.get())}</p>
            <button
                type="button"
                class="button-quiet"
                data-testid="unblock"
                on:click=move |_| bridge::post(&UiCommand::Unblock { conversation })
            >
                {t("block-undo")}
            </button>
        </div>
    }
    .into_any()
}

fn note(key: &'static str, name: Signal<String>) -> AnyView {
    let lang = language();
    let words = move || text(lang.get(), key, &[("name", name.get().into())]);
    view! { <p class="waiting" id="composer-reason" role="status">{words}</p> }.into_any()
}

#[cfg(test)]
mod tests {
    use kuvert_view::{Familiarity, GroupView, Trust};

    use super::*;

    fn shown(state: ContactState, blocked: bool, group: Option<GroupStanding>) -> ConversationView {
        ConversationView {
            id: ConversationId(1),
            title: "Ben".into(),
            kuvert_id: String::new(),
            trust: Trust::New,
            state,
            last: None,
            unread: 0,
            blocked,
            familiarity: Familiarity::Stranger,
            group: group.map(|standing| GroupView { standing, members: 3 }),
        }
    }

    #[test]
    fn a_conversation_says_what_it_allows() {
        let of = |state, blocked, group| Standing::of(&shown(state, blocked, group));
        let (asking, accepted) = (ContactState::Asking, ContactState::Accepted);
        assert_eq!(of(accepted, false, None), Standing::Open);
        assert_eq!(of(asking, false, None), Standing::Asking);
        assert_eq!(of(asking, true, None), Standing::Blocked, "who is blocked asks nothing");
        assert_eq!(of(ContactState::Requested, false, None), Standing::Waiting);
        assert_eq!(of(accepted, false, Some(GroupStanding::Member)), Standing::Open);
        assert_eq!(of(asking, false, Some(GroupStanding::Invited)), Standing::Invited);
        let removed = of(accepted, false, Some(GroupStanding::Removed));
        assert_eq!(removed, Standing::Ended(GroupStanding::Removed));
        assert!(removed.has_composer() && !Standing::Blocked.has_composer());
    }
}
