//! Headers of every response: what a page of this relay may do, and who may look at what it is sent.

use std::sync::Arc;

use axum::extract::State;
use axum::http::{HeaderName, HeaderValue, header};
use axum::response::Response;

use super::cors;

/// Two years, as the browsers' own lists of such sites ask for.
const SECURE_FOR: &str = "max-age=63072000";

/// What the web app uses, for itself alone.
const USED: [&str; 4] = ["camera", "clipboard-read", "clipboard-write", "fullscreen"];
/// What no page of a relay needs, and altered code should not get. Those that some browsers do not know are
/// left out: each of them is a warning on the console.
const UNUSED: [&str; 25] = [
    "accelerometer",
    "autoplay",
    "browsing-topics",
    "display-capture",
    "encrypted-media",
    "gamepad",
    "geolocation",
    "gyroscope",
    "hid",
    "identity-credentials-get",
    "idle-detection",
    "keyboard-map",
    "local-fonts",
    "magnetometer",
    "microphone",
    "midi",
    "otp-credentials",
    "payment",
    "publickey-credentials-create",
    "publickey-credentials-get",
    "screen-wake-lock",
    "serial",
    "storage-access",
    "usb",
    "xr-spatial-tracking",
];

pub(super) type Headers = Arc<[(HeaderName, HeaderValue)]>;

/// The headers of a relay that devices reach under these origins. WEB-1: the page may talk to its own relay only.
pub(super) fn of(origins: &[String]) -> Headers {
    let fixed = HeaderValue::from_static;
    // Origins were checked to be plain ASCII when the relay started.
    let checked = |value: String| HeaderValue::try_from(value).unwrap_or(fixed("default-src 'none'"));
    let mut headers = vec![
        (header::CONTENT_SECURITY_POLICY, checked(content_policy(origins))),
        (HeaderName::from_static("permissions-policy"), checked(permissions())),
        (HeaderName::from_static("cross-origin-opener-policy"), fixed("same-origin")),
        (HeaderName::from_static("cross-origin-embedder-policy"), fixed("require-corp")),
        (cors::RESOURCE_POLICY, fixed("same-origin")),
        (header::X_CONTENT_TYPE_OPTIONS, fixed("nosniff")),
        (header::REFERRER_POLICY, fixed("no-referrer")),
    ];
    // By the relay itself or by the proxy before it: devices reach it by TLS and by nothing else.
    if !origins.is_empty() && origins.iter().all(|origin| origin.starts_with("https://")) {
        headers.push((header::STRICT_TRANSPORT_SECURITY, fixed(SECURE_FOR)));
    }
    headers.into()
}

/// Nothing but what comes from here. Scripts are named by `boot.js` alone, and no text becomes markup but that of the app's own
/// templates (Trusted Types).
fn content_policy(origins: &[String]) -> String {
    // 'self' covers a WebSocket to the same host in current browsers; older ones want it named.
    let sockets: String = origins
        .iter()
        .filter_map(|origin| origin.strip_prefix("http"))
        .map(|rest| format!(" ws{rest}"))
        .collect();
    format!(
        "default-src 'none'; script-src 'self' 'wasm-unsafe-eval'; style-src 'self'; img-src 'self' data: blob:; \
         media-src 'self' blob:; font-src 'self'; connect-src 'self'{sockets}; worker-src 'self'; manifest-src 'self'; \
         base-uri 'none'; form-action 'none'; frame-ancestors 'none'; require-trusted-types-for 'script'; \
         trusted-types default kuvert"
    )
}

fn permissions() -> String {
    let used = USED.iter().map(|name| format!("{name}=(self)"));
    let unused = UNUSED.iter().map(|name| format!("{name}=()"));
    used.chain(unused).collect::<Vec<_>>().join(", ")
}

/// Adds what the response does not say itself.
pub(super) async fn add(State(headers): State<Headers>, mut response: Response) -> Response {
    for (name, value) in headers.iter() {
        response.headers_mut().entry(name).or_insert_with(|| value.clone());
    }
    response
}

#[cfg(test)]
mod tests {
    use super::*;

    fn value(origins: &[&str], name: &str) -> Option<String> {
        let origins: Vec<String> = origins.iter().map(|&origin| origin.to_owned()).collect();
        let headers = of(&origins);
        let found = headers.iter().find(|(header, _)| header == name);
        found.map(|(_, value)| value.to_str().expect("plain").to_owned())
    }

    #[test]
    fn nothing_is_unsafe_but_what_webassembly_needs() {
        let policy = value(&["https://relay.example"], "content-security-policy").expect("a policy");
        assert!(!policy.replace("'wasm-unsafe-eval'", "").contains("unsafe"), "{policy}");
        assert!(policy.contains("require-trusted-types-for 'script'"), "{policy}");
        assert!(policy.contains("connect-src 'self' wss://relay.example;"), "{policy}");
        assert!(!policy.contains('*'), "{policy}");
    }

    #[test]
    fn only_a_relay_that_is_reached_by_tls_alone_insists_on_it() {
        let strict = "strict-transport-security";
        assert_eq!(value(&["https://relay.example"], strict).as_deref(), Some(SECURE_FOR));
        assert_eq!(value(&["http://localhost:8787"], strict), None);
        assert_eq!(value(&["https://relay.example", "http://relay.example"], strict), None);
        assert_eq!(value(&[], strict), None);
    }

    #[test]
    fn a_page_may_use_the_camera_and_neither_the_microphone_nor_the_place() {
        let policy = value(&[], "permissions-policy").expect("a policy");
        assert!(policy.contains("camera=(self)"), "{policy}");
        assert!(policy.contains("microphone=()") && policy.contains("geolocation=()"), "{policy}");
    }
}
