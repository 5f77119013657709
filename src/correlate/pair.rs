//! Which line belongs to which request: the probabilities of all assignments that keep the order of
//! both logs.
//!
//! Requests and lines are two sequences, each in the order of its log. A request takes no line, one, or
//! one and further ones after it; a line has one request or none; two neighbours may have been answered
//! in the other order than they were judged. Every such assignment has a weight, the product of the
//! weights of its steps, and forward and backward sums over all of them give for each pair how likely it
//! is: what a nearest-in-time join guesses, this counts.

/// The weights that a problem puts on the steps. Zero: impossible. Only ratios matter.
pub trait Weigh {
    /// The request has no line.
    fn unlogged(&self, request: usize) -> f64;
    /// The line is the first, or only, one of the request.
    fn pair(&self, request: usize, line: usize) -> f64;
    /// The line is a further one of a request whose line before it was `before`.
    fn further(&self, request: usize, before: usize, line: usize) -> f64;
    /// The line has no request.
    fn orphan(&self, line: usize) -> f64;
    /// The request has a line and the one before it has none, or the other way round: clients repeat
    /// their mistakes. Never asked for the first.
    fn turn(&self, request: usize) -> f64;
    /// Whether the last lines may belong to requests that are not part of the problem, at no cost.
    fn goes_on(&self) -> bool {
        false
    }
    /// The request and the one after it were answered in the other order than their lines were written.
    fn swap(&self, request: usize) -> f64;
}

/// The probabilities of one problem's assignments.
#[derive(Debug, Clone, PartialEq)]
pub struct Marginals {
    /// Per request: the lines it can own and how likely each is, as its first line. In line order.
    pub pairs: Vec<Vec<(usize, f64)>>,
    /// Per request: how likely it has no line.
    pub unlogged: Vec<f64>,
    /// Per line: how likely it has no request.
    pub orphan: Vec<f64>,
    /// The lines that can be further ones, with the request of each and how likely it is: in the order of requests.
    pub further: Vec<(usize, usize, f64)>,
}

impl Marginals {
    /// Requests without a line, or lines without a request.
    pub(super) fn apart(requests: usize, lines: usize) -> Self {
        Self {
            pairs: vec![Vec::new(); requests],
            unlogged: vec![1.0; requests],
            orphan: vec![1.0; lines],
            further: Vec::new(),
        }
    }

    /// Adds the next requests, whose lines begin at `line`.
    pub(super) fn append(&mut self, next: Self, line: usize) {
        let request = self.pairs.len();
        let shifted =
            |list: Vec<(usize, f64)>, by: usize| list.into_iter().map(move |(n, p)| (n + by, p));
        self.pairs.extend(
            next.pairs
                .into_iter()
                .map(|pairs| shifted(pairs, line).collect()),
        );
        self.unlogged.extend(next.unlogged);
        for (known, orphan) in self.orphan[line..].iter_mut().zip(next.orphan) {
            *known = known.min(orphan);
        }
        let further = next.further.into_iter();
        self.further
            .extend(further.map(|(k, i, p)| (line + k, request + i, p)));
    }
}

/// Sums over all assignments of `requests` requests and `lines` lines.
pub fn marginals(requests: usize, lines: usize, weigh: &impl Weigh) -> Marginals {
    if let Some(plain) = plain(requests, lines, weigh) {
        return plain;
    }
    let mut lattice = Lattice::new(requests, lines, weigh);
    lattice.fill_forward();
    lattice.fill_backward();
    lattice.read()
}

/// The problems that most are: nothing on one side, or one on each.
fn plain(requests: usize, lines: usize, weigh: &impl Weigh) -> Option<Marginals> {
    match (requests, lines) {
        (0, _) | (_, 0) => Some(Marginals::apart(requests, lines)),
        (1, 1) => {
            let together = weigh.pair(0, 0);
            let apart = weigh.unlogged(0) * weigh.orphan(0);
            let unlogged = apart / (together + apart);
            let pairs = if together > 0.0 {
                vec![(0, 1.0 - unlogged)]
            } else {
                Vec::new()
            };
            Some(Marginals {
                pairs: vec![pairs],
                unlogged: vec![unlogged],
                orphan: vec![unlogged],
                further: Vec::new(),
            })
        }
        _ => None,
    }
}

