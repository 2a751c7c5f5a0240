//! What one network may ask of the relay.
//!
//! A network is an IPv4 address or an IPv6 /56. Its limits are kept in memory only, for a bounded number of networks, and
//! are gone when the relay stops: nothing here is stored or logged. Loopback is not limited, unless a trusted proxy says
//! for whom it speaks.

use std::collections::HashMap;
use std::net::{IpAddr, Ipv6Addr};
use std::sync::atomic::{AtomicU32, AtomicU64, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use axum::http::HeaderMap;
use kuvert_wire::limits;

use crate::config::{Config, Limits, ProxyHeader, Subnet};
use crate::metrics::Metrics;

/// Bits of an IPv6 address that name a network: what a provider gives to one household at least.
const NETWORK_BITS: u32 = 56;
/// Seconds whose requests may come at once.
const BURST_SECONDS: u64 = 10;
const DAY: Duration = Duration::from_secs(24 * 60 * 60);

/// The networks that the relay remembers.
pub(crate) struct Networks {
    known: Mutex<HashMap<u128, Arc<Network>>>,
    unlimited: Arc<Network>,
    /// Shared by all that come while there is no room for more.
    others: Arc<Network>,
    trusted: Vec<Subnet>,
    header: ProxyHeader,
    fresh: Fresh,
}

/// Makes networks from which nothing was taken yet.
struct Fresh {
    limits: Limits,
    started: Instant,
    metrics: Arc<Metrics>,
}

impl Fresh {
    fn network(&self) -> Network {
        let Limits { requests_per_network, inboxes_per_network, connections_per_network, .. } = self.limits;
        let (requests, inboxes) = (u64::from(requests_per_network), u64::from(inboxes_per_network));
        Network {
            limited: true,
            requests: Bucket::new(requests, Duration::from_secs(1), requests * BURST_SECONDS),
            inboxes: Bucket::new(inboxes, DAY, inboxes),
            connections: AtomicU32::new(0),
            max_connections: connections_per_network,
            transfers: Default::default(),
            started: self.started,
            metrics: Arc::clone(&self.metrics),
        }
    }
}

/// What one network has left. Sessions keep it while they last.
pub(crate) struct Network {
    limited: bool,
    requests: Bucket,
    inboxes: Bucket,
    connections: AtomicU32,
    max_connections: u32,
    /// By [`Transfer`].
    transfers: [AtomicUsize; 3],
    started: Instant,
    metrics: Arc<Metrics>,
}

/// One connection of a network, while it lives.
pub(crate) struct Connected(Arc<Network>);

impl Drop for Connected {
    fn drop(&mut self) {
        self.0.connections.fetch_sub(1, Ordering::Relaxed);
    }
}

/// What takes long and has few places.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Transfer {
    /// Of a blob.
    Upload,
    /// Of a blob.
    Download,
    /// Of other relays.
    Deposits,
}

/// One transfer of a network, while it lives.
pub(crate) struct Transferring(Arc<Network>, Transfer);

impl Drop for Transferring {
    fn drop(&mut self) {
        self.0.transfers[self.1 as usize].fetch_sub(1, Ordering::Relaxed);
    }
}

/// Tokens that come back with time: `burst` at most, one every `interval`.
///
/// Kept as one number, the time at which all tokens will be back (the generic cell rate algorithm), so that taking one is one
/// atomic exchange.
struct Bucket {
    full_at: AtomicU64,
    interval: u64,
    burst: u64,
}

impl Bucket {
    /// `rate` tokens per `period`, and `burst` at once. A rate of 0 gives none.
    fn new(rate: u64, period: Duration, burst: u64) -> Self {
        let interval = nanos(period).checked_div(rate).map_or(u64::MAX, |interval| interval.max(1));
        Self { full_at: AtomicU64::new(0), interval, burst }
    }

    /// Takes `n` tokens if they are there at `now`, a time since the relay started.
    fn take(&self, now: Duration, n: u64) -> bool {
        let now = nanos(now);
        let room = self.interval.saturating_mul(self.burst);
        let after = |full_at: u64| {
            let next = full_at.max(now).checked_add(self.interval.checked_mul(n)?)?;
            (self.interval < u64::MAX && next - now <= room).then_some(next)
        };
        self.full_at.fetch_update(Ordering::Relaxed, Ordering::Relaxed, after).is_ok()
    }

