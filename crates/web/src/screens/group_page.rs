//! A group: its members, its name, and what one may do there. What one may not do is not offered.

use kuvert_view::{ConversationId, GroupStanding, MemberView, UiCommand};
use leptos::ev::SubmitEvent;
use leptos::prelude::*;

use super::about::actions;
use super::desk::PaneHead;
use super::standing::standing_key;
use crate::bridge;
use crate::components::dialog::{Confirm, Dialog};
use crate::components::field::wrong_line;
use crate::components::icon::{Icon, icon};
use crate::components::marks::trust_mark;
use crate::components::picker::Picker;
use crate::components::stamp::stamp;
use crate::i18n::{language, t, t1, text};
use crate::navigation::navigation;
use crate::people::People;
use crate::route::Route;
use crate::state::state;
use crate::text::valid_name;

/// What the page works on; cheap to copy.
#[derive(Clone, Copy)]
struct Page {
    id: ConversationId,
    people: People,
    name: Signal<String>,
    members: Memo<Option<Vec<MemberView>>>,
    /// What the group is to the user.
    standing: Memo<Option<GroupStanding>>,
    /// Whether the user may add, remove and change.
    is_admin: Memo<bool>,
    /// Whether nobody else is an admin, although others are there: the user cannot leave.
    is_needed: Memo<bool>,
    /// The member whose dialog is open.
    looks_at: RwSignal<Option<MemberView>>,
}

impl Page {
    fn new(id: ConversationId) -> Self {
        let state = state();
        let conversation = state.conversation(id);
        let people = state.people();
        let members = people.members(id);
        let standing = Memo::new(move |_| conversation.with(|shown| Some(shown.as_ref()?.group?.standing)));
        let is_member = move || standing.get() == Some(GroupStanding::Member);
        let is_admin = Memo::new(move |_| {
            let has_right = |members: &Vec<MemberView>| members.iter().any(|one| one.own && one.admin);
            is_member() && members.with(|members| members.as_ref().is_some_and(has_right))
        });
        let is_needed = Memo::new(move |_| {
            is_admin.get()
                && members.with(|members| {
                    let mut others = members.iter().flatten().filter(|one| !one.own).peekable();
                    others.peek().is_some() && others.all(|one| !one.admin)
                })
        });
        people.follow_members(id);
        let name = Signal::derive(move || {
            conversation.with(|shown| shown.as_ref().map(|shown| shown.title.clone()).unwrap_or_default())
        });
        Self { id, people, name, members, standing, is_admin, is_needed, looks_at: RwSignal::new(None) }
    }
}

/// The page of a group.
#[component]
pub(crate) fn GroupPage(
    /// The conversation with it.
    id: ConversationId,
) -> impl IntoView {
    let page = Page::new(id);
    let (renames, adds, leaves) = (RwSignal::new(false), RwSignal::new(false), RwSignal::new(false));
    let leave = Callback::new(move |()| bridge::post(&UiCommand::LeaveGroup { conversation: id }));
    let is_member = Memo::new(move |_| page.standing.get() == Some(GroupStanding::Member));
    let lang = language();
    let reason = move || {
        let key = page.standing.get().and_then(standing_key)?;
        Some(text(lang.get(), key, &[("name", page.name.get().into())]))
    };
    view! {
        <article class="page" aria-labelledby="screen-heading">
            <PaneHead deep=true>
                <h1 id="screen-heading" tabindex="-1">{t("group-title")}</h1>
            </PaneHead>
            <div class="page-body">
                {group_head(page, renames)}
                {move || reason().map(|words| view! { <p class="waiting-note" role="status">{words}</p> })}
                {members_sheet(page, adds)}
                <section class="sheet actions" aria-label=t("about-actions")>
                    {actions(id)}
                    {move || is_member.get().then(|| leaving(page, leaves))}
                </section>
            </div>
            <Dialog open=renames heading=Signal::derive(t("group-rename"))>
                <Rename page=page open=renames/>
            </Dialog>
            <Dialog open=adds heading=Signal::derive(t("group-add"))>
                <Add page=page open=adds/>
            </Dialog>
            <MemberDialog page=page/>
            <Confirm
                open=leaves
                heading=Signal::derive(t1("group-leave-heading", "name", move || page.name.get()))
                text=Signal::derive(t("group-leave-text"))
                yes="group-leave-sure"
                danger=true
                on_yes=leave
            />
        </article>
    }
}

