//! As many questions in a batch as fit.

/// What a file of questions may hold.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Most {
    pub(crate) questions: usize,
    pub(crate) bytes: usize,
}

/// Longest file of questions, in bytes. Providers take 200 MB; what a megabyte is, they differ in.
pub(crate) const LONGEST: usize = 190_000_000;

/// Parts of `all`, in order, none of which is more than `most`. What is longer than that alone is
/// alone: the endpoint will say what is wrong with it.
pub(crate) fn chunks<T>(all: Vec<T>, most: Most, bytes: impl Fn(&T) -> usize) -> Vec<Vec<T>> {
    let mut chunks: Vec<Vec<T>> = Vec::new();
    let mut length = 0;
    for one in all {
        let more = bytes(&one);
        match chunks.last_mut() {
            Some(last) if last.len() < most.questions && length + more <= most.bytes => {
                length += more;
                last.push(one);
            }
            _ => {
                length = more;
                chunks.push(vec![one]);
            }
        }
    }
    chunks
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn as_much_as_fits_and_no_more() {
        let split = |all: &[usize], questions, bytes| {
            chunks(all.to_vec(), Most { questions, bytes }, |n| *n)
        };
        assert_eq!(split(&[], 2, 10), Vec::<Vec<usize>>::new());
        assert_eq!(split(&[1, 2, 3], 2, 10), [vec![1, 2], vec![3]]);
        assert_eq!(split(&[4, 6, 1], 9, 10), [vec![4, 6], vec![1]]);
        assert_eq!(split(&[11, 1], 9, 10), [vec![11], vec![1]]);
        assert_eq!(split(&[1, 11, 1], 9, 10), [vec![1], vec![11], vec![1]]);
    }

    proptest! {
        #[test]
        fn nothing_is_lost_and_nothing_is_too_much(
            all in prop::collection::vec(1usize..30, 0..60), questions in 1usize..9,
        ) {
            let most = Most { questions, bytes: 40 };
            let parts = chunks(all.clone(), most, |n| *n);
            prop_assert_eq!(parts.concat(), all);
            for part in &parts {
                prop_assert!(!part.is_empty() && part.len() <= questions);
                prop_assert!(part.iter().sum::<usize>() <= 40);
            }
            // No two neighbours would have fitted into one.
            for pair in parts.windows(2) {
                let bytes: usize = pair[0].iter().sum();
                prop_assert!(pair[0].len() == questions || bytes + pair[1][0] > 40);
            }
        }
    }
}
