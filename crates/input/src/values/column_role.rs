//! What a column of the input is read as.

/// What a column of the input is read as.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub(crate) enum ColumnRole {
    Id,
    Name,
    Description,
    /// Words that say what a cluster is about; they stand in for a name or a description.
    Keywords,
    Slug,
    Members,
    Size,
    Parent,
    Level,
    /// The item that a row is, where rows are items.
    Item,
}

impl ColumnRole {
    pub(crate) const ALL: [Self; 10] = [
        Self::Id,
        Self::Name,
        Self::Description,
        Self::Keywords,
        Self::Slug,
        Self::Members,
        Self::Size,
        Self::Parent,
        Self::Level,
        Self::Item,
    ];

    /// As messages call it.
    pub(crate) fn said(self) -> &'static str {
        match self {
            Self::Id => "id",
            Self::Name => "name",
            Self::Description => "description",
            Self::Keywords => "keywords",
            Self::Slug => "slug",
            Self::Members => "members",
            Self::Size => "size",
            Self::Parent => "parent",
            Self::Level => "level",
            Self::Item => "items",
        }
    }
}
