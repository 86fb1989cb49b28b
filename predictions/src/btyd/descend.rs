//! Where a smooth function of a few variables is least: the method of Broyden, Fletcher, Goldfarb and Shanno
//! (Nocedal & Wright, *Numerical Optimization*, 2006, chapter 6), with the line search of Lewis & Overton,
//! *Nonsmooth optimization via quasi-Newton methods*, 2013, which asks for the weak conditions of Wolfe.

pub(super) type Vector<const N: usize> = [f64; N];
pub(super) type Matrix<const N: usize> = [[f64; N]; N];

/// Where the search begins, and where it came to.
#[derive(Debug, Clone, Copy)]
pub(super) struct Place<const N: usize> {
    pub(super) at: Vector<N>,
    /// What is known of the inverse of the second derivatives there.
    pub(super) inverse: Option<Matrix<N>>,
}

/// How the search went.
#[derive(Debug, Clone, Copy)]
pub(super) struct Descent<const N: usize> {
    pub(super) place: Place<N>,
    /// The value and the slopes there.
    pub(super) value: f64,
    pub(super) slope: Vector<N>,
    pub(super) converged: bool,
    pub(super) evaluations: u32,
}

/// What the search heeds.
#[derive(Debug, Clone, Copy)]
pub(super) struct Limits {
    /// The slope in any direction that counts as none.
    pub(super) slope: f64,
    /// How many times the function may be asked.
    pub(super) evaluations: u32,
    /// No variable leaves ± this.
    pub(super) bound: f64,
}

/// The longest that a variable goes in one step.
const STRIDE: f64 = 2.0;

/// Goes down from `start`. The function gives its value and its slopes; where it gives no number, nobody goes.
pub(super) fn descend<const N: usize>(
    start: Place<N>,
    limits: Limits,
    mut function: impl FnMut(&Vector<N>) -> (f64, Vector<N>),
) -> Descent<N> {
    let mut evaluations = 1;
    let mut at = start.at;
    let (mut value, mut slope) = function(&at);
    let mut inverse = start.inverse;
    let inside = |at: &Vector<N>| at.iter().all(|component| component.abs() < limits.bound);
    while steepest(&slope) > limits.slope
        && evaluations < limits.evaluations
        && value.is_finite()
        && inside(&at)
    {
        let mut direction = match &inverse {
            Some(inverse) => times(inverse, &slope).map(|component| -component),
            None => slope.map(|component| -component / steepest(&slope).max(1.0)),
        };
        // A direction that does not go down has lost what it knew.
        if dot(&direction, &slope) >= 0.0 {
            inverse = None;
            direction = slope.map(|component| -component / steepest(&slope).max(1.0));
        }
        let stride = STRIDE / steepest(&direction).max(STRIDE);
        let direction = direction.map(|component| stride * component);
        let budget = limits.evaluations - evaluations;
        let search = line(&at, value, &slope, &direction, limits.bound, budget, &mut function);
        evaluations += search.evaluations;
        let Some((next, next_value, next_slope)) = search.found else {
            // Nothing lower along this line: forget what was known, once, and stop if that was nothing.
            if inverse.take().is_some() {
                continue;
            }
            break;
        };
        let step = minus(&next, &at);
        let change = minus(&next_slope, &slope);
        inverse = update(inverse, &step, &change);
        (at, value, slope) = (next, next_value, next_slope);
    }
    let converged = value.is_finite() && steepest(&slope) <= limits.slope;
    Descent { place: Place { at, inverse }, value, slope, converged, evaluations }
}

struct Search<const N: usize> {
    found: Option<(Vector<N>, f64, Vector<N>)>,
    evaluations: u32,
}

/// Looks along a line for a place that is lower by enough and where it no longer goes down as steeply: too far is halved,
/// too near is doubled.
fn line<const N: usize>(
    at: &Vector<N>,
    value: f64,
    slope: &Vector<N>,
    direction: &Vector<N>,
    bound: f64,
    budget: u32,
    function: &mut impl FnMut(&Vector<N>) -> (f64, Vector<N>),
) -> Search<N> {
    let downhill = dot(slope, direction);
    // Below this, differences of values are what rounding makes of them.
    let noise = 4.0 * f64::EPSILON * value.abs();
    let (mut near, mut far, mut step) = (0.0, f64::INFINITY, 1.0);
    let mut found = None;
    let mut evaluations = 0;
    while evaluations < budget.min(40) {
        let next: Vector<N> = std::array::from_fn(|i| (at[i] + step * direction[i]).clamp(-bound, bound));
        if steepest(&minus(&next, at)) <= 0.0 {
            break;
        }
        let (next_value, next_slope) = function(&next);
        evaluations += 1;
        // A comparison with no number is false, so that what is not finite is too far.
        let low_enough = next_value <= value + 1e-4 * step * downhill + noise;
        if !low_enough || !next_slope.iter().all(|component| component.is_finite()) {
            far = step;
        } else {
            let held = next.iter().any(|component| component.abs() >= bound);
            found = Some((next, next_value, next_slope));
            if held || dot(&next_slope, direction) >= 0.9 * downhill {
                break;
            }
            near = step;
        }
        step = if far.is_finite() { 0.5 * (near + far) } else { 2.0 * step };
    }
    Search { found, evaluations }
}

