//! The algorithm of the stage *group*: rows that are alike come together in groups that fit into
//! a prompt.
//!
//! [`group`] takes [`Vectors`](cladus_vectors::Vectors) (n × dim, each row of length 1 or zero) and a [`GroupParams`], and
//! returns a [`RowGroups`]. In this order:
//!
//! 1. **k-means on the sphere** around `k = ceil(n / clusters_per_group)` centroids, behind the
//!    trait [`KMeans`]: [`Blocked`] (k-means++ in batches, then Lloyd's iterations as matrix
//!    products) or, for many groups, [`TwoLevel`] ([`method_for`]).
//! 2. **Repairs**: groups larger than the bound are split in two until they fit. Every singleton
//!    joins its nearest group. Where there are now more than `k` groups, the pairs that cost least
//!    are merged; where there are fewer, the loosest groups are split.
//! 3. **Refinement**: single rows move wherever that lowers the inertia and the bound has room,
//!    until no move does. Of several random starts (for small inputs, [`starts_for`]) the one that
//!    comes to the lowest inertia is kept.
//! 4. **Reshaping**: pairs of groups are merged, others split and the outcome refined, where that
//!    lowers the inertia further. Between some thousand rows and many groups (below) it is left out: it
//!    would take a third of the time.
//!
//! # Many groups
//!
//! Comparing every row with every group is quadratic in n. From about 14,000 rows in groups of 12
//! on, the same steps look at less ([`TwoLevel`]; coarse-to-fine search as in hierarchical k-means,
//! Nistér and Stewénius 2006):
//!
//! * √n / 2 *cells* of about equal sizes are made by k-means on a sample, and each cell is divided
//!   by itself into its share of the groups. Then rows are compared across the cells' borders with
//!   all groups of the nearest cells, about 2,048.
//! * Repairs, refinement and reshaping offer a row the 64 groups *near* its own (by their centroids,
//!   among 4,096 in near cells), which change as the row moves on (the graph of Deng and Zhao 2017,
//!   over groups instead of rows).
//! * In between, every row is offered about 2,048 groups again, four times in all.
//!
//! Where something must be found (a group with room for a singleton, a pair to merge) and nothing
//! near will do, all groups are looked at.
//!
//! The inertia is the sum of all rows' cosine distances to their group's centroid. Measured on
//! sentence embeddings in groups of a dozen, refinement and reshaping leave 6 to 8 % less of it
//! than Lloyd's iterations alone, although these know no bound.
//!
//! # Very many rows
//!
//! From about a million rows on ([`DISTRICT_ROWS`]) the stage never holds all of them. They are divided into
//! *districts* of at most so many: cells by k-means on a sample, put together by halving them until each part is
//! small enough. Each district is grouped by itself, as above; no row joins a group of another. Districts depend on
//! the rows alone, so shares (`--shard 3/8`: every eighth district) come to the same groups as one process. Borders
//! cost: of 900,000 rows in groups of 40, two districts leave 2.2 % more inertia than none, eleven 6.4 %.
//!
//! # Guarantees
//!
//! * Every row is in exactly one group. No group is empty. Groups are numbered from 0 without
//!   gaps, in the order of their first rows.
//! * No group has more rows than the bound ([`GroupParams::bound`]): twice `clusters_per_group`, at
//!   least 3, unless set by hand.
//! * There are at most `ceil(n / clusters_per_group)` groups if the bound is at least twice
//!   `clusters_per_group`, and otherwise as many more as the bound makes necessary. There are
//!   fewer only if rows coincide, or if groups of at least two rows leave room for no more.
//! * No row is alone in its group if n > 1. The bound goes first: if it is 1 all rows are alone,
//!   if it is 2 and n is odd one row is.
//! * No move of a single row lowers the inertia by more than rounding, unless the bound forbids it
//!   or another row would be left alone. Among many groups (see above) that holds for moves to the
//!   groups near the row's own; the other guarantees hold at any size, but that each district may have one group
//!   more than its part of them.
//! * The result depends on the rows and the configuration alone, to the last bit, at any number of
//!   threads. Between processors with different vector instructions, rounding may differ.
//!
//! Zero rows (texts without a word that the embedder knows) count as equal to each other and as
//! unlike anything else: they form groups of their own where there are enough of them. Their
//! distance is 1.
//!
//! # Cost
//!
//! Memory is O(n · dim). Time goes into matrix products; all dot products of n rows and k centroids
//! are 2 · n · k · dim floating-point operations. Seeding costs little more than that once, and a
//! whole grouping of 10,000 rows as much as 10 to 20 times. For many groups the cells cost O(n^1.5 · dim),
//! and everything behind them O(n · dim), with large constants. `cargo bench -p cladus-group` and
//! `benchmarks/kmeans.py` measure the algorithm, `benchmarks/group_scale.py` the stage.

mod balance;
mod blocked;
mod cells;
mod centroids;
mod coarse;
mod config;
mod dense;
mod districts;
mod grouping;
mod kmeans;
mod meter;
mod method;
mod moves;
mod near;
mod nearest;
mod partition;
mod piecewise;
mod refine;
mod refine_near;
mod refine_wide;
mod reshape;
mod seeding;
mod singletons;
mod stage;
mod two_level;
mod wide;
mod zeros;

pub use blocked::Blocked;
pub use cells::Cells;
pub use config::{GroupParams, starts_for};
pub use districts::DISTRICT_ROWS;
pub use grouping::{RowGroups, group, group_watched, group_with};
pub use kmeans::{Fit, FitOptions, KMeans};
pub use method::method_for;
pub use stage::{GroupArgs, VERSION, main, run};
pub use two_level::TwoLevel;