/// What is remembered of the way to a cell: the last request took no line, ... Lines without a request come
/// before it, so that a request and a line that have nothing to do with each other count once, not in both
/// orders.
const SILENT: usize = 0;
/// ... it took one, ...
const LOGGED: usize = 1;
/// ... or it took the very line before the cell, and may take further ones.
const OPEN: usize = 2;

/// A pair less likely than this is not told.
const NEGLIGIBLE: f64 = 1e-5;

/// Sums of the weights of all ways to (or from) a cell, by state.
type Cell = [f64; 3];

/// The cells `(requests placed, lines placed)`, a row for each number of requests, in the order in which they are
/// filled. Products of hundreds of weights leave the range of a float, so each row is divided by its largest value;
/// the divisors are kept. Rows further back are reached only by a swap, which spans two.
struct Rows {
    width: usize,
    cells: Vec<Cell>,
    divisors: Vec<f64>,
}

impl Rows {
    /// None yet, of `height` with `width` cells each.
    fn new(height: usize, width: usize) -> Self {
        Self {
            width,
            cells: Vec::with_capacity(height * width),
            divisors: Vec::with_capacity(height),
        }
    }

    /// Adds a row.
    fn push(&mut self, row: &[Cell]) {
        // `f64::max` also minds what is no number, which nearly doubles the cost of a row.
        let larger = |a: f64, &b: &f64| if b > a { b } else { a };
        let top = row.iter().flatten().fold(0.0, larger);
        let divisor = if top > 0.0 { top } else { 1.0 };
        let scaled = |cell: &Cell| cell.map(|weight| weight / divisor);
        self.cells.extend(row.iter().map(scaled));
        self.divisors.push(divisor);
    }

    fn row(&self, at: usize) -> &[Cell] {
        &self.cells[at * self.width..][..self.width]
    }
}

/// The sums over all ways through the cells, from the beginning and from the end.
struct Lattice<'a, W> {
    requests: usize,
    lines: usize,
    weigh: &'a W,
    // The weights, asked for once each.
    pair: Vec<f64>,
    unlogged: Vec<f64>,
    orphan: Vec<f64>,
    turn: Vec<f64>,
    swap: Vec<f64>,
    forward: Rows,
    backward: Rows,
}

impl<'a, W: Weigh> Lattice<'a, W> {
    fn new(requests: usize, lines: usize, weigh: &'a W) -> Self {
        let pair = (0..requests * lines)
            .map(|at| weigh.pair(at / lines, at % lines))
            .collect();
        Self {
            requests,
            lines,
            weigh,
            pair,
            unlogged: (0..requests).map(|i| weigh.unlogged(i)).collect(),
            orphan: (0..lines).map(|k| weigh.orphan(k)).collect(),
            turn: (0..requests)
                .map(|i| if i == 0 { 1.0 } else { weigh.turn(i) })
                .collect(),
            swap: (1..requests).map(|i| weigh.swap(i - 1)).collect(),
            forward: Rows::new(requests + 1, lines + 1),
            backward: Rows::new(requests + 1, lines + 1),
        }
    }

    fn pair(&self, request: usize, line: usize) -> f64 {
        self.pair[request * self.lines + line]
    }

    /// The weight of `request` and the next one taking `line` and the next one crosswise.
    fn swap(&self, request: usize, line: usize) -> f64 {
        let crossed = self.pair(request, line + 1) * self.pair(request + 1, line);
        if crossed > 0.0 {
            crossed * self.swap[request]
        } else {
            0.0
        }
    }

    /// The weight of `line` being a further one, with `request` requests placed before it.
    fn further(&self, request: usize, line: usize) -> f64 {
        if request == 0 || line == 0 {
            0.0
        } else {
            self.weigh.further(request - 1, line - 1, line)
        }
    }

    /// The weights of all ways to a cell, for a request that takes a line and for one that takes none.
    fn turned(&self, cell: Cell, request: usize) -> (f64, f64) {
        let turn = self.turn[request];
        let logged = cell[LOGGED] + cell[OPEN];
        (logged + turn * cell[SILENT], turn * logged + cell[SILENT])
    }

    /// The ways to the cells with `i` requests placed.
    fn forward(&self, i: usize) -> &[Cell] {
        self.forward.row(i)
    }

    /// The ways from them. Their rows are filled from the last on.
    fn backward(&self, i: usize) -> &[Cell] {
        self.backward.row(self.requests - i)
    }

