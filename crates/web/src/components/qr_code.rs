//! A text as a QR code.

use leptos::prelude::*;

use crate::i18n::t;
use crate::qr;

/// Draws a QR code, dark on light in both themes, as cameras expect it. `label` and `hint` are text keys; nothing is drawn
/// for a text that is too long for one.
pub(crate) fn qr_code(text: &str, label: &'static str, hint: &'static str) -> AnyView {
    let Some(picture) = qr::picture(text) else {
        return ().into_any();
    };
    view! {
        <figure class="qr">
            <svg
                role="img"
                data-testid="qr"
                aria-label=t(label)
                viewBox=format!("0 0 {0} {0}", picture.side)
                shape-rendering="crispEdges"
            >
                <rect class="qr-light" width="100%" height="100%"></rect>
                <path class="qr-dark" d=picture.path></path>
            </svg>
            <figcaption class="hint">{t(hint)}</figcaption>
        </figure>
    }
    .into_any()
}
