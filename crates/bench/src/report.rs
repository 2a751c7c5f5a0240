//! What a run found, as one line of JSON.

use std::time::{Duration, Instant};

use anyhow::Result;
use hdrhistogram::Histogram;
use serde_json::{Map, Value, json};

use crate::relay::{Relay, Usage};

/// Latencies up to this long are told apart; longer ones count as this long.
const LONGEST: Duration = Duration::from_secs(60);

/// How long things took.
pub(crate) struct Latencies(Histogram<u64>);

impl Latencies {
    pub(crate) fn new() -> Result<Self> {
        Ok(Self(Histogram::new_with_bounds(1, LONGEST.as_micros() as u64, 3)?))
    }

    pub(crate) fn add(&mut self, took: Duration) {
        self.0.saturating_record(took.as_micros() as u64);
    }

    /// The time within which `percent` of all were done.
    pub(crate) fn ms(&self, percent: f64) -> f64 {
        rounded(self.0.value_at_percentile(percent) as f64 / 1000.0)
    }

    pub(crate) fn clear(&mut self) {
        self.0.clear();
    }
}

/// What relay and generator used while something was measured.
pub(crate) struct Meter {
    began: Instant,
    relay_cpu_s: f64,
    generator_cpu_s: f64,
}

/// A measurement that is over.
pub(crate) struct Measured {
    pub(crate) seconds: f64,
    relay: Usage,
    generator_cpu_s: f64,
}

impl Meter {
    pub(crate) fn start(relay: &Relay) -> Result<Self> {
        let (relay_cpu_s, generator_cpu_s) = (relay.usage()?.cpu_s, Usage::of_generator()?.cpu_s);
        Ok(Self { began: Instant::now(), relay_cpu_s, generator_cpu_s })
    }

    /// Ends the measurement, which may have been over since `end`.
    pub(crate) fn stop(self, relay: &Relay, end: Instant) -> Result<Measured> {
        let mut used = relay.usage()?;
        used.cpu_s -= self.relay_cpu_s;
        let generator_cpu_s = Usage::of_generator()?.cpu_s - self.generator_cpu_s;
        Ok(Measured { seconds: end.duration_since(self.began).as_secs_f64(), relay: used, generator_cpu_s })
    }
}

/// What was sent and what came.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(crate) struct Losses {
    /// Accepted and not delivered.
    pub(crate) lost: u64,
    /// Delivered again.
    pub(crate) doubled: u64,
}

impl Measured {
    /// The line of a scenario, with `fields` of its own.
    pub(crate) fn line(&self, scenario: &str, losses: Losses, fields: Value) -> Value {
        let mut line = Map::new();
        let mut put = |name: &str, value: Value| line.insert(name.to_owned(), value);
        put("scenario", json!(scenario));
        put("seconds", json!(rounded(self.seconds)));
        if let Value::Object(fields) = fields {
            for (name, value) in fields {
                put(&name, value);
            }
        }
        put("lost", json!(losses.lost));
        put("doubled", json!(losses.doubled));
        put("relay_cpu_s", json!(rounded(self.relay.cpu_s)));
        put("relay_rss_peak_kib", json!(self.relay.rss_peak_kib));
        put("generator_cpu_s", json!(rounded(self.generator_cpu_s)));
        Value::Object(line)
    }
}

/// With three digits behind the point.
pub(crate) fn rounded(value: f64) -> f64 {
    (value * 1000.0).round() / 1000.0
}

/// Whole things per second.
pub(crate) fn per_second(count: u64, seconds: f64) -> u64 {
    if seconds > 0.0 { (count as f64 / seconds).round() as u64 } else { 0 }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn percentiles_are_those_of_what_was_added() {
        let mut latencies = Latencies::new().expect("bounds");
        for ms in 1..=100 {
            latencies.add(Duration::from_millis(ms));
        }
        assert!((49.0..51.1).contains(&latencies.ms(50.0)), "{}", latencies.ms(50.0));
        assert!((98.9..99.2).contains(&latencies.ms(99.0)), "{}", latencies.ms(99.0));
        latencies.add(Duration::from_secs(3600));
        assert!(latencies.ms(100.0) >= 60_000.0, "what is longer than the longest is not left out");
        latencies.clear();
        assert_eq!(latencies.ms(50.0), 0.0);
    }

    #[test]
    fn a_line_holds_what_every_scenario_says_and_what_this_one_says() {
        let measured = Measured { seconds: 2.0004, relay: Usage::default(), generator_cpu_s: 0.5 };
        let line = measured.line("online", Losses { lost: 1, doubled: 2 }, json!({ "p50_ms": 1.5 }));
        assert_eq!(line["scenario"], "online");
        assert_eq!(line["seconds"], 2.0);
        assert_eq!((&line["lost"], &line["doubled"]), (&json!(1), &json!(2)));
        assert_eq!(line["p50_ms"], 1.5);
        assert_eq!(per_second(10, 4.0), 3);
        assert_eq!(per_second(10, 0.0), 0);
    }
}
