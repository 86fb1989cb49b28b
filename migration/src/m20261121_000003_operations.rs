//! The running of the house: work to do, connectors, runs, keys.

use sea_orm_migration::{prelude::*, schema::*};

use crate::helpers::{Index, create, key_text};

#[derive(DeriveMigrationName)]
pub(crate) struct Migration;

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        create(
            manager,
            "touched",
            [
                big_pk_auto("id"),
                uuid("source_id"),
                key_text(manager, "kind").not_null().take(),
                key_text(manager, "external_id").not_null().take(),
            ],
            &[],
            &[],
        )
        .await?;
        create(
            manager,
            "failed_key",
            [
                uuid("source_id"),
                key_text(manager, "kind").not_null().take(),
                key_text(manager, "external_id").not_null().take(),
                text("failure"),
            ],
            &["source_id", "kind", "external_id"],
            &[],
        )
        .await?;
        create(manager, "resolution_state", [integer("id"), big_integer("revision")], &["id"], &[]).await?;
        create(manager, "installation", [integer("id"), blob("key_check")], &["id"], &[]).await?;
        create(
            manager,
            "membership_change",
            [
                big_pk_auto("id"),
                key_text(manager, "segment").not_null().take(),
                uuid("profile_id"),
                boolean("entered"),
                timestamp_with_time_zone("at"),
                timestamp_with_time_zone("noticed_at"),
            ],
            &[],
            &[Index::Plain(&["noticed_at"]), Index::Plain(&["segment", "id"])],
        )
        .await?;
        create(
            manager,
            "write_key",
            [
                uuid("id"),
                uuid("source_id"),
                text("name"),
                key_text(manager, "key").not_null().take(),
                timestamp_with_time_zone("created_at"),
                timestamp_with_time_zone_null("revoked_at"),
            ],
            &["id"],
            &[Index::Unique(&["key"])],
        )
        .await?;
        create(
            manager,
            "connector",
            [
                uuid("source_id"),
                key_text(manager, "kind").not_null().take(),
                text("config"),
                blob_null("secrets"),
                boolean("enabled"),
                text("schedule"),
                text("time_zone"),
                integer("jitter_seconds"),
                timestamp_with_time_zone_null("next_run_at"),
                text_null("lease_owner"),
                timestamp_with_time_zone_null("lease_until"),
                timestamp_with_time_zone("created_at"),
                timestamp_with_time_zone("updated_at"),
            ],
            &["source_id"],
            &[],
        )
        .await?;
        activation(manager).await?;
        actions(manager).await?;
        create(
            manager,
            "stream_state",
            [
                uuid("source_id"),
                key_text(manager, "stream").not_null().take(),
                text_null("cursor"),
                boolean("finished"),
                timestamp_with_time_zone("updated_at"),
            ],
            &["source_id", "stream"],
            &[],
        )
        .await?;
        create(
            manager,
            "sync_run",
            [
                big_pk_auto("id"),
                uuid("source_id"),
                text("trigger"),
                text("state"),
                text("owner"),
                key_text(manager, "stream").null().take(),
                boolean("cancel_requested"),
                timestamp_with_time_zone("started_at"),
                timestamp_with_time_zone("updated_at"),
                timestamp_with_time_zone_null("finished_at"),
                big_integer("read"),
                big_integer("created"),
                big_integer("changed"),
                big_integer("unchanged"),
                big_integer("rejected"),
                big_integer("dropped"),
                big_integer("pages"),
                big_integer("calls"),
                big_integer("retries"),
                big_integer("waited_ms"),
                big_integer("bytes"),
                big_integer_null("expected"),
                text_null("error"),
            ],
            &[],
            &[Index::Plain(&["source_id", "started_at"])],
        )
        .await?;
        create(
            manager,
            "rejected_record",
            [
                big_pk_auto("id"),
                uuid("source_id"),
                key_text(manager, "stream").not_null().take(),
                blob("payload_hash"),
                key_text(manager, "external_id").null().take(),
                text("reason"),
                blob("payload"),
                timestamp_with_time_zone("first_seen"),
                timestamp_with_time_zone("last_seen"),
            ],
            &[],
            &[Index::Unique(&["payload_hash", "source_id", "stream"])],
        )
        .await?;
        create(
            manager,
            "training",
            [
                uuid("id"),
                key_text(manager, "state").not_null().take(),
                timestamp_with_time_zone("requested_at"),
                text("actor"),
                integer_null("horizon"),
                text("steps"),
                boolean("cancel_requested"),
                text_null("lease_owner"),
                timestamp_with_time_zone_null("lease_until"),
                timestamp_with_time_zone("updated_at"),
                timestamp_with_time_zone_null("ended_at"),
            ],
            &["id"],
            &[Index::Plain(&["requested_at"])],
        )
        .await?;
        create(
            manager,
            "api_key",
            [
                uuid("id"),
                key_text(manager, "name").not_null().take(),
                text("role"),
                text_null("purpose"),
                blob("hash"),
                timestamp_with_time_zone("created_at"),
                timestamp_with_time_zone_null("revoked_at"),
            ],
            &["id"],
            &[Index::Unique(&["hash"])],
        )
        .await?;
        create(
            manager,
            "session",
            [
                blob("hash"),
                uuid("person"),
                key_text(manager, "name").not_null().take(),
                text("role"),
                timestamp_with_time_zone("created_at"),
                timestamp_with_time_zone("expires_at"),
                timestamp_with_time_zone("last_seen"),
                timestamp_with_time_zone_null("revoked_at"),
            ],
            &["hash"],
            &[],
        )
        .await?;
        create(
            manager,
            "audit_entry",
            [
                big_integer("number"),
                timestamp_with_time_zone("at"),
                text("actor"),
                text("action"),
                text_null("subject"),
                text_null("purpose"),
                text_null("origin"),
                blob("hash"),
            ],
            &["number"],
            &[],
        )
        .await?;
        create(
            manager,
            "subject_request",
            [
                uuid("id"),
                text("kind"),
                text("state"),
                uuid_null("profile_id"),
                timestamp_with_time_zone("received_at"),
                timestamp_with_time_zone("due_at"),
                text("actor"),
                text("detail"),
                timestamp_with_time_zone_null("decided_at"),
                text_null("decided_by"),
                timestamp_with_time_zone_null("closed_at"),
                text_null("reason"),
                timestamp_with_time_zone_null("lifted_at"),
                text_null("lifted_by"),
                text_null("progress"),
                text_null("outcome"),
            ],
            &["id"],
            &[Index::Plain(&["state"]), Index::Plain(&["received_at", "id"]), Index::Plain(&["profile_id"])],
        )
        .await?;
        create(
            manager,
            "subject_token",
            [uuid("token"), uuid("subject_id"), text("word"), uuid("salt")],
            &["token"],
            &[Index::Plain(&["subject_id"])],
        )
        .await?;
        create(
            manager,
            "blocked_key",
            [uuid("hash"), uuid("request_id"), text("kind"), timestamp_with_time_zone("blocked_at")],
            &["hash", "request_id"],
            &[Index::Plain(&["request_id"])],
        )
        .await?;
        create(manager, "block_state", [integer("id"), big_integer("version")], &["id"], &[]).await?;
        create(
            manager,
            "erased_order_sum",
            [
                uuid("source_id"),
                integer("year"),
                key_text(manager, "currency").not_null().take(),
                key_text(manager, "order_type").not_null().take(),
                key_text(manager, "status").not_null().take(),
                big_integer("orders"),
                big_integer("total_micros"),
                big_integer("refunded_micros"),
            ],
            &["source_id", "year", "currency", "order_type", "status"],
            &[],
        )
        .await?;
        create(
            manager,
            "retention_state",
            [
                integer("id"),
                text("rules"),
                text("in_force"),
                timestamp_with_time_zone_null("announced_at"),
                timestamp_with_time_zone_null("ran_at"),
                text_null("wanted_by"),
                timestamp_with_time_zone_null("lease_until"),
                text("progress"),
            ],
            &["id"],
            &[],
        )
        .await?;
        create(manager, "audit_head", [integer("id"), big_integer("number"), blob("hash")], &["id"], &[])
            .await?;
        Ok(())
    }
}

