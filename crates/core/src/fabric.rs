//! The fabric: one engine, and everything that hangs on it.

use std::{
    fmt,
    path::Path,
    sync::{
        Arc, Weak,
        atomic::{AtomicBool, Ordering},
    },
};

use crate::{
    clock::{Clock, Millis},
    context::{Bounds, Context, Reach},
    engine::{Engine, InMemory, Listener, Stats},
    error::{Error, ErrorKind, Result},
    in_flight::{self, Flight, InFlight},
    indexes::Indexes,
    later::{Later, Promise},
    memory::Memory,
    operation::{Batch, Committed},
    scope::Scope,
    vector,
    watch::{Registry, Selector, Subscription, Wake, Watch, WatchRequest},
};

/// A memory that many agents share. Clones are handles on the same one.
#[derive(Clone)]
pub struct Fabric(Arc<Inner>);

struct Inner {
    engine: Arc<dyn Engine>,
    in_flight: Arc<InFlight>,
    indexes: Arc<Indexes>,
    registry: Arc<Registry>,
    closed: AtomicBool,
}

impl Fabric {
    /// A fabric on an engine. Closing it closes this use of the engine.
    pub fn new(engine: Arc<dyn Engine>) -> Fabric {
        let inner = Arc::new(Inner {
            registry: Registry::new(engine.clone()),
            in_flight: engine.in_flight(),
            indexes: Indexes::new(engine.clone()),
            engine,
            closed: AtomicBool::new(false),
        });
        let listener: Weak<Registry> = Arc::downgrade(&inner.registry);
        inner.engine.attach(listener as Weak<dyn Listener>);
        let listener: Weak<Indexes> = Arc::downgrade(&inner.indexes);
        inner.engine.attach(listener as Weak<dyn Listener>);
        Fabric(inner)
    }

    /// A fabric that is gone with the process.
    pub fn in_memory(clock: impl Clock) -> Fabric {
        Fabric::new(Arc::new(InMemory::new(clock)))
    }

    /// A handle that starts in a context and may name any instance.
    pub fn memory(&self, context: Context) -> Memory {
        self.memory_with(context, Reach::Open, None).expect("an open handle without an agent has nothing to refuse")
    }

    /// A handle with a reach of its own, whose writes are by an agent.
    ///
    /// # Errors
    /// `invalid_option` if the agent id is malformed; `invalid_scope` if the reach is one dimension that the context lacks.
    pub fn memory_with(&self, context: Context, reach: Reach, agent: Option<&str>) -> Result<Memory> {
        let origin = Arc::new(context.origin(agent)?);
        Ok(Memory::new(self.clone(), Bounds::new(context, reach)?, origin))
    }

    /// Hands batches to the engine. They happen in order, each by itself, and the answer has a result for each.
    pub fn submit(&self, batches: Vec<Batch>) -> Later<Vec<Result<Committed>>> {
        if batches.is_empty() {
            return Later::of(Vec::new());
        }
        if let Err(error) = self.check_open() {
            return Later::of(batches.iter().map(|_| Err(error.clone())).collect());
        }
        let (promise, later) = Later::promise(Vec::new);
        let flight = Flight::new();
        let addresses = in_flight::addresses(&batches);
        let landing = Landing {
            in_flight: self.0.in_flight.clone(),
            flight: flight.clone(),
            batches: batches.len(),
            promise: Some(promise),
        };
        self.0.engine.submit(batches, Box::new(move |results| landing.finish(results)));
        if !flight.has_landed() {
            self.0.in_flight.list(&flight, addresses);
        }
        later
    }

    /// Is there when everything submitted so far is done, well or badly.
    pub fn settle(&self) -> Later<()> {
        self.0.in_flight.settle()
    }

    /// Whether no write of a key is under way.
    pub fn is_settled(&self, scope: &Scope, key: &str) -> bool {
        self.0.in_flight.is_settled(scope, key)
    }

    /// Whether no write at all is under way.
    pub fn is_all_settled(&self) -> bool {
        self.0.in_flight.is_all_settled()
    }

    /// Watches every instance of every scope, or those that the request names: a stream.
    ///
    /// # Errors
    /// As [`Fabric::subscribe`].
    pub fn watch(&self, request: WatchRequest) -> Result<Watch> {
        Watch::open(|wake| self.subscribe(request, wake))
    }

    /// Watches as [`Fabric::watch`] does. `wake` is called, on any thread and under no lock, when there is something to
    /// take.
    ///
    /// # Errors
    /// `invalid_option`, `invalid_scope` if the request is malformed; `closed`; whatever the engine fails with.
    pub fn subscribe(&self, request: WatchRequest, wake: Wake) -> Result<Subscription> {
        let selector = Selector::of_fabric(&request.at)?;
        self.subscribe_to(request, selector, wake)
    }

