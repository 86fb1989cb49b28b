//! Where a person is sent after signing in: a place of this server, whatever a link says.

use url::Url;

/// The address of a path below this server; `None` if it leads anywhere else.
///
/// The answer is a whole address, since a path such as `//evil.example` would be read as another host.
pub(super) fn on_this_server(public_url: &Url, path: &str) -> Option<Url> {
    // A browser reads `\` as `/` and skips tabs and line ends; so does the parser, whose word counts in the end.
    let plain = path.starts_with('/') && !path.contains(|c: char| c == '\\' || c.is_control());
    let url = public_url.join(path).ok().filter(|_| plain)?;
    (url.origin() == public_url.origin() && url.username().is_empty() && url.password().is_none())
        .then_some(url)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn sent_to(path: &str) -> Option<String> {
        on_this_server(&"https://cdp.example".parse().unwrap(), path).map(|url| url.to_string())
    }

    #[test]
    fn a_path_of_this_server_is_kept_whole() {
        assert_eq!(sent_to("/").as_deref(), Some("https://cdp.example/"));
        assert_eq!(sent_to("/graphiql?a=1#b").as_deref(), Some("https://cdp.example/graphiql?a=1#b"));
        assert_eq!(sent_to("/a/../b").as_deref(), Some("https://cdp.example/b"));
        assert_eq!(sent_to("/@evil.example").as_deref(), Some("https://cdp.example/@evil.example"));
    }

    #[test]
    fn nothing_leads_away() {
        for path in [
            "",
            "x",
            "https://evil.example",
            "//evil.example",
            "///evil.example",
            "/\\evil.example",
            "\\\\evil.example",
            "/\t/evil.example",
            "/\n/evil.example",
            "javascript:alert(1)",
            "@evil.example",
            ".evil.example",
            ":8443/",
            "/\u{0}",
        ] {
            assert_eq!(sent_to(path), None, "{path:?}");
        }
        assert_eq!(sent_to("/.//evil.example").as_deref(), Some("https://cdp.example//evil.example"));
    }
}
