//! What can be chosen before a recommender is trained.

use serde::{Deserialize, Serialize};

use super::purchases::{BadData, number};

/// What is asked for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
pub enum Purpose {
    /// What the customer is most interested in, bought before or not.
    All,
    /// What the customer never bought.
    New,
    /// What the customer bought before and may want again.
    Again,
}

impl Purpose {
    /// All of them.
    pub const ALL: [Self; 3] = [Self::All, Self::New, Self::Again];
}

/// How much each signal counts. The score of an item is
///
/// ```text
/// demandᵈ · (popular · share + Σ over the items bought before of (ease · E + cosine · C + own · times bought))
/// ```
///
/// where `times bought` is of this very item alone. Only ratios matter, so `own` is a good 1.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct Blend {
    /// The weight of each own past purchase of the item. Own past frequency is the signal that is hardest to beat in
    /// retail.
    pub own: f64,
    /// After how many days an own purchase of the item counts half; above 0.
    pub half_life: f64,
    /// The weight of what EASE has learnt about items that go together.
    pub ease: f64,
    /// The weight of the cosine of two items.
    pub cosine: f64,
    /// The weight of the share of customers who bought the item: all there is to say of a new customer, and what
    /// decides between items of which nothing else is known. With 0 a new customer gets no answer.
    pub popular: f64,
    /// The power d of the demand, which is how much more often an item is bought lately than usual; 0 leaves it out.
    pub demand: f64,
}

impl Blend {
    fn check(&self) -> Result<(), BadData> {
        for (name, value, low) in [
            ("own", self.own, 0.0),
            ("half_life", self.half_life, 1e-6),
            ("ease", self.ease, 0.0),
            ("cosine", self.cosine, 0.0),
            ("popular", self.popular, 0.0),
            ("demand", self.demand, 0.0),
        ] {
            in_range(name, value, low, if name == "demand" { 4.0 } else { 1e9 })?;
        }
        Ok(())
    }
}

/// How a recommender is trained. The defaults were chosen within the training part of Online Retail (customers of a gift
/// shop in 2011); [`super::tune()`] chooses for other data.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct Settings {
    /// EASE learns about so many items, those that most customers bought. Its time grows with the cube of them, and its
    /// memory with the square: 2,000 take half a second on one core and 32 MB, 10,000 a minute and 800 MB, and 20,000
    /// is the most. The other items have the cosine, the popularity and the customer's own purchases. 0 leaves EASE
    /// out.
    pub most_learnt: usize,
    /// λ of EASE: the more, the more it takes to be believed.
    pub ridge: f64,
    /// How many items may speak for an item, each by EASE and by cosine.
    pub neighbours: usize,
    /// After how many days a purchase counts half for the demand of an item.
    pub demand_half_life: f64,
    /// For [`Purpose::All`].
    pub all: Blend,
    /// For [`Purpose::New`].
    pub new: Blend,
    /// For [`Purpose::Again`].
    pub again: Blend,
}

impl Default for Settings {
    fn default() -> Self {
        let blend = Blend { own: 1.0, half_life: 240.0, ease: 3.0, cosine: 0.03, popular: 0.1, demand: 0.3 };
        Self {
            most_learnt: 2000,
            ridge: 1000.0,
            neighbours: 100,
            demand_half_life: 7.0,
            all: blend,
            new: Blend { demand: 1.0, ..blend },
            again: blend,
        }
    }
}

impl Settings {
    /// How the signals are blended for a purpose.
    pub const fn blend(&self, purpose: Purpose) -> &Blend {
        match purpose {
            Purpose::All => &self.all,
            Purpose::New => &self.new,
            Purpose::Again => &self.again,
        }
    }

    /// The same, to be changed.
    pub const fn blend_mut(&mut self, purpose: Purpose) -> &mut Blend {
        match purpose {
            Purpose::All => &mut self.all,
            Purpose::New => &mut self.new,
            Purpose::Again => &mut self.again,
        }
    }

    /// Nothing that makes no sense.
    pub(super) fn check(&self) -> Result<(), BadData> {
        in_range("most_learnt", number(self.most_learnt), 0.0, 20_000.0)?;
        in_range("ridge", self.ridge, 1.0, 1e12)?;
        in_range("demand_half_life", self.demand_half_life, 1e-6, 1e9)?;
        Purpose::ALL.into_iter().try_for_each(|purpose| self.blend(purpose).check())
    }
}

fn in_range(name: &'static str, value: f64, low: f64, high: f64) -> Result<(), BadData> {
    if (low..=high).contains(&value) { Ok(()) } else { Err(BadData::NoSetting { name, value, low, high }) }
}