fn group_head(page: Page, renames: RwSignal<bool>) -> AnyView {
    let lang = language();
    let count = move || {
        let count = page.members.with(|members| members.as_ref().map_or(0, Vec::len));
        let count = u32::try_from(count).unwrap_or(u32::MAX);
        (count > 0).then(|| text(lang.get(), "group-members", &[("count", count.into())]))
    };
    view! {
        <div class="person">
            {move || stamp(&page.name.get(), "")}
            <div class="person-lines">
                <h2 class="person-name"><bdi>{page.name}</bdi></h2>
                <p class="hint">{count}</p>
            </div>
            {move || page.is_admin.get().then(|| view! {
                <button type="button" class="button button-is-second" on:click=move |_| renames.set(true)>
                    {t("group-rename")}
                </button>
            })}
        </div>
    }
    .into_any()
}

fn members_sheet(page: Page, adds: RwSignal<bool>) -> AnyView {
    let shown = Memo::new(move |_| page.members.get().unwrap_or_default());
    let sheet = move || {
        (!shown.with(Vec::is_empty)).then(|| {
            view! {
                <section class="sheet" aria-labelledby="members-heading">
                    <div class="sheet-head">
                        <h2 id="members-heading">{t("group-members-heading")}</h2>
                        {move || page.is_admin.get().then(|| view! {
                            <button type="button" class="button-quiet" on:click=move |_| adds.set(true)>
                                {icon(Icon::Plus)}
                                {t("group-add")}
                            </button>
                        })}
                    </div>
                    <ul class="row-buttons">
                        <For
                            each=move || shown.get()
                            key=|member| (member.kuvert_id.clone(), member.admin, member.name.clone(), member.trust.map(|t| t as u8))
                            children=move |member| member_line(page, member)
                        />
                    </ul>
                </section>
            }
        })
    };
    view! { {sheet} }.into_any()
}

fn member_line(page: Page, member: MemberView) -> AnyView {
    let words = view! {
        {stamp(&member.name, &member.kuvert_id)}
        <span class="row-button-words">
            <bdi>{member.name.clone()}</bdi>
            {member.own.then(|| view! { <span class="hint">" "{t("group-you")}</span> })}
            <span class="row-button-marks">
                {member.admin.then(|| view! { <span class="tag">{t("group-admin")}</span> })}
                {member.trust.map(trust_mark)}
                {(!member.own && member.conversation.is_none())
                    .then(|| view! { <span class="hint">{t("group-no-contact")}</span> })}
            </span>
        </span>
    }
    .into_any();
    if member.own {
        return view! { <li class="row-button row-button-is-still" data-testid="member">{words}</li> }
            .into_any();
    }
    view! {
        <li data-testid="member">
            <button type="button" class="row-button" on:click=move |_| page.looks_at.set(Some(member.clone()))>
                {words}
                {icon(Icon::Forward)}
            </button>
        </li>
    }
    .into_any()
}

/// What can be done with a member.
#[component]
fn MemberDialog(
    /// The page.
    page: Page,
) -> impl IntoView {
    let open = RwSignal::new(false);
    let removes = RwSignal::new(false);
    // Stays while the dialog closes, and while the question is asked.
    let member = RwSignal::new(None::<MemberView>);
    Effect::new(move |_| {
        if let Some(shown) = page.looks_at.get() {
            member.set(Some(shown));
            open.set(true);
            page.looks_at.set(None);
        }
    });
    let name = Signal::derive(move || {
        member.with(|one| one.as_ref().map(|one| one.name.clone()).unwrap_or_default())
    });
    let remove = Callback::new(move |()| {
        if let Some(kuvert_id) = member.with_untracked(|one| one.as_ref().map(|one| one.kuvert_id.clone())) {
            bridge::post(&UiCommand::RemoveMember { conversation: page.id, kuvert_id });
        }
    });
    view! {
        <Dialog open=open heading=name>
            {move || member.get().map(|member| member_actions(page, member, open, removes))}
        </Dialog>
        <Confirm
            open=removes
            heading=Signal::derive(t1("group-remove-heading", "name", move || name.get()))
            text=Signal::derive(t1("group-remove-text", "name", move || name.get()))
            yes="group-remove-sure"
            danger=true
            on_yes=remove
        />
    }
}

