//! Customers who behave exactly as a model says, always the same ones.

/// Small numbers of chance that are the same everywhere: `SplitMix64` (Steele, Lea & Flood 2014).
pub(crate) struct Chance(pub(crate) u64);

impl Chance {
    /// Between 0 and 1, without the ends.
    #[expect(clippy::cast_precision_loss, reason = "52 bits are exact")]
    pub(crate) fn uniform(&mut self) -> f64 {
        self.0 = self.0.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let mut bits = self.0;
        bits = (bits ^ bits >> 30).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        bits = (bits ^ bits >> 27).wrapping_mul(0x94D0_49BB_1331_11EB);
        bits ^= bits >> 31;
        ((bits >> 12) as f64 + 0.5) / (1_u64 << 52) as f64
    }

    pub(crate) fn exponential(&mut self, rate: f64) -> f64 {
        -self.uniform().ln() / rate
    }

    fn normal(&mut self) -> f64 {
        (-2.0 * self.uniform().ln()).sqrt() * (std::f64::consts::TAU * self.uniform()).cos()
    }

    /// Marsaglia & Tsang, *A Simple Method for Generating Gamma Variables*, 2000.
    pub(crate) fn gamma(&mut self, shape: f64, rate: f64) -> f64 {
        if shape < 1.0 {
            let boost = self.uniform().powf(1.0 / shape);
            return boost * self.gamma(shape + 1.0, rate);
        }
        let d = shape - 1.0 / 3.0;
        let c = 1.0 / (9.0 * d).sqrt();
        loop {
            let x = self.normal();
            let v = (1.0 + c * x).powi(3);
            if v > 0.0 && self.uniform().ln() < 0.5 * x * x + d - d * v + d * v.ln() {
                return d * v / rate;
            }
        }
    }

    pub(crate) fn beta(&mut self, a: f64, b: f64) -> f64 {
        let (x, y) = (self.gamma(a, 1.0), self.gamma(b, 1.0));
        x / (x + y)
    }
}

/// The times of the repeat purchases of a customer of BG/NBD, or of MBG/NBD, up to an age.
pub(crate) fn geometric(
    chance: &mut Chance,
    [r, alpha, a, b]: [f64; 4],
    at_first: bool,
    age: f64,
) -> Vec<f64> {
    let (rate, leaves) = (chance.gamma(r, alpha), chance.beta(a, b));
    let mut times = Vec::new();
    let mut time = 0.0;
    if at_first && chance.uniform() < leaves {
        return times;
    }
    loop {
        time += chance.exponential(rate);
        if time > age || time.is_nan() {
            return times;
        }
        times.push(time);
        if chance.uniform() < leaves {
            return times;
        }
    }
}

/// The times of the repeat purchases of a customer of Pareto/NBD up to an age.
pub(crate) fn pareto(chance: &mut Chance, [r, alpha, s, beta]: [f64; 4], age: f64) -> Vec<f64> {
    let (rate, leaving) = (chance.gamma(r, alpha), chance.gamma(s, beta));
    let end = chance.exponential(leaving).min(age);
    let mut times = Vec::new();
    let mut time = chance.exponential(rate);
    while time <= end {
        times.push(time);
        time += chance.exponential(rate);
    }
    times
}

/// The opportunities at which a customer of BG/BB bought.
pub(crate) fn opportunities(
    chance: &mut Chance,
    [alpha, beta, gamma, delta]: [f64; 4],
    age: u32,
) -> Vec<f64> {
    let (buys, leaves) = (chance.beta(alpha, beta), chance.beta(gamma, delta));
    let mut times = Vec::new();
    for opportunity in 1..=age {
        if chance.uniform() < leaves {
            break;
        }
        if chance.uniform() < buys {
            times.push(f64::from(opportunity));
        }
    }
    times
}

/// The mean of so many purchases of a customer of Gamma-Gamma.
pub(crate) fn spend(chance: &mut Chance, [p, q, gamma]: [f64; 3], purchases: u32) -> f64 {
    let scale = chance.gamma(q, gamma);
    // The mean of x gamma variables (p, ν) is one of (p x, ν x).
    let x = f64::from(purchases);
    chance.gamma(p * x, scale * x)
}
