//! What a model says about one parent, and whether it fits.

use cladus_asking::names::{MAX_WORDS, cut, word_count};
use cladus_asking::values::text_of;
use cladus_core::text::{self, candidate_name};
use cladus_words::{sentences, slug_of};
use serde_json::Value;

/// Most sentences of a description.
const MAX_SENTENCES: usize = 2;
/// Most words of a slug.
const SLUG_WORDS: usize = 3;

/// A name, a description and a slug on their way to a parent. What a model left out is empty.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct DraftParent {
    pub(crate) name: String,
    pub(crate) description: String,
    pub(crate) slug: String,
}

impl DraftParent {
    /// Whatever of it is in an answer.
    pub(crate) fn read(value: Option<&Value>) -> Self {
        let object = value.and_then(Value::as_object);
        let field = |names: [&str; 2]| {
            let found = names.iter().find_map(|name| object?.get(*name));
            found.filter(|value| value.is_string()).and_then(text_of).unwrap_or_default()
        };
        let description = field(["description", "summary"]);
        Self {
            name: candidate_name(&field(["name", "title"])).unwrap_or_default(),
            description: text::clean_to(&description, text::MAX_DESCRIPTION_CHARS).into_owned(),
            slug: snake_case(&field(["slug", "short_name"])),
        }
    }

    /// What does not fit, for the model to read; empty when all does.
    pub(crate) fn flaws(&self) -> Vec<&'static str> {
        let flaws = [self.name_flaw(), self.description_flaw(), self.slug_flaw()];
        flaws.into_iter().flatten().collect()
    }

    pub(crate) fn name_flaw(&self) -> Option<&'static str> {
        match word_count(&self.name) {
            _ if self.name.is_empty() => Some("the name is missing"),
            words if words > MAX_WORDS => Some("the name is longer than ten words"),
            _ => None,
        }
    }

    pub(crate) fn description_flaw(&self) -> Option<&'static str> {
        match sentences(&self.description).len() {
            0 => Some("the description is missing"),
            1..=MAX_SENTENCES => None,
            _ => Some("the description is longer than two sentences"),
        }
    }

    pub(crate) fn slug_flaw(&self) -> Option<&'static str> {
        let words = self.slug.split('_').filter(|word| !word.is_empty()).count();
        // Where words are not told apart by spaces, nobody can count them.
        let fits =
            (1..=SLUG_WORDS).contains(&words) || !(self.name.is_empty() || is_latin(&self.name));
        (!fits).then_some("the slug is not one to three words in snake_case")
    }

    /// This answer, with what an `earlier` one said better.
    pub(crate) fn or(self, earlier: Self) -> Self {
        let now = (self.name_flaw(), self.description_flaw(), self.slug_flaw());
        let before = (earlier.name_flaw(), earlier.description_flaw(), earlier.slug_flaw());
        let better = |now: (Option<_>, String), before: (Option<&str>, String)| {
            let (flaw, text): (Option<&str>, String) = now;
            let keep = flaw.is_none() || (before.0.is_some() && !text.is_empty());
            if keep { text } else { before.1 }
        };
        Self {
            name: better((now.0, self.name), (before.0, earlier.name)),
            description: better((now.1, self.description), (before.1, earlier.description)),
            slug: better((now.2, self.slug), (before.2, earlier.slug)),
        }
    }

    /// Cuts what is too long and makes the slug from the name where there is no good one. Says
    /// what was done; a name or description that is missing stays so.
    pub(crate) fn trim(&mut self) -> Vec<&'static str> {
        let mut done = Vec::new();
        if !self.name.is_empty() && self.name_flaw().is_some() {
            self.name = cut(&self.name);
            done.push("the name was cut");
        }
        if !self.description.is_empty() && self.description_flaw().is_some() {
            let kept = sentences(&self.description);
            self.description = kept[..kept.len().min(MAX_SENTENCES)].join(" ");
            done.push("the description was cut");
        }
        if self.slug_flaw().is_some() {
            self.slug = slug_of(&[&self.name, &self.description]);
            done.push("the slug was made from the name");
        } else if self.slug.is_empty() {
            self.slug = slug_of(&[&self.name]);
        }
        done
    }
}

/// Lower case, words joined by underscores, Latin letters without accents.
fn snake_case(slug: &str) -> String {
    let words = slug.split(|c: char| !c.is_alphanumeric()).filter(|word| !word.is_empty());
    words.map(|word| slug_of(&[word])).collect::<Vec<_>>().join("_")
}

fn is_latin(text: &str) -> bool {
    text.chars().any(|c| c.is_ascii_alphabetic() || matches!(c, '\u{C0}'..='\u{24F}'))
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn draft(name: &str, description: &str, slug: &str) -> DraftParent {
        let value = json!({"name": name, "description": description, "slug": slug});
        DraftParent::read(Some(&value))
    }

    #[test]
    fn a_slug_is_brought_into_shape_and_then_counted() {
        for (name, slug, kept, fits) in [
            ("Refunds", "Card-Refund Requests", "card_refund_requests", true),
            ("Hôtels", "Réserver_un_hôtel", "reserver_un_hotel", true),
            ("Refunds", "refunds", "refunds", true),
            ("Refunds", "a_b_c_d", "a_b_c_d", false),
            ("Refunds", "", "", false),
            ("重置密码", "重置密码", "重置密码", true),
        ] {
            let draft = draft(name, "One.", slug);
            assert_eq!(draft.slug, kept);
            assert_eq!(draft.slug_flaw().is_none(), fits, "{slug}");
        }
    }

    #[test]
    fn what_does_not_fit_is_said_and_then_trimmed() {
        let long = "one two three four five six seven eight nine ten eleven";
        let mut draft = draft(long, "One. Two. Three.", "a_b_c_d");
        assert_eq!(draft.flaws().len(), 3);
        assert_eq!(draft.trim().len(), 3);
        assert_eq!(draft.flaws(), [] as [&str; 0]);
        assert_eq!(draft.description, "One. Two.");
    }

    #[test]
    fn the_better_of_two_answers_is_kept_field_by_field() {
        let first = draft("Refunds", "", "card_refund_requests");
        let second = draft("", "About refunds.", "a_b_c_d");
        let both = second.or(first);
        assert_eq!(both, draft("Refunds", "About refunds.", "card_refund_requests"));
        assert_eq!(DraftParent::read(Some(&json!("Refunds"))), DraftParent::default());
        assert_eq!(
            DraftParent::read(Some(&json!({"name": 3, "slug": null}))),
            DraftParent::default()
        );
    }
}
