//! Products of bytes by the vector instructions of x86-64.
//!
//! The safe part is [`Dot::tile`] and [`run`]; what they rest on is that a [`Kernel`] of these
//! instructions is only made by [`available`], and that panels and rows are as long as asserted.
#![expect(unsafe_code, reason = "instructions must exist, and load through pointers")]

use std::arch::x86_64::{
    _mm_loadu_si128, _mm_set1_epi32, _mm256_add_epi32, _mm256_add_ps, _mm256_cvtepi8_epi16,
    _mm256_cvtepu8_epi16, _mm256_dpbusd_avx_epi32, _mm256_hadd_epi32, _mm256_loadu_ps,
    _mm256_loadu_si256, _mm256_madd_epi16, _mm256_mul_ps, _mm256_permute4x64_epi64,
    _mm256_set1_epi32, _mm256_set1_ps, _mm256_setzero_ps, _mm256_setzero_si256, _mm256_storeu_ps,
    _mm256_storeu_si256, _mm512_add_ps, _mm512_dpbusd_epi32, _mm512_loadu_ps, _mm512_loadu_si512,
    _mm512_mul_ps, _mm512_set1_epi32, _mm512_set1_ps, _mm512_setzero_ps, _mm512_setzero_si512,
    _mm512_storeu_ps, _mm512_storeu_si512,
};

use super::{Computation, Dot, Kernel, PANEL, QUERIES, TILE, WIDE};

type Sums = [[i32; PANEL]; TILE];
type Weighed = [[f32; WIDE]; QUERIES];

/// What this processor has, the fastest first.
pub(super) fn available() -> impl Iterator<Item = Kernel> {
    let avx2 = is_x86_feature_detected!("avx2");
    let avx512 = is_x86_feature_detected!("avx512f")
        && is_x86_feature_detected!("avx512bw")
        && is_x86_feature_detected!("avx512dq")
        && is_x86_feature_detected!("avx512vl")
        && is_x86_feature_detected!("avx512vnni");
    [
        (avx2 && avx512, Kernel::Avx512),
        (avx2 && is_x86_feature_detected!("avxvnni"), Kernel::AvxVnni),
        (avx2, Kernel::Avx2),
    ]
    .into_iter()
    .filter_map(|(present, kernel)| present.then_some(kernel))
}

/// The computation with the instructions of `kernel`, also for what is no product of bytes.
pub(super) fn run(kernel: Kernel, computation: impl Computation) {
    // SAFETY: `available` has found the instructions of each of these.
    unsafe {
        match kernel {
            Kernel::Avx512 => run_512(computation),
            Kernel::AvxVnni => run_256(Vnni, computation),
            Kernel::Avx2 | Kernel::Portable => run_256(WideProducts, computation),
        }
    }
}

#[target_feature(enable = "avx2,avx512f,avx512bw,avx512dq,avx512vl,avx512vnni")]
fn run_512(computation: impl Computation) {
    computation.run(Avx512);
}

#[target_feature(enable = "avx2")]
fn run_256(dot: impl Dot, computation: impl Computation) {
    computation.run(dot);
}

/// The bytes of a row, and a check of everything that the loops below rely on.
fn width(rows: &[u8], count: usize, panel: &[i8]) -> usize {
    let width = rows.len() / count;
    assert!((1..=TILE).contains(&count) && rows.len() == width * count);
    assert!(width.is_multiple_of(4) && panel.len() == width * PANEL);
    width
}

/// A check of everything that [`weigh_512`] and [`weigh_256`] rely on.
fn check(factors: [&[f32]; QUERIES], rows: &[f32], stride: usize, column: usize) {
    let count = factors[0].len();
    assert!(factors.iter().all(|factors| factors.len() == count));
    assert!(column + WIDE <= stride && count * stride <= rows.len());
}

/// Four bytes of a row, for every lane.
///
/// # Safety
/// Four bytes must be readable at `at`.
#[inline(always)]
unsafe fn four(at: *const u8) -> i32 {
    // SAFETY: as the caller says; the type has no alignment.
    i32::from_le_bytes(unsafe { at.cast::<[u8; 4]>().read() })
}

