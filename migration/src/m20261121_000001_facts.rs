//! The facts: what sources delivered and people decided.
//!
//! Indexes begin with the column that tells rows apart best: a database that knows nothing yet about a new table
//! then still uses them whole, instead of reading everything of a source.

use sea_orm_migration::{prelude::*, schema::*};

use crate::helpers::{Index, create, key_text};

#[derive(DeriveMigrationName)]
pub(crate) struct Migration;

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        create(
            manager,
            "source",
            [
                uuid("id"),
                key_text(manager, "key").not_null().take(),
                key_text(manager, "name").not_null().take(),
                key_text(manager, "kind").not_null().take(),
                text("category"),
                text("party"),
                integer("trust"),
                timestamp_with_time_zone("created_at"),
            ],
            &["id"],
            &[Index::Unique(&["key"])],
        )
        .await?;
        create(
            manager,
            "record_version",
            [
                big_pk_auto("id"),
                uuid("source_id"),
                key_text(manager, "kind").not_null().take(),
                key_text(manager, "external_id").not_null().take(),
                blob("content_hash"),
                timestamp_with_time_zone_null("updated_at"),
                timestamp_with_time_zone_null("created_at"),
                timestamp_with_time_zone("last_seen"),
                boolean("deleted"),
                text("body"),
                blob("payload"),
            ],
            &[],
            &[Index::Unique(&["external_id", "source_id", "kind", "content_hash"])],
        )
        .await?;
        create(
            manager,
            "event",
            [
                big_pk_auto("id"),
                uuid("source_id"),
                key_text(manager, "message_id").not_null().take(),
                blob("content_hash"),
                uuid("source_identity_id"),
                key_text(manager, "person").not_null().take(),
                key_text(manager, "name").not_null().take(),
                timestamp_with_time_zone("occurred_at"),
                timestamp_with_time_zone("received_at"),
                text("properties"),
                text("context"),
                key_text(manager, "touch").null().take(),
            ],
            &[],
            &[
                Index::Unique(&["message_id", "source_id"]),
                Index::Plain(&["source_identity_id", "occurred_at"]),
                // Costs events of no campaign nothing.
                Index::Where("touch", &["source_identity_id", "occurred_at"]),
                Index::Where("touch", &["source_identity_id", "touch", "occurred_at"]),
                // How often somebody saw what a page shows.
                Index::Only("name", "Experiment Viewed", &["source_identity_id", "occurred_at"]),
            ],
        )
        .await?;
        create(
            manager,
            "consent_statement",
            [
                big_pk_auto("id"),
                uuid("source_id"),
                blob("content_hash"),
                uuid("source_identity_id"),
                uuid("person_source_id"),
                key_text(manager, "person").not_null().take(),
                text("purpose"),
                text_null("contact_kind"),
                text_null("contact_value"),
                text("status"),
                timestamp_with_time_zone_null("stated_at"),
                timestamp_with_time_zone_null("expires_at"),
                text_null("method"),
                text("evidence"),
                text_null("notice"),
                text_null("actor"),
                timestamp_with_time_zone("last_seen"),
            ],
            &[],
            &[Index::Unique(&["content_hash", "source_id"]), Index::Plain(&["source_identity_id"])],
        )
        .await?;
        create(
            manager,
            "correction",
            [
                big_pk_auto("id"),
                uuid("source_id"),
                uuid("request_id"),
                uuid("source_identity_id"),
                uuid("person_source_id"),
                key_text(manager, "person").not_null().take(),
                key_text(manager, "key").not_null().take(),
                text("value"),
                timestamp_with_time_zone("stated_at"),
                timestamp_with_time_zone_null("ended_at"),
                text("actor"),
            ],
            &[],
            &[Index::Unique(&["request_id", "key"]), Index::Plain(&["source_identity_id"])],
        )
        .await?;
        create(
            manager,
            "purpose",
            [
                key_text(manager, "key").not_null().take(),
                integer("version"),
                text("definition"),
                timestamp_with_time_zone("defined_at"),
                text("actor"),
            ],
            &["key", "version"],
            &[],
        )
        .await?;
        create(
            manager,
            "notice",
            [
                key_text(manager, "purpose").not_null().take(),
                key_text(manager, "version").not_null().take(),
                key_text(manager, "language").not_null().take(),
                text("body"),
                blob("hash"),
                timestamp_with_time_zone("published_at"),
                text("actor"),
            ],
            &["purpose", "version", "language"],
            &[],
        )
        .await?;
        create(
            manager,
            "decision",
            [
                uuid("id"),
                text("kind"),
                timestamp_with_time_zone("decided_at"),
                text("actor"),
                text_null("note"),
                uuid_null("undoes"),
            ],
            &["id"],
            &[Index::Plain(&["undoes"])],
        )
        .await?;
        create(
            manager,
            "decision_pair",
            [uuid("decision_id"), uuid("a"), uuid("b"), text("verdict")],
            &["decision_id", "a", "b"],
            &[Index::Plain(&["a"]), Index::Plain(&["b"])],
        )
        .await?;
        create(
            manager,
            "ruleset",
            [integer("version"), text("rules"), timestamp_with_time_zone("adopted_at"), text_null("actor")],
            &["version"],
            &[],
        )
        .await?;
        create(
            manager,
            "model",
            [integer("version"), text("model"), timestamp_with_time_zone("trained_at"), text("actor")],
            &["version"],
            &[],
        )
        .await?;
        create(
            manager,
            "segment",
            [
                key_text(manager, "key").not_null().take(),
                integer("version"),
                text("name"),
                text("description"),
                text_null("rule"),
                timestamp_with_time_zone("defined_at"),
                text("actor"),
            ],
            &["key", "version"],
            &[],
        )
        .await?;
        create(
            manager,
            "static_list",
            [
                key_text(manager, "key").not_null().take(),
                text("name"),
                timestamp_with_time_zone("created_at"),
                text("actor"),
            ],
            &["key"],
            &[],
        )
        .await?;
        create(
            manager,
            "list_entry",
            [
                big_pk_auto("id"),
                key_text(manager, "list").not_null().take(),
                uuid("source_identity_id"),
                uuid("person_source_id"),
                key_text(manager, "person").not_null().take(),
                boolean("added"),
                timestamp_with_time_zone("at"),
                text("actor"),
            ],
            &[],
            &[Index::Plain(&["source_identity_id"]), Index::Plain(&["list", "source_identity_id"])],
        )
        .await?;
        create(
            manager,
            "prediction_model",
            [
                integer("version"),
                key_text(manager, "kind").not_null().take(),
                text("about"),
                text("model"),
                timestamp_with_time_zone("trained_at"),
                text("actor"),
            ],
            &["version"],
            &[],
        )
        .await?;
        create(
            manager,
            "prediction_promotion",
            [
                big_pk_auto("id"),
                key_text(manager, "kind").not_null().take(),
                integer("version"),
                timestamp_with_time_zone("promoted_at"),
                text("actor"),
            ],
            &[],
            &[],
        )
        .await?;
        create(
            manager,
            "action_catalogue",
            [integer("version"), text("definition"), timestamp_with_time_zone("defined_at"), text("actor")],
            &["version"],
            &[],
        )
        .await?;
        create(
            manager,
            "action_model",
            [
                integer("version"),
                text("model"),
                big_integer("up_to"),
                big_integer("outcomes"),
                timestamp_with_time_zone("learned_at"),
            ],
            &["version"],
            &[],
        )
        .await?;
        create(
            manager,
            "slot",
            [
                key_text(manager, "key").not_null().take(),
                integer("version"),
                text("name"),
                text_null("definition"),
                timestamp_with_time_zone("defined_at"),
                text("actor"),
            ],
            &["key", "version"],
            &[],
        )
        .await?;
        create(
            manager,
            "campaign_meaning",
            [
                key_text(manager, "key").not_null().take(),
                integer("version"),
                text_null("definition"),
                timestamp_with_time_zone("defined_at"),
                text("actor"),
            ],
            &["key", "version"],
            &[],
        )
        .await?;
        create(
            manager,
            "lifecycle",
            [integer("version"), text("stages"), timestamp_with_time_zone("defined_at"), text("actor")],
            &["version"],
            &[],
        )
        .await?;
        create(
            manager,
            "persona",
            [
                key_text(manager, "key").not_null().take(),
                integer("version"),
                text("name"),
                text_null("definition"),
                timestamp_with_time_zone("defined_at"),
                text("actor"),
            ],
            &["key", "version"],
            &[],
        )
        .await?;
        create(
            manager,
            "kept_key",
            [uuid("source_id"), key_text(manager, "external_id").not_null().take()],
            &["external_id", "source_id"],
            &[],
        )
        .await?;
        Ok(())
    }
}
