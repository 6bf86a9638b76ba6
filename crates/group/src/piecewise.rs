//! Grouping rows that are never all in memory: district by district, of all of them or of those of a share.

use std::collections::HashMap;
use std::path::Path;

use cladus_core::artifact::{self, Grouping};
use cladus_core::progress::Progress;
use cladus_core::shard::{Shard, Share};
use cladus_core::{Error, Result};

use crate::config::GroupParams;
use crate::districts::DistrictPlan;
use crate::grouping::group_watched;
use cladus_vectors::Vectors;

/// Numbers that are read at once, as float32: a gigabyte.
const NUMBERS_AT_ONCE: usize = 1 << 28;

/// What is to be grouped, and how.
pub(crate) struct PiecewiseTask<'a> {
    pub(crate) embeddings: &'a Path,
    pub(crate) config: GroupParams,
    pub(crate) plan: DistrictPlan,
    /// Which districts are wanted; `None`: all.
    pub(crate) shard: Option<Shard>,
}

/// Rows of one district.
#[derive(Debug, Default)]
struct District {
    ids: Vec<String>,
    /// Their places in the file.
    rows: Vec<u32>,
    vectors: Vec<f32>,
}

/// A row's place in the file, and its group: of all groups so far, in whatever order.
type PlacedRow = (u32, Grouping);

impl PiecewiseTask<'_> {
    /// The groups of the rows that are wanted, in the order of the file, numbered in that of their first rows.
    ///
    /// # Errors
    /// When the file cannot be read, or breaks its contract.
    pub(crate) fn grouped(&self, progress: &dyn Progress) -> Result<Vec<Grouping>> {
        let (district_of, sizes, dim) = self.districts()?;
        let wanted: Vec<u32> = (0_u32..)
            .zip(&sizes)
            .filter(|(at, size)| {
                **size > 0 && self.shard.is_none_or(|shard| shard.takes_piece(*at as usize))
            })
            .map(|(at, _)| at)
            .collect();
        progress.begin(wanted.iter().map(|&at| sizes[at as usize] as u64).sum());
        let mut placed: Vec<PlacedRow> = Vec::new();
        let mut groups = 0;
        for some in at_once(&wanted, &sizes, dim) {
            for district in self.read(some, &district_of)? {
                groups += self.group(district, dim, groups, &mut placed, progress)?;
            }
        }
        placed.sort_unstable_by_key(|(row, _)| *row);
        Ok(numbered(placed.into_iter().map(|(_, grouping)| (0, grouping))))
    }

    /// The district of each row, the size of each district, and the length of a vector.
    fn districts(&self) -> Result<(Vec<u32>, Vec<usize>, usize)> {
        let (mut sample, mut dim, mut row) = (Vec::new(), 0, 0);
        artifact::visit_embeddings(self.embeddings, |batch| {
            dim = batch.dim;
            for vector in batch.vectors.chunks_exact(dim.max(1)) {
                if self.plan.samples(row) {
                    sample.extend_from_slice(vector);
                }
                row += 1;
            }
            Ok(())
        })?;
        let centroids = self.plan.centroids(vectors(&sample, dim)?);
        drop(sample);
        let mut cell_of: Vec<u32> = Vec::with_capacity(row);
        artifact::visit_embeddings(self.embeddings, |batch| {
            cell_of.extend(DistrictPlan::cells_of(vectors(&batch.vectors, dim)?, &centroids));
            Ok(())
        })?;
        let mut sizes = vec![0; centroids.len() / dim.max(1)];
        cell_of.iter().for_each(|&cell| sizes[cell as usize] += 1);
        let of_cell = self.plan.districts(vectors(&centroids, dim)?, &sizes);
        let mut of_district = vec![0; of_cell.iter().max().map_or(0, |&last| last as usize + 1)];
        of_cell
            .iter()
            .zip(sizes)
            .for_each(|(&district, size)| of_district[district as usize] += size);
        cell_of.iter_mut().for_each(|cell| *cell = of_cell[*cell as usize]);
        Ok((cell_of, of_district, dim))
    }

    /// The rows of these districts.
    fn read(&self, wanted: &[u32], district_of: &[u32]) -> Result<Vec<District>> {
        let place: HashMap<u32, usize> =
            wanted.iter().enumerate().map(|(at, &of)| (of, at)).collect();
        let mut districts: Vec<District> = wanted.iter().map(|_| District::default()).collect();
        let mut row = 0;
        artifact::visit_embeddings(self.embeddings, |batch| {
            let dim = batch.dim.max(1);
            for (id, vector) in batch.cluster_ids.into_iter().zip(batch.vectors.chunks_exact(dim)) {
                if let Some(&at) = district_of.get(row).and_then(|of| place.get(of)) {
                    districts[at].ids.push(id);
                    districts[at].rows.push(row as u32);
                    districts[at].vectors.extend_from_slice(vector);
                }
                row += 1;
            }
            Ok(())
        })?;
        Ok(districts)
    }

    /// Groups a district; its groups have numbers from `first` on. Says how many they are.
    fn group(
        &self,
        district: District,
        dim: usize,
        first: u32,
        placed: &mut Vec<PlacedRow>,
        progress: &dyn Progress,
    ) -> Result<u32> {
        let rows = vectors(&district.vectors, dim)?;
        // On a thread of the pool: from outside, each of many small pieces of work would wake it up anew.
        let (found, ()) = rayon::join(|| group_watched(rows, &self.config, progress), || ());
        let all = district
            .rows
            .into_iter()
            .zip(district.ids)
            .zip(found.group.iter().zip(&found.distance));
        placed.extend(all.map(|((row, cluster_id), (&group, &distance))| {
            (row, Grouping { cluster_id, group_id: first + group, distance })
        }));
        Ok(found.groups as u32)
    }
}

