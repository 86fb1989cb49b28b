//! What is derived from the facts and can be rebuilt.

use sea_orm_migration::{prelude::*, schema::*};

use crate::helpers::{Index, create, key_text};

#[derive(DeriveMigrationName)]
pub(crate) struct Migration;

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        create(
            manager,
            "source_identity",
            [
                uuid("id"),
                uuid("source_id"),
                key_text(manager, "external_id").not_null().take(),
                timestamp_with_time_zone_null("created_at"),
                timestamp_with_time_zone_null("updated_at"),
                boolean("deleted"),
                boolean("known"),
                uuid("profile_id"),
                text_null("users"),
            ],
            &["id"],
            &[Index::Plain(&["profile_id"])],
        )
        .await?;
        create(
            manager,
            "identifier",
            [
                uuid("source_identity_id"),
                key_text(manager, "kind").not_null().take(),
                key_text(manager, "value").not_null().take(),
            ],
            &["source_identity_id", "kind", "value"],
            &[Index::Plain(&["value", "kind"])],
        )
        .await?;
        create(
            manager,
            "identifier_past",
            [
                uuid("source_identity_id"),
                key_text(manager, "kind").not_null().take(),
                key_text(manager, "value").not_null().take(),
            ],
            &["source_identity_id", "kind", "value"],
            &[Index::Plain(&["value", "kind"])],
        )
        .await?;
        create(
            manager,
            "link",
            [
                uuid("a"),
                uuid("b"),
                key_text(manager, "rule").not_null().take(),
                key_text(manager, "value").not_null().take(),
                big_integer("weight"),
            ],
            &["a", "b", "rule", "value"],
            &[Index::Plain(&["b"])],
        )
        .await?;
        create(
            manager,
            "compared",
            [uuid("source_identity_id"), text("details"), text("shared"), blob("keys"), blob("former_keys")],
            &["source_identity_id"],
            &[],
        )
        .await?;
        create(
            manager,
            "match_key",
            [big_integer("key"), boolean("former"), uuid("source_identity_id")],
            &["key", "former", "source_identity_id"],
            &[],
        )
        .await?;
        create(
            manager,
            "match_candidate",
            [
                uuid("id"),
                uuid("one"),
                uuid("other"),
                uuid("a"),
                uuid("b"),
                big_integer("weight"),
                big_integer("uncertainty"),
            ],
            &["id"],
            &[Index::Plain(&["a"]), Index::Plain(&["b"]), Index::Plain(&["uncertainty", "id"])],
        )
        .await?;
        create(
            manager,
            "profile",
            [
                uuid("id"),
                text_null("display_name"),
                key_text(manager, "search_name").not_null().take(),
                key_text(manager, "search_family").not_null().take(),
                timestamp_with_time_zone_null("created_at"),
                timestamp_with_time_zone("updated_at"),
                timestamp_with_time_zone_null("first_seen"),
                timestamp_with_time_zone_null("last_seen"),
                boolean("active"),
                boolean("limited"),
                uuid_null("household_id"),
                big_integer("order_count"),
                big_integer("revision"),
                text("traits"),
                text("inferred"),
                text("identifiers"),
                text("totals"),
                text("consents"),
            ],
            &["id"],
            &[
                Index::Plain(&["search_name"]),
                Index::Plain(&["search_family"]),
                Index::Plain(&["revision"]),
                Index::Plain(&["last_seen", "id"]),
                Index::Plain(&["created_at"]),
                Index::Plain(&["household_id"]),
            ],
        )
        .await?;
        create(
            manager,
            "orders",
            [
                uuid("id"),
                uuid("source_id"),
                key_text(manager, "external_id").not_null().take(),
                uuid_null("source_identity_id"),
                key_text(manager, "number").null().take(),
                text("order_type"),
                text("status"),
                timestamp_with_time_zone_null("placed_at"),
                text_null("currency"),
                big_integer("total_micros"),
                big_integer("refunded_micros"),
                integer("line_count"),
                text("details"),
            ],
            &["id"],
            &[Index::Plain(&["source_identity_id", "placed_at"])],
        )
        .await?;
        create(
            manager,
            "order_product",
            [uuid("order_id"), uuid("product_id")],
            &["order_id", "product_id"],
            &[Index::Plain(&["product_id", "order_id"])],
        )
        .await?;
        create(
            manager,
            "deal",
            [
                uuid("id"),
                uuid("source_id"),
                key_text(manager, "external_id").not_null().take(),
                key_text(manager, "name").null().take(),
                text_null("pipeline"),
                text_null("stage"),
                big_integer_null("amount_micros"),
                text_null("currency"),
                boolean_null("won"),
                timestamp_with_time_zone_null("created_at"),
                timestamp_with_time_zone_null("closes_at"),
            ],
            &["id"],
            &[],
        )
        .await?;
        create(
            manager,
            "deal_person",
            [uuid("deal_id"), uuid("source_identity_id")],
            &["deal_id", "source_identity_id"],
            &[Index::Plain(&["source_identity_id"])],
        )
        .await?;
        create(
            manager,
            "company",
            [
                uuid("id"),
                uuid("source_id"),
                key_text(manager, "external_id").not_null().take(),
                key_text(manager, "name").null().take(),
                text_null("domain"),
                key_text(manager, "domain_key").null().take(),
                text_null("register_number"),
                key_text(manager, "register_key").null().take(),
                text_null("industry"),
                text_null("country"),
                text_null("city"),
                text_null("phone"),
                big_integer_null("employees"),
                timestamp_with_time_zone_null("created_at"),
                uuid("account_id"),
            ],
            &["id"],
            &[Index::Plain(&["domain_key"]), Index::Plain(&["register_key"]), Index::Plain(&["account_id"])],
        )
        .await?;
        create(
            manager,
            "company_person",
            [uuid("company_id"), uuid("source_identity_id")],
            &["company_id", "source_identity_id"],
            &[Index::Plain(&["source_identity_id"])],
        )
        .await?;
        create(
            manager,
            "product",
            [
                uuid("id"),
                uuid("source_id"),
                key_text(manager, "external_id").not_null().take(),
                key_text(manager, "name").null().take(),
                text_null("sku"),
                text_null("url"),
                text_null("image_url"),
                big_integer_null("price_micros"),
                text_null("currency"),
                text("categories"),
                boolean_null("in_stock"),
            ],
            &["id"],
            &[],
        )
        .await?;
        create(
            manager,
            "membership",
            [
                uuid("profile_id"),
                key_text(manager, "segment").not_null().take(),
                integer("stay"),
                timestamp_with_time_zone_null("entered_at"),
                timestamp_with_time_zone_null("left_at"),
            ],
            &["profile_id", "segment", "stay"],
            &[Index::Plain(&["segment", "left_at", "profile_id"])],
        )
        .await?;
        create(
            manager,
            "segment_clock",
            [uuid("profile_id"), timestamp_with_time_zone("due_at")],
            &["profile_id"],
            &[Index::Plain(&["due_at"])],
        )
        .await?;
        create(
            manager,
            "segment_progress",
            [
                key_text(manager, "key").not_null().take(),
                integer("version"),
                uuid_null("after"),
                big_integer("asked"),
                timestamp_with_time_zone_null("finished_at"),
            ],
            &["key"],
            &[],
        )
        .await?;
        Ok(())
    }
}
