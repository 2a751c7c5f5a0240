//! Figures about the relay, for its operator.
//!
//! Counters and gauges are relaxed atomics, cheap enough to be moved with every frame. They name no inbox, channel,
//! address or key, and there is no series per any of these (LOG-1). [`Metrics::write`] prints them in Prometheus' text
//! format; what lies in the store is asked for then and not counted along.

use std::fmt::Write;
use std::sync::atomic::{AtomicI64, AtomicU64, Ordering::Relaxed};
use std::time::{Duration, Instant};

use kuvert_wire::{ErrorCode, encode};

/// Something that only grows.
#[derive(Debug, Default)]
pub(crate) struct Counter(AtomicU64);

impl Counter {
    /// Counts one.
    pub(crate) fn inc(&self) {
        self.add(1);
    }

    /// Counts several.
    pub(crate) fn add(&self, n: u64) {
        self.0.fetch_add(n, Relaxed);
    }

    /// How many so far.
    pub(crate) fn get(&self) -> u64 {
        self.0.load(Relaxed)
    }
}

/// Something that comes and goes.
#[derive(Debug, Default)]
pub(crate) struct Gauge(AtomicI64);

impl Gauge {
    /// Adds `n`, which may be negative.
    pub(crate) fn add(&self, n: i64) {
        self.0.fetch_add(n, Relaxed);
    }

    /// Sets it.
    pub(crate) fn set(&self, n: i64) {
        self.0.store(n, Relaxed);
    }

    /// What it is now.
    pub(crate) fn get(&self) -> i64 {
        self.0.load(Relaxed)
    }

    /// Adds one, until what is returned is dropped.
    pub(crate) fn hold(self: &std::sync::Arc<Self>) -> Held {
        self.add(1);
        Held(std::sync::Arc::clone(self))
    }
}

/// One more on a gauge, while it lives.
#[derive(Debug)]
pub(crate) struct Held(std::sync::Arc<Gauge>);

impl Drop for Held {
    fn drop(&mut self) {
        self.0.add(-1);
    }
}

/// Codes counted one by one; the last slot takes all others.
const CODES: usize = 64;

/// A counter per error code.
#[derive(Debug)]
pub(crate) struct ByCode([Counter; CODES]);

impl Default for ByCode {
    fn default() -> Self {
        Self(std::array::from_fn(|_| Counter::default()))
    }
}

impl ByCode {
    /// Counts one with this code.
    pub(crate) fn inc(&self, code: ErrorCode) {
        self.0[(code as usize).min(CODES - 1)].inc();
    }
}

/// How often a value fell below each bound.
#[derive(Debug)]
pub(crate) struct Histogram<const N: usize> {
    /// Upper bounds, growing.
    bounds: [u64; N],
    /// Values up to each bound and above the one before.
    within: [Counter; N],
    above: Counter,
    sum: Counter,
}

impl<const N: usize> Histogram<N> {
    fn new(bounds: [u64; N]) -> Self {
        let within = std::array::from_fn(|_| Counter::default());
        Self { bounds, within, above: Counter::default(), sum: Counter::default() }
    }

    /// Counts a value.
    pub(crate) fn observe(&self, value: u64) {
        self.sum.add(value);
        let place = self.bounds.iter().position(|bound| value <= *bound);
        place.map_or(&self.above, |place| &self.within[place]).inc();
    }

    /// Counts a time, in a histogram of microseconds.
    pub(crate) fn observe_time(&self, time: Duration) {
        self.observe(u64::try_from(time.as_micros()).unwrap_or(u64::MAX));
    }

    /// `scale` turns a value into the unit that is shown.
    fn write(&self, name: &str, scale: f64, text: &mut String) {
        let mut so_far = 0;
        for (bound, within) in self.bounds.iter().zip(&self.within) {
            so_far += within.get();
            let _ = writeln!(text, "{name}_bucket{{le=\"{}\"}} {so_far}", *bound as f64 * scale);
        }
        so_far += self.above.get();
        let _ = writeln!(text, "{name}_bucket{{le=\"+Inf\"}} {so_far}");
        let _ = writeln!(text, "{name}_sum {}", self.sum.get() as f64 * scale);
        let _ = writeln!(text, "{name}_count {so_far}");
    }
}

