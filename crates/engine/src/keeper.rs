//! The keeper: looks around a few times a second and never waits for anything.

use std::{
    sync::Arc,
    time::{Duration, Instant},
};

use crate::{
    settings::{FLUSH_OTHERS, FLUSH_OWN, HOUSEKEEPING, KEEPER_PERIOD},
    store::Store,
    writer,
};

/// The keeper's thread: withdraws writes that wait too long, sees that all writes are flushed in time, whoever made them,
/// and that a page left half written is mended.
pub(crate) fn run(store: &Arc<Store>) {
    let page = store.bell.page();
    let mut unflushed: Option<(u64, Instant)> = None;
    let mut torn: Option<(u64, u64)> = None;
    let mut housekept = Instant::now();
    loop {
        // Where everything is flushed and nothing waits, the next commit is what to wait for, whoever makes it.
        let rung = store.bell.rung();
        let clean = unflushed.is_none() && page.last() <= page.flushed() && page.intent() == page.last();
        // The stop is looked for after the bell: whoever sets it rings then.
        let idle = clean && store.queue.is_empty() && !store.stop.is_set();
        if idle {
            store.bell.wait(rung, HOUSEKEEPING);
        }
        if store.stop.sleep(if idle { Duration::ZERO } else { KEEPER_PERIOD }) {
            return;
        }
        store.queue.withdraw_late();

        let (last, flushed) = (page.last(), page.flushed());
        unflushed = match unflushed {
            _ if last <= flushed => None,
            Some((seen, since)) if seen == flushed => Some((seen, since)),
            _ => Some((flushed, Instant::now())),
        };
        if let Some((_, since)) = unflushed {
            let ours = store.cache.applied().0 >= last;
            if since.elapsed() >= if ours { FLUSH_OWN } else { FLUSH_OTHERS } {
                store.flusher.ask();
            }
        }

        // A commit takes microseconds: the same one seen twice was left behind by a writer that died in it.
        let now = (page.intent(), last);
        let stuck = now.0 != now.1 && torn == Some(now);
        torn = Some(now);
        if stuck {
            writer::mend(store);
        }

        if housekept.elapsed() >= HOUSEKEEPING {
            housekept = Instant::now();
            store.check_place();
            let now = store.clock.now();
            store.tell(|listener| listener.tick(now));
        }
    }
}
