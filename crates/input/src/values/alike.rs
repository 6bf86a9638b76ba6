//! Names of columns that are built like those of a role: `ticket_count`, `Anzahl Tickets`, `cluster_title`.

use crate::values::column_role::ColumnRole;

/// Words that several of which are a name of the role, where one of them stands at the end.
const LAST: [(ColumnRole, &[&str]); 6] = [
    (ColumnRole::Id, &["id"]),
    (
        ColumnRole::Name,
        &[
            "name",
            "title",
            "label",
            "titel",
            "bezeichnung",
            "nom",
            "titre",
            "titulo",
            "titolo",
            "naam",
            "nome",
            "tag",
        ],
    ),
    (
        ColumnRole::Description,
        &[
            "description",
            "summary",
            "beschreibung",
            "descripcion",
            "descrizione",
            "omschrijving",
            "descricao",
        ],
    ),
    (ColumnRole::Keywords, &["keywords", "words", "terms", "keyphrases", "phrases"]),
    (ColumnRole::Members, &["ids", "members", "indices"]),
    (
        ColumnRole::Size,
        &[
            "count",
            "counts",
            "size",
            "frequency",
            "anzahl",
            "total",
            "number",
            "menge",
            "matches",
            "cnt",
            "mentions",
        ],
    ),
];
/// How a name begins that is a number of something.
const NUMBER_OF: [&str; 33] = [
    "cuenta de ",
    "recuento de ",
    "suma de ",
    "sum of ",
    "number of ",
    "summe von ",
    "somme de ",
    "conteggio di ",
    "conteggio ",
    "somma di ",
    "contagem de ",
    "soma de ",
    "som van ",
    "qtd de ",
    "suma z ",
    "licznik z ",
    "num ",
    "n ",
    "nb ",
    "number ",
    "count ",
    "anzahl ",
    "total ",
    "nr ",
    "nombre de ",
    "numero de ",
    "numero di ",
    "cantidad de ",
    "no of ",
    "quantidade de ",
    "aantal ",
    "antal ",
    "liczba ",
];
/// Those of languages that are written otherwise, or rarely.
const NUMBER_OF_TOO: [&str; 7] =
    ["pocet ", "количество ", "число ", "сумма ", "кол во ", "计数项 ", "求和项 "];
/// What is an id and no cluster's.
const OTHERS_IDS: [&str; 11] = [
    "parent",
    "doc",
    "document",
    "item",
    "ticket",
    "chat",
    "conversation",
    "message",
    "run",
    "user",
    "session",
];
/// How many words or groups something has is no number of items.
const NO_ITEMS: [&str; 7] =
    ["terms", "words", "keywords", "characters", "tokens", "clusters", "sources"];

/// Is it the number of something?
fn is_number_of(words: &str) -> bool {
    NUMBER_OF.iter().chain(&NUMBER_OF_TOO).any(|mark| words.starts_with(mark))
}

/// Column names that are built like those of a role.
pub(crate) fn alike(role: ColumnRole, words: &str) -> bool {
    if !words.contains(' ') {
        return false;
    }
    let first = words.split(' ').next().unwrap_or_default();
    let last = words.rsplit(' ').next().unwrap_or_default();
    let ends = LAST.iter().any(|(of, ends)| *of == role && ends.contains(&last));
    match role {
        ColumnRole::Size => {
            let begins = is_number_of(words);
            !NO_ITEMS.contains(&last) && (ends || begins)
        }
        // A pivot table counts ids, and calls the numbers by what it counted.
        ColumnRole::Id => {
            ends && !OTHERS_IDS.contains(&first) && first != "model" && !is_number_of(words)
        }
        ColumnRole::Name => ends && first != "parent",
        ColumnRole::Keywords => ends && first != "stop",
        ColumnRole::Description | ColumnRole::Members => ends,
        ColumnRole::Parent => first == "parent",
        ColumnRole::Slug | ColumnRole::Level | ColumnRole::Item => false,
    }
}
