//! From labels to named parents: the stage's work, without its files.

use cladus_asking::stage::MadeRows;
use cladus_cli::ShardArgs;
use cladus_core::Result;
use cladus_core::artifact::{Candidate, Cluster, Parent};
use cladus_core::children::Children;
use cladus_core::older::Seated;
use cladus_core::outcome::Asked;
use cladus_core::plan;
use cladus_core::progress::Progress;
use cladus_embedder::Space;
use cladus_llm::{Asker, Prompt};
use cladus_vectors::Vectors;

use crate::extractive::parents;
use crate::families::{Family, by_label};
use crate::job::NamingJob;
use crate::llm;
use crate::onto::KeptParents;
use crate::sets::{centres, mine};
use crate::shape::{LevelBounds, Shaped, shape};
use crate::verbatim::{Names, keep_names};

/// What parents are made of.
pub(crate) struct RenameInputs<'a> {
    pub(crate) clusters: &'a [Cluster],
    pub(crate) candidates: &'a [Candidate],
    /// The candidate of each cluster.
    pub(crate) labels: Vec<u32>,
    /// How many parents the level wants.
    pub(crate) target: usize,
    /// May a model's be more? Not where they are to be the roots.
    pub(crate) open: bool,
    /// How many children a parent may have.
    pub(crate) children: Children,
    pub(crate) names: Names,
    pub(crate) space: Space<'a>,
    /// Where clusters were in an older hierarchy, if there is one.
    pub(crate) seated: Option<Seated>,
    pub(crate) shards: ShardArgs,
    /// Whom to ask, and how; `None`: nobody.
    pub(crate) model: Option<(Asker<'a>, Prompt)>,
}

/// Which clusters share a parent, before parents have names.
struct Families {
    /// Those to be named.
    new: Vec<Family>,
    /// Those of an older hierarchy, where this is the whole.
    kept: Option<KeptParents>,
    /// Of a shard that a model works on, which of `new` are in it.
    mine: Option<Vec<bool>>,
    /// What there is to say about how they came about.
    note: String,
}

/// Fewest parents of `n` clusters where so many are planned: far fewer is mended, also where a model had no more
/// to propose. Who hands in a `taxonomy` of three, offered to every group, wants three.
pub(crate) fn fewest(target: usize, n: usize, taxonomy: Option<usize>) -> usize {
    target.min(n).min(taxonomy.unwrap_or(n)).div_ceil(2)
}

/// A few words about parents that were all made here, so many of them of one cluster.
pub(crate) fn note(parents: usize, alone: usize) -> String {
    format!("{parents} parents{}", moved_up(alone))
}

fn moved_up(alone: usize) -> String {
    match alone {
        0 => String::new(),
        alone => format!(", {alone} of them clusters that moved up alone"),
    }
}

impl RenameInputs<'_> {
    /// The parents of the level, or those in this shard.
    ///
    /// # Errors
    /// When texts cannot be embedded, or no more calls are to be made.
    pub(crate) fn rename(mut self, progress: &dyn Progress) -> Result<MadeRows<Parent>> {
        let families = self.families();
        progress.begin(families.new.len() as u64);
        let (parents, asked) = self.named(&families, progress)?;
        Ok(self.beside_kept(parents, families, asked))
    }

    /// How many parents there may be, and how many children each.
    fn bounds(&self) -> LevelBounds {
        let n = self.clusters.len();
        let taxonomy = self.candidates.iter().any(|candidate| candidate.group_id.is_none());
        let least = fewest(self.target, n, taxonomy.then_some(self.candidates.len()));
        // A model's names are not merged for the sake of a number, but for the number of roots.
        let open = self.model.is_some() && self.open;
        let target = if open { plan::at_most(self.target, n) } else { self.target };
        LevelBounds { target, least, children: self.children }
    }

    fn families(&self) -> Families {
        let names: Vec<&str> = self.candidates.iter().map(|c| c.name.as_str()).collect();
        let mut new = by_label(&self.labels, &names);
        let bounds = self.bounds();
        let vectors = self.space.smoothed();
        let shaped: Shaped = shape(&mut new, Vectors::over(&vectors, self.space.dim), bounds);
        let kept = self.seated.as_ref();
        let kept = kept.map(|seated| KeptParents::take(&mut new, self.clusters, seated));
        let shard = self.shards.shard;
        // They are no work: whoever makes the whole writes them.
        let kept = kept.filter(|_| shard.is_none());
        let mut mine = shard.map(|shard| mine(shard, self.clusters, self.candidates, &new));
        if self.model.is_none()
            && let Some(mine) = mine.take()
        {
            let mut mine = mine.iter();
            new.retain(|_| mine.next() == Some(&true));
        }
        Families { new, kept, mine, note: shaped.note(bounds) }
    }

    fn named(
        &mut self,
        families: &Families,
        progress: &dyn Progress,
    ) -> Result<(Vec<Parent>, Asked)> {
        let Some((asker, prompt)) = &self.model else {
            let space = &mut self.space;
            let rows = parents(self.clusters, self.candidates, &families.new, space, progress)?;
            return Ok((rows.into_iter().map(Parent::from).collect(), Asked::default()));
        };
        let vectors = Vectors::over(&self.space.vectors, self.space.dim);
        let job = NamingJob {
            centres: &centres(&families.new, vectors),
            clusters: self.clusters,
            candidates: self.candidates,
            families: &families.new,
            vectors: &self.space.vectors,
            dim: self.space.dim,
            mine: families.mine.as_deref(),
        };
        let made = asker.block_on(llm::parents(&job, asker, prompt, progress))?;
        asker.conclude()?;
        Ok(made)
    }

    /// These parents after those that an older hierarchy brings.
    fn beside_kept(
        &self,
        mut parents: Vec<Parent>,
        families: Families,
        asked: Asked,
    ) -> MadeRows<Parent> {
        let Families { new, kept, note: shaped, .. } = families;
        if asked.planned {
            return MadeRows { rows: Vec::new(), note: String::new(), asked };
        }
        if self.names == Names::Candidates {
            keep_names(&mut parents, &new, self.clusters, self.candidates);
        }
        let alone = new.iter().filter(|family| family.children.len() == 1).count();
        let made = parents.len();
        let said = match &kept {
            None => note(made, alone),
            Some(kept) => format!("{} parents kept, {} new{}", kept.len(), made, moved_up(alone)),
        };
        let rows = match kept {
            Some(kept) => kept.with(parents),
            None => parents,
        };
        MadeRows { rows, note: said + &shaped, asked }
    }
}
