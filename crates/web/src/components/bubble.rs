//! One message of a timeline.

use kuvert_view::{
    DataView, Delivery, MessageId, MessageKind, MessageView, NotAdded, NoticeKind, NoticeView, ReactionView,
    ReplyView, Role, Sender, UiCommand,
};
use leptos::prelude::*;

use super::attachments::{Brought, attachments};
use super::icon::{Icon, icon};
use super::marks::delivery_mark;
use super::request;
use super::rich_text::rich_text;
use crate::i18n::{Lang, language, t, text};
use crate::markdown::on_one_line;
use crate::state::state;
use crate::text::stamp_tone;
use crate::{bridge, dates};

/// What of a message stands in its body; the rest of it changes more often.
#[derive(Debug, Clone, PartialEq)]
struct Body {
    kind: MessageKind,
    text: String,
    reply: Option<ReplyView>,
    data: Option<DataView>,
}

/// A message of the timeline, which follows its changes.
#[component]
pub(crate) fn Bubble(
    /// Which message.
    id: MessageId,
    /// Whether the message before it came from the same person.
    follows: bool,
    /// The other person's name, for screen readers.
    #[prop(into)]
    name: Signal<String>,
    /// Whether several people write here, so that each message says who.
    is_group: bool,
) -> impl IntoView {
    let cell = state().talk().message(id)?;
    let message = move || cell.get();
    let first = message();
    if first.from == Sender::System {
        return Some(system_line(Signal::derive(message)));
    }
    let message = Memo::new(move |_| message());
    Some(person_bubble(message, &first, follows, name, is_group))
}

/// A message of a person.
pub(crate) fn person_bubble(
    message: Memo<MessageView>,
    first: &MessageView,
    follows: bool,
    name: Signal<String>,
    is_group: bool,
) -> AnyView {
    let id = first.id;
    let is_own = first.from == Sender::Own;
    let body = Memo::new(move |_| {
        message.with(|message| Body {
            kind: message.kind,
            text: message.text.clone(),
            reply: message.reply.clone(),
            data: message.data.clone(),
        })
    });
    let files = Memo::new(move |_| message.with(Brought::by));
    let given = Memo::new(move |_| message.with(|message| message.reactions.clone()));
    let mentions_me = Memo::new(move |_| message.with(|message| message.mentions_me));
    let failed = Memo::new(move |_| message.with(|message| message.delivery == Delivery::Failed));
    let is_open = RwSignal::new(false);
    let shows_author = is_group && !is_own && !follows;
    let author = first.author.clone();
    let class = match (is_own, follows) {
        (true, false) => "bubble bubble-is-own",
        (true, true) => "bubble bubble-is-own bubble-follows",
        (false, false) => "bubble",
        (false, true) => "bubble bubble-follows",
    };
    let label = format!("who-{0} said-{0} foot-{0}", id.0);
    view! {
        <div
            class=class
            class:bubble-mentions-me=mentions_me
            data-testid="message"
            role="article"
            tabindex="-1"
            aria-labelledby=label
        >
            {speaker(id, first.from, name, is_group.then(|| author.clone()))}
            {shows_author.then(|| author_line(author))}
            <div id=format!("said-{}", id.0)>
                {move || body.with(|body| body.reply.as_ref().map(quotation))}
                {move || body.with(|body| match &body.data {
                    Some(data) => request::data(id, data, &body.text),
                    None => said(body.kind, &body.text, is_open),
                })}
            </div>
            {move || files.with(attachments)}
            {move || given.with(|all| reactions(all))}
            {foot(id, message)}
            <button
                type="button"
                class="bubble-more"
                data-act="menu"
                tabindex="-1"
                aria-haspopup="menu"
                aria-label=t("message-menu")
                title=t("message-menu")
            >
                {icon(Icon::More)}
            </button>
        </div>
        {move || failed.get().then(|| retry(id))}
    }
    .into_any()
}

/// The name of who wrote, in their colour.
fn author_line(author: String) -> AnyView {
    let class = format!("author author-is-{}", stamp_tone(&author));
    view! { <p class=class aria-hidden="true"><bdi>{author}</bdi></p> }.into_any()
}

