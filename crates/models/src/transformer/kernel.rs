//! Products of bytes, and which instructions compute them.
//!
//! Every kernel gives the same integers.

mod portable;
#[cfg(target_arch = "x86_64")]
mod x86;

pub(crate) use portable::Portable;

/// Outputs that a panel of weights has.
pub(crate) const PANEL: usize = 64;
/// Rows that are multiplied side by side, at most.
pub(crate) const TILE: usize = 6;
/// Queries that attention computes side by side.
pub(crate) const QUERIES: usize = 4;
/// Numbers of each that it computes side by side.
pub(crate) const WIDE: usize = 32;

/// The two inner loops of an encoder.
pub(crate) trait Dot: Copy {
    /// Writes the sums of the first `count` rows of `rows`. A panel holds, for every four inputs,
    /// four weights of each of its outputs.
    fn tile(self, rows: &[u8], count: usize, panel: &[i8], sums: &mut [[i32; PANEL]; TILE]);

    /// Sums of the rows, each times its factor, added up one after the other: of `stride` numbers a
    /// row, those from `column` on.
    fn weigh(
        self,
        factors: [&[f32]; QUERIES],
        rows: &[f32],
        stride: usize,
        column: usize,
    ) -> [[f32; WIDE]; QUERIES];
}

/// What is compiled anew for each kind of instructions: [`run`](Self::run) must be inlined.
pub(crate) trait Computation {
    fn run<D: Dot>(self, dot: D);
}

/// Instructions to compute with.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Kernel {
    /// AVX-512 with its 8-bit products.
    #[cfg(target_arch = "x86_64")]
    Avx512,
    /// 256 bits with 8-bit products.
    #[cfg(target_arch = "x86_64")]
    AvxVnni,
    /// 256 bits, 16-bit products.
    #[cfg(target_arch = "x86_64")]
    Avx2,
    /// Whatever the compiler may assume.
    Portable,
}

impl Kernel {
    /// What this processor has, the fastest first.
    pub(crate) fn available() -> Vec<Self> {
        let mut kernels = Vec::new();
        #[cfg(target_arch = "x86_64")]
        kernels.extend(x86::available());
        kernels.push(Self::Portable);
        kernels
    }

    /// The computation, compiled for these instructions.
    pub(crate) fn run(self, computation: impl Computation) {
        match self {
            #[cfg(target_arch = "x86_64")]
            Self::Avx512 | Self::AvxVnni | Self::Avx2 => x86::run(self, computation),
            Self::Portable => computation.run(Portable),
        }
    }
}

#[cfg(test)]
mod tests;
