use std::ffi::OsString;

use clap::Parser;
use secrecy::ExposeSecret;

use super::*;

#[derive(Parser)]
struct Line {
    #[command(flatten)]
    args: ConfigArgs,
}

fn read(flags: &[&str], variables: &[(&str, &str)]) -> Result<Loaded, ConfigError> {
    let line = Line::try_parse_from(std::iter::once("rondom").chain(flags.iter().copied())).unwrap();
    Loaded::read(
        &line.args,
        variables.iter().map(|(name, value)| (OsString::from(name), OsString::from(value))),
    )
}

fn refused(flags: &[&str], variables: &[(&str, &str)]) -> String {
    read(flags, variables).err().expect("the configuration is refused").to_string()
}

fn toml(content: &str) -> (tempfile::TempDir, String) {
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("rondom.toml");
    std::fs::write(&path, content).unwrap();
    (directory, path.to_str().unwrap().to_owned())
}

#[test]
fn nothing_set_gives_the_defaults() {
    let loaded = read(&[], &[]).unwrap();
    assert_eq!(loaded.config.listen.to_string(), "127.0.0.1:4020");
    assert_eq!(loaded.config.database_url, "sqlite://rondom.db");
    assert_eq!(loaded.config.graphql.max_depth.get(), 15);
    assert_eq!(loaded.origin("listen"), "the defaults");
}

#[test]
fn flags_win_over_variables_and_variables_over_the_file() {
    let (_directory, file) = toml(
        "listen = \"127.0.0.1:1\"\nlog_filter = \"debug\"\n[graphql]\nmax_depth = 20\nmax_page_size = 7\n",
    );
    let loaded = read(
        &["--config", &file, "--listen", "127.0.0.1:3"],
        &[("RONDOM_LISTEN", "127.0.0.1:2"), ("RONDOM_GRAPHQL__MAX_DEPTH", "21")],
    )
    .unwrap();
    assert_eq!(loaded.config.listen.port(), 3);
    assert_eq!(loaded.origin("listen"), "the command line");
    assert_eq!(loaded.config.graphql.max_depth.get(), 21);
    assert_eq!(loaded.origin("graphql.max_depth"), "environment variable `RONDOM_GRAPHQL__MAX_DEPTH`");
    assert_eq!(loaded.config.graphql.max_page_size.get(), 7);
    assert!(loaded.origin("graphql.max_page_size").contains("rondom.toml"));
    assert_eq!(loaded.config.log_filter, "debug");
}

#[test]
fn the_file_may_be_named_by_a_variable_and_must_then_exist() {
    let (_directory, file) = toml("log_format = \"json\"");
    assert_eq!(read(&[], &[("RONDOM_CONFIG", &file)]).unwrap().config.log_format, LogFormat::Json);
    assert!(refused(&["--config", "/nowhere/rondom.toml"], &[]).contains("/nowhere/rondom.toml"));
}

#[test]
fn the_usual_database_variable_is_read_and_ours_wins() {
    let usual = ("DATABASE_URL", "postgres://one/a");
    assert_eq!(read(&[], &[usual]).unwrap().config.database_url, "postgres://one/a");
    let ours = ("RONDOM_DATABASE_URL", "postgres://two/b");
    assert_eq!(read(&[], &[ours, usual]).unwrap().config.database_url, "postgres://two/b");
}

#[test]
fn an_unknown_name_is_refused_with_its_place() {
    let (_directory, file) = toml("[graphql]\nmax_dept = 3\n");
    let message = refused(&["--config", &file], &[]);
    assert!(message.contains("`graphql.max_dept`") && message.contains(&file), "{message}");
    assert!(message.contains("graphql.max_depth"), "it names what is known: {message}");

    let message = refused(&[], &[("RONDOM_LISTNE", "127.0.0.1:1")]);
    assert!(message.contains("`listne`") && message.contains("`RONDOM_LISTNE`"), "{message}");
    let message = refused(&[], &[("RONDOM_GRAPHQL__DEPTH", "3")]);
    assert!(message.contains("`graphql.depth`") && message.contains("`RONDOM_GRAPHQL__DEPTH`"), "{message}");
}