/// What a step and the change of the slopes along it teach about the second derivatives.
fn update<const N: usize>(
    inverse: Option<Matrix<N>>,
    step: &Vector<N>,
    change: &Vector<N>,
) -> Option<Matrix<N>> {
    let curvature = dot(step, change);
    if curvature <= 1e-12 * (dot(step, step) * dot(change, change)).sqrt() {
        return inverse;
    }
    let known = inverse.unwrap_or_else(|| diagonal(curvature / dot(change, change)));
    let carried = times(&known, change);
    let own = (curvature + dot(change, &carried)) / (curvature * curvature);
    Some(std::array::from_fn(|i| {
        std::array::from_fn(|j| {
            let mixed = carried[i] * step[j] + step[i] * carried[j];
            known[i][j] + own * step[i] * step[j] - mixed / curvature
        })
    }))
}

/// The inverse of a symmetric matrix, by the decomposition of Cholesky; none if it is not positive definite.
pub(super) fn invert<const N: usize>(matrix: &Matrix<N>) -> Option<Matrix<N>> {
    let mut lower = [[0.0; N]; N];
    for i in 0..N {
        for j in 0..=i {
            let known: f64 = (0..j).map(|k| lower[i][k] * lower[j][k]).sum();
            let rest = matrix[i][j] - known;
            if i != j {
                lower[i][j] = rest / lower[j][j];
            } else if rest > 1e-13 * matrix[i][i].abs() && rest.is_finite() {
                lower[i][i] = rest.sqrt();
            } else {
                return None;
            }
        }
    }
    let column = |unit: usize| {
        let mut solved = [0.0; N];
        for i in 0..N {
            let known: f64 = (0..i).map(|k| lower[i][k] * solved[k]).sum();
            solved[i] = (f64::from(u8::from(i == unit)) - known) / lower[i][i];
        }
        for i in (0..N).rev() {
            let known: f64 = (i + 1..N).map(|k| lower[k][i] * solved[k]).sum();
            solved[i] = (solved[i] - known) / lower[i][i];
        }
        solved
    };
    Some(std::array::from_fn(column))
}

pub(super) fn times<const N: usize>(matrix: &Matrix<N>, vector: &Vector<N>) -> Vector<N> {
    std::array::from_fn(|i| dot(&matrix[i], vector))
}

pub(super) fn dot<const N: usize>(left: &Vector<N>, right: &Vector<N>) -> f64 {
    left.iter().zip(right).map(|(left, right)| left * right).sum()
}

fn minus<const N: usize>(left: &Vector<N>, right: &Vector<N>) -> Vector<N> {
    std::array::from_fn(|i| left[i] - right[i])
}

fn diagonal<const N: usize>(value: f64) -> Matrix<N> {
    std::array::from_fn(|i| std::array::from_fn(|j| if i == j { value } else { 0.0 }))
}

fn steepest<const N: usize>(vector: &Vector<N>) -> f64 {
    vector.iter().fold(0.0, |most, component| most.max(component.abs()))
}

#[cfg(test)]
mod tests {
    use super::{Limits, Place, descend, invert, times};

    const LIMITS: Limits = Limits { slope: 1e-9, evaluations: 500, bound: 50.0 };

    #[test]
    fn the_valley_of_rosenbrock_is_followed_to_its_end() {
        let valley = |p: &[f64; 2]| {
            let (x, y) = (p[0], p[1]);
            let bend = y - x * x;
            ((1.0 - x).powi(2) + 100.0 * bend * bend, [-2.0 * (1.0 - x) - 400.0 * x * bend, 200.0 * bend])
        };
        let found = descend(Place { at: [-1.2, 1.0], inverse: None }, LIMITS, valley);
        assert!(found.converged && found.evaluations < 100, "{found:?}");
        assert!((found.place.at[0] - 1.0).abs() < 1e-8 && (found.place.at[1] - 1.0).abs() < 1e-8);
    }

    #[test]
    fn a_slope_without_end_is_followed_to_the_bound_and_no_further() {
        let found = descend(Place { at: [0.0], inverse: None }, LIMITS, |p: &[f64; 1]| (-p[0], [-1.0]));
        assert!(!found.converged && found.place.at[0] >= 50.0, "{found:?}");
    }

    #[test]
    fn where_there_is_no_number_nobody_goes() {
        let root = |p: &[f64; 1]| (p[0] - p[0].ln(), [1.0 - 1.0 / p[0]]);
        let found = descend(Place { at: [9.0], inverse: None }, LIMITS, root);
        assert!(found.converged && (found.place.at[0] - 1.0).abs() < 1e-7, "{found:?}");
        let nowhere =
            descend(Place { at: [0.0], inverse: None }, LIMITS, |_: &[f64; 1]| (f64::NAN, [f64::NAN]));
        assert!(!nowhere.converged && nowhere.place.at[0].abs() <= 0.0);
    }

    #[test]
    fn an_inverse_undoes_its_matrix() {
        let matrix = [[4.0, 1.0, 0.5], [1.0, 3.0, 0.2], [0.5, 0.2, 2.0]];
        let inverse = invert(&matrix).expect("positive definite");
        let back = times(&matrix, &times(&inverse, &[1.0, 2.0, 3.0]));
        assert!(back.iter().zip([1.0, 2.0, 3.0]).all(|(got, expected)| (got - expected).abs() < 1e-12));
        assert!(invert(&[[1.0, 2.0], [2.0, 1.0]]).is_none());
        assert!(invert(&[[f64::NAN]]).is_none());
    }
}
