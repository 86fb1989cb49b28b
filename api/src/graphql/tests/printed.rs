//! The schema as it is printed.

use crate::graphql::sdl;

#[test]
fn the_printed_schema_is_the_committed_one() {
    let path = concat!(env!("CARGO_MANIFEST_DIR"), "/schema.graphql");
    std::fs::write(path, sdl()).unwrap();
    let committed = std::fs::read_to_string(path).unwrap_or_default();
    assert!(
        committed == sdl(),
        "api/schema.graphql is not the schema any more; bring it up to date with\n\n    cargo run -- schema > api/schema.graphql\n"
    );
}

#[test]
fn everything_in_it_is_described() {
    let sdl = sdl();
    let mut before = "";
    let mut bare = Vec::new();
    for line in sdl.lines() {
        let text = line.trim();
        let defines =
            ["type ", "interface ", "enum ", "input ", "scalar "].iter().any(|word| line.starts_with(word));
        let member =
            line.starts_with("  ") && !line.starts_with("   ") && !text.starts_with('"') && !text.is_empty();
        if (defines || member) && !before.ends_with("\"\"\"") {
            bare.push(line);
        }
        before = text;
    }
    assert!(bare.is_empty(), "{}", bare.join("\n"));
}
