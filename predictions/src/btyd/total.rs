//! Sums over many rows on more than one thread, always the same to the last bit.

use std::ops::Range;

/// Below so many rows a second thread costs more than it brings.
const WORTH_A_THREAD: usize = 8192;

/// The sum of what is found of each piece. The pieces are added in their order, whoever worked them out.
pub(super) fn total<const N: usize>(
    pieces: &[Range<usize>],
    threads: usize,
    of: impl Fn(Range<usize>) -> [f64; N] + Sync,
) -> [f64; N] {
    let mut sum = [0.0; N];
    for part in each(pieces, threads, of) {
        for (sum, part) in sum.iter_mut().zip(part) {
            *sum += part;
        }
    }
    sum
}

/// What is found of each piece, in their order. Thread k takes the pieces k, k + threads, …
pub(crate) fn each<T: Send>(
    pieces: &[Range<usize>],
    threads: usize,
    of: impl Fn(Range<usize>) -> T + Sync,
) -> Vec<T> {
    let rows = pieces.last().map_or(0, |piece| piece.end);
    let threads = threads.clamp(1, 64).min(rows / WORTH_A_THREAD + 1);
    let share = |mine: usize| -> Vec<T> {
        pieces.iter().skip(mine).step_by(threads).map(|piece| of(piece.clone())).collect()
    };
    if threads == 1 {
        return share(0);
    }
    let share = &share;
    let shares = std::thread::scope(|scope| {
        let others: Vec<_> = (1..threads).map(|mine| scope.spawn(move || share(mine))).collect();
        let mut shares = vec![share(0)];
        for other in others {
            match other.join() {
                Ok(part) => shares.push(part),
                Err(panic) => std::panic::resume_unwind(panic),
            }
        }
        shares
    });
    let mut shares: Vec<_> = shares.into_iter().map(Vec::into_iter).collect();
    (0..pieces.len()).filter_map(|at| shares[at % threads].next()).collect()
}
