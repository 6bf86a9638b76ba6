//! Plain arithmetic in a fixed order: the same bits from every compiler target.
//!
//! There is no fused multiply-add in here, because not every processor has one, and no call into a
//! mathematics library, because they differ. Loops run over lanes, so that compilers need not (and
//! may not) reorder sums to make vectors of them.

/// How many sums run side by side.
pub(crate) const LANES: usize = 16;

/// Adding this to a small number rounds it (half to even) into the last bits.
const ROUND: f32 = 12_582_912.0;

/// `f` of every number, summed.
#[inline(always)]
pub(crate) fn sum(numbers: &[f32], f: impl Fn(f32) -> f32) -> f32 {
    let mut lanes = [0.0; LANES];
    let (whole, rest) = numbers.as_chunks::<LANES>();
    for chunk in whole {
        for (lane, &x) in lanes.iter_mut().zip(chunk) {
            *lane += f(x);
        }
    }
    for (lane, &x) in lanes.iter_mut().zip(rest) {
        *lane += f(x);
    }
    fold(lanes, |a, b| a + b)
}

/// The least and the greatest of the numbers and 0.
#[inline(always)]
pub(crate) fn range(numbers: &[f32]) -> (f32, f32) {
    let (mut low, mut high) = ([0.0_f32; LANES], [0.0_f32; LANES]);
    let (whole, rest) = numbers.as_chunks::<LANES>();
    for chunk in whole {
        for i in 0..LANES {
            low[i] = least(low[i], chunk[i]);
            high[i] = greatest(high[i], chunk[i]);
        }
    }
    for (i, &x) in rest.iter().enumerate() {
        low[i] = least(low[i], x);
        high[i] = greatest(high[i], x);
    }
    (fold(low, least), fold(high, greatest))
}

#[inline(always)]
fn fold(mut lanes: [f32; LANES], f: impl Fn(f32, f32) -> f32) -> f32 {
    let mut width = LANES / 2;
    while width > 0 {
        for i in 0..width {
            lanes[i] = f(lanes[i], lanes[i + width]);
        }
        width /= 2;
    }
    lanes[0]
}

/// As one instruction has it, unlike `f32::min`, which has to look for what is not a number.
#[inline(always)]
fn least(a: f32, b: f32) -> f32 {
    if b < a { b } else { a }
}

#[inline(always)]
fn greatest(a: f32, b: f32) -> f32 {
    if b > a { b } else { a }
}

/// The nearest of 0 to 255.
#[inline(always)]
pub(crate) fn byte(x: f32) -> u8 {
    // The last bits of the sum are the number.
    (least(greatest(x, 0.0), 255.0) + ROUND).to_bits() as u8
}

/// e to the power of `x`, for `x` from -87 to 87, beyond which it stays; to 2 units in the last
/// place (the polynomial is that of Cephes' `expf`).
#[inline(always)]
pub(crate) fn exp(x: f32) -> f32 {
    let x = least(greatest(x, -87.0), 87.0);
    let rounded = x * std::f32::consts::LOG2_E + ROUND;
    let n = rounded - ROUND;
    // ln 2 in two parts, the first of which has few bits.
    let r = x - n * 0.693_359_4 + n * 2.121_944_4e-4;
    let p = 1.987_569_1e-4;
    let p = p * r + 1.398_2e-3;
    let p = p * r + 8.333_452e-3;
    let p = p * r + 4.166_579_6e-2;
    let p = p * r + 1.666_666_5e-1;
    let p = p * r + 0.5;
    let e = p * r * r + r + 1.0;
    e * f32::from_bits(rounded.to_bits().wrapping_add(127) << 23)
}

/// `x` times the share of a normal distribution below it, by Abramowitz and Stegun's 7.1.26 (error
/// under 2e-7 of `x`).
#[inline(always)]
pub(crate) fn gelu(x: f32) -> f32 {
    let z = x.abs() * std::f32::consts::FRAC_1_SQRT_2;
    let t = 1.0 / (1.0 + 0.327_591_1 * z);
    let p = 1.061_405_4;
    let p = p * t - 1.453_152_1;
    let p = p * t + 1.421_413_8;
    let p = p * t - 0.284_496_72;
    let p = p * t + 0.254_829_6;
    let tail = 0.5 * p * t * exp(-z * z);
    x * if x < 0.0 { tail } else { 1.0 - tail }
}

/// Mean 0 and variance 1, then scale and shift, in place.
#[inline(always)]
pub(crate) fn layer_norm(row: &mut [f32], scale: &[f32], shift: &[f32], epsilon: f32) {
    let count = row.len() as f32;
    let mean = sum(row, |x| x) / count;
    let variance = sum(row, |x| (x - mean) * (x - mean)) / count;
    let inverse = 1.0 / (variance + epsilon).sqrt();
    for ((x, &scale), &shift) in row.iter_mut().zip(scale).zip(shift) {
        *x = (*x - mean) * inverse * scale + shift;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Simpson's rule for the normal distribution, from 0 to x, in f64.
    fn normal(x: f64) -> f64 {
        let steps = 2_000;
        let h = x / f64::from(steps);
        let density = |t: f64| (-t * t / 2.0).exp() / (2.0 * std::f64::consts::PI).sqrt();
        let inner: f64 = (1..steps)
            .map(|i| density(h * f64::from(i)) * if i % 2 == 1 { 4.0 } else { 2.0 })
            .sum();
        0.5 + h / 3.0 * (density(0.0) + inner + density(x))
    }

    #[test]
    fn exp_is_near_the_real_one() {
        for i in -8_700..8_700 {
            let x = i as f32 / 100.0;
            let real = f64::from(x).exp();
            assert!((f64::from(exp(x)) - real).abs() <= real * 3e-7, "{x}");
        }
        assert!(exp(f32::NEG_INFINITY) < 1e-37 && exp(f32::INFINITY).is_finite());
    }

    #[test]
    fn gelu_is_near_the_real_one() {
        for i in -600..600 {
            let x = f64::from(i) / 100.0;
            assert!((f64::from(gelu(x as f32)) - x * normal(x)).abs() < 2e-6, "{x}");
        }
        assert_eq!((gelu(0.0), gelu(100.0)), (0.0, 100.0));
        assert!(gelu(-100.0).abs() < 1e-30);
    }

    #[test]
    fn sums_take_every_number() {
        let numbers: Vec<f32> = (0..53).map(|i| i as f32).collect();
        assert_eq!(sum(&numbers, |x| 2.0 * x), 2.0 * 1378.0);
        assert_eq!(range(&[3.0; 20]), (0.0, 3.0));
        let mut ends = vec![0.0; 37];
        (ends[36], ends[3]) = (-4.0, 9.0);
        assert_eq!(range(&ends), (-4.0, 9.0));
    }

    #[test]
    fn bytes_are_rounded_and_stay_in_their_range() {
        let of = |x| byte(x);
        assert_eq!([of(-3.0), of(0.4), of(0.6), of(254.6), of(1e9)], [0, 0, 1, 255, 255]);
    }
}