#[derive(Clone, Copy)]
struct Avx512;

impl Dot for Avx512 {
    #[inline(always)]
    fn tile(self, rows: &[u8], count: usize, panel: &[i8], sums: &mut Sums) {
        let width = width(rows, count, panel);
        // SAFETY: only `encode` makes this type's users, for processors that have the instructions;
        // `width` has checked the lengths.
        unsafe {
            match count {
                1 => tile_512::<1>(rows, width, panel, sums),
                2 => tile_512::<2>(rows, width, panel, sums),
                3 => tile_512::<3>(rows, width, panel, sums),
                4 => tile_512::<4>(rows, width, panel, sums),
                5 => tile_512::<5>(rows, width, panel, sums),
                _ => tile_512::<6>(rows, width, panel, sums),
            }
        }
    }

    #[inline(always)]
    fn weigh(
        self,
        factors: [&[f32]; QUERIES],
        rows: &[f32],
        stride: usize,
        column: usize,
    ) -> Weighed {
        check(factors, rows, stride, column);
        // SAFETY: as above; `check` has checked the lengths.
        unsafe { weigh_512(factors, rows, stride, column) }
    }
}

/// # Safety
/// `rows` has `ROWS * width` bytes and `panel` `PANEL * width`, `width` being a multiple of 4.
#[target_feature(enable = "avx512f,avx512vnni")]
unsafe fn tile_512<const ROWS: usize>(rows: &[u8], width: usize, panel: &[i8], out: &mut Sums) {
    const VECTORS: usize = PANEL / 16;
    let mut sums = [[_mm512_setzero_si512(); VECTORS]; ROWS];
    for step in 0..width / 4 {
        let mut weights = [_mm512_setzero_si512(); VECTORS];
        for (i, weights) in weights.iter_mut().enumerate() {
            // SAFETY: a step of the panel is `4 * PANEL` bytes, four of these vectors.
            *weights =
                unsafe { _mm512_loadu_si512(panel.as_ptr().add(step * 4 * PANEL + i * 64).cast()) };
        }
        for (row, sums) in sums.iter_mut().enumerate() {
            // SAFETY: `step` is below `width / 4` and `row` below `ROWS`.
            let bytes = unsafe { four(rows.as_ptr().add(row * width + step * 4)) };
            let bytes = _mm512_set1_epi32(bytes);
            for (sum, &weights) in sums.iter_mut().zip(&weights) {
                *sum = _mm512_dpbusd_epi32(*sum, bytes, weights);
            }
        }
    }
    for (sums, out) in sums.iter().zip(out) {
        for (&sum, out) in sums.iter().zip(out.as_chunks_mut::<16>().0) {
            // SAFETY: `out` has 16 numbers.
            unsafe { _mm512_storeu_si512(out.as_mut_ptr().cast(), sum) };
        }
    }
}

/// # Safety
/// All have as many factors, there is a row for each, and a row has [`WIDE`] numbers from `column` on.
#[target_feature(enable = "avx512f")]
unsafe fn weigh_512(
    factors: [&[f32]; QUERIES],
    rows: &[f32],
    stride: usize,
    column: usize,
) -> Weighed {
    let mut sums = [[_mm512_setzero_ps(); WIDE / 16]; QUERIES];
    for row in 0..factors[0].len() {
        // SAFETY: as the caller says.
        let (first, second) = unsafe {
            let place = rows.as_ptr().add(row * stride + column);
            (_mm512_loadu_ps(place), _mm512_loadu_ps(place.add(16)))
        };
        for (sums, factors) in sums.iter_mut().zip(factors) {
            // SAFETY: as the caller says.
            let factor = _mm512_set1_ps(unsafe { *factors.get_unchecked(row) });
            sums[0] = _mm512_add_ps(sums[0], _mm512_mul_ps(factor, first));
            sums[1] = _mm512_add_ps(sums[1], _mm512_mul_ps(factor, second));
        }
    }
    let mut out = [[0.0; WIDE]; QUERIES];
    for (sums, out) in sums.iter().zip(&mut out) {
        for (&sum, out) in sums.iter().zip(out.as_chunks_mut::<16>().0) {
            // SAFETY: `out` has 16 numbers.
            unsafe { _mm512_storeu_ps(out.as_mut_ptr(), sum) };
        }
    }
    out
}

