//! RFC 9420 test vectors "passive client": join by a welcome, follow the commits, and reach the published secrets.

use data_encoding::HEXLOWER;
use kuvert_mls::Provider;
use openmls::prelude::tls_codec::Deserialize as _;
use openmls::prelude::{
    Ciphersuite, GroupId, KeyPackage, KeyPackageIn, MlsGroup, MlsGroupJoinConfig, MlsMessageBodyIn,
    MlsMessageIn, PURE_PLAINTEXT_WIRE_FORMAT_POLICY, ProcessedMessageContent, ProtocolVersion, StagedWelcome,
};
use openmls::schedule::PreSharedKeyId;
use openmls_traits::OpenMlsProvider as _;
use openmls_traits::storage::{CURRENT_VERSION, Entity, StorageProvider, traits};
use openmls_traits::types::HpkePrivateKey;
use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::home::{Home, Step};

/// See `vectors/README.md`.
const VECTORS: &str = include_str!("vectors/passive-client-handling-commit.json");

/// A key package with its private half, as OpenMLS stores it: it has no public constructor for somebody else's keys.
#[derive(Serialize, Deserialize)]
struct Bundle {
    key_package: KeyPackage,
    private_init_key: HpkePrivateKey,
    private_encryption_key: EncryptionKey,
}

#[derive(Serialize, Deserialize)]
struct EncryptionKey {
    key: HpkePrivateKey,
}

impl Entity<CURRENT_VERSION> for Bundle {}
impl traits::KeyPackage<CURRENT_VERSION> for Bundle {}

fn bytes(value: &Value) -> Vec<u8> {
    HEXLOWER.decode(value.as_str().expect("a string").as_bytes()).expect("hexadecimal")
}

fn message(value: &Value) -> MlsMessageIn {
    MlsMessageIn::tls_deserialize_exact(bytes(value)).expect("an MLS message")
}

fn list(value: &Value) -> &[Value] {
    value.as_array().map(Vec::as_slice).expect("a list")
}

fn config() -> MlsGroupJoinConfig {
    MlsGroupJoinConfig::builder()
        .wire_format_policy(PURE_PLAINTEXT_WIRE_FORMAT_POLICY)
        .use_ratchet_tree_extension(true)
        .number_of_resumption_psks(16)
        .build()
}

/// Puts what the client had before into the storage: external keys, and the key package.
struct Prepare<'a>(&'a Value);

impl Step for Prepare<'_> {
    type Outcome = ();

    fn take<S: StorageProvider<CURRENT_VERSION>>(self, provider: &Provider<'_, S>) {
        for psk in list(&self.0["external_psks"]) {
            let id = PreSharedKeyId::external(bytes(&psk["psk_id"]), Vec::new());
            id.store(provider, &bytes(&psk["psk"])).expect("stores");
        }
        let MlsMessageBodyIn::KeyPackage(package) = message(&self.0["key_package"]).extract() else {
            panic!("no key package");
        };
        let package = KeyPackageIn::validate(package, provider.crypto(), ProtocolVersion::Mls10);
        let key_package = package.expect("a key package that holds");
        let reference = key_package.hash_ref(provider.crypto()).expect("a reference");
        let key = |name: &str| HpkePrivateKey::from(bytes(&self.0[name]));
        let bundle = Bundle {
            key_package,
            private_init_key: key("init_priv"),
            private_encryption_key: EncryptionKey { key: key("encryption_priv") },
        };
        provider.storage().write_key_package(&reference, &bundle).expect("stores");
    }
}

/// Joins; says the group's id.
struct Join<'a>(&'a Value);

impl Step for Join<'_> {
    type Outcome = GroupId;

    fn take<S: StorageProvider<CURRENT_VERSION>>(self, provider: &Provider<'_, S>) -> GroupId {
        let MlsMessageBodyIn::Welcome(welcome) = message(&self.0["welcome"]).extract() else {
            panic!("no welcome");
        };
        assert!(self.0["ratchet_tree"].is_null(), "the tree is in the welcome");
        // The other members' leaves have ended since.
        let staged = StagedWelcome::build_from_welcome(provider, &config(), welcome)
            .and_then(|builder| builder.skip_lifetime_validation().build())
            .expect("a welcome that holds");
        staged.into_group(provider).expect("joins").group_id().clone()
    }
}

/// Takes a proposal or a commit.
struct Process<'a>(&'a GroupId, &'a Value);

impl Step for Process<'_> {
    type Outcome = ();

    fn take<S: StorageProvider<CURRENT_VERSION>>(self, provider: &Provider<'_, S>) {
        let mut group = MlsGroup::load(provider.storage(), self.0).expect("loads").expect("a group");
        let message = message(self.1).try_into_protocol_message().expect("a message of a group");
        match group.process_message(provider, message).expect("holds").into_content() {
            ProcessedMessageContent::ProposalMessage(proposal) => {
                group.store_pending_proposal(provider.storage(), *proposal).expect("stores");
            }
            ProcessedMessageContent::StagedCommitMessage(commit) => {
                group.merge_staged_commit(provider, *commit).expect("merges");
            }
            other => panic!("neither proposal nor commit: {other:?}"),
        }
    }
}

/// The epoch's authenticator, of the group as it is stored.
struct Authenticator<'a>(&'a GroupId);

impl Step for Authenticator<'_> {
    type Outcome = Vec<u8>;

    fn take<S: StorageProvider<CURRENT_VERSION>>(self, provider: &Provider<'_, S>) -> Vec<u8> {
        let group = MlsGroup::load(provider.storage(), self.0).expect("loads").expect("a group");
        group.epoch_authenticator().as_slice().to_vec()
    }
}

fn follow(vector: &Value, home: &Home) {
    home.take(Prepare(vector));
    let group = home.take(Join(vector));
    assert_eq!(home.take(Authenticator(&group)), bytes(&vector["initial_epoch_authenticator"]));
    for epoch in list(&vector["epochs"]) {
        for proposal in list(&epoch["proposals"]) {
            home.take(Process(&group, proposal));
        }
        home.take(Process(&group, &epoch["commit"]));
        assert_eq!(home.take(Authenticator(&group)), bytes(&epoch["epoch_authenticator"]));
    }
}

#[test]
fn published_vectors_reach_their_secrets_on_the_database_opened_anew_for_each_step() {
    let vectors: Value = serde_json::from_str(VECTORS).expect("JSON");
    assert!(!list(&vectors).is_empty());
    for vector in list(&vectors) {
        let suite = vector["cipher_suite"].as_u64().and_then(|suite| u16::try_from(suite).ok());
        assert_eq!(
            suite.map(Ciphersuite::try_from),
            Some(Ok(Ciphersuite::MLS_128_DHKEMX25519_AES128GCM_SHA256_Ed25519))
        );
        for home in [Home::database(), Home::memory()] {
            follow(vector, &home);
        }
    }
}
