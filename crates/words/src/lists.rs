//! Closed lists of English words. Sorted, lower case; searched by halving.

/// Function words that may stand inside a phrase ("diseases of the ear"), never at its ends.
pub(crate) fn is_link(norm: &str) -> bool {
    LINKS.binary_search(&norm).is_ok()
}

/// Words that carry no topic of their own wherever they stand: the vocabulary of reporting
/// ("various", "including"). A phrase never holds one.
pub(crate) fn is_filler(norm: &str) -> bool {
    FILLERS.binary_search(&norm).is_ok()
}

/// Words that say something only after another word ("issue types", never "types" alone).
pub(crate) fn is_weak(norm: &str) -> bool {
    WEAK.binary_search(&norm).is_ok()
}

/// Words that open an object, so that the word before them is probably a verb.
pub(crate) fn is_determiner(norm: &str) -> bool {
    DETERMINERS.binary_search(&norm).is_ok()
}

/// Words after which an English base verb stands ("to merge", "can merge").
pub(crate) fn is_auxiliary(norm: &str) -> bool {
    AUXILIARIES.binary_search(&norm).is_ok()
}

/// What the leading verb of an imperative name does, coarsely: verbs of one kind can be replaced
/// by the kind's own verb without making the name untrue.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum VerbKind {
    /// Judges or measures: "Analyze".
    Analyze,
    /// Makes something work: "Build".
    Build,
    /// Tells somebody something: "Explain". These verbs often stand before the real one
    /// ("Explain how to reset …", "Provide guidance on logging …").
    Explain,
    /// Mends: "Fix".
    Fix,
    /// Keeps something in order: "Manage".
    Manage,
    /// Makes a text: "Write".
    Write,
}

impl VerbKind {
    /// The verb that stands for all of the kind.
    pub(crate) const fn verb(self) -> &'static str {
        match self {
            Self::Analyze => "analyze",
            Self::Build => "build",
            Self::Explain => "explain",
            Self::Fix => "fix",
            Self::Manage => "manage",
            Self::Write => "write",
        }
    }
}

/// The kind of a base verb, if it is one that task names commonly start with.
pub(crate) fn verb_kind(norm: &str) -> Option<VerbKind> {
    const KINDS: [(&[&str], VerbKind); 6] = [
        (ANALYZE, VerbKind::Analyze),
        (BUILD, VerbKind::Build),
        (EXPLAIN, VerbKind::Explain),
        (FIX, VerbKind::Fix),
        (MANAGE, VerbKind::Manage),
        (WRITE, VerbKind::Write),
    ];
    KINDS.iter().find(|(verbs, _)| verbs.binary_search(&norm).is_ok()).map(|&(_, kind)| kind)
}

const LINKS: &[&str] = &[
    "and", "at", "by", "for", "from", "in", "into", "of", "on", "or", "the", "to", "under",
    "via", "with",
];

const DETERMINERS: &[&str] = &[
    "a", "all", "an", "any", "each", "every", "her", "his", "how", "its", "my", "our", "some",
    "the", "their", "these", "this", "those", "whether", "your",
];

const AUXILIARIES: &[&str] = &[
    "can", "cannot", "could", "may", "might", "must", "not", "should", "to", "will", "would",
];

