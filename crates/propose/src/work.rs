//! From clusters and groups to candidates: the stage's work, without its files.

use cladus_asking::stage::MadeRows;
use cladus_cli::ShardArgs;
use cladus_core::Result;
use cladus_core::artifact::{Candidate, Cluster};
use cladus_core::older::Seated;
use cladus_core::outcome::Asked;
use cladus_core::progress::Progress;
use cladus_embedder::Space;
use cladus_llm::Asker;
use cladus_vectors::Vectors;

use crate::group::CandidateGroup;
use crate::llm::{Prompts, ProposeTask};
use crate::{extractive, llm, onto};

/// What candidates are made of.
pub(crate) struct ProposeInputs<'a> {
    pub(crate) clusters: &'a [Cluster],
    /// The number of each cluster's group.
    pub(crate) groups: Vec<u32>,
    /// How many candidates the level wants.
    pub(crate) target: usize,
    /// May there be more? Not where they are to be the roots.
    pub(crate) open: bool,
    pub(crate) space: Space<'a>,
    /// Where clusters were in an older hierarchy, if there is one.
    pub(crate) seated: Option<Seated>,
    pub(crate) shards: ShardArgs,
    /// Whom to ask, and how; `None`: nobody.
    pub(crate) model: Option<(Asker<'a>, Prompts)>,
}

impl ProposeInputs<'_> {
    /// The candidates of all groups, or of those in this shard.
    ///
    /// # Errors
    /// When texts cannot be embedded, or no more calls are to be made.
    pub(crate) fn propose(mut self, progress: &dyn Progress) -> Result<MadeRows<Candidate>> {
        let groups = self.groups_to_name();
        progress.begin(groups.len() as u64);
        let (candidates, asked) = match &self.model {
            None => {
                let space = &mut self.space;
                let rows = extractive::propose(self.clusters, &groups, space, progress)?;
                (rows, Asked::default())
            }
            Some((asker, prompts)) => {
                let task = ProposeTask {
                    clusters: self.clusters,
                    groups: &groups,
                    target: self.target,
                    open: self.open,
                    whole: self.is_whole(),
                };
                let made = llm::propose(task, &mut self.space, asker, prompts, progress)?;
                asker.conclude()?;
                made
            }
        };
        Ok(self.beside_kept(candidates, groups.len(), asked))
    }

    /// Is this all of the work?
    fn is_whole(&self) -> bool {
        self.shards.shard.is_none()
    }

    /// The groups of this shard, with what is new to an older hierarchy alone.
    fn groups_to_name(&self) -> Vec<CandidateGroup> {
        let vectors = Vectors::over(&self.space.vectors, self.space.dim);
        let mut groups = CandidateGroup::of(&self.groups, self.target);
        if self.model.is_some() && groups.len() > 1 {
            groups = CandidateGroup::by_variety(groups, llm::asked_for(self.target), vectors);
        }
        if let Some(seated) = &self.seated {
            groups = onto::among_strangers(&groups, seated, vectors, self.target);
        }
        groups.retain(|group| {
            let ids = group.members.iter().map(|&row| self.clusters[row].id.as_str());
            self.shards.takes(ids)
        });
        groups
    }

    /// These candidates of so many groups after those that an older hierarchy brings.
    fn beside_kept(
        &self,
        mut candidates: Vec<Candidate>,
        groups: usize,
        asked: Asked,
    ) -> MadeRows<Candidate> {
        let mut note = note(&candidates, groups);
        if let Some(seated) = &self.seated {
            // Whoever makes the whole writes them.
            let kept = if self.is_whole() { onto::kept(self.clusters, seated) } else { Vec::new() };
            note = format!("{} kept, {note} of new clusters", kept.len());
            // A stranger is as free as any other.
            candidates.iter_mut().for_each(|candidate| candidate.group_id = None);
            candidates.splice(0..0, kept);
        }
        MadeRows { rows: candidates, note, asked }
    }
}

/// A few words about the candidates of so many groups.
pub(crate) fn note(candidates: &[Candidate], groups: usize) -> String {
    let many = |n: usize, what: &str| format!("{n} {what}{}", if n == 1 { "" } else { "s" });
    let (made, among) = (many(candidates.len(), "candidate"), many(groups, "group"));
    format!("{made} for {among}{}", llm::merged(candidates))
}
