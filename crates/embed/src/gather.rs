//! The shares of a level as one file, row by row: together they may be more than memory holds.

use std::cmp::Reverse;
use std::collections::BinaryHeap;
use std::path::{Path, PathBuf};

use cladus_core::artifact::{
    EmbeddingBatches, Embeddings, Written, parquet, write_embeddings_from,
};
use cladus_core::shard::Share;
use cladus_core::{Error, Result};

/// Shares whose rows are taken in the order of their ids.
pub(crate) struct GatheredShares {
    /// What all of them say of their vectors, without a row.
    pub(crate) head: Embeddings,
    /// How many rows they have.
    pub(crate) rows: usize,
    shares: Vec<ShareStream>,
    /// The first row of each that has not been taken: its id, and the share's place.
    next: BinaryHeap<Reverse<(String, usize)>>,
}

struct ShareStream {
    path: PathBuf,
    batches: EmbeddingBatches,
    rows: Embeddings,
    /// How many of `rows` were taken.
    taken: usize,
}

impl GatheredShares {
    /// `None` where none of them holds a vector.
    ///
    /// # Errors
    /// When a file cannot be read or breaks its contract, or they are not of one embedder.
    pub(crate) fn open(shares: &[Share]) -> Result<Option<Self>> {
        let mut all: Option<Self> = None;
        for share in shares {
            let rows = parquet::footer(&share.path)?.1;
            let Some(open) = ShareStream::open(&share.path)? else { continue };
            let head = &open.batches.head;
            let all = all.get_or_insert_with(|| Self {
                head: head.clone(),
                rows: 0,
                shares: Vec::new(),
                next: BinaryHeap::new(),
            });
            let of = |head: &Embeddings| (head.dim, head.embedder.clone(), head.made.clone());
            if of(&all.head) != of(head) {
                let problem = "contains vectors of another embedder than the shards before it";
                return Err(Error::damaged(&share.path, problem));
            }
            all.rows += rows;
            all.next.push(Reverse((open.rows.cluster_ids[0].clone(), all.shares.len())));
            all.shares.push(open);
        }
        Ok(all)
    }

    /// Writes all rows to `out`.
    ///
    /// # Errors
    /// When a file cannot be read or breaks its contract, two shares have one id, or `out` cannot be written.
    pub(crate) fn write(mut self, out: &Path) -> Result<Written> {
        let head = self.head.clone();
        write_embeddings_from(out, &head, self.rows, |rows| {
            let (mut ids, mut vectors) =
                (Vec::with_capacity(rows), Vec::with_capacity(rows * head.dim));
            while ids.len() < rows && self.take(&mut ids, &mut vectors)? {}
            Ok((ids, vectors))
        })
    }

    /// Takes the next row; `false`: there is none.
    fn take(&mut self, ids: &mut Vec<String>, vectors: &mut Vec<f32>) -> Result<bool> {
        let Some(Reverse((id, at))) = self.next.pop() else { return Ok(false) };
        let share = &mut self.shares[at];
        vectors.extend_from_slice(share.rows.vector(share.taken));
        if let Some(Reverse((other, _))) = self.next.peek()
            && *other == id
        {
            return Err(Error::damaged(
                &share.path,
                format!("has {id:?}, which another shard has, too"),
            ));
        }
        if let Some(next) = share.step()? {
            if next <= id {
                return Err(Error::damaged(
                    &share.path,
                    format!("has {next:?} after {id:?}: it is not sorted"),
                ));
            }
            self.next.push(Reverse((next, at)));
        }
        ids.push(id);
        Ok(true)
    }
}

impl ShareStream {
    /// At its first row; `None`: it has none.
    fn open(path: &Path) -> Result<Option<Self>> {
        let mut batches = EmbeddingBatches::open(path)?;
        let Some(rows) = batches.next().transpose()? else { return Ok(None) };
        let open = Self { path: path.to_owned(), batches, rows, taken: 0 };
        Ok(Some(open).filter(|open| !open.rows.cluster_ids.is_empty()))
    }

    /// The id of the row after the one that was taken.
    fn step(&mut self) -> Result<Option<String>> {
        self.taken += 1;
        if self.taken == self.rows.cluster_ids.len() {
            let Some(rows) = self.batches.next().transpose()? else { return Ok(None) };
            (self.rows, self.taken) = (rows, 0);
        }
        Ok(self.rows.cluster_ids.get(self.taken).cloned())
    }
}

#[cfg(test)]
mod tests {
    use cladus_core::artifact::write_embeddings;

    use super::*;

    /// More than are read, and written, at once.
    const ROWS: usize = 40_000;

    /// Those of the level whose numbers `keep` keeps, in some order.
    fn embeddings(keep: impl Fn(usize) -> bool) -> Embeddings {
        let rows: Vec<usize> = (0..ROWS).rev().filter(|row| keep(*row)).collect();
        Embeddings {
            cluster_ids: rows.iter().map(|row| format!("c{row:05}")).collect(),
            vectors: rows
                .iter()
                .flat_map(|&row| [(row as f32).sin(), (row as f32).cos()])
                .collect(),
            dim: 2,
            embedder: Some("mine".to_owned()),
            centre: Some(vec![0.0, 1.0]),
            made: None,
        }
    }

    fn shares(folder: &Path, all: &[Embeddings]) -> Vec<Share> {
        let share = |(at, rows): (usize, &Embeddings)| {
            let path = folder.join(format!("{at}"));
            write_embeddings(&path, rows).unwrap();
            Share { path, fell_back: 0, unanswered: 0 }
        };
        all.iter().enumerate().map(share).collect()
    }

    #[test]
    fn shares_are_written_as_the_whole_is() {
        let folder = tempfile::tempdir().unwrap();
        let (whole, out) = (folder.path().join("whole"), folder.path().join("out"));
        let written = write_embeddings(&whole, &embeddings(|_| true)).unwrap();
        // One has nearly all, one none, and two take turns.
        let of = |row: usize| if row < 30_000 { 0 } else { row % 2 + 1 };
        let all: Vec<Embeddings> = (0..4).map(|share| embeddings(|row| of(row) == share)).collect();
        let gathered = GatheredShares::open(&shares(folder.path(), &all)).unwrap().unwrap();
        assert_eq!((gathered.rows, gathered.head.dim), (ROWS, 2));
        assert_eq!(gathered.write(&out).unwrap(), written);
        assert!(std::fs::read(&out).unwrap() == std::fs::read(&whole).unwrap());
    }

    #[test]
    fn shares_that_do_not_fit_together_are_refused_and_nothing_is_written() {
        let folder = tempfile::tempdir().unwrap();
        let out = folder.path().join("out");
        let none = shares(folder.path(), &[embeddings(|_| false), embeddings(|_| false)]);
        assert!(GatheredShares::open(&none).unwrap().is_none());

        let mut other = embeddings(|row| row > 5);
        other.embedder = Some("another".to_owned());
        let mixed = shares(folder.path(), &[embeddings(|row| row <= 5), other]);
        let error = GatheredShares::open(&mixed).err().unwrap().to_string();
        assert!(error.contains("another embedder"), "{error}");

        let twice = shares(folder.path(), &[embeddings(|row| row < 6), embeddings(|row| row > 4)]);
        let error = GatheredShares::open(&twice).unwrap().unwrap().write(&out).unwrap_err();
        assert!(error.to_string().contains("\"c00005\", which another shard has"), "{error}");
        assert!(!out.exists());
    }
}
