//! OpenMLS's storage provider over two tables of the client database, so that ratchet state and everything else
//! commit in one transaction.
//!
//! Keys and values are encoded as CBOR: OpenMLS needs a self-describing format, and this one is in the program already.

use openmls_traits::storage::{CURRENT_VERSION as V, StorageProvider, traits};
use rusqlite::{Connection, OptionalExtension, params};
use serde::Serialize;
use serde::de::DeserializeOwned;
use zeroize::Zeroizing;

use crate::StoreError;

/// MLS state within one transaction.
#[derive(Clone, Copy)]
pub struct MlsStorage<'a> {
    sql: &'a Connection,
    /// Added to every kind: 0, or what sets the state of one group aside.
    aside: i64,
}

/// State that was set aside has kinds that are larger by a multiple of this.
const ASIDE: i64 = 100;

/// A failed access to MLS state.
#[derive(Debug, thiserror::Error)]
pub enum MlsStorageError {
    /// The database failed.
    #[error("database: {0}")]
    Sql(#[from] rusqlite::Error),
    /// A value could not be encoded.
    #[error("MLS state cannot be encoded: {0}")]
    Encode(String),
    /// A value could not be decoded.
    #[error("stored MLS state is malformed: {0}")]
    Decode(String),
}

/// What a row holds. The numbers are part of the file format.
#[derive(Clone, Copy)]
#[repr(i64)]
enum Kind {
    JoinConfig = 1,
    OwnLeafNodes = 2,
    Proposals = 3,
    Tree = 4,
    InterimTranscriptHash = 5,
    Context = 6,
    ConfirmationTag = 7,
    GroupState = 8,
    MessageSecrets = 9,
    ResumptionPsks = 10,
    OwnLeafIndex = 11,
    EpochSecrets = 12,
    SignatureKeyPair = 13,
    EncryptionKeyPair = 14,
    EpochKeyPairs = 15,
    KeyPackage = 16,
    Psk = 17,
}

type Result<T> = std::result::Result<T, MlsStorageError>;

fn bytes<T: Serialize + ?Sized>(value: &T) -> Result<Zeroizing<Vec<u8>>> {
    let encoded = minicbor_serde::to_vec(value);
    encoded.map(Zeroizing::new).map_err(|error| MlsStorageError::Encode(error.to_string()))
}

fn value<T: DeserializeOwned>(bytes: &[u8]) -> Result<T> {
    minicbor_serde::from_slice(bytes).map_err(|error| MlsStorageError::Decode(error.to_string()))
}

impl<'a> MlsStorage<'a> {
    pub(crate) fn new(sql: &'a Connection) -> Self {
        Self { sql, aside: 0 }
    }

    /// The same storage, but what is written is set aside under a number of the caller's, from 1 up: until
    /// [`Self::use_aside`] or [`Self::drop_aside`], nobody finds it elsewhere.
    #[must_use]
    pub fn aside(self, number: i64) -> Self {
        Self { aside: number * ASIDE, ..self }
    }

    /// Moves what was set aside to where everybody finds it.
    ///
    /// # Errors
    /// [`StoreError`] if the database fails.
    pub fn use_aside(&self, number: i64) -> std::result::Result<(), StoreError> {
        for table in ["mls", "mls_list"] {
            self.sql.execute(
                &format!("UPDATE OR REPLACE {table} SET kind = kind % ?1 WHERE kind / ?1 = ?2"),
                params![ASIDE, number],
            )?;
        }
        Ok(())
    }

    /// Sets a copy of a group's state aside, beside the state itself, which stays where it is.
    ///
    /// # Errors
    /// [`MlsStorageError`] if the database fails.
    pub fn copy_aside<G: traits::GroupId<V>>(&self, group_id: &G, number: i64) -> Result<()> {
        // Keys of an epoch's key pairs have the group's id in front of the rest; nothing else holds the bytes of one by chance.
        let group = bytes(group_id)?;
        let base = number * ASIDE;
        self.sql.execute(
            "INSERT OR REPLACE INTO mls (kind, key, value)
             SELECT kind + ?1, key, value FROM mls WHERE kind < ?2 AND instr(key, ?3) > 0",
            params![base, ASIDE, *group],
        )?;
        self.sql.execute(
            "INSERT INTO mls_list (kind, list, item, value)
             SELECT kind + ?1, list, item, value FROM mls_list WHERE kind < ?2 AND list = ?3 ORDER BY position",
            params![base, ASIDE, *group],
        )?;
        Ok(())
    }

