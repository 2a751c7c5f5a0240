//! Messages sealed and opened per second, storage included, beside bare OpenMLS with its storage in memory.
//!
//! Kuvert's side does what the engine does for messages: a transaction on an encrypted database in a file, in which they are
//! sealed or opened (MLS, second seal, padding) and the advanced ratchet is stored; the group stays loaded. Messages that
//! wait, to be sent or to be read, share a transaction; one that comes alone has its own. Bare OpenMLS writes nothing to a
//! disk. All kinds take turns on groups of the same shape.

mod crowd;
mod ends;

use std::time::{Duration, Instant};

use anyhow::{Result, ensure};
use clap::Args;
use serde_json::{Value, json};

use crowd::Crowd;
use ends::{Bare, Batch, End, Kuvert, Place};

/// What is measured.
#[derive(Debug, Args)]
pub(crate) struct Options {
    /// Leaves of the groups
    #[arg(long, value_delimiter = ',', default_values_t = [2, 50, 1000], value_parser = clap::value_parser!(u32).range(2..=1000))]
    leaves: Vec<u32>,
    /// Messages for each kind and size of group
    #[arg(long, default_value_t = 1000, value_parser = clap::value_parser!(u32).range(1..))]
    messages: u32,
}

/// Messages of one kind before the next kind takes its turn: as many as wait together. A relay hands out some 250 of this
/// size in one frame, which is one transaction.
const TURN: u32 = 100;
/// As long as many messages between people are.
const TEXT: &[u8] =
    b"I will be there at a quarter past seven, keep a seat for me. And bring the photographs, please!";

/// Measures and returns the line.
pub(crate) fn run(options: &Options) -> Result<Value> {
    let mut groups = Vec::new();
    for leaves in &options.leaves {
        groups.push(of_size(*leaves, options.messages)?);
    }
    Ok(json!({ "bench": "engine", "messages": options.messages, "text_bytes": TEXT.len(), "groups": groups }))
}

/// Two members of a group of one kind, and how long they took so far.
struct Talk {
    name: &'static str,
    sender: Box<dyn End>,
    receiver: Box<dyn End>,
    encrypting: Duration,
    decrypting: Duration,
}

fn of_size(leaves: u32, messages: u32) -> Result<Value> {
    let dir = tempfile::tempdir()?;
    let crowd = Crowd::of(leaves)?;
    let bare = || -> Result<Talk> {
        let (sender, receiver) = Bare::pair(&crowd)?;
        Ok(Talk::new("bare", sender, receiver))
    };
    let kuvert = |name: &'static str, place: Place<'_>, batch: Batch| -> Result<Talk> {
        let (sender, receiver) = Kuvert::pair(&crowd, place, batch)?;
        Ok(Talk::new(name, sender, receiver))
    };
    let mut talks = [
        bare()?,
        kuvert("waiting", Place::Folder(&dir.path().join("waiting")), Batch::Waiting)?,
        kuvert("single", Place::Folder(&dir.path().join("single")), Batch::One)?,
        kuvert("single_in_memory", Place::Memory, Batch::One)?,
    ];
    // What is first finds cold caches, and derives what later messages only continue.
    for talk in &mut talks {
        talk.exchange(TURN)?;
        (talk.encrypting, talk.decrypting) = (Duration::ZERO, Duration::ZERO);
    }
    let turns = messages.div_ceil(TURN);
    for _ in 0..turns {
        for talk in &mut talks {
            talk.exchange(TURN)?;
        }
    }
    let count = f64::from(turns * TURN);
    let mut line = json!({ "leaves": leaves });
    let (bare_encrypting, bare_decrypting) = (talks[0].encrypting, talks[0].decrypting);
    for talk in &talks {
        line[talk.name] = json!({
            "encrypted_per_second": (count / talk.encrypting.as_secs_f64()).round(),
            "decrypted_per_second": (count / talk.decrypting.as_secs_f64()).round(),
            "encrypting_us": rounded(talk.encrypting.as_secs_f64() * 1e6 / count),
            "decrypting_us": rounded(talk.decrypting.as_secs_f64() * 1e6 / count),
            "encrypting_ratio": rounded(talk.encrypting.as_secs_f64() / bare_encrypting.as_secs_f64()),
            "decrypting_ratio": rounded(talk.decrypting.as_secs_f64() / bare_decrypting.as_secs_f64()),
        });
    }
    Ok(line)
}

impl Talk {
    fn new(name: &'static str, sender: impl End + 'static, receiver: impl End + 'static) -> Self {
        let (sender, receiver): (Box<dyn End>, Box<dyn End>) = (Box::new(sender), Box::new(receiver));
        Self { name, sender, receiver, encrypting: Duration::ZERO, decrypting: Duration::ZERO }
    }

    fn exchange(&mut self, messages: u32) -> Result<()> {
        let began = Instant::now();
        let sealed = self.sender.encrypt(TEXT, messages)?;
        self.encrypting += began.elapsed();
        let began = Instant::now();
        let texts = self.receiver.decrypt(&sealed)?;
        self.decrypting += began.elapsed();
        ensure!(
            texts.len() == messages as usize && texts.iter().all(|text| text == TEXT),
            "another text came out"
        );
        Ok(())
    }
}

fn rounded(value: f64) -> f64 {
    (value * 100.0).round() / 100.0
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn small_groups_are_measured_to_the_end() {
        let line = run(&Options { leaves: vec![2, 5], messages: 5 }).expect("measures");
        for (at, leaves) in [2, 5].into_iter().enumerate() {
            assert_eq!(line["groups"][at]["leaves"], leaves);
            for kind in ["bare", "waiting", "single", "single_in_memory"] {
                let figures = &line["groups"][at][kind];
                assert!(figures["encrypted_per_second"].as_f64().expect("a number") > 0.0, "{line}");
                assert!(figures["decrypted_per_second"].as_f64().expect("a number") > 0.0, "{line}");
            }
        }
    }
}
