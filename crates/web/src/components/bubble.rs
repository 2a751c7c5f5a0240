//! One message of a timeline.

use kuvert_view::{
    Delivery, FileView, MessageId, MessageKind, MessageView, NotAdded, NoticeKind, NoticeView, ReactionView,
    ReplyView, Role, Sender, UiCommand,
};
use leptos::prelude::*;

use super::icon::{Icon, icon};
use super::marks::delivery_mark;
use crate::i18n::{Lang, language, t, text};
use crate::state::state;
use crate::text::{Segment, segments};
use crate::{bridge, dates};

/// A message of the timeline, which follows its changes.
#[component]
pub(crate) fn Bubble(
    /// Which message.
    id: MessageId,
    /// Whether the message before it came from the same side.
    follows: bool,
    /// The other person's name, for screen readers.
    #[prop(into)]
    name: Signal<String>,
) -> impl IntoView {
    let timeline = state().timeline();
    let message = Memo::new(move |_| timeline.with(|timeline| timeline.find(id).cloned()));
    move || message.get().map(|message| shown(message, follows, name))
}

fn shown(message: MessageView, follows: bool, name: Signal<String>) -> AnyView {
    let class = match (message.from, follows) {
        (Sender::System, _) => return system_line(message),
        (Sender::Own, false) => "bubble bubble-is-own",
        (Sender::Own, true) => "bubble bubble-is-own bubble-follows",
        (Sender::Contact, false) => "bubble",
        (Sender::Contact, true) => "bubble bubble-follows",
    };
    let id = message.id;
    let failed = message.delivery == Delivery::Failed;
    view! {
        <div class=class data-testid="message">
            {speaker(message.from, name)}
            {message.reply.as_ref().map(quotation)}
            <p class="bubble-text" dir="auto">{said(message.kind, &message.text)}</p>
            {files(&message.files)}
            {reactions(&message.reactions)}
            <p class="bubble-foot">
                {message.edited_at.map(edited)}
                {time_of(message.at)}
                {delivery_mark(message.delivery)}
            </p>
        </div>
        {failed.then(|| retry(id))}
    }
    .into_any()
}

/// What a message says, or why it says nothing.
fn said(kind: MessageKind, text: &str) -> AnyView {
    match kind_key(kind) {
        Some(key) => view! { <em data-testid="message-kind">{t(key)}</em> }.into_any(),
        None => words(text).into_any(),
    }
}

/// The words for a message that has none of its own.
fn kind_key(kind: MessageKind) -> Option<&'static str> {
    match kind {
        MessageKind::Text | MessageKind::Attachments => None,
        MessageKind::NeedsNewer => Some("message-unsupported"),
        MessageKind::Deleted => Some("message-deleted"),
    }
}

/// What stands in the place of a message that has no words of its own, in plain text.
pub(crate) fn kind_words(lang: Lang, kind: MessageKind) -> Option<String> {
    kind_key(kind).map(|key| text(lang, key, &[]))
}

/// The message that is answered.
fn quotation(reply: &ReplyView) -> AnyView {
    let who = match reply.from {
        Sender::Own => t("conversation-own").into_any(),
        Sender::Contact => view! { <bdi>{reply.author.clone()}</bdi> }.into_any(),
        Sender::System => ().into_any(),
    };
    view! {
        <blockquote class="quotation" data-testid="quotation">
            <span class="quotation-author">{who}</span>
            <p class="quotation-text" dir="auto">{quoted(reply)}</p>
        </blockquote>
    }
    .into_any()
}

fn quoted(reply: &ReplyView) -> AnyView {
    match (reply.message, kind_key(reply.kind)) {
        (None, _) => view! { <em>{t("message-not-here")}</em> }.into_any(),
        (Some(_), Some(key)) => view! { <em>{t(key)}</em> }.into_any(),
        (Some(_), None) => reply.text.clone().into_any(),
    }
}

/// How often which reaction was given.
fn reactions(reactions: &[ReactionView]) -> Option<AnyView> {
    let one = |reaction: &ReactionView| {
        let class = if reaction.own { "reaction reaction-is-own" } else { "reaction" };
        let count = (reaction.count > 1).then_some(reaction.count);
        view! { <li class=class>{reaction.text.clone()} {count}</li> }
    };
    (!reactions.is_empty()).then(|| {
        view! {
            <ul class="reactions" data-testid="reactions" aria-label=t("message-reactions")>
                {reactions.iter().map(one).collect::<Vec<_>>()}
            </ul>
        }
        .into_any()
    })
}

