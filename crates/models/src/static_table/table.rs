//! The table of token vectors, as it lies in its file.

use crate::static_table::Error;

/// What the file is, and the version of this layout.
const MAGIC: &[u8] = b"cladus-static 1\n";
/// Magic, number of rows, length of a row (both u32), digest of all that follows.
const HEADER: usize = MAGIC.len() + 4 + 4 + 32;

/// One vector a token: a scale (f32, little-endian) and `dim` whole numbers of 8 bits.
#[derive(Debug)]
pub(crate) struct TokenTable {
    rows: &'static [u8],
    pub(crate) len: usize,
    pub(crate) dim: usize,
    pub(crate) digest: [u8; 32],
}

impl TokenTable {
    /// Reads the header; the rows are used where they lie.
    pub(crate) fn parse(bytes: &'static [u8]) -> Result<Self, Error> {
        let short = || Error::new("the file is cut off");
        let (header, rows) = bytes.split_at_checked(HEADER).ok_or_else(short)?;
        let numbers =
            header.strip_prefix(MAGIC).ok_or_else(|| Error::new("this is not a model's table"))?;
        let (len, numbers) = numbers.split_first_chunk::<4>().ok_or_else(short)?;
        let (dim, digest) = numbers.split_first_chunk::<4>().ok_or_else(short)?;
        let (len, dim) = (u32::from_le_bytes(*len) as usize, u32::from_le_bytes(*dim) as usize);
        let digest = digest.try_into().map_err(|_| short())?;
        if dim == 0 || len.checked_mul(4 + dim) != Some(rows.len()) {
            return Err(Error::new(format!("{} bytes for {len} rows of {dim}", rows.len())));
        }
        Ok(Self { rows, len, dim, digest })
    }

    /// Adds the vector of token `id` to `sum`, which is [`dim`](Self::dim) long.
    ///
    /// Each element for itself, in the order of the calls: no two processors round differently.
    pub(crate) fn add(&self, id: u32, sum: &mut [f32]) {
        let size = 4 + self.dim;
        let start = id as usize * size;
        let Some((scale, row)) =
            self.rows.get(start..start + size).and_then(<[u8]>::split_first_chunk::<4>)
        else {
            return;
        };
        let scale = f32::from_le_bytes(*scale);
        for (sum, &byte) in sum.iter_mut().zip(row) {
            *sum += scale * f32::from(byte.cast_signed());
        }
    }

    #[cfg(test)]
    pub(crate) fn rows(&self) -> &[u8] {
        self.rows
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn file(len: u32, dim: u32, rows: &[u8]) -> &'static [u8] {
        let mut bytes = MAGIC.to_vec();
        bytes.extend(len.to_le_bytes());
        bytes.extend(dim.to_le_bytes());
        bytes.extend([7; 32]);
        bytes.extend(rows);
        bytes.leak()
    }

    #[test]
    fn a_row_is_its_scale_times_its_numbers() {
        let mut rows = 0.5_f32.to_le_bytes().to_vec();
        rows.extend([1, 0xff]);
        rows.extend(2.0_f32.to_le_bytes());
        rows.extend([127, 0x80]);
        let table = TokenTable::parse(file(2, 2, &rows)).unwrap();
        let mut sum = [0.0; 2];
        table.add(0, &mut sum);
        assert_eq!(sum, [0.5, -0.5]);
        table.add(1, &mut sum);
        assert_eq!(sum, [254.5, -256.5]);
        table.add(2, &mut sum);
        assert_eq!(sum, [254.5, -256.5]);
    }

    #[test]
    fn what_is_no_table_is_refused() {
        for (bytes, problem) in [
            (&b"cladus"[..], "the file is cut off"),
            (&[b'x'; HEADER][..], "this is not a model's table"),
            (file(1, 3, &[0; 6]), "6 bytes for 1 rows of 3"),
            (file(0, 0, &[]), "0 bytes for 0 rows of 0"),
            (file(u32::MAX, u32::MAX, &[]), "0 bytes for 4294967295 rows of 4294967295"),
        ] {
            let error = TokenTable::parse(bytes).unwrap_err();
            assert_eq!(error.to_string(), format!("static model: {problem}"));
        }
    }
}