fn member_actions(page: Page, member: MemberView, open: RwSignal<bool>, removes: RwSignal<bool>) -> AnyView {
    let navigation = navigation();
    let (kuvert_id, admin) = (member.kuvert_id.clone(), member.admin);
    let id_line = member.kuvert_id.clone();
    let set_admin = move |_| {
        open.set(false);
        let kuvert_id = kuvert_id.clone();
        bridge::post(&UiCommand::SetAdmin { conversation: page.id, kuvert_id, admin: !admin });
    };
    let look = move |conversation| {
        open.set(false);
        navigation.go(Route::About(conversation));
    };
    view! {
        <div class="stack-close">
            <p class="kuvert-id">{id_line}</p>
            {member.conversation.is_none().then(|| view! { <p class="hint">{t("group-no-contact-hint")}</p> })}
            {member.conversation.map(|conversation| view! {
                <button type="button" class="row-button" on:click=move |_| look(conversation)>
                    {icon(Icon::Shield)}
                    <span class="row-button-words">{t("group-look-at")}</span>
                    {icon(Icon::Forward)}
                </button>
            })}
            {page.is_admin.get_untracked().then(|| view! {
                <button type="button" class="row-button" data-testid="set-admin" on:click=set_admin>
                    {icon(Icon::People)}
                    <span class="row-button-words">
                        {t(if admin { "group-demote" } else { "group-promote" })}
                    </span>
                </button>
                <button
                    type="button"
                    class="row-button row-button-is-danger"
                    data-testid="remove-member"
                    on:click=move |_| {
                        open.set(false);
                        removes.set(true);
                    }
                >
                    {icon(Icon::Close)}
                    <span class="row-button-words">{t("group-remove")}</span>
                </button>
            })}
        </div>
    }
    .into_any()
}

/// The way out, or why there is none for now.
fn leaving(page: Page, leaves: RwSignal<bool>) -> AnyView {
    let needed = move || {
        if page.is_needed.get() {
            view! { <p class="note">{icon(Icon::People)} <span>{t("group-needed")}</span></p> }.into_any()
        } else {
            view! {
                <button
                    type="button"
                    class="row-button row-button-is-danger"
                    data-testid="leave"
                    on:click=move |_| leaves.set(true)
                >
                    {icon(Icon::Back)}
                    <span class="row-button-words">{t("group-leave")}</span>
                </button>
            }
            .into_any()
        }
    };
    view! { {needed} }.into_any()
}

/// Another name for the group.
#[component]
fn Rename(
    /// The page.
    page: Page,
    /// The dialog.
    open: RwSignal<bool>,
) -> impl IntoView {
    let typed = RwSignal::new(page.name.get_untracked());
    let wrong = RwSignal::new(None);
    let submit = move |event: SubmitEvent| {
        event.prevent_default();
        match typed.with_untracked(|typed| valid_name(typed)) {
            Some(name) => {
                open.set(false);
                bridge::post(&UiCommand::RenameGroup { conversation: page.id, name });
            }
            None => wrong.set(Some("name-invalid")),
        }
    };
    view! {
        <form class="stack" novalidate on:submit=submit>
            <GroupNameField value=typed wrong=wrong/>
            <button type="submit" class="button">{t("group-rename-save")}</button>
        </form>
    }
}

/// The field for a group's name.
#[component]
pub(crate) fn GroupNameField(
    /// What was typed.
    value: RwSignal<String>,
    /// Text key of what is wrong.
    wrong: RwSignal<Option<&'static str>>,
) -> impl IntoView {
    view! {
        <div class="field">
            <label class="field-label">
                <span>{t("group-name")}</span>
                <input
                    type="text"
                    autocomplete="off"
                    data-testid="group-name"
                    dir="auto"
                    maxlength="128"
                    autofocus
                    aria-describedby="group-name-wrong"
                    aria-invalid=move || wrong.get().is_some().to_string()
                    prop:value=value
                    on:input=move |event| {
                        value.set(event_target_value(&event));
                        wrong.set(None);
                    }
                />
            </label>
            {wrong_line("group-name", wrong)}
        </div>
    }
}

/// Contacts who are to be added.
#[component]
fn Add(
    /// The page.
    page: Page,
    /// The dialog.
    open: RwSignal<bool>,
) -> impl IntoView {
    let chosen = RwSignal::new(Vec::<ConversationId>::new());
    let except = Signal::derive(move || {
        page.members
            .with(|members| members.iter().flatten().filter_map(|member| member.conversation).collect())
    });
    let add = move |_| {
        open.set(false);
        let with = chosen.get_untracked();
        bridge::post(&UiCommand::AddMembers { conversation: page.id, with });
        page.people.ask_members(page.id);
    };
    view! {
        <div class="stack">
            <Picker chosen=chosen except=except/>
            <button
                type="button"
                class="button"
                data-testid="add-members"
                disabled=move || chosen.with(Vec::is_empty)
                on:click=add
            >
                {t("group-add-button")}
            </button>
        </div>
    }
}
