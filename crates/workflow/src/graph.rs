//! Which step waits for which. Steps are numbers here.

/// Steps by what they wait for.
#[derive(Clone, Debug, Default)]
pub(crate) struct Graph {
    /// The level of each step: how many waits lead to it.
    levels: Vec<usize>,
    /// Of each step, those that it waits for, directly or not, a bit each.
    upstream: Vec<Vec<u64>>,
}

impl Graph {
    /// A graph out of what each step waits for.
    ///
    /// # Errors
    /// Steps that wait for each other in a circle, if there are some.
    pub(crate) fn new(depends_on: &[Vec<usize>]) -> Result<Graph, Vec<usize>> {
        let count = depends_on.len();
        let mut graph = Graph { levels: vec![0; count], upstream: vec![vec![0; count.div_ceil(64)]; count] };
        let mut waiting: Vec<usize> = depends_on.iter().map(Vec::len).collect();
        let mut followers = vec![Vec::new(); count];
        for (step, needed) in depends_on.iter().enumerate() {
            needed.iter().for_each(|other| followers[*other].push(step));
        }
        let mut ready: Vec<usize> = (0..count).filter(|step| waiting[*step] == 0).collect();
        let mut at = 0;
        while let Some(&step) = ready.get(at) {
            at += 1;
            for &follower in &followers[step] {
                graph.follow(step, follower);
                waiting[follower] -= 1;
                if waiting[follower] == 0 {
                    ready.push(follower);
                }
            }
        }
        if at < count { Err(circle(depends_on, &waiting)) } else { Ok(graph) }
    }

    fn follow(&mut self, step: usize, follower: usize) {
        self.levels[follower] = self.levels[follower].max(self.levels[step] + 1);
        let mut bits = std::mem::take(&mut self.upstream[follower]);
        bits.iter_mut().zip(&self.upstream[step]).for_each(|(bits, more)| *bits |= more);
        bits[step / 64] |= 1 << (step % 64);
        self.upstream[follower] = bits;
    }

    pub(crate) fn level(&self, step: usize) -> usize {
        self.levels[step]
    }

    /// Whether a step waits for another, directly or not.
    pub(crate) fn is_upstream(&self, other: usize, step: usize) -> bool {
        self.upstream[step][other / 64] >> (other % 64) & 1 == 1
    }

    /// The steps of each level, by their numbers.
    pub(crate) fn by_level(&self) -> Vec<Vec<usize>> {
        let mut levels = vec![Vec::new(); self.levels.iter().max().map_or(0, |level| level + 1)];
        self.levels.iter().enumerate().for_each(|(step, level)| levels[*level].push(step));
        levels
    }
}