    /// Gives one token back that was taken.
    fn give_back(&self) {
        let before = |full_at: u64| Some(full_at.saturating_sub(self.interval));
        let _ = self.full_at.fetch_update(Ordering::Relaxed, Ordering::Relaxed, before);
    }

    fn is_full(&self, now: Duration) -> bool {
        self.full_at.load(Ordering::Relaxed) <= nanos(now)
    }
}

fn nanos(time: Duration) -> u64 {
    u64::try_from(time.as_nanos()).unwrap_or(u64::MAX)
}

impl Network {
    /// Takes so many requests. `false` means that this network asked too often: refuse with `RateLimited`.
    pub(crate) fn take(&self, requests: u32) -> bool {
        !self.limited || self.counted(self.requests.take(self.started.elapsed(), requests.into()))
    }

    /// Takes further requests that came with one which was taken, or as many of them as may ever come at once.
    pub(crate) fn take_at_most(&self, requests: u32) -> bool {
        let most = self.requests.burst.saturating_sub(1).min(requests.into());
        !self.limited || self.counted(self.requests.take(self.started.elapsed(), most))
    }

    /// Takes the right to create an inbox, before it is created: of many that ask at once only so many may.
    /// [`Self::give_back_inbox`] follows if none was created.
    pub(crate) fn take_inbox(&self) -> bool {
        !self.limited || self.inboxes.take(self.started.elapsed(), 1)
    }

    /// Gives back what [`Self::take_inbox`] took.
    pub(crate) fn give_back_inbox(&self) {
        if self.limited {
            self.inboxes.give_back();
        }
    }

    /// Takes one of a network's `share` of places for a transfer, until what is returned is dropped.
    pub(crate) fn begin(self: &Arc<Self>, transfer: Transfer, share: usize) -> Option<Transferring> {
        let share = if self.limited { share } else { usize::MAX };
        let more = |open: usize| (open < share).then(|| open + 1);
        let open = &self.transfers[transfer as usize];
        let taken = open.fetch_update(Ordering::Relaxed, Ordering::Relaxed, more).is_ok();
        taken.then(|| Transferring(Arc::clone(self), transfer))
    }

    /// Takes one connection, until what is returned is dropped.
    pub(crate) fn connect(self: &Arc<Self>) -> Option<Connected> {
        let max = if self.limited { self.max_connections } else { u32::MAX };
        let more = |open: u32| (open < max).then(|| open + 1);
        let taken = self.connections.fetch_update(Ordering::Relaxed, Ordering::Relaxed, more).is_ok();
        taken.then(|| Connected(Arc::clone(self)))
    }

    fn counted(&self, taken: bool) -> bool {
        if !taken {
            self.metrics.rate_limited.inc();
        }
        taken
    }

    fn is_idle(&self, now: Duration) -> bool {
        self.requests.is_full(now) && self.inboxes.is_full(now)
    }
}

impl Networks {
    /// With the limits of the configuration.
    pub(crate) fn new(config: &Config, metrics: Arc<Metrics>) -> Self {
        let started = Instant::now();
        let fresh = Fresh { limits: config.limits.clone(), started, metrics };
        Self {
            known: Mutex::default(),
            unlimited: Arc::new(Network { limited: false, ..fresh.network() }),
            others: Arc::new(fresh.network()),
            trusted: config.trusted_proxies.clone(),
            header: config.proxy_header,
            fresh,
        }
    }

    /// The network of an address.
    pub(crate) fn of(&self, address: IpAddr) -> Arc<Network> {
        let address = address.to_canonical();
        if address.is_loopback() { Arc::clone(&self.unlimited) } else { self.limited(address) }
    }

    /// The network of an address, with the limits of every other.
    fn limited(&self, address: IpAddr) -> Arc<Network> {
        let key = match address {
            IpAddr::V4(address) => address.to_ipv6_mapped().to_bits(),
            IpAddr::V6(address) => address.to_bits() >> (128 - NETWORK_BITS) << (128 - NETWORK_BITS),
        };
        let mut known = self.known.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(network) = known.get(&key) {
            return Arc::clone(network);
        }
        if known.len() >= limits::MAX_NETWORKS {
            self.forget(&mut known);
        }
        if known.len() >= limits::MAX_NETWORKS {
            return Arc::clone(&self.others);
        }
        let network = Arc::new(self.fresh.network());
        known.insert(key, Arc::clone(&network));
        self.count(&known);
        network
    }

