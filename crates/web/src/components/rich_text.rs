//! The text of a message, with its styles. Every node is made by itself: nothing that others write is ever read as HTML.

use leptos::prelude::*;

use crate::i18n::t;
use crate::markdown::{Block, Inline, read};

/// A text that is longer than this, in characters or lines, is folded.
const FOLD_CHARS: usize = 1_600;
const FOLD_LINES: usize = 24;

/// Shows a text. `is_open` says whether a long one is unfolded; it lives as long as the message is in view.
pub(crate) fn rich_text(text: &str, is_open: RwSignal<bool>) -> AnyView {
    if !is_long(text) {
        return view! { <div class="rich" dir="auto">{blocks(read(text))}</div> }.into_any();
    }
    let source = StoredValue::new(text.to_owned());
    let (more, less) = (t("message-more"), t("message-less"));
    view! {
        <div class="rich" class:rich-is-folded=move || !is_open.get() dir="auto">
            {move || {
                let shown = source.with_value(|text| if is_open.get() { text.clone() } else { beginning(text) });
                blocks(read(&shown))
            }}
        </div>
        <button
            type="button"
            class="button-quiet fold"
            aria-expanded=move || is_open.get().to_string()
            on:click=move |_| is_open.update(|open| *open = !*open)
        >
            {move || if is_open.get() { less() } else { more() }}
        </button>
    }
    .into_any()
}

fn is_long(text: &str) -> bool {
    text.lines().nth(FOLD_LINES + 4).is_some() || text.chars().nth(FOLD_CHARS + FOLD_CHARS / 4).is_some()
}

/// What is shown of a long text while it is folded.
fn beginning(text: &str) -> String {
    let by_lines = text.lines().take(FOLD_LINES).collect::<Vec<_>>().join("\n");
    let mut shown: String = by_lines.chars().take(FOLD_CHARS).collect();
    shown.push_str(" …");
    shown
}

fn blocks(blocks: Vec<Block>) -> Vec<AnyView> {
    blocks.into_iter().map(block).collect()
}

fn block(block: Block) -> AnyView {
    match block {
        Block::Paragraph(inside) => view! { <p class="bubble-text">{inlines(inside)}</p> }.into_any(),
        Block::Code { language, text } => view! {
            <figure class="code">
                {(!language.is_empty()).then(|| view! { <figcaption>{language}</figcaption> })}
                <pre tabindex="0" dir="ltr"><code>{text}</code></pre>
            </figure>
        }
        .into_any(),
        Block::Quote(inside) => view! { <blockquote class="quote">{blocks(inside)}</blockquote> }.into_any(),
        Block::List(points) => list(points),
    }
}

fn list(points: Vec<(Option<u64>, Vec<Block>)>) -> AnyView {
    let is_numbered = points.first().is_some_and(|(number, _)| number.is_some());
    let point = |(number, inside): (Option<u64>, Vec<Block>)| {
        // The number as it was written: lists of people do not always count.
        view! { <li value=number.map(|number| number.to_string())>{blocks(inside)}</li> }
    };
    let points: Vec<_> = points.into_iter().map(point).collect();
    if is_numbered {
        view! { <ol class="points points-are-numbered">{points}</ol> }.into_any()
    } else {
        view! { <ul class="points">{points}</ul> }.into_any()
    }
}

fn inlines(inside: Vec<Inline>) -> Vec<AnyView> {
    inside.into_iter().map(inline).collect()
}

fn inline(inline: Inline) -> AnyView {
    match inline {
        Inline::Text(text) => text.into_any(),
        Inline::Strong(inside) => view! { <strong>{inlines(inside)}</strong> }.into_any(),
        Inline::Emphasis(inside) => view! { <em>{inlines(inside)}</em> }.into_any(),
        Inline::Struck(inside) => view! { <s>{inlines(inside)}</s> }.into_any(),
        Inline::Code(text) => view! { <code class="code-word" dir="ltr">{text}</code> }.into_any(),
        Inline::Link { words: None, address } => link(address),
        Inline::Link { words: Some(words), address } => {
            view! { {inlines(words)} " (" {link(address)} ")" }.into_any()
        }
        Inline::Mention { name, kuvert_id } => {
            view! { <span class="mention" title=kuvert_id>"@" <bdi>{name}</bdi></span> }.into_any()
        }
    }
}

/// The address itself is the link: nobody is led elsewhere than they see.
fn link(address: String) -> AnyView {
    let target = address.clone();
    view! { <a href=target target="_blank" rel="noopener noreferrer" dir="ltr">{address}</a> }.into_any()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_long_texts_are_folded_and_their_beginning_is_shown() {
        assert!(!is_long(&"word ".repeat(300)));
        assert!(!is_long(&"line\n".repeat(FOLD_LINES + 2)));
        assert!(is_long(&"line\n".repeat(60)) && is_long(&"ü".repeat(3_000)));
        assert_eq!(beginning(&"ü".repeat(3_000)).chars().count(), FOLD_CHARS + 2);
        assert_eq!(beginning(&"a\n".repeat(60)).lines().count(), FOLD_LINES);
    }
}
