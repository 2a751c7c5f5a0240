//! The devices and conversations that scripts are about. Their keys follow from their numbers.

use ed25519_dalek::SigningKey;
use kuvert_wire::{
    ChannelId, ChannelState, DepositKey, Fanout, FanoutKey, FanoutTarget, InboxId, InboxKeys, OwnerKey, Post,
    PostId, PostSecret, SealKeyPair, SealedEntry, Token, encode,
};

use crate::store::RelayStore;

/// Under which the relay is known.
pub(super) const ORIGIN: &str = "http://here";
/// How many devices there are.
pub(super) const DEVICES: u8 = 3;

/// A device and its inbox.
pub(super) struct Device {
    pub(super) owner: SigningKey,
    pub(super) seal: SealKeyPair,
    pub(super) inbox: InboxId,
    deposit_key: DepositKey,
}

/// The device of this number.
pub(super) fn device(n: u8) -> Device {
    let n = n % DEVICES + 1;
    let owner = SigningKey::from_bytes(&[n; 32]);
    let inbox = InboxId::of(&OwnerKey::new(owner.verifying_key().to_bytes()));
    let (seal, deposit_key) = (SealKeyPair::from_bytes([n; 32]), DepositKey::new([n; 32]));
    Device { owner, seal, inbox, deposit_key }
}

impl Device {
    pub(super) fn keys(&self) -> InboxKeys {
        InboxKeys { seal_key: self.seal.public(), deposit_key: self.deposit_key.clone(), invite: None }
    }

    /// The right to deposit, one of a few.
    pub(super) fn token(&self, nonce: u8) -> Token {
        self.deposit_key.token([nonce % 4; 16])
    }
}

/// The n-th request.
pub(super) fn id(n: u8) -> PostId {
    PostId::new([n; 16])
}

/// What a channel keeps in an epoch, for the devices whose bits are set in `members`.
pub(super) fn state(epoch: u8, members: u8, flags: u8) -> ChannelState {
    let targets = (0..DEVICES).filter(|n| members & (1 << n) != 0);
    let targets = targets.map(device).map(|device| {
        let token = device.token(members >> 4);
        FanoutTarget { inbox: device.inbox, token, relay: None }
    });
    let fanout = encode(&Fanout { targets: targets.collect() });
    let key = FanoutKey::new([epoch; 32]);
    ChannelState {
        epoch: epoch.into(),
        post_secret: PostSecret::new([epoch; 32]).hash(),
        fanout: key.secret_box().seal(&[epoch; 24], FanoutKey::CONTEXT, &fanout),
        group_info: (flags & 1 == 0).then(|| vec![epoch; 8].into()),
        access: vec![flags; usize::from(flags)],
    }
}

/// A post to one of two channels.
pub(super) fn post(n: u8, channel: u8, epoch: u8, len: u8) -> Post {
    Post {
        id: id(n),
        channel: ChannelId::new([channel % 2; 16]),
        epoch: epoch.into(),
        secret: PostSecret::new([epoch; 32]),
        fanout_key: FanoutKey::new([epoch; 32]),
        body: vec![n; usize::from(len)],
    }
}

/// What is left in the store holds together: RELAY-2, and every entry opens for its owner.
pub(super) fn check(store: &dyn RelayStore) {
    for device in (0..DEVICES).map(device) {
        let Some(row) = store.inbox(device.inbox).expect("memory works") else { continue };
        assert!(row.head <= row.next, "what was acknowledged was given out");
        let (mut after, mut found) = (row.head - 1, 0);
        while let Some(stretch) = store.entries(device.inbox, after, 100, usize::MAX).expect("memory works") {
            assert_eq!(stretch.first, after + 1, "seqs have no hole");
            for bytes in stretch.sealed {
                after += 1;
                found += 1;
                let sealed = SealedEntry { bytes: bytes.into() };
                assert!(device.seal.open(after, &sealed).is_ok(), "an entry opens for its owner");
            }
        }
        assert_eq!(found, row.next - row.head, "everything that waits is there");
    }
}
