//! Measures the figures that `src/config.rs` and the crate's documentation rest on, on one core,
//! and prints each as a ratio of two measurements of this very run. Run it by
//! `cargo bench -p cladus-group`.

#![expect(clippy::print_stdout, reason = "a benchmark's output is its purpose")]

use std::num::NonZeroUsize;
use std::time::{Duration, Instant};

use cladus_group::{
    Blocked, FitOptions, GroupParams, KMeans, TwoLevel, group, group_with, starts_for,
};
use cladus_vectors::Vectors;
use rand_chacha::ChaCha8Rng;
use rand_chacha::rand_core::{RngCore, SeedableRng};

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let pool = rayon::ThreadPoolBuilder::new().num_threads(1).build()?;
    pool.install(|| {
        starts();
        large();
        levels();
    });
    Ok(())
}

/// What several starts bring, and cost.
fn starts() {
    println!("\nseveral starts, d = 512, groups of 40: inertia and time as ratios to one start");
    for n in [100, 300, 1000, 3000] {
        let data = mixture(n, n.div_ceil(10), 512);
        let (vectors, config) = (vectors(&data, 512), config(40));
        let used = starts_for(n, config.groups(n), 512);
        let run = |starts| fastest(|| group_with(vectors, &config, &Blocked, starts));
        let (one, single) = run(1);
        print!("n = {n:4}: 1 start {:5.1} ms", one.as_secs_f64() * 1e3);
        for starts in [2, 4, 8, 16] {
            let (time, grouping) = run(starts);
            let mark = if starts == used { " (default)" } else { "" };
            let gain = grouping.inertia / single.inertia;
            print!("; {starts}{mark} {gain:.4}x in {:.1}x", ratio(time, one));
        }
        println!();
    }
}

/// The size at which other k-means were measured.
fn large() {
    let (n, dim, clusters_per_group) = (10_000, 384, 12);
    let data = mixture(n, n.div_ceil(12), dim);
    let (vectors, config) = (vectors(&data, dim), config(clusters_per_group));
    let k = config.groups(n);
    let product = 2.0 * (n * k * dim) as f64 / 1e9;
    println!("\nn = {n}, k = {k}, d = {dim}; all dot products once are {product:.1} GFLOP");
    let (gemm, _) = fastest(|| all_products(vectors, &data[..k * dim]));
    println!("the `gemm` crate alone: {:.3} s, {:.0} GFLOP/s", secs(gemm), product / secs(gemm));

    for (name, max_iterations) in [("to rest", 100), ("one iteration", 1)] {
        let options = FitOptions { seed: 0, start: 0, max_iterations };
        let (time, fit) = fastest(|| Blocked.fit(vectors, k, options));
        let iterations = fit.iterations.unwrap_or(0);
        println!(
            "blocked, {name}: {iterations} iterations and seeding {:.3} s = {:.1} products, inertia {:.1}",
            secs(time),
            ratio(time, gemm),
            inertia(vectors, &fit.group),
        );
    }
    let (time, grouping) = fastest(|| group(vectors, &config));
    println!(
        "a grouping, {} start, refined, no group above {}: {:.3} s = {:.1} products, inertia {:.1}",
        grouping.starts,
        config.bound(),
        secs(time),
        ratio(time, gemm),
        grouping.inertia,
    );
}

/// Where not every row is compared with every group any more, and what that costs.
fn levels() {
    println!(
        "\ntwo-level against blocked, d = 256, groups of 12, a whole grouping (one repetition)"
    );
    for n in [5_000, 10_000, 20_000, 50_000] {
        let data = mixture(n, n.div_ceil(12), 256);
        let (vectors, config) = (vectors(&data, 256), config(12));
        let run = |method: &dyn KMeans| {
            let start = Instant::now();
            let grouping = group_with(vectors, &config, method, 1);
            (start.elapsed(), grouping.inertia)
        };
        let ((one, all), (other, some)) = (run(&Blocked), run(&TwoLevel::default()));
        println!(
            "n = {n:6}: blocked {:6.2} s, two-level {:6.2} s: {:.2}x the time, {:.4}x the inertia",
            secs(one),
            secs(other),
            ratio(other, one),
            some / all,
        );
    }
}

