//! The levels of a run, one after the other, as far as they are known.

use cladus_core::Result;
use cladus_core::config::Config;
use cladus_core::plan::level_plan;

/// A level that is to be made smaller.
#[derive(Debug, Clone, Copy, PartialEq, Eq, serde::Serialize)]
pub struct Level {
    /// The iteration, from 1.
    pub iteration: usize,
    /// Clusters it starts from.
    #[serde(rename = "clusters")]
    pub size: usize,
    /// Parents it should end with.
    pub target: usize,
}

/// The levels that are still to be made.
#[derive(Debug, Clone)]
pub struct Levels {
    targets: Vec<usize>,
    next: usize,
    made: usize,
}

impl Levels {
    /// Those above `clusters` base clusters.
    ///
    /// # Errors
    /// When the configuration asks for levels that cannot be.
    pub fn above(clusters: usize, config: &Config) -> Result<Self> {
        let asked = config.levels.as_ref();
        let targets = level_plan(clusters, config.max_clusters, asked, config.clusters_per_group)?;
        Ok(Self { targets, next: 0, made: 0 })
    }

    /// The next one, where `size` clusters are left; `None` when that is few enough.
    pub fn next(&mut self, size: usize) -> Option<Level> {
        loop {
            let target = *self.targets.get(self.next)?;
            self.next += 1;
            // Answers may have shrunk a level below the next one's target already.
            if size > target {
                self.made += 1;
                return Some(Level { iteration: self.made, size, target });
            }
        }
    }

    /// How many clusters each iteration should leave.
    pub fn targets(&self) -> &[usize] {
        &self.targets
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_level_that_is_small_enough_already_is_left_out() {
        let mut levels = Levels::above(10_000, &Config::default()).unwrap();
        assert_eq!(levels.targets(), [1_000, 100, 10]);
        assert_eq!(levels.next(10_000), Some(Level { iteration: 1, size: 10_000, target: 1_000 }));
        assert_eq!(levels.next(90), Some(Level { iteration: 2, size: 90, target: 10 }));
        assert_eq!(levels.next(10), None);
    }
}