    /// Forgets what was set aside.
    ///
    /// # Errors
    /// [`StoreError`] if the database fails.
    pub fn drop_aside(&self, number: i64) -> std::result::Result<(), StoreError> {
        for table in ["mls", "mls_list"] {
            self.sql.execute(&format!("DELETE FROM {table} WHERE kind / ?1 = ?2"), params![ASIDE, number])?;
        }
        Ok(())
    }

    fn kind(&self, kind: Kind) -> i64 {
        kind as i64 + self.aside
    }

    fn put(
        &self,
        kind: Kind,
        key: &(impl Serialize + ?Sized),
        value: &(impl Serialize + ?Sized),
    ) -> Result<()> {
        self.sql
            .prepare_cached("INSERT OR REPLACE INTO mls (kind, key, value) VALUES (?1, ?2, ?3)")?
            .execute(params![self.kind(kind), *bytes(key)?, *bytes(value)?])?;
        Ok(())
    }

    fn get<T: DeserializeOwned>(&self, kind: Kind, key: &(impl Serialize + ?Sized)) -> Result<Option<T>> {
        let bytes: Option<Vec<u8>> = self
            .sql
            .prepare_cached("SELECT value FROM mls WHERE kind = ?1 AND key = ?2")?
            .query_row(params![self.kind(kind), *bytes(key)?], |row| row.get(0))
            .optional()?;
        let bytes = bytes.map(Zeroizing::new);
        bytes.map(|bytes| value(&bytes)).transpose()
    }

    fn delete(&self, kind: Kind, key: &(impl Serialize + ?Sized)) -> Result<()> {
        self.sql
            .prepare_cached("DELETE FROM mls WHERE kind = ?1 AND key = ?2")?
            .execute(params![self.kind(kind), *bytes(key)?])?;
        Ok(())
    }

    fn append(
        &self,
        kind: Kind,
        list: &impl Serialize,
        item: &impl Serialize,
        value: &impl Serialize,
    ) -> Result<()> {
        self.sql
            .prepare_cached("INSERT INTO mls_list (kind, list, item, value) VALUES (?1, ?2, ?3, ?4)")?
            .execute(params![self.kind(kind), *bytes(list)?, *bytes(item)?, *bytes(value)?])?;
        Ok(())
    }

    fn list<I: DeserializeOwned, T: DeserializeOwned>(
        &self,
        kind: Kind,
        list: &impl Serialize,
    ) -> Result<Vec<(I, T)>> {
        let mut statement = self.sql.prepare_cached(
            "SELECT item, value FROM mls_list WHERE kind = ?1 AND list = ?2 ORDER BY position",
        )?;
        let rows = statement.query_map(params![self.kind(kind), *bytes(list)?], |row| {
            Ok((row.get::<_, Vec<u8>>(0)?, row.get::<_, Vec<u8>>(1)?))
        })?;
        rows.map(|row| {
            let (item, bytes) = row?;
            let bytes = Zeroizing::new(bytes);
            Ok((value(&item)?, value(&bytes)?))
        })
        .collect()
    }

