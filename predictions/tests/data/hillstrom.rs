//! Hillstrom's e-mail experiment as choices that were played, where it is at hand.

use std::io::Read;
use std::path::PathBuf;

use predictions::actions::{
    Action, Candidate, Catalogue, NOTHING, Played, Qini, Ranked, Situation, Trial, Uplift,
};
use predictions::evidence::Bootstrap;

pub(crate) const MENS: &str = "mens";
pub(crate) const WOMENS: &str = "womens";

/// Which feature says that the customer bought women's clothes before.
const BOUGHT_WOMENS: usize = 3;

/// Everybody, or nothing where the data are not at hand: `RONDOM_DATA` names the folder (default `../shared/data`, seen from the
/// project's).
pub(crate) fn played() -> Option<Vec<Played>> {
    let default = || PathBuf::from(concat!(env!("CARGO_MANIFEST_DIR"), "/../../shared/data"));
    let folder = std::env::var_os("RONDOM_DATA").map_or_else(default, PathBuf::from);
    let path = folder.join("hillstrom").join("hillstrom.csv.gz");
    let Ok(file) = std::fs::File::open(&path) else {
        println!("SKIPPED: {} cannot be read; set RONDOM_DATA to the folder of data", path.display());
        return None;
    };
    let mut text = String::new();
    flate2::read::GzDecoder::new(file).read_to_string(&mut text).expect("gzip of UTF-8");
    Some(text.lines().skip(1).zip(1..).map(|(line, number)| row(line, number)).collect())
}

/// recency, (`history_segment`), history, mens, womens, `zip_code`, newbie, channel, segment, visit, conversion, spend
fn row(line: &str, number: u128) -> Played {
    // The quoted `history_segment` has a comma in it where it is "$1,000 +", and nobody needs it.
    let mut fields: Vec<&str> = line.split(',').collect();
    fields.drain(2..fields.len() - 10);
    let value = |at: usize| fields[at].parse::<f64>().expect("a number");
    let is = |at: usize, what: &str| f64::from(u8::from(fields[at] == what));
    let features = vec![
        value(0),
        value(2).ln(),
        value(3),
        value(4),
        value(6),
        is(5, "Rural"),
        is(5, "Urban"),
        is(7, "Phone"),
        is(7, "Web"),
    ];
    let action = match fields[8] {
        "Mens E-Mail" => MENS,
        "Womens E-Mail" => WOMENS,
        _ => NOTHING,
    };
    let candidate = |action: &str| Candidate { action: action.to_owned(), barred: None, stock: None };
    let id = uuid::Uuid::from_u128(number);
    let situation = Situation {
        id,
        customer: id,
        at: 0,
        features,
        candidates: [MENS, WOMENS].map(candidate).into(),
        contacts: Vec::new(),
        responses: Vec::new(),
    };
    Played { situation, action: action.to_owned(), propensity: 1.0 / 3.0, accepted: fields[9] == "1" }
}

/// A visit is worth 1, whatever brought it about, and e-mails cost nothing.
pub(crate) fn catalogue() -> Catalogue {
    let action = |id: &str| Action { benefit: 1.0, ..Action::new(id) };
    let actions = [NOTHING, MENS, WOMENS].map(action).into();
    Catalogue { actions, weekly: [].into(), control: 0.0, seed: 1 }
}

/// Qini of women's against none by some scores, each of somebody whom they were not learned from: two models, a transformed
/// outcome, and the rule "bought women's before".
pub(crate) fn qinis(played: &[Played], bootstrap: &Bootstrap) -> [(&'static str, Qini); 3] {
    let trials: Vec<Trial> = played
        .iter()
        .filter(|one| one.action != MENS)
        .map(|one| Trial {
            features: one.situation.features.clone(),
            treated: one.action == WOMENS,
            success: one.accepted,
        })
        .collect();
    let crossed = |learn: &dyn Fn(&[Trial]) -> Uplift| {
        // The rows of the file stand in random order.
        let learned: Vec<Uplift> = (0..5)
            .map(|part| {
                let others = trials.iter().enumerate().filter(|(at, _)| at % 5 != part);
                learn(&others.map(|(_, trial)| trial.clone()).collect::<Vec<_>>())
            })
            .collect();
        let effect =
            |(at, trial): (usize, &Trial)| learned[at % 5].effect(&trial.features).expect("an effect");
        trials.iter().enumerate().map(effect).collect::<Vec<f64>>()
    };
    let qini = |scores: Vec<f64>| {
        let ranked = trials.iter().zip(scores).map(|(trial, score)| Ranked {
            score,
            treated: trial.treated,
            outcome: f64::from(u8::from(trial.success)),
        });
        Qini::of(&ranked.collect::<Vec<_>>(), bootstrap).expect("a curve")
    };
    let share = 0.5;
    [
        ("two models", qini(crossed(&|trials| Uplift::two_models(trials).expect("a model")))),
        (
            "transformed outcome",
            qini(crossed(&|trials| Uplift::transformed(trials, share).expect("a model"))),
        ),
        ("bought women's before", qini(trials.iter().map(|trial| trial.features[BOUGHT_WOMENS]).collect())),
    ]
}