/// Which actions were chosen for whom, and what came of them.
async fn actions(manager: &SchemaManager<'_>) -> Result<(), DbErr> {
    create(
        manager,
        "action_decision",
        [
            uuid("id"),
            uuid("source_identity_id"),
            timestamp_with_time_zone("decided_at"),
            text_null("channel"),
            integer("catalogue"),
            integer_null("model"),
            text("action"),
            text("situation"),
            text("answer"),
            text("actor"),
        ],
        &["id"],
        &[
            Index::Plain(&["source_identity_id"]),
            Index::Plain(&["decided_at", "id"]),
            Index::Plain(&["model"]),
        ],
    )
    .await?;
    create(
        manager,
        "action_outcome",
        [
            big_pk_auto("id"),
            uuid("decision_id"),
            uuid("source_identity_id"),
            text("action"),
            text_null("channel"),
            text("outcome"),
            big_integer_null("value_micros"),
            timestamp_with_time_zone("at"),
            text("actor"),
        ],
        &[],
        &[Index::Plain(&["decision_id"]), Index::Plain(&["source_identity_id"])],
    )
    .await
}

/// Destinations, whom they know, and what they are told.
async fn activation(manager: &SchemaManager<'_>) -> Result<(), DbErr> {
    create(
        manager,
        "destination",
        [
            uuid("id"),
            key_text(manager, "key").not_null().take(),
            text("name"),
            key_text(manager, "kind").not_null().take(),
            text("config"),
            blob_null("secrets"),
            key_text(manager, "segment").not_null().take(),
            key_text(manager, "purpose").not_null().take(),
            text("mapping"),
            text("state"),
            big_integer("version"),
            big_integer("sequence"),
            text("position"),
            big_integer_null("held_until"),
            integer("failures"),
            timestamp_with_time_zone_null("resume_at"),
            text_null("last_error"),
            timestamp_with_time_zone_null("last_error_at"),
            text_null("lease_owner"),
            timestamp_with_time_zone_null("lease_until"),
            timestamp_with_time_zone("created_at"),
            timestamp_with_time_zone("updated_at"),
        ],
        &["id"],
        &[Index::Unique(&["key"])],
    )
    .await?;
    create(
        manager,
        "destination_member",
        [
            uuid("destination_id"),
            uuid("profile_id"),
            big_integer("sequence"),
            blob_null("wanted"),
            boolean("told"),
            blob_null("handle"),
            uuid_null("handle_key"),
            boolean("behind"),
            timestamp_with_time_zone_null("review_at"),
            boolean("erased"),
        ],
        &["profile_id", "destination_id"],
        &[
            Index::Plain(&["destination_id", "profile_id"]),
            Index::Plain(&["handle_key"]),
            Index::Plain(&["destination_id", "review_at"]),
        ],
    )
    .await?;
    create(
        manager,
        "delivery",
        [
            uuid("id"),
            uuid("destination_id"),
            big_integer("sequence"),
            uuid("profile_id"),
            text("deed"),
            blob_null("payload_hash"),
            blob_null("handle"),
            uuid_null("handle_key"),
            key_text(manager, "state").not_null().take(),
            integer("attempts"),
            timestamp_with_time_zone("next_attempt_at"),
            text_null("last_error"),
            timestamp_with_time_zone("created_at"),
            timestamp_with_time_zone_null("done_at"),
            boolean("erased"),
        ],
        &["id"],
        &[
            Index::Unique(&["destination_id", "sequence"]),
            // What is still to be sent, in its order, however much was.
            Index::Without("done_at", &["destination_id", "sequence", "next_attempt_at"]),
            Index::Plain(&["destination_id", "state", "next_attempt_at"]),
            Index::Plain(&["profile_id"]),
            Index::Plain(&["done_at"]),
        ],
    )
    .await
}
