//! What the stages rely on when they use the lexical embedder.

use cladus_embedder::{EmbeddedText, Embedder, Lexical, embed_distinct};
use proptest::prelude::*;

fn vectors(embedder: &dyn Embedder, texts: &[EmbeddedText<'_>]) -> Vec<Vec<f32>> {
    let all = embed_distinct(embedder, texts, &|_| {}).unwrap();
    all.chunks(embedder.dim()).map(<[f32]>::to_vec).collect()
}

fn cosine(left: &[f32], right: &[f32]) -> f32 {
    left.iter().zip(right).map(|(x, y)| x * y).sum()
}

const SUPPORT: [(&str, &str); 12] = [
    ("Reset forgotten passwords", "Users who cannot sign in ask for a new password."),
    ("Unlock accounts after failed sign-ins", "Users locked out of their account sign in again."),
    ("Two-factor login codes do not arrive", "Users wait for a code by text message to sign in."),
    ("Refund a cancelled order", "Customers want their money back for an order."),
    ("Invoice shows the wrong amount", "Customers were charged more money than agreed."),
    ("Cancel a subscription and get money back", "Customers stop paying and ask for a refund."),
    ("重置忘记的密码", "用户无法登录，请求新密码。"),
    ("登录后账户被锁定", "用户输入错误密码后无法登录。"),
    ("订单退款", "客户要求退还订单的款项。"),
    ("إعادة تعيين كلمة المرور", "لا يستطيع المستخدم تسجيل الدخول ويطلب كلمة مرور جديدة."),
    ("نسيت كلمة المرور", "المستخدم لا يستطيع تسجيل الدخول."),
    ("استرداد ثمن الطلب", "العميل يريد استرداد المال مقابل الطلب."),
];

fn support() -> Vec<EmbeddedText<'static>> {
    SUPPORT.iter().map(|(name, description)| EmbeddedText::new(name, description)).collect()
}

#[test]
fn a_name_lies_nearest_to_the_texts_about_it() {
    let corpus = support();
    let embedder = Lexical::fit(&corpus, 0);
    let texts = vectors(&embedder, &corpus);
    for (name, about) in [
        ("Passwords and sign-in", 0..3),
        ("Money back", 3..6),
        ("密码", 6..8),
        ("退款", 8..9),
        ("كلمة المرور", 9..11),
        ("استرداد المال", 11..12),
    ] {
        let name_vector = &vectors(&embedder, &[EmbeddedText::name(name)])[0];
        let mut order: Vec<usize> = (0..texts.len()).collect();
        order.sort_by(|a, b| {
            cosine(name_vector, &texts[*b]).total_cmp(&cosine(name_vector, &texts[*a]))
        });
        let mut nearest = order[..about.len()].to_vec();
        nearest.sort_unstable();
        assert_eq!(nearest, about.collect::<Vec<_>>(), "{name}");
    }
}

#[test]
fn words_that_never_meet_but_keep_the_same_company_are_near() {
    let corpus: Vec<EmbeddedText<'_>> = [
        "car engine repair",
        "car tyres and brakes",
        "car brakes squeak",
        "engine oil for the car",
        "automobile engine repair",
        "automobile tyres and brakes",
        "automobile oil",
        "tulip bulbs in spring",
        "tulip flowers and soil",
        "soil for rose flowers",
        "rose bulbs and garden soil",
    ]
    .map(EmbeddedText::name)
    .into();
    let embedder = Lexical::fit(&corpus, 0);
    let texts = vectors(&embedder, &corpus);
    let name = &vectors(&embedder, &[EmbeddedText::name("automobile")])[0];
    let car = cosine(name, &texts[1]);
    assert!(corpus[1].name.starts_with("car") && car > 0.2, "{car}");
    for (text, vector) in corpus.iter().zip(&texts).skip(7) {
        assert!(cosine(name, vector) < 0.2 * car, "{text:?}");
    }
}

#[test]
fn blank_texts_are_alike_and_like_nothing_else() {
    let corpus = support();
    let embedder = Lexical::fit(&corpus, 0);
    let blank = vectors(
        &embedder,
        &[EmbeddedText::name(""), EmbeddedText::new(" \n", "\t"), EmbeddedText::name("\u{3000}")],
    );
    assert!(blank.iter().all(|vector| *vector == blank[0]));
    for text in vectors(&embedder, &corpus) {
        assert!(cosine(&text, &blank[0]).abs() < 0.3);
    }
}

