//! What answers are found by.

/// Hash of everything that could change an answer; made where requests are made.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub struct Key(pub [u8; 32]);

impl std::fmt::Debug for Key {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Key({}…)", &blake3::Hash::from_bytes(self.0).to_hex()[..12])
    }
}
