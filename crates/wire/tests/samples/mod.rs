//! One of each thing that is encoded, with fixed content.

#![allow(dead_code)] // each test file uses its part

mod example;

use ed25519_dalek::SigningKey;
use kuvert_wire::{
    Ack, BlobSecret, CardDeletion, CardRecord, Challenge, ChannelId, ChannelInfo, ChannelState, ClientFrame,
    Commit, CreateChannel, DeleteInbox, Deposit, DepositKey, DepositResults, Entries, Entry, EntrySealer,
    ErrorCode, Fanout, FanoutKey, FanoutTarget, FetchChannel, ForeignDeposit, ForeignSealer, ForeignTarget,
    Generation, Hello, InboxId, InboxKeys, Invite, KeyPackageReply, Own, Owned, OwnerKey, OwnerProof,
    P256Key, Post, PostId, PostSecret, PostSecretHash, PushAuth, PushSubscription, PutKeyPackages,
    RelayAddress, RelayFrame, RelayInfo, RelayKey, RelayKeyPair, RenewDepositKey, RevokeTokens, SealKey,
    SealKeyPair, SealedDeposits, SealedEntry, SetPush, TakeKeyPackage, Token, WelcomeDeposit, decode, encode,
    limits,
};
use minicbor::{Decode, Encode};

pub(crate) const ORIGIN: &str = "https://relay.example";

/// Whether bytes are read as the sample's value.
pub(crate) type Reads = Box<dyn Fn(&[u8]) -> bool>;

/// A value's bytes, and whether bytes are read as that value.
pub(crate) struct Sample {
    pub(crate) name: &'static str,
    pub(crate) bytes: Vec<u8>,
    pub(crate) reads: Reads,
}

