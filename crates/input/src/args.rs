//! What a user says about an input.

use cladus_core::config::InputConfig;

/// What a file holds, and under which names.
#[derive(Debug, Clone, Default, PartialEq, Eq, clap::Args)]
pub struct InputArgs {
    /// How the input is written; by default its first bytes and its ending tell.
    #[arg(long, value_enum, value_name = "FORMAT")]
    pub input_format: Option<Format>,
    /// The input's column with ids. For all columns: a number counts from 1, `cluster.label` is a field
    /// in a field, and `none` leaves the role open.
    #[arg(long, value_name = "NAME")]
    pub id_column: Option<String>,
    /// The input's column with names.
    #[arg(long, value_name = "NAME")]
    pub name_column: Option<String>,
    /// The input's column with descriptions.
    #[arg(long, value_name = "NAME")]
    pub description_column: Option<String>,
    /// The input's column with slugs.
    #[arg(long, value_name = "NAME")]
    pub slug_column: Option<String>,
    /// The input's column with member ids: a list in any notation, or text split at semicolons, bars or
    /// commas.
    #[arg(long, value_name = "NAME")]
    pub members_column: Option<String>,
    /// The input's column with sizes, where they are not the number of members.
    #[arg(long, value_name = "NAME")]
    pub size_column: Option<String>,
    /// The input's column with the parent's id or name, where it is a hierarchy already.
    #[arg(long, value_name = "NAME")]
    pub parent_column: Option<String>,
    /// The input's column with the level in a hierarchy.
    #[arg(long, value_name = "NAME")]
    pub level_column: Option<String>,
    /// What parts the columns of a text file: one character, or `tab`.
    #[arg(long, value_name = "CHARACTER")]
    pub delimiter: Option<String>,
    /// Does the first row hold the names of the columns?
    #[arg(long, value_name = "yes|no", value_parser = ["yes", "no"])]
    pub header: Option<String>,
    /// How letters are written in a text file, as in `windows-1252`; by default that is found out.
    #[arg(long, value_name = "NAME")]
    pub encoding: Option<String>,
    /// The sheet of a workbook or the table of an SQLite database, by name or by number from 1.
    #[arg(long, visible_alias = "table", value_name = "NAME")]
    pub sheet: Option<String>,
    /// Take in what the input calls noise or outliers (topic -1, "Unclustered") like any cluster.
    #[arg(long, value_name = "yes|no", num_args = 0..=1, default_missing_value = "yes", value_parser = clap::builder::BoolishValueParser::new())]
    pub keep_noise: Option<bool>,
    /// Keep the upper levels of an input that is a hierarchy already, and go on upward from its top.
    #[arg(long, value_name = "yes|no", num_args = 0..=1, default_missing_value = "yes", value_parser = clap::builder::BoolishValueParser::new())]
    pub keep_levels: Option<bool>,
}

/// How an input is written.
#[derive(Debug, Clone, Copy, PartialEq, Eq, clap::ValueEnum)]
pub enum Format {
    /// Apache Parquet.
    Parquet,
    /// Apache Arrow or Feather; a folder of Hugging Face's `datasets` too.
    Arrow,
    /// One JSON value a line (Kura's checkpoints too).
    Jsonl,
    /// JSON in any orientation.
    Json,
    /// Columns between commas, semicolons, tabs or bars.
    Csv,
    /// A workbook: xlsx, xls or ods.
    Xlsx,
    /// YAML.
    Yaml,
    /// TOML.
    Toml,
    /// One cluster a line: names, TopicGPT's topics, MALLET's keys, gensim's topics.
    Txt,
}

impl Format {
    const ALL: [Self; 9] = [
        Self::Parquet,
        Self::Arrow,
        Self::Jsonl,
        Self::Json,
        Self::Csv,
        Self::Xlsx,
        Self::Yaml,
        Self::Toml,
        Self::Txt,
    ];

    /// What it is called on the command line and in `cladus.toml`.
    pub fn name(self) -> &'static str {
        match self {
            Self::Parquet => "parquet",
            Self::Arrow => "arrow",
            Self::Jsonl => "jsonl",
            Self::Json => "json",
            Self::Csv => "csv",
            Self::Xlsx => "xlsx",
            Self::Yaml => "yaml",
            Self::Toml => "toml",
            Self::Txt => "txt",
        }
    }

    /// The format of that name.
    pub fn named(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|format| format.name() == name)
    }
}

impl InputArgs {
    /// These, and for what they leave open what `remembered` says.
    pub fn over(&self, remembered: &InputConfig) -> InputConfig {
        let or = |said: &Option<String>, before: &Option<String>| said.clone().or(before.clone());
        let format = self.input_format.map(|format| format.name().to_owned());
        InputConfig {
            format: or(&format, &remembered.format),
            id_column: or(&self.id_column, &remembered.id_column),
            name_column: or(&self.name_column, &remembered.name_column),
            description_column: or(&self.description_column, &remembered.description_column),
            slug_column: or(&self.slug_column, &remembered.slug_column),
            members_column: or(&self.members_column, &remembered.members_column),
            size_column: or(&self.size_column, &remembered.size_column),
            parent_column: or(&self.parent_column, &remembered.parent_column),
            level_column: or(&self.level_column, &remembered.level_column),
            delimiter: or(&self.delimiter, &remembered.delimiter),
            header: or(&self.header, &remembered.header),
            encoding: or(&self.encoding, &remembered.encoding),
            sheet: or(&self.sheet, &remembered.sheet),
            keep_noise: self.keep_noise.unwrap_or(remembered.keep_noise),
            keep_levels: self.keep_levels.unwrap_or(remembered.keep_levels),
        }
    }
}
