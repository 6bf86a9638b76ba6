//! Which stages of which iterations a run is to work on.

use crate::stages::stage::Stage;

/// What was selected; nothing is everything.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, clap::Args)]
pub struct Selection {
    /// Run only this stage: embed, group, propose, label or rename (in every iteration, or in that of
    /// --iteration).
    #[arg(
        long,
        value_enum,
        value_name = "STAGE",
        hide_possible_values = true,
        conflicts_with_all = ["from", "until"]
    )]
    pub only: Option<Stage>,
    /// Start at this stage of the first iteration (or that of --iteration).
    #[arg(long, value_enum, value_name = "STAGE", hide_possible_values = true)]
    pub from: Option<Stage>,
    /// Stop after this stage of the first iteration (or that of --iteration).
    #[arg(long, value_enum, value_name = "STAGE", hide_possible_values = true)]
    pub until: Option<Stage>,
    /// Run only this iteration, or apply --only, --from and --until to it.
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u16).range(1..))]
    pub iteration: Option<u16>,
}

impl Selection {
    /// Is nothing left out?
    pub fn is_everything(&self) -> bool {
        *self == Self::default()
    }

    /// Is `stage` of iteration `iteration` (from 1) among it?
    pub fn takes(&self, iteration: usize, stage: Stage) -> bool {
        let Self { only, from, until, iteration: asked } = *self;
        let asked = asked.map(usize::from);
        if let Some(only) = only {
            return stage == only && asked.is_none_or(|asked| asked == iteration);
        }
        if from.is_none() && until.is_none() {
            return asked.is_none_or(|asked| asked == iteration);
        }
        let first = asked.unwrap_or(1);
        let place = (iteration, stage);
        from.is_none_or(|from| place >= (first, from))
            && until.is_none_or(|until| place <= (first, until))
    }

    /// Is a later stage of the same iteration among it? It would miss what `stage` makes.
    pub fn goes_on_after(&self, iteration: usize, stage: Stage) -> bool {
        Stage::ALL.into_iter().any(|later| later > stage && self.takes(iteration, later))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn taken(selection: Selection) -> String {
        let cells = (1..=2).flat_map(|k| Stage::ALL.map(|stage| (k, stage)));
        let cells = cells.filter(|(k, stage)| selection.takes(*k, *stage));
        let cells: Vec<String> = cells.map(|(k, stage)| format!("{k}{}", stage.name())).collect();
        cells.join(" ")
    }

    #[test]
    fn selections_are_what_their_words_say() {
        let all = Selection::default();
        let label = Some(Stage::Label);
        assert_eq!(taken(Selection { only: label, ..all }), "1label 2label");
        assert_eq!(taken(Selection { only: label, iteration: Some(2), ..all }), "2label");
        assert_eq!(
            taken(Selection { from: label, ..all }),
            "1label 1rename 2embed 2group 2propose 2label 2rename"
        );
        assert_eq!(taken(Selection { from: label, iteration: Some(2), ..all }), "2label 2rename");
        assert_eq!(taken(Selection { until: Some(Stage::Group), ..all }), "1embed 1group");
        let between =
            Selection { from: Some(Stage::Propose), until: label, iteration: Some(2), ..all };
        assert_eq!(taken(between), "2propose 2label");
        let second = Selection { iteration: Some(2), ..all };
        assert_eq!(taken(second), "2embed 2group 2propose 2label 2rename");
        assert!(all.is_everything() && !second.is_everything());
        assert!(between.goes_on_after(2, Stage::Group) && !between.goes_on_after(2, Stage::Label));
    }
}
