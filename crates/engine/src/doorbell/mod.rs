//! The doorbell: how one process tells the others that it has written.

mod page;
mod wait;

use std::{io, path::Path, sync::atomic::Ordering, time::Duration};

pub(crate) use page::Page;

/// The page with its bell.
pub(crate) struct Doorbell {
    page: Page,
}

/// How often the bell had rung.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) struct Rung(u32);

impl Doorbell {
    pub(crate) fn open(path: &Path) -> io::Result<Doorbell> {
        Ok(Doorbell { page: Page::open(path)? })
    }

    /// Whether a file is the page of a store that was used.
    pub(crate) fn was_used(path: &Path) -> bool {
        std::fs::read(path).is_ok_and(|bytes| Page::is_formatted(&bytes))
    }

    pub(crate) fn page(&self) -> &Page {
        &self.page
    }

    /// Where the bell stands. Look here before looking at the log, and wait with what this said.
    pub(crate) fn rung(&self) -> Rung {
        Rung(self.page.bell().load(Ordering::SeqCst))
    }

    /// Wakes every waiter in every process.
    pub(crate) fn ring(&self) {
        self.page.bell().fetch_add(1, Ordering::SeqCst);
        // Sleepers count themselves in before they look at the bell a last time, so none is missed.
        if self.page.sleepers().load(Ordering::SeqCst) > 0 {
            wait::wake(self.page.bell());
        }
    }

    /// Waits until the bell rings after `before`, or a while has passed.
    pub(crate) fn wait(&self, before: Rung, timeout: Duration) {
        self.page.sleepers().fetch_add(1, Ordering::SeqCst);
        if self.rung() == before {
            wait::wait(self.page.bell(), before.0, timeout);
        }
        // A killed sleeper leaves its count behind: that costs a wake-up that nobody hears, no more.
        self.page.sleepers().fetch_sub(1, Ordering::SeqCst);
    }
}

#[cfg(test)]
mod tests {
    use std::{sync::Arc, thread};

    use super::*;

    #[test]
    fn a_ring_wakes_a_waiter_on_another_mapping() {
        let directory = tempfile::tempdir().unwrap();
        let path = directory.path().join("bell");
        let (here, there) = (Doorbell::open(&path).unwrap(), Arc::new(Doorbell::open(&path).unwrap()));
        let before = there.rung();
        let waiter = thread::spawn({
            let there = there.clone();
            move || there.wait(before, Duration::from_secs(60))
        });
        here.ring();
        waiter.join().unwrap();
        assert!(there.rung() != before);
    }

    #[test]
    fn a_page_of_another_store_is_noticed() {
        let directory = tempfile::tempdir().unwrap();
        let page = Page::open(&directory.path().join("bell")).unwrap();
        assert!(!page.belongs_to(7));
        page.format(7 << 70, 3, 2);
        assert!(page.belongs_to(7 << 70));
        assert!(!page.belongs_to(7));
        assert_eq!((page.intent(), page.last(), page.flushed()), (3, 3, 2));
        assert!(Doorbell::was_used(&directory.path().join("bell")));
    }
}
