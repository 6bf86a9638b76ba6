//! The contract: every artifact's columns, stated once.
//!
//! The same tables write artifacts, check what others wrote, and print the documentation
//! (`cladus schema`). Column names and types are a promise to users and to the programs that
//! replace a stage.

use std::fmt;

/// Version of the contract, stored in every artifact: a reader refuses a newer major version.
pub const FORMAT_VERSION: (u16, u16) = (1, 0);

/// The type of a column.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Type {
    /// UTF-8 text.
    Utf8,
    /// Unsigned, 8 bits.
    UInt8,
    /// Unsigned, 32 bits.
    UInt32,
    /// Unsigned, 64 bits.
    UInt64,
    /// IEEE 754, 32 bits, finite.
    Float32,
    /// A list of texts, none null.
    Utf8List,
    /// A vector of finite 32-bit floats; every row has the same length.
    Vector,
}

impl fmt::Display for Type {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Utf8 => "utf8",
            Self::UInt8 => "uint8",
            Self::UInt32 => "uint32",
            Self::UInt64 => "uint64",
            Self::Float32 => "float32",
            Self::Utf8List => "list<utf8>",
            Self::Vector => "fixed_size_list<float32, D>",
        })
    }
}

/// Must a column be there, and may its values be null?
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Presence {
    /// In every file, in every row.
    Required,
    /// In every file; rows may be null, for the reason the column's meaning gives.
    Nullable,
    /// A file without it is read as if every row were null.
    Optional,
}

/// One column of an artifact.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Column {
    /// Its name.
    pub name: &'static str,
    /// Its type.
    pub ty: Type,
    /// Whether it may be absent or null.
    pub presence: Presence,
    /// What it holds.
    pub meaning: &'static str,
}

/// One artifact.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Schema {
    /// Its name; the file is `<name>.parquet`.
    pub artifact: &'static str,
    /// Who writes it and what a row is.
    pub summary: &'static str,
    /// The order of its rows.
    pub order: &'static str,
    /// Its columns, in the order they are written; optional ones come last.
    pub columns: &'static [Column],
}

impl Schema {
    /// The schema of the artifact called `name`.
    pub fn of(name: &str) -> Option<&'static Self> {
        ALL.iter().copied().find(|schema| schema.artifact == name)
    }

    /// Does a file with these columns look like this artifact?
    pub fn fits(&self, found: &[String]) -> bool {
        self.columns
            .iter()
            .filter(|column| column.presence != Presence::Optional)
            .all(|column| found.iter().any(|name| name == column.name))
    }

    /// The artifact that a file with these columns is. `hierarchy` and `closure` first, because
    /// what they hold contains another artifact's columns; `map` last, because anything may have
    /// coordinates besides.
    pub fn recognise(found: &[String]) -> Option<&'static Self> {
        [&HIERARCHY, &CLOSURE, &LABELS, &CANDIDATES, &GROUPS, &EMBEDDINGS, &CLUSTERS, &MAP]
            .into_iter()
            .find(|schema| schema.fits(found))
    }
}

const fn required(name: &'static str, ty: Type, meaning: &'static str) -> Column {
    Column { name, ty, presence: Presence::Required, meaning }
}

const fn nullable(name: &'static str, ty: Type, meaning: &'static str) -> Column {
    Column { name, ty, presence: Presence::Nullable, meaning }
}

const fn optional(name: &'static str, ty: Type, meaning: &'static str) -> Column {
    Column { name, ty, presence: Presence::Optional, meaning }
}

const CLUSTER_COLUMNS: [Column; 7] = [
    required(
        "id",
        Type::Utf8,
        "unique; a parent's id derives from its children, so a rerun gives the same",
    ),
    required("name", Type::Utf8, "at most ten words wanted"),
    required("description", Type::Utf8, "two sentences wanted; may be empty"),
    required("slug", Type::Utf8, "one to three words, snake_case"),
    required(
        "level",
        Type::UInt8,
        "the iteration that made it, 0 = base; a cluster that moved up alone keeps its own",
    ),
    required(
        "members",
        Type::Utf8List,
        "level 0: ids of the items; above: ids of the child clusters",
    ),
    required(
        "size",
        Type::UInt64,
        "level 0: members, or the size given with the input, or 1; above: the sum of the children's",
    ),
];

const REMARK: Column = optional(
    "remark",
    Type::Utf8,
    "what was wrong with the model's answer and what was done instead; null if nothing",
);

/// `clusters`: the input, validated and normalised; also every iteration's input.
pub const CLUSTERS: Schema = Schema {
    artifact: "clusters",
    summary: "the input of a run or of an iteration, one row per cluster",
    order: "by id",
    columns: &CLUSTER_COLUMNS,
};

const PARENT_COLUMNS: [Column; 8] = {
    let [id, name, description, slug, level, members, size] = CLUSTER_COLUMNS;
    [id, name, description, slug, level, members, size, REMARK]
};

/// `parents`: what `rename` writes and the next iteration reads as its clusters.
pub const PARENTS: Schema = Schema {
    artifact: "parents",
    summary: "written by rename, one row per parent (or cluster that moved up alone); the next iteration's clusters",
    order: "by id",
    columns: &PARENT_COLUMNS,
};

/// `embeddings`: what `embed` writes.
pub const EMBEDDINGS: Schema = Schema {
    artifact: "embeddings",
    summary: "written by embed, one row per cluster",
    order: "by cluster_id",
    columns: &[
        required("cluster_id", Type::Utf8, "of clusters.id"),
        required("embedding", Type::Vector, "L2-normalised"),
    ],
};

