//! Random operations, made to collide.

use memfabric_core::{Context, Millis, Revision, Scope, ScopeKind, notebook::NOTEBOOK};
use serde_json::{Value, json};

use crate::{
    model::{Act, Deed, Model},
    random::Random,
};

/// One thing to do.
#[derive(Clone, Debug)]
pub enum Step {
    /// Submits batches together. Without waiting, reads follow while they may be under way.
    Write {
        /// The batches.
        batches: Vec<Vec<Deed>>,
        /// Whether to wait before anything else is done.
        wait: bool,
    },
    /// Moves the clock.
    Advance(Millis),
    /// Lets the engine do what it does about once a second.
    Tick,
    /// Deletes everything in a scope.
    Clear(Scope),
    /// Reads a key through a context.
    Read(Context, String),
    /// Lists through a context, in pages.
    List {
        /// The context.
        context: Context,
        /// All that it sees, or the narrowest instance only.
        all: bool,
        /// How the keys start.
        prefix: Option<String>,
        /// What the keys match.
        pattern: Option<String>,
        /// Entries in a page.
        limit: usize,
    },
    /// Reads and searches vectors through a context.
    Search {
        /// The context.
        context: Context,
        /// In which space.
        space: String,
        /// The query.
        query: Vec<f32>,
        /// Most hits.
        top_k: usize,
    },
    /// Opens a watch: on everything, a dimension or an instance.
    Watch {
        /// The patterns.
        patterns: Vec<String>,
        /// The dimension.
        kind: Option<ScopeKind>,
        /// The instance.
        scope: Option<Scope>,
        /// From the start of the log instead of from now on.
        from_start: bool,
        /// With what stands first.
        initial: bool,
    },
    /// Takes from a watch, if that many are open.
    Take(usize, usize),
    /// Closes a watch, if that many are open.
    Unwatch(usize),
}

/// Makes steps. Scope ids, keys and patterns come from short lists of look-alikes, so that mistakes show.
#[derive(Clone, Debug)]
pub struct Generator {
    random: Random,
}

const IDS: [&str; 7] = ["a", "a:b", "a\0", "a.b", "a/b:c", "global", "\u{e9}"];
const KEYS: [&str; 21] = [
    NOTEBOOK,
    "a",
    "a:b",
    "a.b",
    "a/b",
    "a:b:c",
    "ab",
    "b",
    "b:a",
    "user_1",
    "user_1.profile",
    "user_10",
    "ticket:T-1:sentiment",
    "ticket:T-1.sentiment",
    "ticket:T-1",
    "\u{e9}",
    "e\u{301}",
    "\u{4e2d}:\u{6587}",
    "a::b",
    ":a",
    "global",
];
const PATTERNS: [&str; 12] = [
    "*",
    "a",
    "a:*",
    "a:?",
    "**:b",
    "user_*",
    "ticket:*:sentiment",
    "{a,b}",
    "[ab]*",
    "a:{*}",
    "nothing",
    "\u{4e2d}:*",
];
const SPACES: [&str; 3] = ["", "images", "a:b"];

impl Generator {
    /// The steps of a seed.
    pub fn new(seed: u64) -> Generator {
        Generator { random: Random::new(seed) }
    }

    /// Something to decide with.
    pub fn random(&mut self) -> &mut Random {
        &mut self.random
    }

    /// The next step.
    pub fn step(&mut self, model: &Model) -> Step {
        match self.random.within(0..100) {
            0..50 => {
                let batches = (0..self.few(3)).map(|_| self.batch(model)).collect();
                Step::Write { batches, wait: self.random.one_in(2) }
            }
            50..58 => Step::Advance(*self.random.pick(&[1, 10, 100, 1_000, 20_000])),
            58..63 => Step::Tick,
            63 => Step::Clear(self.scope()),
            64..72 => Step::Read(self.context(), self.key()),
            72..80 => Step::List {
                context: self.context(),
                all: self.random.one_in(2),
                prefix: self.random.one_in(3).then(|| self.random.pick(&["a", "a:", "user_1", "t", ""]).to_string()),
                pattern: self.random.one_in(3).then(|| self.pattern()),
                limit: *self.random.pick(&[1, 2, 3, 7, 1_000]),
            },
            80..86 => Step::Search {
                context: self.context(),
                space: self.space(),
                query: self.embedding(),
                top_k: *self.random.pick(&[1, 3, 100]),
            },
            86..89 => {
                let scope = self.random.one_in(2).then(|| self.scope());
                let kind = self.random.one_in(3).then(|| *self.random.pick(&ScopeKind::NARROW_TO_WIDE));
                let initial = self.random.one_in(3);
                Step::Watch {
                    patterns: (0..self.few(3)).map(|_| self.pattern()).collect(),
                    kind,
                    scope,
                    from_start: !initial && self.random.one_in(3),
                    initial,
                }
            }
            89..98 => Step::Take(self.random.within(0..8), *self.random.pick(&[1, 2, 10, 1_000])),
            _ => Step::Unwatch(self.random.within(0..8)),
        }
    }

