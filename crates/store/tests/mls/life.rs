//! A group's life from creation to removal, with members on the client's database beside one in OpenMLS's memory.

use kuvert_mls::{Device, DeviceCertificate, DeviceRole, Identity, Provider, SUITE};
use openmls::prelude::tls_codec::{Deserialize as _, Serialize as _};
use openmls::prelude::{
    BasicCredential, Capabilities, CredentialType, CredentialWithKey, GroupId, KeyPackage, KeyPackageIn,
    LeafNodeIndex, LeafNodeParameters, MlsGroup, MlsGroupJoinConfig, MlsMessageBodyIn, MlsMessageIn,
    MlsMessageOut, PURE_PLAINTEXT_WIRE_FORMAT_POLICY, ProcessedMessageContent, ProtocolVersion,
    StagedWelcome,
};
use openmls_traits::OpenMlsProvider as _;
use openmls_traits::storage::{CURRENT_VERSION, StorageProvider};

use crate::home::{Home, Step};

const GROUP: &[u8] = b"a group's whole life";

/// What a member does in one step.
#[derive(Clone, Copy)]
enum Act<'a> {
    Create,
    MakePackage,
    StageAdd(&'a [Vec<u8>]),
    Join(&'a [u8]),
    StageUpdate,
    ProposeUpdate,
    StageProposed,
    StageRemove(u32),
    Accept,
    Drop,
    Process(&'a [u8]),
    Send(&'a [u8]),
    Open(&'a [u8]),
    TellGroup,
    Rejoin(&'a [u8]),
    Forget,
    Look,
}

/// Everything by which two members, or one before and after a restart, can be compared.
#[derive(Debug, Clone, PartialEq, Eq)]
struct State {
    epoch: u64,
    authenticator: Vec<u8>,
    exported: Vec<u8>,
    leaves: Vec<u32>,
    is_active: bool,
}

/// What a step gave: bytes for others, or the reason why there are none.
type Given = Result<Vec<Vec<u8>>, String>;

struct Member {
    device: Device,
    home: Home,
}

impl Member {
    fn new(seed: u8, home: Home) -> Self {
        let (identity, key) = (Identity::from_seed(&[seed; 32]), [seed + 100; 32]);
        let public = Device::public_key(&key);
        let certificate = DeviceCertificate::sign(&identity, public, DeviceRole::Owner, "", 0..u64::MAX);
        Self { device: Device::new(&key, &certificate.to_bytes()).expect("a certificate"), home }
    }

    fn try_to(&self, act: Act<'_>) -> Given {
        let device = &self.device;
        let (given, after) = self.home.take(Turn { device, act, pending: None });
        // What a step left in memory is what the next one finds in the storage.
        let (_, found) = self.home.take(Turn { device, act: Act::Look, pending: None });
        assert_eq!(found, after, "a group is another one after it was loaded again");
        given
    }

    fn act(&self, act: Act<'_>) -> Vec<Vec<u8>> {
        self.try_to(act).expect("the step holds")
    }

    fn state(&self) -> State {
        let found = self.home.take(Turn { device: &self.device, act: Act::Look, pending: None }).1;
        found.expect("a group")
    }

    fn has_pending(&self) -> bool {
        let mut pending = false;
        let _ = self.home.take(Turn { device: &self.device, act: Act::Look, pending: Some(&mut pending) });
        pending
    }
}

struct Turn<'a> {
    device: &'a Device,
    act: Act<'a>,
    pending: Option<&'a mut bool>,
}

impl Step for Turn<'_> {
    type Outcome = (Given, Option<State>);

    fn take<S: StorageProvider<CURRENT_VERSION>>(self, provider: &Provider<'_, S>) -> Self::Outcome {
        let mut group = MlsGroup::load(provider.storage(), &GroupId::from_slice(GROUP)).expect("loads");
        if let (Some(pending), Some(group)) = (self.pending, &group) {
            *pending = group.pending_commit().is_some();
        }
        let given = take(self.act, self.device, provider, &mut group);
        let state = group.as_ref().map(|group| State {
            epoch: group.epoch().as_u64(),
            authenticator: group.epoch_authenticator().as_slice().to_vec(),
            // A member that was removed has no exporter any more.
            exported: group.export_secret(provider.crypto(), "life", b"", 32).unwrap_or_default(),
            leaves: group.members().map(|member| member.index.u32()).collect(),
            is_active: group.is_active(),
        });
        (given, state)
    }
}

fn config() -> MlsGroupJoinConfig {
    MlsGroupJoinConfig::builder()
        .wire_format_policy(PURE_PLAINTEXT_WIRE_FORMAT_POLICY)
        .use_ratchet_tree_extension(true)
        .build()
}

fn capabilities() -> Capabilities {
    Capabilities::new(None, Some(&[SUITE]), None, None, Some(&[CredentialType::Basic]))
}

fn credential(device: &Device) -> CredentialWithKey {
    CredentialWithKey {
        credential: BasicCredential::new(device.certificate().to_bytes()).into(),
        signature_key: device.certificate().device.to_vec().into(),
    }
}

fn bytes(message: &MlsMessageOut) -> Vec<u8> {
    message.tls_serialize_detached().expect("serialises")
}

fn read(bytes: &[u8]) -> MlsMessageIn {
    MlsMessageIn::tls_deserialize_exact(bytes).expect("an MLS message")
}

fn said(error: impl std::fmt::Debug) -> String {
    format!("{error:?}")
}

/// Steps that make a group where there was none.
fn take<S: StorageProvider<CURRENT_VERSION>>(
    act: Act<'_>,
    device: &Device,
    provider: &Provider<'_, S>,
    place: &mut Option<MlsGroup>,
) -> Given {
    match act {
        Act::Look => Ok(Vec::new()),
        Act::Create => {
            let group = MlsGroup::builder()
                .with_group_id(GroupId::from_slice(GROUP))
                .ciphersuite(SUITE)
                .with_wire_format_policy(PURE_PLAINTEXT_WIRE_FORMAT_POLICY)
                .use_ratchet_tree_extension(true)
                .with_capabilities(capabilities())
                .build(provider, device, credential(device));
            *place = Some(group.map_err(said)?);
            Ok(Vec::new())
        }
        Act::MakePackage => {
            let builder = KeyPackage::builder().leaf_node_capabilities(capabilities());
            let bundle = builder.build(SUITE, provider, device, credential(device));
            Ok(vec![bytes(&MlsMessageOut::from(bundle.map_err(said)?.into_key_package()))])
        }
        Act::Join(welcome) => {
            let MlsMessageBodyIn::Welcome(welcome) = read(welcome).extract() else {
                return Err("no welcome".into());
            };
            let staged = StagedWelcome::new_from_welcome(provider, &config(), welcome, None).map_err(said)?;
            *place = Some(staged.into_group(provider).map_err(said)?);
            Ok(Vec::new())
        }
        Act::Rejoin(info) => {
            let MlsMessageBodyIn::GroupInfo(info) = read(info).extract() else {
                return Err("no GroupInfo".into());
            };
            let leaf = LeafNodeParameters::builder().with_capabilities(capabilities()).build();
            let (group, commit) = MlsGroup::external_commit_builder()
                .with_config(config())
                .build_group(provider, info, credential(device))
                .map_err(said)?
                .leaf_node_parameters(leaf)
                .load_psks(provider.storage())
                .map_err(said)?
                .build(provider.rand(), provider.crypto(), device, |_| true)
                .map_err(said)?
                .finalize(provider)
                .map_err(said)?;
            *place = Some(group);
            Ok(vec![bytes(commit.commit())])
        }
        Act::Forget => {
            let mut group = place.take().ok_or("no group")?;
            group.delete(provider.storage()).map_err(said)?;
            Ok(Vec::new())
        }
        act => take_inside(act, device, provider, place.as_mut().ok_or("no group")?),
    }
}

/// Steps of a member.
fn take_inside<S: StorageProvider<CURRENT_VERSION>>(
    act: Act<'_>,
    device: &Device,
    provider: &Provider<'_, S>,
    group: &mut MlsGroup,
) -> Given {
    match act {
        Act::StageAdd(packages) => {
            let package = |bytes: &Vec<u8>| match read(bytes).extract() {
                MlsMessageBodyIn::KeyPackage(package) => {
                    KeyPackageIn::validate(package, provider.crypto(), ProtocolVersion::Mls10).map_err(said)
                }
                _ => Err("no key package".to_owned()),
            };
            let packages = packages.iter().map(package).collect::<Result<Vec<_>, _>>()?;
            let (commit, welcome, _) = group.add_members(provider, device, &packages).map_err(said)?;
            Ok(vec![bytes(&commit), bytes(&welcome)])
        }
        Act::StageUpdate => {
            let bundle = group.self_update(provider, device, LeafNodeParameters::default());
            Ok(vec![bytes(bundle.map_err(said)?.commit())])
        }
        Act::ProposeUpdate => {
            let proposed = group.propose_self_update(provider, device, LeafNodeParameters::default());
            Ok(vec![bytes(&proposed.map_err(said)?.0)])
        }
        Act::StageProposed => {
            Ok(vec![bytes(&group.commit_to_pending_proposals(provider, device).map_err(said)?.0)])
        }
        Act::StageRemove(leaf) => {
            let removed = group.remove_members(provider, device, &[LeafNodeIndex::new(leaf)]);
            Ok(vec![bytes(&removed.map_err(said)?.0)])
        }
        Act::Accept => group.merge_pending_commit(provider).map(|()| Vec::new()).map_err(said),
        Act::Drop => group.clear_pending_commit(provider.storage()).map(|()| Vec::new()).map_err(said),
        Act::Send(text) => Ok(vec![bytes(&group.create_message(provider, device, text).map_err(said)?)]),
        Act::TellGroup => {
            Ok(vec![bytes(&group.export_group_info(provider.crypto(), device, true).map_err(said)?)])
        }
        Act::Process(message) | Act::Open(message) => {
            let message = read(message).try_into_protocol_message().map_err(said)?;
            match group.process_message(provider, message).map_err(said)?.into_content() {
                ProcessedMessageContent::ApplicationMessage(plain) => Ok(vec![plain.into_bytes()]),
                ProcessedMessageContent::ProposalMessage(proposal) => group
                    .store_pending_proposal(provider.storage(), *proposal)
                    .map(|()| Vec::new())
                    .map_err(said),
                ProcessedMessageContent::StagedCommitMessage(commit) => {
                    group.merge_staged_commit(provider, *commit).map(|()| Vec::new()).map_err(said)
                }
                other => Err(said(other)),
            }
        }
        _ => Err("not a step of a member".into()),
    }
}

/// Anna founds a group with Ben and Chris. Ben keeps his state in OpenMLS's memory, the others in databases.
fn three() -> [Member; 3] {
    let members =
        [Member::new(1, Home::database()), Member::new(2, Home::memory()), Member::new(3, Home::database())];
    let [anna, ben, chris] = &members;
    anna.act(Act::Create);
    let packages = [ben, chris].map(|member| member.act(Act::MakePackage).remove(0));
    let alone = anna.state();
    let welcome = anna.act(Act::StageAdd(&packages)).remove(1);
    assert_eq!((anna.state(), anna.has_pending()), (alone, true), "a staged commit changes nothing");
    anna.act(Act::Accept);
    assert!(!anna.has_pending());
    for member in [ben, chris] {
        member.act(Act::Join(&welcome));
    }
    agree(&members, 1);
    members
}

fn agree<'a>(members: impl IntoIterator<Item = &'a Member>, epoch: u64) {
    let states: Vec<State> = members.into_iter().map(Member::state).collect();
    assert_eq!(states[0].epoch, epoch);
    assert!(states.windows(2).all(|pair| pair[0] == pair[1]), "{states:?}");
}

#[test]
fn messages_open_once_and_in_any_order_across_restarts() {
    let [anna, ben, chris] = three();
    let texts: [&[u8]; 3] = [b"one", b"two", b"three"];
    let sent = texts.map(|text| ben.act(Act::Send(text)).remove(0));
    for reader in [&anna, &chris] {
        for at in [2, 0, 1] {
            assert_eq!(reader.act(Act::Open(&sent[at])), [texts[at]]);
            assert!(reader.try_to(Act::Open(&sent[at])).is_err(), "its key is gone");
        }
    }
    let answer = anna.act(Act::Send(b"four")).remove(0);
    for reader in [&ben, &chris] {
        assert_eq!(reader.act(Act::Open(&answer)), [b"four"]);
    }
}

#[test]
fn of_two_commits_one_wins_and_the_other_is_dropped_across_restarts() {
    // MLS-1
    let members = three();
    let [anna, ben, chris] = &members;
    let lost = anna.act(Act::StageUpdate).remove(0);
    let won = ben.act(Act::StageUpdate).remove(0);
    assert!(anna.has_pending() && ben.has_pending());
    ben.act(Act::Accept);
    anna.act(Act::Drop);
    for member in [anna, chris] {
        member.act(Act::Process(&won));
    }
    assert!(chris.try_to(Act::Process(&lost)).is_err(), "the loser is void");
    agree(&members, 2);
    // And the other way round: who keeps its state in the database wins.
    let won = chris.act(Act::StageUpdate).remove(0);
    chris.act(Act::Accept);
    for member in [anna, ben] {
        member.act(Act::Process(&won));
    }
    agree(&members, 3);
}

#[test]
fn proposals_wait_in_the_storage_until_somebody_commits_them() {
    let members = three();
    let [anna, ben, chris] = &members;
    let proposals = [anna, ben].map(|member| member.act(Act::ProposeUpdate).remove(0));
    for (from, proposal) in proposals.iter().enumerate() {
        for (_, member) in members.iter().enumerate().filter(|(at, _)| *at != from) {
            member.act(Act::Process(proposal));
        }
    }
    let commit = chris.act(Act::StageProposed).remove(0);
    chris.act(Act::Accept);
    for member in [anna, ben] {
        member.act(Act::Process(&commit));
    }
    agree(&members, 2);
    let sent = anna.act(Act::Send(b"with the new leaf")).remove(0);
    assert_eq!(chris.act(Act::Open(&sent)), [b"with the new leaf"]);
}

#[test]
fn who_lost_its_group_comes_back_by_external_commit_and_who_is_removed_stays_out() {
    // MLS-3
    let members = three();
    let [anna, ben, chris] = &members;
    chris.act(Act::Forget);
    assert!(chris.try_to(Act::Send(b"x")).is_err());
    let info = ben.act(Act::TellGroup).remove(0);
    let commit = chris.act(Act::Rejoin(&info)).remove(0);
    for member in [anna, ben] {
        member.act(Act::Process(&commit));
    }
    agree(&members, 2);
    assert_eq!(anna.state().leaves, [0, 1, 2], "in the place of its own leaf");

    let commit = ben.act(Act::StageRemove(2)).remove(0);
    ben.act(Act::Accept);
    for member in [anna, chris] {
        member.act(Act::Process(&commit));
    }
    agree([anna, ben], 3);
    let sent = anna.act(Act::Send(b"without Chris")).remove(0);
    assert_eq!(ben.act(Act::Open(&sent)), [b"without Chris"]);
    assert!(!chris.state().is_active);
    assert!(chris.try_to(Act::Open(&sent)).is_err() && chris.try_to(Act::Send(b"x")).is_err());
}
