//! The audit log: it holds what was done, and tells where somebody meddled with it.

use entities::{audit_entry, audit_head};
use sea_orm::{ActiveValue::Unchanged, ColumnTrait, EntityTrait, IntoActiveModel, QueryFilter, Set};

use super::support::on_both;
use crate::{
    Profiles,
    audit::{Deed, Fault, Verified},
};

async fn deeds(profiles: &Profiles, count: usize) -> Vec<String> {
    let mut hashes = Vec::new();
    for place in 0..count {
        let deed = Deed {
            actor: "till".to_owned(),
            action: "mergeProfiles".to_owned(),
            subject: Some(format!("Profile:{place}")),
            ..Deed::default()
        };
        hashes.push(profiles.audit(deed).await.unwrap().hash);
    }
    hashes
}

async fn two_at_a_time(profiles: &Profiles) {
    let [one, other] = [0, 1].map(|_| {
        let profiles = profiles.clone();
        tokio::spawn(async move { profiles.audit(Deed::default()).await.unwrap().number })
    });
    assert_ne!(one.await.unwrap(), other.await.unwrap());
}

fn broken(number: i64, fault: Fault) -> Verified {
    Verified::Broken { number, fault }
}

#[tokio::test]
async fn an_untouched_log_is_intact_and_is_read_newest_first() {
    on_both(async |profiles| {
        let empty = Verified::Intact { entries: 0, head: String::new() };
        assert_eq!(profiles.verify_audit(None).await.unwrap(), empty);
        let hashes = deeds(profiles, 5).await;
        let intact = Verified::Intact { entries: 5, head: hashes[4].clone() };
        assert_eq!(profiles.verify_audit(Some((3, &hashes[2]))).await.unwrap(), intact);
        let newest = profiles.audit_entries(None, 2).await.unwrap();
        assert_eq!(newest.iter().map(|entry| entry.number).collect::<Vec<_>>(), [5, 4]);
        let further = profiles.audit_entries(Some(4), 10).await.unwrap();
        assert_eq!(further.len(), 3);
        assert_eq!(further[0].deed.subject.as_deref(), Some("Profile:2"));
        two_at_a_time(profiles).await;
        assert!(matches!(profiles.verify_audit(None).await.unwrap(), Verified::Intact { entries: 7, .. }));
    })
    .await;
}

#[tokio::test]
async fn a_changed_or_missing_or_added_entry_is_found() {
    on_both(async |profiles| {
        let db = profiles.db();
        let mut hashes = deeds(profiles, 3).await;
        let old_head = audit_head::Entity::find_by_id(1).one(db).await.unwrap().unwrap();
        hashes.extend(deeds(profiles, 1).await);
        let second = audit_entry::Entity::find_by_id(2).one(db).await.unwrap().unwrap();
        let set = async |actor: &str| {
            let row = audit_entry::ActiveModel {
                number: Unchanged(2),
                actor: Set(actor.to_owned()),
                ..Default::default()
            };
            audit_entry::Entity::update(row).exec(db).await.unwrap();
        };
        set("somebody else").await;
        assert_eq!(profiles.verify_audit(None).await.unwrap(), broken(2, Fault::Changed));
        set("till").await;
        assert!(matches!(profiles.verify_audit(None).await.unwrap(), Verified::Intact { .. }));

        audit_entry::Entity::delete_by_id(2).exec(db).await.unwrap();
        assert_eq!(profiles.verify_audit(None).await.unwrap(), broken(2, Fault::Missing));
        audit_entry::Entity::insert(second.into_active_model()).exec_without_returning(db).await.unwrap();
        let fourth = audit_entry::Entity::find_by_id(4).one(db).await.unwrap().unwrap();
        audit_entry::Entity::delete_by_id(4).exec(db).await.unwrap();
        assert_eq!(profiles.verify_audit(None).await.unwrap(), broken(4, Fault::Missing));

        let third = audit_entry::Entity::find_by_id(3).one(db).await.unwrap().unwrap();
        let forged = audit_head::ActiveModel { id: Unchanged(1), number: Set(3), hash: Set(third.hash) };
        audit_head::Entity::update(forged).exec(db).await.unwrap();
        assert_eq!(profiles.verify_audit(None).await.unwrap(), broken(3, Fault::Changed));

        // Whoever has an old copy of log and head may put it in place: a head that was noted tells.
        let head = audit_head::ActiveModel { id: Unchanged(1), number: Set(3), hash: Set(old_head.hash) };
        audit_head::Entity::update(head).exec(db).await.unwrap();
        assert!(matches!(profiles.verify_audit(None).await.unwrap(), Verified::Intact { entries: 3, .. }));
        let noted = Some((4, hashes[3].as_str()));
        assert_eq!(profiles.verify_audit(noted).await.unwrap(), broken(4, Fault::Missing));
        assert_eq!(profiles.verify_audit(Some((3, "00"))).await.unwrap(), broken(3, Fault::Changed));

        audit_entry::Entity::insert(fourth.into_active_model()).exec_without_returning(db).await.unwrap();
        assert_eq!(profiles.verify_audit(None).await.unwrap(), broken(4, Fault::Added));
        let after = audit_entry::Entity::delete_many().filter(audit_entry::Column::Number.gt(0));
        after.exec(db).await.unwrap();
        assert_eq!(profiles.verify_audit(None).await.unwrap(), broken(1, Fault::Missing));
    })
    .await;
}