    fn backward_divisor(&self, i: usize) -> f64 {
        self.backward.divisors[self.requests - i]
    }

    fn fill_forward(&mut self) {
        let mut row = vec![Cell::default(); self.lines + 1];
        for i in 0..=self.requests {
            for k in 0..=self.lines {
                row[k] = self.ways_to(&row, i, k);
            }
            self.forward.push(&row);
        }
    }

    /// All ways to `(i, k)`; `row` is row `i` as far as it is filled, and not yet scaled.
    fn ways_to(&self, row: &[Cell], i: usize, k: usize) -> Cell {
        let mut cell = Cell::default();
        if i == 0 && k == 0 {
            cell[LOGGED] = 1.0;
        }
        if k > 0 {
            cell[LOGGED] += (row[k - 1][LOGGED] + row[k - 1][OPEN]) * self.orphan[k - 1];
            if row[k - 1][OPEN] > 0.0 {
                cell[OPEN] += row[k - 1][OPEN] * self.further(i, k - 1);
            }
        }
        if i > 0 {
            let (_, silent) = self.turned(self.forward(i - 1)[k], i - 1);
            cell[SILENT] += silent * self.unlogged[i - 1];
            if k > 0 {
                let (logged, _) = self.turned(self.forward(i - 1)[k - 1], i - 1);
                cell[OPEN] += logged * self.pair(i - 1, k - 1);
            }
        }
        if i > 1 && k > 1 {
            let (before, _) = self.turned(self.forward(i - 2)[k - 2], i - 2);
            if before > 0.0 {
                cell[LOGGED] += before * self.swap(i - 2, k - 2) / self.forward.divisors[i - 1];
            }
        }
        cell
    }

    fn fill_backward(&mut self) {
        let mut row = vec![Cell::default(); self.lines + 1];
        for i in (0..=self.requests).rev() {
            for k in (0..=self.lines).rev() {
                row[k] = self.ways_from(&row, i, k);
            }
            self.backward.push(&row);
        }
    }

    /// All ways from `(i, k)` to the end; `row` as in [`Self::ways_to`].
    fn ways_from(&self, row: &[Cell], i: usize, k: usize) -> Cell {
        let mut cell = Cell::default();
        if i == self.requests && (k == self.lines || self.weigh.goes_on()) {
            cell = [1.0; 3];
        }
        if k < self.lines {
            cell[LOGGED] += row[k + 1][LOGGED] * self.orphan[k];
        }
        if i < self.requests {
            let turn = self.turn[i];
            let (silent, logged) = self.ways_on(i, k);
            cell[SILENT] += silent + turn * logged;
            cell[LOGGED] += turn * silent + logged;
        }
        if k < self.lines {
            // An end was counted in all states.
            cell[OPEN] = cell[LOGGED];
            if row[k + 1][OPEN] > 0.0 {
                cell[OPEN] += row[k + 1][OPEN] * self.further(i, k);
            }
        } else {
            cell[OPEN] = cell[LOGGED];
        }
        cell
    }

    /// All ways from `(i, k)` on which request `i` takes no line, and on which it takes one, on the scale of
    /// `backward(i + 1)`.
    fn ways_on(&self, i: usize, k: usize) -> (f64, f64) {
        let silent = self.backward(i + 1)[k][SILENT] * self.unlogged[i];
        let mut logged = 0.0;
        if k < self.lines {
            logged += self.backward(i + 1)[k + 1][OPEN] * self.pair(i, k);
        }
        if i + 1 < self.requests && k + 1 < self.lines {
            let after = self.backward(i + 2)[k + 2][LOGGED];
            if after > 0.0 {
                logged += after * self.swap(i, k) / self.backward_divisor(i + 1);
            }
        }
        (silent, logged)
    }