    fn clear(&self, kind: Kind, list: &impl Serialize) -> Result<()> {
        self.sql
            .prepare_cached("DELETE FROM mls_list WHERE kind = ?1 AND list = ?2")?
            .execute(params![self.kind(kind), *bytes(list)?])?;
        Ok(())
    }
}

/// Writes the three methods of one value per group: write, read, delete.
macro_rules! group_values {
    ($($write:ident, $read:ident, $delete:ident: $Type:ident = $kind:ident;)*) => {$(
        fn $write<G: traits::GroupId<V>, T: traits::$Type<V>>(&self, group_id: &G, value: &T) -> Result<()> {
            self.put(Kind::$kind, group_id, value)
        }

        fn $delete<G: traits::GroupId<V>>(&self, group_id: &G) -> Result<()> {
            self.delete(Kind::$kind, group_id)
        }

        fn $read<G: traits::GroupId<V>, T: traits::$Type<V>>(&self, group_id: &G) -> Result<Option<T>> {
            self.get(Kind::$kind, group_id)
        }
    )*};
}

/// Writes the three methods of one value per key: write, read, delete.
macro_rules! keyed_values {
    ($($write:ident, $read:ident, $delete:ident: $Key:ident => $Type:ident = $kind:ident;)*) => {$(
        fn $write<K: traits::$Key<V>, T: traits::$Type<V>>(&self, key: &K, value: &T) -> Result<()> {
            self.put(Kind::$kind, key, value)
        }

        fn $delete<K: traits::$Key<V>>(&self, key: &K) -> Result<()> {
            self.delete(Kind::$kind, key)
        }

        fn $read<K: traits::$Key<V>, T: traits::$Type<V>>(&self, key: &K) -> Result<Option<T>> {
            self.get(Kind::$kind, key)
        }
    )*};
}

impl StorageProvider<V> for MlsStorage<'_> {
    type Error = MlsStorageError;

    group_values! {
        write_mls_join_config, mls_group_join_config, delete_group_config: MlsGroupJoinConfig = JoinConfig;
        write_tree, tree, delete_tree: TreeSync = Tree;
        write_interim_transcript_hash, interim_transcript_hash, delete_interim_transcript_hash:
            InterimTranscriptHash = InterimTranscriptHash;
        write_context, group_context, delete_context: GroupContext = Context;
        write_confirmation_tag, confirmation_tag, delete_confirmation_tag: ConfirmationTag = ConfirmationTag;
        write_message_secrets, message_secrets, delete_message_secrets: MessageSecrets = MessageSecrets;
        write_resumption_psk_store, resumption_psk_store, delete_all_resumption_psk_secrets:
            ResumptionPskStore = ResumptionPsks;
        write_own_leaf_index, own_leaf_index, delete_own_leaf_index: LeafNodeIndex = OwnLeafIndex;
        write_group_epoch_secrets, group_epoch_secrets, delete_group_epoch_secrets:
            GroupEpochSecrets = EpochSecrets;
    }

    keyed_values! {
        write_signature_key_pair, signature_key_pair, delete_signature_key_pair:
            SignaturePublicKey => SignatureKeyPair = SignatureKeyPair;
        write_key_package, key_package, delete_key_package: HashReference => KeyPackage = KeyPackage;
    }

    // These differ from their kind only in the order of their type parameters, which callers may name.

    fn write_group_state<T: traits::GroupState<V>, G: traits::GroupId<V>>(
        &self,
        group_id: &G,
        state: &T,
    ) -> Result<()> {
        self.put(Kind::GroupState, group_id, state)
    }

    fn group_state<T: traits::GroupState<V>, G: traits::GroupId<V>>(
        &self,
        group_id: &G,
    ) -> Result<Option<T>> {
        self.get(Kind::GroupState, group_id)
    }

    fn delete_group_state<G: traits::GroupId<V>>(&self, group_id: &G) -> Result<()> {
        self.delete(Kind::GroupState, group_id)
    }

    fn write_encryption_key_pair<K: traits::EncryptionKey<V>, T: traits::HpkeKeyPair<V>>(
        &self,
        public_key: &K,
        key_pair: &T,
    ) -> Result<()> {
        self.put(Kind::EncryptionKeyPair, public_key, key_pair)
    }

    fn encryption_key_pair<T: traits::HpkeKeyPair<V>, K: traits::EncryptionKey<V>>(
        &self,
        public_key: &K,
    ) -> Result<Option<T>> {
        self.get(Kind::EncryptionKeyPair, public_key)
    }

    fn delete_encryption_key_pair<K: traits::EncryptionKey<V>>(&self, public_key: &K) -> Result<()> {
        self.delete(Kind::EncryptionKeyPair, public_key)
    }

    fn write_psk<K: traits::PskId<V>, T: traits::PskBundle<V>>(&self, psk_id: &K, psk: &T) -> Result<()> {
        self.put(Kind::Psk, psk_id, psk)
    }

    fn psk<T: traits::PskBundle<V>, K: traits::PskId<V>>(&self, psk_id: &K) -> Result<Option<T>> {
        self.get(Kind::Psk, psk_id)
    }

