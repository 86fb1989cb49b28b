//! Parts of a base that are alike, to be tested on in turn.

use super::chance::Chance;

/// For each row the fold (from 0 and below `folds`) in which it is tested on: of each class every fold has as many rows as
/// the others, give or take one, and which they are depends on the seed alone (Kohavi, *A Study of Cross-Validation*, 1995).
///
/// For customers seen at one time. Where there are several times, train on the earlier and test on the later instead.
/// With 0 folds it is as with 1.
pub fn stratified_folds(labels: &[bool], folds: usize, seed: u64) -> Vec<usize> {
    let mut chance = Chance::new(seed);
    let mut fold_of = vec![0; labels.len()];
    let mut next = (0..folds.max(1)).cycle();
    for class in [true, false] {
        let mut rows: Vec<usize> = (0..labels.len()).filter(|row| labels[*row] == class).collect();
        chance.shuffle(&mut rows);
        for (row, fold) in rows.into_iter().zip(&mut next) {
            fold_of[row] = fold;
        }
    }
    fold_of
}

#[cfg(test)]
mod tests {
    use super::stratified_folds;

    #[test]
    fn folds_share_each_class_evenly_and_follow_from_the_seed() {
        let labels: Vec<bool> = (0..103).map(|row| row % 4 == 0).collect();
        let folds = stratified_folds(&labels, 5, 7);
        for class in [true, false] {
            let sizes = [0, 1, 2, 3, 4].map(|fold| {
                folds.iter().zip(&labels).filter(|(of, label)| **of == fold && **label == class).count()
            });
            let (least, most) = (sizes.iter().min(), sizes.iter().max());
            assert!(most.zip(least).is_some_and(|(most, least)| most - least <= 1), "{sizes:?}");
        }
        assert_eq!(folds, stratified_folds(&labels, 5, 7));
        assert_ne!(folds, stratified_folds(&labels, 5, 8));
        // These never change, so that figures that were reported can be worked out again.
        assert_eq!(stratified_folds(&labels[..12], 3, 1), [1, 0, 1, 1, 2, 0, 2, 2, 0, 1, 0, 2]);
    }
}