/// Every row's dot products with all centroids, in the blocks that the crate uses.
#[expect(unsafe_code, reason = "`gemm` takes pointers")]
fn all_products(vectors: Vectors, centroids: &[f32]) -> f32 {
    let dim = vectors.dim();
    let m = centroids.len() / dim;
    let mut out = vec![0.0_f32; 512 * m];
    let mut sum = 0.0;
    for rows in vectors.data().chunks(512 * dim) {
        let n = rows.len() / dim;
        // SAFETY: row-major matrices of n × dim, m × dim (read transposed) and at least n × m.
        unsafe {
            gemm::gemm(
                n,
                m,
                dim,
                out.as_mut_ptr(),
                1,
                m as isize,
                false,
                rows.as_ptr(),
                1,
                dim as isize,
                centroids.as_ptr(),
                dim as isize,
                1,
                0.0,
                1.0,
                false,
                false,
                false,
                gemm::Parallelism::None,
            );
        }
        sum += out[0];
    }
    sum
}

fn config(clusters_per_group: usize) -> GroupParams {
    GroupParams::new(NonZeroUsize::new(clusters_per_group).unwrap_or(NonZeroUsize::MIN))
}

fn vectors(data: &[f32], dim: usize) -> Vectors<'_> {
    Vectors::new(data, dim).unwrap_or_else(|e| unreachable!("{e}"))
}

/// The least wall time of a few repetitions: other work on the machine only ever adds to it.
fn fastest<T>(run: impl Fn() -> T) -> (Duration, T) {
    let time = || {
        let start = Instant::now();
        let value = run();
        (start.elapsed(), value)
    };
    let (mut least, value) = time();
    let repetitions = (0.5 / least.as_secs_f64().max(1e-6)).clamp(2.0, 50.0) as usize;
    for _ in 0..repetitions {
        least = least.min(time().0);
    }
    (least, value)
}

fn secs(time: Duration) -> f64 {
    time.as_secs_f64()
}

fn ratio(a: Duration, b: Duration) -> f64 {
    secs(a) / secs(b)
}

/// The sum of cosine distances to the groups' mean directions.
fn inertia(vectors: Vectors, group: &[u32]) -> f64 {
    let groups = group.iter().max().map_or(0, |&g| g as usize + 1);
    let mut sums = vec![0.0_f64; groups * vectors.dim()];
    for (row, &g) in group.iter().enumerate() {
        let sum = &mut sums[g as usize * vectors.dim()..][..vectors.dim()];
        sum.iter_mut().zip(vectors.row(row)).for_each(|(s, &x)| *s += f64::from(x));
    }
    let norm = |sum: &[f64]| sum.iter().map(|x| x * x).sum::<f64>().sqrt();
    group.len() as f64 - sums.chunks_exact(vectors.dim()).map(norm).sum::<f64>()
}

/// Unit rows around random centres of unequal weight, as far from them as the sentence
/// embeddings of one topic are: at a cosine distance of about 0.3.
fn mixture(n: usize, centres: usize, dim: usize) -> Vec<f32> {
    let mut rng = ChaCha8Rng::seed_from_u64(1);
    let mut normal = || (0..12).map(|_| rng.next_u32() as f32 / u32::MAX as f32).sum::<f32>() - 6.0;
    let centre: Vec<f32> = (0..centres * dim).map(|_| normal()).collect();
    let mut data = Vec::with_capacity(n * dim);
    for row in 0..n {
        // The product of two uniform numbers makes early centres more frequent.
        let (a, b) = (row % 97, row % 89);
        let place = (a * b * centres / (97 * 89)) * dim;
        let noisy: Vec<f32> = centre[place..place + dim].iter().map(|c| c + normal()).collect();
        let norm = noisy.iter().map(|x| x * x).sum::<f32>().sqrt();
        data.extend(noisy.iter().map(|x| x / norm));
    }
    data
}
