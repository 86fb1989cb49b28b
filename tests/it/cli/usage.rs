//! What the program says when it is used wrongly, and its exit codes.

use crate::support::{Installation, on_both};

#[tokio::test]
async fn a_wrong_command_line_ends_with_2_and_shows_how_it_is_done() {
    let finished =
        Installation::on_sqlite().run(&["keys", "create", "--name", "web", "--role", "king"]).await;
    assert_eq!(finished.status.code(), Some(2));
    assert!(finished.stderr.contains("frontend"), "{}", finished.stderr);
}

#[tokio::test]
async fn a_misspelt_setting_is_refused_with_its_place() {
    let installation = Installation::on_sqlite();
    installation.write("rondom.toml", "[identity]\nthresold = 1\n");
    let said = installation.fails(&["migrate"]).await;
    assert!(said.contains("thresold") && said.contains("rondom.toml"), "{said}");
}

#[tokio::test]
async fn every_command_tells_how_to_prepare_a_database_that_is_not() {
    on_both(async |installation| {
        for command in [&["status"][..], &["keys", "list"], &["connectors", "list"], &["state-hash"]] {
            let said = installation.fails(command).await;
            assert!(said.contains("rondom migrate"), "{command:?}: {said}");
        }
        installation.ok(&["migrate"]).await;
        let status = installation.json(&["status", "--json"]).await;
        for count in
            ["sources", "records", "rejectedRecords", "sourceIdentities", "profiles", "orders", "events"]
        {
            assert_eq!(status[count], 0, "{count}");
        }
    })
    .await;
}

#[tokio::test]
async fn the_schema_is_printed_without_any_database() {
    let schema = Installation::on_sqlite().ok(&["schema"]).await;
    assert!(schema.contains("type Query"), "{schema}");
}

#[tokio::test]
async fn a_database_is_not_opened_with_another_secret_key() {
    let installation = Installation::on_sqlite();
    installation.ok(&["migrate"]).await;
    let mut command = installation.command(&["status"]);
    command.env("RONDOM_SECRET_KEY", "ff".repeat(32));
    let finished = installation.start_command(command).finished().await;
    assert_eq!(finished.status.code(), Some(1));
    assert!(finished.stderr.contains("another secret key"), "{}", finished.stderr);
}