/// Says that a message was edited, and when.
fn edited(at: i64) -> AnyView {
    let lang = language();
    view! { <span title=move || dates::in_full(lang.get(), at)>{t("message-edited")}</span> }.into_any()
}

/// The files that a message brings: their names, and that they are out of reach here.
fn files(files: &[FileView]) -> Option<AnyView> {
    let line = |file: &FileView| view! { <li dir="auto">{file.name.clone()}</li> }.into_any();
    let lines: Vec<_> = files.iter().map(line).collect();
    (!files.is_empty()).then(|| {
        view! { <ul data-testid="files">{lines}</ul> <p><em>{t("files-elsewhere")}</em></p> }.into_any()
    })
}

/// A text that was handed to the engine and is not in the timeline yet.
pub(crate) fn unconfirmed(text: &str) -> AnyView {
    view! {
        <li class="row">
            <div class="bubble bubble-is-own bubble-is-unconfirmed">
                <p class="bubble-text" dir="auto">{words(text)}</p>
                <p class="bubble-foot">{delivery_mark(Delivery::Queued)}</p>
            </div>
        </li>
    }
    .into_any()
}

fn system_line(message: MessageView) -> AnyView {
    let lang = language();
    let words = move || match &message.notice {
        Some(notice) => notice_words(lang.get(), notice),
        None => message.text.clone(),
    };
    view! { <p class="system-line" data-testid="message" dir="auto">{words}</p> }.into_any()
}

/// What Kuvert says, in the reader's language.
fn notice_words(lang: Lang, notice: &NoticeView) -> String {
    let name = match notice.kind {
        NoticeKind::Created => "notice-created",
        NoticeKind::Added => "notice-added",
        NoticeKind::Removed => "notice-removed",
        NoticeKind::Left => "notice-left",
        NoticeKind::Renamed => "notice-renamed",
        NoticeKind::Picture => "notice-picture",
        NoticeKind::Promoted => "notice-promoted",
        NoticeKind::Demoted => "notice-demoted",
        NoticeKind::Healed => "notice-healed",
        NoticeKind::Broken => "notice-broken",
        NoticeKind::Lost => "notice-lost",
        NoticeKind::NotAdded => match notice.not_added.as_ref().and_then(|one| one.why) {
            Some(NotAdded::OtherRelay) => "notice-not-added-elsewhere",
            Some(NotAdded::Refused) => "notice-not-added-refused",
            _ => "notice-not-added",
        },
        NoticeKind::Unknown => "notice-unknown",
    };
    let you = match notice.you {
        Some(Role::By) => "by",
        Some(Role::What) => "what",
        None => "none",
    };
    let args = [("by", notice.by.clone().into()), ("what", notice.what.clone().into()), ("you", you.into())];
    text(lang, name, &args)
}

fn speaker(from: Sender, name: Signal<String>) -> AnyView {
    let own = t("conversation-own");
    let words = move || if from == Sender::Own { own() } else { name.get() };
    view! { <span class="hidden-words">{words}": "</span> }.into_any()
}

fn time_of(at: i64) -> AnyView {
    let lang = language();
    view! {
        <time title=move || dates::in_full(lang.get(), at)>{move || dates::clock(lang.get(), at)}</time>
    }
    .into_any()
}

fn retry(message: MessageId) -> AnyView {
    view! {
        <button
            type="button"
            class="button-quiet retry"
            on:click=move |_| bridge::post(&UiCommand::Retry { message })
        >
            {icon(Icon::Warning)}
            {t("delivery-retry")}
        </button>
    }
    .into_any()
}

fn words(text: &str) -> Vec<AnyView> {
    segments(text)
        .into_iter()
        .map(|segment| match segment {
            Segment::Plain(text) => text.into_any(),
            Segment::Address(address) => {
                let target = address.clone();
                view! { <a href=target target="_blank" rel="noopener noreferrer">{address}</a> }.into_any()
            }
        })
        .collect()
}