/// The shares as one, in the order of `embeddings`.
///
/// # Errors
/// When a file cannot be read, or the shares do not have every row once.
pub(crate) fn joined(embeddings: &Path, shares: &[Share]) -> Result<Vec<Grouping>> {
    let mut open = Vec::with_capacity(shares.len());
    let mut heads: HashMap<String, usize> = HashMap::with_capacity(shares.len());
    for (at, share) in shares.iter().enumerate() {
        let mut rows = artifact::read_groups(&share.path)?.rows;
        rows.reverse();
        heads.extend(rows.last().map(|row| (row.cluster_id.clone(), at)));
        open.push(rows);
    }
    let mut rows = Vec::new();
    artifact::visit_ids(embeddings, &cladus_core::schema::EMBEDDINGS, "cluster_id", |ids| {
        for id in ids {
            let found = heads.remove(&id).and_then(|at| Some((at, open[at].pop()?)));
            let Some((at, row)) = found else {
                let problem = format!("no share has the row of {id:?}");
                return Err(Error::damaged(embeddings, problem));
            };
            heads.extend(open[at].last().map(|next| (next.cluster_id.clone(), at)));
            rows.push((at, row));
        }
        Ok(())
    })?;
    Ok(numbered(rows.into_iter()))
}

/// Rows with their groups numbered from 0 in the order of their first rows; before, numbers are each share's own.
fn numbered(rows: impl Iterator<Item = (usize, Grouping)>) -> Vec<Grouping> {
    let mut new: HashMap<(usize, u32), u32> = HashMap::new();
    let number = |(share, mut row): (usize, Grouping)| {
        let next = u32::try_from(new.len()).unwrap_or(u32::MAX);
        row.group_id = *new.entry((share, row.group_id)).or_insert(next);
        row
    };
    rows.map(number).collect()
}

/// Districts in runs of as many as are read at once, at least one.
fn at_once<'d>(wanted: &'d [u32], sizes: &[usize], dim: usize) -> Vec<&'d [u32]> {
    let (mut runs, mut from, mut numbers) = (Vec::new(), 0, 0);
    for (at, &district) in wanted.iter().enumerate() {
        let more = sizes[district as usize] * dim;
        if at > from && numbers + more > NUMBERS_AT_ONCE {
            runs.push(&wanted[from..at]);
            (from, numbers) = (at, 0);
        }
        numbers += more;
    }
    if from < wanted.len() {
        runs.push(&wanted[from..]);
    }
    runs
}

