//! Texts that other programs read: documents, dumps of databases, code, logs, mail. None of them is a list, and
//! each has a way to one.

/// What a text looks like that is no list, and the way to one.
pub(crate) fn is(text: &str) -> Option<&'static str> {
    let start = text.trim_start_matches('\u{feff}').trim_start();
    document(start)
        .or_else(|| dump(start))
        .or_else(|| triples(start))
        .or_else(|| mail(start))
        .or_else(|| log(start))
        .or_else(|| code(start))
}

fn document(start: &str) -> Option<&'static str> {
    match () {
        () if start.starts_with("%PDF-") => Some(
            "is a PDF, which is not read: copy its table into a sheet, and save that as CSV or xlsx",
        ),
        () if start.starts_with("{\\rtf") => Some(
            "is rich text (RTF), which is not read: save it as plain text, one name a line, or its table as CSV",
        ),
        () if ["\\documentclass", "\\begin{", "\\section", "\\usepackage"]
            .iter()
            .any(|mark| start.starts_with(mark)) =>
        {
            Some(
                "is LaTeX, which is not read: write the table as CSV (`name,count` and a line a row)",
            )
        }
        () if start.starts_with("%!PS") => {
            Some("is PostScript, which is not read: write the clusters as CSV or JSON")
        }
        () if start.starts_with("-----BEGIN ") => {
            Some("holds a key or a certificate, not a list of clusters")
        }
        () => None,
    }
}

fn lines(text: &str) -> impl Iterator<Item = &str> {
    text.lines().map(str::trim).filter(|line| !line.is_empty()).take(400)
}

/// Statements of SQL.
fn dump(start: &str) -> Option<&'static str> {
    const WORDS: [&str; 5] =
        ["INSERT INTO ", "insert into ", "CREATE TABLE ", "create table ", "COPY public."];
    let begins = lines(start).take(200).any(|line| {
        WORDS.iter().any(|word| line.starts_with(word)) && line.contains(['(', ';'])
            || line.starts_with("INSERT INTO ") && line.ends_with("VALUES")
    });
    begins.then_some(
        "is SQL, which is not run: load it into a database and write the table as CSV (`sqlite3 -header -csv DB 'select * from …'`), or give the SQLite file itself",
    )
}

/// RDF as Turtle and N-Triples write it.
fn triples(start: &str) -> Option<&'static str> {
    let turtle = start.starts_with("@prefix ") || start.starts_with("PREFIX ");
    let ntriples = lines(start).take(20).count() > 1
        && lines(start).take(20).all(|line| line.starts_with('<') && line.ends_with(" ."));
    (turtle || ntriples).then_some(
        "is RDF (Turtle), which is not read: write it as JSON-LD, or what a query for the labels gives as CSV",
    )
}

/// The head of a mail.
fn mail(start: &str) -> Option<&'static str> {
    let fields =
        ["from: ", "to: ", "subject: ", "date: ", "received: ", "message-id: ", "mime-version: "];
    let head: Vec<String> = start
        .lines()
        .take_while(|line| !line.trim().is_empty())
        .take(60)
        .map(str::to_lowercase)
        .collect();
    let found = fields.iter().filter(|field| head.iter().any(|line| line.starts_with(**field)));
    (found.count() >= 3).then_some(
        "is a mail, not a list of clusters: save what is attached, or its list as plain text with one name a line",
    )
}

/// Lines that all begin with a time.
fn log(start: &str) -> Option<&'static str> {
    let (mut all, mut timed) = (0usize, 0usize);
    for line in lines(start) {
        all += 1;
        timed += usize::from(is_timed(line));
    }
    // gensim's log has topics in it, and is read before.
    (all > 4 && timed * 10 >= all * 9).then_some(
        "is a log, one event a line, not a list of clusters: group its messages first, or write the groups as CSV",
    )
}

/// `2026-11-30 10:00:01 INFO …`, `[30/Nov/2026:10:00:01 …`.
fn is_timed(line: &str) -> bool {
    let line = line.trim_start_matches(['[', '(']);
    let mut words = line.split([' ', 'T', '\t']);
    let (Some(day), Some(time)) = (words.next(), words.next()) else { return false };
    let digits = |text: &str| text.chars().filter(char::is_ascii_digit).count();
    let is_day = digits(day) >= 6
        && day.contains(['-', '/'])
        && day.chars().all(|c| c.is_ascii_digit() || "-/:.".contains(c) || c.is_ascii_alphabetic());
    let is_time = |text: &str| digits(text) >= 4 && text.contains(':');
    is_day && (is_time(time) || is_time(day)) && !line.contains(',')
        || is_day
            && is_time(time)
            && [" INFO", " WARN", " ERROR", " DEBUG"].iter().any(|w| line.contains(w))
}

/// Source code, by what its lines begin and end with.
fn code(start: &str) -> Option<&'static str> {
    const BEGIN: [&str; 19] = [
        "import ",
        "from ",
        "def ",
        "class ",
        "return ",
        "function ",
        "const ",
        "let ",
        "var ",
        "fn ",
        "use ",
        "pub ",
        "#include ",
        "package ",
        "public ",
        "private ",
        "library(",
        "print(",
        "if (",
    ];
    let (mut all, mut like, mut sure) = (0usize, 0usize, 0usize);
    for line in lines(start) {
        all += 1;
        let begins = BEGIN.iter().any(|word| line.starts_with(word));
        let marked =
            line.ends_with([';', '{', '}']) || line.ends_with("):") || line.contains("(\"");
        // Names may begin with such words, and do not end so.
        sure += usize::from(marked && (begins || line.ends_with(['{', '}', ';', ':', ')'])));
        like += usize::from(begins || marked);
    }
    let shebang = start.starts_with("#!/");
    (shebang || all > 2 && like * 10 >= all * 6 && like > 2 && sure > 1).then_some(
        "looks like source code, not a list of clusters: run it, and give the file that it writes",
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_other_programs_read_is_told() {
        for (text, says) in [
            ("%PDF-1.7\n1 0 obj\n", "PDF"),
            ("{\\rtf1\\ansi\nLate\\par\n}", "RTF"),
            ("\\begin{tabular}{lr}\nTopic & n \\\\\n", "LaTeX"),
            ("-- dump\nCREATE TABLE t (id int);\nINSERT INTO t VALUES (1);\n", "SQL"),
            ("@prefix skos: <http://x#> .\n<http://x/0> a skos:Concept .\n", "Turtle"),
            ("From: a@b\nTo: c@d\nSubject: Topics\n\nHi,\n", "mail"),
            (
                "2026-11-30 10:00:01 INFO a\n2026-11-30 10:00:02 INFO b\n2026-11-30 10:00:03 INFO c\n2026-11-30 10:00:04 INFO d\n2026-11-30 10:00:05 INFO e\n",
                "log",
            ),
            ("import os\n\ndef main():\n    print(\"x\")\n    return 1\n", "source code"),
            ("fn main() {\n    let a = 1;\n}\n", "source code"),
        ] {
            assert!(is(text).is_some_and(|told| told.contains(says)), "{text}: {:?}", is(text));
        }
        for text in [
            "Late parcels\nLost parcels\n",
            "Import contacts from Outlook\nExport data as CSV\nClass photos\n",
            "import contacts from outlook\nimport errors\nimport of goods\n",
            "From: where parcels come\nTo: where they go\n",
            "name,date\nLate,2024-01-01 10:00\n",
            "Insert into a frame\nCreate table service (restaurant)\n",
            "\"from (old) to new\"\nlet (flats)\nif (late)\n",
        ] {
            assert_eq!(is(text), None, "{text}");
        }
    }
}
