//! Welcomes: MLS makes one for all that a commit adds, and each of them opens its own part of it only. So each gets a welcome with
//! that part alone (RFC 9420, section 12.4.3.1, lets a welcome hold any part of the new members): what a device receives, and the
//! frame that brings all of them to the relay, do not grow with the square of those who come.

use openmls::prelude::tls_codec::{Deserialize as _, Serialize as _};
use openmls::prelude::{KeyPackageRef, MlsMessageOut, ProtocolVersion, Welcome};

use crate::MlsError;

/// Bytes of the number of the cipher suite, with which a welcome begins.
const SUITE_LENGTH: usize = 2;

/// The welcome for each of those whom `welcome` is for, by the key package that was used, as an MLS message.
pub(crate) fn split(welcome: &Welcome) -> Result<Vec<(KeyPackageRef, Vec<u8>)>, MlsError> {
    let whole = welcome.tls_serialize_detached().map_err(MlsError::library)?;
    let secrets = welcome.secrets().to_vec().tls_serialize_detached().map_err(MlsError::library)?;
    let suite = whole.get(..SUITE_LENGTH).ok_or(MlsError::State("a welcome without a cipher suite"))?;
    let info =
        whole.get(SUITE_LENGTH + secrets.len()..).ok_or(MlsError::State("a welcome without GroupInfo"))?;
    let own = |secret: Vec<u8>| {
        let welcome =
            Welcome::tls_deserialize_exact([suite, &secret, info].concat()).map_err(MlsError::library)?;
        let message = MlsMessageOut::from_welcome(welcome, ProtocolVersion::Mls10);
        message.to_bytes().map_err(MlsError::library)
    };
    let parts = welcome.secrets().iter().map(|secret| {
        let list = vec![secret.clone()].tls_serialize_detached().map_err(MlsError::library)?;
        Ok((secret.new_member(), own(list)?))
    });
    parts.collect()
}
