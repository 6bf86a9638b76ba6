//! What a command wrote is checked like ours and written again by our own writer, so that the same
//! rows give the same bytes. What costs nothing is forgiven: other types, another order, columns
//! beside the contract's, and columns left out that follow from the rest.

mod fill;
mod parents;

use std::path::{Path, PathBuf};

use cladus_core::artifact::parquet::{self, Conversion, ReadColumns, WantedColumn};
use cladus_core::artifact::{self, Artifact, Written};
use cladus_core::children::Children;
use cladus_core::config::Config;
use cladus_core::schema::{self, Presence, Schema};
use cladus_core::{Error, Result, text};

use super::word::OutputForm;
use crate::folder::RunFolder;
use crate::stages::levels::Level;
use crate::stages::stage::Stage;

/// Columns that a command may leave out though the contract asks for them; [`fill`] says what then
/// stands there.
const MAY_BE_LEFT_OUT: [(&str, &[&str]); 4] = [
    ("groups", &["distance"]),
    ("candidates", &["candidate_id", "group_id"]),
    ("labels", &["answer", "match", "similarity", "runner_up", "margin"]),
    ("parents", &["id", "name", "description", "slug", "level", "members", "size"]),
];

/// What a stage's artifact has to fit to.
#[derive(Debug, Clone)]
pub(super) struct InputArtifacts {
    stage: Stage,
    level: Level,
    run: RunFolder,
    max_clusters: usize,
    children: Children,
}

impl InputArtifacts {
    pub(super) fn new(stage: Stage, level: Level, run: RunFolder, config: &Config) -> Result<Self> {
        let (max_clusters, children) = (config.max_clusters, config.children()?);
        Ok(Self { stage, level, run, max_clusters, children })
    }

