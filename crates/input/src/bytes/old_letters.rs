//! Letters as old computers wrote them: Mac Roman and DOS, which read as Latin-1 are signs in the midst of words.

use encoding_rs::{MACINTOSH, WINDOWS_1252};

/// Bytes that are looked at.
const SAMPLE: usize = 1 << 20;
/// Letters that tell an encoding at least.
const ENOUGH: usize = 3;

/// The upper half of code page 850.
const CP850: &str = "ÇüéâäàåçêëèïîìÄÅÉæÆôöòûùÿÖÜø£Ø×ƒáíóúñÑªº¿®¬½¼¡«»░▒▓│┤ÁÂÀ©╣║╗╝¢¥┐└┴┬├─┼ãÃ╚╔╩╦╠═╬¤ðÐÊËÈıÍÎÏ┘┌█▄¦Ì▀ÓßÔÒõÕµþÞÚÛÙýÝ¯´\u{ad}±‗¾¶§÷¸°¨·¹³²■\u{a0}";

/// What Western Europe's languages write words with, besides the letters of ASCII.
const LETTERS: &str = "äöüßàâáãåæçèéêëìíîïñòóôõøœùúûýÿÄÖÜÀÂÁÃÅÆÇÈÉÊËÌÍÎÏÑÒÓÔÕØŒÙÚÛÝ";

/// A text in letters that are neither UTF-8 nor Windows'.
pub(crate) struct OldText {
    pub(crate) text: String,
    pub(crate) called: &'static str,
}

/// Code page 850, which DOS and the German, French and Spanish consoles of Windows write.
pub(crate) fn dos(bytes: &[u8]) -> OldText {
    let upper: Vec<char> = CP850.chars().collect();
    let letter = |byte: &u8| match byte.checked_sub(128) {
        None => char::from(*byte),
        Some(at) => upper.get(usize::from(at)).copied().unwrap_or('\u{fffd}'),
    };
    OldText { text: bytes.iter().map(letter).collect(), called: "DOS (cp850)" }
}

fn mac(bytes: &[u8]) -> OldText {
    let (text, _, _) = MACINTOSH.decode(bytes);
    OldText { text: text.into_owned(), called: "Mac Roman" }
}

/// The old encoding of what looks like Windows' and is none; only where every letter makes words in it, and many
/// do not in Windows'.
pub(crate) fn instead_of_windows(bytes: &[u8]) -> Option<OldText> {
    let sample = &bytes[..bytes.len().min(SAMPLE)];
    let (windows, _, _) = WINDOWS_1252.decode(sample);
    let (good, odd) = looked_at(&windows);
    if odd < 2 || odd * 4 < good + odd {
        return None;
    }
    let read: [fn(&[u8]) -> OldText; 2] = [mac, dos];
    let mut fits = read.into_iter().filter(|read| {
        let (good, odd) = looked_at(&read(sample).text);
        good >= ENOUGH && odd * 20 <= good
    });
    let found = fits.next()?;
    // Where both make words, nobody can tell.
    fits.next().is_none().then(|| found(bytes))
}

/// How many letters beyond ASCII stand in words as they do there, and how many do not.
fn looked_at(text: &str) -> (usize, usize) {
    let letters: Vec<char> = text.chars().collect();
    let (mut good, mut odd) = (0, 0);
    for (at, letter) in letters.iter().enumerate().filter(|(_, letter)| !letter.is_ascii()) {
        let before = at.checked_sub(1).and_then(|at| letters.get(at)).copied();
        let next = letters.get(at + 1).copied();
        let in_word = |c: Option<char>| c.is_some_and(char::is_alphabetic);
        let is_letter = LETTERS.contains(*letter);
        match () {
            () if is_letter
                && !(letter.is_uppercase() && before.is_some_and(char::is_lowercase)) =>
            {
                good += 1;
            }
            // Apostrophes, dashes and quotes stand where they belong.
            () if matches!(letter, '’' | '‘' | '–' | '—' | '…') => {}
            () if !is_letter
                && !letter.is_alphanumeric()
                && (!in_word(before) || !in_word(next)) =>
            {
                let belongs = "“”„–—…€«»‹›°§©®™·•\u{a0}¿¡½¼¾²³´‚".contains(*letter);
                odd +=
                    usize::from(!belongs || in_word(next) && !"“„«‹¿¡‚€§•\u{a0}".contains(*letter));
            }
            () => odd += 1,
        }
    }
    (good, odd)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn found(bytes: &[u8]) -> Option<(&'static str, String)> {
        instead_of_windows(bytes).map(|old| (old.called, old.text))
    }

    #[test]
    fn letters_that_make_words_tell_the_encoding() {
        let german =
            "Größe passt nicht\nFührerschein umtauschen\nGrünflächen pflegen\nÖffnungszeiten\n";
        let (bytes, _, _) = MACINTOSH.encode(german);
        assert_eq!(found(&bytes), Some(("Mac Roman", german.to_owned())));
        let spanish = "Avería de la caldera\nAlumbrado público\nCódigo inválido\nTeléfono móvil\nPaquete dañado\n";
        let (bytes, _, _) = MACINTOSH.encode(spanish);
        assert_eq!(found(&bytes), Some(("Mac Roman", spanish.to_owned())));
    }

    #[test]
    fn dos_is_told_and_windows_stays() {
        let dos_bytes = |text: &str| -> Vec<u8> {
            let upper: Vec<char> = CP850.chars().collect();
            let byte = |c: char| match upper.iter().position(|known| *known == c) {
                Some(at) if !c.is_ascii() => 128 + at as u8,
                _ => c as u8,
            };
            text.chars().map(byte).collect()
        };
        let german = "Größe passt nicht\nFührerschein umtauschen\nGrünflächen pflegen\n";
        assert_eq!(found(&dos_bytes(german)), Some(("DOS (cp850)", german.to_owned())));
        for text in [
            german,
            "Don’t know – “maybe”\nCafé à l’été, 5 €\n",
            "Late—lost\nSlow—broken\n•Done\n",
            "Plain\n",
        ] {
            let (bytes, _, _) = WINDOWS_1252.encode(text);
            assert_eq!(found(&bytes), None, "{text}");
        }
    }
}
