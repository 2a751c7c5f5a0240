//! What an operator's tools ask: whether the relay lives, whether it is ready, and its figures.

use std::fmt::Write;

use axum::Extension;
use axum::extract::State;
use axum::http::{StatusCode, header};
use axum::response::{IntoResponse, Response};

use super::{Client, Site};
use crate::config::ByteLen;
use crate::disk;
use crate::metrics::{head, plain};
use crate::session::Phase;

/// `GET /healthz`: the process answers.
pub(super) async fn healthz() -> &'static str {
    "ok\n"
}

/// `GET /readyz`: whether requests should come here, and why not.
pub(super) async fn readyz(State(site): State<Site>) -> Response {
    let busy = |why: &str| (StatusCode::SERVICE_UNAVAILABLE, format!("{why}\n")).into_response();
    if *site.context.phase.borrow() >= Phase::Draining {
        return busy("the relay is stopping");
    }
    if site.context.metrics.store_failing.get() > 0 {
        return busy("the store cannot be written; see the log");
    }
    match disk::free(&site.settings.data) {
        Some(free) if free < site.settings.free_disk.0 => {
            let (free, wanted) = (ByteLen(free), site.settings.free_disk);
            busy(&format!("the disk is almost full: {free} are free, limits.free_disk asks for {wanted}"))
        }
        Some(_) => "ready\n".into_response(),
        None => busy("the data directory cannot be looked at"),
    }
}

/// `GET /metrics` at the relay's own address: for its own machine only, and not through a proxy.
pub(super) async fn local_metrics(state: State<Site>, Extension(client): Extension<Client>) -> Response {
    if state.settings.metrics_elsewhere || !client.is_local {
        return (StatusCode::NOT_FOUND, "there is nothing here\n").into_response();
    }
    metrics(state).await
}

/// `GET /metrics` at an address of their own.
pub(super) async fn metrics(State(site): State<Site>) -> Response {
    let mut text = site.context.metrics.write();
    if let Some(free) = disk::free(&site.settings.data) {
        plain("kuvert_disk_free_bytes", "gauge", "Free space on the data directory's disk.", free, &mut text);
    }
    head("kuvert_store_rows", "gauge", "Rows stored, by table, as counted after the last sweep.", &mut text);
    for (table, tally) in site.tallies.latest() {
        let _ = writeln!(text, "kuvert_store_rows{{table=\"{table}\"}} {}", tally.rows);
    }
    head("kuvert_store_bytes", "gauge", "Bytes of keys and values stored, by table, likewise.", &mut text);
    for (table, tally) in site.tallies.latest() {
        let _ = writeln!(text, "kuvert_store_bytes{{table=\"{table}\"}} {}", tally.bytes);
    }
    ([(header::CONTENT_TYPE, "text/plain; version=0.0.4; charset=utf-8")], text).into_response()
}
