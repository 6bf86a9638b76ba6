//! Parquet, written by anybody.

use std::path::Path;

use cladus_core::artifact::parquet::{self, Conversion, Wanted};
use cladus_core::schema::{Presence, Type};
use cladus_core::{Error, Place, Result};

use super::rows::{RawCluster, members_from_text};
use super::{Columns, InputArgs, Raw, Role};

/// Reads a Parquet file.
pub(super) fn read(path: &Path, args: &InputArgs) -> Result<Vec<Raw>> {
    let fields = parquet::fields(path)?;
    let found: Vec<String> = fields.iter().map(|field| field.name.clone()).collect();
    let columns = Columns::choose(path, &found, args)?;
    let is_list = |name: &str| fields.iter().any(|field| field.name == name && field.is_list);
    let members_as_list = columns.get(Role::Members).is_some_and(is_list);
    let wanted: Vec<(Role, Wanted)> = Role::ALL
        .into_iter()
        .filter_map(|role| {
            let ty = match role {
                Role::Members if members_as_list => Type::Utf8List,
                Role::Size => Type::UInt64,
                _ => Type::Utf8,
            };
            let name = columns.get(role)?.to_owned();
            Some((role, Wanted { name, ty, presence: Presence::Nullable }))
        })
        .collect();
    let only = wanted.iter().map(|(_, column)| column.clone()).collect();
    let table = parquet::read_columns(path, "clusters", only, Conversion::Foreign)?;
    let mut rows: Vec<RawCluster> = (0..table.rows()).map(|_| RawCluster::default()).collect();
    for (role, column) in &wanted {
        let role = *role;
        let name = column.name.as_str();
        if role == Role::Members && members_as_list {
            for (row, list) in rows.iter_mut().zip(table.nullable_lists(name)?) {
                row.members = list.map(|ids| ids.into_iter().map(str::to_owned).collect());
            }
            continue;
        }
        if role == Role::Size {
            for (row, size) in rows.iter_mut().zip(table.nullable_u64s(name)) {
                row.size = size;
            }
            continue;
        }
        for (index, (row, text)) in rows.iter_mut().zip(table.nullable_texts(name)).enumerate() {
            let Some(text) = text else { continue };
            match role {
                Role::Members => {
                    let members = members_from_text(text);
                    let problem = |problem| Error::value(path, index, name, problem);
                    row.members = Some(members.map_err(problem)?);
                }
                Role::Id => row.id = Some(text.to_owned()),
                Role::Name => row.name = Some(text.to_owned()),
                Role::Description => row.description = Some(text.to_owned()),
                Role::Slug => row.slug = Some(text.to_owned()),
                Role::Parent => row.parent = Some(text.to_owned()),
                Role::Size => {}
            }
        }
    }
    Ok(rows.into_iter().enumerate().map(|(row, raw)| (Place::Row(row), raw)).collect())
}
