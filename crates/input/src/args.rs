//! What a user says about an input.

use cladus_core::config::InputConfig;

/// What a file holds, and under which names.
#[derive(Debug, Clone, Default, PartialEq, Eq, clap::Args)]
pub struct InputArgs {
    /// Format of the input [default: detected from its contents and extension].
    #[arg(long, value_enum, value_name = "FORMAT")]
    pub input_format: Option<InputFormat>,
    /// Column with ids. Columns are given by name, by number (from 1), or by path (`cluster.label` for a
    /// nested field); `none` ignores the role.
    #[arg(long, value_name = "NAME")]
    pub id_column: Option<String>,
    /// Column with names.
    #[arg(long, value_name = "NAME")]
    pub name_column: Option<String>,
    /// Column with descriptions.
    #[arg(long, value_name = "NAME")]
    pub description_column: Option<String>,
    /// Column with slugs.
    #[arg(long, value_name = "NAME")]
    pub slug_column: Option<String>,
    /// Column with member ids: a list in any notation, or text separated by semicolons, bars or commas.
    #[arg(long, value_name = "NAME")]
    pub members_column: Option<String>,
    /// Column with sizes, if they differ from the number of members.
    #[arg(long, value_name = "NAME")]
    pub size_column: Option<String>,
    /// Column with the parent's id or name, if the input is already a hierarchy.
    #[arg(long, value_name = "NAME")]
    pub parent_column: Option<String>,
    /// Column with the level, if the input is already a hierarchy.
    #[arg(long, value_name = "NAME")]
    pub level_column: Option<String>,
    /// Column separator of a text file: one character, or `tab` [default: detected].
    #[arg(long, value_name = "CHARACTER")]
    pub delimiter: Option<String>,
    /// Whether the first row contains column names [default: detected].
    #[arg(long, value_name = "yes|no", hide_possible_values = true, value_parser = ["yes", "no"])]
    pub header: Option<String>,
    /// Character encoding of a text file, such as `windows-1252` [default: detected].
    #[arg(long, value_name = "NAME")]
    pub encoding: Option<String>,
    /// Sheet of a workbook, or table of an SQLite database, by name or number (from 1).
    #[arg(long, visible_alias = "table", value_name = "NAME")]
    pub sheet: Option<String>,
    /// Treat noise and outliers (topic -1, "Unclustered") like any other cluster.
    #[arg(long, value_name = "yes|no", num_args = 0..=1, default_missing_value = "yes", hide_possible_values = true, value_parser = clap::builder::BoolishValueParser::new())]
    pub keep_noise: Option<bool>,
    /// Keep the upper levels of an input that is already a hierarchy, and continue upward from its top.
    #[arg(long, value_name = "yes|no", num_args = 0..=1, default_missing_value = "yes", hide_possible_values = true, value_parser = clap::builder::BoolishValueParser::new())]
    pub keep_levels: Option<bool>,
}

/// Format of an input. Outlines (OPML), ARFF and SQLite databases are detected by their contents.
#[derive(Debug, Clone, Copy, PartialEq, Eq, clap::ValueEnum)]
pub enum InputFormat {
    /// Apache Parquet.
    Parquet,
    /// Apache Arrow or Feather, or a dataset folder of Hugging Face.
    Arrow,
    /// One JSON value per line, as in Kura's checkpoints.
    Jsonl,
    /// JSON in any orientation.
    Json,
    /// Columns separated by commas, semicolons, tabs or bars.
    Csv,
    /// Workbook: xlsx, xls or ods.
    Xlsx,
    /// YAML.
    Yaml,
    /// TOML.
    Toml,
    /// One cluster per line: names, TopicGPT topics, MALLET keys, gensim topics.
    Txt,
}

impl InputFormat {
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