    /// Every assignment places request `i` in exactly one way: by itself, with a line, or as one half of
    /// a swap. So these weights, brought to one scale, add up to certainty.
    fn read(&self) -> Marginals {
        let mut orphan = vec![1.0; self.lines];
        let mut further = Vec::new();
        let mut pairs = Vec::with_capacity(self.requests);
        let mut unlogged = Vec::with_capacity(self.requests);
        for i in 0..=self.requests {
            let (total, silent, own) = self.place(i);
            for (k, orphan) in orphan.iter_mut().enumerate() {
                let weight = self.forward(i)[k][OPEN];
                if weight > 0.0 && i > 0 {
                    let ways = weight * self.further(i, k) * self.backward(i)[k + 1][OPEN];
                    let share = ways * self.backward_divisor(i) / total;
                    if share > 0.0 {
                        further.push((k, i - 1, share));
                        *orphan -= share;
                    }
                }
            }
            if i < self.requests {
                for &(k, p) in &own {
                    orphan[k] -= p;
                }
                pairs.push(own);
                unlogged.push(silent);
            }
        }
        for p in &mut orphan {
            *p = p.max(0.0);
        }
        Marginals {
            pairs,
            unlogged,
            orphan,
            further,
        }
    }

    /// How request `i` is placed: the sum of all weights on the scale of `forward(i)` and
    /// `backward(i + 1)`, how likely it has no line, and how likely it has which. For the row after the
    /// last request only the sum is meant, on the scale of `forward(i)` and the unscaled end.
    fn place(&self, i: usize) -> (f64, f64, Vec<(usize, f64)>) {
        if i == self.requests {
            let from = if self.weigh.goes_on() { 0 } else { self.lines };
            let total = self.forward(i)[from..].iter().copied().map(sum).sum();
            return (total, 0.0, Vec::new());
        }
        let mut silent = 0.0;
        let mut own = vec![0.0; self.lines];
        for k in 0..=self.lines {
            let (logged, unlogged) = self.turned(self.forward(i)[k], i);
            silent += unlogged * self.unlogged[i] * self.backward(i + 1)[k][SILENT];
            if k < self.lines {
                own[k] += logged * self.pair(i, k) * self.backward(i + 1)[k + 1][OPEN];
            }
            if logged > 0.0 && i + 1 < self.requests && k + 1 < self.lines {
                let after = self.backward(i + 2)[k + 2][LOGGED] / self.backward_divisor(i + 1);
                own[k + 1] += logged * self.swap(i, k) * after;
            }
            if i > 0 && k + 1 < self.lines {
                let (before, _) = self.turned(self.forward(i - 1)[k], i - 1);
                if before > 0.0 {
                    let crossed = before * self.swap(i - 1, k) / self.forward.divisors[i];
                    own[k] += crossed * self.backward(i + 1)[k + 2][LOGGED];
                }
            }
        }
        let total = silent + own.iter().sum::<f64>();
        let share = |weight: f64| if total > 0.0 { weight / total } else { 0.0 };
        let own = own
            .iter()
            .enumerate()
            .filter(|(_, w)| **w > total * NEGLIGIBLE)
            .map(|(k, &w)| (k, share(w)));
        (total, share(silent), own.collect())
    }
}

fn sum(cell: Cell) -> f64 {
    cell.iter().sum()
}

#[cfg(test)]
mod tests {
    use proptest::prelude::{Strategy, prop_assert, proptest};

    use super::{Marginals, Weigh, marginals};

    /// Weights as plain tables.
    #[derive(Debug, Clone)]
    struct Problem {
        unlogged: Vec<f64>,
        pair: Vec<Vec<f64>>,
        further: f64,
        orphan: f64,
        swap: f64,
        turn: f64,
    }

    impl Weigh for Problem {
        fn unlogged(&self, request: usize) -> f64 {
            self.unlogged[request]
        }
        fn pair(&self, request: usize, line: usize) -> f64 {
            self.pair[request][line]
        }
        fn further(&self, _: usize, _: usize, _: usize) -> f64 {
            self.further
        }
        fn orphan(&self, _: usize) -> f64 {
            self.orphan
        }
        fn swap(&self, _: usize) -> f64 {
            self.swap
        }
        fn turn(&self, _: usize) -> f64 {
            self.turn
        }
    }