#[test]
fn what_the_corpus_never_saw_is_still_near_to_its_like() {
    let embedder = Lexical::fit(&support(), 0);
    let unseen = vectors(
        &embedder,
        &["Жираф в зоопарке", "жираф, зоопарк: жираф", "Квантовая физика"].map(EmbeddedText::name),
    );
    assert!(cosine(&unseen[0], &unseen[1]) > 0.5);
    assert!(cosine(&unseen[0], &unseen[2]) < 0.3);
}

#[test]
fn one_text_and_none_at_all_are_corpora_too() {
    for corpus in [&[][..], &[EmbeddedText::name("")][..], &[EmbeddedText::name("alone")][..]] {
        let embedder = Lexical::fit(corpus, 0);
        let out = vectors(&embedder, &["alone", "other", ""].map(EmbeddedText::name));
        assert!(cosine(&out[0], &out[1]).abs() < 0.3);
        assert!(cosine(&out[0], &out[2]).abs() < 0.3);
    }
}

#[test]
fn the_number_of_threads_changes_no_bit() {
    let corpus: Vec<(String, String)> = (0..700_u32)
        .map(|i| {
            let (a, b, c) = (i % 7, i * i % 31, i * 37 % 101);
            (format!("topic {a} word{b} item{c}"), format!("about part{} of kind{}", b * a, c % 13))
        })
        .collect();
    let texts: Vec<EmbeddedText<'_>> =
        corpus.iter().map(|(n, d)| EmbeddedText::new(n, d)).collect();
    let run = |threads| {
        let pool = rayon::ThreadPoolBuilder::new().num_threads(threads).build().unwrap();
        pool.install(|| {
            let embedder = Lexical::fit(&texts, 3);
            (embedder.id(), vectors(&embedder, &texts))
        })
    };
    let one = run(1);
    assert!(one == run(2) && one == run(7));
}

#[test]
fn the_id_names_the_corpus_and_the_seed() {
    let corpus = support();
    let id = |texts: &[EmbeddedText<'_>], seed| Lexical::fit(texts, seed).id();
    assert_eq!(id(&corpus, 0), id(&corpus, 0));
    assert_ne!(id(&corpus, 0), id(&corpus, 1));
    assert_ne!(id(&corpus, 0), id(&corpus[1..], 0));
    // The parts of a text do not run into each other.
    assert_ne!(id(&[EmbeddedText::new("ab", "c")], 0), id(&[EmbeddedText::new("a", "bc")], 0));
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn any_text_has_a_unit_vector(
        corpus in prop::collection::vec(("\\PC{0,20}", ".{0,60}"), 0..12),
        others in prop::collection::vec(".{0,40}", 1..6),
        seed: u64,
    ) {
        let texts: Vec<EmbeddedText<'_>> = corpus.iter().map(|(n, d)| EmbeddedText::new(n, d)).collect();
        let embedder = Lexical::fit(&texts, seed);
        let names: Vec<EmbeddedText<'_>> = others.iter().map(|name| EmbeddedText::name(name)).collect();
        for vector in vectors(&embedder, &[texts, names].concat()) {
            prop_assert!((cosine(&vector, &vector) - 1.0).abs() < 1e-4);
        }
    }

    #[test]
    fn order_and_repetitions_of_the_corpus_do_not_matter(
        names in prop::collection::vec("[a-e]{1,3}( [a-e]{1,3}){0,4}", 1..20),
        at in any::<prop::sample::Index>(),
    ) {
        let texts: Vec<EmbeddedText<'_>> = names.iter().map(|name| EmbeddedText::name(name)).collect();
        let mut other = texts.clone();
        other.reverse();
        other.push(texts[at.index(texts.len())]);
        let (first, second) = (Lexical::fit(&texts, 1), Lexical::fit(&other, 1));
        prop_assert_eq!(first.id(), second.id());
        prop_assert_eq!(vectors(&first, &texts), vectors(&second, &texts));
    }
}
