//! Who comes first, when some are predicted the same.

use std::ops::Range;

use super::number;

/// What came of each, from the greatest score to the least. Who has the same score gets the mean of what came of all who
/// have it, so that nothing depends on who of them happens to stand first.
pub(super) fn ranked(scores: &[f64], came: impl Iterator<Item = f64>) -> Vec<(f64, f64)> {
    // Adding 0 makes −0 the same as 0.
    let mut ranked: Vec<(f64, f64)> = scores.iter().map(|score| score + 0.0).zip(came).collect();
    ranked.sort_by(|a, b| b.0.total_cmp(&a.0).then(a.1.total_cmp(&b.1)));
    for same in ranked.chunk_by_mut(|a, b| a.0.total_cmp(&b.0).is_eq()) {
        if same.len() > 1 {
            let mean = same.iter().map(|(_, came)| came).sum::<f64>() / number(same.len());
            for (_, came) in same {
                *came = mean;
            }
        }
    }
    ranked
}

/// Cuts so many things into so many parts whose sizes differ by 1 at most; with fewer things than parts, some are empty.
pub(super) fn parts(things: usize, parts: usize) -> impl Iterator<Item = Range<usize>> {
    let edge = move |part: usize| (things * part).div_ceil(parts);
    (0..parts).map(move |part| edge(part)..edge(part + 1))
}