const FILLERS: &[&str] = &[
    "able", "across", "actually", "additional", "additionally", "again", "against", "ago", "al",
    "allow", "allowing", "allows", "almost", "along", "already", "although", "always", "among",
    "amongst", "another", "anybody", "anyone", "anything", "apart", "appropriate", "around",
    "as", "aside", "asked", "aspects", "available", "away", "back", "based", "basic", "became", "become",
    "becomes", "being", "besides", "broad", "came", "can't", "cannot", "certain", "classified",
    "clear", "clearly", "come", "comes", "commonly", "complete", "comprehensive", "concerning",
    "considerations", "corresponding", "covering", "covers", "currently", "describe", "described",
    "describes", "despite", "detail", "detailed", "discussed", "doesn't", "don't", "done", "down",
    "due", "during", "e.g", "easily", "effective", "effectively", "effortless", "eg", "either",
    "else", "elsewhere", "emphasis", "emphasizing", "enough", "ensure", "ensures", "especially",
    "et", "etc", "even", "ever", "every", "everybody", "everyone", "everything", "few", "focus",
    "focused", "focusing", "following", "forth", "furthermore", "generally", "get", "gets", "given",
    "go", "goes", "going", "gone", "got", "having", "helpful", "helping", "helps", "hence", "here",
    "herself", "himself", "however", "i.e", "ie", "important", "improve", "include", "includes",
    "including", "inclusive", "inquire", "inquired", "inside", "insight", "instead", "instruction",
    "involved", "involving", "isn't", "itself", "just", "keep", "keeps", "kept", "last", "later",
    "latest", "least", "less", "let", "lets", "like", "listed", "lot", "made", "mainly", "make",
    "makes", "making", "manner", "might", "minus", "miscellaneous", "moreover", "mostly", "much",
    "must", "myself", "namely", "nearly", "necessary", "needed", "neither", "never", "nevertheless",
    "next", "nobody", "nos", "notable", "nothing", "now", "off", "often", "ok", "okay", "once",
    "only", "optional", "otherwise", "ought", "ourselves", "outside", "overall", "own",
    "particular", "particularly", "per", "please", "plus", "possible", "previous", "proper",
    "properly", "provide", "provided", "provides", "purposes", "put", "quite", "rather", "really",
    "regarding", "relate", "related", "relating", "relevant", "requested", "respective",
    "respectively", "roughly", "said", "same", "say", "saying", "says", "seamless", "seamlessly",
    "seek", "seeking", "seeks", "seem", "seems", "shall", "similar", "simply", "since", "somebody",
    "somehow", "someone", "something", "soon", "sought", "specific", "specifically", "specified",
    "specify", "specifying", "still", "strictly", "stuff", "suggestion", "take", "takes",
    "themselves", "therefore", "third", "though", "thus", "tip", "today", "together", "too",
    "toward", "towards", "twice", "typical", "typically", "unable", "understand", "understanding",
    "unless", "unspecified", "until", "upon", "used", "useful", "uses", "usual", "usually", "using",
    "various", "vary", "varying", "very", "want", "wanted", "well", "went", "whatever", "whenever",
    "whereas", "wherever", "whichever", "whoever", "whole", "whom", "wide", "yes", "yet",
    "yourself",
];

const WEAK: &[&str] = &[
    "advice", "assistance", "categories", "category", "common", "current", "description", "details",
    "different", "discussion", "discussions", "example", "examples", "existing", "explanation",
    "explanations", "general", "guidance", "guide", "guides", "help", "information",
    "inquiries", "inquiry", "insights", "instructions", "kind", "kinds", "main", "major",
    "material", "minor", "multiple", "need", "needs", "new", "number", "overview", "purpose",
    "range", "request", "requests", "section", "simple", "single", "step", "steps",
    "subject", "suggestions", "support", "tips", "topic", "topics", "type", "types", "use", "user",
    "users", "way", "ways",
];

const ANALYZE: &[&str] = &[
    "analyse", "analyze", "assess", "audit", "calculate", "classify", "compare", "compute",
    "count", "detect", "estimate", "evaluate", "examine", "forecast", "identify", "inspect",
    "investigate", "measure", "monitor", "plot", "predict", "profile", "rank", "rate", "research",
    "review", "score", "test", "validate", "verify", "visualise", "visualize",
];

const BUILD: &[&str] = &[
    "assemble", "automate", "bake", "build", "code", "compile", "connect", "construct", "convert",
    "cook", "deploy", "design", "develop", "embed", "extend", "fine-tune", "implement", "install",
    "integrate", "link", "make", "migrate", "model", "optimise", "optimize", "port", "program",
    "prototype", "refactor", "render", "scale", "simulate", "solve", "train", "tune",
];