    fn batch(&mut self, model: &Model) -> Vec<Deed> {
        let count = if self.random.one_in(3) { self.few(6) } else { 1 };
        (0..count).map(|_| self.deed(model)).collect()
    }

    fn deed(&mut self, model: &Model) -> Deed {
        if self.random.one_in(10) {
            let (scope, key) = (self.scope(), NOTEBOOK.to_owned());
            return Deed { scope, key, act: self.note() };
        }
        let (scope, key) = (self.scope(), self.key());
        let act = match self.random.within(0..12) {
            0..5 => {
                let ttl = self.random.one_in(4).then(|| *self.random.pick(&[1, 50, 1_000, 30_000]));
                let keep_ttl = ttl.is_none() && self.random.one_in(6);
                Act::Set { value: self.value(), ttl, keep_ttl, guard: self.guard(model, &scope, &key) }
            }
            5..7 => Act::Delete { guard: self.guard(model, &scope, &key).filter(|guard| *guard != Revision::ZERO) },
            7 => Act::Increment(*self.random.pick(&[1.0, -1.0, 0.5, 1e6])),
            8 => Act::Append((0..self.few(3) - 1).map(|_| self.value()).collect()),
            9..11 => Act::SetVector {
                space: self.space(),
                embedding: self.embedding(),
                metadata: self.random.one_in(2).then(|| json!({ "n": self.random.within(0..5) })),
            },
            _ => Act::DeleteVector { space: self.space() },
        };
        Deed { scope, key, act }
    }

    fn note(&mut self) -> Act {
        if self.random.one_in(5) {
            return Act::Seed(self.random.pick(&["# Seed\n", "seed"]).to_string());
        }
        Act::Note {
            author: self.random.pick(&["a", "b"]).to_string(),
            text: self.random.pick(&["x", "y\ny", "\u{e9}\"\\"]).to_string(),
            retry_key: self.random.one_in(2).then(|| self.random.pick(&["1", "2", "3"]).to_string()),
        }
    }

    fn guard(&mut self, model: &Model, scope: &Scope, key: &str) -> Option<Revision> {
        match self.random.within(0..8) {
            0 => Some(Revision::ZERO),
            // No run gets so far: a guess that happened to be right would be one that the model cannot know.
            1 => Some(Revision(self.random.within(1_000_000..1_000_050) as u64)),
            2 | 3 => model.revisions.get(&(scope.clone(), key.to_owned())).copied(),
            _ => None,
        }
    }

    fn value(&mut self) -> Value {
        let n = self.random.within(0..10);
        self.random
            .pick(&[json!(null), json!(n), json!([n, "x"]), json!({ "a": { "n": n } }), json!("\u{e9}\"\\")])
            .clone()
    }

    /// Mostly of one length, so that most fit.
    fn embedding(&mut self) -> Vec<f32> {
        let dimensions = if self.random.one_in(8) { 2 } else { 3 };
        (0..dimensions).map(|_| self.random.within(0..9) as f32 - 4.0).collect()
    }

    fn scope(&mut self) -> Scope {
        match *self.random.pick(&ScopeKind::NARROW_TO_WIDE) {
            ScopeKind::Global => Scope::global(),
            kind => Scope::new(kind, self.id()).expect("a good id"),
        }
    }

    fn context(&mut self) -> Context {
        let mut context = Context::new();
        for kind in [ScopeKind::Workflow, ScopeKind::Session, ScopeKind::Actor] {
            if !self.random.one_in(3) {
                context = context.with(kind, self.id()).expect("a good id");
            }
        }
        context
    }

    fn id(&mut self) -> &'static str {
        IDS[self.random.within(0..IDS.len())]
    }

    fn key(&mut self) -> String {
        self.random.pick(&KEYS).to_string()
    }

    fn pattern(&mut self) -> String {
        self.random.pick(&PATTERNS).to_string()
    }

    fn space(&mut self) -> String {
        if self.random.one_in(2) { String::new() } else { self.random.pick(&SPACES).to_string() }
    }

    fn few(&mut self, most: usize) -> usize {
        self.random.within(1..most + 1)
    }
}