fn sample<T>(name: &'static str, value: T) -> Sample
where
    T: Encode<()> + for<'b> Decode<'b, ()> + PartialEq + 'static,
{
    let bytes = encode(&value);
    let reads = move |bytes: &[u8]| decode::<T>(bytes, limits::MAX_FRAME).is_ok_and(|read| read == value);
    Sample { name, bytes, reads: Box::new(reads) }
}

/// Bytes that are not CBOR: reading is comparing.
fn plain(name: &'static str, bytes: Vec<u8>) -> Sample {
    let expected = bytes.clone();
    Sample { name, bytes, reads: Box::new(move |read| read == expected) }
}

pub(crate) fn all() -> Vec<Sample> {
    let mut samples = client_frames();
    samples.extend(channel_frames());
    samples.extend(relay_frames());
    samples.extend(entries());
    samples.extend(others());
    samples.extend(example::story());
    samples.extend(foreign());
    samples
}

fn signing_key() -> SigningKey {
    SigningKey::from_bytes(&[0x0e; 32])
}

pub(crate) fn owner() -> OwnerKey {
    OwnerKey::new(signing_key().verifying_key().to_bytes())
}

pub(crate) fn challenge() -> Challenge {
    Challenge::new([0x0f; 32])
}

pub(crate) fn deposit_entry() -> Entry {
    Entry::Deposit { body: b"sealed".to_vec() }
}

fn id() -> PostId {
    PostId::new([0x01; 16])
}

fn inbox() -> InboxId {
    InboxId::new([0x02; 16])
}

fn channel() -> ChannelId {
    ChannelId::new([0x03; 16])
}

fn token() -> Token {
    DepositKey::new([0x0d; 32]).token([0x04; 16])
}

fn state(epoch: u64) -> ChannelState {
    ChannelState {
        epoch,
        post_secret: PostSecretHash::new([0x05; 32]),
        fanout: b"fan-out".to_vec(),
        group_info: Some(b"group info".to_vec().into()),
        access: b"access".to_vec(),
    }
}

fn post() -> Post {
    Post {
        id: id(),
        channel: channel(),
        epoch: 6,
        secret: PostSecret::new([0x06; 32]),
        fanout_key: FanoutKey::new([0x07; 32]),
        body: b"sealed".to_vec(),
    }
}

/// That of RFC 8291, section 5.
pub(crate) fn subscription() -> PushSubscription {
    let bytes = |text: &str| data_encoding::BASE64URL_NOPAD.decode(text.as_bytes()).expect("base64url");
    let key =
        bytes("BCVxsr7N_eNgVRqvHtD0zTZsEc6-VV-JvLexhqUzORcxaOzi6-AYWXvTBHm4bjyPjs7Vd8pZGH6SRpkNtoIAiw4");
    PushSubscription {
        endpoint: "https://push.example.net/push/JzLQ3raZJfFBR0aqvOMsLrt54w4rJUsV".to_owned(),
        key: P256Key::from_slice(&key).expect("65 bytes"),
        auth: PushAuth::from_slice(&bytes("BTBZMqHH6r4Tts7J_aSIgg")).expect("16 bytes"),
    }
}

fn generation() -> Generation {
    Generation::new([0x14; 8])
}

fn own(create: Option<InboxKeys>, generation: Option<Generation>) -> ClientFrame {
    let challenge = challenge();
    ClientFrame::Own(Own {
        owner: owner(),
        origin: ORIGIN.to_owned(),
        signature: OwnerProof { origin: ORIGIN, challenge: &challenge }.sign(&signing_key()),
        acknowledged: 300,
        create,
        generation,
    })
}

fn client_frames() -> Vec<Sample> {
    let keys = |invite| InboxKeys {
        seal_key: SealKey::new([0x08; 32]),
        deposit_key: DepositKey::new([0x09; 32]),
        invite,
    };
    let put = |one_time: &[&[u8]], last_resort: Option<&[u8]>, replaces| {
        ClientFrame::PutKeyPackages(PutKeyPackages {
            id: id(),
            one_time: one_time.iter().map(|package| package.to_vec().into()).collect(),
            last_resort: last_resort.map(|package| package.to_vec().into()),
            replaces,
        })
    };
    vec![
        sample("client_own", own(None, Some(generation()))),
        sample("client_own_first", own(None, None)),
        sample("client_own_create", own(Some(keys(None)), None)),
        sample("client_own_create_invited", own(Some(keys(Some(Invite::new([0x11; 16])))), None)),
        sample("client_ack", ClientFrame::Ack(Ack { seq: 70_000 })),
        sample("client_put_key_packages", put(&[b"one", b"two"], Some(b"last"), None)),
        sample("client_put_key_packages_none", put(&[], None, None)),
        sample("client_put_key_packages_anew", put(&[b"one"], None, Some(true))),
        sample(
            "client_deposit",
            ClientFrame::Deposit(Deposit {
                id: id(),
                inbox: inbox(),
                token: token(),
                body: b"sealed".to_vec(),
            }),
        ),
        sample(
            "client_take_key_package",
            ClientFrame::TakeKeyPackage(TakeKeyPackage { id: id(), inbox: inbox(), token: token() }),
        ),
        sample(
            "client_revoke_tokens",
            ClientFrame::RevokeTokens(RevokeTokens { id: id(), nonces: vec![token().nonce()] }),
        ),
        sample(
            "client_renew_deposit_key",
            ClientFrame::RenewDepositKey(RenewDepositKey {
                id: id(),
                deposit_key: DepositKey::new([0x12; 32]),
            }),
        ),
        sample("client_set_push", ClientFrame::SetPush(SetPush { id: id(), subscription: None })),
        sample(
            "client_set_push_subscription",
            ClientFrame::SetPush(SetPush { id: id(), subscription: Some(subscription()) }),
        ),
        sample("client_delete_inbox", ClientFrame::DeleteInbox(DeleteInbox { id: id() })),
    ]
}

fn channel_frames() -> Vec<Sample> {
    let welcome = |relay| WelcomeDeposit { inbox: inbox(), token: token(), body: b"welcome".to_vec(), relay };
    let commit = |welcome| Commit { post: post(), next: state(7), welcomes: vec![welcome] };
    let elsewhere = RelayAddress { origin: ORIGIN.to_owned(), key: relay_pair().public() };
    vec![
        sample(
            "client_create_channel",
            ClientFrame::CreateChannel(CreateChannel {
                id: id(),
                channel: channel(),
                state: state(0),
                inbox: inbox(),
                token: token(),
            }),
        ),
        sample("client_post", ClientFrame::Post(post())),
        sample("client_commit", ClientFrame::Commit(commit(welcome(None)))),
        sample("client_commit_elsewhere", ClientFrame::Commit(commit(welcome(Some(elsewhere))))),
        sample(
            "client_commit_without_group_info",
            ClientFrame::Commit(Commit {
                post: post(),
                next: ChannelState { group_info: None, ..state(7) },
                welcomes: Vec::new(),
            }),
        ),
        sample(
            "client_fetch_channel",
            ClientFrame::FetchChannel(FetchChannel {
                id: id(),
                channel: channel(),
                epoch: 6,
                secret: PostSecret::new([0x06; 32]),
                after: 2,
            }),
        ),
        sample("client_resume", ClientFrame::Resume),
    ]
}

fn relay_frames() -> Vec<Sample> {
    let sealed = vec![SealedEntry { bytes: vec![0x0a; 40] }, SealedEntry { bytes: vec![0x0b; 40] }];
    let info = |after: u8, group_info: Option<&[u8]>| {
        RelayFrame::ChannelInfo(ChannelInfo {
            id: id(),
            epoch: 9,
            group_info: group_info.map(|info| info.to_vec().into()),
            access: b"access".to_vec(),
            handshakes: vec![vec![after + 1].into(), vec![after + 2].into()],
            more: group_info.is_some(),
        })
    };
    let owned = |relay_key, push: Option<bool>| {
        RelayFrame::Owned(Owned {
            created: true,
            key_packages: 32,
            last_resort: false,
            acknowledged: 300,
            generation: generation(),
            relay_key,
            push_key: push.map(|_| P256Key::new([0x04; 65])),
            subscribed: push.filter(|subscribed| *subscribed),
        })
    };
    let conflict = RelayFrame::Refused { id: id(), code: ErrorCode::Conflict, epoch: Some(9) };
    vec![
        sample(
            "relay_hello",
            RelayFrame::Hello(Hello { version: limits::PROTOCOL_VERSION, challenge: challenge() }),
        ),
        sample("relay_owned", owned(None, None)),
        sample("relay_owned_with_key", owned(Some(relay_pair().public()), None)),
        sample("relay_owned_pushes", owned(Some(relay_pair().public()), Some(false))),
        sample("relay_owned_subscribed", owned(None, Some(true))),
        sample("relay_entries", RelayFrame::Entries(Entries { first: 5, sealed })),
        sample("relay_live", RelayFrame::Live),
        sample("relay_accepted", RelayFrame::Accepted { id: id(), seq: 11 }),
        sample(
            "relay_key_package",
            RelayFrame::KeyPackage(KeyPackageReply { id: id(), package: b"package".to_vec() }),
        ),
        sample("relay_refused", RelayFrame::Refused { id: id(), code: ErrorCode::BadToken, epoch: None }),
        sample("relay_refused_conflict", conflict),
        sample(
            "relay_refused_no_such_relay",
            RelayFrame::Refused { id: id(), code: ErrorCode::NoSuchRelay, epoch: None },
        ),
        sample(
            "relay_refused_no_push",
            RelayFrame::Refused { id: id(), code: ErrorCode::NoPush, epoch: None },
        ),
        sample(
            "relay_refused_bad_subscription",
            RelayFrame::Refused { id: id(), code: ErrorCode::BadSubscription, epoch: None },
        ),
        sample("relay_error", RelayFrame::Error { code: ErrorCode::TakenOver }),
        sample("relay_error_invite_needed", RelayFrame::Error { code: ErrorCode::InviteNeeded }),
        sample("relay_channel_info", info(0, Some(b"group info"))),
        sample("relay_channel_info_next", info(2, None)),
    ]
}

fn entries() -> Vec<Sample> {
    let (channel, id, body) = (channel(), id(), b"sealed".to_vec());
    let sealed = EntrySealer::new(&[0x10; 32], inbox(), &SealKeyPair::from_bytes([0x0c; 32]).public());
    vec![
        sample("entry_deposit", deposit_entry()),
        sample("entry_post", Entry::Post { channel, seq: 1, epoch: 2, id, body: body.clone() }),
        sample("entry_commit", Entry::Commit { channel, seq: 3, epoch: 4, id, body }),
        sample("entry_gap", Entry::Gap { lost: 5 }),
        sample("entry_missed", Entry::Missed { channel, lost: 6 }),
        plain("sealed_entry", sealed.seal(7, &deposit_entry()).bytes),
    ]
}

fn others() -> Vec<Sample> {
    let target = |relay| FanoutTarget { inbox: inbox(), token: token(), relay };
    let elsewhere = RelayAddress { origin: ORIGIN.to_owned(), key: RelayKey::new([0x13; 32]) };
    let challenge = challenge();
    let proof = OwnerProof { origin: ORIGIN, challenge: &challenge }.sign(&signing_key());
    vec![
        sample("fanout", Fanout { targets: vec![target(None), target(Some(elsewhere))] }),
        sample("card_record", CardRecord::sign(&signing_key(), 3, b"sealed".to_vec())),
        sample("card_deletion", CardDeletion::sign(&signing_key(), 3)),
        plain("invite_hash", Invite::new([0x11; 16]).hash().as_bytes().to_vec()),
        plain("token", token().as_bytes().to_vec()),
        plain("owner_proof", proof.as_bytes().to_vec()),
        plain("inbox_id", InboxId::of(&owner()).as_bytes().to_vec()),
        plain("card_id", kuvert_wire::CardId::of(&owner()).as_bytes().to_vec()),
        plain("post_secret_hash", PostSecret::new([0x06; 32]).hash().as_bytes().to_vec()),
    ]
}

pub(crate) fn foreign_deposit() -> ForeignDeposit {
    let target = ForeignTarget { inbox: inbox(), token: token() };
    ForeignDeposit { id: id(), targets: vec![target], entry: deposit_entry() }
}

pub(crate) fn relay_pair() -> RelayKeyPair {
    RelayKeyPair::from_bytes([0x14; 32])
}

fn foreign() -> Vec<Sample> {
    let key = relay_pair().public();
    let sealed = ForeignSealer::new([0x15; 32], &key).seal(&foreign_deposit());
    let origins = vec![ORIGIN.to_owned()];
    vec![
        sample("foreign_deposit", foreign_deposit()),
        plain("sealed_deposit", sealed.bytes.clone()),
        sample("sealed_deposits", SealedDeposits { deposits: vec![sealed] }),
        sample("deposit_results", DepositResults { results: vec![None, Some(ErrorCode::BadToken)] }),
        sample("relay_info", RelayInfo { version: limits::PROTOCOL_VERSION, origins, key }),
        plain("blob_secret_hash", BlobSecret::new([0x16; 32]).hash().as_bytes().to_vec()),
    ]
}
