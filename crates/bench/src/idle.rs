//! `idle`: owner sessions that are held and say nothing. How much memory each takes, and how fast they come.

use std::time::{Duration, Instant};

use anyhow::Result;
use clap::Args;
use serde_json::{Value, json};

use crate::device::Device;
use crate::net::Net;
use crate::open_files;
use crate::owners::Owners;
use crate::relay::Target;
use crate::report::{Meter, per_second};
use crate::session;

/// Options of the scenario.
#[derive(Debug, Args)]
pub(crate) struct Options {
    /// Owner sessions to hold, each of an inbox of its own
    #[arg(long, default_value_t = 20_000, value_parser = clap::value_parser!(u32).range(1..=500_000))]
    connections: u32,
    /// Seconds to hold them before memory is read
    #[arg(long, default_value_t = 3, value_parser = clap::value_parser!(u64).range(0..=600))]
    hold: u64,
}

/// Runs the scenario.
pub(crate) fn run(options: &Options, target: &Target) -> Result<Value> {
    let connections = open_files::allow(options.connections);
    let relay = target.start()?;
    let run = session::run_secret(session::random_seed()?);
    let devices: Vec<Device> = (0..connections as usize).map(|n| Device::new(&run, n)).collect();
    let mut owners = Owners::new(&relay.origin, &devices, 0);
    let mut net = Net::new()?;

    let before = relay.usage()?.rss_kib;
    let meter = Meter::start(&relay)?;
    let began = Instant::now();
    session::open(&mut net, &relay, devices.len(), &mut owners)?;
    let connected_in = began.elapsed().as_secs_f64();
    session::rest(&mut net, &mut owners, Duration::from_secs(options.hold))?;
    let held = relay.usage()?.rss_kib;
    let measured = meter.stop(&relay, Instant::now())?;

    let connections = u64::from(connections);
    let fields = json!({
        "connections": connections,
        "connections_wanted": options.connections,
        "connect_per_s": per_second(connections, connected_in),
        "rss_before_kib": before,
        "rss_held_kib": held,
        "rss_per_conn_bytes": held.saturating_sub(before) * 1024 / connections,
    });
    Ok(measured.line("idle", owners.losses(), fields))
}