const EXPLAIN: &[&str] = &[
    "advise", "answer", "assist", "clarify", "demonstrate", "describe", "discuss", "explain",
    "explore", "give", "guide", "help", "inform", "instruct", "interpret", "introduce", "learn",
    "offer", "outline", "present", "provide", "recommend", "reply", "respond", "suggest",
    "summarise", "summarize", "support", "teach", "tell", "understand",
];

const FIX: &[&str] = &[
    "correct", "debug", "diagnose", "fix", "handle", "mend", "patch", "prevent", "recover",
    "repair", "resolve", "troubleshoot", "unblock", "untangle",
];

const MANAGE: &[&str] = &[
    "accept", "access", "activate", "add", "adjust", "administer", "allow", "apply", "approve",
    "archive", "arrange", "assign", "associate", "attach", "authenticate", "authorise",
    "authorize", "begin", "bill", "block", "book", "bring", "browse", "bulk", "buy", "bypass",
    "call", "cancel", "change", "charge", "check", "choose", "claim", "clean", "clear", "close",
    "collect", "combine", "complete", "configure", "confirm", "contact", "continue", "control",
    "copy", "cover", "create", "customise", "customize", "deactivate", "declare", "define",
    "delete", "deliver", "deregister", "detach", "determine", "disable", "disassociate",
    "disconnect", "dismiss", "display", "downgrade", "download", "duplicate", "edit", "enable",
    "encrypt", "enforce", "enter", "exclude", "execute", "expire", "export", "fetch", "fill",
    "filter", "find", "follow", "fork", "format", "forward", "get", "grant", "group", "hide",
    "host", "import", "include", "increase", "invite", "invoke", "issue", "join", "keep",
    "launch", "leave", "limit", "list", "load", "locate", "lock", "log", "look", "lookup",
    "maintain", "manage", "map", "mark", "merge", "mint", "modify", "move", "mute", "name",
    "negotiate", "notify", "obtain", "open", "order", "organise", "organize", "page", "pass",
    "pause", "pay", "perform", "pick", "pin", "place", "plan", "play", "poll", "post", "prepare",
    "print", "process", "promote", "publish", "pull", "purchase", "purge", "push", "put", "query",
    "raise", "reach", "read", "receive", "reconnect", "record", "redirect", "reduce", "refresh",
    "refund", "register", "reject", "release", "reload", "remind", "remove", "rename", "renew",
    "reopen", "replace", "replicate", "report", "request", "require", "resend", "reserve",
    "reset", "resize", "restart", "restore", "restrict", "resume", "retrieve", "retry", "return",
    "revoke", "rotate", "round", "run", "save", "scan", "schedule", "search", "secure", "select",
    "sell", "send", "set", "share", "shift", "ship", "show", "sign", "silence", "sort", "speed",
    "split", "star", "start", "stop", "store", "stream", "submit", "subscribe", "switch", "sync",
    "synchronise", "synchronize", "tag", "take", "terminate", "track", "transfer", "transform",
    "translate", "trigger", "turn", "unarchive", "unassign", "unfollow", "uninstall", "unlink",
    "unlock", "unpin", "unstar", "unsubscribe", "untag", "update", "upgrade", "upload", "use",
    "view", "watch", "withdraw", "work",
];

const WRITE: &[&str] = &[
    "author", "brainstorm", "compose", "craft", "critique", "draft", "generate", "impersonate",
    "narrate", "paraphrase", "phrase", "proofread", "rephrase", "rewrite", "role-play", "roleplay",
    "shorten", "tailor", "write",
];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lists_are_sorted_so_that_the_search_finds_every_word() {
        for list in
            [LINKS, DETERMINERS, AUXILIARIES, FILLERS, WEAK, ANALYZE, BUILD, EXPLAIN, FIX, MANAGE, WRITE]
        {
            for pair in list.windows(2) {
                assert!(pair[0] < pair[1], "{pair:?}");
            }
        }
    }

    #[test]
    fn a_verb_has_one_kind() {
        let mut all: Vec<&str> = [ANALYZE, BUILD, EXPLAIN, FIX, MANAGE, WRITE].concat();
        all.sort_unstable();
        for pair in all.windows(2) {
            assert!(pair[0] != pair[1], "{pair:?}");
        }
    }
}