    /// The artifacts that the rows are checked against, or completed from.
    pub(super) fn needs(&self) -> &'static [&'static Schema] {
        match self.stage {
            Stage::Embed | Stage::Rename => &[&schema::CLUSTERS],
            Stage::Group => &[&schema::EMBEDDINGS],
            Stage::Propose => &[&schema::GROUPS],
            Stage::Label => &[&schema::CLUSTERS, &schema::CANDIDATES],
        }
    }

    /// Where an artifact of this iteration lies.
    pub(super) fn path(&self, schema: &Schema) -> PathBuf {
        match schema.artifact {
            "clusters" => self.run.clusters_of(self.level.iteration),
            artifact => self.run.artifact(self.level.iteration, artifact),
        }
    }

    /// Checks the file `wrote` and publishes its rows as `out`. Also tells how many of them carry a
    /// remark.
    ///
    /// # Errors
    /// When it breaks the contract, or does not fit to what is there.
    pub(super) fn accept(
        &self,
        wrote: &Path,
        form: OutputForm,
        out: &Path,
    ) -> Result<(Written, usize)> {
        let table = self.read(wrote, form)?;
        match self.stage {
            Stage::Embed => self.embeddings(&table, out).map(|written| (written, 0)),
            Stage::Group => self.groups(table, out).map(|written| (written, 0)),
            Stage::Propose => self.candidates(table, out),
            Stage::Label => self.labels(table, out),
            Stage::Rename => self.parents(table, out),
        }
    }

    fn read(&self, wrote: &Path, form: OutputForm) -> Result<ReadColumns> {
        let schema = self.stage.output();
        let lenient = MAY_BE_LEFT_OUT.iter().find(|(artifact, _)| *artifact == schema.artifact);
        let lenient = lenient.map_or(&[][..], |(_, columns)| columns);
        let wanted = schema.columns.iter().map(|column| {
            let mut wanted = WantedColumn::from(column);
            if lenient.contains(&column.name) {
                wanted.presence = Presence::Optional;
            }
            wanted
        });
        let wanted = wanted.collect();
        match form {
            OutputForm::Parquet => {
                parquet::read_columns(wrote, schema.artifact, wanted, Conversion::Contract)
            }
            OutputForm::Lines => artifact::read_json_lines(wrote, schema.artifact, wanted),
        }
    }

    fn embeddings(&self, table: &ReadColumns, out: &Path) -> Result<Written> {
        let clusters = artifact::read_clusters(&self.path(&schema::CLUSTERS))?;
        let embeddings = artifact::embeddings(table)?;
        let ids: Vec<&str> = embeddings.rows.cluster_ids.iter().map(String::as_str).collect();
        clusters.join(&embeddings.path, "cluster_id", &ids)?;
        artifact::write_embeddings(out, &embeddings.rows)
    }

    fn groups(&self, mut table: ReadColumns, out: &Path) -> Result<Written> {
        let path = self.path(&schema::EMBEDDINGS);
        let embeddings = artifact::read_embeddings(&path)?;
        // Ids before all else: distances of rows that are no clusters have no meaning.
        covers(&table, "cluster_id", &path, &embeddings.rows.cluster_ids)?;
        fill::distances(&mut table, &embeddings.rows)?;
        let groups = artifact::groups(&table)?.rows;
        for (row, group) in groups.iter().enumerate() {
            // A cosine that was worked out in floats may be a little beyond.
            if !(-1e-3..=2.001).contains(&group.distance) {
                let problem = format!("is {}, expected a cosine distance, 0 to 2", group.distance);
                return Err(table.value(row, "distance", &problem));
            }
        }
        let groups: Vec<_> = groups
            .into_iter()
            .map(|group| artifact::Grouping { distance: group.distance.clamp(0.0, 2.0), ..group })
            .collect();
        artifact::write_groups(out, &groups)
    }

    fn candidates(&self, mut table: ReadColumns, out: &Path) -> Result<(Written, usize)> {
        let groups = artifact::read_groups(&self.path(&schema::GROUPS))?;
        fill::candidate_ids(&mut table)?;
        let mut candidates = artifact::candidates(&table)?.rows;
        if candidates.is_empty() {
            return Err(Error::damaged(table.path(), "contains no candidates"));
        }
        let count = groups.rows.iter().map(|row| row.group_id + 1).max().unwrap_or(0);
        let ids: std::collections::HashSet<&str> =
            groups.rows.iter().map(|row| row.cluster_id.as_str()).collect();
        let rows = table.u32s("candidate_id")?;
        let row_of = |id: usize| rows.iter().position(|row| *row as usize == id).unwrap_or(id);
        for (id, candidate) in candidates.iter_mut().enumerate() {
            if let Some(group) = candidate.group_id.filter(|group| *group >= count) {
                let problem = format!("group {group} is not in {}", groups.path.display());
                return Err(table.value(row_of(id), "group_id", &problem));
            }
            let mut exemplars = candidate.exemplars.iter().flatten();
            if let Some(unknown) = exemplars.find(|id| !ids.contains(id.as_str())) {
                let problem = format!("cluster {unknown:?} is not in {}", groups.path.display());
                return Err(table.value(row_of(id), "exemplars", &problem));
            }
            // As the contract wants names: what follows may put them between quotes.
            if candidate.name.ends_with('.') || candidate.name.contains(['"', '\\']) {
                candidate.name = text::candidate_name(&candidate.name)
                    .ok_or_else(|| table.value(row_of(id), "name", "says nothing"))?;
            }
        }
        let remarks = candidates.iter().filter(|row| row.remark.is_some()).count();
        Ok((artifact::write_candidates(out, &candidates)?, remarks))
    }

    fn labels(&self, mut table: ReadColumns, out: &Path) -> Result<(Written, usize)> {
        let clusters = artifact::read_clusters(&self.path(&schema::CLUSTERS))?;
        let candidates = artifact::read_candidates(&self.path(&schema::CANDIDATES))?;
        fill::matches(&mut table, candidates.rows.len())?;
        let labels = artifact::labels(&table)?;
        labels.aligned(&clusters, &candidates)?;
        for (row, label) in labels.rows.iter().enumerate() {
            let runner_up = label.runner_up.filter(|id| *id as usize >= candidates.rows.len());
            if let Some(id) = runner_up {
                let problem = format!("candidate {id} is not in {}", candidates.path.display());
                return Err(table.value(row, "runner_up", &problem));
            }
        }
        let remarks = labels.rows.iter().filter(|row| row.remark.is_some()).count();
        Ok((artifact::write_labels(out, &labels.rows)?, remarks))
    }

    fn parents(&self, mut table: ReadColumns, out: &Path) -> Result<(Written, usize)> {
        let clusters = artifact::read_clusters(&self.path(&schema::CLUSTERS))?;
        let level = u8::try_from(self.level.iteration)
            .map_err(|_| Error::Bug(format!("iteration {}", self.level.iteration)))?;
        fill::parents(&mut table, &clusters.rows, level)?;
        let earlier = self.earlier()?;
        let most = (self.level.target <= self.max_clusters).then_some(self.max_clusters);
        let children = self.children;
        let rules =
            parents::Rules { level, most, children, clusters: &clusters, earlier: &earlier };
        let parents = rules.check(&table)?;
        let remarks = parents.iter().filter(|row| row.remark.is_some()).count();
        Ok((artifact::write_parents(out, &parents)?, remarks))
    }

    /// The clusters of all levels below the one that is to be made smaller.
    fn earlier(&self) -> Result<Vec<Artifact<Vec<artifact::Cluster>>>> {
        let below = 1..self.level.iteration;
        below.map(|k| artifact::read_clusters(&self.run.clusters_of(k))).collect()
    }
}

/// Every one of `ids` stands in the column once, and nothing else does.
fn covers(table: &ReadColumns, column: &str, other: &Path, ids: &[String]) -> Result<()> {
    let found = table.texts(column)?;
    let known: std::collections::HashSet<&str> = ids.iter().map(String::as_str).collect();
    let mut rows = std::collections::HashMap::with_capacity(found.len());
    for (row, id) in found.into_iter().enumerate() {
        if !known.contains(id) {
            let problem = format!("cluster {id:?} is not in {}", other.display());
            return Err(table.value(row, column, &problem));
        }
        if rows.insert(id, row).is_some() {
            return Err(table.value(row, column, &format!("cluster {id:?} stands there twice")));
        }
    }
    match ids.iter().find(|id| !rows.contains_key(id.as_str())) {
        Some(id) => {
            let problem = format!("has no row for cluster {id:?} of {}", other.display());
            Err(Error::damaged(table.path(), problem))
        }
        None => Ok(()),
    }
}