/// Time, ticks, and what else became of a message.
fn foot(id: MessageId, message: Memo<MessageView>) -> AnyView {
    let small = Memo::new(move |_| {
        message.with(|message| (message.edited_at, message.at, message.delivery, message.expires_at))
    });
    let line = move || {
        let (edited_at, at, delivery, expires_at) = small.get();
        view! {
            {expires_at.map(expiry)}
            {edited_at.map(edited)}
            {time_of(at)}
            {delivery_mark(delivery)}
        }
    };
    view! { <p class="bubble-foot" id=format!("foot-{}", id.0)>{line}</p> }.into_any()
}

/// Says that a message will be deleted, and when.
fn expiry(at: i64) -> AnyView {
    let lang = language();
    let words = move || {
        let when = dates::in_full(lang.get(), at);
        text(lang.get(), "message-expires", &[("when", when.into())])
    };
    view! {
        <span class="expiry" title=words data-testid="expiry">
            {icon(Icon::Timer)}
            <span class="hidden-words">{words}</span>
        </span>
    }
    .into_any()
}

/// What a message says, or why it says nothing.
fn said(kind: MessageKind, text: &str, is_open: RwSignal<bool>) -> AnyView {
    match kind_key(kind) {
        Some(key) => {
            view! { <p class="bubble-text bubble-kind"><em data-testid="message-kind">{t(key)}</em></p> }
                .into_any()
        }
        None if text.is_empty() => ().into_any(),
        None => rich_text(text, is_open),
    }
}

/// The words for a message that has none of its own.
fn kind_key(kind: MessageKind) -> Option<&'static str> {
    match kind {
        MessageKind::Text | MessageKind::Attachments | MessageKind::Structured => None,
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
    let inside = view! {
        <span class="quotation-author">{who}</span>
        <span class="quotation-text" dir="auto">{quoted(reply)}</span>
    };
    match reply.message {
        Some(message) => view! {
            <button
                type="button"
                class="quotation"
                data-testid="quotation"
                data-act="jump"
                data-target=message.0.to_string()
            >
                {inside}
            </button>
        }
        .into_any(),
        None => view! { <div class="quotation" data-testid="quotation">{inside}</div> }.into_any(),
    }
}

fn quoted(reply: &ReplyView) -> AnyView {
    match (reply.message, kind_key(reply.kind)) {
        (None, _) => view! { <em>{t("message-not-here")}</em> }.into_any(),
        (Some(_), Some(key)) => view! { <em>{t(key)}</em> }.into_any(),
        (Some(_), None) => on_one_line(&reply.text).into_any(),
    }
}

/// How often which reaction was given; the own one is taken back by a press, another one joined.
fn reactions(reactions: &[ReactionView]) -> Option<AnyView> {
    let one = |reaction: &ReactionView| {
        let count = (reaction.count > 1).then_some(reaction.count);
        view! {
            <li>
                <button
                    type="button"
                    class="reaction"
                    data-act="react"
                    data-reaction=reaction.text.clone()
                    aria-pressed=reaction.own.to_string()
                >
                    {reaction.text.clone()} {count.map(|count| format!(" {count}"))}
                </button>
            </li>
        }
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

/// A text that was handed to the engine and is not in the timeline yet.
pub(crate) fn unconfirmed(text: &str) -> AnyView {
    view! {
        <li class="row">
            <div class="bubble bubble-is-own bubble-is-unconfirmed">
                <div class="rich" dir="auto"><p class="bubble-text">{text.to_owned()}</p></div>
                <p class="bubble-foot">{delivery_mark(Delivery::Queued)}</p>
            </div>
        </li>
    }
    .into_any()
}

fn system_line(message: Signal<MessageView>) -> AnyView {
    let lang = language();
    let words = move || {
        message.with(|message| match &message.notice {
            Some(notice) => notice_words(lang.get(), notice),
            None => message.text.clone(),
        })
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

fn speaker(id: MessageId, from: Sender, name: Signal<String>, author: Option<String>) -> AnyView {
    let own = t("conversation-own");
    let words = move || match &author {
        _ if from == Sender::Own => own(),
        Some(author) => author.clone(),
        None => name.get(),
    };
    view! { <span class="hidden-words" id=format!("who-{}", id.0)>{words}": "</span> }.into_any()
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
