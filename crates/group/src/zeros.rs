//! Texts without a word that their embedder knows.

use cladus_vectors::Vectors;

/// Gives zero rows a direction of their own, one more dimension at right angles to all others, so
/// that every row has a length of 1 and rows without words are like each other and nothing else.
///
/// `None` if no row is zero: nothing needs to be copied then.
pub(crate) fn with_direction_for_zero_rows(vectors: Vectors) -> Option<Vec<f32>> {
    let is_zero = |row: &[f32]| row.iter().all(|&x| x == 0.0);
    let rows = || vectors.data().chunks_exact(vectors.dim().max(1));
    if !rows().any(is_zero) {
        return None;
    }
    let mut padded = Vec::with_capacity(vectors.len() * (vectors.dim() + 1));
    for row in rows() {
        padded.extend_from_slice(row);
        padded.push(if is_zero(row) { 1.0 } else { 0.0 });
    }
    Some(padded)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn zero_rows_get_their_own_direction() {
        let vectors = Vectors::new(&[1.0, 0.0, 0.0, 0.0], 2).unwrap();
        let padded = with_direction_for_zero_rows(vectors).unwrap();
        assert_eq!(padded, [1.0, 0.0, 0.0, 0.0, 0.0, 1.0]);
        assert!(with_direction_for_zero_rows(Vectors::new(&[1.0, 0.0], 2).unwrap()).is_none());
    }
}