#[test]
fn foreign_and_test_variables_are_left_alone() {
    read(&[], &[("PATH", "/bin"), ("RONDOM_TEST_POSTGRES", "postgres://x/y")]).unwrap();
}

#[test]
fn a_bad_value_is_refused_with_its_name_and_place() {
    let message = refused(&[], &[("RONDOM_GRAPHQL__MAX_DEPTH", "deep")]);
    assert!(
        message.contains("graphql.max_depth") && message.contains("RONDOM_GRAPHQL__MAX_DEPTH"),
        "{message}"
    );
    let message = refused(&[], &[("RONDOM_HTTP__MAX_SUBSCRIPTIONS", "0")]);
    assert!(message.contains("http.max_subscriptions"), "{message}");
    let message = refused(&[], &[("RONDOM_LOG_FILTER", "api=loud=very")]);
    assert!(message.contains("log_filter") && message.contains("RONDOM_LOG_FILTER"), "{message}");
    for url in
        ["shop.example", "ftp://shop.example", "https://ann:pw@shop.example", "https://shop.example/?a=b"]
    {
        let message = refused(&[], &[("RONDOM_PUBLIC_URL", url)]);
        assert!(message.contains("public_url") && message.contains("RONDOM_PUBLIC_URL"), "{message}");
    }
    let (_directory, file) = toml("listen = ");
    assert!(refused(&["--config", &file], &[]).contains(&file));
}

#[test]
fn a_refused_database_address_does_not_show_its_password() {
    let message = refused(&[], &[("DATABASE_URL", "mysql://root:hunter2@host/db")]);
    assert!(message.contains("database_url") && message.contains("DATABASE_URL"), "{message}");
    assert!(!message.contains("hunter2"), "{message}");
}