    pub(crate) fn subscribe_to(&self, request: WatchRequest, selector: Selector, wake: Wake) -> Result<Subscription> {
        self.check_open()?;
        Subscription::open(self.clone(), request, selector, wake)
    }

    /// Figures for people.
    ///
    /// # Errors
    /// `closed`; whatever the engine fails with.
    pub fn stats(&self) -> Result<Stats> {
        self.check_open()?;
        Ok(Stats { kernels: vector::instructions(), vectors: self.0.indexes.stats()?, ..self.0.engine.stats()? })
    }

    /// Is there when everything acknowledged so far survives a power cut.
    pub fn flush(&self) -> Later<Result<()>> {
        self.ask(|promise| self.0.engine.flush(Box::new(move |result| promise.keep(result))))
    }

    /// Writes a consistent copy of the store, to a path that does not exist yet.
    pub fn backup(&self, path: &Path) -> Later<Result<()>> {
        self.ask(|promise| self.0.engine.backup(path, Box::new(move |result| promise.keep(result))))
    }

    /// What stands, as bytes for [`InMemory::import`] to begin with: compact, checked, and without the past. Whoever watched
    /// here and goes on there gets `resync`.
    ///
    /// # Errors
    /// `closed`; `unsupported` for a directory, which is copied with [`Fabric::backup`].
    pub fn export(&self) -> Result<Vec<u8>> {
        self.check_open()?;
        self.0.engine.export()
    }

    /// Ends all watches, finishes and flushes what was submitted. Every later call fails as `closed`; a second `close`
    /// has nothing to do.
    pub fn close(&self) -> Later<Result<()>> {
        if self.0.closed.swap(true, Ordering::AcqRel) {
            return Later::of(Ok(()));
        }
        self.0.registry.close();
        self.0.indexes.clear();
        let (promise, later) = Later::promise(gave_up);
        self.0.engine.close(Box::new(move |result| promise.keep(result)));
        later
    }

    /// Tells an engine without threads of its own that time has passed. Call it about once a second.
    pub fn tick(&self) {
        if self.check_open().is_ok() {
            self.0.engine.tick();
        }
    }

    /// The time.
    pub fn now(&self) -> Millis {
        self.0.engine.now()
    }

    /// The engine.
    pub fn engine(&self) -> &Arc<dyn Engine> {
        &self.0.engine
    }

    pub(crate) fn registry(&self) -> &Arc<Registry> {
        &self.0.registry
    }

    pub(crate) fn in_flight(&self) -> &InFlight {
        &self.0.in_flight
    }

    pub(crate) fn indexes(&self) -> &Arc<Indexes> {
        &self.0.indexes
    }

    /// # Errors
    /// `closed` once it is.
    pub(crate) fn check_open(&self) -> Result<()> {
        if self.0.closed.load(Ordering::Acquire) {
            return Err(Error::new(ErrorKind::Closed, "the fabric was closed"));
        }
        Ok(())
    }

    fn ask(&self, ask: impl FnOnce(Promise<Result<()>>)) -> Later<Result<()>> {
        if let Err(error) = self.check_open() {
            return Later::of(Err(error));
        }
        let (promise, later) = Later::promise(gave_up);
        ask(promise);
        later
    }
}

/// What is done when a submission is.
struct Landing {
    in_flight: Arc<InFlight>,
    flight: Arc<Flight>,
    batches: usize,
    promise: Option<Promise<Vec<Result<Committed>>>>,
}

impl Landing {
    fn finish(mut self, results: Vec<Result<Committed>>) {
        self.land(results);
    }

    fn land(&mut self, results: Vec<Result<Committed>>) {
        if let Some(promise) = self.promise.take() {
            self.in_flight.land(&self.flight);
            promise.keep(results);
        }
    }
}

impl Drop for Landing {
    /// An engine that goes down without an answer must not leave readers waiting.
    fn drop(&mut self) {
        if self.promise.is_some() {
            let error = gave_up_error().maybe_committed();
            self.land(vec![Err(error); self.batches]);
        }
    }
}

fn gave_up() -> Result<()> {
    Err(gave_up_error())
}

fn gave_up_error() -> Error {
    Error::new(ErrorKind::Unavailable, "the engine ended without an answer")
}

impl fmt::Debug for Fabric {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Fabric").field("closed", &self.check_open().is_err()).finish_non_exhaustive()
    }
}