/// A circle among the steps that still wait: each of them waits for another such.
fn circle(depends_on: &[Vec<usize>], waiting: &[usize]) -> Vec<usize> {
    let next = |step: usize| depends_on[step].iter().copied().find(|other| waiting[*other] > 0);
    let mut path: Vec<usize> = waiting.iter().position(|count| *count > 0).into_iter().collect();
    let mut place = vec![None; waiting.len()];
    while let Some(&step) = path.last() {
        if let Some(start) = place[step] {
            path.pop();
            return path.split_off(start);
        }
        place[step] = Some(path.len() - 1);
        match next(step) {
            Some(other) => path.push(other),
            None => break,
        }
    }
    path
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn levels(depends_on: &[&[usize]]) -> Vec<Vec<usize>> {
        let depends_on: Vec<Vec<usize>> = depends_on.iter().map(|needed| needed.to_vec()).collect();
        Graph::new(&depends_on).unwrap().by_level()
    }

    fn circle(depends_on: &[&[usize]]) -> Vec<usize> {
        let depends_on: Vec<Vec<usize>> = depends_on.iter().map(|needed| needed.to_vec()).collect();
        let mut circle = Graph::new(&depends_on).unwrap_err();
        circle.sort_unstable();
        circle
    }

    #[test]
    fn d1_no_steps_have_no_levels() {
        assert_eq!(levels(&[]), Vec::<Vec<usize>>::new());
    }

    #[test]
    fn d2_a_single_step_has_a_level() {
        assert_eq!(levels(&[&[]]), [[0]]);
    }

    #[test]
    fn d3_a_chain_has_a_level_for_each_step() {
        assert_eq!(levels(&[&[], &[0], &[1]]), [[0], [1], [2]]);
    }

    #[test]
    fn d4_a_fan_out_is_one_level() {
        assert_eq!(levels(&[&[], &[0], &[0], &[0]]), [vec![0], vec![1, 2, 3]]);
    }

    #[test]
    fn d5_a_fan_in_waits_for_all() {
        assert_eq!(levels(&[&[], &[], &[], &[0, 1, 2]]), [vec![0, 1, 2], vec![3]]);
    }

    #[test]
    fn d6_a_diamond_has_three_levels() {
        assert_eq!(levels(&[&[], &[0], &[0], &[1, 2]]), [vec![0], vec![1, 2], vec![3]]);
    }

    #[test]
    fn d7_five_steps_behind_a_diamond() {
        assert_eq!(levels(&[&[], &[0], &[0], &[1, 2], &[3]]), [vec![0], vec![1, 2], vec![3], vec![4]]);
    }

    #[test]
    fn d8_two_roots_share_the_first_level() {
        assert_eq!(levels(&[&[], &[], &[0, 1]]), [vec![0, 1], vec![2]]);
    }

    #[test]
    fn d9_two_steps_that_wait_for_each_other_are_a_circle() {
        assert_eq!(circle(&[&[1], &[0]]), [0, 1]);
    }

    #[test]
    fn d10_a_step_that_waits_for_itself_is_a_circle() {
        assert_eq!(circle(&[&[0]]), [0]);
    }

    #[test]
    fn d11_three_steps_in_a_circle_are_named_and_others_are_not() {
        assert_eq!(circle(&[&[2], &[0], &[1]]), [0, 1, 2]);
        // Behind the circle, before it, and beside it.
        assert_eq!(circle(&[&[3], &[], &[1], &[3, 2, 4], &[5], &[4]]), [3]);
        assert_eq!(circle(&[&[1], &[2], &[3], &[1], &[]]), [1, 2, 3]);
    }

    /// Steps that wait for earlier ones, in another order.
    fn acyclic() -> impl Strategy<Value = Vec<Vec<usize>>> {
        (1..150_usize)
            .prop_flat_map(|count| {
                let needed = (0..count).map(|step| prop::collection::btree_set(0..step.max(1), 0..4.min(step + 1)));
                (needed.collect::<Vec<_>>(), Just((0..count).collect::<Vec<_>>()).prop_shuffle())
            })
            .prop_map(|(needed, names)| {
                let mut depends_on = vec![Vec::new(); names.len()];
                for (step, needed) in needed.iter().enumerate() {
                    depends_on[names[step]] =
                        needed.iter().filter(|other| **other < step).map(|other| names[*other]).collect();
                }
                depends_on
            })
    }

    proptest! {
        #[test]
        fn a_step_is_one_level_behind_the_last_that_it_waits_for(depends_on in acyclic()) {
            let graph = Graph::new(&depends_on).unwrap();
            for (step, needed) in depends_on.iter().enumerate() {
                let expected = needed.iter().map(|other| graph.level(*other) + 1).max().unwrap_or(0);
                prop_assert_eq!(graph.level(step), expected);
            }
            let mut all = graph.by_level().concat();
            all.sort_unstable();
            prop_assert_eq!(all, (0..depends_on.len()).collect::<Vec<_>>());
        }

        #[test]
        fn upstream_is_what_can_be_reached(depends_on in acyclic()) {
            let graph = Graph::new(&depends_on).unwrap();
            for step in 0..depends_on.len() {
                let mut reached = std::collections::HashSet::new();
                let mut open = depends_on[step].clone();
                while let Some(other) = open.pop() {
                    if reached.insert(other) {
                        open.extend(&depends_on[other]);
                    }
                }
                for other in 0..depends_on.len() {
                    prop_assert_eq!(graph.is_upstream(other, step), reached.contains(&other));
                }
            }
        }

        #[test]
        fn a_circle_that_is_found_is_one(
            depends_on in (1..40_usize).prop_flat_map(|count| {
                prop::collection::vec(prop::collection::vec(0..count, 0..3), count)
            })
        ) {
            if let Err(circle) = Graph::new(&depends_on) {
                prop_assert!(!circle.is_empty());
                for (at, step) in circle.iter().enumerate() {
                    prop_assert!(depends_on[*step].contains(&circle[(at + 1) % circle.len()]));
                }
            }
        }
    }
}
