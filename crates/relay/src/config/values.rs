//! Values that a setting may have, beside numbers, paths and addresses.

use std::fmt;
use std::net::{IpAddr, Ipv6Addr};
use std::str::FromStr;

use serde::Deserialize;
use serde::de::{self, Visitor};

/// A number of bytes, written as in `100 MiB`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct ByteLen(pub u64);

/// Units, the longest names first.
const UNITS: [(&str, u64); 9] = [
    ("KiB", 1 << 10),
    ("MiB", 1 << 20),
    ("GiB", 1 << 30),
    ("TiB", 1 << 40),
    ("kB", 1_000),
    ("MB", 1_000_000),
    ("GB", 1_000_000_000),
    ("TB", 1_000_000_000_000),
    ("B", 1),
];

impl FromStr for ByteLen {
    type Err = &'static str;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let wrong = "not a size: write a whole number with B, KiB, MiB, GiB or TiB, as in \"100 MiB\"";
        let text = text.trim();
        let (number, unit) = UNITS
            .iter()
            .find_map(|(name, unit)| Some((text.strip_suffix(name)?, *unit)))
            .unwrap_or((text, 1));
        let number: u64 = number.trim().parse().map_err(|_| wrong)?;
        number.checked_mul(unit).map(Self).ok_or(wrong)
    }
}

impl fmt::Display for ByteLen {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let unit = UNITS[..4].iter().rev().find(|(_, unit)| self.0 >= *unit);
        match unit {
            Some((name, unit)) if self.0.is_multiple_of(*unit) => write!(f, "{} {name}", self.0 / unit),
            Some((name, unit)) => write!(f, "{:.1} {name}", self.0 as f64 / *unit as f64),
            None => write!(f, "{} B", self.0),
        }
    }
}

impl<'de> Deserialize<'de> for ByteLen {
    fn deserialize<D: de::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Bytes;
        impl Visitor<'_> for Bytes {
            type Value = ByteLen;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a number of bytes, as in \"100 MiB\"")
            }

            fn visit_str<E: de::Error>(self, text: &str) -> Result<ByteLen, E> {
                text.parse().map_err(E::custom)
            }

            fn visit_u64<E: de::Error>(self, number: u64) -> Result<ByteLen, E> {
                Ok(ByteLen(number))
            }

            fn visit_i64<E: de::Error>(self, number: i64) -> Result<ByteLen, E> {
                u64::try_from(number).map(ByteLen).map_err(|_| E::custom("a size cannot be negative"))
            }
        }
        deserializer.deserialize_any(Bytes)
    }
}

/// Addresses with the same first bits, written as in `10.0.0.0/8`; a plain address stands for itself.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(try_from = "String")]
pub struct Subnet {
    address: Ipv6Addr,
    bits: u8,
}

impl Subnet {
    /// Whether the address lies in it.
    pub fn contains(&self, address: IpAddr) -> bool {
        let differ = self.address.to_bits() ^ mapped(address).to_bits();
        self.bits == 0 || differ >> (128 - u32::from(self.bits)) == 0
    }
}

/// IPv4 addresses as the IPv6 addresses that stand for them.
fn mapped(address: IpAddr) -> Ipv6Addr {
    match address {
        IpAddr::V4(address) => address.to_ipv6_mapped(),
        IpAddr::V6(address) => address,
    }
}

impl FromStr for Subnet {
    type Err = &'static str;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let wrong = "not an address or network: write as in \"192.0.2.7\", \"10.0.0.0/8\" or \"fd00::/8\"";
        let (address, bits) = match text.split_once('/') {
            Some((address, bits)) => (address, Some(bits)),
            None => (text, None),
        };
        let address: IpAddr = address.parse().map_err(|_| wrong)?;
        let (all, above) = if address.is_ipv4() { (32, 96) } else { (128, 0) };
        let bits = bits.map_or(Ok(all), |bits| bits.parse::<u8>().map_err(|_| wrong))?;
        if bits > all {
            return Err(wrong);
        }
        Ok(Self { address: mapped(address), bits: bits + above })
    }
}

impl TryFrom<String> for Subnet {
    type Error = &'static str;

    fn try_from(text: String) -> Result<Self, Self::Error> {
        text.parse()
    }
}

/// Who may create an inbox.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Registration {
    /// Everybody.
    Open,
    /// Who has a one-time code.
    Invite,
    /// Nobody.
    Closed,
}

/// The header that a trusted proxy sets.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
pub enum ProxyHeader {
    /// `X-Forwarded-For`.
    #[serde(rename = "X-Forwarded-For")]
    XForwardedFor,
    /// `Forwarded` (RFC 7239).
    Forwarded,
}

/// How log lines are written.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum LogFormat {
    /// For people.
    Text,
    /// One JSON object per line.
    Json,
}

/// The least important lines that are written.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum LogLevel {
    /// What the operator has to mend.
    Error,
    /// What the operator should look at.
    Warn,
    /// What happens once in a while.
    Info,
    /// More than an operator needs.
    Debug,
    /// Everything.
    Trace,
}

impl LogLevel {
    /// The word for it.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Error => "error",
            Self::Warn => "warn",
            Self::Info => "info",
            Self::Debug => "debug",
            Self::Trace => "trace",
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_size_is_a_whole_number_with_a_unit() {
        for (text, bytes) in [
            ("0", 0),
            ("17", 17),
            ("17 B", 17),
            ("2KiB", 2048),
            ("100 MiB", 100 << 20),
            ("1 GB", 1_000_000_000),
        ] {
            assert_eq!(text.parse(), Ok(ByteLen(bytes)), "{text}");
        }
        for bad in ["", "MiB", "-1", "1.5 GiB", "1 GIB", "99999999999 TiB"] {
            assert!(bad.parse::<ByteLen>().is_err(), "{bad}");
        }
        assert_eq!(ByteLen(100 << 20).to_string(), "100 MiB");
        assert_eq!(ByteLen(1536).to_string(), "1.5 KiB");
        assert_eq!(ByteLen(3).to_string(), "3 B");
    }

    #[test]
    fn a_network_holds_the_addresses_that_begin_like_it() {
        let holds = |network: &str, address: &str| {
            let network: Subnet = network.parse().expect("a network");
            network.contains(address.parse().expect("an address"))
        };
        assert!(holds("127.0.0.0/8", "127.200.0.1") && holds("127.0.0.0/8", "::ffff:127.0.0.1"));
        assert!(!holds("127.0.0.0/8", "128.0.0.1") && !holds("127.0.0.0/8", "::1"));
        assert!(holds("192.0.2.7", "192.0.2.7") && !holds("192.0.2.7", "192.0.2.8"));
        assert!(holds("fd00::/8", "fdab::1") && !holds("fd00::/8", "fe80::1"));
        assert!(
            holds("::/0", "192.0.2.1") && holds("0.0.0.0/0", "192.0.2.1") && !holds("0.0.0.0/0", "fd00::1")
        );
        for bad in ["", "relay.example", "10.0.0.0/33", "::/129", "10.0.0.0/-1", "10.0.0.0/"] {
            assert!(bad.parse::<Subnet>().is_err(), "{bad}");
        }
    }
}
