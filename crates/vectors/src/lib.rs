//! Rows of numbers and their products: what grouping, labelling and embedding all compute with.
//!
//! [`Vectors`] are borrowed rows (n × dim, row-major). [`dot`] is the scalar product of two of them;
//! [`visit_products`] those of many with many, as matrix products in blocks of a fixed size. All of it
//! gives the same bits at any number of threads; between processors with different vector
//! instructions, rounding may differ.

mod arithmetic;
mod bisect;
mod products;
mod rows;
mod smooth;

pub use arithmetic::{dot, mean_direction, normalise};
pub use bisect::{bisected, halves, packed};
pub use products::{
    BLOCK_ROWS, ProductScratch, dot_products, largest, visit_block, visit_products,
};
pub use rows::{ShapeError, Vectors};
pub use smooth::{Beside, neighbours, smoothed};