/// # Safety
/// As for [`weigh_512`].
#[target_feature(enable = "avx2")]
unsafe fn weigh_256(
    factors: [&[f32]; QUERIES],
    rows: &[f32],
    stride: usize,
    column: usize,
) -> Weighed {
    let mut out = [[0.0; WIDE]; QUERIES];
    for half in 0..WIDE / 16 {
        let mut sums = [[_mm256_setzero_ps(); 2]; QUERIES];
        for row in 0..factors[0].len() {
            // SAFETY: as the caller says.
            let (first, second) = unsafe {
                let place = rows.as_ptr().add(row * stride + column + half * 16);
                (_mm256_loadu_ps(place), _mm256_loadu_ps(place.add(8)))
            };
            for (sums, factors) in sums.iter_mut().zip(factors) {
                // SAFETY: as the caller says.
                let factor = _mm256_set1_ps(unsafe { *factors.get_unchecked(row) });
                sums[0] = _mm256_add_ps(sums[0], _mm256_mul_ps(factor, first));
                sums[1] = _mm256_add_ps(sums[1], _mm256_mul_ps(factor, second));
            }
        }
        for (sums, out) in sums.iter().zip(&mut out) {
            let out = &mut out.as_chunks_mut::<8>().0[half * 2..];
            for (&sum, out) in sums.iter().zip(out) {
                // SAFETY: `out` has 8 numbers.
                unsafe { _mm256_storeu_ps(out.as_mut_ptr(), sum) };
            }
        }
    }
    out
}

#[derive(Clone, Copy)]
struct Vnni;

impl Dot for Vnni {
    #[inline(always)]
    fn tile(self, rows: &[u8], count: usize, panel: &[i8], sums: &mut Sums) {
        let width = width(rows, count, panel);
        for (rows, sums) in rows.chunks(3 * width).zip(sums.chunks_mut(3)) {
            // SAFETY: as for `Avx512`; `rows` has one to three rows.
            unsafe {
                match rows.len() / width {
                    1 => tile_vnni::<1>(rows, width, panel, sums),
                    2 => tile_vnni::<2>(rows, width, panel, sums),
                    _ => tile_vnni::<3>(rows, width, panel, sums),
                }
            }
        }
    }

    #[inline(always)]
    fn weigh(
        self,
        factors: [&[f32]; QUERIES],
        rows: &[f32],
        stride: usize,
        column: usize,
    ) -> Weighed {
        check(factors, rows, stride, column);
        // SAFETY: as above; `check` has checked the lengths.
        unsafe { weigh_256(factors, rows, stride, column) }
    }
}

/// # Safety
/// As for [`tile_512`]; `out` has at least `ROWS` rows.
#[target_feature(enable = "avx2,avxvnni")]
unsafe fn tile_vnni<const ROWS: usize>(
    rows: &[u8],
    width: usize,
    panel: &[i8],
    out: &mut [[i32; PANEL]],
) {
    const VECTORS: usize = 4;
    for half in 0..PANEL / (8 * VECTORS) {
        let mut sums = [[_mm256_setzero_si256(); VECTORS]; ROWS];
        for step in 0..width / 4 {
            let place = step * 4 * PANEL + half * 32 * VECTORS;
            for (row, sums) in sums.iter_mut().enumerate() {
                // SAFETY: `step` is below `width / 4` and `row` below `ROWS`.
                let bytes = unsafe { four(rows.as_ptr().add(row * width + step * 4)) };
                let bytes = _mm256_set1_epi32(bytes);
                for (i, sum) in sums.iter_mut().enumerate() {
                    // SAFETY: a step of the panel is `4 * PANEL` bytes, eight of these vectors.
                    let weights =
                        unsafe { _mm256_loadu_si256(panel.as_ptr().add(place + i * 32).cast()) };
                    *sum = _mm256_dpbusd_avx_epi32(*sum, bytes, weights);
                }
            }
        }
        for (sums, out) in sums.iter().zip(&mut *out) {
            let out = &mut out.as_chunks_mut::<8>().0[half * VECTORS..];
            for (&sum, out) in sums.iter().zip(out) {
                // SAFETY: `out` has 8 numbers.
                unsafe { _mm256_storeu_si256(out.as_mut_ptr().cast(), sum) };
            }
        }
    }
}

