//! How satisfied a customer was, as it travels beside a text that says the same.

use kuvert_wire::encode;
use minicbor::{Decode, Encode};

use crate::form::ReadError;

/// Largest score in bytes.
pub const MAX_SCORE: usize = 64;

/// How satisfied a customer was: 1 to 5, where 5 is best.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Encode, Decode)]
pub struct Score {
    #[n(0)]
    score: u8,
}

impl Score {
    /// `None` for what is not 1 to 5.
    pub fn new(score: u8) -> Option<Self> {
        (1..=5).contains(&score).then_some(Self { score })
    }

    /// 1 to 5.
    pub fn value(self) -> u8 {
        self.score
    }

    /// The bytes.
    pub fn encode(self) -> Vec<u8> {
        encode(&self)
    }

    /// Reads a score.
    ///
    /// # Errors
    /// [`ReadError`] if the bytes are too many or no score, or if it is not 1 to 5.
    pub fn decode(bytes: &[u8]) -> Result<Self, ReadError> {
        let Self { score } = kuvert_wire::decode(bytes, MAX_SCORE)?;
        Self::new(score).ok_or(ReadError::OutOfBounds)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_score_is_one_to_five() {
        for good in 1..=5 {
            let score = Score::new(good).expect("a score");
            assert_eq!(Score::decode(&score.encode()), Ok(score));
        }
        for bad in [0, 6, 255] {
            assert_eq!(Score::new(bad), None);
            assert_eq!(Score::decode(&Score { score: bad }.encode()), Err(ReadError::OutOfBounds));
        }
        assert!(Score::decode(&[0xff; 4]).is_err() && Score::decode(&[0; MAX_SCORE + 1]).is_err());
    }
}