    fn count(&self, known: &HashMap<u128, Arc<Network>>) {
        self.fresh.metrics.networks.set(i64::try_from(known.len()).unwrap_or(i64::MAX));
    }

    /// The network whose connections count: of a peer that speaks for itself only. A trusted proxy may have many.
    pub(crate) fn of_peer(&self, peer: IpAddr) -> Arc<Network> {
        if self.is_trusted(peer) { Arc::clone(&self.unlimited) } else { self.of(peer) }
    }

    /// Whether the peer may speak for others.
    pub(crate) fn is_trusted(&self, peer: IpAddr) -> bool {
        self.trusted.iter().any(|subnet| subnet.contains(peer))
    }

    /// The network for which a connection from `peer` speaks: `peer`'s own, unless `peer` is a trusted proxy and names
    /// another one.
    pub(crate) fn behind(&self, peer: IpAddr, headers: &HeaderMap) -> Arc<Network> {
        let client = self.client(peer, headers);
        // Whatever a header names, and whether or not it is understood: who comes by way of a proxy is not this machine.
        if came_by_proxy(headers) { self.limited(client.to_canonical()) } else { self.of(client) }
    }

    /// The address for which a connection from `peer` speaks: the last one named that is not a trusted proxy's.
    fn client(&self, peer: IpAddr, headers: &HeaderMap) -> IpAddr {
        let mut client = peer;
        let mut named = forwarded(self.header, headers);
        while self.is_trusted(client) {
            let Some(address) = named.pop() else { break };
            client = address;
        }
        client
    }

    /// Forgets networks at rest. To be called now and then.
    pub(crate) fn sweep(&self) {
        let now = self.fresh.started.elapsed();
        let mut known = self.known.lock().unwrap_or_else(PoisonError::into_inner);
        known.retain(|_, network| Arc::strong_count(network) > 1 || !network.is_idle(now));
        self.count(&known);
    }

    /// Forgets networks without a connection: those at rest, and all if these were few.
    fn forget(&self, known: &mut HashMap<u128, Arc<Network>>) {
        let now = self.fresh.started.elapsed();
        known.retain(|_, network| Arc::strong_count(network) > 1 || !network.is_idle(now));
        if known.len() > limits::MAX_NETWORKS / 2 {
            known.retain(|_, network| Arc::strong_count(network) > 1);
        }
    }
}

/// Whether a request says that it was forwarded, in whatever header.
pub(crate) fn came_by_proxy(headers: &HeaderMap) -> bool {
    ["x-forwarded-for", "forwarded", "via"].iter().any(|name| headers.contains_key(*name))
}

/// The addresses that proxies named, the nearest last. What is not an address ends the list: what stands before it
/// cannot be relied on.
fn forwarded(header: ProxyHeader, headers: &HeaderMap) -> Vec<IpAddr> {
    let values = |name: &str| -> Vec<String> {
        let all = headers.get_all(name).iter().filter_map(|value| value.to_str().ok());
        all.flat_map(|value| value.split(',')).map(|item| item.trim().to_owned()).collect()
    };
    let named = match header {
        ProxyHeader::XForwardedFor => values("x-forwarded-for"),
        ProxyHeader::Forwarded => {
            let client = |item: &String| {
                let mut pairs = item.split(';').filter_map(|pair| pair.trim().split_once('='));
                let pair = pairs.find(|(name, _)| name.eq_ignore_ascii_case("for"))?;
                Some(pair.1.trim_matches('"').to_owned())
            };
            values("forwarded").iter().map(|item| client(item).unwrap_or_default()).collect()
        }
    };
    let mut addresses: Vec<IpAddr> = named.iter().rev().map_while(|item| address(item)).collect();
    addresses.reverse();
    addresses
}