/// Products of 16 bits, whose sums in pairs have room in 32: those of 8 bits would saturate.
#[derive(Clone, Copy)]
struct WideProducts;

impl Dot for WideProducts {
    #[inline(always)]
    fn tile(self, rows: &[u8], count: usize, panel: &[i8], sums: &mut Sums) {
        let width = width(rows, count, panel);
        for (rows, sums) in rows.chunks(2 * width).zip(sums.chunks_mut(2)) {
            // SAFETY: as for `Avx512`; `rows` has one or two rows.
            unsafe {
                match rows.len() / width {
                    1 => tile_wide::<1>(rows, width, panel, sums),
                    _ => tile_wide::<2>(rows, width, panel, sums),
                }
            }
        }
    }

    #[inline(always)]
    fn weigh(
        self,
        factors: [&[f32]; QUERIES],
        rows: &[f32],
        stride: usize,
        column: usize,
    ) -> Weighed {
        check(factors, rows, stride, column);
        // SAFETY: as above; `check` has checked the lengths.
        unsafe { weigh_256(factors, rows, stride, column) }
    }
}

/// # Safety
/// As for [`tile_512`]; `out` has at least `ROWS` rows.
#[target_feature(enable = "avx2")]
unsafe fn tile_wide<const ROWS: usize>(
    rows: &[u8],
    width: usize,
    panel: &[i8],
    out: &mut [[i32; PANEL]],
) {
    const VECTORS: usize = 4;
    for part in 0..PANEL / (4 * VECTORS) {
        // Two sums for each of four outputs a vector.
        let mut sums = [[_mm256_setzero_si256(); VECTORS]; ROWS];
        for step in 0..width / 4 {
            let place = step * 4 * PANEL + part * 16 * VECTORS;
            let mut weights = [_mm256_setzero_si256(); VECTORS];
            for (i, weights) in weights.iter_mut().enumerate() {
                // SAFETY: a step of the panel is `4 * PANEL` bytes, sixteen of these.
                let bytes = unsafe { _mm_loadu_si128(panel.as_ptr().add(place + i * 16).cast()) };
                *weights = _mm256_cvtepi8_epi16(bytes);
            }
            for (row, sums) in sums.iter_mut().enumerate() {
                // SAFETY: `step` is below `width / 4` and `row` below `ROWS`.
                let bytes = unsafe { four(rows.as_ptr().add(row * width + step * 4)) };
                let bytes = _mm256_cvtepu8_epi16(_mm_set1_epi32(bytes));
                for (sum, &weights) in sums.iter_mut().zip(&weights) {
                    *sum = _mm256_add_epi32(*sum, _mm256_madd_epi16(bytes, weights));
                }
            }
        }
        for (sums, out) in sums.iter().zip(&mut *out) {
            let out = &mut out.as_chunks_mut::<8>().0[part * VECTORS / 2..];
            for (pair, out) in sums.as_chunks::<2>().0.iter().zip(out) {
                let outputs = _mm256_hadd_epi32(pair[0], pair[1]);
                let outputs = _mm256_permute4x64_epi64::<0b11_01_10_00>(outputs);
                // SAFETY: `out` has 8 numbers.
                unsafe { _mm256_storeu_si256(out.as_mut_ptr().cast(), outputs) };
            }
        }
    }
}
