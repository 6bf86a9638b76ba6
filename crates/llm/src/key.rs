//! What answers are found by, and what tells attempts apart.

/// Hash of everything that could change an answer; made where requests are made.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub struct Key(pub [u8; 32]);

impl std::fmt::Debug for Key {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Key({}…)", &blake3::Hash::from_bytes(self.0).to_hex()[..12])
    }
}

/// One attempt: a row of the store's table `calls`. A greater one began later.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct CallId(pub(crate) i64);

impl CallId {
    /// As the column `id` has it.
    pub fn number(self) -> i64 {
        self.0
    }

    /// The call with this number.
    pub fn of(number: i64) -> Self {
        Self(number)
    }
}
