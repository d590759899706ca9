//! Maps in the order of their keys.
//!
//! As fast as the ones of the standard library for what is asked here, and a fifth of their code: every pair of types is
//! compiled anew, and in the wasm module they were a seventh of everything.

use std::{borrow::Borrow, mem, ops::Bound};

/// Most items of a chunk.
const MOST: usize = 256;

/// A map in the order of its keys: sorted chunks, one after the other, none of them empty.
#[derive(Clone, Debug)]
pub(crate) struct OrderedMap<K, V> {
    chunks: Vec<Vec<(K, V)>>,
    len: usize,
}

/// A chunk, and a place in it.
type Place = (usize, usize);

impl<K, V> Default for OrderedMap<K, V> {
    fn default() -> Self {
        OrderedMap { chunks: Vec::new(), len: 0 }
    }
}

impl<K: Ord, V> OrderedMap<K, V> {
    pub(crate) fn new() -> Self {
        Self::default()
    }

    pub(crate) fn len(&self) -> usize {
        self.len
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.len == 0
    }

    pub(crate) fn get<Q: Ord + ?Sized>(&self, key: &Q) -> Option<&V>
    where
        K: Borrow<Q>,
    {
        let (chunk, at) = self.find(key).ok()?;
        Some(&self.chunks[chunk][at].1)
    }

    pub(crate) fn get_mut<Q: Ord + ?Sized>(&mut self, key: &Q) -> Option<&mut V>
    where
        K: Borrow<Q>,
    {
        let (chunk, at) = self.find(key).ok()?;
        Some(&mut self.chunks[chunk][at].1)
    }

    /// The value of a key; one is made if there is none.
    pub(crate) fn get_or_insert_with(&mut self, key: K, make: impl FnOnce() -> V) -> &mut V {
        let (chunk, at) = self.find(&key).unwrap_or_else(|place| self.put(place, (key, make())));
        &mut self.chunks[chunk][at].1
    }

    /// Puts a value under a key, and answers the one that was there.
    pub(crate) fn insert(&mut self, key: K, value: V) -> Option<V> {
        match self.find(&key) {
            Ok((chunk, at)) => Some(mem::replace(&mut self.chunks[chunk][at].1, value)),
            Err(place) => {
                self.put(place, (key, value));
                None
            }
        }
    }

    /// Takes out the value of a key.
    pub(crate) fn remove<Q: Ord + ?Sized>(&mut self, key: &Q) -> Option<V>
    where
        K: Borrow<Q>,
    {
        let place = self.find(key).ok()?;
        Some(self.take(place))
    }

    pub(crate) fn iter(&self) -> impl Iterator<Item = (&K, &V)> {
        self.chunks.iter().flatten().map(|(key, value)| (key, value))
    }

    pub(crate) fn values(&self) -> impl Iterator<Item = &V> {
        self.iter().map(|(_, value)| value)
    }

    /// The last key.
    pub(crate) fn last(&self) -> Option<&K> {
        self.chunks.last()?.last().map(|(key, _)| key)
    }

    /// What stands from a key on, itself included or not.
    pub(crate) fn from<Q: Ord + ?Sized>(&self, from: Bound<&Q>) -> impl Iterator<Item = (&K, &V)>
    where
        K: Borrow<Q>,
    {
        let (chunk, at) = match from {
            Bound::Included(key) => self.find(key).unwrap_or_else(|place| place),
            Bound::Excluded(key) => self.find(key).map_or_else(|place| place, |(chunk, at)| (chunk, at + 1)),
            Bound::Unbounded => (0, 0),
        };
        let chunks = self.chunks.get(chunk..).unwrap_or_default().iter();
        chunks.flatten().skip(at).map(|(key, value)| (key, value))
    }

    /// Where a key stands, or where it would.
    fn find<Q: Ord + ?Sized>(&self, key: &Q) -> Result<Place, Place>
    where
        K: Borrow<Q>,
    {
        let chunk = self.chunks.partition_point(|chunk| chunk[0].0.borrow() <= key).saturating_sub(1);
        let Some(items) = self.chunks.get(chunk) else { return Err((0, 0)) };
        match items.binary_search_by(|(other, _)| other.borrow().cmp(key)) {
            Ok(at) => Ok((chunk, at)),
            Err(at) => Err((chunk, at)),
        }
    }

    fn put(&mut self, (mut chunk, mut at): Place, item: (K, V)) -> Place {
        if self.chunks.is_empty() {
            self.chunks.push(Vec::new());
        }
        if self.chunks[chunk].len() == MOST {
            // Keys that only grow fill one chunk after the other.
            let middle = if at == MOST && chunk + 1 == self.chunks.len() { MOST } else { MOST / 2 };
            let rest = self.chunks[chunk].split_off(middle);
            self.chunks.insert(chunk + 1, rest);
            if at >= middle {
                (chunk, at) = (chunk + 1, at - middle);
            }
        }
        self.chunks[chunk].insert(at, item);
        self.len += 1;
        (chunk, at)
    }

    fn take(&mut self, (chunk, at): Place) -> V {
        let (_, value) = self.chunks[chunk].remove(at);
        self.len -= 1;
        let len = self.chunks[chunk].len();
        let next = self.chunks.get(chunk + 1).map_or(MOST, Vec::len);
        if len == 0 {
            self.chunks.remove(chunk);
        } else if len + next <= MOST / 2 {
            let mut next = self.chunks.remove(chunk + 1);
            self.chunks[chunk].append(&mut next);
        }
        value
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use super::*;
    use crate::vector::vector_support::Rng;

    #[test]
    fn it_is_what_the_map_of_the_standard_library_is() {
        let mut rng = Rng::new("it_is_what_the_map_of_the_standard_library_is");
        for (keys, steps) in [(8, 2_000), (1_000, 20_000), (10_000, 40_000)] {
            let (mut map, mut model) = (OrderedMap::new(), BTreeMap::new());
            for step in 0..steps {
                // It grows, and then shrinks.
                let key = rng.below(keys);
                if rng.below(steps) > step {
                    assert_eq!(map.insert(key, step), model.insert(key, step));
                } else {
                    assert_eq!(map.remove(&key), model.remove(&key));
                }
                assert_eq!((map.len(), map.is_empty()), (model.len(), model.is_empty()));
                let key = rng.below(keys);
                assert_eq!(map.get(&key), model.get(&key));
                assert_eq!(map.get_mut(&key), model.get_mut(&key));
                for from in [Bound::Included(&key), Bound::Excluded(&key), Bound::Unbounded] {
                    assert!(map.from(from).take(3).eq(model.range((from, Bound::Unbounded)).take(3)));
                }
                if step % 500 == 0 {
                    assert!(map.iter().eq(&model));
                }
            }
        }
    }

    #[test]
    fn a_value_is_made_where_there_is_none() {
        let mut map = OrderedMap::new();
        for key in 0..2_000 {
            assert_eq!(*map.get_or_insert_with(key, || key), key);
            *map.get_or_insert_with(key, || unreachable!()) += 1;
        }
        assert!(map.values().copied().eq(1..=2_000));
        assert!(map.chunks.iter().all(|chunk| chunk.len() == MOST || chunk[0].0 + MOST > 2_000));
    }
}