/// `groups`: what `group` writes.
pub const GROUPS: Schema = Schema {
    artifact: "groups",
    summary: "written by group, one row per cluster",
    order: "by cluster_id",
    columns: &[
        required("cluster_id", Type::Utf8, "of embeddings.cluster_id"),
        required("group_id", Type::UInt32, "dense from 0"),
        required("distance", Type::Float32, "cosine distance to the group's centroid, 0 to 2"),
    ],
};

/// `candidates`: what `propose` writes, or a user's own taxonomy.
pub const CANDIDATES: Schema = Schema {
    artifact: "candidates",
    summary: "written by propose, one row per candidate parent name",
    order: "by candidate_id",
    columns: &[
        required("candidate_id", Type::UInt32, "dense from 0 over the artifact"),
        nullable(
            "group_id",
            Type::UInt32,
            "the group it is offered to; null: offered to every group",
        ),
        required("name", Type::Utf8, "trimmed, no trailing full stop, no quotes or backslashes"),
        optional("scope", Type::Utf8, "what belongs in it, in half a sentence; null if not given"),
        optional(
            "proposed_as",
            Type::Utf8List,
            "names proposed by groups that were merged into this one; null if it is as proposed",
        ),
        optional(
            "exemplars",
            Type::Utf8List,
            "ids of the clusters it was derived from; null if it came from elsewhere",
        ),
        REMARK,
    ],
};

/// `labels`: what `label` writes.
pub const LABELS: Schema = Schema {
    artifact: "labels",
    summary: "written by label, one row per cluster",
    order: "by cluster_id",
    columns: &[
        required("cluster_id", Type::Utf8, "of clusters.id"),
        required("candidate_id", Type::UInt32, "of candidates.candidate_id"),
        nullable(
            "answer",
            Type::Utf8,
            "the model's answer without control characters; null if there was none",
        ),
        required(
            "match",
            Type::Utf8,
            "exact, normalised, fuzzy, nearest (by embedding) or only (nothing else was offered)",
        ),
        required(
            "similarity",
            Type::Float32,
            "of the answer to the candidate's name; without a valid answer, the cosine of the two; 0 to 1",
        ),
        nullable(
            "runner_up",
            Type::UInt32,
            "the next nearest candidate by embedding; null if nothing else was offered",
        ),
        nullable(
            "margin",
            Type::Float32,
            "by how much (cosine) the candidate is nearer than the runner-up; negative if the runner-up is nearer",
        ),
        REMARK,
        optional(
            "prompt_tokens",
            Type::UInt64,
            "of the calls that asked about this cluster alone; null if it was asked about with others, or not at all",
        ),
        optional("completion_tokens", Type::UInt64, "likewise, of their answers"),
        optional("attempts", Type::UInt32, "likewise, how many calls it took"),
    ],
};

/// `hierarchy`: the result.
pub const HIERARCHY: Schema = Schema {
    artifact: "hierarchy",
    summary: "the result, one row per cluster of any level",
    order: "roots first: by depth, then parent's place, then size from the largest, then id",
    columns: &[
        required("id", Type::Utf8, "unique"),
        nullable("parent_id", Type::Utf8, "of hierarchy.id; null for roots"),
        required("level", Type::UInt8, "the iteration that made it, 0 = base"),
        required("name", Type::Utf8, "at most ten words wanted"),
        required("description", Type::Utf8, "two sentences wanted; may be empty"),
        required("slug", Type::Utf8, "one to three words, snake_case"),
        required("size", Type::UInt64, "of a parent: the sum of its children's"),
        required(
            "members",
            Type::Utf8List,
            "level 0: ids of the items; above: ids of the child clusters",
        ),
    ],
};

/// `closure`: the result as one row a pair.
pub const CLOSURE: Schema = Schema {
    artifact: "closure",
    summary: "every ancestor with every descendant, so that a subtree is one join",
    order: "in hierarchy's order of the ancestor, then of the descendant",
    columns: &[
        required("ancestor", Type::Utf8, "of hierarchy.id"),
        required("descendant", Type::Utf8, "of hierarchy.id"),
        required(
            "depth",
            Type::UInt8,
            "levels between the two; 0: every cluster is its own ancestor",
        ),
    ],
};

/// `map`: the result in two dimensions.
pub const MAP: Schema = Schema {
    artifact: "map",
    summary: "written by project, optional: a row per cluster of any level",
    order: "in hierarchy's order",
    columns: &[
        required("id", Type::Utf8, "of hierarchy.id"),
        required(
            "x",
            Type::Float32,
            "-1 to 1; similar clusters are close together, and the tree is taken into account",
        ),
        required("y", Type::Float32, "likewise; a parent is at the most central cluster below it"),
    ],
};

/// Every artifact of a run folder, in the order a run makes them.
pub const ALL: &[&Schema] =
    &[&CLUSTERS, &EMBEDDINGS, &GROUPS, &CANDIDATES, &LABELS, &PARENTS, &HIERARCHY, &CLOSURE, &MAP];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn optional_columns_come_last() {
        for schema in ALL {
            let optional = schema.columns.iter().map(|c| c.presence == Presence::Optional);
            assert!(optional.is_sorted(), "{}", schema.artifact);
        }
    }

    #[test]
    fn every_artifact_is_recognised_by_its_own_columns() {
        for schema in ALL {
            let names: Vec<String> = schema.columns.iter().map(|c| c.name.to_owned()).collect();
            let expected = if schema.artifact == "parents" { "clusters" } else { schema.artifact };
            assert_eq!(Schema::recognise(&names).map(|s| s.artifact), Some(expected));
        }
    }
}
