//! Content digests: over rows, not bytes.

use std::fmt;

/// A digest of an artifact's rows in any order.
///
/// Every row is hashed (BLAKE3 over its tagged, length-prefixed values) and the hashes are added
/// up modulo 2^256 together with the number of rows. So rewriting a file with the same rows by
/// another program, in another order, compressed otherwise or with columns added, gives the same
/// digest. It tells whether rows changed; it is no defence against somebody who forges them.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Digest {
    sum: [u64; 4],
    rows: u64,
}

impl Digest {
    /// Adds one row, already encoded.
    pub fn add_row(&mut self, encoded: &[u8]) {
        let hash = blake3::hash(encoded);
        let mut carry = 0u64;
        for (sum, bytes) in self.sum.iter_mut().zip(hash.as_bytes().chunks_exact(8)) {
            let mut limb = [0u8; 8];
            limb.copy_from_slice(bytes);
            let wide = u128::from(*sum) + u128::from(u64::from_le_bytes(limb)) + u128::from(carry);
            *sum = wide as u64;
            carry = (wide >> 64) as u64;
        }
        self.rows += 1;
    }
}

impl fmt::Display for Digest {
    /// 32 hexadecimal digits.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut hasher = blake3::Hasher::new();
        for limb in self.sum {
            hasher.update(&limb.to_le_bytes());
        }
        hasher.update(&self.rows.to_le_bytes());
        f.write_str(&hasher.finalize().to_hex()[..32])
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(rows: &[&str]) -> Digest {
        let mut digest = Digest::default();
        for row in rows {
            digest.add_row(row.as_bytes());
        }
        digest
    }

    #[test]
    fn order_does_not_matter_but_every_row_does() {
        assert_eq!(of(&["a", "b"]), of(&["b", "a"]));
        assert_ne!(of(&["a", "b"]), of(&["a", "c"]));
        assert_ne!(of(&["a", "a"]), of(&["a"]));
        assert_ne!(of(&[]).to_string(), of(&[""]).to_string());
    }
}
