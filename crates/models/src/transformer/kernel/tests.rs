//! Every kernel of this processor against plain sums, and against each other to the bit.

use super::Kernel;
use crate::transformer::Transformer;
use crate::transformer::encoder::BlockScratch;
use crate::transformer::kernel::{Dot, PANEL, Portable, QUERIES, TILE, WIDE};
use crate::transformer::linear::{Linear, Weights};
use crate::transformer::rows::Rows;

/// Numbers from -1 to 1 that look like chance.
fn noise(count: usize, seed: u32) -> Vec<f32> {
    let mut state = seed;
    let mut next = || {
        state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
        (state >> 8) as f32 / 8_388_608.0 - 1.0
    };
    (0..count).map(|_| next()).collect()
}

#[test]
fn all_kernels_give_the_same_bits() -> Result<(), cladus_core::Error> {
    let model = Transformer::minilm()?;
    let long = "clusters of conversations about parsers, printers and other machines ".repeat(40);
    let texts = ["", "a", "fix a broken build", "repair CI failures", &long, "Größe 漢字 🙂"];
    let ids: Vec<Vec<u32>> = texts.iter().map(|text| model.tokens().encode(text, 256)).collect();
    let kernels = Kernel::available();
    assert_eq!(kernels.last(), Some(&Kernel::Portable));
    let of = |kernel: Kernel| {
        let mut out = vec![0.0; ids.len() * model.dim()];
        model.encoder().encode(kernel, &ids, &mut out, &mut BlockScratch::default());
        out.iter().map(|x| x.to_bits()).collect::<Vec<_>>()
    };
    let plain = of(Kernel::Portable);
    for kernel in kernels {
        assert!(of(kernel) == plain, "{kernel:?}");
    }
    Ok(())
}

#[test]
fn tiles_are_sums_of_products() {
    let width = 12;
    let panel: Vec<i8> = noise(width * PANEL, 1).iter().map(|x| (x * 127.0) as i8).collect();
    let rows: Vec<u8> = noise(width * TILE, 2).iter().map(|x| (x * 127.0 + 128.0) as u8).collect();
    for count in 1..=TILE {
        let mut sums = [[0; PANEL]; TILE];
        Portable.tile(&rows[..count * width], count, &panel, &mut sums);
        for row in 0..count {
            for output in 0..PANEL {
                let product = |i: usize| {
                    let weight = panel[i / 4 * 4 * PANEL + output * 4 + i % 4];
                    i32::from(rows[row * width + i]) * i32::from(weight)
                };
                assert_eq!(sums[row][output], (0..width).map(product).sum::<i32>());
            }
        }
    }
}

#[test]
fn weighing_adds_rows_up() {
    let (count, stride, column) = (7, 2 * WIDE, WIDE);
    let (rows, factors) = (noise(count * stride, 3), noise(count * QUERIES, 4));
    let parts: [&[f32]; QUERIES] = std::array::from_fn(|q| &factors[q * count..][..count]);
    let sums = Portable.weigh(parts, &rows, stride, column);
    for (query, sums) in sums.iter().enumerate() {
        for (i, sum) in sums.iter().enumerate() {
            let terms = (0..count).map(|row| parts[query][row] * rows[row * stride + column + i]);
            assert_eq!(*sum, terms.fold(0.0, |sum, term| sum + term));
        }
    }
}

/// Also where outputs fill no panel, and where rows fill no tile.
#[test]
fn a_layer_in_8_bits_is_near_one_in_32() {
    let (inputs, outputs, count) = (48, 70, 8);
    let (weights, bias) = (noise(inputs * outputs, 5), noise(outputs, 6));
    let mut numbers = noise(inputs * count, 7);
    numbers[inputs..2 * inputs].fill(0.0);
    let layer = Linear::new(&[
        (Weights::quantise(&weights[..20 * inputs], inputs), bias[..20].to_vec()),
        (Weights::quantise(&weights[20 * inputs..], inputs), bias[20..].to_vec()),
    ]);
    let (mut rows, mut out) = (Rows::default(), Vec::new());
    rows.fill(&numbers, inputs);
    layer.apply(Portable, &rows, &mut out);
    for row in 0..count {
        for output in 0..outputs {
            let products = (0..inputs).map(|i| {
                f64::from(numbers[row * inputs + i]) * f64::from(weights[output * inputs + i])
            });
            let exact = products.sum::<f64>() + f64::from(bias[output]);
            let found = f64::from(out[row * outputs + output]);
            assert!((found - exact).abs() < 0.1, "{row} {output}: {found} for {exact}");
        }
    }
    assert_eq!(out[outputs..2 * outputs], bias, "a row of zeros is exact");
}

/// `cargo test -p cladus-models how_fast -- --ignored --nocapture` prints what each kernel does.
#[test]
#[ignore = "a measurement"]
fn how_fast() -> Result<(), cladus_core::Error> {
    let model = Transformer::minilm()?;
    let text = "Reset a password. Users who are locked out want help to get back in.";
    let ids = vec![model.tokens().encode(text, 256); 10];
    for kernel in Kernel::available() {
        let mut out = vec![0.0; ids.len() * model.dim()];
        let mut best = f64::INFINITY;
        for _ in 0..5 {
            let started = std::time::Instant::now();
            model.encoder().encode(kernel, &ids, &mut out, &mut BlockScratch::default());
            best = best.min(started.elapsed().as_secs_f64());
        }
        println!("{kernel:?}: {:.0} texts of {} tokens a second a core", 10.0 / best, ids[0].len());
    }
    Ok(())
}
