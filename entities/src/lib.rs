//! The SeaORM models, one file a table. They describe rows and know nothing of what rows mean.
//!
//! *Facts* are stored once, and only erasure and retention rewrite or remove them: [`source`], [`record_version`], [`event`], [`consent_statement`], [`correction`], [`decision`], [`decision_pair`], [`ruleset`], [`model`], [`segment`], [`slot`], [`static_list`], [`list_entry`], [`campaign_meaning`], [`lifecycle`], [`persona`], [`prediction_model`], [`prediction_promotion`], [`action_catalogue`], [`action_model`], and of whom retention removed them, [`kept_key`].
//! *Derived* tables can be dropped and rebuilt from them: [`source_identity`], [`identifier`], [`identifier_past`], [`compared`], [`match_key`], [`link`], [`match_candidate`], [`profile`], [`order`], [`order_product`], [`deal`], [`deal_person`], [`company`], [`company_person`], [`product`].
//! The rest is the running of the house: [`touched`], [`failed_key`], [`resolution_state`], [`installation`], [`connector`], [`stream_state`], [`sync_run`], [`training`], [`rejected_record`], [`api_key`], [`session`], [`audit_entry`], [`audit_head`], [`retention_state`], [`destination`], [`destination_member`], [`delivery`], [`action_decision`], [`action_outcome`]; and of those who asked to be forgotten, or for something else: [`subject_request`], [`subject_token`], [`blocked_key`], [`block_state`], [`erased_order_sum`].
//!
//! Instants are UTC, truncated to microseconds. Money is an integer in millionths of the currency. JSON
//! stands in text columns, so that both databases return the very bytes that were written.
#![allow(
    missing_docs,
    reason = "the entity macro generates columns and builders that carry no docs of their own"
)]

pub mod action_catalogue;
pub mod action_decision;
pub mod action_model;
pub mod action_outcome;
pub mod api_key;
pub mod audit_entry;
pub mod audit_head;
pub mod block_state;
pub mod blocked_key;
pub mod campaign_meaning;
pub mod company;
pub mod company_person;
pub mod compared;
pub mod connector;
pub mod consent_statement;
pub mod correction;
pub mod deal;
pub mod deal_person;
pub mod decision;
pub mod decision_pair;
pub mod delivery;
pub mod destination;
pub mod destination_member;
pub mod erased_order_sum;
pub mod event;
pub mod failed_key;
pub mod identifier;
pub mod identifier_past;
pub mod installation;
pub mod kept_key;
pub mod lifecycle;
pub mod link;
pub mod list_entry;
pub mod match_candidate;
pub mod match_key;
pub mod membership;
pub mod membership_change;
pub mod model;
pub mod notice;
pub mod order;
pub mod order_product;
pub mod persona;
pub mod prediction_model;
pub mod prediction_promotion;
pub mod product;
pub mod profile;
pub mod purpose;
pub mod record_version;
pub mod rejected_record;
pub mod resolution_state;
pub mod retention_state;
pub mod ruleset;
pub mod segment;
pub mod segment_clock;
pub mod segment_progress;
pub mod session;
pub mod slot;
pub mod source;
pub mod source_identity;
pub mod static_list;
pub mod stream_state;
pub mod subject_request;
pub mod subject_token;
pub mod sync_run;
pub mod touched;
pub mod training;
pub mod write_key;
