//! The Kuvert web app: Leptos, client-side rendered.
