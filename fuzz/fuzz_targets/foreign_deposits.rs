//! What relays bring and answer each other, sealed and opened.

#![no_main]

use kuvert_wire::{
    DepositResults, ForeignDeposit, RelayInfo, RelayKeyPair, SealedDeposit, SealedDeposits, decode, encode, limits,
};
use libfuzzer_sys::fuzz_target;

fuzz_target!(|bytes: &[u8]| {
    if let Ok(deposits) = SealedDeposits::from_bytes(bytes) {
        assert_eq!(decode::<SealedDeposits>(&encode(&deposits), usize::MAX), Ok(deposits));
    }
    if let Ok(deposit) = decode::<ForeignDeposit>(bytes, limits::MAX_FOREIGN_DEPOSIT) {
        let _ = deposit.is_within_limits();
        assert_eq!(decode::<ForeignDeposit>(&encode(&deposit), usize::MAX), Ok(deposit));
    }
    if let Ok(results) = decode::<DepositResults>(bytes, limits::MAX_FOREIGN_ANSWER) {
        assert_eq!(decode::<DepositResults>(&encode(&results), usize::MAX), Ok(results));
    }
    let _ = decode::<RelayInfo>(bytes, limits::MAX_FOREIGN_ANSWER);
    let _ = RelayKeyPair::from_bytes([1; 32]).open(&SealedDeposit { bytes: bytes.to_vec() });
});
