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
