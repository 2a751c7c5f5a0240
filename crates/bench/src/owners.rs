//! The owners of many inboxes, each with a session of its own, and what they get.

use anyhow::{Result, bail};

use crate::device::{Device, Held, Receiver};
use crate::net::{Id, Outbox, Peer};
use crate::report::Losses;
use crate::session::Opening;

/// The owners of the inboxes, and which messages they got.
pub(crate) struct Owners<'a> {
    origin: &'a str,
    devices: &'a [Device],
    receivers: Vec<Receiver>,
    /// By number.
    seen: Vec<bool>,
    pub(crate) due: u64,
    pub(crate) delivered: u64,
    doubled: u64,
    live: usize,
}

impl<'a> Owners<'a> {
    /// Owners of `devices`, who are to get messages 0 to `due`, message *n* in inbox *n* modulo their count.
    pub(crate) fn new(origin: &'a str, devices: &'a [Device], due: u64) -> Self {
        Self {
            origin,
            devices,
            receivers: devices.iter().map(|device| Receiver::new(device, Held::default())).collect(),
            seen: vec![false; due as usize],
            due,
            delivered: 0,
            doubled: 0,
            live: 0,
        }
    }

    pub(crate) fn losses(&self) -> Losses {
        Losses { lost: self.due - self.delivered, doubled: self.doubled }
    }
}

impl Opening for Owners<'_> {
    fn opened(&self) -> usize {
        self.live
    }
}

impl Peer for Owners<'_> {
    fn frame(&mut self, out: &mut Outbox, id: Id, payload: &mut [u8]) -> Result<()> {
        let receiver = &mut self.receivers[id];
        let was_live = receiver.is_live();
        let inboxes = self.devices.len() as u64;
        receiver.frame((&self.devices[id], self.origin), (out, id), payload, |entry| {
            let place = usize::try_from(entry.number)?;
            match self.seen.get_mut(place) {
                Some(seen) if entry.number % inboxes == id as u64 => {
                    if std::mem::replace(seen, true) {
                        self.doubled += 1;
                    } else {
                        self.delivered += 1;
                    }
                }
                _ => bail!("an inbox got a message that was not meant for it"),
            }
            Ok(())
        })?;
        self.live += usize::from(receiver.is_live() && !was_live);
        Ok(())
    }

    fn settled(&mut self, out: &mut Outbox, id: Id) -> Result<()> {
        self.receivers[id].acknowledge(out, id);
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_does_not_come_is_lost_and_what_comes_again_is_doubled() {
        let devices = [Device::new(&[1; 32], 0), Device::new(&[1; 32], 1)];
        let mut owners = Owners::new("http://relay.test", &devices, 6);
        let mut deliver = |inbox: usize, first, numbers: &[u64]| {
            let mut frame = devices[inbox].delivery(first, numbers);
            owners.frame(&mut Outbox::default(), inbox, &mut frame).map(|()| owners.losses())
        };
        assert_eq!(deliver(0, 1, &[0, 4]).expect("good"), Losses { lost: 4, doubled: 0 });
        assert_eq!(deliver(1, 1, &[5, 3, 1]).expect("good"), Losses { lost: 1, doubled: 0 });
        assert_eq!(deliver(0, 3, &[4, 4]).expect("good"), Losses { lost: 1, doubled: 2 });
        assert!(deliver(0, 5, &[1]).is_err(), "meant for the other inbox");
        assert!(deliver(0, 6, &[6]).is_err(), "never sent");
    }
}
