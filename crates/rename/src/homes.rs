//! Families that children leave and join, one by one.

use cladus_vectors::{Vectors, dot, dot_products};

use crate::families::{Family, WINDOW, sum_of};

/// Families as places with room: each with the sum of its children's vectors, so that who lives
/// nearest is one product away.
pub(crate) struct Homes<'a> {
    vectors: Vectors<'a>,
    /// No family may have more children.
    most: usize,
    /// Those given up have no children.
    families: Vec<Family>,
    /// Row-major, a row a family.
    sums: Vec<f32>,
    /// The sums' squared lengths.
    squares: Vec<f32>,
    open: usize,
    clusters: usize,
}

impl<'a> Homes<'a> {
    pub(crate) fn of(families: Vec<Family>, vectors: Vectors<'a>, most: usize) -> Self {
        let sum = |family: &Family| sum_of(&family.children, vectors.data(), vectors.dim());
        let sums: Vec<Vec<f32>> = families.iter().map(sum).collect();
        let squares = sums.iter().map(|sum| dot(sum, sum)).collect();
        let sums = sums.concat();
        let clusters = families.iter().map(|family| family.children.len()).sum();
        Self { vectors, most, open: families.len(), families, sums, squares, clusters }
    }

    /// How many families have children.
    pub(crate) fn open(&self) -> usize {
        self.open
    }

    /// How many children the family at `place` has.
    pub(crate) fn size(&self, place: usize) -> usize {
        self.families[place].children.len()
    }

    /// Sizes and places of the families that have children.
    pub(crate) fn sizes(&self) -> impl Iterator<Item = (usize, usize)> + '_ {
        let sizes = self.families.iter().map(|family| family.children.len());
        sizes.enumerate().map(|(place, size)| (size, place)).filter(|(size, _)| *size > 0)
    }

    /// Have the others room for all children of the family at `place`?
    pub(crate) fn can_give_up(&self, place: usize) -> bool {
        self.open > 1
            && self.clusters <= self.most.saturating_mul(self.open - 1)
            && self.size(place) > 0
    }

    /// Gives the family at `place` up: each of its children joins the nearest that has room. Returns
    /// who they joined. The others [must have room](Self::can_give_up).
    pub(crate) fn give_up(&mut self, place: usize) -> Vec<usize> {
        let children = std::mem::take(&mut self.families[place].children);
        self.open -= 1;
        let dim = self.vectors.dim();
        self.sums[place * dim..(place + 1) * dim].fill(0.0);
        let mut joined = Vec::with_capacity(children.len());
        for child in children {
            let row = self.vectors.row(child);
            let home = self.nearest(place, row, 1, |size| size < self.most);
            // Never without one where there is room; then it stays where it was.
            let home = home.unwrap_or(place);
            self.add(home, child);
            joined.push(home);
        }
        joined
    }

    /// Takes the nearest child of the nearest family that has more than `least` into the one at
    /// `place`; says whether there was one.
    pub(crate) fn fill_up(&mut self, place: usize, least: usize) -> bool {
        let size = self.size(place);
        let sum = self.sum(place).to_vec();
        let mean: Vec<f32> = sum.iter().map(|value| value / size.max(1) as f32).collect();
        let Some(from) = self.nearest(place, &mean, size, |size| size > least) else {
            return false;
        };
        let near = |child: usize| dot(self.vectors.row(child), &mean);
        let children = self.families[from].children.iter().copied().enumerate();
        let nearest = children.map(|(at, child)| (near(child), at, child));
        let nearest = nearest.max_by(|a, b| a.0.total_cmp(&b.0).then(b.1.cmp(&a.1)));
        let Some((_, at, child)) = nearest else { return false };
        self.families[from].children.remove(at);
        self.add_to_sum(from, child, -1.0);
        self.add(place, child);
        true
    }

    /// The families that are left, as they were in order.
    pub(crate) fn left(self) -> Vec<Family> {
        self.families.into_iter().filter(|family| !family.children.is_empty()).collect()
    }

    fn sum(&self, place: usize) -> &[f32] {
        let dim = self.vectors.dim();
        &self.sums[place * dim..(place + 1) * dim]
    }

    fn add_to_sum(&mut self, place: usize, child: usize, times: f32) {
        let dim = self.vectors.dim();
        let sum = &mut self.sums[place * dim..(place + 1) * dim];
        sum.iter_mut().zip(self.vectors.row(child)).for_each(|(sum, value)| *sum += times * value);
        self.squares[place] = dot(sum, sum);
    }

    fn add(&mut self, place: usize, child: usize) {
        let children = &mut self.families[place].children;
        self.open += usize::from(children.is_empty());
        children.insert(children.partition_point(|other| *other < child), child);
        self.add_to_sum(place, child, 1.0);
    }

    /// The nearest family to `size` children around `mean` that is not the one at `from` and `will`
    /// have them, by its size: the one that would grow by the least sum of squares, of equals the
    /// first. It is looked for among those that were proposed about when `from` was, which keeps the
    /// cost linear, and among all where none of those will.
    fn nearest(
        &self,
        from: usize,
        mean: &[f32],
        size: usize,
        will: impl Fn(usize) -> bool,
    ) -> Option<usize> {
        let start = from / WINDOW * WINDOW;
        let window = start..self.families.len().min(start + WINDOW);
        let found = self.nearest_in(window, from, mean, size, &will);
        found.or_else(|| self.nearest_in(0..self.families.len(), from, mean, size, &will))
    }

    fn nearest_in(
        &self,
        places: std::ops::Range<usize>,
        from: usize,
        mean: &[f32],
        size: usize,
        will: impl Fn(usize) -> bool,
    ) -> Option<usize> {
        let dim = self.vectors.dim();
        let sums = &self.sums[places.start * dim..places.end * dim];
        let mut products = vec![0.0; places.len()];
        if dim > 0 {
            dot_products(mean, sums, dim, &mut products);
        }
        let length = dot(mean, mean);
        let n = size as f32;
        let cost = |place: usize, product: f32| {
            let m = self.size(place) as f32;
            let apart = length - 2.0 * product / m + self.squares[place] / (m * m);
            apart * n * m / (n + m)
        };
        places
            .zip(products)
            .filter(|(place, _)| *place != from && self.size(*place) > 0 && will(self.size(*place)))
            .map(|(place, product)| (cost(place, product), place))
            .min_by(|a, b| a.0.total_cmp(&b.0).then(a.1.cmp(&b.1)))
            .map(|(_, place)| place)
    }
}