    fn delete_psk<K: traits::PskId<V>>(&self, psk_id: &K) -> Result<()> {
        self.delete(Kind::Psk, psk_id)
    }

    fn write_encryption_epoch_key_pairs<
        G: traits::GroupId<V>,
        E: traits::EpochKey<V>,
        T: traits::HpkeKeyPair<V>,
    >(
        &self,
        group_id: &G,
        epoch: &E,
        leaf_index: u32,
        key_pairs: &[T],
    ) -> Result<()> {
        self.put(Kind::EpochKeyPairs, &(group_id, epoch, leaf_index), key_pairs)
    }

    fn encryption_epoch_key_pairs<
        G: traits::GroupId<V>,
        E: traits::EpochKey<V>,
        T: traits::HpkeKeyPair<V>,
    >(
        &self,
        group_id: &G,
        epoch: &E,
        leaf_index: u32,
    ) -> Result<Vec<T>> {
        Ok(self.get(Kind::EpochKeyPairs, &(group_id, epoch, leaf_index))?.unwrap_or_default())
    }

    fn delete_encryption_epoch_key_pairs<G: traits::GroupId<V>, E: traits::EpochKey<V>>(
        &self,
        group_id: &G,
        epoch: &E,
        leaf_index: u32,
    ) -> Result<()> {
        self.delete(Kind::EpochKeyPairs, &(group_id, epoch, leaf_index))
    }

    fn append_own_leaf_node<G: traits::GroupId<V>, T: traits::LeafNode<V>>(
        &self,
        group_id: &G,
        leaf_node: &T,
    ) -> Result<()> {
        self.append(Kind::OwnLeafNodes, group_id, &(), leaf_node)
    }

    fn own_leaf_nodes<G: traits::GroupId<V>, T: traits::LeafNode<V>>(&self, group_id: &G) -> Result<Vec<T>> {
        let nodes: Vec<((), T)> = self.list(Kind::OwnLeafNodes, group_id)?;
        Ok(nodes.into_iter().map(|(_, node)| node).collect())
    }

    fn delete_own_leaf_nodes<G: traits::GroupId<V>>(&self, group_id: &G) -> Result<()> {
        self.clear(Kind::OwnLeafNodes, group_id)
    }

    fn queue_proposal<G: traits::GroupId<V>, R: traits::ProposalRef<V>, Q: traits::QueuedProposal<V>>(
        &self,
        group_id: &G,
        proposal_ref: &R,
        proposal: &Q,
    ) -> Result<()> {
        self.append(Kind::Proposals, group_id, proposal_ref, proposal)
    }

    fn queued_proposal_refs<G: traits::GroupId<V>, R: traits::ProposalRef<V>>(
        &self,
        group_id: &G,
    ) -> Result<Vec<R>> {
        let mut statement = self
            .sql
            .prepare_cached("SELECT item FROM mls_list WHERE kind = ?1 AND list = ?2 ORDER BY position")?;
        let rows = statement.query_map(params![self.kind(Kind::Proposals), *bytes(group_id)?], |row| {
            row.get::<_, Vec<u8>>(0)
        })?;
        rows.map(|item| value(&item?)).collect()
    }

    fn queued_proposals<G: traits::GroupId<V>, R: traits::ProposalRef<V>, Q: traits::QueuedProposal<V>>(
        &self,
        group_id: &G,
    ) -> Result<Vec<(R, Q)>> {
        self.list(Kind::Proposals, group_id)
    }

    fn remove_proposal<G: traits::GroupId<V>, R: traits::ProposalRef<V>>(
        &self,
        group_id: &G,
        proposal_ref: &R,
    ) -> Result<()> {
        self.sql
            .prepare_cached("DELETE FROM mls_list WHERE kind = ?1 AND list = ?2 AND item = ?3")?
            .execute(params![self.kind(Kind::Proposals), *bytes(group_id)?, *bytes(proposal_ref)?])?;
        Ok(())
    }

    fn clear_proposal_queue<G: traits::GroupId<V>, R: traits::ProposalRef<V>>(
        &self,
        group_id: &G,
    ) -> Result<()> {
        self.clear(Kind::Proposals, group_id)
    }
}