/// Declares the figures: field, name at Prometheus and what it says, in one place.
macro_rules! figures {
    (
        counters { $($(#[doc = $counter_help:literal])+ $counter:ident => $counter_name:literal,)+ }
        gauges { $($(#[doc = $gauge_help:literal])+ $gauge:ident => $gauge_name:literal,)+ }
        codes { $($(#[doc = $code_help:literal])+ $code:ident => $code_name:literal,)+ }
    ) => {
        /// The figures of one relay.
        #[derive(Debug)]
        pub(crate) struct Metrics {
            $($(#[doc = $counter_help])+ pub(crate) $counter: Counter,)+
            $($(#[doc = $gauge_help])+ pub(crate) $gauge: std::sync::Arc<Gauge>,)+
            $($(#[doc = $code_help])+ pub(crate) $code: ByCode,)+
            /// Operations in a batch of the writer.
            pub(crate) batch_size: Histogram<8>,
            /// Time to make a batch durable, in microseconds.
            pub(crate) commit_time: Histogram<10>,
            started: Instant,
        }

        impl Default for Metrics {
            fn default() -> Self {
                Self {
                    $($counter: Counter::default(),)+
                    $($gauge: std::sync::Arc::default(),)+
                    $($code: ByCode::default(),)+
                    batch_size: Histogram::new(BATCH_SIZES),
                    commit_time: Histogram::new(COMMIT_MICROS),
                    started: Instant::now(),
                }
            }
        }

        impl Metrics {
            fn write_figures(&self, text: &mut String) {
                $(plain($counter_name, "counter", concat!($($counter_help),+), self.$counter.get(), text);)+
                $(plain($gauge_name, "gauge", concat!($($gauge_help),+), self.$gauge.get(), text);)+
                $(codes($code_name, concat!($($code_help),+), &self.$code, text);)+
            }
        }
    };
}

/// Bounds of [`Metrics::batch_size`].
const BATCH_SIZES: [u64; 8] = [1, 2, 5, 10, 50, 100, 500, 1_000];
/// Bounds of [`Metrics::commit_time`].
const COMMIT_MICROS: [u64; 10] = [100, 250, 500, 1_000, 2_500, 5_000, 10_000, 50_000, 250_000, 1_000_000];

figures! {
    counters {
        /// Connections taken.
        connections_opened => "kuvert_connections_opened_total",
        /// Connections turned away because there were too many, in all or from one network.
        connections_refused => "kuvert_connections_refused_total",
        /// Failures to take a connection, for instance because too many files were open.
        accept_failures => "kuvert_accept_failures_total",
        /// TLS handshakes that failed or took too long.
        tls_failures => "kuvert_tls_handshake_failures_total",
        /// Certificates read anew.
        tls_reloads => "kuvert_tls_reloads_total",
        /// Certificates that could not be read anew; the former one is still in use.
        tls_reload_failures => "kuvert_tls_reload_failures_total",
        /// HTTP requests.
        http_requests => "kuvert_http_requests_total",
        /// HTTP requests and frames turned away because their network asked too often.
        rate_limited => "kuvert_rate_limited_total",
        /// Sessions begun.
        sessions_opened => "kuvert_sessions_opened_total",
        /// Inboxes created.
        inboxes_created => "kuvert_inboxes_created_total",
        /// Posts accepted.
        posts_accepted => "kuvert_posts_accepted_total",
        /// Deposits accepted.
        deposits_accepted => "kuvert_deposits_accepted_total",
        /// Commits accepted.
        commits_accepted => "kuvert_commits_accepted_total",
        /// Other requests accepted: channels, key packages, tokens and the like.
        others_accepted => "kuvert_other_requests_accepted_total",
        /// Frames read from sessions.
        frames_received => "kuvert_frames_received_total",
        /// Bytes of frames read from sessions.
        bytes_received => "kuvert_frame_bytes_received_total",
        /// Bytes of frames written to sessions.
        bytes_sent => "kuvert_frame_bytes_sent_total",
        /// Entries queued.
        entries_queued => "kuvert_entries_queued_total",
        /// Entries sent to their owners.
        entries_delivered => "kuvert_entries_delivered_total",
        /// Entries acknowledged and deleted.
        entries_acknowledged => "kuvert_entries_acknowledged_total",
        /// Entries that gave way to a gap, by age or because the inbox was full.
        entries_lost => "kuvert_entries_lost_total",
        /// Batches that could not be stored.
        commit_failures => "kuvert_commit_failures_total",
        /// Sweeps for what is too old.
        sweeps => "kuvert_sweeps_total",
        /// Blobs whose upload was completed.
        blobs_uploaded => "kuvert_blobs_uploaded_total",
        /// Blobs deleted by who held their secret.
        blobs_deleted => "kuvert_blobs_deleted_total",
        /// Blobs that expired.
        blobs_expired => "kuvert_blobs_expired_total",
        /// Blob bytes made durable.
        blob_bytes_received => "kuvert_blob_bytes_received_total",
        /// Blob bytes handed out.
        blob_bytes_sent => "kuvert_blob_bytes_sent_total",
        /// Deliveries that other relays took.
        outbox_delivered => "kuvert_outbox_delivered_total",
        /// Deliveries that other relays refused for good.
        outbox_refused => "kuvert_outbox_refused_total",
        /// Turns of work for another relay that failed; it is tried again later.
        outbox_retried => "kuvert_outbox_retried_total",
        /// Deliveries to other relays that were replaced by a notice of their loss, by age or because too many waited.
        outbox_replaced => "kuvert_outbox_replaced_total",
        /// Notices that were dropped as well, and deliveries for which there was no room at all.
        outbox_dropped => "kuvert_outbox_dropped_total",
        /// Pushes that push services took.
        push_sent => "kuvert_push_sent_total",
        /// Push subscriptions that were dropped because their push service does not know them any more.
        push_gone => "kuvert_push_gone_total",
        /// Pushes that push services refused.
        push_refused => "kuvert_push_refused_total",
        /// Pushes that were not taken and are tried again later.
        push_retried => "kuvert_push_retried_total",
        /// Pushes that were given up, or not begun because too many waited.
        push_dropped => "kuvert_push_dropped_total",
    }
    gauges {
        /// Connections open.
        connections => "kuvert_connections",
        /// Owner sessions open.
        owner_sessions => "kuvert_owner_sessions",
        /// Sessions open that are not an owner's, or not yet.
        other_sessions => "kuvert_other_sessions",
        /// Operations that wait for the writer.
        writer_queue => "kuvert_writer_queue",
        /// 1 while the store cannot be written, and requests are refused as busy.
        store_failing => "kuvert_store_failing",
        /// Deliveries and notices that wait for other relays.
        outbox_waiting => "kuvert_outbox_waiting",
        /// Owners who are to be pushed to, or were a moment ago.
        push_waiting => "kuvert_push_waiting",
        /// Blobs announced or stored.
        blobs => "kuvert_blobs",
        /// Bytes of blobs stored.
        blob_bytes => "kuvert_blob_bytes",
        /// Blobs that are uploaded at this moment.
        blob_uploads => "kuvert_blob_uploads",
        /// Blobs that are downloaded at this moment.
        blob_downloads => "kuvert_blob_downloads",
        /// Networks with a limit in memory.
        networks => "kuvert_networks",
    }
    codes {
        /// Requests refused, by code.
        refusals => "kuvert_refusals_total",
        /// Errors said on sessions, for bad frames and ends, by code.
        errors => "kuvert_session_errors_total",
    }
}

impl Metrics {
    /// All figures in Prometheus' text format.
    pub(crate) fn write(&self) -> String {
        let mut text = String::with_capacity(8 * 1024);
        self.write_figures(&mut text);
        head("kuvert_batch_size", "histogram", "Operations in one durable batch.", &mut text);
        self.batch_size.write("kuvert_batch_size", 1.0, &mut text);
        head("kuvert_commit_seconds", "histogram", "Time to make a batch durable.", &mut text);
        self.commit_time.write("kuvert_commit_seconds", 1e-6, &mut text);
        let up = self.started.elapsed().as_secs();
        plain("kuvert_uptime_seconds", "gauge", "Time since the relay started.", up, &mut text);
        text
    }
}

/// Writes what precedes the values of a figure.
pub(crate) fn head(name: &str, kind: &str, help: &str, text: &mut String) {
    let _ = writeln!(text, "# HELP {name} {}\n# TYPE {name} {kind}", help.trim());
}

/// Writes a figure of one value.
pub(crate) fn plain(name: &str, kind: &str, help: &str, value: impl std::fmt::Display, text: &mut String) {
    head(name, kind, help, text);
    let _ = writeln!(text, "{name} {value}");
}

/// Writes a figure by code; a code's label is its name in lower case with underscores.
fn codes(name: &str, help: &str, counters: &ByCode, text: &mut String) {
    head(name, "counter", help, text);
    for (number, counter) in counters.0.iter().enumerate() {
        if counter.get() > 0 {
            let _ = writeln!(text, "{name}{{code=\"{}\"}} {}", label(number), counter.get());
        }
    }
}

/// The word for a code, from its name in the protocol.
fn label(number: usize) -> String {
    let code = u8::try_from(number)
        .ok()
        .and_then(|number| kuvert_wire::decode::<ErrorCode>(&encode(&number), 8).ok());
    let Some(code) = code else { return "other".to_owned() };
    let mut word = String::new();
    for letter in format!("{code:?}").chars() {
        if letter.is_uppercase() && !word.is_empty() {
            word.push('_');
        }
        word.extend(letter.to_lowercase());
    }
    word
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn figures_are_printed_with_their_names_and_kinds() {
        let metrics = Metrics::default();
        metrics.posts_accepted.add(3);
        metrics.refusals.inc(ErrorCode::NoSuchInbox);
        metrics.batch_size.observe(3);
        metrics.batch_size.observe(7);
        metrics.batch_size.observe(5_000);
        metrics.commit_time.observe_time(Duration::from_millis(2));
        let held = metrics.connections.hold();
        let text = metrics.write();
        for line in [
            "# HELP kuvert_posts_accepted_total Posts accepted.",
            "# TYPE kuvert_posts_accepted_total counter",
            "kuvert_posts_accepted_total 3",
            "kuvert_connections 1",
            "kuvert_refusals_total{code=\"no_such_inbox\"} 1",
            "kuvert_batch_size_bucket{le=\"5\"} 1",
            "kuvert_batch_size_bucket{le=\"10\"} 2",
            "kuvert_batch_size_bucket{le=\"+Inf\"} 3",
            "kuvert_batch_size_sum 5010",
            "kuvert_commit_seconds_bucket{le=\"0.0025\"} 1",
            "kuvert_commit_seconds_count 1",
        ] {
            assert!(text.lines().any(|found| found == line), "{line}\n{text}");
        }
        drop(held);
        assert_eq!(metrics.connections.get(), 0);
    }

    #[test]
    fn every_code_has_a_word_of_its_own() {
        assert_eq!(label(ErrorCode::BadFrame as usize), "bad_frame");
        assert_eq!(label(ErrorCode::RateLimited as usize), "rate_limited");
        assert_eq!(label(CODES - 1), "other");
    }
}
