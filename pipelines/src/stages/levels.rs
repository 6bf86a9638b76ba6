//! The levels of a run, one after the other, as far as they are known.

use cladus_core::Result;
use cladus_core::children::Children;
use cladus_core::config::Config;

use crate::input::growth;

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
    /// The level of an older hierarchy that they belong to, where clusters are placed into one.
    #[serde(skip)]
    pub onto: Option<u8>,
}

/// The levels that are still to be made.
#[derive(Debug, Clone)]
pub struct LevelWalk {
    targets: Vec<usize>,
    next: usize,
    made: usize,
    /// Into an older hierarchy?
    onto: bool,
    children: Children,
}

impl LevelWalk {
    /// Those above `clusters` base clusters.
    ///
    /// # Errors
    /// When the configuration asks for levels that cannot be.
    pub fn above(clusters: usize, config: &Config) -> Result<Self> {
        let children = config.children()?;
        let targets = match &config.onto {
            Some(onto) => growth::targets(onto, clusters, config.max_clusters, children)?,
            None => config.level_plan(clusters)?,
        };
        Ok(Self { targets, next: 0, made: 0, onto: config.onto.is_some(), children })
    }

    /// The next one, where `size` clusters are left; `None` when that is few enough.
    pub fn next(&mut self, size: usize) -> Option<Level> {
        loop {
            let target = *self.targets.get(self.next)?;
            self.next += 1;
            // Answers may have shrunk a level below the next one's target already.
            if size > target {
                self.made += 1;
                let onto = u8::try_from(self.next).ok().filter(|_| self.onto);
                // Other clusters are left than planned, and so other parents of so many children; but
                // never more roots.
                let room = if self.next == self.targets.len() { target } else { size };
                let target = self.children.parents(size, target).min(room);
                return Some(Level { iteration: self.made, size, target, onto });
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
        let mut levels = LevelWalk::above(10_000, &Config::default()).unwrap();
        assert_eq!(levels.targets(), [1_000, 100, 10]);
        let level = |iteration, size, target| Level { iteration, size, target, onto: None };
        assert_eq!(levels.next(10_000), Some(level(1, 10_000, 1_000)));
        assert_eq!(levels.next(90), Some(level(2, 90, 10)));
        assert_eq!(levels.next(10), None);
    }

    #[test]
    fn fewer_clusters_than_planned_get_fewer_parents() {
        let config = Config { min_children: Some(3), ..Config::default() };
        let mut levels = LevelWalk::above(1_000, &config).unwrap();
        assert_eq!(levels.targets(), [100, 10]);
        assert_eq!(levels.next(1_000).map(|level| level.target), Some(100));
        assert_eq!(levels.next(25).map(|level| level.target), Some(8));
    }
}
