//! Random names under which journals know what is a person's. Erasing the person erases what the names stand for: the
//! journal stays whole, and tells nothing of them any more.
//!
//! A name is a keyed hash over a random salt and the word that it stands for, so that nobody can make it stand for
//! another without being found out, and nobody without the salt finds the word.

use std::collections::{BTreeSet, HashMap};

use entities::subject_token;
use sea_orm::{ConnectionTrait, DatabaseTransaction, EntityTrait, IntoActiveModel, QueryFilter};
use uuid::Uuid;

use super::blocks::Blocks;
use crate::{
    Keys,
    error::{Error, Result},
    store::chunks,
};

/// What a random name begins with.
const PREFIX: &str = "subject:";
/// What stands for who was erased before.
const GONE: &str = "subject:erased";
/// What is a person's: the types of the ids that are named at random.
const PERSONAL: [&str; 7] =
    ["Profile", "SourceIdentity", "Order", "Deal", "Decision", "MatchCandidate", "ActionDecision"];

/// A text whose words are the ids of objects, with random names for what is a person's. Who was erased has none.
pub(crate) async fn veil(
    txn: &DatabaseTransaction,
    keys: &Keys,
    blocks: &Blocks,
    text: &str,
) -> Result<String> {
    let mut words = Vec::new();
    for word in text.split(' ') {
        let personal = word.split_once(':').filter(|(kind, _)| PERSONAL.contains(kind));
        words.push(match personal.and_then(|(_, id)| id.parse().ok()) {
            Some(id) if blocks.has_identity(keys, id) => GONE.to_owned(),
            Some(id) => format!("{PREFIX}{}", token(txn, keys, id, word).await?),
            None => word.to_owned(),
        });
    }
    Ok(words.join(" "))
}

async fn token(txn: &DatabaseTransaction, keys: &Keys, id: Uuid, word: &str) -> Result<Uuid> {
    for ids in chunks(txn, [id]) {
        let known = subject_token::Entity::find().filter(ids.of(subject_token::Column::SubjectId));
        if let Some(known) = known.all(txn).await?.into_iter().find(|known| known.word == word) {
            return Ok(known.token);
        }
    }
    let salt = random()?;
    let token = keys.token(salt, word);
    let row = subject_token::Model { token, subject_id: id, word: word.to_owned(), salt }.into_active_model();
    subject_token::Entity::insert(row).exec_without_returning(txn).await?;
    Ok(token)
}

/// Puts in these texts the words in the place of the random names that still stand for something.
pub(crate) async fn unveil<C: ConnectionTrait>(
    db: &C,
    keys: &Keys,
    texts: impl IntoIterator<Item = &mut String>,
) -> Result<()> {
    let texts: Vec<&mut String> = texts.into_iter().collect();
    let tokens: BTreeSet<Uuid> = texts.iter().flat_map(|text| text.split(' ').filter_map(read)).collect();
    let mut words: HashMap<Uuid, String> = HashMap::new();
    for tokens in chunks(db, tokens) {
        let known = subject_token::Entity::find().filter(tokens.of(subject_token::Column::Token));
        let known = known.all(db).await?.into_iter();
        let sound = known.filter(|row| keys.token(row.salt, &row.word) == row.token);
        words.extend(sound.map(|row| (row.token, row.word)));
    }
    for text in texts {
        let word = |part| read(part).and_then(|token| words.get(&token)).map_or(part, String::as_str);
        *text = text.split(' ').map(word).collect::<Vec<_>>().join(" ");
    }
    Ok(())
}

/// Forgets what the random names of these stood for.
pub(super) async fn forget(txn: &DatabaseTransaction, ids: BTreeSet<Uuid>) -> Result<()> {
    for ids in chunks(txn, ids) {
        let of_them = ids.of(subject_token::Column::SubjectId);
        subject_token::Entity::delete_many().filter(of_them).exec(txn).await?;
    }
    Ok(())
}

fn read(part: &str) -> Option<Uuid> {
    part.strip_prefix(PREFIX)?.parse().ok()
}

/// An id that follows from nothing.
pub(crate) fn random() -> Result<Uuid> {
    let mut bytes = [0; 16];
    getrandom::fill(&mut bytes)
        .map_err(|error| Error::Key(format!("no randomness from the system: {error}")))?;
    Ok(uuid::Builder::from_random_bytes(bytes).into_uuid())
}
