//! Preparing databases.

use std::os::unix::fs::PermissionsExt;

use crate::support::{Installation, on_both};

#[tokio::test]
async fn two_processes_that_start_together_prepare_one_database() {
    on_both(async |installation| {
        let both = [installation.start(&["migrate"]), installation.start(&["migrate"])];
        for one in both {
            let finished = one.finished().await;
            assert!(finished.status.success(), "{}", finished.stderr);
        }
        assert_eq!(installation.ok(&["migrate"]).await, "the database is up to date\n");
    })
    .await;
}

#[tokio::test]
async fn a_key_file_is_made_beside_the_database_for_its_owner_alone() {
    let installation = Installation::on_sqlite();
    let mut command = installation.command(&["migrate"]);
    command.env_remove("RONDOM_SECRET_KEY");
    let finished = installation.start_command(command).finished().await;
    assert!(finished.status.success(), "{}", finished.stderr);
    let about = std::fs::metadata(installation.path().join("rondom.key")).unwrap();
    assert_eq!(about.permissions().mode() & 0o777, 0o600);
}

#[tokio::test]
async fn a_new_key_for_an_old_database_is_not_left_behind() {
    let installation = Installation::on_sqlite();
    installation.ok(&["migrate"]).await;
    let mut command = installation.command(&["migrate"]);
    command.env_remove("RONDOM_SECRET_KEY");
    let finished = installation.start_command(command).finished().await;
    assert_eq!(finished.status.code(), Some(1));
    assert!(finished.stderr.contains("there was no secret key"), "{}", finished.stderr);
    assert!(!installation.path().join("rondom.key").exists());
}
