//! The pieces and their ids: one table over one string.

/// The pieces that a model knows. A piece's id is its place.
#[derive(Debug)]
pub struct PieceVocabulary {
    /// All pieces, one after the other, without the mark of a continuation.
    text: String,
    /// Where each piece ends in `text`, and whether it continues a word.
    pieces: Vec<(u32, bool)>,
    /// Ids by hash, at most half full; `EMPTY` where there is none.
    slots: Vec<u32>,
    /// The longest piece, in bytes.
    longest: usize,
}

const EMPTY: u32 = u32::MAX;

impl PieceVocabulary {
    /// Pieces in the order of their ids; those that begin with `prefix` continue a word. Of equal
    /// pieces the last counts, as in the models' own tokeniser.
    pub fn new<'a>(pieces: impl Iterator<Item = &'a str>, prefix: &str) -> Self {
        let mut vocabulary =
            Self { text: String::new(), pieces: Vec::new(), slots: Vec::new(), longest: 0 };
        for piece in pieces {
            let (body, continues) = match piece.strip_prefix(prefix) {
                Some(body) if !prefix.is_empty() && !body.is_empty() => (body, true),
                _ => (piece, false),
            };
            vocabulary.text.push_str(body);
            vocabulary.pieces.push((saturated(vocabulary.text.len()), continues));
            vocabulary.longest = vocabulary.longest.max(body.len());
        }
        vocabulary.slots = vec![EMPTY; (vocabulary.pieces.len() * 2).next_power_of_two()];
        for id in 0..vocabulary.pieces.len() {
            let slot = vocabulary.slot(vocabulary.body(id), vocabulary.pieces[id].1);
            vocabulary.slots[slot] = saturated(id);
        }
        vocabulary
    }

    /// How many ids there are.
    pub fn len(&self) -> usize {
        self.pieces.len()
    }

    /// Is there no piece at all?
    pub fn is_empty(&self) -> bool {
        self.pieces.is_empty()
    }

    /// The id of a piece that begins a word (or is a special token).
    pub fn id(&self, piece: &str) -> Option<u32> {
        self.find(piece, false)
    }

    /// The piece with this id, as it is written, and whether it continues a word.
    pub fn piece(&self, id: u32) -> Option<(&str, bool)> {
        let id = usize::try_from(id).ok()?;
        self.pieces.get(id).map(|&(_, continues)| (self.body(id), continues))
    }

    /// Cuts a word into the longest pieces from its beginning on; `false` (and `ids` as before)
    /// where a rest is in no piece.
    pub(crate) fn cut(&self, word: &str, ids: &mut Vec<u32>) -> bool {
        let before = ids.len();
        let mut rest = word;
        while !rest.is_empty() {
            let Some((id, length)) = self.longest(rest, rest.len() < word.len()) else {
                ids.truncate(before);
                return false;
            };
            ids.push(id);
            rest = &rest[length..];
        }
        true
    }

    fn longest(&self, rest: &str, continues: bool) -> Option<(u32, usize)> {
        let mut end = rest.floor_char_boundary(self.longest);
        while end > 0 {
            if let Some(id) = self.find(&rest[..end], continues) {
                return Some((id, end));
            }
            end = rest.floor_char_boundary(end - 1);
        }
        None
    }

    fn find(&self, body: &str, continues: bool) -> Option<u32> {
        Some(self.slots[self.slot(body, continues)]).filter(|&id| id != EMPTY)
    }

    /// Where this piece is, or would have its place.
    fn slot(&self, body: &str, continues: bool) -> usize {
        let mask = self.slots.len() - 1;
        let mut slot = hash(body.as_bytes(), continues) & mask;
        loop {
            let id = self.slots[slot];
            if id == EMPTY {
                return slot;
            }
            let id = id as usize;
            if self.pieces[id].1 == continues && self.body(id) == body {
                return slot;
            }
            slot = (slot + 1) & mask;
        }
    }

    fn body(&self, id: usize) -> &str {
        let start = if id == 0 { 0 } else { self.pieces[id - 1].0 as usize };
        &self.text[start..self.pieces[id].0 as usize]
    }
}

/// FNV-1a over eight bytes at a time, with the high bits, which are the well mixed ones, on top of
/// the low.
fn hash(bytes: &[u8], continues: bool) -> usize {
    let mut hash = 0xcbf2_9ce4_8422_2325_u64 ^ u64::from(continues);
    for chunk in bytes.chunks(8) {
        let mut word = [0; 8];
        word[..chunk.len()].copy_from_slice(chunk);
        hash = (hash ^ u64::from_le_bytes(word)).wrapping_mul(0x9e37_79b9_7f4a_7c15);
        hash ^= hash >> 32;
    }
    hash as usize
}

/// A vocabulary of four gigabytes is no vocabulary (see `open`, which refuses it).
fn saturated(number: usize) -> u32 {
    u32::try_from(number).unwrap_or(EMPTY)
}
