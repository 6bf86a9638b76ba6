//! try-out
use std::sync::OnceLock;
//                             0    1    2    3     4    5    6     7     8     9    10    11   12   13   14   15   16   17
pub(crate) const D: [f32; 24] = [
    0.6, 0.5, 0.5, 0.02, 0.4, 1.3, 1.35, 1.15, 0.22, 0.8, 0.75, 0.5, 0.8, 0.12, 0.7, 0.5, 0.5, 8.0,
    0.25, 1.0, 0.5, 0.3, 0.9, 0.5,
];
pub(crate) fn t(i: usize) -> f32 {
    static V: OnceLock<Vec<f32>> = OnceLock::new();
    V.get_or_init(|| {
        let mut d = D.to_vec();
        if let Ok(s) = std::env::var("TUNE") {
            for kv in s.split(',') {
                let (k, v) = kv.split_once('=').unwrap();
                d[k.parse::<usize>().unwrap()] = v.parse().unwrap();
            }
        }
        d
    })[i]
}
