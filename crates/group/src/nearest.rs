//! The most similar of all that were offered.

/// The most similar of all that were offered.
#[derive(Clone)]
pub(crate) struct NearestOffered {
    found: Vec<(f32, u32)>,
    /// What must be beaten.
    least: f32,
}

impl Default for NearestOffered {
    fn default() -> Self {
        Self { found: Vec::new(), least: f32::NEG_INFINITY }
    }
}

impl NearestOffered {
    /// Keeps the `width` most similar among `offers`, `own` left out, and those kept before.
    pub(crate) fn offer<'s>(
        &mut self,
        width: usize,
        own: u32,
        offers: impl Iterator<Item = (u32, &'s f32)>,
    ) {
        for (g, &similarity) in offers {
            if similarity >= self.least && g != own {
                self.found.push((similarity, g));
                if self.found.len() >= 2 * width {
                    self.cut(width);
                }
            }
        }
    }

    fn cut(&mut self, width: usize) {
        if self.found.len() > width {
            self.found.select_nth_unstable_by(width, order);
            self.found.truncate(width);
            let last = self.found.iter().map(|(similarity, _)| *similarity);
            self.least = last.fold(f32::INFINITY, f32::min);
        }
    }

    pub(crate) fn into_groups(mut self, width: usize) -> Vec<u32> {
        self.cut(width);
        self.found.sort_unstable_by(order);
        self.found.into_iter().map(|(_, g)| g).collect()
    }
}

/// The more similar first, and of equals the one with the lower number.
fn order(a: &(f32, u32), b: &(f32, u32)) -> std::cmp::Ordering {
    b.0.total_cmp(&a.0).then(a.1.cmp(&b.1))
}