#[test]
fn an_origin_is_exact_and_a_list_may_be_written_with_commas() {
    let name = "RONDOM_HTTP__ALLOWED_ORIGINS";
    for value in
        ["https://a.example, http://localhost:3000", r#"["https://a.example", "http://localhost:3000"]"#]
    {
        let loaded = read(&[], &[(name, value)]).unwrap();
        assert_eq!(loaded.config.http.allowed_origins, ["https://a.example", "http://localhost:3000"]);
        let shown = loaded.shown("http.allowed_origins").unwrap();
        assert_eq!(shown, r#"["https://a.example", "http://localhost:3000"]"#);
    }
    let flags = read(&["--allowed-origins", "https://a.example,https://b.example"], &[]).unwrap();
    assert_eq!(flags.config.http.allowed_origins.len(), 2);
    for wrong in [
        "*",
        "null",
        "a.example",
        "https://a.example/",
        "https://A.example",
        "https://a.example:443",
        "ftp://a",
    ] {
        let message = refused(&[], &[(name, wrong)]);
        assert!(message.contains("http.allowed_origins") && message.contains(name), "{wrong}: {message}");
    }
}

const OIDC: &str = "public_url = \"https://cdp.example\"\n[oidc]\nissuer = \"https://sso.example/realms/staff\"\n\
                    client_id = \"rondom\"\nclient_secret = \"hunter2\"\nscopes = [\"profile\", \"groups\"]\n\
                    [oidc.roles]\n\"/cdp/Admins\" = \"admin\"\nmarketing = \"analyst\"\n";

#[test]
fn people_sign_in_at_the_provider_that_is_set() {
    let (_directory, file) = toml(OIDC);
    let loaded = read(&["--config", &file], &[]).unwrap();
    let oidc = &loaded.config.oidc;
    assert_eq!(oidc.role(["/cdp/Admins", "marketing"]), Some(profiles::access::Role::Admin));
    assert_eq!((oidc.groups_claim.as_str(), oidc.scopes.len()), ("groups", 2));
    assert_eq!(loaded.shown("oidc.client_secret").as_deref(), Some("(hidden)"));
    assert_eq!(loaded.shown("public_url").as_deref(), Some("https://cdp.example"));
    assert!(!format!("{:?}", loaded.config.oidc).contains("hunter2"));
    let variables = [
        ("RONDOM_OIDC__ROLES", r#"{ "cdp-admins" = "sales" }"#),
        ("RONDOM_OIDC__ISSUER", "http://127.0.0.1:8080/realms/staff"),
        ("RONDOM_OIDC__CLIENT_ID", "4711"),
        ("RONDOM_PUBLIC_URL", "http://localhost:4020"),
    ];
    let oidc = read(&[], &variables).unwrap().config.oidc;
    assert_eq!(oidc.role(["cdp-admins"]), Some(profiles::access::Role::Sales));
    assert_eq!(oidc.client_id.as_deref(), Some("4711"), "a name of digits stays text");
}

#[test]
fn a_sign_in_that_cannot_work_is_refused_with_its_setting() {
    for (find, replace, named) in [
        ("issuer = \"https://sso.example/realms/staff\"\n", "", "oidc.issuer"),
        ("https://sso", "http://sso", "oidc.issuer"),
        ("https://sso.example/realms/staff", "sso", "oidc.issuer"),
        ("client_id = \"rondom\"\n", "", "oidc.client_id"),
        ("[oidc.roles]\n\"/cdp/Admins\" = \"admin\"\nmarketing = \"analyst\"\n", "", "oidc.roles"),
        ("analyst", "frontend", "oidc.roles"),
        ("public_url = \"https://cdp.example\"\n", "", "public_url"),
        ("https://cdp.example", "http://cdp.example", "public_url"),
        ("https://cdp.example", "https://cdp.example/path", "public_url"),
        ("https://cdp.example", "https://user@cdp.example", "public_url"),
        ("groups", "x\"]\ngroup_claim = [\"", "oidc.group_claim"),
    ] {
        assert!(OIDC.contains(find), "{find}");
        let (_directory, file) = toml(&OIDC.replace(find, replace));
        let message = refused(&["--config", &file], &[]);
        assert!(message.contains(named) && !message.contains("hunter2"), "{named}: {message}");
    }
}

#[test]
fn rules_are_laid_over_the_default_rules() {
    let (_directory, file) = toml(
        "[identity.phone]\ndefault_region = \"NL\"\n[identity.identifiers.user_id]\nunique = true\n\
         [survivorship.traits]\ncity = \"longest\"\n",
    );
    let rules = read(&["--config", &file], &[("RONDOM_IDENTITY__MAX_GROUP", "50")]).unwrap().config.ruleset();
    let default = Config::default().ruleset();
    assert_eq!(rules.identity.phone.default_region.as_deref(), Some("NL"));
    assert_eq!(rules.identity.max_group, 50);
    assert_eq!(rules.identity.identifiers.len(), 1);
    assert_eq!(rules.identity.placeholders, default.identity.placeholders);
    assert_eq!(rules.survivorship.traits.len(), default.survivorship.traits.len() + 1);
}

#[test]
fn a_rule_that_is_none_is_refused_with_its_place() {
    for (content, named) in [
        ("[identity]\nthresold = 1\n", "thresold"),
        ("[identity]\nthreshold = -1\n", "threshold"),
        ("[identity.identifiers.fax]\ncap = 1\n", "fax"),
        ("[survivorship]\ndefault = \"newest\"\n", "newest"),
    ] {
        let (_directory, file) = toml(content);
        let message = refused(&["--config", &file], &[]);
        assert!(message.contains(named) && message.contains(&file), "{message}");
    }
}

#[test]
fn limits_of_retention_are_read_and_those_that_are_none_refused() {
    use profiles::retention::{Age, Kind};
    let (_directory, file) = toml(
        "[retention]\nevents = \"25 months\"\nrejected_records = \"30 days\"\n\
         [retention.sources.shop]\nevents = \"13 months\"\n",
    );
    let loaded = read(&["--config", &file], &[("RONDOM_RETENTION__ORDERS", "10 years")]).unwrap();
    let rules = &loaded.config.retention;
    assert_eq!(rules.of(Kind::Events, "shop"), Age::Months(13));
    assert_eq!(rules.of(Kind::Events, "crm"), Age::Months(25));
    assert_eq!(rules.of(Kind::RejectedRecords, "shop"), Age::Days(30));
    assert_eq!(rules.of(Kind::Orders, "shop"), Age::Months(120));
    for (content, named) in [
        ("[retention]\nevnts = \"1 day\"\n", "evnts"),
        ("[retention]\nevents = \"25\"\n", "25 months"),
        ("[retention.sources.shop]\nevents = \"0 days\"\n", "hundred years"),
        ("[retention.sources.shop]\nsubject_requests = \"1 year\"\n", "sources.shop.subject_requests"),
    ] {
        let (_directory, file) = toml(content);
        let message = refused(&["--config", &file], &[]);
        assert!(message.contains(named) && message.contains(&file), "{message}");
    }
}

#[test]
fn secrets_are_never_shown() {
    let loaded = read(
        &[],
        &[("RONDOM_SECRET_KEY", "0123456789"), ("DATABASE_URL", "postgres://rondom:hunter2@host/db")],
    )
    .unwrap();
    let key = loaded.config.secret_key.as_ref().unwrap();
    assert_eq!(key.expose_secret(), "0123456789", "a key of digits stays text");
    assert_eq!(loaded.shown("secret_key").as_deref(), Some("(hidden)"));
    assert_eq!(loaded.shown("database_url").as_deref(), Some("postgres://rondom:***@host/db"));
    let debug = format!("{:?}", loaded.config);
    assert!(!debug.contains("hunter2") && !debug.contains("0123456789"), "{debug}");
}

#[test]
fn the_secret_key_lies_beside_the_database() {
    let path = |url: &str| {
        let config = read(&["--database-url", url], &[]).unwrap().config;
        config.secret_key_path().to_str().unwrap().to_owned()
    };
    assert_eq!(path("sqlite://rondom.db"), "rondom.key");
    assert_eq!(path("sqlite:///var/lib/rondom/data.db?mode=rwc"), "/var/lib/rondom/rondom.key");
    assert_eq!(path("sqlite::memory:"), "rondom.key");
    assert_eq!(path("postgres://host/db"), "rondom.key");
    let set = read(&["--secret-key-file", "/etc/rondom.key"], &[]).unwrap().config;
    assert_eq!(set.secret_key_path().to_str(), Some("/etc/rondom.key"));
}

#[test]
fn every_setting_has_a_meaning_and_a_default_that_can_be_written_back() {
    let all = settings();
    assert_eq!(all.len(), 39);
    for setting in &all {
        assert!(!setting.meaning.is_empty(), "{} has no meaning", setting.name);
    }
    let (tables, top): (Vec<_>, Vec<_>) = all.iter().partition(|setting| setting.name.contains('.'));
    let lines = top.into_iter().chain(tables).filter(|setting| !setting.default.is_empty());
    let content: Vec<_> = lines.map(|setting| format!("{} = {}", setting.name, setting.default)).collect();
    let (_directory, file) = toml(&content.join("\n"));
    read(&["--config", &file], &[]).unwrap();
}

#[test]
fn the_table_of_the_readme_is_true() {
    let readme =
        std::fs::read_to_string(concat!(env!("CARGO_MANIFEST_DIR"), "/../README.md")).unwrap_or_default();
    let table = markdown_table();
    assert!(readme.is_empty() || readme.contains(&table), "README.md must hold this table:\n\n{table}");
}