/// An address, with or without a port.
fn address(text: &str) -> Option<IpAddr> {
    let bare = text.strip_prefix('[').and_then(|rest| rest.split_once(']')).map(|(address, _)| address);
    let with_port = || text.parse::<std::net::SocketAddr>().ok().map(|address| address.ip());
    match bare {
        Some(address) => address.parse::<Ipv6Addr>().ok().map(IpAddr::V6),
        None => text.parse().ok().or_else(with_port),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn networks(change: impl FnOnce(&mut Config)) -> Networks {
        let mut config = Config::new("data").expect("defaults");
        change(&mut config);
        Networks::new(&config, Arc::default())
    }

    fn ip(text: &str) -> IpAddr {
        text.parse().expect("an address")
    }

    fn headers(pairs: &[(&'static str, &'static str)]) -> HeaderMap {
        let mut map = HeaderMap::new();
        for (name, value) in pairs {
            map.append(*name, value.parse().expect("a value"));
        }
        map
    }

    #[test]
    fn tokens_come_back_with_time_and_never_more_than_the_burst() {
        let bucket = Bucket::new(2, Duration::from_secs(1), 4);
        let at = Duration::from_millis;
        assert!(bucket.take(at(0), 4) && !bucket.take(at(0), 1));
        assert!(!bucket.take(at(499), 1) && bucket.take(at(500), 1) && !bucket.take(at(500), 1));
        assert!(!bucket.is_full(at(600)) && bucket.is_full(at(10_000)));
        assert!(bucket.take(at(100_000), 4) && !bucket.take(at(100_000), 1));
        assert!(!bucket.take(at(200_000), 5), "more than fits at once");
        assert!(!Bucket::new(0, DAY, 0).take(at(1_000_000), 1));
    }

    #[test]
    fn a_network_is_an_address_or_a_household_and_loopback_is_none() {
        let networks = networks(|config| {
            config.limits.inboxes_per_network = 1;
            config.limits.connections_per_network = 2;
            config.limits.requests_per_network = 1;
        });
        assert!(networks.of(ip("192.0.2.1")).take_inbox());
        assert!(!networks.of(ip("192.0.2.1")).take_inbox());
        assert!(!networks.of(ip("::ffff:192.0.2.1")).take_inbox());
        assert!(networks.of(ip("192.0.2.2")).take_inbox());
        assert!(networks.of(ip("2001:db8:1:100::1")).take_inbox());
        assert!(!networks.of(ip("2001:db8:1:1ff::2")).take_inbox(), "the same /56");
        assert!(networks.of(ip("2001:db8:1:200::1")).take_inbox());
        let network = networks.of(ip("192.0.2.9"));
        assert!(network.take(10) && !network.take(1));
        let held = (network.connect().expect("one"), network.connect().expect("two"));
        assert!(network.connect().is_none());
        drop(held);
        assert!(network.connect().is_some());
        for loopback in ["127.0.0.1", "::1", "127.8.0.1"] {
            let network = networks.of(ip(loopback));
            assert!((0..100).all(|_| network.take_inbox() && network.take(1_000)));
            assert!((0..100).map(|_| network.connect()).collect::<Vec<_>>().iter().all(Option::is_some));
        }
        assert_eq!(networks.fresh.metrics.rate_limited.get(), 1);
    }

    #[test]
    fn only_trusted_proxies_speak_for_others() {
        let networks =
            networks(|config| config.trusted_proxies.push("198.51.100.0/24".parse().expect("a subnet")));
        let client =
            |peer: &str, pairs: &[(&'static str, &'static str)]| networks.client(ip(peer), &headers(pairs));
        let xff = "x-forwarded-for";
        assert_eq!(client("127.0.0.1", &[]), ip("127.0.0.1"));
        assert_eq!(client("127.0.0.1", &[(xff, "192.0.2.1")]), ip("192.0.2.1"));
        assert_eq!(client("192.0.2.7", &[(xff, "192.0.2.1")]), ip("192.0.2.7"), "nobody trusts it");
        let chain = [(xff, "203.0.113.9, 192.0.2.1"), (xff, "198.51.100.4")];
        assert_eq!(
            client("127.0.0.1", &chain),
            ip("192.0.2.1"),
            "what the client wrote itself is not believed"
        );
        assert_eq!(client("127.0.0.1", &[(xff, "192.0.2.1, nonsense")]), ip("127.0.0.1"));
        assert_eq!(client("127.0.0.1", &[(xff, "192.0.2.1:4711")]), ip("192.0.2.1"));
        let forwarded = [("forwarded", "for=192.0.2.1")];
        assert_eq!(client("::1", &forwarded), ip("::1"), "one header is believed, and this is not it");
    }

    #[test]
    fn of_the_forwarded_header_the_pair_that_names_the_client_counts() {
        let networks = networks(|config| config.proxy_header = ProxyHeader::Forwarded);
        let client = |value: &'static str| {
            let named = [("forwarded", value), ("x-forwarded-for", "203.0.113.9")];
            networks.client(ip("::1"), &headers(&named))
        };
        assert_eq!(client("for=192.0.2.1;proto=https, For=\"[2001:db8::1]:80\""), ip("2001:db8::1"));
        assert_eq!(client("proto=https;by=192.0.2.9;for=192.0.2.1"), ip("192.0.2.1"));
        assert_eq!(client("for=192.0.2.1, proto=https"), ip("::1"));
        assert_eq!(client("for=unknown"), ip("::1"));
    }

    #[test]
    fn nobody_who_comes_by_a_proxy_is_unlimited() {
        let networks = networks(|config| config.limits.inboxes_per_network = 1);
        for pair in [
            ("x-forwarded-for", "127.0.0.1"),
            ("x-forwarded-for", "::ffff:127.0.0.1"),
            ("x-forwarded-for", "nonsense"),
            ("forwarded", "for=192.0.2.1"),
        ] {
            assert!(networks.behind(ip("127.0.0.1"), &headers(&[pair])).limited, "{pair:?}");
        }
        assert!(!networks.behind(ip("127.0.0.1"), &headers(&[])).limited);
    }

    #[test]
    fn a_network_takes_its_share_of_the_places_and_no_more() {
        // RELAY-5: NETWORKS_SHARE
        let networks = networks(|_| {});
        let network = networks.of(ip("192.0.2.1"));
        let held = (network.begin(Transfer::Upload, 2), network.begin(Transfer::Upload, 2));
        assert!(held.0.is_some() && held.1.is_some() && network.begin(Transfer::Upload, 2).is_none());
        assert!(network.begin(Transfer::Download, 2).is_some());
        assert!(networks.of(ip("192.0.2.2")).begin(Transfer::Upload, 2).is_some());
        drop(held);
        assert!(network.begin(Transfer::Upload, 2).is_some());
    }

    #[test]
    fn of_many_who_create_inboxes_at_once_only_so_many_may() {
        let networks = networks(|config| config.limits.inboxes_per_network = 2);
        let network = networks.of(ip("192.0.2.1"));
        assert!(network.take_inbox() && network.take_inbox() && !network.take_inbox());
        network.give_back_inbox();
        assert!(network.take_inbox() && !network.take_inbox());
    }

    #[test]
    fn the_networks_in_memory_are_bounded() {
        // RELAY-5: MAX_NETWORKS
        let networks = networks(|config| config.limits.inboxes_per_network = 1);
        let address = |n: usize| IpAddr::V4(std::net::Ipv4Addr::from_bits(0x0a00_0000 + n as u32));
        let known = || networks.known.lock().expect("not poisoned").len();
        let held = networks.of(address(0));
        assert!(held.take_inbox());
        for n in 1..=limits::MAX_NETWORKS {
            assert!(networks.of(address(n)).take_inbox());
        }
        assert!(known() <= limits::MAX_NETWORKS);
        assert!(!networks.of(address(0)).take_inbox(), "a network with a connection is not forgotten");
        let all: Vec<_> = (0..limits::MAX_NETWORKS).map(|n| networks.of(address(n))).collect();
        assert_eq!(known(), limits::MAX_NETWORKS);
        let late = networks.of(ip("192.0.2.1"));
        assert!(late.take_inbox() && !networks.of(ip("192.0.2.2")).take_inbox(), "late comers share one");
        drop(all);
        networks.sweep();
        assert!(known() < limits::MAX_NETWORKS, "what rests is forgotten");
    }
}