    /// The same sums by walking through every assignment.
    struct Enumeration<'a> {
        problem: &'a Problem,
        total: f64,
        pairs: Vec<Vec<f64>>,
        unlogged: Vec<f64>,
    }

    impl Enumeration<'_> {
        /// `logged`: whether the request before took a line; `open`: the very line before.
        fn walk(
            &mut self,
            (i, k): (usize, usize),
            logged: bool,
            open: bool,
            weight: f64,
            taken: &mut Vec<(usize, usize)>,
        ) {
            let (n, m) = (self.problem.unlogged.len(), self.pairs[0].len());
            if weight == 0.0 {
                return;
            }
            if i == n && k == m {
                self.total += weight;
                for request in 0..n {
                    match taken.iter().find(|(r, _)| *r == request) {
                        Some(&(_, line)) => self.pairs[request][line] += weight,
                        None => self.unlogged[request] += weight,
                    }
                }
                return;
            }
            let problem = self.problem;
            let turn = if i == 0 { 1.0 } else { problem.turn };
            let (to_silent, to_logged) = if logged { (turn, 1.0) } else { (1.0, turn) };
            if i < n {
                self.walk(
                    (i + 1, k),
                    false,
                    false,
                    weight * problem.unlogged[i] * to_silent,
                    taken,
                );
            }
            if k < m && logged {
                self.walk((i, k + 1), true, false, weight * problem.orphan, taken);
                if open {
                    self.walk((i, k + 1), true, true, weight * problem.further, taken);
                }
            }
            if i < n && k < m {
                taken.push((i, k));
                self.walk(
                    (i + 1, k + 1),
                    true,
                    true,
                    weight * problem.pair[i][k] * to_logged,
                    taken,
                );
                taken.pop();
            }
            if i + 1 < n && k + 1 < m {
                taken.extend([(i, k + 1), (i + 1, k)]);
                let crossed = problem.pair[i][k + 1] * problem.pair[i + 1][k] * problem.swap;
                self.walk(
                    (i + 2, k + 2),
                    true,
                    false,
                    weight * crossed * to_logged,
                    taken,
                );
                taken.truncate(taken.len() - 2);
            }
        }
    }

    fn problem() -> impl Strategy<Value = Problem> {
        let weight = || proptest::sample::select(vec![0.0, 1e-9, 0.01, 0.3, 1.0]);
        (1usize..5, 1usize..5).prop_flat_map(move |(n, m)| {
            let column = proptest::collection::vec(weight(), m);
            let pair = proptest::collection::vec(column, n);
            let unlogged = proptest::collection::vec(0.001..1.0, n);
            (unlogged, pair, weight(), 0.001..1.0, weight(), 0.1..1.0).prop_map(
                |(unlogged, pair, further, orphan, swap, turn)| Problem {
                    unlogged,
                    pair,
                    further,
                    orphan,
                    swap,
                    turn,
                },
            )
        })
    }

    fn close(a: f64, b: f64) -> bool {
        (a - b).abs() < 1e-4
    }

    fn of(found: &Marginals, request: usize, line: usize) -> f64 {
        found.pairs[request]
            .iter()
            .find(|(k, _)| *k == line)
            .map_or(0.0, |&(_, p)| p)
    }

    proptest! {
        /// The sums are those of walking through every assignment.
        #[test]
        fn marginals_are_those_of_all_assignments(problem in problem()) {
            let (n, m) = (problem.unlogged.len(), problem.pair[0].len());
            let mut all = Enumeration {
                problem: &problem,
                total: 0.0,
                pairs: vec![vec![0.0; m]; n],
                unlogged: vec![0.0; n],
            };
            all.walk((0, 0), true, false, 1.0, &mut Vec::new());
            let found = marginals(n, m, &problem);
            for i in 0..n {
                prop_assert!(close(found.unlogged[i], all.unlogged[i] / all.total));
                for k in 0..m {
                    prop_assert!(close(of(&found, i, k), all.pairs[i][k] / all.total));
                }
            }
            for k in 0..m {
                let owned: f64 = (0..n).map(|i| of(&found, i, k)).sum();
                let of_line = found.further.iter().filter(|(line, ..)| *line == k);
                let further: f64 = of_line.map(|(.., p)| p).sum();
                prop_assert!(close(owned + further + found.orphan[k], 1.0));
            }
        }
    }

    /// Thousands of steps of small weights stay in the range of a float.
    #[test]
    fn long_problems_do_not_underflow() {
        let n = 600;
        let pair = (0..n)
            .map(|i| (0..n).map(|k| if i == k { 1e-6 } else { 0.0 }).collect())
            .collect();
        let problem = Problem {
            unlogged: vec![1e-9; n],
            pair,
            further: 0.0,
            orphan: 1e-9,
            swap: 0.0,
            turn: 1.0,
        };
        let found = marginals(n, n, &problem);
        assert!((0..n).all(|i| of(&found, i, i) > 0.99));
    }
}
