//! A person's stamp: initials on a colour that follows from the Kuvert ID.

use leptos::prelude::*;

use crate::text::{initials, stamp_tone};

/// Draws a stamp. The name stands beside it, so that screen readers pass over the picture.
pub(crate) fn stamp(name: &str, kuvert_id: &str) -> AnyView {
    let class = format!("stamp tone-{}", stamp_tone(kuvert_id));
    view! {
        <span class=class aria-hidden="true">
            <span class="stamp-face">{initials(name)}</span>
        </span>
    }
    .into_any()
}