fn vectors(data: &[f32], dim: usize) -> Result<Vectors<'_>> {
    Vectors::new(data, dim).map_err(|e| Error::Bug(e.to_string()))
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;
    use std::num::NonZeroUsize;

    use cladus_core::artifact::{Embeddings, write_embeddings, write_groups};
    use cladus_core::progress::Quiet;

    use super::*;

    const DIM: usize = 8;
    const ROWS: usize = 3_000;

    /// Rows around some directions, the same every time.
    fn embeddings(path: &Path) {
        let mut state = 7_u64;
        let mut random = || {
            state = state
                .wrapping_mul(6_364_136_223_846_793_005)
                .wrapping_add(1_442_695_040_888_963_407);
            (state >> 40) as f32 / (1_u64 << 24) as f32 - 0.5
        };
        let middles: Vec<f32> = (0..40 * DIM).map(|_| 4.0 * random()).collect();
        let vectors = (0..ROWS).flat_map(|row| {
            let middle = &middles[row * 7 % 40 * DIM..][..DIM];
            let vector: Vec<f32> = middle.iter().map(|x| x + random()).collect();
            let norm = vector.iter().map(|x| x * x).sum::<f32>().sqrt();
            vector.into_iter().map(move |x| x / norm).collect::<Vec<_>>()
        });
        let rows = Embeddings {
            dim: DIM,
            vectors: vectors.collect(),
            embedder: None,
            centre: None,
            made: None,
            cluster_ids: (0..ROWS).map(|row| format!("c{row:04}")).collect(),
        };
        write_embeddings(path, &rows).unwrap();
    }

    fn task(embeddings: &Path, shard: Option<Shard>) -> PiecewiseTask<'_> {
        let config = GroupParams::new(NonZeroUsize::new(10).unwrap());
        PiecewiseTask { embeddings, config, plan: DistrictPlan::new(ROWS, 500, 0), shard }
    }

    #[test]
    fn any_number_of_shares_comes_to_the_same() {
        let folder = tempfile::tempdir().unwrap();
        let (path, groups) =
            (folder.path().join("embeddings.parquet"), folder.path().join("groups.parquet"));
        embeddings(&path);
        let whole = task(&path, None).grouped(&Quiet).unwrap();
        assert_eq!(whole.len(), ROWS);
        let mut sizes: BTreeMap<u32, usize> = BTreeMap::new();
        let mut firsts = Vec::new();
        for row in &whole {
            if !sizes.contains_key(&row.group_id) {
                firsts.push(row.group_id);
            }
            *sizes.entry(row.group_id).or_default() += 1;
        }
        assert!(firsts.iter().copied().eq(0..firsts.len() as u32), "numbered by their first rows");
        assert!(sizes.values().all(|size| (2..=20).contains(size)), "{sizes:?}");
        assert!((300..=330).contains(&sizes.len()), "{}", sizes.len());
        for of in [1, 3, 64] {
            let share = |shard: Shard| {
                let out = shard.path(&groups);
                write_groups(&out, &task(&path, Some(shard)).grouped(&Quiet).unwrap()).unwrap();
                Share { path: out, fell_back: 0, unanswered: 0 }
            };
            let shares: Vec<Share> = Shard::all(of).map(share).collect();
            assert!(joined(&path, &shares).unwrap() == whole, "{of} shares");
            let error = joined(&path, &shares[1..]).unwrap_err();
            assert_eq!(error.exit_code(), cladus_core::exit::INPUT, "{error}");
        }
    }

    #[test]
    fn no_more_is_read_at_once_than_there_is_room_for() {
        let sizes = [NUMBERS_AT_ONCE / 2, 1, NUMBERS_AT_ONCE / 2, NUMBERS_AT_ONCE, 3];
        let wanted = [0, 1, 2, 3, 4];
        assert_eq!(at_once(&wanted, &sizes, 1), [&[0, 1][..], &[2], &[3], &[4]]);
        assert!(at_once(&[], &sizes, 1).is_empty());
    }
}
