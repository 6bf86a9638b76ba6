//! How many children a parent may have, where a user says so.

use crate::error::{Error, Result};

/// The fewest and the most children of every parent; either may be left open.
///
/// Where no number of parents keeps both (nine clusters under parents of six or seven), the most
/// comes first.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Children {
    least: Option<usize>,
    most: Option<usize>,
}

impl Children {
    /// Any number.
    pub const ANY: Self = Self { least: None, most: None };

    /// At least `least` (`min_children`) and at most `most` (`max_children`).
    ///
    /// # Errors
    /// When no parent can be like that, or no level would ever shrink.
    pub fn new(least: Option<usize>, most: Option<usize>) -> Result<Self> {
        if least == Some(0) {
            return Err(Error::config_hint(
                "min_children is 0: a parent has at least one child",
                "leave it out to allow any number",
            ));
        }
        if let Some(most) = most.filter(|most| *most < 2) {
            return Err(Error::config_hint(
                format!("max_children is {most}: parents of one child would never become fewer"),
                "give 2 or more, or leave it out to allow any number",
            ));
        }
        if let (Some(least), Some(most)) = (least, most)
            && least > most
        {
            return Err(Error::config_hint(
                format!("min_children is {least}, but max_children is {most}"),
                format!("raise --max-children to {least} or more, or lower --min-children"),
            ));
        }
        Ok(Self { least, most })
    }

    /// Fewest children, if anybody said.
    pub fn least(self) -> Option<usize> {
        self.least
    }

    /// Most children, if anybody said.
    pub fn most(self) -> Option<usize> {
        self.most
    }

    /// How many parents `n` clusters get where `wanted` are planned: not so many that some must have
    /// too few children, and not so few that some must have too many.
    pub fn parents(self, n: usize, wanted: usize) -> usize {
        let most = self.least.map_or(wanted, |least| wanted.min(n / least));
        most.max(self.fewest_parents(n))
    }

    /// Fewer parents than this cannot hold `n` clusters.
    pub fn fewest_parents(self, n: usize) -> usize {
        self.most.map_or(1, |most| n.div_ceil(most).max(1))
    }

    /// Can `n` clusters be parted so that every parent keeps both bounds?
    pub fn can_hold(self, n: usize) -> bool {
        self.least.is_none_or(|least| self.fewest_parents(n) * least <= n)
    }

    /// The bound that a parent of `children` of `n` clusters breaks, in words, where it need not.
    pub fn broken(self, children: usize, n: usize) -> Option<String> {
        match (self.least, self.most) {
            (_, Some(most)) if children > most => Some(format!("max_children is {most}")),
            (Some(least), _) if children < least && self.can_hold(n) => {
                Some(format!("min_children is {least}"))
            }
            _ => None,
        }
    }

    /// So many clusters there can be `levels` levels below `parents`.
    pub fn below(self, parents: usize, levels: usize) -> usize {
        let levels = u32::try_from(levels).unwrap_or(u32::MAX);
        self.most.map_or(usize::MAX, |most| parents.saturating_mul(most.saturating_pow(levels)))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn what_no_parent_can_be_is_refused_with_a_hint() {
        for (least, most) in [(Some(0), None), (None, Some(1)), (None, Some(0)), (Some(4), Some(3))]
        {
            let error = Children::new(least, most).unwrap_err();
            assert_eq!(error.exit_code(), crate::exit::USAGE, "{error}");
            assert!(error.hint().is_some(), "{error}");
        }
        for (least, most) in [(None, None), (Some(1), Some(2)), (Some(3), Some(3))] {
            assert!(Children::new(least, most).is_ok());
        }
    }

    #[test]
    fn as_many_parents_as_the_bounds_leave() {
        let children = |least, most| Children::new(least, most).unwrap();
        assert_eq!(children(None, None).parents(100, 30), 30);
        assert_eq!(children(Some(5), None).parents(100, 30), 20);
        assert_eq!(children(None, Some(3)).parents(100, 30), 34);
        assert_eq!(children(Some(5), None).parents(3, 2), 1, "one parent always stays");
        let tight = children(Some(6), Some(7));
        assert_eq!(tight.parents(9, 4), 2, "the most comes first");
        assert_eq!((tight.broken(5, 9), tight.broken(8, 9).is_some()), (None, true));
        assert_eq!(tight.broken(5, 12).as_deref(), Some("min_children is 6"));
        assert!(!tight.can_hold(9) && tight.can_hold(12) && tight.can_hold(13));
    }

    proptest! {
        #[test]
        fn what_can_be_held_is_held(n in 1usize..500, least in 1usize..12, more in 0usize..12) {
            let most = (least + more).max(2);
            let children = Children::new(Some(least), Some(most)).unwrap();
            let any = (1..=n).any(|parents| parents * least <= n && n <= parents * most);
            prop_assert_eq!(children.can_hold(n), any);
            let parents = children.parents(n, n);
            prop_assert!(parents * most >= n && (!any || parents * least <= n));
        }
    }
}
